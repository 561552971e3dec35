"""What falls, blows and drifts between us and the scene."""

from __future__ import annotations

from models.vocabulary import Weather

from .canvas import SIZE, Canvas, Kind
from .chance import Chance
from .colour import lighter, mix, rgb
from .mood import Mood
from .shapes import circle, curve, ellipse, leaf, star


def draw_weather(canvas: Canvas, mood: Mood, chance: Chance, near: bool) -> None:
    """`near` is the layer in front of the cast; the other lies behind it."""
    if mood.weather is Weather.RAIN:
        _rain(canvas, mood, chance, 70 if near else 90, 1.25 if near else 0.8)
    elif mood.weather is Weather.SNOW:
        _snow(canvas, chance, 60 if near else 110, 1.3 if near else 0.75)
    elif mood.weather is Weather.FOG:
        _fog(canvas, mood, chance, near)
    elif mood.weather is Weather.WIND and near:
        _wind(canvas, mood, chance)


def _rain(canvas: Canvas, mood: Mood, chance: Chance, count: int, size: float) -> None:
    tone = lighter(mood.foot, 0.62)
    for _ in range(count):
        x, y, length = chance.between(-20, SIZE + 60), chance.between(-40, SIZE), chance.between(20, 40) * size
        canvas.line(curve([(x, y), (x - length * 0.24, y + length)]), tone, 2.2 * size, 0.62)
    if size > 1:
        for _ in range(9):
            x, y = chance.between(30, 994), chance.between(SIZE * 0.86, SIZE - 10)
            canvas.line(ellipse(x, y, 17, 4.6), tone, 2.4, 0.7)


def _snow(canvas: Canvas, chance: Chance, count: int, size: float) -> None:
    for _ in range(count):
        x, y = chance.between(0, SIZE), chance.between(0, SIZE)
        radius = chance.between(2.4, 6.4) * size
        if radius > 7:
            canvas.add(star(x, y, radius * 1.5, 6, 0.42), rgb(0xFFFFFF), Kind.DETAIL, 0.95)
        else:
            canvas.add(circle(x, y, radius), rgb(0xFFFFFF), Kind.LIGHT, chance.between(0.65, 0.98))


def _fog(canvas: Canvas, mood: Mood, chance: Chance, near: bool) -> None:
    tone = mix(mood.haze, (255, 255, 255), 0.3 if not mood.night else 0.12)
    for i in range(4 if near else 6):
        y = SIZE * ((0.72 if near else 0.34) + 0.085 * i) + chance.around(0, 20)
        x = chance.between(100, 900)
        canvas.add(
            ellipse(x, y, chance.between(340, 640), chance.between(18, 40)), tone, Kind.LIGHT, 0.24 if near else 0.34
        )


def _wind(canvas: Canvas, mood: Mood, chance: Chance) -> None:
    tone = lighter(mood.foot, 0.55)
    for _ in range(6):
        x, y, long = chance.between(-60, 760), chance.between(80, 470), chance.between(150, 280)
        gust = [
            (x, y),
            (x + long * 0.4, y - 12),
            (x + long * 0.8, y + 4),
            (x + long, y - 18),
            (x + long * 0.94, y - 44),
            (x + long * 0.84, y - 34),
            (x + long * 0.88, y - 22),
        ]
        canvas.line(curve(gust), tone, 5, 0.72)
    for _ in range(16):
        x, y = chance.between(0, SIZE), chance.between(60, 900)
        dx, dy = chance.between(12, 26), chance.around(0, 14)
        canvas.add(
            leaf((x, y), (x + dx, y + dy), 12),
            chance.one_of((rgb(0xE9A044), rgb(0xD9694A), rgb(0x9CB85A))),
            Kind.DETAIL,
        )
