"""Variables and arguments of the few types that screens have, coerced as GraphQL does (its sections 6.1.2 and 6.4.1).

What is of another type, or does not fit, is NotPlain: the normal executor coerces it, or says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLSchema,
    IntValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    NullValueNode,
    StringValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
)

from schema.selections import NotPlain

Value = str | int | bool | None
"""An enum's value is its name."""
Given = Mapping[str, Value]
"""What is absent is not in it."""
INT = 2**31


class Variables:
    """Those that one operation declares."""

    def __init__(self, schema: GraphQLSchema, definitions: Iterable[VariableDefinitionNode]) -> None:
        self._declared = [_Declared(schema, definition) for definition in definitions]

    def given(self, raw: Mapping[str, Any] | None) -> Given:
        """Raises NotPlain."""
        found: dict[str, Value] = {}
        for declared in self._declared:
            declared.take(raw or {}, found)
        return found


class _Declared:
    def __init__(self, schema: GraphQLSchema, definition: VariableDefinitionNode) -> None:
        type = definition.type
        self._name = definition.variable.name.value
        self._required = isinstance(type, NonNullTypeNode)
        inner = type.type if isinstance(type, NonNullTypeNode) else type
        self._fits = _fitting(schema, inner.name.value) if isinstance(inner, NamedTypeNode) else _nothing
        self._has_default = definition.default_value is not None
        self._default: Value = None
        if definition.default_value is not None:
            self._default = constant(definition.default_value)
            if self._default is not None and not self._fits(self._default):
                raise NotPlain

    def take(self, raw: Mapping[str, Any], found: dict[str, Value]) -> None:
        name = self._name
        if name not in raw:
            if self._has_default:
                found[name] = self._default
            elif self._required:
                raise NotPlain
            return
        value = raw[name]
        if not (self._fits(value) if value is not None else not self._required):
            raise NotPlain
        found[name] = value


def _fitting(schema: GraphQLSchema, name: str) -> Callable[[object], bool]:
    match name:
        case "String" | "ID":
            return lambda value: value.__class__ is str
        case "Int":
            return lambda value: value.__class__ is int and -INT <= cast(int, value) < INT
        case "Boolean":
            return lambda value: value.__class__ is bool
        case _:
            type = schema.type_map[name]
            return type.values.__contains__ if isinstance(type, GraphQLEnumType) else _nothing


def _nothing(_: object) -> bool:
    return False


def constant(node: ValueNode) -> Value:
    """Raises NotPlain for lists and objects, and for numbers that are no Int."""
    match node:
        case NullValueNode():
            return None
        case IntValueNode() if len(node.value) < 12 and -INT <= int(node.value) < INT:
            return int(node.value)
        case StringValueNode() | EnumValueNode() | BooleanValueNode():
            return node.value
        case _:
            raise NotPlain


class Arguments:
    """Those that a field is selected with. `of` gives them; those that are absent are not in it."""

    def __init__(self, nodes: Iterable[FieldNode]) -> None:
        self._constants: dict[str, Value] = {}
        self._variables: dict[str, str] = {}
        for argument in (
            next(iter(nodes)).arguments or ()
        ):  # those of a field's other nodes are the same, or it is not valid
            if isinstance(argument.value, VariableNode):
                self._variables[argument.name.value] = argument.value.name.value
            else:
                self._constants[argument.name.value] = constant(argument.value)

    @property
    def names(self) -> set[str]:
        return {*self._constants, *self._variables}

    def of(self, given: Given) -> Given:
        if not self._variables:
            return self._constants
        found = {name: given[variable] for name, variable in self._variables.items() if variable in given}
        return found | self._constants if self._constants else found
