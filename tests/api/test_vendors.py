"""`storycanvas vendors`, and the commands that refuse to start with vendors that can't be had."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from benchmarks.vendors.standins import Standins, standing_in
from tests.commands import one_line, storycanvas
from tests.storage import Storage

MIDJOURNEY = (
    "storycanvas: midjourney can't be used: Midjourney has no official public API, and its terms forbid automation\n"
)


def rows(output: str) -> list[list[str]]:
    return [line.split("\t") for line in output.splitlines() if "\t" in line]


async def test_without_keys_everything_is_offline_and_it_says_why() -> None:
    code, output = await storycanvas("vendors")
    assert code == 0
    used = {(kind, vendor): why for kind, vendor, _, why in rows(output)}
    assert used[("writer", "offline")] == "default: no key for a writer is set"
    assert used[("media", "folder")] == "S3_BUCKET is not set"
    assert "Midjourney has no official public API" in used[("painter", "midjourney")]
    assert ["painter", "openai", "dall-e-3", "retired on 2026-05-12"] in rows(output)


async def test_with_keys_it_shows_models_and_reasons_but_no_key() -> None:
    code, output = await storycanvas(
        "vendors",
        OPENAI_API_KEY="sk-hush",
        ELEVENLABS_API_KEY="hush-eleven",
        STORYCANVAS_WRITERS="gpt-6-luna, offline",
        S3_BUCKET="books",
        CDN_BASE_URL="https://media.books.test",
        CDN_SECRET="hush" * 8,
    )
    assert code == 0
    table = rows(output)
    assert [row[:3] for row in table if row[0] == "writer"][:2] == [
        ["writer", "openai", "gpt-6-luna"],
        ["writer", "offline", "-"],
    ]
    assert ["narrator", "elevenlabs", "eleven_flash_v2_5"] in [row[:3] for row in table]
    assert ["cdn", "cloudflare", "https://media.books.test", "CDN_BASE_URL is set"] in table
    assert next(row for row in table if row[0] == "moderator")[1] == "openai"
    assert "hush" not in output


@pytest.mark.parametrize(
    "arguments", [["vendors"], ["vendors", "--check"], ["up", "--port", "0"], ["serve"], ["worker"]]
)
async def test_a_vendor_that_cannot_be_had_is_one_line_and_nothing_starts(arguments: list[str], tmp_path: Path) -> None:
    code, output = await storycanvas(
        *arguments,
        STORYCANVAS_PAINTERS="midjourney",
        STORYCANVAS_DATA=str(tmp_path / "data"),
        DATABASE_URL="postgresql://127.0.0.1:9/x",
        REDIS_URL="redis://127.0.0.1:9/0",
    )
    assert (code, output) == (1, MIDJOURNEY)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"STORYCANVAS_PAINTERS": "dall-e-3"}, "dall-e-3 retired on 2026-05-12: name another painter"),
        ({"STORYCANVAS_WRITERS": "gpt-6-luna"}, "gpt-6-luna needs OPENAI_API_KEY, which is not set"),
        ({"STORYCANVAS_WRITERS": "gpt-nobody"}, "there is no writer 'gpt-nobody' in the catalog"),
        ({"S3_BUCKET": "books"}, "S3_BUCKET needs AWS_ACCESS_KEY_ID"),
    ],
)
async def test_what_is_wrong_with_a_setting_is_one_line(settings: dict[str, str], words: str) -> None:
    code, output = await storycanvas("vendors", **settings)
    assert code == 1
    assert one_line(output).startswith(f"storycanvas: {words}")


async def test_nothing_to_check_is_said() -> None:
    code, output = await storycanvas("vendors", "--check")
    assert code == 0
    assert output.endswith("Nothing to call: the offline vendors and a local folder need no check.\n")


async def test_a_check_puts_something_into_the_bucket_and_fetches_it_as_a_reader_would(storage: Storage) -> None:
    given = {
        "S3_BUCKET": storage.bucket,
        "S3_ENDPOINT_URL": storage.endpoint,
        "AWS_ACCESS_KEY_ID": storage.access_key,
        "AWS_SECRET_ACCESS_KEY": storage.secret_key,
    }
    code, output = await storycanvas("vendors", "--check", **given)
    assert code == 0, output
    assert "ok     media s3 -" in output
    assert "Contents" not in storage.client().list_objects_v2(Bucket=storage.bucket)
    code, output = await storycanvas("vendors", "--check", **{**given, "AWS_SECRET_ACCESS_KEY": "hush"})
    assert code == 1
    assert "WRONG  media s3 -" in output
    assert "SignatureDoesNotMatch: look at the key" in output
    assert output.endswith("storycanvas: 1 of 1 vendor can't be used as it is set up\n")
    assert "hush" not in output


@asynccontextmanager
async def vendors_at_hand() -> AsyncGenerator[tuple[Standins, dict[str, str]]]:
    """Stand-ins of all vendors, and the settings that lead to them."""
    async with standing_in() as standins:
        yield (
            standins,
            {
                "OPENAI_API_KEY": "hush-openai",
                "OPENAI_BASE_URL": f"{standins.url}/v1",
                "ANTHROPIC_API_KEY": "hush-anthropic",
                "ANTHROPIC_BASE_URL": standins.url,
                "ELEVENLABS_API_KEY": "hush-elevenlabs",
                "ELEVENLABS_BASE_URL": standins.url,
                "STORYCANVAS_NARRATORS": "eleven_flash_v2_5",  # OpenAI's retires one day, and this test does not
            },
        )


async def test_a_check_calls_each_vendor_once_and_says_what_it_costs_before_and_after() -> None:
    async with vendors_at_hand() as (standins, given):
        code, output = await storycanvas("vendors", "--check", **given)
        paths = [path for path, _ in standins.received]
    assert code == 0, output
    lines = output[output.index("A check costs about $0.0") :].splitlines()
    assert [line.split(",")[0] for line in sorted(lines[1:-1])] == [
        "ok     moderator openai omni-moderation-latest",
        "ok     narrator elevenlabs eleven_flash_v2_5",
        "ok     painter openai gpt-image-2.6-flare",
        "ok     picture judge openai gpt-6-luna",
        "ok     writer anthropic claude-sonnet-5-5",
        "ok     writer openai gpt-6-luna",
    ]
    assert lines[-1].startswith("This cost $0.0")
    assert paths.count("/v1/images/generations") == 1
    assert "hush" not in output


async def test_a_vendor_that_refuses_its_key_is_told_with_what_to_do() -> None:
    async def refuse(request: Request) -> Response:
        return JSONResponse({"error": {"code": "invalid_api_key", "message": "Wrong key: hush-openai"}}, 401)

    async with vendors_at_hand() as (standins, given):
        standins.faults["/v1/images/generations"] = [refuse]
        code, output = await storycanvas("vendors", "--check", **given)
    assert code == 1
    wrong = [line for line in output.splitlines() if line.startswith("WRONG")]
    assert len(wrong) == 1
    assert wrong[0].startswith("WRONG  painter openai gpt-image-2.6-flare, ")
    assert wrong[0].endswith("401 invalid_api_key: look at the key, and at the vendor's billing and quota")
    assert output.endswith("storycanvas: 1 of 6 vendors can't be used as it is set up\n")
    assert "hush" not in output
