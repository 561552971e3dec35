"""Follows a story to its end over any number of connections: none of its events is missed, none counts twice.

The loop in short: hold the cursor of the last batch that was applied; whatever happens to the connection, wait a
little, subscribe again `after` that cursor, and go on. Only StoryEnded is the end.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Protocol, cast

from book import Batch, Book, Json, MissingText, apply, new_events

# Heartbeats come every 15 s: after 40 s of nothing, two are missing and the line is dead.
SILENCE_S = 40.0
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.1, 10.0


class Refused(Exception):
    """The server says no, and will say it again: the story is a stranger's, or this client's document is wrong."""


class SignedOut(Exception):
    """The session can't be renewed: ask who is there to sign in again."""


@dataclass(eq=False)
class Lost(Exception):
    """A connection has ended: with a WebSocket close code, with GraphQL errors, or with neither when it broke."""

    code: int | None = None
    errors: list[Json] = field(default_factory=list[Json])


class Session(Protocol):
    """A caller's tokens. `renew` raises SignedOut, or Lost where the network is the reason."""

    def authorization(self) -> str: ...

    async def renew(self) -> None: ...


# One connection: given an authorization and variables, the answers' `data`. It ends when the server completes the
# subscription, and raises Lost when the connection ends without that.
Subscribe = Callable[[str, Json], AsyncGenerator[Json]]


@dataclass(frozen=True)
class News:
    """The book after a batch and what was new in it; or, with `connected` false, that a connection is lost.

    What you keep to go on with later is `book` and `cursor`, always both together.
    """

    book: Book
    cursor: str | None
    events: list[Json]
    connected: bool


@dataclass(frozen=True)
class _Remedy:
    """What to do before trying again."""

    renew: bool = False
    start_over: bool = False
    wait_s: float = 0.0


async def follow(
    subscribe: Subscribe,
    session: Session,
    story_id: str,
    kept: News | None = None,
    silence_s: float = SILENCE_S,
) -> AsyncGenerator[News]:
    """News until the story has ended, from `kept` on if there is something kept. Raises Refused and SignedOut."""
    book, cursor = (kept.book, kept.cursor) if kept else (Book(), None)
    failures = 0
    while True:
        remedy = _Remedy()
        try:
            async with aclosing(subscribe(session.authorization(), {"storyId": story_id, "after": cursor})) as answers:
                while (batch := await _next_batch(answers, silence_s)) is not None:
                    # A batch that continues from elsewhere would leave a hole. Asked again, the server goes on from
                    # our cursor.
                    if not batch["reset"] and batch["previousCursor"] != cursor:
                        break
                    events = new_events(book, batch)
                    book, cursor, failures = apply(book, batch), batch["cursor"], 0
                    yield News(book, cursor, events, connected=True)
                    if book.ended:
                        return
        except MissingText:
            cursor = None
        except Lost as lost:
            remedy = _remedy_for(lost)
        yield News(book, cursor, [], connected=False)
        if remedy.start_over:
            cursor = None
        if remedy.renew:
            await _renew(session)
        # Full jitter: clients that were cut off together do not come back together.
        longest_s = min(LONGEST_WAIT_S, SHORTEST_WAIT_S * 2 ** min(failures, 10))
        failures += 1
        await asyncio.sleep(max(random.uniform(0, longest_s), remedy.wait_s))  # noqa: S311  # no secret


async def _next_batch(answers: AsyncGenerator[Json], silence_s: float) -> Batch | None:
    """None where the server has completed the subscription. Raises Lost, also after a silence."""
    try:
        async with asyncio.timeout(silence_s):
            data = await anext(answers, None)
    except TimeoutError:
        raise Lost from None
    return None if data is None else cast(Batch, data["storyProgress"])


def _remedy_for(lost: Lost) -> _Remedy:
    """Raises Refused where trying again is of no use."""
    first: Json = lost.errors[0] if lost.errors else {}
    extensions: Json = first.get("extensions") or {}
    match extensions.get("code", lost.code):
        case 4401 | 4403 | "UNAUTHENTICATED":
            return _Remedy(renew=True)
        case "BAD_USER_INPUT":  # a cursor that the server can't read
            return _Remedy(start_over=True)
        case "RATE_LIMITED":
            return _Remedy(wait_s=extensions.get("retryAfter", 1))
        case (
            4400
            | 4406
            | "NOT_FOUND"
            | "FORBIDDEN"
            | "COST_LIMIT"
            | "GRAPHQL_PARSE_FAILED"
            | "GRAPHQL_VALIDATION_FAILED"
        ) as code:
            raise Refused(first.get("message", f"The server closed the connection with code {code}."))
        case _:
            return _Remedy()


async def _renew(session: Session) -> None:
    with suppress(Lost):  # tried again with the next connection
        await session.renew()
