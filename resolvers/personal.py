"""What an account may do with what is stored about it: agree to it, take it along, and have it removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from jobs.queue import RunErrand
from jobs.tries import Bucket
from models import accounts, api_keys, consent, customers, errands, personal
from models.errands import Errand, ErrandKind
from models.errors import InvalidInput
from resolvers import tries
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.signing_in import prove

KEPT = timedelta(hours=24)
"""How long an export can be fetched (jobs.export removes it then)."""
EXPORTS = 3
"""Of one account within KEPT: each is all of its pictures and recordings once more."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The wording that a parent agrees to, and when this caller did."""

    version: str
    wording: str
    required: bool
    given_at: datetime | None


@dataclass(frozen=True, slots=True)
class Export:
    """`url` is there while the zip can be fetched, until `expires_at`."""

    errand: Errand
    url: str | None = None
    size_bytes: int | None = None
    expires_at: datetime | None = None


async def agreement(house: House, caller: Caller) -> Agreement:
    given_at = None
    if caller.account is not None:
        async with house.database.reading() as session:
            given_at = await consent.consent_given_at(session, caller.account.id)
    return Agreement(consent.VERSION, consent.WORDING, house.require_consent, given_at)


async def give_consent(house: House, caller: Caller, version: str) -> Agreement:
    """Raises InvalidInput for another version than the present one: nobody agrees to what they have not read."""
    account_id = caller.person.id
    if version != consent.VERSION:
        raise InvalidInput.at("version", "The wording has changed. Read it again, and agree to that version.")
    async with house.transactions.begin() as work:
        await consent.give_consent(work.session, account_id)
    return await agreement(house, caller)


async def delete_account(house: House, caller: Caller, password: str) -> Errand:
    """Takes the account away at once, from everybody, and has everything removed that is stored about its person.

    What it subscribes to ends at once. Gives the errand, whose receipt whoever holds its id may read. Raises
    InvalidCredentials, RateLimited.
    """
    account = await prove(house, caller, password)
    async with house.transactions.begin() as work:
        await accounts.lock_account(work.session, account.id, account.password_hash)
        await accounts.revoke_all_sign_ins(work.session, account.id)
        await api_keys.revoke_all_keys(work.session, account.id)
        await personal.forget_person(work.session, account.id)
        errand = await errands.add_errand(work.session, ErrandKind.DELETE_ACCOUNT, account_id=account.id)
        work.ask(RunErrand(errand.id))
        if await customers.customer_of(work.session, account.id) is not None:
            ending = await errands.add_errand(work.session, ErrandKind.END_SUBSCRIPTIONS, account_id=account.id)
            work.ask(RunErrand(ending.id))
    return errand


async def deletion(house: House, id: UUID) -> Errand | None:
    """For whoever has the id: the account that could be asked is gone."""
    async with house.database.reading() as session:
        return await errands.errand_of(session, id, ErrandKind.DELETE_ACCOUNT)


async def export_data(house: House, caller: Caller) -> Export:
    """Asks for a zip of everything that is stored about the caller; one that is being made is given again.

    Raises RateLimited.
    """
    account_id = caller.person.id
    async with house.transactions.begin() as work:
        await accounts.lock_account(work.session, account_id)
        errand = await errands.open_errand(work.session, ErrandKind.EXPORT_DATA, account_id)
        if errand is None:
            await tries.take(house, Bucket(f"export:account:{account_id}", EXPORTS, round(KEPT.total_seconds())))
            errand = await errands.add_errand(work.session, ErrandKind.EXPORT_DATA, account_id=account_id)
            work.ask(RunErrand(errand.id))
    return Export(errand)


async def export(house: House, caller: Caller, id: UUID) -> Export | None:
    account_id = caller.person.id
    async with house.database.reading() as session:
        errand = await errands.errand_of(session, id, ErrandKind.EXPORT_DATA, account_id)
    if errand is None or errand.outcome is None or errand.finished_at is None:
        return None if errand is None else Export(errand)
    key, size = str(errand.outcome["key"]), cast(int, errand.outcome["bytes"])
    return Export(errand, house.ports.media.url(key), size, errand.finished_at + KEPT)
