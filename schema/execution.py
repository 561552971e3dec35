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
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    SelectionSetNode,
    is_abstract_type,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from schema.context import Context
from schema.selections import NotPlain, Selections, below

Value = Any  # what a resolver gives, and the JSON that becomes of it: nothing narrower holds for both
Compiled = Callable[[object, "Asking"], Value]


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
    try:
        return Compiler(Selections(schema, document)).function_of(of, selections)
    except NotPlain:
        return None


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


class Compiler:
    """Writes one function for every object type and selection it meets."""

    def __init__(self, selected: Selections) -> None:
        self._selected = selected
        self._names: dict[str, object] = {"NotPlain": NotPlain, "list_of": _LISTS, "refuse": _refuse}
        self._count = 0

    def function_of(self, type: GraphQLObjectType, selections: Sequence[SelectionSetNode]) -> Compiled:
        fields = self._selected.of(type, selections)
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
        return [f"    {variable} = {source}", *self._completed(variable, type_of(field), below(nodes), "    ")]

    def _completed(self, variable: str, type: GraphQLType, below: Sequence[SelectionSetNode], indent: str) -> list[str]:
        """Lines that turn the value in `variable` into JSON, as GraphQL's CompleteValue does."""
        required = unwrapped(type, GraphQLNonNull)
        if required is not None:
            return [f"{indent}if {variable} is None: refuse()", *self._present(variable, required, below, indent)]
        lines = self._present(variable, type, below, indent + "    ")
        return [f"{indent}if {variable} is not None:", *lines]

    def _present(self, variable: str, type: GraphQLType, below: Sequence[SelectionSetNode], indent: str) -> list[str]:
        listed = unwrapped(type, GraphQLList)
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
        inner = unwrapped(type, GraphQLNonNull)
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
        for possible in self._selected.schema.get_possible_types(type):
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


def type_of(field: GraphQLField) -> GraphQLType:
    return cast(_Typed, field).type


def unwrapped(type: object, wrapper: type[GraphQLNonNull[Any]] | type[GraphQLList[Any]]) -> GraphQLType | None:
    """What a type wraps, where it is such a wrapper. They are generic in graphql-core, and lose it at `isinstance`."""
    return cast(_Wrapping, type).of_type if isinstance(type, wrapper) else None
