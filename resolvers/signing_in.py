"""Keeping an account one's own: its sessions, its password, and that its address is read by its owner."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from disposable_email_domains import blocklist

from jobs.queue import RunErrand
from jobs.tries import Bucket
from models import accounts, api_keys, email_tokens, errands
from models.accounts import Account, SignIn
from models.errands import ErrandKind
from models.errors import InvalidCredentials, NotFound, Unauthenticated
from resolvers import passwords, tries
from resolvers.accounts import checked_address, welcome_credits
from resolvers.caller import Caller, Client, digest_of
from resolvers.house import House
from resolvers.inputs import Checked
from resolvers.tries import of_account, of_address

LETTERS = 3
"""To one address in 15 minutes, of each kind."""


async def sessions(house: House, caller: Caller) -> Sequence[SignIn]:
    """The caller's sessions that hold, the one used last first."""
    account_id = caller.person.id
    async with house.database.reading() as session:
        return await accounts.sign_ins_of(session, account_id)


async def session_by_id(house: House, caller: Caller, id: UUID) -> SignIn | None:
    account_id = caller.person.id
    async with house.database.reading() as session:
        return await accounts.sign_in_of(session, account_id, id)


async def revoke_session(house: House, caller: Caller, id: UUID) -> None:
    """Ends one of the caller's sessions at once, be it this one. Raises NotFound."""
    account_id = caller.person.id
    async with house.transactions.begin() as work:
        if await accounts.sign_in_of(work.session, account_id, id) is None:
            raise NotFound(id, "session")
        await accounts.revoke_sign_in(work.session, id)


async def prove(house: House, caller: Caller, password: str) -> Account:
    """The caller's account, once its password has been given again. Raises InvalidCredentials, RateLimited."""
    account = caller.person
    async with tries.unless_right(
        house, of_account(house, "sign-in", account.email), of_address(house, "sign-in", caller.client)
    ):
        if not await passwords.is_right(password, account.password_hash):
            raise InvalidCredentials
    return account


async def change_password(house: House, caller: Caller, current: str, new: str) -> None:
    """Every other session ends, and letters for a new password hold no more.

    Raises InvalidInput, InvalidCredentials, RateLimited.
    """
    caller.person  # noqa: B018  # nobody hears what would be wrong with the input
    checked = Checked()
    await passwords.check_new(checked, "newPassword", new)
    checked.done()
    account = await prove(house, caller, current)
    kept = await passwords.hashed(new)
    async with house.transactions.begin() as work:
        await accounts.lock_account(work.session, account.id, account.password_hash)
        await accounts.set_password(work.session, account.id, kept)
        await accounts.revoke_all_sign_ins(work.session, account.id, but=caller.sign_in_id)
        await email_tokens.spend_email_tokens(work.session, account.id, ErrandKind.RESET_PASSWORD)


# ---------------------------------------------------------------- by letter


async def request_verification(house: House, caller: Caller) -> bool:
    """Has a letter sent to the caller's address; False where it is verified already. Raises RateLimited."""
    account = caller.person
    if account.email_verified_at is not None:
        return False
    await _letter(house, caller.client, ErrandKind.VERIFY_EMAIL, account.email, account.id)
    return True


async def request_reset(house: House, client: Client, email: str) -> None:
    """Has a letter sent to an address, if it has an account. Raises InvalidInput for what is no address, RateLimited.

    Nothing here depends on whether it has one: a worker looks, later. So words and time are the same for everybody.
    """
    checked = Checked()
    address = checked_address(checked, email)
    checked.done()
    await _letter(house, client, ErrandKind.RESET_PASSWORD, address)


async def _letter(house: House, client: Client, kind: ErrandKind, email: str, account_id: UUID | None = None) -> None:
    to = Bucket(f"{kind}:account:{email}", LETTERS, tries.WITHIN_S)
    await tries.take(house, to, of_address(house, kind, client))
    async with house.transactions.begin() as work:
        known_as = None if account_id is not None else email
        errand = await errands.add_errand(work.session, kind, account_id=account_id, email=known_as)
        work.ask(RunErrand(errand.id))


async def verify_email(house: House, client: Client, token: str) -> None:
    """Raises InvalidCredentials for a token that does not hold, RateLimited."""
    guesses = of_address(house, ErrandKind.VERIFY_EMAIL, client)
    async with tries.unless_right(house, guesses), house.transactions.begin() as work:
        account_id = await _proven(work.session, token, ErrandKind.VERIFY_EMAIL)
        await _verified(house, work.session, account_id)


async def reset_password(house: House, client: Client, token: str, new: str) -> None:
    """Every session ends, and the address is known to be read by its owner. API keys go on, unless that was not known
    before: then somebody else may have signed up with the address, and made them.

    Raises InvalidInput, which leaves the token as it is, InvalidCredentials, RateLimited.
    """
    checked = Checked()
    await passwords.check_new(checked, "newPassword", new)
    checked.done()
    async with tries.unless_right(house, of_address(house, ErrandKind.RESET_PASSWORD, client)):
        kept = await passwords.hashed(new)
        async with house.transactions.begin() as work:
            account_id = await _proven(work.session, token, ErrandKind.RESET_PASSWORD)
            await accounts.set_password(work.session, account_id, kept)
            if await _verified(house, work.session, account_id):
                await api_keys.revoke_all_keys(work.session, account_id)
            await accounts.revoke_all_sign_ins(work.session, account_id)


async def _proven(session: accounts.Session, token: str, purpose: ErrandKind) -> UUID:
    """The account whose letter it was, locked; the token is spent. Raises InvalidCredentials where it does not hold.

    The account is locked first, as by whoever changes a password: else each could wait for the other.
    """
    digest = digest_of(token)
    account_id = await email_tokens.account_of_email_token(session, digest)
    if account_id is None:
        raise InvalidCredentials
    try:
        await accounts.lock_account(session, account_id)
    except Unauthenticated:  # its person has gone
        raise InvalidCredentials from None
    if not await email_tokens.use_email_token(session, digest, purpose):
        raise InvalidCredentials
    return account_id


async def _verified(house: House, session: accounts.Session, account_id: UUID) -> bool:
    """The address is its owner's; says whether that was not known before. The caller has locked the account.

    Where credits waited for that they are granted, but not to an address of ten minutes. The list of disposable domains
    is the package disposable-email-domains'.
    """
    first = await accounts.set_verified(session, account_id)
    if house.verify_email and not is_disposable(await accounts.address_of_account(session, account_id)):
        await welcome_credits(session, account_id, house.signup_credits)
    return first


def is_disposable(email: str) -> bool:
    """Whether an address is of a domain, or below one, that gives addresses away for minutes."""
    labels = email.rpartition("@")[2].split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))
