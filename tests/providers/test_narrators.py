"""Narrations by vendors: real SDKs over real HTTP, real MP3s, and word times that fit the text."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence

import httpx
import pytest
import pytest_asyncio
from openai import AsyncOpenAI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from benchmarks.vendors import material
from benchmarks.vendors.standins import Standins, speech_chunks
from jobs.ports import (
    NarrationBrief,
    Narrator,
    VendorBusy,
    VendorClosed,
    VendorError,
    VendorUnusable,
)
from jobs.providers.catalog import Kind
from jobs.providers.elevenlabs_narrator import ElevenLabsNarrator
from jobs.providers.offline_narrator import OfflineNarrator
from jobs.providers.offline_pool import OfflinePool
from jobs.providers.openai_narrator import OpenAINarrator
from jobs.providers.speech.forced import word_times
from jobs.steps.narrate import check
from tests.providers.conftest import model
from tests.providers.openai_document import hold_against

TEXT = "“Where is the sea?” asked Mia, the small brown mole. Ploofy flew ahead: “It’s not far!” 🐌 And so it was."
SPEECH, WITH_TIMES = "/v1/audio/speech", "/v1/text-to-speech/{voice}/stream/with-timestamps"


@pytest.fixture(scope="module")
def speaking() -> Iterator[OfflinePool]:
    pool = OfflinePool(1)
    yield pool
    pool.close()


@pytest.fixture
def openai_narrator(openai: AsyncOpenAI, aligning: OfflinePool) -> Narrator:
    return OpenAINarrator(openai, model("gpt-4o-mini-tts", Kind.NARRATOR), aligning)


@pytest_asyncio.fixture
async def elevenlabs_narrator(standins: Standins, aligning: OfflinePool) -> AsyncGenerator[Narrator]:
    async with httpx.AsyncClient(base_url=standins.url, timeout=5) as http:
        yield ElevenLabsNarrator(http, "k", model("eleven_flash_v2_5", Kind.NARRATOR), aligning)


@pytest.fixture(params=["openai", "elevenlabs"])
def narrator(request: pytest.FixtureRequest, openai_narrator: Narrator, elevenlabs_narrator: Narrator) -> Narrator:
    return openai_narrator if request.param == "openai" else elevenlabs_narrator


@pytest.fixture(params=["offline", "openai", "elevenlabs"])
def any_narrator(
    request: pytest.FixtureRequest, openai_narrator: Narrator, elevenlabs_narrator: Narrator, speaking: OfflinePool
) -> Narrator:
    return {
        "offline": OfflineNarrator(speaking, 0),
        "openai": openai_narrator,
        "elevenlabs": elevenlabs_narrator,
    }[request.param]


async def test_a_narration_fits_its_text(any_narrator: Narrator) -> None:
    voice = (await any_narrator.voices())[0]
    assert voice.id.startswith(f"{any_narrator.vendor}:")
    spoken = await any_narrator.narrate(NarrationBrief(TEXT, voice.id, "en", before="Before.", after="After."))
    check(spoken, TEXT)
    assert spoken.content_type == "audio/mpeg"
    said = [word.word for word in spoken.words]
    assert said[:4] == ["Where", "is", "the", "sea"]
    assert said[-1] == "was"
    assert spoken.words[-1].end_ms > spoken.duration_ms / 2


async def test_neighbouring_pages_help_elevenlabs_with_its_tone(
    elevenlabs_narrator: Narrator, standins: Standins
) -> None:
    await elevenlabs_narrator.narrate(NarrationBrief(TEXT, "elevenlabs:v1", "en", before="Before.", after="After."))
    body = standins.received[-1][1]
    assert (body["previous_text"], body["next_text"]) == ("Before.", "After.")
    assert body["model_id"] == "eleven_flash_v2_5"


async def test_what_openai_is_asked_is_what_it_documents(openai_narrator: Narrator, standins: Standins) -> None:
    await openai_narrator.narrate(NarrationBrief(TEXT, "openai:coral", "en"))
    hold_against("CreateSpeechRequest", standins.received[-1][1])


async def test_chunks_that_count_their_own_seconds_are_put_in_order(
    elevenlabs_narrator: Narrator, standins: Standins
) -> None:
    standins.faults[WITH_TIMES].append(lines(speech_chunks(TEXT, shifted=False)))
    brief = NarrationBrief(TEXT, "elevenlabs:v1", "en")
    unshifted, shifted = await elevenlabs_narrator.narrate(brief), await elevenlabs_narrator.narrate(brief)
    check(unshifted, TEXT)
    assert [word.start_ms for word in unshifted.words] == pytest.approx(
        [word.start_ms for word in shifted.words], abs=100
    )


async def test_without_times_the_words_are_aligned(elevenlabs_narrator: Narrator, standins: Standins) -> None:
    standins.faults[WITH_TIMES].append(lines(speech_chunks(TEXT, aligned=False)))
    spoken = await elevenlabs_narrator.narrate(NarrationBrief(TEXT, "elevenlabs:v1", "en"))
    check(spoken, TEXT)
    assert spoken.words


async def test_alignment_hears_what_was_said_when(speaking: OfflinePool) -> None:
    """Held against an engine that knows: the median word is off by less than a fifteenth of a second."""
    spoken = await OfflineNarrator(speaking, 0).narrate(NarrationBrief(TEXT, "offline:joe", "en"))
    duration_ms, times = word_times(TEXT, spoken.data, "en")
    assert duration_ms == pytest.approx(spoken.duration_ms, abs=60)
    assert [(start, end) for start, end, _, _ in times] == [(word.start, word.end) for word in spoken.words]
    off = sorted(abs(word.start_ms - start) for word, (_, _, start, _) in zip(spoken.words, times, strict=True))
    assert off[len(off) // 2] < 67
    assert off[-1] < 500


def test_another_language_shares_the_time_by_the_words_lengths() -> None:
    text = "Der kleine Maulwurf ging zum Meer."
    duration_ms, times = word_times(text, material.spoken(text), "de")
    assert [text[start:end] for start, end, _, _ in times] == ["Der", "kleine", "Maulwurf", "ging", "zum", "Meer"]
    assert times[-1][3] <= duration_ms
    assert times[2][3] - times[2][2] > times[0][3] - times[0][2]


def lines(chunks: Sequence[bytes]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return Response(b"\n".join(chunks), media_type="application/json")

    return answer


def sound(data: bytes) -> Callable[[Request], Awaitable[Response]]:
    """The same bytes, as either vendor sends them."""
    import base64

    import orjson

    async def answer(request: Request) -> Response:
        if request.url.path == SPEECH:
            return Response(data, media_type="audio/mpeg")
        return Response(orjson.dumps({"audio_base64": base64.b64encode(data).decode(), "alignment": None}))

    return answer


def status(code: int, body: dict[str, object]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return JSONResponse(body, code)

    return answer


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (sound(b""), VendorUnusable),
        (sound(b"this is no MP3" * 100), VendorUnusable),
        (sound(material.tone(1)[:400]), VendorUnusable),
        (sound(material.tone(60)), VendorUnusable),
        (status(429, {"detail": {"status": "too_many_concurrent_requests"}}), VendorBusy),
        (status(500, {}), VendorBusy),
        (status(401, {"detail": {"status": "quota_exceeded"}}), VendorClosed),
        (status(403, {}), VendorClosed),
    ],
    ids=["nothing", "no MP3", "far too short", "far too long", "429", "500", "quota", "403"],
)
async def test_a_fault_has_a_defined_outcome(
    narrator: Narrator, standins: Standins, fault: Callable[[Request], Awaitable[Response]], kind: type[VendorError]
) -> None:
    standins.faults[SPEECH].append(fault)
    standins.faults[WITH_TIMES].append(fault)
    with pytest.raises(VendorError) as raised:
        await narrator.narrate(NarrationBrief(TEXT, f"{narrator.vendor}:v1", "en"))
    assert type(raised.value) is kind
    assert "Mia" not in str(raised.value)
