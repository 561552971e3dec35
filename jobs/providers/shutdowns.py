"""What OpenAI's own list of models says of their end. The catalog may not know of it yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import structlog
from openai import AsyncOpenAI

from jobs.ports import VendorError
from jobs.providers.catalog import WARNED_AHEAD, Model
from jobs.providers.faults import told_as_ours

_log = structlog.get_logger()


async def warn_of_shutdowns(client: AsyncOpenAI, models: Sequence[Model]) -> None:
    """Logs a warning for each model that the list does not have, or ends soon. That nothing answers is no harm."""
    today = datetime.now(UTC).date()
    try:
        with told_as_ours("openai"):
            ends = {listed.id: _end(listed.to_dict().get("shutdown_date")) async for listed in client.models.list()}
    except VendorError as error:
        _log.info("model.list_unread", vendor="openai", error=str(error))
        return
    for model in models:
        end = ends.get(model.id)
        if model.id not in ends:
            _log.warning("model.not_listed", model=model.id, vendor="openai")
        elif end is not None and end <= today + WARNED_AHEAD:
            _log.warning("model.retires_soon", model=model.id, vendor="openai", on=str(end))


def _end(said: object) -> date | None:
    """A date as ISO 8601 or as Unix seconds; None for anything else."""
    if isinstance(said, int | float):
        return datetime.fromtimestamp(said, UTC).date()
    try:
        return datetime.fromisoformat(str(said)).date()
    except ValueError:
        return None
