"""What is measured: one `serve` with its limits and one without them, on the same PostgreSQL and Valkey."""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import psutil

from api.embedded import EmbeddedPostgres, EmbeddedValkey, running
from api.preflight import free_port
from api.up import own_command
from benchmarks.stage import HOST, folder, process, until_ready
from models.migrations import upgrade
from tests.harness import Api

SMALL = "{ me { id email } }"


@dataclass(frozen=True, slots=True)
class Doors:
    """`parent` is signed in at both, since both know the same secret. `without` is a port, as `limited` is."""

    parent: Api
    limited: int
    without: int
    server: psutil.Process


@asynccontextmanager
async def doors(points_an_hour: int) -> AsyncGenerator[Doors]:
    async with folder() as data, httpx.AsyncClient(trust_env=False) as client:
        postgres, valkey = EmbeddedPostgres(data), EmbeddedValkey(data)
        limited, without = free_port(HOST, 0), free_port(HOST, 0)
        shared = {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "STORYCANVAS_DATA": str(data),
            "STORYCANVAS_SECRET": "a secret of the benchmark, long enough",
            "STORYCANVAS_TRUSTED_PROXIES": HOST,
            "STORYCANVAS_POINTS_AN_HOUR": str(points_an_hour),
        }
        open_door = [sys.executable, "-m", "benchmarks.door.without"]
        async with running(postgres, valkey):
            await upgrade(postgres.url)
            async with (
                process(own_command("serve"), shared | {"STORYCANVAS_PORT": str(limited)}) as server,
                process(open_door, shared | {"STORYCANVAS_PORT": str(without)}),
            ):
                await until_ready(limited)
                await until_ready(without)
                parent = await Api(f"http://{HOST}:{limited}", http=client).as_somebody()
                yield Doors(parent, limited, without, server)


class Asker:
    """Asks the small query again and again on one connection. Blocking, so that nothing of ours is in between."""

    def __init__(self, port: int, token: str | None) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=30)
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        self._body = json.dumps({"query": SMALL})

    def ask(self, times: int) -> list[float]:
        """Milliseconds of each. Raises RuntimeError where an answer is none."""
        taken_ms: list[float] = []
        for _ in range(times):
            began = time.perf_counter()
            self._connection.request("POST", "/graphql", self._body, self._headers)
            answer = self._connection.getresponse().read()
            taken_ms.append((time.perf_counter() - began) * 1000)
            if b'"email"' not in answer:
                raise RuntimeError(f"no answer: {answer[:200]!r}")
        return taken_ms
