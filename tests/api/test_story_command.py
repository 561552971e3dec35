"""`storycanvas story` where no StoryCanvas server answers, and what it shows on terminals of every kind."""

import ast
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import typer
from gql import GraphQLRequest
from graphql import build_schema, validate
from rich.console import Console
from typer.testing import CliRunner

from api.client import operations
from api.client.arguments import StoryAddress, story_address
from api.client.book import Book, Media, Page
from api.client.live import LiveView
from api.client.news import PageWritten, PartFinished, TitleFound
from api.client.plain import PlainView
from api.client.session import Guest
from api.client.summary import print_summary
from api.story_command import story

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {"api", "gql", "graphql", "httpx", "pydantic_settings", "rich", "typer", "websockets"}

PICTURE = Media("i1", f"https://example.com/{'a' * 200}")
TEXT = "“Hush,” hummed the bear — and the wind…  went home. " * 3
BOOK = Book(
    id="story",
    title="The Bear Who Hummed",
    status="GENERATING",
    problem=None,
    pages=(
        Page(
            1,
            TEXT,
            "READY",
            Media("i1", f"https://example.com/{'a' * 200}"),
            "READY",
            Media("a1", "b", 65_400),
            "READY",
        ),
        Page(2, TEXT, "WORKING", image_status="FAILED", audio_status="SKIPPED", failures={"IMAGE": "no paint"}),
        Page(3, preview=Media("p", "c"), image_status="WORKING"),
    ),
)
NEWS = [TitleFound(BOOK.title, 3), PageWritten(1, TEXT), PartFinished("page 1 picture ready")]

app = typer.Typer()
app.command()(story)


def run_story(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200", "STORYCANVAS_TOKEN": ""})
    return result.exit_code, result.stdout, result.stderr


class Paper:
    """A console that writes to memory in a given encoding; `text` is what a reader would have got."""

    def __init__(self, *, encoding: str = "utf-8", width: int = 80, height: int = 24, terminal: bool = False) -> None:
        self._bytes = BytesIO()
        self._file = TextIOWrapper(self._bytes, encoding=encoding, errors="strict")
        self.console = Console(
            file=self._file,
            width=width,
            height=height,
            force_terminal=terminal,
            legacy_windows=False,
            _environ={"TERM": "xterm"},
        )

    @property
    def text(self) -> str:
        self._file.flush()
        return self._bytes.getvalue().decode(self._file.encoding)


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def strange_server() -> Iterator[str]:
    """A web server that is no StoryCanvas: it answers every POST with a page of HTML."""

    class Strange(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<p>hello</p>")

        def log_message(self, format: str, *args: object) -> None:
            return None

    with HTTPServer(("127.0.0.1", 0), Strange) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["A bear", "--pages", "0"],
        ["A bear", "--pages", "25"],
        ["A bear", "--age", "40-50"],
        ["A bear", "--character", "Mila"],
        ["A bear", "--character", ": red coat"],
        ["A bear", "--url", "127.0.0.1:8000"],
        ["A bear", "--url", "http://[oops"],
        ["A bear \udc80"],
        ["A bear", "--title", "\udc80"],
        ["A bear", "--cancel", "http://127.0.0.1:1/#/guest/a@example.com/secret/story"],
        ["--follow", "story", "--resume", "story", "--token", "token"],
        ["--cancel", "story"],
        ["--cancel", "http://127.0.0.1:1/#/story/story"],
        ["--cancel", "http://127.0.0.1:1/", "--token", "token"],
        ["--cancel", "ftp://127.0.0.1/#/story/story", "--token", "token"],
    ],
)
def test_bad_usage_is_told_and_ends_with_2(arguments: list[str]) -> None:
    code, shown, told = run_story(*arguments)
    assert code == 2
    assert "Usage:" in told
    assert shown == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("U3Rvcnk6MQ", StoryAddress("U3Rvcnk6MQ")),
        ("http://h:1/#/story/a%2Fb/3", StoryAddress("a/b", "http://h:1")),
        ("http://h:1/#/guest/a%40b.com/pass/id", StoryAddress("id", "http://h:1", Guest("a@b.com", "pass"))),
    ],
)
def test_a_story_is_named_by_its_id_or_by_where_it_is_read(typed: str, meant: StoryAddress) -> None:
    assert story_address(typed) == meant


def test_a_server_that_is_not_running_is_told_in_one_line_that_says_what_to_do(closed_port: int) -> None:
    code, shown, told = run_story("A bear", "--age", "ages_3_5", "--url", f"http://127.0.0.1:{closed_port}")
    assert code == 1
    assert shown == ""
    assert told.count("\n") == 1
    assert f"No server answers at http://127.0.0.1:{closed_port}" in told
    assert "make run" in told


def test_a_stranger_at_the_address_is_told_in_one_line(strange_server: str) -> None:
    code, shown, told = run_story("A bear", "--url", strange_server)
    assert (code, shown) == (1, "")
    assert told == f"What answers at {strange_server} does not speak GraphQL.\n"


def test_plain_lines_tell_each_happening_once_and_whole() -> None:
    paper = Paper(width=20)
    with PlainView(paper.console) as view:
        view.show(BOOK, NEWS)
        view.reconnecting("The connection is lost.")
        view.reconnecting("The connection is lost.")
        view.show(BOOK, [])
    assert paper.text.splitlines() == [
        "planned: The Bear Who Hummed, 3 pages",
        f"page 1: {' '.join(TEXT.split())}",
        "page 1 picture ready",
        "reconnecting: The connection is lost.",
        "connected again",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
@pytest.mark.parametrize("width", [1, 7, 20, 35, 80, 400])
def test_the_live_view_fits_any_terminal(width: int, encoding: str) -> None:
    for height in (1, 2, 6, 50):
        paper = Paper(encoding=encoding, width=width, height=height)
        view = LiveView(paper.console, BOOK)
        view.reconnecting("The connection is lost.")
        paper.console.print(view)
        lines = paper.text.splitlines()
        assert len(lines) <= height
        assert max((len(line) for line in lines), default=0) <= width


def test_the_live_view_shows_title_page_growing_text_bars_and_reconnecting() -> None:
    paper = Paper(terminal=True, width=90, height=30)
    with LiveView(paper.console, BOOK) as view:
        view.show(BOOK, NEWS)
        view.reconnecting("The connection is lost.")
    shown = paper.text
    assert "❧ The Bear Who Hummed ❧" in shown
    assert "page 1 picture ready" in shown
    assert "   2  “Hush,” hummed the bear — and the wind…" in shown
    assert "writing page 2" in shown
    assert "reconnecting: The connection is lost." in shown
    for label in ("text", "pictures", "narration"):
        assert any(line.find(label) >= 0 and "1/3" in line for line in shown.splitlines())


def test_bars_of_parts_that_a_book_does_without_are_left_out() -> None:
    paper = Paper(width=80)
    silent = replace(BOOK, pages=tuple(replace(page, audio=None, audio_status="SKIPPED") for page in BOOK.pages))
    paper.console.print(LiveView(paper.console, silent))
    assert "pictures" in paper.text
    assert "narration" not in paper.text


def test_a_story_can_not_steer_the_terminal() -> None:
    steering = "\x1b[2J\x1b]0;owned\x07\u202e[red]hi"
    book = replace(BOOK, title=steering, problem=steering)
    paper = Paper()
    with PlainView(paper.console) as plain:
        plain.show(book, [TitleFound(steering, 3), PageWritten(1, steering), PartFinished(steering)])
    print_summary(book, elapsed_s=1, console=paper.console)
    paper.console.print(LiveView(paper.console, book))
    assert "[red]hi" in paper.text
    assert not {"\x1b", "\x07", "\u202e"} & set(paper.text)


def test_the_summary_gives_figures_and_unbroken_addresses() -> None:
    paper = Paper(width=40)
    print_summary(BOOK, elapsed_s=75, console=paper.console)
    assert paper.text.splitlines() == [
        "The Bear Who Hummed",
        "3 pages, 60 words, 1 min 05 s of narration, made in 1 min 15 s",
        "",
        f"page  1  {PICTURE.url}",
    ]


def test_every_operation_is_one_that_the_schema_has() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text())
    sent = [value for value in vars(operations).values() if isinstance(value, GraphQLRequest)]
    assert len(sent) == 11
    assert [error for request in sent for error in validate(schema, request.document)] == []


def test_the_client_knows_nothing_of_the_house() -> None:
    sources = [ROOT / "api" / "story_command.py", *(ROOT / "api" / "client").glob("*.py")]
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.partition(".")[0]
                assert top in MAY_IMPORT or top in sys.stdlib_module_names, f"{source.name} imports {name}"
                assert top != "api" or name.startswith("api.client"), f"{source.name} imports {name}"
