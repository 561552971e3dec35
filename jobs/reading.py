"""How hard a text is to read, in years of age: published formulas on one scale.

English: Flesch-Kincaid grade (Kincaid et al., 1975) plus five years. German: the first Wiener Sachtextformel (Bamberger
and Vanecek, 1984), plus six. Spanish: Fernández Huerta (1959), French: Kandel and Moles (1958), Italian: Flesch-Vacca
(Franchina and Vacca, 1986); these three give an ease from 0 to 100, as Flesch's does, which is turned into years along
a straight line from 90 (about ten years) to 30 (about eighteen). Other languages have no formula that we know of.

Formulas were made for long texts. A page has a few sentences, so that a page is off by a year or two now and then.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from models.vocabulary import AgeBand

FEWEST_WORDS = 12
"""Of fewer words nothing is measured."""
TOO_HARD: dict[AgeBand, float] = {
    AgeBand.AGES_0_2: 8.0,
    AgeBand.AGES_3_5: 9.5,
    AgeBand.AGES_6_8: 11.5,
    AgeBand.AGES_9_12: 15.0,
}
"""Years above which a page is out of its band. The youngest are read to, so theirs lie above their own age."""
TOO_EASY: dict[AgeBand, float] = {AgeBand.AGES_9_12: 6.0}

MEASURED = "It reads like a text for "
"""How every wish begins."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE = re.compile(r"[^.!?…]+")
_VOWEL_GROUP = re.compile(r"[aeiouyáéíóúàèìòùâêîôûäëïöüœ]+", re.IGNORECASE)


class _Counts(NamedTuple):
    sentences: int
    words: int
    syllables: int
    long_words: int
    """Of more than six letters."""
    hard_words: int
    """Of three syllables or more."""
    short_words: int
    """Of one syllable."""


class _Hyphenator(Protocol):
    """The part of Pyphen that is used here."""

    def positions(self, word: str) -> list[int]: ...


def reading_age(text: str, language: str) -> float | None:
    """The age at which the text is read with ease, in years; None where it is too short, or there is no formula."""
    primary = language.split("-")[0].lower()
    if primary not in ("en", "de", "es", "fr", "it"):
        return None
    counts = _counts(text, primary)
    if counts.words < FEWEST_WORDS:
        return None
    words_a_sentence, syllables_a_word = counts.words / counts.sentences, counts.syllables / counts.words
    match primary:
        case "en":
            age = 5 + 0.39 * words_a_sentence + 11.8 * syllables_a_word - 15.59
        case "de":
            shares = (counts.hard_words, counts.long_words, counts.short_words)
            hard, long, short = (100 * each / counts.words for each in shares)
            age = 6 + 0.1935 * hard + 0.1672 * words_a_sentence + 0.1297 * long - 0.0327 * short - 0.875
        case "es":
            age = _of_ease(206.84 - 60 * syllables_a_word - 1.02 * words_a_sentence)
        case "fr":
            age = _of_ease(207 - 73.6 * syllables_a_word - 1.015 * words_a_sentence)
        case _:
            age = _of_ease(217 - 60 * syllables_a_word - 1.3 * words_a_sentence)
    return round(max(3.0, min(age, 20.0)), 1)


def wish_for(age: float | None, band: AgeBand) -> str | None:
    """What a writer is told of a page that is out of its band; None for one that is in it, or was not measured."""
    if age is None:
        return None
    if age > TOO_HARD[band]:
        limit = TOO_HARD[band]
        return (
            f"{MEASURED}{age:.0f}-year-olds, and is to be easy at {limit:.0f}: tell the same in shorter "
            "sentences and shorter, commoner words."
        )
    if band in TOO_EASY and age < TOO_EASY[band]:
        return (
            f"{MEASURED}{age:.0f}-year-olds, and these readers are 9 to 12: tell the same in longer "
            "sentences and richer words."
        )
    return None


def _of_ease(ease: float) -> float:
    return 10 + (90 - ease) * 8 / 60


def _counts(text: str, language: str) -> _Counts:
    words = _WORD.findall(text)
    syllables = [_syllables(word.lower().replace("’", "'"), language) for word in words]
    sentences = [sentence for sentence in _SENTENCE.findall(text) if _WORD.search(sentence)]
    return _Counts(
        max(1, len(sentences)),
        len(words),
        sum(syllables),
        sum(len(word) > 6 for word in words),
        sum(count >= 3 for count in syllables),
        sum(count == 1 for count in syllables),
    )


def _syllables(word: str, language: str) -> int:
    if language == "en":
        known = _english().get(word)
        if known is not None:
            return known
    hyphenated = len(_hyphenator(language).positions(word)) + 1
    return max(1, hyphenated, len(_VOWEL_GROUP.findall(word)) if language in ("es", "it") else 0)


@cache
def _hyphenator(language: str) -> _Hyphenator:
    import pyphen

    return cast(_Hyphenator, pyphen.Pyphen(lang=pyphen.language_fallback(language)))  # pyright: ignore[reportUnknownMemberType]


@cache
def _english() -> dict[str, int]:
    """Syllables of English words: the vowels of the CMU Pronouncing Dictionary, which PocketSphinx brings along.

    Reading it takes most of a second, so ask in a thread.
    """
    spec = find_spec("pocketsphinx")
    if spec is None or spec.origin is None:
        return {}
    file = Path(spec.origin).parent / "model" / "en-us" / "cmudict-en-us.dict"
    syllables: dict[str, int] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        word, _, phones = line.partition(" ")
        if "(" not in word:
            syllables[word] = sum(phone[0] in "AEIOU" for phone in phones.split())
    return syllables
