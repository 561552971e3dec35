"""Who plays: the picked cast unchanged, and whoever the premise or the plot invents beside it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from jobs.ports import CastSheet
from jobs.providers.grammar.inventing import Inventor
from jobs.providers.grammar.lexicon import Encounter, encounters, places
from jobs.providers.grammar.people import Person, picked_person
from jobs.providers.grammar.premise import Premise
from jobs.providers.grammar.subjects import Someone
from models.vocabulary import Weather

_CHILDREN = ("child", "girl", "boy")
_DEFAULT_HEROES = ("fox", "mouse", "rabbit", "hedgehog", "bear", "kitten", "duckling", "squirrel")


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
        """Everyone's sheet: the picked in their order, then the invented in theirs."""
        people = [self.hero, *self.companions, *([self.late] if self.late else [])]
        return tuple(sorted((*(person.sheet for person in people), *(met.sheet for met in self.met)), key=_order))


def _order(sheet: CastSheet) -> tuple[str, int]:
    return sheet.key[:1], int(sheet.key[1:]) if sheet.key[1:].isdecimal() else 0


def cast_story(premise: Premise, picked: tuple[CastSheet, ...], meetings: int, dice: random.Random) -> Troupe:
    """Everyone in the story; at most `meetings` are met on the way."""
    inventor = Inventor(picked, dice)
    fresh, known = _matched(premise.people, [picked_person(member) for member in picked])
    invented = [
        inventor.invent(someone, None if known or index else premise.pronoun) for index, someone in enumerate(fresh)
    ]
    travellers = [*known, *invented] or [inventor.invent(_somebody(premise, dice), premise.pronoun)]
    late = None
    if premise.late is not None and premise.late.kind not in {traveller.kind for traveller in travellers}:
        late = inventor.invent(premise.late, None)
    helped = invented[0] if known and invented and premise.people[0] == fresh[0] else None
    met = _meetings(premise, {person.kind for person in (*travellers, late) if person}, meetings, inventor, dice)
    return Troupe(travellers[0], tuple(travellers[1:]), met, late, helped)


def _somebody(premise: Premise, dice: random.Random) -> Someone:
    return Someone(kind={"sea": "seahorse", "space": "robot"}.get(premise.world) or dice.choice(_DEFAULT_HEROES))


def _matched(named: tuple[Someone, ...], known: list[Person]) -> tuple[list[Someone], list[Person]]:
    """Those of the premise whom nobody picked; then the picked, those whom the premise names first."""
    left: list[Someone] = []
    first: list[Person] = []
    for someone in named:
        same = next((person for person in known if person not in first and _is(someone, person)), None)
        if same is None:
            left.append(someone)
        else:
            first.append(same)
    return left, [*first, *(person for person in known if person not in first)]


def _is(someone: Someone, person: Person) -> bool:
    """Whether a premise's someone may be this picked character."""
    if someone.name is not None:
        return someone.name.lower() in person.sheet.name.lower().split()
    return someone.kind == person.kind or (someone.kind in _CHILDREN and person.kind in (*_CHILDREN, None))


def _meetings(
    premise: Premise, kinds: set[str | None], wanted: int, inventor: Inventor, dice: random.Random
) -> tuple[Met, ...]:
    chosen: list[tuple[Encounter, str]] = []
    free = _places_to_meet(premise, kinds, inventor.taken, dice)
    for same_place in (False, True):  # a small world: the same place twice rather than nobody to meet
        for encounter, place in free:
            known = any(encounter is other or (place == where and not same_place) for other, where in chosen)
            if len(chosen) < wanted and not known:
                chosen.append((encounter, place))
    inventor.taken.update(encounter.name for encounter, _ in chosen)
    return tuple(
        Met(CastSheet(key=inventor.key(), name=encounter.name, appearance=encounter.look), encounter, place)
        for encounter, place in chosen
    )


def _places_to_meet(
    premise: Premise, kinds: set[str | None], taken: set[str], dice: random.Random
) -> list[tuple[Encounter, str]]:
    """Everyone who may be met, each with a place: in the premise's world and place first, else as the dice fall."""
    worlds = (premise.world, "land") if premise.world == "school" else (premise.world,)
    free = [
        (encounter, place)
        for encounter in encounters().values()
        for place in encounter.places
        if places()[place].world in worlds and encounter.kind not in kinds and encounter.name not in taken
    ]
    dice.shuffle(free)
    free.sort(key=lambda pair: (places()[pair[1]].world != premise.world, pair[1] != premise.place))
    if premise.weather is Weather.SNOW:
        free.sort(key=lambda pair: pair[1] not in ("snow", "mountain"))
    return free
