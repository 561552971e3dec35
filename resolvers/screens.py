"""What a screen shows, in one statement: stories with what hangs on them, and of all only the columns asked for.

A statement gives a row for each story. The pages and the cast of a story come in it as arrays, one for each column, all
in the same order; so a shelf of twenty whole books is one question and one answer, and PostgreSQL repeats nothing.

Columns are named as their attributes of the models; `image.key` is the member of a JSON object, and `xmin` a story's
version (see resolvers.kept).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from typing import cast as cast_
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    SQLColumnExpression,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.sql.selectable import LateralFromClause
from sqlmodel import SQLModel, col

from models import characters as characters_
from models import stories as stories_
from models.characters import Character
from models.pages import Page
from models.readers import Row, Statement, account, named
from models.stories import Story, StoryCharacter
from models.vocabulary import PagePart, PartStatus, StoryOrder
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.inputs import check_first
from resolvers.listing import Key, in_order, newest, place_of, story_key


def _known(model: type[SQLModel]) -> Mapping[str, bool]:
    columns: Iterable[Any] = cast_(Any, model).__table__.columns  # SQLModel types no tables
    return {str(column.name): bool(column.nullable) for column in columns}


STORY, PAGE, CHARACTER = _known(Story), _known(Page), _known(Character)
"""The columns of each table, and whether they may be null."""
INTEGERS = frozenset({"width", "height", "duration_ms"})
"""Members of JSON objects that are no text."""
Columns = Sequence[str]
Beside = LateralFromClause
Rows = Any  # a Select; SQLAlchemy's is invariant in the types of its columns, and these have many


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of each story. Its columns come first in a row; then what else is not empty, in this order.

    `pages` and `cast` come as an array for each column; `progress` as the numbers of parts that are ready, and wanted.
    """

    columns: Columns
    pages: Columns = ()
    cover: Columns = ()
    cast: Columns = ()
    progress: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """Some rows of a list, one more than `first` where there is one; `onward` where it does not begin at the top."""

    rows: Sequence[Row]
    first: int
    onward: bool


class Stories:
    """A list of the caller's stories, of which `wanted` is shown."""

    def __init__(self, wanted: Wanted, order: StoryOrder) -> None:
        self.key = story_key(order)
        self._list = _List(_with(stories_.readable_by(account()), wanted), self.key)

    async def read(self, house: House, caller: Caller, first: int, after: str | None) -> Listed:
        return await self._list.read(house, caller, first, after)


class Characters:
    """The caller's library of characters, newest first."""

    def __init__(self, columns: Columns) -> None:
        self.key = newest(Character)
        self._list = _List(_only(characters_.readable_by(account()), Character, columns), self.key)

    async def read(self, house: House, caller: Caller, first: int, after: str | None) -> Listed:
        return await self._list.read(house, caller, first, after)


class One:
    """A story, a character or a page of the caller's, by its id."""

    def __init__(self, statement: Rows) -> None:
        self._statement = Statement(statement)

    async def read(self, house: House, caller: Caller, id: object) -> Sequence[Row]:
        """One row, or none."""
        return await house.readers.fetch(self._statement, {"account": caller.account_id, "id": id})


class PagesOf:
    """The pages of stories, by their ids. A row is a story's id, version and status, and an array for each column."""

    def __init__(self, columns: Columns) -> None:
        those = col(Story.id) == any_(bindparam("ids", type_=ARRAY(Uuid)))
        wanted = Wanted(("id", "xmin", "status"), pages=columns)
        self._statement = Statement(_with(stories_.readable_by(account()).where(those), wanted))

    async def read(self, house: House, caller: Caller, ids: Sequence[UUID]) -> Sequence[Row]:
        return await house.readers.fetch(self._statement, {"account": caller.account_id, "ids": ids})


def one_story(wanted: Wanted) -> One:
    return One(_with(stories_.readable_by(account()).where(col(Story.id) == named("id")), wanted))


def one_character(columns: Columns) -> One:
    return One(_only(characters_.readable_by(account()).where(col(Character.id) == named("id")), Character, columns))


def one_page(columns: Columns, of_story: Columns) -> One:
    """A page's columns, then those of its story."""
    shown = [*_columns(Page, columns), *_columns(Story, of_story)]
    mine = stories_.readable_by(account()).with_only_columns(*shown, maintain_column_froms=True)
    return One(mine.join(Page, col(Page.story_id) == col(Story.id)).where(col(Page.id) == named("id")))


# -------------------------------------------------------------------- lists


class _List:
    """The statement that begins a list, and the one that goes on with it, which is written when somebody does."""

    def __init__(self, rows: Rows, key: Key[Any]) -> None:
        self._rows = rows
        self._key = key
        self._begin = Statement(in_order(rows, key).limit(named("most")))
        self._on: Statement | None = None

    async def read(self, house: House, caller: Caller, first: int, after: str | None) -> Listed:
        given: dict[str, object] = {"account": caller.account_id, "most": check_first(first) + 1}
        if after is None:
            return Listed(await house.readers.fetch(self._begin, given), first, False)
        given["value"], given["id"] = place_of(self._key, after)
        if self._on is None:
            onward = in_order(self._rows, self._key, named("value"), named("id"))
            self._on = Statement(onward.limit(named("most")))
        return Listed(await house.readers.fetch(self._on, given), first, True)


# -------------------------------------------------------------------- columns


def _only(rows: Rows, model: type[SQLModel], columns: Columns) -> Rows:
    return rows.with_only_columns(*_columns(model, columns), maintain_column_froms=True)


def _columns(model: type[SQLModel], names: Columns) -> list[SQLColumnExpression[Any]]:
    return [_column(model, name) for name in names]


def _column(model: type[SQLModel], name: str) -> SQLColumnExpression[Any]:
    if name == "xmin":
        return literal_column("stories.xmin::text")  # PostgreSQL's own version of a row
    attribute, _, member = name.partition(".")
    column = col(getattr(model, attribute))
    if not member:
        return cast(type_coerce(column, JSONB), Text) if attribute == "words" else column
    # The member's name is one of ours, and no parameter: PostgreSQL plans without knowing those.
    value: SQLColumnExpression[Any] = type_coerce(column, JSONB).op("->>")(literal_column(f"'{member}'"))
    return cast(value, Integer) if member in INTEGERS else value


def _with(rows: Rows, wanted: Wanted) -> Rows:
    """The rows of stories, with what is wanted of them beside."""
    beside = [
        lateral
        for lateral in (
            _pages(wanted.pages),
            _cover(wanted.cover),
            _cast(wanted.cast),
            _progress() if wanted.progress else None,
        )
        if lateral is not None
    ]
    shown = [*_columns(Story, wanted.columns), *(column for lateral in beside for column in lateral.c)]
    statement = rows.with_only_columns(*shown, maintain_column_froms=True)
    for lateral in beside:
        statement = statement.join(lateral, true(), isouter=True)
    return statement


def _pages(columns: Columns) -> Beside | None:
    if not columns:
        return None
    arrays = _arrays(_columns(Page, columns), col(Page.number))
    return select(*arrays).where(col(Page.story_id) == col(Story.id)).correlate(Story).lateral("of_pages")


def _cover(columns: Columns) -> Beside | None:
    if not columns:
        return None
    shown: list[Any] = [_column(Page, name).label(f"cover{number}") for number, name in enumerate(columns)]
    pages: Rows = select(*shown).where(col(Page.story_id) == col(Story.id))
    first: Rows = pages.order_by(col(Page.number)).limit(literal_column("1"))
    return first.correlate(Story).lateral("of_cover")


def _cast(columns: Columns) -> Beside | None:
    if not columns:
        return None
    arrays = _arrays(_columns(Character, columns), col(StoryCharacter.position))
    in_it = select(*arrays).join(StoryCharacter, col(StoryCharacter.character_id) == col(Character.id))
    return in_it.where(col(StoryCharacter.story_id) == col(Story.id)).correlate(Story).lateral("of_cast")


def _arrays(columns: Iterable[SQLColumnExpression[Any]], order: SQLColumnExpression[Any]) -> list[Any]:
    return [
        func.array_agg(aggregate_order_by(column, order)).label(f"array{number}")
        for number, column in enumerate(columns)
    ]


def _progress() -> Beside:
    text, image, audio = col(Page.text_status), col(Page.image_status), col(Page.audio_status)
    done = _counted(text, PartStatus.READY) + _counted(image, PartStatus.READY) + _counted(audio, PartStatus.READY)
    all_parts = func.count() * literal_column(str(len(PagePart)), Integer)
    wanted = all_parts - _counted(audio, PartStatus.SKIPPED)
    counted = select(done.label("done"), wanted.label("wanted"))
    return counted.where(col(Page.story_id) == col(Story.id)).correlate(Story).lateral("of_progress")


def _counted(column: SQLColumnExpression[Any], status: PartStatus) -> SQLColumnExpression[int]:
    return func.count().filter(cast(column, Text) == literal_column(f"'{status.name}'", Text))
