"""Making sure that what a painter sent is the picture that was asked for. Decoding runs in a thread."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec

import blurhash
from PIL import Image, UnidentifiedImageError

from jobs.ports import Picture, VendorUnusable

_UNREADABLE = (TypeError, ValueError, UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError)
"""What is thrown at what is no base64, no picture, or none that could be meant."""
CONTENT_TYPE = "image/webp"
_QUALITY = 90
_DECODERS = ThreadPoolExecutor(2, "pictures")
"""A decoded picture takes several MiB, so there are two at most, however many books are made."""
P = ParamSpec("P")
_SMALL = 10
"""Pixels to a side that a blurhash of 4 x 4 components is made of. More would not be seen in it, and cost a lot."""


async def picture_from(encoded: str, *, size: tuple[int, int] | None = None) -> Picture:
    """The picture in base64, as WebP. `size` is what it must measure, in pixels; None where any will do.

    Raises VendorUnusable for what is empty, no picture, cut short or of another size.
    """
    return await _aside(_picture_from, encoded, size)


def _picture_from(encoded: str, size: tuple[int, int] | None) -> Picture:
    try:
        data = base64.b64decode(encoded, validate=True)
        with Image.open(io.BytesIO(data), formats=("WEBP", "PNG", "JPEG")) as image:
            _check(image, size)
            image.load()
            pixels = image if image.mode == "RGB" else image.convert("RGB")
            data = data if image.format == "WEBP" else _webp(pixels)
            return Picture(data, pixels.width, pixels.height, CONTENT_TYPE, _blurhash(pixels))
    except _UNREADABLE:
        raise VendorUnusable("a picture that can't be read") from None


async def picture_after(preview: Picture, encoded: str, *, size: tuple[int, int] | None = None) -> Picture:
    """As `picture_from`, of the scene that `preview` shows already, with its blurhash: a picture need not be decoded
    for that, and decoding is what takes longest by far. That it is whole is told by the lengths within it.
    """
    return await _aside(_picture_after, preview, encoded, size)


def _picture_after(preview: Picture, encoded: str, size: tuple[int, int] | None) -> Picture:
    try:
        data = base64.b64decode(encoded, validate=True)
        with Image.open(io.BytesIO(data), formats=("WEBP",)) as image:
            _check(image, size)
            return Picture(data, image.width, image.height, CONTENT_TYPE, preview.blurhash)
    except _UNREADABLE:
        return _picture_from(encoded, size)


def _check(image: Image.Image, size: tuple[int, int] | None) -> None:
    if size is not None and image.size != size:
        raise VendorUnusable(f"a picture of {image.width} x {image.height} pixels")


async def _aside(read: Callable[P, Picture], *args: P.args, **kwargs: P.kwargs) -> Picture:
    return await asyncio.get_running_loop().run_in_executor(_DECODERS, partial(read, *args, **kwargs))


def _webp(pixels: Image.Image) -> bytes:
    file = io.BytesIO()
    pixels.save(file, "WEBP", quality=_QUALITY)
    return file.getvalue()


def _blurhash(pixels: Image.Image) -> str:
    flat = pixels.resize((_SMALL, _SMALL), Image.Resampling.BOX).tobytes()
    width = 3 * _SMALL
    rows = [[list(flat[at : at + 3]) for at in range(row * width, (row + 1) * width, 3)] for row in range(_SMALL)]
    return blurhash.encode(rows, 4, 4)  # pyright: ignore[reportUnknownMemberType]  # the package has no types
