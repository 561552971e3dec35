"""How hard a text is to read, in years of age: a formula of its language, on one scale, and whether that suits a band.

The formulas were made for texts of 100 words and more. A page has a few sentences, so its age is known to within a
margin only, and what lies outside of its band by no more than that is left as it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from jobs.syllables import Syllables, syllables_of
from models.vocabulary import AgeBand

FEWEST_WORDS = 12
"""Of fewer words nothing is measured."""
NOISE = 5.0
"""What chance does to an age, in years times the root of the number of words: a mean of n words' syllables is known to
within s / √n, a syllable a word weighs 11.8 years, and s was 0.41 on 480 pages of the offline writer."""
YOUNGEST, OLDEST = 3.0, 20.0
FIRST_GRADE = 6
"""The age of children in the first grade of a US school, whose number is what the formulas give."""

MEASURED = "It reads like a text for "
"""How every wish begins."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_END = re.compile(r"(?:[.!?…]+[\"'”’)»]*(?=\s)|\n\s*\n)\s*")
_OPENING = "\"'“‘(«¿¡—–- "
_TITLES = frozenset(["mr", "mrs", "ms", "dr", "st", "prof"])


@dataclass(frozen=True, slots=True)
class Counted:
    """What formulas are made of: `letters` of every word, and `syllables` of every word that is no name.

    Names are left out as Dale and Chall do it (A Formula for Predicting Readability, 1948, rule for proper names): they
    are new to everybody, and on a page of thirty words they would be all that is measured.
    """

    sentences: int
    letters: tuple[int, ...]
    syllables: tuple[int, ...]

    @property
    def words(self) -> int:
        return len(self.letters)

    @property
    def words_a_sentence(self) -> float:
        return self.words / self.sentences

    @property
    def syllables_a_word(self) -> float:
        return sum(self.syllables) / len(self.syllables) if self.syllables else 1.0


def count(text: str, syllables: Syllables, names: Collection[str] = ()) -> Counted | None:
    """Counts a text; `names` are single words in lower case. None where there is no word at all."""
    words = _WORD.findall(text)
    if not words:
        return None
    return Counted(
        sentences=len(sentences(text)),
        letters=tuple(len(word) for word in words),
        syllables=tuple(syllables(word) for word in words if _without_s(word) not in names),
    )


def _without_s(word: str) -> str:
    return word.lower().replace("’", "'").removesuffix("'s").rstrip("'")


def sentences(text: str) -> list[str]:
    """Those that have a word. Neither a mark within speech (“Look!” said Mo) nor a title's full stop ends one."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        goes_on = text[end.end() :].lstrip(_OPENING)[:1].islower()
        before = _WORD.findall(text, start, end.start())
        if goes_on or (before and before[-1].lower() in _TITLES):
            continue
        found.append(text[start : end.end()])
        start = end.end()
    found.append(text[start:])
    return [sentence for sentence in found if _WORD.search(sentence)]


# ---------------------------------------------------------------- formulas: each gives a US school grade


def flesch_kincaid(counted: Counted) -> float:
    """English. Kincaid et al., Derivation of New Readability Formulas for Navy Enlisted Personnel, 1975."""
    return _grade(counted.words_a_sentence, counted.syllables_a_word)


def wiener_sachtextformel(counted: Counted) -> float:
    """German, the first of its four formulas. Bamberger and Vanecek, Lesen - Verstehen - Lernen - Schreiben, 1984."""
    long = _percent(count >= 3 for count in counted.syllables)
    short = _percent(count == 1 for count in counted.syllables)
    wide = _percent(letters > 6 for letters in counted.letters)
    return 0.1935 * long + 0.1672 * counted.words_a_sentence + 0.1297 * wide - 0.0327 * short - 0.875


def fernandez_huerta(counted: Counted) -> float:
    """Spanish. Fernández Huerta, Medidas sencillas de lecturabilidad, 1959; per word, as corrected by Law, 2011."""
    ease = 206.84 - 60.0 * counted.syllables_a_word - 1.02 * counted.words_a_sentence
    return _grade_of_ease(ease, counted.words_a_sentence)


def kandel_moles(counted: Counted) -> float:
    """French. Kandel and Moles, Application de l'indice de Flesch à la langue française, 1958."""
    ease = 207.0 - 1.015 * counted.words_a_sentence - 73.6 * counted.syllables_a_word
    return _grade_of_ease(ease, counted.words_a_sentence)


def flesch_vacca(counted: Counted) -> float:
    """Italian. Franchina and Vacca, Adaptation of Flesch readability index on a bilingual text, 1986."""
    ease = 217.0 - 60.0 * counted.syllables_a_word - 1.3 * counted.words_a_sentence
    return _grade_of_ease(ease, counted.words_a_sentence)


def _grade(words_a_sentence: float, syllables_a_word: float) -> float:
    return 0.39 * words_a_sentence + 11.8 * syllables_a_word - 15.59


def _grade_of_ease(ease: float, words_a_sentence: float) -> float:
    """The grade of an English text as easy as this by Flesch's index, with sentences as long.

    Flesch, A New Readability Yardstick, 1948: ease = 206.835 - 1.015 words a sentence - 84.6 syllables a word. The
    formulas for Spanish, French and Italian are his, with weights that make the same ease mean the same.
    """
    return _grade(words_a_sentence, (206.835 - 1.015 * words_a_sentence - ease) / 84.6)


def _percent(which: Iterable[bool]) -> float:
    found = list(which)
    return 100 * sum(found) / len(found) if found else 0.0


FORMULAS: dict[str, Callable[[Counted], float]] = {
    "en": flesch_kincaid,
    "de": wiener_sachtextformel,
    "es": fernandez_huerta,
    "fr": kandel_moles,
    "it": flesch_vacca,
}
"""By the primary subtag of BCP 47."""


# ---------------------------------------------------------------- what suits whom


TOO_HARD = {AgeBand.AGES_0_2: 7.0, AgeBand.AGES_3_5: 9.0, AgeBand.AGES_6_8: 10.3, AgeBand.AGES_9_12: 12.7}
"""Years above which a page is out of its band. The youngest are read to, so theirs lie above their own age.

For readers they are where Flesch and Kincaid's grades end in the Common Core State Standards (Supplemental Information
for Appendix A, 2012, table 1): 5.34 for grades 2 and 3, 7.73 for grades 4 and 5.
"""
TOO_EASY = {AgeBand.AGES_9_12: 6.0}
"""Years below which it is: what children read in their first grade. Nothing is too easy for those who are younger.

Only English is judged by it: what the other formulas say of children's books is not known well enough at that end."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The age at which a text is read with ease, in years, and to within how many of them that is known.

    `language` is the primary subtag of whose formula it is.
    """

    age: float
    margin: float
    language: str = "en"


def measure(text: str, language: str, names: Iterable[str] = ()) -> Reading | None:
    """Measures a text in `language` (BCP 47) whose cast has these `names`.

    None where it is too short, or there is no formula.
    """
    primary = language.split("-")[0].lower()
    formula, syllables = FORMULAS.get(primary), syllables_of(primary)
    if formula is None or syllables is None:
        return None
    counted = count(text, syllables, {_without_s(word) for name in names for word in _WORD.findall(name)})
    if counted is None or counted.words < FEWEST_WORDS:
        return None
    age = formula(counted) + FIRST_GRADE - 1
    return Reading(round(max(YOUNGEST, min(age, OLDEST)), 1), NOISE / math.sqrt(counted.words), primary)


def wish_for(reading: Reading | None, band: AgeBand) -> str | None:
    """What a writer is told of a page that is out of its band; None for one that is in it, or was not measured."""
    if reading is None:
        return None
    said = f"{MEASURED}{reading.age:.0f}-year-olds, and "
    if reading.age - reading.margin > TOO_HARD[band]:
        return (
            f"{said}is to be easy at {TOO_HARD[band]:.0f}: tell the same in shorter sentences and shorter, commoner "
            "words."
        )
    lowest = TOO_EASY.get(band) if reading.language == "en" else None
    if lowest is not None and reading.age + reading.margin < lowest:
        return f"{said}these readers are 9 to 12: tell the same in longer sentences and richer words."
    return None
