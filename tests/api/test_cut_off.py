"""Two hundred clients are cut off a thousand times over two servers, and are told exactly what the log holds.

Stories are being made meanwhile by a real worker; every few events a message is lost, pub/sub connections are killed,
and Valkey is killed, emptied and set back to an older state.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import orjson
import pytest
import websockets
from graphql import print_ast
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

import jobs.log
from api.client import operations
from api.client.book import Book, apply, book_of
from api.client.wire import Batch, StoryAnswer
from api.preflight import free_port
from benchmarks.stage import HOST, process, until_ready
from jobs.events import LoggedEvent, PageImagePreviewed, PageTextAppended, StoryPlanned, decode
from jobs.ports import Plan, Ports, StoryBrief, TextDelta, Usage
from jobs.queue import open_redis
from models.settings import Settings
from schema.ids import row_id
from tests.harness import Api, settings_for, working
from tests.servers import Servers
from tests.vendors import Script, ScriptedWriter, Vendors

CLIENTS, CUTS, STORIES, PAGES = 200, 1000, 5, 3
CUT_EARLY = 0.3
"""Of so many connections the cut may come before anything is heard."""
CUT_WITHIN_S = 4.0
SENTENCE_EVERY_S = 0.4
LOST = 7
"""Of every so many messages one is not sent; the log has its event all the same."""
WITHIN_S = 150
REFUSALS = range(4400, 4408)
"""Close codes on which clients give up. None of ours does anything to deserve one."""
Fact = tuple[Any, ...]
"""Sequence, kind, and what else an event says."""


async def test_clients_cut_off_a_thousand_times_are_told_what_the_log_holds(
    servers: Servers, database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}")  # noqa: T201  # pytest shows it where the test fails
    luck, cuts = random.Random(seed), Cuts()
    monkeypatch.setattr(jobs.log, "_PUBLISH", forgetful(jobs.log._PUBLISH))  # pyright: ignore[reportPrivateUsage]
    settings = settings_for(database_url, redis_url, tmp_path)
    async with (
        asyncio.timeout(WITHIN_S),
        two_servers(settings) as urls,
        working(settings, lambda: paced_ports(cuts)),
        open_redis(redis_url) as redis,
    ):
        parent = await Api(urls[0]).as_somebody()
        stories = [await parent.begin_story(PAGES) for _ in range(STORIES)]
        truth = Truth(redis, stories)
        victims = Counter(luck.choices(range(CLIENTS), k=CUTS))
        clients = [
            Client(stories[each % STORIES], urls, parent.token or "", cuts, victims[each], random.Random(seed + each))
            for each in range(CLIENTS)
        ]
        async with asyncio.TaskGroup() as group:
            group.create_task(storm(servers, truth, cuts))
            for client in clients:
                group.create_task(client.follow())
        await truth.look()
        books = {story: (await parent.ask(BOOK, id=story))["story"] for story in stories}
        await parent.http.aclose()

    assert cuts.count == CUTS
    assert {book["status"] for book in books.values()} == {"READY"}
    for client in clients:
        for telling in client.tellings:
            assert joined(telling.facts) == joined(truth.between(client.story, telling))
        assert client.tellings[-1].facts[-1][1] == "StoryEnded"
        assert shown(client.book) == shown(book_of(cast(StoryAnswer, books[client.story])))
    # What was to be tried has been: cursors that were taken up again, and epochs that were lost.
    assert sum(client.resumed for client in clients) > CUTS / 4
    assert all(len(truth.epochs[story]) >= 3 for story in stories)


# ---------------------------------------------------------------- what is cut and lost


@dataclass
class Cuts:
    """How many cuts there have been. The stories and the storm go on with them."""

    count: int = 0
    _waiting: list[tuple[int, asyncio.Event]] = field(default_factory=list[tuple[int, asyncio.Event]])

    def add(self) -> None:
        self.count += 1
        for count, reached in self._waiting:
            if self.count >= count:
                reached.set()

    async def reach(self, count: int) -> None:
        reached = asyncio.Event()
        self._waiting.append((count, reached))
        if self.count < count:
            await reached.wait()


def forgetful(publish: str) -> str:
    """The script that publishes, which loses messages on their way; not the end's, which is missed after 15 s only."""
    sent = "redis.call('PUBLISH', channel, epoch .. ':' .. sequence .. ':' .. raw)"
    assert sent in publish
    return publish.replace(sent, f"if last == '1' or sequence % {LOST} > 0 then {sent} end")


async def storm(servers: Servers, truth: Truth, cuts: Cuts) -> None:
    valkey = servers.valkey
    file = valkey.home / "appendonlydir"
    older = valkey.home / "older"

    async def deafen() -> None:
        await valkey.ask(b"CLIENT KILL TYPE pubsub")

    async def restart(change: Callable[[], object]) -> None:
        # Nothing is written while the log is looked at, or the end of what followers were told could be lost unseen.
        await valkey.ask(b"CLIENT PAUSE 60000 WRITE")
        await truth.look()
        valkey.kill()
        await valkey.wait()
        change()
        await valkey.start()

    def keep() -> None:
        shutil.copytree(file, older)

    def set_back() -> None:
        shutil.rmtree(file)
        older.rename(file)

    async def blow(what: str) -> None:
        await {
            "deafen": deafen,
            "empty": lambda: truth.look(emptying=True),
            "restart": lambda: restart(keep),
            "set back": lambda: restart(set_back),
            "restart empty": lambda: restart(lambda: shutil.rmtree(file)),
        }[what]()

    blows = ["restart", "set back", "empty", "restart", "set back", "restart empty", "empty"]
    blows = [each for blow in blows for each in ("deafen", blow, "deafen")]
    for place, what in enumerate(blows, start=1):
        await cuts.reach(CUTS * place // (len(blows) + 1))
        await blow(what)


@asynccontextmanager
async def two_servers(settings: Settings) -> AsyncGenerator[list[str]]:
    """Their addresses. Each is a process of its own."""
    assert settings.database_url
    assert settings.redis_url
    assert settings.secret
    environment = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "STORYCANVAS_SECRET": settings.secret.get_secret_value(),
        "STORYCANVAS_DATA": str(settings.data),
        "STORYCANVAS_STORIES_AT_ONCE": str(STORIES),
    }
    async with AsyncExitStack() as stack:
        ports: list[int] = []
        for _ in range(2):
            ports.append(free_port(HOST, 0))
            command = [sys.executable, "-m", "api", "serve"]
            await stack.enter_async_context(process(command, environment | {"STORYCANVAS_PORT": str(ports[-1])}))
            await until_ready(ports[-1])
        yield [f"http://{HOST}:{port}" for port in ports]


# ---------------------------------------------------------------- stories that last as long as there are cuts


@dataclass
class PacedScript(Script):
    """A page's picture and narration come when so many cuts have been made."""

    cuts: Cuts = field(default_factory=Cuts)

    async def __call__(self, call: str) -> None:
        part, _, page = call.partition(":")
        if part in ("image", "audio"):
            await self.cuts.reach(CUTS * int(page) // PAGES - CUTS // 10)


@dataclass
class PacedWriter(ScriptedWriter):
    """Writes on a page, sentence after sentence, until its share of the cuts has been made."""

    cuts: Cuts = field(default_factory=Cuts)

    async def write(
        self, brief: StoryBrief, plan: Plan, written: Sequence[str], instruction: str | None = None
    ) -> AsyncIterator[TextDelta | Usage]:
        for page in range(len(written) + 1, brief.page_count + 1):
            yield TextDelta(page, f"Page {page} begins. ")
            sentence = 0
            while self.cuts.count < CUTS * page // brief.page_count:
                sentence += 1
                await asyncio.sleep(SENTENCE_EVERY_S)  # a writer's pace
                yield TextDelta(page, f"Then snail 🐌 {sentence} ran. ")
        yield Usage(cost_micros=1)


@asynccontextmanager
async def paced_ports(cuts: Cuts) -> AsyncGenerator[Ports]:
    script = PacedScript(cuts=cuts)
    async with Vendors(script).open() as ports:
        yield replace(ports, writers={"offline": PacedWriter(script, cuts=cuts)})


# ---------------------------------------------------------------- what the log held


@dataclass
class Telling:
    """What a client was told in one piece: the events of an epoch after `start`, up to `end`."""

    epoch: str
    start: int
    end: int
    facts: list[Fact] = field(default_factory=list[Fact])


class Truth:
    """Every epoch of every story's log, as far as it ever came."""

    def __init__(self, redis: Redis, stories: Sequence[str]) -> None:
        self._redis = redis
        self._rows = {story: cast(UUID, row_id(story, "Story")) for story in stories}
        self.epochs: defaultdict[str, dict[str, list[Fact]]] = defaultdict(dict)

    async def look(self, *, emptying: bool = False) -> None:
        """Reads all logs as of one moment; the next moment Redis is empty where it is to be emptied."""
        pipe = self._redis.pipeline(transaction=True)
        for row in self._rows.values():
            pipe.hget(f"sc:{{{row}}}:meta", "epoch")
            pipe.xrange(f"sc:{{{row}}}:log")
        if emptying:
            pipe.flushall()  # pyright: ignore[reportUnknownMemberType]  # redis-py types no options
        answers = await pipe.execute()
        for place, story in enumerate(self._rows):
            epoch, entries = answers[2 * place : 2 * place + 2]
            if epoch is not None:
                self._learn(story, epoch.decode(), entries)

    def _learn(self, story: str, epoch: str, entries: list[tuple[bytes, dict[bytes, bytes]]]) -> None:
        facts = [fact_of(decode(int(id.split(b"-")[0]), fields[b"e"])) for id, fields in entries]
        assert [fact[0] for fact in facts] == list(range(1, len(facts) + 1))
        known = self.epochs[story].get(epoch, [])
        assert all(one == other for one, other in zip(known, facts, strict=False)), "a number was given out twice"
        self.epochs[story][epoch] = max(known, facts, key=len)

    def between(self, story: str, telling: Telling) -> list[Fact]:
        if telling.epoch not in self.epochs[story]:  # the end as the tables alone tell it
            return [(telling.end, "StoryEnded")]
        return self.epochs[story][telling.epoch][telling.start : telling.end]


def fact_of(logged: LoggedEvent) -> Fact:
    event, kind = logged.event, type(logged.event).__name__
    match event:
        case StoryPlanned(title=title):
            return logged.sequence, kind, title
        case PageTextAppended(page_number=page, offset=offset, delta=delta):
            return logged.sequence, kind, page, offset, delta
        case PageImagePreviewed(page_number=page, image=image):
            return logged.sequence, kind, page, image.key
        case _ if hasattr(event, "page"):
            page = cast(Any, event).page
            keys = (page.image and page.image.key, page.audio and page.audio.key)
            states = (page.text_status.value, page.image_status.value, page.audio_status.value)
            return logged.sequence, kind, page.number, page.text, *keys, *states
        case _:
            of_part = (getattr(event, name, None) for name in ("page_number", "part", "message"))
            return logged.sequence, kind, *(str(getattr(each, "value", each)) for each in of_part if each is not None)


def fact_told(event: dict[str, Any]) -> Fact:
    sequence, kind = event["sequence"], event["kind"]
    match event:
        case {"title": title}:
            return sequence, kind, title
        case {"delta": delta, "offset": offset, "pageNumber": page}:
            return sequence, kind, page, offset, delta
        case {"image": image, "pageNumber": page}:
            return sequence, kind, page, image["key"]
        case {"page": page}:
            keys = (page["image"] and page["image"]["key"], page["audio"] and page["audio"]["key"])
            states = (page["textStatus"], page["imageStatus"], page["audioStatus"])
            return sequence, kind, page["number"], page["text"], *keys, *states
        case _:
            return sequence, kind, *(str(event[name]) for name in ("pageNumber", "part", "message") if name in event)


def joined(facts: Iterable[Fact]) -> list[Fact]:
    """However the facts were joined on their way, these are the same: words made one, only a page's last preview."""
    told = list(facts)
    newest = {fact[2]: fact[0] for fact in told if fact[1] == "PageImagePreviewed"}
    found: list[Fact] = []
    for fact in told:
        if fact[1] == "PageImagePreviewed" and newest[fact[2]] != fact[0]:
            continue
        last: Fact = found[-1] if found else (0, "", 0, 0, "")
        if fact[1] == last[1] == "PageTextAppended" and fact[2:4] == (last[2], last[3] + len(last[4])):
            found[-1] = (fact[0], fact[1], last[2], last[3], last[4] + fact[4])
        else:
            found.append(fact)
    return found


# ---------------------------------------------------------------- who follows


@dataclass
class Client:
    """Follows a story to its end, now at this server, now at that; it is cut off `due` times at moments of `luck`."""

    story: str
    urls: Sequence[str]
    token: str
    cuts: Cuts
    due: int
    luck: random.Random
    cursor: str | None = None
    book: Book | None = None
    tellings: list[Telling] = field(default_factory=list[Telling])
    resumed: int = 0
    ended: bool = False

    async def follow(self) -> None:
        while not self.ended:
            with contextlib.suppress(WebSocketException, OSError, TimeoutError):
                await self._connection()
            await asyncio.sleep(self.luck.uniform(0, 0.2))  # as clients do before they come again

    async def _connection(self) -> None:
        url = f"{self.luck.choice(self.urls).replace('http', 'ws', 1)}/graphql"
        protocol = Subprotocol("graphql-transport-ws")
        async with websockets.connect(
            url, subprotocols=[protocol], create_connection=self._line(), compression=None, ping_interval=None
        ) as socket:
            init = {"type": "connection_init", "payload": {"authorization": f"Bearer {self.token}"}}
            await socket.send(orjson.dumps(init).decode())
            first = True
            with contextlib.suppress(_Over):
                async for message in socket:
                    heard = orjson.loads(message)
                    if heard["type"] == "connection_ack":
                        await socket.send(self._subscribe())
                        continue
                    self._hear(heard, first=first)
                    if first:
                        self.doom(socket.transport, within_s=CUT_WITHIN_S)
                    first = False
        assert socket.close_code not in REFUSALS, (socket.close_code, socket.close_reason)

    def _line(self) -> type[ClientConnection]:
        """A connection that may be cut while it is being opened."""
        client = self

        class Line(ClientConnection):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                if client.luck.random() < CUT_EARLY:
                    client.doom(self.transport, within_s=0.1)

        return Line

    def doom(self, transport: asyncio.Transport, within_s: float) -> None:
        """Has the connection be cut soon, if any cut is still due."""
        if self.due:
            asyncio.get_running_loop().call_later(self.luck.uniform(0, within_s), self._cut, transport)

    def _cut(self, transport: asyncio.Transport) -> None:
        if self.due and not transport.is_closing():
            transport.abort()
            self.due -= 1
            self.cuts.add()

    def _subscribe(self) -> str:
        variables = {"storyId": self.story, "after": self.cursor}
        payload = {"query": FOLLOW, "variables": variables}
        return orjson.dumps({"id": "1", "type": "subscribe", "payload": payload}).decode()

    def _hear(self, message: dict[str, Any], *, first: bool) -> None:
        if message["type"] != "next":  # complete, or an error that passes
            codes = [error["extensions"]["code"] for error in message.get("payload", ())]
            assert not {"NOT_FOUND", "BAD_USER_INPUT", "UNAUTHENTICATED"} & set(codes), message
            raise _Over
        batch = message["payload"]["data"]["storyProgress"]
        if batch["reset"]:
            self._begin_anew(batch)
        else:
            assert batch["previousCursor"] == self.cursor
            self.resumed += first
        self._take(batch)

    def _begin_anew(self, batch: dict[str, Any]) -> None:
        assert batch["previousCursor"] is None
        snapshot = batch["events"].pop(0)
        assert snapshot["kind"] == "StorySnapshot"
        epoch, sequence = position(batch["cursor"])
        if self.cursor is not None and position(self.cursor)[0] == epoch:
            assert sequence < position(self.cursor)[1], "what it held was not lost"
        self.tellings.append(Telling(epoch, snapshot["sequence"], sequence))
        self.book = replace(book_of(snapshot["story"]), sequence=snapshot["sequence"])

    def _take(self, batch: dict[str, Any]) -> None:
        assert self.book is not None
        telling = self.tellings[-1]
        self.cursor = batch["cursor"]
        telling.end = position(batch["cursor"])[1]
        telling.facts += [fact_told(event) for event in batch["events"]]
        # The end brings the story along. What is looked at is the book that the events before it have made.
        told = [event for event in batch["events"] if event["kind"] != "StoryEnded"]
        self.ended = len(told) < len(batch["events"])
        self.book = apply(self.book, cast(Batch, {**batch, "reset": False, "events": told}))
        if self.ended:
            raise _Over


class _Over(Exception):
    """This connection is not needed any more."""


FOLLOW, BOOK = print_ast(operations.STORY_PROGRESS.document), print_ast(operations.STORY.document)


def position(cursor: str) -> tuple[str, int]:
    epoch, _, sequence = cursor.partition(":")
    return epoch, int(sequence)


def shown(book: Book | None) -> list[Fact]:
    """What a reader sees of a book."""
    assert book is not None
    return [(book.title,)] + [
        (
            page.number,
            *(page.text, page.text_status),
            *(page.image and page.image.key, page.image_status),
            *(page.audio and page.audio.key, page.audio_status),
        )
        for page in book.pages
    ]
