"""Making and revoking API keys: for people who have signed in, never for keys."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models import accounts, api_keys
from models.api_keys import ApiKey
from models.errors import NotFound
from models.vocabulary import ApiKeyKind, ApiScope
from resolvers.caller import KEY_PREFIXES, Caller, digest_of
from resolvers.house import House
from resolvers.inputs import Checked

RANDOM_BYTES = 24
SHOWN = 4
"""How many letters of the random part are shown with the key later on."""
MOST_KEYS = 50


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key with its secret, which is nowhere else."""

    key: ApiKey
    secret: str


async def create(house: House, caller: Caller, name: str, scopes: Sequence[ApiScope], kind: ApiKeyKind) -> NewKey:
    """Raises InvalidInput."""
    account_id = caller.person.id
    checked = Checked()
    called = checked.text("name", name, 1, 100, "The name")
    if not scopes or len(set(scopes)) != len(scopes):
        checked.problem("scopes", "Name at least one scope, each of them once.")
    checked.done()
    secret = KEY_PREFIXES[kind] + secrets.token_hex(RANDOM_BYTES)
    key = ApiKey(
        account_id=account_id,
        name=called,
        kind=kind,
        prefix=secret[: len(KEY_PREFIXES[kind]) + SHOWN],
        digest=digest_of(secret),
        scopes=list(scopes),
    )
    async with house.transactions.begin() as work:
        await accounts.lock_account(work.session, account_id)
        if await api_keys.count_of_keys(work.session, account_id) >= MOST_KEYS:
            checked.problem("name", f"An account takes {MOST_KEYS} keys. Revoke one that is not needed any more.")
            checked.done()
        work.session.add(key)
        await work.session.flush()
        await work.session.refresh(key)
    return NewKey(key, secret)


async def revoke(house: House, caller: Caller, id: UUID) -> ApiKey:
    """Ends a key at once; a key that was ended before stays so. Raises NotFound."""
    account_id = caller.person.id
    async with house.transactions.begin() as work:
        key = await api_keys.revoke_key(work.session, account_id, id)
    if key is None:
        raise NotFound(id, "apiKey")
    return key


async def listed(house: House, caller: Caller) -> Sequence[ApiKey]:
    """The account's keys: those that hold first, the newest first."""
    account_id = caller.person.id
    async with house.database.reading() as session:
        return await api_keys.keys_of(session, account_id)


async def api_key(house: House, caller: Caller, id: UUID) -> ApiKey | None:
    account_id = caller.person.id
    async with house.database.reading() as session:
        return await api_keys.key_of(session, account_id, id)
