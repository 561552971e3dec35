"""A cast sheet's words to a look: species, colours, clothes. It depends on the sheet alone, never on the page, so that
the same character is the same on every page and in its portrait."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobs.ports import CastSheet

from .chance import Chance
from .colour import NAMED, Colour, luminance, mix, rgb
from .species import ANIMALS, KINDS, PEOPLE, Species
from .wording import Lexicon, words

GARMENTS = Lexicon(
    {
        "scarf": "scarf shawl schal écharpe bufanda neckerchief bandana",
        "hat": "pirate captain sailor hat cap beret helmet mütze hut chapeau sombrero",
        "beanie": "beanie bobble bonnet hood",
        "pointed": "pointy pointed wizard witch gnome elf",
        "straw": "straw sunhat",
        "crown": "crown tiara king queen prince princess krone couronne corona",
        "tophat": "top-hat tophat",
        "glasses": "glasses spectacles goggles brille lunettes gafas",
        "backpack": "backpack rucksack satchel bag schoolbag knapsack",
        "cape": "cape cloak superhero umhang knight hero",
        "dress": "dress skirt gown tutu kleid robe vestido pinafore nightgown",
        "stripes": "striped stripes stripy stripey",
        "shirt": "shirt t-shirt top blouse jumper sweater pullover pyjamas pajamas hemd",
        "coat": "coat jacket raincoat vest waistcoat cardigan anorak spacesuit uniform jacke armour",
        "overalls": "overalls dungarees apron trousers shorts pants jeans hose",
        "boots": "boots shoes wellies wellingtons sneakers sandals slippers socks stiefel",
        "bow": "bow ribbon schleife hairbow",
        "bowtie": "bow-tie bowtie tie",
        "flower": "flower daisy blossom blume",
        "necklace": "necklace collar medal pendant beads pearl bell",
        "gloves": "gloves mittens",
    }
)

_PARTS = Lexicon(
    {
        "hair": "hair curls braids plaits pigtails ponytail bun locks haare cheveux beard fringe mane",
        "eyes": "eyes eye augen yeux ojos",
        "skin": "skin complexion haut peau face",
        "belly": "belly tummy chest bauch patch paws muzzle nose cheeks tip",
        "accent": "ears spots stripe patches wings horns spikes tail shell beak feet spines antennae",
        "coat": "fur coat-fur feathers scales body wool pelt coloured colored fell fins",
    }
)

_HAIR_STYLES = Lexicon(
    {
        "curly": "curly curls afro frizzy wavy",
        "pigtails": "pigtails braids plaits zöpfe",
        "bun": "bun topknot ponytail",
        "long": "long flowing",
        "short": "short cropped spiky tousled",
        "bald": "bald",
    }
)

_TONES: dict[str, Colour] = {
    "pale": rgb(0xF8DCC4), "fair": rgb(0xF5D2B3), "light": rgb(0xF2C9A5), "freckled": rgb(0xF5D0AE),
    "tan": rgb(0xD9A273), "tanned": rgb(0xD9A273), "olive": rgb(0xD0A070), "brown": rgb(0xA46E48),
    "dark": rgb(0x7A4C33), "black": rgb(0x6A4330), "deep": rgb(0x6A4330),
}  # fmt: skip
_SKINS = tuple(map(rgb, (0xF6D3B4, 0xEDBF96, 0xD49C6C, 0xA8714A, 0x7C4F36)))
_HAIRS = tuple(map(rgb, (0x3A2A2C, 0x5B3A29, 0x8A5433, 0xC9743A, 0xE2B55A, 0x2E2A3A)))
_CLOTHES = tuple(map(rgb, (0xE0604C, 0xF2B441, 0x4E9C8F, 0x4B7FBF, 0xD9749B, 0x7E68B0, 0x6FA659, 0xE88A4A)))
_LINKS = frozenset(("is are was has have and very little small big bright dark light pale deep soft warm").split())
_AFTER = frozenset(["is", "are", "with"])


_PAIRS = re.compile(r"\b(bow|top)[ -](tie|hat)\b", re.IGNORECASE)
"""Two words that are one thing: a bow tie is no bow."""


@dataclass(frozen=True, slots=True)
class Look:
    """All that is drawn of a character, whatever it does. `garments` gives each piece of clothing its colour."""

    species: Species
    coat: Colour
    belly: Colour
    accent: Colour
    eyes: Colour | None
    hair: Colour
    hair_style: str
    girlish: bool
    bearded: bool
    size: float
    garments: dict[str, Colour]


@dataclass(slots=True)
class _Reading:
    """What the words of a sheet said, before defaults fill the gaps."""

    colours: dict[str, Colour]
    garments: dict[str, Colour | None]


def look_of(sheet: CastSheet) -> Look:
    """The sheet's look. Any text gives one; unknown words are passed over."""
    chance = Chance("look", sheet.name, sheet.appearance)
    kind = _kind_of(sheet)
    species, reading = KINDS[kind], _read(sheet.appearance)
    spoken = set(words(f"{sheet.name} {sheet.appearance}"))
    coat = _skin(reading, spoken, chance) if kind == "human" else _coat(species, reading, kind, chance)
    clothes = {name: colour or _usual(name, chance) for name, colour in reading.garments.items()}
    if kind == "human" and not clothes.keys() & {"dress", "shirt", "coat", "overalls"}:
        clothes["dress" if _girlish(sheet, chance) and chance.happens(0.6) else "shirt"] = reading.colours.get(
            "main", chance.one_of(_CLOTHES)
        )
    old = bool(
        spoken & {"grandma", "grandpa", "granny", "grandmother", "grandfather", "old", "elderly", "wise", "nana"}
    )
    style = _HAIR_STYLES.first_in(re.sub(r"\w+ (?:beard|dress|coat|scarf|tail|legs)", "", sheet.appearance))
    girlish = _girlish(sheet, chance)
    return Look(
        species=species,
        coat=coat,
        belly=reading.colours.get("belly", _belly(species, coat)),
        accent=reading.colours.get("accent", _accent(species, coat, kind)),
        eyes=reading.colours.get("eyes"),
        hair=_hair(reading, coat, old, chance),
        hair_style=style or chance.one_of(("long", "pigtails", "bun") if girlish else ("short", "curly")),
        girlish=girlish,
        bearded="beard" in spoken or "bearded" in spoken or (old and not girlish),
        size=_size(spoken),
        garments=clothes,
    )


def _usual(garment: str, chance: Chance) -> Colour:
    """The colour of what is worn where the sheet names none."""
    return rgb(0x4A3A48) if garment == "glasses" else chance.one_of(_CLOTHES)


def _kind_of(sheet: CastSheet) -> str:
    animal = ANIMALS.subject_of(sheet.appearance)
    person = PEOPLE.subject_of(_first_phrase(sheet.appearance))
    if animal is not None and (person is None or ANIMALS.subject_of(_first_phrase(sheet.appearance)) is not None):
        return animal
    if person is not None:
        return "human"
    return animal or ANIMALS.subject_of(sheet.name) or "human"


def _first_phrase(text: str) -> str:
    """What the sheet says it is, before it says what that wears or does."""
    phrase: list[str] = []
    for word in words(text):
        if word in {"with", "who", "whose", "that", "wearing", "in", "holding", "carrying", "riding", "of", "from"}:
            break
        phrase.append(word)
    return " ".join(phrase)


def _read(text: str) -> _Reading:
    """Colours go to the next noun that can have one (`green scarf`), or to the last after `is` (`its fur is grey`)."""
    reading = _Reading({}, {})
    waiting: Colour | None = None
    last: str | None = None
    spoken = words(_PAIRS.sub(r"\1-\2", text))
    for i, word in enumerate(spoken):
        garment, part = GARMENTS.key(word), _PARTS.key(word)
        colour = NAMED.get(word) or NAMED.get(word.rsplit("-", 1)[-1])
        if colour is not None:
            if last is not None and spoken[i - 1] in {"is", "are"}:
                reading.colours.setdefault(last, colour)
            else:
                waiting = waiting or colour
        elif garment is not None:
            reading.garments[garment] = reading.garments.get(garment) or waiting
            waiting = None
        elif part is not None:
            last = part
            if waiting is not None:
                reading.colours.setdefault(part, waiting)
            waiting = None
        elif waiting is not None and (ANIMALS.key(word) or PEOPLE.key(word) or word in _AFTER):
            reading.colours.setdefault("main", waiting)
            waiting = None
    if waiting is not None:
        reading.colours.setdefault("main", waiting)
    return reading


def _coat(species: Species, reading: _Reading, kind: str, chance: Chance) -> Colour:
    said = reading.colours.get("coat") or reading.colours.get("main")
    if said is not None:
        # A named colour is bent a little towards the species' own, so that a grey elephant and a grey mouse differ.
        return mix(said, species.coat, 0.12)
    varied = {"cat": (0xE9A15B, 0x8D8F9C, 0xF0E3CF, 0x6B5A58), "dog": (0xC68F5B, 0xE9D3AF, 0x8A5F45)}.get(kind)
    return rgb(chance.one_of(varied)) if varied else species.coat


def _belly(species: Species, coat: Colour) -> Colour:
    return mix(species.belly, coat, 0.0 if coat == species.coat else 0.14)


def _accent(species: Species, coat: Colour, kind: str) -> Colour:
    return (
        species.accent if coat == species.coat or kind in {"bird", "duck", "chick"} else mix(species.accent, coat, 0.2)
    )


def _skin(reading: _Reading, spoken: set[str], chance: Chance) -> Colour:
    if "skin" in reading.colours or "skinned" in spoken:
        tone = next((colour for word, colour in _TONES.items() if word in spoken), None)
        return tone or reading.colours.get("skin", _SKINS[1])
    compound = next(
        (_TONES[word.split("-")[0]] for word in spoken if word.endswith("-skinned") and word.split("-")[0] in _TONES),
        None,
    )
    return compound or chance.one_of(_SKINS)


def _hair(reading: _Reading, skin: Colour, old: bool, chance: Chance) -> Colour:
    said = reading.colours.get("hair")
    if said is not None:
        return rgb(0xBF5A30) if said == NAMED["red"] else said
    if old:
        return rgb(0xD9D6D2)
    return chance.one_of(_HAIRS[:2] if luminance(skin) < 0.55 else _HAIRS)


def _girlish(sheet: CastSheet, chance: Chance) -> bool:
    found = PEOPLE.all_in(sheet.appearance) + PEOPLE.all_in(sheet.name) + PEOPLE.all_in(sheet.personality or "")
    said = next((key for key in found if key != "child"), None)
    return said == "girl" if said else chance.branch("girlish").happens(0.5)


def _size(spoken: set[str]) -> float:
    """How large it is beside others, 1 for most."""
    if spoken & {"tiny", "teeny", "minuscule", "baby"}:
        return 0.8
    if spoken & {"giant", "huge", "enormous", "gigantic"}:
        return 1.22
    if spoken & {"big", "tall", "large", "grown-up", "adult", "mother", "father", "grandma", "grandpa", "mum", "dad"}:
        return 1.12
    return 0.9 if spoken & {"little", "small", "young", "toddler"} else 1.0
