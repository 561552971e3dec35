"""Which fields a document selects: GraphQL's CollectFields, for documents without directives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    Visitor,
    is_abstract_type,
    visit,
)

MOST_NODES = 600
"""A document may say a lot in few words, by fragments in fragments; one that does is not worth compiling."""


class NotPlain(Exception):
    """The normal executor has to do this."""


class Selections:
    """Of one document. Raises NotPlain where it has directives."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        if _has_directives(document):
            raise NotPlain
        self.schema = schema
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._visited = 0

    def of(self, type: GraphQLObjectType, selections: Iterable[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """Response keys in order, with their nodes."""
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
        condition = self.schema.type_map[fragment.type_condition.name.value]
        return condition is type or (is_abstract_type(condition) and self.schema.is_sub_type(condition, type))


def _has_directives(document: DocumentNode) -> bool:
    found: list[DirectiveNode] = []

    class Finder(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: object) -> None:
            found.append(node)

    visit(document, Finder())
    return bool(found)


def below(nodes: Iterable[FieldNode]) -> list[SelectionSetNode]:
    """The selections in a field that is selected by these nodes."""
    return [node.selection_set for node in nodes if node.selection_set is not None]
