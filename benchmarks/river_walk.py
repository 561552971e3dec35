"""The book of vendors that have no engine: every plan of theirs is the same, and so is every picture."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

from PIL import Image

from jobs.ports import (
    CastSheet,
    Narrator,
    Painter,
    Picture,
    Plan,
    Planned,
    PlannedPage,
    Ports,
    StoryBrief,
    Usage,
    VoiceSheet,
    Writer,
)
from jobs.providers import open_ports
from models.secrets import derive, load_secret
from models.settings import Settings
from models.vocabulary import TimeOfDay, Weather

SIZE = 16
"""The side of every picture, in pixels. The moderator looks at them, so they are real."""


def river_walk(brief: StoryBrief) -> Planned:
    """A plan that invents one cast member, who is seen on every page."""
    hedgehog = CastSheet(key="n1", name="Hilla", appearance="a small hedgehog with a yellow hat")
    page = PlannedPage(
        beat="Hilla walks along the river.",
        place="a river bank",
        time_of_day=TimeOfDay.DAY,
        weather=Weather.CLEAR,
        cast=("n1",),
        action="walking",
        picture="A small hedgehog walks along a river.",
    )
    plan = Plan(title="The River Walk", cast=(*brief.cast, hedgehog), pages=(page,) * brief.page_count)
    return Planned(plan, Usage())


def a_meadow() -> Picture:
    encoded = io.BytesIO()
    Image.new("RGB", (SIZE, SIZE), (120, 160, 90)).save(encoded, "WEBP")
    return Picture(encoded.getvalue(), SIZE, SIZE, "image/webp", "00Eo}c")


@asynccontextmanager
async def instead_of_offline(
    settings: Settings, writer: Writer, painter: Painter, narrator_with: Callable[[Sequence[VoiceSheet]], Narrator]
) -> AsyncGenerator[Ports]:
    """Vendors under the offline ones' names, so that the server finds them; moderator, store and voices are real."""
    secret = derive(load_secret(settings.secret, settings.data), b"media")
    async with open_ports(settings, media_secret=secret) as offline:
        yield Ports(
            writers={"offline": writer},
            painters={"offline": painter},
            narrators={"offline": narrator_with(await offline.narrators["offline"].voices())},
            moderator=offline.moderator,
            media=offline.media,
        )
