"""The canvas remembers marks in the order in which they are made; a technique decides later how they look."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from .colour import Colour, mix
from .shapes import Shape, circle

SIZE = 1024
"""The canvas is this wide and high, in its own units, whatever size it is rendered at."""

Matrix = tuple[float, float, float, float, float, float]


class Kind(Enum):
    """What a mark is, which is all that a technique needs in order to treat it."""

    WASH = "wash"  # sky, water, walls: flat and far
    LAND = "land"  # hills and floors: large layers, seen against what lies behind
    THING = "thing"  # trees, houses, furniture, props
    BODY = "body"  # parts of the cast
    DETAIL = "detail"  # faces, spots, flowers' hearts: small, on top of something
    LIGHT = "light"  # glows, shadows on the ground, rain: see-through
    LINE = "line"  # a stroke: mouths, whiskers, strings


@dataclass(frozen=True, slots=True)
class Fade:
    """A fill that goes from `top` at the top of the shape to `bottom`."""

    top: Colour
    bottom: Colour


@dataclass(frozen=True, slots=True)
class Glow:
    """Light that is `colour` in the middle of the shape and nothing at its edge."""

    colour: Colour


Fill = Colour | Fade | Glow


@dataclass(frozen=True, slots=True)
class Mark:
    """`width` is a stroke's thickness in the mark's own units; `scale` turns those into the canvas's.
    `depth` is 0 close by and 1 at the horizon."""

    shape: Shape
    fill: Fill
    kind: Kind
    opacity: float
    width: float
    depth: float
    matrix: Matrix
    scale: float


def _compose(outer: Matrix, inner: Matrix) -> Matrix:
    a, b, c, d, e, f = outer
    g, h, i, j, k, m = inner
    return (a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * m + e, b * k + d * m + f)


class Canvas:
    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._matrix: Matrix = (1, 0, 0, 1, 0, 0)
        self._scale = 1.0
        self._depth = 0.0
        self._light: Callable[[Colour], Colour] = _as_it_is

    def add(self, shape: Shape, fill: Fill, kind: Kind = Kind.THING, opacity: float = 1.0) -> None:
        self._remember(shape, fill, kind, opacity, 0.0)

    def line(self, shape: Shape, colour: Colour, width: float, opacity: float = 1.0) -> None:
        self._remember(shape, colour, Kind.LINE, opacity, width)

    def _remember(self, shape: Shape, fill: Fill, kind: Kind, opacity: float, width: float) -> None:
        self.marks.append(Mark(shape, self._seen(fill), kind, opacity, width, self._depth, self._matrix, self._scale))

    def _seen(self, fill: Fill) -> Fill:
        if isinstance(fill, Fade):
            return Fade(self._light(fill.top), self._light(fill.bottom))
        return fill if isinstance(fill, Glow) else self._light(fill)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """A soft pool of light, which no other light tints."""
        self.add(circle(x, y, radius), Glow(colour), Kind.LIGHT, strength)

    @contextmanager
    def placed(
        self, x: float, y: float, scale: float = 1.0, turn: float = 0.0, mirror: bool = False
    ) -> Generator[None]:
        """Everything inside is drawn around (x, y), `scale` times as large, turned by `turn` degrees clockwise."""
        before = self._matrix, self._scale
        cos, sin = math.cos(math.radians(turn)) * scale, math.sin(math.radians(turn)) * scale
        flip = -1 if mirror else 1
        self._matrix = _compose(self._matrix, (cos * flip, sin * flip, -sin, cos, x, y))
        self._scale *= scale
        yield
        self._matrix, self._scale = before

    @contextmanager
    def lit(self, light: Callable[[Colour], Colour], depth: float = 0.0) -> Generator[None]:
        """Everything inside has its colours seen through `light`, and lies `depth` away."""
        before = self._light, self._depth
        self._light, self._depth = light, depth
        yield
        self._light, self._depth = before


def _as_it_is(colour: Colour) -> Colour:
    return colour


def veil(colour: Colour, share: float) -> Callable[[Colour], Colour]:
    """Light that mixes `share` of `colour` into everything."""
    return lambda seen: mix(seen, colour, share)
