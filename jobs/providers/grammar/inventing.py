"""Inventing cast members: names that nobody has yet, and looks that a painter can draw."""

from __future__ import annotations

import random

from jobs.ports import CastSheet
from jobs.providers.grammar.english import with_article
from jobs.providers.grammar.lexicon import Being, beings, names
from jobs.providers.grammar.people import FIXED_NAMES, Person, introduction, usual_pronoun
from jobs.providers.grammar.subjects import Someone

_PEOPLE = frozenset(
    "girl boy child baby toddler grandmother grandfather mother father sister brother farmer baker gardener teacher "
    "postman inventor princess prince king queen knight pirate sailor astronaut witch wizard fairy elf".split()
)
_SIZES = frozenset("tiny big huge enormous giant tall round fluffy".split())
_HUES = frozenset("red blue green yellow orange purple pink white black brown grey golden silver".split())
_SIZES_AND_AGES = frozenset("young old tall small tiny round sturdy cheerful wooden rosy-cheeked".split())
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
_SHORT_NAME = 6  # letters; easier to read aloud and to spell


class Inventor:
    """Hands out keys n1, n2 …, names and clothes that nobody in the story has yet."""

    def __init__(self, picked: tuple[CastSheet, ...], dice: random.Random) -> None:
        self._dice = dice
        self.taken = {member.name for member in picked}
        self._worn = {clothes for clothes in _CLOTHES for member in picked if clothes in member.appearance}
        self._invented = 0

    def key(self) -> str:
        self._invented += 1
        return f"n{self._invented}"

    def invent(self, someone: Someone, pronoun: str | None) -> Person:
        """A whole person from what a premise says of one; `pronoun` counts where name and kind do not tell."""
        kind = someone.kind
        usual = usual_pronoun(kind) or names().get(someone.name or "")
        who = usual or pronoun or self._dice.choice(("she", "he"))
        if kind in (None, "child"):
            kind = "girl" if who == "she" else "boy"
        name = someone.name or self._name(kind, who)
        self.taken.add(name)
        being = beings().get(kind)
        wears = self._clothes()
        appearance = f"{self._look(kind, being, someone.adjectives)} with {self._feature(kind, being)} and {wears}"
        trait = self._dice.choice(_TRAITS)
        sheet = CastSheet(key=self.key(), name=name, appearance=appearance, personality=trait)
        return Person(sheet, kind, who, introduction(kind, someone.adjectives), wears, trait, being)

    def _name(self, kind: str, pronoun: str) -> str:
        """One that begins like its kind where there is one: Sid the snail."""
        fixed = FIXED_NAMES.get(kind)
        if fixed is not None and fixed not in self.taken:
            return fixed
        usual = [name for name, sort in names().items() if sort == pronoun and name.isascii()]
        fitting = [name for name in usual if len(name) <= _SHORT_NAME and name not in self.taken]
        same = [name for name in fitting if kind not in _PEOPLE and name[0].lower() == kind[0]]
        return self._dice.choice(same or fitting or usual)

    def _clothes(self) -> str:
        clothes = self._dice.choice([clothes for clothes in _CLOTHES if clothes not in self._worn] or list(_CLOTHES))
        self._worn.add(clothes)
        return clothes

    def _feature(self, kind: str, being: Being | None) -> str:
        if kind in ("girl", "boy", "sister", "brother"):
            return self._dice.choice(_HAIR)
        return being.feature if being else "bright friendly eyes"

    def _look(self, kind: str, being: Being | None, adjectives: tuple[str, ...]) -> str:
        colour = self._dice.choice(being.colours if being else ("sandy-brown", "golden-brown", "soft grey"))
        sizes = [word for word in adjectives if word in _SIZES]
        hues = [word for word in adjectives if word in _HUES]
        if not sizes and colour not in _SIZES_AND_AGES:
            sizes = ["small"]
        callings = [word for word in adjectives if word in beings()]  # a pirate mouse
        return with_article(" ".join(dict.fromkeys([*sizes[:1], hues[0] if hues else colour, *callings, kind])))
