"""Where only stories go: space and the sky."""

from __future__ import annotations

from ..canvas import SIZE, Fade, Kind
from ..colour import Colour, darker, lighter, mix, rgb
from ..shapes import circle, ellipse, limb, panel, polygon, ridge, star
from ..sky import cloud, draw_sky
from ..stage import Stage
from .place import Place

_PLANETS = tuple(map(rgb, (0xF2A65A, 0xE0788C, 0x6FB8C4, 0xB59AE0, 0xF3D27A)))


def _space(stage: Stage) -> None:
    canvas, chance = stage.canvas, stage.chance
    top, foot = chance.one_of(((0x171338, 0x51388A), (0x10203F, 0x2F5C8C), (0x241040, 0x7A3F86)))
    canvas.add(panel(-20, -20, SIZE + 40, SIZE + 40), Fade(rgb(top), rgb(foot)), Kind.WASH)
    for _ in range(4):
        canvas.add(
            ellipse(
                chance.between(0, SIZE), chance.between(60, 700), chance.between(180, 340), chance.between(50, 110), -22
            ),
            lighter(rgb(foot), 0.3),
            Kind.LIGHT,
            0.1,
        )
    for _ in range(130):
        canvas.add(
            circle(chance.between(0, SIZE), chance.between(0, SIZE), chance.between(1.2, 3.6)),
            rgb(0xFFF3D6),
            Kind.LIGHT,
            chance.between(0.4, 1),
        )
    for _ in range(8):
        canvas.add(
            star(chance.between(30, 990), chance.between(30, 560), chance.between(8, 15), 4, 0.32),
            rgb(0xFFEFC4),
            Kind.DETAIL,
        )
    _planet(stage, chance.between(140, 330), chance.between(140, 300), chance.between(60, 110), True)
    _planet(stage, chance.between(700, 900), chance.between(110, 380), chance.between(36, 70), False)
    if chance.happens(0.6):
        _rocket(stage, chance.between(430, 640), chance.between(130, 300))
    ground = rgb(chance.one_of((0xD9D2E6, 0xE9B48A, 0xB9C6E0)))
    for share, depth in ((0.3, 0.5), (0.0, 0.0)):
        y = stage.floor - 70 - share * 190
        skyline = [(-60 + 1144 * i / 4, y + chance.around(0, 24) + abs(i - 2) * 16) for i in range(5)]
        tone = mix(ground, rgb(foot), depth * 0.9)
        canvas.add(ridge(skyline, SIZE + 30), Fade(tone, mix(tone, rgb(foot), 0.32)), Kind.LAND)
    for _ in range(9):
        x, y = chance.between(0, SIZE), chance.between(stage.floor - 20, SIZE)
        wide = 16 + 44 * (y - stage.floor + 20) / 190
        canvas.add(ellipse(x, y, wide, wide * 0.3), darker(ground, 0.2), Kind.DETAIL)
        canvas.add(ellipse(x, y + wide * 0.07, wide * 0.84, wide * 0.22), darker(ground, 0.1), Kind.DETAIL)


def _planet(stage: Stage, x: float, y: float, radius: float, ringed: bool) -> None:
    tint, canvas = stage.chance.one_of(_PLANETS), stage.canvas
    canvas.add(circle(x, y, radius), tint)
    for dy, reach in ((-0.4, 0.86), (0.05, 0.96), (0.45, 0.82)):
        canvas.add(ellipse(x, y + dy * radius, radius * reach, radius * 0.1, -8), lighter(tint, 0.25), Kind.DETAIL)
    if ringed:
        canvas.line(ellipse(x, y, radius * 1.65, radius * 0.36, -14), lighter(tint, 0.55), radius * 0.13, 0.9)


def _rocket(stage: Stage, x: float, y: float) -> None:
    canvas = stage.canvas
    with canvas.placed(x, y, 0.62, turn=stage.chance.between(20, 60)):
        canvas.add(limb([(0, 90), (0, 130), (0, 170)], 44, 8), rgb(0xF6A84A))
        for side in (-1, 1):
            canvas.add(polygon([(side * 30, 30), (side * 74, 96), (side * 30, 84)]), rgb(0xD9584A))
        canvas.add(limb([(0, 70), (0, 0), (0, -90)], 84, 30), rgb(0xF6F0E6))
        canvas.add(polygon([(-29, -62), (0, -132), (29, -62)]), rgb(0xD9584A))
        canvas.add(circle(0, -14, 22), rgb(0x7FC4DC))


def _sky(stage: Stage) -> None:
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), SIZE, 1.4)
    canvas, chance, mood = stage.canvas, stage.chance, stage.mood
    if chance.happens(0.5) and not mood.night:
        for i, tint in enumerate((0xE9695A, 0xF2A65A, 0xF6D368, 0x7FBF7A, 0x6FA8DC, 0x9A7FC8)):
            canvas.line(
                ellipse(512, stage.floor + 60, 620 - i * 24, 560 - i * 24), mix(rgb(tint), mood.foot, 0.25), 24, 0.75
            )
    floor = _cloud_tone(stage, 0.1)
    canvas.add(panel(-20, stage.floor - 60, SIZE + 40, SIZE), floor, Kind.WASH)
    for depth, y, size in (
        (0.55, stage.horizon + 110, 120),
        (0.3, stage.floor - 130, 170),
        (0.1, stage.floor - 40, 210),
    ):
        for i in range(5):
            x = SIZE * (i + chance.between(0.1, 0.9)) / 5
            cloud(canvas, x, y + chance.around(0, 26), size * chance.between(0.85, 1.15), _cloud_tone(stage, depth))
    canvas.add(panel(-20, stage.floor - 6, SIZE + 40, SIZE), floor, Kind.WASH)


def _cloud_tone(stage: Stage, depth: float) -> Colour:
    mood = stage.mood
    bright = mix(mood.foot, (255, 255, 255), 0.34 if mood.night else 0.78)
    return mix(bright, mood.top, depth * 0.7)


def _sky_front(stage: Stage) -> None:
    for x in (-20, 250, 520, 790, 1050):
        at = x + stage.chance.around(0, 40)
        cloud(stage.canvas, at, SIZE - 4, 170, _cloud_tone(stage, 0.24))
        cloud(stage.canvas, at + 90, SIZE + 26, 150, _cloud_tone(stage, 0.0))


PLACES = {
    "space": Place(_space, realm="space", land=0xD9D2E6),
    "sky": Place(_sky, _sky_front, realm="aloft", land=0xE6EEF4),
}
