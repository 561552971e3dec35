"""Documents are read and explained in one thread, for which only so many may wait."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Iterator

import pytest
from graphql import GraphQLError

from models.errors import RateLimited
from schema.documents import MOST_WAITING, Documents
from schema.limits import Limits

MISSPELT = "{ storyz { id } }"


@pytest.fixture
def documents() -> Iterator[Documents]:
    documents = Documents(Limits())
    yield documents
    documents.close()


def _suggests(errors: list[GraphQLError]) -> bool:
    return any("Did you mean" in error.message for error in errors)


async def test_what_waits_to_be_explained_is_bounded(documents: Documents) -> None:
    prepared = await documents.read(MISSPELT, None)
    # All of them begin before the loop hears of the first that is done.
    answers = await asyncio.gather(*(documents.explained(prepared) for _ in range(MOST_WAITING + 5)))
    assert [_suggests(errors) for errors in answers] == [True] * MOST_WAITING + [False] * 5
    assert all(len(errors) == 1 for errors in answers)
    assert _suggests(await documents.explained(prepared))


async def test_what_waits_to_be_explained_counts_for_what_is_read(documents: Documents) -> None:
    prepared = await documents.read(MISSPELT, None)
    waiting = [asyncio.create_task(documents.explained(prepared)) for _ in range(MOST_WAITING)]
    late = asyncio.create_task(documents.read("{ me { id } }", None))
    assert isinstance((await asyncio.gather(late, return_exceptions=True))[0], RateLimited)
    await asyncio.gather(*waiting)
    assert not (await documents.read("{ me { id } }", None)).errors


async def test_who_leaves_while_waiting_makes_room(documents: Documents) -> None:
    prepared = await documents.read(MISSPELT, None)
    waiting = [asyncio.create_task(documents.explained(prepared)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)  # they have begun
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert _suggests(await documents.explained(prepared))


@pytest.mark.parametrize("selected", ["__typename", "me { email }", "stories { edges { node { id title } } }"])
async def test_documents_take_no_more_memory_than_is_counted(
    documents: Documents, monkeypatch: pytest.MonkeyPatch, selected: str
) -> None:
    """A hundred bytes for each character that may be kept; short documents too, of which there are many."""
    monkeypatch.setattr("schema.documents.KEPT", 16 * 1024)
    await documents.read(f"{{ {selected} }}", None)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(700):
            await documents.read(f"query Q{number} {{ {selected} }}", None)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert after - before < 16 * 1024 * 100
