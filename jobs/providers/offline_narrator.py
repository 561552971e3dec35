"""Speech without a key or a network: a neural voice for English, formant voices for other languages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from jobs.ports import Narration, NarrationBrief, Usage, VendorUnusable, VoiceSheet
from jobs.providers.offline_pool import OfflinePool
from jobs.providers.speech.recording import Engine, Recording, record, warm_up
from jobs.providers.speech.timing import timings_of

__all__ = ["OfflineNarrator", "warm_up"]

_SYNTHETIC = "A plain synthetic voice: every word is clear, and none is acted."
_VOICES: tuple[tuple[VoiceSheet, Engine], ...] = (
    (
        VoiceSheet("offline:joe", "Joe", "en", "Warm and steady, with an American accent."),
        Engine(slowness=1.1),
    ),
    (
        VoiceSheet("offline:wren", "Wren", "en", "Bright, young and lively, with an American accent."),
        Engine(slowness=1.05, pitch=1.14),
    ),
    (
        VoiceSheet("offline:moss", "Moss", "en", "Deep and unhurried, for the last story of the day."),
        Engine(slowness=1.25, pitch=0.92),
    ),
    (VoiceSheet("offline:emil", "Emil", "de", _SYNTHETIC), Engine(espeak="de")),
    (VoiceSheet("offline:luc", "Luc", "fr", _SYNTHETIC), Engine(espeak="fr")),
    (VoiceSheet("offline:mateo", "Mateo", "es", _SYNTHETIC), Engine(espeak="es")),
    (VoiceSheet("offline:nico", "Nico", "it", _SYNTHETIC), Engine(espeak="it")),
    (VoiceSheet("offline:davi", "Davi", "pt", _SYNTHETIC), Engine(espeak="pt-br")),
    (VoiceSheet("offline:daan", "Daan", "nl", _SYNTHETIC), Engine(espeak="nl")),
    (VoiceSheet("offline:janek", "Janek", "pl", _SYNTHETIC), Engine(espeak="pl")),
    (VoiceSheet("offline:nils", "Nils", "sv", _SYNTHETIC), Engine(espeak="sv")),
)


class OfflineNarrator:
    """Speaks in `pool`, whose children are best started with `warm_up`. Waits `pace` seconds before each page."""

    vendor = "offline"
    model = "piper-joe-1"

    def __init__(self, pool: OfflinePool, pace: float) -> None:
        self._pool = pool
        self._wait_s = pace
        self._engines = {sheet.id: engine for sheet, engine in _VOICES}

    async def voices(self) -> Sequence[VoiceSheet]:
        return [sheet for sheet, _ in _VOICES]

    async def narrate(self, brief: NarrationBrief) -> Narration:
        """Speaks in the voice's own language, whatever the text's. Raises VendorUnusable for a voice we don't have."""
        engine = self._engines.get(brief.voice)
        if engine is None:
            raise VendorUnusable("no such offline voice")
        if self._wait_s:
            await asyncio.sleep(self._wait_s)
        return _as_narration(brief.text, await self._pool.run(record, brief.text, engine))


def _as_narration(text: str, recording: Recording) -> Narration:
    return Narration(
        data=recording.data,
        content_type="audio/mpeg",
        duration_ms=recording.duration_ms,
        words=timings_of(text, recording.words),
        usage=Usage({"characters": len(text)}),
    )
