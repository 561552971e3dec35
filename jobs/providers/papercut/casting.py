"""Who stands where and does what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from jobs.ports import CastSheet, PlannedPage

from .canvas import SIZE
from .carriers import draw_bed, draw_cloud_seat, draw_hull, draw_pool, draw_pool_front, draw_quilt, draw_sail
from .chance import Chance
from .figure import Act, height_of
from .handing import give_things
from .looks import look_of
from .places.place import Realm
from .pose import POSES, Expression, Pose, deed_in, face_for, look_up_asked
from .role import FLOOR, Role, Thing

_TALL = {1: 400.0, 2: 372.0, 3: 330.0, 4: 300.0, 5: 268.0}
"""How high a cast member is for each number of them, in canvas units."""
_CLAUSES = re.compile(r"\b(?:while|as|and|but)\b|[,;.]")
_SHARED = frozenset("sleep run jump dance swim fly sail sit eat cheer sing walk hug read float climb".split())
"""What all do together; other deeds are the first one's alone."""


def cast_roles(
    page: PlannedPage,
    sheets: Sequence[CastSheet],
    realm: Realm,
    chance: Chance,
    size: float,
    wished: Sequence[str],
    beds: bool,
) -> list[Role]:
    """A role for each of the (at most five) members seen."""
    members = list(sheets[:5])
    if not members:
        return []
    overall = deed_in(page.action, page.beat)
    roles = [_role(page, sheet, i, overall, realm, chance) for i, sheet in enumerate(members)]
    carried = (
        realm == "afloat"
        or overall == "sail"
        or (overall == "swim" and realm == "outdoors")
        or (beds and overall == "sleep")
    )
    _spread(roles, overall, chance, size, carried)
    for role, sheet, i in zip(roles, members, range(len(roles)), strict=True):
        deed = _deed_of(page, sheet, i, overall)
        if beds and deed == "sleep":
            _to_bed(role)
        else:
            _settle(role, deed, realm, chance)
    give_things(page, roles, overall, realm, chance, wished, members)
    return roles


def _clause_of(page: PlannedPage, sheet: CastSheet) -> str | None:
    """The part of the action that names this member, where the action tells members apart."""
    name = sheet.name.split()[0].lower() if sheet.name.split() else ""
    clauses = [clause for clause in _CLAUSES.split(page.action.lower()) if clause.strip()]
    if not name or len(clauses) < 2:
        return None
    return next((clause for clause in clauses if name in clause), None)


def _deed_of(page: PlannedPage, sheet: CastSheet, number: int, overall: str) -> str:
    clause = _clause_of(page, sheet)
    if clause and (own := deed_in(clause)) != "stand":
        return own
    if number == 0 or overall in _SHARED:
        return overall
    return ("wave", "stand", "point", "cheer")[number % 4]


def _role(page: PlannedPage, sheet: CastSheet, number: int, overall: str, realm: Realm, chance: Chance) -> Role:
    deed = _deed_of(page, sheet, number, overall)
    pose = _pose_for(deed, realm, page, chance)
    shown = face_for(_clause_of(page, sheet) or page.action, page.beat)
    if deed == "sleep":
        shown = Expression("closed", "small")
    elif deed != "sleep" and shown.eyes == "closed":
        shown = Expression()
    look = look_of(sheet)
    bubble = realm in ("space", "underwater") and look.species.build not in ("fish", "octopus", "robot", "ball")
    if realm == "underwater" and look.species.muzzle == "wide":
        bubble = False
    return Role(look, Act(pose, shown, None, bubble), 0, FLOOR, 1, False)


def _pose_for(deed: str, realm: Realm, page: PlannedPage, chance: Chance) -> Pose:
    if realm == "underwater" and deed not in ("sleep", "hug", "hold", "read"):
        return POSES["swim"] if deed != "wave" else POSES["float"]
    if realm == "space" and deed in ("walk", "run", "stand", "swim", "fly"):
        return POSES[chance.one_of(("float", "jump", "wave"))]
    if deed == "swim" and realm != "aloft":
        return POSES[chance.one_of(("cheer", "wave"))]
    if deed == "sail":
        return POSES[chance.one_of(("wave", "point", "stand", "look_up"))]
    if deed == "sing":
        return replace(POSES["cheer"], tilt=-4)
    if deed == "stand" and look_up_asked(f"{page.action} {page.beat}"):
        return POSES["look_up"]
    return POSES[deed]


def _spread(roles: Sequence[Role], overall: str, chance: Chance, size: float, carried: bool) -> None:
    """Places and sizes: one stands off the middle, two face each other, more stand in two rows."""
    count = len(roles)
    wide = any(_room(role, carried) > 200 for role in roles)
    tall = _TALL[count] * (max(1.0, size) if count > 3 or carried else size)
    if count == 1:
        xs = [SIZE * chance.one_of((0.32, 0.4, 0.6, 0.68))]
    else:
        reach = {2: 0.25 if wide else 0.185, 3: 0.29, 4: 0.34, 5: 0.375}[count]
        if overall == "hug":
            reach *= 0.62
        xs = [SIZE * (0.5 - reach + 2 * reach * i / (count - 1)) + chance.around(0, 14) for i in range(count)]
        if count > 2 and chance.happens(0.5):
            xs[0], xs[1] = xs[1], xs[0]
        elif count == 2 and chance.happens(0.5):
            xs.reverse()
    gap = min((abs(a - b) for i, a in enumerate(xs) for b in xs[i + 1 :]), default=SIZE)
    for i, (role, x) in enumerate(zip(roles, xs, strict=True)):
        role.x = x
        role.y = FLOOR + chance.around(0, 8) - (34 if count > 3 and round(x) % 2 else 0)
        role.scale = min(tall / 196, gap / _room(role, carried) if overall != "hug" else 9)
        high = height_of(role.look) * role.scale
        role.scale *= min(1.0, 520 / high)
        margin = (172 if _room(role, False) > 200 else 84) * role.scale
        role.x = x = min(SIZE - margin, max(margin, x))
        centre = sum(xs) / count
        role.mirror = x > SIZE / 2 if count == 1 else x > centre + 1 or (abs(x - centre) <= 1 and chance.happens(0.5))
        if role.act.pose.posture == "lying":
            role.mirror = roles[0].mirror
        if i == 0 and count > 2 and abs(x - centre) < 40:
            role.mirror = chance.happens(0.5)


def _room(role: Role, carried: bool) -> float:
    """How wide it is, with its boat, bed or pool where it is `carried`, in a figure's units."""
    if role.look.species.build == "fish":
        return 262
    if carried:
        return 226 if role.act.pose.posture == "lying" else 225
    long = role.act.pose.posture in ("lying", "level") or role.look.species.build in ("snail", "worm", "car")
    return 205 if long else 126


def _settle(role: Role, deed: str, realm: Realm, chance: Chance) -> None:
    """Off the ground where the deed or the realm asks for it, and into a boat on the water."""
    build = role.look.species.build
    high = height_of(role.look) * role.scale
    if realm == "underwater":
        role.grounded = False
        role.y = chance.between(0.62, 0.86) * FLOOR
    elif deed == "fly":
        role.grounded = False
        role.y = FLOOR - chance.between(150, 250)
    elif deed == "swim" and realm == "afloat":
        role.grounded = False
        role.y = FLOOR + 90 if build != "fish" else FLOOR + 30
    elif realm == "afloat":
        role.grounded = False
        if build == "fish":
            role.y = FLOOR + 34
        else:
            _board(role, high)
    elif realm == "outdoors" and (deed == "swim" or build == "fish"):
        _bathe(role)
    elif deed == "sail":
        role.grounded = False
        _board(role, high)
    elif realm == "aloft":
        role.y = FLOOR - 40
        role.grounded = False
        if deed != "fly":
            role.behind.append(_cloud_under(role))
    elif role.act.pose.lift > 30:
        role.grounded = True


def _to_bed(role: Role) -> None:
    role.grounded = False
    role.behind.append(Thing(draw_bed, role.x, role.y, role.scale, role.mirror))
    role.beside.append(Thing(draw_quilt, role.x, role.y, role.scale, role.mirror))
    role.y -= 36 * role.scale


def _bathe(role: Role) -> None:
    role.grounded = False
    role.behind.append(Thing(draw_pool, role.x, role.y - 6, role.scale * 0.84))
    role.beside.append(Thing(draw_pool_front, role.x, role.y - 6, role.scale * 0.84))
    role.y += (34 if role.look.species.build != "fish" else 10) * role.scale


def _board(role: Role, high: float) -> None:
    hull = high / 300
    role.y = FLOOR - 44 * hull + 18
    role.behind.append(Thing(draw_sail, role.x, FLOOR + 44, hull * 1.2, role.mirror))
    role.beside.append(Thing(draw_hull, role.x, FLOOR + 44, hull * 1.2, role.mirror))
    if role.act.pose.posture == "lying":
        role.y -= 26


def _cloud_under(role: Role) -> Thing:
    return Thing(draw_cloud_seat, role.x, role.y + 22, role.scale)
