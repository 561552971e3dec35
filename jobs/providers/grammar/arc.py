"""The arc of a story: which beats its pages tell, and where, when and in which weather."""

from __future__ import annotations

import random
from dataclasses import dataclass

from jobs.providers.grammar.casting import Troupe
from jobs.providers.grammar.lexicon import places
from jobs.providers.grammar.premise import Premise
from models.vocabulary import TimeOfDay, Weather

# Every book up to eight pages has its own list; beats joined by + share a page, and a digit names who is met.
_SHORT = {
    1: "home+wish+triumph+bed",
    2: "home+wish triumph+bed",
    3: "home+wish try1 triumph+bed",
    4: "home+wish try1 idea+triumph bed",
    5: "home wish try1 idea+triumph bed",
    6: "home wish try1 setback idea+triumph bed",
    7: "home wish try1 try2 setback idea+triumph bed",
    8: "home wish try1 try2 try3 setback idea+triumph bed",
}
_LONG = (
    "home wish pack set_off arrive1 try1 after1 road arrive2 try2 after2 picnic arrive3 try3 after3 setback low "
    "helper idea again triumph party homeward supper bed"
).split()
# What a book of nine pages leaves out, in the order in which longer books take it in.
_ADDED = (
    "set_off party helper again homeward arrive1 road arrive2 arrive3 low picnic after1 supper pack after2 after3"
).split()
_HOURS = (TimeOfDay.DAWN, TimeOfDay.DAY, TimeOfDay.DUSK, TimeOfDay.NIGHT)


@dataclass(frozen=True, slots=True)
class Scene:
    """One page: its beats, the index of whom it meets (or None), and its setting."""

    beats: tuple[str, ...]
    met: int | None
    place: str
    time: TimeOfDay
    weather: Weather


def meetings_of(page_count: int) -> int:
    return 0 if page_count < 3 else 1 if page_count < 7 else 2 if page_count == 7 else 3


def _beats(page_count: int) -> list[tuple[str, ...]]:
    if page_count in _SHORT:
        return [tuple(page.split("+")) for page in _SHORT[page_count].split()]
    left_out = set(_ADDED[page_count - 9 :])
    return [(beat,) for beat in _LONG if beat not in left_out]


def lay_out(premise: Premise, troupe: Troupe, page_count: int, dice: random.Random) -> tuple[Scene, ...]:
    beats = [tuple(_without_digit(beat) for beat in page) for page in _beats(page_count)]
    numbers = [next((int(beat[-1]) - 1 for beat in page if beat[-1].isdigit()), None) for page in _beats(page_count)]
    base = _weather(premise, dice)
    scenes: list[Scene] = []
    met: int | None = None
    for index, (page, number) in enumerate(zip(beats, numbers, strict=True)):
        met = (
            min(number, len(troupe.met) - 1) if number is not None and troupe.met else (met if number is None else None)
        )
        progress = index / max(1, page_count - 1)
        place = _place(page, met, premise, troupe, page_count)
        time = _time(page, progress, premise.plot, page_count)
        if scenes and _HOURS.index(time) < _HOURS.index(scenes[-1].time):
            time = scenes[-1].time  # a day goes on, and never back
        scenes.append(Scene(page, met, place, time, _weather_of(page, place, premise, base, index)))
    return tuple(scenes)


def _without_digit(beat: str) -> str:
    return beat.rstrip("123")


def dwelling(premise: Premise, troupe: Troupe) -> str:
    """The key of the place where the hero lives."""
    being = troupe.hero.being
    home = being.home if being else "village"
    if premise.world == "sea" and (being is None or being.world == "land"):
        return "beach"
    return home


def _home(premise: Premise, troupe: Troupe) -> str:
    return bed_place(premise) if premise.plot == "sleep" else dwelling(premise, troupe)


def bed_place(premise: Premise) -> str:
    return {"sea": "nest_sea", "space": "cabin"}.get(premise.world, "bedroom")


def _place(page: tuple[str, ...], met: int | None, premise: Premise, troupe: Troupe, page_count: int) -> str:
    home = _home(premise, troupe)
    worlds = (premise.world, "land", "none", *(("space",) if premise.plot == "make" else ()))
    goal = premise.place if premise.place and places()[premise.place].world in worlds else None
    where = troupe.met[met].place if met is not None and troupe.met else None
    first = page[0]
    if page_count == 1:
        return goal or home
    if first in ("home", "wish", "pack"):
        return home
    if first in ("supper", "bed"):
        return bed_place(premise) if first == "bed" or premise.world != "land" else "kitchen"
    if "triumph" in page or first in ("again", "party", "idea"):
        return goal or where or home
    if first == "set_off":
        return _between(premise, troupe, 0)
    if first in ("road", "picnic", "homeward"):
        return _between(premise, troupe, {"road": 1, "picnic": 2, "homeward": 3}[first])
    return where or goal or home


_WAYS = {
    "land": ("village", "meadow", "river", "meadow"),
    "school": ("playground", "classroom", "playground", "village"),
    "sea": ("sandbank", "seaweed", "reef", "sandbank"),
    "space": ("spaceship", "comet", "moon", "spaceship"),
}


def _between(premise: Premise, troupe: Troupe, stage: int) -> str:
    if premise.weather is Weather.SNOW and premise.world == "land" and stage:
        return "snow"
    return _WAYS[premise.world][stage]


def _time(page: tuple[str, ...], progress: float, plot: str, page_count: int) -> TimeOfDay:
    if page[-1] in ("bed", "supper") and page_count > 1:
        return TimeOfDay.NIGHT
    if plot == "sleep":
        return TimeOfDay.DUSK if progress < 0.2 else TimeOfDay.NIGHT
    if plot == "fear":
        return TimeOfDay.DAY if progress < 0.35 else TimeOfDay.DUSK if progress < 0.6 else TimeOfDay.NIGHT
    if page[0] == "home" and page_count > 7:
        return TimeOfDay.DAWN
    if progress < 0.6:
        return TimeOfDay.DAY
    if page[0] in ("party", "homeward"):
        return TimeOfDay.NIGHT if page[0] == "homeward" else TimeOfDay.DUSK
    return TimeOfDay.DUSK if progress > 0.62 and page[0] in ("setback", "low", "helper", "triumph") else TimeOfDay.DAY


def _weather(premise: Premise, dice: random.Random) -> Weather:
    return premise.weather or dice.choice((Weather.RAIN, Weather.WIND, Weather.FOG, Weather.CLOUDY, Weather.RAIN))


def _weather_of(page: tuple[str, ...], place: str, premise: Premise, base: Weather, index: int) -> Weather:
    """Fair at first, foul at the setback, clear again for the end; a premise's own weather is there from the start."""
    if premise.world in ("sea", "space") or places()[place].indoors:
        return Weather.SNOW if premise.weather is Weather.SNOW else Weather.CLEAR
    if page[0] in ("setback", "low", "helper"):
        return base
    if place == "snow" or premise.weather is Weather.SNOW:
        return Weather.SNOW if index % 3 else Weather.CLEAR
    if premise.weather is not None and page[0] in ("wish", "set_off", "try", "arrive"):
        return premise.weather
    return Weather.CLOUDY if index % 3 == 2 and page[0] in ("try", "arrive", "after", "road") else Weather.CLEAR
