"""Which writer and which voice make the stories of an account, while an experiment runs."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlmodel import col, select

from jobs.ports import VoiceSheet
from models import experiments
from models.accounts import Account
from models.experiments import VOICE, WRITER, Assignment
from models.stories import Story, story_by_id
from models.vocabulary import AgeBand, StoryStatus
from models.weights import arm_for
from resolvers import creation
from resolvers.arms import open_experiments
from resolvers.caller import Caller
from resolvers.creation import Wish
from resolvers.house import House
from resolvers.voices import Voices
from schema.ids import global_id
from tests.harness import Stage, shared_stage, stage
from tests.resolvers.test_voices import Teller
from tests.vendors import Script, ScriptedWriter

__all__ = ["shared_stage", "stage"]

ANN, BOB = (VoiceSheet(f"offline:{name}", name, "en-GB", "A voice") for name in ("ann", "bob"))
DORA, EMIL = (VoiceSheet(f"offline:{name}", name, "de", "A voice") for name in ("dora", "emil"))
WRITERS = ("offline", "luna", "haiku")
EVEN = {"luna": 1, "haiku": 1}


class Families:
    """Parents who ask for stories of a house whose settings have these `weights`, and whose `writers` are open."""

    def __init__(self, house: House, opened: ExitStack) -> None:
        self._opened = opened
        self.house = house

    async def begin(self, weights: Mapping[str, Mapping[str, int]] | None = None) -> Families:
        voices = Voices({"offline": Teller([ANN, BOB, DORA, EMIL])})
        assert await voices.ask()
        arms = self._opened.enter_context(open_experiments(self.house.database, weights or {}))
        self.house = replace(self.house, voices=voices, experiments=arms)
        return self.open(WRITERS)

    def open(self, writers: Sequence[str]) -> Families:
        ports = replace(self.house.ports, writers={name: ScriptedWriter(Script(), model=name) for name in writers})
        self.house = replace(self.house, ports=ports)
        return self

    async def parent(self) -> Caller:
        async with self.house.database.session() as session:
            account = Account(email=f"{uuid4().hex}@example.com", password_hash="none", granted=100, available=100)
            session.add(account)
            await session.commit()
        return Caller(account)

    async def story(self, parent: Caller, language: str = "en", voice: str | None = None) -> Story:
        """One that has been stored; it is out of the way of the next."""
        wish = Wish("A mole who digs", None, (), 1, AgeBand.AGES_3_5, language, "watercolor", voice, narrated=True)
        created = await creation.create(self.house, parent, wish)
        async with self.house.database.session() as session:
            story = await story_by_id(session, created.id)
            assert story is not None
            story.status = StoryStatus.CANCELLED
            await session.commit()
        return story

    async def sets(self, experiment: str, **weights: int) -> None:
        async with self.house.database.session() as session:
            await experiments.set_arms(session, experiment, weights)
            await session.commit()

    async def parent_in(self, arm: str) -> Caller:
        """One whose first story comes into this arm."""
        while True:
            parent = await self.parent()
            if arm_for(parent.account_id, WRITER, EVEN) == arm:
                assert (await self.story(parent)).arms == {WRITER: arm}
                return parent


@pytest.fixture
def opened() -> Generator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def families(house: House, opened: ExitStack) -> Families:
    return Families(house, opened)


async def test_without_an_experiment_the_default_makes_every_story(families: Families) -> None:
    await families.begin()
    story = await families.story(await families.parent())
    assert (story.writer, story.voice, story.narrator, story.arms) == ("offline", ANN.id, "offline", {})
    async with families.house.database.session() as session:
        assert (await session.execute(select(col(Assignment.arm)))).all() == []


async def test_accounts_are_divided_by_the_weights_of_the_settings_and_the_story_says_so(families: Families) -> None:
    await families.begin({WRITER: EVEN})
    parents = [await families.parent() for _ in range(12)]
    for parent in parents:
        story = await families.story(parent)
        assert story.writer == arm_for(parent.account_id, WRITER, EVEN)
        assert story.arms == {WRITER: story.writer}


async def test_an_account_stays_in_its_arm_whatever_becomes_of_the_weights(families: Families) -> None:
    await families.begin({WRITER: EVEN})
    parent = await families.parent_in("luna")
    await families.sets(WRITER, luna=0, haiku=5)
    assert (await families.story(parent)).writer == "luna"
    assert (await families.story(await families.parent())).writer == "haiku"


async def test_what_an_operator_has_set_wins_over_the_settings_until_it_is_taken_back(families: Families) -> None:
    await families.begin({WRITER: {"haiku": 1}})
    await families.sets(WRITER, luna=1)
    assert (await families.story(await families.parent())).writer == "luna"
    await families.sets(WRITER)
    assert (await families.story(await families.parent())).writer == "haiku"


async def test_an_account_whose_arm_has_left_the_experiment_gets_the_default_and_counts_for_nobody(
    families: Families,
) -> None:
    await families.begin({WRITER: EVEN})
    parent = await families.parent_in("luna")
    await families.sets(WRITER, haiku=1)
    story = await families.story(parent)
    assert (story.writer, story.arms) == ("offline", {})


async def test_while_the_vendor_of_its_arm_is_gone_an_account_gets_the_default(families: Families) -> None:
    await families.begin({WRITER: EVEN})
    parent = await families.parent_in("luna")
    families.open(["offline", "haiku"])
    story = await families.story(parent)
    assert (story.writer, story.arms) == ("offline", {})
    families.open(WRITERS)
    assert (await families.story(parent)).arms == {WRITER: "luna"}


async def test_new_accounts_come_only_into_arms_that_are_open(families: Families) -> None:
    await families.begin({WRITER: EVEN})
    families.open(["offline", "haiku"])
    assert {(await families.story(await families.parent())).writer for _ in range(6)} == {"haiku"}
    families.open(["offline"])
    story = await families.story(await families.parent())
    assert (story.writer, story.arms) == ("offline", {})


async def test_voices_are_tried_among_those_of_the_language_where_the_parent_picked_none(families: Families) -> None:
    await families.begin({VOICE: {BOB.id: 1, EMIL.id: 1}})
    parent = await families.parent()
    read = [await families.story(parent, language) for language in ("en", "de-AT", "en")]
    assert [story.voice for story in read] == [BOB.id, EMIL.id, BOB.id]
    assert [story.arms for story in read] == [{VOICE: BOB.id}, {VOICE: EMIL.id}, {VOICE: BOB.id}]
    picked = await families.story(parent, voice=ANN.id)
    assert (picked.voice, picked.arms) == (ANN.id, {})


async def test_first_stories_at_the_same_moment_come_into_one_arm(families: Families) -> None:
    await families.begin()
    here = families.house.database
    for _ in range(5):
        account_id = (await families.parent()).account_id
        with (
            open_experiments(here, {WRITER: {"a": 1, "b": 0}}) as before,
            open_experiments(here, {WRITER: {"a": 0, "b": 1}}) as after,
        ):
            asked = [way.arm(WRITER, account_id, ["a", "b"]) for way in (before, after) * 4]
            assert len(set(await asyncio.gather(*asked))) == 1


async def test_an_experiment_that_fails_keeps_no_story_from_being_made(families: Families) -> None:
    await families.begin({WRITER: EVEN})
    nobody = uuid4()  # whom the table refuses
    assert await families.house.experiments.arm(WRITER, nobody, WRITERS) is None


async def test_a_worker_makes_the_story_with_the_writer_of_its_arm(stage: Stage, opened: ExitStack) -> None:
    families = await Families(stage.house, opened).begin({WRITER: {"luna": 1}})
    stage.bench.ports = replace(
        before := stage.bench.ports, writers={**before.writers, "luna": ScriptedWriter(stage.script, model="luna-1")}
    )
    try:
        me = (await stage.parent.ask("{ me { email } }"))["me"]["email"]
        async with stage.house.database.session() as session:
            account = (await session.execute(select(Account).where(col(Account.email) == me))).scalar_one()
        wish = Wish("A mole who digs", None, (), 1, AgeBand.AGES_3_5, "en", "watercolor", "offline:ann", narrated=True)
        created = await creation.create(families.house, Caller(account), wish)
        book = await stage.parent.ended(global_id("Story", created.id))
    finally:
        stage.bench.ports = before
    assert book["status"] == "READY"
    async with stage.house.database.session() as session:
        story = await story_by_id(session, created.id)
    assert story is not None
    assert story.arms == {WRITER: "luna"}
    assert story.first_words_at is not None
    assert story.whole_at is not None
    assert story.created_at < story.first_words_at < story.whole_at
