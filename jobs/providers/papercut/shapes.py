"""Shapes as SVG path data with the box that they fill. Units are the caller's; y grows downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """`path` holds numbers and path letters only; `box` is left, top, right, bottom of its corner points."""

    path: str
    box: Box


def _box(points: Sequence[Point]) -> Box:
    across = [x for x, _ in points]
    down = [y for _, y in points]
    return (min(across), min(down), max(across), max(down))


def _smooth(points: Sequence[Point], closed: bool) -> str:
    """Cubic pieces through all points (Catmull-Rom), without the opening move."""
    count = len(points)
    pieces: list[str] = []
    for i in range(count if closed else count - 1):
        before = points[i - 1] if closed or i > 0 else points[i]
        start, end = points[i], points[(i + 1) % count]
        after = points[(i + 2) % count] if closed or i + 2 < count else end
        pieces.append(
            f"C{start[0] + (end[0] - before[0]) / 6:.1f} {start[1] + (end[1] - before[1]) / 6:.1f} "
            f"{end[0] - (after[0] - start[0]) / 6:.1f} {end[1] - (after[1] - start[1]) / 6:.1f} "
            f"{end[0]:.1f} {end[1]:.1f}"
        )
    return "".join(pieces)


def blob(points: Sequence[Point]) -> Shape:
    """A closed, soft outline through the points."""
    return Shape(f"M{points[0][0]:.1f} {points[0][1]:.1f}{_smooth(points, True)}Z", _box(points))


def curve(points: Sequence[Point]) -> Shape:
    """An open, soft line through the points: to be stroked."""
    return Shape(f"M{points[0][0]:.1f} {points[0][1]:.1f}{_smooth(points, False)}", _box(points))


def mirrored(points: Sequence[Point]) -> Shape:
    """A soft outline that is the same on both sides of x = 0: `points` go down its right side."""
    left = [(-x, y) for x, y in reversed(points) if x > 0.01]
    return blob([*points, *left])


def polygon(points: Sequence[Point]) -> Shape:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return Shape(f"M{path}Z", _box(points))


def ridge(points: Sequence[Point], floor: float) -> Shape:
    """Land: a soft skyline through the points from left to right, filled down to `floor`."""
    first, last = points[0], points[-1]
    path = (
        f"M{first[0]:.1f} {first[1]:.1f}{_smooth(points, False)}L{last[0]:.1f} {floor:.1f}L{first[0]:.1f} {floor:.1f}Z"
    )
    return Shape(path, _box([*points, (last[0], floor)]))


def ellipse(x: float, y: float, across: float, down: float, tilt: float = 0.0) -> Shape:
    """`across` and `down` are radii, `tilt` is in degrees clockwise."""
    cos, sin = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    k = 0.5523

    def at(u: float, v: float) -> str:
        return f"{x + u * across * cos - v * down * sin:.1f} {y + u * across * sin + v * down * cos:.1f}"

    path = (
        f"M{at(1, 0)}C{at(1, k)} {at(k, 1)} {at(0, 1)}C{at(-k, 1)} {at(-1, k)} {at(-1, 0)}"
        f"C{at(-1, -k)} {at(-k, -1)} {at(0, -1)}C{at(k, -1)} {at(1, -k)} {at(1, 0)}Z"
    )
    wide, high = math.hypot(across * cos, down * sin), math.hypot(across * sin, down * cos)
    return Shape(path, (x - wide, y - high, x + wide, y + high))


def circle(x: float, y: float, radius: float) -> Shape:
    return ellipse(x, y, radius, radius)


def dome(x: float, y: float, across: float, up: float) -> Shape:
    """The upper half of an ellipse that stands on `y`."""
    k = 0.5523
    path = (
        f"M{x - across:.1f} {y:.1f}C{x - across:.1f} {y - up * k:.1f} {x - across * k:.1f} {y - up:.1f} "
        f"{x:.1f} {y - up:.1f}"
        f"C{x + across * k:.1f} {y - up:.1f} {x + across:.1f} {y - up * k:.1f} {x + across:.1f} {y:.1f}Z"
    )
    return Shape(path, (x - across, y - up, x + across, y))


def panel(x: float, y: float, width: float, height: float, corner: float = 0.0) -> Shape:
    """A rectangle whose corners are round by `corner`."""
    c = min(corner, width / 2, height / 2)
    right, bottom = x + width, y + height
    path = (
        f"M{x + c:.1f} {y:.1f}L{right - c:.1f} {y:.1f}Q{right:.1f} {y:.1f} {right:.1f} {y + c:.1f}"
        f"L{right:.1f} {bottom - c:.1f}Q{right:.1f} {bottom:.1f} {right - c:.1f} {bottom:.1f}"
        f"L{x + c:.1f} {bottom:.1f}Q{x:.1f} {bottom:.1f} {x:.1f} {bottom - c:.1f}"
        f"L{x:.1f} {y + c:.1f}Q{x:.1f} {y:.1f} {x + c:.1f} {y:.1f}Z"
    )
    return Shape(path, (x, y, right, bottom))


def limb(spine: Sequence[Point], start: float, end: float) -> Shape:
    """A soft tube along the spine, `start` and `end` thick: arms, tails, trunks of trees. Its ends are round."""
    along = _dense(spine)
    left: list[Point] = []
    right: list[Point] = []
    for i, (x, y) in enumerate(along):
        (x0, y0), (x1, y1) = along[max(0, i - 1)], along[min(len(along) - 1, i + 1)]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        half = (start + (end - start) * i / (len(along) - 1)) / 2
        across, down = -(y1 - y0) / length * half, (x1 - x0) / length * half
        left.append((x + across, y + down))
        right.append((x - across, y - down))
    head, tail = _cap(along[1], along[0], start / 2), _cap(along[-2], along[-1], end / 2)
    return blob([*left, tail, *reversed(right), head])


def _cap(before: Point, tip: Point, radius: float) -> Point:
    length = math.hypot(tip[0] - before[0], tip[1] - before[1]) or 1.0
    return (tip[0] + (tip[0] - before[0]) / length * radius, tip[1] + (tip[1] - before[1]) / length * radius)


def _dense(spine: Sequence[Point]) -> list[Point]:
    """The spine with one more point on the curve between each two, so that a tube bends without kinks."""
    count = len(spine)
    dense: list[Point] = []
    for i in range(count - 1):
        before, start, end, after = spine[max(0, i - 1)], spine[i], spine[i + 1], spine[min(count - 1, i + 2)]
        dense.append(start)
        dense.append(
            (
                (9 * (start[0] + end[0]) - before[0] - after[0]) / 16,
                (9 * (start[1] + end[1]) - before[1] - after[1]) / 16,
            )
        )
    return [*dense, spine[-1]]


def leaf(root: Point, tip: Point, width: float) -> Shape:
    """An almond from root to tip, `width` at its middle."""
    dx, dy = tip[0] - root[0], tip[1] - root[1]
    length = math.hypot(dx, dy) or 1.0
    across, down = -dy / length * width * 0.66, dx / length * width * 0.66
    a, b = (root[0] + dx * 0.4, root[1] + dy * 0.4), (root[0] + dx * 0.75, root[1] + dy * 0.75)
    path = (
        f"M{root[0]:.1f} {root[1]:.1f}C{a[0] + across:.1f} {a[1] + down:.1f} {b[0] + across:.1f} {b[1] + down:.1f} "
        f"{tip[0]:.1f} {tip[1]:.1f}C{b[0] - across:.1f} {b[1] - down:.1f} {a[0] - across:.1f} {a[1] - down:.1f} "
        f"{root[0]:.1f} {root[1]:.1f}Z"
    )
    return Shape(path, _box([root, tip, (a[0] + across, a[1] + down), (a[0] - across, a[1] - down)]))


def star(x: float, y: float, radius: float, points: int = 5, waist: float = 0.5, turn: float = 0.0) -> Shape:
    corners: list[Point] = []
    for i in range(points * 2):
        angle = math.radians(turn) - math.pi / 2 + i * math.pi / points
        reach = radius if i % 2 == 0 else radius * waist
        corners.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    return polygon(corners)


def soft_star(x: float, y: float, radius: float, points: int = 5, waist: float = 0.6) -> Shape:
    """A star or flower with round arms."""
    corners: list[Point] = []
    for i in range(points * 4):
        angle = -math.pi / 2 + i * math.pi / (points * 2)
        reach = radius * (1, 0.86 + waist * 0.1, waist, 0.86 + waist * 0.1)[i % 4]
        corners.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    return blob(corners)


def heart(x: float, y: float, size: float) -> Shape:
    path = (
        f"M{x:.1f} {y + size * 0.9:.1f}C{x - size * 1.3:.1f} {y:.1f} {x - size * 0.8:.1f} {y - size:.1f} "
        f"{x:.1f} {y - size * 0.35:.1f}"
        f"C{x + size * 0.8:.1f} {y - size:.1f} {x + size * 1.3:.1f} {y:.1f} {x:.1f} {y + size * 0.9:.1f}Z"
    )
    return Shape(path, (x - size, y - size * 0.7, x + size, y + size * 0.9))
