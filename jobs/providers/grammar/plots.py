"""Which plot a premise makes: a fear, a sleepless night, a search, a friend, a work, a journey or one's own way."""

from __future__ import annotations

import re

from jobs.providers.grammar.english import base_form, well_formed
from jobs.providers.grammar.goals import BOUNDARY, WORD, Goal
from jobs.providers.grammar.premise_words import NOUNS_TOO, PREPOSITIONS, VERBS
from jobs.providers.grammar.subjects import Someone

_FEAR = re.compile(r"\b(?:afraid|scared|frightened|terrified|fear) of\s+(.+)", re.IGNORECASE)
_NO_SLEEP = re.compile(
    r"\b(?:can(?:not|’t)|won’t|does(?:n’t| not) want to|not) (?:fall a)?sleep|\b(?:bedtime|sleepless|lullaby|"
    r"falls? asleep|go to (?:bed|sleep)|not tired|insomnia|stay awake)\b",
    re.IGNORECASE,
)
_LOST_SELF = re.compile(
    r"\b(?:(?:is|gets|got|was|are|get) lost|lost in|way (?:back )?home|find (?:his|her|its|their) home|homesick)\b",
    re.I,
)
_SEEK = re.compile(
    r"\b(?:loses?|lost|misses|missing|(?:looks?|looking|search(?:es|ing)?|hunt(?:s|ing)?) for|seeks?|finds?(?! out)|"
    r"finding|discovers?|stolen)\s+(.+)",
    re.IGNORECASE,
)
_FRIEND = re.compile(
    r"\b(?:lonely|alone|shy|no friends?|new friends?|(?:make|makes|find|finds|wants|needs) (?:a |some |new )*friends?|"
    r"friendship|first day|new (?:school|kid|girl|boy|neighbou?r))\b",
    re.IGNORECASE,
)
_MOVES = (
    r"\b(?:go(?:es)?|travels?|sails?|flies|fly|walks?|swims?|rides?|runs?|trip|journey|voyage|adventure|sets off|"
    r"rocket)\b"
)
_JOURNEYS = tuple(
    re.compile(_MOVES + r"[\w\s]{0,30}?\b(?:" + way + r")\s+((?:the|a|an|outer)?\s*\w.+)", re.IGNORECASE)
    for way in ("to", "into|through|across|around|round|in")
)
_MAKE = frozenset(
    "bake cook build make invent sew knit prepare grow plant paint mend repair fix organise organize".split()
)


def plot_of(text: str, goal: Goal, people: tuple[Someone, ...]) -> tuple[str, str]:
    """The plot's name, and what is feared, sought or travelled to; empty in plots that have no such thing."""
    feared = _FEAR.search(text)
    if feared:
        return "fear", _noun_phrase(_before_verb(feared[1])) or "the dark"
    if _NO_SLEEP.search(text):
        return "sleep", ""
    if _LOST_SELF.search(text) or any("lost" in someone.adjectives for someone in people):
        return "search", "the way home"
    if _FRIEND.search(text):
        return "friend", ""
    sought = _SEEK.search(text)
    if sought and (phrase := _noun_phrase(_before_verb(sought[1]))):
        return "search", phrase
    if goal.verb in _MAKE:
        return "make", ""
    for travelled in filter(None, (way.search(text) for way in _JOURNEYS)):
        if phrase := _noun_phrase(travelled[1]):
            return "journey", phrase
    return "own_way", ""


def _before_verb(text: str) -> str:
    """`text` without what somebody goes on to do: of 'the dark finds a lantern', 'the dark'."""
    words = text.split()
    for index, word in enumerate(words[2:], start=2):
        verb = base_form(word.lower())
        if verb != word.lower() and verb in _GOES_ON:
            return " ".join(words[:index])
    return text


_GOES_ON = (VERBS - NOUNS_TOO) | {"look", "help", "dream", "sail", "travel", "hope", "plan", "walk"}
_AFTER_NOUN = frozenset("for with in on at and from to under by is inside during".split())
_NO_START = PREPOSITIONS | frozenset(
    "i me us him them it they he she out himself herself how being is was are can and or but not".split()
)
_LONGEST_PHRASE = 6  # words


def _noun_phrase(text: str) -> str:
    """The noun phrase that `text` begins with, at most six words; empty where there is none."""
    stop = BOUNDARY.search(text)
    words = (text[: stop.start()] if stop else text).split()
    end = next((index for index, word in enumerate(words) if index and word.lower() in _AFTER_NOUN), len(words))
    words = words[: min(end, _LONGEST_PHRASE)]
    if not words or not all(map(WORD.fullmatch, words)) or not well_formed(words) or words[0].lower() in _NO_START:
        return ""
    first = words[0].lower()
    if first in ("my", "our", "your", "this", "that", "some", "any"):
        words[0] = "the"
    elif first in ("the", "a", "an", "his", "her", "their"):
        words[0] = first
    return " ".join(words)
