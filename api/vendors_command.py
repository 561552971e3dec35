"""`storycanvas vendors`: which vendor and model is used for what, why, and whether each answers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from typing import TypeVar
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from api.wiring import Chosen, Model, choose, every_model, open_ports
from jobs.ports import CastSheet, NarrationBrief, PortraitBrief, Ports, StoryBrief, Usage, VendorError
from models.settings import Settings
from models.vocabulary import AgeBand

T = TypeVar("T")
WIDTH_OF_A_FILE = 140


def show_vendors(settings: Settings) -> None:
    """Prints what will be used, then what the catalog has beside. Raises NotUsable."""
    today = datetime.now(UTC).date()
    chosen = choose(settings, today)
    used = Table("For", "Vendor", "Model", "Why", title="What will be used; the first of a kind is the default")
    for each in chosen:
        used.add_row(each.kind.value, each.vendor, each.model.id if each.model else "", _why(each, today))
    used.add_row("media", *_media(settings))
    others = Table("For", "Vendor", "Model", "Why not", title="What the catalog has beside")
    taken = {(each.kind, each.model.id) for each in chosen if each.model}
    for model in every_model():
        if (model.kind, model.id) not in taken:
            others.add_row(model.kind.value, model.vendor, model.id, _why_not(model, chosen, today))
    console = _console()
    console.print(used)
    console.print(others)


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    return console


def _why(each: Chosen, today: date) -> str:
    if each.model is not None and each.model.retires_soon(today):
        return f"{each.why}; retires on {each.model.retires_on}: name another one soon"
    return each.why


def _why_not(model: Model, chosen: list[Chosen], today: date) -> str:
    if model.unavailable is not None:
        return model.unavailable
    if model.retired(today):
        return f"retired on {model.retires_on}"
    if any(each.vendor == model.vendor for each in chosen):
        return f"not the default: name it in STORYCANVAS_{model.kind.value.upper()}S"
    return f"no key of {model.vendor} is set"


def _media(settings: Settings) -> tuple[str, str, str]:
    cdn = f", through {settings.cdn_base_url}" if settings.cdn_base_url else ""
    if settings.s3_bucket is None:
        return "a folder", str(settings.data / "media"), "S3_BUCKET is not set"
    return "S3", settings.s3_bucket, f"S3_BUCKET is set{cdn}"


async def check_vendors(settings: Settings) -> bool:
    """Calls each once with something small, and says what came of it. False where one did not answer."""
    console = _console()
    well = True
    async with open_ports(settings, media_secret=b"only to look" * 3) as ports:
        for what, call in _calls(ports):
            began = time.monotonic()
            try:
                usage = await call()
            except VendorError as error:
                well = False
                console.print(f"[red]no[/]   {what}: {error}")
            else:
                cost = f", ${usage.cost_micros / 1e6:.4f}" if usage.cost_micros else ""
                console.print(f"[green]yes[/]  {what}: {time.monotonic() - began:.1f} s{cost}")
    return well


def _calls(ports: Ports) -> list[tuple[str, Callable[[], Awaitable[Usage]]]]:
    brief = StoryBrief("A snail who wins a race", None, AgeBand.AGES_3_5, "en", 1, ())
    snail = CastSheet(key="c1", name="Snail", appearance="a small snail with a blue shell")
    portrait = PortraitBrief("A small snail with a blue shell, watercolor.", "watercolor", snail, "a look")

    async def judge() -> Usage:
        return (await ports.moderator.judge_text("A snail wins a race.")).usage

    async def keep() -> Usage:
        key = f"looks/{uuid4().hex}.mp3"
        await ports.media.put(key, b"a look", "audio/mpeg")
        await ports.media.get(key)
        await ports.media.delete(key)
        return Usage()

    def write(name: str) -> Callable[[], Awaitable[Usage]]:
        async def call() -> Usage:
            return (await ports.writers[name].plan(brief)).usage

        return call

    def paint(name: str) -> Callable[[], Awaitable[Usage]]:
        async def call() -> Usage:
            return getattr(await _last(ports.painters[name].portrait(portrait)), "usage", Usage())

        return call

    def speak(name: str) -> Callable[[], Awaitable[Usage]]:
        async def call() -> Usage:
            voice = (await ports.narrators[name].voices())[0]
            return (await ports.narrators[name].narrate(NarrationBrief("Good night.", voice.id, "en"))).usage

        return call

    return [
        (f"moderator {ports.moderator.vendor}", judge),
        *((f"writer {name}", write(name)) for name in ports.writers),
        *((f"painter {name}", paint(name)) for name in ports.painters),
        *((f"narrator {name}", speak(name)) for name in ports.narrators),
        ("media", keep),
    ]


async def _last(items: AsyncIterator[T]) -> T | None:
    last: T | None = None
    async for item in items:
        last = item
    return last
