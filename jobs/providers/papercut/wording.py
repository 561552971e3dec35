"""Plain words to keys: which of the things that can be drawn does a text speak of?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

_LONGEST = 1500
_SHORTEST_COMPOUND = 7
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_BREAKS = frozenset(
    (
        "with who whose that which in on at by under over near beside behind into from of to through above "
        "below wearing carrying holding for while and but mit avec con"
    ).split()
)
_DOUBLED = re.compile(r"([^aeiou])\1$")


def words(text: str) -> list[str]:
    """The text's words in small letters; what is beyond a page of text is not read."""
    return [word.lower() for word in _WORD.findall(text[:_LONGEST])]


def thing(word: str) -> str:
    """A noun without its plural, so that `foxes` and `fox` meet; rough, but alike on both sides."""
    for ending, left in (("ies", "y"), ("ves", "f"), ("xes", "x"), ("shes", "sh"), ("ches", "ch"), ("sses", "ss")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + left
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


def deed(word: str) -> str:
    """A verb without its endings, so that `running`, `runs` and `run` meet; rough, but alike on both sides."""
    for ending in ("ing", "ied", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 2 and not word.endswith("ss"):
            word = word[: -len(ending)] + ("y" if ending.startswith("ie") else "")
            break
    word = _DOUBLED.sub(r"\1", word)
    return word.removesuffix("e") if len(word) > 3 else word


class Lexicon:
    """Keys with the words that mean them. A table's later entries never override earlier ones."""

    def __init__(self, table: Mapping[str, str], verbs: bool = False) -> None:
        self._reduce = cache(deed if verbs else thing)
        self._compounds = not verbs
        self._keys: dict[str, str] = {}
        for key, meaning in table.items():
            for word in meaning.split():
                self._keys.setdefault(self._reduce(word), key)

    def key(self, word: str) -> str | None:
        """What one word means. A compound such as `sail-boat` or `sailboat` means what its last part does."""
        known = self._keys.get(self._reduce(word))
        if known is None and "-" in word:
            return self._keys.get(self._reduce(word.rsplit("-", 1)[1]))
        if known is None and self._compounds and len(word) >= _SHORTEST_COMPOUND:
            return self._last_part(self._reduce(word))
        return known

    def _last_part(self, word: str) -> str | None:
        """`pufferfish` is a fish: what the longest known ending of four letters or more means."""
        endings = (word[start:] for start in range(3, len(word) - 3))
        return next((self._keys[ending] for ending in endings if ending in self._keys), None)

    def all_in(self, text: str) -> list[str]:
        """Every key that the text speaks of, once, in its order."""
        found = (self.key(word) for word in words(text))
        return list(dict.fromkeys(key for key in found if key is not None))

    def first_in(self, *texts: str) -> str | None:
        for text in texts:
            if found := self.all_in(text):
                return found[0]
        return None

    def subject_of(self, text: str) -> str | None:
        """What the text is about: the last match of its first phrase (`forest cave` is a cave), else the first."""
        found: str | None = None
        for word in words(text):
            if word in _BREAKS and found is not None:
                return found
            found = self.key(word) or found
        return found
