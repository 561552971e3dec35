"""Telling a page: choosing a passage for each beat, fitting it to the age band, and never saying a sentence twice."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from jobs.providers.grammar.arc import Scene
from jobs.providers.grammar.english import capitalised, word_count
from jobs.providers.grammar.lexicon import places, skies
from jobs.providers.grammar.passages import EmptySlot, Line, Section, fill
from models.vocabulary import AgeBand, TimeOfDay, Weather

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
    AgeBand.AGES_0_2: Measure(0, 4, 14, 3, 8),
    AgeBand.AGES_3_5: Measure(3, 18, 38, 5, 14),
    AgeBand.AGES_6_8: Measure(6, 45, 66, 7, 30),
    AgeBand.AGES_9_12: Measure(9, 75, 112, 9, 60),
}


def sentences_of(text: str) -> list[str]:
    return [found[0].strip() for found in _SENTENCE.finditer(text.replace("\n", " ")) if found[0].strip()]


class Teller:
    """Tells one page. `slots` are its words, `sayings` templates of whoever is met, `said` what others have said."""

    def __init__(
        self, measure: Measure, scene: Scene, slots: Mapping[str, str], sayings: Mapping[str, str],
        said: Collection[str], dice: random.Random,
    ) -> None:  # fmt: skip
        self.measure, self.scene, self.dice = measure, scene, dice
        self.said = set(said)
        self.slots = dict(slots)
        for key, template in sayings.items():
            filled = fill(template, self.slots, dice)
            self.slots[key] = filled
            low = filled[0].lower() + filled[1:]
            self.slots[f"{key}_low"] = filled if filled.startswith(slots["H"]) or filled.split()[0].rstrip("!,") in _proper(slots) else low

    def tell(self, sections: Sequence[Section]) -> list[str]:
        """The page's lines, one passage for each of its sections."""
        return self._fit([self._passage(section) for section in sections])

    def _passage(self, section: Section) -> list[tuple[Line, str]]:
        order = list(section.passages)
        self.dice.shuffle(order)
        best: list[tuple[Line, str]] = []
        for passage in order:
            filled = self._fill(passage)
            if filled is None:
                continue
            best = best or filled
            if not any(sentence in self.said for _, text in filled for sentence in sentences_of(text)):
                return filled
        return [(line, text) for line, text in best if line.essential or not self._repeats(text)]

    def _fill(self, passage: Sequence[Line]) -> list[tuple[Line, str]] | None:
        level = self.measure.level
        filled: list[tuple[Line, str]] = []
        for line in passage:
            if (line.level == 0) != (level == 0) or line.level > level:
                continue
            try:
                text = self._words(line)
            except EmptySlot:
                if line.essential:
                    return None
                continue
            if text and (line.essential or max(map(word_count, sentences_of(text))) <= self.measure.longest_sentence):
                filled.append((line, text))
        return filled or None

    def _words(self, line: Line) -> str:
        bare = line.template.strip()
        if bare in ("{sky}", "{sense}", "{turn}"):
            return self.filler(bare[1:-1])
        return fill(line.template, self.slots, self.dice)

    def filler(self, sort: str) -> str:
        """A sentence about sky or place that nobody has said yet; empty where none is left."""
        pool = self._pool(sort)
        fresh = [sentence for sentence in pool if sentence not in self.said]
        if not fresh:
            return pool[0] if sort == "turn" and pool else ""
        chosen = self.dice.choice(fresh)
        self.said.add(chosen)
        return chosen

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
        return skies()[f"day {weather.value}"] if time is TimeOfDay.DAY else skies()[time.value] if weather is Weather.CLEAR else ()

    def _repeats(self, text: str) -> bool:
        return any(sentence in self.said for sentence in sentences_of(text))

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
        lines = [text for part in kept for _, text in part]
        for sort in ("sense", "sky", "sense", "sky"):
            if sum(map(word_count, lines)) >= self.measure.least_words or self.measure.level < 3:
                break
            extra = self.filler(sort)
            if extra:
                lines.insert(max(1, len(lines) - 1), extra)
        return lines

    def _too_long(self, parts: list[list[tuple[Line, str]]]) -> bool:
        texts = [text for part in parts for _, text in part]
        words = sum(map(word_count, texts))
        count = sum(len(sentences_of(text)) for text in texts)
        return words > self.measure.most_words or count > self.measure.most_sentences


def _proper(slots: Mapping[str, str]) -> set[str]:
    return {word for name in ("H", "E", "C") for word in slots[name].split()} | {slots["Hs"]}


def joined(lines: Sequence[str]) -> str:
    return " ".join(capitalised(line) for line in lines)
