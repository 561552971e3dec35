"""Putting what was made into the media store: its maker has been paid, so the store is asked again, not the maker."""

from __future__ import annotations

import stamina
import structlog

from jobs.ports import MediaStore, VendorBusy, VendorError, VendorStalled

_log = structlog.get_logger()

PATIENCE_S = 20.0
"""Less than the lease of a portrait, which is held meanwhile."""


async def keep(media: MediaStore, key: str, data: bytes, content_type: str) -> None:
    """Puts `data` under `key`, again for as long as the store is away, and for PATIENCE_S at most.

    Raises VendorError where it stays away. That says nothing of the vendor whose slot the caller holds.
    """
    try:
        async for attempt in stamina.retry_context(
            on=(VendorBusy, VendorStalled), attempts=None, timeout=PATIENCE_S, wait_initial=0.1, wait_max=5.0
        ):
            with attempt:
                await media.put(key, data, content_type)
    except VendorError as error:
        _log.error("media.not_kept", error=str(error))
        error.noticed = True
        raise
