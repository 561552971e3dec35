"""Clients of vendors, each against the stand-ins."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from datetime import date

import pytest
import pytest_asyncio
from openai import AsyncOpenAI, Timeout

from benchmarks.vendors.standins import Standins, standing_in
from jobs.providers.catalog import Kind, Model, named_model
from jobs.providers.offline_pool import OfflinePool
from jobs.providers.speech.forced import warm_up


def model(id: str, kind: Kind) -> Model:
    return named_model(id, kind, date(2026, 11, 25))


@pytest_asyncio.fixture
async def standins() -> AsyncGenerator[Standins]:
    async with standing_in() as standins:
        yield standins


@pytest_asyncio.fixture
async def openai(standins: Standins) -> AsyncGenerator[AsyncOpenAI]:
    """A client that loses its patience after 2 s, and never tries twice."""
    async with AsyncOpenAI(
        api_key="k", base_url=f"{standins.url}/v1", max_retries=0, timeout=Timeout(2, connect=2)
    ) as client:
        yield client


@pytest.fixture(scope="session")
def aligning() -> Iterator[OfflinePool]:
    pool = OfflinePool(1, warm_up)
    yield pool
    pool.close()
