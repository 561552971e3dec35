"""The command `storycanvas`. What a command needs is imported inside it, so that `--help` is quick."""

import asyncio
import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr, ValidationError

from api.preflight import CannotStart

if TYPE_CHECKING:
    from models.settings import Settings

ROOT = Path(__file__).parents[1]
REFUSED, MISUSED = 1, 2

app = typer.Typer(
    help="Turns a premise and a cast into an illustrated, narrated picture book, and shows it while it is being made.",
    epilog="Settings are environment variables, or lines of a file .env: see .env.example.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
experiments = typer.Typer(invoke_without_command=True)
app.add_typer(experiments, name="experiments", help="Show what has come of experiments, and set their arms.")


@app.command()
def up(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.", show_default="STORYCANVAS_HOST or 127.0.0.1")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 finds a free one.", show_default="STORYCANVAS_PORT or 8000")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder that keeps everything.", show_default="STORYCANVAS_DATA or .data")
    ] = None,
    sample: Annotated[bool, typer.Option("--sample/--no-sample", help="Make a book first, then go on.")] = False,
) -> None:
    """Run everything here: PostgreSQL, Valkey, migrations, API and worker.

    Without DATABASE_URL or REDIS_URL, servers of its own keep their data in the data folder. Ctrl-C stops all of it.
    """
    from api.up import up as run

    given = {"host": host, "port": port, "data": data}
    settings = _settings().model_copy(update={name: value for name, value in given.items() if value is not None})
    _usable_vendors(settings)
    asyncio.run(run(settings, sample=sample))


@app.command()
def serve(
    processes: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, help="How many, on one port. Best: one a core.", show_default="STORYCANVAS_PROCESSES or 1"
        ),
    ] = None,
    share: Annotated[
        bool, typer.Option("--share", help="Share the port with others of this user that were started so.")
    ] = False,
) -> None:
    """Run the API alone. DATABASE_URL and REDIS_URL say where its servers are."""
    settings = _settings()
    _required(settings.database_url, "DATABASE_URL")
    _required(settings.redis_url, "REDIS_URL")
    _usable_vendors(settings)
    many = processes or settings.processes
    if many > 1 and not share:
        from api.processes import serve_together

        serve_together(settings, many)
        return
    from api.server import serve as run

    run(settings, shared=share)


@app.command()
def worker() -> None:
    """Run a worker alone, which makes the stories. DATABASE_URL and REDIS_URL say where its servers are."""
    settings = _settings()
    _required(settings.database_url, "DATABASE_URL")
    _required(settings.redis_url, "REDIS_URL")
    _usable_vendors(settings)
    from jobs.worker import run

    run(settings)


@app.command()
def migrate(
    down_to: Annotated[
        str | None, typer.Option(metavar="REVISION", help="Go back to this revision; `base` removes every table.")
    ] = None,
) -> None:
    """Bring the tables up to date, or back to an earlier revision. `up` does the first by itself."""
    from api.preflight import database_answers
    from api.up import migrate as run

    database_url = _required(_settings().database_url, "DATABASE_URL")

    async def change() -> None:
        await database_answers(database_url)
        await run(database_url, down_to)

    asyncio.run(change())


@app.command()
def vendors(
    check: Annotated[
        bool, typer.Option("--check", help="Call each once. What that costs is shown, and asked, first.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether a check may cost what it costs.")] = False,
) -> None:
    """Show which vendor and model will be used for what, and why. Fails where one that was named can't be had."""
    from api.vendors import check_vendors, show_vendors

    settings = _settings()
    show_vendors(settings)
    if check:
        check_vendors(settings, asked=yes)


@app.command()
def schema(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a file is out of step.")] = False,
) -> None:
    """Write the API's schema to schema.graphql, and to be read by people to docs/schema.md."""
    from schema.reference import reference
    from schema.root import print_sdl

    sdl = print_sdl()
    for name, now in (("schema.graphql", sdl), ("docs/schema.md", reference(sdl))):
        path = ROOT / name
        if not check:
            path.write_text(now)
        elif (before := path.read_text() if path.exists() else "") != now:
            lines = difflib.unified_diff(before.splitlines(), now.splitlines(), name, "the code", lineterm="")
            typer.echo("\n".join(lines))
            raise CannotStart(f"{name} is out of step with the code: run `storycanvas schema`, and read what changed")


@app.command()
def costs(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days back, today included.")] = 30,
    by: Annotated[str, typer.Option(help="story, vendor, model or day.")] = "day",
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Show what vendors' calls cost, in US dollars. Without DATABASE_URL: in the running `storycanvas up`."""
    from api.costs_command import show_costs

    asyncio.run(show_costs(_database_of(_settings()), days, by, csv=csv))


@app.command()
def reconcile(
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days back.")] = 15,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what is missing; without it, nothing is written.")
    ] = False,
) -> None:
    """Compare what was paid with the ledger, and say what is missing. A worker does it every night, without mending.

    Fails where something is missing and has not been mended.
    """
    from api.reconcile_command import compare_books

    asyncio.run(compare_books(_settings(), days, repair=repair))


@experiments.callback()
def report(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Stories of how many days back.")] = 90,
) -> None:
    """Show what has come of each arm of an experiment. Without DATABASE_URL: in the running `storycanvas up`."""
    if context.invoked_subcommand is None:
        from api.experiments_command import show_experiments

        settings = _settings()
        asyncio.run(show_experiments(settings, _database_of(settings), days))


@experiments.command("set")
def set_experiment(
    name: Annotated[str, typer.Argument(help="writer or voice.")],
    arms: Annotated[list[str], typer.Argument(metavar="ARM=WEIGHT...", help="Such as gpt-6-luna=3.")],
) -> None:
    """Divide new accounts among these arms, in place of what was set before. Accounts stay in the arm they are in.

    An arm of weight 0 keeps its accounts and gets no more; accounts of an arm that is left out get the default.
    """
    from api.experiments_command import set_experiment as run

    settings = _settings()
    asyncio.run(run(settings, _database_of(settings), name, arms))


@experiments.command()
def stop(name: Annotated[str, typer.Argument(help="writer or voice.")]) -> None:
    """Take back what was set by hand: what the settings say counts again."""
    from api.experiments_command import set_experiment as run

    settings = _settings()
    asyncio.run(run(settings, _database_of(settings), name, []))


def _story() -> None:
    """Make a book, and watch it being made."""


def _settings() -> "Settings":
    from models.settings import Settings

    return Settings()  # pyright: ignore[reportCallIssue]  every field has a default, given by position


def _usable_vendors(settings: "Settings") -> None:
    from api.vendors import usable_vendors

    usable_vendors(settings)


def _database_of(settings: "Settings") -> str:
    """The one that is set, else that of `storycanvas up` on the same data folder. Raises CannotStart."""
    if settings.database_url is None and settings.data.is_dir():
        from api.embedded import EmbeddedPostgres

        return EmbeddedPostgres(settings.data).url
    return _required(settings.database_url, "DATABASE_URL")


def _required(setting: SecretStr | None, variable: str) -> str:
    if setting is None:
        raise CannotStart(f"{variable} is not set: set it, or use `storycanvas up`, which brings its own servers")
    return setting.get_secret_value()


def main() -> None:
    """The console script. Ends with exit code 1 for what can't be started, 2 for settings that are wrong."""
    if sys.argv[1:2] == ["story"]:
        from api.story_command import story

        app.command("story")(story)
    else:
        app.command("story")(_story)  # only its line in the help: the real one's imports take as long as a start
    try:
        app()
    except CannotStart as refusal:
        _exit(REFUSED, str(refusal))
    except ValidationError as error:
        _exit(MISUSED, *(f"{_variable(problem['loc'])}: {problem['msg']}" for problem in error.errors()))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"api", "schema", "resolvers", "jobs", "models"}:
            raise
        _exit(REFUSED, f"the package {error.name} is missing: pip install 'storycanvas[embedded,offline]'")


def _variable(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)


def _exit(code: int, *lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"storycanvas: {line}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
