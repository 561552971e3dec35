"""Queries that are read in one go: what is selected is known before anything is loaded, and loaded in one statement.

`planned` looks through the whole of a query. Where its root fields are those that screens are made of, and everything
in them is plain (schema.shapes), each root field has one statement, and one function that turns its rows into JSON.
Nothing of GraphQL is run for such a query but the coercion of its variables (schema.variables).

It is never needed: wherever something is not plain, in the document, in the variables or in a row, and whatever goes
wrong, the normal executor answers the query from its beginning, as if nobody had tried. tests/schema/test_reading.py
holds the two against each other. A read changes nothing, so to begin twice costs only time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

import structlog
from graphql import FieldNode, GraphQLObjectType, OperationType
from strawberry.types.field import StrawberryField

from models.readers import Row
from models.vocabulary import ApiScope, StoryOrder
from resolvers import characters, screens, stories
from resolvers.screens import CHARACTER, PAGE, Characters, One, Stories
from resolvers.stories import Filter
from schema.apart import Pages, Versions
from schema.context import Context
from schema.documents import Prepared
from schema.execution import Asking
from schema.ids import row_id
from schema.listing import how_many
from schema.permissions import is_reading
from schema.root import core_schema, schema
from schema.selections import NotPlain, Selections, below
from schema.shapes import Shapes, Story, Table
from schema.variables import Arguments, Given, Variables

Json = Any  # what a selection becomes
Nodes = Sequence[FieldNode]
Root = Callable[[Given, Context], Awaitable[Json]]
Shape = Callable[..., Json]
_core = core_schema(schema)
_log = structlog.get_logger()


class Plan:
    """How one operation is read."""

    def __init__(self, variables: Variables, roots: Mapping[str, Root]) -> None:
        self._variables = variables
        self._roots = roots

    async def read(self, variables: Mapping[str, Any] | None, context: Context) -> dict[str, Json]:
        """The operation's data. Raises NotPlain, or whatever its resolvers would."""
        if context.caller.key is not None:
            raise NotPlain  # what a program with an API key may see is the normal executor's to say
        given = self._variables.given(variables)
        return {key: await root(given, context) for key, root in self._roots.items()}


def planned(prepared: Prepared, *, keeping: bool) -> Plan | None:
    """None where the normal executor is needed. The document is valid.

    With `keeping`, pages of finished stories are looked for in the house's memory.
    """
    operation = prepared.operation
    if operation.operation is not OperationType.QUERY:
        return None
    try:
        selected = Selections(_core, prepared.document)
        variables = Variables(_core, operation.variable_definitions or ())
        fields = selected.of(cast(GraphQLObjectType, _core.query_type), [operation.selection_set])
        return Plan(variables, {key: _root(Shapes(selected, keeping=keeping), nodes) for key, nodes in fields.items()})
    except NotPlain:
        return None
    except Exception:  # a plan that can't be made is a fault of ours, and no reason to refuse anybody
        _log.exception("reading.not_planned")
        return None


def _root(shapes: Shapes, nodes: Nodes) -> Root:
    name = nodes[0].name.value
    if name == "__typename":
        return _typename
    if name not in _ROOTS:
        raise NotPlain
    known = shapes.type("Query").fields[name].extensions.get("strawberry-definition")
    if not isinstance(known, StrawberryField) or not is_reading(known):
        raise NotPlain
    takes, make = _ROOTS[name]
    arguments = Arguments(nodes)
    if not arguments.names <= takes:
        raise NotPlain
    reader = make(shapes, nodes)

    async def read(given: Given, context: Context) -> Json:
        context.caller.need(ApiScope.STORIES_READ)  # before anything else, as the normal executor does
        return await reader(arguments.of(given), context)

    return read


async def _typename(_: Given, __: Context) -> Json:
    return "Query"


# -------------------------------------------------------------------- lists


def _stories(blank: Shapes, nodes: Nodes) -> Root:
    orders: dict[StoryOrder, tuple[Stories, _Connection, _Apart]] = {}

    def in_order(order: StoryOrder) -> tuple[Stories, _Connection, _Apart]:
        shapes = blank.again()
        of = Story()
        place = f"{of.row('title')} or ''" if order is StoryOrder.TITLE else f"{of.row('created_at')}.isoformat()"
        written = _Connection(shapes, "Story", (place, of.row("id")), lambda nodes: shapes.story(of, below(nodes)))
        written.write(nodes, lambda: of.variables)
        return Stories(of.wanted, order), written, _Apart(shapes, of)

    orders[StoryOrder.NEWEST] = in_order(StoryOrder.NEWEST)  # raises NotPlain before anybody waits for an answer

    async def read(given: Given, context: Context) -> Json:
        if given.get("filter") is not None:
            raise NotPlain
        order = StoryOrder[cast(str, given.get("orderBy") or "NEWEST")]
        if order not in orders:
            orders[order] = in_order(order)
        listed, connection, beside = orders[order]
        rows = await listed.read(context.house, context.caller, *_slice(given))
        total = await stories.count(context.house, context.caller, Filter()) if connection.counted else 0
        apart = await beside.read(rows.rows[: rows.first], context)
        return connection.shape(rows, listed.key.name, total, Asking(context), apart)

    return read


def _characters(shapes: Shapes, nodes: Nodes) -> Root:
    of = Table(CHARACTER, "c")
    place = f"{of('created_at')}.isoformat()"
    written = _Connection(shapes, "Character", (place, of("id")), lambda nodes: shapes.character(of, below(nodes)))
    written.write(nodes, lambda: of.variables)
    listed = Characters(of.columns)

    async def read(given: Given, context: Context) -> Json:
        rows = await listed.read(context.house, context.caller, *_slice(given))
        total = await characters.count(context.house, context.caller) if written.counted else 0
        return written.shape(rows, listed.key.name, total, Asking(context), ())

    return read


def _slice(given: Given) -> tuple[int, str | None]:
    first, after = given.get("first"), given.get("after")
    return how_many(cast("int | None", first)), cast("str | None", after)


class _Connection:
    """Writes a connection of stories or characters. `place` are the expressions of what a cursor holds."""

    shape: Shape
    """Of a Listed, the list's name, how many there are in all, who asks, and pages that were loaded apart."""

    def __init__(self, shapes: Shapes, kind: str, place: tuple[str, str], node: Callable[[Nodes], str]) -> None:
        self.counted = False
        self._shapes = shapes
        self._kind = kind
        self._cursor = f"cursor(name, {', '.join(place)})"
        self._node = node
        self._edges: list[str] = []

    def write(self, nodes: Nodes, variables: Callable[[], str]) -> None:
        """`variables` are those of a row, once everything is written."""
        written = self._shapes.shape(self._shapes.type(f"{self._kind}Connection"), below(nodes), self._field)
        row = variables()
        edges = [f"    edge{number} = lambda {row}: {edge}" for number, edge in enumerate(self._edges)]
        lines = [
            "def shape(listed, name, total, asking, apart):",
            "    url = asking.context.url",
            "    rows = listed.rows",
            "    shown = rows[:listed.first]",
            f"    place = lambda {row}: {self._cursor}",
            *edges,
            f"    return {written}",
        ]
        self.shape = self._shapes.function(lines)

    def _field(self, name: str, nodes: Nodes) -> str:
        match name:
            case "edges":
                type = self._shapes.type(f"{self._kind}Edge")
                self._edges.append(self._shapes.shape(type, below(nodes), self._edge))
                return f"[edge{len(self._edges) - 1}(*row) for row in shown]"
            case "page_info":
                return self._shapes.shape(self._shapes.type("PageInfo"), below(nodes), self._page_info)
            case "total_count":
                self.counted = True
                return "total"
            case _:
                raise NotPlain

    def _edge(self, name: str, nodes: Nodes) -> str:
        return {"cursor": self._cursor}.get(name) or self._node(nodes)

    def _page_info(self, name: str, _: Nodes) -> str:
        return {
            "has_next_page": "len(rows) > len(shown)",
            "has_previous_page": "listed.onward",
            "start_cursor": "(place(*shown[0]) if shown else None)",
            "end_cursor": "(place(*shown[-1]) if shown else None)",
        }[name]


class _Apart:
    """The pages that one root field's stories have apart."""

    def __init__(self, shapes: Shapes, of: Story) -> None:
        self._selections = shapes.apart
        self._versions = Versions(of.row.columns) if shapes.apart else None

    async def read(self, rows: Sequence[Row], context: Context) -> Sequence[Pages]:
        if self._versions is None:
            return ()
        versions = self._versions.of(rows)
        return [await selection.read(versions, context) for selection in self._selections]


# -------------------------------------------------------------------- one by its id


_OneShaped = tuple[One, Shape, _Apart | None]
"""What reads a row, what becomes of it, and the pages that it has apart."""


def _by_id(make: Callable[[Shapes, Nodes], _OneShaped], kind: str) -> Callable[[Shapes, Nodes], Root]:
    def made(shapes: Shapes, nodes: Nodes) -> Root:
        one, shape, beside = make(shapes, nodes)

        async def read(given: Given, context: Context) -> Json:
            id = given.get("id")
            if id is None:
                raise NotPlain
            found = row_id(cast(str, id), kind)
            if found is None:
                return None
            rows = await one.read(context.house, context.caller, found)
            if not rows:
                return None
            apart = () if beside is None else await beside.read(rows, context)
            return shape(rows[0], Asking(context), apart)

        return read

    return made


def _story(shapes: Shapes, nodes: Nodes) -> _OneShaped:
    of = Story()
    of.row("id")
    written = shapes.story(of, below(nodes))
    return screens.one_story(of.wanted), _of_one(shapes, of.variables, written), _Apart(shapes, of)


def _page(shapes: Shapes, nodes: Nodes) -> _OneShaped:
    of, story = Table(PAGE, "p"), Story()
    of("id")
    written = shapes.page(of, below(nodes), story)
    variables = ", ".join(part for part in (of.variables, story.variables) if part)
    return screens.one_page(of.columns, story.row.columns), _of_one(shapes, variables, written), None


def _character(shapes: Shapes, nodes: Nodes) -> _OneShaped:
    of = Table(CHARACTER, "c")
    of("id")
    written = shapes.character(of, below(nodes))
    return screens.one_character(of.columns), _of_one(shapes, of.variables, written), None


def _of_one(shapes: Shapes, variables: str, written: str) -> Shape:
    lines = [
        "def shape(row, asking, apart):",
        "    url = asking.context.url",
        f"    {variables}, = row",
        f"    return {written}",
    ]
    return shapes.function(lines)


_ID = frozenset({"id"})
_LIST = frozenset({"first", "after"})
_ROOTS: Mapping[str, tuple[frozenset[str], Callable[[Shapes, Nodes], Root]]] = {
    "stories": (_LIST | {"filter", "orderBy"}, _stories),
    "characters": (_LIST, _characters),
    "story": (_ID, _by_id(_story, "Story")),
    "page": (_ID, _by_id(_page, "Page")),
    "character": (_ID, _by_id(_character, "Character")),
}
"""The arguments that each may have."""
