"""What the stand-ins answer with: real pictures, real MP3s, and plans and pages that fit what was asked for."""

from __future__ import annotations

import base64
import io
import math
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from jobs.providers.speech.mp3 import encode
from jobs.providers.speech.sound import RATE

SENTENCES = (
    "The wind had gone to sleep.",
    "A small path ran down to the water.",
    "Somebody was humming behind the hill.",
    "The stars came out, one after another.",
)
SECONDS_A_CHARACTER = 0.07


@cache
def picture(size: int = 1024) -> str:
    """A WebP in base64, about as large as a painted one."""
    across = np.linspace(0, 3, size)
    waves = np.sin(across[:, None] * 2) + np.cos(across[None, :] * 3)
    grain = np.random.default_rng(1).normal(0, 0.12, (size, size))
    shades = np.clip((waves + grain + 2) * 60, 0, 255).astype(np.uint8)
    pixels = np.stack([shades, np.roll(shades, 90, 0), np.roll(shades, 90, 1)], axis=2)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=80)
    return base64.b64encode(file.getvalue()).decode()


@cache
def tone(seconds: int) -> bytes:
    """An MP3 of a steady tone."""
    at = np.arange(seconds * RATE) * (2 * math.pi * 220 / RATE)
    return encode((np.sin(at) / 4).astype(np.float32), RATE)[0]


def spoken(text: str) -> bytes:
    """An MP3 as long as reading the text would take."""
    return tone(max(2, round(len(text) * SECONDS_A_CHARACTER) + 1))


def plan(given: dict[str, Any]) -> dict[str, object]:
    """A plan for what was asked; without a cast, one with somebody new."""
    keys = [member["key"] for member in given["cast"]]
    invented = [] if keys else [{"key": "n1", "name": "Pip", "appearance": "a small red bird", "personality": "brave"}]
    pages = [
        {
            "beat": f"Beat {number}",
            "place": "a hill",
            "time_of_day": "day",
            "weather": "clear",
            "cast": (keys or ["n1"])[:2],
            "action": "walking",
            "picture": f"Picture {number}",
        }
        for number in range(1, given["page_count"] + 1)
    ]
    return {"title": given["title"] or "The Long Way Home", "invented": invented, "pages": pages}


def page(number: int) -> str:
    return f"This is page {number}. {' '.join(SENTENCES)}"
