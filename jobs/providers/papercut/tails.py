"""Tails. Their roots are at the back of a trunk that stands on y = 0 and looks to the right."""

from __future__ import annotations

from .canvas import Canvas, Kind
from .colour import Colour, darker, lighter, mix
from .looks import Look
from .shapes import blob, circle, curve, ellipse, leaf, limb, polygon


def draw_tail(canvas: Canvas, look: Look) -> None:
    tail, coat, accent = look.species.tail, look.coat, look.accent
    if tail in ("bush", "ring"):
        fluff = [
            (-14, -30),
            (-50, -16),
            (-88, -36),
            (-102, -78),
            (-88, -118),
            (-74, -94),
            (-66, -66),
            (-44, -54),
            (-16, -52),
        ]
        canvas.add(blob(fluff), darker(coat, 0.07), Kind.BODY)
        if tail == "bush":
            canvas.add(blob([(-100.5, -86), (-88, -117), (-75, -93), (-84, -84), (-92, -92)]), look.belly, Kind.DETAIL)
        else:
            for points in (
                [(-56, -20), (-50, -56)],
                [(-80, -34), (-64, -64)],
                [(-98, -66), (-72, -82)],
                [(-97, -100), (-79, -106)],
            ):
                canvas.line(curve(points), accent, 11)
    elif tail == "puff":
        canvas.add(circle(-37 * look.species.girth, -38, 15), lighter(coat, 0.35), Kind.BODY)
    elif tail == "curl":
        if look.species.muzzle == "pig":
            canvas.line(
                curve([(-36, -50), (-52, -56), (-54, -70), (-44, -68), (-50, -54), (-64, -56)]), darker(coat, 0.12), 5
            )
            return
        swirl = [
            (-16, -24),
            (-58, -16),
            (-92, -48),
            (-98, -104),
            (-74, -142),
            (-40, -140),
            (-28, -114),
            (-42, -98),
            (-58, -106),
            (-62, -84),
            (-46, -62),
            (-18, -54),
        ]
        canvas.add(blob(swirl), darker(coat, 0.05), Kind.BODY)
        canvas.add(limb([(-34, -34), (-74, -56), (-82, -102), (-62, -126)], 9, 9), lighter(coat, 0.25), Kind.DETAIL)
    else:
        _thin_tail(canvas, look, coat, accent)


def _thin_tail(canvas: Canvas, look: Look, coat: Colour, accent: Colour) -> None:
    tail = look.species.tail
    if tail == "cat":
        canvas.add(limb([(-16, -30), (-56, -20), (-76, -50), (-68, -86), (-80, -106)], 14, 12), coat, Kind.BODY)
        if "stripes" in look.species.extras:
            for points in ([(-54, -16), (-52, -30)], [(-70, -36), (-60, -46)], [(-78, -62), (-64, -66)]):
                canvas.line(curve(points), accent, 5)
    elif tail == "dog":
        canvas.add(limb([(-20, -38), (-52, -46), (-68, -80)], 17, 10), coat, Kind.BODY)
    elif tail == "mouse":
        canvas.add(
            limb([(-18, -26), (-58, -12), (-86, -30), (-92, -64), (-78, -76)], 7, 4), mix(accent, coat, 0.2), Kind.BODY
        )
    elif tail == "dragon":
        canvas.add(limb([(-8, -32), (-54, -14), (-92, -22), (-110, -54)], 40, 8), coat, Kind.BODY)
        if "spikes" in look.species.extras:
            for x, y in ((-52, -34), (-78, -34)):
                canvas.add(polygon([(x - 10, y + 6), (x - 8, y - 14), (x + 10, y + 2)]), accent, Kind.BODY)
            canvas.add(leaf((-106, -48), (-118, -78), 24), accent, Kind.BODY)
    elif tail == "horse":
        canvas.add(
            blob([(-20, -54), (-50, -68), (-76, -44), (-74, -12), (-62, 2), (-56, -26), (-28, -38)]), accent, Kind.BODY
        )
    elif tail == "lion":
        canvas.add(limb([(-18, -32), (-58, -22), (-76, -54), (-72, -84)], 8, 7), coat, Kind.BODY)
        canvas.add(leaf((-73, -76), (-70, -114), 24), accent, Kind.BODY)
    elif tail == "flat":
        canvas.add(ellipse(-58, -20, 36, 15, 14), accent, Kind.BODY)
        for shift in (-14, 0, 14):
            canvas.line(curve([(-62 + shift, -32), (-54 + shift, -8)]), darker(accent, 0.3), 2, 0.6)
    elif tail == "fan":
        for tip in ((-74, -66), (-82, -48), (-74, -32)):
            canvas.add(leaf((-22, -42), tip, 20), darker(coat, 0.12), Kind.BODY)
