"""Random subscriptions to storyProgress, for hypothesis: valid, and as wild as clients may write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    validate,
)
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from schema.documents import Prepared, read
from schema.limits import Limits
from schema.root import core_schema, schema

CORE = core_schema(schema)
DEPTH = 5
UNBOUNDED = Limits(10**9, 10**9, 10**9, 10**9, 10**9, 10**9, 10**9, 10**9)
"""What is compiled must be right for any document, also for those that the door would refuse."""
NOT_PLAIN = {
    ("Story", "cover"),
    ("Story", "characters"),
    ("Story", "pages"),
    ("Story", "progress"),
    ("Story", "receipt"),
    ("Page", "story"),
    ("Character", "stories"),
}
"""The fields whose resolvers are awaited."""
UNREACHED = {"StoryConnection", "StoryEdge"}
"""Lists of stories are read from the database, which there is none of here: nobody goes below them."""
ODD_KEYS = ["None", "class", "o", "info", "v0", "f0", "c0", "refuse", "list_of", "datetime", "data", "text", "_"]
"""Response keys that mean something to Python, to what is compiled, or to another field."""

_Fields = GraphQLObjectType | GraphQLInterfaceType


@dataclass(frozen=True)
class Asked:
    """A subscription, and the variables that it is sent with."""

    text: str
    variables: dict[str, Any]

    @property
    def prepared(self) -> Prepared:
        return read(self.text, None, UNBOUNDED)


@dataclass
class Writer:
    draw: DrawFn
    awaited: bool
    directives: bool
    fragments: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """What each fragment is on, and its text."""
    conditional: bool = False
    """Whether some directive asks for the variable."""

    def selections(self, type: _Fields, depth: int) -> str:
        count = self.draw(st.integers(1, 4))
        return "{ " + " ".join(self._selection(type, depth) for _ in range(count)) + " }"

    def _selection(self, type: _Fields, depth: int) -> str:
        kind = self.draw(st.integers(0, 9))
        if depth == 0 or kind < 6:
            return self._field(type, depth)
        if kind < 8:
            return self._inline(type, depth)
        return self._spread(type, depth)

    # ---------------------------------------------------------------- fields

    def _field(self, type: _Fields, depth: int) -> str:
        names = [name for name in type.fields if self._may(type, name, depth)]
        name = self.draw(st.sampled_from(["__typename", *names, *names]))
        if (type.name, name) == ("Character", "stories"):
            first = self.draw(st.sampled_from([1, 100]))
            return f"stories{first}: stories(first: {first}){self._directive()} {{ pageInfo {{ hasNextPage }} }}"
        head = f"{self._alias(name)}{name}{self._directive()}"
        inner = None if name == "__typename" else below(type, name)
        return head if inner is None else f"{head} {self.selections(inner, depth - 1)}"

    def _may(self, type: _Fields, name: str, depth: int) -> bool:
        if (type.name, name) in NOT_PLAIN and not self.awaited:
            return False
        inner = below(type, name)
        return inner is None or (depth > 0 and inner.name not in UNREACHED)

    def _alias(self, name: str) -> str:
        choice = self.draw(st.integers(0, 20))
        if choice == 20:
            return f"{self.draw(st.sampled_from(ODD_KEYS))}: "
        return f"{name}_{choice}: " if choice < 3 else ""

    def _directive(self) -> str:
        if not self.directives or self.draw(st.integers(0, 3)):
            return ""
        name = self.draw(st.sampled_from(["include", "skip"]))
        given = self.draw(st.sampled_from(["true", "false", "$yes"]))
        self.conditional = self.conditional or given == "$yes"
        return f" @{name}(if: {given})"

    # ---------------------------------------------------------------- fragments

    def _inline(self, type: _Fields, depth: int) -> str:
        condition = self.draw(st.sampled_from([None, *_conditions(type)]))
        inner = type if condition is None else condition
        on = "" if condition is None else f" on {condition.name}"
        return f"...{on}{self._directive()} {self.selections(inner, depth - 1)}"

    def _spread(self, type: _Fields, depth: int) -> str:
        conditions = _conditions(type)
        names = {condition.name for condition in conditions}
        known = [name for name, (on, _) in self.fragments.items() if on in names]
        if known and self.draw(st.booleans()):
            name = self.draw(st.sampled_from(known))
        else:
            condition = self.draw(st.sampled_from(conditions))
            text = self.selections(condition, depth - 1)
            name = f"F{len(self.fragments)}"
            self.fragments[name] = (condition.name, text)
        return f"...{name}{self._directive()}"


def below(type: _Fields, name: str) -> _Fields | None:
    """What lies below a field; None below a leaf."""
    named = cast(GraphQLNamedType, get_named_type(type.fields[name].type))
    return None if is_leaf_type(named) else cast(_Fields, named)


def _conditions(type: _Fields) -> list[_Fields]:
    """The types that a fragment in `type` may be on."""
    possible = CORE.get_possible_types(type) if isinstance(type, GraphQLInterfaceType) else []
    return [type, *cast(Sequence[GraphQLInterfaceType], type.interfaces), *possible]


@st.composite
def documents(draw: DrawFn, *, plain: bool) -> Asked:
    """Valid subscriptions; plain ones have neither directives nor fields that are awaited."""
    wild = st.just(False) if plain else st.booleans()
    writer = Writer(draw, awaited=draw(wild), directives=draw(wild) and draw(wild))
    batch = cast(GraphQLObjectType, CORE.type_map["StoryEventBatch"])
    key = draw(st.sampled_from(["", "", "told: ", "class: "]))
    selections = writer.selections(batch, DEPTH)
    if draw(st.booleans()):  # nearly everybody wants the events
        selections = f"{selections[:-1]} events {writer.selections(_event(), DEPTH - 1)} }}"
    declared = ", $yes: Boolean!" if writer.conditional else ""
    text = f"subscription ($id: ID!{declared}) {{ {key}storyProgress(storyId: $id) {selections} }}"
    text += "".join(f"\nfragment {name} on {on} {text}" for name, (on, text) in writer.fragments.items())
    variables = {"id": "U3RvcnkK", **({"yes": draw(st.booleans())} if writer.conditional else {})}
    asked = Asked(text, variables)
    # Odd keys may stand for two fields at once.
    assume(not validate(CORE, asked.prepared.document))
    return asked


def _event() -> GraphQLInterfaceType:
    return cast(GraphQLInterfaceType, CORE.type_map["StoryEvent"])
