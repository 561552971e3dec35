"""The words that fill a scene's slots: who is in it, what they want, where they are."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.providers.grammar.arc import Scene, dwelling
from jobs.providers.grammar.casting import Troupe
from jobs.providers.grammar.english import capitalised, listed, possessive, with_article
from jobs.providers.grammar.lexicon import Place, places
from jobs.providers.grammar.people import Person
from jobs.providers.grammar.premise import Premise

_FORMS = {
    "he": {"he": "he", "him": "him", "his": "his", "himself": "himself"},
    "she": {"he": "she", "him": "her", "his": "her", "himself": "herself"},
    "they": {"he": "they", "him": "them", "his": "their", "himself": "themselves"},
}
_HOMES = {
    "garden": "at the bottom of the garden",
    "forest": "in the forest, under an old oak tree",
    "meadow": "in the meadow, behind the tallest daisies",
    "pond": "by the pond, among the reeds",
    "river": "by the river, under a willow tree",
    "beach": "in a little blue house by the sea",
    "harbour": "in the harbour, next to the old boats",
    "lighthouse": "in a lighthouse, right at the top",
    "mountain": "high up on a mountain",
    "snow": "in the snow, at the foot of a mountain",
    "cave": "in a dry and cosy cave",
    "desert": "at the edge of the desert",
    "village": "in a little house in the village",
    "farm": "on a farm, behind the red barn",
    "castle": "in a castle with a crooked tower",
    "bedroom": "in a bedroom, on the highest shelf",
    "reef": "on the coral reef, behind a pink sponge",
    "moon": "on the moon, in a cosy crater",
    "spaceship": "in a spaceship among the stars",
    "planet": "on a small red planet",
}
_COMPANY = 2  # as many companions as a page can show beside its hero and whoever is met


def company(troupe: Troupe, page: int) -> tuple[Person, ...]:
    """The companions who are on a page: two at a time, taking turns where there are more."""
    if len(troupe.companions) <= _COMPANY:
        return troupe.companions
    turn = page * _COMPANY
    return tuple(troupe.companions[(turn + step) % len(troupe.companions)] for step in range(_COMPANY))


def slots_of(
    premise: Premise,
    troupe: Troupe,
    scene: Scene,
    page: int,
    words_of_goal: int,
    introduced: bool,
    names: dict[str, str],
) -> dict[str, str]:
    """Every slot's words. `names` maps keys to the names a plan gives; `introduced` says that who is met is known."""
    hero, along = troupe.hero, company(troupe, page)
    forms = _FORMS[hero.pronoun]
    group = [names[person.sheet.key] for person in (hero, *along)]
    place = places()[scene.place]
    home = _HOMES[dwelling(premise, troupe)]
    slots = {
        **forms,
        "H": group[0],
        "Hs": possessive(group[0]),
        "HC": listed(group),
        "C": group[1 + page % len(along)] if along else "",
        "company": listed([names[person.sheet.key] for person in troupe.companions]) if along else "",
        "they": "they" if along else forms["he"],
        "them": "them" if along else forms["him"],
        "their": "their" if along else forms["his"],
        "a_kind": with_article(hero.kind or "hero"),
        "intro": hero.intro,
        "wear": hero.wears,
        "trait": hero.trait,
        "chant": hero.being.chant if hero.being else "Tip, tap, tip",
        "moved": hero.being.moved if hero.being else "skipped",
        "home_in": home,
        "setting": premise.setting,
        "others": _others(troupe, along, names),
        **_of_goal(premise, hero, words_of_goal),
        **_of_place(place),
        **_of_met(troupe, scene, introduced, names),
    }
    slots["helper"] = group[1] if along else slots["E1"] or "the wind"
    friends = [*group[1:], *(names[met.sheet.key] for met in troupe.met)]
    slots["friends"] = listed(friends) if len(friends) > 1 else "everyone"
    slots["friends_cap"] = capitalised(slots["friends"])
    if troupe.late is not None:
        slots.update(L=names[troupe.late.sheet.key], L_kind=troupe.late.kind or "stranger")
    return slots


def _others(troupe: Troupe, along: Sequence[Person], names: dict[str, str]) -> str:
    rest = [names[person.sheet.key] for person in troupe.companions if person not in along]
    return capitalised(listed(rest)) if rest else ""


def _of_goal(premise: Premise, hero: Person, words: int) -> dict[str, str]:
    forms = _FORMS[hero.pronoun]
    goal = premise.goal.said_of(forms["him"], forms["his"])
    cut, short = goal.shortened(words), goal.shortened(4)
    thing = (
        premise.thing.replace("his ", forms["his"] + " ").replace("her ", forms["his"] + " ") if premise.thing else ""
    )
    bare = (
        thing.split(" ", 1)[1] if thing.split(" ", 1)[0] in ("a", "an", "the", forms["his"]) and " " in thing else thing
    )
    plain = (
        thing if not thing or thing.startswith(("the ", forms["his"] + " ")) or thing[0].isupper() else f"the {bare}"
    )
    return {
        "goal": cut.base,
        "goal_past": cut.done,
        "goal_s": cut.does,
        "goal_short": short.base,
        "goal_s_short": short.does,
        "thing": thing,
        "the_thing": plain,
        "my_thing": f"my {bare}" if thing.startswith(forms["his"] + " ") else plain,
        "bare_thing": bare,
    }


def _of_place(place: Place) -> dict[str, str]:
    return {
        "in_place": place.inside,
        "the_place": place.the,
        "the_place_cap": capitalised(place.the),
    }


def _of_met(troupe: Troupe, scene: Scene, introduced: bool, names: dict[str, str]) -> dict[str, str]:
    slots = {"E": "", "Es": "", "E1": "", "E_kind": "", "E_new": "", "E_sound": ""}
    if troupe.met:
        slots["E1"] = names[troupe.met[0].sheet.key]
        slots["E1_like"] = with_article(troupe.met[0].encounter.kind)
        who = troupe.met[scene.met if scene.met is not None else -1]
        encounter, name = who.encounter, names[who.sheet.key]
        forms = _FORMS[encounter.pronoun]
        slots.update(
            E=name,
            Es=possessive(name),
            E_kind=encounter.kind,
            E_new=name if introduced else f"{name} the {encounter.kind}",
            E_look=encounter.look,
            E_he=forms["he"],
            E_him=forms["him"],
            E_his=forms["his"],
        )
        for key in ("sound", "way", "sleeps", "game", "dread", "mistake", "gift"):
            slots[f"E_{key}"] = encounter.says[key]
    return slots


def sayings(troupe: Troupe, scene: Scene) -> dict[str, str]:
    """What whoever is met brings about, as templates: they have slots of their own."""
    if not troupe.met or scene.met is None:
        return {}
    says = troupe.met[scene.met].encounter.says
    return {f"E_{key}": says[key] for key in ("muddle", "awake", "upset")}
