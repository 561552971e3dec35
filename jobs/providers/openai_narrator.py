"""Narration by OpenAI's speech models, which tell no word times: those come from forced alignment.

https://platform.openai.com/docs/api-reference/audio/createSpeech
"""

from __future__ import annotations

from collections.abc import Sequence

from openai import AsyncOpenAI, Timeout

from jobs.ports import Narration, NarrationBrief, Usage, VendorUnusable, VoiceSheet
from jobs.providers.catalog import Model
from jobs.providers.faults import told_as_ours
from jobs.providers.offline_pool import OfflinePool
from jobs.providers.speech.forced import word_times
from jobs.providers.speech.heard import MOST_BYTES
from jobs.providers.speech.timing import timings_of

VENDOR = "openai"
LONGEST = 4096
TIMEOUT = Timeout(60, connect=5)
_TELLING = "Read this page of a picture book aloud to a small child: warm, lively, unhurried, with short pauses."
_LETTERS_A_SECOND = 14
_TOKENS_A_SECOND = 1250 / 60
"""Of spoken audio. The answer does not say what it cost; OpenAI's price page puts a minute at about $0.015."""

_VOICES = {
    "coral": "Bright and friendly.",
    "fable": "A storyteller, with a British lilt.",
    "nova": "Young and cheerful.",
    "sage": "Calm and gentle.",
    "shimmer": "Soft and light.",
    "ballad": "Warm, a little wistful.",
    "ash": "Clear and steady.",
    "onyx": "Deep and slow.",
}


class OpenAINarrator:
    """Implements Narrator. Alignment runs in `pool`: it would keep the event loop for a quarter of a second a page."""

    vendor = VENDOR

    def __init__(self, client: AsyncOpenAI, model: Model, pool: OfflinePool) -> None:
        self._client = client
        self._model = model
        self._pool = pool
        self.model = model.id

    async def voices(self) -> Sequence[VoiceSheet]:
        return [VoiceSheet(f"{VENDOR}:{name}", name.title(), "en", words) for name, words in _VOICES.items()]

    async def narrate(self, brief: NarrationBrief) -> Narration:
        if len(brief.text) > LONGEST:
            raise VendorUnusable("a page that is too long to be read in one go")
        data = bytearray()
        with told_as_ours(VENDOR):
            async with self._client.audio.speech.with_streaming_response.create(
                model=self.model,
                voice=brief.voice.partition(":")[2],
                input=brief.text,
                instructions=_TELLING,
                response_format="mp3",
                timeout=TIMEOUT,
            ) as answer:
                async for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > MOST_BYTES:
                        raise VendorUnusable(f"{VENDOR} speaks without an end").after(self._usage(brief, None))
        try:
            duration_ms, times = await self._pool.run(word_times, brief.text, bytes(data), brief.language)
        except VendorUnusable as error:
            raise error.after(self._usage(brief, None)) from None
        usage = self._usage(brief, duration_ms)
        return Narration(bytes(data), "audio/mpeg", duration_ms, timings_of(brief.text, times), usage)

    def _usage(self, brief: NarrationBrief, duration_ms: int | None) -> Usage:
        """`duration_ms` is None for what was paid for and can't be heard: it is taken for as long as the text is."""
        spoken_s = len(brief.text) / _LETTERS_A_SECOND if duration_ms is None else duration_ms / 1000
        return self._model.usage(input_tokens=len(brief.text) // 4, output_tokens=round(spoken_s * _TOKENS_A_SECOND))
