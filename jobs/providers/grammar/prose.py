"""Telling a page: choosing a passage for each beat, fitting it to the age band, and never saying a sentence twice."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jobs.providers.grammar.arc import Scene
from jobs.providers.grammar.english import capitalised, word_count
from jobs.providers.grammar.lexicon import places, skies
from jobs.providers.grammar.passages import EmptySlot, Line, Section, fill, load
from models.vocabulary import AgeBand, TimeOfDay, Weather

_POOL = re.compile(r"\{(sky|sense|turn|bed_line|others_line)\}")
_LINE_POOLS = ("bed_line", "others_line")
_REFRAIN = 3  # words: what is no longer than this may come back, as sounds and refrains do
_SENTENCE = re.compile(r".+?(?:[.!?…]+[”’]?(?=\s+[“‘]?[^a-z\s])|$)")


@dataclass(frozen=True, slots=True)
class Measure:
    """What a page of an age band holds. `level` chooses its lines; counts are sentences and words a page."""

    level: int
    least_words: int
    most_words: int
    most_sentences: int
    longest_sentence: int


MEASURES = {
    AgeBand.AGES_0_2: Measure(0, 4, 16, 5, 8),
    AgeBand.AGES_3_5: Measure(3, 22, 42, 7, 12),
    AgeBand.AGES_6_8: Measure(6, 42, 68, 11, 30),
    AgeBand.AGES_9_12: Measure(9, 72, 112, 15, 60),
}


def sentences_of(text: str) -> list[str]:
    return [found[0].strip() for found in _SENTENCE.finditer(text.replace("\n", " ")) if found[0].strip()]


class Heard:
    """Sentences that other pages (`said`) or an older version of this one (`stale`) have.

    What is in `masks` makes no difference between two sentences.
    """

    def __init__(self, masks: Sequence[str], said: Iterable[str], stale: Iterable[str] = ()) -> None:
        self._masks = re.compile("|".join(map(re.escape, masks)) or r"(?!)")
        self._said = {self._masked(sentence) for sentence in said}
        self._stale = {self._masked(sentence) for sentence in stale}

    def _masked(self, sentence: str) -> str:
        return self._masks.sub("", sentence)

    def add(self, text: str) -> None:
        self._said.update(map(self._masked, sentences_of(text)))

    def before(self, sentence: str) -> bool:
        return self._masked(sentence) in self._said

    def staleness(self, sentence: str) -> int:
        """0 for a fresh sentence, 1 for one of the older version, 2 for one of another page."""
        masked = self._masked(sentence)
        return 2 if masked in self._said else int(masked in self._stale)


class Teller:
    """Tells one page. `slots` are its words, `sayings` templates of whoever is met, `heard` what is not to be
    said again.
    """

    def __init__(
        self, measure: Measure, scene: Scene, slots: Mapping[str, str], sayings: Mapping[str, str],
        dice: random.Random, heard: Heard,
    ) -> None:  # fmt: skip
        self.measure, self.scene, self.dice = measure, scene, dice
        self.heard = heard
        self.slots = dict(slots)
        names = {word for name in ("H", "E", "C", "Hs", "Es") for word in slots[name].split()}
        for key, template in sayings.items():
            filled = fill(template, self.slots, dice)
            proper = filled.split()[0].rstrip("!,.?") in names
            self.slots[key] = filled
            self.slots[f"{key}_low"] = filled if proper else filled[0].lower() + filled[1:]

    def tell(self, sections: Sequence[Section]) -> list[str]:
        """The page's lines, one passage for each of its sections."""
        return self._fit([self._passage(section) for section in sections])

    def _passage(self, section: Section) -> list[tuple[Line, str]]:
        """The passage that repeats least of what has been said; lines that still repeat go where they can."""
        order = [filled for passage in section.passages if (filled := self._fill(passage))]
        if self.measure.level == 0:
            order = [filled for filled in order if self._is_short(filled)] or order
        self.dice.shuffle(order)
        if not order:
            return []
        best = min(order, key=self._staleness)
        told = [(line, self._pooled(text)) for line, text in best]
        return [(line, text) for line, text in told if text and (line.essential or not self._tiresome(text))]

    def _is_short(self, filled: Sequence[tuple[Line, str]]) -> bool:
        sentences = (sentence for _, text in filled for sentence in sentences_of(text))
        return max(map(word_count, sentences)) <= self.measure.longest_sentence

    def _staleness(self, filled: Sequence[tuple[Line, str]]) -> int:
        sentences = [sentence for _, text in filled for sentence in sentences_of(text)]
        return sum(map(self.heard.staleness, sentences))

    def _fill(self, passage: Sequence[Line]) -> list[tuple[Line, str]]:
        """The passage's lines for this band; none at all where an essential one lacks its words."""
        level = self.measure.level
        filled: list[tuple[Line, str]] = []
        for line in passage:
            if (line.level == 0) != (level == 0) or line.level > level:
                continue
            try:
                text = line.template if _POOL.fullmatch(line.template) else fill(line.template, self.slots, self.dice)
            except EmptySlot:
                if line.essential:
                    return []
                continue
            if line.essential or max(map(word_count, sentences_of(text))) <= self.measure.longest_sentence:
                filled.append((line, text))
        return filled

    def _pooled(self, text: str) -> str:
        """A line that is only a pool's name becomes a sentence of that pool."""
        found = _POOL.fullmatch(text)
        return self.one_of(found[1]) if found and found[1] in _LINE_POOLS else self.filler(found[1]) if found else text

    def one_of(self, section: str) -> str:
        """A sentence of a shared section that fits and that nobody has said yet; empty where none is left."""
        lines = [line.template for passage in load("english/shared")[section].passages for line in passage]
        self.dice.shuffle(lines)
        for template in lines:
            try:
                text = fill(template, self.slots, self.dice)
            except EmptySlot:
                continue
            if not self._repeats(text) and word_count(text) <= max(self.measure.longest_sentence, 8):
                self.heard.add(text)
                return text
        return ""

    def filler(self, sort: str) -> str:
        """A sentence about sky or place that nobody has said yet; empty where none is left."""
        pool = self._pool(sort)
        fresh = [sentence for sentence in pool if not self.heard.staleness(sentence)]
        if not fresh:
            return pool[0] if sort == "turn" and pool else ""
        chosen = self.dice.choice(fresh)
        self.heard.add(chosen)
        return chosen

    def weather(self) -> str:
        """A sentence about the scene's weather, wherever the scene is."""
        sentences = [text for text in skies()[f"day {self.scene.weather.value}"] if not self.heard.staleness(text)]
        return self.dice.choice(sentences) if sentences else ""

    def _pool(self, sort: str) -> tuple[str, ...]:
        place = places()[self.scene.place]
        if sort == "sense":
            return place.senses
        if place.world in ("sea", "space"):
            return skies()[f"turn {place.world}" if sort == "turn" else place.world]
        weather = self.scene.weather
        if sort == "turn":
            return skies()[f"turn {weather.value}"]
        if place.indoors:
            return ()
        time = self.scene.time
        if weather not in (Weather.CLEAR, Weather.CLOUDY):
            return skies()[f"day {weather.value}"]
        return (
            skies()[f"day {weather.value}"]
            if time is TimeOfDay.DAY
            else skies()[time.value]
            if weather is Weather.CLEAR
            else ()
        )

    def _repeats(self, text: str) -> bool:
        return any(self.heard.before(sentence) for sentence in sentences_of(text))

    def _tiresome(self, text: str) -> bool:
        """Said before, and longer than a sound or a refrain."""
        return any(self.heard.before(sentence) and word_count(sentence) > _REFRAIN for sentence in sentences_of(text))

    def _fit(self, parts: list[list[tuple[Line, str]]]) -> list[str]:
        """Drops lines until the page is short enough, the least important first, and fills up one that is too short."""
        kept = [list(part) for part in parts]
        while self._too_long(kept):
            loose = [
                (line.level, len(part), index, place)
                for index, part in enumerate(kept)
                for place, (line, _) in enumerate(part)
                if not line.essential
            ]
            if not loose:
                break
            _, _, index, place = max(loose)
            del kept[index][place]
        return self._filled_up([text for part in kept for _, text in part])

    def _filled_up(self, lines: list[str]) -> list[str]:
        """Sets the scene where the page is too short, before its action or, where it opens with a turn, after that."""
        opening = 1 if self.scene.beats[0] == "setback" else 0
        if self.scene.beats[0] in ("home", "bed", "supper", "wish", "pack"):
            opening = len(lines)
        for sort in ("sky", "sense", "sky", "sense"):
            if sum(map(word_count, lines)) >= self.measure.least_words or self.measure.level == 0:
                break
            extra = self.filler(sort)
            if extra:
                lines.insert(opening, extra)
        return lines

    def _too_long(self, parts: list[list[tuple[Line, str]]]) -> bool:
        texts = [text for part in parts for _, text in part]
        words = sum(map(word_count, texts))
        count = sum(len(sentences_of(text)) for text in texts)
        return words > self.measure.most_words or count > self.measure.most_sentences


def joined(lines: Sequence[str]) -> str:
    return " ".join(capitalised(line) for line in lines)
