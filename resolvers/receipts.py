"""What a story has cost its owner, part by part: the ledger's lines, added up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from models import billing
from models.billing import LedgerEntry, LedgerKind
from models.vocabulary import PagePart
from resolvers.caller import Caller
from resolvers.house import House

_PARTS = {"text": PagePart.TEXT, "image": PagePart.IMAGE, "audio": PagePart.AUDIO}


@dataclass(frozen=True, slots=True)
class PaidPart:
    """A part that was made and paid for. `version` counts how often it was made; `credits` is what that cost."""

    page_number: int
    part: PagePart
    version: int
    credits: int


@dataclass(slots=True)
class Receipt:
    """In credits; set_aside = spent + returned + reserved. `returned` is for what failed or was never made."""

    set_aside: int = 0
    spent: int = 0
    returned: int = 0
    parts: list[PaidPart] = field(default_factory=list[PaidPart])

    @property
    def reserved(self) -> int:
        return self.set_aside - self.spent - self.returned


async def receipts_of_stories(house: House, caller: Caller, ids: Sequence[UUID]) -> list[Receipt]:
    """One for each id, in one look; empty for a story that is not the caller's."""
    found: defaultdict[UUID, Receipt] = defaultdict(Receipt)
    async with house.database.reading() as session:
        for line in await billing.lines_of_stories(session, caller.account_id, ids):
            if line.story_id is not None:
                _add(found[line.story_id], line)
    return [found[id] for id in ids]


def _add(receipt: Receipt, line: LedgerEntry) -> None:
    match line.kind:
        case LedgerKind.RESERVE:
            receipt.set_aside += line.credits
        case LedgerKind.RELEASE:
            receipt.returned += line.credits
        case LedgerKind.CAPTURE:
            receipt.spent += line.credits
            kind, _, page = (line.step_key or "").partition(":")
            if kind in _PARTS:
                receipt.parts.append(PaidPart(int(page), _PARTS[kind], line.step_version or 1, line.credits))
        case LedgerKind.GRANT | LedgerKind.REFUND | LedgerKind.EXPIRE:
            pass
