"""How much an operation asks for, found in one pass over its document before anything of it is run.

Each fragment is looked at once, and what was found is added wherever it is spread: so the pass takes as long as the
document is, while a document of 1 kB may spread to billions of fields. Numbers stop growing at MANY.

Nodes are the objects that an answer may hold. `first` says how many a page of a connection holds; a list that answers
a list of ids is as long as that; any other list counts as 25. Introspection has an account of its own, since a
document that reads all of the schema is deep and wide, and right to be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    VariableNode,
    is_composite_type,
)

from models.errors import BadUserInput
from schema.limits import MANY, Limits, Size, Variables, check_values

PLAIN_LIST = 25
LONGEST_PAGE = 100
ONCE = frozenset({"StorySnapshot", "StoryEnded"})
"""Events of which a batch holds one, however long it is: they carry whole stories."""
LISTS_OF_THE_SCHEMA = {"fields": 4, "args": 1, "inputFields": 1, "enumValues": 1, "interfaces": 1, "possibleTypes": 1}
"""How long lists of introspection are in ours, on the average; `types` is counted."""


def size_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables | None,
    limits: Limits,
) -> Size:
    """The size of one operation of a document, which need not be valid: what is not in the schema has no size.

    Raises BadUserInput where a list or number in it is too long, or it is nested deeper than Python goes.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    defaults = {
        each.variable.name.value: given.values if isinstance(given, ListValueNode) else getattr(given, "value", None)
        for each in operation.variable_definitions or ()
        if (given := each.default_value) is not None
    }
    measuring = _Measuring(schema, fragments, {**defaults, **(variables or {})}, limits)
    try:
        size = measuring.selection(operation.selection_set, schema.get_root_type(operation.operation), None)
    except RecursionError:
        raise BadUserInput("The document is nested too deeply.") from None
    given = [each.default_value for each in operation.variable_definitions or () if each.default_value is not None]
    check_values(given, limits)
    declared = sum(len(each.directives or ()) for each in operation.variable_definitions or ())
    return replace(
        size,
        directives=size.directives + declared + len(operation.directives or ()),
        nodes=min(MANY, size.nodes + size.once),
        once=0,
    )


def counting_variables(document: DocumentNode) -> frozenset[str]:
    """The names of variables on whose values the size of an operation may depend."""
    found: set[str] = set()
    waiting: list[SelectionSetNode] = [
        node.selection_set
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                found.update(_variables_of(node.arguments or ()))
            if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
                waiting.append(node.selection_set)
    return frozenset(found)


def _variables_of(arguments: Iterable[ArgumentNode]) -> Iterable[str]:
    for argument in arguments:
        if argument.name.value in ("first", "ids") and isinstance(argument.value, VariableNode):
            yield argument.value.name.value


class _Typed(Protocol):
    """A field's type is generic in what it wraps, and graphql-core says nowhere in what. Written out it is plain."""

    type: object


@dataclass(slots=True)
class _Measuring:
    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variables: Variables
    limits: Limits
    _known: dict[tuple[str, int | None], Size] = field(default_factory=dict[tuple[str, int | None], Size])
    _open: set[str] = field(default_factory=set[str])

    def selection(self, selection: SelectionSetNode, type: GraphQLNamedType | None, page: int | None) -> Size:
        """`page` is how many objects lists right in the selection hold; None where nothing says so."""
        size = Size()
        for node in selection.selections:
            size.directives += len(node.directives or ())
            check_values(
                (each.value for directive in node.directives or () for each in directive.arguments or ()), self.limits
            )
            if isinstance(node, FieldNode):
                size.add(self.field(node, type, page))
            elif isinstance(node, FragmentSpreadNode):
                size.add(self.fragment(node.name.value, page))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = type if condition is None else self.schema.type_map.get(condition.name.value)
                size.add(_within(inner, condition is not None, self.selection(node.selection_set, inner, page)))
        return size

    def fragment(self, name: str, page: int | None) -> Size:
        known = self._known.get((name, page))
        if known is not None:
            return known
        definition = self.fragments.get(name)
        if definition is None or name in self._open:  # unknown, or a circle: validation has words for it
            return Size()
        self._open.add(name)
        type = self.schema.type_map.get(definition.type_condition.name.value)
        size = _within(type, True, self.selection(definition.selection_set, type, page))
        size.directives += len(definition.directives or ())
        self._open.discard(name)
        self._known[name, page] = size
        return size

    def field(self, node: FieldNode, parent: GraphQLNamedType | None, page: int | None) -> Size:
        check_values((argument.value for argument in node.arguments or ()), self.limits)
        name = node.name.value
        size = Size(1, 1, 0 if name == "__typename" else 1, 0 if node.alias is None else 1)
        definition = self._definition(name, parent)
        if definition is None or node.selection_set is None:
            return size
        written = str(cast(_Typed, definition).type)
        type, is_list = self.schema.type_map[written.strip("[]!")], "[" in written
        if not is_composite_type(type):
            return size
        inner = self.selection(node.selection_set, type, self._page(definition, node))
        size.aliases += inner.aliases
        size.directives += inner.directives
        size.introspected = inner.introspected
        if type.name.startswith("__"):
            length = self._listed(name) if is_list else 1
            size.introspected = min(MANY, length * (1 + inner.introspected))
            size.depth = 1 if name in ("__schema", "__type") else 1 + inner.depth
            return size
        size.depth = 1 + inner.depth
        if is_list:
            length = self._length(definition, node) if page is None else page
            size.nodes = min(MANY, length * (1 + inner.nodes) + inner.once)
        else:
            size.nodes = min(MANY, 1 + inner.nodes + inner.once)
        return size

    def _definition(self, name: str, parent: GraphQLNamedType | None) -> GraphQLField | None:
        if parent is self.schema.query_type and name in ("__schema", "__type"):
            return SchemaMetaFieldDef if name == "__schema" else TypeMetaFieldDef
        return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None

    def _listed(self, name: str) -> int:
        return len(self.schema.type_map) if name == "types" else LISTS_OF_THE_SCHEMA.get(name, 10)

    def _page(self, definition: GraphQLField, node: FieldNode) -> int | None:
        """What `first` says, where the field takes it. What can't be is refused later, and counts as the most."""
        argument = definition.args.get("first")
        if argument is None:
            return None
        given = self._given(node, "first")
        if given is None:
            given = _default(argument)
        try:
            wanted = int(given) if isinstance(given, int | str) else LONGEST_PAGE
        except ValueError:
            wanted = LONGEST_PAGE
        return wanted if 0 < wanted < LONGEST_PAGE else LONGEST_PAGE

    def _length(self, definition: GraphQLField, node: FieldNode) -> int:
        given = self._given(node, "ids") if "ids" in definition.args else None
        return len(cast("list[Any]", given)) if isinstance(given, list | tuple) else PLAIN_LIST

    def _given(self, node: FieldNode, name: str) -> object:
        """The value of an argument: as JSON from a variable, as its text from a literal; None where there is none."""
        for argument in node.arguments or ():
            if argument.name.value == name:
                match argument.value:
                    case VariableNode(name=variable):
                        return self.variables.get(variable.value)
                    case IntValueNode(value=digits):
                        return digits
                    case ListValueNode(values=values):
                        return values
                    case _:
                        return None
        return None


def _default(argument: GraphQLArgument) -> object:
    """What the schema says that an argument is, where nothing is given for it."""
    if argument.default is None:
        return cast(object, argument.default_value)  # as Strawberry has it
    literal = argument.default.literal
    return literal.value if isinstance(literal, IntValueNode) else argument.default.value


def _within(type: GraphQLNamedType | None, condition: bool, size: Size) -> Size:
    """A fragment's size as a part of the selection that it stands in."""
    if condition and type is not None and type.name in ONCE:
        return replace(size, nodes=0, once=min(MANY, size.nodes + size.once))
    return replace(size)
