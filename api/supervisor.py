"""Keeps programs alive: what ends is started again at once, and ever later, up to 5 s, when it keeps ending."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from api.lifeline import how_it_ended, tied
from api.preflight import CannotStart, one_line

DELAYS_S = (0.0, 0.5, 1.0, 2.0, 5.0)
HEALTHY_AFTER_S = 30.0
LINE_LIMIT = 1024 * 1024  # bytes


def own_command(name: str) -> list[str]:
    """How to run `storycanvas {name}` so that it reads like that in the list of processes."""
    script = Path(sys.executable).with_name("storycanvas")
    return [str(script), name] if os.access(script, os.X_OK) else [sys.executable, "-m", "api", name]


class Supervised(Protocol):
    """Anything that can be started again: an api.embedded_server.EmbeddedServer, or a Child."""

    @property
    def name(self) -> str: ...

    async def start(self) -> None: ...

    async def wait(self) -> int | None:
        """Returns the exit status when it has ended: negative for a signal, None when it never ran."""
        ...

    async def stop(self) -> None: ...

    def kill(self) -> None: ...


class Say(Protocol):
    def __call__(self, name: str, line: str, /) -> None:
        """Shows one line of what the program called `name` writes, or of what happens to it."""
        ...


@dataclass
class Child:
    """A command of ours as a child process, which dies with us.

    With `show` its output is read line by line and given to it; without, it goes where ours goes.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_within_s: float
    show: Say | None = None
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)
    _reading: asyncio.Task[None] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *tied(self.command, signal.SIGKILL),
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if self.show else None,
            stderr=asyncio.subprocess.STDOUT if self.show else None,
            start_new_session=True,  # Ctrl-C at the terminal is for us, who then stop things in order
            limit=LINE_LIMIT,
        )
        if self.show and self._process.stdout:
            self._reading = asyncio.create_task(self._read(self._process.stdout, self.show))

    async def wait(self) -> int | None:
        return None if self._process is None else await self._process.wait()

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL when it has not ended within `stop_within_s`."""
        if self._process is None:
            return
        self._send(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), self.stop_within_s)
        except TimeoutError:
            self.kill()
            await self._process.wait()
        if self._reading is not None:
            # Grandchildren may hold the pipe open, so that its end can't be waited for.
            await asyncio.wait([self._reading], timeout=0.5)
            self._reading.cancel()

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, what: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(what)

    async def _read(self, output: asyncio.StreamReader, show: Say) -> None:
        while True:
            try:
                line = await output.readline()
            except ValueError:  # a line beyond the limit, which readline has thrown away
                continue
            if not line:
                return
            show(self.name, line.decode(errors="replace").rstrip())


@dataclass
class BackOff:
    """How long to wait before starting something again."""

    ends: int = 0

    def after(self, lived_s: float) -> float:
        """Seconds to wait after an end that came `lived_s` after the start."""
        if lived_s >= HEALTHY_AFTER_S:
            self.ends = 0
        delay = DELAYS_S[min(self.ends, len(DELAYS_S) - 1)]
        self.ends += 1
        return delay


class Supervisor:
    """Starts groups of programs, keeps each program alive, and stops the groups in the opposite order."""

    def __init__(self, say: Callable[[str, str], None]) -> None:
        self._say = say
        self._groups: list[Sequence[Supervised]] = []
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self, *group: Supervised) -> None:
        """Starts a group side by side. Raises CannotStart when one of it can't start; then `stop` is still due."""
        self._groups.append(group)
        outcomes = await asyncio.gather(*(one.start() for one in group), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        self._keepers += [asyncio.create_task(self._keep_alive(one)) for one in group]

    async def stop(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for group in reversed(self._groups):
            await asyncio.gather(*(one.stop() for one in group))

    def kill(self) -> None:
        """Ends everything now. A `stop` that is under way then finds nothing left to wait for."""
        for group in self._groups:
            for one in group:
                one.kill()

    async def _keep_alive(self, one: Supervised) -> None:
        back_off = BackOff()
        started_at = time.monotonic()
        while True:
            ended = how_it_ended(await one.wait())
            delay_s = back_off.after(time.monotonic() - started_at)
            self._say(one.name, f"{ended}; starting it again {f'in {delay_s:g} s' if delay_s else 'now'}")
            await asyncio.sleep(delay_s)
            started_at = time.monotonic()
            try:
                await one.start()
            except (CannotStart, OSError) as error:
                self._say(one.name, one_line(error))
