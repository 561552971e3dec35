"""A cast member as sentences need it, read from a picked character's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.ports import CastSheet
from jobs.providers.grammar.english import with_article
from jobs.providers.grammar.lexicon import Being, beings, names
from jobs.providers.grammar.premise_words import ADJECTIVES
from jobs.providers.grammar.subjects import kind_in

FIXED_NAMES = {"grandmother": "Grandma", "grandfather": "Grandpa", "mother": "Mum", "father": "Dad"}
_SHE = frozenset("girl grandmother mother sister princess queen witch fairy mermaid hen cow doll".split())
_HE = frozenset(
    "boy grandfather father brother prince king wizard cockerel postman snowman scarecrow knight gnome".split()
)
_SHE_WORDS = re.compile(r"\b(?:she|her|girl|woman|lady|mum|mother|grandmother|sister|princess|queen|daughter)\b", re.I)
_HE_WORDS = re.compile(r"\b(?:he|his|boy|man|dad|father|grandfather|brother|prince|king|son|beard)\b", re.I)
_WORN = re.compile(
    r"\b((?:a|an)\s+(?:[\w\-]+\s+){0,3}(?:scarf|hat|cap|bow tie|bow|cape|coat|raincoat|dress|jumper|sweater|rucksack|"
    r"backpack|crown|apron|waistcoat|neckerchief|bandana|necklace|helmet|jacket|collar|umbrella|shirt|t-shirt))\b",
    re.I,
)
_JOINING = frozenset("and but a bit very little always quite sometimes".split())
_LONGEST_TRAIT = 7  # words


@dataclass(frozen=True, slots=True)
class Person:
    """A cast member as sentences need it. `intro` is 'a little mouse', `wears` 'a red scarf' or nothing."""

    sheet: CastSheet
    kind: str | None
    pronoun: str
    intro: str
    wears: str
    trait: str
    being: Being | None


def usual_pronoun(kind: str | None) -> str | None:
    """'she' or 'he' where the kind says so."""
    return "she" if kind in _SHE else "he" if kind in _HE else None


def introduction(kind: str | None, adjectives: tuple[str, ...] = ()) -> str:
    """'a shy octopus'; a word of praise where the kind is not known, or is only a guess at somebody grown up."""
    if kind is None or kind in ("mother", "father"):
        return "somebody quite special"
    shown = [word for word in adjectives if word != "lost"]
    if not shown and kind not in ("giant", "king", "queen", *FIXED_NAMES):
        shown = ["little"]
    return with_article(" ".join([*shown, kind]))


def picked_person(member: CastSheet) -> Person:
    """What can be read from a picked character; a pronoun that nothing tells is 'they'."""
    kind = kind_in(member.appearance) or kind_in(member.personality or "")
    said = f"{member.appearance} {member.personality or ''}"
    she, he = len(_SHE_WORDS.findall(said)), len(_HE_WORDS.findall(said))
    first_name = next(iter(member.name.split()), "")
    told = "she" if she > he else "he" if he > she else None
    pronoun = told or usual_pronoun(kind) or names().get(first_name) or "they"
    worn = _WORN.search(member.appearance)
    return Person(
        sheet=member,
        kind=kind,
        pronoun=pronoun,
        intro=introduction(kind),
        wears=worn[1].lower() if worn else "",
        trait=_trait(member.personality or ""),
        being=beings().get(kind or ""),
    )


def _trait(personality: str) -> str:
    """A personality that can follow 'was': adjectives, and nothing else."""
    words = re.findall(r"[\w\-]+", personality.lower())
    if not 0 < len(words) <= _LONGEST_TRAIT or words[-1] in _JOINING or not set(words) <= ADJECTIVES | _JOINING:
        return ""
    return personality.strip().rstrip(".!").lower()
