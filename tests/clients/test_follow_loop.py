"""The loop and the book of docs/clients, in both languages, against connections that are scripted to the letter.

A script is a list of connections, and each of those a list of what it brings: a batch, errors, a close code, silence.
A connection whose list is at its end has been completed by the server.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.clients.driven import Documented, lines_of

WITHIN_S = 60
STORY = {"title": None, "status": "GENERATING", "problem": None}
OLD_PICTURE = {"key": "old", "url": "/old", "alt": "a snail"}
PAGE = {
    "number": 1,
    "text": "Once",
    "textStatus": "WORKING",
    "image": OLD_PICTURE,
    "imageStatus": "READY",
    "audio": None,
    "audioStatus": "WAITING",
}
Step = dict[str, Any]

both_languages = pytest.mark.parametrize("language", ["python", "javascript"])


def event(kind: str, sequence: int, **fields: object) -> dict[str, Any]:
    return {"__typename": kind, "sequence": sequence, **fields}


def words(sequence: int, offset: int, delta: str) -> dict[str, Any]:
    return event("PageTextAppended", sequence, pageNumber=1, offset=offset, delta=delta)


def of_part(kind: str, sequence: int, part: str, **fields: object) -> dict[str, Any]:
    return event(kind, sequence, pageNumber=1, part=part, **fields)


def batch(previous: str | None, cursor: str, *events: dict[str, Any]) -> Step:
    return {"batch": {"previousCursor": previous, "cursor": cursor, "reset": previous is None, "events": events}}


def snapshot(cursor: str = "e:1", sequence: int = 1, **page: object) -> Step:
    story = {**STORY, "pages": [{**PAGE, **page}]}
    return batch(None, cursor, event("StorySnapshot", sequence, story=story))


def end(previous: str, sequence: int = 90, **statuses: str) -> Step:
    page = {"number": 1, "textStatus": "READY", "imageStatus": "READY", "audioStatus": "READY", **statuses}
    story = {"title": "Snail", "status": "READY", "problem": None, "pages": [page]}
    return batch(previous, f"e:{sequence}", event("StoryEnded", sequence, story=story))


def refusal(code: str, **more: object) -> Step:
    return {"errors": [{"message": f"It is {code}", "extensions": {"code": code, **more}}]}


async def run(language: str, *connections: list[Step], **given: int) -> list[dict[str, Any]]:
    """What the client tells of these connections."""
    command = Documented(language, "scripted").command
    async with (
        asyncio.timeout(WITHIN_S),
        lines_of(command, client="scripted", connections=connections, **given) as lines,
    ):
        return [line async for line in lines]


def asked(told: list[dict[str, Any]]) -> list[str | None]:
    """With which cursors the client has subscribed."""
    return [line["after"] for line in told if line["kind"] == "asked"]


def the_page(told: list[dict[str, Any]]) -> dict[str, Any]:
    assert told[-1]["kind"] == "ended", told
    return told[-1]["book"]["pages"][0]


@both_languages
@pytest.mark.parametrize(
    "breaks",
    [
        pytest.param([], id="completed without an end"),
        pytest.param([{"close": 1001}], id="let go by the server"),
        pytest.param([{"close": 1006}], id="cut"),
        pytest.param([refusal("INTERNAL")], id="a failure of the server's"),
        pytest.param([refusal("RATE_LIMITED", retryAfter=0)], id="too many at once"),
        pytest.param([batch("e:7", "e:8", words(8, 4, " lost"))], id="a batch that continues from elsewhere"),
    ],
)
async def test_whatever_breaks_is_taken_up_again_with_the_last_cursor(language: str, breaks: list[Step]) -> None:
    told = await run(
        language,
        [snapshot(), batch("e:1", "e:2", words(2, 4, " upon")), *breaks],
        [batch("e:2", "e:3", words(3, 9, " a time")), end("e:3")],
    )
    assert asked(told) == [None, "e:2"]
    assert the_page(told)["text"] == "Once upon a time"
    assert [line["connected"] for line in told if line["kind"] == "news"] == [True, True, False, True, True]


@both_languages
async def test_a_line_on_which_nothing_is_heard_is_given_up(language: str) -> None:
    told = await run(language, [snapshot(), {"silence": True}], [end("e:1")], silenceMs=1000)
    assert asked(told) == [None, "e:1"]


@both_languages
async def test_who_stops_goes_on_later_with_the_cursor_and_the_book_that_were_kept(language: str) -> None:
    told = await run(
        language,
        [snapshot(), batch("e:1", "e:2", words(2, 4, " upon")), batch("e:2", "e:3", words(3, 9, " a time"))],
        [batch("e:2", "e:3", words(3, 9, " a time")), end("e:3")],
        stopAfter=2,
    )
    assert asked(told) == [None, "e:2"]
    assert the_page(told)["text"] == "Once upon a time"


@both_languages
async def test_a_heartbeat_changes_nothing(language: str) -> None:
    told = await run(language, [snapshot(), batch("e:1", "e:1"), end("e:1")])
    assert asked(told) == [None]
    assert the_page(told)["text"] == "Once"


@both_languages
@pytest.mark.parametrize("refused", [{"close": 4403}, {"close": 4401}, refusal("UNAUTHENTICATED")])
async def test_a_token_that_is_not_accepted_is_renewed(language: str, refused: Step) -> None:
    told = await run(language, [snapshot(), refused], [end("e:1")])
    assert [line["kind"] for line in told if line["kind"] in ("asked", "renewed")] == ["asked", "renewed", "asked"]
    assert asked(told) == [None, "e:1"]


@both_languages
@pytest.mark.parametrize("refused", [{"close": 4406}, {"close": 4400}, refusal("NOT_FOUND"), refusal("FORBIDDEN")])
async def test_what_is_refused_for_good_is_not_tried_again(language: str, refused: Step) -> None:
    told = await run(language, [refused])
    assert [line["kind"] for line in told] == ["asked", "refused"]


@both_languages
async def test_a_cursor_that_the_server_can_not_read_is_given_up_for_a_snapshot(language: str) -> None:
    told = await run(
        language, [snapshot("e:1"), {"close": 1006}], [refusal("BAD_USER_INPUT")], [snapshot(), end("e:1")]
    )
    assert asked(told) == [None, "e:1", None]


@both_languages
async def test_events_that_come_again_count_once(language: str) -> None:
    first, second = words(2, 4, " upon"), words(3, 9, " a")
    told = await run(language, [snapshot(), batch("e:1", "e:2", first), batch("e:2", "e:3", first, second), end("e:3")])
    assert the_page(told)["text"] == "Once upon a"
    sequences = [each["sequence"] for line in told if line["kind"] == "news" for each in line["events"]]
    assert sequences == [1, 2, 3, 90]


@both_languages
async def test_words_are_placed_by_their_offset_in_code_points(language: str) -> None:
    told = await run(
        language,
        [
            snapshot(text="A 🐌 "),
            batch("e:1", "e:2", words(2, 2, "🐌 wins\u2028")),
            batch("e:2", "e:3", words(3, 9, "gold")),
            batch("e:3", "e:4", words(4, 4, "wins")),
            end("e:4"),
        ],
    )
    assert the_page(told)["text"] == "A 🐌 wins\u2028gold"


@both_languages
async def test_words_behind_a_hole_call_for_a_snapshot(language: str) -> None:
    told = await run(
        language,
        [snapshot(), batch("e:1", "e:2", words(2, 7, "time"))],
        [snapshot("e:2", 2, text="Once a time"), end("e:2")],
    )
    assert asked(told) == [None, None]
    assert the_page(told)["text"] == "Once a time"


@both_languages
async def test_a_reset_replaces_everything_and_numbers_anew(language: str) -> None:
    told = await run(
        language,
        [
            snapshot("e:50", 50, text="What has been lost"),
            snapshot("f:0", 0, text="Once"),
            batch("f:0", "f:1", words(1, 4, " more")),
            end("f:1", sequence=2),
        ],
    )
    assert asked(told) == [None]
    assert the_page(told)["text"] == "Once more"


@both_languages
async def test_a_text_that_starts_over_begins_at_nothing_and_pictures_stay_until_new_ones_come(language: str) -> None:
    told = await run(
        language,
        [
            snapshot(),
            batch("e:1", "e:3", of_part("PagePartRestarted", 2, "TEXT"), of_part("PagePartRestarted", 3, "IMAGE")),
            batch("e:3", "e:4", words(4, 0, "New")),
            batch("e:4", "e:5", event("PageImagePreviewed", 5, pageNumber=1, image={**OLD_PICTURE, "key": "rough"})),
            end("e:5"),
        ],
    )
    page = the_page(told)
    assert (page["text"], page["image"], page["preview"]["key"]) == ("New", OLD_PICTURE, "rough")


@both_languages
async def test_why_a_part_failed_is_kept_until_it_is_begun_again(language: str) -> None:
    failed = of_part("PagePartFailed", 2, "AUDIO", message="The voice is away.")
    also = of_part("PagePartFailed", 3, "IMAGE", message="The painter is away.")
    again = of_part("PagePartRestarted", 4, "IMAGE")
    told = await run(language, [snapshot(), batch("e:1", "e:4", failed, also, again), end("e:4", audioStatus="FAILED")])
    page = the_page(told)
    assert page["failures"] == {"AUDIO": "The voice is away."}
    assert page["audioStatus"] == "FAILED"


@both_languages
async def test_events_of_a_kind_not_known_are_passed_over(language: str) -> None:
    told = await run(language, [snapshot(), batch("e:1", "e:2", event("PageSung", 2)), end("e:2")])
    assert asked(told) == [None]
    assert the_page(told)["text"] == "Once"
