"""Several server processes on one port.

Each listens by itself, and the kernel deals connections out among them (SO_REUSEPORT, socket(7)). One that ends is
started again, and gets no connections meanwhile. Connections to PostgreSQL are shared out among them, so that a machine
with more cores does not drown it.

Rejected: one queue for all, from which whoever is free takes. Of 300 connections that came one by one, three processes
got 227, 70 and 3, for who fell asleep last wakes first; and a family's socket stays where it is for a whole book.
"""

import asyncio
import os
import signal
from collections.abc import Mapping

import structlog

from api.preflight import bound, free_port
from api.supervisor import Child, Supervisor, own_command
from models.logs import configure_logs
from models.settings import Settings

STOP_WITHIN_S = 12.0
"""More than a process takes that lets its followers go one by one."""
LEAST = 2
"""Connections of a pool: one that is waited for must not stop a process."""

_log = structlog.get_logger()


def serve_together(settings: Settings, processes: int) -> None:
    """Serves until SIGTERM, SIGINT, or SIGHUP of a terminal that goes. Blocking.

    Raises CannotStart where nobody can listen.
    """
    configure_logs(settings.log_level)
    asyncio.run(_serve(settings, processes))


async def _serve(settings: Settings, processes: int) -> None:
    stopping = asyncio.Event()
    supervisor = Supervisor(lambda name, line: _log.warning("server.ended", process=name, what=line))

    def stop() -> None:
        if stopping.is_set():  # whoever asks a second time has waited for long enough
            supervisor.kill()
        stopping.set()

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is not signal.SIG_IGN:  # nohup's wish
            asyncio.get_running_loop().add_signal_handler(each, stop)
    port = free_port(settings.host, settings.port)  # for sharing, it would be free beside another house's as well
    with bound(settings.host, port, shared=True):  # it stays ours while no process listens
        environment = {**os.environ, **shares(settings, processes), "STORYCANVAS_PORT": str(port)}
        command = [*own_command("serve"), "--share"]
        children = [Child(f"serve {number}", command, environment, STOP_WITHIN_S) for number in range(1, processes + 1)]
        try:
            await supervisor.start(*children)
            await stopping.wait()
        finally:
            await supervisor.stop()


def shares(settings: Settings, processes: int) -> Mapping[str, str]:
    """What each process gets of what is set for all of them."""
    return {
        "STORYCANVAS_DATABASE_POOL": _share(settings.database_pool, processes),
        "STORYCANVAS_DATABASE_READERS": _share(settings.database_readers, processes),
    }


def _share(of: int, processes: int) -> str:
    return str(max(LEAST, of // processes))
