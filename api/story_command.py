"""`storycanvas story`: makes a book through the public API, as any client would, and shows it while it grows."""

import asyncio
import shlex
import textwrap
import time
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote

import typer
from pydantic_settings import BaseSettings, SettingsConfigDict
from rich.console import Console
from rich.text import Text

from api.client.arguments import AGES, StoryAddress, age_band, cast_member, server_url, story_address, utf8_text
from api.client.book import Book
from api.client.lettering import printable
from api.client.live import LiveView
from api.client.making import (
    BookRequest,
    CastMember,
    ask_for_book,
    cancel_book,
    find_book,
    follow_book,
    resume_book,
)
from api.client.plain import PlainView
from api.client.problems import ClientProblem, NobodyAnswers, Refused, Unreachable
from api.client.session import Session, is_loopback
from api.client.summary import print_summary

READY, NOT_READY, INTERRUPTED = 0, 1, 130


class _Here(BaseSettings):
    """Of the house's settings, the one that a client on the same machine needs."""

    model_config = SettingsConfigDict(env_prefix="STORYCANVAS_", env_file=".env", extra="ignore")

    port: int = 8000


def usual_url() -> str:
    """Where `storycanvas up` serves with the settings of this folder."""
    return f"http://127.0.0.1:{_Here().port}"


async def make_book(
    request: BookRequest, *, url: str, token: str | None, console: Console, problems: Console | None = None
) -> int:
    """Makes a book at the server at `url`, shown on `console`; what goes wrong is told on `problems`, else there too.

    Without `token` a guest's account is made for it. Returns the exit code: 0 when the story is READY, 1 when it is not
    or was refused. Cancelled, it says that the story goes on, and lets the cancellation pass.
    """
    return await _watch(
        Session(url, token), lambda session: ask_for_book(session, request), console=console, problems=problems
    )


async def _watch(
    session: Session,
    begin: Callable[[Session], Awaitable[Book]],
    *,
    console: Console,
    problems: Console | None = None,
    is_timed: bool = True,
) -> int:
    """Shows the book that `begin` answers until it ends; as `make_book`. `is_timed`: says how long that took."""
    problems = problems or console
    started_at = time.monotonic()
    begun: Book | None = None
    try:
        async with session:
            begun = await begin(session)
            book = await _shown(session, begun, console)
    except ClientProblem as problem:
        _tell(problem, problems)
        if begun and not isinstance(problem, Refused):
            _tell_that_it_goes_on(session, begun, problems)
        return NOT_READY
    except asyncio.CancelledError:
        if begun:
            _tell_that_it_goes_on(session, begun, problems)
        raise
    print_summary(book, elapsed_s=time.monotonic() - started_at if is_timed else None, console=console)
    _line(console, _where_to_read(session, book))
    if book.status == "READY":
        return READY
    is_explained = book.problem is not None or book.status == "CANCELLED"
    _line(problems, f"The story is {book.status.lower()}." + ("" if is_explained else " The server gave no reason."))
    _tell_how(session, book, problems, {"Make what is missing": "--resume"})
    return NOT_READY


async def _follow(session: Session, story_id: str, *, console: Console, problems: Console) -> int:
    return await _watch(
        session, lambda session: find_book(session, story_id), console=console, problems=problems, is_timed=False
    )


async def _resume(session: Session, story_id: str, *, console: Console, problems: Console) -> int:
    return await _watch(session, lambda session: resume_book(session, story_id), console=console, problems=problems)


async def _stop(session: Session, story_id: str, *, console: Console, problems: Console) -> int:
    """Stops the making of a story. Returns the exit code: 0 when it was stopped, 1 when that was refused."""
    try:
        async with session:
            book = await cancel_book(session, story_id)
    except ClientProblem as problem:
        _tell(problem, problems)
        return NOT_READY
    _line(
        console, f"Stopped. {book.parts_done} of {book.parts_planned} parts are there and stay; the rest is refunded."
    )
    _line(console, _where_to_read(session, book))
    if book.status != "READY":
        _tell_how(session, book, console, {"Make what is missing": "--resume"})
    return READY


def _tell_that_it_goes_on(session: Session, book: Book, console: Console) -> None:
    _line(console, "Stopped watching. The story goes on being made while the server runs.")
    _line(console, _where_to_read(session, book))
    _tell_how(session, book, console, {"Watch it again": "--follow", "Stop its making": "--cancel"})


def _tell_how(session: Session, book: Book, console: Console, ways: dict[str, str]) -> None:
    """Commands to go on with, for who can: nobody gets back into the account of a guest elsewhere."""
    if session.is_guest and not is_loopback(session.url):
        return
    story = _address(session, book) if session.is_guest else book.id
    elsewhere = f" --url {shlex.quote(session.url)}" if not session.is_guest and session.url != usual_url() else ""
    for what, option in ways.items():
        _line(console, f"{what}: storycanvas story {option} {shlex.quote(story)}{elsewhere}")


def _where_to_read(session: Session, book: Book) -> str:
    return f"Read it at {_address(session, book)}"


def _address(session: Session, book: Book) -> str:
    return f"{session.url}/{session.reader_path(quote(book.id, safe=''))}"


async def _shown(session: Session, book: Book, console: Console) -> Book:
    if console.is_terminal and not console.is_dumb_terminal:
        with LiveView(console, book) as view:
            return await follow_book(session, book, view)
    return await follow_book(session, book, PlainView(console))


def _tell(problem: ClientProblem, console: Console) -> None:
    line = str(problem)
    if isinstance(problem, NobodyAnswers):
        line += " Is the server running? Start it with `make run` or `storycanvas up`, or name another with --url."
    elif isinstance(problem, Unreachable) and problem.retry_after_s:
        line += f" Try again in {problem.retry_after_s:.0f} seconds."
    _line(console, line, style="red")
    for detail in problem.details:
        _line(console, f"  {detail}")


def _line(console: Console, line: str, style: str = "") -> None:
    """Broken between words on a terminal, never within one, so that addresses stay whole; elsewhere not at all."""
    text = printable(line, console.encoding)
    if console.is_terminal:
        text = textwrap.fill(text, max(console.width, 1), break_long_words=False, break_on_hyphens=False)
    console.print(Text(text, style=style), soft_wrap=True)


def story(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            parser=server_url,
            default_factory=usual_url,
            show_default="this machine's, at STORYCANVAS_PORT",
            help="The server.",
        ),
    ],
    premise: Annotated[
        str | None, typer.Argument(help="What the story is about.", parser=utf8_text, show_default=False)
    ] = None,
    pages: Annotated[int, typer.Option(min=1, max=24, help="How many pages.")] = 8,
    style: Annotated[str | None, typer.Option(metavar="KEY", help="Art style, such as watercolor.")] = None,
    age: Annotated[
        str | None, typer.Option(metavar="BAND", parser=age_band, help=f"Who it is for: {', '.join(AGES)}.")
    ] = None,
    character: Annotated[
        list[CastMember] | None,
        typer.Option(
            metavar='"NAME: APPEARANCE"', parser=cast_member, help="Somebody in the story. May be given again."
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(parser=utf8_text, metavar="TEXT", help="Else one is found.")] = None,
    language: Annotated[str | None, typer.Option(metavar="TAG", help="Such as en.")] = None,
    voice: Annotated[str | None, typer.Option(metavar="NAME", help="Who reads it aloud.")] = None,
    narrated: Annotated[bool, typer.Option("--narrated/--silent", help="Read aloud, or not.")] = True,
    token: Annotated[
        str | None,
        typer.Option(envvar="STORYCANVAS_TOKEN", help="Access token; without one, a guest makes the book."),
    ] = None,
    follow: Annotated[
        StoryAddress | None,
        typer.Option(metavar="STORY", parser=story_address, help="Watch this story: its id, or where it is read."),
    ] = None,
    cancel: Annotated[
        StoryAddress | None,
        typer.Option(metavar="STORY", parser=story_address, help="Stop its making; what is finished stays."),
    ] = None,
    resume: Annotated[
        StoryAddress | None,
        typer.Option(metavar="STORY", parser=story_address, help="Have made what is missing, and watch that."),
    ] = None,
) -> None:
    """Make a book and watch it being made, or do something with one that exists."""
    request = BookRequest(
        premise=premise or "",
        page_count=pages,
        style=style,
        age_band=age,
        characters=tuple(character or ()),
        title=title,
        language=language,
        voice=voice,
        narrated=narrated,
    )
    console, problems = Console(), Console(stderr=True)
    match premise, follow, cancel, resume:
        case str(), None, None, None:
            doing = make_book(request, url=url, token=token, console=console, problems=problems)
        case None, StoryAddress() as known, None, None:
            doing = _follow(_whose(known, url, token, context), known.id, console=console, problems=problems)
        case None, None, StoryAddress() as known, None:
            doing = _stop(_whose(known, url, token, context), known.id, console=console, problems=problems)
        case None, None, None, StoryAddress() as known:
            doing = _resume(_whose(known, url, token, context), known.id, console=console, problems=problems)
        case _:
            raise typer.BadParameter(
                "Say what a story is about, or name one with --follow, --cancel or --resume: one of these at a time.",
                context,
                param_hint="PREMISE",
            )
    try:
        raise typer.Exit(asyncio.run(doing))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _whose(story: StoryAddress, url: str, token: str | None, context: typer.Context) -> Session:
    if story.guest is None and token is None:
        message = "Whose story is it? Give the address where it is read, as it was printed, or --token."
        raise typer.BadParameter(message, context, param_hint="STORY")
    return Session(story.url or url, None if story.guest else token, story.guest)
