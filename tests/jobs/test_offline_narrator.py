"""The offline narrator: real engines in a real child process, judged by decoding what they recorded."""

import io
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from jobs.ports import Narration, NarrationBrief, VendorUnusable
from jobs.providers.offline_narrator import OfflineNarrator, warm_up
from jobs.providers.offline_pool import OfflinePool

RATE = 22_050
PAGE = (
    "Mia the little fox tiptoed down to the beach at dawn. “Look,” she whispered, “the sea has left us a present!” "
    "Bo wasn't sure, but he wagged his tail 12 times, and together they opened the shiny blue box."
)
PAGES = {
    "en": PAGE,
    "de": "Mia, der kleine Fuchs, ging zum Strand. „Schau“, sagte sie, „das Meer hat uns etwas mitgebracht!“",
    "fr": "L'ours n'était pas là aujourd'hui. Alors Mia, la petite renarde, est allée seule à la plage.",
    "es": "Mia, la pequeña zorra, bajó a la playa al amanecer. ¡Mira!, susurró, el mar nos dejó un regalo.",
    "it": "Mia, la piccola volpe, scese alla spiaggia all'alba. Guarda, sussurrò, c'è un regalo dal mare!",
    "pt": "Mia, a pequena raposa, foi à praia de manhã. Olha, disse ela, o mar deixou-nos um presente!",
    "nl": "Mia, de kleine vos, liep naar het strand. Kijk, fluisterde ze, de zee heeft iets achtergelaten!",
    "pl": "Mia, mała lisica, poszła o świcie na plażę. Zobacz, szepnęła, morze zostawiło nam prezent!",
    "sv": "Mia, den lilla räven, gick ner till stranden. Titta, viskade hon, havet har lämnat en present!",
}


@pytest.fixture(scope="session")
def pool() -> Iterator[OfflinePool]:
    pool = OfflinePool(1, warm_up)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def narrator(pool: OfflinePool) -> OfflineNarrator:
    return OfflineNarrator(pool, pace=0)


async def speak(narrator: OfflineNarrator, text: str, voice: str = "offline:joe") -> Narration:
    return await narrator.narrate(NarrationBrief(text=text, voice=voice, language="en"))


def decode(narration: Narration) -> NDArray[np.float64]:
    """What a player hears, in -1 to 1."""
    with av.open(io.BytesIO(narration.data), mode="r") as container:
        frames = [frame.to_ndarray().reshape(-1).astype(np.float64) for frame in container.decode(audio=0)]
        assert container.streams.audio[0].rate == RATE
        assert container.streams.audio[0].channels == 1
    return np.concatenate(frames)


def loudness(samples: NDArray[np.float64], start_ms: float, end_ms: float) -> float:
    heard = samples[round(start_ms * RATE / 1000) : round(end_ms * RATE / 1000)]
    return float(np.sqrt(np.mean(heard**2)))


def spoken(narration: Narration) -> list[str]:
    return [word.word for word in narration.words]


def assert_words_fit(text: str, narration: Narration) -> None:
    for word in narration.words:
        assert word.word == text[word.start : word.end] != ""
        assert 0 <= word.start_ms <= word.end_ms <= narration.duration_ms
    for word, following in pairwise(narration.words):
        assert word.end <= following.start
        assert word.end_ms <= following.start_ms


async def test_every_voice_speaks_its_language_at_a_reading_pace(narrator: OfflineNarrator) -> None:
    voices = await narrator.voices()
    assert {voice.language for voice in voices} == set(PAGES)
    assert len({voice.id for voice in voices}) == len(voices) >= 11
    for voice in voices:
        text = PAGES[voice.language]
        narration = await speak(narrator, text, voice.id)
        samples = decode(narration)
        duration_ms = len(samples) * 1000 / RATE
        assert narration.content_type == "audio/mpeg"
        assert narration.duration_ms == pytest.approx(duration_ms, abs=2)
        assert narration.words[-1].end_ms >= 0.9 * duration_ms
        assert 1.5 < len(narration.words) / (duration_ms / 1000) < 4
        assert loudness(samples, 0, duration_ms) > 0.03
        assert len(narration.words) == len(text.split())
        assert_words_fit(text, narration)


async def test_voices_of_one_engine_sound_different(narrator: OfflineNarrator) -> None:
    recordings = [await speak(narrator, PAGE, f"offline:{name}") for name in ("joe", "wren", "moss")]
    joe, wren, moss = (recording.duration_ms for recording in recordings)
    assert wren < joe < moss


async def test_a_word_is_heard_when_its_timing_says_so(narrator: OfflineNarrator) -> None:
    narration = await speak(narrator, "Stop! Look at the moon. Good night.")
    samples = decode(narration)
    words = narration.words
    for word in words:
        assert loudness(samples, word.start_ms, word.end_ms) > 0.02
    for before, after in ((words[0], words[1]), (words[4], words[5])):
        assert after.start_ms - before.end_ms > 200
        middle = (before.end_ms + after.start_ms) / 2
        assert loudness(samples, middle - 50, middle + 50) < 0.01


async def test_the_same_page_always_sounds_the_same(narrator: OfflineNarrator) -> None:
    assert await speak(narrator, PAGE) == await speak(narrator, PAGE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("“Don’t!” said Bo's mum.", ["Don’t", "said", "Bo's", "mum"]),
        ("The well-known sea—and so on…", ["The", "well-known", "sea", "and", "so", "on"]),
        ("At 12:30 he ate 1,000 figs (3.5 kg).", ["At", "12:30", "he", "ate", "1,000", "figs", "3.5", "kg"]),
        ("Mr. Fox & co. pay $5", ["Mr", "Fox", "co", "pay", "5"]),
        ("Look 👩‍🚀 up ❤️!", ["Look", "up"]),
        ("The 狐狸 and the ก", ["The", "狐", "狸", "and", "the", "ก"]),
        ("cafe\u0301 au lait", ["cafe\u0301", "au", "lait"]),
        ("[[hello]] <b>Hi</b>", ["hello", "b", "Hi", "b"]),
    ],
)
@pytest.mark.parametrize("voice", ["offline:joe", "offline:emil"])
async def test_words_are_what_a_reader_calls_words(
    narrator: OfflineNarrator, voice: str, text: str, words: list[str]
) -> None:
    narration = await speak(narrator, text, voice)
    assert spoken(narration) == words
    assert_words_fit(text, narration)


async def test_a_number_takes_the_time_of_all_its_words(narrator: OfflineNarrator) -> None:
    narration = await speak(narrator, "There are 2748 of the stars.")
    number = narration.words[2]
    assert number.end_ms - number.start_ms > 1000
    assert all(word.end_ms - word.start_ms < 700 for word in narration.words if word != number)


@pytest.mark.parametrize("text", ["", " \n", "…", "👩‍🚀 ❤️", "\u0301", "\x00", "\ud800"])
@pytest.mark.parametrize("voice", ["offline:joe", "offline:emil"])
async def test_nothing_to_speak_is_a_short_silence(narrator: OfflineNarrator, voice: str, text: str) -> None:
    narration = await speak(narrator, text, voice)
    samples = decode(narration)
    assert narration.words == ()
    assert 300 < narration.duration_ms < 1000
    assert float(np.max(np.abs(samples))) < 0.001


@pytest.mark.parametrize("text", ["a" * 3000, "狐" * 30, "9" * 500], ids=["scream", "chinese", "digits"])
@pytest.mark.parametrize("voice", ["offline:joe", "offline:emil"])
async def test_what_nobody_would_read_aloud_is_survived(narrator: OfflineNarrator, voice: str, text: str) -> None:
    assert_words_fit(text, await speak(narrator, text, voice))


@pytest.mark.parametrize("voice", ["offline:joe", "offline:emil"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), max_size=30))
async def test_any_text_is_narrated(narrator: OfflineNarrator, voice: str, text: str) -> None:
    narration = await speak(narrator, text, voice)
    assert_words_fit(text, narration)
    assert narration.duration_ms == pytest.approx(len(decode(narration)) * 1000 / RATE, abs=2)


async def test_an_unknown_voice_is_refused(narrator: OfflineNarrator) -> None:
    with pytest.raises(VendorUnusable):
        await speak(narrator, "Hello.", "offline:nobody")


async def test_pace_makes_it_wait(pool: OfflinePool) -> None:
    started = time.monotonic()
    await speak(OfflineNarrator(pool, pace=0.3), "")
    assert time.monotonic() - started >= 0.3


def test_the_parent_never_loads_the_engines() -> None:
    program = (
        "import sys, jobs.providers.offline_narrator\n"
        "print(sorted({'piper', 'espeakng_loader', 'onnxruntime', 'numpy', 'lameenc'} & sys.modules.keys()))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]"
