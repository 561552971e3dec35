"""Accounts, their signed-in sessions, and the refresh tokens that keep a session going."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Select, delete, func, insert, select, update
from sqlalchemy import false as sql_false
from sqlmodel import Column, Field, SQLModel, col

from models.database import Session, UtcTime
from models.errors import InvalidCredentials, Unauthenticated

GRACE = timedelta(seconds=10)
"""How long a used refresh token still answers, for a client whose reply was lost (LIMITS: accounts)."""
MOST_LISTED = 100


class Account(SQLModel, table=True):
    """Somebody who signs in. `email` is stored case-folded. Only models.billing moves the credits.

    `drawn` is models.lots' own; while it is `frozen`, for a payment is disputed, nothing is made for it.

    The row outlives its person, for the ledger's sake: see models.personal.
    """

    __tablename__ = "accounts"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr
    __table_args__ = (
        CheckConstraint("available + reserved + spent = granted", name="credits_add_up"),
        CheckConstraint("available >= 0 AND reserved >= 0 AND spent >= 0", name="no_pot_below_zero"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str = Field(max_length=254, unique=True)
    email_verified_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))
    password_hash: str
    display_name: str | None = Field(default=None, max_length=100)
    granted: int = 0
    available: int = 0
    reserved: int = 0
    spent: int = 0
    drawn: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    frozen: bool = Field(default=False, sa_column_kwargs={"server_default": sql_false()})
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    deleted_at: datetime | None = Field(default=None, sa_column=Column(UtcTime))


class SignIn(SQLModel, table=True):
    """One signed-in session, from signIn or signUp to signOut: the family of its refresh tokens.

    `client` is what the client called itself, and `last_used_at` when it last refreshed: exact to the lifetime of an
    access token, and no write more than a refresh is anyway.
    """

    __tablename__ = "sign_ins"  # pyright: ignore[reportAssignmentType]  # SQLModel types it as declared_attr

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(
        sa_column=Column(ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    created_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    last_used_at: datetime = Field(default=None, sa_column=Column(UtcTime, nullable=False, server_default=func.now()))
    client: str | None = Field(default=None, max_length=200)
    expires_at: datetime = Field(sa_column=Column(UtcTime, nullable=False, index=True))
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
    """The accounts behind sessions that are neither revoked nor over, unless their person has gone."""
    return (
        select(Account)
        .join(SignIn, col(SignIn.account_id) == col(Account.id))
        .where(
            col(SignIn.revoked_at).is_(None),
            col(SignIn.expires_at) > func.now(),
            col(Account.deleted_at).is_(None),
        )
    )


async def account_of_sign_in(session: Session, sign_in_id: UUID) -> Account | None:
    found = await session.execute(behind_sessions().where(col(SignIn.id) == sign_in_id))
    return found.scalar_one_or_none()


async def lock_account(session: Session, account_id: UUID, password_hash: str | None = None) -> None:
    """Has two transactions of one account take turns. Who locks a story as well locks the story first.

    Raises Unauthenticated where its person has gone meanwhile. A `password_hash` is what a password was just compared
    with: raises InvalidCredentials where that does not hold any more, so that nobody gets in by a password that was
    replaced while it was being checked.
    """
    found = await session.execute(
        select(col(Account.password_hash))
        .where(col(Account.id) == account_id, col(Account.deleted_at).is_(None))
        .with_for_update()
    )
    now = found.scalar_one_or_none()
    if password_hash is not None and now != password_hash:
        raise InvalidCredentials
    if now is None:
        raise Unauthenticated


async def lock_books(session: Session, account_id: UUID) -> bool:
    """`lock_account` for what outlives a person: credits, payments, subscriptions. Says whether the person is there."""
    found = await session.execute(
        select(col(Account.deleted_at)).where(col(Account.id) == account_id).with_for_update()
    )
    return found.scalar_one() is None


async def account_by_email(session: Session, email: str) -> Account | None:
    found = await session.execute(select(Account).where(col(Account.email) == email, col(Account.deleted_at).is_(None)))
    return found.scalar_one_or_none()


async def begin_sign_in(
    session: Session, account_id: UUID, digest: bytes, lifetime: timedelta, client: str | None = None
) -> SignIn:
    """A new session with its first refresh token."""
    values = {"id": uuid4(), "account_id": account_id, "expires_at": func.now() + lifetime, "client": client}
    sign_in = (await session.execute(insert(SignIn).values(values).returning(SignIn))).scalar_one()
    await add_refresh_token(session, sign_in.id, digest)
    return sign_in


async def add_refresh_token(session: Session, sign_in_id: UUID, digest: bytes) -> None:
    await session.execute(insert(RefreshToken).values(digest=digest, sign_in_id=sign_in_id))


async def use_refresh_token(session: Session, digest: bytes, client: str | None = None) -> SignIn | None:
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
    sign_in.last_used_at = datetime.now(UTC)
    sign_in.client = client
    return sign_in


async def revoke_sign_in(session: Session, sign_in_id: UUID) -> None:
    await session.execute(
        update(SignIn)
        .where(col(SignIn.id) == sign_in_id, col(SignIn.revoked_at).is_(None))
        .values(revoked_at=func.now())
    )


async def sign_ins_of(session: Session, account_id: UUID) -> Sequence[SignIn]:
    """The sessions that hold, the one used last first; at most MOST_LISTED."""
    found = await session.execute(
        select(SignIn)
        .where(*_holding(account_id))
        .order_by(col(SignIn.last_used_at).desc(), col(SignIn.id))
        .limit(MOST_LISTED)
    )
    return found.scalars().all()


async def sign_in_of(session: Session, account_id: UUID, sign_in_id: UUID) -> SignIn | None:
    """The account's session of this id, where it holds."""
    found = await session.execute(select(SignIn).where(*_holding(account_id), col(SignIn.id) == sign_in_id))
    return found.scalar_one_or_none()


async def revoke_all_sign_ins(session: Session, account_id: UUID, but: UUID | None = None) -> None:
    """Ends every session of the account, but one."""
    ending = update(SignIn).where(col(SignIn.account_id) == account_id, col(SignIn.revoked_at).is_(None))
    if but is not None:
        ending = ending.where(col(SignIn.id) != but)
    await session.execute(ending.values(revoked_at=func.now()))


async def forget_old_sign_ins(session: Session) -> None:
    """Of sessions that are over nothing is kept, their refresh tokens included: none of them could be used again."""
    await session.execute(delete(SignIn).where(col(SignIn.expires_at) < func.now() - timedelta(days=1)))


def _holding(account_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        col(SignIn.account_id) == account_id,
        col(SignIn.revoked_at).is_(None),
        col(SignIn.expires_at) > func.now(),
    )


async def set_password(session: Session, account_id: UUID, password_hash: str) -> None:
    await session.execute(update(Account).where(col(Account.id) == account_id).values(password_hash=password_hash))


async def address_of_account(session: Session, account_id: UUID) -> str:
    return (await session.execute(select(col(Account.email)).where(col(Account.id) == account_id))).scalar_one()


async def set_verified(session: Session, account_id: UUID) -> bool:
    """The account's address is known to be read by its owner; says whether that was not known before."""
    found = await session.execute(
        update(Account)
        .where(col(Account.id) == account_id, col(Account.email_verified_at).is_(None))
        .values(email_verified_at=func.now())
        .returning(col(Account.id))
    )
    return found.scalar_one_or_none() is not None
