"""The compiled selection against the normal executor: the same answer, byte for byte, or none at all."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

import graphql
import orjson
import pytest
from graphql import ExecutionResult, FieldNode, GraphQLError, GraphQLObjectType, validate
from hypothesis import HealthCheck, Phase, given, settings

from jobs.events import LoggedEvent, PageImageReady
from jobs.ports import VoiceSheet
from models.characters import Character
from models.errors import CostLimit
from models.media import Image
from models.pages import Page
from models.stories import Story
from resolvers.caller import NOBODY
from resolvers.house import House
from resolvers.progress import Batch
from schema.context import Context
from schema.documents import Prepared, read
from schema.execution import Asking, Compiled, compile_selection
from schema.stream import Refused, stream
from schema.subscriptions import StoryEventBatch
from tests.schema.random_batches import NOON, batches
from tests.schema.random_documents import CORE, Asked, documents
from tests.stories import new_story

README = Path(__file__).parents[2] / "README.md"
# Shrinking a failure takes minutes; whoever mends one adds Phase.shrink, and is shown less of a document.
RANDOMLY = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
T = TypeVar("T")
execute = cast(
    "Callable[..., ExecutionResult | Awaitable[ExecutionResult]]",
    graphql.execute,  # pyright: ignore[reportUnknownMemberType]  # half of its options are untyped, and none is used
)


class Run(Protocol):
    """Runs a coroutine to its end."""

    def __call__(self, asked: Coroutine[Any, Any, T], /) -> T: ...


A_PICTURE = Batch(
    "epoch:1",
    "epoch:0",
    events=(
        LoggedEvent(
            1,
            NOON,
            PageImageReady(
                Page(
                    id=UUID(int=1),
                    story_id=UUID(int=2),
                    number=1,
                    image=Image(key="k", width=1, height=2, content_type="image/webp", alt="A mole", blurhash="L0"),
                )
            ),
        ),
    ),
)
FRAGMENT = "fragment F on StoryEventBatch { cursor }"


class Library(Context):
    """Loads a few rows of its own instead of the database's; of every second story none."""

    async def _load_pages(self, ids: Sequence[UUID]) -> Sequence[list[Page]]:
        return [[Page(id=id, story_id=id, number=1, text="Once.")] for id in ids]

    async def _load_casts(self, ids: Sequence[UUID]) -> Sequence[list[Character]]:
        return [[Character(id=id, account_id=id, name="Mole", appearance="small", created_at=NOON)] for id in ids]

    async def _load_progress(self, ids: Sequence[UUID]) -> Sequence[tuple[int, int]]:
        return [(1, 2) for _ in ids]

    async def _load_stories(self, ids: Sequence[UUID]) -> Sequence[Story | None]:
        return [None if id.int % 2 else a_story(id) for id in ids]


def a_story(id: UUID) -> Story:
    return new_story(id, id=id, art_style="papercut", created_at=NOON, updated_at=NOON)


def a_context(url: Callable[[str], str] = "https://media.example/{}".format) -> Context:
    voices = (VoiceSheet(id="anna", name="Anna", language="en", description="warm"),)
    house = SimpleNamespace(ports=SimpleNamespace(media=SimpleNamespace(url=url)), voices=voices)
    return Library(cast(House, house), NOBODY, "request")


def the_field(prepared: Prepared) -> FieldNode:
    (node,) = prepared.operation.selection_set.selections
    assert isinstance(node, FieldNode)
    return node


def compiled(prepared: Prepared) -> Compiled | None:
    selected = the_field(prepared).selection_set
    assert selected is not None
    batch = cast(GraphQLObjectType, CORE.type_map["StoryEventBatch"])
    return compile_selection(CORE, prepared.document, batch, [selected])


def fast(plan: Compiled, prepared: Prepared, batch: Batch, context: Context) -> bytes | None:
    """The compiled selection's answer; None where it leaves the batch to the normal executor."""
    node = the_field(prepared)
    try:
        data = plan(StoryEventBatch.of(batch), Asking(context))
        return orjson.dumps({"data": {(node.alias or node.name).value: data}})
    except Exception:  # as schema.stream takes it
        return None


async def executed(asked: Asked, batch: Batch, context: Context) -> ExecutionResult:
    """graphql-core's own answer, to whom the batch is what the subscription's source gave."""
    result = execute(CORE, asked.prepared.document, StoryEventBatch.of(batch), context, asked.variables)
    return result if isinstance(result, ExecutionResult) else await result


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    loop = asyncio.new_event_loop()
    yield loop.run_until_complete
    loop.close()


def test_what_is_compiled_answers_as_the_normal_executor_does(run: Run) -> None:
    seen = Counter[str]()

    @settings(RANDOMLY, max_examples=200)
    @given(documents(plain=False), batches(wrong=True))
    def holds(asked: Asked, batch: Batch) -> None:
        plan = compiled(asked.prepared)
        answer = plan and fast(plan, asked.prepared, batch, a_context())
        seen["told" if answer else "left" if plan else "not compiled"] += 1
        if answer:
            same(answer, run(executed(asked, batch, a_context())))

    holds()
    assert all(seen[outcome] > 0 for outcome in ("told", "left", "not compiled")), seen


def test_plain_documents_are_always_compiled_and_right_batches_always_told(run: Run) -> None:
    @settings(RANDOMLY, max_examples=100)
    @given(documents(plain=True), batches(wrong=False))
    def holds(asked: Asked, batch: Batch) -> None:
        plan = compiled(asked.prepared)
        assert plan is not None
        answer = fast(plan, asked.prepared, batch, a_context())
        assert answer is not None
        same(answer, run(executed(asked, batch, a_context())))

    holds()


def test_all_but_the_snapshot_of_the_readme_is_told_by_what_is_compiled(run: Run) -> None:
    (text,) = re.findall(r"```graphql\n(subscription .*?)```", README.read_text(), re.DOTALL)
    asked = Asked(text, {"id": "U3RvcnkK"})
    plan = compiled(asked.prepared)
    assert plan is not None

    @settings(RANDOMLY, max_examples=30)
    @given(batches(wrong=False))
    def holds(batch: Batch) -> None:
        answer = fast(plan, asked.prepared, batch, a_context())
        # A snapshot's pages are a list that may have to be loaded, so they are the normal executor's.
        assert (answer is None) == (batch.snapshot is not None)
        if answer:
            same(answer, run(executed(asked, batch, a_context())))

    holds()


def same(answer: bytes, result: ExecutionResult) -> None:
    assert not result.errors
    assert answer == orjson.dumps({"data": result.data})


# ---------------------------------------------------------------- resolvers that raise


def test_a_resolver_that_raises_leaves_the_batch_to_the_normal_executor(run: Run) -> None:
    def nowhere(key: str) -> str:
        raise OSError(f"no address for {key}")

    asked = following("events { ... on PageImageReady { page { image { url } number } } }")
    plan = compiled(asked.prepared)
    assert plan is not None
    assert fast(plan, asked.prepared, A_PICTURE, a_context()) is not None
    assert fast(plan, asked.prepared, A_PICTURE, a_context(nowhere)) is None
    result = run(executed(asked, A_PICTURE, a_context(nowhere)))
    assert result.data == {"storyProgress": {"events": [{"page": {"image": None, "number": 1}}]}}
    assert [error.path for error in result.errors or ()] == [["storyProgress", "events", 0, "page", "image"]]


# ---------------------------------------------------------------- documents that mean harm


def following(selections: str, *fragments: str) -> Asked:
    text = f'subscription {{ storyProgress(storyId: "U3RvcnkK") {{ {selections} }} }} {" ".join(fragments)}'
    return Asked(text, {})


def fan(width: int) -> Asked:
    """Fragments in fragments, each spread `width` times under other keys: few words that say a lot."""

    def keys(name: str, inner: str) -> str:
        return " ".join(f"{name}{number}: {name} {{ ...{inner} }}" for number in range(width))

    return following(
        keys("events", "Event"),
        f"fragment Event on PageImageReady {{ {keys('page', 'Leaf')} }}",
        f"fragment Leaf on Page {{ {keys('image', 'Picture')} }}",
        "fragment Picture on Image { key url width height alt blurhash contentType }",
    )


def chain(length: int) -> Asked:
    links = [f"fragment F{number} on StoryEventBatch {{ ...F{number + 1} }}" for number in range(length)]
    return following("...F0", *links, f"fragment F{length} on StoryEventBatch {{ cursor }}")


def nested(depth: int) -> Asked:
    return following("... { " * depth + "cursor" + " }" * depth)


def test_few_words_that_say_too_much_are_left_to_the_normal_executor(run: Run) -> None:
    for width, is_told in ((2, True), (40, False)):
        asked = fan(width)
        plan = compiled(asked.prepared)
        answer = plan and fast(plan, asked.prepared, A_PICTURE, a_context())
        assert bool(answer) is is_told
        if answer:
            same(answer, run(executed(asked, A_PICTURE, a_context())))


@pytest.mark.parametrize("asked", [chain(100), nested(150), following("...F " * 400, FRAGMENT)])
def test_what_is_deep_or_long_but_valid_is_compiled(run: Run, asked: Asked) -> None:
    assert validate(CORE, asked.prepared.document) == []
    plan = compiled(asked.prepared)
    assert plan is not None
    answer = fast(plan, asked.prepared, A_PICTURE, a_context())
    assert answer == b'{"data":{"storyProgress":{"cursor":"epoch:1"}}}'
    same(answer, run(executed(asked, A_PICTURE, a_context())))


@pytest.mark.parametrize(
    ("asked", "words"),
    [(nested(900), "Syntax Error"), (nested(200), "Syntax Error"), (chain(2600), "bytes")],
)
def test_what_is_too_deep_is_refused_in_words_before_it_is_compiled(run: Run, asked: Asked, words: str) -> None:
    async def follow() -> None:
        await anext(stream(read(asked.text, None), asked.variables, a_context()))

    with pytest.raises((GraphQLError, Refused, CostLimit)) as refused:
        run(follow())
    told = refused.value.errors[0]["message"] if isinstance(refused.value, Refused) else str(refused.value)
    assert words in told


def test_a_cycle_of_fragments_is_refused_before_it_is_compiled(run: Run) -> None:
    asked = following("...A", "fragment A on StoryEventBatch { ...B }", "fragment B on StoryEventBatch { ...A }")

    async def follow() -> None:
        await anext(stream(asked.prepared, asked.variables, a_context()))

    with pytest.raises(Refused) as refused:
        run(follow())
    assert "within itself" in refused.value.errors[0]["message"]


@pytest.mark.parametrize(
    "selections",
    [
        "cursor @include(if: true)",
        "... @skip(if: false) { cursor }",
        "events { ... on StorySnapshot { story { pages { id } } } cursor: at @include(if: true) }",
    ],
)
def test_directives_are_the_normal_executors(selections: str) -> None:
    assert compiled(following(selections).prepared) is None
