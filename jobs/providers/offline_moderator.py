"""The offline Moderator: curated words per category, named as OpenAI's moderation names them.

A children's book may have witches, ghosts, dragons' fire, swords and pirates; what is listed here has no place in one.
Words count whole, whatever their case, width or accents, also with digits for letters or spaced out.
"""

from __future__ import annotations

import asyncio
import io
import re
import unicodedata

from jobs.ports import Verdict, VendorUnusable

WORDS: dict[str, str] = {
    "sexual": "porn porno pornography pornographic erotic erotica orgasm masturbate masturbation blowjob dildo "
    "striptease stripper prostitute whore slut nudes sexual sexually sex intercourse penis vagina fetish bdsm",
    "sexual/minors": "pedophile paedophile pedophilia childporn lolicon molest molester molestation",
    "violence": "murder murders murdered murderer killer massacre behead beheaded decapitate strangle "
    "strangled stabbed stabbing gunman terrorist terrorism assassin torture tortured rape "
    "raped rapist slaughter genocide",
    "violence/graphic": "gory dismember dismembered entrails disembowel mutilate mutilated bloodbath corpse corpses",
    "self-harm": "suicide suicidal selfharm anorexia bulimia overdose",
    "hate": "nazi nazis hitler kkk lynch lynching nigger faggot kike tranny subhuman",
    "harassment": "bitch bastard fuck fucks fucked fucking motherfucker cunt wanker asshole arsehole shit bullshit",
    "illicit": "cocaine heroin methamphetamine lsd drugdealer bombmaking pipebomb",
}
PHRASES: dict[str, str] = {
    "violence": r"kill (?:him|her|them|the|a|an|everyone|everybody|people|his|their|my|all|my)\b(?! time)",
    "self-harm": r"(?:hurt|cut|harm|kill)(?:s|ing)? (?:himself|herself|themselves|myself|yourself)",
    "sexual": r"naked (?:woman|women|man|men|girl|girls|boy|boys|child|children|body|bodies|teacher)",
    "illicit": r"(?:build|make|making|building) a bomb|(?:sell|sells|selling|take|takes|taking) drugs",
}
_LETTERS = str.maketrans("013457@$", "oieastas")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SPACED = re.compile(r"(?<!\w)(?:\w[ .\-_*]){3,}\w(?!\w)")
_CATEGORIES = {word: category for category, words in WORDS.items() for word in words.split()}


class OfflineModerator:
    vendor = "offline"
    model = "wordlist-1"

    async def judge_text(self, text: str) -> Verdict:
        plain = plainly(text)
        found = {_CATEGORIES[word] for word in re.findall(r"[^\W_]+", plain) if word in _CATEGORIES}
        found |= {category for category, pattern in PHRASES.items() if re.search(rf"\b{pattern}", plain)}
        return Verdict(not found, tuple(sorted(found)))

    async def judge_picture(self, data: bytes, content_type: str) -> Verdict:
        """Offline painters draw nothing unfit, so a picture only has to be one. Raises VendorUnusable."""
        await asyncio.to_thread(_decode, data)
        return Verdict(True)


def plainly(text: str) -> str:
    """The text as a reader means it, whatever is done to its letters to hide a word."""
    folded = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text)).casefold()
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    joined = _SPACED.sub(lambda match: re.sub(r"[^\w]|_", "", match.group()), bare)
    words = (
        word.translate(_LETTERS) if any(letter.isalpha() for letter in word) else word
        for word in re.split(r"(\s+)", joined)
    )
    return "".join(words)


def _decode(data: bytes) -> None:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise VendorUnusable("a picture that can't be decoded") from error
