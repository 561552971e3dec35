"""How hard a text is to read, and what becomes of a page that is not for its readers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from jobs.ports import Plan, StoryBrief, TextDelta, Usage, VendorRefused
from jobs.reading import reading_age, wish_for
from jobs.work import Transactions, Work
from models.generation import Step
from models.vocabulary import AgeBand
from schema.ids import row_id
from tests.harness import CREDITS, Stage, shared_stage, stage
from tests.vendors import ScriptedWriter

__all__ = ["shared_stage", "stage"]

EASY = "Mo looked up. The sun was warm. Mo ran down to the sea and sang a song."
HARD = (
    "Notwithstanding considerable meteorological uncertainty, the adventurous protagonist nevertheless "
    "contemplated an extraordinarily complicated expedition towards the incomprehensibly magnificent ocean."
)
LEVELS = "query($id: ID!) { story(id: $id) { pages { text readingLevel textStatus audio { key } } } }"


@pytest.mark.parametrize(
    ("language", "easy", "hard"),
    [
        ("en", EASY, HARD),
        ("en-GB", EASY, HARD),
        (
            "de",
            "Der Bär ging in den Wald. Da war ein See. Der Bär sang ein Lied.",
            "Meteorologische Unsicherheiten beeinträchtigten die außergewöhnlich komplizierte Expeditionsvorbereitung "
            "verantwortungsbewusster Wissenschaftlerinnen bedauerlicherweise außerordentlich, obwohl "
            "unterschiedlichste Sicherheitsvorkehrungen vorgeschrieben waren.",
        ),
        (
            "es",
            "El oso va al mar. El sol da luz. El oso ve un pez y ríe mucho.",
            "Las extraordinarias circunstancias meteorológicas imposibilitaron definitivamente la complicadísima "
            "expedición organizada por investigadores internacionales especializados.",
        ),
    ],
)
def test_what_is_hard_to_read_has_the_higher_age(language: str, easy: str, hard: str) -> None:
    low, high = reading_age(easy, language), reading_age(hard, language)
    assert low is not None
    assert high is not None
    assert low < 9 < high


def test_too_few_words_and_languages_without_a_formula_are_not_measured() -> None:
    assert reading_age("Mo ran.", "en") is None
    assert reading_age("モグラは海へ行きました。" * 20, "ja") is None


@settings(deadline=None)  # the first of all reads a dictionary
@given(st.text(max_size=400), st.sampled_from(["en", "de", "es", "fr", "it", "xx"]))
def test_any_text_has_an_age_within_bounds_or_none(text: str, language: str) -> None:
    age = reading_age(text, language)
    assert age is None or 3 <= age <= 20


def test_only_what_is_out_of_its_band_is_wished_otherwise() -> None:
    assert wish_for(None, AgeBand.AGES_0_2) is None
    assert wish_for(6.0, AgeBand.AGES_3_5) is None
    assert "shorter" in (wish_for(13.0, AgeBand.AGES_3_5) or "")
    assert "richer" in (wish_for(4.0, AgeBand.AGES_9_12) or "")


@dataclass
class LearnedWriter(ScriptedWriter):
    """Writes for scholars at first, and `second` where it is told what was measured."""

    second: str = EASY

    async def write(
        self, brief: StoryBrief, plan: Plan, written: Sequence[str], instruction: str | None = None
    ) -> AsyncIterator[TextDelta | Usage]:
        self.script.note("write", written, instruction)
        for page in range(len(written) + 1, brief.page_count + 1):
            yield TextDelta(page, HARD if page == 1 else f"Page {page} is here. It ends.")
        yield Usage(cost_micros=1)

    async def rewrite(
        self, brief: StoryBrief, plan: Plan, page: int, texts: Sequence[str], instruction: str | None
    ) -> AsyncIterator[TextDelta | Usage]:
        self.script.note(f"text:{page}", texts, instruction)
        await self.script(f"text:{page}")
        yield TextDelta(page, self.second)
        yield Usage(cost_micros=1)


async def made(stage: Stage, second: str) -> tuple[str, list[dict[str, object]]]:
    bench = stage.bench
    before = bench.ports
    bench.ports = replace(before, writers={"offline": LearnedWriter(stage.script, second=second)})
    try:
        book = await stage.parent.make_story(2)
    finally:
        bench.ports = before
    assert book["status"] == "READY"
    return book["id"], (await stage.parent.ask(LEVELS, id=book["id"]))["story"]["pages"]


async def test_a_page_that_is_too_hard_is_written_again_once_and_read_aloud_after(stage: Stage) -> None:
    story, (first, second) = await made(stage, EASY)
    assert first["text"] == EASY
    assert isinstance(first["readingLevel"], float)
    assert first["readingLevel"] < 9
    assert second["readingLevel"] is None
    (asked,) = stage.script.asked["text:1"]
    assert "shorter sentences" in (asked.instruction or "")
    assert stage.script.calls.count("text:1") == 1
    assert [given.texts for given in stage.script.asked["audio:looked"]] == [(EASY,)], "the first text is never spoken"
    assert await stage.parent.credits() == (CREDITS - 4, 0), "the second writing costs nothing"
    async with stage.house.database.session() as session:
        story_id = row_id(story, "Story")
        rows = await session.execute(select(Step).where(col(Step.story_id) == story_id, col(Step.key) == "text:1"))
        assert sorted(step.version for step in rows.scalars()) == [1, 2]


async def test_a_page_that_is_still_too_hard_stays_as_it_is(stage: Stage) -> None:
    _, (first, _) = await made(stage, HARD)
    assert first["text"] == HARD
    assert stage.script.calls.count("text:1") == 1


async def test_where_the_second_writing_fails_the_first_stays_and_is_read_aloud(stage: Stage) -> None:
    stage.script.failures["text:1"] = [VendorRefused() for _ in range(5)]
    _, (first, _) = await made(stage, EASY)
    assert (first["text"], first["textStatus"]) == (HARD, "READY")
    assert first["audio"] is not None


class ForgetfulTransactions(Transactions):
    """Commits the first text of page 1, and loses the answer: whoever committed hears that the database is away."""

    lost = False

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Work]:
        async with super().begin() as work:
            yield work
        if not self.lost and any(row.key == "text:1:1:ready" for row in work.rows):
            self.lost = True
            raise ConnectionResetError


async def test_a_second_writing_is_not_forgotten_when_the_commits_answer_is_lost(stage: Stage) -> None:
    bench = stage.bench
    before = bench.transactions
    forgetful = bench.transactions = ForgetfulTransactions(before.database, bench.log, bench.queue)
    try:
        _, (first, _) = await made(stage, EASY)
    finally:
        bench.transactions = before
    assert forgetful.lost
    assert first["text"] == EASY
    assert first["audio"] is not None
    assert [given.texts for given in stage.script.asked["audio:looked"]] == [(EASY,)]
    assert "audio:Notwithstanding" not in stage.script.asked


async def test_words_by_hand_are_measured_and_left_alone(stage: Stage) -> None:
    book = await stage.parent.make_story()
    await stage.parent.edit_page_text(book["pages"][0]["id"], HARD)
    await stage.parent.ended(book["id"])
    (page,) = (await stage.parent.ask(LEVELS, id=book["id"]))["story"]["pages"]
    assert page["text"] == HARD
    assert page["readingLevel"] > 15
