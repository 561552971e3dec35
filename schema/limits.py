"""What one operation may ask for, what it costs, and in which words too much of it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from graphql import FloatValueNode, IntValueNode, ListValueNode, ObjectValueNode, OperationType, ValueNode

from models.errors import BadUserInput, CostLimit

MANY = 10**9
"""Where numbers of a Size stop growing."""
MOST_DIGITS = 400
"""Of a number in a document. More than 4,300 are an error of Python's, which would show in ours."""
Variables = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of everything that one operation takes. `text` is in bytes; `listed` is of one list in its input."""

    tokens: int = 1000
    text: int = 64 * 1024
    depth: int = 12
    aliases: int = 30
    directives: int = 50
    root_fields: int = 20
    mutations: int = 4
    nodes: int = 5000
    introspected: int = 20_000
    listed: int = 250


@dataclass(slots=True)
class Size:
    """Of a selection, with every fragment in its place.

    `depth` is in fields, the last one included; `width` are the fields right in it, `verbs` those of them that are
    more than `__typename`. `nodes` are counted for each object that is selected from, `once` for all of them together.
    """

    depth: int = 0
    width: int = 0
    verbs: int = 0
    aliases: int = 0
    directives: int = 0
    nodes: int = 0
    once: int = 0
    introspected: int = 0

    def add(self, other: Size) -> None:
        self.depth = max(self.depth, other.depth)
        self.width = min(MANY, self.width + other.width)
        self.verbs = min(MANY, self.verbs + other.verbs)
        self.aliases = min(MANY, self.aliases + other.aliases)
        self.directives = min(MANY, self.directives + other.directives)
        self.nodes = min(MANY, self.nodes + other.nodes)
        self.once = min(MANY, self.once + other.once)
        self.introspected = min(MANY, self.introspected + other.introspected)

    def points(self, kind: OperationType, a_mutation: int) -> int:
        """What running it costs its caller: one, another for every hundred nodes, and `a_mutation` for every mutation.

        Following costs one, however much is told: who is cut off again and again has to come back each time.
        """
        more = (self.nodes + self.introspected // 10) // 100
        match kind:
            case OperationType.SUBSCRIPTION:
                return 1
            case OperationType.MUTATION:
                return max(1, self.verbs * a_mutation + more)
            case OperationType.QUERY:
                return 1 + more


def check(size: Size, kind: OperationType, limits: Limits) -> None:
    """Raises CostLimit for the first limit that is exceeded."""
    for what, asked, most in (
        ("fields in each other", size.depth, limits.depth),
        ("fields at its root", size.width, limits.root_fields),
        ("mutations", size.verbs if kind is OperationType.MUTATION else 0, limits.mutations),
        ("aliases", size.aliases, limits.aliases),
        ("directives", size.directives, limits.directives),
        ("objects in its answer", size.nodes, limits.nodes),
        ("objects of the schema", size.introspected, limits.introspected),
    ):
        if asked > most:
            raise CostLimit(what, asked, most)


def check_variables(variables: Variables | None, limits: Limits) -> None:
    """Raises BadUserInput where a list in them is too long, however deep it lies."""
    waiting: list[object] = [variables]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(cast("dict[str, object]", value).values())
        elif isinstance(value, list):
            values = cast("list[object]", value)
            _check_length(len(values), limits)
            waiting.extend(values)


def _check_length(length: int, limits: Limits) -> None:
    if length > limits.listed:
        raise BadUserInput(f"A list takes at most {limits.listed} values.")


def check_values(values: Iterable[ValueNode], limits: Limits) -> None:
    """The same for values that stand in a document; and for numbers that are too long to be any."""
    waiting = list(values)
    while waiting:
        match waiting.pop():
            case ListValueNode(values=values):
                _check_length(len(values), limits)
                waiting.extend(values)
            case ObjectValueNode(fields=fields):
                waiting.extend(field.value for field in fields)
            case IntValueNode(value=digits) | FloatValueNode(value=digits) if len(digits) > MOST_DIGITS:
                raise BadUserInput(f"A number takes at most {MOST_DIGITS} digits.")
            case _:
                pass
