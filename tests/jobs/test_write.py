"""The writer's stream, when it is to stop in the middle of a page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from redis.asyncio import Redis
from sqlalchemy import text

from jobs.ports import Plan, Ports, StoryBrief, TextDelta, Usage, Verdict
from jobs.queue import open_redis
from jobs.worker import Workbench, open_workbench
from models.vocabulary import StoryStatus
from tests.harness import settings_for
from tests.jobs.worker_process import are_done, ask_for_story, story_now, until
from tests.servers import Servers
from tests.vendors import Script, ScriptedModerator, ScriptedWriter, Vendors

PAUSE_MS = 60_000
"""Longer than the test waits for anything."""


@dataclass
class HaltingWriter(ScriptedWriter):
    """Writes three sentences and a second page, each when the script lets it; says when its stream is closed."""

    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(
        self, brief: StoryBrief, plan: Plan, written: Sequence[str], instruction: str | None = None
    ) -> AsyncIterator[TextDelta | Usage]:
        try:
            for sentence in ("One. ", "Two. ", "Three."):
                await self.script(sentence.strip())
                yield TextDelta(1, sentence)
            yield TextDelta(2, "Page 2 ")
            await self.script("text:2")
            yield TextDelta(2, "is here.")
            yield Usage()
        finally:
            self.closed.set()


@dataclass
class TellingModerator(ScriptedModerator):
    """Says what has come before it."""

    script: Script = field(default_factory=Script)

    async def judge_text(self, text: str) -> Verdict:
        await self.script(f"verdict: {text.strip()}")
        return await super().judge_text(text)


@asynccontextmanager
async def writing(database_url: str, redis_url: str, data: Path, writer: HaltingWriter) -> AsyncGenerator[Workbench]:
    """A bench with this writer, at which nobody works."""
    script = writer.script
    vendors = Vendors(script, TellingModerator(script=script))

    @asynccontextmanager
    async def ports() -> AsyncGenerator[Ports]:
        async with vendors.open() as opened:
            yield replace(opened, writers={"offline": writer})

    async with open_workbench(settings_for(database_url, redis_url, data), ports) as bench:
        yield bench


@asynccontextmanager
async def slow_log(servers: Servers) -> AsyncGenerator[None]:
    """Whatever is published takes until the block ends."""
    assert await servers.valkey.ask(b"CLIENT PAUSE %d WRITE" % PAUSE_MS) == b"+OK"
    try:
        yield
    finally:
        assert await servers.valkey.ask(b"CLIENT UNPAUSE") == b"+OK"


async def a_silent_story(bench: Workbench) -> UUID:
    """A story of two pages that are not read aloud: nobody but the writer waits for its words."""
    story_id = await ask_for_story(bench.transactions)
    async with bench.transactions.begin() as work:
        await work.session.execute(text("DELETE FROM steps WHERE key LIKE 'audio:%'"))
    return story_id


async def is_shown(bench: Workbench, story_id: UUID, words: str) -> bool:
    position = await bench.log.position(story_id)
    return position is not None and position.texts.get(1) == words


async def is_publishing(redis: Redis) -> bool:
    """Whether somebody waits for a script of theirs to be run."""
    clients: list[dict[str, str]] = await redis.client_list()  # pyright: ignore[reportUnknownMemberType]  # untyped there
    return any("b" in client["flags"] and client["cmd"] == "evalsha" for client in clients)


async def test_a_worker_that_leaves_in_the_middle_of_words_does_not_wait_for_the_writer(
    database_url: str, redis_url: str, tmp_path: Path, servers: Servers
) -> None:
    writer = HaltingWriter(Script())
    script, redis = writer.script, open_redis(redis_url)
    for call in ("portrait:n1", "Two.", "Three.", "text:2"):  # without a portrait no picture is told of meanwhile
        script.shut(call)
    async with asyncio.timeout(40), writing(database_url, redis_url, tmp_path, writer) as bench:
        story_id = await a_silent_story(bench)
        await bench.take(story_id)
        await until(lambda: is_shown(bench, story_id, "One."))
        async with slow_log(servers):
            script.gates["Two."].set()
            await until(lambda: is_publishing(redis))
            script.gates["Three."].set()
            await script.arrival("verdict: Three.").wait()  # from here the page only waits for its words to be shown

            leaving = asyncio.create_task(bench.hand_over())
            left, _ = await asyncio.wait([leaving], timeout=10)
            called = list(script.calls)
            script.let_go()  # or a worker that does wait would never end, whatever the time-out
            await leaving

        assert left, "it waited for the writer"
        await writer.closed.wait()
        assert "text:2" not in called
        assert not await are_done(bench.transactions, story_id, "text:1"), "whoever takes over writes it anew"
        story = await story_now(bench.transactions, story_id)
        assert (story.status, story.lease_until, story.takeovers) == (StoryStatus.GENERATING, None, 0)
    await redis.aclose()


async def test_sentences_that_come_while_a_verdict_is_out_share_the_next_and_none_is_shown_before(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    writer = HaltingWriter(Script())
    script = writer.script
    verdict, more = script.shut("verdict: One."), script.shut("Two.")
    async with asyncio.timeout(40), writing(database_url, redis_url, tmp_path, writer) as bench:
        story_id = await a_silent_story(bench)
        await bench.take(story_id)
        await script.arrival("verdict: One.").wait()
        more.set()
        await script.arrival("Three.").wait()
        position = await bench.log.position(story_id)
        assert position is not None
        assert 1 not in position.texts
        verdict.set()
        await asyncio.gather(*bench.making.values())
        assert await are_done(bench.transactions, story_id, "text:1", "text:2")
    verdicts = [call for call in script.calls if call.startswith("verdict: ")]
    assert verdicts[1:] == ["verdict: One.", "verdict: Two. Three.", "verdict: Page 2 is here."]
