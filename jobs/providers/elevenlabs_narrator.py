"""Narration by ElevenLabs, streamed with the time of every character.

https://elevenlabs.io/docs/api-reference/text-to-speech/stream-with-timestamps
"""

from __future__ import annotations

import base64
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

import httpx
import orjson
from elevenlabs.client import AsyncElevenLabs
from elevenlabs.core.api_error import ApiError
from pydantic import BaseModel

from jobs.ports import (
    Narration,
    NarrationBrief,
    VendorBusy,
    VendorError,
    VendorStalled,
    VendorUnusable,
    VoiceSheet,
)
from jobs.providers.catalog import Model
from jobs.providers.faults import code_of, of_status
from jobs.providers.offline_pool import OfflinePool
from jobs.providers.speech.forced import Times, word_times
from jobs.providers.speech.heard import MOST_BYTES, check_length, decode_mp3
from jobs.providers.speech.timing import timings_of
from jobs.providers.speech.words import find_pieces

if TYPE_CHECKING:
    from elevenlabs import Voice

VENDOR = "elevenlabs"
FORMAT = "mp3_44100_128"
VOICES_A_PAGE, MOST_PAGES = 100, 10


class ElevenLabsNarrator:
    """Implements Narrator. Where the times are missing or make no sense, the words are aligned in `pool`."""

    vendor = VENDOR

    def __init__(self, http: httpx.AsyncClient, api_key: str, model: Model, pool: OfflinePool) -> None:
        # The SDK takes no client's base URL for its own; it never retries, and can't be closed: `http` can.
        self._client = AsyncElevenLabs(base_url=str(http.base_url).rstrip("/"), api_key=api_key, httpx_client=http)
        self._http, self._api_key = http, api_key
        self._model = model
        self._pool = pool
        self.model = model.id

    async def voices(self) -> Sequence[VoiceSheet]:
        found: list[VoiceSheet] = []
        token: str | None = None
        with _told_as_ours():
            for _ in range(MOST_PAGES):
                page = await self._client.voices.search(page_size=VOICES_A_PAGE, next_page_token=token)
                found += [_sheet(voice) for voice in page.voices]
                token = page.next_page_token
                if not page.has_more or token is None:
                    break
        return found

    async def narrate(self, brief: NarrationBrief) -> Narration:
        heard, usage = _Heard(), self._model.usage(characters=len(brief.text))
        body = {"text": brief.text, "model_id": self._model.id}
        tone = {"previous_text": brief.before, "next_text": brief.after}
        with _told_as_ours():
            async with self._http.stream(
                "POST",
                f"/v1/text-to-speech/{quote(brief.voice.partition(':')[2], safe='')}/stream/with-timestamps",
                params={"output_format": FORMAT},
                headers={"xi-api-key": self._api_key},
                json=body | {key: words for key, words in tone.items() if words},
            ) as answer:
                if not answer.is_success:
                    raise of_status(VENDOR, answer.status_code, _code_of(await answer.aread()), answer.headers)
                try:
                    async for line in answer.aiter_lines():
                        if line:
                            heard.take(line)
                except VendorUnusable as error:
                    raise error.after(usage) from None
        try:
            duration_ms, times = await self._times(brief, heard)
        except VendorUnusable as error:
            raise error.after(usage) from None
        return Narration(bytes(heard.data), "audio/mpeg", duration_ms, timings_of(brief.text, times), usage)

    async def _times(self, brief: NarrationBrief, heard: _Heard) -> tuple[int, Times]:
        found = await self._pool.run(_checked, bytes(heard.data), len(find_pieces(brief.text)))
        times = heard.times_of(brief.text, found)
        if times is not None:
            return found, times
        return await self._pool.run(word_times, brief.text, bytes(heard.data), brief.language)


def _checked(data: bytes, words: int) -> int:
    """The recording's length in milliseconds. Raises VendorUnusable for one that can't be of so many words."""
    sound = decode_mp3(data)
    check_length(sound, words)
    return sound.duration_ms


class _Alignment(BaseModel):
    """Times are in seconds."""

    characters: list[str]
    character_start_times_seconds: list[float]
    character_end_times_seconds: list[float]


class _Chunk(BaseModel):
    """A line of the stream. The SDK would look at each character by its type, and drop lines that it can't read."""

    audio_base64: str
    alignment: _Alignment | None = None


@dataclass(slots=True)
class _Heard:
    """What has come of a narration: its bytes, and each character with its times in seconds."""

    data: bytearray = field(default_factory=bytearray)
    characters: list[str] = field(default_factory=list[str])
    spans: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def take(self, line: str) -> None:
        try:
            chunk = _Chunk.model_validate_json(line)
            self.data += base64.b64decode(chunk.audio_base64, validate=True)
        except ValueError:  # pydantic's errors are some too
            raise VendorUnusable(f"{VENDOR} sends what is no sound") from None
        if len(self.data) > MOST_BYTES:
            raise VendorUnusable(f"{VENDOR} speaks without an end")
        alignment = chunk.alignment
        if alignment is None:
            return
        starts, ends = alignment.character_start_times_seconds, alignment.character_end_times_seconds
        # Some chunks count from their own beginning: their times are moved behind what was heard before.
        last = self.spans[-1][1] if self.spans else 0.0
        shift = last if starts and starts[0] < last - 0.5 else 0.0
        self.characters += alignment.characters
        self.spans += [(start + shift, end + shift) for start, end in zip(starts, ends, strict=False)]

    def times_of(self, text: str, duration_ms: int) -> Times | None:
        """When each word is said; None where the characters are not those of the text, or their times make no sense."""
        if "".join(self.characters) != text or len(self.spans) != len(self.characters) or len(self.spans) != len(text):
            return None
        times: list[tuple[int, int, int, int]] = []
        end_ms = 0
        for piece in find_pieces(text):
            if not piece.is_word:
                continue
            start_ms = max(end_ms, round(self.spans[piece.start][0] * 1000))
            end_ms = round(self.spans[piece.end - 1][1] * 1000)
            if end_ms < start_ms or end_ms > duration_ms + 200:
                return None
            times.append((piece.start, piece.end, min(start_ms, duration_ms), min(end_ms, duration_ms)))
        return tuple(times)


def _code_of(body: bytes) -> str:
    try:
        return code_of(orjson.loads(body))
    except orjson.JSONDecodeError:
        return ""


def _sheet(voice: Voice) -> VoiceSheet:
    labels = voice.labels or {}
    verified = voice.verified_languages or []
    language = labels.get("language") or (verified[0].language if verified else None) or "en"
    traits = [labels[trait] for trait in ("gender", "age", "accent", "descriptive") if labels.get(trait)]
    words = voice.description or ", ".join(traits).capitalize() or "A voice of ElevenLabs."
    return VoiceSheet(f"{VENDOR}:{voice.voice_id}", voice.name or voice.voice_id, language, words)


@contextmanager
def _told_as_ours() -> Generator[None]:
    """Raises VendorError in place of what the SDK, and httpx below it, throw."""
    try:
        yield
    except ApiError as error:
        headers = error.headers or {}
        status = error.status_code or 500
        raise of_status(VENDOR, status, code_of(cast("object", error.body)), headers) from error
    except httpx.TimeoutException as error:
        raise VendorStalled(f"{VENDOR} did not answer in time") from error
    except httpx.HTTPError as error:
        raise VendorBusy(f"the connection to {VENDOR} broke: {type(error).__name__}") from error
    except VendorError:
        raise
    except Exception as error:  # the SDK takes what comes for what it expects, and trips over anything else
        raise VendorUnusable(f"{VENDOR} answered with something broken: {type(error).__name__}") from None
