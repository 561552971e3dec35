"""Signed media over real HTTP: uvicorn on a free port, a real store on a real folder."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette

from api.media import media_routes
from jobs.providers.media_keys import WINDOW_S
from jobs.providers.offline_media import LocalMediaStore

KEY = "stories/s1/p1/audio-1.mp3"
SOUND = bytes(range(256)) * 1000
SIZE = len(SOUND)


class House:
    """A served store, its clock, and a client that follows no rule but what it is told."""

    def __init__(self, folder: Path, base_url: str, client: httpx.AsyncClient) -> None:
        self.now = 1_800_000_000.0
        self.store = LocalMediaStore(folder, base_url, b"s" * 32, lambda: self.now)
        self.client = client

    async def get(self, key: str = KEY, **headers: str) -> httpx.Response:
        return await self.client.get(self.store.url(key), headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with httpx.AsyncClient() as client:
            house = House(tmp_path, f"http://127.0.0.1:{listener.getsockname()[1]}", client)
            await house.store.put(KEY, SOUND, "audio/mpeg")
            app = Starlette(routes=media_routes(house.store))
            server = uvicorn.Server(uvicorn.Config(app, lifespan="off", ws="none", log_level="warning"))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            yield house
            server.should_exit = True
            await serving


async def test_a_signed_link_gives_the_file_to_keep(house: House) -> None:
    answer = await house.get()
    assert answer.status_code == 200
    assert answer.content == SOUND
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["etag"].startswith('"')


@pytest.mark.parametrize(("key", "content_type"), [("a.webp", "image/webp"), ("a.png", "image/png")])
async def test_pictures_are_served_as_pictures(house: House, key: str, content_type: str) -> None:
    await house.store.put(key, b"picture", content_type)
    assert (await house.get(key)).headers["content-type"] == content_type


async def test_head_tells_the_same_without_the_body(house: House) -> None:
    url = house.store.url(KEY)
    got, head = await house.client.get(url), await house.client.head(url, headers={"Range": "bytes=0-9"})
    assert head.status_code == 200
    assert head.content == b""
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


async def test_a_copy_that_is_still_right_is_not_sent_again(house: House) -> None:
    etag = (await house.get()).headers["etag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = await house.get(If_None_Match=known)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        assert "immutable" in answer.headers["cache-control"]
    assert (await house.get(If_None_Match='"other"')).status_code == 200


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=1000-", 1000, SIZE),
        ("bytes=-10", SIZE - 10, SIZE),
        (f"bytes={SIZE - 1}-{SIZE + 99}", SIZE - 1, SIZE),
        (f"bytes=-{SIZE + 1}", 0, SIZE),
    ],
)
async def test_players_seek(house: House, asked: str, start: int, end: int) -> None:
    answer = await house.get(Range=asked)
    assert answer.status_code == 206
    assert answer.content == SOUND[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
async def test_beyond_the_end_is_nothing_to_give(house: House, asked: str) -> None:
    answer = await house.get(Range=asked)
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    ["bytes=5-3", "bytes=", "bytes=x-y", "pages=1-2", "bytes", "bytes=0-1,5-6", "bytes=-", f"bytes={'9' * 5000}-"],
)
async def test_a_range_that_makes_no_sense_is_ignored(house: House, asked: str) -> None:
    answer = await house.get(Range=asked)
    assert answer.status_code == 200
    assert answer.content == SOUND


async def test_a_range_of_something_older_gives_the_whole(house: House) -> None:
    etag = (await house.get()).headers["etag"]
    assert (await house.get(Range="bytes=0-9", If_Range=etag)).status_code == 206
    assert (await house.get(Range="bytes=0-9", If_Range='"older"')).status_code == 200


async def test_a_link_that_is_not_ours_is_refused(house: House) -> None:
    url = house.store.url(KEY)
    for forged in (
        url[:-1] + ("A" if url[-1] != "A" else "B"),
        url.replace("expires=1", "expires=2"),
        url.replace("s1/p1", "s1/p2"),
        url.replace("stories/", "stories/%2e%2e/stories/"),
        url.replace("stories/", "stories/..%2f..%2f"),
        url.split("?")[0],
        url.split("?")[0] + "?expires=%00&signature=%ed%a0%80",
    ):
        answer = await house.client.get(forged)
        assert answer.status_code == 403
        assert list(answer.json()) == ["error"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_link_ends(house: House) -> None:
    url = house.store.url(KEY)
    house.now += 2 * WINDOW_S
    assert (await house.client.get(url)).status_code == 403


async def test_what_was_deleted_is_gone(house: House) -> None:
    await house.store.delete("stories/s1")
    answer = await house.get()
    assert answer.status_code == 404
    assert list(answer.json()) == ["error"]


async def test_nothing_can_be_written(house: House) -> None:
    assert (await house.client.put(house.store.url(KEY), content=b"x")).status_code == 405
    assert await house.store.get(KEY) == SOUND
