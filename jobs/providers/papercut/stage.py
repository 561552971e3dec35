"""The stage that places are built on: canvas, light and luck, the horizon, and the ground the cast stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.vocabulary import Weather

from .canvas import SIZE, Canvas, Fade, Kind
from .chance import Chance
from .colour import Colour, mix
from .mood import Mood
from .shapes import Point, ridge


@dataclass(frozen=True, slots=True)
class Stage:
    """`horizon` and `floor` are heights in canvas units: where sky meets land, and where the cast's feet are.
    `zoom` is how close we are: 1 is a wide view, 1.4 close by. `spots` are the x of those who stand in front;
    `beds` says that sleepers bring their own."""

    canvas: Canvas
    chance: Chance
    mood: Mood
    horizon: float
    floor: float
    zoom: float
    spots: Sequence[float]
    beds: bool = False

    def depth_at(self, y: float) -> float:
        """How far away something is whose foot is at height `y`."""
        return max(0.0, min(1.0, (self.floor - y) / max(1.0, self.floor - self.horizon)))

    def sized(self, y: float) -> float:
        """How large things look whose foot is at height `y`."""
        return (1.0 - 0.68 * self.depth_at(y)) * self.zoom

    def clear_of_cast(self, x: float, room: float) -> bool:
        return all(abs(x - spot) > room for spot in self.spots)

    def hill(self, y: float, swing: float, colour: Colour, depth: float, waves: int = 4) -> Sequence[Point]:
        """A layer of land whose skyline swings around `y`; returns the skyline, to plant things on."""
        points = [(-60 + (SIZE + 120) * i / waves, y + self.chance.around(0, swing)) for i in range(waves + 1)]
        seen = self.mood.at(depth)
        if self.mood.weather is Weather.SNOW:
            colour = mix(colour, (240, 246, 252), 0.82)
        with self.canvas.lit(_plain, depth):
            low = mix(seen(colour), seen((30, 40, 70)), 0.16)
            self.canvas.add(ridge(points, SIZE + 30), Fade(seen(colour), low), Kind.LAND)
        return points


def _plain(colour: Colour) -> Colour:
    return colour


def height_on(skyline: Sequence[Point], x: float) -> float:
    """The skyline's height at `x`, near enough to plant a tree."""
    for (x0, y0), (x1, y1) in pairwise(skyline):
        if x0 <= x <= x1:
            share = (x - x0) / (x1 - x0)
            smooth = share * share * (3 - 2 * share)
            return y0 + (y1 - y0) * smooth
    return skyline[-1][1]
