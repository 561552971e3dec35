"""What every media store agrees on: which keys there are, what may lie under one, and for how long a URL is good."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from jobs.ports import VendorUnusable

WINDOW_S = 6 * 3600
URLS_KEPT = 20_000
"""Signed URLs that a process keeps: within a window they are the same, and signing takes longer than all the rest."""
CONTENT_TYPES = {".webp": "image/webp", ".png": "image/png", ".mp3": "audio/mpeg", ".zip": "application/zip"}

# Segments never begin with a dot: neither `..` nor a store's own hidden folders can be reached by a key.
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class KeyTaken(VendorUnusable):
    """Other bytes already lie under this key, and keys name their bytes for ever."""

    def __init__(self, key: str) -> None:
        super().__init__(f"other bytes are already stored under {key}")
        self.key = key


def checked(key: str) -> str:
    """The key as it is. Raises ValueError where it is none."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a media key: {key!r}")
    return key


def checked_for(key: str, content_type: str) -> str:
    """The key as it is. Raises ValueError where it is none, or where its extension says another content type."""
    if CONTENT_TYPES.get(PurePosixPath(checked(key)).suffix) != content_type:
        raise ValueError(f"{key!r} can't hold {content_type}")
    return key


def window_start(now: float) -> int:
    """When the 6-hour window of `now` began, in Unix seconds: what URLs that stay the same are signed with."""
    return int(now) // WINDOW_S * WINDOW_S
