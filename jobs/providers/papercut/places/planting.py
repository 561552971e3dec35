"""How things are spread over land: nobody hides the cast, and what is far is small."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.vocabulary import Weather

from .. import flora
from ..canvas import SIZE, Canvas, Kind
from ..chance import Chance
from ..colour import Colour, mix
from ..shapes import Point, blob
from ..stage import Stage, height_on

Plant = Callable[[Canvas, Chance, Colour], None]


def _in_season(stage: Stage, plants: Sequence[Plant], colour: Colour) -> tuple[Sequence[Plant], Colour]:
    """Under snow nothing flowers, and leaves are white with frost."""
    if stage.mood.weather is not Weather.SNOW:
        return plants, colour
    hardy = [plant for plant in plants if plant not in (flora.flower, flora.mushroom)]
    return hardy or (flora.grass,), mix(colour, (236, 243, 250), 0.5)


def along(
    stage: Stage,
    skyline: Sequence[Point],
    plants: Sequence[Plant],
    colour: Colour,
    count: int,
    depth: float,
    size: float,
) -> None:
    """Plants on a hill's skyline, evenly with a little luck."""
    plants, colour = _in_season(stage, plants, colour)
    with stage.canvas.lit(stage.mood.at(depth), depth):
        for i in range(count):
            x = (i + stage.chance.between(0.1, 0.9)) * SIZE / count
            y = height_on(skyline, x) + stage.chance.between(6, 22) * size
            with stage.canvas.placed(x, y, size * stage.chance.between(0.8, 1.15)):
                stage.chance.one_of(plants)(stage.canvas, stage.chance, colour)


def around_cast(
    stage: Stage, plants: Sequence[Plant], colour: Colour, count: int, room: float, top: float, size: float
) -> None:
    """Things on the ground between `top` and the floor, only where nobody stands, far ones first."""
    plants, colour = _in_season(stage, plants, colour)
    rows = sorted(stage.chance.between(top, stage.floor - 6) for _ in range(count))
    for y in rows:
        x = stage.chance.between(-10, SIZE + 10)
        depth = stage.depth_at(y)
        if not stage.clear_of_cast(x, room * stage.sized(y)):
            continue
        with stage.canvas.lit(stage.mood.at(depth * 0.8), depth), stage.canvas.placed(x, y, size * stage.sized(y)):
            stage.chance.one_of(plants)(stage.canvas, stage.chance, colour)


def path(stage: Stage, top: float, colour: Colour, bend: int) -> None:
    """A way from the middle distance to our feet."""
    x, deep = SIZE / 2 + bend * 30, SIZE + 40 - top
    left: list[Point] = [
        (x - 12, top),
        (x + bend * 60 - 44, top + deep * 0.22),
        (x - bend * 50 - 110, top + deep * 0.6),
    ]
    right: list[Point] = [
        (x - bend * 50 + 110, top + deep * 0.6),
        (x + bend * 60 + 40, top + deep * 0.22),
        (x + 12, top),
    ]
    foot: list[Point] = [(x - 250, SIZE + 60), (x + 250, SIZE + 60)]
    stage.canvas.add(blob([*left, *foot, *right]), stage.mood.at(0.05)(colour), Kind.LAND)


def foreground(stage: Stage, plants: Sequence[Plant], colour: Colour, count: int, size: float) -> None:
    """Large plants along the lower edge, thickest in the corners: they frame the picture."""
    plants, colour = _in_season(stage, plants, colour)
    with stage.canvas.lit(stage.mood.at(0.0)):
        for i in range(count):
            corner = i % 2 * SIZE
            x = corner + (1 if corner == 0 else -1) * stage.chance.between(-20, 210) * (0.4 + i / count)
            share = stage.chance.between(0.85, 1.25) if stage.clear_of_cast(x, 120) else 0.55
            with stage.canvas.placed(x, SIZE + stage.chance.between(6, 26), size * share):
                stage.chance.one_of(plants)(stage.canvas, stage.chance, colour)


def tufts(stage: Stage, plants: Sequence[Plant], colour: Colour, count: int, size: float = 0.7) -> None:
    """Small growth in front of everybody's feet."""
    plants, colour = _in_season(stage, plants, colour)
    with stage.canvas.lit(stage.mood.at(0.0)):
        for _ in range(count):
            x, y = stage.chance.between(0, SIZE), stage.chance.between(stage.floor + 26, SIZE + 10)
            with stage.canvas.placed(x, y, size * stage.chance.between(0.8, 1.2)):
                stage.chance.one_of(plants)(stage.canvas, stage.chance, colour)
