"""What may go wrong, and what the person who asked is told.

    StoryCanvasError
    ├── Refusal                  the user can mend it; a member of the verb's result union
    │   ├── InvalidInput         problems, each with the path of the offending value
    │   ├── NotFound             gone, never there, or somebody else's: nobody learns which
    │   ├── Conflict             the state of things does not allow this now
    │   ├── OutOfCredits         needed, available
    │   ├── ContentRejected      not for children; categories
    │   ├── Unavailable          a vendor is down or a ceiling is reached; nothing was charged
    │   ├── ConsentRequired      a parent has to agree first; the version of the wording
    │   ├── EmailTaken
    │   └── InvalidCredentials
    ├── Unauthenticated          no token, or one that is not valid (any more)
    ├── Forbidden                a valid token that may not do this
    ├── BadUserInput             a bad id, cursor or argument outside of a verb's input
    ├── RateLimited              retry_after_s
    │   └── OutOfPoints          cost, left
    ├── CostLimit                one operation asks for too much: what, asked, most
    └── Fenced                   another worker has the story, or it was cancelled: stop, change nothing

Errors carry facts; `message` is the one place that finds the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class StoryCanvasError(Exception):
    """Base of every error that the project raises on purpose."""

    @property
    def message(self) -> str:
        return "Something went wrong."

    def __str__(self) -> str:
        return self.message


class Refusal(StoryCanvasError):
    """The user can mend it. Becomes a member of the verb's result union."""


@dataclass(frozen=True, slots=True)
class InputProblem:
    """`path` is the way to the offending value inside `input`."""

    path: tuple[str, ...]
    message: str


class InvalidInput(Refusal):
    def __init__(self, problems: Iterable[InputProblem]) -> None:
        super().__init__()
        self.problems = tuple(problems)

    @classmethod
    def at(cls, field: str, message: str) -> InvalidInput:
        return cls([InputProblem((field,), message)])

    @property
    def message(self) -> str:
        return " ".join(problem.message for problem in self.problems)


class NotFound(Refusal):
    """`id` is the id exactly as it was given, or that of the row that was looked for; `kind` as in `apiKey`."""

    def __init__(self, id: str | UUID, kind: str = "object") -> None:
        super().__init__()
        self.id = id
        self.kind = kind

    @property
    def message(self) -> str:
        words = re.sub("[A-Z]", lambda letter: f" {letter[0].lower()}", self.kind)
        return f"There is no such {words}."


class ConflictReason(StrEnum):
    STORY_ENDED = "STORY_ENDED"
    STORY_NOT_ENDED = "STORY_NOT_ENDED"
    STORY_COMPLETE = "STORY_COMPLETE"
    PART_BUSY = "PART_BUSY"
    TOO_MANY_STORIES = "TOO_MANY_STORIES"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    ALREADY_SUBSCRIBED = "ALREADY_SUBSCRIBED"
    NOTHING_BOUGHT = "NOTHING_BOUGHT"


_CONFLICTS = {
    ConflictReason.STORY_ENDED: "The story has already ended.",
    ConflictReason.STORY_NOT_ENDED: "The story is still being made. Wait for its end, or cancel it first.",
    ConflictReason.STORY_COMPLETE: "Nothing is missing from this story.",
    ConflictReason.PART_BUSY: "This part is being made just now. Wait until it is ready.",
    ConflictReason.TOO_MANY_STORIES: "Too many stories are being made at once. Wait until one has ended.",
    ConflictReason.IDEMPOTENCY_KEY_REUSED: "This idempotency key was used before, with other input. Take a new one.",
    ConflictReason.ALREADY_SUBSCRIBED: "There is a subscription already. Change it in the billing portal.",
    ConflictReason.NOTHING_BOUGHT: "Nothing was bought with this account yet. Start a checkout first.",
}


class Conflict(Refusal):
    def __init__(self, reason: ConflictReason) -> None:
        super().__init__()
        self.reason = reason

    @property
    def message(self) -> str:
        return _CONFLICTS[self.reason]


class OutOfCredits(Refusal):
    def __init__(self, needed: int, available: int) -> None:
        super().__init__()
        self.needed = needed
        self.available = available

    @property
    def message(self) -> str:
        return f"This costs {self.needed} credits, and {self.available} are available. Buy some, or ask for less."


class ContentRejected(Refusal):
    def __init__(self, categories: Sequence[str]) -> None:
        super().__init__()
        self.categories = tuple(categories)

    @property
    def message(self) -> str:
        return "This is not something for a children's book. Please say it in another way."


class Unavailable(Refusal):
    def __init__(self, what: str, retry_after_ms: int | None = None) -> None:
        super().__init__()
        self.what = what
        self.retry_after_ms = retry_after_ms

    @property
    def message(self) -> str:
        return f"{self.what} Nothing was charged. Please try again later."


class ConsentRequired(Refusal):
    def __init__(self, version: str) -> None:
        super().__init__()
        self.version = version

    @property
    def message(self) -> str:
        return "A parent has to agree first. Show them the wording that `consent` gives, and call `giveConsent`."


class EmailTaken(Refusal):
    @property
    def message(self) -> str:
        return "There is already an account with this e-mail address. Sign in instead."


class InvalidCredentials(Refusal):
    """The same words for an unknown address, a wrong password and a token that is not valid any more."""

    @property
    def message(self) -> str:
        return "These credentials are not valid. Check them, or sign in again."


class Unauthenticated(StoryCanvasError):
    @property
    def message(self) -> str:
        return "Sign in first: send `Authorization: Bearer <access token>`, or refresh a token that has expired."


class Forbidden(StoryCanvasError):
    @property
    def message(self) -> str:
        return "This token may not do that."


class BadUserInput(StoryCanvasError):
    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words

    @property
    def message(self) -> str:
        return self.words


class RateLimited(StoryCanvasError):
    def __init__(self, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s

    @property
    def message(self) -> str:
        return f"Too many attempts. Try again in {self.retry_after_s} seconds."


class OutOfPoints(RateLimited):
    """The caller's points do not suffice for this operation, and did for many before it."""

    def __init__(self, cost: int, left: int, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.cost = cost
        self.left = left

    @property
    def message(self) -> str:
        few = f"This costs {self.cost} points, and {self.left} are left."
        return f"{few} Try again in {self.retry_after_s} seconds."


class CostLimit(StoryCanvasError):
    """`most` is the limit of `what`, and `asked` is beyond it."""

    def __init__(self, what: str, asked: int, most: int) -> None:
        super().__init__()
        self.what = what
        self.asked = asked
        self.most = most

    @property
    def message(self) -> str:
        return f"An operation takes up to {self.most:,} {self.what}, and this one asks for {_many(self.asked)}."


def _many(number: int) -> str:
    return f"{number:,}" if number < 1_000_000 else "far more"


class Fenced(StoryCanvasError):
    @property
    def message(self) -> str:
        return "Another worker has taken this story over, or it was cancelled."
