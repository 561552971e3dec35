"""Rooms: bedroom, kitchen, living room, library and school."""

from __future__ import annotations

from collections.abc import Sequence

from ..canvas import SIZE, Fade, Kind
from ..colour import Colour, darker, lighter, rgb
from ..shapes import circle, curve, heart, panel, soft_star
from ..stage import Stage
from . import furniture
from .place import Place

_WALLS = tuple(map(rgb, (0xF0C9A8, 0xA9CBC4, 0xF3DDA0, 0xC9B6DC, 0xB9D0E6, 0xF0B9B0)))
_FLOORS = tuple(map(rgb, (0xC08A5C, 0xA87452, 0xD0A272)))
_RUGS = tuple(map(rgb, (0xD97A66, 0x5F9A9A, 0x8E78B4, 0xE0A84E)))


def _shell(stage: Stage) -> Colour:
    """Walls and floorboards; returns the wall's colour. The skirting runs where the horizon would be, but lower."""
    canvas, mood, chance = stage.canvas, stage.mood, stage.chance
    wall, boards = chance.one_of(_WALLS), chance.one_of(_FLOORS)
    foot = _foot(stage)
    with canvas.lit(mood.indoors):
        canvas.add(panel(-20, -20, SIZE + 40, foot + 40), Fade(lighter(wall, 0.12), wall), Kind.WASH)
        _wallpaper(stage, wall, foot)
        canvas.add(panel(-20, foot, SIZE + 40, SIZE - foot + 40), Fade(darker(boards, 0.08), boards), Kind.LAND)
        for i in range(9):
            x = i * 128
            canvas.line(
                curve([(512 + (x - 512) * 0.8, foot + 6), (512 + (x - 512) * 1.7, SIZE + 10)]),
                darker(boards, 0.2),
                4,
                0.6,
            )
        canvas.add(panel(-20, foot - 26, SIZE + 40, 28), lighter(wall, 0.5))
    return wall


def _pictures(stage: Stage) -> None:
    """Two framed pictures beside the window, where nothing else hangs."""
    with stage.canvas.lit(stage.mood.indoors, 0.1):
        for x in (stage.chance.between(110, 190), stage.chance.between(830, 910)):
            y, wide = stage.chance.between(170, 260), stage.chance.between(92, 126)
            stage.canvas.add(panel(x - wide / 2, y - wide * 0.6, wide, wide * 1.2, 6), rgb(0x8A5A3C))
            stage.canvas.add(
                panel(x - wide * 0.38, y - wide * 0.48, wide * 0.76, wide * 0.96, 3), rgb(0xF8F1E2), Kind.DETAIL
            )
            draw = stage.chance.one_of((soft_star, heart))
            stage.canvas.add(draw(x, y, wide * 0.24), stage.chance.one_of(_RUGS), Kind.DETAIL)


def _foot(stage: Stage) -> float:
    return stage.floor - 150


def _wallpaper(stage: Stage, wall: Colour, foot: float) -> None:
    pattern = stage.chance.whole(0, 2)
    tint = lighter(wall, 0.3)
    for row in range(int(foot // 92) + 1):
        for column in range(12):
            x, y = column * 92 + row % 2 * 46, row * 92 + 30
            if pattern == 0:
                stage.canvas.add(circle(x, y, 7), tint, Kind.DETAIL)
            elif pattern == 1 and row == 0:
                stage.canvas.add(panel(x - 20, -10, 40, foot), tint, Kind.WASH, 0.4)
            elif pattern == 2:
                stage.canvas.line(curve([(x - 9, y + 4), (x, y - 6), (x + 9, y + 4)]), tint, 5)


def _furnish(stage: Stage, pieces: Sequence[furniture.Piece], size: float = 1.0) -> None:
    """Puts each piece against the wall, left and right of those who stand there."""
    left, right = stage.chance.between(120, 230), stage.chance.between(800, 900)
    places = [left, right] if stage.chance.happens(0.5) else [right, left]
    for x, piece in zip(places, pieces, strict=False):
        with stage.canvas.lit(stage.mood.indoors, 0.15), stage.canvas.placed(x, _foot(stage) + 36, size):
            piece(stage.canvas, stage.chance, stage.mood.night)


def _window(stage: Stage, x: float, y: float, wide: float, curtained: bool) -> None:
    with stage.canvas.placed(x, y):
        with stage.canvas.lit(_as_outside):
            furniture.window(stage.canvas, stage.mood, stage.chance.branch("window"), wide, wide * 1.12, rgb(0xFBF3E4))
        if curtained:
            with stage.canvas.lit(stage.mood.indoors):
                furniture.curtains(stage.canvas, wide, wide * 1.12, stage.chance.one_of(_RUGS))


def _as_outside(colour: Colour) -> Colour:
    return colour


def _bedroom(stage: Stage) -> None:
    _shell(stage)
    _pictures(stage)
    _window(stage, stage.chance.between(430, 600), 260, 230, True)
    mean = sum(stage.spots) / max(1, len(stage.spots))
    x = 250 if mean > SIZE / 2 else 774
    with stage.canvas.lit(stage.mood.indoors, 0.12):
        if not stage.beds:
            with stage.canvas.placed(x, _foot(stage) + 52, 1.15, mirror=x > 500):
                furniture.bed(stage.canvas, stage.chance, stage.mood.night)
        with stage.canvas.placed(110 if x > 500 else 914, _foot(stage) + 30, 1.1):
            furniture.lamp(stage.canvas, stage.chance, stage.mood.night)
    with stage.canvas.lit(stage.mood.indoors):
        furniture.rug(stage.canvas, 512, stage.floor + 10, stage.chance.one_of(_RUGS))


def _kitchen(stage: Stage) -> None:
    _shell(stage)
    _window(stage, stage.chance.between(420, 620), 240, 200, True)
    _furnish(stage, (furniture.stove, furniture.table), 1.15)
    canvas = stage.canvas
    with canvas.lit(stage.mood.indoors):
        for i, x in enumerate((60, 130, 200, 800, 870, 940)):
            canvas.line(curve([(x, 70), (x, 110)]), rgb(0x6E4A38), 4)
            canvas.add(circle(x, 134, 24 + i % 3 * 5), rgb((0xC98A5A, 0x7F93A6, 0xD9A24A)[i % 3]))
        canvas.add(panel(20, 58, 220, 14, 6), rgb(0x8A5A3C))
        canvas.add(panel(760, 58, 220, 14, 6), rgb(0x8A5A3C))


def _house(stage: Stage) -> None:
    _shell(stage)
    _pictures(stage)
    _window(stage, stage.chance.between(440, 580), 250, 210, True)
    _furnish(stage, (furniture.fireplace, stage.chance.one_of((furniture.shelf, furniture.lamp))), 1.05)
    with stage.canvas.lit(stage.mood.indoors):
        furniture.rug(stage.canvas, 512, stage.floor + 10, stage.chance.one_of(_RUGS))


def _library(stage: Stage) -> None:
    _shell(stage)
    with stage.canvas.lit(stage.mood.indoors, 0.2):
        for x in (150, 874):
            with stage.canvas.placed(x, _foot(stage) + 14, 1.3):
                furniture.shelf(stage.canvas, stage.chance, stage.mood.night)
    _window(stage, 512, 250, 210, False)
    with stage.canvas.lit(stage.mood.indoors):
        furniture.rug(stage.canvas, 512, stage.floor + 10, stage.chance.one_of(_RUGS))


def _school(stage: Stage) -> None:
    _shell(stage)
    with stage.canvas.lit(stage.mood.indoors, 0.1):
        furniture.bunting(stage.canvas, stage.chance)
        with stage.canvas.placed(stage.chance.between(400, 620), 340, 1.05):
            furniture.board(stage.canvas, stage.chance, False)
    _furnish(stage, (furniture.table, furniture.shelf), 0.9)


PLACES = {
    "bedroom": Place(_bedroom, realm="indoors", land=0xC08A5C),
    "kitchen": Place(_kitchen, realm="indoors", land=0xC08A5C),
    "house": Place(_house, realm="indoors", land=0xC08A5C),
    "library": Place(_library, realm="indoors", land=0xC08A5C),
    "school": Place(_school, realm="indoors", land=0xC08A5C),
}
