"""Which colours a style owns: each tone takes a scene's colour and gives the paint that the style would use for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from .canvas import Kind, Mark
from .colour import Colour, distance, luminance, mix, rgb, saturated

Tone = Callable[[Colour, Mark], Colour]

PAPERS: dict[str, Colour] = {
    "watercolor": rgb(0xFCF8EF),
    "papercut": rgb(0xF6EFE2),
    "crayon": rgb(0xFAF5E8),
    "gouache": rgb(0xF4E9D4),
    "ink": rgb(0xF7F0E0),
    "pastel": rgb(0xE9DCCB),
    "woodblock": rgb(0xF3E7CC),
    "felt": rgb(0xE9DDC9),
}

_BLOCKS: tuple[Colour, ...] = tuple(
    rgb(int(value, 16))
    for value in (
        "22304F 35577D 6D97AE B5CDC9 4E6B4A 86995A E9C77B F0C24B DD9440 E5823F "
        "C9573C 8F3A35 DFA394 8E7FA3 8A6A4B 53413F C9B89C F3E7CC"
    ).split()
)
"""A print shop's inks: everything is one of these."""


def _watercolor(colour: Colour, mark: Mark) -> Colour:
    paper = PAPERS["watercolor"]
    if mark.kind in (Kind.DETAIL, Kind.LINE):
        return colour
    thin = 0.12 if mark.kind is Kind.BODY else 0.26 + 0.12 * mark.depth
    return mix(saturated(colour, 1.12), paper, thin)


def _papercut(colour: Colour, mark: Mark) -> Colour:
    return saturated(colour, 1.06)


def _crayon(colour: Colour, mark: Mark) -> Colour:
    return mix(saturated(colour, 1.3), PAPERS["crayon"], 0.06)


def _gouache(colour: Colour, mark: Mark) -> Colour:
    """Sun-warmed and a little chalky, as opaque paint dries."""
    return mix(saturated(mix(colour, (240, 152, 70), 0.15), 1.35), (248, 232, 200), 0.12)


def _ink(colour: Colour, mark: Mark) -> Colour:
    if mark.kind in (Kind.DETAIL, Kind.LINE) and mark.depth == 0 and luminance(colour) < 0.3:
        return colour
    thin = 0.16 if mark.kind in (Kind.BODY, Kind.DETAIL, Kind.LINE) else 0.52
    return mix(saturated(colour, 1.05), PAPERS["ink"], thin)


def _pastel(colour: Colour, mark: Mark) -> Colour:
    if mark.kind in (Kind.DETAIL, Kind.LINE):
        return mix(colour, (255, 240, 230), 0.06)
    return mix(saturated(colour, 1.12), (255, 236, 226), 0.15 if mark.kind is not Kind.BODY else 0.04)


@lru_cache(maxsize=4096)
def _nearest_block(colour: Colour) -> Colour:
    return min(_BLOCKS, key=lambda ink: distance(colour, ink))


def _woodblock(colour: Colour, mark: Mark) -> Colour:
    if mark.kind is Kind.LIGHT:
        return colour
    return _nearest_block(saturated(colour, 1.1))


def _felt(colour: Colour, mark: Mark) -> Colour:
    return mix(saturated(colour, 0.94), (214, 196, 176), 0.08)


TONES: dict[str, Tone] = {
    "watercolor": _watercolor,
    "papercut": _papercut,
    "crayon": _crayon,
    "gouache": _gouache,
    "ink": _ink,
    "pastel": _pastel,
    "woodblock": _woodblock,
    "felt": _felt,
}
