"""Somebody who means no harm, and how long the server lets them wait: `python tests/bystander.py PORT`.

It is a process of its own, so that attackers, who are busy in the test's own, don't keep it from asking. It asks for
/healthz until its standard input ends, and prints its waits, in seconds, as JSON.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import threading
import time
from collections.abc import Awaitable
from typing import Any

PAUSE_S = 0.005


class Bystander:
    def __init__(self, port: int) -> None:
        self._port = port
        self.waits_s: list[float] = []

    async def during(self, attack: Awaitable[Any]) -> None:
        """Fails where it was answered anything but 200."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", __file__, str(self._port)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        await process.stdout.readline()  # it has been answered once
        try:
            await attack
        finally:
            process.stdin.close()
            output = await process.stdout.read()
            await process.wait()
        assert process.returncode == 0
        self.waits_s = json.loads(output)


def main(port: int) -> None:
    enough = threading.Event()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    _wait_s(connection)
    sys.stdout.write("\n")
    sys.stdout.flush()
    threading.Thread(target=lambda: (sys.stdin.read(), enough.set()), daemon=True).start()
    waits_s: list[float] = []
    while not enough.is_set() or not waits_s:
        waits_s.append(_wait_s(connection))
        enough.wait(PAUSE_S)
    json.dump(waits_s, sys.stdout)


def _wait_s(connection: http.client.HTTPConnection) -> float:
    began = time.monotonic()
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200
    return time.monotonic() - began


if __name__ == "__main__":
    main(int(sys.argv[1]))
