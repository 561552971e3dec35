"""`storycanvas experiments`: what an operator is told, and can set."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from jobs.reading import MEASURED
from models import experiments
from models.accounts import Account
from models.database import Database
from models.generation import Step, StepState
from models.journal import CallOutcome, VendorCall
from models.stories import Story
from models.vocabulary import AgeBand, StoryStatus

ROOT = Path(__file__).parents[2]
ASKED_AT = datetime.now(UTC) - timedelta(days=1)


def command(database_url: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs it as an operator does, with nothing of this process's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYCANVAS_")}
    return subprocess.run(
        [sys.executable, "-m", "api", "experiments", *arguments],
        cwd=ROOT,
        env={**kept, "DATABASE_URL": database_url, "COLUMNS": "220", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


async def account(database: Database) -> UUID:
    async with database.session() as session:
        row = Account(email=f"{uuid4().hex}@example.com", password_hash="none")
        session.add(row)
        await session.commit()
        return row.id


async def story(
    database: Database,
    owner: UUID,
    writer: str,
    rating: int | None,
    *,
    first_words_s: float,
    whole_s: float | None,
    costs: Sequence[int] = (),
    refusals: int = 0,
    texts: Sequence[Step] = (),
) -> None:
    status = StoryStatus.READY if whole_s is not None else StoryStatus.INCOMPLETE
    row = Story(
        account_id=owner, premise="A mole", status=status, age_band=AgeBand.AGES_3_5, language="en",
        art_style="watercolor", narrated=False, page_count=3, writer=writer, painter="offline", narrator="offline",
        arms={"writer": writer}, rating=rating, created_at=ASKED_AT,
        first_words_at=ASKED_AT + timedelta(seconds=first_words_s),
        whole_at=None if whole_s is None else ASKED_AT + timedelta(seconds=whole_s),
    )  # fmt: skip
    calls = [(CallOutcome.OK, cost) for cost in costs] + [(CallOutcome.REFUSED, 0)] * refusals
    async with database.session() as session:
        session.add(row)
        await session.flush()
        for outcome, cost in calls:
            session.add(
                VendorCall(
                    story_id=row.id, step_key="text:1", step_version=1, vendor="v", model=writer, attempt=1,
                    generation=1, worker="w", outcome=outcome, cost_micros=cost,
                )
            )  # fmt: skip
        for text in texts:
            text.story_id = row.id
            session.add(text)
        await session.commit()


def text(
    page: int, suits: bool | None, *, version: int = 1, wish: str | None = None, state: StepState = StepState.DONE
) -> Step:
    output: dict[str, object] = {"text": "Words.", "suits": suits}
    return Step(story_id=uuid4(), key=f"text:{page}", version=version, state=state, instruction=wish, output=output)


def by_hand(page: int, version: int) -> Step:
    output: dict[str, object] = {"text": "Words.", "by_hand": True}
    return Step(story_id=uuid4(), key=f"text:{page}", version=version, state=StepState.DONE, output=output)


def tables(output: str) -> dict[str, dict[str, dict[str, str]]]:
    """Cells by title, arm and heading."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    rows: dict[str, dict[str, str]] = {}
    headings: list[str] = []
    for line in output.splitlines():
        cells = line.split("\t")
        if line.startswith("# "):
            rows = found[line[2:]] = {}
        elif cells[0] == "arm":
            headings = cells
        elif len(cells) > 1:
            rows[cells[0]] = dict(zip(headings, cells, strict=True))
    return found


async def test_each_arm_is_told_as_its_stories_were(database_url: str) -> None:
    database = Database(database_url, 2)
    one, other, third = [await account(database) for _ in range(3)]
    wish = f"{MEASURED}12-year-olds"
    pages = [
        *(text(1, False), text(1, True, version=2, wish=wish)),  # mended
        *(text(2, False), text(2, False, version=2, wish=wish)),  # as hard as before
        *(text(3, True), by_hand(3, 2)),  # changed by a parent, who is no arm
        text(4, None),  # too short
    ]
    await story(database, one, "luna", 5, first_words_s=2, whole_s=40, costs=[30_000, 10_000], texts=pages)
    await story(database, one, "luna", 3, first_words_s=4, whole_s=60, costs=[20_000], refusals=2)
    await story(database, other, "luna", 1, first_words_s=9, whole_s=None)
    await story(database, third, "haiku", None, first_words_s=3, whole_s=30, costs=[1_000])
    async with database.session() as session:
        await experiments.set_arms(session, "writer", {"haiku": 3, "new": 1})
        await session.commit()
    await database.close()

    answer = command(database_url)

    assert answer.returncode == 0, answer.stderr
    shown = tables(answer.stdout)["writer, set by hand"]
    assert shown["luna"] == {
        "arm": "luna",
        "weight": "-",
        "stories": "3",
        "accounts": "2",
        "ratings": "3",
        "mean stars": "2.50",  # of 4 and 1
        "95 %": "1.22 to 4.43",
        "first words": "4.0",
        "whole": "50.0",
        "US dollars a story": "0.0200",
        "refusals": "2",
        "pages in band": "67% of 3",
        "written again": "67% of 3",
    }
    assert (shown["haiku"]["weight"], shown["haiku"]["mean stars"], shown["haiku"]["95 %"]) == ("3", "-", "-")
    assert (shown["new"]["weight"], shown["new"]["stories"]) == ("1", "0")
    assert "Wilson" in answer.stdout
    assert "voice: no experiment" in answer.stdout


async def test_on_a_terminal_it_is_a_table(database_url: str) -> None:
    shown = command(database_url, STORYCANVAS_WRITER_WEIGHTS="offline=1", FORCE_COLOR="1").stdout
    assert "writer, from the settings" in shown
    assert "mean stars" in shown
    assert "│" in shown


async def test_arms_are_set_and_taken_back(database_url: str) -> None:
    assert command(database_url, "set", "writer", "offline=2").returncode == 0
    assert tables(command(database_url).stdout)["writer, set by hand"]["offline"]["weight"] == "2"
    assert command(database_url, "stop", "writer").returncode == 0
    assert "writer: no experiment" in command(database_url).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["painter", "offline=1"], "there is no experiment painter"),
        (["writer", "luna=1"], "there is no writer luna; there are offline"),
        (["voice", "offline:nobody=1"], "there is no voice offline:nobody; there are offline:"),
        (["writer", "offline"], "'offline' is not an arm and its weight"),
        (["writer", "offline=0"], "give at least one a weight"),
    ],
)
async def test_what_can_not_be_is_refused_in_a_line(database_url: str, arguments: list[str], said: str) -> None:
    answer = command(database_url, "set", *arguments)
    assert (answer.returncode, answer.stdout) == (1, "")
    (line,) = answer.stderr.splitlines()
    assert said in line
