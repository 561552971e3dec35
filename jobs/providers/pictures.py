"""Making sure that what a painter sent is the picture that was asked for. Decoding runs in a thread."""

from __future__ import annotations

import asyncio
import base64
import io

import blurhash
from PIL import Image, UnidentifiedImageError

from jobs.ports import Picture, VendorUnusable

_UNREADABLE = (TypeError, ValueError, UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError)
"""What is thrown at what is no base64, no picture, or none that could be meant."""
CONTENT_TYPE = "image/webp"
_QUALITY = 90
_SMALL = 10
"""Pixels to a side that a blurhash of 4 x 4 components is made of. More would not be seen in it, and cost a lot."""


async def picture_from(encoded: str, *, size: tuple[int, int] | None) -> Picture:
    """The picture in base64, as WebP. `size` is what it must measure, in pixels; None where any will do.

    Raises VendorUnusable for what is empty, no picture, cut short or of another size.
    """
    return await asyncio.to_thread(_picture_from, encoded, size)


def _picture_from(encoded: str, size: tuple[int, int] | None) -> Picture:
    try:
        data = base64.b64decode(encoded, validate=True)
        with Image.open(io.BytesIO(data), formats=("WEBP", "PNG", "JPEG")) as image:
            if size is not None and image.size != size:
                raise VendorUnusable(f"a picture of {image.width} x {image.height} pixels")
            image.load()
            pixels = image.convert("RGB")
            data = data if image.format == "WEBP" else _webp(pixels)
    except _UNREADABLE:
        raise VendorUnusable("a picture that can't be read") from None
    return Picture(data, pixels.width, pixels.height, CONTENT_TYPE, _blurhash(pixels))


async def next_preview(encoded: str, before: Picture) -> Picture:
    """A later preview of the scene that `before` shows, with its blurhash: decoding is what takes longest.

    Raises VendorUnusable for what is no picture, or cut short.
    """
    return await asyncio.to_thread(_next_preview, encoded, before)


def _next_preview(encoded: str, before: Picture) -> Picture:
    try:
        data = base64.b64decode(encoded, validate=True)
        with Image.open(io.BytesIO(data), formats=("WEBP",)) as image:
            return Picture(data, image.width, image.height, CONTENT_TYPE, before.blurhash)
    except _UNREADABLE:
        return _picture_from(encoded, None)


def _webp(pixels: Image.Image) -> bytes:
    file = io.BytesIO()
    pixels.save(file, "WEBP", quality=_QUALITY)
    return file.getvalue()


def _blurhash(pixels: Image.Image) -> str:
    flat = pixels.resize((_SMALL, _SMALL), Image.Resampling.BOX).tobytes()
    width = 3 * _SMALL
    rows = [[list(flat[at : at + 3]) for at in range(row * width, (row + 1) * width, 3)] for row in range(_SMALL)]
    return blurhash.encode(rows, 4, 4)  # pyright: ignore[reportUnknownMemberType]  # the package has no types
