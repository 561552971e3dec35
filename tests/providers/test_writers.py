"""Every writer keeps the same promises, and vendors' faults become ours: real SDKs over real HTTP, against LLMock."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import replace
from datetime import date

import orjson
import pytest
import pytest_asyncio
from anthropic import AsyncAnthropic
from anthropic import Timeout as AnthropicTimeout
from hypothesis import given
from hypothesis import strategies as st
from llmock.pytest_plugin import LLMock
from openai import AsyncOpenAI, Timeout

from jobs.ports import (
    CastSheet,
    StoryBrief,
    TextDelta,
    Usage,
    VendorBusy,
    VendorClosed,
    VendorError,
    VendorRefused,
    VendorStalled,
    VendorUnusable,
    Writer,
)
from jobs.providers.anthropic_writer import AnthropicWriter
from jobs.providers.catalog import Kind, named_model
from jobs.providers.offline_writer import OfflineWriter
from jobs.providers.openai_writer import OpenAIWriter
from jobs.providers.writing import PageReader
from jobs.steps.plan import check
from models.vocabulary import AgeBand
from tests.providers.openai_document import hold_against

TODAY = date(2026, 11, 25)
MIA = CastSheet(key="c1", name="Mia", appearance="a small brown mole with a red scarf", personality="brave")
BRIEF = StoryBrief("A mole who wants to see the sea", None, AgeBand.AGES_3_5, "en", 3, (MIA,), "a-family")
PAGE = {"place": "a hill", "time_of_day": "day", "weather": "clear", "action": "walking", "picture": "Mia walks"}
GUS = {"key": "n1", "name": "Gus", "appearance": "a grey gull", "personality": "loud"}
PLANNED = [{**PAGE, "beat": f"Beat {number}", "cast": ["c1", "n1"]} for number in (1, 2, 3)]
PLAN: dict[str, object] = {"title": "Mia and the Sea", "invented": [GUS], "pages": PLANNED}
PAGES = ["Mia looked up 🐌.\n“Where is the sea?”", "Gus flew ahead. \\o/", "There it was: the sea."]


@pytest_asyncio.fixture
async def openai_writer(llmock: LLMock) -> AsyncGenerator[Writer]:
    async with AsyncOpenAI(
        api_key="k", base_url=llmock.base_url("openai"), max_retries=0, timeout=Timeout(2, connect=2)
    ) as client:
        yield OpenAIWriter(client, named_model("gpt-6-luna", Kind.WRITER, TODAY))


@pytest_asyncio.fixture
async def anthropic_writer(llmock: LLMock) -> AsyncGenerator[Writer]:
    async with AsyncAnthropic(
        api_key="k", base_url=llmock.base_url("anthropic"), max_retries=0, timeout=AnthropicTimeout(2, connect=2)
    ) as client:
        yield AnthropicWriter(client, named_model("claude-haiku-5-5", Kind.WRITER, TODAY))


@pytest.fixture(params=["openai", "anthropic"])
def writer(request: pytest.FixtureRequest, openai_writer: Writer, anthropic_writer: Writer) -> Writer:
    """A vendor's, which is told by `llmock` what it hears."""
    return openai_writer if request.param == "openai" else anthropic_writer


@pytest.fixture(params=["offline", "openai", "anthropic"])
def any_writer(
    request: pytest.FixtureRequest, llmock: LLMock, openai_writer: Writer, anthropic_writer: Writer
) -> Writer:
    """A writer that will be asked for a plan, then for three pages, then for the second page anew."""
    if request.param == "offline":
        return OfflineWriter(0)
    for answer in (PLAN, {"pages": PAGES}, {"text": PAGES[1]}):
        says(llmock, answer)
    return openai_writer if request.param == "openai" else anthropic_writer


def says(llmock: LLMock, answer: object) -> None:
    """The vendor's next answer."""
    llmock.reply(orjson.dumps(answer).decode())


async def told(stream: AsyncIterator[TextDelta | Usage]) -> tuple[dict[int, str], list[Usage]]:
    """The texts by page, and what else came."""
    texts: dict[int, str] = {}
    usages: list[Usage] = []
    async for item in stream:
        assert not usages, "nothing comes after the usage"
        if isinstance(item, Usage):
            usages.append(item)
        else:
            assert item.page >= max(texts, default=0)
            texts[item.page] = texts.get(item.page, "") + item.text
    return texts, usages


async def test_a_plan_fits_what_was_asked_for_and_the_pages_follow_it(any_writer: Writer) -> None:
    writer = any_writer
    planned = await writer.plan(BRIEF)
    check(planned.plan, BRIEF)
    assert planned.plan.cast[0] == MIA

    texts, usages = await told(writer.write(BRIEF, planned.plan, []))
    assert list(texts) == [1, 2, 3]
    assert all(text.strip() for text in texts.values())
    assert len(usages) == 1

    anew, usages = await told(writer.rewrite(BRIEF, planned.plan, 2, list(texts.values()), "Shorter, please."))
    assert list(anew) == [2]
    assert len(usages) == 1


async def test_pages_come_as_they_were_written_and_are_paid_for(writer: Writer, llmock: LLMock) -> None:
    says(llmock, PLAN)
    says(llmock, {"pages": PAGES[1:]})
    planned = await writer.plan(BRIEF)
    texts, (usage,) = await told(writer.write(BRIEF, planned.plan, PAGES[:1]))
    assert texts == {2: PAGES[1], 3: PAGES[2]}
    assert planned.usage.cost_micros > 0
    assert usage.units["output_tokens"] > 0
    llmock.assert_resilient()


async def test_what_a_parent_wrote_is_never_among_the_instructions(writer: Writer, llmock: LLMock) -> None:
    says(llmock, PLAN)
    await writer.plan(BRIEF)
    body = llmock.requests[-1].body
    assert BRIEF.premise not in str(body.get("instructions") or body.get("system"))
    assert BRIEF.premise in str(body.get("input") or body.get("messages"))


FAULTS: list[tuple[Callable[[LLMock], LLMock], type[VendorError]]] = [
    (lambda mock: mock.fail(429), VendorBusy),
    (lambda mock: mock.fail(500), VendorBusy),
    (lambda mock: mock.fail(503), VendorBusy),
    (lambda mock: mock.fail(529), VendorBusy),
    (lambda mock: mock.fail(401), VendorClosed),
    (lambda mock: mock.fail(403), VendorClosed),
    (lambda mock: mock.fail(429, code="insufficient_quota"), VendorClosed),
    (lambda mock: mock.fail(400), VendorUnusable),
    (lambda mock: mock.disconnect(after_chunks=3), VendorBusy),
    (lambda mock: mock.truncate(after_chunks=3), VendorBusy),
    (lambda mock: mock.stall(seconds=4), VendorStalled),
    (lambda mock: mock.corrupt(after_chunks=3), VendorUnusable),
    (lambda mock: mock.reply("Once upon a time"), VendorUnusable),
    (lambda mock: mock.reply('{"pages": "none"}'), VendorUnusable),
    (lambda mock: mock.reply(orjson.dumps({"pages": [*PAGES, "And more."]}).decode()), VendorUnusable),
]


@pytest.mark.parametrize(("break_it", "kind"), FAULTS)
async def test_a_fault_has_a_defined_outcome(
    writer: Writer, llmock: LLMock, break_it: Callable[[LLMock], LLMock], kind: type[VendorError]
) -> None:
    says(llmock, PLAN)
    plan = (await writer.plan(BRIEF)).plan
    says(break_it(llmock), {"pages": PAGES})
    with pytest.raises(VendorError) as raised:
        await told(writer.write(BRIEF, plan, []))
    assert type(raised.value) is kind
    assert BRIEF.premise not in str(raised.value)


async def test_a_vendors_wish_to_wait_is_heard(writer: Writer, llmock: LLMock) -> None:
    llmock.rate_limit(retry_after=7)
    with pytest.raises(VendorBusy) as raised:
        await writer.plan(BRIEF)
    assert raised.value.retry_after_s == 7


@pytest.mark.parametrize(
    "draft",
    [
        {**PLAN, "pages": PLANNED[:2]},
        {**PLAN, "invented": []},
        {**PLAN, "title": " "},
        {**PLAN, "invented": [{**GUS, "key": f"n{number}"} for number in range(1, 6)]},
    ],
    ids=["too few pages", "somebody unknown on a page", "no title", "too many invented"],
)
async def test_a_plan_that_does_not_fit_is_unusable(writer: Writer, llmock: LLMock, draft: dict[str, object]) -> None:
    says(llmock, draft)
    with pytest.raises(VendorUnusable):
        check((await writer.plan(BRIEF)).plan, BRIEF)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4), st.data())
def test_half_written_json_gives_exactly_the_pages(pages: list[str], data: st.DataObject) -> None:
    raw = orjson.dumps({"pages": pages}) if data.draw(st.booleans()) else escaped(pages)
    text = raw.decode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    reader = PageReader("pages", 2, 1 + len(pages))
    found: dict[int, str] = {}
    for cut in [*cuts, len(text)]:
        for delta in reader.read(text[:cut]):
            found[delta.page] = found.get(delta.page, "") + delta.text
    assert found == dict(enumerate(pages, start=2))


def escaped(pages: list[str]) -> bytes:
    """As some models write it: everything but ASCII as escapes, in pairs of surrogates."""
    return json.dumps({"pages": pages}).encode()


GERMAN = "Der kleine Maulwurf ging am frühen Morgen zum Meer und sang ein leises Lied für seine Freundin, die Möwe."
ENGLISH = "The little mole walked down to the sea in the early morning and sang a quiet song for his friend, the gull."


async def test_a_page_in_another_language_is_of_no_use(writer: Writer, llmock: LLMock) -> None:
    says(llmock, PLAN)
    plan = (await writer.plan(BRIEF)).plan
    says(llmock, {"pages": [ENGLISH, GERMAN, ENGLISH]})
    with pytest.raises(VendorUnusable, match="in de instead of en"):
        await told(writer.write(BRIEF, plan, []))
    says(llmock, {"pages": [GERMAN, GERMAN, GERMAN]})
    texts, _ = await told(writer.write(replace(BRIEF, language="de-AT"), plan, []))
    assert texts[3] == GERMAN
    says(llmock, {"text": GERMAN})
    with pytest.raises(VendorUnusable, match="in de instead of en"):
        await told(writer.rewrite(BRIEF, plan, 2, PAGES, None))


async def test_a_refusal_by_openai_is_one(openai_writer: Writer, llmock: LLMock) -> None:
    llmock.fail(400, code="moderation_blocked")
    with pytest.raises(VendorRefused):
        await openai_writer.plan(BRIEF)


async def test_what_openai_is_asked_is_what_it_documents(openai_writer: Writer, llmock: LLMock) -> None:
    for answer in (PLAN, {"pages": PAGES}, {"text": PAGES[1]}):
        says(llmock, answer)
    plan = (await openai_writer.plan(BRIEF)).plan
    await told(openai_writer.write(BRIEF, plan, []))
    await told(openai_writer.rewrite(BRIEF, plan, 2, PAGES, "Shorter, please."))
    for request in llmock.requests:
        hold_against("CreateResponse", request.body)
