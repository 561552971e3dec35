"""Heads: a skull with what its species has on it, and a face. The middle of the head is (0, 0), its radius about 45."""

from __future__ import annotations

from . import ears, face, hats, people
from .canvas import Canvas, Kind
from .colour import INK, WHITE, Colour, darker, lighter, mix, rgb
from .looks import Look
from .pose import Expression, Pose
from .shapes import Shape, blob, circle, curve, ellipse, limb, mirrored, panel, polygon, soft_star

_FOX = Shape(
    "M0 -39C30 -39 46 -24 57 9C46 24 20 40 0 47C-20 40 -46 24 -57 9C-46 -24 -30 -39 0 -39Z", (-57, -39, 57, 47)
)
_SKULLS: dict[str, Shape] = {
    "round": ellipse(0, 0, 45, 41),
    "wide": mirrored([(0, -39), (29, -34), (46, -6), (46, 16), (28, 36), (0, 41)]),
    "fox": _FOX,
    "tall": mirrored([(0, -44), (26, -37), (37, -8), (32, 22), (27, 44), (0, 55)]),
    "egg": ellipse(0, 0, 41, 44),
    "box": panel(-46, -40, 92, 80, 16),
    "star": soft_star(0, 2, 62, 5, 0.62),
    "cloud": blob(
        [
            (-50, 26),
            (-62, 4),
            (-42, -14),
            (-30, -38),
            (2, -46),
            (30, -36),
            (42, -12),
            (62, 4),
            (50, 28),
            (20, 36),
            (-22, 36),
        ]
    ),
}


def draw_head(canvas: Canvas, look: Look, pose: Pose, shown: Expression) -> None:
    species = look.species
    if species.build == "human":
        people.draw_head(canvas, look, pose, shown)
    else:
        ears.behind(canvas, look, pose.turn)
        canvas.add(_SKULLS[species.skull], _skull_colour(look), Kind.BODY)
        _markings(canvas, look, pose)
        _features(canvas, look, pose, shown)
        ears.before(canvas, look, pose.turn)
    hats.on_head(canvas, look, pose)


def _skull_colour(look: Look) -> Colour:
    if look.species.extras & {"wool", "darkhead"}:
        return look.accent
    return look.coat


def _markings(canvas: Canvas, look: Look, pose: Pose) -> None:
    extras, accent, shift = look.species.extras, look.accent, pose.turn * 6
    if "bandit" in extras:
        canvas.add(ellipse(shift, 0, 44, 15), accent, Kind.DETAIL)
    if "badger" in extras:
        canvas.add(limb([(shift, -36), (shift, 30)], 20, 30), WHITE, Kind.DETAIL)
    if "panda" in extras:
        for side in (-1, 1):
            canvas.add(ellipse(side * 19 + shift, -2, 13, 16, side * 24), accent, Kind.DETAIL)
    if "penguin" in extras:
        canvas.add(mirrored([(0, -12), (14, -26), (32, -16), (36, 8), (24, 30), (0, 34)]), look.belly, Kind.DETAIL)
    if "owl" in extras:
        for side in (-1, 1):
            canvas.add(circle(side * 20 + shift * 0.6, -2, 22), look.belly, Kind.DETAIL)
    if "heartface" in extras:
        canvas.add(mirrored([(0, -18), (18, -28), (34, -12), (30, 22), (0, 38)]), look.belly, Kind.DETAIL)
    if "stripes" in extras and look.species.build != "ball":
        for side in (-1, 1):
            canvas.line(curve([(side * 44, 2), (side * 32, 5)]), accent, 5)
            canvas.line(curve([(side * 43, 15), (side * 33, 16)]), accent, 5)
        for x in (-10, 0, 10):
            canvas.line(curve([(x + shift, -38), (x * 0.8 + shift, -24)]), accent, 4.5)
    if "spots" in extras and look.species.build == "plush":
        for x, y, radius in ((-30, -16, 8), (28, -22, 6), (34, 2, 4)):
            canvas.add(ellipse(x, y, radius, radius * 0.8), accent, Kind.DETAIL)
    if "craters" in extras:
        for x, y, radius in ((-24, -24, 7), (28, 22, 8), (30, -14, 4)):
            canvas.add(circle(x, y, radius), accent, Kind.DETAIL)


def _features(canvas: Canvas, look: Look, pose: Pose, shown: Expression) -> None:
    shift = pose.turn * 8
    _muzzle(canvas, look, shift, shown)
    pale = look.species.extras & {"panda", "wool", "bandit", "darkhead"}
    if "bulgeeyes" in look.species.extras:
        for side in (-1, 1):
            canvas.add(circle(side * 23 + shift * 0.4, -36, 17), look.coat, Kind.BODY)
            canvas.add(circle(side * 23 + shift * 0.4, -37, 11.5), WHITE, Kind.DETAIL)
        face.eyes(canvas, (shift * 0.4, -37), 23, 6.6, pose, shown, look.eyes)
    elif "owl" in look.species.extras or look.species.build == "robot":
        for side in (-1, 1):
            canvas.add(circle(side * 20 + shift * 0.6, -3, 14), WHITE, Kind.DETAIL)
        face.eyes(canvas, (shift * 0.6, -3), 20, 8.5, pose, shown, look.eyes)
    else:
        dark = bool(pale) or _is_dark(look.coat)
        if dark and shown.eyes not in ("closed", "happy"):
            for side in (-1, 1):
                x = shift + side * _spread(look) * (1 - 0.12 * pose.turn * side)
                canvas.add(circle(x, _eye_line(look), 10.2), WHITE, Kind.DETAIL)
        elif dark:
            for side in (-1, 1):
                canvas.add(circle(shift + side * _spread(look), _eye_line(look), 10.2), look.belly, Kind.LIGHT, 0.55)
        face.eyes(canvas, (shift, _eye_line(look)), _spread(look), 6.4, pose, shown, look.eyes)
    face.cheeks(canvas, (shift * 0.6, 15), 31, 8.5, look.coat)


def _is_dark(colour: Colour) -> bool:
    return colour[0] * 0.3 + colour[1] * 0.6 + colour[2] * 0.1 < 100


def _spread(look: Look) -> float:
    return {"tall": 20, "fox": 20, "egg": 17}.get(look.species.skull, 18)


def _eye_line(look: Look) -> float:
    return {"tall": -12, "fox": -1}.get(look.species.skull, -5)


def _muzzle(canvas: Canvas, look: Look, shift: float, shown: Expression) -> None:
    muzzle, extras, belly = look.species.muzzle, look.species.extras, look.belly
    if muzzle == "mask":
        _mask(canvas, belly, shift)
        face.mouth(canvas, shift, 39, shown, 7)
        face.nose(canvas, shift, 30, 9.5)
    elif muzzle in ("snout", "heart"):
        across = 21 if muzzle == "snout" else 16
        canvas.add(ellipse(shift, 17, across, across * 0.76), belly, Kind.DETAIL)
        face.mouth(canvas, shift, 22, shown, 8.5)
        tint = look.accent if muzzle == "heart" and "spines" not in extras else INK
        face.nose(canvas, shift, 8, 12 if "bignose" in extras else 7.5, tint, heart_shaped=muzzle == "heart")
        if "teeth" in extras:
            canvas.add(panel(shift - 4.5, 26, 9, 8, 2), WHITE, Kind.DETAIL)
        if "tongue" in extras and shown.mouth in ("smile", "laugh"):
            canvas.add(ellipse(shift + 3, 31, 5.5, 7), rgb(0xF08C86), Kind.DETAIL)
    elif muzzle == "cat":
        for side in (-1, 1):
            canvas.add(circle(shift + side * 8.5, 17, 11), belly, Kind.DETAIL)
        face.mouth(canvas, shift, 20, shown, 7)
        face.nose(canvas, shift, 8, 6.4, look.accent, heart_shaped=True)
        if "teeth" in extras:
            canvas.add(panel(shift - 4.5, 24, 9, 9, 2), WHITE, Kind.DETAIL)
    else:
        _other_muzzle(canvas, look, shift, shown)
    if "whiskers" in extras:
        face.whiskers(canvas, shift, 17)


def _mask(canvas: Canvas, colour: Colour, shift: float) -> None:
    """A fox's white cheeks, from their tips to the nose."""
    for side in (-1, 1):
        tip, inner = side * 56, shift
        path = (
            f"M{tip:.1f} 9C{side * 36:.1f} 1 {side * 10 + inner:.1f} 10 {inner:.1f} 30L{inner * 0.4:.1f} 46.4"
            f"C{side * 20:.1f} 40 {side * 45:.1f} 24 {tip:.1f} 9Z"
        )
        canvas.add(Shape(path, (min(tip, 0), 4, max(tip, 0), 46)), colour, Kind.DETAIL)


def _other_muzzle(canvas: Canvas, look: Look, shift: float, shown: Expression) -> None:
    muzzle, extras, accent = look.species.muzzle, look.species.extras, look.accent
    if muzzle == "long":
        colour = rgb(0xF2B3AE) if "pinknose" in extras else look.belly
        canvas.add(ellipse(shift, 31, 29, 20), colour, Kind.DETAIL)
        for side in (-1, 1):
            canvas.add(ellipse(shift + side * 11, 25, 3, 4.2), darker(colour, 0.45), Kind.DETAIL)
        face.mouth(canvas, shift, 36, shown, 10)
        if "nosehorn" in extras:
            canvas.add(polygon([(shift - 8, 18), (shift + 4, -16), (shift + 10, 18)]), WHITE, Kind.BODY)
        if "beard" in extras:
            canvas.add(mirrored([(0, 46), (9, 52), (0, 76)]), look.coat, Kind.BODY)
    elif muzzle == "pig":
        face.mouth(canvas, shift, 29, shown, 9)
        canvas.add(ellipse(shift, 13, 17, 12.5), darker(look.belly, 0.05), Kind.DETAIL)
        for side in (-1, 1):
            canvas.add(ellipse(shift + side * 6, 13, 3, 4.6), accent, Kind.DETAIL)
    elif muzzle in ("beak", "bill"):
        _beak(canvas, accent, shift, muzzle == "bill", shown)
    elif muzzle == "trunk":
        canvas.add(
            limb([(shift, 8), (shift + 4, 34), (shift + 20, 54), (shift + 40, 48)], 28, 15), look.coat, Kind.BODY
        )
        for y in (22, 32, 42):
            canvas.line(
                curve([(shift - 8 + y * 0.12, y), (shift + 10 + y * 0.2, y + 1)]), darker(look.coat, 0.2), 2, 0.6
            )
        face.mouth(canvas, shift - 17, 24, shown, 6)
    elif muzzle == "wide":
        canvas.add(mirrored([(0, 4), (28, 6), (38, 18), (24, 34), (0, 38)]), look.belly, Kind.DETAIL)
        face.mouth(canvas, shift, 15, shown, 20 if shown.mouth == "smile" else 13)
    elif muzzle == "dragon":
        canvas.add(mirrored([(0, 6), (22, 8), (34, 22), (24, 40), (0, 45)]), look.belly, Kind.DETAIL)
        for side in (-1, 1):
            canvas.add(ellipse(shift + side * 10, 15, 3, 2.4), darker(look.coat, 0.45), Kind.DETAIL)
        face.mouth(canvas, shift, 27, shown, 14)
        if "teeth" in extras:
            for x in (-8, 8):
                canvas.add(polygon([(shift + x - 3, 30), (shift + x + 3, 30), (shift + x, 36)]), WHITE, Kind.DETAIL)
    else:
        _bare_face(canvas, look, shift, shown)


def _beak(canvas: Canvas, accent: Colour, shift: float, flat: bool, shown: Expression) -> None:
    wide = 21 if flat else 12
    if shown.mouth in ("laugh", "round"):
        canvas.add(mirrored([(0, 12), (wide * 0.7, 14), (0, 30)]), darker(accent, 0.3), Kind.DETAIL)
    with canvas.placed(shift, 0):
        lower = 24 if flat else 27
        canvas.add(
            blob([(-wide, 10), (0, 2), (wide, 10), (wide * 0.45, 19), (0, lower), (-wide * 0.45, 19)]),
            accent,
            Kind.BODY,
        )
        canvas.line(curve([(-wide * 0.7, 13), (0, 16), (wide * 0.7, 13)]), darker(accent, 0.35), 2, 0.7)


def _bare_face(canvas: Canvas, look: Look, shift: float, shown: Expression) -> None:
    if "carrot" in look.species.extras:
        canvas.add(polygon([(shift - 4, 2), (shift + 38, 12), (shift - 4, 14)]), look.accent, Kind.BODY)
    if look.species.build == "robot":
        ears.antenna_of_robot(canvas, look.accent)
        canvas.add(panel(shift - 20, 17, 40, 13, 6), lighter(look.coat, 0.5), Kind.DETAIL)
        for x in (-10, 0, 10):
            canvas.line(curve([(shift + x, 18), (shift + x, 29)]), mix(look.coat, INK, 0.4), 2)
        return
    face.mouth(canvas, shift, 15, shown, 10)
