"""How much an operation asks for: counted as if every fragment were written out, in the time of reading it once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    build_schema,
    get_introspection_query,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from models.errors import BadUserInput, CostLimit
from schema.documents import read
from schema.limits import MANY, Limits, Size
from schema.measuring import LONGEST_PAGE, ONCE, PLAIN_LIST, size_of
from schema.root import core_schema, schema

CORE = core_schema(schema)
SMALL = build_schema("""
    type Query {
        me: Thing things(first: Int = 20): Things many: [Thing!]! some(ids: [ID!]!): [Thing]! events: [Event!]!
    }
    type Things { edges: [Edge!]! total: Int }
    type Edge { node: Thing! cursor: String }
    type Thing { name: String thing: Thing many: [Thing!]! things(first: Int = 20): Things events: [Event!]! }
    interface Event { n: Int thing: Thing }
    type StorySnapshot implements Event { n: Int thing: Thing }
    type Told implements Event { n: Int thing: Thing }
""")
WIDE = Limits(*([10**12] * 10))


def measured(text: str, variables: dict[str, Any] | None = None) -> Size:
    """Of the real schema."""
    return read(text, None, WIDE).size(variables)


# -------------------------------------------------------------------- against a count that writes everything out


@dataclass
class WrittenOut:
    """Counts field by field, each under the product of all lists above it, and looks at a fragment at every spread."""

    fragments: dict[str, FragmentDefinitionNode]
    variables: dict[str, Any]
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    nodes: int = 0

    def walk(
        self, selection: SelectionSetNode, type: GraphQLNamedType, times: int, once: int, page: int | None, depth: int
    ) -> int:
        """Gives how many fields are right in the selection. `once` is how often the list that it is in is there."""
        width = 0
        for node in selection.selections:
            self.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                width += 1
                self.field(node, type, times, page, depth + 1)
                continue
            fragment = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            assert isinstance(fragment, FragmentDefinitionNode | InlineFragmentNode)
            if isinstance(fragment, FragmentDefinitionNode):
                self.directives += len(fragment.directives or ())
            condition = fragment.type_condition
            inner = type if condition is None else SMALL.type_map[condition.name.value]
            within = once if condition is not None and inner.name in ONCE else times
            width += self.walk(fragment.selection_set, inner, within, once, page, depth)
        return width

    def field(self, node: FieldNode, parent: GraphQLNamedType, times: int, page: int | None, depth: int) -> None:
        self.depth = max(self.depth, depth)
        self.aliases += node.alias is not None
        if node.selection_set is None:
            return
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        name = node.name.value
        kind = {"edges": "Edge", "node": "Thing", "things": "Things", "events": "Event"}.get(name, "Thing")
        length = 1
        if name in ("many", "events", "edges"):
            length = PLAIN_LIST if page is None else page
        elif name == "some":
            length = self.length_of_ids(node)
        self.nodes += times * length
        below = self.first(node) if name == "things" else None
        self.walk(node.selection_set, SMALL.type_map[kind], times * length, times, below, depth)

    def first(self, node: FieldNode) -> int:
        given: object = None
        for argument in node.arguments or ():
            if isinstance(argument.value, IntValueNode):
                given = int(argument.value.value)
            elif isinstance(argument.value, VariableNode):
                given = self.variables.get(argument.value.name.value)
        given = 20 if given is None else given
        return given if isinstance(given, int) and 1 <= given <= 100 else LONGEST_PAGE

    def length_of_ids(self, node: FieldNode) -> int:
        argument = next(iter(node.arguments or ()))
        if isinstance(argument.value, ListValueNode):
            return len(argument.value.values)
        assert isinstance(argument.value, VariableNode)
        given = self.variables.get(argument.value.name.value)
        return PLAIN_LIST if given is None else len(given)


FIELDS = {
    "Query": ["me", "things", "many", "some", "events"],
    "Things": ["edges", "total"],
    "Edge": ["node", "cursor"],
    "Thing": ["name", "thing", "many", "things", "events"],
    "Event": ["n", "thing"],
    "StorySnapshot": ["n", "thing"],
    "Told": ["n", "thing"],
}
LEAVES = {"total", "cursor", "name", "n"}
BELOW = {"things": "Things", "edges": "Edge", "events": "Event"}


@st.composite
def a_selection(draw: DrawFn, type: str, fragments: dict[str, str], depth: int) -> str:
    """`fragments` are those that may be spread, with the types that they are on."""
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        directive = draw(st.sampled_from(["", "", " @include(if: true)", " @skip(if: false) @include(if: true)"]))
        fitting = [name for name, on in fragments.items() if on == type or "Event" in (on, type)]
        fitting = [name for name in fitting if fragments[name] in ("Event", "Told", "StorySnapshot") or type != "Event"]
        kind = draw(st.sampled_from(["field", "field", "spread", "inline"]))
        if kind == "spread" and fitting:
            parts.append(f"...{draw(st.sampled_from(fitting))}{directive}")
        elif kind == "inline" and depth:
            on = draw(st.sampled_from(["StorySnapshot", "Told", "Event"] if type == "Event" else [type, ""]))
            condition = f" on {on}" if on else ""
            parts.append(f"...{condition}{directive} {{ {draw(a_selection(on or type, fragments, depth - 1))} }}")
        else:
            parts.append(draw(a_field(type, fragments, depth, directive)))
    return " ".join(parts)


@st.composite
def a_field(draw: DrawFn, type: str, fragments: dict[str, str], depth: int, directive: str) -> str:
    names = [name for name in FIELDS[type] if depth or name in LEAVES]
    if not names:
        return f"__typename{directive}"
    name = draw(st.sampled_from(names))
    alias = draw(st.sampled_from(["", "", f"{name}Too: "]))
    if name in LEAVES:
        return f"{alias}{name}{directive}"
    arguments = ""
    if name == "things":
        arguments = draw(
            st.sampled_from(["", "(first: 3)", "(first: null)", "(first: 500)", "(first: $n)", "(first: -1)"])
        )
    elif name == "some":
        arguments = draw(st.sampled_from(["(ids: [])", '(ids: ["a", "b", "c"])', "(ids: $ids)"]))
    below = BELOW.get(name, "Thing")
    return f"{alias}{name}{arguments}{directive} {{ {draw(a_selection(below, fragments, depth - 1))} }}"


@st.composite
def documents(draw: DrawFn) -> str:
    """Fragments spread only those that come before them, so that there are no circles."""
    fragments: dict[str, str] = {}
    written: list[str] = []
    for number in range(draw(st.integers(0, 5))):
        on = draw(st.sampled_from(list(FIELDS)))
        directive = draw(st.sampled_from(["", " @include(if: true)"]))
        written.append(f"fragment F{number} on {on}{directive} {{ {draw(a_selection(on, fragments, 3))} }}")
        fragments[f"F{number}"] = on
    return " ".join([f"query($n: Int, $ids: [ID!]) {{ {draw(a_selection('Query', fragments, 4))} }}", *written])


@settings(deadline=None, max_examples=300)
@given(documents(), st.sampled_from([None, 1, 7, 100, 0, 10**6]), st.sampled_from([None, [], ["a"] * 4]))
def test_what_is_counted_in_one_pass_is_what_is_there_when_everything_is_written_out(
    text: str, n: int | None, ids: list[str] | None
) -> None:
    document = parse(text)
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    variables = {name: value for name, value in (("n", n), ("ids", ids)) if value is not None}
    naive = WrittenOut(fragments, variables)
    width = naive.walk(operation.selection_set, SMALL.type_map["Query"], 1, 1, None, 0)

    size = size_of(SMALL, document, operation, variables, WIDE)

    assert size.nodes == min(MANY, naive.nodes)
    assert (size.depth, size.width, size.aliases) == (naive.depth, width, naive.aliases)
    assert size.directives == naive.directives


# -------------------------------------------------------------------- the real schema


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("{ __typename }", 0),
        ("{ me { id credits { available } } }", 2),
        ("{ stories { totalCount } }", 1),
        ("{ stories { edges { node { id } } } }", 1 + 20 + 20),
        ("{ stories(first: 3) { edges { node { pages { id } } } } }", 1 + 3 + 3 + 75),
        ("{ voices { id } }", 25),
        ('{ nodes(ids: ["a", "b"]) { id } }', 2),
    ],
)
def test_the_objects_of_an_answer_are_counted_before_it_is_made(text: str, nodes: int) -> None:
    assert measured(text).nodes == nodes


def test_first_and_ids_count_as_the_variables_say() -> None:
    prepared = read("query($n: Int = 2) { stories(first: $n) { edges { cursor } } }", None)
    assert [prepared.size(given).nodes for given in ({}, {"n": 5}, {"n": 100}, {"n": None})] == [3, 6, 101, 21]
    prepared = read("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", None)
    assert [prepared.size({"ids": ["x"] * count}).nodes for count in (0, 3, 100)] == [0, 3, 100]


def test_a_follower_of_everything_stays_within_the_limits() -> None:
    page = "page { number text image { url } audio { url words { word startMs endMs start end } } }"
    story = f"story {{ id pages {{ {page[7:-2]} }} }}"
    events = " ".join(f"... on {name} {{ {page} }}" for name in ("PageTextReady", "PageImageReady", "PageAudioReady"))
    whole = " ".join(f"... on {name} {{ {story} }}" for name in ("StorySnapshot", "StoryEnded"))
    text = f'subscription {{ storyProgress(storyId: "x") {{ cursor events {{ sequence {events} {whole} }} }} }}'
    prepared = read(text, None)
    assert prepared.errors == []
    assert prepared.size(None).nodes < Limits().nodes


def test_the_query_of_every_tool_that_reads_the_schema_is_within_the_limits() -> None:
    prepared = read(get_introspection_query(specified_by_url=True, input_value_deprecation=True), None)
    assert prepared.errors == []
    assert prepared.size(None).depth == 1


WIDE_SCHEMA = "__schema { types { fields { type { fields { name } } } } }"


def nest(field: str, times: int) -> str:
    return f"{field} {{ " * times + "__typename" + " }" * times


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f'{{ page(id: "x") {{ {nest("story { pages", 6).replace(" }", " } }", 6)} }} }}', "in each other"),
        ("{" + " ".join(f"a{n}: __typename" for n in range(21)) + "}", "at its root"),
        ("{ me {" + " ".join(f"a{n}: id" for n in range(31)) + "} }", "aliases"),
        ("{ me {" + "id @include(if: true) " * 51 + "} }", "directives"),
        ("mutation {" + " ".join(f"a{n}: signOut {{ __typename }}" for n in range(5)) + "}", "mutations"),
        ("{ stories(first: 100) { edges { node { pages { audio { words { word } } } } } } }", "objects"),
        ("{" + " ".join(f"a{n}: {WIDE_SCHEMA}" for n in range(10)) + "}", "objects of the schema"),
        ("{" + "__typename " * 1000 + "}", "tokens"),
        ("{ __typename } #" + " " * 65_536, "bytes"),
    ],
)
def test_an_operation_beyond_a_limit_is_refused_with_the_limit(text: str, what: str) -> None:
    with pytest.raises(CostLimit) as refused:
        read(text, None)
    assert what in refused.value.message


@pytest.mark.parametrize("fragments", ["{a} {a}", "x: me {{ id }} {a} {a}", "me {{ ...on User {{ {a} {a} }} }}"])
def test_fragments_in_fragments_are_refused_at_once_however_much_they_say(fragments: str) -> None:
    count = 24
    links = [f"fragment F{number} on Thing {{ {fragments.format(a=f'...F{number + 1}')} }}" for number in range(count)]
    text = " ".join(["{ me { ...F0 } }", *links, f"fragment F{count} on Thing {{ a: name b: name }}"])
    document = parse(text, max_tokens=1000)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)

    def took() -> float:
        began = time.process_time()
        size_of(SMALL, document, operation, None, WIDE)
        return time.process_time() - began

    assert min(took() for _ in range(3)) < 0.05  # written out, the last fragment stands there 16 million times


@pytest.mark.parametrize(
    "text",
    [
        "{ nodes(ids: [" + '"a" ' * 251 + "]) { id } }",
        "{ stories(filter: {status: [" + "READY " * 251 + "]}) { totalCount } }",
        f"{{ stories(first: {'9' * 5000}) {{ totalCount }} }}",
        f"{{ stories(first: {'9' * 5000}.0) {{ totalCount }} }}",
    ],
)
def test_lists_and_numbers_that_are_too_long_are_bad_input(text: str) -> None:
    with pytest.raises(BadUserInput):
        read(text, None)


@pytest.mark.parametrize("wrap", [lambda given: given, lambda given: {"a": [{"b": given}]}])  # pyright: ignore
def test_a_list_of_a_variable_is_counted_however_deep_it_lies(wrap: Any) -> None:
    prepared = read("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", None)
    prepared.size({"ids": wrap(["a"] * 250)})
    with pytest.raises(BadUserInput, match="250"):
        prepared.size({"ids": wrap(["a"] * 251)})


def test_an_unbounded_number_of_circles_has_a_size() -> None:
    text = "{ ...A } fragment A on Query { me { id } ...B } fragment B on Query { ...A ...A }"
    assert "within itself" in read(text, None).errors[0].message
