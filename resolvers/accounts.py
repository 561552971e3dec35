"""Signing up, in and out."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy.exc import IntegrityError

from models import accounts, billing
from models.accounts import Account
from models.billing import Cause
from models.errors import EmailTaken, InvalidCredentials
from resolvers.caller import Caller, access_token
from resolvers.house import House
from resolvers.inputs import Checked, is_storable

# OWASP's Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane.
_HASHING = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
_NOBODYS_HASH = _HASHING.hash("the password of an account that does not exist")
_AT_ONCE = asyncio.Semaphore(2)
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)+")
COMMON_PASSWORDS = frozenset(
    [
        "password",
        "password1",
        "password12",
        "password123",
        "password1234",
        "passw0rd",
        "p@ssw0rd",
        "12345678",
        "123456789",
        "1234567890",
        "11111111",
        "00000000",
        "87654321",
        "88888888",
        "qwertyui",
        "qwertyuiop",
        "qwerty123",
        "qwerty1234",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "1qaz2wsx",
        "zaq12wsx",
        "iloveyou",
        "iloveyou1",
        "sunshine",
        "princess",
        "football",
        "football1",
        "baseball",
        "superman",
        "starwars",
        "trustno1",
        "whatever",
        "letmein1",
        "welcome1",
        "welcome123",
        "admin123",
        "administrator",
        "abcd1234",
        "abc12345",
        "a1b2c3d4",
        "asdfghjk",
        "asdfghjkl",
        "computer",
        "michelle",
        "jennifer",
        "internet",
        "corvette",
        "maverick",
    ]
)


@dataclass(frozen=True, slots=True)
class Session:
    """What a client holds while it is signed in."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    account: Account


async def sign_up(house: House, email: str, password: str, display_name: str | None) -> Session:
    """Raises InvalidInput, EmailTaken."""
    checked = Checked()
    address = checked.text("email", email.casefold(), 3, 254, "The e-mail address")  # folding can make it longer
    if not _EMAIL.fullmatch(address):
        checked.problem("email", "This does not look like an e-mail address.")
    if not is_storable(password) or not 8 <= len(password) <= 128:
        checked.problem("password", "The password takes 8 to 128 characters.")
    elif password.casefold() in COMMON_PASSWORDS:
        checked.problem("password", "This password is among the first that anybody would guess. Choose another.")
    name = checked.optional("displayName", display_name, 100, "The name")
    checked.done()
    account = Account(email=address, password_hash=await _hashed(password), display_name=name)
    try:
        async with house.transactions.begin() as work:
            work.session.add(account)
            await work.session.flush()
            await billing.grant(work.session, account.id, house.signup_credits, Cause.SIGN_UP, f"sign-up:{account.id}")
            await work.session.refresh(account)
            session = await _begin(house, work.session, account)
    except IntegrityError:
        raise EmailTaken from None
    return session


async def sign_in(house: House, email: str, password: str) -> Session:
    """Raises InvalidCredentials, alike in time and words for an unknown address and a wrong password."""
    address = email.strip().casefold()
    account = None
    if is_storable(address) and len(address) <= 254:
        async with house.database.reading() as session:
            account = await accounts.account_by_email(session, address)
    right = await _verified(password[:1024], account.password_hash if account else _NOBODYS_HASH)
    if account is None or not right:
        raise InvalidCredentials
    async with house.transactions.begin() as work:
        return await _begin(house, work.session, account)


async def refresh(house: House, refresh_token: str) -> Session:
    """Spends a refresh token and gives the next. One that was spent before ends its whole family."""
    digest = _digest(refresh_token)
    async with house.transactions.begin() as work:
        sign_in = await accounts.use_refresh_token(work.session, digest)
        if sign_in is not None:
            account = await accounts.account_of_sign_in(work.session, sign_in.id)
            if account is not None:
                next_token = secrets.token_urlsafe(32)
                await accounts.add_refresh_token(work.session, sign_in.id, _digest(next_token))
                return _session(house, sign_in.id, next_token, account)
    raise InvalidCredentials


async def sign_out(house: House, caller: Caller) -> bool:
    """Ends the caller's session, its refresh tokens with it; False for nobody."""
    if caller.sign_in_id is None:
        return False
    async with house.transactions.begin() as work:
        await accounts.revoke_sign_in(work.session, caller.sign_in_id)
    return True


async def _begin(house: House, session: accounts.Session, account: Account) -> Session:
    refresh_token = secrets.token_urlsafe(32)
    lifetime = timedelta(seconds=house.refresh_token_s)
    sign_in = await accounts.begin_sign_in(session, account.id, _digest(refresh_token), lifetime)
    return _session(house, sign_in.id, refresh_token, account)


def _session(house: House, sign_in_id: UUID, refresh_token: str, account: Account) -> Session:
    token, expires_at = access_token(house, sign_in_id)
    return Session(token, refresh_token, expires_at, account)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


async def _hashed(password: str) -> str:
    async with _AT_ONCE:
        return await asyncio.to_thread(_HASHING.hash, password)


async def _verified(password: str, hashed: str) -> bool:
    if not is_storable(password):
        password = ""
    async with _AT_ONCE:
        return await asyncio.to_thread(_HASHING.verify, password, hashed)
