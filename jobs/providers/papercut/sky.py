"""Skies: their light, sun and moon, stars, clouds."""

from __future__ import annotations

from models.vocabulary import TimeOfDay, Weather

from .canvas import SIZE, Canvas, Fade, Kind
from .chance import Chance
from .colour import Colour, lighter, mix, rgb
from .mood import Mood
from .shapes import blob, circle, curve, panel, star

_MOON = rgb(0xFFF0CC)


def draw_sky(canvas: Canvas, mood: Mood, chance: Chance, foot: float = SIZE, busy: float = 1.0) -> None:
    """Fills the canvas down to `foot`; `busy` scales how much hangs in the sky."""
    canvas.add(panel(-20, -20, SIZE + 40, foot + 22), Fade(mood.top, mood.foot), Kind.WASH)
    canvas.add(panel(-20, foot, SIZE + 40, SIZE - foot + 20), mood.foot, Kind.WASH)
    veiled = mood.weather in (Weather.RAIN, Weather.SNOW, Weather.FOG)
    if mood.time in (TimeOfDay.NIGHT, TimeOfDay.DUSK) and not veiled:
        _stars(canvas, chance.branch("stars"), foot, 90 if mood.night else 26)
    if mood.weather is not Weather.RAIN:
        _light(canvas, mood, chance.branch("light"), foot)
    count = {Weather.CLEAR: 2, Weather.CLOUDY: 6, Weather.RAIN: 6, Weather.SNOW: 4, Weather.WIND: 4, Weather.FOG: 2}
    _clouds(canvas, mood, chance.branch("clouds"), foot, round(count[mood.weather] * busy))
    if mood.time is not TimeOfDay.NIGHT and not veiled and chance.happens(0.6):
        _birds(canvas, mood, chance.branch("birds"), foot)


def _stars(canvas: Canvas, chance: Chance, foot: float, count: int) -> None:
    for _ in range(count):
        x, y = chance.between(0, SIZE), chance.between(0, foot * 0.92)
        faint = chance.between(0.35, 0.95) * (1 - 0.6 * y / max(foot, 1))
        canvas.add(circle(x, y, chance.between(1.2, 3.4)), _MOON, Kind.LIGHT, faint)
    for _ in range(5):
        canvas.add(
            star(chance.between(40, 980), chance.between(30, foot * 0.5), chance.between(6, 11), 4, 0.34),
            _MOON,
            Kind.DETAIL,
        )


def _light(canvas: Canvas, mood: Mood, chance: Chance, foot: float) -> None:
    x = chance.one_of((chance.between(130, 340), chance.between(690, 890)))
    if mood.night:
        y, radius = chance.between(120, max(150, foot * 0.42)), chance.between(66, 104)
        canvas.glow(x, y, radius * 2.6, _MOON, 0.42)
        draw_moon(canvas, x, y, radius, chance.happens(0.3), mix(mood.top, mood.foot, y / max(foot, 1)))
        return
    low = mood.time in (TimeOfDay.DAWN, TimeOfDay.DUSK)
    y = foot * chance.between(0.62, 0.86) if low else chance.between(100, max(130, foot * 0.36))
    radius = chance.between(72, 100) if low else chance.between(56, 78)
    colour = {TimeOfDay.DAWN: rgb(0xFFE3A8), TimeOfDay.DUSK: rgb(0xFFCF7E)}.get(mood.time, rgb(0xFFE08A))
    canvas.glow(x, y, radius * 3.2, lighter(colour, 0.3), 0.62)
    canvas.add(circle(x, y, radius), colour, Kind.THING)


def draw_moon(canvas: Canvas, x: float, y: float, radius: float, crescent: bool, sky: Colour) -> None:
    canvas.add(circle(x, y, radius), _MOON, Kind.THING)
    if crescent:
        canvas.add(circle(x + radius * 0.42, y - radius * 0.12, radius * 0.86), sky, Kind.WASH)
        return
    for dx, dy, share in ((-0.34, -0.38, 0.17), (0.26, 0.3, 0.25), (-0.3, 0.42, 0.1), (0.4, -0.4, 0.09)):
        canvas.add(circle(x + dx * radius, y + dy * radius, radius * share), rgb(0xEEDCA8), Kind.DETAIL)


def cloud(canvas: Canvas, x: float, y: float, size: float, colour: Colour, faint: float = 1.0) -> None:
    """A flat-footed heap about 2.4 times `size` wide."""
    heap = [
        (-1.2, 0.12),
        (-1.12, -0.18),
        (-0.72, -0.3),
        (-0.44, -0.72),
        (0.12, -0.78),
        (0.42, -0.42),
        (0.8, -0.46),
        (1.14, -0.14),
        (1.2, 0.14),
        (0.6, 0.22),
        (-0.6, 0.22),
    ]
    canvas.add(blob([(x + u * size, y + v * size) for u, v in heap]), colour, Kind.THING, faint)


def _clouds(canvas: Canvas, mood: Mood, chance: Chance, foot: float, count: int) -> None:
    base = mix(mood.foot, (255, 255, 255), 0.12 if mood.night else 0.62)
    if mood.weather is Weather.RAIN:
        base = mix(mood.top, (228, 234, 242), 0.32)
    for i in range(count):
        x = SIZE * (i + chance.between(0.1, 0.9)) / max(1, count)
        y = chance.between(0.08, 0.6) * foot
        size = chance.between(52, 104) * (0.62 + 0.5 * (1 - y / max(foot, 1)))
        if mood.weather is Weather.RAIN:
            y, size = chance.between(30, 0.34 * foot), size * 1.35
        tone = mix(base, mood.top, chance.between(0.0, 0.22))
        cloud(canvas, x, y, size, tone, 0.94)
        cloud(canvas, x - size * 0.28, y + size * 0.16, size * 0.62, lighter(tone, 0.2), 0.92)


def _birds(canvas: Canvas, mood: Mood, chance: Chance, foot: float) -> None:
    x, y = chance.between(200, 760), chance.between(0.2, 0.5) * foot
    for _ in range(chance.whole(2, 4)):
        u, v, wing = x + chance.around(0, 90), y + chance.around(0, 50), chance.between(9, 15)
        bird = curve(
            [
                (u - wing, v - wing * 0.35),
                (u - wing * 0.4, v - wing * 0.5),
                (u, v),
                (u + wing * 0.4, v - wing * 0.5),
                (u + wing, v - wing * 0.35),
            ]
        )
        canvas.line(bird, mix(mood.top, (40, 34, 66), 0.62), 3.2)
