"""Media in a bucket of S3, or of what speaks S3, with a CDN in front where there is one.

One client serves all threads. URLs are signed as of the beginning of their six-hour window, so that they stay the same
within it. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast
from urllib.parse import quote, urlsplit

import boto3
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from jobs.ports import VendorBusy, VendorClosed, VendorError, VendorUnusable
from jobs.providers.media_keys import WINDOW_S, KeyTaken, check_content, checked, window_of

CACHE_CONTROL = "public, max-age=31536000, immutable"
"""Keys name their bytes for ever, and whoever has a signed URL may keep them."""
_CLOSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "AllAccessDisabled"}
_DELETED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where media lie. Without `access_key` the machine's own credentials are used."""

    name: str
    region: str
    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = None


@dataclass(frozen=True, slots=True)
class Cdn:
    """What stands in front. With `secret` its URLs are signed for it; without, it serves whoever knows a key."""

    base_url: str
    secret: bytes | None = None


class _Client(Protocol):
    """The part of boto3's client that is used here; boto3 makes its methods at run time."""

    def put_object(self, **given: object) -> dict[str, Any]: ...
    def get_object(self, **given: object) -> dict[str, Any]: ...
    def list_objects_v2(self, **given: object) -> dict[str, Any]: ...
    def delete_objects(self, **given: object) -> dict[str, Any]: ...
    def close(self) -> None: ...


class _Credentials(Protocol):
    def get_frozen_credentials(self) -> object: ...


class _Session(Protocol):
    def get_credentials(self) -> _Credentials | None: ...
    def client(self, service: str, *, endpoint_url: str | None, config: Config) -> _Client: ...


class S3MediaStore:
    """Implements MediaStore. `clock` gives Unix seconds."""

    def __init__(self, bucket: Bucket, cdn: Cdn | None, clock: Callable[[], float]) -> None:
        self._bucket = bucket
        self._cdn = cdn
        self._clock = clock
        session = cast(_Session, boto3.Session(bucket.access_key, bucket.secret_key, region_name=bucket.region))
        self._credentials = session.get_credentials()
        config = Config(
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=30,
            # A picture that can't be stored would be painted and paid again, so storing is tried more than once.
            retries={"mode": "standard", "total_max_attempts": 4},
            s3={"addressing_style": "path" if bucket.endpoint else "virtual"},
            max_pool_connections=32,
        )
        self._client = session.client("s3", endpoint_url=bucket.endpoint, config=config)

    def close(self) -> None:
        self._client.close()

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Stores `data` whole or not at all. Again with the same bytes is no error; with others it is KeyTaken.

        Raises ValueError for a key that is none, or whose extension says another content type.
        """
        check_content(checked(key), content_type)
        if not await asyncio.to_thread(self._put_once, key, data, content_type) and await self.get(key) != data:
            raise KeyTaken(key)

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(self._get, checked(key))

    async def delete(self, prefix: str) -> None:
        """Removes what lies under `prefix` as a folder (a closing slash may be left out), or as the key itself."""
        await asyncio.to_thread(self._delete, checked(prefix.removesuffix("/")))

    def url(self, key: str) -> str:
        start = window_of(self._clock())
        if self._cdn is None:
            return self._presigned(checked(key), start)
        url = f"{self._cdn.base_url.rstrip('/')}/{checked(key)}"
        if self._cdn.secret is None:
            return url
        # https://developers.cloudflare.com/waf/custom-rules/use-cases/configure-token-authentication/
        digest = hmac.digest(self._cdn.secret, f"{urlsplit(url).path}{start}".encode(), hashlib.sha256)
        return f"{url}?verify={start}-{quote(base64.b64encode(digest), safe='')}"

    def _address(self, key: str) -> str:
        bucket = self._bucket
        if bucket.endpoint:
            return f"{bucket.endpoint.rstrip('/')}/{bucket.name}/{key}"
        return f"https://{bucket.name}.s3.{bucket.region}.amazonaws.com/{key}"

    def _presigned(self, key: str, start: int) -> str:
        if self._credentials is None:
            raise VendorClosed("there are no credentials for the bucket")
        request = AWSRequest("GET", self._address(key))
        auth = _WindowAuth(self._credentials.get_frozen_credentials(), self._bucket.region, start)
        auth.add_auth(request)  # pyright: ignore[reportUnknownMemberType]  # botocore has no types
        return cast(str, request.url)  # pyright: ignore[reportUnknownMemberType]

    def _put_once(self, key: str, data: bytes, content_type: str) -> bool:
        """False where there was something under the key."""
        given = {"Bucket": self._bucket.name, "Key": key, "Body": data, "ContentType": content_type}
        try:
            with _told_as_ours():
                self._client.put_object(**given, CacheControl=CACHE_CONTROL, IfNoneMatch="*")
        except KeyTaken:
            return False
        return True

    def _get(self, key: str) -> bytes:
        with _told_as_ours():
            return cast(bytes, self._client.get_object(Bucket=self._bucket.name, Key=key)["Body"].read())

    def _delete(self, prefix: str) -> None:
        with _told_as_ours():
            self._delete_keys([prefix])
            while True:
                found = self._client.list_objects_v2(
                    Bucket=self._bucket.name, Prefix=f"{prefix}/", MaxKeys=_DELETED_AT_ONCE
                )
                keys = [str(entry["Key"]) for entry in found.get("Contents", ())]
                if not keys:
                    return
                self._delete_keys(keys)

    def _delete_keys(self, keys: list[str]) -> None:
        objects = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        answer = self._client.delete_objects(Bucket=self._bucket.name, Delete=objects)
        if errors := answer.get("Errors"):
            raise VendorBusy(f"the bucket did not delete {len(errors)} of {len(keys)}")


class _WindowAuth(S3SigV4QueryAuth):
    """Signs as of the beginning of a window instead of now; the URL holds for two windows."""

    def __init__(self, credentials: object, region: str, start: int) -> None:
        super().__init__(credentials, "s3", region, expires=2 * WINDOW_S)  # pyright: ignore[reportUnknownMemberType]  # botocore has no types
        self._signed_at = datetime.fromtimestamp(start, UTC).strftime("%Y%m%dT%H%M%SZ")

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self._signed_at  # pyright: ignore[reportUnknownMemberType]  # botocore has no types
        super()._modify_request_before_signing(request)  # pyright: ignore[reportUnknownMemberType]  # botocore has no types


@contextmanager
def _told_as_ours() -> Generator[None]:
    """Raises KeyError, KeyTaken and VendorError in place of what botocore throws."""
    try:
        yield
    except ClientError as error:
        raise _of(error) from error
    except BotoCoreError as error:
        raise VendorBusy(f"the bucket can't be reached: {type(error).__name__}") from error


def _of(error: ClientError) -> VendorError | KeyError:
    answer = cast("dict[str, dict[str, Any]]", error.response)
    code, status = str(answer["Error"].get("Code")), int(answer["ResponseMetadata"]["HTTPStatusCode"])
    if code in ("PreconditionFailed", "412"):
        return KeyTaken("")
    if code in ("NoSuchKey", "404"):
        return KeyError(code)
    if code in _CLOSED or status in (401, 403):
        return VendorClosed(f"the bucket answers {status} {code}")
    if status in (409, 429) or status >= 500:
        return VendorBusy(f"the bucket answers {status} {code}")
    return VendorUnusable(f"the bucket answers {status} {code}")
