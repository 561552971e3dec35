"""Who is asking: an account with a token that holds right now, or nobody."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import jwt
from jwt.types import Options
from sqlalchemy import Select
from sqlmodel import col

from models import api_keys, characters, stories
from models.accounts import Account
from models.api_keys import ApiKey
from models.characters import Character
from models.errors import Forbidden, Unauthenticated
from models.stories import Story
from models.vocabulary import ApiKeyKind, ApiScope
from resolvers.house import House

ALGORITHM = "HS256"
KEY_PREFIXES = {ApiKeyKind.LIVE: "sc_live_", ApiKeyKind.SANDBOX: "sc_test_"}


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from: its address, an IPv6 one without its last 64 bits (api.addresses), and what it calls
    itself (its User-Agent)."""

    address: str = ""
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """`account` is None for nobody. `bad_token`: a token was shown, and it is not valid (any more).

    Behind an account stands either a person who has signed in (`sign_in_id`), who may do everything with what is
    theirs, or a program with an API `key`, which may do what its scopes say.
    """

    account: Account | None = None
    sign_in_id: UUID | None = None
    expires_at: datetime | None = None
    bad_token: bool = False
    key: ApiKey | None = None
    client: Client = Client()

    @property
    def account_id(self) -> UUID:
        """Raises Unauthenticated for nobody."""
        if self.account is None:
            raise Unauthenticated
        return self.account.id

    @property
    def person(self) -> Account:
        """The account of somebody who has signed in. Raises Unauthenticated for nobody, Forbidden for an API key."""
        if self.account is None:
            raise Unauthenticated
        if self.key is not None:
            raise Forbidden
        return self.account

    @property
    def sandbox(self) -> bool:
        """Whether what is made for this caller is free, and made by the offline vendors."""
        return self.key is not None and self.key.kind is ApiKeyKind.SANDBOX

    def need(self, scope: ApiScope) -> None:
        """Raises Unauthenticated for nobody, Forbidden for an API key without the scope."""
        if self.account is None:
            raise Unauthenticated
        if self.key is not None and scope not in self.key.scopes:
            raise Forbidden

    def stories(self) -> Select[Story]:
        """The stories that the caller may read: the account's, and for a sandbox key those of the sandbox alone."""
        mine = stories.readable_by(self.account_id)
        return mine.where(col(Story.sandbox)) if self.sandbox else mine

    def characters(self) -> Select[Character]:
        """The characters of the caller's library, as `stories`."""
        mine = characters.readable_by(self.account_id)
        return mine.where(col(Character.sandbox)) if self.sandbox else mine

    async def again(self, house: House) -> Caller:
        """The same caller, unless session or key has ended since; then nobody, with a token that holds no more."""
        if self.key is not None:
            return await _of_key(house, self.client, id=self.key.id)
        if self.sign_in_id is None:
            return self
        account = await house.sessions.account(self.sign_in_id)
        return Caller(bad_token=True, client=self.client) if account is None else replace(self, account=account)


NOBODY = Caller()
UNKNOWN = Client()


def access_token(house: House, sign_in_id: UUID) -> tuple[str, datetime]:
    """A token and the time it expires."""
    now = datetime.now(UTC)
    expires_at = now + timedelta(seconds=house.access_token_s)
    claims = {"sub": str(sign_in_id), "iat": now, "exp": expires_at}
    return jwt.encode(claims, house.token_key, ALGORITHM), expires_at


def digest_of(token: str) -> bytes:
    """Under which a token of ours is kept: SHA-256, since our tokens have more bits than anybody can guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


async def identify(house: House, token: str | None, client: Client = UNKNOWN) -> Caller:
    """The caller behind an access token or an API key.

    Session and key are looked up each time, so that signing out and revoking hold at once.
    """
    if token is None:
        return Caller(client=client)
    if token.startswith(tuple(KEY_PREFIXES.values())):
        return await _of_key(house, client, digest=digest_of(token))
    try:
        sign_in_id, expires = _claimed(token, house.token_key)
    except (jwt.InvalidTokenError, ValueError):
        return Caller(bad_token=True, client=client)
    account = None if expires <= time.time() else await house.sessions.account(sign_in_id)
    if account is None:
        return Caller(bad_token=True, client=client)
    return Caller(account, sign_in_id, datetime.fromtimestamp(expires, UTC), client=client)


@lru_cache(maxsize=4096)
def _claimed(token: str, key: bytes) -> tuple[UUID, int]:
    """The session and the expiry that a token of ours names. It says the same each time; the time is for others to see.

    Raises jwt.InvalidTokenError, and ValueError where `sub` is no session's.
    """
    options: Options = {"require": ["exp", "sub"], "verify_exp": False}
    claims = jwt.decode(token, key, [ALGORITHM], options=options)
    return UUID(claims["sub"]), int(claims["exp"])


async def _of_key(house: House, client: Client, **shown: UUID | bytes) -> Caller:
    async with house.database.reading() as session:
        found = await api_keys.key_that_holds(session, **shown)
        if found is None:
            return Caller(bad_token=True, client=client)
    key, account, noted_long_ago = found
    if noted_long_ago:
        async with house.database.session() as session:
            await api_keys.note_use(session, key.id)
            await session.commit()
    return Caller(account, key=key, client=client)
