"""A deletion whose worker is killed in the middle of it comes to its end."""

from __future__ import annotations

import signal
from pathlib import Path

import sqlalchemy

from models.database import Database
from models.settings import Settings
from tests.api.test_personal import delete, receipt
from tests.harness import Api, becomes
from tests.jobs.worker_process import worker_process
from tests.vendors import Script

DUE = sqlalchemy.text("UPDATE errands SET due_at = clock_timestamp() WHERE kind = 'DELETE_ACCOUNT' RETURNING 1")


async def execute(database: Database, statement: sqlalchemy.TextClause) -> int:
    """Gives the number that the statement gives."""
    async with database.session() as session:
        found = (await session.execute(statement)).scalar_one()
        await session.commit()
        return found


async def test_a_killed_worker_leaves_a_deletion_to_the_next(
    running_app: Api, worker_settings: Settings, database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url, 4)
    parent = await running_app.as_somebody()
    media = worker_settings.data / "media" / "stories"
    async with worker_process(worker_settings, Script()) as first:
        for _ in range(2):
            assert (await parent.make_story(1))["status"] == "READY"
        assert len(list(media.rglob("*.webp"))) >= 2
        async with database.session() as session:
            last = "SELECT id FROM stories WHERE id = (SELECT id FROM stories ORDER BY id DESC LIMIT 1) FOR UPDATE"
            await session.execute(sqlalchemy.text(last))
            id = (await delete(parent))["deletion"]["id"]

            async def stuck() -> bool:
                waiting = sqlalchemy.text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND wait_event_type = 'Lock'"
                )
                return await execute(database, waiting) > 0

            await becomes(stuck)
            first.signal(signal.SIGKILL)
            await first.exit_status()
    assert (await receipt(running_app, id))["status"] == "WORKING"
    assert list(media.rglob("*.webp")), "it was killed before it had removed them"
    await execute(database, DUE)  # the lease of the worker that died is out

    async with worker_process(worker_settings, Script()):

        async def begun() -> bool:
            return bool((await receipt(running_app, id))["removed"])

        async def done() -> bool:
            return (await receipt(running_app, id))["status"] == "DONE"

        await becomes(begun)
        await execute(database, DUE)
        await becomes(done)
    assert not [path for path in media.rglob("*") if path.is_file()]
    assert await execute(database, sqlalchemy.text("SELECT count(*) FROM stories")) == 0
    assert await execute(database, sqlalchemy.text("SELECT count(*) FROM accounts WHERE deleted_at IS NULL")) == 0
    await database.close()
