"""The offline Moderator: curated words and phrases per category, named as OpenAI's moderation names them.

A children's book may have witches, ghosts, dragons' fire, swords and pirates, and somebody may fall and hurt himself;
what is listed here has no place in one. Words count whole, whatever their case, width or accents, also with digits or
foreign letters for their own, or spaced out. Categories: https://platform.openai.com/docs/guides/moderation
"""

from __future__ import annotations

import asyncio
import io
import re
import unicodedata

from jobs.ports import VendorUnusable, Verdict

# English first, and the plainest words of German, French and Spanish.
WORDS: dict[str, str] = {
    "sexual": """
        porn porno pornography pornographic erotic erotica orgasm orgasms masturbate masturbates masturbating
        masturbation blowjob dildo striptease prostitute prostitutes whore slut nudes sexual sexually sexy sex
        intercourse penis vagina fetish bdsm hentai milf ficken fotze nutte putain salope puta follar
    """,
    "sexual/minors": """
        pedophile pedophiles paedophile pedophilia paedophilia childporn lolicon molest molests molested molester
        kinderporno
    """,
    "violence": """
        murder murders murdered murdering murderer massacre behead beheads beheaded decapitate decapitated strangle
        strangles strangled stabbed stabbing gunman terrorist terrorists terrorism torture tortured tortures rape rapes
        raped raping rapist genocide vergewaltigen vergewaltigt ermorden ermordet assassiner asesinar asesinato
    """,
    "violence/graphic": """
        gore gory dismember dismembered entrails disembowel disemboweled mutilate mutilated bloodbath corpse corpses
    """,
    "self-harm": "suicide suicidal selfharm anorexia bulimia selbstmord suicidio suicidarse",
    "hate": """
        nazi nazis hitler kkk lynched lynching nigger niggers nigga faggot faggots kike kikes tranny subhuman
        untermensch
    """,
    "harassment": """
        bitch bitches bastard bastards fuck fucks fucked fucker fucking motherfucker cunt cunts wanker asshole assholes
        arsehole shit shits shitty bullshit arschloch scheisse hurensohn connard encule mierda gilipollas
    """,
    "illicit": "cocaine heroin methamphetamine lsd kokain cocaina",
    "illicit/violent": "pipebomb carbomb",
}
# To kill time or a dragon is another matter.
_SOMEBODY = (
    r"(?:him|her|them|people|someone|somebody|everyone|everybody|you|me|"
    r"(?:his|her|their|my|your|the|a|an|all) (?:\w+ )?"
    r"(?:m[ou]m|mother|dad|father|parents|brother|sister|teacher|friends?|famil(?:y|ies)|m[ae]n|wom[ae]n|child(?:ren)?|"
    r"kids?|bab(?:y|ies)|boys?|girls?|people|classmates?|neighbou?rs?|dog|cat|pet))\b"
)
_ONESELF = r"(?:him|her|them|my|your)sel(?:f|ves)"
PHRASES: dict[str, tuple[str, ...]] = {
    "violence": (
        rf"(?:kill(?:s|ed|ing)?|shoots?|shot|stabs?|slaughter(?:s|ed)?) {_SOMEBODY}",
        r"serial killer|school shooting|shoot (?:up|dead)|beats? (?:him|her|them) to death",
        r"killed with (?:a|an) (?:gun|knife|axe)",
    ),
    "violence/graphic": (
        r"(?:pool|river|fountain)s? of blood|blood (?:spurt|splatter|gush)\w*",
        r"rips? (?:out|off) \w+ (?:heart|head|guts|limbs?)",
    ),
    "self-harm": (
        rf"kill(?:s|ed|ing)? {_ONESELF}|starv(?:e|es|ing) {_ONESELF}|(?:cut|slit)(?:s|ting)? \w+ wrists?",
        rf"(?:want(?:s|ed)?|tr(?:y|ies|ied)) to (?:die|(?:cut|hurt|harm) {_ONESELF})",
    ),
    "sexual": (
        r"naked (?:woman|women|man|men|girls?|boys?|child|children|lady|ladies|teacher)",
        r"makes? love to|nackte (?:frau|madchen)",
    ),
    "sexual/minors": (r"sexy? (?:girl|boy|child|children|kids?|teen)|child porn\w*",),
    "hate": (
        r"(?:all|the) (?:jews|muslims|blacks|gays|gypsies|immigrants) (?:are|must|should)|white power|heil hitler",
    ),
    "harassment/threatening": (r"i(?: will|’ll|'ll| am going to|’m going to|'m going to) (?:kill|hurt|murder) you",),
    "illicit": (
        r"(?:sell|sells|selling|take|takes|taking|deal|deals|dealing|smok\w+|inject\w*) (?:drugs|crack|meth|weed)",
        r"drug dealers?|crystal meth|get(?:s|ting)? (?:drunk|high on)",
    ),
    "illicit/violent": (
        r"(?:build|builds|make|makes|making|building|plant|plants) (?:a|an|the) (?:pipe |car |nail |petrol )?bombs?\b",
        r"bomb making|suicide bomb\w*",
    ),
}
_DIGITS = str.maketrans("013457@$!", "oieastasi")
_LOOKALIKES = str.maketrans("аеоорсухікмтнвѕԁαεορτυικν", "aeoopcyxikmthbsdaeoptuikv")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)
_SPACED = re.compile(r"(?<!\w)(?:\w[ .\-_*]{1,2}){2,}\w(?!\w)")
_WORD = re.compile(r"[^\W_]+")
_CATEGORIES = {word: category for category, words in WORDS.items() for word in words.split()}
_PATTERNS = {category: re.compile(rf"\b(?:{'|'.join(phrases)})") for category, phrases in PHRASES.items()}
_STARRED = re.compile(r"\b(?:f\*+c?k\w*|sh\*+t\w*|b\*+tch\w*|c\*+nt\w*|f\*{3})")


class OfflineModerator:
    """Judges without a network: text by `WORDS` and `PHRASES`, pictures by whether they are any."""

    vendor = "offline"
    model = "wordlist-1"
    paid = False

    async def judge_text(self, text: str) -> Verdict:
        found = sorted(_categories_in(text))
        return Verdict(not found, tuple(found))

    async def judge_picture(self, data: bytes, content_type: str) -> Verdict:
        """Offline painters draw nothing unfit, so a picture only has to be one. Raises VendorUnusable."""
        await asyncio.to_thread(_decode, data)
        return Verdict(True)


def _categories_in(text: str) -> set[str]:
    plain = _plainly(text)
    joined = _SPACED.sub(lambda spaced: re.sub(r"[\W_]", "", spaced[0]), plain)
    found: set[str] = {"harassment"} if _STARRED.search(plain) else set()
    for version in {plain, joined, _disguised(plain), _disguised(joined)}:
        found |= {_CATEGORIES[word] for word in _WORD.findall(version) if word in _CATEGORIES}
        found |= {category for category, pattern in _PATTERNS.items() if pattern.search(version)}
    return found


def _plainly(text: str) -> str:
    """The text without case, width, accents or invisible characters, and with single spaces."""
    folded = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text)).casefold()
    return " ".join("".join(letter for letter in folded if not unicodedata.combining(letter)).split())


def _disguised(text: str) -> str:
    """The text with digits and foreign letters read as the letters they look like, in words that have letters too."""
    words = (word.translate(_LOOKALIKES) for word in text.split(" "))
    return " ".join(
        word.rstrip("!").translate(_DIGITS) if any(letter.isalpha() for letter in word) else word for word in words
    )


def _decode(data: bytes) -> None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise VendorUnusable("a picture that can't be decoded") from error
