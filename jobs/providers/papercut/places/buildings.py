"""What people build. Everything stands on (0, 0); a cottage is about 260 high at scale 1."""

from __future__ import annotations

from collections.abc import Callable

from ..canvas import SIZE, Canvas, Kind
from ..chance import Chance
from ..colour import Colour, darker, lighter, rgb
from ..shapes import circle, curve, dome, limb, panel, polygon
from ..stage import Stage

_WALLS = tuple(map(rgb, (0xF3E3C3, 0xF0C9A0, 0xE9B7A4, 0xBFD5CE, 0xF6D98B, 0xD9C6E0)))
_ROOFS = tuple(map(rgb, (0xC8573F, 0x8A4A48, 0x5F6F8F, 0xB5683C, 0x7A5B6E)))
_GLASS_DAY, _GLASS_LIT = rgb(0xBFE0EA), rgb(0xFCE08A)

Build = Callable[[Canvas, Chance, bool], None]


def placed_far(stage: Stage, build: Build, share: float, size: float) -> None:
    """Builds at `share` of the way from the horizon to the floor, off the cast's side of the picture."""
    y = stage.horizon + (stage.floor - stage.horizon) * share
    mean = sum(stage.spots) / len(stage.spots) if stage.spots else SIZE / 2
    left, right = stage.chance.between(130, 300), stage.chance.between(720, 890)
    x = right if mean < SIZE / 2 else left
    if abs(mean - SIZE / 2) < 60:
        x = stage.chance.one_of((left, right))
    depth = stage.depth_at(y) * 0.7
    with (
        stage.canvas.lit(_windows_glow(stage, depth), depth),
        stage.canvas.placed(x, y, size * (0.5 + stage.sized(y) * 0.6)),
    ):
        build(stage.canvas, stage.chance, stage.mood.night)


def _windows_glow(stage: Stage, depth: float) -> Callable[[Colour], Colour]:
    """Lit windows keep their own light."""
    seen = stage.mood.at(depth)
    return lambda colour: colour if colour == _GLASS_LIT else seen(colour)


def lights(stage: Stage, depth: float) -> Callable[[Colour], Colour]:
    return _windows_glow(stage, depth)


def window(canvas: Canvas, x: float, y: float, size: float, lit: bool) -> None:
    canvas.add(
        panel(x - size / 2, y - size / 2, size, size, size * 0.14), _GLASS_LIT if lit else _GLASS_DAY, Kind.DETAIL
    )
    canvas.line(curve([(x, y - size / 2), (x, y + size / 2)]), rgb(0xFBF3E4), size * 0.1)
    canvas.line(curve([(x - size / 2, y), (x + size / 2, y)]), rgb(0xFBF3E4), size * 0.1)


def cottage(canvas: Canvas, chance: Chance, lit: bool) -> None:
    wall, roof = chance.one_of(_WALLS), chance.one_of(_ROOFS)
    canvas.add(panel(44, -262, 30, 70, 3), darker(roof, 0.2))
    canvas.add(panel(-100, -138, 200, 142, 4), wall)
    canvas.add(polygon([(-124, -128), (-74, -236), (74, -236), (124, -128)]), roof)
    for y in (-206, -176, -148):
        canvas.line(
            curve([(-84 - (y + 206) * 0.5, y), (0, y + 4), (84 + (y + 206) * 0.5, y)]), darker(roof, 0.16), 3, 0.6
        )
    canvas.add(panel(-22, -84, 46, 88, 20), rgb(0x8A5A3C))
    canvas.add(circle(14, -40, 4), rgb(0xF3C64B), Kind.DETAIL)
    window(canvas, -62, -72, 40, lit)
    window(canvas, 66, -72, 40, lit)


def house(canvas: Canvas, chance: Chance, lit: bool) -> None:
    """A narrow town house."""
    wall, roof, tall = chance.one_of(_WALLS), chance.one_of(_ROOFS), chance.between(220, 360)
    canvas.add(panel(-70, -tall, 140, tall + 4, 3), wall)
    if chance.happens(0.6):
        canvas.add(polygon([(-82, -tall + 6), (0, -tall - 92), (82, -tall + 6)]), roof)
        window(canvas, 0, -tall - 22, 28, lit)
    else:
        canvas.add(panel(-78, -tall - 18, 156, 26, 4), roof)
    rows = int((tall - 100) // 74)
    for row in range(rows):
        for x in (-36, 36):
            window(canvas, x, -tall + 52 + row * 74, 38, lit and chance.happens(0.75))
    canvas.add(panel(-20, -76, 40, 80, 6), darker(roof, 0.15))


def skyscraper(canvas: Canvas, chance: Chance, lit: bool) -> None:
    wide, tall = chance.between(80, 130), chance.between(330, 600)
    wall = chance.one_of(tuple(map(rgb, (0x7F93B5, 0x9AA8BE, 0x8C86B0, 0xB09AA8, 0x6F8FA8))))
    canvas.add(panel(-wide / 2, -tall, wide, tall + 10, 6), wall)
    for row in range(int(tall // 52) - 1):
        for column in range(int(wide // 34)):
            x = -wide / 2 + 20 + column * 32
            glass = _GLASS_LIT if lit and chance.happens(0.55) else lighter(wall, 0.3)
            canvas.add(panel(x - 8, -tall + 28 + row * 52, 17, 26, 3), glass, Kind.DETAIL)


def barn(canvas: Canvas, chance: Chance, lit: bool) -> None:
    red = rgb(0xC4503F)
    canvas.add(polygon([(-130, 4), (-130, -130), (-84, -206), (0, -240), (84, -206), (130, -130), (130, 4)]), red)
    canvas.line(curve([(-140, -124), (-88, -210), (0, -246), (88, -210), (140, -124)]), rgb(0xF6EAD6), 14)
    canvas.add(panel(-46, -104, 92, 108, 3), darker(red, 0.25))
    for start, end in (((-44, -102), (44, 0)), ((44, -102), (-44, 0))):
        canvas.line(curve([start, end]), rgb(0xF6EAD6), 7)
    canvas.add(circle(0, -162, 22), _GLASS_LIT if lit else rgb(0x5B3A34), Kind.DETAIL)


def haystack(canvas: Canvas, chance: Chance, lit: bool) -> None:
    haystack_plant(canvas, chance, rgb(0xE3C05F))


def haystack_plant(canvas: Canvas, chance: Chance, colour: Colour) -> None:
    straw = rgb(0xE6BF5C)
    canvas.add(dome(0, 6, 84, 118), straw)
    for x in (-50, -20, 14, 46):
        canvas.line(curve([(x, -12), (x * 0.7, -56)]), darker(straw, 0.25), 3, 0.7)


def windmill(canvas: Canvas, chance: Chance, lit: bool) -> None:
    canvas.add(polygon([(-56, 4), (-36, -210), (36, -210), (56, 4)]), rgb(0xF3E6CC))
    canvas.add(dome(0, -206, 44, 46), rgb(0xB5533F))
    window(canvas, 0, -120, 30, lit)
    turn = chance.between(10, 80)
    for quarter in range(4):
        with canvas.placed(0, -214, turn=turn + quarter * 90):
            canvas.add(panel(4, -130, 30, 112, 3), rgb(0xF8F1E2))
            canvas.add(limb([(0, 0), (0, -134)], 8, 6), rgb(0x7A5036))
    canvas.add(circle(0, -214, 10), rgb(0x7A5036))


def lighthouse(canvas: Canvas, chance: Chance, lit: bool) -> None:
    canvas.add(polygon([(-52, 4), (-34, -270), (34, -270), (52, 4)]), rgb(0xF8F1E6))
    for y, reach in ((-66, 48), (-156, 42)):
        canvas.add(
            polygon([(-reach, y + 22), (-reach + 3, y - 22), (reach - 3, y - 22), (reach, y + 22)]),
            rgb(0xD6503F),
            Kind.DETAIL,
        )
    canvas.add(panel(-44, -284, 88, 16, 4), rgb(0x57505F))
    canvas.add(panel(-26, -334, 52, 52, 5), _GLASS_LIT)
    canvas.add(dome(0, -330, 34, 36), rgb(0xC4463A))


def castle(canvas: Canvas, chance: Chance, lit: bool) -> None:
    stone = chance.one_of(tuple(map(rgb, (0xCDBFCB, 0xD9C6B0, 0xB9BFD2))))
    roof = chance.one_of(tuple(map(rgb, (0x6A5A9A, 0xC4573F, 0x3F6F94))))
    for x, tall, wide in ((-150, 250, 74), (150, 270, 74), (-56, 360, 70), (66, 330, 70)):
        canvas.add(panel(x - wide / 2, -tall, wide, tall + 4, 2), darker(stone, 0.08))
        canvas.add(polygon([(x - wide * 0.66, -tall + 4), (x, -tall - 116), (x + wide * 0.66, -tall + 4)]), roof)
        canvas.line(curve([(x, -tall - 112), (x, -tall - 146)]), rgb(0x6E4A38), 4)
        canvas.add(polygon([(x, -tall - 148), (x + 36, -tall - 136), (x, -tall - 122)]), rgb(0xF0B84A))
        window(canvas, x, -tall + 56, 26, lit)
    canvas.add(panel(-190, -170, 380, 174, 2), stone)
    for i in range(8):
        canvas.add(panel(-190 + i * 51, -196, 30, 30, 2), stone)
    canvas.add(panel(-42, -112, 84, 116, 40), rgb(0x6E4A38))
    for x in (-122, 122):
        window(canvas, x, -96, 32, lit)
    for x, y in ((-150, -136), (-80, -50), (96, -146), (150, -40), (-20, -150)):
        canvas.line(curve([(x, y), (x + 22, y)]), darker(stone, 0.18), 4, 0.7)


def lamp_post(canvas: Canvas, chance: Chance, lit: bool) -> None:
    canvas.add(limb([(0, 4), (0, -190)], 12, 8), rgb(0x4A4658))
    if lit:
        canvas.glow(0, -214, 150, _GLASS_LIT, 0.6)
    canvas.add(polygon([(-18, -194), (-24, -232), (24, -232), (18, -194)]), _GLASS_LIT if lit else rgb(0xF3E9CC))
    canvas.add(dome(0, -230, 28, 16), rgb(0x4A4658))


def igloo(canvas: Canvas, chance: Chance, lit: bool) -> None:
    canvas.add(dome(0, 6, 130, 130), rgb(0xEAF3FA))
    for y, reach in ((-32, 122), (-66, 108), (-98, 78)):
        canvas.line(curve([(-reach, y), (0, y - 6), (reach, y)]), rgb(0xB9D2E6), 4)
    canvas.add(dome(62, 8, 62, 84), rgb(0xDCEAF4))
    canvas.add(dome(66, 8, 40, 58), _GLASS_LIT if lit else rgb(0x54719A), Kind.DETAIL)
