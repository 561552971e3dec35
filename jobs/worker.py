"""The worker's door: arq's loop, the stories this process makes, the sweeper and the heartbeat.

arq is the doorbell, literally: its job claims a story, leaves the making to a task of this process, and is over. So
arq's queue is short, a killed worker leaves nothing in it that blocks anybody, and a Redis that goes away takes the
doorbell with it but no story. How many stories a process makes at once is bounded by not listening to the bell.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import structlog
import uvloop
from arq.typing import WorkerCoroutine
from arq.worker import Worker as ArqWorker
from arq.worker import func
from redis.exceptions import RedisError

from jobs import queue
from jobs.driver import make_story, take_story
from jobs.errands import Errands
from jobs.judging import Judge
from jobs.leases import LeaseKeeper
from jobs.limits import Limits
from jobs.log import StoryLog
from jobs.ports import Ports
from jobs.providers import concurrency, open_ports, warn_of_retirements
from jobs.queue import MakePortrait, MakeStory, Queue, RemoveStory, RunErrand, open_arq, open_redis
from jobs.removal import remove_story
from jobs.steps.portrait import paint_character
from jobs.work import Transactions
from models import accounts, email_tokens, errands, idempotency, inbox, outbox
from models.database import Database, Session, is_connection_lost
from models.due import what_is_due
from models.logs import configure_logs
from models.secrets import derive, load_secret
from models.settings import Settings

_log = structlog.get_logger()

MakePorts = Callable[[], contextlib.AbstractAsyncContextManager[Ports]]

PATIENCE_S = 60.0
"""How long a step waits for a connection to PostgreSQL: what it has to keep is paid for."""
SWEEP_EVERY_S = 1.0
FORGET_EVERY_S = 60.0
BUSY_LOOK_S = 0.2
"""How often a worker that is making stories looks for more; an idle one looks all the time. Looking all
the time was one of the larger parts of a book's processor time."""
RUBBISH = 10_000
"""Objects made and not yet gone before Python looks for rubbish; its own 700 are soon made by a few statements."""
MAKERS_FIRST_S = 3.0
ASKS_IN_VAIN = 5
RINGS_AT_ONCE = 20
FORGET_SENT_AFTER = timedelta(hours=1)


@dataclass
class Workbench:
    """What a worker process works with."""

    name: str
    transactions: Transactions
    log: StoryLog
    queue: Queue
    ports: Ports
    judge: Judge
    keeper: LeaseKeeper
    errands: Errands
    stories: int
    making: dict[UUID, asyncio.Task[None]] = field(default_factory=dict[UUID, "asyncio.Task[None]"])
    claims: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])
    portraits: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])
    running: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])
    """Errands under way."""
    asks: dict[tuple[UUID, int], int] = field(default_factory=dict[tuple[UUID, int], int])
    """How often in a row the sweeper has asked for a story's generation."""
    forgot_at: float = float("-inf")
    """When the sweeper last removed what nobody needs any more, in monotonic seconds."""
    stopping: bool = False

    @property
    def room(self) -> int:
        """How many more stories this process may take."""
        return 0 if self.stopping else max(0, self.stories - len(self.making) - len(self.claims))

    async def take(self, story_id: UUID) -> None:
        """Claims a story and begins to make it, if there is anything to do and room for it."""
        if not self.room:
            return
        claim = asyncio.create_task(self._claim(story_id))
        self.claims.add(claim)
        claim.add_done_callback(self.claims.discard)
        # Whoever asked may be cancelled; the story that has been claimed by then is still ours to make or hand over.
        await asyncio.shield(claim)

    async def _claim(self, story_id: UUID) -> None:
        claimed = await take_story(self.transactions, story_id, self.name)
        if claimed is None:
            return
        lease, story = claimed
        previous = self.making.get(story_id)
        if previous is not None:
            previous.cancel()  # its lease had run out, or we could not have claimed it
        task = asyncio.create_task(
            make_story(self.transactions, self.log, self.ports, self.judge, self.keeper, lease, story),
            name=f"story {story_id}",
        )
        self.making[story_id] = task
        task.add_done_callback(lambda done: self._done(story_id, done))

    def _done(self, story_id: UUID, task: asyncio.Task[None]) -> None:
        if self.making.get(story_id) is task:
            del self.making[story_id]

    def asked_in_vain(self, unmade: list[tuple[UUID, int]]) -> list[UUID]:
        """Which of the stories just asked for have been so too often.

        The ask of a worker that was killed with it in its hands stays in arq's queue, answered by nobody, for 40 s.
        """
        self.asks = {ask: self.asks.get(ask, 0) + 1 for ask in unmade}
        return [story_id for (story_id, _), times in self.asks.items() if times > ASKS_IN_VAIN]

    def paint(self, character_id: UUID, painter: str) -> None:
        """Begins to paint a portrait."""
        task = asyncio.create_task(
            paint_character(self.transactions, self.ports, self.judge, painter, character_id, self.name)
        )
        self.portraits.add(task)
        task.add_done_callback(self._painted)

    def _painted(self, task: asyncio.Task[None]) -> None:
        self.portraits.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("portrait.failed_unexpectedly", exc_info=error)

    def run_errand(self, errand_id: UUID) -> None:
        """Begins to run an errand, where it is due."""
        task = asyncio.create_task(self.errands.run(errand_id))
        self.running.add(task)
        task.add_done_callback(self._ran)

    def _ran(self, task: asyncio.Task[None]) -> None:
        self.running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not is_connection_lost(error):
            _log.error("errand.failed_unexpectedly", exc_info=error)

    async def hand_over(self) -> None:
        """Stops all work; what is unfinished is free for other workers at once."""
        self.stopping = True
        await asyncio.gather(*self.claims, return_exceptions=True)
        await asyncio.sleep(0)  # a task that is cancelled before its first step hands nothing over
        tasks = [*self.making.values(), *self.portraits, *self.running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def open_workbench(settings: Settings, make_ports: MakePorts | None = None) -> AsyncGenerator[Workbench]:
    """Opens what a worker needs. `make_ports` replaces the configured vendors, for measurements and tests."""
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("a worker needs DATABASE_URL and REDIS_URL")
    redis_url = settings.redis_url.get_secret_value()
    async with AsyncExitStack() as stack:
        database_url = settings.database_url.get_secret_value()
        database = Database(database_url, settings.database_pool, PATIENCE_S)
        stack.push_async_callback(database.close)
        of_leases = Database(database_url, 1)
        stack.push_async_callback(of_leases.close)
        redis = open_redis(redis_url)
        stack.push_async_callback(redis.aclose)
        arq = open_arq(redis_url, patient=False)
        stack.push_async_callback(arq.aclose)
        opened = (
            make_ports()
            if make_ports
            else open_ports(settings, media_secret=derive(load_secret(settings.secret, settings.data), b"media"))
        )
        ports = await stack.enter_async_context(opened)
        log, asks = StoryLog(redis), Queue(arq)
        name = f"{socket.gethostname()}:{os.getpid()}"
        transactions = Transactions(database, log, asks)
        stack.push_async_callback(transactions.left)
        limits = Limits(redis, concurrency(), settings.vendor_patience_s)
        stack.push_async_callback(limits.close)
        judge = Judge(ports.moderator, limits, database)
        run_errands = Errands(transactions, log, ports, settings.base_url)
        keeper = LeaseKeeper(of_leases)
        yield Workbench(name, transactions, log, asks, ports, judge, keeper, run_errands, settings.worker_stories)


async def work(settings: Settings, bench: Workbench, stop: asyncio.Event) -> None:
    """Works until `stop` is set, then hands over what is unfinished."""
    tasks = [
        asyncio.create_task(_sweep_for_ever(bench), name="sweeper"),
        asyncio.create_task(_listen_to_the_bell(settings, bench), name="bell"),
        asyncio.create_task(warn_of_retirements(settings), name="retirements"),
    ]
    try:
        await stop.wait()
    finally:
        await bench.hand_over()
        await _ended(tasks)


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancels until it is heard: below arq, a cancellation that meets an answer of Redis is now and then swallowed."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.5)


async def _sweep_for_ever(bench: Workbench) -> None:
    while True:
        try:
            await _sweep(bench)
        except Exception as error:
            if is_connection_lost(error):
                _log.warning("sweeper.waiting", error=type(error).__name__)
                await _back_at_work(bench.transactions.database)
            elif isinstance(error, RedisError):
                _log.warning("sweeper.waiting", error=type(error).__name__)
            else:
                _log.exception("sweeper.failed")
        await asyncio.sleep(SWEEP_EVERY_S)


async def _back_at_work(database: Database) -> None:
    """Waits until PostgreSQL answers, and then until whoever is alive has had the time to renew its leases.

    They all ran out while it was away. To take a story from a maker at work would be to pay again for its calls.
    """
    while True:
        await asyncio.sleep(SWEEP_EVERY_S)
        with contextlib.suppress(Exception):
            await database.ping()
            break
    await asyncio.sleep(MAKERS_FIRST_S)


async def _forget(session: Session) -> None:
    """Removes what nobody needs any more, and sees to what is due night by night."""
    await outbox.forget_sent(session, FORGET_SENT_AFTER)
    await idempotency.forget_old_keys(session)
    await email_tokens.forget_old_tokens(session)
    await accounts.forget_old_sign_ins(session)
    await errands.forget_errands(session)
    await errands.plan_reconciliation(session)
    await inbox.forget_old_events(session)


async def _sweep(bench: Workbench) -> None:
    """Asks again for what nobody does, and sends what was left behind. Redis away, it takes the work itself."""
    transactions = bench.transactions
    async with transactions.database.single() as session:
        due = await what_is_due(session)
        if time.monotonic() - bench.forgot_at >= FORGET_EVERY_S:
            await _forget(session)
            bench.forgot_at = time.monotonic()
    try:
        for story_id, number in due.stories:
            await bench.queue.ask(MakeStory(story_id, number))
        for character_id, version in due.portraits:
            await bench.queue.ask(MakePortrait(character_id, version))
        for story_id in due.removals:
            await bench.queue.ask(RemoveStory(story_id))
        for errand_id in due.errands:
            await bench.queue.ask(RunErrand(errand_id))
        to_take = bench.asked_in_vain(due.stories)
    except (RedisError, OSError):
        to_take = [story_id for story_id, _ in due.stories]
    for story_id in to_take:
        await bench.take(story_id)
    if due.unsent:
        await transactions.sweep()


async def _listen_to_the_bell(settings: Settings, bench: Workbench) -> None:
    """Runs arq's loop, and runs it again when it breaks: Redis was away for long, or a job made no sense."""
    if settings.redis_url is None:
        raise ValueError("a worker needs REDIS_URL")
    while True:
        arq = open_arq(settings.redis_url.get_secret_value(), patient=True)
        bell = _Bell(bench, arq)
        try:
            await bell.main()
        except Exception as error:  # whatever is in the queue: a worker must not go deaf of it
            if isinstance(error, RedisError | OSError):
                _log.warning("bell.waiting", error=type(error).__name__)
            else:
                _log.exception("bell.failed")
            await asyncio.sleep(0.5)
        finally:
            await bell.fall_silent()
            await arq.aclose()


class _Bell(ArqWorker):
    """arq's worker, which does not pick asks up while the bench is full."""

    def __init__(self, bench: Workbench, arq: Any) -> None:  # ArqRedis is generic in redis-py's stubs only
        async def ring_story(ctx: dict[Any, Any], story_id: str) -> None:
            await _answer(bench.take(UUID(story_id)))

        async def ring_portrait(ctx: dict[Any, Any], character_id: str) -> None:
            bench.paint(UUID(character_id), next(iter(bench.ports.painters)))

        async def ring_removal(ctx: dict[Any, Any], story_id: str) -> None:
            await _answer(remove_story(bench.transactions, bench.log, bench.ports.media, UUID(story_id)))

        async def ring_errand(ctx: dict[Any, Any], errand_id: str) -> None:
            bench.run_errand(UUID(errand_id))

        super().__init__(
            functions=[
                func(cast(WorkerCoroutine, ring_story), name=MakeStory.name),
                func(cast(WorkerCoroutine, ring_portrait), name=MakePortrait.name),
                func(cast(WorkerCoroutine, ring_removal), name=RemoveStory.name),
                func(cast(WorkerCoroutine, ring_errand), name=RunErrand.name),
            ],
            queue_name=queue.QUEUE,
            redis_pool=arq,
            handle_signals=False,
            max_jobs=RINGS_AT_ONCE,
            job_timeout=30,
            keep_result=0,
            max_tries=1_000_000,
            poll_delay=0.05,
            queue_read_limit=5000,
            job_serializer=queue.dump,
            job_deserializer=queue.load,
            log_results=False,
        )
        self._bench = bench
        self._looked_at = float("-inf")

    async def _poll_iteration(self) -> None:
        if self._bench.making:
            await asyncio.sleep(self._looked_at + BUSY_LOOK_S - time.monotonic())
        self._looked_at = time.monotonic()
        self.allow_pick_jobs = self._bench.room > 0
        self.max_jobs = min(RINGS_AT_ONCE, self._bench.room)
        polling = asyncio.ensure_future(super()._poll_iteration())
        try:
            await asyncio.shield(polling)
        except asyncio.CancelledError:
            # redis-py loses the connection of a pipeline that is cancelled on its way out.
            self.max_jobs = 0
            await asyncio.wait([polling], timeout=1)
            polling.cancel()
            raise

    async def fall_silent(self) -> None:
        """Lets go of the asks in hand, so that others can answer them; waits for Redis to hear of it, but not long."""
        for task in self.tasks.values():
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks.values(), timeout=1)


async def _answer(taking: Coroutine[Any, Any, None]) -> None:
    """An ask that fails is asked again by the sweeper, so nothing is left for arq to retry."""
    try:
        await taking
    except Exception as error:
        if not is_connection_lost(error):
            _log.exception("ask.failed")


def run(settings: Settings, make_ports: MakePorts | None = None) -> None:
    """Works until SIGTERM or SIGINT. Blocking."""
    configure_logs(settings.log_level)
    logging.getLogger("arq").setLevel(logging.WARNING)
    uvloop.run(_run(settings, make_ports))


async def _run(settings: Settings, make_ports: MakePorts | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_workbench(settings, make_ports) as bench:
        gc.freeze()  # what is there by now stays, so that nobody need look through it again and again
        gc.set_threshold(RUBBISH, 20, 50)
        _log.info("worker.started", name=bench.name, stories=bench.stories)
        await work(settings, bench, stop)
