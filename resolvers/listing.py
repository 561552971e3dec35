"""Keyset pagination: a page of rows after an opaque cursor, flat in time however far down the list it is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import Select, SQLColumnExpression, func, literal_column, select, tuple_
from sqlmodel import col

from models.characters import Character
from models.database import Session
from models.errors import BadUserInput
from models.stories import Story
from models.vocabulary import StoryOrder

T = TypeVar("T", Story, Character)
R = TypeVar("R", covariant=True)


@dataclass(frozen=True)
class Key(Generic[T]):
    """How a list is ordered: by `column`, then by `id`.

    `value` reads a row's place, and `parse` a cursor's; `there` is what PostgreSQL compares that with.
    """

    name: str
    column: SQLColumnExpression[Any]
    id: SQLColumnExpression[UUID]
    descending: bool
    value: Callable[[T], str]
    parse: Callable[[str], object]
    there: Callable[[Any], Any]


@dataclass(frozen=True)
class Slice(Generic[R]):
    """Some rows of a list, and what a client needs to go on."""

    rows: Sequence[R]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool

    def placed(self) -> Iterable[tuple[R, str]]:
        """Every row with its cursor."""
        return zip(self.rows, self.cursors, strict=True)


def newest(model: type[T]) -> Key[T]:
    return _by_birth(model, f"{model.__name__}:newest", descending=True)


def story_key(order: StoryOrder) -> Key[Story]:
    if order is StoryOrder.TITLE:
        title = func.lower(func.coalesce(col(Story.title), literal_column("''")))
        # PostgreSQL lowers the cursor's title too: Python does it otherwise for some letters (İ, final Σ).
        return Key[Story]("Story:title", title, col(Story.id), False, _title_of, str, func.lower)
    return _by_birth(Story, f"Story:{order.value.lower()}", descending=order is StoryOrder.NEWEST)


def _title_of(story: Story) -> str:
    return story.title or ""


def _by_birth(model: type[T], name: str, *, descending: bool) -> Key[T]:
    return Key[T](
        name,
        col(model.created_at),
        col(model.id),
        descending,
        lambda row: row.created_at.isoformat(),
        _moment,
        _as_it_is,
    )


def _as_it_is(value: object) -> object:
    return value


def _moment(words: str) -> datetime:
    """Raises ValueError or OverflowError where PostgreSQL could not hold it."""
    moment = datetime.fromisoformat(words)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.astimezone(UTC)


async def slice_of(session: Session, rows: Select[T], key: Key[T], first: int, after: str | None) -> Slice[T]:
    """The first rows after the cursor. Raises BadUserInput where the cursor is not one of this list's."""
    statement = in_order(rows, key) if after is None else in_order(rows, key, *place_of(key, after))
    found = list((await session.execute(statement.limit(first + 1))).scalars())
    shown = found[:first]
    cursors = [cursor(key.name, key.value(row), row.id) for row in shown]
    return Slice(shown, cursors, len(found) > first, after is not None)


def in_order(rows: Select[T], key: Key[T], value: object = None, id: object = None) -> Select[T]:
    """The rows as the list has them; those after a place, where `value` and `id` name one."""
    if id is not None:
        place, there = tuple_(key.column, key.id), tuple_(key.there(value), id)
        rows = rows.where(place < there if key.descending else place > there)
    return rows.order_by(*([key.column.desc(), key.id.desc()] if key.descending else [key.column, key.id]))


async def count_of(session: Session, rows: Select[Any]) -> int:
    return (await session.execute(select(func.count()).select_from(rows.order_by(None).subquery()))).scalar_one()


def cursor(name: str, value: str, id: UUID) -> str:
    """The place of a row in the list of that name."""
    return base64.urlsafe_b64encode(orjson.dumps([name, value, str(id)])).decode().rstrip("=")


def place_of(key: Key[T], cursor: str) -> tuple[object, UUID]:
    """What a cursor says. Raises BadUserInput where it is not one of this list's."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        name, value, id = orjson.loads(raw)
        if name != key.name or not isinstance(value, str) or "\0" in value:
            raise ValueError("a cursor of another list")
        return key.parse(value), UUID(id)
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError):
        raise BadUserInput("`after` is not a cursor of this list. Pass one from pageInfo or an edge.") from None
