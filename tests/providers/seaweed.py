"""A real S3 server for tests: SeaweedFS, which refuses bad signatures. It ends with the fixture, by its process id."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, cast

import boto3
import httpx

from api.lifeline import tied
from api.preflight import free_port
from jobs.providers.s3_media import Bucket

HOST = "127.0.0.1"
REGION = "us-east-1"
STARTS_WITHIN_S = 60.0


@asynccontextmanager
async def seaweed(folder: Path) -> AsyncGenerator[Bucket]:
    """An empty bucket of a server that keeps its data in `folder`."""
    identity = {
        "name": "books",
        "credentials": [{"accessKey": "books", "secretKey": "a secret of the bucket"}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    s3 = free_port(HOST, 0)
    ports = [free_port(HOST, 0) for _ in range(6)]
    command = [
        str(Path(sys.executable).with_name("weed")),
        "server",
        f"-dir={folder}",
        f"-ip={HOST}",
        f"-ip.bind={HOST}",
        "-filer",
        "-s3",
        f"-s3.port={s3}",
        f"-s3.config={config}",
        f"-master.port={ports[0]}",
        f"-master.port.grpc={ports[1]}",
        f"-volume.port={ports[2]}",
        f"-volume.port.grpc={ports[3]}",
        f"-filer.port={ports[4]}",
        f"-filer.port.grpc={ports[5]}",
        f"-s3.port.grpc={free_port(HOST, 0)}",
        "-master.volumeSizeLimitMB=64",
        "-master.telemetry=false",
        "-volume.max=8",
    ]
    with (folder / "weed.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*tied(command, signal.SIGKILL), stdout=log, stderr=log)
    bucket = Bucket("books", REGION, f"http://{HOST}:{s3}", "books", "a secret of the bucket")
    try:
        await _answers(bucket, process)
        yield bucket
    finally:
        process.kill()
        await process.wait()


class _Client(Protocol):
    """boto3 makes its clients' methods at run time."""

    def create_bucket(self, *, Bucket: str) -> object: ...  # noqa: N803  # the API's own names
    def close(self) -> None: ...


async def _answers(bucket: Bucket, process: asyncio.subprocess.Process) -> None:
    """Waits until the server takes a bucket."""
    session = boto3.Session(bucket.access_key, bucket.secret_key, region_name=bucket.region)
    client = cast(_Client, session.client("s3", endpoint_url=bucket.endpoint))  # pyright: ignore[reportUnknownMemberType]  # see _Client
    async with asyncio.timeout(STARTS_WITHIN_S), httpx.AsyncClient() as http:
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"weed ended with {process.returncode}")
            try:
                await http.get(bucket.endpoint or "")
                await asyncio.to_thread(client.create_bucket, Bucket=bucket.name)
                break
            except Exception:  # not there yet, in one of many ways
                await asyncio.sleep(0.1)
    client.close()
