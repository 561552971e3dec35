"""The real SDK of ElevenLabs against Prism, which serves ElevenLabs' own document and refuses what it forbids."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import date

import httpx
import pytest
import pytest_asyncio

from jobs.ports import NarrationBrief, VendorUnusable
from jobs.providers.catalog import Kind, named_model
from jobs.providers.elevenlabs_narrator import ElevenLabsNarrator
from jobs.providers.offline_pool import OfflinePool

pytestmark = pytest.mark.conformance


@pytest_asyncio.fixture
async def http(prism: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=prism) as client:
        yield client


@pytest_asyncio.fixture
async def narrator(http: httpx.AsyncClient) -> AsyncGenerator[ElevenLabsNarrator]:
    pool = OfflinePool(1)
    yield ElevenLabsNarrator(http, "a key", named_model("eleven_flash_v2_5", Kind.NARRATOR, date(2026, 11, 25)), pool)
    pool.close()


def watched(http: httpx.AsyncClient) -> list[httpx.Response]:
    """The answers that come from now on."""
    answers: list[httpx.Response] = []

    async def keep(answer: httpx.Response) -> None:
        answers.append(answer)

    http.event_hooks = {"response": [keep]}
    return answers


async def test_voices_are_asked_for_and_read_as_documented(
    narrator: ElevenLabsNarrator, http: httpx.AsyncClient
) -> None:
    answers = watched(http)
    voices = await narrator.voices()
    assert voices
    assert all(voice.id.startswith("elevenlabs:") and voice.language and voice.name for voice in voices)
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert {answer.request.url.path for answer in answers} == {"/v2/voices"}


async def test_narration_is_asked_for_as_documented(narrator: ElevenLabsNarrator, http: httpx.AsyncClient) -> None:
    answers = watched(http)
    brief = NarrationBrief(text="Hello.", voice="elevenlabs:21m00", language="en", before="It woke.", after="It rose.")
    with pytest.raises(VendorUnusable):  # The document's example of a sound is no sound.
        await narrator.narrate(brief)
    (answer,) = answers
    assert answer.status_code == 200
    assert answer.request.url.path == "/v1/text-to-speech/21m00/stream/with-timestamps"
    assert "sl-violations" not in answer.headers


async def test_prism_would_have_refused_something_else(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/text-to-speech/21m00/stream/with-timestamps", json={"words": "Hello."})
    assert answer.status_code == 422
