"""What the offline shop knows, a file for each thing of it, where API and worker both look."""

from __future__ import annotations

import asyncio
import re
import secrets
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

_ID = re.compile(r"[a-z]{2,4}_[A-Za-z0-9_-]{8,80}")


class Customer(BaseModel):
    id: str
    account: str


class Session(BaseModel):
    """A checkout: `status` is open, complete or expired."""

    id: str
    created: datetime
    customer: str
    reference: str
    item: str
    recurring: bool
    success_url: str
    cancel_url: str
    status: str = "open"
    subscription: str | None = None


class Line(BaseModel):
    item: str
    amount: int


class Invoice(BaseModel):
    """One that is paid; a month of it ends when `ends_at` says."""

    id: str
    created: datetime
    customer: str
    subscription: str
    lines: list[Line]
    ends_at: datetime


class Plan(BaseModel):
    """A subscription: `status` is active or canceled. `leaving`: it ends with its month."""

    id: str
    customer: str
    item: str
    ends_at: datetime
    invoice: str
    status: str = "active"
    leaving: bool = False


class Portal(BaseModel):
    """A visit to the page on which a customer changes what is subscribed to."""

    id: str
    created: datetime
    customer: str
    return_url: str


M = TypeVar("M", Customer, Session, Invoice, Plan, Portal)


class Books:
    """Below `folder`, which is made when the first thing is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, thing: Customer | Session | Invoice | Plan | Portal) -> None:
        await asyncio.to_thread(self._write, _name(type(thing), thing.id), thing.model_dump_json())

    def _write(self, name: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f"{name}.{secrets.token_hex(8)}.draft"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._folder / name)

    async def read(self, kind: type[M], id: str) -> M | None:
        """None where it is not there, and for what can't be an id of ours, wherever that would lead."""
        if not _ID.fullmatch(id):
            return None
        try:
            text = await asyncio.to_thread((self._folder / _name(kind, id)).read_text, encoding="utf-8")
        except FileNotFoundError:
            return None
        return kind.model_validate_json(text)

    async def all(self, kind: type[M]) -> list[M]:
        def found() -> list[M]:
            paths = sorted(self._folder.glob(_name(kind, "*")))
            return [kind.model_validate_json(path.read_text(encoding="utf-8")) for path in paths]

        return await asyncio.to_thread(found)


def _name(kind: type[BaseModel], id: str) -> str:
    return f"{kind.__name__.lower()}-{id}.json"
