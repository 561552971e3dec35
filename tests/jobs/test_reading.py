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
from jobs.reading import TOO_EASY, TOO_HARD, Reading, measure, sentences, wish_for
from jobs.syllables import PronouncingDictionary, syllables_of
from jobs.work import Transactions, Work
from models.generation import Step
from models.vocabulary import AgeBand
from schema.ids import row_id
from tests.harness import CREDITS, Stage, shared_stage, stage
from tests.jobs.test_offline_writer import PREMISES, book, brief
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
    low, high = measure(easy, language), measure(hard, language)
    assert low is not None
    assert high is not None
    assert low.age < 9 < high.age


def test_too_few_words_and_languages_without_a_formula_are_not_measured() -> None:
    assert measure("Mo ran.", "en") is None
    assert measure("モグラは海へ行きました。" * 20, "ja") is None


def test_a_text_has_the_age_that_its_formula_gives() -> None:
    # 20 words of a syllable each, 4 sentences: 0.39 x 5 + 11.8 - 15.59 = grade -1.8, so for children of 3.2
    assert measure("The cat sat on a mat. " * 2 + "It had a red hat. It ran off.", "en") == Reading(3.2, 5 / 20**0.5)
    # 12 words in 1 sentence, 23 syllables: 0.39 x 12 + 11.8 x 23 / 12 - 15.59 = grade 11.7, so 16.7 years
    text = "Yesterday the hedgehog carried seven umbrellas over the mountain into the garden."
    assert measure(text, "en") == Reading(16.7, 5 / 12**0.5)


def test_names_are_as_easy_as_any_word() -> None:
    text = "{0} ran down to the sea. Then {0} sang a song, and the sun was {0}'s friend."
    assert measure(text.format("Penelope"), "en", ["Penelope Periwinkle"]) == measure(text.format("Mo"), "en", ["Mo"])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "fire 2 every 2 little 2 moon 1 lighthouse 2 umbrella 3 o'clock 2 whispered 2 squelchiest 3 Biscuit 2"),
        ("de", "Abend 2 Igel 2 Schmetterling 3 Feuerwehrauto 5 schläft 1 ihr 1 erzählt 2 Regenbogen 4"),
        ("es", "agua 2 mariposa 4 día 2 abuela 3 pequeño 3 cielo 2 río 2 ciudad 2 muy 1 ahora 3"),
        ("fr", "pomme 1 petite 2 lune 1 étoile 2 éléphant 3 nuit 1 oiseau 2 arbre 1 animal 3"),
        ("it", "luna 2 piccolo 3 farfalla 3 acqua 2 elefante 4 cielo 2 uva 2 chiave 2"),
    ],
)
def test_syllables_are_counted_as_they_are_spoken(language: str, words: str) -> None:
    counted = syllables_of(language)
    assert counted is not None
    pairs = words.split()
    assert {word: counted(word) for word in pairs[::2]} == dict(zip(pairs[::2], map(int, pairs[1::2]), strict=True))


@settings(deadline=None)  # the first of all opens a dictionary
@given(st.sampled_from("abandon a zulu zoo 'bout 'cause aardvark o'clock mother x".split()) | st.text(max_size=12))
def test_a_word_is_found_in_the_dictionary_or_not_but_never_looked_for_without_end(word: str) -> None:
    dictionary = PronouncingDictionary.installed()
    assert dictionary is not None
    found = dictionary.syllables(word)
    assert found is None or found >= 0


def test_sentences_end_where_a_reader_would_end_them() -> None:
    text = "“Look!” said Mr. Mole. “A star… and another?” Mo asked.\n\nThe end"
    assert [sentence.strip() for sentence in sentences(text)] == [
        "“Look!” said Mr. Mole.",
        "“A star… and another?”",
        "Mo asked.",
        "The end",
    ]


@settings(deadline=None)
@given(st.text(max_size=400), st.sampled_from(["en", "de", "es", "fr", "it", "xx"]))
def test_any_text_has_an_age_within_bounds_or_none(text: str, language: str) -> None:
    reading = measure(text, language)
    assert reading is None or 3 <= reading.age <= 20


@given(st.floats(3, 20), st.floats(0, 3), st.sampled_from(AgeBand))
def test_only_what_is_out_of_its_band_by_more_than_the_margin_is_wished_otherwise(
    age: float, margin: float, band: AgeBand
) -> None:
    wish = wish_for(Reading(age, margin), band)
    if age - margin > TOO_HARD[band]:
        assert "shorter sentences" in (wish or "")
    elif age + margin < TOO_EASY.get(band, 0):
        assert "longer sentences" in (wish or "")
    else:
        assert wish is None


def test_what_was_not_measured_is_left_alone() -> None:
    assert wish_for(None, AgeBand.AGES_0_2) is None


@pytest.mark.parametrize("band", AgeBand)
async def test_hardly_a_page_of_the_offline_writer_is_out_of_its_band(band: AgeBand) -> None:
    out = 0
    for premise in PREMISES:
        plan, texts = await book(brief(premise, band))
        names = [member.name for member in plan.cast]
        out += sum(wish_for(measure(text, "en", names), band) is not None for text in texts)
    assert out <= 0.02 * 8 * len(PREMISES)


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
    async def begin(self, *, synchronised: bool = True) -> AsyncGenerator[Work]:
        async with super().begin(synchronised=synchronised) as work:
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
