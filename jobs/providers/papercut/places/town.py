"""City, village, castle and railway."""

from __future__ import annotations

from .. import flora
from ..canvas import SIZE, Kind
from ..colour import lighter, rgb
from ..shapes import circle, curve, ellipse, panel
from ..sky import draw_sky
from ..stage import Stage
from . import buildings
from .countryside import rolling
from .place import Place
from .planting import around_cast, foreground, path, tufts


def _row(stage: Stage, build: buildings.Build, y: float, depth: float, size: float, gap: float) -> None:
    x = stage.chance.between(-40, 40)
    with stage.canvas.lit(buildings.lights(stage, depth), depth):
        while x < SIZE + 80:
            with stage.canvas.placed(x, y, size * stage.chance.between(0.88, 1.1)):
                build(stage.canvas, stage.chance, stage.mood.night)
            x += gap * stage.chance.between(0.85, 1.2)


def _pavement(stage: Stage, colour: int, y: float) -> None:
    """Cobbles that grow towards us."""
    canvas, lit = stage.canvas, stage.mood.at(0.06)
    canvas.add(panel(-20, y, SIZE + 40, SIZE - y + 30), lit(rgb(colour)), Kind.LAND)
    row = 0
    at = y + 22.0
    while at < SIZE:
        size = 12 + 40 * (at - y) / (SIZE - y)
        x = -size if row % 2 else 0.0
        while x < SIZE + size:
            if stage.chance.happens(0.5):
                canvas.add(ellipse(x, at, size * 0.9, size * 0.3), lit(lighter(rgb(colour), 0.14)), Kind.DETAIL)
            x += size * 2.1
        at += size * 0.82
        row += 1


def _city(stage: Stage) -> None:
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), stage.horizon + 120)
    span = stage.floor - stage.horizon
    _row(stage, buildings.skyscraper, stage.horizon + span * 0.3, 0.85, 0.75 * stage.zoom, 96)
    _row(stage, buildings.house, stage.horizon + span * 0.52, 0.35, 0.86 * stage.zoom, 138 * stage.zoom)
    _pavement(stage, 0xB9AEB4, stage.horizon + span * 0.5)
    _street_things(stage)


def _street_things(stage: Stage) -> None:
    around_cast(
        stage, (flora.round_tree,), rgb(0x5C9A66), 3, 210, stage.horizon + (stage.floor - stage.horizon) * 0.6, 0.85
    )
    for x in (110.0, 910.0):
        if stage.clear_of_cast(x, 120):
            with stage.canvas.lit(buildings.lights(stage, 0.05), 0.1), stage.canvas.placed(x, stage.floor - 40, 1.5):
                buildings.lamp_post(stage.canvas, stage.chance, stage.mood.night)


def _city_front(stage: Stage) -> None:
    foreground(stage, (flora.bush, flora.bush), rgb(0x44805A), 4, 1.2)


def _village(stage: Stage) -> None:
    rolling(stage, (0x86AC92, 0x8CB67E, 0x90BB70))
    span = stage.floor - stage.horizon
    _row(stage, buildings.cottage, stage.horizon + span * 0.36, 0.55, 0.5 * stage.zoom, 176 * stage.zoom)
    stage.hill(stage.horizon + span * 0.44, 16, rgb(0x8FBE6C), 0.3, 4)
    _row(stage, buildings.cottage, stage.horizon + span * 0.62, 0.15, 0.82 * stage.zoom, 330 * stage.zoom)
    stage.hill(stage.horizon + span * 0.64, 10, rgb(0x96C26E), 0.1, 3)
    path(stage, stage.horizon + span * 0.64, rgb(0xE6CFA0), stage.chance.side())
    _street_things(stage)


def _village_front(stage: Stage) -> None:
    tufts(stage, (flora.flower, flora.grass), rgb(0x5C9A50), 9)
    foreground(stage, (flora.flower, flora.bush), rgb(0x3F7A4C), 6, 1.4)


def _castle(stage: Stage) -> None:
    rolling(stage, (0x8AA6A0, 0x86AE8A, 0x8CB878))
    span = stage.floor - stage.horizon
    buildings.placed_far(stage, buildings.castle, 0.34, 1.15)
    stage.hill(stage.horizon + span * 0.42, 18, rgb(0x86B670), 0.34, 4)
    around_cast(stage, (flora.round_tree, flora.bush), rgb(0x5A9A60), 6, 190, stage.horizon + span * 0.46, 0.8)
    stage.hill(stage.horizon + span * 0.72, 14, rgb(0x92C06C), 0.08, 3)
    path(stage, stage.horizon + span * 0.72, rgb(0xE3CFA6), stage.chance.side())


def _train(stage: Stage) -> None:
    rolling(stage, (0x8AAE9A, 0x93B984, 0x97BF74))
    canvas, y = stage.canvas, stage.horizon + (stage.floor - stage.horizon) * 0.62
    depth = 0.18
    with canvas.lit(buildings.lights(stage, depth), depth):
        canvas.add(panel(-20, y - 10, SIZE + 40, 20), rgb(0xA88C70), Kind.THING)
        canvas.line(curve([(-20, y - 12), (SIZE + 20, y - 12)]), rgb(0x5F5866), 7)
        side, lit = stage.chance.happens(0.5), stage.mood.night
        with canvas.placed(512, y - 12, 1.15 * stage.zoom**0.5, mirror=side):
            _engine(stage, lit)
    stage.hill(stage.horizon + (stage.floor - stage.horizon) * 0.72, 10, rgb(0x9CC474), 0.05, 3)
    around_cast(stage, (flora.bush, flora.flower), rgb(0x62A05C), 8, 120, stage.floor - 60, 0.8)


def _engine(stage: Stage, lit: bool) -> None:
    canvas, chance = stage.canvas, stage.chance
    tints = [rgb(value) for value in (0xD9584A, 0xF0B84A, 0x4E9C8F, 0x4B7FBF)]
    for i, x in enumerate((-330, -140)):
        canvas.add(panel(x - 86, -150, 172, 122, 14), tints[(i + 1) % 4])
        for at in (-50, 0, 50):
            canvas.add(panel(x + at - 18, -128, 36, 44, 8), rgb(0xFCE08A) if lit else rgb(0xCBE6EE), Kind.DETAIL)
    canvas.add(panel(-36, -190, 110, 162, 12), tints[0])
    canvas.add(panel(-14, -168, 66, 56, 8), rgb(0xFCE08A) if lit else rgb(0xCBE6EE), Kind.DETAIL)
    canvas.add(panel(60, -124, 190, 96, 30), tints[0])
    canvas.add(panel(180, -186, 34, 70, 5), rgb(0x4A4658))
    canvas.add(panel(172, -198, 50, 18, 6), rgb(0x4A4658))
    for i in range(4):
        canvas.add(circle(190 - i * 46, -236 - i * 26, 22 + i * 11), rgb(0xF6F2EA), Kind.LIGHT, 0.75 - i * 0.12)
    for x in (-380, -280, -190, -90, -4, 62, 128, 206):
        canvas.add(circle(x, -22, 25), rgb(0x4A4658))
        canvas.add(circle(x, -22, 10), rgb(0xE9C46A), Kind.DETAIL)
    canvas.add(circle(244, -84, 11), rgb(0xFCE08A), Kind.DETAIL)
    if chance.happens(0.5):
        canvas.add(circle(120, -128, 15), rgb(0xF0B84A))


PLACES = {
    "city": Place(_city, _city_front, land=0xB9AEB4),
    "village": Place(_village, _village_front),
    "castle": Place(_castle, _village_front),
    "train": Place(_train, _village_front),
}
