"""Where a page happens. A place is built behind the cast and, a little, in front of it."""

from __future__ import annotations

import re

from ..wording import Lexicon
from . import buildings, countryside, indoors, town, waterside, wilds, wonders
from .place import Place

PLACES: dict[str, Place] = {
    **countryside.PLACES,
    **wilds.PLACES,
    **waterside.PLACES,
    **town.PLACES,
    **indoors.PLACES,
    **wonders.PLACES,
}

__all__ = ["PLACES", "Place", "buildings", "place_for"]

_WORDS = Lexicon(
    {
        "underwater": "underwater reef seabed undersea coral lagoon ocean-floor aquarium depths",
        "bedroom": "bedroom bed pillow nursery cot blanket attic crib bunk pyjamas schlafzimmer",
        "kitchen": "kitchen bakery oven stove cafe café restaurant küche pantry table dining",
        "library": "library bookshop bookstore study archive bibliothek shelf museum",
        "school": "school classroom kindergarten lesson schule desk",
        "house": "room parlour parlor lounge hall fireplace hearth sofa living-room home inside "
        "indoors workshop shop den burrow nest",
        "space": "space moon planet star galaxy rocket spaceship asteroid orbit mars weltraum comet universe",
        "sky": "sky cloud air above heaven balloon himmel rainbow wind",
        "castle": "castle palace tower fortress throne schloss château kingdom drawbridge",
        "cave": "cave cavern grotto tunnel mine höhle underground lair",
        "boat": "boat ship raft canoe deck sail ferry sailboat schiff yacht aboard",
        "beach": "beach shore coast seaside sand island strand plage harbour harbor pier lighthouse dune bay cove",
        "sea": "sea ocean waves meer mer",
        "lake": "lake pond see lac swamp marsh pool lily",
        "river": "river stream brook creek waterfall bridge bank fluss rivière",
        "mountain": "mountain peak cliff summit hill hilltop volcano berg montagne ridge valley slope",
        "snow": "snow ice iceberg arctic antarctic glacier winter frozen igloo schnee neige north-pole",
        "desert": "desert dune oasis cactus wüste canyon savanna savannah",
        "jungle": "jungle rainforest tropics palm",
        "city": "city town downtown skyscraper square market avenue rooftop stadt ville bus",
        "village": "village cottage lane hut hamlet dorf fair festival inn",
        "train": "train station railway platform rail carriage bahnhof gare",
        "farm": "farm barn field stable haystack farmyard orchard bauernhof ferme pasture windmill",
        "garden": "garden greenhouse yard backyard park playground flowerbed garten jardin allotment vegetable",
        "meadow": "meadow clearing grass prairie flowers countryside wiese field picnic",
        "forest": "forest wood woods woodland tree trees grove thicket wald forêt bosque oak glade",
    }
)
_VAGUE = Lexicon({"city": "street pavement", "village": "road path way gate"})
"""Words that say little beside others: a village street is a village."""
_BELOW = re.compile(
    r"(?:under|below|beneath) (?:the )?(?:sea|ocean|water|waves)|sea ?floor|ocean ?floor|sunken", re.IGNORECASE
)
_ANYWHERE = ("forest", "meadow", "garden", "village", "mountain", "lake")


def place_for(*texts: str, otherwise: str) -> str:
    """The key of the place that the first telling text speaks of."""
    for text in texts:
        if _BELOW.search(text):
            return "underwater"
        if key := _WORDS.subject_of(text) or _VAGUE.subject_of(text):
            return key
    return otherwise


def somewhere(number: int) -> str:
    """A place for words that name none."""
    return _ANYWHERE[number % len(_ANYWHERE)]
