"""How rows become JSON: one expression of Python for each selection, over the columns that it needs.

`resolvers.screens` gives stories as rows of columns, without an object for each. Here a selection says which columns it
needs, and an expression is written that builds its JSON from them. A field is taken from a row where the schema's type
says no more of it than its name: an attribute of the type that is called as the column is that column. A few fields
that are computed (ids, pictures, lists) are known here by name. Of any other field nothing is known: NotPlain, and the
normal executor reads it. Where a value is not what its type says, the expression raises NotPlain at run time.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, cast

import orjson
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLType,
    SelectionSetNode,
)
from strawberry.types.field import StrawberryField

from models.styles import ART_STYLES
from resolvers.listing import cursor
from resolvers.screens import CHARACTER, PAGE, STORY, Wanted
from schema.apart import Apart
from schema.choices import ArtStyle, Voice
from schema.execution import Asking, Compiler, type_of, unwrapped
from schema.selections import NotPlain, Selections, below

Nodes = Sequence[FieldNode]


class Table:
    """The columns that are needed of one table, in the order in which they were, and a variable for each."""

    def __init__(self, known: Mapping[str, bool], letter: str) -> None:
        self._known = known
        self._letter = letter
        self._variables: dict[str, str] = {}

    def __call__(self, column: str) -> str:
        """The variable that stands for a column."""
        return self._variables.setdefault(column, f"{self._letter}{len(self._variables)}")

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self._variables)

    @property
    def variables(self) -> str:
        return ", ".join(self._variables.values())

    def has(self, name: str) -> bool:
        return name in self._known

    def may_be_null(self, name: str) -> bool:
        return self._known[name]


class Story:
    """The tables of one story, and what is wanted of it. A row is unpacked into the variables of all of these."""

    def __init__(self) -> None:
        self.row = Table(STORY, "s")
        self.pages = Table(PAGE, "p")
        self.cover = Table(PAGE, "v")
        self.cast = Table(CHARACTER, "c")
        self.progress = False

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.row.columns, self.pages.columns, self.cover.columns, self.cast.columns, self.progress)

    def arrays(self, table: Table) -> str:
        """The variables that hold a table's columns as arrays, where it gives several rows for one story."""
        return ", ".join(f"{variable}s" for variable in table.variables.split(", ") if variable)

    @property
    def variables(self) -> str:
        progress = "done, wanted" if self.progress else ""
        parts = (self.row.variables, self.arrays(self.pages), self.cover.variables, self.arrays(self.cast), progress)
        return ", ".join(part for part in parts if part)


class Shapes:
    """Writes expressions for one document. What they call is in `names`; `asking` and `url` are their own variables."""

    def __init__(self, selected: Selections, *, keeping: bool = False) -> None:
        self.selected = selected
        self.apart: list[Apart] = []
        self._keeping = keeping
        self.names: dict[str, object] = {
            "refuse": refuse,
            "cursor": cursor,
            "finite": _finite,
            "id_of": _id_of,
            "loads": orjson.loads,
            "style_of": _style_of,
            "voice_of": _voice_of,
        }
        self._compiler = Compiler(selected)
        self._types = selected.schema.type_map

    def again(self) -> Shapes:
        """With nothing written yet."""
        return Shapes(self.selected, keeping=self._keeping)

    def type(self, name: str) -> GraphQLObjectType:
        return cast(GraphQLObjectType, self._types[name])

    def name(self, value: object) -> str:
        """A name that stands for `value`."""
        name = f"n{len(self.names)}"
        self.names[name] = value
        return name

    def function(self, lines: Iterable[str]) -> Callable[..., Any]:
        """What `def shape` in these lines defines."""
        defined: dict[str, Any] = {}
        # What is executed was written here and below, from the schema's own names and from `repr` of response keys.
        exec("\n".join(lines), self.names, defined)  # noqa: S102
        return defined["shape"]

    def shape(
        self,
        type: GraphQLObjectType,
        selections: Iterable[SelectionSetNode],
        written: Callable[[str, Nodes], str],
    ) -> str:
        """A dict display; `written` gives the expression of each field by its name in Python."""
        pairs: list[str] = []
        for key, nodes in self.selected.of(type, selections).items():
            name = nodes[0].name.value
            if name == "__typename":
                pairs.append(f"{key!r}: {type.name!r}")
                continue
            python_name = definition_of(type.fields[name], nodes).python_name
            pairs.append(f"{key!r}: {written(python_name, nodes)}")
        return "{" + ", ".join(pairs) + "}"

    # ---------------------------------------------------------------- the nouns

    def story(self, of: Story, selections: Iterable[SelectionSetNode], *, alone: bool = True) -> str:
        """A story; `alone` with everything that hangs on it, else with its own columns only."""
        type = self.type("Story")

        def written(name: str, nodes: Nodes) -> str:
            match name:
                case "id":
                    return self._id("Story", of.row("id"))
                case "art_style":
                    return self._object("ArtStyle", f"style_of({of.row('art_style')})", nodes)
                case "voice":
                    voice = self._object("Voice", "found", nodes)
                    return f"(None if (found := voice_of(asking, {of.row('voice')})) is None else {voice})"
                case _ if of.row.has(name):
                    return self._column(of.row, type, name, nodes)
                case _ if alone:
                    return self._beside(of, name, nodes)
                case _:
                    raise NotPlain

        return self.shape(type, selections, written)

    def _beside(self, of: Story, name: str, nodes: Nodes) -> str:
        match name:
            case "pages" if self._keeping and (apart := self._apart(nodes)) is not None:
                self.apart.append(apart)
                of.row("xmin")
                of.row("status")
                return f"apart[{len(self.apart) - 1}][{of.row('id')}]"
            case "pages":
                page = self.page(of.pages, below(nodes), of)
                of.pages("number")  # so that there is an array whatever is asked for
                return f"[{page} for {of.pages.variables}, in zip({self._arrays(of, of.pages)})]"
            case "cover":
                return self.image(of.cover, "image", below(nodes))
            case "characters":
                character = self.character(of.cast, below(nodes))
                of.cast("id")
                return f"[{character} for {of.cast.variables}, in zip({self._arrays(of, of.cast)})]"
            case "progress":
                of.progress = True
                parts = {"done": "done or 0", "total": "wanted or 0"}
                return self.shape(self.type("Progress"), below(nodes), lambda name, _: parts[name])
            case _:
                raise NotPlain

    def _apart(self, nodes: Nodes) -> Apart | None:
        """Pages that say nothing of their story."""
        of = Story()
        page = self.page(of.pages, below(nodes), of)
        if of.row.columns:
            return None
        of.pages("number")
        written = f"[{page} for {of.pages.variables}, in zip({self._arrays(of, of.pages)})]"
        lines = ["def shape(row, url):", f"    {of.arrays(of.pages)}, = row", f"    return {written}"]
        return Apart(of.pages.columns, self.function(lines))

    def page(self, of: Table, selections: Iterable[SelectionSetNode], story: Story | None) -> str:
        type = self.type("Page")

        def written(name: str, nodes: Nodes) -> str:
            match name:
                case "id":
                    return self._id("Page", of("id"))
                case "image":
                    return self.image(of, "image", below(nodes))
                case "audio":
                    return self._audio(of, below(nodes))
                case "story" if story is not None:
                    return self.story(story, below(nodes), alone=False)
                case _:
                    return self._column(of, type, name, nodes)

        return self.shape(type, selections, written)

    def character(self, of: Table, selections: Iterable[SelectionSetNode]) -> str:
        type = self.type("Character")

        def written(name: str, nodes: Nodes) -> str:
            match name:
                case "id":
                    return self._id("Character", of("id"))
                case "portrait":
                    return self.image(of, "portrait", below(nodes))
                case _:
                    return self._column(of, type, name, nodes)

        return self.shape(type, selections, written)

    # ---------------------------------------------------------------- what is in JSON

    def image(self, of: Table, column: str, selections: Iterable[SelectionSetNode]) -> str:
        key = of(f"{column}.key")

        def written(name: str, _: Nodes) -> str:
            return f"url({key})" if name == "url" else self._member(of, column, name)

        return f"(None if {key} is None else {self.shape(self.type('Image'), selections, written)})"

    def _audio(self, of: Table, selections: Iterable[SelectionSetNode]) -> str:
        key = of("audio.key")

        def written(name: str, nodes: Nodes) -> str:
            match name:
                case "url":
                    return f"url({key})"
                case "words":
                    word = self.shape(self.type("WordTiming"), below(nodes), lambda name, _: f"word[{name!r}]")
                    words = of("words")
                    return f"([] if {words} is None else [{word} for word in loads({words})])"
                case _:
                    return self._member(of, "audio", name)

        return f"(None if {key} is None else {self.shape(self.type('Audio'), selections, written)})"

    def _member(self, of: Table, column: str, name: str) -> str:
        if name == "key":
            return of(f"{column}.key")
        variable = of(f"{column}.{name}")
        return f"({variable} if {variable} is not None else refuse())"

    # ---------------------------------------------------------------- what is in a column, or computed from one

    def _column(self, of: Table, type: GraphQLObjectType, name: str, nodes: Nodes) -> str:
        field = type.fields[nodes[0].name.value]
        if not of.has(name) or definition_of(field, nodes).base_resolver is not None:  # pyright: ignore[reportUnknownMemberType]  # see schema.execution._Resolver
            raise NotPlain
        variable = of(name)
        required = unwrapped(type_of(field), GraphQLNonNull)
        written = _leaf(variable, required or type_of(field), self.name)
        if not of.may_be_null(name):
            return written
        if required is not None:
            return f"({written} if {variable} is not None else refuse())"
        return written if written == variable else f"(None if {variable} is None else {written})"

    def _id(self, kind: str, variable: str) -> str:
        """schema.ids.global_id, for a UUID: no letter of its base64 differs from base64url's, and its end is known."""
        end = -len(f"{kind}:") % 3  # a UUID's 36 letters are a multiple of three
        return f"id_of(f'{kind}:{{{variable}}}'.encode(), newline=False){f'[:-{end}]' if end else ''}.decode()"

    def _object(self, name: str, source: str, nodes: Nodes) -> str:
        """An object that is made as the normal executor has it, by what schema.execution compiles."""
        compiled = self._compiler.function_of(self.type(name), below(nodes))
        return f"{self.name(compiled)}({source}, asking)"

    def _arrays(self, of: Story, table: Table) -> str:
        return ", ".join(f"{variable} or ()" for variable in of.arrays(table).split(", "))


def definition_of(field: GraphQLField, nodes: Nodes) -> StrawberryField:
    """Raises NotPlain where more than the field's resolver would have to run, or it takes arguments."""
    known = field.extensions.get("strawberry-definition")
    if not isinstance(known, StrawberryField) or any(node.arguments for node in nodes):
        raise NotPlain
    if known.permission_classes or known.extensions:
        raise NotPlain
    return known


def _leaf(variable: str, type: GraphQLType, named: Callable[[object], str]) -> str:
    """A value that is there. What PostgreSQL's column can hold only as the type says is not looked at again."""
    if isinstance(type, GraphQLEnumType):
        return f"{named({str(name): str(name) for name in type.values})}[{variable}]"
    if not isinstance(type, GraphQLScalarType):
        raise NotPlain
    match type.name:
        case "String" | "Int" | "Boolean":
            return variable
        case "Float":
            return f"finite({variable})"
        case "DateTime":
            return f"{variable}.isoformat()"
        case _:
            raise NotPlain


def refuse() -> NoReturn:
    raise NotPlain


_id_of = b2a_base64


def _finite(value: float) -> float:
    return value if value - value == 0 else refuse()  # what is not finite is no number in JSON


def _style_of(key: str) -> ArtStyle:
    return ArtStyle.of(ART_STYLES[key])


def _voice_of(asking: Asking, id: str | None) -> Voice | None:
    return Voice.by_id(cast(Any, asking), id)  # of an Info it uses what Asking has
