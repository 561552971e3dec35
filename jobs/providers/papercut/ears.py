"""Ears, horns, manes and all else that sits on a head's outline."""

from __future__ import annotations

import math

from .canvas import Canvas, Kind
from .colour import Colour, darker, lighter, mix, rgb
from .looks import Look
from .shapes import Point, Shape, blob, circle, curve, ellipse, leaf, limb, polygon

_BONE = rgb(0xF3E6C8)

# Outer and inner outline of the right ear; the left one is its mirror.
_SHAPES: dict[str, tuple[Shape, Shape]] = {
    "pointed": (
        polygon([(10, -28), (19, -58), (37, -88), (41, -86), (50, -46), (49, -8)]),
        polygon([(24, -34), (29, -55), (38, -73), (44, -46), (43, -24)]),
    ),
    "cat": (
        polygon([(8, -32), (20, -54), (36, -68), (41, -67), (48, -40), (46, -8)]),
        polygon([(20, -36), (26, -48), (37, -57), (41, -40), (40, -24)]),
    ),
    "tuft": (
        polygon([(10, -32), (22, -52), (40, -80), (46, -44), (45, -14)]),
        polygon([(24, -36), (29, -47), (37, -60), (40, -44), (39, -28)]),
    ),
    "round": (circle(33, -33, 17), circle(33, -32, 9.5)),
    "mouse": (circle(39, -36, 27), circle(40, -35, 18)),
    "side": (circle(47, -4, 16), circle(48, -4, 10)),
    "rabbit": (limb([(16, -26), (21, -66), (28, -102)], 19, 22), limb([(18, -40), (22, -68), (27, -98)], 8, 11)),
    "leaf": (leaf((28, -18), (80, -32), 27), leaf((38, -21), (72, -31), 14)),
    "upright": (leaf((20, -30), (33, -80), 24), leaf((23, -40), (32, -72), 11)),
    "fan": (
        blob([(26, -26), (60, -50), (92, -34), (98, 4), (76, 34), (48, 30), (34, 10)]),
        blob([(40, -22), (64, -38), (84, -26), (88, 4), (72, 24), (52, 20)]),
    ),
    "floppy": (
        blob([(24, -36), (44, -36), (58, -8), (60, 22), (48, 30), (38, 12), (32, -14)]),
        blob([(42, -22), (52, -2), (53, 18), (47, 20), (42, 2)]),
    ),
}


def behind(canvas: Canvas, look: Look, turn: float) -> None:
    """What the skull hides partly: most ears, horns, manes, spines."""
    species = look.species
    _spines_and_manes(canvas, look)
    _horns(canvas, look)
    if species.ears in ("none", "floppy"):
        return
    outer, inner = _SHAPES[species.ears]
    for mirror in (True, False):
        bend = 16 if species.ears == "rabbit" and mirror else 0
        with canvas.placed(-turn * 3, 0, mirror=mirror, turn=-bend):
            canvas.add(outer, _ear_colour(look), Kind.BODY)
            canvas.add(inner, _inner_colour(look), Kind.DETAIL)


def before(canvas: Canvas, look: Look, turn: float) -> None:
    """What hangs over the skull: a dog's ears, a forelock, a crest."""
    extras, accent = look.species.extras, look.accent
    if look.species.ears == "floppy":
        outer, inner = _SHAPES["floppy"]
        for mirror in (True, False):
            with canvas.placed(turn * 2, 0, mirror=mirror):
                canvas.add(outer, accent, Kind.BODY)
                canvas.add(inner, darker(accent, 0.14), Kind.DETAIL)
    if "forelock" in extras:
        canvas.add(blob([(-6, -46), (10, -56), (22, -44), (18, -22), (8, -8), (2, -20), (-8, -26)]), accent, Kind.BODY)
    if "crest" in extras:
        for lean in (-16, 0, 16):
            canvas.add(leaf((0, -38), (lean, -68), 11), mix(look.coat, accent, 0.3), Kind.BODY)
    if "comb" in extras:
        canvas.add(
            blob([(-18, -38), (-20, -56), (-8, -50), (0, -64), (8, -50), (20, -56), (18, -38)]), accent, Kind.BODY
        )
    if "wool" in extras:
        for x, y, radius in ((-26, -34, 17), (26, -34, 17), (-10, -46, 18), (12, -46, 18), (0, -34, 18)):
            canvas.add(circle(x, y, radius), lighter(look.coat, 0.1), Kind.BODY)


def _ear_colour(look: Look) -> Colour:
    if look.species.extras & {"panda"}:
        return look.accent
    return darker(look.coat, 0.06) if look.species.ears != "tuft" else look.coat


def _inner_colour(look: Look) -> Colour:
    return look.accent if look.species.ears not in ("side", "upright") else look.belly


def _spines_and_manes(canvas: Canvas, look: Look) -> None:
    extras, accent = look.species.extras, look.accent
    if "mane" in extras:
        canvas.add(_scallops(66, 13, 9), accent, Kind.BODY)
        canvas.add(_scallops(55, 11, 7), lighter(accent, 0.16), Kind.DETAIL)
    if "spines" in extras:
        canvas.add(_spiky(67, 50, 19), accent, Kind.BODY)
        canvas.add(_spiky(58, 44, 17), lighter(accent, 0.12), Kind.DETAIL)
    if "rays" in extras:
        canvas.add(_spiky(66, 44, 14), accent, Kind.BODY)
    if "forelock" in extras:
        canvas.add(
            blob([(-10, -50), (14, -56), (-20, -58), (-46, -30), (-52, 10), (-44, 44), (-30, 30), (-28, 0)]),
            accent,
            Kind.BODY,
        )


def _horns(canvas: Canvas, look: Look) -> None:
    extras = look.species.extras
    if "horn" in extras:
        canvas.add(polygon([(-9, -38), (3, -96), (12, -38)]), rgb(0xF4CE6A), Kind.BODY)
        for y, reach in ((-52, 7), (-66, 5)):
            canvas.line(curve([(-reach, y), (reach + 3, y - 5)]), rgb(0xD9A23F), 2.4)
    for mirror in (True, False):
        with canvas.placed(0, 0, mirror=mirror):
            if "horns" in extras:
                canvas.add(limb([(18, -34), (28, -54), (24, -74)], 14, 4), _BONE, Kind.BODY)
            if "knobs" in extras:
                canvas.add(limb([(13, -36), (17, -62)], 8, 8), look.coat, Kind.BODY)
                canvas.add(circle(17, -66, 7.5), look.accent if "spots" in extras else _BONE, Kind.BODY)
            if "antlers" in extras:
                canvas.add(limb([(14, -36), (26, -66), (46, -82)], 7, 5), _BONE, Kind.BODY)
                canvas.add(limb([(24, -62), (22, -88)], 6, 4), _BONE, Kind.BODY)
            if "antennae" in extras:
                canvas.line(curve([(12, -36), (20, -58), (30, -68)]), darker(look.accent, 0.3), 3.4)
                canvas.add(circle(31, -70, 6.5), look.accent, Kind.BODY)


def _scallops(radius: float, count: int, depth: float) -> Shape:
    return _ring([(radius, radius - depth)], count)


def _spiky(radius: float, inner: float, count: int) -> Shape:
    return polygon(_around(radius, inner, count))


def _ring(radii: list[tuple[float, float]], count: int) -> Shape:
    return blob(_around(radii[0][0], radii[0][1], count))


def _around(outer: float, inner: float, count: int) -> list[Point]:
    points: list[Point] = []
    for i in range(count * 2):
        angle = i * math.pi / count + 0.2
        reach = outer if i % 2 == 0 else inner
        points.append((reach * math.cos(angle), reach * math.sin(angle) - 2))
    return points


def antenna_of_robot(canvas: Canvas, accent: Colour) -> None:
    canvas.line(curve([(0, -40), (0, -62)]), rgb(0x66727C), 4)
    canvas.add(circle(0, -66, 8), accent, Kind.BODY)
    canvas.add(ellipse(-52, 0, 8, 13), darker(accent, 0.1), Kind.BODY)
    canvas.add(ellipse(52, 0, 8, 13), darker(accent, 0.1), Kind.BODY)
