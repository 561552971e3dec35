"""What every media store promises, on a real folder and on a real S3 server; and what only S3 and a CDN do."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from jobs.ports import MediaStore, VendorBusy, VendorClosed
from jobs.providers.media_keys import WINDOW_S, KeyTaken
from jobs.providers.offline_media import LocalMediaStore
from jobs.providers.s3_media import Bucket, Cdn, S3MediaStore
from tests.providers.seaweed import seaweed

FOLDER = "stories/s1"
PICTURE = f"{FOLDER}/1/image-1.webp"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bucket(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Bucket]:
    async with seaweed(tmp_path_factory.mktemp("seaweed")) as bucket:
        yield bucket


@pytest.fixture
def s3(bucket: Bucket) -> Iterator[S3MediaStore]:
    store = S3MediaStore(bucket, None, time.time)
    yield store
    asyncio.run(store.delete("stories"))
    store.close()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, s3: S3MediaStore, tmp_path: Path) -> MediaStore:
    return s3 if request.param == "s3" else LocalMediaStore(tmp_path, "http://books.test", b"s" * 32, time.time)


async def test_what_was_put_is_got_and_a_key_names_its_bytes_for_ever(store: MediaStore) -> None:
    await store.put(PICTURE, b"picture", "image/webp")
    await store.put(PICTURE, b"picture", "image/webp")
    with pytest.raises(KeyTaken):
        await store.put(PICTURE, b"another", "image/webp")
    assert await store.get(PICTURE) == b"picture"


async def test_of_two_at_once_exactly_one_is_kept(store: MediaStore) -> None:
    versions = [bytes([number]) * 50_000 for number in range(4)]
    puts = [store.put(PICTURE, version, "image/webp") for version in versions]
    outcomes = await asyncio.gather(*puts, return_exceptions=True)
    kept = [version for version, outcome in zip(versions, outcomes, strict=True) if outcome is None]
    assert kept == [await store.get(PICTURE)]


async def test_a_folder_is_deleted_and_its_neighbour_stays(store: MediaStore) -> None:
    neighbour = "stories/s10/1/image-1.webp"
    for key in (PICTURE, f"{FOLDER}/2/image-1.webp", neighbour):
        await store.put(key, b"picture", "image/webp")
    await store.delete(FOLDER)
    await store.delete(FOLDER)
    assert await store.get(neighbour) == b"picture"
    with pytest.raises(KeyError):
        await store.get(PICTURE)
    await store.put(PICTURE, b"another", "image/webp")
    await store.delete(PICTURE)
    with pytest.raises(KeyError):
        await store.get(PICTURE)


@pytest.mark.parametrize("key", ["", "../x.webp", "a//b.webp", "a b.webp", "x.webp\n"])
async def test_what_is_no_key_is_refused(store: MediaStore, key: str) -> None:
    for attempt in (store.put(key, b"", "image/webp"), store.get(key), store.delete(key or "/")):
        with pytest.raises(ValueError, match="not a media key"):
            await attempt


async def test_whoever_has_a_url_gets_the_bytes_and_may_keep_them(s3: S3MediaStore) -> None:
    await s3.put(PICTURE, b"picture", "image/webp")
    async with httpx.AsyncClient() as http:
        answer = await http.get(s3.url(PICTURE))
    assert (answer.status_code, answer.content) == (200, b"picture")
    assert answer.headers["content-type"] == "image/webp"
    assert "immutable" in answer.headers["cache-control"]


async def test_without_a_right_signature_nobody_gets_anything(s3: S3MediaStore, bucket: Bucket) -> None:
    await s3.put(PICTURE, b"picture", "image/webp")
    url = s3.url(PICTURE)
    stranger = S3MediaStore(replace(bucket, secret_key="guessed"), None, time.time)
    expired = S3MediaStore(bucket, None, lambda: time.time() - 3 * WINDOW_S)
    forged = (
        url.partition("?")[0],
        url[:-4] + ("0000" if not url.endswith("0000") else "1111"),
        url.replace("image-1", "image-2"),
        stranger.url(PICTURE),
        expired.url(PICTURE),
    )
    async with httpx.AsyncClient() as http:
        assert [(await http.get(each)).status_code for each in forged] == [403] * 5


def test_a_url_stays_the_same_within_six_hours_and_holds_six_more() -> None:
    now = 1_800_000_000 // WINDOW_S * WINDOW_S
    clock = [float(now)]
    store = S3MediaStore(Bucket("books", "eu-central-1", None, "key", "secret"), None, lambda: clock[0])
    url = store.url(PICTURE)
    assert url.startswith(f"https://books.s3.eu-central-1.amazonaws.com/{PICTURE}?")
    assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == [str(2 * WINDOW_S)]
    clock[0] = now + WINDOW_S - 0.001
    assert store.url(PICTURE) == url
    clock[0] = now + WINDOW_S
    assert store.url(PICTURE) != url


def test_a_cdn_is_given_what_it_checks() -> None:
    now = 1_800_000_000 // WINDOW_S * WINDOW_S
    bucket = Bucket("books", "us-east-1", None, "key", "secret")
    store = S3MediaStore(bucket, Cdn("https://media.example/", b"shared"), lambda: now + 5.0)
    url = urlsplit(store.url(PICTURE))
    assert (url.scheme, url.netloc, url.path) == ("https", "media.example", f"/{PICTURE}")
    start, _, mac = parse_qs(url.query)["verify"][0].partition("-")
    assert int(start) == now
    expected = hmac.digest(b"shared", f"/{PICTURE}{start}".encode(), hashlib.sha256)
    assert base64.b64decode(mac) == expected


async def test_a_bucket_that_is_away_or_closed_says_so(bucket: Bucket) -> None:
    away = S3MediaStore(replace(bucket, endpoint="http://127.0.0.1:9"), None, time.time)
    with pytest.raises(VendorBusy):
        await away.get(PICTURE)
    closed = S3MediaStore(replace(bucket, secret_key="wrong"), None, time.time)
    with pytest.raises(VendorClosed):
        await closed.get(PICTURE)
    for store in (away, closed):
        store.close()
