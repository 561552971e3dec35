"""A whole picture: what a page's words ask for, put on a stage and lit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jobs.ports import CastSheet, PictureBrief, PlannedPage, PortraitBrief

from .canvas import SIZE, Canvas, Fade, Kind
from .casting import cast_roles
from .chance import Chance
from .colour import Colour, distance, lighter, luminance, mix, rgb
from .figure import Act, draw_figure, height_of
from .looks import Look, look_of
from .mood import Mood, mood_for
from .places import PLACES, Place, place_for, somewhere
from .pose import POSES, Expression, deed_in
from .role import FLOOR, Role
from .shapes import circle, ellipse, panel, soft_star
from .stage import Stage
from .weather import draw_weather
from .wishes import Wish, wish_in

_SHOTS = ((0.84, 0.94, 560.0), (1.0, 1.0, 500.0), (1.16, 1.14, 420.0))
"""Zoom of the place, size of the cast, and horizon: a wide view, a middle one, and close by."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A page, understood."""

    place: Place
    key: str
    mood: Mood
    wish: Wish
    chance: Chance


def compose_page(brief: PictureBrief) -> Canvas:
    page = brief.page
    wish = wish_in(brief.instruction or "")
    chance = Chance("page", brief.seed, page.beat, page.place, page.action, brief.instruction or "")
    scene = _understood(page, wish, chance)
    seen = {sheet.key: sheet for sheet in brief.cast}
    sheets = [seen[key] for key in page.cast if key in seen] or list(brief.cast if not page.cast else ())
    return _staged(page, sheets, scene)


def _understood(page: PlannedPage, wish: Wish, chance: Chance) -> Scene:
    key = wish.place or place_for(page.place, page.beat, page.picture, otherwise=somewhere(chance.whole(0, 1000)))
    if PLACES[key].realm == "outdoors" and deed_in(page.action, page.beat) == "sail":
        key = "sea"
    time, weather = wish.time or page.time_of_day, wish.weather or page.weather
    return Scene(PLACES[key], key, mood_for(time, weather, chance.branch("mood")), wish, chance)


def _staged(page: PlannedPage, sheets: Sequence[CastSheet], scene: Scene) -> Canvas:
    canvas, chance = Canvas(), scene.chance
    zoom, size, horizon = _SHOTS[min(2, max(0, chance.whole(0, 2) + scene.wish.closer))]
    roles = cast_roles(
        page, sheets, scene.place.realm, chance.branch("roles"), size, scene.wish.objects, scene.key == "bedroom"
    )
    stage = Stage(
        canvas,
        chance.branch("place", scene.key),
        scene.mood,
        horizon + chance.around(0, 36),
        FLOOR,
        zoom,
        [role.x for role in roles if role.y > FLOOR - 90],
        any(role.act.pose.posture == "lying" for role in roles),
    )
    outside = scene.place.realm in ("outdoors", "afloat", "aloft")
    scene.place.behind(stage)
    if outside:
        draw_weather(canvas, scene.mood, chance.branch("far weather"), near=False)
    with canvas.lit(scene.mood.on_cast):
        _draw_cast(canvas, roles, scene)
    scene.place.before(stage)
    if outside:
        draw_weather(canvas, scene.mood, chance.branch("near weather"), near=True)
    return canvas


def _draw_cast(canvas: Canvas, roles: Sequence[Role], scene: Scene) -> None:
    land = scene.mood.at(0.1)(rgb(scene.place.land))
    if scene.place.realm in ("underwater", "space", "aloft", "afloat"):
        land = rgb(scene.place.land)
    for role in sorted(roles, key=lambda role: role.y):
        _ground_and_glow(canvas, role, land, scene)
        for thing in role.behind:
            with canvas.placed(thing.x, thing.y, thing.scale, mirror=thing.mirror):
                thing.draw(canvas)
        with canvas.placed(role.x, role.y, role.scale, mirror=role.mirror):
            draw_figure(canvas, role.look, role.act)
        for thing in role.beside:
            with canvas.placed(thing.x, thing.y, thing.scale, mirror=thing.mirror):
                thing.draw(canvas)


def _ground_and_glow(canvas: Canvas, role: Role, land: Colour, scene: Scene) -> None:
    """A shadow underfoot, and behind those who would not stand out a pool of light."""
    tall = height_of(role.look) * role.scale
    coat = scene.mood.on_cast(role.look.coat)
    close = max(0.0, 1.0 - distance(coat, land) / 0.95)
    if close > 0.05:
        glow = lighter(land, 0.55) if luminance(coat) < 0.62 else mix(land, (40, 30, 80), 0.45)
        canvas.glow(role.x, role.y - tall * 0.5, tall * 0.85, glow, 0.75 * close)
    if role.grounded:
        canvas.add(ellipse(role.x, role.y + 2, 62 * role.scale, 10 * role.scale), rgb(0x1E1838), Kind.LIGHT, 0.2)


def compose_portrait(brief: PortraitBrief) -> Canvas:
    """The character alone, on a plain ground in a colour that suits it."""
    canvas, look = Canvas(), look_of(brief.member)
    chance = Chance("portrait", brief.seed, brief.member.name, brief.member.appearance)
    ground = _portrait_ground(look, chance)
    canvas.add(panel(-20, -20, SIZE + 40, SIZE + 40), Fade(lighter(ground, 0.34), ground), Kind.WASH)
    canvas.add(circle(512, 520, 400), lighter(ground, 0.42), Kind.THING)
    for _ in range(14):
        x, y = chance.between(30, 994), chance.between(30, 700)
        if (x - 512) ** 2 + (y - 520) ** 2 > 430**2:
            canvas.add(soft_star(x, y, chance.between(10, 20), 5, 0.5), lighter(ground, 0.55), Kind.DETAIL)
    canvas.add(ellipse(512, 1010, 660, 190), mix(ground, (60, 50, 90), 0.18), Kind.LAND)
    scale = min(3.35, 690 / height_of(look), 640 / _width(look))
    canvas.add(ellipse(512, 900, 66 * scale, 11 * scale), rgb(0x1E1838), Kind.LIGHT, 0.2)
    pose = replace(POSES[chance.one_of(("stand", "wave", "stand"))], turn=0.25)
    with canvas.placed(512, 898, scale):
        draw_figure(canvas, look, Act(pose, Expression()))
    return canvas


def _width(look: Look) -> float:
    return {"fish": 226, "snail": 190, "worm": 200, "car": 180, "octopus": 190}.get(look.species.build, 170) * look.size


def _portrait_ground(look: Look, chance: Chance) -> Colour:
    grounds = [rgb(value) for value in (0x8FC1B5, 0xF2C879, 0xE8A598, 0xA9B7DE, 0xB7CF8E, 0xC9AEDC)]
    worn = next(iter(look.garments.values()), look.coat)
    ranked = sorted(grounds, key=lambda ground: -min(distance(ground, look.coat), distance(ground, worn)))
    return chance.one_of(ranked[:3])
