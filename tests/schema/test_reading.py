"""Queries that are read in one go, against the normal executor: the same answer, byte for byte, or none at all."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import graphql
import orjson
import pytest
import pytest_asyncio
from graphql import ExecutionResult
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import select
from structlog.testing import capture_logs

from api.server import TURN_S
from models.accounts import Account
from resolvers.caller import NOBODY, Caller
from resolvers.house import House
from schema import plans
from schema.context import Context
from schema.ids import global_id
from schema.plans import plan_of
from tests.harness import fresh_settings, serving
from tests.schema.random_documents import CORE, Asked
from tests.schema.random_library import Ids, Library
from tests.schema.random_queries import queries
from tests.servers import Servers

SEEDS = (1, 2, 3)
RANDOMLY = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)
RANDOMLY_MANY, RANDOMLY_FEW = settings(RANDOMLY, max_examples=200), settings(RANDOMLY, max_examples=100)
execute = cast(
    "Callable[..., ExecutionResult | Awaitable[ExecutionResult]]",
    graphql.execute,  # pyright: ignore[reportUnknownMemberType]  # half of its options are untyped, and none is used
)


@dataclass
class Shelf:
    """The libraries that are read; each has a reader."""

    house: House
    readers: list[tuple[Caller, Ids]]

    def context(self, caller: Caller) -> Context:
        return Context(self.house, caller, "request")

    async def read(self, asked: Asked, caller: Caller, *, keeping: bool) -> bytes | None:
        """What is read in one go; None where that is left to the normal executor."""
        plan = plan_of(asked.prepared, keeping=keeping)
        if plan is None:
            return None
        try:
            return orjson.dumps({"data": await plan.read(asked.variables, self.context(caller))})
        except Exception:  # as schema.reading takes it
            return None

    async def executed(self, asked: Asked, caller: Caller) -> ExecutionResult:
        result = execute(
            CORE, asked.prepared.document, context_value=self.context(caller), variable_values=asked.variables
        )
        return result if isinstance(result, ExecutionResult) else await result


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shelf(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Shelf]:
    folder = tmp_path_factory.mktemp("shelf")
    async with fresh_settings(servers, folder) as settings, serving(settings) as (_, house):
        readers: list[tuple[Caller, Ids]] = []
        for seed in SEEDS:
            async with house.database.session() as session:
                library = Library(session, seed)
                id = await library.fill()
                account = (await session.execute(select(Account).where(Account.id == id))).scalar_one()
            readers.append((Caller(account), library.ids))
        yield Shelf(house, readers)


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    """How often what has come of a query."""
    return Counter()


@pytest.mark.parametrize("reader", range(len(SEEDS)))
@RANDOMLY_MANY
@given(data=st.data())
async def test_what_is_read_in_one_go_is_what_the_normal_executor_answers(
    shelf: Shelf, seen: Counter[str], reader: int, data: st.DataObject
) -> None:
    reads, ids = shelf.readers[reader]
    asked = data.draw(queries(ids, plain=False))
    caller = data.draw(st.sampled_from([reads, reads, reads, NOBODY]))
    keeping = data.draw(st.booleans())
    answer = await shelf.read(asked, caller, keeping=keeping)
    seen["told" if answer else "left" if plan_of(asked.prepared, keeping=keeping) else "not planned"] += 1
    if answer:
        same(answer, await shelf.executed(asked, caller))


def test_every_way_was_taken(seen: Counter[str]) -> None:
    assert all(seen[outcome] > 20 for outcome in ("told", "left", "not planned")), seen


@pytest.mark.parametrize("reader", range(len(SEEDS)))
@RANDOMLY_FEW
@given(data=st.data())
async def test_screens_are_read_in_one_go(shelf: Shelf, reader: int, data: st.DataObject) -> None:
    caller, ids = shelf.readers[reader]
    asked = data.draw(queries(ids, plain=True))
    keeping = data.draw(st.booleans())
    assert plan_of(asked.prepared, keeping=keeping) is not None, asked.text
    result = await shelf.executed(asked, caller)
    answer = await shelf.read(asked, caller, keeping=keeping)
    if result.errors:  # such as a reading level that is no number
        assert answer is None
    else:
        assert answer is not None, asked.text
        same(answer, result)


async def test_a_stranger_is_told_to_sign_in_whatever_the_id(shelf: Shelf) -> None:
    """An id of another kind is nobody's; that is for those to hear who may ask."""
    _, ids = shelf.readers[0]
    for id in (global_id("User", "x"), global_id("Page", ids.page[0]), global_id("Story", ids.story[0])):
        asked = Asked("query($id: ID!) { story(id: $id) { id } }", {"id": id})
        for caller in (NOBODY, Caller(bad_token=True)):
            assert await shelf.read(asked, caller, keeping=True) is None


@pytest.mark.parametrize("text", ["{ __schema { queryType { name } } }", '{ __type(name: "Story") { name } }'])
def test_what_is_no_field_of_ours_is_left_alone_without_a_word(text: str) -> None:
    with capture_logs() as told:
        assert plan_of(Asked(text, {}).prepared, keeping=True) is None

    assert told == []


def test_so_many_plans_are_kept_and_those_that_are_used_stay() -> None:
    """Documents are kept by their length, and a plan takes many times what is counted for one."""
    before = _plans()
    used = Asked("query Used { characters { totalCount } }", {}).prepared
    plan = plan_of(used, keeping=True)
    documents = [Asked(f"query Q{number} {{ characters {{ totalCount }} }}", {}).prepared for number in range(300)]
    for each in documents:
        assert plan_of(each, keeping=True) is not None
        assert plan_of(used, keeping=True) is plan

    assert _plans() <= before + plans.MOST_PLANS


def _plans() -> int:
    """How many are in memory."""
    gc.collect()
    return sum(isinstance(each, plans.Plan) for each in gc.get_objects())


async def test_a_large_plan_that_is_made_keeps_nobody_else_waiting(shelf: Shelf) -> None:
    """It takes a tenth of a second on a quiet machine; the loop, which serves everybody, goes on beside it."""
    fields = "title pages { number text } cover { key } characters { name } progress { done } voice { name }"
    roots = " ".join(f"r{number}: stories(first: 1) {{ edges {{ node {{ {fields} }} }} }}" for number in range(6))
    prepared = Asked(f"query Large {{ {roots} }}", {}).prepared
    caller, _ = shelf.readers[0]
    await plans.execute(prepared, {}, shelf.context(caller))
    assert await shelf.read(Asked("{ characters { totalCount } }", {}), caller, keeping=True)  # has a connection opened
    turns = 0
    asked = shelf.house.readers.asked
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)  # as the server does
    try:
        again = asyncio.create_task(plans.execute(prepared, {}, shelf.context(caller)))
        while shelf.house.readers.asked == asked and not again.done():  # until its first statement is asked
            await asyncio.sleep(0)
            turns += 1
        await again
    finally:
        sys.setswitchinterval(usual)

    assert turns > 20


def same(answer: bytes, result: ExecutionResult) -> None:
    assert not result.errors
    assert answer == orjson.dumps({"data": result.data})
