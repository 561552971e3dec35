"""redis-py's connections, with a cancellation that is always heard.

redis-py 5 writes every command through `asyncio.wait_for`, which in Python 3.11 forgets a cancellation that arrives in
the moment at which the write is done (python/cpython#86296): a task that is to stop goes on. `asyncio.timeout` does
not, and starts no task for each command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import TimeoutError as RedisTimeoutError


class _Heedful(AbstractConnection):
    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        if not self.is_connected:
            await self.connect()
        elif check_health:
            await self.check_health()
        # Without a timeout of its own, redis-py writes without wait_for.
        seconds, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(seconds):
                await super().send_packed_command(command, check_health=False)
        except TimeoutError:
            await self.disconnect(nowait=True)
            raise RedisTimeoutError("Timeout writing to socket") from None
        finally:
            self.socket_timeout = seconds


def heed(pool: ConnectionPool) -> ConnectionPool:
    """Has the pool's connections, whatever their kind, heed cancellation."""
    kind = pool.connection_class
    pool.connection_class = type(f"Heedful{kind.__name__}", (_Heedful, kind), {})
    return pool
