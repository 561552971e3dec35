"""Who can be drawn: one row for each kind of creature, made of the parts that heads, bodies and tails know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .colour import Colour, rgb
from .wording import Lexicon

Build = Literal["plush", "human", "bird", "robot", "ball", "fish", "snail", "worm", "octopus", "car"]
Skull = Literal["round", "wide", "fox", "tall", "box", "egg", "star", "cloud"]
Ears = Literal["none", "pointed", "cat", "round", "mouse", "rabbit", "floppy", "fan", "leaf", "side", "tuft", "upright"]
Muzzle = Literal["none", "mask", "snout", "cat", "pig", "long", "beak", "bill", "trunk", "wide", "dragon", "heart"]
Tail = Literal["none", "bush", "puff", "cat", "dog", "mouse", "dragon", "curl", "horse", "lion", "ring", "flat", "fan"]


@dataclass(frozen=True, slots=True)
class Species:
    """`coat`, `belly` and `accent` are its colours where its sheet names none. `extras` are what only some have."""

    coat: Colour
    belly: Colour
    accent: Colour
    build: Build = "plush"
    skull: Skull = "round"
    ears: Ears = "none"
    muzzle: Muzzle = "snout"
    tail: Tail = "none"
    girth: float = 1.0
    extras: frozenset[str] = frozenset()


def _kind(
    coat: int,
    belly: int,
    accent: int,
    extras: str = "",
    build: Build = "plush",
    skull: Skull = "round",
    ears: Ears = "none",
    muzzle: Muzzle = "snout",
    tail: Tail = "none",
    girth: float = 1.0,
) -> Species:
    return Species(
        rgb(coat), rgb(belly), rgb(accent), build, skull, ears, muzzle, tail, girth, frozenset(extras.split())
    )


KINDS: dict[str, Species] = {
    "fox": _kind(0xE8793A, 0xFFF3E2, 0x4A2C2A, skull="fox", ears="pointed", muzzle="mask", tail="bush"),
    "wolf": _kind(0x8C93A3, 0xEEF0F0, 0x4A4A58, skull="fox", ears="pointed", muzzle="mask", tail="bush"),
    "raccoon": _kind(0x8B8E98, 0xDFE0E0, 0x46434F, "bandit", skull="fox", ears="round", muzzle="snout", tail="ring"),
    "badger": _kind(0x6D707A, 0xF3F0EA, 0x3A373F, "badger", ears="round", muzzle="snout", tail="puff"),
    "rabbit": _kind(0xC9A98A, 0xFBF1E3, 0xF0A9A6, "teeth", ears="rabbit", muzzle="cat", tail="puff"),
    "bear": _kind(0x9A6A45, 0xE3BE94, 0x6B4630, skull="wide", ears="round", tail="puff", girth=1.18),
    "panda": _kind(0xF6F3EC, 0xFFFDF8, 0x3A373F, "panda", skull="wide", ears="round", tail="puff", girth=1.18),
    "koala": _kind(0x9EA4AE, 0xE9EAEA, 0xE5B5B8, "bignose", skull="wide", ears="mouse", girth=1.08),
    "cat": _kind(0x8D8F9C, 0xF4EFE6, 0xF0A9A6, "whiskers", skull="wide", ears="cat", muzzle="cat", tail="cat"),
    "tiger": _kind(0xEE9440, 0xFFF4E0, 0x453338, "whiskers stripes", skull="wide", ears="round", tail="cat"),
    "leopard": _kind(0xE9B45C, 0xFFF4E0, 0x5A4238, "whiskers spots", skull="wide", ears="round", tail="cat"),
    "lion": _kind(0xE9B45C, 0xFBE7C2, 0xB8682E, "mane whiskers", ears="round", tail="lion", girth=1.1),
    "dog": _kind(0xC68F5B, 0xFBEFDC, 0x7A4E32, "tongue", ears="floppy", tail="dog"),
    "mouse": _kind(0xA9A6AE, 0xF1EBE6, 0xF0A9A6, "whiskers", ears="mouse", muzzle="heart", tail="mouse"),
    "hamster": _kind(0xDCA566, 0xFFF6E8, 0xF0A9A6, "teeth whiskers", skull="wide", ears="round", muzzle="cat"),
    "squirrel": _kind(0xC2683A, 0xFBEAD2, 0x8C4526, "teeth", ears="tuft", muzzle="cat", tail="curl"),
    "beaver": _kind(0x8A5A3C, 0xC99B6D, 0x5A3A2A, "teeth", ears="round", tail="flat", girth=1.1),
    "otter": _kind(0x8B6247, 0xE8D2B4, 0x5E4232, "whiskers", skull="wide", ears="round", tail="dog"),
    "hedgehog": _kind(0xE6C49C, 0xF6E4C8, 0x6E4E3C, "spines", ears="round", muzzle="heart", girth=1.06),
    "mole": _kind(0x57525E, 0x7A7380, 0xEE9AA0, "", ears="none", muzzle="heart", tail="mouse"),
    "monkey": _kind(0x94643F, 0xF0CFA6, 0xF0CFA6, "heartface", ears="side", tail="cat"),
    "sloth": _kind(0xA88D70, 0xEBDCC2, 0x5F4B3C, "bandit", ears="none"),
    "kangaroo": _kind(0xBF8355, 0xF3DDBE, 0x8A5A3C, "", skull="tall", ears="upright", muzzle="long", tail="dragon"),
    "deer": _kind(
        0xB97A4A, 0xFBEAD2, 0x7A5036, "freckles antlers", skull="tall", ears="leaf", muzzle="long", tail="puff"
    ),
    "moose": _kind(0x7C563E, 0xB08A68, 0xC9A878, "antlers", skull="tall", ears="leaf", muzzle="long", girth=1.1),
    "horse": _kind(0xB27A4E, 0xE9CBA6, 0x5A3A2A, "forelock", skull="tall", ears="upright", muzzle="long", tail="horse"),
    "unicorn": _kind(
        0xFBF6F2, 0xFFFFFF, 0xE58FB6, "forelock horn", skull="tall", ears="upright", muzzle="long", tail="horse"
    ),
    "zebra": _kind(
        0xF8F5EE, 0xFFFFFF, 0x3D3944, "forelock stripes", skull="tall", ears="upright", muzzle="long", tail="lion"
    ),
    "donkey": _kind(0x8E8A90, 0xE8E2DA, 0x57505A, "forelock", skull="tall", ears="rabbit", muzzle="long", tail="lion"),
    "giraffe": _kind(
        0xF0C063, 0xFBE9C0, 0xB06A35, "spots knobs neck", skull="tall", ears="leaf", muzzle="long", tail="lion"
    ),
    "camel": _kind(
        0xD2A468, 0xEBD0A4, 0x9A7040, "forelock neck", skull="tall", ears="leaf", muzzle="long", tail="lion"
    ),
    "cow": _kind(
        0xFAF6EE,
        0xFFFFFF,
        0x4B4048,
        "spots knobs pinknose",
        skull="tall",
        ears="leaf",
        muzzle="long",
        tail="lion",
        girth=1.15,
    ),
    "goat": _kind(0xEDE6DA, 0xFFFFFF, 0xA08C74, "knobs beard", skull="tall", ears="leaf", muzzle="long", tail="puff"),
    "sheep": _kind(
        0xFAF5EA, 0xFAF5EA, 0x4C4450, "wool", skull="tall", ears="leaf", muzzle="none", tail="puff", girth=1.15
    ),
    "pig": _kind(0xF4ABAA, 0xFBCFCB, 0xE07F88, "", ears="cat", muzzle="pig", tail="curl", girth=1.15),
    "elephant": _kind(0x94A3B8, 0xC7D0DC, 0xE9B4BC, "", ears="fan", muzzle="trunk", tail="mouse", girth=1.2),
    "hippo": _kind(
        0x9C8FB0, 0xC9BDD6, 0xE9A9B6, "", skull="wide", ears="round", muzzle="long", tail="puff", girth=1.25
    ),
    "rhino": _kind(0x8F98A3, 0xC3CAD2, 0xEDE6D6, "nosehorn", skull="wide", ears="leaf", muzzle="long", girth=1.2),
    "frog": _kind(0x6DAF4F, 0xD9E8A4, 0xF08C82, "bulgeeyes", skull="wide", muzzle="wide"),
    "crocodile": _kind(
        0x5F9A55, 0xDCE3A0, 0x3F6F43, "bulgeeyes teeth spikes", skull="wide", muzzle="dragon", tail="dragon"
    ),
    "lizard": _kind(0x7DB35A, 0xE6EBA8, 0xE58C4A, "spikes", muzzle="wide", tail="dragon"),
    "turtle": _kind(0x86B35F, 0xE9E0A6, 0x6A7C3E, "shell", muzzle="wide", tail="puff", girth=1.1),
    "dragon": _kind(0x5FAE7B, 0xF3E3A0, 0xE9894B, "wings spikes horns", muzzle="dragon", tail="dragon", girth=1.08),
    "dinosaur": _kind(0x69A86A, 0xE3E7A6, 0xE08A4E, "spikes", muzzle="dragon", tail="dragon", girth=1.12),
    "penguin": _kind(0x3F4A63, 0xFBF8F0, 0xF2A33C, "penguin", build="bird", skull="round", muzzle="beak"),
    "owl": _kind(0x9A7350, 0xEBD5AF, 0xF2A33C, "owl", build="bird", skull="wide", ears="tuft", muzzle="beak"),
    "bird": _kind(0x5B9BD0, 0xFBEFDC, 0xF2A33C, "crest", build="bird", skull="egg", muzzle="beak", tail="fan"),
    "robin": _kind(0x8D6E58, 0xE26A45, 0xE0A33C, "", build="bird", skull="egg", muzzle="beak", tail="fan"),
    "parrot": _kind(0xD9483F, 0xF4C63D, 0x3F7CC4, "crest", build="bird", skull="egg", muzzle="beak", tail="fan"),
    "crow": _kind(0x3F3D4C, 0x57556A, 0xE0A33C, "", build="bird", skull="egg", muzzle="beak", tail="fan"),
    "chick": _kind(0xF7D35A, 0xFBE79A, 0xF2943C, "crest", build="bird", skull="egg", muzzle="beak"),
    "hen": _kind(0xC8693E, 0xF3D3A4, 0xD94A3F, "comb", build="bird", skull="egg", muzzle="beak", tail="fan"),
    "duck": _kind(0xF8F2E2, 0xFFFFFF, 0xF2A33C, "", build="bird", skull="egg", muzzle="bill", tail="fan"),
    "flamingo": _kind(0xF39AA8, 0xFBC7CC, 0x3D3944, "neck", build="bird", skull="egg", muzzle="beak", tail="fan"),
    "bat": _kind(0x6B5A7E, 0xB7A3C4, 0xE9A9B6, "wings teeth", ears="pointed", muzzle="heart"),
    "bee": _kind(0xF4C63D, 0xF9DC84, 0x453A3A, "flywings antennae stripes", build="ball", muzzle="none"),
    "butterfly": _kind(0x7B5AA6, 0xB89BD4, 0xF29A5A, "flywings antennae", build="ball", skull="egg", muzzle="none"),
    "ladybird": _kind(0xDB4A3C, 0xE8695A, 0x3B3742, "antennae spots darkhead", build="ball", muzzle="none"),
    "fish": _kind(0xF2924A, 0xFCE3B8, 0xF4C25A, "", build="fish", muzzle="none"),
    "whale": _kind(0x5E8FBF, 0xDCEAF2, 0x4A77A6, "whale", build="fish", muzzle="none", girth=1.15),
    "dolphin": _kind(0x7FA6C4, 0xEAF2F5, 0x6690B2, "whale dolphin", build="fish", muzzle="none"),
    "shark": _kind(0x7F90A6, 0xEEF1F2, 0x6C7D94, "dolphin teeth", build="fish", muzzle="none"),
    "snail": _kind(0xE9C58F, 0xF6E2BC, 0xC8744A, "", build="snail", muzzle="none"),
    "worm": _kind(0x8CB85A, 0xDCE9A0, 0xE9894B, "antennae", build="worm", muzzle="none"),
    "octopus": _kind(0xC0668C, 0xE9A5BE, 0x9A4A70, "", build="octopus", muzzle="none"),
    "robot": _kind(0x9DB4C0, 0xDCE6EA, 0xE8694A, "", build="robot", skull="box", muzzle="none"),
    "snowman": _kind(0xF7F9FB, 0xFFFFFF, 0xEE8A3C, "carrot", muzzle="none", girth=1.2),
    "ghost": _kind(0xF3F1FA, 0xFFFFFF, 0xB49ADB, "", build="ball", skull="egg", muzzle="none"),
    "star": _kind(0xF8D25C, 0xFCE79A, 0xF2A33C, "", build="ball", skull="star", muzzle="none"),
    "moon": _kind(0xF8E7AE, 0xFDF4D2, 0xE3C981, "craters", build="ball", muzzle="none"),
    "sun": _kind(0xF8C53F, 0xFBDD7C, 0xF2983C, "rays", build="ball", muzzle="none"),
    "cloud": _kind(0xF2F5FA, 0xFFFFFF, 0xB8CBE2, "", build="ball", skull="cloud", muzzle="none"),
    "car": _kind(0xD9584A, 0xF6E9D2, 0x4A4652, "", build="car", muzzle="none"),
    "alien": _kind(0x86C46A, 0xCDE8A8, 0xB49ADB, "antennae", skull="egg", muzzle="none"),
    "monster": _kind(0x7F6BB8, 0xC3B3E4, 0xF2A33C, "horns", build="ball", skull="egg", muzzle="none"),
    "human": _kind(0xF0C8A4, 0xF0C8A4, 0x6B4630, build="human", muzzle="none"),
}

ANIMALS = Lexicon(
    {
        "fox": "fox vixen fuchs renard zorro volpe foxling",
        "wolf": "wolf husky coyote loup lobo",
        "raccoon": "raccoon racoon lemur",
        "badger": "badger skunk dachs",
        "rabbit": "rabbit bunny hare hase kaninchen lapin conejo",
        "panda": "panda",
        "koala": "koala",
        "bear": "bear cub teddy bär ours oso grizzly",
        "tiger": "tiger",
        "leopard": "leopard cheetah jaguar lynx",
        "lion": "lion lioness löwe león",
        "cat": "cat kitten kitty katze chat gato tomcat panther",
        "dog": "dog puppy pup hound terrier hund chien perro dachshund poodle dalmatian",
        "mouse": "mouse mice rat maus souris ratón shrew dormouse",
        "hamster": "hamster gerbil guinea-pig",
        "squirrel": "squirrel chipmunk eichhörnchen écureuil ardilla",
        "beaver": "beaver marmot",
        "otter": "otter seal walrus sea-lion weasel ferret",
        "hedgehog": "hedgehog porcupine igel hérisson erizo",
        "mole": "mole",
        "monkey": "monkey ape gorilla chimp affe singe mono",
        "sloth": "sloth",
        "kangaroo": "kangaroo wallaby",
        "moose": "moose elk",
        "deer": "deer fawn stag reindeer doe reh antelope",
        "unicorn": "unicorn einhorn licorne unicornio pegasus",
        "zebra": "zebra",
        "donkey": "donkey mule esel",
        "horse": "horse pony foal mare pferd cheval caballo",
        "giraffe": "giraffe",
        "camel": "camel llama alpaca",
        "cow": "cow calf bull ox kuh vache vaca",
        "goat": "goat kid-goat ibex ziege",
        "sheep": "sheep lamb ram ewe schaf mouton oveja",
        "pig": "pig piglet boar schwein cochon cerdo",
        "elephant": "elephant elefant éléphant elefante mammoth",
        "hippo": "hippo hippopotamus",
        "rhino": "rhino rhinoceros triceratops",
        "frog": "frog toad frosch grenouille rana newt",
        "crocodile": "crocodile alligator",
        "lizard": "lizard gecko chameleon salamander iguana",
        "turtle": "turtle tortoise schildkröte tortue tortuga",
        "dragon": "dragon drache dragón",
        "dinosaur": "dinosaur dino t-rex stegosaurus diplodocus brontosaurus dinosaurier",
        "penguin": "penguin pinguin puffin",
        "owl": "owl owlet eule hibou búho",
        "parrot": "parrot macaw",
        "robin": "robin",
        "crow": "crow raven blackbird magpie",
        "hen": "hen chicken rooster cockerel huhn",
        "chick": "chick duckling gosling canary",
        "duck": "duck goose swan ente canard",
        "flamingo": "flamingo stork heron crane ostrich",
        "bird": "bird sparrow wren swallow finch bluebird hummingbird seagull gull vogel oiseau pájaro eagle pelican",
        "bat": "bat",
        "bee": "bee bumblebee wasp firefly dragonfly biene",
        "butterfly": "butterfly moth schmetterling",
        "ladybird": "ladybird ladybug beetle ant spider bug cricket grasshopper",
        "whale": "whale orca wal",
        "dolphin": "dolphin narwhal",
        "shark": "shark",
        "fish": "fish goldfish seahorse salmon trout clownfish fisch poisson pez",
        "snail": "snail slug schnecke escargot caracol hermit",
        "worm": "worm caterpillar snake serpent raupe schlange inchworm eel",
        "octopus": "octopus squid jellyfish kraken oktopus crab",
        "robot": "robot android droid automaton roboter",
        "snowman": "snowman",
        "ghost": "ghost phantom spirit gespenst",
        "alien": "alien martian",
        "monster": "monster yeti troll ogre creature beast goblin furball critter gruffalo blob",
        "car": "car train tractor truck lorry bus van engine locomotive digger tram tugboat",
        "star": "star starlet",
        "moon": "moon",
        "sun": "sun",
        "cloud": "cloud raincloud",
    }
)

PEOPLE = Lexicon(
    {
        "girl": "girl daughter sister princess queen witch mermaid fairy woman mother mum mom mama lady aunt she her "
        "grandmother grandma granny nana mädchen fille niña ballerina heroine shepherdess",
        "boy": "boy son brother prince king wizard man father dad papa uncle he his grandfather grandpa granddad "
        "junge garçon niño knight sailor fisherman pirate baker farmer captain",
        "child": "child kid toddler baby person human astronaut explorer kind enfant niño gnome elf dwarf pixie "
        "gardener teacher doctor nurse chef painter inventor artist dancer giant clown they friend twin",
    }
)
