"""A page's picture: previews on the way, then the final one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from redis.exceptions import RedisError

from jobs.attempts import Call, StoryRun, attempt, finish_call
from jobs.events import PageImagePreviewed, PageImageReady
from jobs.keeping import keep
from jobs.log import Message
from jobs.ports import Painted, Picture, PictureBrief, Reference, VendorError, VendorUnusable
from jobs.prompts import picture_alt, picture_prompt, softened
from jobs.work import Work
from models import generation, pages
from models.generation import Step
from models.media import Image

_log = structlog.get_logger()


async def paint(run: StoryRun, step: Step, number: int) -> None:
    """Paints page `number`. Raises StepFailed."""
    painter = run.ports.painters[run.story.painter]
    page = run.planned.pages[number - 1]
    cast = tuple(run.sheet(key) for key in page.cast)
    prompt = picture_prompt(page, cast, run.story.art_style, step.instruction)
    alt = picture_alt(page, cast, step.instruction)

    async def call(noted: Call) -> tuple[Image, Painted]:
        brief = PictureBrief(
            prompt=softened(prompt) if noted.softened else prompt,
            style=run.story.art_style,
            page=page,
            cast=cast,
            references=await _references(run, page.cast),
            seed=f"{run.seed}:{number}:{step.version}",
            instruction=step.instruction,
        )
        folder = f"stories/{run.story_id}/{number}"
        mark = f"{step.version}-{noted.id.hex[:8]}"
        previews: set[asyncio.Task[None]] = set()
        try:
            async for item in painter.paint(brief):
                if isinstance(item, Painted):
                    try:
                        await run.judge.picture("the picture", item.picture, run.subject(step))
                        return await _store(run, f"{folder}/image-{mark}.webp", item.picture, alt), item
                    except VendorError as error:
                        raise error.after(item.usage) from None
                key = f"{folder}/preview-{mark}-{len(previews)}.webp"
                previews.add(asyncio.create_task(_show_preview(run, step, number, key, item.picture, alt)))
        finally:
            # A preview whose verdict is still out when the final picture is here comes too late.
            for task in previews:
                task.cancel()
            await asyncio.gather(*previews, return_exceptions=True)
        raise VendorUnusable("the painter ended without a picture")

    async def save(work: Work, noted: Call, result: tuple[Image, Painted]) -> None:
        image, painted = result
        if not await generation.finish_step(
            work.session, step, image.model_dump(mode="json"), painted.usage.cost_micros
        ):
            return
        await finish_call(work, noted, painted.usage)
        row = await pages.save_image(work.session, run.story_id, number, image)
        run.tell(work, PageImageReady(row), f"{step.key}:{step.version}:ready")

    await attempt(run, step, vendor=painter.vendor, model=painter.model, given=[prompt], call=call, save=save)


async def _references(run: StoryRun, keys: Sequence[str]) -> tuple[Reference, ...]:
    found: list[Reference] = []
    for key in keys:
        media_key = run.portraits.get(key)
        if media_key is None:
            continue
        if media_key not in run.references:
            try:
                run.references[media_key] = await run.ports.media.get(media_key)
            except KeyError:  # a page that is painted from words alone is better than none
                _log.warning("portrait.missing", story=str(run.story_id), key=media_key)
                continue
        found.append(Reference(key, run.references[media_key], "image/webp"))
    return tuple(found)


async def _store(run: StoryRun, key: str, picture: Picture, alt: str) -> Image:
    await keep(run.ports.media, key, picture.data, picture.content_type)
    return Image(
        key=key,
        width=picture.width,
        height=picture.height,
        content_type=picture.content_type,
        alt=alt,
        blurhash=picture.blurhash,
    )


async def _show_preview(run: StoryRun, step: Step, number: int, key: str, picture: Picture, alt: str) -> None:
    await run.judge.picture("a preview", picture, run.subject(step))
    event = PageImagePreviewed(number, await _store(run, key, picture, alt))
    try:
        await run.log.publish(run.story_id, run.lease.generation, [Message.now(event)])
    except (RedisError, OSError) as error:
        _log.warning("preview.lost", error=type(error).__name__)
