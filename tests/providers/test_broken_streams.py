"""Streams that begin with a 200 and come to a bad end: each has an outcome, and what was used is known."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from jobs.ports import (
    CastSheet,
    Painted,
    Plan,
    PortraitBrief,
    StoryBrief,
    Usage,
    VendorBusy,
    VendorError,
    VendorRefused,
    VendorUnusable,
)
from jobs.providers.anthropic_writer import AnthropicWriter
from jobs.providers.catalog import Kind
from jobs.providers.openai_painter import OpenAIPainter
from jobs.providers.openai_writer import OpenAIWriter
from jobs.providers.writing import StreamingWriter, Task
from models.vocabulary import AgeBand
from tests.providers.conftest import model

MIA = CastSheet(key="c1", name="Mia", appearance="a small brown mole")
BRIEF = StoryBrief("A mole", None, AgeBand.AGES_3_5, "en", 1, (MIA,))
HALF = '{"title": "A'


class Speaker:
    """Answers every request with one body."""

    def __init__(self) -> None:
        self.media_type = "text/event-stream"
        self.body = b""
        self.port = 0

    def says(self, events: list[Any]) -> None:
        named = [f"event: {event['type']}\n" if isinstance(event, dict) else "" for event in events]
        lines = [f"{name}data: {json.dumps(event)}\n\n" for name, event in zip(named, events, strict=True)]
        self.body = "".join(lines).encode()

    def says_json(self, answer: object) -> None:
        self.media_type, self.body = "application/json", json.dumps(answer).encode()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        await reader.readexactly(int(lengths[0]))
        lines = ["HTTP/1.1 200 OK", f"content-type: {self.media_type}", f"content-length: {len(self.body)}"]
        writer.write("\r\n".join([*lines, "connection: close", "", ""]).encode() + self.body)
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def speaker() -> AsyncGenerator[Speaker]:
    speaker = Speaker()
    async with await asyncio.start_server(speaker.answer, "127.0.0.1", 0) as server:
        speaker.port = server.sockets[0].getsockname()[1]
        yield speaker


@pytest_asyncio.fixture
async def openai(speaker: Speaker) -> AsyncGenerator[AsyncOpenAI]:
    url = f"http://127.0.0.1:{speaker.port}/v1"
    async with AsyncOpenAI(api_key="k", base_url=url, max_retries=0, timeout=5) as client:
        yield client


@pytest_asyncio.fixture
async def claude(speaker: Speaker) -> AsyncGenerator[AnthropicWriter]:
    url = f"http://127.0.0.1:{speaker.port}"
    async with AsyncAnthropic(api_key="k", base_url=url, max_retries=0, timeout=5) as client:
        yield AnthropicWriter(client, model("claude-haiku-5-5", Kind.WRITER))


@pytest.fixture
def gpt(openai: AsyncOpenAI) -> OpenAIWriter:
    return OpenAIWriter(openai, model("gpt-6-luna", Kind.WRITER))


async def failure_of(call: Awaitable[object]) -> VendorError:
    with pytest.raises(VendorError) as raised:
        await call
    return raised.value


# -------------------------------------------------------------------- Claude

START: dict[str, Any] = {
    "type": "message_start",
    "message": {
        "id": "m", "type": "message", "role": "assistant", "model": "x", "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": {"input_tokens": 1_000_000, "output_tokens": 1},
    },
}  # fmt: skip


def message(text: str, stop_reason: str) -> list[Any]:
    return [
        START,
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop_reason, "stop_sequence": None},
            "usage": {"output_tokens": 1_000_000},
        },
        {"type": "message_stop"},
    ]


@pytest.mark.parametrize("text", ["I can't help with that.", HALF])
@pytest.mark.parametrize(("reason", "kind"), [("refusal", VendorRefused), ("max_tokens", VendorUnusable)])
async def test_claude_is_asked_why_it_stopped(
    claude: AnthropicWriter, speaker: Speaker, text: str, reason: str, kind: type[VendorError]
) -> None:
    speaker.says(message(text, reason))
    error = await failure_of(claude.plan(BRIEF))
    assert type(error) is kind
    assert error.usage.cost_micros == 600_000  # a million of each


@pytest.mark.parametrize("code", ["overloaded_error", "rate_limit_error", "api_error"])
async def test_an_error_in_the_middle_of_claudes_stream_is_tried_again_later(
    claude: AnthropicWriter, speaker: Speaker, code: str
) -> None:
    speaker.says([START, {"type": "error", "error": {"type": code, "message": "no"}}])
    assert isinstance(await failure_of(claude.plan(BRIEF)), VendorBusy)


@pytest.mark.parametrize("events", [message("{}", "end_turn")[1:], [START, {"type": "content_block_delta"}]])
async def test_what_claude_never_says_is_of_no_use(
    claude: AnthropicWriter, speaker: Speaker, events: list[Any]
) -> None:
    speaker.says(events)
    assert isinstance(await failure_of(claude.plan(BRIEF)), VendorUnusable)


# -------------------------------------------------------------------- OpenAI

USED = {
    "input_tokens": 1_000_000, "output_tokens": 1_000_000, "total_tokens": 2_000_000,
    "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
}  # fmt: skip


def incomplete(reason: str) -> list[Any]:
    base: dict[str, Any] = {
        "id": "r", "object": "response", "created_at": 1, "model": "x", "output": [], "parallel_tool_calls": False,
        "tool_choice": "auto", "tools": [],
    }  # fmt: skip
    place = {"output_index": 0, "content_index": 0, "item_id": "i"}
    ended = {**base, "status": "incomplete", "incomplete_details": {"reason": reason}, "usage": USED}
    return [
        {"type": "response.created", "sequence_number": 0, "response": {**base, "status": "in_progress"}},
        {"type": "response.output_text.delta", "sequence_number": 1, **place, "delta": HALF, "logprobs": []},
        {"type": "response.output_text.done", "sequence_number": 2, **place, "text": HALF, "logprobs": []},
        {"type": "response.incomplete", "sequence_number": 3, "response": ended},
    ]


@pytest.mark.parametrize(("reason", "kind"), [("content_filter", VendorRefused), ("max_output_tokens", VendorUnusable)])
async def test_openai_is_asked_why_it_stopped(
    gpt: OpenAIWriter, speaker: Speaker, reason: str, kind: type[VendorError]
) -> None:
    speaker.says(incomplete(reason))
    error = await failure_of(gpt.plan(BRIEF))
    assert type(error) is kind
    assert error.usage.cost_micros == 600_000


def told(delta: object) -> dict[str, object]:
    return {"type": "response.output_text.delta", "delta": delta}


@pytest.mark.parametrize("events", [[5], ["x"], [told(None)], [told(HALF), told({"text": "x"})]])
async def test_what_openai_never_says_is_of_no_use(gpt: OpenAIWriter, speaker: Speaker, events: list[Any]) -> None:
    speaker.says(events)
    assert isinstance(await failure_of(gpt.plan(BRIEF)), VendorUnusable)


async def test_json_in_place_of_a_stream_is_no_answer(
    gpt: OpenAIWriter, claude: AnthropicWriter, speaker: Speaker
) -> None:
    speaker.says_json({"id": "m", "output": []})
    assert isinstance(await failure_of(gpt.plan(BRIEF)), VendorBusy)
    assert isinstance(await failure_of(claude.plan(BRIEF)), VendorBusy)


async def test_a_language_that_is_found_out_at_the_end_has_been_paid_for() -> None:
    class German(StreamingWriter):
        vendor = model = "w"

        async def _answer(self, task: Task) -> AsyncGenerator[str | Usage]:
            text = "Der kleine Maulwurf ging am frühen Morgen zum Meer und sang ein leises Lied für seine Freundin."
            yield json.dumps({"pages": [text]})
            yield Usage(cost_micros=12_345)

    async def write() -> None:
        async for _ in German().write(BRIEF, Plan(title="t", cast=BRIEF.cast, pages=()), []):
            pass

    assert (await failure_of(write())).usage.cost_micros == 12_345


# -------------------------------------------------------------------- the painter

PORTRAIT = PortraitBrief("p", "watercolor", MIA, "s")
Paints = Callable[[], Awaitable[Painted]]


@pytest.fixture
def paints(openai: AsyncOpenAI) -> Paints:
    painter = OpenAIPainter(openai, model("gpt-image-2.6-flare", Kind.PAINTER))

    async def paint() -> Painted:
        return [item async for item in painter.portrait(PORTRAIT) if isinstance(item, Painted)][-1]

    return paint


@pytest.mark.parametrize("b64_json", [None, "ä", "QQ==", 7])
async def test_what_is_no_picture_is_of_no_use(paints: Paints, speaker: Speaker, b64_json: object) -> None:
    speaker.says([{"type": "image_generation.completed", "b64_json": b64_json, "usage": None}])
    assert isinstance(await failure_of(paints()), VendorUnusable)


async def test_what_is_no_event_is_of_no_use(paints: Paints, speaker: Speaker) -> None:
    speaker.says([5])
    assert isinstance(await failure_of(paints()), VendorUnusable)
