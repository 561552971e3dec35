"""An account's credits, line by line, the newest first."""

from __future__ import annotations

import base64
import binascii

from sqlalchemy import Select, select
from sqlmodel import col

from models.billing import LedgerEntry
from models.errors import BadUserInput
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.inputs import check_first
from resolvers.listing import Slice, count_of


async def credit_history(house: House, caller: Caller, first: int, after: str | None) -> Slice[LedgerEntry]:
    """Raises BadUserInput for a cursor that is not one of this list's."""
    rows = _mine(caller)
    check_first(first)
    if after is not None:
        rows = rows.where(col(LedgerEntry.id) < _read(after))
    async with house.database.reading() as session:
        found = list((await session.execute(rows.order_by(col(LedgerEntry.id).desc()).limit(first + 1))).scalars())
    shown = found[:first]
    return Slice(shown, [_cursor(row) for row in shown], len(found) > first, after is not None)


async def count(house: House, caller: Caller) -> int:
    async with house.database.reading() as session:
        return await count_of(session, _mine(caller))


def _mine(caller: Caller) -> Select[LedgerEntry]:
    return select(LedgerEntry).where(col(LedgerEntry.account_id) == caller.person.id)


def _cursor(row: LedgerEntry) -> str:
    return base64.urlsafe_b64encode(f"ledger:{row.id}".encode()).decode().rstrip("=")


def _read(cursor: str) -> int:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        name, _, id = raw.partition(":")
        if name == "ledger" and id.isascii() and id.isdecimal() and len(id) < 19:
            return int(id)
    except (binascii.Error, ValueError):
        pass
    raise BadUserInput("`after` is not a cursor of this list. Pass one from pageInfo or an edge.")
