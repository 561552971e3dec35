"""Whatever is done to stories, in whatever order: no credit is lost, made of nothing, or charged twice.

What parents, vendors and crashes do is done at random, on the real functions and a real PostgreSQL, and the books are
looked at after every step.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid4

import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import col, select

from jobs.leases import LeaseKeeper
from jobs.ports import VendorBusy, VendorClosed, VendorRefused, VendorUnusable
from jobs.worker import Workbench, open_workbench
from models import billing
from models.accounts import Account
from models.billing import Cause, LedgerEntry, LedgerKind
from models.database import Session
from models.errors import ContentRejected, NotFound, OutOfCredits, Refusal
from models.generation import Step, StepState
from models.pages import Page, pages_of
from models.stories import Story
from models.vocabulary import AgeBand, PagePart, StoryStatus
from resolvers import creation, revision, stories
from resolvers.caller import Caller
from resolvers.creation import Wish
from resolvers.house import House
from tests.harness import settings_for
from tests.vendors import KeptMedia, Script, ScriptedModerator, Vendors

R = TypeVar("R")
Verb = Callable[[str], Coroutine[Any, Any, Story | Page]]
"""A verb with its input; takes the idempotency key."""

PATIENCE_S = 20
UNFIT = "unfit"
CALLS = ["plan", "portrait:n1", *(f"{kind}:{page}" for kind in ("text", "image", "audio") for page in (1, 2))]
FAILURES: list[list[Exception]] = [
    [VendorClosed("no key")],
    [VendorRefused(), VendorRefused()],
    [VendorUnusable("broken")],
    [VendorBusy("busy", retry_after_s=0)],
]


# ---------------------------------------------------------------- the workshop


@dataclass(eq=False)
class Worker:
    """One worker process at one story; it stands still where its script has a gate."""

    script: Script
    making: asyncio.Task[None]

    def let_go(self) -> None:
        for gate in self.script.gates.values():
            gate.set()


@dataclass(eq=False)
class Book:
    """A story of the family. `plain`: nothing was made again or written by hand, so nothing costs more than once."""

    id: UUID
    page_ids: Sequence[UUID]
    plain: bool = True
    deleted: bool = False
    workers: list[Worker] = field(default_factory=list[Worker])

    def page(self, number: int) -> UUID:
        """The page's id; a story of one page has no second one, and gives its first."""
        return self.page_ids[min(number, len(self.page_ids)) - 1]

    def call(self, call: str) -> str:
        """The call by which a step is made, with the same answer for a second page that is not there."""
        return call if len(self.page_ids) > 1 else call.replace(":2", ":1")


@dataclass
class Workshop:
    """A house and as many workers as are wanted, all on one database."""

    house: House
    bench: Workbench
    media: KeptMedia = field(default_factory=KeptMedia)

    async def somebody(self, credits: int) -> Caller:
        account = Account(email=f"{uuid4().hex}@example.com", password_hash="none")
        async with self.house.transactions.begin() as work:
            work.session.add(account)
            await work.session.flush()
            await billing.grant(work.session, account.id, credits, Cause.SIGN_UP, f"sign-up:{account.id}")
        return Caller(account)

    async def send_worker(
        self, book: Book, halt: str | None = None, failing: str | None = None, failures: Sequence[Exception] = ()
    ) -> None:
        """Has a worker of its own make the story until it stands at the call `halt`, or to the end."""
        script = Script()
        if halt is not None:
            halt = book.call(halt)
            script.gates[halt] = asyncio.Event()
        if failing is not None:
            script.failures[book.call(failing)] = list(failures)
        async with Vendors(script, media=self.media).open() as ports:
            bench = replace(
                self.bench, name=f"worker-{uuid4().hex[:6]}", ports=ports, keeper=LeaseKeeper(self.house.database)
            )
        bench.making = {}
        await bench.take(book.id)
        if (making := bench.making.get(book.id)) is not None:
            book.workers.append(Worker(script, making))
            await _first_of(making, script.arrival(halt) if halt else None)

    async def lose_lease(self, book: Book) -> None:
        """As if the worker had been frozen, or had died, so long ago that its lease has run out."""
        async with self.house.database.session() as session:
            expire = text(
                "UPDATE stories SET lease_until = now() - interval '1 second' WHERE id = :id AND worker <> ''"
            )
            await session.execute(expire, {"id": book.id})
            await session.commit()

    async def finish(self, books: Sequence[Book]) -> None:
        """Lets every worker go on, and has what nobody makes any more made to its end."""
        for book in books:
            await self.let_go(book)
            await self.lose_lease(book)
            await self.send_worker(book)

    async def let_go(self, book: Book) -> None:
        for worker in book.workers:
            worker.let_go()
        await asyncio.gather(*(worker.making for worker in book.workers))
        book.workers.clear()


async def _first_of(making: asyncio.Task[None], arrival: asyncio.Event | None) -> None:
    if arrival is None:
        await making
        return
    arriving = asyncio.create_task(arrival.wait())
    await asyncio.wait({making, arriving}, return_when=asyncio.FIRST_COMPLETED)
    arriving.cancel()


# ---------------------------------------------------------------- the books


@dataclass
class Books:
    """Everything about one account's credits, as it was at one moment."""

    account: Account
    stories: list[Story]
    steps: list[Step]
    lines: list[LedgerEntry]
    drift: list[str]

    @classmethod
    async def of(cls, session: Session, account_id: UUID) -> Books:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        account = await session.get_one(Account, account_id)
        rows = await session.execute(select(Story).where(Story.account_id == account_id))
        owned = list(rows.scalars())
        steps = await session.execute(select(Step).where(col(Step.story_id).in_([story.id for story in owned])))
        lines = await session.execute(
            select(LedgerEntry).where(LedgerEntry.account_id == account_id).order_by(col(LedgerEntry.id))
        )
        drift = await billing.drift(session)
        return cls(account, owned, list(steps.scalars()), list(lines.scalars()), drift)

    def total(self, kind: LedgerKind, story_id: UUID | None = None) -> int:
        return sum(line.credits for line in self.lines if line.kind is kind and story_id in (None, line.story_id))

    def check(self) -> None:
        assert self.drift == []
        pots = self.account
        assert pots.available + pots.reserved + pots.spent == pots.granted == self.total(LedgerKind.GRANT)
        assert pots.reserved == sum(story.reserved for story in self.stories)
        self._check_charges()
        for story in self.stories:
            self._check_reserved(story)

    def _check_charges(self) -> None:
        """Each step that is done is charged once and at its price, and nothing else is charged."""
        charged = [
            (line.story_id, line.step_key, line.step_version, line.credits)
            for line in self.lines
            if line.kind is LedgerKind.CAPTURE
        ]
        due = [
            (step.story_id, step.key, step.version, step.price)
            for step in self.steps
            if step.price and step.state is StepState.DONE
        ]
        assert sorted(charged, key=str) == sorted(due, key=str)

    def _check_reserved(self, story: Story) -> None:
        """What is reserved is what open steps will capture, and until the end what failed ones would have."""
        flows = (LedgerKind.CAPTURE, LedgerKind.RELEASE)
        assert story.reserved == self.total(LedgerKind.RESERVE, story.id) - sum(
            self.total(kind, story.id) for kind in flows
        )
        steps = [step for step in self.steps if step.story_id == story.id]
        if story.status.ended:
            assert story.reserved == 0
            assert not any(step.open for step in steps)
            return
        released = [
            line.created_at for line in self.lines if line.kind is LedgerKind.RELEASE and line.story_id == story.id
        ]
        held = [
            step
            for step in steps
            if step.finished_at is not None
            and step.state is StepState.FAILED
            and (not released or step.finished_at > released[-1])
        ]
        assert story.reserved == sum(step.price for step in [*held, *(step for step in steps if step.open)])


# ---------------------------------------------------------------- the family


@dataclass
class Family:
    """One account, whose stories are made, stopped, changed and deleted while workers come and go."""

    workshop: Workshop
    caller: Caller
    books: list[Book] = field(default_factory=list[Book])
    answered: list[tuple[Verb, str, UUID]] = field(default_factory=list[tuple[Verb, str, UUID]])
    """Verbs that were not refused, each with its key and the id of what it gave."""

    @property
    def house(self) -> House:
        return self.workshop.house

    def book(self, number: int) -> Book:
        """One of the stories, those that are deleted only where there is no other."""
        there = [book for book in self.books if not book.deleted] or self.books
        return there[number % len(there)]

    async def look(self) -> Books:
        async with self.house.database.session() as session:
            return await Books.of(session, self.caller.account_id)

    async def check(self) -> Books:
        """Raises AssertionError where the books are wrong."""
        found = await self.look()
        found.check()
        for book in self.books:
            story = next(story for story in found.stories if story.id == book.id)
            if book.plain and story.status is StoryStatus.READY:
                price = billing.story_price(story.page_count, story.narrated)
                assert found.total(LedgerKind.CAPTURE, book.id) == price
        return found

    async def say(self, verb: Verb, twice: bool) -> Story | Page | None:
        """Says a verb, or the same under one key twice at the same moment, which counts once. None: it was refused."""
        key = uuid4().hex
        before = await self.look()
        answers = await _all([verb(key) for _ in range(1 + twice)])
        reserved = [line for line in (await self.look()).lines[len(before.lines) :] if line.kind is LedgerKind.RESERVE]
        assert len(reserved) <= 1
        assert all(answer.needed > answer.available for answer in answers if isinstance(answer, OutOfCredits))
        given = [answer for answer in answers if not isinstance(answer, Refusal)]
        assert len({answer.id for answer in given}) <= 1
        if not given:
            return None
        self.answered.append((verb, key, given[0].id))
        return given[0]


async def _all(doing: Sequence[Awaitable[R]]) -> list[R | Refusal]:
    """What each came to; raises whatever is no refusal."""
    answers: list[R | Refusal] = []
    for answer in await asyncio.gather(*doing, return_exceptions=True):
        if isinstance(answer, BaseException) and not isinstance(answer, Refusal):
            raise answer
        answers.append(answer)
    return answers


# ---------------------------------------------------------------- what may happen to it


class Happening(Protocol):
    async def happen(self, family: Family) -> None: ...


@dataclass(frozen=True)
class Create:
    page_count: int
    narrated: bool
    twice: bool = False

    async def happen(self, family: Family) -> None:
        wish = Wish("A mole", None, (), self.page_count, AgeBand.AGES_3_5, "en", "watercolor", None, self.narrated)
        made = await family.say(lambda key: creation.create(family.house, family.caller, wish, key), self.twice)
        if made is not None:
            async with family.house.database.session() as session:
                pages = await pages_of(session, made.id)
            family.books.append(Book(made.id, [page.id for page in pages]))


@dataclass(frozen=True)
class CreateUnfit:
    async def happen(self, family: Family) -> None:
        wish = Wish(f"An {UNFIT} mole", None, (), 1, AgeBand.AGES_3_5, "en", "watercolor", None, False)
        (answer,) = await _all([creation.create(family.house, family.caller, wish)])
        assert isinstance(answer, ContentRejected)


@dataclass(frozen=True)
class Make:
    """A worker comes, and takes the story if nobody has it; `failing` fails, and at `halt` it stands still."""

    book: int
    halt: str | None = None
    failing: str | None = None
    failures: Sequence[Exception] = ()

    async def happen(self, family: Family) -> None:
        await family.workshop.send_worker(family.book(self.book), self.halt, self.failing, self.failures)


@dataclass(frozen=True)
class LetGo:
    """Workers that stood still go on, those that have lost their story as well."""

    book: int

    async def happen(self, family: Family) -> None:
        await family.workshop.let_go(family.book(self.book))


@dataclass(frozen=True)
class Crash:
    """The worker stands still past its lease; the next one takes over while it is still there."""

    book: int

    async def happen(self, family: Family) -> None:
        await family.workshop.lose_lease(family.book(self.book))


@dataclass(frozen=True)
class Cancel:
    book: int

    async def happen(self, family: Family) -> None:
        await _all([stories.cancel(family.house, family.caller, family.book(self.book).id)])


@dataclass(frozen=True)
class Resume:
    book: int
    twice: bool

    async def happen(self, family: Family) -> None:
        id = family.book(self.book).id
        await family.say(lambda key: stories.resume(family.house, family.caller, id, key), self.twice)


@dataclass(frozen=True)
class Redo:
    book: int
    page: int
    parts: Sequence[PagePart]
    twice: bool

    async def happen(self, family: Family) -> None:
        book = family.book(self.book)
        book.plain = False
        page, parts = book.page(self.page), self.parts
        await family.say(lambda key: revision.redo(family.house, family.caller, page, parts, None, key), self.twice)


@dataclass(frozen=True)
class Edit:
    book: int
    page: int
    words: str
    twice: bool

    async def happen(self, family: Family) -> None:
        book = family.book(self.book)
        book.plain = False
        page, words = book.page(self.page), f"Page {self.page} in {self.words} words."
        await family.say(lambda key: revision.edit(family.house, family.caller, page, words, key), self.twice)


@dataclass(frozen=True)
class Delete:
    book: int

    async def happen(self, family: Family) -> None:
        book = family.book(self.book)
        await _all([stories.delete(family.house, family.caller, book.id)])
        book.deleted = True


@dataclass(frozen=True)
class AtOnce:
    """Several devices of the family, none of which knows of the others."""

    happenings: Sequence[Cancel | Resume | Redo | Edit | Delete]

    async def happen(self, family: Family) -> None:
        await asyncio.gather(*(self._say(happening, family) for happening in self.happenings))

    async def _say(self, happening: Cancel | Resume | Redo | Edit | Delete, family: Family) -> None:
        book = family.book(happening.book)
        house, caller = family.house, family.caller
        match happening:
            case Cancel():
                doing = stories.cancel(house, caller, book.id)
            case Delete():
                book.deleted = True
                doing = stories.delete(house, caller, book.id)
            case Resume():
                doing = stories.resume(house, caller, book.id)
            case Redo():
                book.plain = False
                doing = revision.redo(house, caller, book.page(happening.page), happening.parts, None)
            case Edit():
                book.plain = False
                doing = revision.edit(house, caller, book.page(happening.page), happening.words)
        await _all([doing])


@dataclass(frozen=True)
class Repeat:
    """A verb that was answered is sent again, however much later: nothing is reserved, and the answer is its own."""

    earlier: int

    async def happen(self, family: Family) -> None:
        verb, key, id = family.answered[self.earlier % len(family.answered)]
        before = (await family.look()).total(LedgerKind.RESERVE)
        with suppress(NotFound):
            assert (await verb(key)).id == id
        assert (await family.look()).total(LedgerKind.RESERVE) == before


BOOK, PAGE, TWICE = st.integers(0, 2), st.integers(1, 2), st.booleans()
PARTS = st.lists(st.sampled_from(PagePart), min_size=1, unique=True)
CALL, FAILURE = st.sampled_from(CALLS), st.sampled_from(FAILURES)
CREATE = st.builds(Create, PAGE, st.booleans(), TWICE)
CHANGE = (
    st.builds(Cancel, BOOK)
    | st.builds(Resume, BOOK, TWICE)
    | st.builds(Redo, BOOK, PAGE, PARTS, TWICE)
    | st.builds(Edit, BOOK, PAGE, st.sampled_from(["few", "many", UNFIT]), TWICE)
)
AT_ONCE = st.builds(AtOnce, st.lists(CHANGE, min_size=2, max_size=4))
MORE = CREATE | st.builds(Repeat, st.integers(0, 9)) | AT_ONCE
SELDOM = (
    st.builds(CreateUnfit) | st.builds(Delete, BOOK) | st.builds(AtOnce, st.tuples(st.builds(Delete, BOOK), CHANGE))
)


def _deed(number: int) -> st.SearchStrategy[Happening]:
    """So that little is deleted before anything has happened to it."""
    return CHANGE if number < 5 else MORE if number < 9 else SELDOM


WORK = (
    st.builds(Make, BOOK)
    | st.builds(Make, BOOK, halt=CALL)
    | st.builds(Make, BOOK, failing=CALL, failures=FAILURE)
    | st.builds(Make, BOOK, halt=CALL, failing=CALL, failures=FAILURE)
    | st.builds(LetGo, BOOK)
    | st.builds(Crash, BOOK)
)
ROUNDS = st.lists(st.tuples(WORK, st.integers(0, 9).flatmap(_deed)), min_size=7, max_size=9)


@pytest_asyncio.fixture(loop_scope="session")
async def workshop(house: House, database_url: str, redis_url: str, tmp_path: Path) -> AsyncGenerator[Workshop]:
    async with open_workbench(settings_for(database_url, redis_url, tmp_path), Vendors().open) as bench:
        yield Workshop(replace(house, ports=replace(house.ports, moderator=ScriptedModerator((UNFIT,)))), bench)


async def test_no_order_of_things_loses_or_doubles_a_credit(workshop: Workshop) -> None:
    @settings(
        max_examples=20,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # shrinking would live through hundreds of families, which takes minutes
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(credits=st.sampled_from([4, 9, 40]), first=CREATE, rounds=ROUNDS)
    def explore(credits: int, first: Create, rounds: list[tuple[Happening, Happening]]) -> None:
        living = live(workshop, credits, [first, *chain.from_iterable(rounds)])
        asyncio.run_coroutine_threadsafe(living, loop).result()

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(explore)  # hypothesis wants to be called where no loop runs

    async with workshop.house.database.session() as session:
        seen = await session.execute(select(LedgerEntry.cause).distinct())
        bought = {Cause.PLAN, Cause.PACK, Cause.REFUND, Cause.EXPIRED}  # tests/money has an exploration of its own
        assert set(seen.scalars()) == set(Cause) - bought, "it has not come to all that it is here for"


async def live(workshop: Workshop, credits: int, happenings: Sequence[Happening]) -> None:
    """Has it all happen to a new family; in the end everything ends, whoever crashed, and nothing stays reserved."""
    family = Family(workshop, await workshop.somebody(credits))
    try:
        for happening in happenings:
            async with asyncio.timeout(PATIENCE_S):
                await happening.happen(family)
            await family.check()
    finally:
        async with asyncio.timeout(PATIENCE_S):
            await workshop.finish(family.books)
    found = await family.check()
    assert all(story.status.ended for story in found.stories)
    assert found.account.reserved == 0
