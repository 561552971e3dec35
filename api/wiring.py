"""The API's door: reads settings, opens pools and ports, and closes them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from jobs.limits import Limits
from jobs.listener import Listener
from jobs.log import StoryLog
from jobs.points import Points
from jobs.providers import concurrency, open_ports
from jobs.queue import Queue, open_arq, open_listening_redis, open_redis
from jobs.tries import Tries
from jobs.work import Transactions
from models.database import Database
from models.experiments import VOICE, WRITER
from models.readers import Readers
from models.secrets import derive, load_secret
from models.settings import Settings
from models.weights import parse_weights
from resolvers.arms import open_experiments
from resolvers.availability import Spending
from resolvers.house import House
from resolvers.kept import Kept
from resolvers.sessions import Sessions
from resolvers.shop import return_origins
from resolvers.voices import told_voices
from schema.documents import Documents
from schema.limits import Limits as OperationLimits


@dataclass(frozen=True, slots=True)
class Open:
    """The house, what readiness is asked of, and what its door counts with."""

    house: House
    redis: Redis
    documents: Documents
    points: Points


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncGenerator[Open]:
    """Raises ValueError where the settings name no database or no Redis."""
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("the API needs DATABASE_URL and REDIS_URL")
    redis_url = settings.redis_url.get_secret_value()
    secret = load_secret(settings.secret, settings.data)
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url.get_secret_value(), settings.database_pool)
        stack.push_async_callback(database.close)
        readers = Readers(settings.database_url.get_secret_value(), settings.database_readers)
        stack.push_async_callback(readers.close)
        sessions = Sessions(readers)
        stack.push_async_callback(sessions.close)
        redis = open_redis(redis_url)
        stack.push_async_callback(redis.aclose)
        arq = open_arq(redis_url, patient=False)
        stack.push_async_callback(arq.aclose)
        listening = open_listening_redis(redis_url)
        stack.push_async_callback(listening.aclose)
        listener = await stack.enter_async_context(Listener(listening))
        ports = await stack.enter_async_context(open_ports(settings, media_secret=derive(secret, b"media")))
        voices = await stack.enter_async_context(told_voices(ports.narrators))
        weights = {WRITER: parse_weights(settings.writer_weights), VOICE: parse_weights(settings.voice_weights)}
        arms = stack.enter_context(open_experiments(database, weights))
        log = StoryLog(redis)
        documents = Documents(_limits(settings))
        stack.callback(documents.close)
        transactions = Transactions(database, log, Queue(arq))
        stack.push_async_callback(transactions.left)
        limits = Limits(redis, concurrency(), settings.vendor_patience_s)
        stack.push_async_callback(limits.close)
        yield Open(
            House(
                database=database,
                readers=readers,
                sessions=sessions,
                kept=Kept(settings.kept_bytes),
                transactions=transactions,
                log=log,
                listener=listener,
                ports=ports,
                voices=voices,
                token_key=derive(secret, b"access tokens"),
                access_token_s=settings.access_token_s,
                refresh_token_s=settings.refresh_token_s,
                stories_at_once=settings.stories_at_once,
                signup_credits=settings.signup_credits,
                verify_email=settings.verify_email,
                return_origins=return_origins(settings.base_url, settings.allowed_origins),
                require_consent=settings.require_consent,
                tries=Tries(redis),
                account_tries=settings.account_tries,
                address_tries=settings.address_tries,
                limits=limits,
                spending=Spending(database, round(settings.daily_ceiling_usd * 1_000_000)),
                experiments=arms,
            ),
            redis,
            documents,
            Points(redis, settings.points_an_hour),
        )


def _limits(settings: Settings) -> OperationLimits:
    return OperationLimits(
        tokens=settings.max_tokens,
        text=settings.max_document,
        depth=settings.max_depth,
        aliases=settings.max_aliases,
        directives=settings.max_directives,
        root_fields=settings.max_root_fields,
        mutations=settings.max_mutations,
        nodes=settings.max_nodes,
        listed=settings.max_listed,
    )
