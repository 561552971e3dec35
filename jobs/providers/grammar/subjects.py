"""Whom a premise is about: names, kinds of being, and the adjectives before them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from jobs.providers.grammar.english import base_form
from jobs.providers.grammar.goals import WORD
from jobs.providers.grammar.lexicon import beings, names, places
from jobs.providers.grammar.premise_words import (
    ADJECTIVES,
    ADVERBS,
    COMPOUNDS,
    MEETINGS,
    NO_NAMES,
    NOUNS_TOO,
    NUMBERS,
    OTHER_WORDS,
    STATES,
    VERBS,
)

_CLAUSE = re.compile(
    r"[,.;:!?]|\b(?:who|that|which|whose|is|was|are|has|had|can|cannot|can’t|could|wants?|at|in|on|from|under|for|to|meets?)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:[Nn]amed|[Cc]alled)\s+([^\W\d_][\w’\-]*(?:\s+[A-Z][\w’\-]*)?)")
_UNKNOWN_KIND = re.compile(
    r"^(?:a|an|the)\s+((?:[\w\-]+\s+){0,3}?)([a-z][a-z\-]{2,14})\s+(?:who|that|named|called|and|with)\b", re.IGNORECASE
)
_NOBODY = frozenset("story tale book afraid alone asleep awake scared not it".split())
_MOST = 3


@dataclass(frozen=True, slots=True)
class Someone:
    """Who a premise tells of: a name, a kind ('snail'), adjectives; any of them may be missing."""

    name: str | None = None
    kind: str | None = None
    adjectives: tuple[str, ...] = ()


@cache
def _kinds() -> dict[str, str]:
    """Every word, or two of them, that stands for a kind of being, in the singular."""
    kinds = {kind: kind for kind in beings()}
    kinds.update({word: kind for word, kind in OTHER_WORDS.items() if kind in beings()})
    return kinds


@cache
def _plurals() -> dict[str, str]:
    plurals = {kind + "s": kind for kind in beings() if not kind.endswith(("s", "x", "sh", "y"))}
    plurals.update({"mice": "mouse", "wolves": "wolf", "foxes": "fox", "fairies": "fairy", "bunnies": "bunny",
                    "puppies": "puppy", "ponies": "pony", "geese": "goose", "children": "child", "friends": "child",
                    "kids": "child", "witches": "witch", "elves": "elf", "babies": "baby"})  # fmt: skip
    return plurals


def kind_in(text: str) -> str | None:
    """The first kind of being that any text names, such as a character's appearance."""
    found = _mentions(text)
    return found[0][1].kind if found else None


def people_of(text: str) -> tuple[Someone, ...]:
    """Those whom `text` is about, in order; at most three."""
    subject = text[: _subject_end(text)]
    named = _NAMED.search(text)
    people = _in_order(subject)
    if not people:
        unknown = _UNKNOWN_KIND.match(text)
        if unknown is not None and _may_be_kind(unknown[2].lower()):
            before = tuple(word for word in unknown[1].lower().split() if word in ADJECTIVES)
            people = [Someone(kind=unknown[2].lower(), adjectives=before)]
    if not people:
        people = [someone for _, someone in _mentions(text)][:1]
    if not people and (owner := re.match(r"([^\W\d_]+)’s\b", text)) and owner[1] in names():
        people = [Someone(owner[1])]
    if named is not None and named[1].split()[0].lower() not in NO_NAMES:
        name = named[1][0].upper() + named[1][1:]
        first = people[0] if people else Someone()
        people = [Someone(name, first.kind, first.adjectives), *(other for other in people[1:] if other.name != name)]
    return tuple(people[:_MOST])


def late_friend(text: str) -> Someone | None:
    """The being that somebody meets, helps or finds: it comes into the story when the goal is reached."""
    for found in re.finditer(r"\b([a-z]+)\s+((?:a|an)\s+(?:[\w\-]+\s+){0,3})", text, re.IGNORECASE):
        if base_form(found[1].lower()) in MEETINGS:
            for start, someone in _mentions(text[found.start(2) : found.start(2) + 40]):
                if start <= len(found[2]) + 1:
                    return someone
    return None


def _may_be_kind(word: str) -> bool:
    listed = any(word in place.words for place in places().values())
    return not listed and word not in ADJECTIVES | NO_NAMES | VERBS | ADVERBS and word not in _NOBODY


def _subject_end(text: str) -> int:
    """Where the subject ends: at a verb, a relative clause or a preposition."""
    clause = _CLAUSE.search(text)
    end = clause.start() if clause and clause.start() > 0 else len(text)
    words = list(WORD.finditer(text))
    for index, found in enumerate(words[1:], start=1):
        word = found[0].lower()
        base = base_form(word)
        known = base in VERBS | STATES and (word != base or (word not in NOUNS_TOO and index > 1))
        if known and word not in _plurals() and words[index - 1][0].lower() not in ("a", "an", "the", "and"):
            return min(end, found.start())
    return end


def _in_order(subject: str) -> list[Someone]:
    kinds = _mentions(subject)
    named = _given_names(subject)
    people: list[tuple[int, Someone]] = []
    for start, someone in kinds:
        if re.search(r"\b(?:of|about|against)\s+(?:\w+\s+){0,2}$", subject[:start]):
            continue
        # "Sid the snail" and "the snail Sid" are one.
        own = next(
            (
                name
                for at, name in named
                if re.fullmatch(r"\s*,?\s*the\s+(?:[\w\-]+\s+)*", subject[at + len(name) : start])
            ),
            None,
        )
        own = own or next(
            (name for at, name in named if re.fullmatch(r"\w+\s+", subject[start:at]) and at > start), None
        )
        if own is not None:
            named = [(at, name) for at, name in named if name != own]
        people.append((start, Someone(own, someone.kind, someone.adjectives)))
    people.extend((at, Someone(name)) for at, name in named)
    return [someone for _, someone in sorted(people, key=lambda pair: pair[0])]


def _mentions(text: str) -> list[tuple[int, Someone]]:
    """Every being named in `text` with its place there; no possessives and no compounds such as 'dragon egg'."""
    words = list(WORD.finditer(text))
    found: list[tuple[int, Someone]] = []
    index = 0
    while index < len(words):
        size, kind, many = _kind_at(words, index)
        after = words[index + size][0].lower() if index + size < len(words) else ""
        if index + size < len(words) and text[words[index + size - 1].end() : words[index + size].start()] == " ":
            another = _kind_at(words, index + size)[1]
        else:
            another = None
        if kind is not None and another is None and after not in COMPOUNDS:
            adjectives, number = _before(words, index)
            copies = number or (2 if many else 1)
            found.extend((words[index].start(), Someone(None, kind, adjectives)) for _ in range(copies))
        index += max(size, 1)
    return found


def _kind_at(words: list[re.Match[str]], index: int) -> tuple[int, str | None, bool]:
    for size in (3, 2, 1):
        joined = " ".join(word[0].lower() for word in words[index : index + size])
        if index + size <= len(words) and joined in _kinds():
            return size, _kinds()[joined], False
    single = words[index][0].lower()
    return (1, _plurals()[single], True) if single in _plurals() else (1, None, False)


def _before(words: list[re.Match[str]], index: int) -> tuple[tuple[str, ...], int]:
    adjectives: list[str] = []
    at = index - 1
    while at >= 0 and (words[at][0].lower() in ADJECTIVES or words[at][0].lower() in _kinds()):
        adjectives.insert(0, words[at][0].lower())
        at -= 1
    return tuple(adjectives[-2:]), NUMBERS.get(words[at][0].lower(), 0) if at >= 0 else 0


def _given_names(text: str) -> list[tuple[int, str]]:
    """Capitalised words that are nobody's common noun; where a whole text is in capitals they say nothing."""
    words = list(WORD.finditer(text))
    capitals = [word for word in words if word[0][0].isupper()]
    shouting = len(words) > 2 and len(capitals) > 0.6 * len(words)
    found: list[tuple[int, str]] = []
    for word in capitals:
        plain = word[0].lower()
        name = word[0].removesuffix("’s")
        if name != word[0] or plain in NO_NAMES | ADJECTIVES or plain in _kinds() or plain in _plurals():
            continue
        if name in names() or (not shouting and not _common(plain, at_start=word.start() == 0)):
            found.append((word.start(), name))
    return found


def _common(word: str, *, at_start: bool) -> bool:
    """A word that is probably no name; at the start of a sentence every word has a capital, so more are."""
    if word in VERBS or any(word in place.words for place in places().values()):
        return True
    return at_start and (
        len(word) > 8 or word.endswith(("ing", "ness", "ship", "tion", "ed", "ly")) or not word.isascii()
    )
