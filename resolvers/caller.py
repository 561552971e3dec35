"""Who is asking: an account with a token that holds right now, or nobody."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import jwt
from jwt.types import Options

from models.accounts import Account
from models.errors import Unauthenticated
from resolvers.house import House

ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Caller:
    """`account` is None for nobody. `bad_token`: a token was shown, and it is not valid (any more)."""

    account: Account | None = None
    sign_in_id: UUID | None = None
    expires_at: datetime | None = None
    bad_token: bool = False

    @property
    def account_id(self) -> UUID:
        """Raises Unauthenticated for nobody."""
        if self.account is None:
            raise Unauthenticated
        return self.account.id

    async def again(self, house: House) -> Caller:
        """The same caller, unless the session has been ended since; then nobody, with a token that holds no more."""
        if self.sign_in_id is None:
            return self
        account = await house.sessions.account(self.sign_in_id)
        return Caller(bad_token=True) if account is None else replace(self, account=account)


NOBODY = Caller()


def access_token(house: House, sign_in_id: UUID) -> tuple[str, datetime]:
    """A token and the time it expires."""
    now = datetime.now(UTC)
    expires_at = now + timedelta(seconds=house.access_token_s)
    claims = {"sub": str(sign_in_id), "iat": now, "exp": expires_at}
    return jwt.encode(claims, house.token_key, ALGORITHM), expires_at


async def identify(house: House, token: str | None) -> Caller:
    """The caller behind an access token. The session is looked up each time, so signing out holds at once."""
    if token is None:
        return NOBODY
    try:
        sign_in_id, expires = _claimed(token, house.token_key)
    except (jwt.InvalidTokenError, ValueError):
        return Caller(bad_token=True)
    if expires <= time.time():
        return Caller(bad_token=True)
    account = await house.sessions.account(sign_in_id)
    if account is None:
        return Caller(bad_token=True)
    return Caller(account, sign_in_id, datetime.fromtimestamp(expires, UTC))


@lru_cache(maxsize=4096)
def _claimed(token: str, key: bytes) -> tuple[UUID, int]:
    """The session and the expiry that a token of ours names. It says the same each time; the time is for others to see.

    Raises jwt.InvalidTokenError, and ValueError where `sub` is no session's.
    """
    options: Options = {"require": ["exp", "sub"], "verify_exp": False}
    claims = jwt.decode(token, key, [ALGORITHM], options=options)
    return UUID(claims["sub"]), int(claims["exp"])
