"""`storycanvas vendors`: who will be asked for what and why, who can't be, and whether they answer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import typer
from rich.console import Console
from rich.table import Table

from api.client.lettering import counted
from api.preflight import CannotStart
from jobs.ports import NotUsable, Ports
from jobs.providers import MissingExtra, check_usable, open_ports
from jobs.providers.checking import Check, Outcome, carry_out, checks
from jobs.providers.choice import Chosen, ChosenMedia
from jobs.providers.survey import survey
from models.logs import configure_logs
from models.settings import Settings


def usable_vendors(settings: Settings) -> None:
    """Raises CannotStart where the settings name something that can't be had, before anything is started."""
    try:
        check_usable(settings)
    except (NotUsable, MissingExtra) as error:
        raise CannotStart(str(error)) from error


@asynccontextmanager
async def open_vendors(settings: Settings) -> AsyncGenerator[Ports]:
    """The vendors that a process with these settings uses. Raises CannotStart."""
    usable_vendors(settings)
    async with open_ports(settings, media_secret=secrets.token_bytes(32)) as ports:
        yield ports


def show_vendors(settings: Settings) -> None:
    """Prints what will be used, and what else the catalog knows. Raises CannotStart."""
    usable_vendors(settings)
    today = _today()
    surveyed = survey(settings, today)
    console = Console(highlight=False)
    used = [_used(each, surveyed.used, today) for each in surveyed.used]
    media = _media(surveyed.media, settings)
    _show(console, "Used, the default of each kind first", ("kind", "vendor", "model", "why"), [*used, *media])
    beside = [(model.kind, model.vendor, model.id, why) for model, why in surveyed.beside]
    _show(console, "In the catalog, but not used", ("kind", "vendor", "model", "why not"), beside)
    for model in surveyed.ending(today):
        console.print(f"{model.id} retires on {model.retires_on}: name another {model.kind} until then", soft_wrap=True)


def check_vendors(settings: Settings, *, asked: bool) -> None:
    """Calls each configured vendor once, and prints what it says. Raises CannotStart where one of them does not work.

    On a terminal it asks before it costs anything, unless it has been `asked` for already.
    """
    console = Console(highlight=False)
    to_check = checks(survey(settings, _today()))
    if not to_check:
        console.print("Nothing to call: the offline vendors and a local folder need no check.")
        return
    console.print(_price(to_check), soft_wrap=True)
    if console.is_terminal and not asked and not typer.confirm("Go on?"):
        return
    configure_logs("error")  # what else there is to be said stands in the table
    outcomes = asyncio.run(_carry_out(settings, to_check, console))
    wrong = sum(not outcome.works for outcome in outcomes)
    spent = sum(outcome.cost_micros for outcome in outcomes)
    console.print(f"This cost {_dollars(spent)}.")
    if wrong:
        raise CannotStart(f"{wrong} of {counted(len(outcomes), 'vendor')} can't be used as it is set up")


async def _carry_out(settings: Settings, to_check: Sequence[Check], console: Console) -> list[Outcome]:
    async with open_ports(settings, media_secret=secrets.token_bytes(32)) as ports:
        outcomes: list[Outcome] = []
        with console.status("Calling each of them once; a picture takes up to a minute."):
            for finished in asyncio.as_completed([carry_out(check, ports) for check in to_check]):
                outcomes.append(await finished)
                console.print(_line(outcomes[-1]), soft_wrap=True)
        return outcomes


def _line(outcome: Outcome) -> str:
    check = outcome.check
    sign = "ok    " if outcome.works else "WRONG "
    return f"{sign} {check.kind} {check.vendor} {check.model}, {outcome.took_s:.1f} s: {outcome.words}"


def _price(to_check: Sequence[Check]) -> str:
    each = ", ".join(f"{check.kind} {check.model} {_dollars(check.cost_micros)}" for check in to_check)
    return f"A check costs about {_dollars(sum(check.cost_micros for check in to_check))}: {each}."


def _dollars(micros: int) -> str:
    return f"${micros / 1_000_000:.4f}"


def _used(each: Chosen, used: Sequence[Chosen], today: date) -> tuple[str, str, str, str]:
    is_default = each is next(other for other in used if other.kind is each.kind)
    model = each.model
    ends = f"; retires on {model.retires_on}" if model is not None and model.retires_on is not None else ""
    return each.kind, each.vendor, "-" if model is None else model.id, f"{'default: ' * is_default}{each.why}{ends}"


def _media(chosen: ChosenMedia, settings: Settings) -> list[tuple[str, str, str, str]]:
    where = str(settings.data / "media") if chosen.bucket is None else chosen.bucket
    store = ("media", "folder" if chosen.bucket is None else "s3", where, chosen.why)
    if chosen.cdn is None:
        signed = "CDN_BASE_URL is not set: the API serves it" if chosen.bucket is None else "URLs that S3 itself checks"
        return [store, ("cdn", "none", "-", signed)]
    return [store, ("cdn", "cloudflare", chosen.cdn, "CDN_BASE_URL is set")]


def _show(console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on a terminal; elsewhere lines, with tabs between the columns."""
    if not console.is_terminal:
        typer.echo(f"# {title}")
        for row in rows:
            typer.echo("\t".join(row))  # rich would make blanks of the tabs
        return
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _today() -> date:
    return datetime.now(UTC).date()
