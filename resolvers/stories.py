"""Asking for stories, and reading them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import col

from jobs.ports import VoiceSheet
from jobs.queue import MakeStory
from jobs.work import Work
from models import characters, generation
from models.accounts import Account
from models.characters import Character
from models.errors import BadUserInput, Conflict, ConflictReason, ContentRejected, NotFound
from models.pages import Page
from models.stories import MAX_PAGES, Story, StoryCharacter, readable_by
from models.styles import ART_STYLES
from models.vocabulary import AgeBand, PartStatus, StoryOrder, StoryStatus
from resolvers.caller import Caller
from resolvers.house import House
from resolvers.inputs import Checked, check_first, check_ids, is_storable
from resolvers.judging import judge
from resolvers.listing import Slice, count_of, slice_of, story_key


@dataclass(frozen=True, slots=True)
class Filter:
    """`search` is found in title or premise, whatever its case."""

    statuses: Sequence[StoryStatus] | None = None
    character_id: UUID | None = None
    search: str | None = None


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
    """In credits: one for a page, its text included, and one for its narration. Raises BadUserInput."""
    if not 1 <= page_count <= MAX_PAGES:
        raise BadUserInput(f"`pageCount` takes 1 to {MAX_PAGES}.")
    return page_count * (2 if narrated else 1)


async def story(house: House, caller: Caller, id: UUID) -> Story | None:
    async with house.database.session() as session:
        found = await session.execute(readable_by(caller.account_id).where(col(Story.id) == id))
        return found.scalar_one_or_none()


async def stories_by_id(house: House, caller: Caller, ids: Sequence[UUID]) -> list[Story | None]:
    async with house.database.session() as session:
        found = await session.execute(readable_by(caller.account_id).where(col(Story.id).in_(ids)))
        rows = {row.id: row for row in found.scalars()}
    return [rows.get(id) for id in ids]


def selected(caller: Caller, wanted: Filter) -> Select[Story]:
    """The caller's stories that fit the filter."""
    rows = readable_by(caller.account_id)
    if wanted.statuses is not None:
        check_ids(wanted.statuses)
        rows = rows.where(col(Story.status).in_(wanted.statuses))
    if wanted.character_id is not None:
        cast = select(col(StoryCharacter.story_id)).where(col(StoryCharacter.character_id) == wanted.character_id)
        rows = rows.where(col(Story.id).in_(cast))
    if wanted.search is not None:
        if not is_storable(wanted.search) or len(wanted.search) > 200:
            raise BadUserInput("`search` takes up to 200 characters, and no NUL or lone surrogates.")
        if wanted.search.strip():
            words = wanted.search.strip()
            rows = rows.where(
                or_(
                    col(Story.title).icontains(words, autoescape=True),
                    col(Story.premise).icontains(words, autoescape=True),
                )
            )
    return rows


async def stories(
    house: House, caller: Caller, first: int, after: str | None, wanted: Filter, order: StoryOrder
) -> Slice[Story]:
    rows = selected(caller, wanted)
    async with house.database.session() as session:
        return await slice_of(session, rows, story_key(order), check_first(first), after)


async def count(house: House, caller: Caller, wanted: Filter) -> int:
    async with house.database.session() as session:
        return await count_of(session, selected(caller, wanted))


async def create(house: House, caller: Caller, wish: Wish) -> Story:
    """Stores the story and its steps and asks for it to be made.

    Raises InvalidInput, NotFound for a character that is not the caller's, ContentRejected, Unavailable, and Conflict
    where too many of the caller's stories are being made already.
    """
    account_id = caller.account_id
    draft = _checked(house, account_id, wish)
    verdict = await judge(house.ports.moderator, "\n".join(text for text in (draft.title, draft.premise) if text))
    if not verdict.allowed:
        raise ContentRejected(verdict.categories)
    async with house.transactions.begin() as work:
        await _check_room(house, work, account_id)
        await _check_cast(work, account_id, wish.character_ids)
        await _store(work, draft, wish.character_ids)
        work.ask(MakeStory(draft.id, draft.generation), draft.id)
    return draft


def _checked(house: House, account_id: UUID, wish: Wish) -> Story:
    checked = Checked()
    premise = checked.text("premise", wish.premise, 3, 2000, "The premise")
    title = checked.optional("title", wish.title, 200, "The title")
    checked.number("pageCount", wish.page_count, 1, MAX_PAGES, "The number of pages")
    language = checked.language("language", wish.language)
    if wish.art_style not in ART_STYLES:
        checked.problem("artStyle", "There is no such art style; `artStyles` lists them all.")
    if len(wish.character_ids) > 8 or len(set(wish.character_ids)) != len(wish.character_ids):
        checked.problem("characterIds", "A cast takes up to 8 characters, each of them once.")
    voice = _voice(house, checked, wish, language) if wish.narrated else None
    checked.done()
    vendor = next(iter(house.ports.narrators)) if voice is None else voice.id.partition(":")[0]
    return Story(
        account_id=account_id,
        title=title,
        premise=premise,
        status=StoryStatus.QUEUED,
        age_band=wish.age_band,
        language=language,
        art_style=wish.art_style,
        voice=None if voice is None else voice.id,
        narrated=wish.narrated,
        page_count=wish.page_count,
        writer=next(iter(house.ports.writers)),
        painter=next(iter(house.ports.painters)),
        narrator=vendor,
    )


def _voice(house: House, checked: Checked, wish: Wish, language: str) -> VoiceSheet | None:
    if wish.voice is not None:
        found = next((voice for voice in house.voices if voice.id == wish.voice), None)
        if found is None:
            checked.problem("voiceId", "There is no such voice; `voices` lists them all.")
        return found
    primary = language.split("-")[0].lower()
    found = next((voice for voice in house.voices if voice.language.split("-")[0].lower() == primary), None)
    if found is None:
        checked.problem("language", "No voice speaks this language. Choose another one, or `narrated: false`.")
    return found


async def _check_room(house: House, work: Work, account_id: UUID) -> None:
    # The account's row is locked, so that two requests at once can't both find the last free place.
    await work.session.execute(select(col(Account.id)).where(col(Account.id) == account_id).with_for_update())
    under_way = readable_by(account_id).where(col(Story.status).in_((StoryStatus.QUEUED, StoryStatus.GENERATING)))
    if await count_of(work.session, under_way) >= house.stories_at_once:
        raise Conflict(ConflictReason.TOO_MANY_STORIES)


async def _check_cast(work: Work, account_id: UUID, ids: Sequence[UUID]) -> None:
    if not ids:
        return
    found = await work.session.execute(
        characters.readable_by(account_id).with_only_columns(col(Character.id)).where(col(Character.id).in_(ids))
    )
    mine = set(found.scalars())
    for id in ids:
        if id not in mine:
            raise NotFound(id, "character")


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
    await generation.add_steps(session, draft.id, generation.first_steps(draft.page_count, draft.narrated))


def voices(house: House, language: str | None) -> list[VoiceSheet]:
    """All voices, or those of a language; 'en' includes 'en-GB'."""
    if language is None:
        return list(house.voices)
    wanted = language.lower()
    return [
        voice
        for voice in house.voices
        if voice.language.lower() == wanted or voice.language.lower().split("-")[0] == wanted
    ]
