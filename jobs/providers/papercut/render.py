"""A scene in a style, as encoded bytes. These are the plain functions that run in the offline pool's children."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import cast

import blurhash
import numpy as np
import resvg_py
from PIL import Image

from jobs.ports import Picture, PictureBrief, PortraitBrief

from .canvas import SIZE, Mark
from .composition import compose_page, compose_portrait
from .finish import FINISHES
from .technique import TECHNIQUES, colour_layer, line_layer

PREVIEW_SIZE = 256
CONTENT_TYPE = "image/webp"
_QUALITY = {"crayon": 66, "felt": 66, "pastel": 68, "watercolor": 74}


def paint_page(brief: PictureBrief, size: int = SIZE) -> Picture:
    """The page's picture, `size` pixels wide and high: the same scene at any size."""
    return _finished(compose_page(brief).marks, brief.style, size)


def paint_portrait(brief: PortraitBrief, size: int = SIZE) -> Picture:
    return _finished(compose_portrait(brief).marks, brief.style, size)


def warm_up() -> None:
    """Makes every texture once, so that a process's first pictures are as quick as its later ones."""
    for style in FINISHES:
        for size in (PREVIEW_SIZE, SIZE):
            blank = Image.new("RGBA", (size, size), (128, 128, 128, 255))
            FINISHES[style](blank, blank)


def _finished(marks: Sequence[Mark], style: str, size: int) -> Picture:
    technique, finish = TECHNIQUES[style], FINISHES[style]
    lines = _drawn(line_layer(marks, technique), size) if technique.own_line else None
    picture = finish(_drawn(colour_layer(marks, technique), size), lines)
    return Picture(_encoded(picture, style, size), size, size, CONTENT_TYPE, _blurred(picture))


def _drawn(svg: str, size: int) -> Image.Image:
    data = resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size, skip_system_fonts=True)
    return Image.open(io.BytesIO(data)).convert("RGBA")


def _encoded(picture: Image.Image, style: str, size: int) -> bytes:
    buffer = io.BytesIO()
    quality = _QUALITY.get(style, 80) if size > PREVIEW_SIZE else 60
    picture.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()


def _blurred(picture: Image.Image) -> str:
    """A BlurHash of 4 by 4 parts, from a copy so small that the sums are quick."""
    small = picture.resize((20, 20), Image.Resampling.BOX)
    pixels = cast(list[list[list[int]]], np.asarray(small).tolist())
    return str(blurhash.encode(pixels, 4, 4))  # pyright: ignore[reportUnknownMemberType] - the package has no types
