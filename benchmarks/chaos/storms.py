"""What is done to the house while books are made, one thing after the other, in an order that the seed decides."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.chaos.crew import House, Member
from benchmarks.chaos.history import Blow, History, Outage, made_by, now

KINDS = ("plan", "portrait", "text", "image", "audio")
FROZEN_S = 12.0
"""Longer than a lease, so that somebody else takes the stories over before the frozen one thaws."""
CALL_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Weather:
    """How much of everything there is, and how many seconds lie between two storms at most."""

    kills: int
    freezes: int
    emptied: int
    valkey_kills: int
    postgres_stops: int
    server_kills: int
    pause_s: float


class Storms:
    def __init__(self, house: House, history: History, chance: random.Random) -> None:
        self._house = house
        self._history = history
        self._chance = chance

    async def rage(self, weather: Weather) -> None:
        """Lets everything happen that the weather holds. What freezes thaws while other things happen."""
        todo: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            *((f"kill -9 at a call: {kind}", partial(self.kill_at, kind)) for kind in KINDS),
            *[("kill -9 of a worker", self.kill_somebody)] * weather.kills,
            *[("Valkey restarted empty", self.empty_valkey)] * weather.emptied,
            *[("Valkey killed", self.kill_valkey)] * weather.valkey_kills,
            *[("PostgreSQL stopped at once", self.stop_postgres)] * weather.postgres_stops,
            *[("kill -9 of serve", self.kill_server)] * weather.server_kills,
        ]
        self._chance.shuffle(todo)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._freeze_time_and_again(weather))
            for name, storm in todo:
                await asyncio.sleep(self._chance.uniform(0.3, 1.0) * weather.pause_s)
                await storm()
                self._history.storms.append(name)

    async def kill_at(self, kind: str) -> None:
        """Waits for a call of this kind to begin, and kills the worker that has made it."""
        async with asyncio.timeout(CALL_WITHIN_S):
            while not ((member := await self._caller_of(kind)) and await self._kill(member, kind)):
                pass

    async def _caller_of(self, kind: str) -> Member | None:
        """The worker that makes the next call of this kind; None where it is down or frozen already."""
        _, end = self._house.book.read()
        while True:
            calls, end = self._house.book.read(end)
            for call in calls:
                if call.kind == kind:
                    await asyncio.sleep(self._chance.uniform(0.0, 0.2))
                    return self._house.worker_of(call.pid)
            await asyncio.sleep(0.02)

    async def kill_somebody(self) -> None:
        await self._kill(self._chance.choice(self._house.awake), "")

    async def _kill(self, member: Member, kind: str) -> bool:
        """False where it could not be hit any more, or not yet again."""
        async with self._house.lock:
            if member.pid is None or member.frozen:
                return False
            await self._hit(member, kind, deadly=True)
            await asyncio.sleep(self._chance.uniform(0.2, 1.5))
            await member.start()
            return True

    async def _hit(self, member: Member, kind: str, *, deadly: bool) -> None:
        pid, at = member.pid, now()
        if pid is None:
            return
        if deadly:
            await member.kill()
        else:
            member.frozen = True
            member.send(signal.SIGSTOP)
        held = await made_by(self._house.database, pid)
        self._history.blows.append(Blow(pid, at, held, deadly, kind))

    async def _freeze_time_and_again(self, weather: Weather) -> None:
        """Freezes a worker at a plan: when it thaws, all that comes after the plan is what it would do too."""
        for _ in range(weather.freezes):
            member = await self._freeze("plan")
            try:
                await asyncio.sleep(FROZEN_S)
            finally:
                member.send(signal.SIGCONT)
                member.frozen = False
            self._history.storms.append("SIGSTOP of a worker")
            await asyncio.sleep(self._chance.uniform(0.5, 1.0) * weather.pause_s)

    async def _freeze(self, kind: str) -> Member:
        async with asyncio.timeout(CALL_WITHIN_S):
            while True:
                member = await self._caller_of(kind)
                async with self._house.lock:
                    if member is not None and member.pid is not None:
                        await self._hit(member, kind, deadly=False)
                        return member

    async def empty_valkey(self) -> None:
        """Killed, and started without what it had kept."""
        valkey = self._house.valkey
        await self._end_valkey()
        for kept in valkey.home.glob("appendonlydir*"):
            shutil.rmtree(kept)
        await valkey.start()

    async def kill_valkey(self) -> None:
        await self._end_valkey()
        await asyncio.sleep(self._chance.uniform(0.2, 2.0))
        await self._house.valkey.start()

    async def _end_valkey(self) -> None:
        self._house.valkey.kill()
        await self._house.valkey.wait()

    async def stop_postgres(self) -> None:
        """What `pg_ctl stop -m immediate` does; the next start recovers from the log."""
        postgres, begin = self._house.postgres, now()
        if postgres.pid is not None:
            os.kill(postgres.pid, signal.SIGQUIT)
        await postgres.wait()
        await asyncio.sleep(self._chance.uniform(0.2, 2.0))
        await postgres.start()
        self._history.outages.append(Outage(begin, now()))

    async def kill_server(self) -> None:
        await self._house.server.kill()
        await asyncio.sleep(self._chance.uniform(0.2, 1.0))
        await self._house.start_server()


def in_words(storms: Sequence[str]) -> str:
    """Each kind of storm with how often it came."""
    return ", ".join(f"{name} x{storms.count(name)}" for name in dict.fromkeys(storms))
