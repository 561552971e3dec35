"""A real `serve` process, its followers and what befalls them: silence, stalling, faults, a lost Redis, an end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import psutil
import pytest_asyncio
import websockets
from redis.asyncio import Redis
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from api.up import answers_ready
from jobs.events import PageTextAppended, StoryEnded, encode
from jobs.log import Message, StoryLog, TextSoFar, channel
from jobs.queue import open_redis
from models.database import Database
from schema.ids import row_id
from tests.api.test_socket import PROTOCOL, closed, heard, subscribe
from tests.commands import ROOT, clean_environment
from tests.harness import Api, free_port
from tests.servers import Servers

FOLLOW = """subscription($id: ID!, $after: String) { storyProgress(storyId: $id, after: $after) {
    cursor previousCursor reset events { __typename sequence
        ... on StorySnapshot { story { pages { text } } } ... on PageTextAppended { offset delta } } } }"""
STALLED = 50
COST_OF_ONE = 200_000
"""Bytes that a client that has stopped reading may cost the server process."""
FLOOD = 400
LONG_WORDS = "and over the hill " * 120
"""Two kilobytes: unless something holds it back, a flood of them is 800 KB for each client."""
Eventually = Callable[[], bool] | Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Live:
    """A server process, a parent with an account of it, and the two servers that it works with."""

    process: asyncio.subprocess.Process
    parent: Api
    redis: Redis
    database: Database
    database_url: str

    @property
    def port(self) -> int:
        return int(self.parent.url.rsplit(":", 1)[1])

    @property
    def log(self) -> StoryLog:
        """As another worker would use it: it knows nothing of what has been published before."""
        return StoryLog(self.redis)

    def resident(self) -> int:
        """Memory of the process in bytes."""
        return psutil.Process(self.process.pid).memory_info().rss

    def peers(self) -> set[int]:
        """The clients' ports of its open connections."""
        connections = psutil.Process(self.process.pid).net_connections("tcp")
        return {connection.raddr.port for connection in connections if connection.raddr}

    async def followed(self, story: str) -> int:
        """How many processes hear of the story: 0 as soon as no generator follows it any more."""
        name = channel(row_of(story))
        answer = cast("list[tuple[bytes, int]]", await self.redis.pubsub_numsub(name))  # pyright: ignore[reportUnknownMemberType]  # untyped in redis-py
        return answer[0][1]

    async def until_left(self, story: str) -> None:
        async def left() -> bool:
            return await self.followed(story) == 0

        await eventually(left)

    async def story(self) -> Teller:
        """A story that only the test makes: its first page's text is being written."""
        id = await self.parent.begin_story()
        async with self.database.session() as session:
            words = text("UPDATE pages SET text_status = 'WORKING' WHERE story_id = :id")
            await session.execute(words, {"id": row_of(id)})
            await session.commit()
        return Teller(id, self.log)

    @asynccontextmanager
    async def following(
        self, story: str, after: str | None = None, words: str = "", *, receive_buffer: int = 0
    ) -> AsyncGenerator[Reader]:
        """A follower that has heard its first batch; one that resumes holds the `words` that it has heard before."""
        async with self.connected(receive_buffer) as connection:
            await connection.send(subscribe(FOLLOW, variables={"id": story, "after": after}))
            reader = Reader(connection, after, words)
            await reader.hear()
            yield reader

    @asynccontextmanager
    async def connected(self, receive_buffer: int = 0) -> AsyncGenerator[ClientConnection]:
        """An acknowledged socket; `receive_buffer` bytes may wait for it in its kernel where that is not 0."""
        transport = socket.socket()
        transport.setblocking(False)
        if receive_buffer:
            transport.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await asyncio.get_running_loop().sock_connect(transport, ("127.0.0.1", self.port))
        url = f"{self.parent.url.replace('http', 'ws', 1)}/graphql"
        async with websockets.connect(
            url, sock=transport, subprotocols=[PROTOCOL], ping_interval=None, close_timeout=1, max_size=None
        ) as connection:
            payload = {"authorization": f"Bearer {self.parent.token}"}
            await connection.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert await heard(connection) == {"type": "connection_ack"}
            yield connection


class Teller:
    """Whoever makes the story: tells the words of its first page, through the real log."""

    def __init__(self, story: str, log: StoryLog) -> None:
        self.story = story
        self.log = log
        self.text = ""

    async def tell(self, *deltas: str) -> None:
        """Publishes all of them at once."""
        messages: list[Message] = []
        for delta in deltas:
            after = TextSoFar(1, self.text + delta, self.text)
            messages.append(Message.now(PageTextAppended(1, len(self.text), delta), text=after))
            self.text += delta
        await self.log.publish(row_of(self.story), 1, messages)

    async def flood(self, reader: Reader, events: int = FLOOD) -> None:
        """Long events of no account, one by one, each heard by the reader before the next is told."""
        for _ in range(events):
            flooding = PageTextAppended(2, 0, LONG_WORDS)
            top = await self.log.publish(row_of(self.story), 1, [Message.now(flooding)])
            await reader.until_at(top.sequence)


@dataclass
class Reader:
    """A follower, and what it knows of the first page. A batch that leaves a gap fails the test."""

    connection: ClientConnection
    cursor: str | None = None
    text: str = ""
    resets: int = 0
    sequences: list[int] = field(default_factory=list[int])

    async def hear(self) -> dict[str, Any]:
        """The next batch, applied."""
        async with asyncio.timeout(20):
            message = json.loads(await self.connection.recv())
        assert message["type"] == "next", message
        batch = message["payload"]["data"]["storyProgress"]
        self.apply(batch)
        return batch

    def apply(self, batch: dict[str, Any]) -> None:
        if batch["reset"]:
            snapshot = batch["events"][0]
            assert snapshot["__typename"] == "StorySnapshot"
            self.text = snapshot["story"]["pages"][0]["text"] or ""
            self.resets += 1
        else:
            assert batch["previousCursor"] == self.cursor
        self.cursor = batch["cursor"]
        for event in batch["events"]:
            self.sequences.append(event["sequence"])
            if event["__typename"] == "PageTextAppended" and event["delta"] != LONG_WORDS:
                assert event["offset"] <= len(self.text), (event, self.text)
                self.text = self.text[: event["offset"]] + event["delta"]

    async def until(self, words: str) -> None:
        """Until the page says just this."""
        async with asyncio.timeout(20):
            while self.text != words:
                await self.hear()

    async def until_at(self, sequence: int) -> None:
        async with asyncio.timeout(5):
            while not self.sequences or self.sequences[-1] < sequence:
                await self.hear()

    @property
    def port(self) -> int:
        return self.connection.local_address[1]

    def stop_reading(self) -> None:
        self.connection.transport.pause_reading()

    async def how_it_ended(self) -> tuple[float, int | None]:
        """When the server ended it, in `monotonic` seconds, and with which code; None for no close frame at all."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.connection.recv()
        received = self.connection.protocol.close_rcvd
        return time.monotonic(), None if received is None else received.code


def row_of(story: str) -> UUID:
    row = row_id(story, "Story")
    assert row is not None
    return row


async def eventually(true: Eventually, within_s: float = 20) -> None:
    async with asyncio.timeout(within_s):
        while True:
            found = true()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.05)  # another process sends no event


@asynccontextmanager
async def live_server(servers: Servers, data: Path, **environment: str) -> AsyncGenerator[Live]:
    """`serve` as in earnest, on a database of its own. What it writes goes to `data`/serve.log."""
    database_url = await servers.fresh_database()
    port = free_port()
    given = {
        "DATABASE_URL": database_url,
        "REDIS_URL": servers.valkey.url,
        "STORYCANVAS_DATA": str(data),
        "STORYCANVAS_PORT": str(port),
        "STORYCANVAS_STORIES_AT_ONCE": "1000",
        "STORYCANVAS_SIGNUP_CREDITS": "100000",
        **environment,
    }
    database = Database(database_url, 1)
    with (data / "serve.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "api", "serve"),
            cwd=ROOT,
            env={**clean_environment(), **given},
            stdout=log,
            stderr=log,
        )
    try:
        await eventually(lambda: answers_ready("127.0.0.1", port))
        async with httpx.AsyncClient(trust_env=False) as http, open_redis(servers.valkey.url) as redis:
            parent = await Api(f"http://127.0.0.1:{port}", http=http).as_somebody()
            yield Live(process, parent, redis, database, database_url)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await database.close()
        await servers.drop_database(database_url)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def live(servers: Servers, tmp_path_factory: Any) -> AsyncGenerator[Live]:
    async with live_server(servers, tmp_path_factory.mktemp("live")) as server:
        yield server


# -------------------------------------------------------------------- who stops reading


async def test_clients_that_stop_reading_cost_little_delay_nobody_and_are_gone(
    servers: Servers, tmp_path: Path
) -> None:
    async with live_server(servers, tmp_path) as live, AsyncExitStack() as stack:
        teller = await live.story()
        reader = await stack.enter_async_context(live.following(teller.story))
        await teller.flood(reader)  # fills what is the story's, and not a client's
        stalled = [
            await stack.enter_async_context(live.following(teller.story, receive_buffer=4096)) for _ in range(STALLED)
        ]
        before = live.resident()
        for each in stalled:
            each.stop_reading()
        stopped = time.monotonic()
        worst = before

        def all_gone() -> bool:
            nonlocal worst
            worst = max(worst, live.resident())
            return live.peers().isdisjoint({each.port for each in stalled})

        async with asyncio.timeout(20):
            await teller.flood(reader)
            assert not all_gone()
            await eventually(all_gone)
        assert time.monotonic() - stopped < 20
        assert (worst - before) / STALLED <= COST_OF_ONE

        for each in stalled:
            each.connection.transport.resume_reading()
            assert (await each.how_it_ended())[1] is None
        await teller.tell("still here")
        await reader.until("still here")
        await reader.connection.close()
        await live.until_left(teller.story)


# -------------------------------------------------------------------- what takes fifteen seconds


@dataclass(frozen=True)
class Silence:
    """What was seen in sixteen seconds in which nothing was told, by three clients at the same time.

    `heartbeat` is the second batch of a quiet story, `missed` that of a story whose last message got lost, and `frames`
    are the opcodes (RFC 6455, section 5.2) that a client got which answers no ping.
    """

    heartbeat: dict[str, Any]
    missed: dict[str, Any]
    frames: list[int]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def silence(live: Live) -> Silence:
    return Silence(*await asyncio.gather(_second_batch(live), _missed_batch(live), _frames_without_pongs(live)))


async def _second_batch(live: Live) -> dict[str, Any]:
    teller = await live.story()
    async with live.following(teller.story) as reader:
        return await reader.hear()


async def _missed_batch(live: Live) -> dict[str, Any]:
    teller = await live.story()
    async with live.following(teller.story) as reader:
        await unheard(live, teller, "the last words")
        batch = await reader.hear()
    assert reader.text == "the last words"
    return batch


async def unheard(live: Live, teller: Teller, delta: str) -> None:
    """Writes an event to the log as publishing does; only that the message about it gets lost."""
    position = await teller.log.position(row_of(teller.story))
    assert position is not None
    message = Message.now(PageTextAppended(1, len(teller.text), delta))
    teller.text += delta
    meta, log, words = (f"sc:{{{row_of(teller.story)}}}:{name}" for name in ("meta", "log", "text"))
    number = position.sequence + 1
    raw = encode(message.event, message.at)
    for command in (
        ("XADD", log, f"{number}-0", "e", raw),
        ("HSET", words, "1", teller.text),
        ("HSET", meta, "sequence", str(number)),
    ):
        await live.redis.execute_command(*command)  # pyright: ignore[reportUnknownMemberType]  # untyped in redis-py


async def _frames_without_pongs(live: Live) -> list[int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    writer.write(
        b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    message = b'{"type":"connection_init"}'
    writer.write(bytes((0x81, 0x80 | len(message), 0, 0, 0, 0)) + message)  # masked with zeros
    opcodes: list[int] = []
    async with asyncio.timeout(20):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionResetError):
            while True:
                opcode, length = await reader.readexactly(2)
                opcodes.append(opcode & 0xF)
                await reader.readexactly(length)
    writer.close()
    return opcodes


async def test_a_quiet_story_sends_a_heartbeat(silence: Silence) -> None:
    assert silence.heartbeat["events"] == []
    assert silence.heartbeat["reset"] is False
    assert silence.heartbeat["cursor"] == silence.heartbeat["previousCursor"]


async def test_a_last_message_that_got_lost_is_found_when_it_stays_silent(silence: Silence) -> None:
    assert silence.missed["reset"] is False
    assert [event["delta"] for event in silence.missed["events"]] == ["the last words"]


async def test_a_client_that_answers_no_ping_sees_its_connection_break_without_a_close_frame(silence: Silence) -> None:
    text, close, ping = 1, 8, 9
    assert silence.frames == [text, ping]
    assert close not in silence.frames  # 1011 would tell clients to give up


# -------------------------------------------------------------------- one socket, many operations


async def test_a_thousand_subscribes_leave_twenty_a_living_socket_and_nothing_behind(live: Live) -> None:
    teller = await live.story()
    async with live.connected() as connection:
        for number in range(1000):
            await connection.send(subscribe(FOLLOW, str(number), variables={"id": teller.story}))
        told = [await heard(connection) for _ in range(1000)]
        begun = {message["id"] for message in told if message["type"] == "next"}
        refused = [message for message in told if message["type"] == "error"]
        assert begun == {str(number) for number in range(20)}
        assert len(refused) == 980
        assert {message["payload"][0]["extensions"]["code"] for message in refused} == {"RATE_LIMITED"}

        await teller.tell("Once")
        assert {(await heard(connection))["id"] for _ in range(20)} == begun
        for id in begun:
            await connection.send(json.dumps({"id": id, "type": "complete"}))
        await live.until_left(teller.story)
        await connection.send('{"type": "ping"}')
        assert await heard(connection) == {"type": "pong"}


async def test_an_operation_sees_what_has_changed_since_the_one_before_it_on_the_same_socket(live: Live) -> None:
    teller = await live.story()
    query = f'{{ story(id: "{teller.story}") {{ pages {{ textStatus }} }} }}'

    async def statuses(connection: ClientConnection) -> list[str]:
        await connection.send(subscribe(query))
        answer, completed = await heard(connection), await heard(connection)
        assert completed["type"] == "complete"
        return [page["textStatus"] for page in answer["payload"]["data"]["story"]["pages"]]

    async with live.connected() as connection:
        assert await statuses(connection) == ["WORKING"]
        async with live.database.session() as session:
            words = text("UPDATE pages SET text_status = 'FAILED' WHERE story_id = :id")
            await session.execute(words, {"id": row_of(teller.story)})
            await session.commit()
        assert await statuses(connection) == ["FAILED"]


async def test_a_fault_of_ours_ends_a_subscription_with_an_error_and_the_socket_lives_on(live: Live) -> None:
    teller = await live.story()
    async with live.following(teller.story) as reader:
        await _statement(live, "ALTER TABLE pages RENAME TO lost_pages")
        try:
            await teller.log.publish(row_of(teller.story), 1, [Message.now(StoryEnded())])
            told = await heard(reader.connection)
        finally:
            await _statement(live, "ALTER TABLE lost_pages RENAME TO pages")
        assert (told["type"], told["id"]) == ("error", "1")
        (error,) = told["payload"]
        assert error["extensions"]["code"] == "INTERNAL"
        assert "pages" not in json.dumps(error)
        await reader.connection.send('{"type": "ping"}')
        assert await heard(reader.connection) == {"type": "pong"}
        await live.until_left(teller.story)


async def _statement(live: Live, words: str) -> None:
    async with live.database.session() as session:
        await session.execute(text(words))
        await session.commit()


# -------------------------------------------------------------------- Redis and its losses


async def test_a_redis_that_is_emptied_resets_followers_who_then_hold_every_word(live: Live) -> None:
    teller = await live.story()
    async with live.following(teller.story) as reader:
        await teller.tell("Once ")
        await reader.until("Once ")
        await live.redis.flushall()  # pyright: ignore[reportUnknownMemberType]  # untyped in redis-py
        await teller.tell("upon ")
        await teller.tell("a time")
        await reader.until("Once upon a time")
        assert reader.resets == 2


async def test_a_redis_that_is_killed_and_started_again_changes_nothing_for_followers(
    live: Live, servers: Servers
) -> None:
    teller = await live.story()
    async with live.following(teller.story) as reader:
        await teller.tell("Once ")
        await reader.until("Once ")
        servers.valkey.kill()
        await servers.valkey.wait()
        await servers.valkey.start()
        await teller.tell("upon ", "a time")
        await reader.until("Once upon a time")
        assert reader.resets == 1
        assert reader.sequences == sorted(set(reader.sequences))


async def test_a_message_lost_in_the_middle_is_told_with_the_next(live: Live) -> None:
    teller = await live.story()
    async with live.following(teller.story) as reader:
        await teller.tell("Once ")
        await reader.until("Once ")
        await unheard(live, teller, "upon ")
        await teller.tell("a time")
        await reader.until("Once upon a time")
        assert reader.resets == 1


async def test_a_listener_whose_connection_is_killed_loses_nothing(live: Live) -> None:
    teller = await live.story()
    async with live.following(teller.story) as reader:
        for number in range(20):
            await live.redis.client_kill_filter(_type="pubsub")  # pyright: ignore[reportUnknownMemberType]  # untyped in redis-py
            await teller.tell(f"{number} ")
        async with asyncio.timeout(10):  # the check after 15 s of silence is not what finds it
            await reader.until(teller.text)
        assert reader.resets == 1


async def test_a_redis_that_fell_back_resets_followers_when_its_publisher_lives(live: Live) -> None:
    await _falls_back(live, lambda teller: teller)


async def test_a_redis_that_fell_back_resets_followers_when_another_publisher_goes_on(live: Live) -> None:
    await _falls_back(live, lambda teller: _another(live, teller))


def _another(live: Live, teller: Teller) -> Teller:
    """A worker that has taken over: it knows the words that are committed, and nothing of numbers."""
    other = Teller(teller.story, live.log)
    other.text = teller.text
    return other


async def _falls_back(live: Live, who_goes_on: Callable[[Teller], Teller]) -> None:
    """After Redis has lost "upon ", the words go on at once, past the number at which followers stand."""
    teller = await live.story()
    names = [f"sc:{{{row_of(teller.story)}}}:{name}" for name in ("meta", "log", "text", "seen")]
    async with live.following(teller.story) as reader:
        await teller.tell("Once ")
        kept = {name: await live.redis.dump(name) for name in names}
        for word in ("upon ", "a ", "time "):
            await teller.tell(word)
        await reader.until("Once upon a time ")
        for name, value in kept.items():
            if value is not None:
                await live.redis.restore(name, 0, value, replace=True)
        goes_on = who_goes_on(teller)
        await goes_on.tell("there ", "was ", "a ", "mole ", "who ", "dug")
        await reader.until(goes_on.text)
        assert reader.resets == 2


# -------------------------------------------------------------------- ends


async def test_followers_are_let_go_when_their_token_expires_and_nothing_follows_any_more(
    servers: Servers, tmp_path: Path
) -> None:
    async with live_server(servers, tmp_path, STORYCANVAS_ACCESS_TOKEN_SECONDS="2") as live:
        teller = await live.story()
        async with live.following(teller.story) as reader:
            assert await closed(reader.connection) == 4403
            await live.until_left(teller.story)


async def test_a_server_that_is_told_to_end_lets_followers_go_one_by_one_and_ends(
    servers: Servers, tmp_path: Path
) -> None:
    async with live_server(servers, tmp_path) as live, AsyncExitStack() as stack:
        teller = await live.story()
        stuck = await stack.enter_async_context(live.following(teller.story, receive_buffer=4096))
        stuck.stop_reading()
        readers = [await stack.enter_async_context(live.following(teller.story)) for _ in range(40)]
        await teller.flood(readers[0], FLOOD // 4)
        endings = [asyncio.create_task(reader.how_it_ended()) for reader in readers]

        live.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            await eventually(lambda: _refuses(live.port))
            assert not all(ending.done() for ending in endings), "it takes nobody while it still lets others go"
            told = await asyncio.gather(*endings)
            assert await live.process.wait() in (0, -signal.SIGTERM)
        assert {code for _, code in told} == {1001}
        times = [at for at, _ in told]
        assert 0.5 < max(times) - min(times) < 6
        assert b"Traceback" not in (tmp_path / "serve.log").read_bytes()


async def _refuses(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False
