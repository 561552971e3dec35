"""Reading a premise: who it is about, what they want, where it happens, and which plot that makes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from jobs.providers.grammar.english import titled, well_formed, with_article
from jobs.providers.grammar.goals import BOUNDARY, WORD, Goal, goal_of
from jobs.providers.grammar.lexicon import beings, places
from jobs.providers.grammar.plots import plot_of
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
_WEATHERS = {
    Weather.SNOW: re.compile(r"\b(?:snow\w*|winter|ice|icy|christmas|blizzard|frozen)\b", re.I),
    Weather.RAIN: re.compile(r"\b(?:rain|raining|rainy|storm|stormy|thunder\w*|puddles?|umbrella)\b", re.I),
    Weather.WIND: re.compile(r"\b(?:wind|windy|kites?|hurricane|breeze)\b", re.I),
    Weather.FOG: re.compile(r"\b(?:fog|foggy|mist|misty)\b", re.I),
}
_LONGEST_SECRET = 40  # characters
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

    `setting` is where the premise says that it happens, or empty. `world` is land, sea, space or school; `title` is
    empty where the premise is too long to be one.
    """

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
    goal = goal_of(core) or _other_goal(core, people)
    plot, thing = plot_of(core, goal, people)
    return Premise(
        people=people,
        late=late_friend(core),
        plot=plot,
        goal=goal,
        thing=thing,
        place=_place(core),
        setting=_setting(core, goal.base if plot in ("own_way", "make") else thing),
        world="land" if plot == "make" and _SPACE.search(core) else _world(core, people),
        weather=next((weather for weather, words in _WEATHERS.items() if words.search(core)), None),
        pronoun=_pronoun(core),
        title=_title(core),
    )


def _plain(text: str) -> str:
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp", "Zs") else c for c in text)
    return re.sub(r"\s+", " ", visible.replace("'", "’").replace("{", "(").replace("}", ")")).strip()


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
    readable = any(map(str.isalpha, phrase)) and phrase.isprintable() and well_formed(phrase.split())
    if readable and len(phrase) <= _LONGEST_SECRET:
        quoted = phrase if words[0].endswith("’s") else f"‘{phrase}’"
        return Goal("find", f"out the secret of {quoted}")
    return Goal("see", "the end of the rainbow")


def _place(text: str) -> str | None:
    words = {found[0].lower().removesuffix("’s") for found in WORD.finditer(text)}
    best = max(places().values(), key=lambda place: len(place.words & words))
    return best.key if best.words & words else None


def _setting(text: str, told: str) -> str:
    """Where the premise says that it happens ('at the zoo'), unless what is `told` says so already."""
    found = _SETTING.search(text)
    if found is None or found[0].lower() in told.lower() or " day" in found[0]:
        return ""
    return found[0].lower() if found[0].isascii() and well_formed(found[0].split()) else ""


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
    if first.lower().startswith(("my ", "our ", "i ")):
        return ""
    if (
        (not 2 <= len(first.split()) <= 10 and first.isascii())
        or not first
        or len(first) > 60
        or not any(character.isalpha() for character in first)
    ):
        return ""
    return titled(re.sub(r"^(?:a|an)\s+(?=\w+\s+\w)", "The ", first, flags=re.IGNORECASE))
