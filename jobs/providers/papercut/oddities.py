"""Those who have no arms and legs like the others: fish, snails, worms, octopuses, cars, and round fellows."""

from __future__ import annotations

from collections.abc import Callable

from . import body, clothes, ears, face, hats
from .canvas import Canvas, Kind
from .colour import INK, WHITE, darker, lighter, rgb
from .looks import Look
from .pose import Expression, Pose
from .shapes import blob, circle, curve, dome, ellipse, limb, panel, soft_star

_BALL_SKULLS = {
    "star": soft_star(0, 0, 76, 5, 0.62),
    "cloud": blob(
        [
            (-62, 34),
            (-78, 8),
            (-58, -18),
            (-40, -48),
            (0, -58),
            (38, -48),
            (56, -18),
            (78, 8),
            (64, 36),
            (24, 46),
            (-24, 46),
        ]
    ),
    "egg": ellipse(0, -2, 52, 60),
}


def draw_ball(canvas: Canvas, look: Look, pose: Pose, shown: Expression) -> None:
    """A head on legs, with arms: monsters, bees, the moon."""
    if "flywings" in look.species.extras:
        body.draw_wings(canvas, look, True)
    clothes.behind_body(canvas, look)
    for foot in (pose.heel, pose.toe):
        body.draw_leg(canvas, look, (foot[0] * 0.9, -34), foot)
    for side, hand in ((-1, pose.back), (1, pose.front)):
        canvas.add(limb([(side * 44, -70), (hand[0] * 1.25, hand[1] + 4)], 14, 13), darker(look.coat, 0.08), Kind.BODY)
    with canvas.placed(0, -82, turn=pose.tilt):
        with canvas.placed(0, -14, scale=1.1):
            ears.behind(canvas, look, pose.turn)
        canvas.add(_BALL_SKULLS.get(look.species.skull, circle(0, 0, 56)), look.coat, Kind.BODY)
        if "stripes" in look.species.extras:
            for y, reach in ((26, 48), (43, 32)):
                canvas.line(curve([(-reach, y), (0, y + 9), (reach, y)]), look.accent, 9)
        if "spots" in look.species.extras:
            for x, y in ((-36, 18), (36, 18), (-24, 40), (24, 40), (0, -40)):
                canvas.add(circle(x, y, 7), look.accent, Kind.DETAIL)
        if "craters" in look.species.extras:
            for x, y, radius in ((-34, -22, 8), (36, 20, 9), (34, -24, 5), (-30, 28, 6)):
                canvas.add(circle(x, y, radius), look.accent, Kind.DETAIL)
        face.eyes(canvas, (pose.turn * 8, -6), 19, 7.4, pose, shown, look.eyes)
        face.mouth(canvas, pose.turn * 8, 14, shown, 10)
        face.cheeks(canvas, (pose.turn * 5, 10), 33, 8.5, look.coat)
        with canvas.placed(0, -14):
            hats.on_head(canvas, look, pose)
    with canvas.placed(0, 52):
        clothes.at_neck(canvas, look)


def _fish(canvas: Canvas, look: Look, pose: Pose, shown: Expression) -> None:
    extras = look.species.extras
    with canvas.placed(0, -62 - pose.lift, turn=-pose.tilt * 0.3, scale=1.12 * look.species.girth):
        fluke = [(-66, 0), (-92, -30), (-118, -38), (-106, -2), (-118, 34), (-92, 26)]
        canvas.add(blob(fluke), look.accent if "whale" not in extras else darker(look.coat, 0.08), Kind.BODY)
        if "dolphin" in extras:
            canvas.add(blob([(-16, -36), (-34, -72), (14, -42)]), darker(look.coat, 0.08), Kind.BODY)
        elif "whale" not in extras:
            canvas.add(blob([(-44, -30), (-30, -62), (16, -58), (26, -40)]), look.accent, Kind.BODY)
        canvas.add(
            blob([(-80, 0), (-40, -36), (20, -48), (66, -30), (80, 2), (62, 34), (10, 46), (-44, 30)]),
            look.coat,
            Kind.BODY,
        )
        belly = [(-60, 14), (-10, 20), (40, 14), (78, 8), (62, 33), (10, 44.5), (-42, 29)]
        canvas.add(blob(belly), look.belly, Kind.DETAIL)
        if not extras:
            for x in (-34, -6):
                canvas.line(curve([(x, -34), (x - 12, -4), (x, 28)]), lighter(look.coat, 0.45), 8, 0.9)
        canvas.add(blob([(4, 10), (-16, 36), (8, 44), (26, 18)]), darker(look.coat, 0.14), Kind.BODY)
        face.eyes(canvas, (48, -8), 15, 6.6, pose, shown, look.eyes or None)
        face.mouth(canvas, 54, 12, shown, 11)
        face.cheeks(canvas, (48, 8), 22, 7, look.coat)
        if "whale" in extras and "dolphin" not in extras:
            for lean in (-1, 1):
                canvas.line(
                    curve([(20, -50), (20 + lean * 4, -78), (20 + lean * 24, -86), (20 + lean * 32, -70)]),
                    rgb(0xCDE8F6),
                    6,
                )
        with canvas.placed(42, -10):
            hats.on_head(canvas, look, pose)
        if "scarf" in look.garments:
            canvas.line(curve([(14, -46), (22, 0), (12, 45)]), look.garments["scarf"], 15)


def _snail(canvas: Canvas, look: Look, pose: Pose, shown: Expression) -> None:
    canvas.add(
        blob([(-88, -4), (-50, -22), (20, -26), (44, -60), (76, -62), (84, -30), (70, -4), (0, 0)]),
        look.coat,
        Kind.BODY,
    )
    canvas.add(circle(-16, -66, 55), look.accent, Kind.BODY)
    for radius, shade in ((43, 0.22), (29, 0.0), (15, 0.22)):
        canvas.add(circle(-14 + (43 - radius) * 0.2, -64, radius), lighter(look.accent, shade), Kind.DETAIL)
    for x in (50, 74):
        canvas.line(curve([(x, -84), (x + 5, -116)]), look.coat, 6)
        canvas.add(circle(x + 5, -120, 7), darker(look.coat, 0.2), Kind.BODY)
    canvas.add(ellipse(62, -72, 36, 33), look.coat, Kind.BODY)
    face.eyes(canvas, (66, -76), 13, 6.2, pose, shown, look.eyes)
    face.mouth(canvas, 68, -60, shown, 9)
    face.cheeks(canvas, (66, -62), 20, 6.5, look.coat)
    with canvas.placed(62, -66, scale=0.75):
        hats.on_head(canvas, look, pose)
    with canvas.placed(58, 46, scale=0.9):
        clothes.at_neck(canvas, look)


def _worm(canvas: Canvas, look: Look, pose: Pose, shown: Expression) -> None:
    for i, (x, y) in enumerate(((-86, -22), (-58, -36), (-28, -40), (2, -30), (28, -32))):
        shade = look.coat if i % 2 else lighter(look.coat, 0.22)
        for foot in (-8, 8):
            canvas.add(ellipse(x + foot, -5, 6, 6), darker(look.coat, 0.3), Kind.BODY)
        canvas.add(circle(x, y, 27), shade, Kind.BODY)
    with canvas.placed(54, -72, scale=0.92, turn=pose.tilt):
        ears.behind(canvas, look, pose.turn)
        canvas.add(circle(0, 0, 43), look.coat, Kind.BODY)
        face.eyes(canvas, (6, -4), 17, 6.6, pose, shown, look.eyes)
        face.mouth(canvas, 6, 15, shown, 10)
        face.cheeks(canvas, (5, 13), 27, 7.5, look.coat)
        hats.on_head(canvas, look, pose)
    with canvas.placed(46, 60, scale=0.92):
        clothes.at_neck(canvas, look)


def _octopus(canvas: Canvas, look: Look, pose: Pose, shown: Expression) -> None:
    with canvas.placed(0, -pose.lift):
        for x, tip, up in ((-34, -88, -26), (34, 88, -26), (-22, -54, -4), (22, 54, -4), (-8, -20, 0), (8, 20, 0)):
            canvas.add(
                limb([(x, -60), (x * 1.2, -24), ((x + tip) / 2, -6), (tip, up - 8)], 24, 9),
                darker(look.coat, 0.08),
                Kind.BODY,
            )
        canvas.add(
            blob([(0, -168), (48, -146), (62, -100), (50, -56), (0, -44), (-50, -56), (-62, -100), (-48, -146)]),
            look.coat,
            Kind.BODY,
        )
        for x, y, radius in ((-34, -138, 7), (-20, -150, 4.5), (38, -134, 5)):
            canvas.add(circle(x, y, radius), look.belly, Kind.DETAIL)
        face.eyes(canvas, (pose.turn * 8, -100), 20, 7.4, pose, shown, look.eyes)
        face.mouth(canvas, pose.turn * 8, -78, shown, 10)
        face.cheeks(canvas, (pose.turn * 6, -80), 34, 8.5, look.coat)
        with canvas.placed(0, -122):
            hats.on_head(canvas, look, pose)
        with canvas.placed(0, 50):
            clothes.at_neck(canvas, look)


def _car(canvas: Canvas, look: Look, pose: Pose, shown: Expression) -> None:
    canvas.add(panel(-70, -128, 84, 84, 18), look.coat, Kind.BODY)
    canvas.add(panel(-56, -114, 56, 40, 10), rgb(0xCFE6F0), Kind.DETAIL)
    canvas.add(panel(-84, -74, 168, 56, 20), look.coat, Kind.BODY)
    canvas.add(panel(46, -112, 18, 42, 5), look.accent, Kind.BODY)
    canvas.add(panel(-84, -34, 168, 14, 6), look.belly, Kind.DETAIL)
    for x in (-48, 44):
        canvas.add(circle(x, -20, 25), look.accent, Kind.BODY)
        canvas.add(circle(x, -20, 11), lighter(look.accent, 0.6), Kind.DETAIL)
    for side in (-1, 1):
        canvas.add(circle(46 + side * 15, -62, 11), WHITE, Kind.DETAIL)
    face.eyes(canvas, (46, -62), 15, 6.2, pose, shown, look.eyes)
    face.mouth(canvas, 46, -44, shown, 9)
    if "scarf" in look.garments:
        canvas.line(curve([(14, -76), (16, -50), (12, -22)]), look.garments["scarf"], 14)
    with canvas.placed(-28, -94):
        hats.on_head(canvas, look, pose)
    canvas.line(dome(-48, -16, 33, 33), darker(look.coat, 0.2) if look.coat != INK else INK, 5)


DRAWERS: dict[str, Callable[[Canvas, Look, Pose, Expression], None]] = {
    "fish": _fish,
    "snail": _snail,
    "worm": _worm,
    "octopus": _octopus,
    "car": _car,
}
