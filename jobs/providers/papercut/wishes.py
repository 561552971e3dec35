"""What a parent wishes when a picture is made again: night instead of day, rain, a balloon, closer."""

from __future__ import annotations

from dataclasses import dataclass

from models.vocabulary import TimeOfDay, Weather

from .places import place_for
from .props import OBJECTS
from .wording import Lexicon, words

_TIMES = Lexicon(
    {
        "night": "night midnight dark moonlight moonlit nighttime nacht nuit",
        "dawn": "dawn morning sunrise morgen",
        "dusk": "dusk evening sunset twilight abend soir",
        "day": "day daytime noon daylight bright tag jour",
    }
)
_WEATHERS = Lexicon(
    {
        "rain": "rain rainy raining rained wet storm stormy regen pluie lluvia",
        "snow": "snow snowy snowing snowed schnee neige",
        "fog": "fog foggy mist misty nebel",
        "wind": "wind windy breeze blowing gusty",
        "cloudy": "cloudy overcast grey-sky",
        "clear": "sunny sun clear sunshine sonnig",
    }
)
_NEARER = frozenset(["closer", "close", "bigger", "larger", "near", "close-up", "zoom", "big"])
_FARTHER = frozenset(["farther", "further", "smaller", "wider", "far", "away", "wide", "landscape"])


@dataclass(frozen=True, slots=True)
class Wish:
    """What the words asked to be otherwise; None or empty where they said nothing. `closer` is -2, 0 or 2 shots."""

    time: TimeOfDay | None
    weather: Weather | None
    place: str | None
    objects: tuple[str, ...]
    closer: int


def wish_in(text: str) -> Wish:
    spoken = set(words(text))
    time, weather = _TIMES.first_in(text), _WEATHERS.first_in(text)
    place = place_for(text, otherwise="")
    return Wish(
        time=TimeOfDay(time) if time else None,
        weather=Weather(weather) if weather else None,
        place=place if place and place not in ("snow", "sky") and not (time and place == "space") else None,
        objects=tuple(OBJECTS.all_in(text)),
        closer=2 if spoken & _NEARER else -2 if spoken & _FARTHER else 0,
    )
