"""What carries the cast where it does not stand: boats, clouds, beds, pools of water. In a figure's units."""

from __future__ import annotations

from .canvas import Canvas, Kind
from .colour import darker, lighter, rgb
from .shapes import blob, curve, ellipse, limb, mirrored, panel, polygon, soft_star
from .sky import cloud

_HULL = rgb(0xC8573F)


def draw_hull(canvas: Canvas) -> None:
    """A little boat's hull, about 330 wide, its waterline at y = 0; it hides the legs of whoever stands in it."""
    canvas.add(blob([(-168, -76), (-60, -62), (60, -62), (176, -84), (140, 4), (90, 22), (-90, 22), (-138, 4)]), _HULL)
    canvas.add(
        blob([(-170, -78), (-60, -64), (60, -64), (178, -86), (172, -66), (60, -46), (-60, -46), (-164, -60)]),
        lighter(_HULL, 0.5),
        Kind.DETAIL,
    )
    canvas.line(curve([(-146, -22), (0, -10), (152, -26)]), darker(_HULL, 0.2), 4)


def draw_sail(canvas: Canvas) -> None:
    """The boat's mast and sails, which stand behind whoever is on board."""
    canvas.add(limb([(-84, -20), (-84, -330)], 10, 8), rgb(0x6E4A38))
    canvas.add(polygon([(-76, -322), (-76, -118), (70, -130)]), rgb(0xFBF3E4))
    canvas.add(polygon([(-92, -296), (-92, -118), (-170, -128)]), rgb(0xF0B84A))
    canvas.add(polygon([(-84, -330), (-84, -352), (-120, -341)]), rgb(0x4B7FBF))


def draw_bed(canvas: Canvas) -> None:
    """A bed for one who lies with the head to the right; the mattress is 40 above the floor."""
    wood = rgb(0x9A6B47)
    canvas.add(ellipse(0, 4, 130, 10), rgb(0x1E1838), Kind.LIGHT, 0.22)
    canvas.add(panel(98, -134, 22, 138, 11), wood)
    canvas.add(panel(-122, -84, 20, 88, 10), wood)
    canvas.add(panel(-114, -34, 222, 26, 6), darker(wood, 0.15))
    canvas.add(panel(-108, -52, 210, 28, 12), rgb(0xFBF3E4))
    canvas.add(ellipse(62, -58, 44, 18), rgb(0xFDF8EE))


def draw_quilt(canvas: Canvas) -> None:
    quilt = rgb(0x5F8FB8)
    canvas.add(blob([(-106, -20), (-108, -66), (-70, -98), (-8, -102), (26, -74), (28, -22), (-40, -16)]), quilt)
    for x, y in ((-84, -54), (-46, -76), (-4, -74), (-62, -36), (-14, -42)):
        canvas.add(soft_star(x, y, 10, 5, 0.5), lighter(quilt, 0.5), Kind.DETAIL)


def draw_pool(canvas: Canvas) -> None:
    """Water around whoever swims on land; its middle is at y = 0."""
    canvas.add(ellipse(0, 4, 172, 76), rgb(0xE6CFA0))
    canvas.add(ellipse(0, 0, 160, 68), rgb(0x5AAFC8))


def draw_pool_front(canvas: Canvas) -> None:
    """The nearer half of the pool, which hides what is under water."""
    canvas.add(mirrored([(0, 6), (48, 10), (92, 2), (158, 4), (132, 42), (76, 62), (0, 68)]), rgb(0x4FA6C2), Kind.WASH)
    for y, reach in ((22, 74), (40, 50)):
        canvas.line(curve([(-reach, y), (0, y + 5), (reach, y)]), rgb(0xE6F6F8), 4, 0.7)


def draw_cloud_seat(canvas: Canvas) -> None:
    cloud(canvas, 0, 8, 86, rgb(0xFDFBF6))
