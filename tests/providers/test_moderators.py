"""Verdicts by vendors: nothing is allowed that nobody has judged."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable

import pytest
from openai import AsyncOpenAI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from benchmarks.vendors import material
from benchmarks.vendors.standins import Standins, moderation, response
from jobs.ports import Moderator, VendorBusy, VendorClosed, VendorError, VendorRefused, VendorStalled, VendorUnusable
from jobs.providers.catalog import Kind
from jobs.providers.offline_moderator import OfflineModerator
from jobs.providers.openai_moderator import OpenAIModerator
from tests.providers.conftest import model
from tests.providers.openai_document import hold_against

MODERATIONS, RESPONSES = "/v1/moderations", "/v1/responses"
PICTURE = base64.b64decode(material.picture(64))


@pytest.fixture
def moderator(openai: AsyncOpenAI) -> OpenAIModerator:
    moderation = model("omni-moderation-latest", Kind.MODERATOR)
    return OpenAIModerator(openai, moderation, model("gpt-6-luna", Kind.PICTURE_JUDGE))


@pytest.fixture(params=["offline", "openai"])
def any_moderator(request: pytest.FixtureRequest, moderator: Moderator) -> Moderator:
    return OfflineModerator() if request.param == "offline" else moderator


def saying(body: dict[str, object], code: int = 200) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return JSONResponse(body, code)

    return answer


async def silence(request: Request) -> Response:
    await asyncio.sleep(3)
    return JSONResponse({})


async def test_what_is_harmless_is_allowed(any_moderator: Moderator) -> None:
    assert (await any_moderator.judge_text("Mia walked to the sea.")).allowed
    assert (await any_moderator.judge_picture(PICTURE, "image/webp")).allowed


async def test_a_refusal_names_the_categories(moderator: Moderator, standins: Standins) -> None:
    standins.faults[MODERATIONS].append(saying(moderation("violence", "self-harm")))
    verdict = await moderator.judge_text("…")
    assert (verdict.allowed, set(verdict.categories)) == (False, {"violence", "self-harm"})


async def test_a_picture_has_two_verdicts_and_one_against_it_is_enough(
    moderator: Moderator, standins: Standins
) -> None:
    standins.faults[RESPONSES].append(saying(response('{"fit_for_children": false, "categories": ["sexual/minors"]}')))
    seen = await moderator.judge_picture(PICTURE, "image/webp")
    assert (seen.allowed, seen.categories) == (False, ("sexual/minors",))
    assert seen.usage.cost_micros > 0
    standins.faults[MODERATIONS].append(saying(moderation("violence/graphic")))
    moderated = await moderator.judge_picture(PICTURE, "image/webp")
    assert (moderated.allowed, moderated.categories) == (False, ("violence/graphic",))


async def test_what_is_asked_is_what_openai_documents(moderator: Moderator, standins: Standins) -> None:
    await moderator.judge_text("Mia walked to the sea.")
    await moderator.judge_picture(PICTURE, "image/webp")
    for path, body in standins.received:
        hold_against("CreateModerationRequest" if path == MODERATIONS else "CreateResponse", body)
    hold_against("CreateModerationResponse", moderation("violence"))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (saying({"error": {"message": "no"}}, 500), VendorBusy),
        (saying({"error": {"message": "no"}}, 401), VendorClosed),
        (saying({"id": "m", "model": "m", "results": []}), VendorUnusable),
        (silence, VendorStalled),
    ],
    ids=["500", "401", "no verdict", "silence"],
)
async def test_without_a_verdict_nothing_is_allowed(
    openai: AsyncOpenAI,
    standins: Standins,
    fault: Callable[[Request], Awaitable[Response]],
    kind: type[VendorError],
) -> None:
    moderator = OpenAIModerator(
        openai, model("omni-moderation-latest", Kind.MODERATOR), model("gpt-6-luna", Kind.PICTURE_JUDGE), patience_s=1
    )
    standins.faults[MODERATIONS] += [fault, fault]
    for verdict in (moderator.judge_text("Mia"), moderator.judge_picture(PICTURE, "image/webp")):
        with pytest.raises(VendorError) as raised:
            await verdict
        assert type(raised.value) is kind


async def test_a_picture_that_the_judge_will_not_look_at_is_refused(moderator: Moderator, standins: Standins) -> None:
    standins.faults[RESPONSES].append(saying({**response(""), "output": []}))
    with pytest.raises(VendorError):
        await moderator.judge_picture(PICTURE, "image/webp")


@pytest.mark.parametrize("result", [{}, {"flagged": None}, {"flagged": "no"}, {"flagged": 0}])
async def test_only_a_plain_no_allows(moderator: Moderator, standins: Standins, result: dict[str, object]) -> None:
    standins.faults[MODERATIONS].append(saying({"id": "m", "model": "m", "results": [result]}))
    with pytest.raises(VendorUnusable):
        await moderator.judge_text("…")


async def test_what_is_flagged_for_nothing_in_particular_is_unfit(moderator: Moderator, standins: Standins) -> None:
    standins.faults[MODERATIONS].append(saying({"id": "m", "model": "m", "results": [{"flagged": True}]}))
    verdict = await moderator.judge_text("…")
    assert (verdict.allowed, verdict.categories) == (False, ("unfit",))


async def test_a_verdict_that_is_no_object_is_none(moderator: Moderator, standins: Standins) -> None:
    async def words(request: Request) -> Response:
        return JSONResponse("hm")

    standins.faults[MODERATIONS].append(words)
    with pytest.raises(VendorUnusable):
        await moderator.judge_text("…")


@pytest.mark.parametrize("said", ["I can't help with that.", "", '{"fit_for_children": tr'])
async def test_a_look_without_a_verdict_is_a_refusal_that_was_paid_for(
    moderator: Moderator, standins: Standins, said: str
) -> None:
    standins.faults[RESPONSES].append(saying(response(said)))
    with pytest.raises(VendorRefused) as refused:
        await moderator.judge_picture(PICTURE, "image/webp")
    assert refused.value.usage.cost_micros > 0
