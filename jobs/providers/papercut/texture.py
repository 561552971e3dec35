"""Grounds and grains, made once a process for each size: paper, fibres, strokes, wood, and the maps that roughen edges.

All are fixed patterns; a picture's own luck only chooses among them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grid = NDArray[np.float32] | NDArray[np.float64]


def _noise(size: int, seed: int) -> Grid:
    return np.random.default_rng(seed).standard_normal((size, size), dtype=np.float32)


def _resized(grid: Grid, width: int, height: int) -> Grid:
    return np.asarray(Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)


@lru_cache(maxsize=64)
def clouds(size: int, grain: float, seed: int) -> Grid:
    """Soft noise with patches about `grain` thousandths of the picture wide; mean 0, deviation 1."""
    cells = max(4, round(1000 / grain))
    field = _resized(_noise(cells, seed), size, size)
    return (field - field.mean()) / (field.std() + 1e-6)


@lru_cache(maxsize=32)
def strokes(size: int, angle: float, length: int, seed: int) -> Grid:
    """Noise drawn out along `angle` (degrees): wax strokes, brush hairs, cloth fibres; mean 0, deviation 1."""
    wide = int(size * 1.5)
    field = _noise(wide, seed)
    drawn = _resized(_resized(field, max(2, wide // length), wide), wide, wide)
    picture = Image.fromarray(drawn).rotate(angle, Image.Resampling.BILINEAR)
    edge = (wide - size) // 2
    cut = np.asarray(picture, dtype=np.float32)[edge : edge + size, edge : edge + size]
    return (cut - cut.mean()) / (cut.std() + 1e-6)


@lru_cache(maxsize=8)
def wood(size: int) -> Grid:
    """Wavy rings of a plank; mean about 0, -1 in the grooves."""
    down, across = np.mgrid[0:size, 0:size].astype(np.float32) / size
    wave = clouds(size, 300, 71) * 0.035 + np.sin(across * 5) * 0.012
    return np.sin((down + wave) * 150) * 0.6 + strokes(size, 0, 40, 72) * 0.5


@lru_cache(maxsize=64)
def grey(name: str, size: int) -> Image.Image:
    """A pattern as an RGB picture around middle grey, to be laid over a painting."""
    scale = size / 1024
    field, spread = _PATTERNS[name](size, scale)
    flat = np.clip(128 + field * spread, 0, 255).astype(np.uint8)
    return Image.merge("RGB", [Image.fromarray(flat)] * 3)


def _tooth(size: int, scale: float) -> tuple[Grid, float]:
    return clouds(size, 2.6, 5) * 0.9 + clouds(size, 7, 6) * 0.45, 8


_PATTERNS: dict[str, Callable[[int, float], tuple[Grid, float]]] = {
    "tooth": _tooth,
    "fibre": lambda size, scale: (
        _noise(size, 11) * 0.6 + strokes(size, 28, 6, 12) * 0.5 + clouds(size, 90, 13) * 0.5,
        5.0,
    ),
    "wash": lambda size, scale: (
        clouds(size, 150, 21) * 0.8 + clouds(size, 55, 22) * 0.55 + clouds(size, 12, 23) * 0.3,
        13,
    ),
    "streaks": lambda size, scale: (
        strokes(size, 8, 46, 31) * 0.8 + strokes(size, -14, 30, 32) * 0.5 + clouds(size, 160, 33) * 0.7,
        4.0,
    ),
    "wool": lambda size, scale: (
        strokes(size, 35, 9, 41) * 0.6
        + strokes(size, -40, 9, 42) * 0.6
        + strokes(size, 85, 7, 43) * 0.5
        + _noise(size, 44) * 0.35,
        8,
    ),
    "plank": lambda size, scale: (wood(size) + _noise(size, 51) * 0.25, 9),
    "chalk": lambda size, scale: (
        strokes(size, 38, 14, 61) * 0.5 + _noise(size, 62) * 0.5 + clouds(size, 120, 63) * 0.5,
        8,
    ),
    "wax": lambda size, scale: (strokes(size, 48, 22, 81) * 0.6 + clouds(size, 8, 82) * 0.4, 10),
}


@lru_cache(maxsize=64)
def mask(name: str, size: int) -> Image.Image:
    """Where paper shows through, 0 to 255."""
    field = _MASKS[name](size)
    return Image.fromarray(np.clip(field, 0, 255).astype(np.uint8))


def _ramp(field: Grid, start: float, slope: float, most: float) -> Grid:
    return np.clip((field - start) * slope, 0, 1) * most


def _frame(size: int, margin: float, ragged: float, softness: float, seed: int) -> Grid:
    """255 outside a ragged-edged rectangle that lies `margin` thousandths inside the picture."""
    line = np.arange(size, dtype=np.float32) / size * 1000
    inside = np.minimum(
        np.minimum(line[None, :], 1000 - line[None, :]), np.minimum(line[:, None], 1000 - line[:, None])
    )
    wobble = clouds(size, 75, seed) * ragged + clouds(size, 16, seed + 1) * ragged * 0.22
    return np.clip((margin + wobble - inside) / softness + 0.5, 0, 1) * 255


_MASKS: dict[str, Callable[[int], Grid]] = {
    "wax one": lambda size: _ramp(
        strokes(size, 52, 30, 91) * 0.75 + _noise(size, 92) * 0.55 + clouds(size, 7, 93) * 0.4, 1.0, 1.0, 120
    ),
    "wax two": lambda size: _ramp(
        strokes(size, -38, 30, 94) * 0.75 + _noise(size, 95) * 0.55 + clouds(size, 7, 96) * 0.4, 1.1, 1.0, 115
    ),
    "chalk": lambda size: _ramp(
        strokes(size, 40, 18, 97) * 0.5 + _noise(size, 98) * 0.75 + clouds(size, 6, 99) * 0.45, 1.15, 0.9, 110
    ),
    "dry": lambda size: _ramp(strokes(size, 6, 60, 101) * 0.8 + clouds(size, 6, 102) * 0.6, 1.9, 0.9, 120),
    "specks": lambda size: _ramp(clouds(size, 4, 103) * 0.8 + strokes(size, 0, 24, 104) * 0.6, 2.0, 1.6, 150),
    "painted edge": lambda size: _frame(size, 26, 7.5, 5, 111),
    "waxen edge": lambda size: _frame(size, 22, 6, 9, 121),
    "washed edge": lambda size: _frame(size, 38, 11, 22, 131),
    "printed edge": lambda size: _frame(size, 30, 1.2, 2, 141),
    "chalky edge": lambda size: _frame(size, 16, 7, 14, 151),
    "pen": lambda size: _ramp(clouds(size, 5, 161), 1.1, 1.0, 150),
}


@lru_cache(maxsize=24)
def roughening(size: int, reach: float, grain: float, fuzz: float) -> NDArray[np.int32]:
    """For each pixel, the one to take instead: wanders up to about `reach` pixels (of 1024) over `grain` thousandths,
    and by `fuzz` pixels at random."""
    scale = size / 1024
    down, across = np.mgrid[0:size, 0:size]
    seed = round(grain * 7 + reach)
    dx = clouds(size, grain, seed) * reach * scale + _noise(size, seed + 2) * fuzz * scale
    dy = clouds(size, grain, seed + 1) * reach * scale + _noise(size, seed + 3) * fuzz * scale
    x = np.clip(across + np.rint(dx).astype(np.int32), 0, size - 1)
    y = np.clip(down + np.rint(dy).astype(np.int32), 0, size - 1)
    return (y * size + x).astype(np.int32)


def roughened(picture: Image.Image, reach: float, grain: float, fuzz: float = 0.0) -> Image.Image:
    """The RGBA picture with its edges moved."""
    size = picture.width
    pixels = np.frombuffer(picture.tobytes(), dtype=np.uint32)
    moved = pixels[roughening(size, reach, grain, fuzz).ravel()]
    return Image.frombuffer("RGBA", (size, size), moved.tobytes(), "raw", "RGBA", 0, 1)
