"""Makes the vendors that were chosen. Each vendor has one client, opened with its first use and closed at the end.

The SDKs are imported here, inside of what needs them: importing them takes a second, and without keys nobody does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import cached_property
from typing import TYPE_CHECKING

import structlog
from pydantic import SecretStr

from jobs.payments import Payments
from jobs.ports import MediaStore, Moderator, Narrator, Painter, Writer
from jobs.providers.catalog import Kind, Model
from jobs.providers.choice import Chosen, ChosenMedia, ChosenPayments
from jobs.providers.offline_pool import OfflinePool
from models.secrets import derive
from models.settings import Settings

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from httpx import AsyncClient
    from openai import AsyncOpenAI

_log = structlog.get_logger()

CONNECT_S = 5.0
SILENCE_S = 60.0
"""How long a vendor may say nothing in the middle of an answer; painters have longer, see their adapter."""


class Opening:
    """Opens what is asked for; `stack` closes it."""

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._stack = stack

    def writer(self, chosen: Chosen) -> Writer:
        match chosen:
            case Chosen(vendor="openai", model=Model() as model):
                from jobs.providers.openai_writer import OpenAIWriter

                return OpenAIWriter(self._openai, model)
            case Chosen(vendor="anthropic", model=Model() as model):
                from jobs.providers.anthropic_writer import AnthropicWriter

                return AnthropicWriter(self._anthropic, model)
            case _:
                from jobs.providers.offline_writer import OfflineWriter

                return OfflineWriter(self._settings.offline_pace)

    def painter(self, chosen: Chosen) -> Painter:
        match chosen:
            case Chosen(vendor="openai", model=Model() as model):
                from jobs.providers.openai_painter import OpenAIPainter

                return OpenAIPainter(self._openai, model)
            case _:
                from jobs.providers.offline_painter import OfflinePainter

                return OfflinePainter(self._pool(), self._settings.offline_pace)

    def narrator(self, chosen: Chosen) -> Narrator:
        match chosen:
            case Chosen(vendor="elevenlabs", model=Model() as model):
                from jobs.providers.elevenlabs_narrator import ElevenLabsNarrator

                key = _secret(self._settings.elevenlabs_api_key)
                return ElevenLabsNarrator(self._http, key, model, self._aligning)
            case Chosen(vendor="openai", model=Model() as model):
                from jobs.providers.openai_narrator import OpenAINarrator

                return OpenAINarrator(self._openai, model, self._aligning)
            case _:
                from jobs.providers.offline_narrator import OfflineNarrator, warm_up

                return OfflineNarrator(self._pool(warm_up), self._settings.offline_pace)

    def moderator(self, chosen: Sequence[Chosen]) -> Moderator:
        """The one moderator that judges everything: the vendor's where there is a key."""
        models = {each.kind: each.model for each in chosen if each.model is not None}
        moderation, judge = models.get(Kind.MODERATOR), models.get(Kind.PICTURE_JUDGE)
        if moderation is not None and judge is not None:
            from jobs.providers.openai_moderator import OpenAIModerator

            return OpenAIModerator(self._openai, moderation, judge)
        from jobs.providers.offline_moderator import OfflineModerator

        return OfflineModerator()

    def media(self, chosen: ChosenMedia, base_url: str, secret: bytes) -> MediaStore:
        """`base_url` and `secret` are of the URLs that the API serves itself, where media lie in a local folder."""
        settings = self._settings
        if chosen.bucket is None:
            from jobs.providers.offline_media import LocalMediaStore

            return LocalMediaStore(settings.data / "media", base_url, secret, time.time)
        from jobs.providers.media_urls import CloudflareUrls, PresignedUrls
        from jobs.providers.s3_media import S3MediaStore, bucket_url, open_client

        key_id, key = (
            each.get_secret_value() if each else None
            for each in (settings.aws_access_key_id, settings.aws_secret_access_key)
        )
        client = open_client(settings.s3_endpoint_url, settings.aws_region, key_id, key)
        self._stack.callback(client.close)
        if chosen.cdn is not None:
            urls = CloudflareUrls(chosen.cdn, _secret(settings.cdn_secret))
        elif key_id and key:
            urls = PresignedUrls(bucket_url(client, chosen.bucket), key_id, key, settings.aws_region)
        else:
            raise ValueError("a bucket was chosen whose URLs nobody can sign")
        return S3MediaStore(client, chosen.bucket, urls, time.time)

    def payments(self, chosen: ChosenPayments, base_url: str, secret: bytes) -> Payments | None:
        """`base_url` is where the offline checkout is served and listened to; its events are signed with a part of
        `secret`. None where nothing is sold."""
        settings = self._settings
        if chosen.closed:
            _log.warning("shop.closed", why=chosen.why)
            return None
        if chosen.prices is None:
            from jobs.providers.offline_books import Books
            from jobs.providers.offline_payments import OfflinePayments
            from jobs.providers.offline_webhooks import Webhooks

            webhooks = Webhooks(base_url, derive(secret, b"webhooks").hex())
            return OfflinePayments(Books(settings.data / "payments"), base_url, webhooks)
        from jobs.providers.stripe_payments import StripePayments, open_client

        client, close = open_client(_secret(settings.stripe_secret_key), settings.stripe_base_url)
        self._stack.push_async_callback(close)
        return StripePayments(client, _secret(settings.stripe_webhook_secret), chosen.prices)

    async def warn_of_retirements(self, used: Sequence[Model]) -> None:
        """Runs for ever where a model of OpenAI's is used."""
        of_openai = [model for model in used if model.vendor == "openai"]
        if of_openai:
            from jobs.providers.retirement import warn_of_retirements

            await warn_of_retirements(self._openai, of_openai)

    @cached_property
    def _openai(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI, Timeout

        client = AsyncOpenAI(
            api_key=_secret(self._settings.openai_api_key),
            base_url=self._settings.openai_base_url or "https://api.openai.com/v1",
            max_retries=0,  # the driver retries, and counts
            timeout=Timeout(SILENCE_S, connect=CONNECT_S),
        )
        self._stack.push_async_callback(client.close)
        return client

    @cached_property
    def _anthropic(self) -> AsyncAnthropic:
        from anthropic import AsyncAnthropic, Timeout

        client = AsyncAnthropic(
            api_key=_secret(self._settings.anthropic_api_key),
            base_url=self._settings.anthropic_base_url or "https://api.anthropic.com",
            max_retries=0,
            timeout=Timeout(SILENCE_S, connect=CONNECT_S),
        )
        self._stack.push_async_callback(client.close)
        return client

    @cached_property
    def _http(self) -> AsyncClient:
        """For ElevenLabs, whose own client can't be closed."""
        from httpx import AsyncClient, Timeout

        client = AsyncClient(
            base_url=self._settings.elevenlabs_base_url or "https://api.elevenlabs.io",
            timeout=Timeout(SILENCE_S, connect=CONNECT_S),
        )
        self._stack.push_async_callback(client.aclose)
        return client

    @cached_property
    def _aligning(self) -> OfflinePool:
        from jobs.providers.speech.forced import warm_up

        return self._pool(warm_up)

    def _pool(self, warm_up: Callable[[], None] | None = None) -> OfflinePool:
        pool = OfflinePool(self._settings.offline_processes, warm_up)
        self._stack.callback(pool.close)
        return pool


def _secret(key: SecretStr | None) -> str:
    if key is None:
        raise ValueError("a vendor without a key was chosen")
    return key.get_secret_value()
