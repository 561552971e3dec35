"""A parent's consent: the wording, in this one place, and who agreed to which version of it when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime

VERSION = "1"
"""Rises with every change of the wording that changes what is agreed to."""
WORDING = (
    "I am at least 18 years old, and the parent or guardian of the children whom I make stories for, or act with "
    "their parents' consent. I agree that the names, descriptions and ideas that I enter are stored with my account, "
    "and are sent to the services that write, illustrate, narrate and check the stories, for that purpose only. "
    "I can download everything that is stored about me, and delete it, at any time."
)


class Consent(SQLModel, table=True):
    """Who agreed to which version. The first time counts."""

    __tablename__ = "consents"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    account_id: UUID = Field(sa_column=Column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True))
    version: str = Field(primary_key=True, max_length=20)
    given_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))


async def give_consent(session: Session, account_id: UUID) -> None:
    await session.execute(insert(Consent).values(account_id=account_id, version=VERSION).on_conflict_do_nothing())


async def consent_given_at(session: Session, account_id: UUID) -> datetime | None:
    """When the account agreed to the present version."""
    found = await session.execute(
        select(col(Consent.given_at)).where(col(Consent.account_id) == account_id, col(Consent.version) == VERSION)
    )
    return found.scalar_one_or_none()
