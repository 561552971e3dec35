"""What can go wrong between this client and a server.

ClientProblem
├── Unreachable    nobody answers, or what answers is not a StoryCanvas server
├── SignedOut      the token is refused and cannot be renewed
└── Refused        the server understood, and said no
    └── OutOfCredits
"""

from collections.abc import Sequence

from api.client.lettering import counted


class ClientProblem(Exception):
    """`str()` of it is one sentence for the person at the terminal; `details` are further lines, perhaps none."""

    details: Sequence[str] = ()


class Unreachable(ClientProblem):
    """Trying again later may help. `retry_after_s` is the least wait that the server asked for, in seconds."""

    def __init__(self, message: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NobodyAnswers(Unreachable):
    """The server may not have been started."""


class SignedOut(ClientProblem):
    """A new token may help."""


class Refused(ClientProblem):
    """Trying the same again does not help."""

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = details


class OutOfCredits(Refused):
    """`needed` and `available` are credits. Nothing was charged."""

    def __init__(self, needed: int, available: int) -> None:
        left = f"there are only {available} left" if available else "there are none left"
        super().__init__(f"This takes {counted(needed, 'credit')}, and {left}. Nothing was charged.")
        self.needed = needed
        self.available = available
