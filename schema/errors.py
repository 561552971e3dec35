"""Refusals as GraphQL names them, and how an error of the house becomes one."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar
from uuid import UUID

import strawberry
from strawberry import field

from models import errors
from models.errors import ConflictReason
from schema.ids import global_id

P = ParamSpec("P")
R = TypeVar("R")


@strawberry.interface(description="Something that the user can mend. Select `message` to survive new members.")
class UserError:
    message: str = field(description="For people; says what to do next.")


@strawberry.type(description="One thing that is wrong with an input.")
class InputProblem:
    path: list[str] = field(description="The way to the offending value inside `input`.")
    message: str = field(description="What is wrong with it.")


@strawberry.type(description="The input breaks a rule; nothing was stored.")
class InvalidInput(UserError):
    problems: list[InputProblem] = field(description="Everything that is wrong, at once.")


@strawberry.type(description="Not there, or not yours; nobody learns which.")
class NotFound(UserError):
    id: strawberry.ID = field(description="The id that was given.")


@strawberry.type(description="The state of things does not allow this now.")
class Conflict(UserError):
    reason: ConflictReason = field(description="What stands in the way.")


@strawberry.type(description="It can't be done at present. Nothing was charged.")
class Unavailable(UserError):
    retry_after_ms: int | None = field(description="When to try again, in milliseconds, where that is known.")


@strawberry.type(description="The account has fewer credits than this costs. Nothing was charged.")
class OutOfCredits(UserError):
    needed: int = field(description="What it costs, in credits.")
    available: int = field(description="What the account has, in credits.")


@strawberry.type(description="Not something for a children's book. Nothing was charged.")
class ContentRejected(UserError):
    categories: list[str] = field(description="Why, in the moderator's standard words.")


@strawberry.type(description="A parent has to agree before the first story: see `consent` and `giveConsent`.")
class ConsentRequired(UserError):
    version: str = field(description="The version of the wording to agree to.")


@strawberry.type(description="There is already an account with this address.")
class EmailTaken(UserError):
    pass


@strawberry.type(description="Unknown address, wrong password, or a token that is not valid any more.")
class InvalidCredentials(UserError):
    pass


def refusal(error: errors.Refusal) -> UserError:
    """The GraphQL type that says what `error` says."""
    match error:
        case errors.InvalidInput():
            problems = [InputProblem(path=list(problem.path), message=problem.message) for problem in error.problems]
            return InvalidInput(message=error.message, problems=problems)
        case errors.NotFound():
            return NotFound(message=error.message, id=_given(error))
        case errors.Conflict():
            return Conflict(message=error.message, reason=error.reason)
        case errors.Unavailable():
            return Unavailable(message=error.message, retry_after_ms=error.retry_after_ms)
        case errors.OutOfCredits():
            return OutOfCredits(message=error.message, needed=error.needed, available=error.available)
        case errors.ContentRejected():
            return ContentRejected(message=error.message, categories=list(error.categories))
        case errors.ConsentRequired():
            return ConsentRequired(message=error.message, version=error.version)
        case errors.EmailTaken():
            return EmailTaken(message=error.message)
        case errors.InvalidCredentials():
            return InvalidCredentials(message=error.message)
        case _:
            raise error


def _given(error: errors.NotFound) -> strawberry.ID:
    if isinstance(error.id, UUID):
        return global_id(error.kind[0].upper() + error.kind[1:], error.id)
    return strawberry.ID(error.id)


def refusing(verb: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Lets a mutation answer with a refusal where the house raises one."""

    @functools.wraps(verb)
    async def answered(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await verb(*args, **kwargs)
        except errors.Refusal as error:
            return refusal(error)  # pyright: ignore[reportReturnType]  # the union names which refusals it takes

    return answered
