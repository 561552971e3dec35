"""Things that stories are about: what a hand holds, what stands beside, what hangs in the air."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from . import carried, standing
from .canvas import Canvas
from .wording import Lexicon

Draw = Callable[[Canvas], None]
Where = Literal["hand", "raised", "ground", "air"]
"""`hand` is carried low, `raised` is held up, `ground` stands beside, `air` hangs above."""


@dataclass(frozen=True, slots=True)
class Prop:
    """Drawn around (0, 0) in a figure's units: a hand is there, or the ground, or the thing's own middle in the air."""

    where: Where
    draw: Draw


PROPS: dict[str, Prop] = {
    "lantern": Prop("raised", carried.draw_lantern),
    "kite": Prop("raised", carried.draw_kite),
    "balloon": Prop("raised", carried.draw_balloon),
    "umbrella": Prop("raised", carried.draw_umbrella),
    "ball": Prop("ground", standing.draw_ball),
    "book": Prop("hand", carried.draw_book),
    "map": Prop("hand", carried.draw_map),
    "letter": Prop("hand", carried.draw_letter),
    "cake": Prop("ground", standing.draw_cake),
    "apple": Prop("hand", carried.draw_apple),
    "cone": Prop("hand", carried.draw_cone),
    "mug": Prop("hand", carried.draw_mug),
    "star": Prop("raised", carried.draw_star),
    "flower": Prop("hand", carried.draw_flower),
    "egg": Prop("ground", standing.draw_egg),
    "gift": Prop("ground", standing.draw_gift),
    "basket": Prop("ground", standing.draw_basket),
    "shovel": Prop("hand", carried.draw_shovel),
    "wand": Prop("raised", carried.draw_wand),
    "key": Prop("hand", carried.draw_key),
    "drum": Prop("ground", standing.draw_drum),
    "guitar": Prop("hand", carried.draw_guitar),
    "snowman": Prop("ground", standing.draw_snowman),
    "chest": Prop("ground", standing.draw_chest),
    "pumpkin": Prop("ground", standing.draw_pumpkin),
    "snail": Prop("ground", standing.draw_snail),
    "butterfly": Prop("air", standing.draw_butterflies),
    "notes": Prop("air", standing.draw_notes),
    "dreams": Prop("air", standing.draw_dreams),
    "hearts": Prop("air", standing.draw_hearts),
    "rainbow": Prop("air", standing.draw_rainbow),
    "bubbles": Prop("air", standing.draw_bubbles),
}

OBJECTS = Lexicon(
    {
        "lantern": "lantern lamp torch candle light laterne flashlight glowworm",
        "kite": "kite drachen-kite cerf-volant",
        "balloon": "balloon ballon globo",
        "umbrella": "umbrella parasol regenschirm",
        "ball": "ball marble fußball football",
        "book": "book diary notebook storybook buch livre libro",
        "map": "map chart compass karte",
        "letter": "letter note envelope postcard message brief",
        "cake": "cake birthday pie kuchen gâteau muffin pancake",
        "apple": "apple berry cherry fruit strawberry pear acorn nut seed pebble stone shell "
        "apfel cookie biscuit bread carrot",
        "cone": "ice-cream icecream cone eis",
        "mug": "mug cup tea cocoa soup honey bowl pot jar",
        "star": "star firefly spark stern étoile",
        "flower": "flower daisy rose tulip blossom bouquet petal blume sunflower fleur",
        "egg": "egg ei oeuf huevo",
        "gift": "gift present parcel box surprise geschenk package",
        "basket": "basket picnic hamper korb",
        "shovel": "shovel spade rake bucket",
        "wand": "wand magic spell zauberstab",
        "key": "key lock schlüssel",
        "drum": "drum trommel",
        "guitar": "guitar violin ukulele fiddle banjo",
        "snowman": "snowman",
        "chest": "chest treasure gold coin schatz",
        "pumpkin": "pumpkin squash kürbis",
        "snail": "snail",
        "butterfly": "butterfly moth dragonfly",
        "notes": "song music melody tune lullaby lied",
        "hearts": "love heart kiss hug cuddle",
        "rainbow": "rainbow regenbogen",
        "bubbles": "bubble soap",
    }
)
