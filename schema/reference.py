"""The schema as a page to read, docs/schema.md, made from the descriptions in schema.graphql."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

INTRODUCTION = """# The schema

Made by `storycanvas schema` from the descriptions in the code; [schema.graphql](../schema.graphql) says the same for
machines, and `/explorer` has it beside an editor. `!` is never null, `[…]` is a list.
"""
ROOTS = ("Query", "Mutation", "Subscription")
BUILT_IN = frozenset({"Int", "Float", "String", "Boolean", "ID"})
CHAPTERS = (
    ("Objects", ObjectTypeDefinitionNode),
    ("Interfaces", InterfaceTypeDefinitionNode),
    ("Inputs", InputObjectTypeDefinitionNode),
    ("Unions", UnionTypeDefinitionNode),
    ("Enums", EnumTypeDefinitionNode),
    ("Scalars", ScalarTypeDefinitionNode),
)


def reference(sdl: str) -> str:
    """The whole page, in Markdown: what can be asked first, then every type in the order of names."""
    definitions = parse(sdl).definitions
    types = {each.name.value: each for each in definitions if isinstance(each, TypeDefinitionNode)}
    parts = [INTRODUCTION]
    for name in ROOTS:
        root = types.pop(name)
        assert isinstance(root, ObjectTypeDefinitionNode)  # noqa: S101  # nothing else can be a root
        parts.append(f"## {name}\n\n{_text(root.description)}")
        parts += [_verb(name, field) for field in sorted(root.fields or (), key=lambda field: field.name.value)]
    for title, kind in CHAPTERS:
        members = [each for _, each in sorted(types.items()) if isinstance(each, kind)]
        if members:
            parts.append(f"## {title}")
            parts += [_type(each, types.values()) for each in members]
    directives = [each for each in definitions if isinstance(each, DirectiveDefinitionNode)]
    if directives:
        parts.append("## Directives")
        parts += [f"### @{each.name.value}\n\n{_text(each.description)}" for each in directives]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _verb(root: str, field: FieldDefinitionNode) -> str:
    """A field of a root. Its heading names the root too: anchors have no case, and `page` would be taken for `Page`."""
    head = f"### {root}.{field.name.value}\n\n{_text(field.description)}\n\nGives {_linked(field.type)}."
    head += _directives(field.directives)
    return f"{head}\n\n{_inputs('argument', field.arguments)}" if field.arguments else head


def _type(it: TypeDefinitionNode, types: Iterable[TypeDefinitionNode]) -> str:
    return f"### {it.name.value}\n\n{_text(it.description)}\n\n{_body(it, types)}"


def _body(it: TypeDefinitionNode, types: Iterable[TypeDefinitionNode]) -> str:
    match it:
        case ObjectTypeDefinitionNode():
            return _kinship("Is", it.interfaces) + _fields(it.fields)
        case InterfaceTypeDefinitionNode():
            objects = (each for each in types if isinstance(each, ObjectTypeDefinitionNode))
            members = [each for each in objects if it.name.value in {one.name.value for one in each.interfaces or ()}]
            return _kinship("Implemented by", sorted(members, key=lambda each: each.name.value)) + _fields(it.fields)
        case InputObjectTypeDefinitionNode():
            return _inputs("field", it.fields)
        case UnionTypeDefinitionNode():
            return _kinship("One of", it.types)
        case EnumTypeDefinitionNode():
            return _table(
                ("value", ""), [(f"`{each.name.value}`", _text(each.description)) for each in it.values or ()]
            )
        case _:
            return ""


def _kinship(words: str, types: Sequence[NamedTypeNode | ObjectTypeDefinitionNode] | None) -> str:
    names = [each.name.value for each in types or ()]
    return f"{words} {', '.join(map(_link, names))}.\n\n" if names else ""


def _fields(fields: Sequence[FieldDefinitionNode] | None) -> str:
    rows: list[tuple[str, ...]] = []
    for field in fields or ():
        arguments = ", ".join(f"{each.name.value}: {print_ast(each.type)}" for each in field.arguments or ())
        name = f"`{field.name.value}({arguments})`" if arguments else f"`{field.name.value}`"
        rows.append((name, _linked(field.type), _text(field.description) + _directives(field.directives)))
    return _table(("field", "type", ""), rows)


def _inputs(head: str, inputs: Sequence[InputValueDefinitionNode] | None) -> str:
    rows: list[tuple[str, ...]] = []
    for each in inputs or ():
        default = print_ast(each.default_value) if each.default_value else "null"
        words = _text(each.description) + (f" Default `{default}`." if default != "null" else "")
        rows.append((f"`{each.name.value}`", _linked(each.type), words + _directives(each.directives)))
    return _table((head, "type", ""), rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _linked(shape: TypeNode) -> str:
    """A type with its brackets, linked to where it is described."""
    return _link(print_ast(shape))


def _link(shape: str) -> str:
    name = re.sub(r"[][!]", "", shape)
    return f"`{shape}`" if name in BUILT_IN else f"[`{shape}`](#{name.lower()})"


def _directives(directives: Sequence[ConstDirectiveNode] | None) -> str:
    return "".join(f" `{print_ast(each)}`" for each in directives or ())


def _text(description: StringValueNode | None) -> str:
    return " ".join(description.value.split()) if description else ""
