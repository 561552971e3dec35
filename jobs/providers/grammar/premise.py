"""Reading a premise: who it is about, what they want, where it happens, and which plot that makes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from jobs.providers.grammar.english import titled, with_article
from jobs.providers.grammar.goals import BOUNDARY, WORD, Goal, goal_of
from jobs.providers.grammar.lexicon import beings, places
from jobs.providers.grammar.premise_words import THEMES
from jobs.providers.grammar.subjects import Someone, late_friend, people_of
from models.vocabulary import Weather

_PREAMBLE = re.compile(
    r"^\W*(?:(?:please|can you|could you|i want|i would like|i’d like|we want)\b[\s,]*)*"
    r"(?:(?:write|tell|make|create|give)\b\s*(?:me|us)?\s*)?"
    r"(?:(?:(?:a|an|the)\s+)?(?:[\w-]+\s+){0,3}?(?:story|tale|book)\s+(?:about|of|where|in which|for \w+ about)\s+"
    r"|about\s+|once upon a time,?\s*(?:there (?:was|lived)\s+)?|there (?:is|was|once was)\s+)?",
    re.IGNORECASE,
)
_FEAR = re.compile(r"\b(?:afraid|scared|frightened|terrified|fear) of\s+(.+)", re.IGNORECASE)
_NO_SLEEP = re.compile(
    r"\b(?:can(?:not|’t)|won’t|does(?:n’t| not) want to|not) (?:fall a)?sleep|\b(?:bedtime|sleepless|lullaby|falls? asleep|"
    r"go to (?:bed|sleep)|not tired|insomnia|stay awake)\b",
    re.IGNORECASE,
)
_LOST_SELF = re.compile(
    r"\b(?:(?:is|gets|got|was|are|get) lost|lost in|way (?:back )?home|find (?:his|her|its|their) home|homesick)\b",
    re.I,
)
_SEEK = re.compile(
    r"\b(?:loses?|lost|misses|missing|(?:looks?|looking|search(?:es|ing)?|hunt(?:s|ing)?) for|seeks?|finds?(?! out)|finding|"
    r"discovers?|stolen)\s+(.+)",
    re.IGNORECASE,
)
_FRIEND = re.compile(
    r"\b(?:lonely|alone|shy|no friends?|new friends?|(?:make|makes|find|finds|wants|needs) (?:a |some |new )*friends?|"
    r"friendship|first day|new (?:school|kid|girl|boy|neighbou?r))\b",
    re.IGNORECASE,
)
_MOVES = r"\b(?:go(?:es)?|travels?|sails?|flies|fly|walks?|swims?|rides?|runs?|trip|journey|voyage|adventure|sets off|rocket)\b"
_JOURNEYS = tuple(
    re.compile(_MOVES + r"[\w\s]{0,30}?\b(?:" + way + r")\s+((?:the|a|an|outer)?\s*\w.+)", re.IGNORECASE)
    for way in ("to", "into|through|across|around|round|in")
)
_MAKE = frozenset(
    ("bake cook build make invent sew knit prepare grow plant paint mend repair fix organise organize").split()
)
_WEATHERS = {
    Weather.SNOW: re.compile(r"\b(?:snow\w*|winter|ice|icy|christmas|blizzard|frozen)\b", re.I),
    Weather.RAIN: re.compile(r"\b(?:rain|raining|rainy|storm|stormy|thunder\w*|puddles?|umbrella)\b", re.I),
    Weather.WIND: re.compile(r"\b(?:wind|windy|kites?|hurricane|breeze)\b", re.I),
    Weather.FOG: re.compile(r"\b(?:fog|foggy|mist|misty)\b", re.I),
}
_SPACE = re.compile(
    r"\b(?:space|spaceship|rockets?|astronauts?|planets?|galaxy|aliens?|mars|to the moon|on the moon|ufo)\b", re.I
)
_SEA = re.compile(r"\b(?:under(?:water| the sea| the ocean)|coral|reef|mermaids?|shipwreck)\b", re.I)
_SCHOOL = re.compile(r"\b(?:school|classroom|kindergarten|teacher)\b", re.I)


_SETTING = re.compile(
    r"\b(?:at|in|on|under|inside) (?:the|a|an) (?:[a-z\-]+ )?[a-z\-]{3,}(?=[.,!?]|$| and | when | where )", re.I
)


@dataclass(frozen=True, slots=True)
class Premise:
    """What was read. `plot` names a file of passages; `thing` is what is sought, feared or travelled to.

    `setting` is where the premise says that it happens, or empty. `world` is land, sea, space or school; `title` is empty where the premise is too long to be one.
    """

    text: str
    people: tuple[Someone, ...]
    late: Someone | None
    plot: str
    goal: Goal
    thing: str
    place: str | None
    setting: str
    world: str
    weather: Weather | None
    pronoun: str | None
    title: str


def read_premise(text: str) -> Premise:
    """Reads any text at all; where nothing is understood, the story is about the secret of its own words."""
    clean = _plain(text)
    core = _PREAMBLE.sub("", clean, count=1).strip() or clean
    people = people_of(core)
    goal = goal_of(core)
    goal = goal or _other_goal(core, people)
    plot, thing = _plot(core, goal, people)
    return Premise(
        text=clean,
        people=people,
        late=late_friend(core),
        plot=plot,
        goal=goal,
        thing=thing,
        place=_place(core),
        setting=_setting(core, goal, thing),
        world="land" if plot == "make" and _SPACE.search(core) else _world(core, people),
        weather=next((weather for weather, words in _WEATHERS.items() if words.search(core)), None),
        pronoun=_pronoun(core),
        title=_title(core),
    )


def _plain(text: str) -> str:
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp", "Zs") else c for c in text)
    return re.sub(r"\s+", " ", visible.replace("'", "’").replace("{", "(").replace("}", ")")).strip()


def _plot(text: str, goal: Goal, people: tuple[Someone, ...]) -> tuple[str, str]:
    feared = _FEAR.search(text)
    if feared:
        return "fear", _noun_phrase(feared[1]) or "the dark"
    if _NO_SLEEP.search(text):
        return "sleep", ""
    if _LOST_SELF.search(text) or any("lost" in someone.adjectives for someone in people):
        return "search", "the way home"
    if _FRIEND.search(text):
        return "friend", ""
    sought = _SEEK.search(text)
    if sought and (phrase := _noun_phrase(sought[1])):
        return "search", phrase
    if goal.verb in _MAKE:
        return "make", ""
    for travelled in filter(None, (way.search(text) for way in _JOURNEYS)):
        if phrase := _noun_phrase(travelled[1]):
            return "journey", phrase
    return "own_way", ""


def _noun_phrase(text: str) -> str:
    """The noun phrase that `text` begins with, with an article, at most six words; empty where there is none."""
    stop = BOUNDARY.search(text)
    words = (text[: stop.start()] if stop else text).split()
    for index, word in enumerate(words):
        if index and word.lower() in (
            "for",
            "with",
            "in",
            "on",
            "at",
            "and",
            "from",
            "to",
            "under",
            "by",
            "is",
            "inside",
            "during",
        ):
            words = words[:index]
            break
    words = words[:6]
    if not words or not all(WORD.fullmatch(word) for word in words):
        return ""
    if words[0].lower() in ("my", "our", "your", "this", "that", "some", "any"):
        words[0] = "the"
    if words[0].lower() in ("i", "me", "us", "him", "them", "it", "out", "himself", "herself", "how", "to", "being"):
        return ""
    return " ".join(
        [words[0][:1].lower() + words[0][1:] if words[0].lower() in ("the", "a", "an") else words[0], *words[1:]]
    )


def _other_goal(text: str, people: tuple[Someone, ...]) -> Goal:
    """A goal for a premise that names none: its theme's, its hero's, or the secret of its own words."""
    words = [found[0].lower() for found in WORD.finditer(text)]
    owned = any(word.endswith("’s") for word in words)
    for word in words:
        if word in THEMES and not owned:
            verb, _, rest = THEMES[word].partition(" ")
            return Goal(verb, rest)
    kind = next((someone.kind for someone in people if someone.kind), None)
    if kind is not None:
        return Goal("show", f"everyone what {with_article(kind)} can do")
    stop = BOUNDARY.search(text)
    phrase = (text[: stop.start()] if stop else text).strip()
    if any(character.isalpha() for character in phrase) and len(phrase) <= 40 and phrase.isprintable():
        determined = words[0] in ("the", "a", "an") or "’s " in phrase
        return Goal(
            "find",
            f"out the secret of {phrase[0].lower() + phrase[1:] if words[0] in ('the', 'a', 'an') else phrase}"
            if determined
            else f"out the secret of ‘{phrase}’",
        )
    return Goal("see", "the end of the rainbow")


def _place(text: str) -> str | None:
    words = {found[0].lower().removesuffix("’s") for found in WORD.finditer(text)}
    best = max(places().values(), key=lambda place: len(place.words & words))
    return best.key if best.words & words else None


def _setting(text: str, goal: Goal, thing: str) -> str:
    """Where the premise says that it happens ('at the zoo'), unless its goal says so already."""
    found = _SETTING.search(text)
    if found is None or found[0].lower() in f"{goal.base} {thing}".lower() or " day" in found[0]:
        return ""
    return found[0].lower() if found[0].isascii() else ""


def _world(text: str, people: tuple[Someone, ...]) -> str:
    if _SPACE.search(text):
        return "space"
    if _SCHOOL.search(text):
        return "school"
    kind = people[0].kind if people else None
    if _SEA.search(text) or (kind in beings() and beings()[kind or ""].world == "sea" and kind != "crab"):
        return "sea"
    if kind in beings() and beings()[kind or ""].world == "space":
        return "space"
    return "land"


def _pronoun(text: str) -> str | None:
    he = len(re.findall(r"\b(?:he|his|him|himself|boy|son|brother)\b", text, re.I))
    she = len(re.findall(r"\b(?:she|her|hers|herself|girl|daughter|sister)\b", text, re.I))
    return None if he == she else ("he" if he > she else "she")


def _title(text: str) -> str:
    first = re.split(r"[.!?;\n]|,\s", text, maxsplit=1)[0].strip(' -–—:“”"’')
    if (
        (not 2 <= len(first.split()) <= 10 and first.isascii())
        or not first
        or len(first) > 60
        or not any(character.isalpha() for character in first)
    ):
        return ""
    return titled(re.sub(r"^(?:a|an)\s+(?=\w+\s+\w)", "The ", first, flags=re.IGNORECASE))
