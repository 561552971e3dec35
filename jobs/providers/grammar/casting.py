"""Who plays: the picked cast unchanged, and whoever the premise or the plot invents beside it."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from jobs.ports import CastSheet
from jobs.providers.grammar.english import with_article
from jobs.providers.grammar.lexicon import Being, Encounter, beings, encounters, names, places
from jobs.providers.grammar.premise import Premise
from jobs.providers.grammar.premise_words import ADJECTIVES
from jobs.providers.grammar.subjects import Someone, kind_in

_PEOPLE = frozenset(
    (
        "girl boy child baby toddler grandmother grandfather mother father sister brother farmer baker gardener "
        "teacher postman inventor princess prince king queen knight pirate sailor astronaut witch wizard fairy "
        "elf"
    ).split()
)
_SIZES_AND_AGES = frozenset("young old tall small tiny round sturdy cheerful wooden rosy-cheeked".split())
_FIXED_NAMES = {"grandmother": "Grandma", "grandfather": "Grandpa", "mother": "Mum", "father": "Dad"}
_SHE = frozenset(("girl grandmother mother sister princess queen witch fairy mermaid hen cow doll").split())
_HE = frozenset(
    ("boy grandfather father brother prince king wizard cockerel postman snowman scarecrow knight gnome").split()
)
_SHE_WORDS = re.compile(r"\b(?:she|her|girl|woman|lady|mum|mother|grandmother|sister|princess|queen|daughter)\b", re.I)
_HE_WORDS = re.compile(r"\b(?:he|his|boy|man|dad|father|grandfather|brother|prince|king|son|beard)\b", re.I)
_HAIR = (
    "curly brown hair", "short black hair", "two red plaits", "wavy blond hair", "a long black ponytail",
    "tousled brown hair", "curly black hair", "a mop of ginger hair",
)  # fmt: skip
_CLOTHES = (
    "a red scarf", "a blue scarf", "a yellow hat", "a green waistcoat", "a red bow tie", "a purple cape",
    "a blue hat with a white feather", "a yellow raincoat", "a striped green scarf", "a pink bow",
    "a red knitted hat", "an orange neckerchief", "round blue glasses", "a little red rucksack",
)  # fmt: skip
_TRAITS = (
    "curious and kind", "brave and a bit clumsy", "cheerful and stubborn", "gentle and full of questions",
    "shy and clever", "funny and never in a hurry", "lively and warm-hearted", "dreamy and patient",
)  # fmt: skip
_WORN = re.compile(
    r"\b((?:a|an)\s+(?:[\w\-]+\s+){0,3}(?:scarf|hat|cap|bow tie|bow|cape|coat|raincoat|dress|jumper|sweater|rucksack|"
    r"backpack|crown|apron|waistcoat|neckerchief|bandana|necklace|helmet|jacket|collar|umbrella|shirt|t-shirt))\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Person:
    """A cast member as sentences need it. `intro` is 'a small grey mouse', `wears` 'a red scarf' or nothing."""

    sheet: CastSheet
    kind: str | None
    pronoun: str
    intro: str
    wears: str
    trait: str
    being: Being | None

    @property
    def name(self) -> str:
        return self.sheet.name


@dataclass(frozen=True, slots=True)
class Met:
    """Someone met on the way, and where."""

    sheet: CastSheet
    encounter: Encounter
    place: str


@dataclass(frozen=True, slots=True)
class Troupe:
    """`hero` first, `companions` travel along, `met` wait on the way, `late` comes in when the goal is reached.

    `helped` is the companion whose story the premise tells, where the hero is a picked character whom it does not name.
    """

    hero: Person
    companions: tuple[Person, ...]
    met: tuple[Met, ...]
    late: Person | None
    helped: Person | None

    @property
    def sheets(self) -> tuple[CastSheet, ...]:
        late = (self.late.sheet,) if self.late else ()
        own = (
            self.hero.sheet,
            *(companion.sheet for companion in self.companions),
            *(met.sheet for met in self.met),
            *late,
        )
        return tuple(
            sorted(own, key=lambda sheet: (sheet.key[0], int(sheet.key[1:]) if sheet.key[1:].isdigit() else 0))
        )


class _Casting:
    """Hands out keys n1, n2 … and names that nobody has yet."""

    def __init__(self, premise: Premise, picked: tuple[CastSheet, ...], dice: random.Random) -> None:
        self.premise, self.dice = premise, dice
        self.taken = {member.name for member in picked}
        self.worn = {clothes for clothes in _CLOTHES for member in picked if clothes in member.appearance}
        self.invented = 0

    def key(self) -> str:
        self.invented += 1
        return f"n{self.invented}"

    def name(self, kind: str | None, pronoun: str) -> str:
        if kind in _FIXED_NAMES and _FIXED_NAMES[kind] not in self.taken:
            name = _FIXED_NAMES[kind]
        else:
            fitting = [
                name
                for name, usual in names().items()
                if usual == pronoun and name not in self.taken and name.isascii()
            ]
            short = [name for name in fitting if len(name) <= 6]
            same = [name for name in short if kind and kind not in _PEOPLE and name[0].lower() == kind[0]]
            name = self.dice.choice(same or short or fitting or ["Nim"])
        self.taken.add(name)
        return name

    def invent(self, someone: Someone, pronoun: str | None) -> Person:
        kind = someone.kind
        usual = "she" if kind in _SHE else "he" if kind in _HE else None
        known = names().get(someone.name or "")
        who = usual or known or pronoun or self.dice.choice(("she", "he"))
        if kind in (None, "child"):
            kind = "girl" if who == "she" else "boy"
        name = someone.name or self.name(kind, who)
        self.taken.add(name)
        being = beings().get(kind)
        wears = self.dice.choice([clothes for clothes in _CLOTHES if clothes not in self.worn])
        self.worn.add(wears)
        look = self._look(kind, being, someone.adjectives)
        feature = being.feature if being else "bright friendly eyes"
        if kind in ("girl", "boy", "sister", "brother"):
            feature = self.dice.choice(_HAIR)
        trait = self.dice.choice(_TRAITS)
        sheet = CastSheet(key=self.key(), name=name, appearance=f"{look} with {feature} and {wears}", personality=trait)
        return Person(sheet, kind, who, f"{_small(kind, someone.adjectives)}", wears, trait, being)

    def _look(self, kind: str, being: Being | None, adjectives: tuple[str, ...]) -> str:
        colour = self.dice.choice(being.colours if being else ("sandy-brown", "golden-brown", "soft grey"))
        sizes = [
            word
            for word in adjectives
            if word in ("tiny", "big", "huge", "enormous", "giant", "tall", "round", "fluffy")
        ]
        hues = [
            word
            for word in adjectives
            if word
            in (
                "red",
                "blue",
                "green",
                "yellow",
                "orange",
                "purple",
                "pink",
                "white",
                "black",
                "brown",
                "grey",
                "golden",
                "silver",
            )
        ]
        if not sizes and colour not in _SIZES_AND_AGES:
            sizes = ["small"]
        words = [*sizes[:1], hues[0] if hues else colour, kind]
        return with_article(" ".join(dict.fromkeys(words)))


def _small(kind: str, adjectives: tuple[str, ...]) -> str:
    shown = [word for word in adjectives if word not in ("lost",)] or (
        ["little"] if kind not in ("giant", "king", "queen", *_FIXED_NAMES) else []
    )
    return with_article(" ".join([*shown, kind]))


def cast_story(premise: Premise, picked: tuple[CastSheet, ...], meetings: int, dice: random.Random) -> Troupe:
    """Everyone in the story; at most `meetings` are met on the way."""
    casting = _Casting(premise, picked, dice)
    known = [_picked(member) for member in picked]
    fresh = (
        [] if known and not any(someone.name or someone.kind for someone in premise.people) else list(premise.people)
    )
    fresh, known = _matched(fresh, known)
    invented = [
        casting.invent(someone, premise.pronoun if index == 0 and not known else None)
        for index, someone in enumerate(fresh)
    ]
    travellers = [*known, *invented]
    if not travellers:
        kinds = [kind for kind in ("fox", "mouse", "rabbit", "hedgehog", "bear", "kitten", "duckling", "squirrel")]
        kind = {"sea": "seahorse", "space": "robot"}.get(premise.world) or dice.choice(kinds)
        travellers = [casting.invent(Someone(kind=kind), premise.pronoun)]
    late = None
    if premise.late is not None and premise.late.kind not in {traveller.kind for traveller in travellers}:
        late = casting.invent(premise.late, None)
    hero = travellers[0]
    helped = invented[0] if known and invented and premise.people[0] in fresh else None
    return Troupe(hero, tuple(travellers[1:]), _meetings(premise, travellers, meetings, casting), late, helped)


def _matched(fresh: list[Someone], known: list[Person]) -> tuple[list[Someone], list[Person]]:
    """Those of the premise whom nobody picked; the picked, with whom the premise names first."""
    left: list[Someone] = []
    first: list[Person] = []
    for someone in fresh:
        same = [
            person
            for person in known
            if person not in first
            and (
                (someone.name is not None and someone.name.lower() in person.name.lower().split())
                or (someone.name is None and someone.kind is not None and someone.kind == person.kind)
                or (
                    someone.name is None
                    and someone.kind in ("child", "girl", "boy")
                    and person.kind in ("child", "girl", "boy", None)
                )
            )
        ]
        if same:
            first.append(same[0])
        else:
            left.append(someone)
    return left, [*first, *(person for person in known if person not in first)]


def _picked(member: CastSheet) -> Person:
    kind = kind_in(member.appearance) or kind_in(member.personality or "")
    said = f"{member.appearance} {member.personality or ''}"
    she, he = len(_SHE_WORDS.findall(said)), len(_HE_WORDS.findall(said))
    usual = (
        "she"
        if kind in _SHE
        else "he"
        if kind in _HE
        else names().get(member.name.split()[0] if member.name.split() else "")
    )
    pronoun = ("she" if she > he else "he") if she != he else (usual or "they")
    worn = _WORN.search(member.appearance)
    being = beings().get(kind or "")
    intro = (
        with_article(f"little {kind}")
        if kind and kind not in _FIXED_NAMES
        else (with_article(kind) if kind else "somebody quite special")
    )
    return Person(member, kind, pronoun, intro, worn[1].lower() if worn else "", _trait(member.personality), being)


def _trait(personality: str | None) -> str:
    """A personality that can follow 'was': adjectives, and nothing else."""
    words = re.findall(r"[\w\-]+", (personality or "").lower())
    joining = {"and", "but", "a", "bit", "very", "little", "always", "quite", "sometimes"}
    if not words or len(words) > 7 or not all(word in ADJECTIVES | joining for word in words) or words[-1] in joining:
        return ""
    return (personality or "").strip().rstrip(".!").lower()


def _meetings(premise: Premise, travellers: list[Person], wanted: int, casting: _Casting) -> tuple[Met, ...]:
    dice = casting.dice
    world = premise.world
    taken_kinds = {traveller.kind for traveller in travellers} | {premise.late.kind if premise.late else None}
    free = [
        (encounter, place)
        for encounter in encounters().values()
        for place in encounter.places
        if places()[place].world in (world, "land" if world == "school" else world)
        and encounter.kind not in taken_kinds
        and encounter.name not in casting.taken
    ]
    dice.shuffle(free)
    free.sort(
        key=lambda pair: (places()[pair[1]].world != world, pair[1] != premise.place)
    )  # the premise's own place first, else as the dice fell
    if premise.weather is not None and premise.weather.value == "snow":
        free.sort(key=lambda pair: pair[1] not in ("snow", "mountain"))
    chosen: list[tuple[Encounter, str]] = []
    for encounter, place in free:
        if len(chosen) < wanted and all(encounter is not other and place != where for other, where in chosen):
            chosen.append((encounter, place))
    for encounter, place in free:  # a small world: the same place twice rather than nobody to meet
        if len(chosen) < wanted and all(encounter is not other for other, _ in chosen):
            chosen.append((encounter, place))
    met: list[Met] = []
    for encounter, place in chosen:
        casting.taken.add(encounter.name)
        met.append(Met(CastSheet(key=casting.key(), name=encounter.name, appearance=encounter.look), encounter, place))
    return tuple(met)
