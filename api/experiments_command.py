"""`storycanvas experiments`: what has come of each arm, and which arms there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import typer
from rich.console import Console
from rich.table import Table

from api.preflight import CannotStart, database_answers
from api.vendors import open_vendors
from jobs.reading import MEASURED
from models import experiment_report, experiments
from models.database import Database
from models.experiment_report import ArmReport, Ratings
from models.experiments import EXPERIMENTS, VOICE, WRITER
from models.settings import Settings
from models.weights import parse_weights
from resolvers.voices import told_voices

HEADINGS = (
    "arm", "weight", "stories", "accounts", "ratings", "mean stars", "95 %", "first words", "whole",
    "US dollars a story", "refusals", "pages in band", "written again",
)  # fmt: skip
METHOD = (
    "Stars are means of accounts' means; 95 % is Wilson's score interval over accounts, for stars from 1 to 5. Two "
    "arms whose intervals overlap are not told apart yet. Times are medians since createStory, in seconds."
)


async def show_experiments(settings: Settings, database_url: str, days: int) -> None:
    """Prints a table for each experiment that is running or has made stories. Raises CannotStart."""
    await database_answers(database_url)
    database = Database(database_url, 1)
    since = datetime.now(UTC) - timedelta(days=days)
    try:
        async with database.reading() as session:
            set_by_hand = await experiments.arms_of(session)
            found = await experiment_report.report(session, since, MEASURED)
    finally:
        await database.close()
    configured = {WRITER: parse_weights(settings.writer_weights), VOICE: parse_weights(settings.voice_weights)}
    weights = {name: set_by_hand.get(name) or configured[name] for name in EXPERIMENTS}
    console = Console(highlight=False)
    for name in EXPERIMENTS:
        made = {row.arm: row for row in found if row.experiment == name}
        arms = sorted(made.keys() | weights[name].keys())
        source = "set by hand" if name in set_by_hand else "from the settings" if weights[name] else "not running"
        if arms:
            _show(console, f"{name}, {source}", [_cells(arm, weights[name].get(arm), made.get(arm)) for arm in arms])
        else:
            console.print(f"{name}: no experiment; the default makes every story", soft_wrap=True)
    if found:
        console.print(METHOD, soft_wrap=True)


async def set_experiment(settings: Settings, database_url: str, name: str, pairs: Sequence[str]) -> None:
    """Gives an experiment these arms and weights, or none; new accounts go by them. Raises CannotStart."""
    if name not in EXPERIMENTS:
        raise CannotStart(f"there is no experiment {name}: there are {' and '.join(EXPERIMENTS)}")
    try:
        weights = parse_weights(",".join(pairs))
    except ValueError as error:
        raise CannotStart(str(error)) from error
    if weights and not any(weights.values()):
        raise CannotStart("no arm takes new accounts: give at least one a weight")
    there = await _arms_there(settings, name) if weights else ()
    if missing := [arm for arm in weights if arm not in there]:
        raise CannotStart(f"there is no {name} {', '.join(missing)}; there are {', '.join(sorted(there))}")
    await database_answers(database_url)
    database = Database(database_url, 1)
    try:
        async with database.session() as session:
            await experiments.set_arms(session, name, weights)
            await session.commit()
    finally:
        await database.close()


async def _arms_there(settings: Settings, name: str) -> Collection[str]:
    """Writers that are open, or the ids of voices that narrators tell within two seconds."""
    async with open_vendors(settings) as ports:
        if name == WRITER:
            return list(ports.writers)
        async with told_voices(ports.narrators) as voices:
            return [voice.id for voice in voices]


def _show(console: Console, title: str, rows: Sequence[Sequence[str]]) -> None:
    """A table on a terminal; elsewhere lines, with tabs between the columns."""
    if not console.is_terminal:
        typer.echo(f"# {title}")
        for row in (HEADINGS, *rows):
            typer.echo("\t".join(row))  # rich would make blanks of the tabs
        return
    table = Table(title=title, title_justify="left")
    for place, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _cells(arm: str, weight: int | None, made: ArmReport | None) -> list[str]:
    cells = [arm, "-" if weight is None else str(weight)]
    if made is None:
        return [*cells, "0", *["-"] * (len(HEADINGS) - 3)]
    return [
        *cells,
        str(made.stories),
        str(made.accounts),
        str(made.ratings.count),
        _decimal(made.ratings.mean, 2),
        _interval(made.ratings),
        _decimal(made.first_words_s, 1),
        _decimal(made.whole_s, 1),
        "-" if made.cost_micros is None else f"{made.cost_micros / 1e6:.4f}",
        str(made.refusals),
        _share(made.pages_in_band, made.pages_measured),
        _share(made.pages_rewritten, made.pages_measured),
    ]


def _decimal(value: float | None, places: int) -> str:
    return "-" if value is None else f"{value:.{places}f}"


def _interval(ratings: Ratings) -> str:
    interval = ratings.interval()
    return "-" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%} of {whole}" if whole else "-"
