"""What is S3's own about its media store: its faults as the ports' errors, long deletions, and who signs URLs."""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.auth
import pytest
import pytest_asyncio
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from jobs.ports import NotUsable, VendorBusy, VendorClosed, VendorError, VendorStalled
from jobs.providers import open_ports, s3_media
from jobs.providers.choice import choose_media
from jobs.providers.media_keys import WINDOW_S
from jobs.providers.media_urls import LIFETIME_S, CloudflareUrls, PresignedUrls
from jobs.providers.s3_media import S3MediaStore, bucket_url, open_client
from models.settings import Settings
from tests.storage import Storage

KEY = "stories/s1/1/image-1.webp"
ISSUED = 1_800_000_000 // WINDOW_S * WINDOW_S
KEYS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
CDN = {"cdn_base_url": "https://media.books.test", "cdn_secret": "s" * 32}


def store_of(client: Any, bucket: str) -> S3MediaStore:
    return S3MediaStore(client, bucket, PresignedUrls("http://s3.test", "key", "secret", "us-east-1"), lambda: ISSUED)


class AtOurWord:
    """A server that speaks as it is told: answers in order, the last one for ever; "" is silence."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.requests: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                length = next((int(line[15:]) for line in head.lower().split("\r\n") if "content-length" in line), 0)
                if "100-continue" in head.lower():
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await reader.readexactly(length)
                self.requests.append(head)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if answer == "":
                    await reader.read()
                    return
                status, code = answer.split()
                body = f"<Error><Code>{code}</Code></Error>" if status[0] in "45" else ""
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[tuple[AtOurWord, str]]:
    says = AtOurWord()
    listening = await asyncio.start_server(says, "127.0.0.1", 0)
    async with listening:
        yield says, f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(s3_media.CONFIG, "retries", {"mode": "standard", "total_max_attempts": 1})
    monkeypatch.setitem(s3_media.CONFIG, "read_timeout", 0.2)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("403 SignatureDoesNotMatch", VendorClosed),
        ("403 InvalidAccessKeyId", VendorClosed),
        ("404 NoSuchBucket", VendorClosed),
        ("503 SlowDown", VendorBusy),
        ("500 InternalError", VendorBusy),
        ("429 TooManyRequests", VendorBusy),
        ("409 ConditionalRequestConflict", VendorBusy),
        ("", VendorStalled),
    ],
)
async def test_a_fault_is_told_as_a_port_tells_it(
    server: tuple[AtOurWord, str], answer: str, error: type[VendorError]
) -> None:
    says, address = server
    says.answers = [answer]
    client = open_client(address, "us-east-1", "key", "secret")
    with pytest.raises(error) as refusal:
        await store_of(client, "books").put(KEY, b"picture", "image/webp")
    assert KEY not in str(refusal.value)
    client.close()


@pytest.mark.usefixtures("hasty")
async def test_nobody_there_is_busy() -> None:
    client = open_client("http://127.0.0.1:9", "us-east-1", "key", "secret")
    with pytest.raises(VendorBusy):
        await store_of(client, "books").get(KEY)
    client.close()


async def test_a_fault_that_passes_costs_no_second_picture(server: tuple[AtOurWord, str]) -> None:
    says, address = server
    says.answers = ["503 SlowDown", "409 ConditionalRequestConflict", "200 OK"]
    client = open_client(address, "us-east-1", "key", "secret")
    await store_of(client, "books").put(KEY, b"picture", "image/webp")
    assert len(says.requests) == 3
    assert all("if-none-match: *" in request.lower() for request in says.requests)
    client.close()


async def test_a_real_server_refuses_keys_that_are_not_its_own(storage: Storage) -> None:
    client = storage.client(secret_key="somebody else's")
    with pytest.raises(VendorClosed):
        await store_of(client, storage.bucket).put(KEY, b"picture", "image/webp")
    client.close()


async def test_a_deletion_goes_on_behind_the_first_page(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_media, "PAGE", 2)
    client = storage.client()
    store = store_of(client, storage.bucket)
    for number in range(5):
        await store.put(f"stories/s1/{number}.webp", b"", "image/webp")
    await store.put("stories/s2/1.webp", b"", "image/webp")
    await store.delete("stories/s1")
    assert [each["Key"] for each in client.list_objects_v2(Bucket=storage.bucket)["Contents"]] == ["stories/s2/1.webp"]
    client.close()


def test_the_sdk_presigns_the_same_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: datetime.fromtimestamp(ISSUED, UTC))
    request = AWSRequest("GET", f"https://books.s3.eu-west-1.amazonaws.com/{KEY}")
    signer: Any = S3SigV4QueryAuth(Credentials("key", "a/secret+"), "s3", "eu-west-1", LIFETIME_S)
    signer.add_auth(request)
    ours = PresignedUrls("https://books.s3.eu-west-1.amazonaws.com", "key", "a/secret+", "eu-west-1")
    assert ours.url(KEY, ISSUED) == vars(request)["url"]


@pytest.mark.parametrize(
    ("endpoint", "begin"),
    [
        (None, "https://books.s3.eu-west-1.amazonaws.com/"),
        ("https://account.r2.cloudflarestorage.com", "https://account.r2.cloudflarestorage.com/books/"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/books/"),
    ],
)
def test_urls_lead_to_the_buckets_own_region(endpoint: str | None, begin: str) -> None:
    client = open_client(endpoint, "eu-west-1", "key", "secret")
    assert bucket_url(client, "books") == begin
    client.close()


def test_cloudflares_token_is_the_documented_one() -> None:
    # The example of "Validating HMAC tokens with Cloudflare", which was made by its author's PHP.
    url = CloudflareUrls("https://www.justalittlebyte.ovh", "cloudflare").url("tokenauth/kayak.mp4", 1657026353)
    assert url == (
        "https://www.justalittlebyte.ovh/tokenauth/kayak.mp4?verify=1657026353-ZXJWAyFwAgJSY%2B5j3CkJE80TatA33E3MEH4D%2FkSnh7M%3D"
    )


def test_behind_a_folder_of_the_cdn_the_whole_path_is_signed() -> None:
    url = urlsplit(CloudflareUrls("https://cdn.test/books/", "secret").url(KEY, ISSUED))
    issued, _, mac = parse_qs(url.query)["verify"][0].partition("-")
    assert (url.path, issued) == (f"/books/{KEY}", str(ISSUED))
    assert b64decode(unquote(mac)) == hmac.digest(b"secret", f"/books/{KEY}{ISSUED}".encode(), "sha256")


async def test_with_a_bucket_media_go_there(storage: Storage, tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {
            "data": tmp_path,
            "s3_bucket": storage.bucket,
            "s3_endpoint_url": storage.endpoint,
            "aws_access_key_id": storage.access_key,
            "aws_secret_access_key": storage.secret_key,
        }
    )
    async with open_ports(settings, media_secret=b"s" * 32) as ports:
        assert isinstance(ports.media, S3MediaStore)
        await ports.media.put(KEY, b"picture", "image/webp")
        assert ports.media.url(KEY).startswith(f"{storage.endpoint}/{storage.bucket}/{KEY}?X-Amz-")
    async with open_ports(Settings.model_validate({**settings.model_dump(), **CDN}), media_secret=b"s" * 32) as ports:
        assert await ports.media.get(KEY) == b"picture"
        assert ports.media.url(KEY).startswith(f"https://media.books.test/{KEY}?verify=")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"s3_bucket": "books"}, "S3_BUCKET needs AWS_ACCESS_KEY_ID"),
        ({"s3_bucket": "books", "aws_access_key_id": "key"}, "go together"),
        ({"s3_bucket": "books", **KEYS, "cdn_base_url": "https://media.books.test"}, "CDN_BASE_URL needs CDN_SECRET"),
        (CDN, "CDN_BASE_URL needs S3_BUCKET"),
    ],
)
def test_a_store_whose_urls_nobody_guards_is_refused(given: dict[str, str], missing: str) -> None:
    with pytest.raises(NotUsable, match=missing):
        choose_media(Settings.model_validate(given))


def test_a_role_of_the_machines_needs_no_keys_behind_a_cdn() -> None:
    assert choose_media(Settings.model_validate({"s3_bucket": "books", **CDN})).bucket == "books"
