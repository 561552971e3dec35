"""Who gets which of the things that a page speaks of: in a hand, on the ground, or in the air."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jobs.ports import CastSheet, PlannedPage

from .canvas import SIZE
from .chance import Chance
from .figure import height_of
from .places.place import Realm
from .pose import POSES
from .props import OBJECTS, PROPS, Draw
from .role import Role, Thing
from .species import ANIMALS


def give_things(
    page: PlannedPage,
    roles: list[Role],
    overall: str,
    realm: Realm,
    chance: Chance,
    wished: Sequence[str],
    members: Sequence[CastSheet],
) -> None:
    """At most three things: wished ones first, then what the action speaks of, then the beat."""
    if not roles:
        return
    people = {key for sheet in members for key in ANIMALS.all_in(f"{sheet.name} {sheet.appearance}")}
    spoken = [*wished, *_added_by(overall), *OBJECTS.all_in(page.action), *OBJECTS.all_in(page.beat)]
    asked = [key for key in dict.fromkeys(spoken) if key not in people][: 3 + len(wished)]
    if (
        page.weather == "rain"
        and realm == "outdoors"
        and "umbrella" not in asked
        and overall in ("stand", "walk", "wave", "look_down")
    ):
        asked.append("umbrella")
    free = list(roles)
    side = 0
    for key in asked:
        prop = PROPS[key]
        if prop.where == "air":
            _hang(roles[0], prop.draw, key)
        elif prop.where in ("hand", "raised") and free and free[0].act.pose.posture in ("upright", "seated"):
            _hand_over(free.pop(0), prop.where, prop.draw)
        else:
            side += 1
            _put_down(roles, prop.draw, side, chance, prop.where)


def _added_by(deed: str) -> tuple[str, ...]:
    return {
        "sing": ("notes",),
        "sleep": ("dreams",),
        "hug": ("hearts",),
        "read": ("book",),
        "dig": ("shovel",),
        "eat": (),
    }.get(deed, ())


def _hand_over(role: Role, where: str, draw: Draw) -> None:
    pose = role.act.pose
    if where == "raised" and pose.front[1] > -100:
        pose = replace(pose, front=(58, -104))
    elif (where == "hand" and pose.front[1] < -100 and pose.lift < 30) or (
        where == "hand"
        and pose
        in (
            POSES["stand"],
            POSES["wave"],
            POSES["look_down"],
            POSES["point"],
            POSES["hold_up"],
        )
    ):
        pose = POSES["hold"]
    role.act = replace(role.act, pose=pose, held=draw)


def _hang(role: Role, draw: Draw, key: str) -> None:
    high = height_of(role.look) * role.scale
    if role.act.pose.posture == "lying":
        high *= 0.55
    toward = -1 if role.mirror else 1
    x = role.x + toward * 90 * role.scale * (1 if key != "rainbow" else 1.6)
    y = role.y - high * (1.02 if key != "rainbow" else 1.3)
    role.beside.append(Thing(draw, min(940, max(84, x)), max(120, y), role.scale * 0.95))


def _put_down(roles: Sequence[Role], draw: Draw, number: int, chance: Chance, where: str) -> None:
    """On the ground, where nobody stands: beside the first, towards the emptier side, then the other."""
    first = roles[0]
    taken = [role.x for role in roles]
    scale = first.scale
    spots = [first.x + side * reach * scale for reach in (96, 128, 170) for side in (1, -1)]
    inside = [x for x in spots if 66 * scale < x < SIZE - 66 * scale] or [SIZE * 0.12]
    best = max(
        inside,
        key=lambda x: min(abs(x - other) for other in taken) - 0.3 * abs(x - first.x) - 40 * number * (x < first.x),
    )
    # Whoever stands nearest is drawn last, so that nobody hides the thing.
    max(roles, key=lambda role: role.y).beside.append(
        Thing(draw, best, max(role.y for role in roles) + (14 if where == "ground" else 0), scale)
    )
