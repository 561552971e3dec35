"""Media in a bucket of S3, or of anything that speaks its protocol (R2, MinIO, SeaweedFS)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ReadTimeoutError

from jobs.ports import VendorBusy, VendorClosed, VendorError, VendorStalled, VendorUnusable
from jobs.providers.media_keys import URLS_KEPT, KeyTaken, checked, checked_for, window_start

PAGE = 1000
"""Keys in one answer and in one deletion: S3's own limits."""
CONFLICTS = 3
PIECE = 1024 * 1024

CONFIG = {
    "signature_version": "s3v4",
    "connect_timeout": 5,
    "read_timeout": 20,
    # What is put has been paid for, so a fault that passes is sat out here; the driver's next try would pay again.
    "retries": {"mode": "standard", "total_max_attempts": 4},
    "max_pool_connections": 32,
    # Stores that only speak S3's protocol do not all know the newer checksums; over TLS nothing is lost with them.
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
}


class Urls(Protocol):
    cache_control: str

    def url(self, key: str, issued: int) -> str:
        """The signed URL of `key`, issued at that Unix second."""
        ...


def open_client(endpoint_url: str | None, region: str, access_key: str | None, secret_key: str | None) -> Any:
    """boto3's client of S3, which any number of threads may use. Without keys it looks for a role of the machine's."""
    # In AWS a bucket's host must name the region: presigned URLs do not survive a redirect.
    style = {"addressing_style": "path" if endpoint_url else "virtual"}
    return cast(Any, boto3).client(  # boto3 makes its clients from data, so they have no types
        "s3",
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(**CONFIG, s3=style),
    )


def bucket_url(client: Any, bucket: str) -> str:
    """Where the bucket's keys begin, as the client finds it from endpoint, region and the bucket's name."""
    url: str = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    return url.partition("?")[0].removesuffix("k")


class S3MediaStore:
    """Implements MediaStore. `clock` gives Unix seconds.

    Raises VendorBusy, VendorStalled or VendorClosed where the store is not there for us.
    """

    def __init__(self, client: Any, bucket: str, urls: Urls, clock: Callable[[], float]) -> None:
        self._client = client
        self._bucket = bucket
        self._urls = urls
        self._clock = clock
        self._signed = lru_cache(URLS_KEPT)(self._sign)

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Stores `data` whole or not at all. Again with the same bytes is no error; with others it is KeyTaken.

        Raises ValueError for a key that is none, or whose extension says another content type.
        """
        checked_for(key, content_type)
        await asyncio.to_thread(self._put, key, lambda: BytesIO(data), content_type)

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        checked_for(key, content_type)
        await asyncio.to_thread(self._put, key, lambda: path.open("rb"), content_type)

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(self._get, checked(key))

    async def delete(self, prefix: str) -> None:
        """Removes what lies under `prefix` as a folder (a closing slash may be left out), or as the key itself."""
        await asyncio.to_thread(self._delete, checked(prefix.removesuffix("/")))

    def url(self, key: str) -> str:
        return self._signed(key, window_start(self._clock()))

    def _sign(self, key: str, issued: int) -> str:
        return self._urls.url(checked(key), issued)

    def _put(self, key: str, source: Callable[[], BinaryIO], content_type: str) -> None:
        # An export is for one person, and no cache on the way is to keep it.
        kept = "private, no-store" if content_type == "application/zip" else self._urls.cache_control
        for _ in range(CONFLICTS):
            try:
                with _told_as_ours(), source() as data:
                    self._client.put_object(
                        Bucket=self._bucket,
                        Key=key,
                        Body=data,
                        ContentType=content_type,
                        CacheControl=kept,
                        IfNoneMatch="*",
                    )
            except _Taken:
                # Something lies there: ours, where an answer was lost on its way, or of a writer that was quicker.
                if not self._holds(key, source):
                    raise KeyTaken(key) from None
            except _Conflict:
                continue  # S3's word for two at the same moment, of whom it has decided nothing yet
            return
        raise VendorBusy("the media store is at odds about a key")

    def _holds(self, key: str, source: Callable[[], BinaryIO]) -> bool:
        """Whether the same bytes lie there; looked at piece by piece."""
        with _told_as_ours(), source() as ours:
            theirs = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            while piece := ours.read(PIECE):
                if theirs.read(len(piece)) != piece:
                    return False
            return not theirs.read(1)

    def _get(self, key: str) -> bytes:
        with _told_as_ours():
            try:
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if _code(error) == "NoSuchKey":
                    raise KeyError(key) from None
                raise

    def _delete(self, prefix: str) -> None:
        with _told_as_ours():
            for keys in self._below(f"{prefix}/"):
                answer = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
                )
                if answer.get("Errors"):
                    raise VendorBusy(f"the media store kept {len(answer['Errors'])} of {len(keys)} keys")
            self._client.delete_object(Bucket=self._bucket, Key=prefix)

    def _below(self, folder: str) -> Iterator[list[str]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=folder, PaginationConfig={"PageSize": PAGE}
        )
        for page in pages:
            keys = [found["Key"] for found in page.get("Contents", ())]
            if keys:
                yield keys


class _Taken(Exception):
    """412 to a write that asked for nothing to be there."""


class _Conflict(Exception):
    """409: another write of the same key was under way."""


@contextmanager
def _told_as_ours() -> Generator[None]:
    """Raises VendorError in place of what botocore throws inside. Messages hold codes and kinds, no keys."""
    try:
        yield
    except ClientError as error:
        raise _of_status(error) from error
    except ReadTimeoutError as error:
        raise VendorStalled("the media store did not answer in time") from error
    except NoCredentialsError as error:
        raise VendorClosed("the media store has no credentials") from error
    except BotoCoreError as error:
        raise VendorBusy(f"the connection to the media store broke: {type(error).__name__}") from error


def _of_status(error: ClientError) -> VendorError | _Taken | _Conflict:
    answer = cast("Mapping[str, Any]", error.response)
    status, code = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0), _code(error)
    said = f"the media store answers {status} {code}"
    if status == 412:
        return _Taken()
    if status == 409:
        return _Conflict()
    if status in (401, 403) or code == "NoSuchBucket":
        return VendorClosed(said)
    if status in (408, 429) or status >= 500:
        return VendorBusy(said)
    return VendorUnusable(said)


def _code(error: ClientError) -> str:
    return str(cast("Mapping[str, Any]", error.response).get("Error", {}).get("Code", ""))
