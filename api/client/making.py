"""Asks for a book, finds it again, stops it or has it finished, and follows it to its end."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol, TypedDict, cast

from api.client.book import Book, MissingText, apply, book_of
from api.client.follow import Follower, Reconnecting
from api.client.news import News, Told
from api.client.operations import (
    ART_STYLES,
    CANCEL_STORY,
    CREATE_CHARACTER,
    CREATE_STORY,
    RESUME_STORY,
    STORY,
    VOICES,
)
from api.client.problems import Refused
from api.client.session import Session
from api.client.wire import StoryAnswer


@dataclass(frozen=True, slots=True)
class CastMember:
    """Somebody in the story, and what they look like."""

    name: str
    appearance: str


@dataclass(frozen=True, slots=True)
class BookRequest:
    """What to ask for; the server's own defaults hold for what is None.

    `style` is an art style's key or name, `voice` a voice's id or name.
    """

    premise: str
    page_count: int = 8
    style: str | None = None
    age_band: str | None = None
    characters: tuple[CastMember, ...] = ()
    title: str | None = None
    language: str | None = None
    voice: str | None = None
    narrated: bool = True


class View(Protocol):
    """Shows a book being made."""

    def show(self, book: Book, news: Sequence[News]) -> None:
        """Shows how far `book` is; `news` is what has happened since the last time."""
        ...

    def reconnecting(self, reason: str) -> None:
        """Tells that the connection is gone and sought again; the next `show` means that it is back."""
        ...


class _ArtStyle(TypedDict):
    key: str
    name: str
    description: str


class _Voice(TypedDict):
    id: str
    name: str
    language: str


class _Identified(TypedDict):
    id: str


class _CharacterPayload(TypedDict):
    character: _Identified


class _StoryPayload(TypedDict):
    story: StoryAnswer


async def ask_for_book(session: Session, request: BookRequest) -> Book:
    """Creates the cast, then the story, and returns it as yet unmade. Raises ClientProblem."""
    style_key = await _style_key(session, request.style) if request.style else None
    voice_id = await _voice_id(session, request.voice) if request.voice else None
    character_ids = [await _character_id(session, member) for member in request.characters]
    wishes = {
        "premise": request.premise,
        "pageCount": request.page_count,
        "narrated": request.narrated,
        "characterIds": character_ids,
        "artStyle": style_key,
        "ageBand": request.age_band,
        "title": request.title,
        "language": request.language,
        "voiceId": voice_id,
    }
    wanted = {name: wish for name, wish in wishes.items() if wish is not None}
    return _book_in(await session.ask_once(CREATE_STORY, wanted))


async def find_book(session: Session, story_id: str) -> Book:
    """The book as it is now. Raises ClientProblem; Refused where the caller has no such story."""
    story = cast(StoryAnswer | None, (await session.read(STORY, {"id": story_id}))["story"])
    if story is None:
        raise Refused("There is no such story on this shelf.")
    return book_of(story)


async def resume_book(session: Session, story_id: str) -> Book:
    """Has made what is missing of a story, and returns it as it then is. Raises ClientProblem."""
    return _book_in(await session.ask_once(RESUME_STORY, {"id": story_id}))


async def cancel_book(session: Session, story_id: str) -> Book:
    """Stops the making of a story; what is finished stays. Raises ClientProblem."""
    return _book_in(await session.ask(CANCEL_STORY, {"id": story_id}))


def _book_in(payload: object) -> Book:
    return book_of(cast(_StoryPayload, payload)["story"])


async def follow_book(session: Session, book: Book, view: View) -> Book:
    """Shows `book` in `view` until it has ended, and returns it as it then is. Raises ClientProblem."""
    told = Told(book.title)
    follower = Follower(session, book.id)
    async with aclosing(follower.updates()) as updates:
        async for update in updates:
            if isinstance(update, Reconnecting):
                view.reconnecting(update.reason)
                continue
            try:
                book = apply(book, update)
            except MissingText:
                follower.start_over()
            else:
                view.show(book, told.news(book))
    return book


async def _style_key(session: Session, wanted: str) -> str:
    styles = cast(list[_ArtStyle], (await session.read(ART_STYLES))["artStyles"])
    for style in styles:
        if wanted.casefold() in (style["key"].casefold(), style["name"].casefold()):
            return style["key"]
    known = [f"{style['key']}: {style['description']}" for style in styles]
    raise Refused(f"There is no art style called {wanted}. There are:", known)


async def _voice_id(session: Session, wanted: str) -> str:
    voices = cast(list[_Voice], (await session.read(VOICES))["voices"])
    for voice in voices:
        if wanted == voice["id"] or wanted.casefold() == voice["name"].casefold():
            return voice["id"]
    known = [f"{voice['name']} ({voice['language']})" for voice in voices]
    raise Refused(f"There is no voice called {wanted}. There are:", known)


async def _character_id(session: Session, member: CastMember) -> str:
    wanted = {"name": member.name, "appearance": member.appearance}
    try:
        payload = cast(_CharacterPayload, await session.ask(CREATE_CHARACTER, wanted))
    except Refused as refusal:
        raise Refused(f"{member.name}: {refusal}", refusal.details) from refusal
    return payload["character"]["id"]
