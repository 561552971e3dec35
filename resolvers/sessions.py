"""The sessions behind access tokens, looked up for every request, and for all that come at the same time at once.

A session that has ended is refused from that moment on, in every process: so nothing is remembered between requests.
What is spared is a statement for each of them. While one is under way, those that come are gathered; they share the
next, which begins after all of them have come.
"""

from __future__ import annotations

import asyncio
from typing import cast
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, inspect
from sqlmodel import col

from models.accounts import Account, SignIn, behind_sessions
from models.readers import Readers, Row, Statement

_COLUMNS = tuple(Account.model_fields)
_manager = inspect(Account).class_manager


def _statement() -> Statement:
    columns = (col(getattr(Account, name)) for name in _COLUMNS)
    asked = col(SignIn.id) == any_(bindparam("ids", type_=ARRAY(Uuid)))
    return Statement(behind_sessions().with_only_columns(col(SignIn.id), *columns).where(asked))


class Sessions:
    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._statement = _statement()
        self._waiting: dict[UUID, list[asyncio.Future[Account | None]]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def account(self, sign_in_id: UUID) -> Account | None:
        """The account behind a session that is neither revoked nor over. Raises what the database raises."""
        answer: asyncio.Future[Account | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(sign_in_id, []).append(answer)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(), name="sessions")
        return await answer

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _ask(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, {}
                await self._answer(asked)
        finally:
            self._asking = None

    async def _answer(self, asked: dict[UUID, list[asyncio.Future[Account | None]]]) -> None:
        try:
            rows = await self._readers.fetch(self._statement, {"ids": list(asked)})
            found = {cast(UUID, row[0]): _account(row) for row in rows}
        except BaseException as error:
            told = error if isinstance(error, Exception) else ConnectionError("the process ends")
            for answer in (answer for answers in asked.values() for answer in answers):
                if not answer.done():
                    answer.set_exception(told)
            if not isinstance(error, Exception):
                raise
            return
        for id, answers in asked.items():
            for answer in answers:
                if not answer.done():
                    answer.set_result(found.get(id))


def _account(row: Row) -> Account:
    """As SQLAlchemy makes one of a row, without the ceremony of its loading; it belongs to no session."""
    account = cast(Account, _manager.new_instance())
    vars(account).update(zip(_COLUMNS, row[1:], strict=True))
    return account
