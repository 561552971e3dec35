"""The balance and the ledger agree, whoever writes: the database refuses what does not add up, and drift is found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from models import billing, generation
from models.accounts import Account
from models.billing import Cause, LedgerEntry, LedgerKind
from models.database import Database, Session
from models.errors import OutOfCredits
from models.stories import MAX_PAGES, Story
from tests.stories import new_story

GRANTED = 10
RESERVED = 4


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncGenerator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def story(database: Database) -> Story:
    """A story for which 4 of its account's 10 credits are reserved."""
    async with database.session() as session:
        account = Account(email=f"{uuid4().hex}@example.com", password_hash="none")
        session.add(account)
        await session.flush()
        await billing.grant(session, account.id, GRANTED, Cause.SIGN_UP, f"sign-up:{account.id}")
        made = await a_story(session, account.id)
        await billing.reserve(session, made, "image:1", 1, RESERVED, Cause.STORY)
        await session.commit()
    return made


async def a_story(session: Session, account_id: UUID) -> Story:
    made = new_story(account_id, narrated=True, page_count=2)
    session.add(made)
    await session.flush()
    return made


async def pots(database: Database, story: Story) -> tuple[int, int, int, int]:
    """What the story's account has available, reserved and spent, and what is reserved for the story."""
    async with database.session() as session:
        account = await session.get_one(Account, story.account_id)
        assert account.available + account.reserved + account.spent == account.granted
        row = await session.get_one(Story, story.id)
        return account.available, account.reserved, account.spent, row.reserved


async def lines(database: Database) -> list[tuple[LedgerKind, int, Cause]]:
    """The whole ledger, oldest first."""
    async with database.session() as session:
        found = await session.execute(select(LedgerEntry).order_by(col(LedgerEntry.id)))
        return [(line.kind, line.credits, line.cause) for line in found.scalars()]


async def drift(database: Database) -> list[str]:
    async with database.session() as session:
        return await billing.drift(session)


# ---------------------------------------------------------------- what the database itself refuses

A_LINE = "INSERT INTO ledger (account_id, kind, credits, cause, key) SELECT id, 'GRANT', {credits}, 'SIGN_UP', {key}"
A_KEY = "(SELECT key FROM ledger ORDER BY id LIMIT 1)"


@pytest.mark.parametrize(
    ("statement", "refused_by"),
    [
        ("UPDATE accounts SET available = -1, reserved = reserved + available + 1", "no_pot_below_zero"),
        ("UPDATE accounts SET reserved = -1, available = available + reserved + 1", "no_pot_below_zero"),
        ("UPDATE accounts SET spent = -1, available = available + spent + 1", "no_pot_below_zero"),
        ("UPDATE accounts SET available = available + 1", "credits_add_up"),
        ("UPDATE accounts SET reserved = reserved - 1", "credits_add_up"),
        ("UPDATE accounts SET spent = spent + 1", "credits_add_up"),
        ("UPDATE accounts SET granted = granted + 1", "credits_add_up"),
        ("UPDATE stories SET reserved = -1", "ck_stories_reserved"),
        (A_LINE.format(credits=1, key=A_KEY) + " FROM accounts", "uq_ledger_key"),
        (A_LINE.format(credits=0, key="'free'") + " FROM accounts", "ck_ledger_credits"),
        (A_LINE.format(credits=-1, key="'taken'") + " FROM accounts", "ck_ledger_credits"),
        (A_LINE.format(credits=1, key="'nobody'").replace("SELECT id", "SELECT gen_random_uuid()"), "account_id"),
        ("UPDATE ledger SET credits = credits + 1", "append-only"),
        ("UPDATE ledger SET created_at = now() WHERE false", "append-only"),
        ("DELETE FROM ledger", "append-only"),
        ("TRUNCATE ledger", "append-only"),
        ("TRUNCATE accounts CASCADE", "append-only"),
        ("DELETE FROM accounts", "fk_ledger_account_id"),
    ],
)
async def test_the_database_refuses_what_does_not_add_up(
    database: Database, story: Story, statement: str, refused_by: str
) -> None:
    before = await pots(database, story), await lines(database)

    async with database.session() as session:
        with pytest.raises(IntegrityError, match=refused_by):
            await session.execute(text(statement))

    assert (await pots(database, story), await lines(database)) == before
    assert await drift(database) == []


# ---------------------------------------------------------------- movements


async def test_every_movement_goes_from_one_pot_to_the_next_and_is_a_line(database: Database, story: Story) -> None:
    assert await pots(database, story) == (6, 4, 0, 4)

    async with database.session() as session:
        await billing.capture(session, story.id, "image:1", 1, 1)
        await session.commit()
    assert await pots(database, story) == (6, 3, 1, 3)

    async with database.session() as session:
        await billing.release(session, story, Cause.CANCEL)
        await session.commit()
    assert await pots(database, story) == (9, 0, 1, 0)

    assert await lines(database) == [
        (LedgerKind.GRANT, 10, Cause.SIGN_UP),
        (LedgerKind.RESERVE, 4, Cause.STORY),
        (LedgerKind.CAPTURE, 1, Cause.PART),
        (LedgerKind.RELEASE, 3, Cause.CANCEL),
    ]
    assert await drift(database) == []


async def test_a_movement_of_nothing_leaves_no_line(database: Database, story: Story) -> None:
    async with database.session() as session:
        other = await a_story(session, story.account_id)
        await billing.grant(session, story.account_id, 0, Cause.SIGN_UP, "nothing")
        await billing.reserve(session, other, "image:1", 1, 0, Cause.STORY)
        await billing.capture(session, other.id, "text:1", 1, 0)
        await billing.release(session, other, Cause.END)
        await session.commit()

    assert len(await lines(database)) == 2
    assert await pots(database, story) == (6, 4, 0, 4)


async def test_what_is_rolled_back_has_moved_nothing(database: Database, story: Story) -> None:
    async with database.session() as session:
        await billing.capture(session, story.id, "image:1", 1, 1)
        await session.rollback()

    assert await pots(database, story) == (6, 4, 0, 4)
    assert len(await lines(database)) == 2


async def test_a_step_is_charged_once(database: Database, story: Story) -> None:
    async with database.session() as session:
        await billing.capture(session, story.id, "image:1", 1, 1)
        await session.commit()
        with pytest.raises(IntegrityError, match="uq_ledger_key"):
            await billing.capture(session, story.id, "image:1", 1, 1)
        await session.rollback()
        await billing.capture(session, story.id, "image:1", 2, 1)
        await session.commit()

    assert await pots(database, story) == (6, 2, 2, 2)


async def test_no_story_spends_what_is_reserved_for_another(database: Database, story: Story) -> None:
    async with database.session() as session:
        other = await a_story(session, story.account_id)
        await session.commit()
        with pytest.raises(IntegrityError, match="ck_stories_reserved"):
            await billing.capture(session, other.id, "image:1", 1, 1)

    assert await pots(database, story) == (6, 4, 0, 4)


async def test_nobody_is_charged_for_a_story_that_is_gone(database: Database, story: Story) -> None:
    async with database.session() as session:
        with pytest.raises(LookupError):
            await billing.capture(session, uuid4(), "image:1", 1, 1)

    assert await pots(database, story) == (6, 4, 0, 4)


async def test_the_ledger_outlives_the_story_and_still_adds_up(database: Database, story: Story) -> None:
    async with database.session() as session:
        await billing.capture(session, story.id, "image:1", 1, 1)
        await billing.release(session, story, Cause.END)
        await session.execute(text("DELETE FROM stories"))
        await session.commit()

    assert len(await lines(database)) == 4
    assert await drift(database) == []


# ---------------------------------------------------------------- not enough


async def test_more_than_is_available_is_refused_in_numbers_and_moves_nothing(database: Database, story: Story) -> None:
    async with database.session() as session:
        with pytest.raises(OutOfCredits) as refused:
            await billing.reserve(session, story, "image:2", 1, 7, Cause.REDO)
        await session.commit()

    assert (refused.value.needed, refused.value.available) == (7, 6)
    assert await pots(database, story) == (6, 4, 0, 4)
    assert len(await lines(database)) == 2


async def test_the_last_credit_can_be_reserved(database: Database, story: Story) -> None:
    async with database.session() as session:
        await billing.reserve(session, story, "image:2", 1, 6, Cause.REDO)
        await session.commit()

    assert await pots(database, story) == (0, 10, 0, 10)


@pytest.mark.parametrize("first_commits", [True, False])
async def test_of_two_that_reserve_the_last_credits_one_wins(
    database: Database, story: Story, first_commits: bool
) -> None:
    async with asyncio.timeout(20), database.session() as first:
        await billing.reserve(first, story, "image:1", 2, 5, Cause.REDO)
        second = asyncio.create_task(reserve_alone(database, story, "image:2"))
        await until_somebody_waits_for_a_lock(database)
        await (first.commit() if first_commits else first.rollback())
        refusal = await second

    if first_commits:
        assert refusal is not None
        assert (refusal.needed, refusal.available) == (5, 1)
    else:
        assert refusal is None
    assert await pots(database, story) == (1, 9, 0, 9)
    assert await drift(database) == []


async def test_of_many_that_reserve_at_once_as_many_win_as_there_are_credits_for(
    database: Database, story: Story
) -> None:
    async with asyncio.timeout(20):
        answers = await asyncio.gather(*(reserve_alone(database, story, f"image:{page}", 2) for page in range(1, 11)))

    assert sum(answer is None for answer in answers) == 3
    assert await pots(database, story) == (0, 10, 0, 10)
    assert await drift(database) == []


async def reserve_alone(database: Database, story: Story, key: str, credits: int = 5) -> OutOfCredits | None:
    """Reserves in a transaction of its own; gives what refused it."""
    async with database.session() as session:
        try:
            await billing.reserve(session, story, key, 2, credits, Cause.REDO)
        except OutOfCredits as refusal:
            return refusal
        await session.commit()
    return None


async def until_somebody_waits_for_a_lock(database: Database) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    while True:
        async with database.session() as session:
            if (await session.execute(waiting)).scalar_one():
                return


# ---------------------------------------------------------------- prices


@pytest.mark.parametrize(
    ("page_count", "narrated", "credits"), [(1, False, 1), (1, True, 2), (8, False, 8), (8, True, 16), (24, True, 48)]
)
def test_a_story_costs_a_credit_for_each_page_and_for_each_narration(
    page_count: int, narrated: bool, credits: int
) -> None:
    assert billing.story_price(page_count, narrated) == credits


@pytest.mark.parametrize("narrated", [True, False])
@pytest.mark.parametrize("page_count", range(1, MAX_PAGES + 1))
def test_the_steps_of_a_story_cost_together_what_the_story_costs(page_count: int, narrated: bool) -> None:
    keys = [*generation.first_steps(page_count, narrated), "portrait:n1", "portrait:c1"]
    assert sum(billing.step_price(key) for key in keys) == billing.story_price(page_count, narrated)


# ---------------------------------------------------------------- drift

NOT_APPEND_ONLY = "DROP TRIGGER ledger_is_append_only ON ledger"


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        (["UPDATE accounts SET available = available - 1, spent = spent + 1 {his}"], ["the ledger says"]),
        (["UPDATE accounts SET available = available - 1, granted = granted - 1 {his}"], ["the ledger says"]),
        (
            ["UPDATE accounts SET available = available - 1, reserved = reserved + 1 {his}"],
            ["the ledger says", "5 are reserved, its stories hold 4"],
        ),
        (["UPDATE stories SET reserved = reserved + 1 {the}"], ["4 are reserved, its stories hold 5"]),
        (["DELETE FROM stories {the}"], ["4 are reserved, its stories hold 0"]),
        (
            [
                "ALTER TABLE accounts DROP CONSTRAINT ck_accounts_credits_add_up",
                "UPDATE accounts SET granted = 11 {his}",
            ],
            ["the ledger says", "6 + 4 + 0 are not 11"],
        ),
        ([NOT_APPEND_ONLY, "DELETE FROM ledger WHERE story_id = '{story}'"], ["the ledger says"]),
        ([NOT_APPEND_ONLY, "UPDATE ledger SET credits = 3 WHERE story_id = '{story}'"], ["the ledger says"]),
        ([A_LINE.format(credits=1, key="'planted'") + " FROM accounts {his}"], ["the ledger says"]),
        (
            [A_LINE.replace("GRANT", "CAPTURE").format(credits=1, key="'x'") + " FROM accounts {his}"],
            ["the ledger says"],
        ),
        (
            [A_LINE.replace("GRANT", "RELEASE").format(credits=1, key="'x'") + " FROM accounts {his}"],
            ["the ledger says"],
        ),
        (
            [A_LINE.replace("GRANT", "RESERVE").format(credits=1, key="'x'") + " FROM accounts {his}"],
            ["the ledger says"],
        ),
    ],
)
async def test_each_kind_of_difference_is_found_and_only_where_it_is(
    database: Database, story: Story, planted: list[str], words: list[str]
) -> None:
    async with database.session() as session:
        bystander = Account(email="bystander@example.com", password_hash="none")
        session.add(bystander)
        await session.flush()
        await billing.grant(session, bystander.id, GRANTED, Cause.SIGN_UP, "bystander")
        await session.commit()
    assert await drift(database) == []

    places = {"his": f"WHERE id = '{story.account_id}'", "the": f"WHERE id = '{story.id}'", "story": str(story.id)}
    async with database.session() as session:
        for statement in planted:
            await session.execute(text(statement.format(**places)))
        await session.commit()

    found = await drift(database)
    assert len(found) == len(words)
    for line, expected in zip(found, words, strict=True):
        assert line.startswith(f"{story.account_id}: ")
        assert expected in line
