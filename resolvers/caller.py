"""Who is asking: an account with a token that holds right now, or nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt

from models import accounts
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
        async with house.database.reading() as session:
            account = await accounts.account_of_sign_in(session, self.sign_in_id)
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
        claims = jwt.decode(token, house.token_key, [ALGORITHM], options={"require": ["exp", "sub"]})
        sign_in_id = UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError):
        return Caller(bad_token=True)
    async with house.database.reading() as session:
        account = await accounts.account_of_sign_in(session, sign_in_id)
    if account is None:
        return Caller(bad_token=True)
    return Caller(account, sign_in_id, datetime.fromtimestamp(claims["exp"], UTC))
