"""What is worn on a head."""

from __future__ import annotations

from .canvas import Canvas, Kind
from .colour import INK, WHITE, Colour, darker, lighter, rgb
from .looks import Look
from .pose import Pose
from .shapes import blob, circle, curve, dome, ellipse, panel, polygon, soft_star


def on_head(canvas: Canvas, look: Look, pose: Pose) -> None:
    worn = look.garments
    if "glasses" in worn:
        _glasses(canvas, worn["glasses"], pose.turn * 8, -12 if look.species.skull == "tall" else -4)
    top = -42 if look.species.build == "human" else -54 if "bulgeeyes" in look.species.extras else -38
    with canvas.placed(0, top):
        for name, put_on in _HATS.items():
            if name in worn:
                put_on(canvas, worn[name])
                break
    if "bow" in worn:
        with canvas.placed(26, -38, turn=18):
            ribbon(canvas, worn["bow"], 1.0)
    if "flower" in worn:
        canvas.add(soft_star(30, -30, 14, 5, 0.55), worn["flower"], Kind.BODY)
        canvas.add(circle(30, -30, 5), rgb(0xF8D25C), Kind.DETAIL)


def ribbon(canvas: Canvas, colour: Colour, size: float) -> None:
    for side in (-1, 1):
        loop = [
            (0, 0),
            (side * 14 * size, -12 * size),
            (side * 22 * size, -6 * size),
            (side * 22 * size, 8 * size),
            (side * 13 * size, 12 * size),
        ]
        canvas.add(blob(loop), colour, Kind.BODY)
    canvas.add(circle(0, 0, 6 * size), darker(colour, 0.15), Kind.BODY)


def _glasses(canvas: Canvas, colour: Colour, shift: float, y: float) -> None:
    frame = colour if sum(colour) < 500 else darker(colour, 0.4)
    for side in (-1, 1):
        canvas.add(circle(shift + side * 19, y, 14), WHITE, Kind.LIGHT, 0.22)
        canvas.line(circle(shift + side * 19, y, 14), frame, 3.4)
    canvas.line(curve([(shift - 5, y - 1), (shift, y - 4), (shift + 5, y - 1)]), frame, 3.4)


def _cap(canvas: Canvas, colour: Colour) -> None:
    canvas.add(dome(0, 10, 38, 36), colour, Kind.BODY)
    canvas.add(ellipse(24, 9, 34, 8), darker(colour, 0.12), Kind.BODY)
    canvas.add(circle(0, -27, 5), darker(colour, 0.12), Kind.DETAIL)


def _beanie(canvas: Canvas, colour: Colour) -> None:
    canvas.add(dome(0, 10, 40, 44), colour, Kind.BODY)
    for x in (-22, 0, 22):
        canvas.line(curve([(x * 0.3, -32), (x, 4)]), darker(colour, 0.16), 3)
    canvas.add(panel(-43, 0, 86, 17, 8), lighter(colour, 0.35), Kind.BODY)
    canvas.add(circle(0, -38, 13), lighter(colour, 0.55), Kind.BODY)


def _pointed(canvas: Canvas, colour: Colour) -> None:
    canvas.add(
        blob([(-36, 8), (-20, -34), (-2, -74), (10, -78), (8, -62), (20, -30), (36, 8), (0, 14)]), colour, Kind.BODY
    )
    canvas.add(ellipse(0, 8, 46, 10), darker(colour, 0.18), Kind.BODY)
    canvas.add(soft_star(-2, -22, 9, 5, 0.5), rgb(0xF8D25C), Kind.DETAIL)


def _straw(canvas: Canvas, colour: Colour) -> None:
    straw = lighter(rgb(0xE9C46A), 0.15)
    canvas.add(dome(0, 6, 32, 32), straw, Kind.BODY)
    canvas.add(panel(-32, -8, 64, 13, 3), colour, Kind.DETAIL)
    canvas.add(ellipse(0, 8, 60, 11), straw, Kind.BODY)


def _crown(canvas: Canvas, colour: Colour) -> None:
    gold = rgb(0xF3C64B)
    canvas.add(polygon([(-29, 8), (-33, -28), (-16, -10), (0, -36), (16, -10), (33, -28), (29, 8)]), gold, Kind.BODY)
    for x, y in ((-33, -29), (0, -37), (33, -29)):
        canvas.add(circle(x, y, 5), colour, Kind.DETAIL)
    canvas.add(circle(0, -4, 5), colour, Kind.DETAIL)


def _tophat(canvas: Canvas, colour: Colour) -> None:
    shade = colour if sum(colour) < 420 else darker(colour, 0.5)
    canvas.add(panel(-25, -48, 50, 56, 6), shade, Kind.BODY)
    canvas.add(panel(-25, -12, 50, 11), rgb(0xD6453D), Kind.DETAIL)
    canvas.add(ellipse(0, 8, 44, 8), shade if shade != INK else INK, Kind.BODY)


_HATS = {
    "crown": _crown,
    "pointed": _pointed,
    "beanie": _beanie,
    "straw": _straw,
    "tophat": _tophat,
    "hat": _cap,
}
