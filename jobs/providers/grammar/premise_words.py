"""Which words of a premise mean what: adjectives, verbs, themes, and the phrases that open or end a clause."""

from __future__ import annotations

ADJECTIVES = frozenset(
    (
        "brave little small tiny big huge great old young shy kind clever curious lonely happy sad sleepy "
        "grumpy funny silly cheeky lazy hungry friendly gentle magic magical naughty quiet noisy loud proud "
        "nervous clumsy forgetful fearless bold wise greedy jolly cheerful mischievous adventurous timid scared "
        "fluffy round fat thin tall short slow fast quick red blue green yellow orange purple pink white black "
        "brown grey golden silver spotted striped colourful colorful baby wild lost invisible flying talking "
        "dancing singing tired polite patient stubborn generous wooden enormous playful dreamy helpful careful "
        "messy tidy sparkly woolly rainbow bouncy plucky caring thoughtful honest energetic creative daring "
        "loyal calm sweet hopeful cautious witty dramatic bossy fierce strong warm-hearted optimistic"
    ).split()
)
VERBS = frozenset(
    (
        "win lose find make build bake cook fly swim sail go travel climb run jump dance sing play learn teach "
        "help save rescue meet befriend discover explore search look seek hunt plant grow paint draw write read "
        "ride drive catch hide visit share give take bring buy sell open close start stop try want wish dream "
        "love like hate need become be have get see hear smell taste feel eat drink sleep wake dig cross follow "
        "chase escape return leave arrive move live stay invent fix repair mend clean wash cut knit sew collect "
        "gather count ride skate ski slide swing throw kick hold hug kiss tell ask answer talk speak whisper "
        "shout laugh cry smile wait watch walk wander race swap steal keep hatch turn fall lead join celebrate "
        "decide solve believe imagine remember forget defeat fight protect guard stand cheer camp train adopt "
        "raise feed tame study tidy pack prepare organise organize host perform practise practice conquer "
        "overcome face breathe deliver do put set say know think care"
    ).split()
)
NOUNS_TOO = frozenset(
    "love race dream swing slide train dance play cut catch share hug kiss need camp set fight ride walk".split()
)
ADVERBS = frozenset(
    (
        "always never secretly really finally suddenly bravely accidentally only just also quickly slowly often "
        "still sometimes once one day must has had to will would could can"
    ).split()
)
NO_NAMES = frozenset(
    (
        "i a an the one two three monday tuesday wednesday thursday friday saturday sunday january february "
        "march april may june july august september october november december christmas easter halloween earth "
        "god english mum mom dad mummy mommy daddy grandma grandpa granny santa why how what when where who it "
        "he she they we you his her their our my your this that there once every all no if on in at to for from "
        "with and but or so as of by our new first last sharing caring learning being going making finding "
        "friendship courage bravery kindness"
    ).split()
)
OTHER_WORDS = {
    "grandma": "grandmother", "granny": "grandmother", "gran": "grandmother", "nana": "grandmother",
    "grandpa": "grandfather", "grandad": "grandfather", "granddad": "grandfather", "mum": "mother", "mom": "mother",
    "mummy": "mother", "mommy": "mother", "dad": "father", "daddy": "father", "daughter": "girl", "son": "boy",
    "kid": "child", "teddybear": "teddy bear", "dino": "dinosaur", "tyrannosaurus": "dinosaur", "t-rex": "dinosaur",
    "rooster": "cockerel", "chicken": "hen", "ladybug": "ladybird", "woman": "mother", "man": "father",
}  # fmt: skip
THEMES = {
    "sharing": "learn to share", "share": "learn to share", "courage": "be brave", "bravery": "be brave",
    "kindness": "be kind to everyone", "patience": "learn to wait", "honesty": "always tell the truth",
    "snow": "catch the first snowflake", "rain": "find out where the rain comes from",
    "rainbow": "slide down a rainbow",
    "star": "touch a star", "stars": "touch a star", "moon": "say good night to the moon", "music": "play a song",
    "spring": "wake up the spring", "summer": "make the summer last", "autumn": "catch a golden leaf",
    "winter": "catch the first snowflake", "christmas": "make the best Christmas ever", "easter": "paint an Easter egg",
    "birthday": "make the best birthday cake ever", "school": "find a friend at school",
    "magic": "learn one real spell",
    "football": "score a goal", "dancing": "dance for everyone", "singing": "sing in front of everyone",
    "teeth": "lose a wobbly tooth", "tooth": "lose a wobbly tooth", "potty": "sit on the potty",
}  # fmt: skip
PREPOSITIONS = frozenset("for with to of in on at from about into by under over through across around and near".split())
STATES = frozenset("be have love like hate need live know think feel want wish care believe".split())
MEETINGS = frozenset("meet befriend find help save rescue adopt hatch tame discover visit feed teach".split())
NUMBERS = {"two": 2, "three": 3, "four": 4, "twin": 2, "both": 2}
# A kind before one of these is no hero: a dragon egg, a train station, a bus stop.
COMPOUNDS = frozenset(
    (
        "egg eggs station stop stops cake cakes race costume show story stories book books house tail tooth "
        "teeth food dust light ship fish stone school ride set track bed box hat party driver captain museum "
        "market world land king queen princess prince conductor tamer keeper song dance game games sky garden"
    ).split()
)
