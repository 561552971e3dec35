"""The offline shop's events: sent to our own endpoint, signed as Stripe signs them."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence

import httpx
import orjson
import structlog

from jobs.payments import Heard
from jobs.providers import stripe_events

_log = structlog.get_logger()

TRIES = 3


class Webhooks:
    """Our own endpoint below `base_url`, and the `secret` by which it knows its events."""

    def __init__(self, base_url: str, secret: str) -> None:
        self._base_url = base_url
        self._secret = secret

    def heard(self, body: bytes, signature: str | None) -> Heard:
        return stripe_events.heard(body, signature, self._secret)

    async def tell(self, events: Sequence[tuple[str, str, str]]) -> None:
        """Sends an event for each (type, object, id). What can't be told is found by `storycanvas reconcile`."""
        async with httpx.AsyncClient(timeout=10) as http:
            for kind, noun, id in events:
                event = {
                    "id": f"evt_{secrets.token_urlsafe(18)}",
                    "object": "event",
                    "type": kind,
                    "created": int(time.time()),
                    "livemode": False,
                    "data": {"object": {"id": id, "object": noun}},
                }
                await self._send(http, orjson.dumps(event).decode(), kind)

    async def _send(self, http: httpx.AsyncClient, body: str, kind: str) -> None:
        for attempt in range(1, TRIES + 1):
            headers = stripe_events.signed(body, self._secret)
            try:
                answer = await http.post(f"{self._base_url}/webhooks/stripe", content=body, headers=headers)
                if answer.status_code == 200:
                    return
                problem = str(answer.status_code)
            except httpx.HTTPError as error:
                problem = type(error).__name__
            _log.warning("webhook.not_delivered", kind=kind, attempt=attempt, problem=problem)
            await asyncio.sleep(0.2 * attempt)
