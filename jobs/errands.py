"""Running an errand: takes it, does it, and sees to it that it is tried again where it failed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from jobs.erasure import erase_account
from jobs.export import export_data
from jobs.letters import send_letter
from jobs.log import StoryLog
from jobs.ports import Ports, VendorError
from jobs.reconciling import reconcile_nightly
from jobs.settling import end_subscriptions, settle_errand
from jobs.work import Transactions
from models import errands
from models.database import is_connection_lost
from models.errands import Errand, ErrandKind, LostErrand

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Errands:
    """What errands are run with. `page` is where people reach the reader page: links in letters begin with it."""

    transactions: Transactions
    log: StoryLog
    ports: Ports
    page: str

    async def run(self, errand_id: UUID) -> None:
        """Does an errand that is due. Cancelled, it leaves it to others at once."""
        async with self.transactions.begin() as work:
            errand = await errands.claim_errand(work.session, errand_id)
        if errand is None:
            return
        try:
            await self._do(errand)
        except asyncio.CancelledError:
            await asyncio.shield(self._hand_over(errand))
            raise
        except LostErrand:
            pass
        except Exception as error:
            if isinstance(error, VendorError) or is_connection_lost(error):
                _log.warning("errand.failed", kind=errand.kind, errand=str(errand.id), error=type(error).__name__)
            else:
                _log.exception("errand.failed", kind=errand.kind, errand=str(errand.id))
            async with self.transactions.begin() as work:
                await errands.errand_failed(work.session, errand)

    async def _do(self, errand: Errand) -> None:
        match errand.kind:
            case ErrandKind.DELETE_ACCOUNT:
                await erase_account(self.transactions, self.log, self.ports.media, errand)
            case ErrandKind.EXPORT_DATA:
                await export_data(self.transactions, self.ports.media, errand)
            case ErrandKind.SETTLE_PAYMENT:
                await settle_errand(self.transactions, self.ports.payments, errand)
            case ErrandKind.END_SUBSCRIPTIONS:
                await end_subscriptions(self.transactions, self.ports.payments, errand)
            case ErrandKind.RECONCILE:
                await reconcile_nightly(self.transactions, self.ports.payments, errand)
            case ErrandKind.VERIFY_EMAIL | ErrandKind.RESET_PASSWORD:
                await send_letter(self.transactions, self.ports.mail, self.page, errand)
                async with self.transactions.begin() as work:
                    await errands.finish_errand(work.session, errand)

    async def _hand_over(self, errand: Errand) -> None:
        async with self.transactions.begin() as work:
            await errands.postpone_errand(work.session, errand, timedelta(0))
