"""A whole book: its plan, and its pages told one after another from the brief alone.

Everything is drawn from the premise's own dice, so that the same brief gives the same book, in any process and from
any page on.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from jobs.ports import CastSheet, Plan, PlannedPage, StoryBrief
from jobs.providers.grammar.arc import Scene, lay_out, meetings_of
from jobs.providers.grammar.casting import Troupe, cast_story
from jobs.providers.grammar.english import capitalised, titled
from jobs.providers.grammar.goals import Goal
from jobs.providers.grammar.lexicon import places, skies
from jobs.providers.grammar.passages import EmptySlot, Section, fill, load
from jobs.providers.grammar.people import Person
from jobs.providers.grammar.premise import Premise, read_premise
from jobs.providers.grammar.prose import MEASURES, Heard, Teller, joined, sentences_of
from jobs.providers.grammar.revision import Wish, wish_of
from jobs.providers.grammar.slots import company, sayings, slots_of
from models.vocabulary import AgeBand

_OWN = frozenset(["wish", "try", "setback", "helper", "idea", "again", "triumph"])
_WORDS_OF_GOAL = {AgeBand.AGES_0_2: 4, AgeBand.AGES_3_5: 6, AgeBand.AGES_6_8: 8, AgeBand.AGES_9_12: 9}


def dice_of(*seed: object) -> random.Random:
    digest = hashlib.sha256("\x1f".join(map(str, seed)).encode("utf-8", "surrogatepass")).digest()
    return random.Random(digest)  # noqa: S311 - it chooses words, not secrets


@dataclass(frozen=True, slots=True)
class Book:
    """What follows from a brief: everything but the sentences."""

    brief: StoryBrief
    premise: Premise
    troupe: Troupe
    scenes: tuple[Scene, ...]

    def sections(self, page: int) -> list[Section]:
        """The sections of passages that page `page` (from 0) is told from."""
        shared, own = load("english/shared"), load(f"english/{self.premise.plot}")
        beats = list(self.scenes[page].beats)
        if self.troupe.late is not None and "triumph" in beats:
            beats.insert(beats.index("triumph") + 1, "late")
        if self.troupe.companions and "home" in beats:
            beats.insert(1, "company")
        if self.premise.setting and "wish" in beats and self.brief.age_band is not AgeBand.AGES_0_2:
            beats.insert(beats.index("wish"), "setting")
        return [own.get(beat) or shared[beat] for beat in beats]

    def slots(self, page: int, names: dict[str, str]) -> dict[str, str]:
        scene = self.scenes[page]
        earlier = any(other.met == scene.met and other.beats[0] in ("try", "arrive") for other in self.scenes[:page])
        words = _WORDS_OF_GOAL[self.brief.age_band]
        return slots_of(self.premise, self.troupe, scene, page, words, earlier, names)

    def seen(self, page: int) -> tuple[str, ...]:
        """Keys of those in the picture of page `page`."""
        scene = self.scenes[page]
        keys = [self.troupe.hero.sheet.key, *(person.sheet.key for person in company(self.troupe, page))]
        first = scene.beats[0]
        if scene.met is not None and self.troupe.met and first in ("try", "arrive", "after"):
            keys.append(self.troupe.met[scene.met].sheet.key)
        if first in ("party", "again") or ("helper" in scene.beats and len(keys) == 1):
            keys.extend(met.sheet.key for met in self.troupe.met)
        elif "triumph" in scene.beats and self.troupe.met:
            keys.append(self.troupe.met[-1].sheet.key)
        if self.troupe.late is not None and {"triumph", "party", "homeward"} & set(scene.beats):
            keys.insert(1, self.troupe.late.sheet.key)
        return tuple(dict.fromkeys(keys))[:4]


def open_book(brief: StoryBrief) -> Book:
    picked = tuple(member for member in brief.cast if member.key.startswith("c"))
    dice = dice_of(brief.premise, *(member.name for member in picked))
    premise = read_premise(brief.premise)
    troupe = cast_story(premise, picked, meetings_of(brief.page_count), dice)
    if troupe.helped is not None:
        premise = _helping(premise, troupe.helped)
    return Book(brief, premise, troupe, lay_out(premise, troupe, brief.page_count, dice))


_HELP = {"fear": "be brave", "sleep": "fall asleep", "friend": "make friends"}


def _helping(premise: Premise, helped: Person) -> Premise:
    """The story of somebody who is not its hero becomes the hero's wish to help."""
    if premise.plot not in ("own_way", *_HELP):
        return premise
    forms = {"he": ("him", "his"), "she": ("her", "her"), "they": ("them", "their")}[helped.pronoun]
    wish = _HELP.get(premise.plot) or premise.goal.said_of(*forms).base
    return replace(premise, plot="own_way", thing="", goal=Goal("help", f"{helped.sheet.name} {wish}", own=False))


def plan_of(book: Book) -> Plan:
    names = names_of(book, ())
    pages = tuple(_planned(book, page, names) for page in range(len(book.scenes)))
    return Plan(title=book.brief.title or _title(book, names), cast=book.troupe.sheets, pages=pages)


def masks_of(book: Book, names: dict[str, str]) -> tuple[str, ...]:
    """What two sentences may differ in and still be the same to a listener: who is met."""
    return tuple(word for met in book.troupe.met for word in (names[met.sheet.key], f" the {met.encounter.kind}"))


def names_of(book: Book, cast: Sequence[CastSheet]) -> dict[str, str]:
    """Names by key: those that a plan gives, else those of the book itself."""
    return {sheet.key: sheet.name for sheet in (*book.troupe.sheets, *cast)}


def _planned(book: Book, page: int, names: dict[str, str]) -> PlannedPage:
    scene, slots = book.scenes[page], book.slots(page, names)
    main = book.sections(page)[_main(scene)]
    dice = dice_of(book.brief.premise, page)
    place = places()[scene.place].picture
    action = _filled(main.action, slots, dice, f"{slots['H']} looking around")
    shown = _filled(main.picture, slots, dice, action)
    sheets = {sheet.key: sheet for sheet in book.troupe.sheets}
    seen = book.seen(page)
    who = "; ".join(f"{names[key]}: {sheets[key].appearance.rstrip('.')}" for key in seen)
    return PlannedPage(
        beat=" ".join(
            _filled(section.beat, slots, dice, "The story goes on.") for section in book.sections(page) if section.beat
        ),
        place=place,
        time_of_day=scene.time,
        weather=scene.weather,
        cast=seen,
        action=action,
        picture=f"{capitalised(shown)}. Place: {place}, {scene.time.value}, {scene.weather.value}. {who}.",
    )


def _main(scene: Scene) -> int:
    return scene.beats.index("triumph") if "triumph" in scene.beats else 0


def _filled(template: str, slots: dict[str, str], dice: random.Random, otherwise: str) -> str:
    try:
        return fill(template, slots, dice) if template else otherwise
    except EmptySlot:
        return otherwise


def _title(book: Book, names: dict[str, str]) -> str:
    if book.premise.title:
        return book.premise.title
    hero = names[book.troupe.hero.sheet.key]
    slots = book.slots(0, names)
    if book.premise.thing:
        return titled(f"{hero} and {slots['the_thing']}")
    if book.premise.plot == "sleep":
        return f"Good Night, {hero}"
    return titled(f"{hero} wants to {slots['goal']}")


_ATTEMPTS = 16


def tell_page(
    book: Book,
    names: dict[str, str],
    page: int,
    said: Sequence[str],
    wish: Wish,
    stale: Sequence[str] = (),
    seed: str = "",
) -> str:
    """The text of page `page` (from 0), free of the sentences in `said`, and where possible of those in `stale`."""
    scene = book.scenes[page] if wish.weather is None else replace(book.scenes[page], weather=wish.weather)
    dice = dice_of(book.brief.premise, book.brief.age_band, page, seed)
    measure = wish.measured(MEASURES[book.brief.age_band])
    slots = book.slots(page, names) | {"wish": wish.mention}
    teller = Teller(measure, scene, slots, sayings(book.troupe, scene), dice, Heard(masks_of(book, names), said, stale))
    wished = [teller.weather()] if wish.weather is not None else []
    sections = book.sections(page)
    lines = teller.tell(sections)
    wished += [teller.one_of(mood) for mood in wish.moods] + ([teller.one_of("mention")] if wish.mention else [])
    return joined([*lines, *filter(None, wished)])


def tell_pages(book: Book, names: dict[str, str], instruction: str | None = None) -> list[str]:
    """Every page, in order."""
    wish = wish_of(instruction)
    texts: list[str] = []
    said: list[str] = []
    for page in range(len(book.scenes)):
        text = tell_page(book, names, page, said, wish)
        texts.append(text)
        said.extend(sentences_of(text))
    return texts


def retell_page(book: Book, names: dict[str, str], page: int, texts: Sequence[str], instruction: str | None) -> str:
    """Page `page` (from 0) in other words than those of `texts`, which has it and every other page."""
    wish = wish_of(instruction)
    old = texts[page] if page < len(texts) else ""
    said = [sentence for index, text in enumerate(texts) if index != page for sentence in sentences_of(text)]
    for attempt in range(_ATTEMPTS):
        text = tell_page(book, names, page, said, wish, sentences_of(old), f"{old}\x1f{instruction}\x1f{attempt}")
        if text != old:
            return text
    return joined([old, *skies()["night"][:1]])
