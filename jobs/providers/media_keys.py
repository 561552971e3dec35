"""What every media store shares: what a key looks like, what may lie under it, and how long its URL holds."""

from __future__ import annotations

import re

from jobs.ports import VendorUnusable

WINDOW_S = 6 * 3600
CONTENT_TYPES = {".webp": "image/webp", ".png": "image/png", ".mp3": "audio/mpeg"}

# Segments never begin with a dot: neither `..` nor a store's own hidden folders can be reached by a key.
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class KeyTaken(VendorUnusable):
    """Other bytes already lie under this key, and keys name their bytes for ever."""

    def __init__(self, key: str) -> None:
        super().__init__(f"other bytes are already stored under {key}")
        self.key = key


def checked(key: str) -> str:
    """The key, or the beginning of keys. Raises ValueError for what is none."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a media key: {key!r}")
    return key


def check_content(key: str, content_type: str) -> None:
    """Raises ValueError for a key whose extension says another content type."""
    if CONTENT_TYPES.get(key[key.rfind(".") :] if "." in key else "") != content_type:
        raise ValueError(f"{key!r} can't hold {content_type}")


def window_of(now: float) -> int:
    """The beginning of the window that `now` lies in, in Unix seconds. A URL holds until two windows later."""
    return int(now) // WINDOW_S * WINDOW_S
