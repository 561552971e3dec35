"""The text: one streamed call for all pages that are missing, judged sentence by sentence, shown word by word."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import structlog
from redis.exceptions import RedisError

from jobs.attempts import Call, Failed, StepFailed, StoryRun, after_failure, begin_part, calling, finish_call
from jobs.events import PageTextAppended, PageTextReady
from jobs.log import Message, TextSoFar
from jobs.ports import TextDelta, Usage, VendorUnusable
from jobs.reading import MEASURED, measure, wish_for
from jobs.work import Work
from models import generation, pages, stories
from models.generation import Step

_log = structlog.get_logger()

SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)»]*\s")
WORD_START = re.compile(r"(?<=\s)\S")
SHORTEST_PAUSE_S = 0.08
"""Words that come faster than this are shown together: no eye tells the difference, and every event costs something."""
LONGEST_PAGE = 6000
"""Code points; a writer that goes on and on is stopped here."""


async def write(
    run: StoryRun,
    texts: dict[int, str],
    ready: Callable[[int, str], None],
    failed: Callable[[int, str], Awaitable[None]],
) -> None:
    """Writes every page whose text step is open; calls `ready` with each page as it is committed.

    `texts` are the texts that are there by page number, also those that are to be replaced. A page that is rewritten
    by itself fails by itself: `failed` is called with it and the problem. Raises StepFailed where all that is open has.
    A page that is too hard or too easy for its readers is written again, once; where that fails, the first text stays.
    """
    pages = range(1, run.story.page_count + 1)
    while missing := [number for number in pages if _step(run, number).open]:
        writer = run.ports.writers[run.story.writer]
        first = missing[0]
        texts_before = [texts.get(number, "") for number in pages]
        given = [run.planned, texts_before]
        to_the_end = missing == list(range(first, run.story.page_count + 1))
        alone = not to_the_end or any(texts.get(number) for number in missing)
        at = first
        try:
            async with calling(run, _step(run, first), writer.vendor, writer.model, given) as noted:
                wish = noted.step.instruction
                if not alone:
                    stream = writer.write(run.brief, run.planned, texts_before[: first - 1], wish)
                else:
                    missing = [first]
                    stream = writer.rewrite(run.brief, run.planned, first, texts_before, wish)
                scribe = _Scribe(run, noted, missing, texts, ready)
                try:
                    await scribe.take_down(stream)
                finally:
                    at = scribe.number
        except Failed as failure:
            try:
                step, wait_s = await after_failure(run, replace(failure.call, step=_step(run, at)), failure.error)
            except StepFailed as last:
                if not alone:
                    raise
                if _is_second_try(_step(run, first)):
                    await _keep_first(run, _step(run, first), last.problem)
                    ready(first, texts[first])
                else:
                    await failed(first, last.problem)
                _step(run, first).state = generation.StepState.FAILED
                continue
            run.steps[step.key] = step
            await asyncio.sleep(wait_s)


def _step(run: StoryRun, number: int) -> Step:
    return run.steps[f"text:{number}"]


def _is_second_try(step: Step) -> bool:
    """Whether the page is written again because of its reading level."""
    return step.instruction is not None and step.instruction.startswith(MEASURED)


async def _keep_first(run: StoryRun, step: Step, problem: str) -> None:
    async def keep(work: Work) -> None:
        page = await generation.drop_step(work.session, step, problem)
        if page is not None:
            run.tell(work, PageTextReady(page), f"{step.key}:{step.version}:kept")

    await run.commit(keep)


async def _note_first_words(run: StoryRun, work: Work) -> None:
    """Once a story: the page that is committed is the first whose words were shown."""
    if run.first_words_s is not None and run.story.first_words_at is None:
        ago = timedelta(seconds=time.monotonic() - run.first_words_s)
        await stories.mark_first_words(work.session, run.story_id, ago)


class _Scribe:
    """Takes down one call's stream, page after page."""

    def __init__(
        self, run: StoryRun, call: Call, missing: list[int], texts: dict[int, str], ready: Callable[[int, str], None]
    ) -> None:
        self._run = run
        self._call = call
        self._missing = missing
        self._texts = texts
        self._ready = ready
        self.number = missing[0]
        self._ink = _Ink(run, self.number)

    async def take_down(self, stream: AsyncIterator[TextDelta | Usage]) -> None:
        usage = Usage()
        try:
            async for item in stream:
                if isinstance(item, Usage):
                    usage = item
                    continue
                if item.page != self.number:
                    await self._turn_to(item.page)
                await self._ink.take(item.text)
            if self.number != self._missing[-1]:
                raise VendorUnusable("the text ended before the last page")
            await self._finish_page(usage)
        finally:
            await self._ink.dry()

    async def _turn_to(self, page: int) -> None:
        position = self._missing.index(self.number) + 1
        if position >= len(self._missing) or self._missing[position] != page:
            raise VendorUnusable("pages in the wrong order")
        await self._finish_page(None, then=page)
        self.number = page
        self._ink = _Ink(self._run, page)

    async def _finish_page(self, usage: Usage | None, then: int | None = None) -> None:
        """Commits the page, and with it the beginning of the next or the end of the call."""
        run, number = self._run, self.number
        text = await self._ink.whole()
        step = _step(run, number)
        names = [member.name for member in run.planned.cast]
        read = await asyncio.to_thread(measure, text, run.story.language, names)
        wish = wish_for(read, run.story.age_band)
        output: dict[str, object] = {"text": text, "suits": None if read is None else wish is None}
        again: list[Step] = []

        async def save(work: Work) -> None:
            again.clear()
            if not await generation.finish_step(work.session, step, output, usage.cost_micros if usage else 0):
                # Committed before, but the answer was lost: so was the news of the version that was added.
                latest = (await generation.latest_steps(work.session, run.story_id))[step.key]
                again.extend([latest] if latest.open and _is_second_try(latest) else [])
                return
            row = await pages.save_text(work.session, run.story_id, number, text, None if read is None else read.age)
            run.tell(work, PageTextReady(row), f"{step.key}:{step.version}:ready")
            await _note_first_words(run, work)
            if usage is not None:
                await finish_call(work, self._call, usage)
            if then is not None:
                await begin_part(run, work, _step(run, then), [run.planned])
            if wish is not None and not step.instruction:
                # What is told above is the first text; the second one starts over.
                again.extend(await generation.add_versions(work.session, {step.key: step}, {step.key: 0}, wish))

        await run.commit(save)
        run.story.first_words_at = run.story.first_words_at or datetime.now(UTC)  # once is enough
        step.state = generation.StepState.DONE
        self._texts[number] = text
        if again:
            run.steps[step.key] = again[0]
        else:
            self._ready(number, text)


class _Ink:
    """One page's words between the writer and the readers.

    Words wait until their sentence has been judged, and are then shown one by one at about the pace at which they
    came. Sentences that come while a verdict is out share the next one. The text has no white space at its ends.
    """

    def __init__(self, run: StoryRun, number: int) -> None:
        self._run = run
        self._number = number
        self._text = ""
        self._sentences = 0
        """Where the last whole sentence ends."""
        self._judged = 0
        self._shown = 0
        self._pause_s = 0.0
        self._last_verdict = time.monotonic()
        self._more = asyncio.Event()
        self._judging: asyncio.Task[None] | None = None
        self._showing: asyncio.Task[None] | None = None
        self._begun = False

    async def take(self, words: str) -> None:
        """Takes the next words. Raises what became of those before: VendorError, Fenced among others."""
        self._text = (self._text + words).lstrip() if not self._text.strip() else self._text + words
        if len(self._text) > LONGEST_PAGE:
            raise VendorUnusable("a page without an end")
        for match in SENTENCE_END.finditer(self._text, self._sentences):
            self._sentences = match.end()
        self._look()

    async def whole(self) -> str:
        """The page's whole text, judged and shown to its end."""
        self._text = self._text.rstrip()
        if not self._text:
            raise VendorUnusable("an empty page")
        if "\0" in self._text:
            raise VendorUnusable("a page with a NUL in it")
        while self._judged < len(self._text):
            self._sentences = len(self._text)
            self._look()
            if self._judging is not None:
                await asyncio.wait([self._judging])
        self._look()
        await self.dry()
        await self._show(len(self._text))
        return self._text

    async def dry(self) -> None:
        """Stops judging, and showing word by word."""
        begun = [task for task in (self._judging, self._showing) if task is not None]
        self._judging = self._showing = None
        for task in begun:
            task.cancel()
        if begun:
            await asyncio.wait(begun)  # awaiting a task itself could not tell its end from our own cancellation
        for task in begun:
            if not task.cancelled():
                task.exception()  # noticed: whoever cares has looked before

    def _look(self) -> None:
        """Sees to it that whole sentences are judged. Raises what judging or showing has failed with."""
        for task in (self._judging, self._showing):
            if task is not None and task.done():
                task.result()
        if self._judging is None or self._judging.done():
            self._judging = asyncio.create_task(self._judge()) if self._judged < self._sentences else None

    async def _judge(self) -> None:
        while self._judged < self._sentences:
            end = self._sentences
            words = self._text[self._judged : end]
            if words.strip():
                await self._run.judge.text(f"page {self._number} from {self._judged} to {end}", words)
            now = time.monotonic()
            self._pause_s = min(1.0, now - self._last_verdict) / max(1, len(words.split()))
            self._last_verdict = now
            self._judged = end
            self._more.set()
            if self._showing is None:
                self._showing = asyncio.create_task(self._show_word_by_word())

    async def _show_word_by_word(self) -> None:
        while True:
            while self._shown < self._judged:
                pause_s = max(self._pause_s, SHORTEST_PAUSE_S)
                due = round(pause_s / self._pause_s) if self._pause_s > 0 else len(self._text)
                await self._show(self._after_words(due))
                await asyncio.sleep(pause_s)
            self._more.clear()
            await self._more.wait()

    def _after_words(self, count: int) -> int:
        """Where the next `count` words end, the white space behind them included."""
        ends = (match.start() for match in WORD_START.finditer(self._text, self._shown + 1, self._judged))
        return next(islice(ends, count - 1, None), self._judged)

    async def _show(self, end: int) -> None:
        end = len(self._text[:end].rstrip()) if end >= len(self._text) else end
        if end <= self._shown:
            return
        if not self._begun:
            # That the page begins, or begins again, is to be told before its first words are.
            await self._run.transactions.told(self._run.story_id)
            self._begun = True
        event = PageTextAppended(self._number, self._shown, self._text[self._shown : end])
        so_far = TextSoFar(self._number, self._text[:end], before=self._text[: self._shown])
        # A cancelled publish may or may not have happened, so it is let finish before the next one.
        publishing = asyncio.ensure_future(
            self._run.log.publish(self._run.story_id, self._run.lease.generation, [Message.now(event, text=so_far)])
        )
        try:
            await asyncio.shield(publishing)
        except asyncio.CancelledError:
            with contextlib.suppress(RedisError, OSError):
                await publishing
                self._shown = end
            raise
        except (RedisError, OSError) as error:
            _log.warning("words.postponed", error=type(error).__name__)
            return
        self._shown = end
        if self._run.first_words_s is None:
            self._run.first_words_s = time.monotonic()
