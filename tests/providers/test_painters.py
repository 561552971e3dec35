"""Pictures by vendors: the real SDK over real HTTP, and what is made of what a painter may send."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest
from openai import AsyncOpenAI
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from benchmarks.vendors import material
from benchmarks.vendors.standins import IMAGE, IMAGE_USAGE, Standins
from jobs.ports import (
    CastSheet,
    Painted,
    PictureBrief,
    PlannedPage,
    PortraitBrief,
    Preview,
    Reference,
    VendorBusy,
    VendorClosed,
    VendorError,
    VendorRefused,
    VendorUnusable,
)
from jobs.providers.catalog import Kind
from jobs.providers.openai_painter import OpenAIPainter
from jobs.providers.pictures import picture_after, picture_from
from models.vocabulary import TimeOfDay, Weather
from tests.providers.conftest import model
from tests.providers.openai_document import hold_against

MIA = CastSheet(key="c1", name="Mia", appearance="a small brown mole")
PORTRAIT = PortraitBrief("A portrait of Mia.", "watercolor", MIA, "seed")
PAGE = PlannedPage(
    beat="They walk.",
    place="a hill",
    time_of_day=TimeOfDay.DAY,
    weather=Weather.CLEAR,
    cast=("c1",),
    action="walking",
    picture="Mia walks",
)
SEEN = (Reference("c1", base64.b64decode(material.picture(64)), "image/webp"),)
PICTURE = PictureBrief("Mia on a hill.", "watercolor", PAGE, (MIA,), SEEN, "seed")
GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"


@pytest.fixture
def painter(openai: AsyncOpenAI) -> OpenAIPainter:
    return OpenAIPainter(openai, model("gpt-image-2.6-flare", Kind.PAINTER))


async def painted(stream: AsyncIterator[Preview | Painted]) -> tuple[list[Preview], Painted]:
    items = [item async for item in stream]
    assert isinstance(items[-1], Painted)
    return [item for item in items[:-1] if isinstance(item, Preview)], items[-1]


@pytest.mark.parametrize("kind", ["portrait", "page"])
async def test_a_page_has_previews_and_both_have_a_picture_that_is_paid_for(painter: OpenAIPainter, kind: str) -> None:
    stream = painter.portrait(PORTRAIT) if kind == "portrait" else painter.paint(PICTURE)
    previews, final = await painted(stream)
    assert len(previews) == (0 if kind == "portrait" else 2)
    picture = final.picture
    assert (picture.width, picture.height, picture.content_type) == (1024, 1024, "image/webp")
    with Image.open(io.BytesIO(picture.data)) as image:
        assert (image.size, image.format) == ((1024, 1024), "WEBP")
    assert len(picture.blurhash) > 20
    # 200 text tokens at $5, 700 of images at $8 and 1,400 out at $30 a million.
    assert final.usage.cost_micros == 1000 + 5600 + 42000


async def test_a_later_picture_has_the_blurhash_of_the_first_and_is_whole_or_refused() -> None:
    first = await picture_from(material.picture(), size=None)
    whole = base64.b64decode(material.picture(512))
    later = await picture_after(first, base64.b64encode(whole).decode())
    assert (later.data, later.width, later.height, later.blurhash) == (whole, 512, 512, first.blurhash)
    for broken in (whole[:-100], whole[:20], b"", b"no picture"):
        with pytest.raises(VendorUnusable):
            await picture_after(first, base64.b64encode(broken).decode())
    with pytest.raises(VendorUnusable):
        await picture_after(first, base64.b64encode(whole).decode(), size=(1024, 1024))


async def test_the_cast_goes_along_as_reference_images_and_the_prompt_says_who_is_who(
    painter: OpenAIPainter, standins: Standins
) -> None:
    await painted(painter.paint(PICTURE))
    ((path, form),) = standins.received
    assert path == EDITS
    assert form.get("image[]") == [{"name": "c1.webp", "type": "image/webp"}]
    assert form["prompt"][0].startswith(PICTURE.prompt)
    assert "image 1 is Mia" in form["prompt"][0]
    assert form["partial_images"] == ["2"]


async def test_what_is_asked_is_what_openai_documents(painter: OpenAIPainter, standins: Standins) -> None:
    await painted(painter.portrait(PORTRAIT))
    assert standins.received[0][1]["partial_images"] == 0, "nobody sees a portrait's previews, and they are paid for"
    hold_against("CreateImageRequest", standins.received[0][1])


@pytest.mark.parametrize("kind", ["image_generation", "image_edit"])
def test_the_stand_ins_send_what_openai_documents(kind: str) -> None:
    name = "Edit" if kind == "image_edit" else "Gen"
    frame = {"type": f"{kind}.completed", **IMAGE, "b64_json": "QQ==", "usage": IMAGE_USAGE}
    hold_against(f"Image{name}CompletedEvent", frame)
    frame = {"type": f"{kind}.partial_image", **IMAGE, "b64_json": "QQ==", "partial_image_index": 0}
    hold_against(f"Image{name}PartialImageEvent", frame)


def completed(b64: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        frame = {"type": "image_generation.completed", **IMAGE, "b64_json": b64, "usage": IMAGE_USAGE}

        async def frames() -> AsyncIterator[bytes]:
            yield b"event: image_generation.completed\ndata: " + orjson.dumps(frame) + b"\n\n"

        return StreamingResponse(frames(), media_type="text/event-stream")

    return answer


def status(code: int, error: dict[str, Any] | None = None, **headers: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return JSONResponse({"error": error or {"message": "no", "type": "x", "code": None}}, code, headers)

    return answer


async def json_instead(request: Request) -> Response:
    return JSONResponse({"created": 1, "data": [{"b64_json": material.picture()}]})


async def ended_early(request: Request) -> Response:
    async def frames() -> AsyncIterator[bytes]:
        yield b": nothing to see\n\n"

    return StreamingResponse(frames(), media_type="text/event-stream")


BLOCKED = {"message": "no", "type": "image_generation_user_error", "code": "moderation_blocked"}
QUOTA = {"message": "no", "type": "insufficient_quota", "code": "insufficient_quota"}
CUT_SHORT = base64.b64encode(base64.b64decode(material.picture())[:5000]).decode()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (status(400, BLOCKED), VendorRefused),
        (status(429), VendorBusy),
        (status(500), VendorBusy),
        (status(401), VendorClosed),
        (status(429, QUOTA), VendorClosed),
        (json_instead, VendorUnusable),
        (ended_early, VendorUnusable),
        (completed(""), VendorUnusable),
        (completed("not base64!"), VendorUnusable),
        (completed(base64.b64encode(b"no picture").decode()), VendorUnusable),
        (completed(CUT_SHORT), VendorUnusable),
        (completed(material.picture(512)), VendorUnusable),
    ],
    ids=[
        "blocked", "429", "500", "401", "quota", "JSON instead of a stream", "a clean early end", "an empty picture",
        "no base64", "no picture", "cut short", "wrong dimensions",
    ],
)  # fmt: skip
async def test_a_fault_has_a_defined_outcome(
    painter: OpenAIPainter,
    standins: Standins,
    fault: Callable[[Request], Awaitable[Response]],
    kind: type[VendorError],
) -> None:
    standins.faults[GENERATIONS].append(fault)
    with pytest.raises(VendorError) as raised:
        await painted(painter.portrait(PORTRAIT))
    assert type(raised.value) is kind
    assert "Mia" not in str(raised.value)


async def test_a_picture_of_no_use_has_been_paid_for_all_the_same(painter: OpenAIPainter, standins: Standins) -> None:
    standins.faults[GENERATIONS].append(completed(material.picture(512)))
    with pytest.raises(VendorUnusable) as raised:
        await painted(painter.portrait(PORTRAIT))
    assert raised.value.usage.cost_micros > 0


async def test_another_format_becomes_webp(painter: OpenAIPainter, standins: Standins) -> None:
    file = io.BytesIO()
    Image.new("RGB", (1024, 1024), "teal").save(file, "PNG")
    standins.faults[GENERATIONS].append(completed(base64.b64encode(file.getvalue()).decode()))
    _, final = await painted(painter.portrait(PORTRAIT))
    with Image.open(io.BytesIO(final.picture.data)) as image:
        assert image.format == "WEBP"
