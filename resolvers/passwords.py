"""Passwords: which are taken, and how they are kept."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from resolvers.inputs import Checked, is_storable

SHORTEST, LONGEST = 8, 128
# OWASP's Password Storage Cheat Sheet: Argon2id with 19 MiB, two passes, one lane.
_HASHING = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))
_NOBODYS_HASH = _HASHING.hash("the password of an account that does not exist")
_THREADS = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), "passwords")
"""One processor is left to everybody else."""


async def check_new(checked: Checked, field: str, password: str) -> None:
    """Notes a problem where nobody should have this password (NIST SP 800-63B, section 3.1.1.2)."""
    if not is_storable(password) or not SHORTEST <= len(password) <= LONGEST:
        checked.problem(field, f"The password takes {SHORTEST} to {LONGEST} characters.")
    elif password.casefold() in await asyncio.to_thread(common_passwords):
        checked.problem(field, "This password is among the first that anybody would guess. Choose another.")


@cache
def common_passwords() -> frozenset[str]:
    """The commonest passwords of those that leaked: the list that zxcvbn comes with, without what is too short.

    https://github.com/dwolfhub/zxcvbn-python, from Mark Burnett's ten million passwords.
    """
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # 14 MB, for which nobody but a new password has use

    return frozenset(word.casefold() for word in FREQUENCY_LISTS["passwords"] if len(word) >= SHORTEST)


async def hashed(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHING.hash, password)


async def is_right(password: str, kept: str | None) -> bool:
    """Whether it is the password that `kept` is the hash of.

    Takes the same time where there is no account, and none that could be signed in to.
    """
    given = password[: LONGEST * 8] if is_storable(password) else ""
    loop = asyncio.get_running_loop()
    right = await loop.run_in_executor(_THREADS, _HASHING.verify, given, kept or _NOBODYS_HASH)
    return right and bool(kept)
