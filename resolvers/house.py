"""What every verb works with, opened once a process by api.wiring."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.limits import Limits
from jobs.listener import Listener
from jobs.log import StoryLog
from jobs.ports import Ports
from jobs.tries import Tries
from jobs.work import Transactions
from models.database import Database
from models.readers import Readers
from resolvers.arms import Experiments
from resolvers.availability import Spending
from resolvers.kept import Kept
from resolvers.sessions import Sessions
from resolvers.voices import Voices


@dataclass(frozen=True, slots=True)
class House:
    """`token_key` signs access tokens; lifetimes are in seconds; `voices` are all that narrators have told of.

    With `verify_email`, `signup_credits` wait for the verified address. `return_origins` are the web pages that a
    checkout may lead back to. `account_tries` and `address_tries` are how often an account, or a network address, may
    be wrong in 15 minutes.
    """

    database: Database
    readers: Readers
    sessions: Sessions
    kept: Kept
    transactions: Transactions
    log: StoryLog
    listener: Listener
    ports: Ports
    voices: Voices
    token_key: bytes
    access_token_s: int
    refresh_token_s: int
    stories_at_once: int
    signup_credits: int
    verify_email: bool
    return_origins: frozenset[str]
    require_consent: bool
    tries: Tries
    account_tries: int
    address_tries: int
    limits: Limits
    spending: Spending
    experiments: Experiments
