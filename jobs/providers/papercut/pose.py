"""What a body does with its limbs, and what a face shows. Units are a figure's own: it stands on y = 0, is about 200
high, and looks to the right."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .shapes import Point
from .wording import Lexicon

Eyes = Literal["open", "closed", "happy", "wide", "sad"]
Mouth = Literal["smile", "laugh", "round", "small", "sad"]
Posture = Literal["upright", "seated", "lying", "level"]


@dataclass(frozen=True, slots=True)
class Pose:
    """`back` and `front` are the hands, `heel` and `toe` the feet behind and ahead; `lean` and `tilt` in degrees.

    `lift` is how far it is off the ground; a `level` posture flies or swims lengthwise."""

    back: Point = (-44, -52)
    front: Point = (44, -52)
    heel: Point = (-17, 0)
    toe: Point = (17, 0)
    lean: float = 0.0
    tilt: float = 0.0
    turn: float = 0.45
    lift: float = 0.0
    posture: Posture = "upright"
    gaze: Point = (1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Expression:
    eyes: Eyes = "open"
    mouth: Mouth = "smile"


CALM = Expression()

POSES: dict[str, Pose] = {
    "stand": Pose(),
    "wave": Pose(front=(56, -132), back=(-42, -54), tilt=-5, lean=-2),
    "point": Pose(front=(70, -98), back=(-40, -50), lean=4, gaze=(1.4, -0.3)),
    "walk": Pose(front=(40, -62), back=(-40, -60), heel=(-26, -3), toe=(26, 0), lean=4),
    "run": Pose(front=(46, -80), back=(-46, -66), heel=(-42, -16), toe=(36, -4), lean=13, lift=6, tilt=-6),
    "jump": Pose(
        front=(54, -134), back=(-54, -130), heel=(-36, 2), toe=(34, -6), lift=62, lean=4, tilt=-4, gaze=(0.6, -1.2)
    ),
    "cheer": Pose(front=(50, -136), back=(-50, -136), heel=(-20, 0), toe=(20, -4), tilt=4, gaze=(0.3, -1)),
    "dance": Pose(front=(58, -112), back=(-54, -74), heel=(-22, 0), toe=(30, -16), lean=-7, tilt=8, lift=4),
    "hold": Pose(front=(26, -66), back=(-10, -62), turn=0.3),
    "hold_up": Pose(front=(56, -108), back=(-42, -52), lean=-2, gaze=(1.3, -0.8)),
    "read": Pose(front=(26, -62), back=(-8, -60), posture="seated", tilt=6, gaze=(0.6, 1.6), turn=0.3),
    "eat": Pose(front=(24, -74), back=(-12, -64), turn=0.25, posture="seated"),
    "hug": Pose(front=(56, -82), back=(30, -74), lean=7, tilt=8, turn=0.7),
    "look_up": Pose(front=(36, -60), back=(-40, -54), tilt=-15, gaze=(0.9, -2.2), lean=-3),
    "look_down": Pose(front=(34, -48), back=(-32, -50), tilt=11, gaze=(1.2, 2.0), lean=10),
    "dig": Pose(front=(46, -42), back=(14, -62), heel=(-26, 0), toe=(22, 0), lean=17, tilt=4, gaze=(1.2, 1.6)),
    "sit": Pose(front=(34, -44), back=(-34, -40), posture="seated"),
    "climb": Pose(
        front=(46, -140), back=(-46, -98), heel=(-12, -2), toe=(26, -30), lean=6, tilt=-10, gaze=(0.8, -2), lift=10
    ),
    "fly": Pose(front=(74, -112), back=(-70, -98), heel=(-12, 4), toe=(14, 8), posture="level", gaze=(1.2, -0.4)),
    "swim": Pose(front=(66, -128), back=(-58, -70), heel=(-16, 4), toe=(18, 8), posture="level", gaze=(1.2, 0)),
    "float": Pose(front=(52, -118), back=(-50, -96), heel=(-20, 2), toe=(16, 8), lean=-8, lift=26, tilt=6),
    "push": Pose(front=(58, -86), back=(48, -72), heel=(-40, -2), toe=(16, 0), lean=16),
    "sleep": Pose(posture="lying", turn=0.4, tilt=14),
}
"""Every pose that `action` may ask for by name."""

_DEEDS = Lexicon(
    {
        "sleep": "sleep sleeps asleep dream nap snore doze rest lie schlafen dormir slumber snuggle slept",
        "fly": "fly flew soar glide hover fliegen voler volar flutter",
        "swim": "swim swam dive dived paddle snorkel schwimmen nager nadar",
        "sail": "sail row drift voyage boat steer segeln",
        "hug": "hug cuddle embrace kiss umarmen comfort hold-hands hugged",
        "read": "read study lesen lire leer write draw paint",
        "eat": "eat ate munch nibble taste bite lick drink sip share picnic feast essen manger comer bake breakfast",
        "run": "run ran chase race rush hurry gallop flee escape laufen courir "
        "correr dash skate ride roll slide ski sledge",
        "jump": "jump leap hop bounce skip springen sauter saltar splash",
        "climb": "climb scramble klettern grimper",
        "dig": "dig dug plant rake build sweep shovel graben",
        "dance": "dance twirl spin tanzen swing play sway",
        "sing": "sing sang hum whistle call shout roar howl singen chanter cantar",
        "cheer": "stretch wake woke yawn cheer celebrate clap laugh giggle hooray win won throw catch juggle toss",
        "look_up": "gaze wish stargaze watch stare staring admire wonder listen look-up",
        "look_down": "find found discover search look peek peer inspect sniff bend notice follow kneel spot",
        "gather": "collect gather",
        "hold_up": "hold held lift raise show carry light hang lead reach pull catch fish",
        "hold": "bring give gave gift offer take cook stir mix wrap hand receive open pour clutch keep knit make",
        "push": "push shove knock",
        "wave": "wave greet welcome goodbye hello meet met thank wink say ask tell talk answer whisper invite",
        "sit": "sit sat wait think perch rest sitting",
        "float": "float tumble bob fall fell",
        "walk": "walk wander stroll tiptoe march hike follow creep explore travel step crawl go come "
        "gehen marcher arrive",
        "point": "point show guide",
        "stand": "stand stop pause hide",
    },
    verbs=True,
)

_FLOWN = re.compile(r"\b(?:kite|balloon|drone|plane)")
"""What is flown by somebody whose feet stay on the ground."""

_FEELINGS = Lexicon(
    {
        "sad": "sad lonely cry tear weep sob miss sorrow upset lost hurt sorry traurig blue",
        "scared": "scare afraid fright fear tremble shiver worry nervous spooky thunder shak hide startled",
        "laugh": "laugh giggle joy happy cheer hooray glad delight celebrate fun play dance jump win won smile grin",
        "wonder": "surprise gasp wonder amaze discover find found wow magic astonish sudden marvel",
        "sing": "sing sang call shout roar howl",
        "sleep": "sleep asleep dream snore nap slept",
    },
    verbs=True,
)

_FACES: dict[str, Expression] = {
    "sad": Expression("sad", "sad"),
    "scared": Expression("wide", "small"),
    "laugh": Expression("happy", "laugh"),
    "wonder": Expression("wide", "round"),
    "sing": Expression("happy", "round"),
    "sleep": Expression("closed", "small"),
}


def deed_in(*texts: str) -> str:
    """What is being done, as a key: a pose's name, or `sail` or `sing`, which need more than a pose."""
    found = _DEEDS.first_in(*texts) or "stand"
    if found == "fly" and _FLOWN.search(" ".join(texts).lower()):
        return "hold_up"
    return "hold" if found == "gather" else found


def look_up_asked(text: str) -> bool:
    lowered = text.lower()
    return any(
        phrase in lowered
        for phrase in ("look up", "looking up", "looks up", "at the stars", "at the moon", "at the sky")
    )


def face_for(*texts: str) -> Expression:
    feeling = _FEELINGS.first_in(*texts)
    return _FACES.get(feeling, Expression()) if feeling else Expression()
