"""Forest, meadow, farm and garden."""

from __future__ import annotations

from .. import flora
from ..canvas import SIZE, Kind
from ..colour import rgb
from ..shapes import curve, ellipse, limb
from ..sky import draw_sky
from ..stage import Stage
from . import buildings
from .place import Place
from .planting import along, around_cast, foreground, tufts

_FOREST = rgb(0x3F8463)
_MEADOW = rgb(0x7DB55E)
_CORN = rgb(0xE3C05F)


def rolling(stage: Stage, colours: tuple[int, int, int]) -> None:
    """Sky, two far ridges and the near ground in front: the bones of most landscapes."""
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), stage.horizon + 60)
    span = stage.floor - stage.horizon
    stage.hill(stage.horizon, 50, rgb(colours[0]), 1.0)
    stage.hill(stage.horizon + span * 0.22, 36, rgb(colours[1]), 0.74)
    stage.hill(stage.horizon + span * 0.46, 28, rgb(colours[2]), 0.44)


def ground(stage: Stage, colour: int, share: float = 0.66) -> None:
    """The layer that the cast stands on."""
    stage.hill(stage.horizon + (stage.floor - stage.horizon) * share, 14, rgb(colour), 0.12, 3)


def _forest(stage: Stage) -> None:
    draw_sky(stage.canvas, stage.mood, stage.chance.branch("sky"), stage.horizon + 80)
    span = stage.floor - stage.horizon
    trees = stage.chance.one_of(((flora.pine,), (flora.pine, flora.round_tree), (flora.round_tree, flora.birch)))
    far = stage.hill(stage.horizon - 10, 40, rgb(0x4E7F80), 1.0)
    along(stage, far, (flora.pine,), rgb(0x4E7F80), 13, 0.92, 0.42 * stage.zoom)
    middle = stage.hill(stage.horizon + span * 0.26, 30, rgb(0x4B8A70), 0.7)
    along(stage, middle, trees, rgb(0x3F7F68), 8, 0.6, 0.62 * stage.zoom)
    ground(stage, 0x5A9A62, 0.56)
    around_cast(stage, trees, _FOREST, 9, 185, stage.horizon + span * 0.55, 1.15)
    around_cast(
        stage,
        (flora.bush, flora.fern, flora.mushroom, flora.stump),
        rgb(0x4F9160),
        7,
        130,
        stage.horizon + span * 0.72,
        0.8,
    )
    stage.hill(stage.floor - 44, 10, rgb(0x4C8B58), 0.02, 3)


def _forest_front(stage: Stage) -> None:
    tufts(stage, (flora.grass, flora.mushroom, flora.flower), rgb(0x3E7F55), 9)
    foreground(stage, (flora.fern, flora.bush, flora.fern), rgb(0x2C5F4B), 6, 1.25)


def _meadow(stage: Stage) -> None:
    rolling(stage, (0x7FA88E, 0x84B27A, 0x8CBC6C))
    span = stage.floor - stage.horizon
    around_cast(stage, (flora.round_tree, flora.bush), rgb(0x5E9C58), 5, 170, stage.horizon + span * 0.3, 0.9)
    ground(stage, 0x93C46A)
    around_cast(
        stage, (flora.flower, flora.flower, flora.grass), rgb(0x6FA653), 22, 70, stage.horizon + span * 0.7, 1.0
    )
    stage.hill(stage.floor - 40, 12, rgb(0x7FB65B), 0.02, 3)


def _meadow_front(stage: Stage) -> None:
    tufts(stage, (flora.flower, flora.grass, flora.flower), rgb(0x5B9A4C), 14, 0.95)
    foreground(stage, (flora.grass, flora.flower), rgb(0x3F7F4A), 8, 1.9)


def _farm(stage: Stage) -> None:
    rolling(stage, (0x8FB08C, 0xC9C06C, 0xA9C06A))
    canvas, span = stage.canvas, stage.floor - stage.horizon
    with canvas.lit(stage.mood.at(0.3), 0.3):
        for i in range(9):
            x = -80 + i * 150
            canvas.line(
                curve([(x + 160, stage.horizon + span * 0.3), (x, stage.horizon + span * 0.62)]), rgb(0xA89A4E), 5, 0.5
            )
    buildings.placed_far(stage, buildings.barn, 0.62, 0.9)
    buildings.placed_far(
        stage, stage.chance.one_of((buildings.windmill, buildings.haystack, buildings.cottage)), 0.46, 0.8
    )
    ground(stage, 0x8DBB62)
    _fence(stage, stage.horizon + span * 0.74)
    around_cast(stage, (flora.bush, buildings.haystack_plant), _MEADOW, 4, 180, stage.horizon + span * 0.7, 0.8)
    stage.hill(stage.floor - 42, 10, rgb(0x80B058), 0.02, 3)


def _fence(stage: Stage, y: float) -> None:
    depth = stage.depth_at(y)
    with stage.canvas.lit(stage.mood.at(depth), depth):
        for rail in (-52, -28):
            stage.canvas.add(
                limb([(-30, y + rail), (SIZE / 2, y + rail - 6), (SIZE + 30, y + rail)], 9, 9), rgb(0xE9D9BC)
            )
        for i in range(10):
            stage.canvas.add(limb([(i * 118 - 10, y + 4), (i * 118 - 10, y - 66)], 15, 13), rgb(0xF3E6CC))


def _farm_front(stage: Stage) -> None:
    tufts(stage, (flora.grass, flora.flower), rgb(0x6A9C4C), 10, 0.85)
    foreground(stage, (flora.grass,), rgb(0xB59A45), 7, 2.0)


def _garden(stage: Stage) -> None:
    rolling(stage, (0x86AE94, 0x7FB080, 0x84B873))
    span = stage.floor - stage.horizon
    buildings.placed_far(stage, buildings.cottage, 0.5, 1.0)
    _fence(stage, stage.horizon + span * 0.6)
    ground(stage, 0x97C671, 0.62)
    around_cast(stage, (flora.round_tree,), rgb(0x5C9A5C), 4, 200, stage.horizon + span * 0.62, 1.0)
    around_cast(
        stage, (flora.flower, flora.bush, flora.flower), rgb(0x62A05C), 18, 96, stage.horizon + span * 0.72, 1.05
    )
    with stage.canvas.lit(stage.mood.at(0.05)):
        stage.canvas.add(ellipse(512, stage.floor + 40, 620, 86), rgb(0xE9D3A4), Kind.LAND)


def _garden_front(stage: Stage) -> None:
    tufts(stage, (flora.flower, flora.flower, flora.grass, flora.mushroom), rgb(0x4F9050), 13, 1.05)
    foreground(stage, (flora.flower, flora.bush), rgb(0x3C7A4C), 7, 1.6)


PLACES = {
    "forest": Place(_forest, _forest_front),
    "meadow": Place(_meadow, _meadow_front),
    "farm": Place(_farm, _farm_front),
    "garden": Place(_garden, _garden_front),
}
