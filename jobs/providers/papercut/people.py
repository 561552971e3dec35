"""Children and grown-ups: their heads and hair. Their bodies are dressed like everybody else's."""

from __future__ import annotations

from . import face
from .canvas import Canvas, Kind
from .colour import INK, darker, mix
from .looks import Look
from .pose import Expression, Pose
from .shapes import Shape, blob, circle, curve, ellipse, limb, mirrored

_FRINGE = Shape(
    "M-44 6C-52 -40 -26 -56 0 -56C26 -56 52 -40 44 6C39 -8 34 -20 24 -28C8 -17 -14 -16 -30 -22C-37 -14 -41 -5 -44 6Z",
    (-50, -56, 50, 6),
)
_TOUSLED = Shape(
    "M-44 2C-54 -34 -34 -56 -12 -56C-4 -64 6 -58 10 -57C30 -58 52 -38 44 2C41 -8 38 -14 34 -20L24 -14"
    "L20 -26L8 -16L2 -27L-10 -16L-16 -27L-26 -15L-32 -24C-38 -16 -41 -8 -44 2Z",
    (-50, -60, 50, 2),
)
_PARTED = Shape(
    "M-44 8C-52 -40 -26 -56 0 -56C26 -56 52 -40 44 8C42 -10 34 -26 14 -36C4 -20 -24 -12 -38 -10C-42 -4 -43 2 -44 8Z",
    (-50, -56, 50, 8),
)
_CURLS = (
    (-38, -14, 16),
    (-32, -36, 18),
    (-12, -48, 19),
    (12, -49, 19),
    (33, -36, 18),
    (39, -13, 16),
    (-44, 6, 12),
    (45, 6, 12),
)


def draw_head(canvas: Canvas, look: Look, pose: Pose, shown: Expression) -> None:
    shift = pose.turn * 7
    _hair_behind(canvas, look)
    for side in (-1, 1):
        canvas.add(circle(side * 41 - shift * 0.3, 4, 8), darker(look.coat, 0.05), Kind.BODY)
    canvas.add(ellipse(0, 0, 42, 40), look.coat, Kind.BODY)
    _hair_before(canvas, look)
    face.eyes(canvas, (shift, 2), 17, 6.2, pose, shown, look.eyes)
    if shown.eyes not in ("sad", "closed"):
        for side in (-1, 1):
            x = shift + side * 17
            canvas.line(curve([(x - 6, -10), (x, -12.4), (x + 6, -10)]), mix(look.hair, INK, 0.3), 2.4, 0.85)
    canvas.line(curve([(shift + 1, 8), (shift + 4, 11), (shift, 12)]), darker(look.coat, 0.35), 2.2, 0.8)
    face.mouth(canvas, shift, 20, shown, 9)
    face.cheeks(canvas, (shift * 0.8, 15), 25, 7.5, look.coat)
    if look.bearded:
        _beard(canvas, look, shift)


def _hair_behind(canvas: Canvas, look: Look) -> None:
    hair, style = look.hair, look.hair_style
    if style == "long":
        canvas.add(mirrored([(0, -54), (38, -42), (52, -4), (54, 36), (40, 56), (0, 50)]), hair, Kind.BODY)
    elif style == "pigtails":
        for mirror in (True, False):
            with canvas.placed(0, 0, mirror=mirror):
                canvas.add(limb([(38, -12), (62, 0), (64, 40)], 22, 12), hair, Kind.BODY)
                canvas.add(
                    circle(46, -9, 6), look.garments.get("bow", look.garments.get("dress", look.eyes or INK)), Kind.BODY
                )
    elif style == "bun":
        canvas.add(circle(0, -58, 20), hair, Kind.BODY)
        canvas.add(ellipse(0, -4, 46, 44), hair, Kind.BODY)
    elif style == "curly":
        for x, y, radius in ((-46, 18, 14), (47, 18, 14), *(_CURLS if look.girlish else ())):
            canvas.add(circle(x, y, radius), hair, Kind.BODY)


def _hair_before(canvas: Canvas, look: Look) -> None:
    if look.hair_style == "bald":
        return
    if look.hair_style == "curly":
        for x, y, radius in _CURLS:
            canvas.add(circle(x, y, radius), look.hair, Kind.BODY)
        canvas.add(blob([(-36, -22), (0, -44), (36, -22), (20, -24), (0, -28), (-20, -24)]), look.hair, Kind.DETAIL)
        return
    fringe = {"short": _TOUSLED, "bun": _PARTED, "pigtails": _PARTED}.get(look.hair_style, _FRINGE)
    canvas.add(fringe, look.hair, Kind.BODY)


def _beard(canvas: Canvas, look: Look, shift: float) -> None:
    canvas.add(
        blob([(-34, 14), (-20, 20), (shift, 26), (20, 20), (36, 14), (30, 42), (0, 56), (-28, 42)]),
        look.hair,
        Kind.BODY,
    )
    canvas.add(ellipse(shift, 24, 16, 6), look.hair, Kind.DETAIL)
    canvas.line(curve([(shift - 6, 29), (shift, 31), (shift + 6, 29)]), darker(look.hair, 0.5), 2.2)
