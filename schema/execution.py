"""How selections run fast: what is plain of them is compiled, once, to a Python function.

A field is plain where the executor would do nothing but read an attribute, or call a synchronous resolver that takes no
arguments, and write the value down: a scalar, an enum's value, an object of plain fields, a list of these, or one of
several object types whose own selections are plain. `compile_selection` writes for every object type of a selection a
function that reads those attributes into a dict, in the order in which GraphQL collects the fields; so a whole
selection becomes a handful of dict displays.

Nothing is guessed. Where a selection is not plain (directives, arguments, awaited resolvers, permissions), there is no
function for it. Where a value is not what its type says (null where none may be, another class, a number too large, an
error), the function raises NotPlain. Either way the normal executor does that work and finds the words for what is
wrong; the answer is the same, byte for byte, which tests/schema/test_execution.py holds against random selections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, Protocol, cast

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    InlineFragmentNode,
    SelectionSetNode,
    Visitor,
    is_abstract_type,
    visit,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from schema.context import Context

Value = Any  # what a resolver gives, and the JSON that becomes of it: nothing narrower holds for both
Compiled = Callable[[object, "Asking"], Value]


class NotPlain(Exception):
    """The normal executor has to do this."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The part of strawberry's Info that plain resolvers use."""

    context: Context


def compile_selection(
    schema: GraphQLSchema, document: DocumentNode, of: GraphQLObjectType, selections: Sequence[SelectionSetNode]
) -> Compiled | None:
    """A function from an object of type `of` to its selection as JSON; None where the selection is not plain.

    The document is valid. The function raises NotPlain wherever the normal executor is needed after all.
    """
    if _has_directives(document):
        return None
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    try:
        return _Compiler(schema, fragments).function_of(of, selections)
    except NotPlain:
        return None


def _has_directives(document: DocumentNode) -> bool:
    found: list[DirectiveNode] = []

    class Finder(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            found.append(node)

    visit(document, Finder())
    return bool(found)


class _Resolver(Protocol):
    """The part of strawberry's StrawberryResolver that is used here; it is generic in what it gives."""

    wrapped_func: object
    info_parameter: object | None
    is_async: bool
    arguments: Sequence[object]


class _Wrapping(Protocol):
    of_type: GraphQLType


class _Typed(Protocol):
    type: GraphQLType


class _Compiler:
    """Writes one function for every object type and selection it meets."""

    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._names: dict[str, object] = {"NotPlain": NotPlain, "list_of": _LISTS, "refuse": _refuse}
        self._count = 0
        self._visited = 0

    def function_of(self, type: GraphQLObjectType, selections: Sequence[SelectionSetNode]) -> Compiled:
        fields = self._collected(type, selections)
        definition = _definition(type)
        lines = [f"    if o.__class__ is not {self._named(definition.origin)}: refuse()"]
        pairs: list[str] = []
        for number, (key, nodes) in enumerate(fields.items()):
            name = nodes[0].name.value
            if name == "__typename":
                pairs.append(f"{key!r}: {type.name!r}")
                continue
            lines += self._read(f"v{number}", type.fields[name], definition, nodes)
            pairs.append(f"{key!r}: v{number}")
        return self._function([*lines, "    return {" + ", ".join(pairs) + "}"])

    def _function(self, lines: Iterable[str]) -> Compiled:
        name = f"f{self._count}"
        self._count += 1
        source = "\n".join([f"def {name}(o, info):", *lines])
        # What is executed was written above, from the schema's own names and from `repr` of response keys.
        exec(source, self._names)  # noqa: S102
        return cast(Compiled, self._names[name])

    def _named(self, value: object) -> str:
        """A name that stands for `value` in what is compiled."""
        name = f"c{self._count}"
        self._count += 1
        self._names[name] = value
        return name

    # ---------------------------------------------------------------- which fields

    def _collected(self, type: GraphQLObjectType, selections: Sequence[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """GraphQL's CollectFields, for a document without directives: response keys in order, with their nodes."""
        fields: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for selection in selections:
            self._collect(type, selection, fields, spread)
        return fields

    def _collect(
        self, type: GraphQLObjectType, selection: SelectionSetNode, fields: dict[str, list[FieldNode]], spread: set[str]
    ) -> None:
        for node in selection.selections:
            self._visited += 1
            if self._visited > MOST_NODES:
                raise NotPlain
            if isinstance(node, FieldNode):
                fields.setdefault((node.alias or node.name).value, []).append(node)
                continue
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in spread:
                    continue
                spread.add(node.name.value)
                inner: FragmentDefinitionNode | InlineFragmentNode = self._fragments[node.name.value]
            else:
                inner = cast(InlineFragmentNode, node)
            if self._applies(inner, type):
                self._collect(type, inner.selection_set, fields, spread)

    def _applies(self, fragment: FragmentDefinitionNode | InlineFragmentNode, type: GraphQLObjectType) -> bool:
        if fragment.type_condition is None:
            return True
        condition = self._schema.type_map[fragment.type_condition.name.value]
        return condition is type or (is_abstract_type(condition) and self._schema.is_sub_type(condition, type))

    # ---------------------------------------------------------------- what becomes of a field

    def _read(
        self, variable: str, field: GraphQLField, definition: StrawberryObjectDefinition, nodes: Sequence[FieldNode]
    ) -> list[str]:
        known = field.extensions.get("strawberry-definition")
        if not isinstance(known, StrawberryField) or any(node.arguments for node in nodes) or not _is_plain(known):
            raise NotPlain
        resolver = _resolver(known)
        if resolver is None:
            source = f"o.{known.python_name}"
        else:
            function = self._named(resolver.wrapped_func)
            source = f"{function}(o)" if resolver.info_parameter is None else f"{function}(o, info)"
        below = [node.selection_set for node in nodes if node.selection_set is not None]
        return [f"    {variable} = {source}", *self._completed(variable, _type_of(field), below, "    ")]

    def _completed(self, variable: str, type: GraphQLType, below: Sequence[SelectionSetNode], indent: str) -> list[str]:
        """Lines that turn the value in `variable` into JSON, as GraphQL's CompleteValue does."""
        required = _unwrapped(type, GraphQLNonNull)
        if required is not None:
            return [f"{indent}if {variable} is None: refuse()", *self._present(variable, required, below, indent)]
        lines = self._present(variable, type, below, indent + "    ")
        return [f"{indent}if {variable} is not None:", *lines]

    def _present(self, variable: str, type: GraphQLType, below: Sequence[SelectionSetNode], indent: str) -> list[str]:
        listed = _unwrapped(type, GraphQLList)
        if listed is not None:
            item = self._item(listed, below)
            return [
                f"{indent}if {variable}.__class__ not in list_of: refuse()",
                f"{indent}{variable} = [{item}(x, info) for x in {variable}]",
            ]
        if isinstance(type, GraphQLScalarType):
            return self._scalar(variable, type, indent)
        if isinstance(type, GraphQLEnumType):
            names = self._named({value.value: name for name, value in type.values.items()})
            return [
                f"{indent}{variable} = {names}.get({variable})",
                f"{indent}if {variable} is None: refuse()",
            ]
        return [f"{indent}{variable} = {self._named(self._object(type, below))}({variable}, info)"]

    def _item(self, type: GraphQLType, below: Sequence[SelectionSetNode]) -> str:
        inner = _unwrapped(type, GraphQLNonNull)
        if inner is not None and not isinstance(inner, GraphQLScalarType | GraphQLEnumType | GraphQLList):
            # Objects look at their own class first, and None is of none of them.
            return self._named(self._object(inner, below))
        return self._named(self._function([*self._completed("o", type, below, "    "), "    return o"]))

    def _object(self, type: object, below: Sequence[SelectionSetNode]) -> Compiled:
        if isinstance(type, GraphQLObjectType):
            return self.function_of(type, below)
        if not is_abstract_type(type):
            raise NotPlain
        known: dict[object, Compiled] = {}
        for possible in self._schema.get_possible_types(type):
            try:
                known[_definition(possible).origin] = self.function_of(possible, below)
            except NotPlain:
                continue  # objects of this type are the normal executor's; the others need not be

        def one_of(value: object, info: Asking) -> Value:
            compiled = known.get(value.__class__)
            return _refuse() if compiled is None else compiled(value, info)

        return one_of

    def _scalar(self, variable: str, type: GraphQLScalarType, indent: str) -> list[str]:
        match type.name:
            case "String" | "ID":
                return [f"{indent}if {variable}.__class__ is not str: refuse()"]
            case "Boolean":
                return [f"{indent}if {variable}.__class__ is not bool: refuse()"]
            case "Int":
                return [f"{indent}if {variable}.__class__ is not int or not {_INT} <= {variable} < -{_INT}: refuse()"]
            case "Float":  # what is not finite is no number in JSON
                return [f"{indent}if {variable}.__class__ is not float or {variable} - {variable} != 0: refuse()"]
            case "DateTime":
                time = self._named(datetime)
                return [
                    f"{indent}if {variable}.__class__ is not {time}: refuse()",
                    f"{indent}{variable} = {variable}.isoformat()",
                ]
            case _:
                raise NotPlain


_LISTS = frozenset([list, tuple])
_INT = -(2**31)
MOST_NODES = 600
"""A document may say a lot in few words, by fragments in fragments; one that does is not worth compiling."""


def _refuse() -> NoReturn:
    raise NotPlain


def _definition(type: GraphQLObjectType) -> StrawberryObjectDefinition:
    found = type.extensions.get("strawberry-definition")
    if not isinstance(found, StrawberryObjectDefinition):
        raise NotPlain
    return found


def _is_plain(field: StrawberryField) -> bool:
    resolver = _resolver(field)
    if field.permission_classes or field.extensions:
        return False
    return resolver is None or not (resolver.is_async or resolver.arguments)


def _resolver(field: StrawberryField) -> _Resolver | None:
    return cast("_Resolver | None", field.base_resolver)  # pyright: ignore[reportUnknownMemberType]  # see _Resolver


def _type_of(field: GraphQLField) -> GraphQLType:
    return cast(_Typed, field).type


def _unwrapped(type: object, wrapper: type[GraphQLNonNull[Any]] | type[GraphQLList[Any]]) -> GraphQLType | None:
    """What a type wraps, where it is such a wrapper. They are generic in graphql-core, and lose it at `isinstance`."""
    return cast(_Wrapping, type).of_type if isinstance(type, wrapper) else None
