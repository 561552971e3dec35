"""In a house with live vendors, what a sandbox key makes never comes near them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from tests.api.test_api_keys import a_key, character
from tests.harness import Api, becomes, serving, settings_for, working


@dataclass
class LiveVendor:
    """Stands where a vendor does; it answers nobody, and counts who wanted something made or judged.

    What models there are is asked with GET, when a worker starts.
    """

    url: str = ""
    calls: int = 0

    async def hang_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += (await reader.readline()).startswith(b"POST ")
        writer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def vendor() -> AsyncGenerator[LiveVendor]:
    vendor = LiveVendor()
    server = await asyncio.start_server(vendor.hang_up, "127.0.0.1", 0)
    vendor.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield vendor


@pytest_asyncio.fixture(loop_scope="session")
async def parent(database_url: str, redis_url: str, tmp_path: Path, vendor: LiveVendor) -> AsyncGenerator[Api]:
    """Somebody in a house whose writer, painter, narrator and moderator are a live vendor's."""
    settings = settings_for(
        database_url, redis_url, tmp_path, openai_api_key=SecretStr("a key"), openai_base_url=vendor.url
    )
    async with serving(settings) as (api, house):
        assert next(iter(house.ports.writers)) != "offline"
        assert next(iter(house.ports.painters)) != "offline"
        assert next(iter(house.ports.narrators)) != "offline"
        async with working(settings.model_copy(update={"port": int(api.url.split(":")[-1])})):
            yield await api.as_somebody()


async def test_a_sandbox_book_is_made_redone_and_edited_without_a_call(parent: Api, vendor: LiveVendor) -> None:
    program = await a_key(parent, kind="SANDBOX")
    before = await parent.credits()
    fox = await character(program)
    answer = await program.create_story(premise="A fox who paints", pageCount=1, characterIds=[fox["id"]])
    assert answer["__typename"] == "CreateStoryPayload", answer
    story = await program.ended(answer["story"]["id"])
    assert story["status"] == "READY"

    page = story["pages"][0]["id"]
    for who in (program, parent):  # the person, too, in whose account it is
        redone = await who.redo_page(page, "IMAGE", instruction="With a red hat")
        assert redone["__typename"] == "RedoPagePayload", redone
        await program.ended(story["id"])
        edited = await who.edit_page_text(page, f"The fox painted. {who is parent}")
        assert edited["__typename"] == "EditPageTextPayload", edited
        await program.ended(story["id"])
        changed = await who.verb(
            "updateCharacter", "character { id }", id=fox["id"], appearance=f"a fox in a hat {who is parent}"
        )
        assert changed["__typename"] == "UpdateCharacterPayload", changed

    async def painted() -> bool:
        query = "query($id: ID!) { character(id: $id) { portraitStatus } }"
        return (await program.ask(query, id=fox["id"]))["character"]["portraitStatus"] == "READY"

    await becomes(painted)
    assert vendor.calls == 0
    assert await parent.credits() == before


async def test_a_real_story_asks_the_live_vendor(parent: Api, vendor: LiveVendor) -> None:
    """Or the test above would show nothing."""
    answer = await parent.create_story(premise="A fox who paints", pageCount=1)

    assert answer["__typename"] == "Unavailable", answer
    assert vendor.calls > 0
