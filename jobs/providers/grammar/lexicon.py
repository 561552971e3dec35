"""The words in `data/`: beings, places, names, skies and those whom heroes meet."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Being:
    """A kind of hero. `world` is land, sea or space; `home` a place's key; `chant` the sound of its moving."""

    kind: str
    colours: tuple[str, ...]
    feature: str
    home: str
    moved: str
    chant: str
    world: str


@dataclass(frozen=True, slots=True)
class Place:
    """`picture` is for a painter ('a beach'), `inside` goes into a sentence ('on the beach'), `the` after 'to'."""

    key: str
    picture: str
    inside: str
    the: str
    world: str
    indoors: bool
    words: frozenset[str]
    senses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Encounter:
    """Someone to meet on the way; the fields are described at the top of encounters.toml."""

    kind: str
    name: str
    pronoun: str
    look: str
    places: tuple[str, ...]
    says: dict[str, str]


def read_lines(name: str) -> Iterator[str]:
    """The lines of a data file that say something, comments left out."""
    for line in (
        files("jobs.providers.grammar").joinpath("data").joinpath(name).read_text(encoding="utf-8").splitlines()
    ):
        if line.strip() and not line.startswith("#"):
            yield line.strip()


@cache
def beings() -> dict[str, Being]:
    found: dict[str, Being] = {}
    for line in read_lines("beings.txt"):
        kind, colours, feature, home, moved, chant, world = (part.strip() for part in line.split("|"))
        found[kind] = Being(kind, tuple(colours.split(", ")), feature, home, moved, chant, world)
    return found


@cache
def places() -> dict[str, Place]:
    found: dict[str, Place] = {}
    senses: list[str] = []
    head: list[str] = []

    def finish() -> None:
        if head:
            key, picture, inside, the, world, side, words = head
            found[key] = Place(key, picture, inside, the, world, side == "in", frozenset(words.split()), tuple(senses))

    for line in read_lines("places.txt"):
        if line.startswith("- "):
            senses.append(line[2:])
            continue
        finish()
        head, senses = [part.strip() for part in line.split("|")], []
    finish()
    return found


@cache
def encounters() -> dict[str, Encounter]:
    raw: dict[str, dict[str, str | list[str]]] = tomllib.loads(
        files("jobs.providers.grammar").joinpath("data/encounters.toml").read_text(encoding="utf-8")
    )
    found: dict[str, Encounter] = {}
    for key, fields in raw.items():
        says = {name: text for name, text in fields.items() if isinstance(text, str)}
        found[key] = Encounter(
            kind=says.get("kind", key),
            name=says["name"],
            pronoun=says["pronoun"],
            look=says["look"],
            places=tuple(fields["places"]),
            says=says,
        )
    return found


@cache
def names() -> dict[str, str]:
    """Given names with the pronoun that they usually go with."""
    found: dict[str, str] = {}
    for line in read_lines("names.txt"):
        sort, *listed = line.split()
        for name in listed:
            found.setdefault(name, "she" if sort == "f" else "he")
    return found


@cache
def skies() -> dict[str, tuple[str, ...]]:
    """Sentences about time and weather, by 'day rain', 'dusk', 'sea', 'turn fog' and so on."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in read_lines("sky.txt"):
        if line.startswith("= "):
            heading = line[2:]
        else:
            found.setdefault(heading, []).append(line)
    return {key: tuple(sentences) for key, sentences in found.items()}
