"""What callers send, checked: every problem of an input is found before any of it is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.errors import BadUserInput, InputProblem, InvalidInput

LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
# ISO 639-1, the two-letter codes: the languages that a narrator or writer could be asked for.
LANGUAGES = frozenset(
    [
        "aa",
        "ab",
        "ae",
        "af",
        "ak",
        "am",
        "an",
        "ar",
        "as",
        "av",
        "ay",
        "az",
        "ba",
        "be",
        "bg",
        "bi",
        "bm",
        "bn",
        "bo",
        "br",
        "bs",
        "ca",
        "ce",
        "ch",
        "co",
        "cr",
        "cs",
        "cu",
        "cv",
        "cy",
        "da",
        "de",
        "dv",
        "dz",
        "ee",
        "el",
        "en",
        "eo",
        "es",
        "et",
        "eu",
        "fa",
        "ff",
        "fi",
        "fj",
        "fo",
        "fr",
        "fy",
        "ga",
        "gd",
        "gl",
        "gn",
        "gu",
        "gv",
        "ha",
        "he",
        "hi",
        "ho",
        "hr",
        "ht",
        "hu",
        "hy",
        "hz",
        "ia",
        "id",
        "ie",
        "ig",
        "ii",
        "ik",
        "io",
        "is",
        "it",
        "iu",
        "ja",
        "jv",
        "ka",
        "kg",
        "ki",
        "kj",
        "kk",
        "kl",
        "km",
        "kn",
        "ko",
        "kr",
        "ks",
        "ku",
        "kv",
        "kw",
        "ky",
        "la",
        "lb",
        "lg",
        "li",
        "ln",
        "lo",
        "lt",
        "lu",
        "lv",
        "mg",
        "mh",
        "mi",
        "mk",
        "ml",
        "mn",
        "mr",
        "ms",
        "mt",
        "my",
        "na",
        "nb",
        "nd",
        "ne",
        "ng",
        "nl",
        "nn",
        "no",
        "nr",
        "nv",
        "ny",
        "oc",
        "oj",
        "om",
        "or",
        "os",
        "pa",
        "pi",
        "pl",
        "ps",
        "pt",
        "qu",
        "rm",
        "rn",
        "ro",
        "ru",
        "rw",
        "sa",
        "sc",
        "sd",
        "se",
        "sg",
        "si",
        "sk",
        "sl",
        "sm",
        "sn",
        "so",
        "sq",
        "sr",
        "ss",
        "st",
        "su",
        "sv",
        "sw",
        "ta",
        "te",
        "tg",
        "th",
        "ti",
        "tk",
        "tl",
        "tn",
        "to",
        "tr",
        "ts",
        "tt",
        "tw",
        "ty",
        "ug",
        "uk",
        "ur",
        "uz",
        "ve",
        "vi",
        "vo",
        "wa",
        "wo",
        "xh",
        "yi",
        "yo",
        "za",
        "zh",
        "zu",
    ]
)


class Checked:
    """Collects problems; `done` raises them all."""

    def __init__(self) -> None:
        self._problems: list[InputProblem] = []

    def problem(self, field: str, message: str) -> None:
        self._problems.append(InputProblem((field,), message))

    def text(self, field: str, value: str, shortest: int, longest: int, what: str) -> str:
        """White space at the ends does not count and is taken away; lengths are in code points."""
        text = value.strip()
        if not is_storable(value):
            self.problem(field, f"{what} holds characters that can't be stored (NUL or lone surrogates).")
        elif not shortest <= len(text) <= longest:
            few = "can't be empty" if shortest == 1 and not text else f"takes {shortest} to {longest:,} characters"
            self.problem(field, f"{what} {few}.")
        return text

    def optional(self, field: str, value: str | None, longest: int, what: str) -> str | None:
        if value is None or (is_storable(value) and not value.strip()):
            return None
        return self.text(field, value, 1, longest, what)

    def number(self, field: str, value: int, least: int, most: int, what: str) -> int:
        if not least <= value <= most:
            self.problem(field, f"{what} takes {least} to {most}.")
        return value

    def language(self, field: str, tag: str) -> str:
        if not LANGUAGE_TAG.fullmatch(tag) or tag.split("-")[0].lower() not in LANGUAGES:
            self.problem(field, "The language takes a BCP 47 tag such as 'en' or 'pt-BR'.")
            return "en"
        return tag

    def done(self) -> None:
        if self._problems:
            raise InvalidInput(self._problems)


def is_storable(text: str) -> bool:
    """PostgreSQL's text takes neither NUL nor lone surrogates."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def check_first(first: int) -> int:
    if not 1 <= first <= 100:
        raise BadUserInput("`first` takes 1 to 100.")
    return first


def check_ids(ids: Sequence[object]) -> None:
    if len(ids) > 250:
        raise BadUserInput("A list of ids takes at most 250.")
