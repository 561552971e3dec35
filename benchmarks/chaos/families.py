"""The clients of the run: whatever happens to the house, they ask again, word for word, until they are answered."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from benchmarks.chaos.watch import Watch
from benchmarks.stage import follow_to_the_end
from schema.ids import row_id
from tests.harness import Api

ASKS_AT_MOST = 300
HEARD_WITHIN_S = 10.0
STORY_ENDED = "STORY_ENDED"

CREATE = """mutation($input: CreateStoryInput!) { answer: createStory(input: $input) { __typename
    ... on CreateStoryPayload { story { id pages { id } } } ... on UserError { message } } }"""
CANCEL = """mutation($input: CancelStoryInput!) { answer: cancelStory(input: $input) { __typename
    ... on CancelStoryPayload { story { status } } ... on UserError { message } ... on Conflict { reason } } }"""
RESUME = """mutation($input: ResumeStoryInput!) { answer: resumeStory(input: $input) { __typename
    ... on UserError { message } ... on Conflict { reason } } }"""
REDO = """mutation($input: RedoPageInput!) { answer: redoPage(input: $input) { __typename
    ... on UserError { message } ... on Conflict { reason } } }"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A story that was answered, with the ids as the API gives them."""

    story_id: UUID
    public_id: str
    page_ids: list[str]


@dataclass(slots=True)
class Tale:
    """One story that a family wants, and what it does to it on the way.

    `name` is the first word of its premise. `begins_s` is when it is asked for; `cancelled_after_s` is when it is
    stopped, to be resumed at once; `redone` are the parts of its first page that are made again in the end.
    """

    name: str
    begins_s: float
    pages: int
    cancelled_after_s: float | None
    redone: list[str]
    answers: list[Asked] = field(default_factory=list[Asked])
    heard: bool = False
    """Whether somebody who followed it afterwards was told its end."""


def tales(chance: random.Random, count: int, span_s: float) -> list[Tale]:
    """The first begins at once. Every fourth is cancelled and resumed, every fourth is redone."""
    return [
        Tale(
            name=f"tale-{number}",
            begins_s=0.0 if number == 0 else chance.uniform(0, span_s),
            pages=chance.randint(2, 4),
            cancelled_after_s=chance.uniform(0.5, 5.0) if number % 4 == 1 else None,
            redone=chance.choice([["IMAGE"], ["TEXT"], ["AUDIO"], ["TEXT", "IMAGE"]]) if number % 4 == 3 else [],
        )
        for number in range(count)
    ]


async def insist(api: Api, query: str, **given: Any) -> dict[str, Any]:
    """The answer to a verb, asked for until there is one. Raises RuntimeError where there never is."""
    told: object = "nothing"
    for _ in range(ASKS_AT_MOST):
        try:
            body = await api.post(query, input=given)
        except (httpx.HTTPError, ValueError) as error:
            told = repr(error)
        else:
            told = body
            answer: dict[str, Any] = {} if "errors" in body else body["data"]["answer"]
            if answer.get("__typename", "Unavailable") != "Unavailable":
                return answer
        await asyncio.sleep(0.2)
    raise RuntimeError(f"no answer but {told}")


async def ask_for(api: Api, name: str, pages: int, key: str | None = None) -> Asked:
    """Asks for a narrated story."""
    premise = f"{name} is about a hedgehog who walks along a river"
    answer = await insist(api, CREATE, premise=premise, pageCount=pages, narrated=True, idempotencyKey=key)
    if answer["__typename"] != "CreateStoryPayload":
        raise RuntimeError(f"the story was not taken: {answer}")
    story = answer["story"]
    story_id = row_id(story["id"], "Story")
    if story_id is None:
        raise RuntimeError(f"not a story's id: {story['id']}")
    return Asked(story_id, story["id"], [page["id"] for page in story["pages"]])


class Family:
    """One account and its tales."""

    def __init__(self, api: Api, watch: Watch, chance: random.Random) -> None:
        self._api = api
        self._watch = watch
        self._chance = chance

    async def want(self, tale: Tale) -> None:
        """Has a tale made to its end, with everything that is to happen to it on the way."""
        await asyncio.sleep(tale.begins_s)
        tale.answers += await self._thrice(lambda: ask_for(self._api, tale.name, tale.pages, f"create {tale.name}"))
        asked = tale.answers[0]
        if tale.cancelled_after_s is not None:
            await asyncio.sleep(tale.cancelled_after_s)
            await insist(self._api, CANCEL, id=asked.public_id)
            await self._twice(RESUME, id=asked.public_id, idempotencyKey=f"resume {tale.name}")
        await self._watch.ended(asked.story_id)
        if tale.redone:
            page = asked.page_ids[0]
            await self._twice(REDO, pageId=page, parts=tale.redone, idempotencyKey=f"redo {tale.name}")
            await self._watch.ended(asked.story_id)

    async def hear(self, tale: Tale) -> None:
        """Follows the story as somebody who comes when all is over, and notes whether the end is told."""
        with contextlib.suppress(TimeoutError, RuntimeError):
            async with asyncio.timeout(HEARD_WITHIN_S):
                await follow_to_the_end(self._api, tale.answers[0].public_id)
                tale.heard = True

    async def _thrice(self, ask: Callable[[], Awaitable[Asked]]) -> list[Asked]:
        """Twice at the same moment, and a third time after that."""
        answers = list(await asyncio.gather(ask(), ask()))
        await asyncio.sleep(self._chance.uniform(0.0, 1.0))
        return [*answers, await ask()]

    async def _twice(self, query: str, **given: Any) -> None:
        await asyncio.gather(insist(self._api, query, **given), insist(self._api, query, **given))


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A story that was stopped, and when the answer was there, in seconds since the epoch."""

    story_id: UUID
    name: str
    answered_at: float


async def cancel_one(api: Api, name: str, chance: random.Random) -> Cancelled | None:
    """Asks for a small story and stops it at a random moment; None where it had ended by then."""
    asked = await ask_for(api, name, pages=chance.randint(1, 2))
    await asyncio.sleep(chance.uniform(0.0, 4.0))
    answer = await insist(api, CANCEL, id=asked.public_id)
    answered_at = time.time()
    return None if answer.get("reason") == STORY_ENDED else Cancelled(asked.story_id, name, answered_at)
