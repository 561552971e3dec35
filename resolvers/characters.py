"""The library of characters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import col

from jobs.queue import MakePortrait
from models import accounts
from models.characters import Character
from models.errors import ContentRejected, NotFound
from models.vocabulary import PartStatus
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.inputs import Checked, check_first
from resolvers.judging import judge
from resolvers.listing import Slice, count_of, newest, slice_of


async def character(house: House, caller: Caller, id: UUID) -> Character | None:
    async with house.database.reading() as session:
        found = await session.execute(caller.characters().where(col(Character.id) == id))
        return found.scalar_one_or_none()


async def characters(house: House, caller: Caller, first: int, after: str | None) -> Slice[Character]:
    rows = caller.characters()
    async with house.database.reading() as session:
        return await slice_of(session, rows, newest(Character), check_first(first), after)


async def count(house: House, caller: Caller) -> int:
    async with house.database.reading() as session:
        return await count_of(session, caller.characters())


async def create(house: House, caller: Caller, name: str, appearance: str, personality: str | None) -> Character:
    """Raises InvalidInput, ContentRejected, Unavailable."""
    account_id = caller.account_id
    checked = Checked()
    name = checked.text("name", name, 1, 80, "The name")
    appearance = checked.text("appearance", appearance, 1, 1000, "The appearance")
    personality = checked.optional("personality", personality, 1000, "The personality")
    checked.done()
    if not caller.sandbox:
        await house.spending.check()
    await _judge(house, [name, appearance, personality], sandbox=caller.sandbox)
    character = Character(
        account_id=account_id, name=name, appearance=appearance, personality=personality, sandbox=caller.sandbox
    )
    async with house.transactions.begin() as work:
        await accounts.lock_account(work.session, account_id)
        work.session.add(character)
        await work.session.flush()
        await work.session.refresh(character)
        work.ask(MakePortrait(character.id, character.portrait_version))
    return character


async def update(
    house: House, caller: Caller, id: UUID, name: str | None, appearance: str | None, personality: str | None
) -> Character:
    """Changes what is given; new looks get a new portrait.

    Raises InvalidInput, NotFound, ContentRejected, Unavailable.
    """
    caller.account_id  # noqa: B018  # nobody hears what would be wrong with the input
    checked = Checked()
    new_name = None if name is None else checked.text("name", name, 1, 80, "The name")
    new_looks = None if appearance is None else checked.text("appearance", appearance, 1, 1000, "The appearance")
    new_ways = checked.optional("personality", personality, 1000, "The personality")
    checked.done()
    known = await character(house, caller, id)
    if known is None:
        raise NotFound(id, "character")
    if new_looks not in (None, known.appearance) and not known.sandbox:  # which are painted
        await house.spending.check()
    await _judge(house, [new_name, new_looks, new_ways], sandbox=known.sandbox)
    async with house.transactions.begin() as work:
        found = await work.session.execute(caller.characters().where(col(Character.id) == id).with_for_update())
        row = found.scalar_one_or_none()
        if row is None:
            raise NotFound(id, "character")
        row.name = new_name or row.name
        row.personality = new_ways if personality is not None else row.personality
        if new_looks is not None and new_looks != row.appearance:
            row.appearance = new_looks
            row.portrait_version += 1
            row.portrait_status = PartStatus.WAITING
            row.portrait_failures = 0
            row.portrait_lease_until = None
            work.ask(MakePortrait(row.id, row.portrait_version))
        await work.session.flush()
    return row


async def delete(house: House, caller: Caller, id: UUID) -> None:
    """The character leaves the library; the stories it is in keep it. Raises NotFound."""
    async with house.transactions.begin() as work:
        found = await work.session.execute(caller.characters().where(col(Character.id) == id).with_for_update())
        row = found.scalar_one_or_none()
        if row is None:
            raise NotFound(id, "character")
        row.deleted_at = datetime.now(UTC)


async def _judge(house: House, texts: Sequence[str | None], *, sandbox: bool) -> None:
    """What is of the sandbox stays with its moderator, whoever changes it."""
    verdict = await judge(
        house.limits, house.ports.for_kind(sandbox=sandbox).moderator, "\n".join(text for text in texts if text)
    )
    if not verdict.allowed:
        raise ContentRejected(verdict.categories)
