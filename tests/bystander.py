"""Somebody who means no harm, and how long the server lets them wait."""

from __future__ import annotations

import asyncio
import http.client
import threading
import time
from collections.abc import Awaitable
from typing import Any


class Bystander(threading.Thread):
    """Asks for /healthz again and again, on a connection that it keeps; in a thread, so that attackers, who are busy in
    the test's own loop, don't keep it from asking."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._enough = threading.Event()
        self.waits_s: list[float] = []

    def run(self) -> None:
        while not self._enough.is_set() or not self.waits_s:
            began = time.monotonic()
            self._connection.request("GET", "/healthz")
            answer = self._connection.getresponse()
            answer.read()
            assert answer.status == 200
            self.waits_s.append(time.monotonic() - began)
            self._enough.wait(0.005)
        self._connection.close()

    async def during(self, attack: Awaitable[Any]) -> None:
        self.start()
        try:
            await attack
        finally:
            self._enough.set()
            await asyncio.to_thread(self.join)
