"""Trunks, limbs and tails of those who stand on two legs."""

from __future__ import annotations

import math

from .canvas import Canvas, Kind
from .clothes import dress_torso, foot_colour, sleeve
from .colour import Colour, darker, lighter, mix, rgb
from .looks import Look
from .pose import Pose
from .shapes import Point, Shape, blob, circle, curve, ellipse, leaf, limb, mirrored, panel, polygon

SHOULDER: Point = (25, -90)


def torso(look: Look) -> Shape:
    g = look.species.girth
    if look.species.build == "human":
        return mirrored([(0, -104), (20, -101), (28, -82), (27, -56), (27, -34), (0, -28)])
    if look.species.build == "bird":
        return mirrored([(0, -120), (24, -110), (42 * g, -74), (42 * g, -44), (24, -18), (0, -12)])
    return mirrored([(0, -114), (20, -107), (31 * g, -86), (39 * g, -56), (36 * g, -34), (20, -20), (0, -17)])


def draw_trunk(canvas: Canvas, look: Look, pose: Pose) -> None:
    extras, g = look.species.extras, look.species.girth
    if "wool" in extras:
        bumps: list[Point] = [
            (0, -116),
            (26, -112),
            (36, -94),
            (50, -80),
            (46, -60),
            (54, -42),
            (38, -28),
            (22, -16),
            (0, -20),
        ]
        canvas.add(mirrored(bumps), look.coat, Kind.BODY)
    elif look.species.build == "robot":
        _metal_trunk(canvas, look)
    else:
        canvas.add(torso(look), look.coat, Kind.BODY)
    if look.species.build not in ("human", "robot") and "wool" not in extras:
        canvas.add(ellipse(pose.turn * 6, -56, 23 * g, 29), look.belly, Kind.DETAIL)
    if "spots" in extras:
        for x, y, radius in ((-27, -84, 7), (26, -90, 5), (-30, -48, 6), (29, -40, 8)):
            canvas.add(ellipse(x * g, y, radius, radius * 0.8, 20), look.accent, Kind.DETAIL)
    if "stripes" in extras:
        for y, reach in ((-86, 13), (-68, 13), (-50, 12)):
            for side in (-1, 1):
                canvas.line(curve([(side * 36 * g, y), (side * (36 * g - reach), y + 4)]), look.accent, 5)
    if "freckles" in extras:
        for x, y in ((-26, -84), (-31, -66), (27, -82), (31, -62)):
            canvas.add(circle(x, y, 3.4), look.belly, Kind.DETAIL)
    if "carrot" in extras:
        for y in (-84, -64, -44):
            canvas.add(circle(pose.turn * 8, y, 4.5), rgb(0x4A4652), Kind.DETAIL)
    dress_torso(canvas, look, torso(look))


def _metal_trunk(canvas: Canvas, look: Look) -> None:
    canvas.add(panel(-12, -112, 24, 18), darker(look.coat, 0.3), Kind.BODY)
    canvas.add(panel(-37, -102, 74, 80, 14), look.coat, Kind.BODY)
    canvas.add(panel(-24, -88, 48, 34, 7), look.belly, Kind.DETAIL)
    canvas.add(circle(-12, -71, 6), look.accent, Kind.DETAIL)
    canvas.line(curve([(0, -66), (6, -78), (11, -66), (18, -74)]), darker(look.coat, 0.4), 3)


def draw_leg(canvas: Canvas, look: Look, hip: Point, foot: Point) -> None:
    if look.species.build == "bird":
        canvas.line(curve([(hip[0], hip[1] + 8), (foot[0], foot[1] - 4)]), look.accent, 5)
        canvas.add(
            blob(
                [(foot[0] - 9, foot[1]), (foot[0], foot[1] - 8), (foot[0] + 15, foot[1] - 4), (foot[0] + 15, foot[1])]
            ),
            look.accent,
            Kind.BODY,
        )
        return
    thick = 21 * look.species.girth**0.5
    coat = _leg_colour(look)
    canvas.add(limb([hip, (foot[0], foot[1] - 9)], thick, thick * 0.86), coat, Kind.BODY)
    canvas.add(ellipse(foot[0] + 4, foot[1] - 7, 17, 9.5), foot_colour(look, coat), Kind.BODY)


def _leg_colour(look: Look) -> Colour:
    if "overalls" in look.garments:
        return look.garments["overalls"]
    if look.species.build == "human":
        bare = "dress" in look.garments
        return look.coat if bare else mix(look.garments.get("shirt", look.hair), rgb(0x3E4F77), 0.82)
    return look.accent if look.species.extras & {"panda", "wool"} else darker(look.coat, 0.06)


def draw_arm(canvas: Canvas, look: Look, side: int, hand: Point) -> None:
    """An arm from a shoulder (`side` -1 is the one behind) to the hand; a bird's is a wing."""
    shoulder = (side * SHOULDER[0] * look.species.girth**0.6, SHOULDER[1])
    if look.species.build == "bird":
        canvas.add(
            leaf((shoulder[0] * 1.15, shoulder[1] - 6), (hand[0] * 1.08, hand[1] + 2), 32),
            darker(look.coat, 0.1),
            Kind.BODY,
        )
        return
    middle = _elbow(shoulder, hand, side)
    arm = look.accent if look.species.extras & {"panda", "wool"} else darker(look.coat, 0.04 if side > 0 else 0.09)
    thick = 15 if look.species.build == "human" else 18
    canvas.add(limb([shoulder, middle, hand], thick, thick * 0.86), arm, Kind.BODY)
    sleeve(canvas, look, [shoulder, middle, hand], thick)
    paw = look.garments.get("gloves", look.coat if look.species.build == "human" else arm)
    canvas.add(circle(hand[0], hand[1], thick * 0.54), paw, Kind.BODY)


def _elbow(shoulder: Point, hand: Point, side: int) -> Point:
    """Elbows point down and outwards, the more so the closer the hand is."""
    reach = ((hand[0] - shoulder[0]) ** 2 + (hand[1] - shoulder[1]) ** 2) ** 0.5
    bend = max(0.0, 62 - reach) * 0.5
    return ((shoulder[0] + hand[0]) / 2 + side * bend * 0.5, (shoulder[1] + hand[1]) / 2 + bend * 0.6)


def draw_wings(canvas: Canvas, look: Look, raised: bool) -> None:
    """Wings on the back, of a dragon, a bat, a bee or a butterfly."""
    for mirror in (True, False):
        with canvas.placed(0, -84, mirror=mirror, turn=0 if raised else (-14 if mirror else 14)):
            if "flywings" in look.species.extras:
                large = look.accent if look.species.skull == "egg" else rgb(0xE8F2F8)
                canvas.add(blob([(14, 4), (36, -50), (78, -62), (88, -28), (54, 2)]), large, Kind.BODY, 0.92)
                canvas.add(
                    blob([(16, 8), (52, 4), (74, 26), (54, 46), (26, 30)]), lighter(large, 0.25), Kind.BODY, 0.92
                )
                canvas.add(circle(62, -34, 9), lighter(large, 0.5), Kind.DETAIL)
            else:
                skin = look.accent if "spikes" in look.species.extras else darker(look.coat, 0.12)
                canvas.add(
                    polygon(
                        [
                            (10, 6),
                            (40, -56),
                            (56, -60),
                            (98, -34),
                            (84, -18),
                            (78, 2),
                            (62, -4),
                            (52, 14),
                            (38, 4),
                            (24, 22),
                        ]
                    ),
                    skin,
                    Kind.BODY,
                )
                for tip in ((84, -18), (62, -4), (38, 4)):
                    canvas.line(curve([(46, -52), tip]), darker(skin, 0.2), 2.4, 0.7)


def draw_shell(canvas: Canvas, look: Look) -> None:
    canvas.add(ellipse(-12, -66, 52, 54), look.accent, Kind.BODY)
    canvas.add(ellipse(-12, -66, 43, 45), lighter(look.accent, 0.18), Kind.DETAIL)


def draw_spines(canvas: Canvas, look: Look) -> None:
    points: list[Point] = []
    for i in range(40):
        angle = i * math.pi / 20
        reach = 1.0 if i % 2 else 1.24
        points.append((-5 + 43 * reach * math.cos(angle), -66 + 47 * reach * math.sin(angle) * 0.98))
    canvas.add(polygon([(x, min(y, -12)) for x, y in points]), look.accent, Kind.BODY)
