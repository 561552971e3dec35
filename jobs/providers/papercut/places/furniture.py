"""What stands in rooms. Everything stands on (0, 0)."""

from __future__ import annotations

from collections.abc import Callable

from ..canvas import Canvas, Fade, Kind
from ..chance import Chance
from ..colour import Colour, darker, lighter, rgb
from ..mood import Mood
from ..shapes import blob, circle, curve, dome, ellipse, limb, panel, polygon, soft_star
from ..sky import draw_moon

Piece = Callable[[Canvas, Chance, bool], None]
"""Draws a piece of furniture; the flag says that lamps are lit."""

WOOD = rgb(0x9A6B47)
_SPINES = tuple(map(rgb, (0xD9584A, 0xF0B84A, 0x4E9C8F, 0x4B7FBF, 0x8E6AA8, 0xF3E6CC, 0x6FA659)))


def window(canvas: Canvas, mood: Mood, chance: Chance, wide: float, high: float, frame: Colour) -> None:
    """A window around (0, 0), with the weather's sky in it."""
    canvas.add(panel(-wide / 2 - 16, -high / 2 - 16, wide + 32, high + 32, 14), frame)
    canvas.add(panel(-wide / 2, -high / 2, wide, high, 6), Fade(mood.top, mood.foot), Kind.WASH)
    if mood.night:
        draw_moon(canvas, wide * 0.2, -high * 0.2, wide * 0.15, False, mood.top)
        for _ in range(9):
            canvas.add(
                circle(chance.around(0, wide * 0.42), chance.around(0, high * 0.4), 2.6), rgb(0xFFF3CF), Kind.LIGHT, 0.9
            )
    else:
        canvas.add(circle(-wide * 0.2, -high * 0.22, wide * 0.13), rgb(0xFFE08A), Kind.DETAIL)
        canvas.add(
            blob(
                [
                    (-wide * 0.48, high * 0.48),
                    (-wide * 0.46, high * 0.2),
                    (0, high * 0.1),
                    (wide * 0.47, high * 0.26),
                    (wide * 0.48, high * 0.48),
                ]
            ),
            mood.at(0.5)(rgb(0x6FA66A)),
            Kind.DETAIL,
        )
    canvas.line(curve([(0, -high / 2), (0, high / 2)]), frame, 10)
    canvas.line(curve([(-wide / 2, 0), (wide / 2, 0)]), frame, 10)
    canvas.add(panel(-wide / 2 - 30, high / 2 + 12, wide + 60, 18, 6), frame)


def curtains(canvas: Canvas, wide: float, high: float, colour: Colour) -> None:
    for mirror in (True, False):
        with canvas.placed(0, 0, mirror=mirror):
            drape = [
                (wide * 0.3, -high / 2 - 20),
                (wide * 0.72, -high / 2 - 20),
                (wide * 0.76, high * 0.68),
                (wide * 0.52, high * 0.7),
                (wide * 0.56, high * 0.1),
            ]
            canvas.add(blob(drape), colour)
            canvas.line(curve([(wide * 0.62, -high / 2), (wide * 0.66, high * 0.6)]), darker(colour, 0.16), 5, 0.7)
    canvas.add(limb([(-wide * 0.86, -high / 2 - 28), (wide * 0.86, -high / 2 - 28)], 13, 13), WOOD)


def bed(canvas: Canvas, chance: Chance, lit: bool) -> None:
    quilt = chance.one_of(_SPINES[:5])
    canvas.add(panel(-250, -190, 46, 194, 18), WOOD)
    canvas.add(panel(210, -130, 40, 134, 16), WOOD)
    canvas.add(panel(-220, -74, 450, 58, 10), darker(WOOD, 0.15))
    canvas.add(panel(-214, -112, 430, 52, 22), rgb(0xFBF3E4))
    canvas.add(ellipse(-150, -122, 62, 30), rgb(0xFDF8EE))
    canvas.add(panel(-90, -124, 312, 92, 24), quilt)
    for row in range(2):
        for column in range(5):
            canvas.add(
                soft_star(-54 + column * 60 + row * 28, -98 + row * 38, 12, 5, 0.5), lighter(quilt, 0.45), Kind.DETAIL
            )


def shelf(canvas: Canvas, chance: Chance, lit: bool) -> None:
    """Books, 300 wide and 460 high."""
    canvas.add(panel(-150, -460, 300, 464, 6), WOOD)
    for row in range(4):
        top = -446 + row * 112
        canvas.add(panel(-136, top, 272, 98, 3), darker(WOOD, 0.35), Kind.DETAIL)
        x = -132.0
        while x < 112:
            wide, tall = chance.between(16, 30), chance.between(60, 90)
            if chance.happens(0.12):
                canvas.add(circle(x + 20, top + 76, 20), chance.one_of(_SPINES))
                x += 46
                continue
            canvas.add(panel(x, top + 97 - tall, wide, tall, 3), chance.one_of(_SPINES), Kind.THING)
            x += wide + 2


def lamp(canvas: Canvas, chance: Chance, lit: bool) -> None:
    if lit:
        canvas.glow(0, -250, 300, rgb(0xFFE7A0), 0.7)
    canvas.add(limb([(0, 0), (0, -220)], 10, 10), darker(WOOD, 0.3))
    canvas.add(dome(0, 2, 46, 16), darker(WOOD, 0.3))
    canvas.add(polygon([(-64, -210), (-36, -300), (36, -300), (64, -210)]), rgb(0xF6D98B))


def table(canvas: Canvas, chance: Chance, lit: bool) -> None:
    for x in (-120, 112):
        canvas.add(limb([(x, 0), (x, -110)], 18, 20), darker(WOOD, 0.12))
    canvas.add(panel(-160, -128, 320, 26, 10), WOOD)
    canvas.add(ellipse(-60, -134, 44, 10), rgb(0xF8F1E6))
    for x, tint in ((-78, 0xD9584A), (-56, 0xF0B84A), (-40, 0x86A85A)):
        canvas.add(circle(x, -148, 15), rgb(tint))
    canvas.add(panel(48, -176, 44, 48, 12), rgb(0x6FA6B8))
    for x, y in ((58, -196), (72, -206), (86, -194)):
        canvas.line(curve([(70, -170), (x, y)]), rgb(0x5A9A5A), 4)
        canvas.add(soft_star(x, y, 14, 5, 0.5), rgb(0xEE8FA8))


def stove(canvas: Canvas, chance: Chance, lit: bool) -> None:
    enamel = chance.one_of((rgb(0x5F9AA8), rgb(0xD97A5A), rgb(0xE9D3A4)))
    canvas.add(panel(-110, -230, 220, 234, 16), enamel)
    canvas.add(panel(-84, -160, 168, 124, 14), darker(enamel, 0.4))
    canvas.add(dome(0, -44, 58, 66), rgb(0xF6A84A), Kind.DETAIL)
    canvas.add(dome(0, -44, 32, 42), rgb(0xFCE08A), Kind.DETAIL)
    for x in (-70, -24, 24, 70):
        canvas.add(circle(x, -194, 11), rgb(0xFBF3E4), Kind.DETAIL)
    canvas.add(panel(-70, -286, 96, 56, 14), rgb(0xD9584A))
    canvas.add(ellipse(-22, -288, 52, 9), rgb(0xB5443A))
    for x in (-44, -14):
        canvas.line(curve([(x, -306), (x + 12, -330), (x - 8, -352), (x + 8, -378)]), rgb(0xFFFFFF), 7, 0.5)


def fireplace(canvas: Canvas, chance: Chance, lit: bool) -> None:
    canvas.add(panel(-150, -260, 300, 264, 8), rgb(0xB5735A))
    for row in range(5):
        for column in range(4):
            canvas.line(
                curve(
                    [
                        (-140 + column * 74 + row % 2 * 30, -236 + row * 48),
                        (-96 + column * 74 + row % 2 * 30, -236 + row * 48),
                    ]
                ),
                rgb(0x94543F),
                5,
                0.7,
            )
    canvas.add(panel(-172, -284, 344, 34, 8), WOOD)
    canvas.add(panel(-92, -176, 184, 180, 60), rgb(0x3F2F3C))
    for x, tall, tint in ((-34, 92, 0xE9694A), (30, 104, 0xF29A4A), (0, 76, 0xFCE08A)):
        canvas.add(
            blob([(x - 34, -8), (x - 20, -tall * 0.5), (x + 2, -tall), (x + 24, -tall * 0.44), (x + 32, -8)]), rgb(tint)
        )


def board(canvas: Canvas, chance: Chance, lit: bool) -> None:
    """A school's blackboard around (0, 0)."""
    canvas.add(panel(-230, -140, 460, 270, 10), WOOD)
    canvas.add(panel(-214, -124, 428, 238, 4), rgb(0x3F6A5E))
    for x in (-150, 0, 150):
        canvas.line(
            chance.one_of((circle(x, -20, 34), soft_star(x, -20, 42, 5, 0.5), dome(x, 10, 44, 56))), rgb(0xF3F0E2), 5
        )
    canvas.line(curve([(-180, 74), (-60, 66), (60, 80), (180, 70)]), rgb(0xF6D98B), 5)


def rug(canvas: Canvas, x: float, y: float, colour: Colour) -> None:
    canvas.add(ellipse(x, y, 400, 74), colour, Kind.LAND)
    canvas.line(ellipse(x, y, 362, 60), lighter(colour, 0.45), 7)
    canvas.line(ellipse(x, y, 300, 44), lighter(colour, 0.3), 4)


def bunting(canvas: Canvas, chance: Chance) -> None:
    canvas.line(curve([(-20, 60), (512, 150), (1044, 50)]), rgb(0xFBF3E4), 5)
    for i in range(11):
        x = 30 + i * 98
        y = 62 + 84 * (1 - ((x - 512) / 540) ** 2)
        canvas.add(polygon([(x - 30, y), (x + 30, y), (x, y + 58)]), _SPINES[i % 5])
