"""Beach, sea, lake, river, on board, and under water."""

from __future__ import annotations

from .. import flora
from ..canvas import SIZE, Fade, Kind
from ..colour import Colour, lighter, mix, rgb
from ..shapes import Point, blob, circle, curve, ellipse, panel, polygon, ridge, soft_star
from ..sky import draw_sky
from ..stage import Stage
from . import buildings
from .place import Place
from .planting import along, around_cast, foreground, tufts


def _water(stage: Stage, top: float, bottom: float, near: int, ripples: int = 26) -> None:
    """A flat sheet of water, with the sky in it and short bright strokes that lengthen as they come closer."""
    mood, chance, canvas = stage.mood, stage.chance, stage.canvas
    close = mood.at(0.1)(rgb(near))
    far = mix(mood.at(0.7)(lighter(rgb(near), 0.2)), mood.foot, 0.4)
    canvas.add(panel(-20, top, SIZE + 40, bottom - top), Fade(far, close), Kind.WASH)
    for _ in range(ripples):
        share = chance.between(0.02, 1) ** 1.3
        y, reach = top + (bottom - top) * share, 14 + 54 * share
        x = chance.between(0, SIZE)
        canvas.line(
            curve([(x - reach, y), (x, y - 3 * share), (x + reach, y)]), lighter(close, 0.5), 2.4 + 3 * share, 0.5
        )


def _waves(stage: Stage, top: float, count: int, near: int) -> None:
    """Rows of scalloped waves, as paper theatres have them."""
    for i in range(count):
        share = (i + 1) / count
        y = top + (SIZE - top) * share * 0.94
        swing, length = 7 + 13 * share, 46 + 54 * share
        shift = stage.chance.between(0, length)
        number = int((SIZE + 200) / length) * 2
        skyline = [(-80 + shift + j * length / 2 - length, y - (swing if j % 2 else 0)) for j in range(number + 2)]
        colour = stage.mood.at(0.8 * (1 - share))(lighter(rgb(near), 0.24 * (1 - share)))
        with stage.canvas.lit(_same, 1 - share):
            stage.canvas.add(ridge(skyline, SIZE + 30), Fade(lighter(colour, 0.1), colour), Kind.LAND)


def _same(colour: Colour) -> Colour:
    return colour


def _beach(stage: Stage) -> None:
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), stage.horizon + 20)
    span = stage.floor - stage.horizon
    if stage.chance.happens(0.6):
        stage.hill(stage.horizon - 8, 26, rgb(0x6F9A8C), 0.95, 3)
    _water(stage, stage.horizon, stage.horizon + span * 0.7, 0x3F9DB8)
    if stage.chance.happens(0.55):
        buildings.placed_far(stage, buildings.lighthouse, 0.3, 0.8)
    else:
        _far_sail(stage, stage.horizon + 26)
    edge = stage.horizon + span * 0.62
    foam = [(-60 + 1144 * i / 6, edge - 10 + stage.chance.around(0, 12)) for i in range(7)]
    stage.canvas.add(ridge(foam, SIZE + 30), mix(stage.mood.at(0.1)(rgb(0xF6FBF8)), stage.mood.foot, 0.1), Kind.WASH)
    sand = [(x, y + 17) for x, y in foam]
    lit = stage.mood.at(0.08)
    stage.canvas.add(ridge(sand, SIZE + 30), Fade(lit(rgb(0xF3DCA8)), lit(rgb(0xE9C88C))), Kind.LAND)
    around_cast(stage, (flora.palm, flora.rock), rgb(0x5AA06A), 4, 190, stage.horizon + span * 0.74, 1.1)


def _far_sail(stage: Stage, y: float) -> None:
    x = stage.chance.between(160, 860)
    with stage.canvas.lit(stage.mood.at(0.6), 0.6), stage.canvas.placed(x, y, 0.5):
        stage.canvas.add(polygon([(-6, -18), (-6, -130), (-74, -18)]), rgb(0xFBF3E4))
        stage.canvas.add(polygon([(6, -18), (6, -112), (58, -18)]), rgb(0xF0A85A))
        stage.canvas.add(polygon([(-74, -10), (74, -10), (50, 24), (-50, 24)]), rgb(0xB5533F))


def _beach_front(stage: Stage) -> None:
    chance, canvas = stage.chance, stage.canvas
    with canvas.lit(stage.mood.at(0.0)):
        for _ in range(5):
            x, y = chance.between(40, 984), chance.between(stage.floor + 34, SIZE - 14)
            if chance.happens(0.5):
                canvas.add(soft_star(x, y, 19, 5, 0.5), rgb(0xF0806A))
            else:
                canvas.add(ellipse(x, y, 15, 11), rgb(0xF6CFC0))
                for lean in (-7, 0, 7):
                    canvas.line(curve([(x, y + 8), (x + lean, y - 8)]), rgb(0xD99A90), 2)
    foreground(stage, (flora.grass, flora.rock), rgb(0x86A05A), 4, 1.4)


def _sea(stage: Stage) -> None:
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), stage.horizon + 40)
    if stage.chance.happens(0.5):
        stage.hill(stage.horizon - 12, 34, rgb(0x6F92A0), 0.95, 3)
    _far_sail(stage, stage.horizon + 16)
    _waves(stage, stage.horizon - 10, 5, 0x2F83AE)


def _sea_front(stage: Stage) -> None:
    length = 116.0
    skyline = [(-120 + j * length / 2, stage.floor + 26 - (20 if j % 2 else 0)) for j in range(24)]
    near = stage.mood.at(0.0)
    stage.canvas.add(ridge(skyline, SIZE + 30), Fade(near(rgb(0x2F86B2)), near(rgb(0x1F6492))), Kind.LAND)
    lower = [(-90 + j * length / 2, stage.floor + 84 - (18 if j % 2 else 0)) for j in range(24)]
    stage.canvas.add(ridge(lower, SIZE + 30), near(rgb(0x1D5C88)), Kind.LAND)


def _lake(stage: Stage) -> None:
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), stage.horizon + 40)
    span = stage.floor - stage.horizon
    stage.hill(stage.horizon - 40, 50, rgb(0x6C9A92), 1.0)
    shore = stage.hill(stage.horizon - 4, 20, rgb(0x5E9A74), 0.75)
    along(stage, shore, (flora.pine, flora.round_tree), rgb(0x4A8868), 9, 0.66, 0.42 * stage.zoom)
    _water(stage, stage.horizon + 26, stage.horizon + span * 0.86, 0x4A97B0)
    _lilies(stage, stage.horizon + span * 0.36, stage.horizon + span * 0.62)
    stage.hill(stage.horizon + span * 0.74, 18, rgb(0x86BC68), 0.08, 3)
    around_cast(stage, (flora.reeds, flora.rock, flora.flower), rgb(0x6A9A55), 9, 130, stage.horizon + span * 0.78, 0.9)


def _lilies(stage: Stage, top: float, bottom: float) -> None:
    with stage.canvas.lit(stage.mood.at(0.2)):
        for _ in range(7):
            x, y = stage.chance.between(20, 1004), stage.chance.between(top, bottom)
            size = 0.7 + (y - top) / max(1, bottom - top)
            stage.canvas.add(ellipse(x, y, 30 * size, 9 * size), rgb(0x5FA866))
            if stage.chance.happens(0.4):
                stage.canvas.add(soft_star(x, y - 7 * size, 12 * size, 6, 0.5), rgb(0xF6B6C6))


def _lake_front(stage: Stage) -> None:
    tufts(stage, (flora.grass, flora.flower), rgb(0x5C9A50), 10)
    foreground(stage, (flora.reeds, flora.reeds, flora.fern), rgb(0x3F7A4C), 6, 1.3)


def _river(stage: Stage) -> None:
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), stage.horizon + 60)
    span = stage.floor - stage.horizon
    stage.hill(stage.horizon, 50, rgb(0x7FA98E), 1.0)
    middle = stage.hill(stage.horizon + span * 0.2, 20, rgb(0x83B577), 0.66)
    along(stage, middle, (flora.round_tree, flora.birch), rgb(0x5C9A66), 7, 0.55, 0.48 * stage.zoom)
    y, bend = stage.horizon + span * 0.24, stage.chance.side()
    x = 512 + bend * stage.chance.between(60, 220)
    lit = stage.mood.at(0.15)
    spread = SIZE - y
    left: list[Point] = [
        (x - 14, y),
        (x + bend * 110 - 50, y + spread * 0.2),
        (x - bend * 130 - 120, y + spread * 0.5),
        (x - bend * 30 - 300, SIZE + 40),
    ]
    right: list[Point] = [
        (x + bend * -10 + 330, SIZE + 40),
        (x - bend * 130 + 110, y + spread * 0.5),
        (x + bend * 110 + 40, y + spread * 0.2),
        (x + 14, y),
    ]
    stage.canvas.add(
        blob([*left, *right]), Fade(mix(stage.mood.foot, lit(rgb(0x5AA8C4)), 0.55), lit(rgb(0x4698BA))), Kind.LAND
    )
    for _ in range(14):
        share = stage.chance.between(0.15, 0.9)
        at = y + spread * share
        middle_x = x - bend * 130 * share + stage.chance.around(0, 70 * share)
        stage.canvas.line(
            curve([(middle_x - 40 * share, at), (middle_x, at - 4), (middle_x + 40 * share, at)]),
            rgb(0xEAF6F6),
            2 + 3 * share,
            0.55,
        )
    stage.hill(stage.horizon + span * 0.82, 14, rgb(0x8CC06C), 0.05, 3)
    around_cast(stage, (flora.reeds, flora.bush, flora.rock), rgb(0x5F9E58), 8, 150, stage.horizon + span * 0.82, 0.9)


def _underwater(stage: Stage) -> None:
    canvas, chance, mood = stage.canvas, stage.chance, stage.mood
    top, foot = rgb(0x5FC0D2), rgb(0x1B5A8C)
    if mood.night:
        top, foot = rgb(0x2B6A9E), rgb(0x1A2A5E)
    canvas.add(panel(-20, -20, SIZE + 40, SIZE + 40), Fade(top, foot), Kind.WASH)
    for _ in range(5):
        x, wide = chance.between(0, SIZE), chance.between(40, 110)
        canvas.add(
            polygon([(x, -20), (x + wide, -20), (x + wide * 2.4 - 190, SIZE), (x - 330, SIZE)]),
            rgb(0xF4FBE6),
            Kind.LIGHT,
            0.08,
        )
    for depth, colour, y in (
        (0.8, mix(foot, top, 0.42), stage.horizon + 60),
        (0.45, mix(foot, top, 0.2), stage.horizon + 170),
    ):
        skyline = [(-60 + 1144 * i / 5, y + chance.around(0, 46)) for i in range(6)]
        with canvas.lit(_same, depth):
            canvas.add(ridge(skyline, SIZE + 30), colour, Kind.LAND)
    for _ in range(4):
        _small_fish(stage, chance.between(40, 984), chance.between(100, stage.horizon), chance.between(0.5, 0.9))
    sand = rgb(0xE9D5A0) if not mood.night else rgb(0x8A8FB0)
    skyline = [(-60 + 1144 * i / 4, stage.floor - 30 + chance.around(0, 16)) for i in range(5)]
    for x in (chance.between(20, 200), chance.between(300, 720), chance.between(820, 1000)):
        if stage.clear_of_cast(x, 120):
            with canvas.placed(x, stage.floor - 6, 1.25):
                chance.one_of((flora.seaweed, flora.coral))(canvas, chance, rgb(0x3FA07A))
    canvas.add(ridge(skyline, SIZE + 30), Fade(sand, mix(sand, foot, 0.2)), Kind.LAND)
    for _ in range(16):
        canvas.line(
            circle(chance.between(0, SIZE), chance.between(40, stage.floor), chance.between(4, 13)),
            rgb(0xEAFBFF),
            2.6,
            0.7,
        )


def _small_fish(stage: Stage, x: float, y: float, size: float) -> None:
    tint = stage.chance.one_of((rgb(0xF6C453), rgb(0xF2875C), rgb(0xF4A6B8), rgb(0x9AD0C0)))
    with stage.canvas.placed(x, y, size, mirror=stage.chance.happens(0.5)):
        stage.canvas.add(polygon([(-26, 0), (-52, -20), (-52, 20)]), tint)
        stage.canvas.add(ellipse(0, 0, 36, 21), tint)
        stage.canvas.line(curve([(-6, -18), (-12, 0), (-6, 18)]), lighter(tint, 0.5), 6)
        stage.canvas.add(circle(19, -5, 4), rgb(0x3A3048), Kind.DETAIL)


def _underwater_front(stage: Stage) -> None:
    stage_like_day = stage.canvas
    for x in (-8, 96, SIZE - 90, SIZE + 4):
        with stage_like_day.placed(x, SIZE + 20, stage.chance.between(1.0, 1.35)):
            stage.chance.one_of((flora.seaweed, flora.seaweed, flora.coral))(
                stage_like_day, stage.chance, rgb(0x2A7F6C)
            )
    for _ in range(7):
        y = stage.chance.between(stage.floor + 30, SIZE)
        stage_like_day.add(
            circle(stage.chance.between(0, SIZE), y, stage.chance.between(6, 13)), rgb(0xF6E9CC), Kind.DETAIL
        )


PLACES = {
    "beach": Place(_beach, _beach_front, land=0xE9C88C),
    "sea": Place(_sea, _sea_front, realm="afloat", land=0x2F83AE),
    "boat": Place(_sea, _sea_front, realm="afloat", land=0x2F83AE),
    "lake": Place(_lake, _lake_front),
    "river": Place(_river, _lake_front),
    "underwater": Place(_underwater, _underwater_front, realm="underwater", land=0x2F7FA8),
}
