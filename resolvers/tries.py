"""Limits on what strangers may try, per account and per network address: counted for every field by itself, so that
many fields under aliases in one request are as many tries (LIMITS: signIn, signUp, refresh)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from jobs.tries import Bucket
from models.errors import InvalidCredentials, RateLimited
from resolvers.caller import Client
from resolvers.house import House

WITHIN_S = 15 * 60


def of_account(house: House, verb: str, name: str) -> Bucket:
    """`name` is what the account is known by, whether there is such an account or not."""
    return Bucket(f"{verb}:account:{name}", house.account_tries, WITHIN_S)


def of_address(house: House, verb: str, client: Client) -> Bucket:
    return Bucket(f"{verb}:address:{client.address}", house.address_tries, WITHIN_S)


async def take(house: House, *buckets: Bucket) -> None:
    """Raises RateLimited, and takes nothing, where one of the buckets is empty."""
    wait_s = await house.tries.take(buckets)
    if wait_s:
        raise RateLimited(wait_s)


@asynccontextmanager
async def unless_right(house: House, *buckets: Bucket) -> AsyncGenerator[None]:
    """Takes a try before the block, and gives it back unless the block raises InvalidCredentials: only failures count,
    and a database that was away is nobody's failure.

    It is taken first, so that a thousand guesses at the same moment are a thousand tries; who hangs up before the
    answer has had his try. Raises RateLimited.
    """
    await take(house, *buckets)
    try:
        yield
    except InvalidCredentials:
        raise
    except Exception:
        await house.tries.give_back(buckets)
        raise
    await house.tries.give_back(buckets)
