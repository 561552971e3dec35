"""Documents that a client asks for by their SHA-256, so that a phone sends 64 letters instead of a page of text.

Both ways in which clients do: Apollo's automatic persisted queries (`extensions.persistedQuery`, where a client that is
told PERSISTED_QUERY_NOT_FOUND sends the text along, once for everybody), and `documentId: "sha256:…"` of the GraphQL
over HTTP draft's appendix on persisted documents. A text is kept once it has been read and found valid for somebody who
is signed in. All processes share what Redis keeps, and each remembers what it has seen. A hash names its text for ever,
so nothing here can be stale; where Redis is away, a client sends its text again.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from hashlib import sha256
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_log = structlog.get_logger()

KEY = "sc:documents"
MOST = 4096
"""Documents in Redis: 32 MB of the longest, and many times those that our clients have."""
MOST_HERE = 1024
LONGEST = 8 * 1024
"""Bytes."""
WAITS_S = 0.25
HASH = re.compile("[0-9a-f]{64}")

# Whoever comes when it is full takes the place of any other: those that are used are sent again, and remembered here.
_KEEP = """
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  redis.call('HDEL', KEYS[1], redis.call('HRANDFIELD', KEYS[1]))
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
"""


def hash_of(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class TrustedDocuments:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._keep = redis.register_script(_KEEP)
        self._here: OrderedDict[str, str] = OrderedDict()

    def known(self, hash: str | None) -> str | None:
        """What this process has seen."""
        if hash is None or hash not in self._here:
            return None
        self._here.move_to_end(hash)
        return self._here[hash]

    async def text(self, hash: str) -> str | None:
        """What any process has seen."""
        try:
            async with asyncio.timeout(WAITS_S):
                found = cast("bytes | None", await self._redis.hget(KEY, hash))  # pyright: ignore[reportGeneralTypeIssues]  # redis-py types one method for both its clients
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("documents.not_shared", error=type(error).__name__)
            return None
        if found is None:
            return None
        text = found.decode(errors="replace")
        if hash_of(text) != hash:  # whoever has put it there has meant something else, and it would be remembered
            _log.error("documents.not_its_hash", hash=hash)
            return None
        self._remember(hash, text)
        return text

    async def keep(self, hash: str, text: str) -> None:
        """Keeps a text that is valid, unless it is long; `hash` is its own."""
        if hash in self._here or len(text) > LONGEST or len(text.encode()) > LONGEST:
            return
        self._remember(hash, text)
        try:
            async with asyncio.timeout(WAITS_S):
                await self._keep(keys=[KEY], args=[hash, text, MOST])
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("documents.not_shared", error=type(error).__name__)

    def _remember(self, hash: str, text: str) -> None:
        self._here[hash] = text
        if len(self._here) > MOST_HERE:
            self._here.popitem(last=False)
