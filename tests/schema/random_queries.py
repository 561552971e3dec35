"""Random queries of screens, for hypothesis: valid, with arguments as wild as clients may send them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import GraphQLInterfaceType, GraphQLObjectType, validate
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from schema.ids import global_id
from tests.schema.random_documents import CORE, Asked, Writer, below
from tests.schema.random_library import Ids

DEPTH = 4
NOT_READ = {("Story", "receipt"), ("Character", "stories")}
"""The fields that are only the normal executor's."""
BY_ID = {"story": "Story", "page": "Page", "character": "Character"}
BAD_IDS = ["", "nonsense", "U3RvcnkK", global_id("Story", "no uuid"), global_id("User", "x")]
OTHERS = (
    "me { id email plan { key } }",
    "artStyles { key }",
    "plans { key priceMinor }",
    "creditPacks { credits }",
    "voices { id name }",
    "apiKeys { prefix }",
    "sessions { id }",
    "creditHistory(first: 2) { totalCount edges { node { credits } } }",
    "storyPrice(pageCount: 3)",
    "__schema { queryType { name } }",
    '__type(name: "Story") { name }',
)
"""Root fields that are only the normal executor's."""
_Fields = GraphQLObjectType | GraphQLInterfaceType


@dataclass
class QueryWriter(Writer):
    ids: Ids = field(default_factory=Ids)
    plain: bool = False
    declared: list[str] = field(default_factory=list[str])
    values: dict[str, Any] = field(default_factory=dict[str, Any])

    def _may(self, type: _Fields, name: str, depth: int) -> bool:
        if (type.name, name) in NOT_READ and self.plain:
            return False
        if (type.name, name) == ("Page", "story") and self.plain:
            return False
        inner = below(type, name)
        return inner is None or depth > 0

    def root(self) -> str:
        query = CORE.query_type
        assert query is not None
        written = [self._root(query, number) for number in range(self.draw(st.integers(1, 3)))]
        if not self.plain and not self.draw(st.integers(0, 9)):
            written.append(f"other: {self.draw(st.sampled_from([*OTHERS, self._node()]))}")
        return "{ " + " ".join(written) + " }"

    def _root(self, query: GraphQLObjectType, number: int) -> str:
        name = self.draw(st.sampled_from(["stories", "stories", "characters", *BY_ID, "__typename"]))
        if name == "__typename":
            return f"root{number}: __typename"
        arguments = self._by_id(name) if name in BY_ID else self._list(name)
        inner = below(query, name)
        assert inner is not None
        selections = self.selections(inner, DEPTH)
        if self.draw(st.booleans()):  # nearly everybody wants what the screen is made of
            selections = f"{selections[:-1]} {self._heart(name)} }}"
        return f"root{number}: {name}{arguments} {selections}"

    def _heart(self, name: str) -> str:
        story, page, character = (
            cast(GraphQLObjectType, CORE.type_map[each]) for each in ("Story", "Page", "Character")
        )
        match name:
            case "stories":
                pages = f"heart: pages {self.selections(page, 1)}"
                return f"edges {{ node {{ {pages} ...on Node {{ id }} ...on Story {self.selections(story, 2)} }} }}"
            case "characters":
                return f"edges {{ node {self.selections(character, 1)} }}"
            case "story":
                return f"heart: pages {self.selections(page, 1)}"
            case _:
                return "id"

    # ---------------------------------------------------------------- arguments

    def _by_id(self, name: str) -> str:
        kind = BY_ID[name]
        ids: Sequence[str] = [global_id(kind, id) for id in getattr(self.ids, name)]
        if not self.plain and not self.draw(st.integers(0, 3)):
            ids = [*BAD_IDS, *(global_id(other, getattr(self.ids, field)[0]) for field, other in BY_ID.items())]
        return f"(id: {self._given('ID!', self.draw(st.sampled_from(ids)))})"

    def _node(self) -> str:
        kind = self.draw(st.sampled_from(sorted(BY_ID)))
        id = global_id(BY_ID[kind], self.draw(st.sampled_from(getattr(self.ids, kind))))
        return f'node(id: "{id}") {{ __typename id }}'

    def _list(self, name: str) -> str:
        written: list[str] = []
        if self.draw(st.booleans()):
            firsts: list[int | None] = [1, 2, 3, 20, 100, None]
            first = self.draw(st.sampled_from(firsts if self.plain else [*firsts, 0, -1, 101, 2**40]))
            written.append(f"first: {self._given('Int', first)}")
        if self.draw(st.booleans()):
            cursors: list[str | None] = [None] if self.plain else [None, "", "nonsense", *self.ids.cursors]
            written.append(f"after: {self._given('String', self.draw(st.sampled_from(cursors)))}")
        if name == "stories" and self.draw(st.booleans()):
            order = self.draw(st.sampled_from(["NEWEST", "OLDEST", "TITLE", None]))
            written.append(f"orderBy: {self._given('StoryOrder', order)}")
        if name == "stories" and not self.plain and not self.draw(st.integers(0, 3)):
            written.append("filter: {status: [READY]}")
        return f"({', '.join(written)})" if written else ""

    def _given(self, type: str, value: str | int | None) -> str:
        """A literal, or a variable, with a default or without."""
        way = self.draw(st.integers(0, 2))
        literal = _literal(type, value)
        if way == 0 or (type.endswith("!") and value is None):
            return literal
        name = f"v{len(self.declared)}"
        fits = not isinstance(value, int) or -(2**31) <= value < 2**31
        default = way == 2 and fits and not type.endswith("!")
        self.declared.append(f"${name}: {type}{f' = {literal}' if default else ''}")
        if not default or self.draw(st.booleans()):
            self.values[name] = value
        return f"${name}"


def _literal(type: str, value: str | int | None) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) or type.startswith("StoryOrder") else f'"{value}"'


@st.composite
def queries(draw: DrawFn, ids: Ids, *, plain: bool) -> Asked:
    """Valid documents; of plain ones everything is read in one go."""
    writer = QueryWriter(draw, awaited=True, directives=not plain and not draw(st.integers(0, 5)), ids=ids, plain=plain)
    root = writer.root()
    declared = [*writer.declared, *(["$yes: Boolean!"] if writer.conditional else [])]
    text = f"query ({', '.join(declared)}) {root}" if declared else f"query {root}"
    text += "".join(f"\nfragment {name} on {on} {text}" for name, (on, text) in writer.fragments.items())
    variables = {**writer.values, **({"yes": draw(st.booleans())} if writer.conditional else {})}
    asked = Asked(text, variables)
    # Odd keys may stand for two fields at once, and fragments of one field may not be used by another.
    assume(not validate(CORE, asked.prepared.document))
    return asked
