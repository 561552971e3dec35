"""Asking for a new story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlmodel import col

from jobs.ports import OFFLINE, VoiceSheet
from jobs.queue import MakeStory
from jobs.work import Work
from models import accounts, billing, consent, generation, idempotency
from models.billing import Cause
from models.characters import Character
from models.errors import BadUserInput, ConsentRequired, ContentRejected, InvalidInput, NotFound
from models.experiments import VOICE, WRITER
from models.idempotency import Repeatable
from models.pages import Page
from models.stories import MAX_PAGES, Story, StoryCharacter
from models.styles import ART_STYLES
from models.vocabulary import AgeBand, PagePart, PartStatus, StoryStatus
from resolvers import stories
from resolvers.again import check_room, repeatable
from resolvers.availability import check_vendors
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.inputs import Checked
from resolvers.judging import judge
from resolvers.voices import Voices


@dataclass(frozen=True, slots=True)
class Wish:
    """What a parent asks for; `voice` is a VoiceSheet.id."""

    premise: str
    title: str | None
    character_ids: Sequence[UUID]
    page_count: int
    age_band: AgeBand
    language: str
    art_style: str
    voice: str | None
    narrated: bool


def price(page_count: int, narrated: bool) -> int:
    """In credits. Raises BadUserInput for a number of pages that no story has."""
    if not 1 <= page_count <= MAX_PAGES:
        raise BadUserInput(f"`pageCount` takes 1 to {MAX_PAGES}.")
    return billing.story_price(page_count, narrated)


async def create(house: House, caller: Caller, wish: Wish, key: str | None = None) -> Story:
    """Stores the story and its steps, reserves its price, and asks for it to be made.

    Under a `key` that was sent before, with the same wish, gives the story that was made then. Raises InvalidInput,
    NotFound for a character that is not the caller's, ConsentRequired, ContentRejected, OutOfCredits, Unavailable, and
    Conflict where too many of the caller's stories are being made already or the key came with another wish.
    """
    asked = repeatable(caller, key, "createStory", asdict(wish))
    if (earlier := await _made_before(house, caller, asked)) is not None:
        return earlier
    account_id = caller.account_id
    draft = _checked(house, caller, wish)
    await _check_consent(house, caller)
    if not draft.sandbox:
        await _put_into_arms(house, draft, any_voice=wish.narrated and wish.voice is None)
        await house.spending.check()
    await check_vendors(house.limits, house.ports, draft)
    moderator = house.ports.for_kind(sandbox=draft.sandbox).moderator
    verdict = await judge(house.limits, moderator, "\n".join(text for text in (draft.title, draft.premise) if text))
    if not verdict.allowed:
        raise ContentRejected(verdict.categories)
    async with house.transactions.begin() as work:
        await accounts.lock_account(work.session, account_id)
        id = await idempotency.answer_to(work.session, asked)
        if id is None:
            await check_room(house, work.session, account_id, sandbox=draft.sandbox)
            await _check_cast(work, caller, wish.character_ids)
            await _store(work, draft, wish.character_ids)
            await idempotency.remember(work.session, asked, draft.id)
            work.ask(MakeStory(draft.id, draft.generation), draft.id)
    return draft if id is None else await _again(house, caller, id)


async def _check_consent(house: House, caller: Caller) -> None:
    """Raises ConsentRequired where a parent has to agree first. A rehearsal in the sandbox is about no child."""
    if not house.require_consent or caller.sandbox:
        return
    async with house.database.reading() as session:
        if await consent.consent_given_at(session, caller.account_id) is None:
            raise ConsentRequired(consent.VERSION)


async def _made_before(house: House, caller: Caller, asked: Repeatable) -> Story | None:
    async with house.database.reading() as session:
        id = await idempotency.answer_to(session, asked)
    return None if id is None else await _again(house, caller, id)


async def _again(house: House, caller: Caller, id: UUID) -> Story:
    found = await stories.story(house, caller, id)
    if found is None:
        raise NotFound(id, "story")
    return found


def _checked(house: House, caller: Caller, wish: Wish) -> Story:
    checked = Checked()
    premise = checked.text("premise", wish.premise, 3, 2000, "The premise")
    title = checked.optional("title", wish.title, 200, "The title")
    checked.number("pageCount", wish.page_count, 1, MAX_PAGES, "The number of pages")
    language = checked.language("language", wish.language)
    if wish.art_style not in ART_STYLES:
        checked.problem("artStyle", "There is no such art style; `artStyles` lists them all.")
    if len(wish.character_ids) > 8 or len(set(wish.character_ids)) != len(wish.character_ids):
        checked.problem("characterIds", "A cast takes up to 8 characters, each of them once.")
    voice = _voice(_offered(house, caller), checked, wish, language) if wish.narrated else None
    checked.done()
    first = [next(iter(named)) for named in (house.ports.writers, house.ports.painters, house.ports.narrators)]
    writer, painter, narrator = [OFFLINE] * 3 if caller.sandbox else first
    return Story(
        account_id=caller.account_id,
        title=title,
        premise=premise,
        status=StoryStatus.QUEUED,
        age_band=wish.age_band,
        language=language,
        art_style=wish.art_style,
        voice=None if voice is None else voice.id,
        narrated=wish.narrated,
        page_count=wish.page_count,
        writer=writer,
        painter=painter,
        narrator=narrator if voice is None else voice.id.partition(":")[0],
        sandbox=caller.sandbox,
    )


def _offered(house: House, caller: Caller) -> Voices:
    """Everybody's voices, or for a sandbox key those that cost nothing."""
    return house.voices.of(OFFLINE) if caller.sandbox else house.voices


def _voice(offered: Voices, checked: Checked, wish: Wish, language: str) -> VoiceSheet | None:
    if wish.voice is not None:
        found = offered.by_id(wish.voice)
        if found is None:
            checked.problem("voiceId", "There is no such voice; `voices` lists them all.")
        return found
    found = offered.for_language(language.split("-")[0].lower())
    if found is None:
        checked.problem("language", "No voice speaks this language. Choose another one, or `narrated: false`.")
    return found


async def _put_into_arms(house: House, draft: Story, *, any_voice: bool) -> None:
    """Has the story made by the arms in which its account is; by the default where it is in none that is there.

    Only what an arm has made carries its name: a story that fell back to the default is no evidence for either.
    """
    writer = await house.experiments.arm(WRITER, draft.account_id, list(house.ports.writers))
    if writer is not None:
        draft.writer = draft.arms[WRITER] = writer
    if not any_voice:
        return
    primary = draft.language.split("-")[0].lower()
    among = [voice.id for voice in house.voices.speaking(primary)]
    voice = await house.experiments.arm(f"{VOICE}:{primary}", draft.account_id, among)
    if voice is not None:
        draft.voice = draft.arms[VOICE] = voice
        draft.narrator = voice.partition(":")[0]


async def _check_cast(work: Work, caller: Caller, ids: Sequence[UUID]) -> None:
    """Raises NotFound, and InvalidInput for a character of the sandbox in a real story."""
    if not ids:
        return
    of_cast = col(Character.id).in_(ids)
    found = await work.session.execute(
        caller.characters().with_only_columns(col(Character.id), col(Character.sandbox)).where(of_cast)
    )
    mine = {row.id: row.sandbox for row in found}
    for id in ids:
        if id not in mine:
            raise NotFound(id, "character")
        if mine[id] and not caller.sandbox:
            raise InvalidInput.at("characterIds", "A sandbox key's character can only be in a sandbox key's stories.")


async def _store(work: Work, draft: Story, character_ids: Sequence[UUID]) -> None:
    session = work.session
    session.add(draft)
    await session.flush()
    await session.refresh(draft)
    audio = PartStatus.WAITING if draft.narrated else PartStatus.SKIPPED
    for number in range(1, draft.page_count + 1):
        session.add(Page(story_id=draft.id, number=number, audio_status=audio))
    for position, id in enumerate(character_ids, start=1):
        session.add(StoryCharacter(story_id=draft.id, character_id=id, position=position))
    keys = generation.first_steps(draft.page_count, draft.narrated)
    await generation.add_steps(session, draft.id, keys, free=draft.sandbox)
    first = generation.step_key(1, PagePart.IMAGE)
    credits = 0 if draft.sandbox else billing.story_price(draft.page_count, draft.narrated)
    await billing.reserve(session, draft, first, 1, credits, Cause.STORY)


def voices(house: House, caller: Caller, language: str | None) -> list[VoiceSheet]:
    """All voices that the caller may have, or those that read a language: of its region, else of all its kinds."""
    offered = list(_offered(house, caller))
    if language is None:
        return offered
    wanted = language.lower()
    exactly = [voice for voice in offered if voice.language.lower() == wanted]
    if exactly and "-" in wanted:
        return exactly
    return [voice for voice in offered if voice.language.lower().split("-")[0] == wanted.split("-")[0]]
