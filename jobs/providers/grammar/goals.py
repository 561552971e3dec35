"""What somebody in a premise wants to do: finding the verb phrase and giving it back in every form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from jobs.providers.grammar.english import base_form, past, third_person, well_formed
from jobs.providers.grammar.premise_words import ADVERBS, NOUNS_TOO, PREPOSITIONS, STATES, VERBS

WORD = re.compile(r"[^\W\d_]+(?:[’\-][^\W\d_]+)*")
BOUNDARY = re.compile(
    r"[.,;:!?()\[\]{}\"“”—–…\n/|<>*#=+~^]|\s-\s|\b(?:and (?:then|finds?|learns?|discovers?|meets?|makes?|goes|gets|has|"
    r"is|saves?|wants?|becomes?|they|he|she|it|his|her|their|the|everyone)|but|because|when|while|until|till|so|"
    r"who|whose|which|that|after|before|although|then|even though|if|unless|where|instead of|despite)\b",
    re.IGNORECASE,
)
_CANNOT = re.compile(
    r"\b(?:can(?:not|’t)|can not|could(?: not|n’t)|unable to|does(?: not|n’t) know how to|never learn(?:ed|t) to)"
    r"\s+",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(?:wants?|wish(?:es)?|longs?|hopes?|needs?|learns?(?: how)?|learned|tries|try|decides?|plans?|wanted|"
    r"would like|likes?|loves?|sets? out|sets? off|has|have|dares?|helps? (?:him|her|them))\s+to\s+",
    re.IGNORECASE,
)
_DREAM = re.compile(r"\b(?:dreams?|dreamed|thinks?) (?:of|about)\s+([a-z]+ing)\b", re.IGNORECASE)
_RELATIVE = re.compile(r"\b(?:who|that|which)\s+", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:i|me|mine|we|us|ours|you|your|myself|ourselves)\b", re.IGNORECASE)
_NO_VERBS = PREPOSITIONS | frozenset("a an the his her their its my who that can can’t cannot not two three".split())
_LONGEST = 9


@dataclass(frozen=True, slots=True)
class Goal:
    """What somebody wants to do: `verb` in its base form, and the words that follow it.

    `own` says that it is the hero's own goal, whose pronouns are the hero's.
    """

    verb: str
    rest: str = ""
    own: bool = True

    def _with(self, inflect: Callable[[str], str]) -> str:
        """The phrase with its verb inflected, and with it a second one: 'built a rocket and flew to the moon'."""
        words = self.rest.split()
        for index, word in enumerate(words[:-1]):
            if word == "and" and words[index + 1] in VERBS - NOUNS_TOO:
                words[index + 1] = inflect(words[index + 1])
        return " ".join([inflect(self.verb), *words])

    @property
    def base(self) -> str:
        return f"{self.verb} {self.rest}".strip()

    @property
    def done(self) -> str:
        return self._with(past)

    @property
    def does(self) -> str:
        return self._with(third_person)

    def shortened(self, words: int) -> Goal:
        """At most `words` words where it can be cut before a preposition; whole where it can't."""
        parts = self.rest.split()
        if len(parts) < words or "‘" in self.rest:
            return self
        for index in range(min(words - 1, len(parts) - 1), 0, -1):
            if parts[index].lower() in PREPOSITIONS - {"of"} or parts[index] == "and":
                return Goal(self.verb, " ".join(parts[:index]), self.own)
        return self

    def said_of(self, him: str, his: str) -> Goal:
        """The goal with its pronouns turned to those of its hero."""
        if not self.own:
            return self
        rest = re.sub(r"\b(?:his|her|their|its|my|our)(?=\s+\w)", his, self.rest, flags=re.IGNORECASE)
        rest = re.sub(r"\b(him|her|them|it)self\b|\bthemselves\b", him + "self", rest, flags=re.IGNORECASE)
        return Goal(self.verb, rest.replace("theirself", "themselves").replace("hisself", "himself"))


def goal_of(text: str) -> Goal | None:
    """The first thing that somebody in `text` does, wants or cannot do; states ('is', 'has', 'loves') are no goals."""
    for pattern in (_CANNOT, _WISH):
        for found in pattern.finditer(text):
            goal = _phrase(text[found.end() :], plain=True)
            if goal is not None:
                return goal
    dreamed = _DREAM.search(text)
    if dreamed is not None:
        verb = _from_gerund(dreamed[1].lower())
        goal = _phrase(f"{verb} {text[dreamed.end() :]}", plain=True)
        if goal is not None:
            return goal
    for found in _RELATIVE.finditer(text):
        goal = _phrase(text[found.end() :], plain=False)
        if goal is not None:
            return goal
    return _main_clause(text)


def _main_clause(text: str) -> Goal | None:
    words = list(WORD.finditer(text))
    for index, found in enumerate(words[1:], start=1):
        word, before = found[0].lower(), words[index - 1][0].lower()
        base = base_form(word)
        inflected = (
            word != base and base in VERBS and before not in ("a", "an", "the", "his", "her", "their", "of", "to")
        )
        plural = (
            base == word
            and word in VERBS - NOUNS_TOO
            and (before.endswith("s") or words[0][0].lower() in ("two", "three"))
        )
        paired = word in VERBS - NOUNS_TOO and index > 2 and any(w[0].lower() == "and" for w in words[:index])
        if (inflected and base not in STATES) or ((plural or paired) and word not in STATES):
            goal = _phrase(text[found.start() :], plain=not inflected)
            if goal is not None:
                return goal
    return None


def _phrase(text: str, *, plain: bool) -> Goal | None:
    """The verb phrase that `text` begins with; its verb is in base form where `plain`, else as a person does it."""
    stop = BOUNDARY.search(text)
    words = (text[: stop.start()] if stop else text).split()
    while words and words[0].lower() in ADVERBS:
        words = words[1:]
    if not words or not WORD.fullmatch(words[0]):
        return None
    first = words[0].lower()
    verb = first if plain else base_form(first)
    inflected = verb != first
    if verb in STATES and not (plain and verb == "be" and len(words) > 1):
        return None
    if not (verb in VERBS or verb == "be" or plain or inflected) or not verb.isascii() or len(verb) < 2:
        return None
    rest = words[1:_LONGEST]
    if len(words) > _LONGEST:
        cuts = [index for index, word in enumerate(rest) if word.lower() in PREPOSITIONS and index > 0]
        rest = rest[: cuts[-1]] if cuts else rest
    while rest and rest[-1].lower() in PREPOSITIONS | {
        "and",
        "a",
        "an",
        "the",
        "his",
        "her",
        "their",
        "its",
        "my",
        "is",
    }:
        rest = rest[:-1]
    for index, word in enumerate(rest[:-1]):
        if (
            word.lower() == "and"
            and rest[index + 1].lower() not in VERBS
            and base_form(rest[index + 1].lower()) in VERBS
        ):
            rest = [*rest[: index + 1], base_form(rest[index + 1].lower()), *rest[index + 2 :]]
    phrase = " ".join(rest)
    if verb in _NO_VERBS or not well_formed([verb, *rest]):
        return None
    if _FIRST_PERSON.search(phrase) or not phrase.isprintable() or len(phrase) > 70:
        return None
    if any(word.lower() in ("is", "was", "are", "can", "will") for word in rest):
        return None
    return Goal(verb, phrase)


def _from_gerund(word: str) -> str:
    stem = word[:-3]
    for candidate in (stem, stem + "e", stem[:-1]):
        if candidate in VERBS:
            return candidate
    return stem
