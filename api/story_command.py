"""`storycanvas story`: makes a book through the public API, as any client would, and shows it while it grows."""

import asyncio
import textwrap
import time
from typing import Annotated
from urllib.parse import quote, urlsplit

import typer
from rich.console import Console
from rich.text import Text

from api.client.book import Book
from api.client.lettering import printable
from api.client.live import LiveView
from api.client.making import BookRequest, CastMember, ask_for_book, follow_book
from api.client.plain import PlainView
from api.client.problems import ClientProblem, NobodyAnswers, Refused, Unreachable
from api.client.session import Session
from api.client.summary import print_summary

READY, NOT_READY, INTERRUPTED = 0, 1, 130
AGES = ("0-2", "3-5", "6-8", "9-12")


async def make_book(
    request: BookRequest, *, url: str, token: str | None, console: Console, problems: Console | None = None
) -> int:
    """Makes a book at the server at `url`, shown on `console`; what goes wrong is told on `problems`, else there too.

    Without `token` a guest's account is made for it. Returns the exit code: 0 when the story is READY, 1 when it is not
    or was refused. Cancelled, it says that the story goes on, and lets the cancellation pass.
    """
    problems = problems or console
    started_at = time.monotonic()
    session = Session(url, token)
    asked: Book | None = None
    try:
        async with session:
            asked = await ask_for_book(session, request)
            book = await _shown(session, asked, console)
    except ClientProblem as problem:
        _tell(problem, problems)
        if asked and not isinstance(problem, Refused):
            _tell_that_it_goes_on(session, asked, problems)
        return NOT_READY
    except asyncio.CancelledError:
        if asked:
            _tell_that_it_goes_on(session, asked, problems)
        raise
    print_summary(book, elapsed_s=time.monotonic() - started_at, console=console)
    _line(console, _where_to_read(session, book))
    if book.status == "READY":
        return READY
    _line(problems, f"The story is {book.status.lower()}." + ("" if book.problem else " The server gave no reason."))
    return NOT_READY


def _tell_that_it_goes_on(session: Session, book: Book, console: Console) -> None:
    _line(console, "Stopped watching. The story goes on being made while the server runs.")
    _line(console, _where_to_read(session, book))


def _where_to_read(session: Session, book: Book) -> str:
    return f"Read it at {session.url}/{session.reader_path(quote(book.id, safe=''))}"


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


def _utf8_text(value: str) -> str:
    """Arguments that are not UTF-8 arrive with lone surrogates, which no JSON text can carry."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise typer.BadParameter("This is not UTF-8 text.") from error
    return value


def _age_band(value: str) -> str:
    ages = value.upper().removeprefix("AGES").strip("_ ").replace("_", "-")
    if ages not in AGES:
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(AGES)}.")
    return f"AGES_{ages.replace('-', '_')}"


def _cast_member(value: str) -> CastMember:
    name, colon, appearance = (part.strip() for part in _utf8_text(value).partition(":"))
    if not (name and colon and appearance):
        raise typer.BadParameter(f'{value!r} is not of the form "Name: appearance".')
    return CastMember(name, appearance)


def _server_url(value: str) -> str:
    try:
        address = urlsplit(value)
        usable = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise typer.BadParameter(f"{value!r} is not an address like http://127.0.0.1:8000.")
    return value.rstrip("/")


def story(
    premise: Annotated[str, typer.Argument(help="What the story is about.", parser=_utf8_text, show_default=False)],
    pages: Annotated[int, typer.Option(min=1, max=24, help="How many pages.")] = 8,
    style: Annotated[str | None, typer.Option(metavar="KEY", help="Art style, such as watercolor.")] = None,
    age: Annotated[
        str | None, typer.Option(metavar="BAND", parser=_age_band, help=f"Who it is for: {', '.join(AGES)}.")
    ] = None,
    character: Annotated[
        list[CastMember] | None,
        typer.Option(
            metavar='"NAME: APPEARANCE"', parser=_cast_member, help="Somebody in the story. May be given again."
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(parser=_utf8_text, metavar="TEXT", help="Else one is found.")] = None,
    language: Annotated[str | None, typer.Option(metavar="TAG", help="Such as en.")] = None,
    voice: Annotated[str | None, typer.Option(metavar="NAME", help="Who reads it aloud.")] = None,
    narrated: Annotated[bool, typer.Option("--narrated/--silent", help="Read aloud, or not.")] = True,
    url: Annotated[str, typer.Option(metavar="URL", parser=_server_url, help="The server.")] = "http://127.0.0.1:8000",
    token: Annotated[
        str | None,
        typer.Option(envvar="STORYCANVAS_TOKEN", help="Access token; without one, a guest makes the book."),
    ] = None,
) -> None:
    """Make a book, and watch it being made."""
    request = BookRequest(
        premise=premise,
        page_count=pages,
        style=style,
        age_band=age,
        characters=tuple(character or ()),
        title=title,
        language=language,
        voice=voice,
        narrated=narrated,
    )
    making = make_book(request, url=url, token=token, console=Console(), problems=Console(stderr=True))
    try:
        raise typer.Exit(asyncio.run(making))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
