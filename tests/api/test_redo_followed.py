"""Following a page whose words are written anew: whoever comes, and whenever, can put the pieces together."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from tests.harness import Api, Stage, shared_stage, stage

__all__ = ["shared_stage", "stage"]

OLD = "Page 1 is here. It ends."
NEW = "Page 1 is here anew. It ends."
FIRST_SENTENCE = "Page 1 is here anew."
EVENTS = """events { __typename
    ... on StorySnapshot { story { status pages { number text textStatus } } }
    ... on PagePartStarted { pageNumber part } ... on PagePartRestarted { pageNumber part }
    ... on PageTextAppended { pageNumber offset delta } ... on PageTextReady { page { number text } }
    ... on StoryEnded { story { status pages { number text textStatus } } } }"""


@dataclass
class Follower:
    """Holds page 1's words by the rules of the contract alone."""

    parent: Api
    story: str
    text: str = ""
    cursor: str | None = None
    heard: list[str] = field(default_factory=list[str])
    ended: str | None = None

    async def follow(self, until: str | None = None) -> None:
        """Follows on from where it stands, until the story ends or the words held begin with `until`."""
        async with (
            asyncio.timeout(30),
            aclosing(self.parent.follow(self.story, EVENTS, self.cursor)) as batches,
        ):
            async for batch in batches:
                assert batch["reset"] or batch["previousCursor"] == self.cursor
                for event in batch["events"]:
                    self.hear(event)
                self.cursor = batch["cursor"]
                if until is not None and self.text.startswith(until):
                    return

    def hear(self, event: dict[str, Any]) -> None:
        self.heard.append(event["__typename"])
        match event:
            case {"__typename": "StorySnapshot", "story": story}:
                self.text = story["pages"][0]["text"] or ""
            case {"__typename": "StoryEnded", "story": story}:
                self.ended = story["status"]
                assert self.text == story["pages"][0]["text"]
            case {"__typename": "PagePartStarted" | "PagePartRestarted", "part": "TEXT"}:
                self.text = ""
            case {"__typename": "PageTextAppended", "offset": offset, "delta": delta}:
                assert offset == len(self.text)
                self.text += delta
            case {"__typename": "PageTextReady", "page": page}:
                self.text = page["text"]
            case _:
                pass


async def half_rewritten(stage: Stage) -> tuple[Follower, asyncio.Event]:
    """A silent book whose page has the first of its two new sentences; its follower, and what lets the writer go on."""
    story = await stage.parent.make_story(narrated=False)
    pause = stage.script.pauses["text:1"] = asyncio.Event()
    await stage.parent.redo_page(story["pages"][0]["id"], "TEXT", instruction="anew")
    follower = Follower(stage.parent, story["id"])
    await follower.follow(until=FIRST_SENTENCE)
    return follower, pause


async def test_a_follower_who_comes_in_the_middle_can_go_on_from_there(stage: Stage) -> None:
    early, pause = await half_rewritten(stage)
    late = Follower(stage.parent, early.story)

    await late.follow(until=FIRST_SENTENCE)

    assert (late.heard, late.text.rstrip()) == (["StorySnapshot"], FIRST_SENTENCE)
    page = (await stage.parent.book(early.story))["pages"][0]
    assert (page["text"], page["textStatus"]) == (OLD, "WORKING"), "readers keep the old words until all are there"
    pause.set()
    for follower in (early, late):
        await follower.follow()
        assert (follower.ended, follower.text) == ("READY", NEW)
        assert "PageTextReady" in follower.heard
    assert late.heard.count("StorySnapshot") == 1, "its cursor was good"


async def test_a_new_beginning_that_fails_gives_the_old_words_back(stage: Stage) -> None:
    early, pause = await half_rewritten(stage)
    stage.vendors.moderator.refused = ("It ends.",)
    late = Follower(stage.parent, early.story)
    await late.follow(until=FIRST_SENTENCE)

    pause.set()

    for follower in (early, late):
        await follower.follow()
        assert (follower.ended, follower.text) == ("READY", OLD)
        assert follower.heard[-3:] == ["PagePartFailed", "PageTextReady", "StoryEnded"]


async def test_what_was_half_written_when_it_was_cancelled_is_forgotten(stage: Stage) -> None:
    early, pause = await half_rewritten(stage)
    cancelled = await stage.parent.cancel_story(early.story)
    assert (cancelled["story"]["status"], cancelled["story"]["pages"][0]["text"]) == ("READY", OLD)
    await stage.rest()
    stage.script.shut("text:1")

    await stage.parent.redo_page(cancelled["story"]["pages"][0]["id"], "TEXT", instruction="anew")

    async with asyncio.timeout(20):
        await stage.script.arrival("text:1").wait()
    late = Follower(stage.parent, early.story)
    await late.follow(until="")  # one batch, before the new words begin
    pause.set()
    stage.script.let_go()
    await late.follow()
    assert (late.ended, late.text) == ("READY", NEW)
