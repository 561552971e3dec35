"""Retirements that OpenAI has announced since the catalog was written: its list of models says `shutdown_date`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import structlog

from jobs.providers.catalog import WARNED_AHEAD, Model

if TYPE_CHECKING:
    from openai import AsyncOpenAI

AGAIN_AFTER_S = 24 * 3600
WITHIN_S = 30

_log = structlog.get_logger()


async def warn_of_retirements(client: AsyncOpenAI, used: Sequence[Model]) -> None:
    """Warns in the log, once a day, of models in use that end within 60 days or that it does not list.

    Runs until it is cancelled. A list that can't be had is a warning and nothing more.
    """
    while True:
        try:
            async with asyncio.timeout(WITHIN_S):
                ends = await shutdown_dates(client)
            _warn(used, ends, datetime.now(UTC).date())
        except Exception as error:  # a worker makes books, whatever a list of models is like
            _log.warning("models.not_listed", vendor="openai", error=type(error).__name__)
        await asyncio.sleep(AGAIN_AFTER_S)


def _warn(used: Sequence[Model], ends: Mapping[str, date | None], today: date) -> None:
    for model in used:
        if model.id not in ends:
            _log.warning("model.not_listed", model=model.id, vendor=model.vendor)
        elif (on := ends[model.id]) is not None and on <= today + WARNED_AHEAD:
            _log.warning("model.shutdown_announced", model=model.id, vendor=model.vendor, on=str(on))


async def shutdown_dates(client: AsyncOpenAI) -> dict[str, date | None]:
    """Every model that is listed, with its last day; None where none is announced, or what is said is no date."""
    found: dict[str, date | None] = {}
    async for model in client.models.list():
        try:
            found[model.id] = date.fromisoformat(model.shutdown_date or "")
        except (TypeError, ValueError):
            found[model.id] = None
    return found
