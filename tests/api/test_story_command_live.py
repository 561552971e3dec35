"""`storycanvas story` against a real server: a book is made once, left alone, found again, stopped and finished."""

import asyncio
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import httpx
import pytest
import typer
from gql import gql
from rich.console import Console
from typer.testing import CliRunner

from api.client.making import BookRequest, ask_for_book, cancel_book, find_book
from api.client.problems import OutOfCredits
from api.client.session import Session
from api.story_command import make_book, story
from models.settings import Settings
from tests.harness import Api, serving, settings_for, working

LONG_ENOUGH_S = 60
BOOK = BookRequest("A fox who is afraid of the dark", page_count=1, narrated=False)
SHELF = gql("query { stories { totalCount } }")

app = typer.Typer()
app.command()(story)


async def run_story(*arguments: str) -> tuple[int, str, str]:
    """The command in a thread, as it has an event loop of its own."""
    async with asyncio.timeout(LONG_ENOUGH_S):
        result = await asyncio.to_thread(
            CliRunner().invoke, app, arguments, env={"COLUMNS": "300", "STORYCANVAS_TOKEN": ""}
        )
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result.exit_code, result.stdout, result.stderr


async def asked_for(session: Session) -> str:
    """A book that is asked for, by its address."""
    book = await ask_for_book(session, BOOK)
    return f"{session.url}/{session.reader_path(book.id)}"


class Watched(StringIO):
    """Paper that tells when something stands on it."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words
        self.is_there = asyncio.Event()

    def write(self, text: str, /) -> int:
        written = super().write(text)
        if self._words in self.getvalue():
            self.is_there.set()
        return written


@contextmanager
def losing_the_first_answer(url: str, verb: str) -> Generator[tuple[str, list[str]]]:
    """A line to `url` on which the first answer to `verb` is lost; gives its address, and the keys that passed by."""
    keys: list[str] = []

    class Line(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name: self.headers[name] for name in ("Content-Type", "Authorization") if name in self.headers}
            answer = httpx.post(f"{url}{self.path}", content=body, headers=headers, timeout=20)
            asked = json.loads(body)
            if verb in asked["query"]:
                keys.append(asked["variables"]["input"]["idempotencyKey"])
                if len(keys) == 1:
                    self.close_connection = True
                    return
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["content-type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Line) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", keys
        finally:
            server.shutdown()
            thread.join()


async def test_a_lost_answer_does_not_make_two_books(running_app: Api) -> None:
    with losing_the_first_answer(running_app.url, "createStory") as (url, keys):
        async with asyncio.timeout(LONG_ENOUGH_S), Session(url) as session:
            book = await ask_for_book(session, BOOK)
            assert (await session.read(SHELF))["stories"] == {"totalCount": 1}
            assert (await find_book(session, book.id)).pages == book.pages
    assert len(keys) == 2
    assert keys[0] == keys[1]


async def test_two_books_that_are_asked_for_are_two_books(running_app: Api) -> None:
    async with asyncio.timeout(LONG_ENOUGH_S), Session(running_app.url) as session:
        first, second = await ask_for_book(session, BOOK), await ask_for_book(session, BOOK)
    assert first.id != second.id


async def test_too_few_credits_are_told_in_numbers(database_url: str, redis_url: str, tmp_path: Path) -> None:
    async with serving(settings_for(database_url, redis_url, tmp_path, signup_credits=5)) as (api, _):
        code, shown, told = await run_story("A bear", "--pages", "3", "--url", api.url)
        assert (code, shown) == (1, "")
        assert told == "This takes 6 credits, and there are only 5 left. Nothing was charged.\n"
        async with asyncio.timeout(LONG_ENOUGH_S), Session(api.url) as session:
            with pytest.raises(OutOfCredits) as refusal:
                await ask_for_book(session, BookRequest("A bear", page_count=6, narrated=False))
        assert (refusal.value.needed, refusal.value.available) == (6, 5)


async def test_a_story_is_stopped_by_the_address_where_it_is_read_and_only_once(running_app: Api) -> None:
    async with asyncio.timeout(LONG_ENOUGH_S), Session(running_app.url) as session:
        address = await asked_for(session)
    code, shown, told = await run_story("--cancel", address)
    assert (code, told) == (0, "")
    assert shown.startswith("Stopped. 0 of 2 parts are there and stay; the rest is refunded.\n")
    assert f"storycanvas story --resume '{address}'" in shown
    assert await run_story("--cancel", address) == (1, "", "The story has already ended.\n")


async def test_a_stopped_story_is_watched_and_finished(running_app: Api, worker_settings: Settings) -> None:
    async with asyncio.timeout(LONG_ENOUGH_S), Session(running_app.url) as session:
        address = await asked_for(session)
        book_id = address.rpartition("/")[2]
        await cancel_book(session, book_id)
        code, shown, told = await run_story("--follow", address)
        assert code == 1
        assert "made in" not in shown
        assert told.startswith("The story is cancelled.\n")
        async with working(worker_settings):
            code, shown, told = await run_story("--resume", address)
        assert (code, told) == (0, "")
        assert "page 1 picture ready" in shown
        assert (await find_book(session, book_id)).status == "READY"
    assert await run_story("--resume", address) == (1, "", "Nothing is missing from this story.\n")


async def test_somebody_elses_story_is_not_there(running_app: Api) -> None:
    async with asyncio.timeout(LONG_ENOUGH_S), Session(running_app.url) as session:
        book = await ask_for_book(session, BOOK)
    stranger = await running_app.as_somebody()
    known = ("--url", running_app.url, "--token", stranger.token or "")
    assert await run_story("--follow", book.id, *known) == (1, "", "There is no such story on this shelf.\n")
    code, shown, _ = await run_story("--cancel", book.id, *known)
    assert (code, shown) == (1, "")


async def test_who_stops_watching_is_told_how_to_go_on(running_app: Api, worker_settings: Settings) -> None:
    paper = Watched("planned: ")
    console = Console(file=paper, width=300)
    slowly = worker_settings.model_copy(update={"offline_pace": 1.0})
    async with asyncio.timeout(LONG_ENOUGH_S), working(slowly):
        watching = asyncio.create_task(make_book(BOOK, url=running_app.url, token=None, console=console))
        await paper.is_there.wait()
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching
        lines = paper.getvalue().splitlines()
        assert lines[-4] == "Stopped watching. The story goes on being made while the server runs."
        address = lines[-3].removeprefix("Read it at ")
        assert lines[-2:] == [
            f"Watch it again: storycanvas story --follow '{address}'",
            f"Stop its making: storycanvas story --cancel '{address}'",
        ]
        code, shown, told = await run_story("--follow", address)
    assert (code, told) == (0, "")
    assert "page 1 picture ready" in shown
