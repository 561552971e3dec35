"""What stands on the ground beside a figure, or hangs in the air, in a figure's units."""

from __future__ import annotations

from itertools import pairwise

from .canvas import Canvas, Kind
from .colour import darker, lighter, rgb
from .shapes import blob, circle, curve, dome, ellipse, heart, leaf, limb, panel, polygon

_WOOD, _GOLD, _PAPER, _RED = rgb(0x8F5F3F), rgb(0xF3C64B), rgb(0xFBF3E4), rgb(0xDB5648)


def draw_ball(canvas: Canvas) -> None:
    canvas.add(circle(0, -27, 27), _RED)
    canvas.add(blob([(-26, -32), (0, -42), (26, -32), (26, -20), (0, -30), (-26, -20)]), _PAPER, Kind.DETAIL)
    canvas.add(circle(-8, -41, 5), rgb(0xFFFFFF), Kind.LIGHT, 0.7)


def draw_cake(canvas: Canvas) -> None:
    canvas.add(ellipse(0, 0, 66, 10), rgb(0xE9E2DA))
    canvas.add(panel(-52, -44, 104, 44, 8), rgb(0xF3C9A0))
    canvas.add(panel(-38, -78, 76, 38, 8), rgb(0xF6B6C6))
    canvas.add(
        blob([(-54, -46), (54, -46), (48, -30), (30, -24), (14, -33), (-4, -23), (-24, -32), (-44, -25)]),
        _PAPER,
        Kind.DETAIL,
    )
    for x, tint in ((-22, 0x4B7FBF), (0, 0x4E9C8F), (22, 0xE9894B)):
        canvas.add(panel(x - 3, -100, 6, 24, 2), rgb(tint))
        canvas.add(leaf((x, -99), (x, -116), 9), _GOLD, Kind.DETAIL)


def draw_egg(canvas: Canvas) -> None:
    canvas.add(blob([(0, -62), (22, -40), (25, -16), (0, 0), (-25, -16), (-22, -40)]), rgb(0xF6E9CC))
    for x, y, radius in ((-9, -38, 5), (10, -26, 6), (-6, -14, 4)):
        canvas.add(circle(x, y, radius), rgb(0x7FB8B0), Kind.DETAIL)


def draw_gift(canvas: Canvas) -> None:
    canvas.add(panel(-32, -54, 64, 54, 5), rgb(0x4E9C8F))
    canvas.add(panel(-7, -54, 14, 54), _GOLD, Kind.DETAIL)
    canvas.add(panel(-36, -64, 72, 16, 4), lighter(rgb(0x4E9C8F), 0.2))
    for side in (-1, 1):
        canvas.add(leaf((0, -64), (side * 26, -82), 18), _GOLD)


def draw_basket(canvas: Canvas) -> None:
    canvas.line(curve([(-30, -30), (0, -74), (30, -30)]), rgb(0xA8743F), 6)
    for x, tint in ((-16, 0xDB5648), (4, 0xF3C64B), (20, 0xDB5648)):
        canvas.add(circle(x, -36, 12), rgb(tint))
    canvas.add(blob([(-38, -32), (38, -32), (30, -2), (-30, -2)]), rgb(0xC98F52))
    for y in (-22, -12):
        canvas.line(curve([(-34, y), (0, y + 3), (34, y)]), rgb(0x9A6A38), 2.6)


def draw_drum(canvas: Canvas) -> None:
    canvas.add(panel(-34, -46, 68, 46, 6), _RED)
    canvas.add(ellipse(0, -46, 34, 11), _PAPER)
    for x in (-24, -8, 8, 24):
        canvas.line(curve([(x, -36), (x + 8, -2)]), _GOLD, 3)


def draw_snowman(canvas: Canvas) -> None:
    for y, radius in ((-34, 38), (-92, 28), (-136, 20)):
        canvas.add(circle(0, y, radius), rgb(0xF8FAFD))
    for x in (-7, 7):
        canvas.add(circle(x, -140, 2.8), rgb(0x3A3440), Kind.DETAIL)
    canvas.add(polygon([(0, -136), (22, -131), (0, -128)]), rgb(0xEE8A3C))
    canvas.line(curve([(-22, -114), (0, -108), (22, -114)]), _RED, 8)


def draw_chest(canvas: Canvas) -> None:
    canvas.glow(0, -62, 100, rgb(0xFFE08A), 0.6)
    canvas.add(panel(-50, -46, 100, 46, 5), _WOOD)
    canvas.add(dome(0, -48, 44, 20), _GOLD)
    canvas.add(blob([(-52, -52), (-46, -90), (46, -90), (52, -52), (0, -60)]), darker(_WOOD, 0.16))
    canvas.add(panel(-9, -44, 18, 20, 3), _GOLD)


def draw_pumpkin(canvas: Canvas) -> None:
    for x in (-24, 24, 0):
        canvas.add(ellipse(x, -30, 26, 31), rgb(0xEE8A3C) if x else rgb(0xF59B4E))
    canvas.add(limb([(0, -58), (6, -76)], 10, 7), rgb(0x5F7F45))


def draw_butterflies(canvas: Canvas) -> None:
    for x, y, tint, turn in ((0, 0, 0xF29A5A, -14), (70, -44, 0xEE8FA8, 18), (-64, -34, 0xF3C64B, 8)):
        with canvas.placed(x, y, turn=turn):
            for side in (-1, 1):
                canvas.add(ellipse(side * 13, -7, 13, 10, side * -24), rgb(tint))
                canvas.add(ellipse(side * 9, 8, 9, 7, side * 24), lighter(rgb(tint), 0.25))
            canvas.line(curve([(0, -12), (0, 13)]), rgb(0x4A3A48), 4)


def draw_notes(canvas: Canvas) -> None:
    for x, y in ((0, 0), (44, -34), (-34, -40)):
        canvas.add(ellipse(x, y, 10, 7.5, -18), rgb(0xFDF8EE), Kind.DETAIL)
        canvas.line(curve([(x + 9, y - 3), (x + 9, y - 34)]), rgb(0xFDF8EE), 4)
        canvas.line(curve([(x + 9, y - 34), (x + 20, y - 27), (x + 22, y - 17)]), rgb(0xFDF8EE), 4)


def draw_dreams(canvas: Canvas) -> None:
    for x, y, size in ((0, 0, 9), (22, -30, 13), (52, -64, 18)):
        path = [(x, y - size), (x + size * 1.5, y - size), (x, y + size), (x + size * 1.5, y + size)]
        for start, end in pairwise(path):
            canvas.line(curve([start, end]), rgb(0xFDF8EE), 4.5)


def draw_hearts(canvas: Canvas) -> None:
    for x, y, size in ((0, 0, 17), (32, -34, 12), (-28, -40, 9)):
        canvas.add(heart(x, y, size), rgb(0xEE6F7C), Kind.DETAIL)


def draw_rainbow(canvas: Canvas) -> None:
    for i, tint in enumerate((0xE9695A, 0xF2A65A, 0xF6D368, 0x7FBF7A, 0x6FA8DC, 0x9A7FC8)):
        canvas.line(ellipse(0, 120, 230 - i * 13, 200 - i * 13), rgb(tint), 13, 0.8)


def draw_bubbles(canvas: Canvas) -> None:
    for x, y, radius in ((0, 0, 20), (44, -40, 14), (-40, -32, 11), (14, -74, 9), (70, 6, 8)):
        canvas.add(circle(x, y, radius), rgb(0xEAF8FF), Kind.LIGHT, 0.25)
        canvas.line(circle(x, y, radius), rgb(0xFFFFFF), 2.4, 0.85)


def draw_snail(canvas: Canvas) -> None:
    canvas.add(limb([(-30, -4), (10, -5), (30, -14), (36, -26)], 12, 9), rgb(0xE9C58F))
    canvas.add(circle(-4, -24, 20), rgb(0xC8744A))
    canvas.line(
        curve([(-4, -24), (3, -29), (2, -16), (-14, -18), (-10, -36), (8, -36)]), lighter(rgb(0xC8744A), 0.4), 3
    )
    canvas.add(circle(39, -28, 2.4), rgb(0x3A3440), Kind.DETAIL)
