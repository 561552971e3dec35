"""The media stores, all through one test body: a real folder, and a bucket of a real SeaweedFS."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from api.media import media_routes
from jobs.ports import MediaStore
from jobs.providers.media_keys import WINDOW_S, KeyTaken, window_start
from jobs.providers.media_urls import PresignedUrls
from jobs.providers.offline_media import LocalMediaStore
from jobs.providers.s3_media import S3MediaStore, bucket_url
from tests.storage import Storage

KEY = "stories/s1/p1/image-1.webp"


class Shelf(Protocol):
    """One kind of store: how it is opened, with what it holds, and how its URLs are fetched at this moment."""

    def store(self, now: float | None = None) -> MediaStore:
        """The store, for which it is `now`; always the same things are in it."""
        ...

    def keys(self) -> list[str]: ...

    async def fetch(self, url: str, **headers: str) -> httpx.Response: ...


@dataclass
class Folder:
    folder: Path

    def store(self, now: float | None = None) -> LocalMediaStore:
        at = time.time() if now is None else now
        return LocalMediaStore(self.folder, "http://books.test/", b"s" * 32, lambda: at)

    def keys(self) -> list[str]:
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())

    async def fetch(self, url: str, **headers: str) -> httpx.Response:
        app = Starlette(routes=media_routes(self.store()))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.get(url, headers=headers)


@dataclass
class Bucket:
    storage: Storage
    client: Any

    def store(self, now: float | None = None) -> S3MediaStore:
        storage, at = self.storage, time.time() if now is None else now
        where = bucket_url(self.client, storage.bucket)
        urls = PresignedUrls(where, storage.access_key, storage.secret_key, storage.region)
        return S3MediaStore(self.client, storage.bucket, urls, lambda: at)

    def keys(self) -> list[str]:
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=self.storage.bucket).get("Contents", [])]

    async def fetch(self, url: str, **headers: str) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(url, headers=headers)


@pytest.fixture(params=["folder", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    if request.param == "folder":
        yield Folder(tmp_path)
        return
    storage: Storage = request.getfixturevalue("storage")
    client = storage.client()
    yield Bucket(storage, client)
    client.close()


@pytest_asyncio.fixture
async def store(shelf: Shelf) -> AsyncIterator[MediaStore]:
    yield shelf.store()


async def test_what_was_put_is_got(store: MediaStore, shelf: Shelf) -> None:
    await store.put(KEY, b"picture", "image/webp")
    assert await store.get(KEY) == b"picture"
    assert shelf.keys() == [KEY]


@pytest.mark.parametrize("key", [KEY, "stories/s1", f"{KEY}/more.webp"])
async def test_getting_nothing_is_a_key_error(store: MediaStore, key: str) -> None:
    await store.put("stories/s1/p1/other.webp", b"", "image/webp")
    if key != KEY:
        await store.put(KEY, b"picture", "image/webp")
    with pytest.raises(KeyError):
        await store.get(key)


async def test_a_key_names_its_bytes_for_ever(store: MediaStore, shelf: Shelf) -> None:
    await store.put(KEY, b"picture", "image/webp")
    await store.put(KEY, b"picture", "image/webp")
    with pytest.raises(KeyTaken):
        await store.put(KEY, b"another", "image/webp")
    assert await store.get(KEY) == b"picture"
    assert shelf.keys() == [KEY]


async def test_of_two_at_once_exactly_one_is_kept(store: MediaStore, shelf: Shelf) -> None:
    versions = [bytes([number]) * 100_000 for number in range(8)]
    outcomes = await asyncio.gather(
        *(store.put(KEY, version, "image/webp") for version in versions), return_exceptions=True
    )
    kept = [version for version, outcome in zip(versions, outcomes, strict=True) if outcome is None]
    assert kept == [await store.get(KEY)]
    assert all(isinstance(outcome, KeyTaken) for outcome in outcomes if outcome is not None)
    assert shelf.keys() == [KEY]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/x.webp",
        "../x.webp",
        "a/../x.webp",
        "a/./x.webp",
        "a//x.webp",
        "a/",
        ".hidden/x.webp",
        "a b.webp",
        "ä.webp",
        "a\\x.webp",
        "a\0.webp",
        "a\n.webp",
        "x.webp\n",
        "~/x.webp",
        "c:x.webp",
    ],
)
async def test_what_is_no_key_is_refused(store: MediaStore, shelf: Shelf, key: str) -> None:
    for attempt in (store.put(key, b"", "image/webp"), store.get(key)):
        with pytest.raises(ValueError, match="not a media key"):
            await attempt
    with pytest.raises(ValueError, match="not a media key"):
        store.url(key)
    assert shelf.keys() == []


@pytest.mark.parametrize("prefix", ["", "/", "..", "a/../b", "."])
async def test_a_prefix_never_means_everything(store: MediaStore, prefix: str) -> None:
    await store.put(KEY, b"picture", "image/webp")
    with pytest.raises(ValueError, match="not a media key"):
        await store.delete(prefix)
    assert await store.get(KEY) == b"picture"


@pytest.mark.parametrize(
    ("key", "content_type"), [("a.webp", "image/png"), ("a.html", "text/html"), ("a", "image/png")]
)
async def test_the_extension_says_what_it_is(store: MediaStore, key: str, content_type: str) -> None:
    with pytest.raises(ValueError, match="can't hold"):
        await store.put(key, b"", content_type)


@pytest.mark.parametrize("prefix", ["stories/s1", "stories/s1/"])
async def test_a_story_is_deleted_and_its_neighbour_stays(store: MediaStore, shelf: Shelf, prefix: str) -> None:
    await store.put(KEY, b"picture", "image/webp")
    await store.put("stories/s1/p2/audio-1.mp3", b"sound", "audio/mpeg")
    await store.put("stories/s10/p1/image-1.webp", b"other", "image/webp")
    await store.delete(prefix)
    await store.delete(prefix)
    assert shelf.keys() == ["stories/s10/p1/image-1.webp"]


async def test_one_file_is_deleted_by_its_key_and_can_be_put_again(store: MediaStore) -> None:
    await store.put(KEY, b"picture", "image/webp")
    await store.delete(KEY)
    await store.put(KEY, b"another", "image/webp")
    assert await store.get(KEY) == b"another"


@pytest.mark.parametrize(("key", "content_type"), [("a.webp", "image/webp"), ("a.mp3", "audio/mpeg")])
async def test_a_url_gives_the_bytes_to_keep(store: MediaStore, shelf: Shelf, key: str, content_type: str) -> None:
    await store.put(key, b"0123456789", content_type)
    answer = await shelf.fetch(store.url(key))
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert answer.headers["content-type"] == content_type
    assert answer.headers["cache-control"].endswith(", max-age=31536000, immutable")


async def test_players_seek(store: MediaStore, shelf: Shelf) -> None:
    await store.put("a.mp3", b"0123456789", "audio/mpeg")
    answer = await shelf.fetch(store.url("a.mp3"), Range="bytes=3-5")
    assert (answer.status_code, answer.content) == (206, b"345")
    assert answer.headers["content-range"] == "bytes 3-5/10"


def test_a_url_stays_the_same_within_six_hours(shelf: Shelf) -> None:
    begin = window_start(time.time())
    url = shelf.store(begin).url(KEY)
    assert shelf.store(begin + WINDOW_S - 0.001).url(KEY) == url
    assert shelf.store(begin + WINDOW_S).url(KEY) != url
    assert shelf.store(begin).url("stories/s1/p1/image-2.webp") != url


async def test_a_url_is_good_for_six_hours_more(shelf: Shelf) -> None:
    await shelf.store().put(KEY, b"picture", "image/webp")
    now = time.time()
    assert (await shelf.fetch(shelf.store(now - WINDOW_S).url(KEY))).status_code == 200
    assert (await shelf.fetch(shelf.store(now - 2 * WINDOW_S).url(KEY))).status_code == 403


async def test_a_url_that_was_tampered_with_is_refused(store: MediaStore, shelf: Shelf) -> None:
    other = KEY.replace("s1", "s2")
    for key in (KEY, other):
        await store.put(key, b"picture", "image/webp")
    url = store.url(KEY)
    signature = url.rpartition("=")[2]
    for forged in (
        url.replace(KEY, other),
        url.replace(signature, store.url(other).rpartition("=")[2]),
        url.replace(signature, ""),
        url.partition("?")[0],
    ):
        assert (await shelf.fetch(forged)).status_code in (400, 403)
    assert (await shelf.fetch(url)).status_code == 200


async def test_only_what_we_signed_is_located(tmp_path: Path) -> None:
    store = Folder(tmp_path).store()
    query = httpx.URL(store.url(KEY)).params
    expires, signature = query["expires"], query["signature"]
    assert store.locate(KEY, expires, signature) == (tmp_path / KEY, "image/webp")
    stranger = LocalMediaStore(tmp_path, "http://books.test", b"t" * 32, time.time)
    for forged in (
        ("stories/s2/p1/image-1.webp", expires, signature),
        (KEY, str(int(expires) + 1), signature),
        (KEY, f"0{expires}", signature),
        (KEY, f"+{expires}", signature),
        (KEY, "", signature),
        (KEY, "9" * 5000, signature),
        (KEY, "٣", signature),
        (KEY, expires, ""),
        (KEY, expires, signature[:-1]),
        (KEY, expires, signature + "="),
        (KEY, expires, "ü\ud800"),
        ("../secret", expires, signature),
        (KEY, expires, httpx.URL(stranger.url(KEY)).params["signature"]),
    ):
        assert store.locate(*forged) is None


async def test_a_file_is_stored_like_bytes_and_no_cache_keeps_an_export(shelf: Shelf, tmp_path: Path) -> None:
    store, key = shelf.store(), "exports/a1/e1/1.zip"
    path, other = tmp_path / "export", tmp_path / "other"
    path.write_bytes(b"a zip" * 700_000)
    other.write_bytes(b"a zip" * 699_999 + b"a zap")

    await store.put_file(key, path, "application/zip")
    await store.put_file(key, path, "application/zip")
    with pytest.raises(KeyTaken):
        await store.put_file(key, other, "application/zip")
    with pytest.raises(ValueError, match="can't hold"):
        await store.put_file("exports/a1/e1/1.webp", path, "application/zip")

    answer = await shelf.fetch(store.url(key))
    assert answer.content == path.read_bytes()
    assert answer.headers["cache-control"] == "private, no-store"
