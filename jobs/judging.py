"""Nothing is shown before it is judged: the one place where steps ask the Moderator.

A verdict that is paid for is a call of its own in the journal. Text is judged sentence by sentence, which costs nothing
with the vendors there are, and is not noted. What is refused is logged by its categories, never by its words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import stamina
import structlog

from jobs.limits import Limits, backoff_s, for_verdicts
from jobs.ports import Moderator, Picture, VendorBusy, VendorError, VendorRefused, VendorStalled, Verdict
from models import journal
from models.database import Database, is_connection_lost
from models.journal import CallOutcome, Subject

_log = structlog.get_logger()

TRIES = 4
"""For one verdict, where the moderator is busy."""

_patiently = stamina.retry(on=is_connection_lost, attempts=None, timeout=300, wait_initial=0.1, wait_max=2.0)
"""A picture that waits for its verdict has been paid for, so it is not lost because PostgreSQL restarts or is busy."""


class Judge:
    """Asks the moderator for stories' sake."""

    def __init__(self, moderator: Moderator, limits: Limits, database: Database) -> None:
        self._moderator = moderator
        self.limits = limits
        self._database = database

    def by(self, moderator: Moderator) -> Judge:
        """The same, asking another moderator."""
        return Judge(moderator, self.limits, self._database)

    async def text(self, what: str, words: str) -> None:
        """Raises VendorRefused for what children are not to read. `what` is for the log."""
        self._heed(what, await self._patient(lambda: self._moderator.judge_text(words)))

    async def picture(self, what: str, picture: Picture, subject: Subject) -> None:
        """Raises VendorRefused for what children are not to see. `subject` is whom the call is noted for.

        Raises Fenced, and asks nobody, where the subject's story is somebody else's by now.
        """
        if self._moderator.paid:
            verdict = await self._patient(lambda: self._noted(picture, subject))
        else:
            verdict = await self._patient(lambda: self._look(picture))
        self._heed(what, verdict)

    async def _patient(self, ask: Callable[[], Awaitable[Verdict]]) -> Verdict:
        """Asks again where the moderator was busy or silent: what is to be judged has been paid for."""
        for tries in range(1, TRIES):
            try:
                async with self.limits.slot(self._slot):
                    return await ask()
            except (VendorBusy, VendorStalled) as error:
                wait_s = backoff_s(tries, error)
            await asyncio.sleep(wait_s)
        async with self.limits.slot(self._slot):
            return await ask()

    @property
    def _slot(self) -> str:
        return for_verdicts(self._moderator.vendor)

    async def _look(self, picture: Picture) -> Verdict:
        return await self._moderator.judge_picture(picture.data, picture.content_type)

    async def _noted(self, picture: Picture, subject: Subject) -> Verdict:
        call = await self._begin(subject)
        try:
            verdict = await self._look(picture)
        except VendorError as error:
            refused = isinstance(error, VendorRefused)
            outcome = CallOutcome.REFUSED if refused else CallOutcome.UNUSABLE
            await self._finish(call, outcome, error.usage.units, error.usage.cost_micros)
            raise
        await self._finish(call, CallOutcome.OK, verdict.usage.units, verdict.usage.cost_micros)
        return verdict

    @_patiently
    async def _begin(self, subject: Subject) -> UUID:
        async with self._database.single(synchronised=False) as session:
            return await journal.begin_verdict(session, subject, self._moderator.vendor, self._moderator.model)

    @_patiently
    async def _finish(self, call: UUID, outcome: CallOutcome, units: dict[str, int], cost_micros: int) -> None:
        async with self._database.single(synchronised=False) as session:
            await journal.finish_call(session, call, outcome, units, cost_micros)

    def _heed(self, what: str, verdict: Verdict) -> None:
        if verdict.allowed:
            return
        _log.warning("content.refused", what=what, categories=verdict.categories, vendor=self._moderator.vendor)
        raise VendorRefused(f"{what} was judged unfit", verdict.categories)
