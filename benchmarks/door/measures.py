"""Three measures: what the door costs, what an attack costs others, and what sign-ins cost others."""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median
from uuid import uuid4

import psutil

from api.preflight import free_port
from benchmarks.measures import Figure
from benchmarks.stage import HOST, Stage, ask_for_story, follow_to_the_end, process, staged, until_ready
from tests.bystander import Bystander
from tests.harness import Api
from tests.hostile import AT_ONCE, HOSTILE, STREAMS, flood, pour

QUERY = "{ me { id email } }"
ROUNDS, IN_A_ROUND = 30, 200
DEARER_AT_MOST = 0.15
SOON_MS = 250
SIGN_INS = 20
BOOKS = 25
"""In the library that is attacked."""
PASSWORD = "correct horse battery"  # noqa: S105  # of nobody
SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { __typename } }"
SIGN_IN = "mutation($input: SignInInput!) { signIn(input: $input) { __typename } }"
WIDE_OPEN = [sys.executable, "-m", "benchmarks.door.wide_open"]


@dataclass(frozen=True, slots=True)
class Asker:
    """One connection that asks one small query again and again; blocking, so that nothing else is in the time."""

    connection: http.client.HTTPConnection
    body: bytes
    headers: dict[str, str]

    @classmethod
    def of(cls, port: int, token: str) -> Asker:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return cls(http.client.HTTPConnection(HOST, port, timeout=30), json.dumps({"query": QUERY}).encode(), headers)

    def took_s(self) -> float:
        began = time.perf_counter()
        self.connection.request("POST", "/graphql", self.body, self.headers)
        answer = self.connection.getresponse()
        words = answer.read()
        took = time.perf_counter() - began
        if answer.status != 200 or b'"email"' not in words:
            raise RuntimeError(f"the query was not answered: {words.decode()}")
        return took


async def cost() -> list[Figure]:
    """A small query with and without the door, in turns."""
    async with staged() as stage:
        port = free_port(HOST, 0)
        environment = {**_environment_of(stage), "STORYCANVAS_PORT": str(port)}
        async with process(WIDE_OPEN, environment) as wide_open:
            await until_ready(port)
            token = str(stage.parent.token)
            guarded, unguarded = Asker.of(_port(stage), token), Asker.of(port, token)
            return await asyncio.to_thread(_compared, guarded, unguarded, stage.server, wide_open)


def _compared(guarded: Asker, unguarded: Asker, server: psutil.Process, wide_open: psutil.Process) -> list[Figure]:
    for asker in (guarded, unguarded):
        for _ in range(IN_A_ROUND):
            asker.took_s()
    ratios: list[float] = []
    waits_s: list[float] = []
    spent = {server.pid: 0.0, wide_open.pid: 0.0}
    for _ in range(ROUNDS):
        middles: list[float] = []
        for asker, who in ((guarded, server), (unguarded, wide_open)):
            before = sum(who.cpu_times()[:2])
            middles.append(median(asker.took_s() for _ in range(IN_A_ROUND)))
            spent[who.pid] += sum(who.cpu_times()[:2]) - before
        ratios.append(middles[0] / middles[1])
        waits_s.append(middles[0])
    dearer = median(ratios) - 1
    processor = spent[server.pid] / spent[wide_open.pid] - 1
    detail = f"{ROUNDS} rounds of {IN_A_ROUND} requests each, in turns; median {median(waits_s) * 1000:.2f} ms"
    return [
        Figure(
            "a small query with the door, over without", f"{dearer:+.0%}", "+15 %", dearer <= DEARER_AT_MOST, detail
        ),
        Figure("  processor time of the server", f"{processor:+.0%}"),
    ]


async def attacks() -> list[Figure]:
    """The longest wait of somebody who asks for /healthz, during each attack."""
    more = {"STORYCANVAS_POINTS_AN_HOUR": "0", "STORYCANVAS_STORIES_AT_ONCE": str(BOOKS)}
    async with staged(more=more) as stage:
        parent, port = stage.parent, _port(stage)
        await asyncio.gather(*(_book(parent) for _ in range(BOOKS)))  # made before: a worker that paints would be in it
        each: dict[str, Callable[[], Awaitable[object]]] = {"nothing": lambda: asyncio.sleep(0.5)}
        each |= {hostile.name: (lambda hostile=hostile: flood(parent, hostile)) for hostile in HOSTILE}
        each |= {
            stream.name: (lambda stream=stream: asyncio.gather(*(pour(port, stream) for _ in range(AT_ONCE))))
            for stream in STREAMS
        }
        before = stage.server.memory_info().rss
        figures = [await _attacked(name, port, attack) for name, attack in each.items()]
        grown_mib = (stage.server.memory_info().rss - before) / 1024**2
    return [*figures, Figure("memory after all of them", f"{grown_mib:+.0f} MiB")]


async def _book(parent: Api) -> None:
    story = await ask_for_story(parent, "A snail who wins a race", pages=1, narrated=False)
    await follow_to_the_end(parent, story)


async def _attacked(name: str, port: int, attack: Callable[[], Awaitable[object]]) -> Figure:
    bystander = Bystander(port)
    await bystander.during(attack())
    worst_ms, middle_ms = max(bystander.waits_s) * 1000, median(bystander.waits_s) * 1000
    detail = f"median {middle_ms:.1f} ms of {len(bystander.waits_s)}"
    return Figure(
        f"/healthz at worst, during: {name}", f"{worst_ms:.0f} ms", f"{SOON_MS} ms", worst_ms < SOON_MS, detail
    )


async def sign_ins() -> list[Figure]:
    """p99 of a small query while 20 families sign in at once, and while nobody does."""
    async with staged() as stage:
        families = [await _family(stage) for _ in range(SIGN_INS)]
        asker = Asker.of(_port(stage), str(stage.parent.token))
        calm = sorted(await asyncio.to_thread(lambda: [asker.took_s() for _ in range(1000)]))
        going = True

        async def again_and_again(email: str) -> int:
            done = 0
            while going:
                answer = await stage.parent.ask(SIGN_IN, input={"email": email, "password": PASSWORD})
                if answer["signIn"]["__typename"] != "SessionPayload":
                    raise RuntimeError(f"nobody was signed in: {answer}")
                done += 1
            return done

        signing = asyncio.gather(*(again_and_again(family) for family in families))
        try:
            busy = sorted(await asyncio.to_thread(lambda: [asker.took_s() for _ in range(1000)]))
        finally:
            going = False
            done = sum(await signing)
    before_ms, during_ms = calm[989] * 1000, busy[989] * 1000
    return [
        Figure(
            "p99 of a small query while 20 sign in, again and again",
            f"{during_ms:.1f} ms",
            detail=f"{before_ms:.1f} ms while nobody does; {done} sign-ins meanwhile",
        ),
        Figure("  its median", f"{busy[500] * 1000:.1f} ms", detail=f"{calm[500] * 1000:.1f} ms while nobody does"),
    ]


async def _family(stage: Stage) -> str:
    """The address of a new account."""
    email = f"{uuid4().hex}@example.com"
    await stage.parent.ask(SIGN_UP, input={"email": email, "password": PASSWORD})
    return email


def _port(stage: Stage) -> int:
    return int(stage.parent.url.rpartition(":")[2])


def _environment_of(stage: Stage) -> dict[str, str]:
    """Where the stage's servers are."""
    named = stage.server.environ()
    return {name: named[name] for name in ("DATABASE_URL", "REDIS_URL", "STORYCANVAS_DATA")}


MEASURES = {"cost": cost, "attacks": attacks, "sign-ins": sign_ins}
