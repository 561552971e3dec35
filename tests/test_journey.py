"""A parent's journey over real HTTP and a real WebSocket: a premise, a cast, a book."""

from __future__ import annotations

import asyncio
import io
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any, cast

import av
import httpx
import numpy as np
from PIL import Image

from jobs.worker import Workbench
from models.settings import Settings
from tests.harness import Api, working

EVENTS = """events { __typename sequence at
    ... on StorySnapshot { story { id status pages { number text } } }
    ... on StoryPlanned { title pageCount }
    ... on PagePartStarted { pageNumber part }
    ... on PageTextAppended { pageNumber offset delta }
    ... on PageTextReady { page { number text textStatus } }
    ... on PageImagePreviewed { pageNumber image { key url width } }
    ... on PageImageReady { page { number image { key } } }
    ... on PageAudioReady { page { number audio { durationMs } } }
    ... on PagePartFailed { pageNumber part message }
    ... on StoryEnded { story { status problem progress { done total } } } }"""

BOOK = """query($id: ID!) { story(id: $id) { status title problem cover { key } characters { name }
    pages { number text textStatus imageStatus audioStatus
        image { url width height contentType alt blurhash }
        audio { url durationMs contentType words { word startMs endMs start end } } } } }"""


async def test_a_parent_makes_a_book_and_watches_every_part_of_it_appear(
    running_app: Api, worker_settings: Settings
) -> None:
    parent = await running_app.as_somebody()
    character = await parent.ask(
        """mutation { createCharacter(input: {name: "Fennel", appearance: "a small orange fox with a green scarf"}) {
            ... on CreateCharacterPayload { character { id } } } }"""
    )
    answer = await parent.create_story(
        premise="A fox who is afraid of the dark looks for the moon",
        pageCount=3,
        characterIds=[character["createCharacter"]["character"]["id"]],
    )
    story = answer["story"]
    assert [page["number"] for page in story["pages"]] == [1, 2, 3]

    batches: list[dict[str, Any]] = []
    async with asyncio.timeout(60), AsyncExitStack() as stack:
        async for batch in parent.follow(story["id"], EVENTS):
            if not batches:  # nothing is made before the parent watches, so nothing is missed
                await stack.enter_async_context(working(worker_settings))
            batches.append(batch)
    events = [event for batch in batches for event in batch["events"]]

    check_the_batches_follow_each_other(batches)
    check_the_events_tell_the_whole_story(events)
    book = (await parent.ask(BOOK, id=story["id"]))["story"]
    assert book["status"] == "READY"
    assert book["problem"] is None
    assert [character["name"] for character in book["characters"]] == ["Fennel"]
    check_the_words_were_streamed(events, book)
    await check_the_pictures(running_app.http, book)
    await check_the_sound(running_app.http, book)


def check_the_batches_follow_each_other(batches: list[dict[str, Any]]) -> None:
    assert batches[0]["reset"]
    assert batches[0]["previousCursor"] is None
    for before, after in pairwise(batches):
        assert after["previousCursor"] == before["cursor"]
        assert not after["reset"]


def check_the_events_tell_the_whole_story(events: list[dict[str, Any]]) -> None:
    sequences = [event["sequence"] for event in events]
    assert sequences == sorted(set(sequences))
    names = [event["__typename"] for event in events]
    assert names[0] == "StorySnapshot"
    assert names[-1] == "StoryEnded"
    assert names.count("StoryPlanned") == 1
    assert events[-1]["story"]["progress"] == {"done": 9, "total": 9}
    for name in ("PageTextReady", "PageImageReady", "PageAudioReady"):
        assert sorted(event["page"]["number"] for event in events if event["__typename"] == name) == [1, 2, 3]
    for number in (1, 2, 3):
        ready = next(
            place
            for place, event in enumerate(events)
            if event["__typename"] == "PageImageReady" and event["page"]["number"] == number
        )
        previews = [
            place
            for place, event in enumerate(events)
            if event["__typename"] == "PageImagePreviewed" and event["pageNumber"] == number
        ]
        assert all(place < ready for place in previews)


def check_the_words_were_streamed(events: list[dict[str, Any]], book: dict[str, Any]) -> None:
    texts = {page["number"]: "" for page in book["pages"]}
    for event in events:
        if event["__typename"] == "PageTextAppended":
            assert event["offset"] == len(texts[event["pageNumber"]])
            texts[event["pageNumber"]] += event["delta"]
    assert texts == {page["number"]: page["text"] for page in book["pages"]}


async def check_the_pictures(http: httpx.AsyncClient, book: dict[str, Any]) -> None:
    seen: list[np.ndarray[Any, Any]] = []
    for page in book["pages"]:
        assert page["image"]["alt"]
        assert page["image"]["blurhash"]
        answer = await http.get(page["image"]["url"])
        assert answer.headers["content-type"] == page["image"]["contentType"] == "image/webp"
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert picture.size == (page["image"]["width"], page["image"]["height"]) == (1024, 1024)
            seen.append(np.asarray(picture.convert("RGB").resize((64, 64)), dtype=float))
        assert seen[-1].std() > 10, "a blank picture"
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(seen[one] - seen[other]).mean() > 5, "two pages look the same"


async def check_the_sound(http: httpx.AsyncClient, book: dict[str, Any]) -> None:
    for page in book["pages"]:
        words = page["audio"]["words"]
        assert words
        for word in words:
            assert page["text"][word["start"] : word["end"]] == word["word"]
        answer = await http.get(page["audio"]["url"], headers={"Range": "bytes=0-99"})
        assert answer.status_code == 206
        assert len(answer.content) == 100
        whole = await http.get(page["audio"]["url"])
        samples, rate = decoded(whole.content)
        assert samples.any(), "silence"
        length_ms = 1000 * len(samples) / rate
        assert abs(length_ms - words[-1]["endMs"]) <= 0.1 * length_ms
        assert abs(length_ms - page["audio"]["durationMs"]) <= 150


def decoded(mp3: bytes) -> tuple[np.ndarray[Any, Any], int]:
    """The recording's samples, and how many of them make a second."""
    with av.open(io.BytesIO(mp3), mode="r") as sound:
        stream = sound.streams.audio[0]
        frames = [cast("np.ndarray[Any, Any]", frame.to_ndarray()) for frame in sound.decode(stream)]
        return np.concatenate(frames, axis=-1)[0], stream.rate


async def test_a_late_follower_sees_the_whole_story(running_app: Api, worker: Workbench) -> None:
    parent = await running_app.as_somebody()
    story = (await parent.create_story(premise="A snail who wins a race", pageCount=1, narrated=False))["story"]
    first = await parent.until_ended(story["id"])

    late = await parent.until_ended(story["id"])

    assert [event["__typename"] for batch in late for event in batch["events"]] == ["StorySnapshot", "StoryEnded"]
    assert late[-1]["cursor"] == first[-1]["cursor"]


async def test_a_follower_who_comes_back_gets_exactly_what_it_lacks(running_app: Api, worker: Workbench) -> None:
    parent = await running_app.as_somebody()
    story = (await parent.create_story(premise="A whale who sings to the stars", pageCount=2, narrated=False))["story"]
    whole = await parent.until_ended(story["id"])
    middle = whole[len(whole) // 2 - 1]
    missed = [event["sequence"] for batch in whole[len(whole) // 2 :] for event in batch["events"]]

    selection = "events { __typename sequence }"
    again = [batch async for batch in parent.follow(story["id"], selection, after=middle["cursor"])]

    assert not again[0]["reset"]
    assert again[0]["previousCursor"] == middle["cursor"]
    told = [event["sequence"] for batch in again for event in batch["events"]]
    assert told[-1] == missed[-1]
    assert set(told) <= set(range(missed[0], missed[-1] + 1))
