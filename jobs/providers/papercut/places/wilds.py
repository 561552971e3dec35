"""Mountains, snow, desert, jungle and caves."""

from __future__ import annotations

from .. import flora
from ..canvas import SIZE, Fade, Kind
from ..colour import Colour, darker, lighter, mix, rgb
from ..shapes import Point, ellipse, limb, panel, polygon, ridge
from ..sky import draw_sky
from ..stage import Stage
from . import buildings
from .countryside import ground
from .place import Place
from .planting import along, around_cast, foreground, tufts


def _peaks(stage: Stage, base: float, tall: float, colour: int, depth: float, count: int) -> None:
    """A row of pointed mountains with snow on them."""
    seen = stage.mood.at(depth)
    with stage.canvas.lit(seen, depth):
        for i in range(count):
            x = SIZE * (i + stage.chance.between(0.15, 0.85)) / count
            high, half = tall * stage.chance.between(0.7, 1.15), stage.chance.between(210, 300)
            top = base - high
            outline: list[Point] = [
                (x - half, base + 80),
                (x - half * 0.46, base - high * 0.46),
                (x, top),
                (x + half * 0.4, base - high * 0.5),
                (x + half, base + 80),
            ]
            canvas = stage.canvas
            canvas.add(polygon(outline), rgb(colour), Kind.LAND)
            shade = [
                (x, top),
                (x + half * 0.4, base - high * 0.5),
                (x + half, base + 80),
                (x + half * 0.2, base + 80),
                (x + half * 0.12, base - high * 0.4),
            ]
            canvas.add(polygon(shade), darker(rgb(colour), 0.16), Kind.DETAIL)
            snow = [
                (x, top),
                (x + half * 0.19, top + high * 0.24),
                (x + half * 0.08, top + high * 0.2),
                (x, top + high * 0.31),
                (x - half * 0.08, top + high * 0.21),
                (x - half * 0.21, top + high * 0.25),
            ]
            canvas.add(polygon(snow), rgb(0xF6F8FC), Kind.DETAIL)


def _mountain(stage: Stage) -> None:
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), stage.horizon + 90)
    span = stage.floor - stage.horizon
    _peaks(stage, stage.horizon + 30, 300, 0x7F93B8, 0.95, 3)
    _peaks(stage, stage.horizon + span * 0.2, 230, 0x6A7FA6, 0.62, 3)
    slope = stage.hill(stage.horizon + span * 0.34, 40, rgb(0x6FA07E), 0.5)
    along(stage, slope, (flora.pine,), rgb(0x3F7A68), 7, 0.42, 0.5 * stage.zoom)
    ground(stage, 0x86B56C)
    around_cast(stage, (flora.rock, flora.pine, flora.bush), rgb(0x72869A), 7, 160, stage.horizon + span * 0.66, 0.8)
    stage.hill(stage.floor - 40, 14, rgb(0x78A862), 0.02, 3)


def _mountain_front(stage: Stage) -> None:
    tufts(stage, (flora.grass, flora.flower), rgb(0x5B8F4E), 9)
    foreground(stage, (flora.rock, flora.grass), rgb(0x5A6A80), 6, 1.3)


def _snow(stage: Stage) -> None:
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), stage.horizon + 90)
    span = stage.floor - stage.horizon
    _peaks(stage, stage.horizon + 40, 200, 0x9FB6D6, 0.95, 3)
    stage.hill(stage.horizon + 10, 40, rgb(0xB9CFE6), 0.8)
    middle = stage.hill(stage.horizon + span * 0.3, 34, rgb(0xCFDFF0), 0.5)
    along(stage, middle, (_snowy_pine,), rgb(0x56898A), 6, 0.42, 0.55 * stage.zoom)
    if stage.chance.happens(0.5):
        buildings.placed_far(stage, stage.chance.one_of((buildings.igloo, buildings.cottage)), 0.5, 0.8)
    stage.hill(stage.horizon + span * 0.64, 16, rgb(0xE2ECF6), 0.12, 3)
    around_cast(stage, (_snowy_pine,), rgb(0x4A8080), 4, 190, stage.horizon + span * 0.62, 0.95)
    stage.hill(stage.floor - 40, 16, rgb(0xF1F6FB), 0.0, 3)


def _snowy_pine(canvas: flora.Canvas, chance: flora.Chance, colour: Colour) -> None:
    flora.pine(canvas, chance, colour)
    for y, reach in ((-118, 40), (-196, 26)):
        canvas.add(ellipse(-reach * 0.3, y, reach, 10, -18), rgb(0xF6FAFE), Kind.DETAIL)


def _snow_front(stage: Stage) -> None:
    with stage.canvas.lit(stage.mood.at(0.0)):
        for corner in (0, SIZE):
            stage.canvas.add(ellipse(corner, SIZE + 30, stage.chance.between(190, 300), 100), rgb(0xFBFDFF), Kind.LAND)


def _desert(stage: Stage) -> None:
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), stage.horizon + 80, 0.4)
    span = stage.floor - stage.horizon
    _mesas(stage)
    stage.hill(stage.horizon + 10, 30, rgb(0xE0A36A), 0.85, 3)
    stage.hill(stage.horizon + span * 0.28, 44, rgb(0xE9B877), 0.55, 3)
    far = stage.hill(stage.horizon + span * 0.5, 30, rgb(0xF0C688), 0.3, 3)
    along(stage, far, (flora.cactus, flora.palm), rgb(0x5E9A6A), 3, 0.2, 0.6 * stage.zoom)
    stage.hill(stage.horizon + span * 0.72, 18, rgb(0xF4D299), 0.1, 3)
    around_cast(stage, (flora.cactus, flora.rock), rgb(0x5E9A6A), 5, 170, stage.horizon + span * 0.7, 0.9)
    stage.hill(stage.floor - 34, 10, rgb(0xF0C985), 0.0, 3)


def _mesas(stage: Stage) -> None:
    with stage.canvas.lit(stage.mood.at(0.9), 0.9):
        for _ in range(3):
            x, half, tall = stage.chance.between(0, SIZE), stage.chance.between(70, 140), stage.chance.between(70, 160)
            foot = stage.horizon + 60
            stage.canvas.add(
                polygon(
                    [
                        (x - half * 1.25, foot),
                        (x - half, foot - tall - 50),
                        (x + half, foot - tall - 50),
                        (x + half * 1.25, foot),
                    ]
                ),
                rgb(0xC9785A),
            )


def _desert_front(stage: Stage) -> None:
    foreground(stage, (flora.cactus, flora.rock, flora.grass), rgb(0x4E8A5E), 5, 1.2)


def _jungle(stage: Stage) -> None:
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), stage.horizon + 80, 0.5)
    span = stage.floor - stage.horizon
    far = stage.hill(stage.horizon - 20, 40, rgb(0x4E9A86), 0.95)
    along(stage, far, (flora.palm, flora.round_tree), rgb(0x4E9A86), 9, 0.85, 0.5 * stage.zoom)
    middle = stage.hill(stage.horizon + span * 0.3, 30, rgb(0x3F9A70), 0.55)
    along(stage, middle, (flora.palm, flora.fern), rgb(0x37915F), 8, 0.4, 0.8 * stage.zoom)
    ground(stage, 0x63B06A, 0.6)
    around_cast(stage, (flora.palm, flora.fern, flora.bush), rgb(0x2F8A58), 10, 175, stage.horizon + span * 0.6, 1.1)
    stage.hill(stage.floor - 40, 12, rgb(0x58A35E), 0.0, 3)


def _jungle_front(stage: Stage) -> None:
    tufts(stage, (flora.fern, flora.flower, flora.grass), rgb(0x3A8A54), 8, 0.8)
    foreground(stage, (flora.fern, flora.fern, flora.bush), rgb(0x1F5F4B), 8, 1.6)
    with stage.canvas.lit(stage.mood.at(0.0)):
        for i in range(7):
            x = stage.chance.between(-20, 260) if i % 2 else stage.chance.between(760, 1044)
            with stage.canvas.placed(x, -14, 1.0, turn=180 + stage.chance.around(0, 24)):
                flora.fern(stage.canvas, stage.chance, rgb(0x24694E))


def _cave(stage: Stage) -> None:
    canvas, chance, mood = stage.canvas, stage.chance, stage.mood
    wall = rgb(0x6A5E8C)
    mouth = rgb(0xF6D9A0) if not mood.night else mix(mood.foot, rgb(0xF6E9C0), 0.55)
    canvas.add(panel(-20, -20, SIZE + 40, SIZE + 40), Fade(darker(wall, 0.35), wall), Kind.WASH)
    x, y = chance.between(380, 640), stage.horizon - 70
    canvas.glow(x, y, 520, mouth, 0.75)
    opening: list[Point] = [
        (x - 190, y + 170),
        (x - 170, y - 60),
        (x - 60, y - 180),
        (x + 90, y - 170),
        (x + 180, y - 40),
        (x + 190, y + 170),
    ]
    canvas.add(polygon(opening), Fade(mood.top, mood.foot), Kind.LAND)
    for depth, colour, foot in (
        (0.7, 0x6A5E8E, stage.horizon + 60),
        (0.3, 0x77699A, stage.horizon + (stage.floor - stage.horizon) * 0.5),
        (0.0, 0x8878A6, stage.floor - 60),
    ):
        skyline = [(-60 + 1144 * i / 6, foot + chance.around(0, 22)) for i in range(7)]
        canvas.add(ridge(skyline, SIZE + 30), mix(rgb(colour), rgb(0x3A3060), depth * 0.4), Kind.LAND)
    for i in range(9):
        at, tall = 60 + i * 116 + chance.around(0, 34), chance.between(90, 260)
        if abs(at - x) < 190:
            tall *= 0.45
        canvas.add(
            polygon([(at - 46, -10), (at + 46, -10), (at + chance.around(0, 10), tall)]), lighter(wall, 0.06 * (i % 3))
        )
    for _ in range(7):
        at, foot = chance.between(20, 1000), chance.between(stage.floor - 120, stage.floor - 20)
        if stage.clear_of_cast(at, 130):
            _crystal(stage, at, foot)


def _crystal(stage: Stage, x: float, y: float) -> None:
    tint = stage.chance.one_of((rgb(0x8FE0E6), rgb(0xF2A6D0), rgb(0xB9A6F2), rgb(0xF8DA8A)))
    stage.canvas.glow(x, y - 36, 110, tint, 0.5)
    for lean, tall in ((-22, 56), (0, 92), (24, 62)):
        tip = (x + lean * 1.5, y - tall)
        stage.canvas.add(
            polygon(
                [(x + lean - 13, y), (tip[0] - 10, tip[1] + 16), tip, (tip[0] + 10, tip[1] + 16), (x + lean + 13, y)]
            ),
            mix(tint, (255, 255, 255), 0.12 if lean else 0.0),
        )


def _cave_front(stage: Stage) -> None:
    for x, tall in ((-10, 210), (70, 120), (SIZE + 6, 240), (SIZE - 80, 130)):
        stage.canvas.add(limb([(x, SIZE + 40), (x, SIZE - tall * 0.5), (x, SIZE - tall * 0.8)], 130, 26), rgb(0x3A3060))


PLACES = {
    "mountain": Place(_mountain, _mountain_front),
    "snow": Place(_snow, _snow_front, land=0xE9F1F8),
    "desert": Place(_desert, _desert_front, land=0xF0C985),
    "jungle": Place(_jungle, _jungle_front, land=0x58A35E),
    "cave": Place(_cave, _cave_front, realm="indoors", land=0x8878A6),
}
