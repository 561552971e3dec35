"""What verbs on stories share: answering a repeated one as before, and asking for (more of) a story to be made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from uuid import UUID

import orjson
from sqlmodel import col

from jobs.queue import MakeStory
from jobs.work import Work
from models import billing, endings, generation
from models.billing import Cause
from models.database import Session
from models.errors import Conflict, ConflictReason, InvalidInput, Unavailable
from models.generation import Step, StepState
from models.idempotency import Repeatable
from models.stories import Story, readable_by
from models.vocabulary import StoryStatus
from resolvers.availability import check_vendors
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.inputs import is_storable
from resolvers.listing import count_of


def repeatable(caller: Caller, key: str | None, verb: str, *given: object) -> Repeatable:
    """The verb and what it was given, under the caller's key. Raises InvalidInput for a key that can't be kept."""
    if key is not None and not (is_storable(key) and 1 <= len(key) <= 200):
        raise InvalidInput.at("idempotencyKey", "An idempotency key takes 1 to 200 characters.")
    kind = ["sandbox"] if caller.sandbox else []
    digest = hashlib.sha256(orjson.dumps([verb, *given, *kind], default=str)).digest()
    return Repeatable(caller.account_id, key, digest)


async def check_room(house: House, session: Session, account_id: UUID, *, sandbox: bool) -> None:
    """Raises Conflict where too many of the account's stories are being made. The caller has locked the account.

    Stories of the sandbox and real ones are counted apart: a partner's tests take no room from its customers.
    """
    under_way = readable_by(account_id).where(
        col(Story.status).in_((StoryStatus.QUEUED, StoryStatus.GENERATING)), col(Story.sandbox) == sandbox
    )
    if await count_of(session, under_way) >= house.stories_at_once:
        raise Conflict(ConflictReason.TOO_MANY_STORIES)


async def check_open(house: House, story: Story) -> None:
    """Raises Unavailable where nothing more can be begun for the story at present: no money is left for today, or a
    vendor of it does not answer.

    It asks Redis, so it is called before the transaction that locks the story.
    """
    if not story.sandbox:
        await house.spending.check()
    await check_vendors(house.limits, house.ports, story)


async def ask_again(
    house: House,
    work: Work,
    story: Story,
    steps: Mapping[str, Step],
    prices: Mapping[str, int],
    cause: Cause,
    instruction: str | None = None,
) -> Story:
    """Has a new version of each step that `prices` names made; gives the story as it is then.

    The caller has asked `check_open`, and has locked the story and its account. What those steps stand on is made first
    where it is not there. A story that is under way takes the new steps along; one that has ended is queued again. In a
    sandbox story nothing costs anything. Raises Conflict, OutOfCredits, Unavailable.
    """
    if not house.ports.can_make(story.writer, story.painter, story.narrator if story.narrated else None):
        raise Unavailable("A service that this story was begun with is not there at present.")
    ended = story.status.ended
    if ended:
        await check_room(house, work.session, story.account_id, sandbox=story.sandbox)
    if ended:
        await generation.add_versions(work.session, steps, _foundations(steps, prices))
    if story.sandbox:
        prices = dict.fromkeys(prices, 0)
    added = await generation.add_versions(work.session, steps, prices, instruction)
    priced = [step for step in added if step.price]
    if priced:
        first = priced[0]
        total = sum(step.price for step in priced)
        await billing.reserve(work.session, story, first.key, first.version, total, cause)
    if not ended:
        return story
    story = await endings.reopen_story(work.session, story.id)
    work.ask(MakeStory(story.id, story.generation), story.id)
    return story


def _foundations(steps: Mapping[str, Step], wanted: Mapping[str, int]) -> dict[str, int]:
    """The plan, and for pictures the portraits, where earlier tries came to nothing; they cost nothing."""
    pictures = any(key.startswith("image:") for key in wanted)
    return {
        key: 0
        for key, step in steps.items()
        if step.state is not StepState.DONE and (key == "plan" or (pictures and key.startswith("portrait:")))
    }
