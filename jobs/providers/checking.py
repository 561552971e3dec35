"""Calls each configured vendor once, with the smallest call that goes all the way through our own adapter."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from PIL import Image

from jobs.ports import (
    CastSheet,
    MediaStore,
    NarrationBrief,
    Painted,
    PortraitBrief,
    Ports,
    StoryBrief,
    Usage,
    VendorBusy,
    VendorClosed,
    VendorError,
    VendorRefused,
    VendorStalled,
    VendorUnusable,
)
from jobs.prompts import portrait_prompt
from jobs.providers.catalog import Kind
from jobs.providers.choice import Chosen, ChosenMedia
from jobs.providers.survey import Survey
from models.vocabulary import AgeBand

PATIENCE_S = 180
"""A picture may take two minutes."""

Answer = tuple[str, Usage]
Call = Callable[[Ports], Awaitable[Answer]]

_UNITS = {
    Kind.WRITER: {"input_tokens": 1500, "output_tokens": 600},
    Kind.PAINTER: {"text_tokens": 150, "output_tokens": 1600},
    Kind.NARRATOR: {"characters": 6, "input_tokens": 10, "output_tokens": 50},
    Kind.MODERATOR: {},
    Kind.PICTURE_JUDGE: {"input_tokens": 600, "output_tokens": 60},
}
"""What a check's call consumes, about."""

_MEMBER = CastSheet(key="c1", name="Dot", appearance="a small red ball with a smile")

REMEDIES: dict[type[VendorError], str] = {
    VendorClosed: "look at the key, and at the vendor's billing and quota",
    VendorBusy: "try again in a minute; if it stays so, look at the base URL and at the vendor's status page",
    VendorStalled: "try again in a minute; if it stays so, look at the vendor's status page",
    VendorUnusable: "try again; if it stays so, name another model",
    VendorRefused: "try again; if it stays so, name another model",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One call to be made. `cost_micros` is what it will cost, about, in millionths of a US dollar."""

    kind: str
    vendor: str
    model: str
    cost_micros: int
    call: Call


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check ended: in words, which hold no key, and what it cost."""

    check: Check
    works: bool
    words: str
    took_s: float
    cost_micros: int


def checks(survey: Survey) -> list[Check]:
    """One for each vendor's model that will be used, and one for the bucket; the offline vendors need none."""
    found = [
        Check(each.kind, each.vendor, each.model.id, each.model.usage(**_UNITS[each.kind]).cost_micros, _call(each))
        for each in survey.used
        if each.model is not None
    ]
    if survey.media.bucket is not None:
        found.append(Check("media", "cloudflare" if survey.media.cdn else "s3", "-", 0, _call_media(survey.media)))
    return found


async def carry_out(check: Check, ports: Ports) -> Outcome:
    """Never raises: what goes wrong is the outcome."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_S):
            words, usage = await check.call(ports)
    except VendorError as error:
        return _failed(check, f"{error}: {_remedy(error)}", began, error.usage)
    except TimeoutError:
        return _failed(check, f"no end after {PATIENCE_S} s: {REMEDIES[VendorStalled]}", began)
    except Exception as error:  # an SDK's own words may quote its key
        return _failed(check, f"{type(error).__name__}, which nobody foresaw", began)
    return Outcome(check, True, words, time.monotonic() - began, usage.cost_micros)


def _failed(check: Check, words: str, began: float, usage: Usage | None = None) -> Outcome:
    return Outcome(check, False, words, time.monotonic() - began, usage.cost_micros if usage else 0)


def _remedy(error: VendorError) -> str:
    return next(words for kind, words in REMEDIES.items() if isinstance(error, kind))


def _call(chosen: Chosen) -> Call:
    async def call(ports: Ports) -> Answer:
        match chosen.kind:
            case Kind.WRITER:
                return await _plan(ports, chosen.name)
            case Kind.PAINTER:
                return await _paint(ports, chosen.name)
            case Kind.NARRATOR:
                return await _speak(ports, chosen.name)
            case Kind.MODERATOR:
                verdict = await ports.moderator.judge_text("A cat sleeps in the sun.")
            case Kind.PICTURE_JUDGE:
                verdict = await ports.moderator.judge_picture(_red_square(), "image/webp")
        return ("allows" if verdict.allowed else "refuses") + " what is harmless", verdict.usage

    return call


async def _plan(ports: Ports, name: str) -> Answer:
    brief = StoryBrief("A cat sleeps in the sun", None, AgeBand.AGES_3_5, "en", 1, ())
    planned = await ports.writers[name].plan(brief)
    return f"planned a story of {len(planned.plan.pages)} page", planned.usage


async def _paint(ports: Ports, name: str) -> Answer:
    brief = PortraitBrief(portrait_prompt(_MEMBER, "watercolor"), "watercolor", _MEMBER, "check")
    async for item in ports.painters[name].portrait(brief):
        if isinstance(item, Painted):
            picture = item.picture
            return f"painted {picture.width}x{picture.height}, {len(picture.data) // 1024} KB", item.usage
    raise VendorUnusable("no picture came")


async def _speak(ports: Ports, name: str) -> Answer:
    narrator = ports.narrators[name]
    voices = await narrator.voices()
    if not voices:
        raise VendorUnusable("the vendor has no voices")
    spoken = await narrator.narrate(NarrationBrief(text="Hello.", voice=voices[0].id, language=voices[0].language))
    return f"spoke for {spoken.duration_ms / 1000:.1f} s, with one of {len(voices)} voices", spoken.usage


def _call_media(chosen: ChosenMedia) -> Call:
    async def call(ports: Ports) -> Answer:
        key = f"checks/{uuid4().hex}.webp"
        data = _red_square()
        await ports.media.put(key, data, "image/webp")
        try:
            await _fetch(ports.media, key, data)
        finally:
            await ports.media.delete(key)
        return f"kept, gave and deleted {len(data)} bytes in {chosen.bucket}", Usage()

    return call


async def _fetch(media: MediaStore, key: str, data: bytes) -> None:
    """As a reader would, by the signed URL, and with a signature that is not one."""
    import httpx

    async with httpx.AsyncClient(timeout=20) as client:
        try:
            answer, stranger = await asyncio.gather(client.get(media.url(key)), client.get(media.url(key)[:-8]))
        except httpx.HTTPError as error:
            raise VendorBusy(f"media URLs lead nowhere ({type(error).__name__})") from error
    if answer.content != data:
        raise VendorUnusable(f"a signed URL is answered with {answer.status_code}")
    if stranger.content == data:
        raise VendorUnusable("a URL with a wrong signature is answered too: the CDN has no rule that asks for it")


def _red_square() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (256, 256), "red").save(kept, "WEBP")
    return kept.getvalue()
