"""Deleting a story takes its pictures from the disk.

In a module of its own: the shared stage's worker listens to the same Valkey, and would answer the ask in vain.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from jobs.worker import Workbench
from schema.ids import row_id
from tests.harness import Api

STORY = "query($id: ID!) { story(id: $id) { id } }"


async def test_the_media_of_a_deleted_story_leave_the_disk(running_app: Api, worker: Workbench, tmp_path: Path) -> None:
    parent = await running_app.as_somebody()
    kept, gone = [await parent.make_story(narrated=False) for _ in range(2)]
    assert (kept["status"], gone["status"]) == ("READY", "READY")
    urls = [await picture_url(parent, book["id"]) for book in (kept, gone)]
    assert [await status(running_app.http, url) for url in urls] == [200, 200]
    folder = tmp_path / "media" / "stories" / str(row_id(gone["id"], "Story"))
    assert any(folder.rglob("*.webp"))

    await parent.delete_story(gone["id"])

    async with asyncio.timeout(20):
        # A preview that a thread was still writing when the book was whole may come late; the second removal takes it.
        while any(folder.rglob("image-*.webp")):
            assert (await parent.ask(STORY, id=gone["id"]))["story"] is None  # a query each time, which is wait enough
    assert [await status(running_app.http, url) for url in urls] == [200, 404]


async def picture_url(parent: Api, story_id: str) -> str:
    query = "query($id: ID!) { story(id: $id) { pages { image { url } } } }"
    (page,) = (await parent.ask(query, id=story_id))["story"]["pages"]
    return page["image"]["url"]


async def status(http: httpx.AsyncClient, url: str) -> int:
    return (await http.get(url)).status_code
