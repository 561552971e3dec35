"""One character, whole: the parts in the order in which they hide each other. It stands on (0, 0), about 200 high."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import body, clothes, oddities
from .canvas import Canvas, Kind
from .colour import rgb
from .head import draw_head
from .looks import Look
from .pose import CALM, Expression, Pose
from .shapes import Point, circle, ellipse, limb
from .tails import draw_tail

Held = Callable[[Canvas], None]


@dataclass(frozen=True, slots=True)
class Act:
    """What a figure does in this picture. `held` is drawn around the front hand; `both` is for things held with two."""

    pose: Pose
    shown: Expression = CALM
    held: Held | None = None
    bubble: bool = False


def height_of(look: Look) -> float:
    """From the ground to the top of the head's ornaments, in a figure's units."""
    ears = {"rabbit": 48, "pointed": 34, "tuft": 26, "upright": 26}.get(look.species.ears, 8)
    build = {"fish": 120, "snail": 150, "worm": 150, "car": 140, "octopus": 165, "ball": 150}.get(look.species.build)
    neck = 44 if "neck" in look.species.extras else 0
    return (build or 184 + ears + neck) * look.size


def draw_figure(canvas: Canvas, look: Look, act: Act) -> None:
    with canvas.placed(0, 0, scale=look.size):
        if look.species.build in oddities.DRAWERS:
            oddities.DRAWERS[look.species.build](canvas, look, act.pose, act.shown)
            if act.held is not None:
                with canvas.placed(58, -62):
                    act.held(canvas)
        elif act.pose.posture == "lying":
            _lying(canvas, look, act)
        elif act.pose.posture == "level":
            with canvas.placed(0, -90, turn=58), canvas.placed(0, 90):
                _upright(canvas, look, act)
        else:
            with canvas.placed(0, -act.pose.lift - 30, turn=act.pose.lean), canvas.placed(0, 30):
                _upright(canvas, look, act)


def _upright(canvas: Canvas, look: Look, act: Act) -> None:
    pose = act.pose
    drop = 22 if pose.posture == "seated" else 0
    if look.species.build == "ball":
        oddities.draw_ball(canvas, look, pose, act.shown)
        _hold(canvas, act, pose.front)
        return
    with canvas.placed(0, drop):
        _behind(canvas, look, pose)
        if not drop:
            _legs(canvas, look, pose)
        two_handed = _two_handed(pose)
        if not two_handed:
            body.draw_arm(canvas, look, -1, pose.back)
            if pose.front[1] < -104:
                body.draw_arm(canvas, look, 1, pose.front)
        body.draw_trunk(canvas, look, pose)
        if drop:
            _folded_legs(canvas, look)
        clothes.at_neck(canvas, look)
    with canvas.placed(0, drop):
        if not _two_handed(pose) and pose.front[1] >= -104:
            body.draw_arm(canvas, look, 1, pose.front)
        _neck_and_head(canvas, look, act)
        _hold(canvas, act, pose.front)
        if _two_handed(pose):
            body.draw_arm(canvas, look, -1, pose.back)
            body.draw_arm(canvas, look, 1, pose.front)


def _two_handed(pose: Pose) -> bool:
    """Both hands in front of the chest."""
    return pose.back[0] > -20


def _hold(canvas: Canvas, act: Act, hand: Point) -> None:
    if act.held is None:
        return
    middle = ((act.pose.back[0] + hand[0]) / 2, (act.pose.back[1] + hand[1]) / 2 - 4) if _two_handed(act.pose) else hand
    with canvas.placed(*middle):
        act.held(canvas)


def _behind(canvas: Canvas, look: Look, pose: Pose) -> None:
    draw_tail(canvas, look)
    if "wings" in look.species.extras:
        body.draw_wings(canvas, look, pose.lift > 10 or pose.posture == "level")
    if "shell" in look.species.extras:
        body.draw_shell(canvas, look)
    if "spines" in look.species.extras:
        body.draw_spines(canvas, look)
    clothes.behind_body(canvas, look)


def _legs(canvas: Canvas, look: Look, pose: Pose) -> None:
    hip = 15 * look.species.girth
    body.draw_leg(canvas, look, (-hip, -32), pose.heel)
    body.draw_leg(canvas, look, (hip, -32), pose.toe)


def _folded_legs(canvas: Canvas, look: Look) -> None:
    """Legs of someone who sits and faces us: thighs to the sides, soles up."""
    g = look.species.girth
    for side in (-1, 1):
        body.draw_leg(canvas, look, (side * 17 * g, -32), (side * 34 * g - 4, -20))


def _neck_and_head(canvas: Canvas, look: Look, act: Act) -> None:
    up = 0
    if "neck" in look.species.extras:
        canvas.add(limb([(0, -92), (3, -128), (2, -160)], 38, 30), look.coat, Kind.BODY)
        if "spots" in look.species.extras:
            for x, y in ((-8, -118), (10, -130), (-4, -104)):
                canvas.add(ellipse(x, y, 6, 5), look.accent, Kind.DETAIL)
        up = 44
    level = -48 if act.pose.posture == "level" else 0
    with canvas.placed(act.pose.turn * 3, -138 - up, turn=act.pose.tilt + level):
        draw_head(canvas, look, act.pose, act.shown)
        if act.bubble:
            _bubble(canvas)


def _bubble(canvas: Canvas) -> None:
    """A diver's or an astronaut's glass, with room for any ears."""
    canvas.add(circle(0, -10, 80), rgb(0xE6F4FF), Kind.LIGHT, 0.2)
    canvas.line(circle(0, -10, 80), rgb(0xF2FAFF), 4, 0.8)
    canvas.add(ellipse(-36, -48, 18, 9, -42), rgb(0xFFFFFF), Kind.LIGHT, 0.6)


def _lying(canvas: Canvas, look: Look, act: Act) -> None:
    """Curled up on the ground, the head on the arms."""
    with canvas.placed(-46, 2, turn=-8):
        draw_tail(canvas, look)
    if "wings" in look.species.extras:
        with canvas.placed(-14, 30, scale=0.8):
            body.draw_wings(canvas, look, False)
    trunk = look.garments.get("dress", look.garments.get("coat", look.garments.get("shirt", look.coat)))
    if look.species.extras & {"spines", "shell"}:
        canvas.add(ellipse(-16, -38, 70, 40), look.accent, Kind.BODY)
    canvas.add(ellipse(-14, -33, 62, 34), trunk, Kind.BODY)
    body.draw_leg(canvas, look, (-40, -24), (-30, 0))
    if "scarf" in look.garments:
        canvas.add(ellipse(32, -24, 30, 13, -32), look.garments["scarf"], Kind.BODY)
    with canvas.placed(46, -44, turn=act.pose.tilt):
        draw_head(canvas, look, act.pose, act.shown)
    arm = look.garments.get("coat", look.garments.get("shirt", look.coat))
    canvas.add(limb([(2, -22), (22, -6), (48, -6)], 17, 15), arm, Kind.BODY)
    canvas.add(circle(50, -7, 9), look.coat, Kind.BODY)
