"""The real SDKs of OpenAI and Anthropic against aimock: happy paths, 429, and its journal of what it was asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from benchmarks.vendors import material
from jobs.ports import (
    CastSheet,
    NarrationBrief,
    PortraitBrief,
    StoryBrief,
    TextDelta,
    VendorBusy,
    VendorUnusable,
    Writer,
)
from jobs.providers.anthropic_writer import AnthropicWriter
from jobs.providers.catalog import Kind, Model, named_model
from jobs.providers.offline_pool import OfflinePool
from jobs.providers.openai_moderator import OpenAIModerator
from jobs.providers.openai_narrator import OpenAINarrator
from jobs.providers.openai_painter import OpenAIPainter
from jobs.providers.openai_writer import OpenAIWriter
from jobs.providers.speech.forced import warm_up
from jobs.steps.narrate import check as check_narration
from jobs.steps.plan import check as check_plan
from models.vocabulary import AgeBand
from tests.conformance import fixtures
from tests.conformance.conftest import AIMock, aimock

pytestmark = pytest.mark.conformance

BRIEF = StoryBrief("A bird who looks for the way home", None, AgeBand.AGES_3_5, "en", fixtures.PAGES, (), "a-family")
PATHS = {"openai": "/v1/responses", "anthropic": "/v1/messages"}


def model(id: str, kind: Kind) -> Model:
    return named_model(id, kind, date(2026, 11, 25))


@asynccontextmanager
async def openai_of(mock: AIMock) -> AsyncGenerator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key="k", base_url=f"{mock.url}/v1", max_retries=0) as client:
        yield client


@asynccontextmanager
async def writer_of(vendor: str, mock: AIMock) -> AsyncGenerator[Writer]:
    if vendor == "openai":
        async with openai_of(mock) as client:
            yield OpenAIWriter(client, model("gpt-6-luna", Kind.WRITER))
    else:
        async with AsyncAnthropic(api_key="k", base_url=mock.url, max_retries=0) as client:
            yield AnthropicWriter(client, model("claude-haiku-5-5", Kind.WRITER))


@pytest.mark.parametrize("vendor", PATHS)
async def test_a_story_is_planned_and_written(vendor: str, tmp_path: Path) -> None:
    async with aimock(fixtures.ALL, tmp_path) as mock, writer_of(vendor, mock) as writer:
        planned = await writer.plan(BRIEF)
        check_plan(planned.plan, BRIEF)
        texts = [""] * fixtures.PAGES
        deltas = 0
        async for item in writer.write(BRIEF, planned.plan, []):
            if isinstance(item, TextDelta):
                texts[item.page - 1] += item.text
                deltas += 1
        assert texts == fixtures.TEXTS
        assert deltas > fixtures.PAGES, "it came in pieces"
        assert planned.usage.cost_micros > 0
        assert await mock.calls() == [(PATHS[vendor], 200)] * 2


@pytest.mark.parametrize("vendor", PATHS)
async def test_too_many_requests_is_busy_with_the_time_to_wait(vendor: str, tmp_path: Path) -> None:
    answers = [fixtures.busy({"userMessage": fixtures.PLANS}), *fixtures.ALL]
    async with aimock(answers, tmp_path) as mock, writer_of(vendor, mock) as writer:
        with pytest.raises(VendorBusy) as busy:
            await writer.plan(BRIEF)
        assert busy.value.retry_after_s == 1
        await writer.plan(BRIEF)
        assert await mock.calls() == [(PATHS[vendor], 429), (PATHS[vendor], 200)], "the SDK tried nothing by itself"


async def test_texts_and_pictures_are_judged(tmp_path: Path) -> None:
    async with aimock(fixtures.ALL, tmp_path) as mock, openai_of(mock) as client:
        moderation, judge = (
            model("omni-moderation-latest", Kind.MODERATOR),
            model("gpt-6-luna", Kind.PICTURE_JUDGE),
        )
        moderator = OpenAIModerator(client, moderation, judge)
        assert (await moderator.judge_text("A bird flies home.")).allowed
        assert (await moderator.judge_picture(b"a picture", "image/webp")).allowed
        assert sorted(await mock.calls()) == [
            ("/v1/moderations", 200),
            ("/v1/moderations", 200),
            ("/v1/responses", 200),
        ]


async def test_a_page_is_spoken_and_its_words_are_found(tmp_path: Path) -> None:
    pool = OfflinePool(1, warm_up)
    try:
        async with aimock(fixtures.ALL, tmp_path) as mock, openai_of(mock) as client:
            narrator = OpenAINarrator(client, model("gpt-4o-mini-tts", Kind.NARRATOR), pool)
            text = fixtures.TEXTS[0]
            narration = await narrator.narrate(NarrationBrief(text=text, voice="openai:coral", language="en"))
    finally:
        pool.close()
    check_narration(narration, text)
    assert narration.data == material.spoken(text)
    assert [word.word for word in narration.words][:3] == ["This", "is", "page"]


async def test_a_picture_in_json_where_a_stream_was_asked_for_is_unusable(tmp_path: Path) -> None:
    # aimock does not stream pictures. That is how a gateway behaves that knows no streaming, and the SDK says nothing.
    async with aimock(fixtures.ALL, tmp_path) as mock, openai_of(mock) as client:
        painter = OpenAIPainter(client, model("gpt-image-2.6-flare", Kind.PAINTER))
        member = CastSheet(key="n1", name="Pip", appearance="a small red bird")
        with pytest.raises(VendorUnusable):
            async for _ in painter.portrait(PortraitBrief("A red bird", "watercolor", member, "seed")):
                pass
        assert await mock.calls() == [("/v1/images/generations", 200)]
