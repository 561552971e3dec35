"""What a hand holds: drawn around the hand, in a figure's units."""

from __future__ import annotations

from .canvas import Canvas, Kind
from .colour import darker, lighter, rgb
from .shapes import blob, circle, curve, dome, ellipse, leaf, limb, panel, polygon, soft_star, star

_WOOD, _GOLD, _PAPER, _RED = rgb(0x8F5F3F), rgb(0xF3C64B), rgb(0xFBF3E4), rgb(0xDB5648)


def draw_lantern(canvas: Canvas) -> None:
    canvas.glow(0, 28, 92, rgb(0xFFE08A), 0.7)
    canvas.line(curve([(-9, 8), (0, -6), (9, 8)]), rgb(0x5A4A46), 3)
    canvas.add(panel(-15, 8, 30, 36, 7), rgb(0xFFD968))
    canvas.add(panel(-17, 4, 34, 8, 3), rgb(0x5A4A46))
    canvas.add(panel(-17, 42, 34, 8, 3), rgb(0x5A4A46))
    canvas.add(ellipse(0, 29, 5, 9), rgb(0xFFF8DC), Kind.DETAIL)


def draw_kite(canvas: Canvas) -> None:
    canvas.line(curve([(0, 0), (30, -70), (84, -120)]), rgb(0xFDF8EE), 2.4)
    with canvas.placed(104, -152, turn=24):
        canvas.add(polygon([(0, -52), (36, 0), (0, 52), (-36, 0)]), _RED)
        canvas.add(polygon([(0, -52), (36, 0), (0, 0)]), _GOLD, Kind.DETAIL)
        canvas.add(polygon([(0, 52), (-36, 0), (0, 0)]), _GOLD, Kind.DETAIL)
        canvas.line(curve([(0, 52), (-14, 78), (8, 100), (-8, 124)]), rgb(0xFDF8EE), 3)
        for x, y in ((-10, 76), (4, 100)):
            canvas.add(polygon([(x - 12, y - 7), (x + 12, y + 7), (x + 12, y - 7), (x - 12, y + 7)]), rgb(0x4B7FBF))


def draw_balloon(canvas: Canvas) -> None:
    canvas.line(curve([(0, 0), (5, -40), (0, -84)]), rgb(0xFDF8EE), 2.4)
    canvas.add(blob([(0, -168), (32, -150), (36, -118), (0, -82), (-36, -118), (-32, -150)]), _RED)
    canvas.add(polygon([(-6, -78), (0, -88), (6, -78)]), darker(_RED, 0.15))
    canvas.add(ellipse(-14, -140, 8, 13, 22), rgb(0xFFFFFF), Kind.LIGHT, 0.5)


def draw_umbrella(canvas: Canvas) -> None:
    canvas.line(curve([(0, 8), (0, -40), (0, -108)]), rgb(0x6E4A38), 5)
    canvas.add(dome(0, -96, 84, 62), _RED)
    canvas.add(dome(0, -96, 28, 61), lighter(_RED, 0.28), Kind.DETAIL)
    for x in (-56, 0, 56):
        canvas.add(dome(x, -94, 28, 12), rgb(0xA83F38), Kind.DETAIL, 0.5)
    canvas.add(circle(0, -160, 5), _GOLD)


def draw_book(canvas: Canvas) -> None:
    canvas.add(polygon([(-36, -18), (0, -8), (36, -18), (36, 20), (0, 30), (-36, 20)]), rgb(0x4B7FBF))
    canvas.add(polygon([(-32, -20), (0, -11), (0, 24), (-32, 15)]), _PAPER)
    canvas.add(polygon([(32, -20), (0, -11), (0, 24), (32, 15)]), lighter(_PAPER, 0.4))
    for y in (-8, -1, 6):
        canvas.line(curve([(-26, y - 2), (-6, y + 3)]), rgb(0xA89C94), 1.8)
        canvas.line(curve([(26, y - 2), (6, y + 3)]), rgb(0xA89C94), 1.8)


def draw_map(canvas: Canvas) -> None:
    canvas.add(
        polygon([(-38, -22), (-12, -16), (12, -22), (38, -16), (38, 22), (12, 16), (-12, 22), (-38, 16)]), rgb(0xF0DCAE)
    )
    canvas.line(curve([(-28, 8), (-12, -4), (4, 6), (20, -6)]), _RED, 3)
    for start, end in (((16, -12), (26, -2)), ((26, -12), (16, -2))):
        canvas.line(curve([start, end]), _RED, 3)


def draw_letter(canvas: Canvas) -> None:
    canvas.add(panel(-28, -18, 56, 38, 4), _PAPER)
    canvas.line(curve([(-26, -16), (0, 6), (26, -16)]), rgb(0xA89C94), 2.4)
    canvas.add(circle(0, 4, 6), _RED, Kind.DETAIL)


def draw_apple(canvas: Canvas) -> None:
    canvas.add(blob([(0, -12), (13, -16), (19, -2), (11, 14), (0, 12), (-11, 14), (-19, -2), (-13, -16)]), _RED)
    canvas.line(curve([(0, -11), (3, -21)]), _WOOD, 3)
    canvas.add(leaf((3, -17), (17, -25), 9), rgb(0x6FA659))


def draw_cone(canvas: Canvas) -> None:
    canvas.add(polygon([(-14, -8), (14, -8), (0, 28)]), rgb(0xD9A05A))
    canvas.add(circle(0, -18, 17), rgb(0xF6B6C6))
    canvas.add(circle(-4, -25, 4), rgb(0xFFFFFF), Kind.LIGHT, 0.7)


def draw_mug(canvas: Canvas) -> None:
    canvas.line(circle(19, 0, 9), rgb(0x4E9C8F), 5)
    canvas.add(panel(-18, -18, 36, 36, 8), rgb(0x4E9C8F))
    canvas.line(curve([(-4, -26), (3, -36), (-4, -46)]), rgb(0xFFFFFF), 4, 0.6)


def draw_star(canvas: Canvas) -> None:
    canvas.glow(0, -20, 84, rgb(0xFFE9A0), 0.7)
    canvas.add(star(0, -20, 30, 5, 0.5, 8), rgb(0xFFD75E))


def draw_flower(canvas: Canvas) -> None:
    canvas.line(curve([(0, 14), (2, -10), (0, -34)]), rgb(0x4F8F5B), 4)
    canvas.add(leaf((1, 0), (18, -14), 10), rgb(0x4F8F5B))
    canvas.add(soft_star(0, -44, 19, 6, 0.54), rgb(0xEE8FA8))
    canvas.add(circle(0, -44, 6.4), _GOLD, Kind.DETAIL)


def draw_shovel(canvas: Canvas) -> None:
    canvas.add(limb([(-18, -46), (0, 0), (16, 34)], 7, 7), _WOOD)
    canvas.add(blob([(6, 30), (28, 24), (38, 52), (28, 64), (12, 54)]), rgb(0x9AA8B4))


def draw_wand(canvas: Canvas) -> None:
    canvas.add(limb([(-6, 12), (18, -34)], 6, 5), _WOOD)
    canvas.add(star(21, -44, 16, 5, 0.5), rgb(0xFFD75E))
    for x, y in ((46, -60), (40, -22), (0, -66)):
        canvas.add(star(x, y, 6, 4, 0.35), rgb(0xFFF3C4), Kind.DETAIL)


def draw_key(canvas: Canvas) -> None:
    canvas.line(circle(0, -16, 10), _GOLD, 6)
    canvas.line(curve([(0, -6), (0, 28)]), _GOLD, 6)
    canvas.line(curve([(0, 26), (11, 26)]), _GOLD, 5)


def draw_guitar(canvas: Canvas) -> None:
    with canvas.placed(0, 0, turn=58):
        canvas.add(panel(-4, -74, 8, 60, 2), darker(_WOOD, 0.3))
        canvas.add(
            blob([(0, -22), (16, -14), (12, 2), (24, 22), (0, 38), (-24, 22), (-12, 2), (-16, -14)]), rgb(0xC98A4B)
        )
        canvas.add(circle(0, 12, 8), darker(_WOOD, 0.5), Kind.DETAIL)
