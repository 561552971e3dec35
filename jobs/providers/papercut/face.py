"""Eyes, mouths, noses and cheeks, around the middle of a head."""

from __future__ import annotations

from .canvas import Canvas, Kind
from .colour import BLUSH, INK, WHITE, Colour, mix, rgb
from .pose import Expression, Pose
from .shapes import Point, blob, circle, curve, ellipse, heart

_MOUTH = rgb(0x8E3B46)
_TONGUE = rgb(0xF08C86)


def eyes(
    canvas: Canvas, at: Point, apart: float, size: float, pose: Pose, shown: Expression, iris: Colour | None
) -> None:
    """Two eyes beside `at`; they look where the pose's gaze goes, `size` being a bead's radius."""
    for side in (-1, 1):
        x, y = at[0] + side * apart * (1 - 0.12 * pose.turn * side), at[1]
        _eye(canvas, x, y, size, side, pose, shown, iris)


def _eye(
    canvas: Canvas, x: float, y: float, size: float, side: int, pose: Pose, shown: Expression, iris: Colour | None
) -> None:
    if shown.eyes == "closed":
        canvas.line(curve([(x - size, y), (x, y + size * 0.55), (x + size, y)]), INK, 3)
        return
    if shown.eyes == "happy":
        canvas.line(curve([(x - size, y + size * 0.4), (x, y - size * 0.6), (x + size, y + size * 0.4)]), INK, 3.2)
        return
    gaze_x, gaze_y = pose.gaze[0] * 1.1, pose.gaze[1] * 1.1
    radius = size * (1.12 if shown.eyes == "wide" else 1)
    if shown.eyes == "wide" or iris is not None:
        canvas.add(circle(x, y, radius * 1.4), WHITE, Kind.DETAIL)
        canvas.add(circle(x + gaze_x, y + gaze_y, radius * 1.02), iris or INK, Kind.DETAIL)
        canvas.add(circle(x + gaze_x, y + gaze_y, radius * (0.68 if iris else 0.5)), INK, Kind.DETAIL)
    else:
        canvas.add(ellipse(x + gaze_x * 0.8, y + gaze_y * 0.8, radius, radius * 1.12), INK, Kind.DETAIL)
    canvas.add(circle(x + gaze_x + radius * 0.3, y + gaze_y - radius * 0.38, radius * 0.36), WHITE, Kind.DETAIL)
    canvas.add(circle(x + gaze_x - radius * 0.3, y + gaze_y + radius * 0.4, radius * 0.17), WHITE, Kind.DETAIL, 0.85)
    if shown.eyes == "sad":
        canvas.line(
            curve([(x - size, y - size * 1.7 + side * 2), (x + size, y - size * 1.7 - side * 2)]), INK, 2.6, 0.8
        )
        if side > 0:
            canvas.add(ellipse(x + size * 0.6, y + size * 2.0, 3, 4.6), rgb(0x9AD0EE), Kind.DETAIL)


def mouth(canvas: Canvas, x: float, y: float, shown: Expression, width: float = 10.0) -> None:
    if shown.mouth == "smile":
        canvas.line(curve([(x - width, y - 1), (x, y + width * 0.42), (x + width, y - 1)]), INK, 2.6)
    elif shown.mouth == "laugh":
        path = [
            (x - width, y - 2),
            (x, y - 0.5),
            (x + width, y - 2),
            (x + width * 0.6, y + width * 0.75),
            (x, y + width * 1.02),
            (x - width * 0.6, y + width * 0.75),
        ]
        canvas.add(blob(path), _MOUTH, Kind.DETAIL)
        canvas.add(ellipse(x, y + width * 0.66, width * 0.48, width * 0.3), _TONGUE, Kind.DETAIL)
    elif shown.mouth == "round":
        canvas.add(ellipse(x, y + width * 0.4, width * 0.46, width * 0.56), _MOUTH, Kind.DETAIL)
        canvas.add(ellipse(x, y + width * 0.68, width * 0.28, width * 0.2), _TONGUE, Kind.DETAIL)
    elif shown.mouth == "small":
        canvas.line(curve([(x - width * 0.45, y + 1), (x, y + 2.6), (x + width * 0.45, y + 1)]), INK, 2.4)
    else:
        canvas.line(curve([(x - width * 0.8, y + width * 0.5), (x, y), (x + width * 0.8, y + width * 0.5)]), INK, 2.6)


def cheeks(canvas: Canvas, at: Point, apart: float, size: float, coat: Colour) -> None:
    for side in (-1, 1):
        canvas.add(ellipse(at[0] + side * apart, at[1], size, size * 0.66), mix(BLUSH, coat, 0.2), Kind.LIGHT, 0.5)


def nose(canvas: Canvas, x: float, y: float, width: float, colour: Colour = INK, heart_shaped: bool = False) -> None:
    shape = heart(x, y, width) if heart_shaped else ellipse(x, y, width, width * 0.74)
    canvas.add(shape, colour, Kind.DETAIL)
    canvas.add(ellipse(x - width * 0.3, y - width * 0.3, width * 0.26, width * 0.16), WHITE, Kind.DETAIL, 0.7)


def whiskers(canvas: Canvas, x: float, y: float) -> None:
    for side in (-1, 1):
        for slope in (-4, 3):
            canvas.line(curve([(x + side * 22, y + slope * 0.4), (x + side * 44, y + slope * 1.6)]), INK, 1.6, 0.55)
