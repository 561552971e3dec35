"""Accounts, their signed-in sessions, and the refresh tokens that keep a session going."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Select, func, insert, select, update
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime

GRACE = timedelta(seconds=10)
"""How long a used refresh token still answers, for a client whose reply was lost (LIMITS: accounts)."""


class Account(SQLModel, table=True):
    """Somebody who signs in. `email` is stored case-folded. Only models.billing moves the credits."""

    __tablename__ = "accounts"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (
        CheckConstraint("available + reserved + spent = granted", name="credits_add_up"),
        CheckConstraint("available >= 0 AND reserved >= 0 AND spent >= 0", name="no_pot_below_zero"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str = Field(max_length=254, unique=True)
    password_hash: str
    display_name: str | None = Field(default=None, max_length=100)
    granted: int = 0
    available: int = 0
    reserved: int = 0
    spent: int = 0
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))


class SignIn(SQLModel, table=True):
    """One signed-in session, from signIn or signUp to signOut: the family of its refresh tokens."""

    __tablename__ = "sign_ins"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(
        sa_column=Column(ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    expires_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


class RefreshToken(SQLModel, table=True):
    """Kept as SHA-256; used once, and again within GRACE."""

    __tablename__ = "refresh_tokens"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    digest: bytes = Field(primary_key=True)
    sign_in_id: UUID = Field(
        sa_column=Column(ForeignKey("sign_ins.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    used_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


def behind_sessions() -> Select[Account]:
    """The accounts behind sessions that are neither revoked nor over."""
    return (
        select(Account)
        .join(SignIn, col(SignIn.account_id) == col(Account.id))
        .where(col(SignIn.revoked_at).is_(None), col(SignIn.expires_at) > func.now())
    )


async def account_of_sign_in(session: Session, sign_in_id: UUID) -> Account | None:
    found = await session.execute(behind_sessions().where(col(SignIn.id) == sign_in_id))
    return found.scalar_one_or_none()


async def lock_account(session: Session, account_id: UUID) -> None:
    """Has two transactions of one account take turns. Who locks a story as well locks the story first."""
    await session.execute(select(col(Account.id)).where(col(Account.id) == account_id).with_for_update())


async def account_by_email(session: Session, email: str) -> Account | None:
    found = await session.execute(select(Account).where(col(Account.email) == email))
    return found.scalar_one_or_none()


async def begin_sign_in(session: Session, account_id: UUID, digest: bytes, lifetime: timedelta) -> SignIn:
    """A new session with its first refresh token."""
    sign_in = (
        await session.execute(
            insert(SignIn).values(id=uuid4(), account_id=account_id, expires_at=func.now() + lifetime).returning(SignIn)
        )
    ).scalar_one()
    await add_refresh_token(session, sign_in.id, digest)
    return sign_in


async def add_refresh_token(session: Session, sign_in_id: UUID, digest: bytes) -> None:
    await session.execute(insert(RefreshToken).values(digest=digest, sign_in_id=sign_in_id))


async def use_refresh_token(session: Session, digest: bytes) -> SignIn | None:
    """Spends the token. One that was spent before GRACE revokes its whole family, and None is the answer."""
    found = await session.execute(
        select(RefreshToken, SignIn, (col(RefreshToken.used_at) < func.now() - GRACE).label("stolen"))
        .join(SignIn, col(SignIn.id) == col(RefreshToken.sign_in_id))
        .where(
            col(RefreshToken.digest) == digest,
            col(SignIn.revoked_at).is_(None),
            col(SignIn.expires_at) > func.now(),
        )
        .with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        return None
    token, sign_in, stolen = row
    if stolen:
        await revoke_sign_in(session, sign_in.id)
        return None
    if token.used_at is None:
        await session.execute(update(RefreshToken).where(col(RefreshToken.digest) == digest).values(used_at=func.now()))
    return sign_in


async def revoke_sign_in(session: Session, sign_in_id: UUID) -> None:
    await session.execute(
        update(SignIn)
        .where(col(SignIn.id) == sign_in_id, col(SignIn.revoked_at).is_(None))
        .values(revoked_at=func.now())
    )
