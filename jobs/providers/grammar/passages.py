"""Passages: what a page may say, as authors wrote it in `data/<language>/`.

A section is a beat of the story. It holds passages, and a passage holds lines in order; every line knows the youngest
band that hears it, so that one passage is three words for a baby and a paragraph for a ten-year-old.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from jobs.providers.grammar.english import capitalised
from jobs.providers.grammar.lexicon import read_lines

_LINE = re.compile(r"(?:([0369])(\*)? )?(.+)")
_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_SENTENCE_START = re.compile(r"((?:[.!?]|\.”) +)([“‘]?\w)")


@dataclass(frozen=True, slots=True)
class Line:
    """`level` is the youngest band that hears it: 0, 3, 6 or 9. Without an `essential` line a passage is no use."""

    level: int
    essential: bool
    template: str


@dataclass(slots=True)
class Section:
    beat: str = ""
    action: str = ""
    picture: str = ""
    passages: list[list[Line]] = field(default_factory=lambda: [[]])


class EmptySlot(LookupError):
    """The story has nothing to put into a slot of this line."""


@cache
def load(name: str) -> dict[str, Section]:
    """The sections of `data/<name>.txt`."""
    sections: dict[str, Section] = {}
    section = Section()
    for raw in read_lines(f"{name}.txt"):
        if raw.startswith("== "):
            section = sections[raw[3:]] = Section()
        elif raw == "--":
            if section.passages[-1]:
                section.passages.append([])
        elif raw.startswith(("beat: ", "action: ", "picture: ")):
            key, _, text = raw.partition(": ")
            setattr(section, key, text)
        else:
            found = _LINE.fullmatch(raw)
            assert found is not None, f"{name}.txt: {raw!r} is no line"  # noqa: S101 - an author's slip, seen by the tests
            level, star, template = found.groups()
            section.passages[-1].append(Line(int(level or 3), bool(star), template))
    return sections


def fill(template: str, slots: Mapping[str, str], dice: random.Random) -> str:
    """The template with its choices made and its slots filled, every sentence beginning with a capital.

    Raises EmptySlot where a slot has no words.
    """
    chosen = _CHOICE.sub(lambda found: dice.choice(found[1].split("|")), template)

    def word(found: re.Match[str]) -> str:
        name = found[1]
        if name in slots:
            value = slots[name]
        elif name[0].isupper() and (lower := name[0].lower() + name[1:]) in slots:
            value = capitalised(slots[lower])
        else:
            raise EmptySlot(name)
        if not value:
            raise EmptySlot(name)
        return value

    filled = _SLOT.sub(word, chosen)
    return _SENTENCE_START.sub(lambda found: found[1] + capitalised(found[2]), capitalised(filled))
