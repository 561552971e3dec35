"""JSON as it leaves the house."""

from __future__ import annotations

from typing import Any

import orjson


def encode(body: dict[str, Any]) -> bytes:
    return orjson.dumps(body, default=str)
