"""Changing: one input and one result a verb."""

from __future__ import annotations

import strawberry

from schema.account_verbs import AccountVerbs
from schema.character_verbs import CharacterVerbs
from schema.key_verbs import KeyVerbs
from schema.money_verbs import MoneyVerbs
from schema.page_verbs import PageVerbs
from schema.personal_verbs import PersonalVerbs
from schema.signing_in_verbs import SigningInVerbs
from schema.story_verbs import StoryVerbs


@strawberry.type(description="Everything that can be changed.")
class Mutation(
    PageVerbs, StoryVerbs, CharacterVerbs, KeyVerbs, PersonalVerbs, SigningInVerbs, MoneyVerbs, AccountVerbs
):
    """Verbs live beside the inputs and results of their noun."""
