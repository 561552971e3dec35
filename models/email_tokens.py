"""What a letter's link proves: that whoever opens it reads this address's mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, delete, func, insert, select, update
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime, word
from models.errands import ErrandKind

LIFETIME = timedelta(minutes=30)


class EmailToken(SQLModel, table=True):
    """Kept as SHA-256, made when its letter is sent, and used once; `purpose` is the letter's errand."""

    __tablename__ = "email_tokens"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    digest: bytes = Field(primary_key=True)
    purpose: ErrandKind = Field(sa_column=Column(word(ErrandKind), nullable=False))
    account_id: UUID = Field(
        sa_column=Column(ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    expires_at: datetime = Field(sa_column=Column(UtcTime, nullable=False, index=True))
    used_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


async def add_email_token(session: Session, digest: bytes, purpose: ErrandKind, account_id: UUID) -> None:
    values = {"digest": digest, "purpose": purpose, "account_id": account_id, "expires_at": func.now() + LIFETIME}
    await session.execute(insert(EmailToken).values(values))


async def account_of_email_token(session: Session, digest: bytes) -> UUID | None:
    """Whose a token is, or was."""
    found = await session.execute(select(col(EmailToken.account_id)).where(col(EmailToken.digest) == digest))
    return found.scalar_one_or_none()


async def use_email_token(session: Session, digest: bytes, purpose: ErrandKind) -> bool:
    """Spends a token that holds, and with it every other one of its purpose. The caller has locked its account."""
    found = await session.execute(
        update(EmailToken)
        .where(
            col(EmailToken.digest) == digest,
            col(EmailToken.purpose) == purpose,
            col(EmailToken.used_at).is_(None),
            col(EmailToken.expires_at) > func.now(),
        )
        .values(used_at=func.now())
        .returning(col(EmailToken.account_id))
    )
    account_id = found.scalar_one_or_none()
    if account_id is not None:
        await spend_email_tokens(session, account_id, purpose)
    return account_id is not None


async def spend_email_tokens(session: Session, account_id: UUID, purpose: ErrandKind) -> None:
    """Every link of this purpose that is still on its way to the account holds no more."""
    await session.execute(
        update(EmailToken)
        .where(
            col(EmailToken.account_id) == account_id,
            col(EmailToken.purpose) == purpose,
            col(EmailToken.used_at).is_(None),
        )
        .values(used_at=func.now())
    )


async def forget_old_tokens(session: Session) -> None:
    await session.execute(delete(EmailToken).where(col(EmailToken.expires_at) < func.now() - timedelta(days=1)))
