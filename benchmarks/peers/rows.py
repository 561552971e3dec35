"""What the Python servers of this folder share: the rows of the same database by asyncpg, one query a table.

As benchmarks/peers/reads/model.mjs, which see for what they do and leave out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import orjson

PORT, _SDL, SOCKETS, MEDIA_URL, _SECRET = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5]
SECRET = bytes.fromhex(_SECRET)
PLANNED = {"plan_cache_mode": "force_generic_plan"}
CONNECT: dict[str, Any] = {
    "host": SOCKETS,
    "port": 5432,
    "user": "storycanvas",
    "database": "storycanvas",
    "server_settings": PLANNED,
}
WINDOW_S = 6 * 3600
STORY = "id, title, premise, status, age_band, language, page_count, created_at"
PAGE = "id, story_id, number, text, text_status, image, image_status"
Row = Mapping[str, Any]
Ids = Sequence[object]


_asyncpg: Any = asyncpg  # it ships no types


class Rows:
    """`pool` is opened once the loop runs."""

    def __init__(self) -> None:
        self.pool: Any = None
        self._free: list[Any] = []
        self._prepared: dict[Any, dict[str, Any]] = {}

    async def open(self) -> None:
        async def prepared(connection: Any) -> None:
            await connection.set_type_codec("jsonb", encoder=orjson.dumps, decoder=orjson.loads, schema="pg_catalog")

        # Connections are not reset between requests, which would cost a round trip each: nothing here needs it.
        self.pool = await _asyncpg.create_pool(
            **CONNECT,
            min_size=10,
            max_size=10,
            init=prepared,
            reset=_left_as_it_is,
        )

    async def quick(self, text: str, *values: str) -> list[Any]:
        """Rows, with no more between than a list of connections and a statement prepared on each: for the limit."""
        connection = self._free.pop() if self._free else await _asyncpg.connect(**CONNECT)
        prepared = self._prepared.setdefault(connection, {})
        if text not in prepared:
            prepared[text] = await connection.prepare(text)
        found = await prepared[text].fetch(*values)
        self._free.append(connection)
        return found

    async def stories(self, account: str, first: int) -> list[Row]:
        """One more than `first`, where there is one."""
        return await self.pool.fetch(
            f"SELECT {STORY} FROM stories WHERE account_id = $1 AND deleted_at IS NULL "  # noqa: S608  our own words
            "ORDER BY created_at DESC, id DESC LIMIT $2",
            account,
            first + 1,
        )

    async def story(self, account: str, id: str) -> Row | None:
        return await self.pool.fetchrow(
            f"SELECT {STORY} FROM stories WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL",  # noqa: S608
            row_id(id),
            account,
        )

    async def page(self, account: str, id: str) -> Row | None:
        return await self.pool.fetchrow(
            f"SELECT {PAGE} FROM pages WHERE id = $1 AND story_id IN "  # noqa: S608  our own words
            "(SELECT id FROM stories WHERE account_id = $2 AND deleted_at IS NULL)",
            row_id(id),
            account,
        )

    async def pages(self, ids: Ids) -> list[list[Row]]:
        found = await self.pool.fetch(
            f"SELECT {PAGE} FROM pages WHERE story_id = ANY($1) ORDER BY story_id, number",  # noqa: S608
            ids,
        )
        return _grouped(ids, found)

    async def covers(self, ids: Ids) -> list[dict[str, Any] | None]:
        found = await self.pool.fetch("SELECT story_id, image FROM pages WHERE story_id = ANY($1) AND number = 1", ids)
        covers = {row["story_id"]: row["image"] for row in found}
        return [covers.get(id) for id in ids]

    async def casts(self, ids: Ids) -> list[list[Row]]:
        found = await self.pool.fetch(
            "SELECT sc.story_id, c.id, c.name, c.portrait FROM story_characters sc "
            "JOIN characters c ON c.id = sc.character_id WHERE sc.story_id = ANY($1) ORDER BY sc.position",
            ids,
        )
        return _grouped(ids, found)


async def _left_as_it_is(_: object) -> None:
    pass


def _grouped(ids: Ids, found: Sequence[Row]) -> list[list[Row]]:
    groups: dict[object, list[Row]] = {id: [] for id in ids}
    for row in found:
        groups[row["story_id"]].append(row)
    return [groups[id] for id in ids]


def global_id(kind: str, id: object) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{id}".encode()).decode().rstrip("=")


def row_id(id: str) -> str:
    return base64.urlsafe_b64decode(id + "=" * (-len(id) % 4)).decode().partition(":")[2]


def cursor(created_at: datetime, id: object) -> str:
    words = orjson.dumps(["Story:newest", created_at.isoformat(), str(id)])
    return base64.urlsafe_b64encode(words).decode().rstrip("=")


_signed: dict[str, str] = {}
_window = 0


def url(key: str) -> str:
    global _window
    now = int(time.time()) // WINDOW_S * WINDOW_S
    if now != _window:
        _signed.clear()
        _window = now
    known = _signed.get(key)
    if known is None:
        expires = now + 2 * WINDOW_S
        digest = hmac.digest(SECRET, f"{key}\n{expires}".encode(), hashlib.sha256)
        signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        known = _signed[key] = f"{MEDIA_URL}/media/{key}?expires={expires}&signature={signature}"
    return known
