"""Everything that is stored about somebody, as one zip: rows as JSON, pictures and recordings as they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import orjson

from jobs.ports import MediaStore
from jobs.work import Transactions
from models import errands, personal
from models.errands import Errand

KEPT = timedelta(hours=24)
"""How long an export can be fetched."""


async def export_data(transactions: Transactions, media: MediaStore, errand: Errand) -> None:
    """Makes the zip and puts it into the store; run again after KEPT, removes it.

    One row and one file are in memory at a time; the zip grows on disk.
    """
    account_id = errand.account_id
    if account_id is None:
        raise LookupError("an export of nobody")
    if errand.finished_at is not None:
        await media.delete(f"exports/{account_id}/{errand.id}")
        async with transactions.begin() as work:
            await errands.finish_errand(work.session, errand)
        return
    key = f"exports/{account_id}/{errand.id}/{errand.attempts}.zip"
    async with _folder() as folder:
        path = folder / "export.zip"
        archive = await asyncio.to_thread(ZipFile, path, "w")
        try:
            await _add_rows(transactions, archive, account_id, folder)
            await _add_media(transactions, media, archive, errand, account_id)
        finally:
            await asyncio.to_thread(archive.close)
        await media.put_file(key, path, "application/zip")
        outcome = {"key": key, "bytes": (await asyncio.to_thread(path.stat)).st_size}
    async with transactions.begin() as work:
        ours = await errands.finish_errand(work.session, errand, outcome, again_in=KEPT)
    if not ours:  # the account has gone meanwhile, or another worker was quicker, under a key of its own
        await media.delete(key)


@asynccontextmanager
async def _folder() -> AsyncGenerator[Path]:
    folder = await asyncio.to_thread(TemporaryDirectory, prefix="storycanvas-export-")
    try:
        yield Path(folder.name)
    finally:
        await asyncio.to_thread(folder.cleanup)


async def _add_rows(transactions: Transactions, archive: ZipFile, account_id: UUID, folder: Path) -> None:
    """One file a table, one line of JSON a row."""
    tables = _Tables(folder)
    async with transactions.database.session() as session:
        async for table, row in personal.rows_of(session, account_id):
            tables.add(table, row)
    for name in tables.close():
        await asyncio.to_thread(archive.write, folder / name, name, ZIP_DEFLATED)


class _Tables:
    """The rows of each table in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}

    def add(self, table: str, row: dict[str, Any]) -> None:
        if table not in self._files:
            self._files[table] = (self._folder / f"{table}.jsonl").open("wb")
        self._files[table].write(orjson.dumps(row, default=str) + b"\n")

    def close(self) -> list[str]:
        """Gives the names of the files."""
        for file in self._files.values():
            file.close()
        return [f"{table}.jsonl" for table in self._files]


async def _add_media(
    transactions: Transactions, media: MediaStore, archive: ZipFile, errand: Errand, account_id: UUID
) -> None:
    """Every file under its own key, which is how the rows name it."""
    async with transactions.database.session() as session:
        keys = {key: None async for key in personal.media_keys_of(session, account_id)}
    for key in keys:
        try:
            data = await media.get(key)
        except KeyError:  # removed since its row was read
            continue
        await asyncio.to_thread(archive.writestr, f"media/{key}", data, ZIP_STORED)
        async with transactions.begin() as work:
            await errands.keep_errand(work.session, errand)
