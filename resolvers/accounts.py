"""Signing up, in and out."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from jobs.queue import RunErrand
from jobs.tries import Bucket
from jobs.work import Work
from models import accounts, billing, errands
from models.accounts import Account
from models.billing import Cause
from models.errands import ErrandKind
from models.errors import EmailTaken, InvalidCredentials
from resolvers import passwords, tries
from resolvers.caller import UNKNOWN, Caller, Client, access_token, digest_of
from resolvers.house import House
from resolvers.inputs import Checked, is_storable
from resolvers.tries import of_account, of_address

# No quoted local parts, and none of RFC 5322's specials: in a letter's head they would name other addressees.
_WORD = r"[^@\s\x00-\x1f\x7f()<>\[\]:;,\\\"]"
_EMAIL = re.compile(rf"{_WORD}{{1,64}}@(?:(?!\.){_WORD})+(\.(?:(?!\.){_WORD})+)+")


@dataclass(frozen=True, slots=True)
class Session:
    """What a client holds while it is signed in."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    account: Account


def address_of(email: str) -> str:
    """How an e-mail address is written down: without white space at its ends, and case-folded."""
    return email.strip().casefold()


def checked_address(checked: Checked, email: str) -> str:
    """`address_of`, with a problem noted where it does not look like one."""
    address = checked.text("email", email.casefold(), 3, 254, "The e-mail address")  # folding can make it longer
    # The top-level domain of names that are nobody's (RFC 6761, section 6.4): deleted accounts have such addresses.
    if not _EMAIL.fullmatch(address) or address.endswith(".invalid"):
        checked.problem("email", "This does not look like an e-mail address.")
    return address


async def sign_up(
    house: House, email: str, password: str, display_name: str | None, client: Client = UNKNOWN
) -> Session:
    """Raises InvalidInput, EmailTaken, RateLimited."""
    checked = Checked()
    address = checked_address(checked, email)
    await passwords.check_new(checked, "password", password)
    name = checked.optional("displayName", display_name, 100, "The name")
    checked.done()
    await tries.take(house, of_account(house, "sign-up", address), of_address(house, "sign-up", client))
    account = Account(email=address, password_hash=await passwords.hashed(password), display_name=name)
    try:
        async with house.transactions.begin() as work:
            work.session.add(account)
            await work.session.flush()
            await _welcome(house, work, account)
            await work.session.refresh(account)
            session = await _begin(house, work.session, account, client)
    except IntegrityError:
        raise EmailTaken from None
    return session


async def _welcome(house: House, work: Work, account: Account) -> None:
    """Grants the credits of a new account, or has a letter sent whose link will."""
    if house.verify_email:
        errand = await errands.add_errand(work.session, ErrandKind.VERIFY_EMAIL, account_id=account.id)
        work.ask(RunErrand(errand.id))
    else:
        await welcome_credits(work.session, account.id, house.signup_credits)


async def welcome_credits(session: accounts.Session, account_id: UUID, credits: int) -> None:
    """Once in an account's life. The caller has locked the account, or has just made it."""
    await billing.grant_once(session, account_id, credits, Cause.SIGN_UP, f"sign-up:{account_id}")


async def sign_in(house: House, email: str, password: str, client: Client = UNKNOWN) -> Session:
    """Raises RateLimited, and InvalidCredentials, alike in time and words for an unknown address and a wrong password.

    Only failures count; so many for one account, known or not, that a right password must wait too.
    """
    address = address_of(email)
    async with tries.unless_right(house, of_account(house, "sign-in", address), of_address(house, "sign-in", client)):
        account = None
        if is_storable(address) and len(address) <= 254:
            async with house.database.reading() as session:
                account = await accounts.account_by_email(session, address)
        right = await passwords.is_right(password, account.password_hash if account else None)
        if account is None or not right:
            raise InvalidCredentials
        async with house.transactions.begin() as work:
            await accounts.lock_account(work.session, account.id, account.password_hash)
            return await _begin(house, work.session, account, client)


async def refresh(house: House, refresh_token: str, client: Client = UNKNOWN) -> Session:
    """Spends a refresh token and gives the next. One that was spent before ends its whole family.

    Raises InvalidCredentials and RateLimited: of an address the failures count, of an account every refresh does.
    """
    async with tries.unless_right(house, of_address(house, "refresh", client)):
        session = await _refreshed(house, client, digest_of(refresh_token))
        if session is None:
            raise InvalidCredentials
    return session


async def _refreshed(house: House, client: Client, digest: bytes) -> Session | None:
    async with house.transactions.begin() as work:
        sign_in = await accounts.use_refresh_token(work.session, digest, client.name)
        if sign_in is None:
            return None  # what a stolen token has revoked is committed
        account = await accounts.account_of_sign_in(work.session, sign_in.id)
        if account is None:
            return None
        await tries.take(house, Bucket(f"refresh:account:{account.id}", house.address_tries, tries.WITHIN_S))
        next_token = secrets.token_urlsafe(32)
        await accounts.add_refresh_token(work.session, sign_in.id, digest_of(next_token))
        return _session(house, sign_in.id, next_token, account)


async def sign_out(house: House, caller: Caller) -> bool:
    """Ends the caller's session, its refresh tokens with it; False for nobody."""
    if caller.sign_in_id is None:
        return False
    async with house.transactions.begin() as work:
        await accounts.revoke_sign_in(work.session, caller.sign_in_id)
    return True


async def _begin(house: House, session: accounts.Session, account: Account, client: Client) -> Session:
    refresh_token = secrets.token_urlsafe(32)
    lifetime = timedelta(seconds=house.refresh_token_s)
    sign_in = await accounts.begin_sign_in(session, account.id, digest_of(refresh_token), lifetime, client.name)
    return _session(house, sign_in.id, refresh_token, account)


def _session(house: House, sign_in_id: UUID, refresh_token: str, account: Account) -> Session:
    token, expires_at = access_token(house, sign_in_id)
    return Session(token, refresh_token, expires_at, account)
