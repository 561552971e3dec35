"""How many syllables a word has: from a dictionary, by hyphenation, or by counting vowels, as the language allows."""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import pyphen

Syllables = Callable[[str], int]
"""From a word to its syllables, at least one."""

_DICTIONARY = "model/en-us/cmudict-en-us.dict"
_VOWELS = frozenset(b"AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())
"""ARPAbet's vowels, as the CMU Pronouncing Dictionary uses them: each is the heart of one syllable."""


_STRONG = "aeoáéóíúàèìòù"
_NUCLEUS = re.compile(f"[{_STRONG}]|(?<![{_STRONG}])[iuüy]+(?![{_STRONG}])")
"""Spanish and Italian: a strong vowel is a syllable's heart, and a weak one where no strong one stands beside it."""
_VOWEL_GROUP = re.compile("[aeiouyäöüàâéèêëîïôùûœæ]+")
_MUTE = re.compile("(?<=[^aeiouyàâéèêëîïôùûœæ])(?:e|es|ent)$")
"""How French words end that are spoken without their last e."""


@cache
def syllables_of(language: str) -> Syllables | None:
    """Counts for a language (its primary BCP 47 subtag); None where nobody here knows how."""
    match language:
        case "en":
            return lru_cache(4096)(_english())
        case "de":
            return lru_cache(4096)(_german())
        case "fr":
            return lambda word: len(_VOWEL_GROUP.findall(_MUTE.sub("", word.lower()))) or 1
        case "es" | "it":
            return lambda word: len(_NUCLEUS.findall(word.lower())) or 1
        case _:
            return None


def _english() -> Syllables:
    """As the CMU Pronouncing Dictionary has it, which the speech recogniser's package carries; else by hyphenation."""
    spoken, hyphens = PronouncingDictionary.installed(), _hyphens("en")
    return lambda word: (spoken is not None and spoken.syllables(word)) or hyphens(word)


def _german() -> Syllables:
    """By hyphenation, which never parts one letter from a word: what then lacks is a group of vowels."""
    hyphens = _hyphens("de")
    return lambda word: max(hyphens(word), len(_VOWEL_GROUP.findall(word.lower())))


def _hyphens(language: str) -> Syllables:
    parts = pyphen.Pyphen(lang=pyphen.language_fallback(language))
    return lambda word: 1 + len(parts.positions(word.lower()))


class PronouncingDictionary:
    """The dictionary's file, searched where it lies: 3 MB that the system keeps once for all processes.

    Its lines are `word PHONE PHONE …`, in the order of their bytes; `word(2)` is another way to say it.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    @classmethod
    def installed(cls) -> PronouncingDictionary | None:
        """The one of the installed package; looked for without importing it, which would load a speech recogniser."""
        found = find_spec("pocketsphinx")
        folders = (found.submodule_search_locations or []) if found is not None else []
        paths = (Path(folder) / _DICTIONARY for folder in folders)
        return next((cls(path) for path in paths if path.is_file()), None)

    def syllables(self, word: str) -> int | None:
        """None for a word that it does not have."""
        wanted = word.lower().replace("’", "'").encode()
        low, high = 0, len(self._lines)
        while low < high:
            middle = (low + high) // 2
            start = max(low, self._lines.rfind(b"\n", low, middle) + 1)
            end = self._lines.find(b"\n", middle)
            line = self._lines[start : end if end >= 0 else len(self._lines)]
            entry, _, phones = line.partition(b" ")
            entry = entry.partition(b"(")[0]
            if entry == wanted:
                return sum(phone in _VOWELS for phone in phones.split())
            if entry < wanted:
                low = start + len(line) + 1
            else:
                high = start
        return None
