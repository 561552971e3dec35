"""The plan: title, cast, and one beat and one picture prompt per page."""

from __future__ import annotations

from jobs.attempts import Call, StoryRun, attempt, finish_call
from jobs.events import StoryPlanned
from jobs.ports import Plan, Planned, StoryBrief, VendorError, VendorUnusable
from jobs.work import Work
from models import generation
from models.generation import Step
from models.stories import cast_of, set_title
from models.vocabulary import PartStatus


async def plan(run: StoryRun, step: Step) -> Plan:
    """Plans the story and adds a portrait step for each cast member that has no portrait yet."""
    writer = run.ports.writers[run.story.writer]

    async def call(_: Call) -> Planned:
        planned = await writer.plan(run.brief)
        try:
            check(planned.plan, run.brief)
            await run.judge.text("the plan", _words(planned.plan))
        except VendorError as error:
            raise error.after(planned.usage) from None
        return planned

    async def save(work: Work, call: Call, planned: Planned) -> None:
        if not await generation.finish_step(
            work.session, step, planned.plan.model_dump(mode="json"), planned.usage.cost_micros
        ):
            return
        await finish_call(work, call, planned.usage)
        painted = {
            f"c{position}"
            for position, character in enumerate(await cast_of(work.session, run.story_id), start=1)
            if character.portrait_status is PartStatus.READY
        }
        faceless = [member.key for member in planned.plan.cast if member.key not in painted]
        await generation.add_steps(work.session, run.story_id, [f"portrait:{key}" for key in faceless])
        await set_title(work.session, run.story_id, planned.plan.title)
        run.tell(work, StoryPlanned(planned.plan.title, run.story.page_count), f"plan:{step.version}")

    planned = await attempt(
        run, step, vendor=writer.vendor, model=writer.model, given=[run.brief], call=call, save=save
    )
    return planned.plan


def check(plan: Plan, brief: StoryBrief) -> None:
    """Raises VendorUnusable where the plan is not one for this brief."""
    if len(plan.pages) != brief.page_count:
        raise VendorUnusable(f"a plan of {len(plan.pages)} pages instead of {brief.page_count}")
    keys = [member.key for member in plan.cast]
    if len(set(keys)) != len(keys) or plan.cast[: len(brief.cast)] != brief.cast:
        raise VendorUnusable("a plan with another cast than was picked")
    if any(key not in keys for page in plan.pages for key in page.cast):
        raise VendorUnusable("a plan with somebody on a page who is not in the cast")
    if not plan.title.strip() or len(plan.title) > 200:
        raise VendorUnusable("a plan without a usable title")
    if "\0" in _words(plan):  # which PostgreSQL does not keep
        raise VendorUnusable("a plan with a NUL in it")


def _words(plan: Plan) -> str:
    """Everything in it that was thought up, and may be shown, written or painted."""
    pages = [f"{page.beat} {page.place} {page.picture} {page.action}" for page in plan.pages]
    cast = [f"{member.name}: {member.appearance} {member.personality or ''}" for member in plan.cast]
    return "\n".join([plan.title, *cast, *pages])
