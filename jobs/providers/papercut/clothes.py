"""What is worn below the head: it follows the trunk and the arms."""

from __future__ import annotations

from collections.abc import Sequence

from .canvas import Canvas, Kind
from .colour import WHITE, Colour, darker, lighter, mix, rgb
from .hats import ribbon
from .looks import Look
from .shapes import Point, Shape, blob, circle, curve, ellipse, limb, mirrored, panel

_SLEEVED = ("coat", "shirt", "stripes", "dress")


def behind_body(canvas: Canvas, look: Look) -> None:
    """Capes and backpacks, which a body hides partly."""
    worn = look.garments
    if "cape" in worn:
        canvas.add(
            blob([(-18, -104), (18, -104), (36, -60), (50, -12), (10, -4), (-34, -8), (-66, -16), (-44, -62)]),
            worn["cape"],
            Kind.BODY,
        )
    if "backpack" in worn:
        canvas.add(panel(-60, -108, 46, 66, 15), worn["backpack"], Kind.BODY)
        canvas.add(panel(-64, -76, 24, 28, 8), darker(worn["backpack"], 0.12), Kind.BODY)


def dress_torso(canvas: Canvas, look: Look, trunk: Shape) -> None:
    worn, g = look.garments, look.species.girth
    top = worn.get("shirt", worn.get("stripes"))
    if look.species.build == "human" and not worn.keys() & {"shirt", "stripes", "dress", "coat"}:
        top = WHITE
    if top is not None:
        _top(canvas, look, top)
    if "overalls" in worn:
        _overalls(canvas, worn["overalls"], g if look.species.build != "human" else 0.76)
    if "dress" in worn:
        wide = 50 * (g if look.species.build != "human" else 0.9)
        canvas.add(
            mirrored([(0, -108), (21, -102), (30, -80), (wide, -30), (wide * 0.55, -20), (0, -18)]),
            worn["dress"],
            Kind.BODY,
        )
        canvas.line(curve([(-wide + 3, -34), (0, -25), (wide - 3, -34)]), lighter(worn["dress"], 0.4), 4)
    if "coat" in worn:
        _coat(canvas, look, worn["coat"])
    if "backpack" in worn:
        for side in (-1, 1):
            canvas.line(
                curve([(side * 17, -104), (side * 24, -84), (side * 27, -62)]), darker(worn["backpack"], 0.15), 6
            )


def _hem(look: Look) -> list[Point]:
    """A top's right outline."""
    g = look.species.girth
    if look.species.build == "human":
        return [(0, -105), (21, -102), (29, -82), (28, -56), (29, -40), (0, -36)]
    return [(0, -115), (21, -108), (33 * g, -86), (40.5 * g, -56), (39 * g, -40), (0, -33)]


def _top(canvas: Canvas, look: Look, colour: Colour) -> None:
    canvas.add(mirrored(_hem(look)), colour, Kind.BODY)
    if "stripes" in look.garments:
        g = look.species.girth if look.species.build != "human" else 0.76
        for y, reach in ((-92, 28), (-76, 34), (-60, 37), (-45, 37)):
            canvas.line(
                curve([(-reach * g, y), (0, y + 5), (reach * g, y)]), WHITE if sum(colour) < 600 else rgb(0x3F7CC4), 6
            )


def _overalls(canvas: Canvas, colour: Colour, g: float) -> None:
    canvas.add(mirrored([(0, -62), (38 * g, -60), (40 * g, -40), (32 * g, -20), (0, -16)]), colour, Kind.BODY)
    canvas.add(panel(-17, -86, 34, 34, 5), colour, Kind.BODY)
    for side in (-1, 1):
        canvas.line(curve([(side * 14, -84), (side * 20, -104)]), colour, 6)
        canvas.add(circle(side * 13, -82, 3.2), rgb(0xF3D27A), Kind.DETAIL)


def _coat(canvas: Canvas, look: Look, colour: Colour) -> None:
    outline = _hem(look)
    outline[-2], outline[-1] = (outline[-2][0] * 1.08, -30), (0, -26)
    canvas.add(mirrored(outline), colour, Kind.BODY)
    canvas.line(curve([(3, -104), (4, -66), (4, -28)]), darker(colour, 0.25), 2.4)
    for y in (-86, -66, -46):
        canvas.add(circle(10, y, 3.4), lighter(colour, 0.55), Kind.DETAIL)


def sleeve(canvas: Canvas, look: Look, arm: Sequence[Point], thick: float) -> None:
    name = next((garment for garment in _SLEEVED if garment in look.garments), None)
    if name is None and look.species.build != "human":
        return
    colour = look.garments[name] if name else WHITE
    shoulder, elbow, hand = arm
    short = name == "dress" and "coat" not in look.garments
    end = mixed(elbow, hand, 0.0 if short else 0.62)
    middle = mixed(shoulder, elbow, 0.5) if short else elbow
    canvas.add(limb([shoulder, middle, end], thick + 4, thick + 3), darker(colour, 0.05), Kind.BODY)


def mixed(first: Point, second: Point, share: float) -> Point:
    return (first[0] + (second[0] - first[0]) * share, first[1] + (second[1] - first[1]) * share)


def foot_colour(look: Look, coat: Colour) -> Colour:
    if "boots" in look.garments:
        return look.garments["boots"]
    if look.species.build == "human":
        return mix(look.hair, rgb(0x7A3F34), 0.55)
    return darker(coat, 0.05)


def at_neck(canvas: Canvas, look: Look) -> None:
    """Scarves, bow ties and necklaces, under the chin."""
    worn = look.garments
    if "scarf" in worn:
        colour = worn["scarf"]
        canvas.add(limb([(13, -98), (21, -78), (17, -56)], 15, 19), darker(colour, 0.1), Kind.BODY)
        for y in (-74, -64):
            canvas.line(curve([(10, y), (28, y + 1)]), lighter(colour, 0.45), 3)
        canvas.add(ellipse(0, -101, 35, 12.5), colour, Kind.BODY)
        for x in (-20, -4, 12):
            canvas.line(curve([(x, -110), (x + 4, -92)]), lighter(colour, 0.35), 3, 0.8)
    if "cape" in worn:
        canvas.line(curve([(-22, -102), (0, -94), (22, -102)]), worn["cape"], 7)
    if "bowtie" in worn:
        with canvas.placed(0, -96):
            ribbon(canvas, worn["bowtie"], 0.8)
    if "necklace" in worn:
        canvas.line(curve([(-22, -100), (0, -86), (22, -100)]), worn["necklace"], 5)
        canvas.add(circle(0, -83, 7), rgb(0xF3C64B), Kind.BODY)
