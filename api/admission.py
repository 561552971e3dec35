"""What stands between a request and its operation: it is read, measured and paid for, or turned away.

The same for every wire: GraphQL over HTTP, server-sent events and WebSockets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, OperationType

from api.operation import NO_OPERATION, BadRequest, Operation, TurnedAway
from api.trusted import TrustedDocuments
from jobs.points import Points, Spent
from models.errors import BadUserInput, CostLimit, OutOfPoints, RateLimited
from resolvers.caller import Caller
from schema.context import Context
from schema.documents import Documents, Prepared
from schema.root import refused, shown

UNKNOWN = "PERSISTED_QUERY_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Admitted:
    """An operation that may be run, and what `extensions` say of it."""

    prepared: Prepared
    extensions: dict[str, Any] | None

    @property
    def kind(self) -> OperationType:
        return self.prepared.kind


class Admission:
    def __init__(self, documents: Documents, points: Points, trusted: TrustedDocuments, a_mutation: int) -> None:
        """`a_mutation` is what one costs, in points."""
        self._documents = documents
        self._points = points
        self._trusted = trusted
        self._a_mutation = a_mutation

    async def admit(self, operation: Operation, context: Context, address: str) -> Admitted:
        """Raises TurnedAway. Everything costs a point at least, what is refused too.

        A document that is new here is paid for before it is read, which is the work that a hostile one would cause.
        """
        payer = _payer(context.caller, address)
        text = self._trusted.known(operation.hash) if operation.query is None else operation.query
        prepared = None if text is None else self._documents.known(text, operation.name)
        spent, paid = None, 0
        if prepared is None:
            spent, paid = await self._spend(payer, 1), 1
            text = await self._fetched(operation.hash) if text is None else text
            prepared = await self._read(text, operation.name, context.request_id)
        try:
            cost = 1 if prepared.errors else self._cost(prepared, operation)
        except TurnedAway:
            if not paid:
                await self._spend(payer, 1)
            raise
        if cost > paid:
            spent = await self._spend(payer, cost - paid)
        if prepared.errors:
            raise TurnedAway(400, await self._told(prepared, context))
        if operation.hash is not None and context.caller.account is not None:
            await self._trusted.keep(operation.hash, prepared.text)
        return Admitted(prepared, self._extensions(cost, spent))

    async def _fetched(self, hash: str | None) -> str:
        """The text of a document that another process was sent."""
        text = None if hash is None else await self._trusted.text(hash)
        if text is None:
            # The words are those that Apollo's clients look for, and then send the text.
            error = {"message": "PersistedQueryNotFound", "extensions": {"code": UNKNOWN}}
            raise TurnedAway(400, [error])
        return text

    async def _read(self, text: str, name: str | None, request_id: str) -> Prepared:
        try:
            return await self._documents.read(text, name)
        except GraphQLError as error:
            raise TurnedAway(400, [shown(error, request_id)]) from None
        except (CostLimit, BadUserInput) as error:
            raise TurnedAway(400, [refused(error)]) from None
        except RateLimited as error:
            raise TurnedAway(429, [refused(error)], headers={"Retry-After": str(error.retry_after_s)}) from None
        except LookupError:
            raise BadRequest(400, NO_OPERATION, "GRAPHQL_VALIDATION_FAILED") from None

    def _cost(self, prepared: Prepared, operation: Operation) -> int:
        try:
            return prepared.size(operation.variables).points(prepared.kind, self._a_mutation)
        except (CostLimit, BadUserInput) as error:
            raise TurnedAway(400, [refused(error)]) from None

    async def _told(self, prepared: Prepared, context: Context) -> list[dict[str, Any]]:
        """What is wrong with a document; to those who are signed in also what might have been meant."""
        stranger = context.caller.account is None
        errors = prepared.errors if stranger else await self._documents.explained(prepared)
        return [shown(error, context.request_id) for error in errors]

    async def _spend(self, payer: str, cost: int) -> Spent | None:
        spent = await self._points.spend(payer, cost)
        if spent is None or not spent.wait_s:
            return spent
        error = refused(OutOfPoints(spent.cost, spent.left or 0, spent.wait_s))
        headers = {"Retry-After": str(spent.wait_s)}
        raise TurnedAway(429, [error], self._extensions(cost, spent), headers)

    def _extensions(self, cost: int, spent: Spent | None) -> dict[str, Any] | None:
        if spent is None:
            return None
        points = self._points
        left = {} if spent.left is None else {"left": spent.left}
        return {"cost": {"cost": cost, **left, "limit": points.an_hour, "restoreRate": points.restored_a_second}}


def _payer(caller: Caller, address: str) -> str:
    return f"address:{address}" if caller.account is None else f"account:{caller.account.id}"
