"""Documents: read once, judged once, and kept, so that the next request with the same text begins to run at once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, cast

import graphql
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged
from strawberry.execution import optimized_is_awaitable

from models.errors import CostLimit, RateLimited
from schema.context import Context
from schema.limits import Limits, Size, check, check_variables
from schema.measuring import counting_variables, size_of
from schema.root import core_schema, schema

KEPT_TEXT = 8 * 1024
"""Characters. Longer documents are not kept: those of real clients are shorter."""
KEPT = 512 * 1024
"""Characters of all documents that are kept. What is made of one takes a hundred bytes for each."""
BESIDE = 40
"""Characters that a document counts for beside its own: a short one takes more for each."""
KEPT_SIZES = 64
MOST_WAITING = 100
"""Documents that wait for the thread, to be read or explained."""
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 50_000
"""What the rule about fields of one name may compare, in units of graphql-core's, which lets it go on for ten times as
long: a third of a second. What our largest documents need is below a hundredth of this."""
_Key = tuple[str, str | None]
_core = core_schema(schema)
_execute = cast(
    "Callable[..., ExecutionResult | Awaitable[ExecutionResult]]",
    graphql.execute,  # pyright: ignore[reportUnknownMemberType]  # its executor is generic, and says nowhere in what
)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Prepared:
    """A document that has been read, of which one operation has been chosen (GraphQL's GetOperation).

    `errors` is what validation finds, without suggestions: nothing of a document that has errors is run.
    """

    text: str
    document: DocumentNode
    operation: OperationDefinitionNode
    errors: list[GraphQLError]
    limits: Limits
    _counting: frozenset[str]
    _sizes: dict[tuple[str, ...], Size] = field(default_factory=dict[tuple[str, ...], Size])

    @property
    def kind(self) -> OperationType:
        return self.operation.operation

    @property
    def name(self) -> str | None:
        return None if self.operation.name is None else self.operation.name.value

    def size(self, variables: dict[str, Any] | None) -> Size:
        """Raises CostLimit, and BadUserInput where a list among the variables is too long."""
        check_variables(variables, self.limits)
        given = variables or {}
        key = tuple(f"{name}={_counted(given[name])}" for name in self._counting if name in given)
        size = self._sizes.get(key)
        if size is None:
            size = size_of(_core, self.document, self.operation, given, self.limits)
            if len(self._sizes) < KEPT_SIZES:
                self._sizes[key] = size
        check(size, self.kind, self.limits)
        return size


def _counted(value: object) -> object:
    """What of a variable's value a size depends on."""
    if isinstance(value, list):
        return len(cast("list[object]", value))
    return value if value is None or isinstance(value, int) else type(value).__name__


def read(text: str, operation_name: str | None, limits: Limits | None = None) -> Prepared:
    """Raises GraphQLError where the document can't be read, CostLimit and BadUserInput where it is not going to be,
    and LookupError where it has no such operation, or several and no name says which.

    What is beyond the limits is refused before validation, whose rules have work with it.
    """
    limits = limits or Limits()
    if len(text) > limits.text or len(text.encode()) > limits.text:
        raise CostLimit("bytes of text", len(text.encode()), limits.text)
    try:
        document = parse(text, max_tokens=limits.tokens)
    except RecursionError:
        raise GraphQLError("Syntax Error: The document is nested too deeply.") from None
    except GraphQLError as error:
        if "contains more than" in error.message:
            raise CostLimit("tokens in its document", limits.tokens + 1, limits.tokens) from None
        raise
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if operation_name is not None:
        found = [node for node in found if node.name is not None and node.name.value == operation_name]
    if len(found) != 1:
        raise LookupError("no such operation")
    operation = found[0]
    size, counting = size_of(_core, document, operation, {}, limits), counting_variables(document)
    check(replace(size, nodes=0) if counting else size, operation.operation, limits)
    errors = validate(_core, document, hide_suggestions=True)
    return Prepared(text, document, operation, errors, limits, counting)


class Documents:
    """Reads documents in a thread of its own, one at a time: what somebody sends to keep it busy keeps nothing else
    busy. Those that were read before cost nothing, and all who send the same text get the same Prepared."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._thread = ThreadPoolExecutor(1, "documents")
        self._kept: OrderedDict[_Key, Prepared] = OrderedDict()
        self._reading: dict[_Key, asyncio.Future[Prepared]] = {}
        self._explaining = 0
        self._held = 0

    def known(self, text: str, operation_name: str | None) -> Prepared | None:
        key = (text, operation_name)
        prepared = self._kept.get(key)
        if prepared is not None:
            self._kept.move_to_end(key)
        return prepared

    async def read(self, text: str, operation_name: str | None) -> Prepared:
        """As `read` above. Raises RateLimited too, where too many documents wait to be read."""
        prepared = self.known(text, operation_name)
        if prepared is not None:
            return prepared
        key = (text, operation_name)
        reading = self._reading.get(key)
        if reading is None:
            if self._is_busy:
                raise RateLimited(1)
            loop = asyncio.get_running_loop()
            reading = loop.run_in_executor(self._thread, read, text, operation_name, self.limits)
            self._reading[key] = reading
            reading.add_done_callback(lambda done: self._keep(key, done))
        return await asyncio.shield(reading)

    def _keep(self, key: _Key, reading: asyncio.Future[Prepared]) -> None:
        del self._reading[key]
        if reading.cancelled() or reading.exception() is not None or len(key[0]) > KEPT_TEXT:
            return
        self._kept[key] = reading.result()
        self._held += len(key[0]) + BESIDE
        while self._held > KEPT:
            (text, _), _ = self._kept.popitem(last=False)
            self._held -= len(text) + BESIDE

    async def explained(self, prepared: Prepared) -> list[GraphQLError]:
        """The errors of a document with suggestions, which take time and tell what is in the schema.

        Without them where too many documents wait already: the errors are known, and nobody has to wait for more.
        """
        if self._is_busy:
            return prepared.errors
        self._explaining += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, validate, _core, prepared.document)
        finally:
            self._explaining -= 1

    @property
    def _is_busy(self) -> bool:
        return len(self._reading) + self._explaining >= MOST_WAITING

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


async def execute(prepared: Prepared, variables: dict[str, Any] | None, context: Context) -> ExecutionResult:
    """Runs a query or mutation whose document is valid. What it has begun in the database ends with it."""
    try:
        result = _execute(
            _core,
            prepared.document,
            context_value=context,
            variable_values=variables,
            operation_name=prepared.name,
            is_awaitable=optimized_is_awaitable,
            hide_suggestions=context.caller.account is None,
        )
        return result if isinstance(result, ExecutionResult) else await result
    finally:
        context.abandon()
