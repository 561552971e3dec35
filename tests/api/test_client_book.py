"""However the log of a story reaches a client, the same book comes out, and everything is told once."""

import random
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.client.book import Book, MissingText, apply, book_of
from api.client.news import News, PageWritten, PartFinished, TitleFound, Told
from api.client.wire import Batch, Event, PageAnswer, Part, StoryAnswer

PLANNED_TITLE = "The Bear 🐻 Who Hummed"
TEXTS = st.lists(st.text(alphabet="ab ö🐻字", min_size=1, max_size=12), min_size=1, max_size=4)
LUCK = st.integers(0, 2**32).map(random.Random)


class ImaginedStory:
    """A story as a server would make it: its log, and after each event what a snapshot would hold.

    With `redoes` some parts of it are made again once they are there.
    """

    def __init__(self, texts: Sequence[str], luck: random.Random, *, redoes: bool = False) -> None:
        self.story: StoryAnswer = {"id": "story", "title": "", "status": "QUEUED", "problem": None, "pages": []}
        self.story["pages"] = [blank_page(number) for number in range(1, len(texts) + 1)]
        self.asked = deepcopy(self.story)
        self.log: list[Event] = []
        self.snapshots: list[StoryAnswer] = []
        self._texts = list(texts)
        self._luck = luck
        self._redoes = redoes
        self._make()

    def _make(self) -> None:
        self.story.update({"status": "GENERATING", "title": PLANNED_TITLE})
        self._put("StoryPlanned", title=PLANNED_TITLE)
        parts: list[tuple[PageAnswer, Part]] = [
            (page, part) for page in self.story["pages"] for part in cast(list[Part], ["TEXT", "IMAGE", "AUDIO"])
        ]
        self._luck.shuffle(parts)
        for page, part in parts:
            while self._luck.random() < 0.3:
                self._begin(page, part)
                self._restart(page, part)
            self._begin(page, part)
            self._finish(page, part)
        for page, part in parts:
            while self._redoes and self._luck.random() < 0.4:
                self._redo(page, part)
        self.story["status"] = "READY"
        self._put("StoryEnded", story=self.story)

    def _begin(self, page: PageAnswer, part: Part) -> None:
        number = page["number"]
        self._put("PagePartStarted", change=(page, {status_of(part): "WORKING"}), pageNumber=number, part=part)
        if part == "IMAGE" and self._luck.random() < 0.5:
            self._put("PageImagePreviewed", pageNumber=number, image={"key": "rough", "url": "https://rough"})
        text = self._texts[number - 1]
        while part == "TEXT" and (offset := len(page["text"] or "")) < len(text) and self._luck.random() < 0.9:
            delta = text[offset : offset + self._luck.randint(1, 3)]
            change = {"text": text[: offset + len(delta)]}
            self._put("PageTextAppended", change=(page, change), pageNumber=number, offset=offset, delta=delta)

    def _restart(self, page: PageAnswer, part: Part) -> None:
        change = {part.lower(): None, status_of(part): "WAITING"}
        self._put("PagePartRestarted", change=(page, change), pageNumber=page["number"], part=part)

    def _finish(self, page: PageAnswer, part: Part) -> None:
        made = {
            "TEXT": self._texts[page["number"] - 1],
            "IMAGE": {"key": f"image-{page['number']}", "url": "https://image"},
            "AUDIO": {"key": f"audio-{page['number']}", "url": "https://audio", "durationMs": 900},
        }
        change = {part.lower(): made[part], status_of(part): "READY"}
        self._put(f"Page{part.title()}Ready", change=(page, change), page=page)

    def _redo(self, page: PageAnswer, part: Part) -> None:
        """Made again, or failed in that: what was there is there until the new version is ready."""
        number, status = page["number"], status_of(part)
        old = deepcopy({name: value for name, value in page.items() if name in (part.lower(), status)})
        # A snapshot holds the words that are new, also where there are none yet.
        begun = {status: "WORKING", **({"text": ""} if part == "TEXT" else {})}
        self._put("PagePartRestarted", change=(page, begun), pageNumber=number, part=part)
        fails = self._luck.random() < 0.5
        if part == "TEXT" and not fails:
            self._texts[number - 1] = self._texts[number - 1][::-1] + "!"
        self._begin(page, part)
        if fails:
            failed = {**old, status: "FAILED"}
            self._put("PagePartFailed", change=(page, failed), pageNumber=number, part=part, message="hoarse")
            self._put(f"Page{part.title()}Ready", change=(page, old), page=page)
        else:
            self._finish(page, part)

    def _put(self, kind: str, change: tuple[PageAnswer, Mapping[str, object]] | None = None, **fields: object) -> None:
        if change:
            page, values = change
            cast(dict[str, object], page).update(values)
        event = {"kind": kind, "sequence": len(self.log) + 1, **deepcopy(fields)}
        self.log.append(cast(Event, event))
        self.snapshots.append(deepcopy(self.story))


def blank_page(number: int) -> PageAnswer:
    return {
        "number": number,
        "text": None,
        "textStatus": "WAITING",
        "image": None,
        "imageStatus": "WAITING",
        "audio": None,
        "audioStatus": "WAITING",
    }


def status_of(part: Part) -> str:
    return f"{part.lower()}Status"


def batch_of(events: Sequence[Event], *, reset: bool = False) -> Batch:
    return {"cursor": "c", "previousCursor": None if reset else "c", "reset": reset, "events": list(events)}


def snapshot_batch(story: ImaginedStory, after: int) -> Batch:
    """A reset that stands right after the event number `after`, counted from one."""
    event: Event = {"kind": "StorySnapshot", "sequence": after, "story": story.snapshots[after - 1]}
    return batch_of([event], reset=True)


def with_joined_deltas(events: Sequence[Event]) -> list[Event]:
    """Adjacent deltas of a page joined into the last of them, as the server does for slow clients."""
    joined: list[Event] = []
    for event in events:
        last = joined[-1] if joined else None
        if (
            last
            and last["kind"] == "PageTextAppended"
            and event["kind"] == "PageTextAppended"
            and last["pageNumber"] == event["pageNumber"]
        ):
            joined[-1] = {**event, "offset": last["offset"], "delta": last["delta"] + event["delta"]}
        else:
            joined.append(event)
    return joined


def without_reasons(book: Book) -> Book:
    """Only events tell why a part failed; snapshots do not."""
    return replace(book, pages=tuple(replace(page, failures={}) for page in book.pages))


def read_at_once(story: ImaginedStory) -> Book:
    return apply(book_of(story.asked), batch_of(story.log))


@given(texts=TEXTS, luck=LUCK)
def test_a_client_that_missed_nothing_holds_the_book_that_was_made(texts: list[str], luck: random.Random) -> None:
    story = ImaginedStory(texts, luck, redoes=True)
    book = read_at_once(story)
    made = replace(book_of(story.story), sequence=len(story.log), ended=True)
    assert without_reasons(book) == made
    assert all(page.text for page in book.pages)


@given(texts=TEXTS, luck=LUCK)
def test_any_cutting_joining_and_repeating_ends_in_the_same_book(texts: list[str], luck: random.Random) -> None:
    story = ImaginedStory(texts, luck, redoes=True)
    book, held = book_of(story.asked), 0
    while held < len(story.log):
        since = luck.randint(0, held)
        until = luck.randint(held, len(story.log))
        cut = story.log[since:until]
        book = apply(book, batch_of(with_joined_deltas(cut) if luck.random() < 0.5 else cut))
        held = until
        assert book == apply(book_of(story.asked), batch_of(story.log[:held]))
        if held:
            made = [page["text"] or "" for page in story.snapshots[held - 1]["pages"]]
            assert [page.text for page in book.pages] == made
    assert book == read_at_once(story)


@given(texts=TEXTS, luck=LUCK)
def test_a_snapshot_at_any_time_loses_nothing(texts: list[str], luck: random.Random) -> None:
    story = ImaginedStory(texts, luck)
    book, held, told, news = book_of(story.asked), 0, Told(""), list[News]()
    while held < len(story.log):
        until = luck.randint(held + 1, len(story.log))
        if luck.random() < 0.3 and until < len(story.log):
            book = apply(book, snapshot_batch(story, until))
        else:
            book = apply(book, batch_of(story.log[held:until]))
        held = until
        news += told.news(book)
    assert book == read_at_once(story)
    assert [item.text for item in news if isinstance(item, PageWritten)] == texts
    assert [item for item in news if isinstance(item, TitleFound)] == [TitleFound(PLANNED_TITLE, len(texts))]
    assert sorted(item.line for item in news if isinstance(item, PartFinished)) == sorted(
        line for n in range(1, len(texts) + 1) for line in (f"page {n} picture ready", f"page {n} narration ready, 1 s")
    )


@given(texts=TEXTS, luck=LUCK)
def test_a_snapshot_of_a_new_epoch_replaces_what_was_held_under_higher_numbers(
    texts: list[str], luck: random.Random
) -> None:
    story, before = ImaginedStory(texts, luck, redoes=True), ImaginedStory(["x" * 90] * len(texts), luck)
    after = luck.randint(1, len(story.log) - 1)
    book = apply(read_at_once(before), snapshot_batch(story, after))
    book = apply(book, batch_of(story.log[after:]))
    assert without_reasons(book) == without_reasons(read_at_once(story))


def test_a_delta_that_begins_after_the_end_of_the_text_is_a_hole() -> None:
    book = book_of(ImaginedStory(["abc"], random.Random(1)).asked)
    beyond: Event = {"kind": "PageTextAppended", "sequence": 1, "pageNumber": 1, "offset": 2, "delta": "c"}
    with pytest.raises(MissingText):
        apply(book, batch_of([beyond]))


def test_offsets_count_code_points() -> None:
    book = book_of(ImaginedStory(["🐻b"], random.Random(1)).asked)
    bear: Event = {"kind": "PageTextAppended", "sequence": 1, "pageNumber": 1, "offset": 0, "delta": "🐻"}
    rest: Event = {"kind": "PageTextAppended", "sequence": 2, "pageNumber": 1, "offset": 1, "delta": "b"}
    assert apply(book, batch_of([bear, rest])).pages[0].text == "🐻b"


def test_an_event_of_a_kind_that_is_not_known_yet_is_passed_over() -> None:
    story = ImaginedStory(["abc"], random.Random(1))
    newer = cast(Event, {"kind": "PageVideoReady", "sequence": len(story.log), "video": {}})
    shifted = cast(Event, {**story.log[-1], "sequence": len(story.log) + 1})
    book = apply(book_of(story.asked), batch_of([*story.log[:-1], newer, shifted]))
    assert book.ended
    assert book.pages == read_at_once(story).pages


def test_why_a_part_failed_is_still_known_at_the_end_and_told_once() -> None:
    story = ImaginedStory(["abc"], random.Random(1))
    page: PageAnswer = {**blank_page(1), "audioStatus": "FAILED"}
    failed: Event = {"kind": "PagePartFailed", "sequence": 1, "pageNumber": 1, "part": "AUDIO", "message": "hoarse"}
    ended: Event = {"kind": "StoryEnded", "sequence": 2, "story": {**story.asked, "pages": [page]}}
    told, book = Told(""), book_of(story.asked)
    news: list[News] = []
    for event in (failed, failed, ended):
        book = apply(book, batch_of([event]))
        news += told.news(book)
    assert book.pages[0].failures == {"AUDIO": "hoarse"}
    failure = PartFinished("page 1 narration failed: hoarse", is_failure=True)
    assert [item for item in news if isinstance(item, PartFinished)] == [failure]


WHOLE: PageAnswer = {
    "number": 1,
    "text": "Pip ran.",
    "textStatus": "READY",
    "image": {"key": "old", "url": "https://old"},
    "imageStatus": "READY",
    "audio": {"key": "old", "url": "https://old", "durationMs": 900},
    "audioStatus": "READY",
}


def redone(*events: Event) -> Book:
    """A whole book of one page after `events`."""
    story: StoryAnswer = {"id": "story", "title": "Pip", "status": "QUEUED", "problem": None, "pages": [WHOLE]}
    return apply(book_of(story), batch_of(events))


def restarted(sequence: int, part: Part) -> Event:
    return {"kind": "PagePartRestarted", "sequence": sequence, "pageNumber": 1, "part": part}


def test_the_old_picture_and_narration_stay_while_new_ones_are_made() -> None:
    preview: Event = {
        "kind": "PageImagePreviewed",
        "sequence": 3,
        "pageNumber": 1,
        "image": {"key": "rough", "url": "https://rough"},
    }
    page = redone(restarted(1, "IMAGE"), restarted(2, "AUDIO"), preview).pages[0]
    assert (page.image and page.image.key, page.image_status) == ("old", "WAITING")
    assert (page.audio and page.audio.key, page.audio_status) == ("old", "WAITING")
    assert page.preview is not None


def test_the_old_words_are_remembered_until_the_new_ones_are_there() -> None:
    growing: Event = {"kind": "PageTextAppended", "sequence": 2, "pageNumber": 1, "offset": 0, "delta": "Pop"}
    page = redone(restarted(1, "TEXT"), growing).pages[0]
    assert (page.text, page.former_text) == ("Pop", "Pip ran.")
    written: Event = {"kind": "PageTextReady", "sequence": 3, "page": {**WHOLE, "text": "Pop sat."}}
    page = redone(restarted(1, "TEXT"), growing, written).pages[0]
    assert (page.text, page.former_text) == ("Pop sat.", "")


def test_new_words_take_the_place_of_old_ones_that_a_snapshot_brought_along() -> None:
    begun: Event = {"kind": "PagePartStarted", "sequence": 1, "pageNumber": 1, "part": "TEXT"}
    same: Event = {"kind": "PageTextAppended", "sequence": 2, "pageNumber": 1, "offset": 0, "delta": "Pip"}
    other: Event = {"kind": "PageTextAppended", "sequence": 3, "pageNumber": 1, "offset": 3, "delta": " sat"}
    assert redone(begun, same, other).pages[0].text == "Pip sat"


def test_a_new_version_that_failed_leaves_the_old_one_and_is_told_once() -> None:
    failed: Event = {"kind": "PagePartFailed", "sequence": 2, "pageNumber": 1, "part": "TEXT", "message": "No ink."}
    again: Event = {"kind": "PageTextReady", "sequence": 3, "page": WHOLE}
    assert redone(restarted(1, "TEXT"), failed).pages[0].text == "Pip ran."
    book = redone(restarted(1, "TEXT"), failed, again)
    assert (book.pages[0].text, book.pages[0].text_status) == ("Pip ran.", "READY")
    told = Told("Pip")
    failures = [item for item in told.news(book) if isinstance(item, PartFinished) and item.is_failure]
    assert failures == [PartFinished("page 1 text failed: No ink. The old one stays.", is_failure=True)]
    assert told.news(book) == []


def test_words_that_come_without_their_narration_take_the_old_narration_away() -> None:
    by_hand: PageAnswer = {**WHOLE, "text": "Pip sat.", "audio": None, "audioStatus": "WAITING"}
    page = redone({"kind": "PageTextReady", "sequence": 1, "page": by_hand}).pages[0]
    assert (page.text, page.audio, page.audio_status) == ("Pip sat.", None, "WAITING")


def test_parts_are_counted_without_those_that_the_book_does_without() -> None:
    silent: PageAnswer = {**WHOLE, "audio": None, "audioStatus": "SKIPPED", "imageStatus": "FAILED"}
    book = book_of({"id": "story", "title": None, "status": "READY", "problem": None, "pages": [WHOLE, silent]})
    assert (book.parts_done, book.parts_planned) == (4, 5)


def test_pages_are_told_in_order_even_if_a_later_one_is_ready_first() -> None:
    book = book_of(ImaginedStory(["one", "two"], random.Random(1)).asked)
    told = Told("")
    first, second = book.pages
    second = replace(second, text="two", text_status="READY")
    assert not any(isinstance(item, PageWritten) for item in told.news(replace(book, pages=(first, second))))
    first = replace(first, text="one", text_status="READY")
    news = told.news(replace(book, pages=(first, second)))
    assert [item for item in news if isinstance(item, PageWritten)] == [PageWritten(1, "one"), PageWritten(2, "two")]


def test_a_title_that_was_asked_for_is_told_when_the_work_begins() -> None:
    book = replace(book_of(ImaginedStory(["one"], random.Random(1)).asked), title="Wished")
    told = Told("Wished")
    assert told.news(book) == []
    working = replace(book, pages=(replace(book.pages[0], image_status="WORKING"),))
    assert told.news(working) == [TitleFound("Wished", 1)]
    assert told.news(working) == []
