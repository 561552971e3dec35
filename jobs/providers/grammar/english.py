"""English words in their forms: articles, verbs, lists and titles."""

from __future__ import annotations

import re
from collections.abc import Sequence

_IRREGULAR_PAST = {
    line.split(":")[0]: line.split(":")[1]
    for line in (
        "be:was become:became begin:began bite:bit blow:blew break:broke bring:brought build:built buy:bought "
        "catch:caught choose:chose come:came cut:cut dig:dug do:did draw:drew dream:dreamed drink:drank "
        "drive:drove eat:ate fall:fell feed:fed feel:felt fight:fought find:found fly:flew forget:forgot "
        "forgive:forgave get:got give:gave go:went grow:grew have:had hear:heard hide:hid hit:hit hold:held "
        "keep:kept know:knew lead:led learn:learned leave:left let:let light:lit lose:lost make:made meet:met "
        "overcome:overcame put:put read:read ride:rode ring:rang run:ran say:said see:saw sell:sold send:sent "
        "shine:shone show:showed shut:shut sing:sang sink:sank sit:sat sleep:slept speak:spoke spend:spent "
        "spin:spun stand:stood steal:stole stick:stuck swim:swam swing:swung take:took teach:taught tell:told "
        "think:thought throw:threw understand:understood wake:woke wear:wore win:won write:wrote "
        "befriend:befriended outrun:outran"
    ).split()
}
_DOUBLING = frozenset(
    "bat beg bob chat chop clap cut dig drop fit get grab hit hop hug hum jog knit let nap nod pat pet plan plot pop "
    "put rub run scrub set shop shut sit skip slip snap spin spot step stir stop swim swap tap trip trot wag win wrap "
    "zip".split()
)
_AN_THOUGH_CONSONANT = re.compile(r"(?:hour|honest|heir|honou?r)", re.IGNORECASE)
_A_THOUGH_VOWEL = re.compile(r"(?:uni|use|usu|eu|one\b|once\b|uk|ute)", re.IGNORECASE)
_DETERMINERS = frozenset("a an the his her their its my our your".split())
_NO_NOUNS = frozenset(
    "and or but to of with in on at for from by is was are be can can’t cannot who that it they he she not afraid "
    "wants loves finds learns , ’s".split()
)
_SMALL_WORDS = frozenset(("a an and as at but by for from in into nor of on or the to with").split())


def with_article(phrase: str) -> str:
    """'owl' becomes 'an owl'."""
    vowel = phrase[:1].lower() in "aeiou" and not _A_THOUGH_VOWEL.match(phrase)
    return ("an " if vowel or _AN_THOUGH_CONSONANT.match(phrase) else "a ") + phrase


def past(verb: str) -> str:
    if verb in _IRREGULAR_PAST:
        return _IRREGULAR_PAST[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ied"
    return (verb + verb[-1] if verb in _DOUBLING else verb) + "ed"


def third_person(verb: str) -> str:
    if verb in ("be", "have"):
        return {"be": "is", "have": "has"}[verb]
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


def base_form(third: str) -> str:
    """The verb that 'wins' or 'flies' is the third person of."""
    if third in ("is", "has", "does", "goes"):
        return {"is": "be", "has": "have", "does": "do", "goes": "go"}[third]
    if third.endswith("ies") and len(third) > 4:
        return third[:-3] + "y"
    if third.endswith(("shes", "ches", "xes", "zzes", "sses")):
        return third[:-2]
    return third[:-1] if third.endswith("s") and not third.endswith("ss") else third


def well_formed(words: Sequence[str]) -> bool:
    """Whether words may stand in a sentence as they are: no word twice in a row, no article without its noun."""
    lower = [word.lower() for word in words]
    for word, after in zip(lower, [*lower[1:], ""], strict=True):
        if word == after or (word in _DETERMINERS and (after in _DETERMINERS or after in _NO_NOUNS or not after)):
            return False
        if word in ("a", "an") and with_article(after).split()[0] != word:
            return False
    return True


def listed(names: Sequence[str]) -> str:
    """'Ann', 'Ann and Bo', 'Ann, Bo and Cy'."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def possessive(name: str) -> str:
    return name + ("’" if name.endswith("s") else "’s")


def capitalised(text: str) -> str:
    """The text with its first letter, after an opening quote, in upper case."""
    for index, character in enumerate(text):
        if character.isalpha():
            return text[:index] + character.upper() + text[index + 1 :] if len(character.upper()) == 1 else text
        if character not in "“‘(…¡¿ ":
            return text
    return text


def titled(text: str) -> str:
    """Title case as books print it: small words stay small inside."""
    words = text.split()
    last = len(words) - 1
    return " ".join(
        word if index not in (0, last) and word.lower() in _SMALL_WORDS else capitalised(word)
        for index, word in enumerate(words)
    )


def word_count(text: str) -> int:
    return len(text.split())
