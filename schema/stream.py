"""Following over any wire: one subscription as a stream of encoded answers.

What followers of a story are told is the same for all who selected the same, so it is compiled once per document,
executed once per batch and encoded once (see schema.execution). A batch that is not plain, a story's end among them, is
run by the normal executor for each follower.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Protocol, cast
from weakref import WeakKeyDictionary

import graphql
import orjson
from graphql import (
    ExecutionResult,
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
)

from resolvers.progress import Batch, Following
from schema.context import Context
from schema.documents import Prepared
from schema.execution import Asking, Compiled, compile_selection
from schema.root import core_schema, schema, shown
from schema.subscriptions import StoryEventBatch

_core = core_schema(schema)
Push = Callable[[bytes], bool]


class _Execution(Protocol):
    """The part of graphql-core's Executor that is used here. Executor is generic, and says nowhere in what."""

    def build_per_event_executor(self, payload: object) -> _Execution: ...


_Source = AsyncIterable[Any] | ExecutionResult
_build = cast(
    "Callable[..., _Execution | list[GraphQLError]]",
    Executor.build,  # pyright: ignore[reportUnknownMemberType]  # see _Execution
)
_begin = cast(
    "Callable[[_Execution], _Source | Awaitable[_Source]]",
    graphql.create_source_event_stream,  # pyright: ignore[reportUnknownMemberType]  # see _Execution
)
_run = cast(
    "Callable[[_Execution], ExecutionResult | Awaitable[ExecutionResult]]",
    graphql.execute_subscription_event,  # pyright: ignore[reportUnknownMemberType]  # see _Execution
)


class Refused(Exception):
    """The subscription ends with these errors, or never began; each is as the client is told of it."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("refused")
        self.errors = errors


async def stream(
    prepared: Prepared,
    variables: dict[str, Any] | None,
    context: Context,
    push: Push | None = None,
    begin_s: float | None = None,
) -> AsyncGenerator[bytes]:
    """The answers to a subscription, `{"data": …}` each, as JSON. Raises Refused, and TimeoutError where after
    `begin_s` seconds it is not known what there is to tell at first, if anything.

    Answers that `push` takes are not given here: it sends one at once, or says False and leaves it to whoever iterates.
    """
    async with asyncio.timeout(begin_s) as beginning:
        source, executor = await _begun(prepared, variables, context)
        plan = _plan_of(prepared)
        asking = Asking(context)
        if plan is not None and push is not None:
            source.teller = plan.teller(asking, push)
        source.begun = lambda: beginning.reschedule(None)
        async with aclosing(source) as batches:
            while True:
                try:
                    batch = await anext(batches)
                except StopAsyncIteration:
                    return
                except Exception as error:
                    raise Refused([shown(_as_graphql(error), context.request_id)]) from None
                answer = (plan and plan.told(batch, asking)) or await _executed(executor, batch, context)
                del batch  # a snapshot is large, and the wait for what comes next may be long
                beginning.reschedule(None)
                yield answer
                del answer


async def _begun(
    prepared: Prepared, variables: dict[str, Any] | None, context: Context
) -> tuple[Following, _Execution]:
    if prepared.errors:
        raise Refused([shown(error, context.request_id) for error in prepared.errors])
    executor = _build(
        _core,
        prepared.document,
        context_value=context,
        raw_variable_values=variables,
        operation_name=prepared.name,
        hide_suggestions=context.caller.account is None,
    )
    if isinstance(executor, list):
        raise Refused([shown(error, context.request_id) for error in executor])
    source = _begin(executor)
    if not isinstance(source, AsyncIterable | ExecutionResult):
        source = await source
    if isinstance(source, ExecutionResult):
        raise Refused([shown(error, context.request_id) for error in source.errors or ()])
    return cast(Following, source), executor


async def _executed(executor: _Execution, batch: Batch, context: Context) -> bytes:
    """The normal executor's answer."""
    context.forget()
    result = _run(executor.build_per_event_executor(StoryEventBatch.of(batch)))
    if not isinstance(result, ExecutionResult):
        result = await result
    errors = [shown(error, context.request_id) for error in result.errors or ()]
    if result.data is None and errors:
        raise Refused(errors)
    return orjson.dumps({"data": result.data, **({"errors": errors} if errors else {})}, default=str)


def _as_graphql(error: Exception) -> GraphQLError:
    return error if isinstance(error, GraphQLError) else GraphQLError("The stream failed", original_error=error)


class _Plan:
    """A subscription's compiled selection, and the response key that its batches stand under."""

    def __init__(self, key: str, compiled: Compiled) -> None:
        self._key = key
        self._compiled = compiled

    def told(self, batch: Batch, asking: Asking) -> bytes | None:
        """The batch as every follower with this selection is told it; None where the normal executor is needed."""
        if batch.made is None:
            return self._encoded(batch, asking)
        known = batch.made.get(self)
        if known is None:
            known = batch.made[self] = self._encoded(batch, asking) or b""
        return cast(bytes, known) or None

    def teller(self, asking: Asking, push: Push) -> Callable[[Batch], bool]:
        def tell(batch: Batch) -> bool:
            answer = self.told(batch, asking)
            return answer is not None and push(answer)

        return tell

    def _encoded(self, batch: Batch, asking: Asking) -> bytes | None:
        try:
            return orjson.dumps({"data": {self._key: self._compiled(StoryEventBatch.of(batch), asking)}})
        except Exception:  # whatever it was, the normal executor meets it again and knows what to say
            return None


# What is known of a document lives as long as the document does: `prepare` keeps those that are small.
_plans: WeakKeyDictionary[Prepared, _Plan | None] = WeakKeyDictionary()


def _plan_of(prepared: Prepared) -> _Plan | None:
    if prepared not in _plans:
        _plans[prepared] = _planned(prepared)
    return _plans[prepared]


def _planned(prepared: Prepared) -> _Plan | None:
    nodes = prepared.operation.selection_set.selections
    node = nodes[0]
    if len(nodes) != 1 or not isinstance(node, FieldNode) or node.selection_set is None:
        return None
    batch = cast(GraphQLObjectType, _core.type_map["StoryEventBatch"])
    compiled = compile_selection(_core, prepared.document, batch, [node.selection_set])
    return None if compiled is None else _Plan((node.alias or node.name).value, compiled)
