"""A book by the vendors' real SDKs, through the public API: who was called, in which order, and what it cost."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlmodel import col, select

from benchmarks.vendors.standins import Standins
from jobs.providers.catalog import Kind, every_model
from models.journal import CallOutcome, VendorCall
from schema.ids import row_id
from tests.harness import serving, settings_for, vendors_at, working

PAGES = 4
TODAY = datetime.now(UTC).date()
NARRATORS = {
    each.vendor: each.id for each in reversed(every_model()) if each.kind is Kind.NARRATOR and not each.retired(TODAY)
}.values()
"""Each vendor's first one that is still there: a narrator that retires takes its test along."""
STORY = """query($id: ID!) { story(id: $id) { status title cover { url contentType }
    pages { text image { width height } audio { durationMs words { word } } } } }"""


@pytest.mark.parametrize("writer", ["gpt-6-luna", "claude-haiku-5-5"])
@pytest.mark.parametrize("narrator", NARRATORS)
async def test_a_book_is_made_by_vendors(
    database_url: str, redis_url: str, tmp_path: Path, standins: Standins, writer: str, narrator: str
) -> None:
    settings = settings_for(
        database_url,
        redis_url,
        tmp_path,
        writers=writer,
        narrators=narrator,
        **vendors_at(standins.url, standins.url, standins.url),
    )
    async with serving(settings) as (api, house), working(settings):
        parent = await api.as_somebody()
        book = await parent.make_story(PAGES)
        story = (await parent.ask(STORY, id=book["id"]))["story"]
        async with house.database.session() as session:
            row = row_id(book["id"], "Story")
            found = await session.execute(select(VendorCall).where(col(VendorCall.story_id) == row))
            calls = list(found.scalars())
        cover = await parent.http.get(story["cover"]["url"])

    assert story["status"] == "READY"
    assert (cover.status_code, cover.headers["content-type"]) == (httpx.codes.OK, "image/webp")
    for page in story["pages"]:
        assert page["text"].startswith("This is page")
        assert page["image"] == {"width": 1024, "height": 1024}
        assert page["audio"]["words"][0]["word"] == "This"
    assert {call.outcome for call in calls} == {CallOutcome.OK}
    steps = {call.step_key: call for call in calls}
    assert (steps["plan"].model, steps["text:1"].model) == (writer, writer)
    assert steps["audio:1"].model == narrator
    assert steps["image:1"].model == "gpt-image-2.6-flare"
    assert all(call.cost_micros > 0 for call in calls)
    paths = [path for path, _ in standins.received]
    assert paths.count("/v1/images/edits") == PAGES, "every page is painted from the portrait"
    assert paths.count("/v1/images/generations") == 1
