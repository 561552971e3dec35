"""What grows. Everything stands on (0, 0); a tree is about 300 high at scale 1, a flower about 60."""

from __future__ import annotations

from .canvas import Canvas, Kind
from .chance import Chance
from .colour import Colour, darker, lighter, mix, rgb
from .shapes import Point, blob, circle, curve, dome, ellipse, leaf, limb, panel, polygon, soft_star

GREEN = rgb(0x4F8F5B)
BARK = rgb(0x6E4A38)
PETALS = tuple(map(rgb, (0xF2785C, 0xF7C548, 0xEE8FA8, 0xFBF3E4, 0x9B7BC8, 0xE9564E)))


def pine(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    tall = chance.between(230, 330)
    canvas.add(panel(-9, -50, 18, 52, 3), BARK)
    for i in range(3):
        foot, reach = -34 - i * tall * 0.25, 84 - i * 19
        top = foot - tall * 0.44
        shade = mix(colour, (255, 250, 220), 0.06 * i)
        tier = [(-reach, foot), (-reach * 0.4, foot + 9), (reach * 0.4, foot + 9), (reach, foot), (6, top), (-6, top)]
        canvas.add(polygon(tier), shade)
        canvas.add(
            polygon([(5, top + 2), (reach * 0.96, foot), (reach * 0.36, foot + 8), (8, foot - 4)]),
            darker(shade, 0.13),
            Kind.DETAIL,
        )


def round_tree(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    tall = chance.between(120, 180)
    canvas.add(limb([(0, 2), (chance.around(0, 6), -tall * 0.5), (0, -tall)], 30, 18), BARK)
    canvas.add(limb([(2, -tall * 0.6), (34, -tall - 16)], 12, 8), BARK)
    crown: list[Point] = [
        (-88, -tall - 16),
        (-74, -tall - 86),
        (-26, -tall - 138),
        (38, -tall - 136),
        (82, -tall - 84),
        (88, -tall - 14),
        (44, -tall + 26),
        (-42, -tall + 28),
    ]
    canvas.add(blob([(x + chance.around(0, 8), y + chance.around(0, 8)) for x, y in crown]), colour)
    canvas.add(
        blob(
            [
                (-60, -tall - 40),
                (-44, -tall - 92),
                (0, -tall - 112),
                (22, -tall - 84),
                (-6, -tall - 52),
                (-34, -tall - 22),
            ]
        ),
        lighter(colour, 0.14),
        Kind.DETAIL,
    )
    for _ in range(7):
        x, y = chance.around(0, 56), -tall - 44 + chance.around(0, 52)
        canvas.line(curve([(x - 8, y), (x, y - 5), (x + 8, y)]), darker(colour, 0.22), 3, 0.6)


def birch(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    canvas.add(limb([(0, 2), (chance.around(0, 8), -130), (0, -250)], 20, 12), rgb(0xEDE6DA))
    for y in (-30, -66, -104, -140):
        canvas.line(curve([(-8, y), (chance.around(2, 4), y - 2)]), rgb(0x57505A), 4)
    crown: list[Point] = [(0, -330), (52, -272), (58, -202), (32, -146), (-30, -150), (-58, -206), (-50, -276)]
    canvas.add(blob(crown), lighter(colour, 0.1))
    canvas.add(blob([(-30, -200), (-30, -260), (2, -296), (12, -250), (-6, -200)]), lighter(colour, 0.28), Kind.DETAIL)


def bush(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    wide = chance.between(60, 92)
    heap: list[Point] = [
        (-wide, 4),
        (-wide * 0.95, -36),
        (-wide * 0.5, -66),
        (0, -84),
        (wide * 0.5, -64),
        (wide * 0.96, -34),
        (wide, 4),
    ]
    canvas.add(blob([*heap, (0, 8)]), colour)
    canvas.add(dome(-wide * 0.3, -14, wide * 0.42, 46), lighter(colour, 0.12), Kind.DETAIL)
    if chance.happens(0.5):
        petal = chance.one_of(PETALS)
        for _ in range(6):
            canvas.add(circle(chance.around(0, wide * 0.75), -chance.between(12, 56), 6), petal, Kind.DETAIL)


def grass(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    for i in range(chance.whole(4, 6)):
        x = (i - 2.5) * 8
        canvas.add(
            leaf((x, 3), (x * 1.8 + chance.around(0, 8), -chance.between(28, 58)), 9),
            mix(colour, (255, 250, 200), 0.05 * (i % 3)),
        )


def flower(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    tall, bend = chance.between(40, 70), chance.around(0, 9)
    canvas.line(curve([(0, 2), (bend * 0.4, -tall * 0.5), (bend, -tall)]), GREEN, 4.5)
    canvas.add(leaf((bend * 0.3, -tall * 0.35), (bend + 20, -tall * 0.62), 11), GREEN)
    petal = chance.one_of(PETALS)
    if chance.happens(0.28):
        canvas.add(
            blob(
                [
                    (bend - 13, -tall - 16),
                    (bend, -tall - 8),
                    (bend + 13, -tall - 16),
                    (bend + 12, -tall + 6),
                    (bend, -tall + 12),
                    (bend - 12, -tall + 6),
                ]
            ),
            petal,
        )
        return
    canvas.add(soft_star(bend, -tall, 16, chance.whole(5, 6), 0.52), petal)
    canvas.add(circle(bend, -tall, 5.6), rgb(0xF9DC74) if petal != PETALS[1] else rgb(0xC8693E), Kind.DETAIL)


def mushroom(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    cap = chance.one_of((rgb(0xD94A3F), rgb(0xC98A4B), rgb(0xE9A15B)))
    canvas.add(limb([(0, 2), (0, -26)], 18, 13), rgb(0xF3E6D0))
    canvas.add(dome(0, -20, 33, 32), cap)
    for x, y, radius in ((-14, -32, 5), (4, -42, 5.5), (17, -28, 4)):
        canvas.add(circle(x, y, radius), rgb(0xFBF3E4), Kind.DETAIL)


def fern(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    for lean in (-74, -40, 0, 40, 74):
        tip = (lean, -96 + abs(lean) * 0.55)
        canvas.add(leaf((0, 2), tip, 22), mix(colour, (255, 250, 200), 0.08 if lean > 0 else 0))
        canvas.line(curve([(0, 0), (tip[0] * 0.9, tip[1] * 0.9)]), darker(colour, 0.2), 2, 0.7)


def palm(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    bend = chance.side() * chance.between(24, 52)
    canvas.add(limb([(0, 2), (bend * 0.3, -110), (bend, -230)], 26, 15), rgb(0x9A7048))
    for i in range(5):
        y = -40 - i * 40
        canvas.line(curve([(bend * (y / -230) ** 2 - 9, y), (bend * (y / -230) ** 2 + 9, y - 4)]), rgb(0x7A5638), 3)
    for angle_x, angle_y in ((-104, 10), (-84, -46), (-22, -74), (46, -66), (98, -30), (96, 30), (-62, 44)):
        canvas.add(
            leaf((bend, -232), (bend + angle_x, -232 + angle_y), 32),
            mix(colour, (250, 240, 160), 0.1 if angle_y < -40 else 0),
        )
    for dx in (-9, 9):
        canvas.add(circle(bend + dx, -226, 10), rgb(0x7A5638))


def cactus(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    canvas.add(limb([(0, 4), (0, -150)], 46, 40), colour)
    canvas.add(limb([(6, -60), (50, -70), (54, -122)], 26, 23), colour)
    canvas.add(limb([(-6, -40), (-48, -52), (-52, -92)], 24, 21), colour)
    for x in (-9, 9):
        canvas.line(curve([(x, -6), (x, -146)]), lighter(colour, 0.3), 2.4, 0.8)
    canvas.add(soft_star(0, -168, 15, 5, 0.5), PETALS[2])


def reeds(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    for i in range(5):
        x, tall = (i - 2) * 15 + chance.around(0, 5), chance.between(90, 150)
        canvas.line(curve([(x, 4), (x + 3, -tall * 0.5), (x + chance.around(0, 10), -tall)]), colour, 5)
        if i % 2 == 0:
            canvas.add(limb([(x + 2, -tall + 6), (x + 3, -tall - 28)], 13, 11), rgb(0x7A5036))
        else:
            canvas.add(leaf((x, 2), (x + chance.around(0, 40), -tall * 0.9), 10), lighter(colour, 0.1))


def seaweed(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    tall = chance.between(140, 260)
    for x in (-20, 2, 24):
        sway = chance.side() * chance.between(14, 26)
        spine: list[Point] = [
            (x, 6),
            (x + sway, -tall * 0.28),
            (x - sway, -tall * 0.56),
            (x + sway * 0.8, -tall * chance.between(0.8, 1)),
        ]
        canvas.add(limb(spine, 20, 5), mix(colour, (230, 240, 150), chance.between(0, 0.2)))


def coral(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    tint = chance.one_of((rgb(0xF08074), rgb(0xEE9AB4), rgb(0xF4A94F), rgb(0xA884D0)))
    for tip in ((-56, -74), (-24, -116), (16, -128), (54, -84)):
        canvas.add(limb([(0, 4), (tip[0] * 0.5, tip[1] * 0.45), tip], 22, 13), tint)
        canvas.add(circle(tip[0], tip[1] - 3, 10), lighter(tint, 0.24), Kind.DETAIL)


def rock(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    wide, high = chance.between(46, 84), chance.between(36, 66)
    canvas.add(
        blob(
            [
                (-wide, 6),
                (-wide * 0.86, -high * 0.6),
                (-wide * 0.2, -high),
                (wide * 0.5, -high * 0.86),
                (wide, -high * 0.3),
                (wide * 0.98, 6),
            ]
        ),
        colour,
    )
    canvas.add(
        blob(
            [
                (-wide * 0.7, -high * 0.5),
                (-wide * 0.2, -high * 0.88),
                (wide * 0.3, -high * 0.78),
                (-wide * 0.1, -high * 0.56),
            ]
        ),
        lighter(colour, 0.18),
        Kind.DETAIL,
    )


def stump(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    canvas.add(blob([(-62, 6), (-44, -16), (-40, -58), (40, -58), (44, -16), (62, 6)]), BARK)
    canvas.add(ellipse(0, -58, 41, 13), rgb(0xD9B58A))
    canvas.line(ellipse(0, -58, 24, 7), rgb(0xA67C54), 3)
