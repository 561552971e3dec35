"""A parent's wish for a page, in their own words: what of it the grammar can grant."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from jobs.providers.grammar.english import with_article
from jobs.providers.grammar.prose import Measure
from models.vocabulary import Weather

_SHORTER = re.compile(r"\b(?:short(?:er|en)?|less|fewer|briefer|simpler|too long)\b", re.I)
_LONGER = re.compile(r"\b(?:longer|more (?:detail|details|text|words)|too short|expand|richer)\b", re.I)
_MOODS = {
    "joke": re.compile(r"\b(?:fun|funn(?:y|ier)|jokes?|sill(?:y|ier)|laugh\w*|humou?r)\b", re.I),
    "calm": re.compile(
        r"\b(?:calm(?:er)?|gentl(?:e|er)|quiet(?:er)?|sooth\w*|cos(?:y|ier)|less scary|peaceful|soft(?:er)?)\b", re.I
    ),
    "exciting": re.compile(
        r"\b(?:excit\w*|thrill\w*|suspens\w*|dramatic|(?:more |too little )?scar(?:y|ier)|action)\b", re.I
    ),
    "rhyme": re.compile(r"\b(?:rhym\w*|song|sing|poem|verse)\b", re.I),
}
_WEATHERS = {
    Weather.RAIN: re.compile(r"\b(?:rain\w*|storm\w*|puddles?)\b", re.I),
    Weather.SNOW: re.compile(r"\bsnow\w*\b", re.I),
    Weather.WIND: re.compile(r"\b(?:wind\w*|breeze)\b", re.I),
    Weather.FOG: re.compile(r"\b(?:fog\w*|mist\w*)\b", re.I),
    Weather.CLEAR: re.compile(r"\b(?:sun(?:ny|shine)?|blue sky)\b", re.I),
}
_QUOTED = re.compile(r"[“\"‘]([^”\"’]{1,60})[”\"’]")
_ASKED = re.compile(
    r"\b(?:mention|add|include|put in|bring in|bring|with|about|use the words?|"
    r"let there be|give (?:him|her|them)|there should be)\s+"
    r"(?:that there is\s+)?([^.,;:!?\n]{2,60})",
    re.I,
)
_VAGUE = re.compile(
    r"^(?:more|less|some more|a bit more|it|to|in|the text|details?|words?|fun|humou?r|"
    r"dialogue|rhymes?|another|that)\b",
    re.I,
)
_DETERMINED = re.compile(r"^(?:a|an|the|some|his|her|their|its|my|our|your|two|three|four|five|many|lots)\b")
_UNCOUNTED = frozenset(
    "bread cake honey jam milk water tea chocolate music magic snow rain glitter gold ice cheese soup".split()
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a page is asked to be. `moods` name sections of sentences; `mention` is a noun phrase, or empty."""

    shorter: bool = False
    longer: bool = False
    moods: tuple[str, ...] = ()
    weather: Weather | None = None
    mention: str = ""

    def measured(self, measure: Measure) -> Measure:
        if self.shorter:
            most = max(4, measure.most_words // 2)
            return replace(measure, least_words=0, most_words=most, most_sentences=max(2, measure.most_sentences // 2))
        if self.longer:
            level = min(9, measure.level + 3) if measure.level else 0
            return replace(
                measure,
                level=level,
                least_words=measure.least_words + 20,
                most_words=measure.most_words + 40,
                most_sentences=20,
            )
        return measure


def wish_of(instruction: str | None) -> Wish:
    """Understands what it can of an instruction; the rest is simply a fresh telling."""
    text = " ".join((instruction or "").split())
    weather = next((weather for weather, words in _WEATHERS.items() if words.search(text)), None)
    moods = tuple(mood for mood, words in _MOODS.items() if words.search(text))
    if "calm" in moods:
        moods = tuple(mood for mood in moods if mood != "exciting")
    return Wish(
        shorter=_SHORTER.search(text) is not None and "less scary" not in text.lower(),
        longer=_LONGER.search(text) is not None,
        moods=moods,
        weather=weather,
        mention=_mention(text, weather),
    )


def _mention(text: str, weather: Weather | None) -> str:
    quoted = _QUOTED.search(text)
    asked = _ASKED.search(text)
    words = quoted[1] if quoted else asked[1] if asked else ""
    found = re.split(r"\s+(?:to|on|in|at|here|please|and (?:make|let|put)|who|that|so)\b", words.strip())[0].strip()
    if not found or _VAGUE.match(found) or not any(character.isalpha() for character in found):
        return ""
    if weather is not None and _WEATHERS[weather].search(found):
        return ""
    found = found.replace("{", "").replace("}", "")
    plain = found.split()[-1].lower()
    if (
        _DETERMINED.match(found)
        or found[0].isupper()
        or not found.isascii()
        or plain.endswith("s")
        or plain in _UNCOUNTED
    ):
        return found
    return with_article(found)
