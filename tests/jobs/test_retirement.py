"""Retirements that OpenAI announces in its list of models, read by the real SDK over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from openai import AsyncOpenAI
from structlog.testing import capture_logs

from jobs.providers import retirement
from jobs.providers.catalog import Kind, Model
from jobs.providers.retirement import warn_of_retirements

USED = [
    Model(id=id, vendor="openai", kind=Kind.WRITER, usd_per_million={})
    for id in ("soon", "late", "gone", "none", "odd", "away")
]


@asynccontextmanager
async def listing(body: bytes, status: str = "200 OK") -> AsyncGenerator[tuple[AsyncOpenAI, asyncio.Event]]:
    """OpenAI, whose list of models is `body`; the event is set when it is asked for the second time."""
    asked, again = 0, asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.readuntil(b"\r\n\r\n")
        asked += 1
        if asked > 1:
            again.set()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server, AsyncOpenAI(api_key="a key", base_url=base_url, max_retries=0) as client:
        yield client, again


async def warnings_from(body: bytes, status: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """What is warned of until the list is asked for once more."""
    monkeypatch.setattr(retirement, "AGAIN_AFTER_S", 0.01)
    with capture_logs() as logs:
        async with listing(body, status) as (client, again):
            watching = asyncio.create_task(warn_of_retirements(client, USED))
            await asyncio.wait_for(again.wait(), 30)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    return sorted({(entry["event"], entry.get("model")) for entry in logs}, key=str)


async def test_a_model_whose_end_is_near_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    today = datetime.now(UTC).date()
    ends = {
        "soon": str(today + timedelta(days=59)),
        "late": str(today + timedelta(days=90)),
        "gone": str(today - timedelta(days=1)),
        "unused": str(today),
        "none": None,
        "odd": "next year",
    }
    models = [
        {"id": id, "object": "model", "created": 1, "owned_by": "openai", "shutdown_date": end}
        for id, end in ends.items()
    ]
    body = json.dumps({"object": "list", "data": models}).encode()
    assert await warnings_from(body, "200 OK", monkeypatch) == [
        ("model.not_listed", "away"),
        ("model.shutdown_announced", "gone"),
        ("model.shutdown_announced", "soon"),
    ]


@pytest.mark.parametrize(
    ("body", "status"), [(b"{}", "500 Oh"), (b"no", "200 OK"), (b'{"data": 7}', "200 OK"), (b"{}", "401 No")]
)
async def test_a_list_that_cannot_be_had_stops_nothing(
    body: bytes, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(await warnings_from(body, status, monkeypatch)) <= {("models.not_listed", None)}
