"""A real S3 for tests: SeaweedFS, which refuses wrong signatures. One a pytest process, begun with its first use."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from api.lifeline import tied
from jobs.providers.s3_media import open_client
from tests.ports import free_ports

REGION = "us-east-1"
BUCKET = "books"
READY_WITHIN_S = 60


@dataclass(frozen=True)
class Storage:
    """A bucket with nothing in it, and the one pair of keys that may use it."""

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str = BUCKET
    region: str = REGION

    def client(self, secret_key: str | None = None) -> Any:  # boto3's clients have no types
        return open_client(self.endpoint, self.region, self.access_key, secret_key or self.secret_key)

    def empty(self) -> None:
        client = self.client()
        while found := client.list_objects_v2(Bucket=self.bucket).get("Contents"):
            client.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": each["Key"]} for each in found]})
        client.close()


@pytest.fixture(scope="session")
def object_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """The server, for the whole run; `storage` empties it for a test."""
    folder = tmp_path_factory.mktemp("seaweed")
    storage = Storage("http://127.0.0.1", "a-key", "a secret of the tests")
    (folder / "s3.json").write_text(json.dumps({"identities": [_identity(storage)]}))
    master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3, s3_grpc = free_ports(8)
    storage = Storage(f"http://127.0.0.1:{s3}", storage.access_key, storage.secret_key)
    command = [
        str(Path(sys.executable).with_name("weed")),
        *("server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", "-filer", "-s3"),
        *(f"-master.port={master}", f"-master.port.grpc={master_grpc}", "-master.volumeSizeLimitMB=64"),
        *(f"-volume.port={volume}", f"-volume.port.grpc={volume_grpc}", "-volume.minFreeSpacePercent=0"),
        *(f"-filer.port={filer}", f"-filer.port.grpc={filer_grpc}", f"-s3.config={folder / 's3.json'}"),
        *(f"-s3.port={s3}", f"-s3.port.grpc={s3_grpc}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            tied(command, signal.SIGKILL), stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
    try:
        _wait_until_it_takes_a_bucket(storage, server)
        yield storage
    finally:
        server.kill()  # asked kindly, it takes half a minute to say goodbye to itself
        server.wait()


def _identity(storage: Storage) -> dict[str, object]:
    keys = {"accessKey": storage.access_key, "secretKey": storage.secret_key}
    return {"name": "storycanvas", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List"]}


def _wait_until_it_takes_a_bucket(storage: Storage, server: subprocess.Popen[bytes]) -> None:
    client = storage.client()
    give_up_at = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            client.create_bucket(Bucket=storage.bucket)
            client.put_object(Bucket=storage.bucket, Key="first", Body=b"")
        except (BotoCoreError, ClientError):
            assert server.poll() is None, "SeaweedFS has ended"
            assert time.monotonic() < give_up_at, "SeaweedFS does not get ready"
        else:
            client.close()
            return


@pytest.fixture
def storage(object_storage: Storage) -> Storage:
    object_storage.empty()
    return object_storage
