"""A page's narration, with the time of every word."""

from __future__ import annotations

from jobs.attempts import Call, StoryRun, attempt, finish_call
from jobs.events import PageAudioReady
from jobs.keeping import keep
from jobs.ports import Narration, NarrationBrief, VendorError, VendorUnusable
from jobs.work import Work
from models import generation, pages
from models.generation import Step
from models.media import Audio


async def narrate(run: StoryRun, step: Step, number: int, text: str, before: str, after: str) -> None:
    """Speaks page `number`, whose text is `text`. Raises StepFailed."""
    narrator = run.ports.narrators[run.story.narrator]
    brief = NarrationBrief(
        text=text, voice=run.story.voice or "", language=run.story.language, before=before, after=after
    )

    async def call(noted: Call) -> tuple[Audio, Narration]:
        spoken = await narrator.narrate(brief)
        key = f"stories/{run.story_id}/{number}/audio-{step.version}-{noted.id.hex[:8]}.mp3"
        try:
            check(spoken, text)
            await keep(run.ports.media, key, spoken.data, spoken.content_type)
        except VendorError as error:
            raise error.after(spoken.usage) from None
        return Audio(key=key, duration_ms=spoken.duration_ms, content_type=spoken.content_type), spoken

    async def save(work: Work, noted: Call, result: tuple[Audio, Narration]) -> None:
        audio, spoken = result
        words = [word.model_dump(mode="json") for word in spoken.words]
        output: dict[str, object] = {"audio": audio.model_dump(mode="json"), "words": words}
        if not await generation.finish_step(work.session, step, output, spoken.usage.cost_micros):
            return
        await finish_call(work, noted, spoken.usage)
        row = await pages.save_audio(work.session, run.story_id, number, audio, list(spoken.words))
        run.tell(work, PageAudioReady(row), f"{step.key}:{step.version}:ready")

    await attempt(
        run, step, vendor=narrator.vendor, model=narrator.model, given=[brief.voice, text], call=call, save=save
    )


def check(spoken: Narration, text: str) -> None:
    """Raises VendorUnusable where the word times are not those of this text."""
    end_ms = 0
    for word in spoken.words:
        if text[word.start : word.end] != word.word or word.start_ms > word.end_ms or word.start_ms < end_ms:
            raise VendorUnusable("word times that do not fit the text")
        end_ms = word.end_ms
    if not spoken.data or end_ms > spoken.duration_ms + 50:
        raise VendorUnusable("a narration that is shorter than its words")
