"""What somebody should be at and nobody is, which every worker looks for once a second: in one statement.

Asked one by one, these looks were 150 of the 860 statements that a worker sent while it made one 10-page book.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cache
from uuid import UUID

from sqlalchemy import CompoundSelect, Integer, Select, Uuid, literal, select, union_all

from models.characters import portraits_to_ask_for
from models.database import Session
from models.errands import errands_to_ask_for
from models.leases import stories_to_ask_for
from models.outbox import OutboxRow, left_behind
from models.stories import stories_to_remove

UNSENT_AFTER = timedelta(seconds=1)
"""Whoever noted a row has sent it by then, or will not."""


class _Kind(StrEnum):
    STORY = "STORY"
    PORTRAIT = "PORTRAIT"
    REMOVAL = "REMOVAL"
    ERRAND = "ERRAND"
    UNSENT = "UNSENT"


@dataclass(slots=True)
class Due:
    """`stories` and `portraits` are ids and numbers: a story's generation, a portrait's version."""

    stories: list[tuple[UUID, int]] = field(default_factory=list[tuple[UUID, int]])
    portraits: list[tuple[UUID, int]] = field(default_factory=list[tuple[UUID, int]])
    removals: list[UUID] = field(default_factory=list[UUID])
    """Stories."""
    errands: list[UUID] = field(default_factory=list[UUID])
    unsent: bool = False
    """Whether rows of the outbox were left behind."""


async def what_is_due(session: Session) -> Due:
    due = Due()
    for kind, row_id, number in await session.execute(_look()):
        match _Kind(kind):
            case _Kind.STORY:
                due.stories.append((row_id, number))
            case _Kind.PORTRAIT:
                due.portraits.append((row_id, number))
            case _Kind.REMOVAL:
                due.removals.append(row_id)
            case _Kind.ERRAND:
                due.errands.append(row_id)
            case _Kind.UNSENT:
                due.unsent = True
    return due


@cache
def _look() -> CompoundSelect[str, UUID, int]:
    unsent = select(literal(None, Uuid()).label("id")).select_from(OutboxRow).where(*left_behind(UNSENT_AFTER)).limit(1)
    return union_all(
        _numbered(_Kind.STORY, stories_to_ask_for(200)),
        _numbered(_Kind.PORTRAIT, portraits_to_ask_for(50)),
        _alone(_Kind.REMOVAL, stories_to_remove(50)),
        _alone(_Kind.ERRAND, errands_to_ask_for(50)),
        _alone(_Kind.UNSENT, unsent),
    )


def _numbered(kind: _Kind, found: Select[UUID, int]) -> Select[str, UUID, int]:
    row_id, number = found.subquery(kind.value.lower()).c
    return select(literal(kind.value), row_id, number)


def _alone(kind: _Kind, found: Select[UUID]) -> Select[str, UUID, int]:
    (row_id,) = found.subquery(kind.value.lower()).c
    return select(literal(kind.value), row_id, literal(None, Integer()))
