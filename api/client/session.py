"""One signed-in caller: operations over HTTP, and a token that is renewed before it runs out."""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypedDict, cast
from urllib.parse import urlsplit
from uuid import uuid4

from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.exceptions import (
    TransportConnectionFailed,
    TransportError,
    TransportQueryError,
    TransportServerError,
)
from gql.transport.httpx import HTTPXAsyncTransport

from api.client.operations import REFRESH_SESSION, SIGN_IN, SIGN_UP
from api.client.problems import ClientProblem, NobodyAnswers, OutOfCredits, Refused, SignedOut, Unreachable

HTTP_TIMEOUT_S = 30.0
# The share of a token's life after which it is renewed: the rest is for slow networks and for clocks that differ.
RENEW_AFTER = 0.8
# Waits before the same is sent again, where its answer was lost.
LOST_ANSWER_WAITS_S = (0.2, 1.0, 3.0)

Variables = Mapping[str, object]


class InputProblem(TypedDict):
    path: list[str]
    message: str


class Answer(TypedDict, total=False):
    """What the mutations' unions have in common, as far as a refusal goes."""

    kind: str
    message: str
    problems: list[InputProblem]
    needed: int
    available: int


class GrantAnswer(TypedDict):
    accessToken: str
    refreshToken: str
    expiresAt: str


class GraphQLError(TypedDict, total=False):
    message: str
    extensions: dict[str, object]


@dataclass(frozen=True, slots=True)
class _Grant:
    """`renew_at` on the monotonic clock, in seconds; infinite for a token that this client can't renew."""

    access_token: str
    refresh_token: str | None = None
    renew_at: float = float("inf")


@dataclass(frozen=True, slots=True)
class Guest:
    """An account that this client made for itself."""

    email: str
    password: str


def problem_of(error: TransportQueryError) -> ClientProblem:
    """The top-level error of a GraphQL answer as one of ours, by `extensions.code`."""
    errors = cast(list[GraphQLError], error.errors or [])
    first = errors[0] if errors else GraphQLError(message=str(error))
    extensions = first.get("extensions", {})
    message = first.get("message", "The server gave no reason.")
    match extensions.get("code"):
        case "UNAUTHENTICATED":
            return SignedOut(message)
        case "RATE_LIMITED":
            retry_after = extensions.get("retryAfter")
            return Unreachable(message, retry_after_s=float(retry_after) if isinstance(retry_after, int | float) else 0)
        case "INTERNAL" | "TIMEOUT":
            return Unreachable(message)
        case _:
            return Refused(message)


def is_loopback(url: str) -> bool:
    """Whether `url` names this machine; a proxy of the environment has no business there."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


class Session:
    """A caller of the server at `url` (like `http://127.0.0.1:8000`), with `token`, as `guest`, or else as a new guest.

    Opened and closed with `async with`. Raises ClientProblem everywhere.
    """

    def __init__(self, url: str, token: str | None = None, guest: Guest | None = None) -> None:
        self.url = url.rstrip("/")
        self._grant = _Grant(token) if token else None
        self._guest = guest
        transport = HTTPXAsyncTransport(
            f"{self.url}/graphql", timeout=HTTP_TIMEOUT_S, trust_env=not is_loopback(self.url)
        )
        self._client = AsyncClientSession(Client(transport=transport, execute_timeout=HTTP_TIMEOUT_S))

    async def __aenter__(self) -> Self:
        await self._client.connect()
        try:
            if self._guest is not None:
                await self._sign_in(self._guest)
            elif self._grant is None:
                await self._sign_up_a_guest()
        except BaseException:
            await self._client.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    @property
    def is_guest(self) -> bool:
        return self._guest is not None

    def reader_path(self, story_id: str) -> str:
        """Where the reader page shows the story; for a guest on this machine the way in goes along.

        A fragment is never sent to a server, and the page takes it out of the address bar at once.
        """
        if self._guest is None or not is_loopback(self.url):
            return f"#/story/{story_id}"
        return f"#/guest/{self._guest.email}/{self._guest.password}/{story_id}"

    @property
    def renew_in_s(self) -> float:
        """Seconds until the token should be renewed; not above zero when that is due."""
        return (self._grant.renew_at if self._grant else float("inf")) - time.monotonic()

    async def authorization(self) -> str:
        """The value of the `authorization` header, with a token that has some life left."""
        if self.renew_in_s <= 0:
            await self.renew()
        return f"Bearer {self._grant.access_token if self._grant else ''}"

    async def renew(self) -> None:
        """Gets a new access token, by the refresh token or, for our own guest, by its password. Raises SignedOut."""
        if self._grant is None or self._grant.refresh_token is None:
            raise SignedOut("The token is not accepted: it is wrong, or it has run out.")
        try:
            await self._take_grant(REFRESH_SESSION, {"refreshToken": self._grant.refresh_token})
        except Refused as refusal:
            if self._guest is None:
                raise SignedOut(str(refusal)) from refusal
            await self._sign_in(self._guest)

    async def ask(self, request: GraphQLRequest, input: Variables) -> object:
        """Sends a verb with `input` and returns the payload that its union answered. Raises Refused for a refusal."""
        field, value = next(iter((await self.read(request, {"input": input})).items()))
        return _payload(field, value)

    async def ask_once(self, request: GraphQLRequest, input: Variables) -> object:
        """As `ask`, for a verb that takes an idempotency key: sent again where the answer was lost, and done once."""
        keyed = {**input, "idempotencyKey": str(uuid4())}
        for wait_s in LOST_ANSWER_WAITS_S:
            try:
                return await self.ask(request, keyed)
            except Unreachable as lost:
                if lost.retry_after_s:
                    raise
                await asyncio.sleep(wait_s)
        return await self.ask(request, keyed)

    async def read(self, request: GraphQLRequest, variables: Variables | None = None) -> dict[str, object]:
        """Sends an operation and returns its `data`."""
        try:
            return await self._send(request, variables, {"authorization": await self.authorization()})
        except SignedOut:
            # The token ran out early, by the server's clock. Nothing was done, so the same may be sent again.
            await self.renew()
        return await self._send(request, variables, {"authorization": await self.authorization()})

    async def _sign_in(self, guest: Guest) -> None:
        await self._take_grant(SIGN_IN, {"email": guest.email, "password": guest.password})

    async def _sign_up_a_guest(self) -> None:
        guest = Guest(f"guest-{secrets.token_hex(8)}@example.com", secrets.token_urlsafe(24))
        await self._take_grant(SIGN_UP, {"email": guest.email, "password": guest.password})
        self._guest = guest

    async def _take_grant(self, request: GraphQLRequest, input: Variables) -> None:
        field, value = next(iter((await self._send(request, {"input": input}, {})).items()))
        answer = cast(GrantAnswer, _payload(field, value))
        life_s = (datetime.fromisoformat(answer["expiresAt"]) - datetime.now(UTC)).total_seconds()
        # A clock ahead of the server's makes the token look dead at birth; then the server's refusal is the only guide.
        renew_at = time.monotonic() + RENEW_AFTER * life_s if life_s > 0 else float("inf")
        self._grant = _Grant(answer["accessToken"], answer["refreshToken"], renew_at)

    async def _send(
        self, request: GraphQLRequest, variables: Variables | None, headers: Mapping[str, str]
    ) -> dict[str, object]:
        filled = GraphQLRequest(request, variable_values=dict(variables) if variables else None)
        try:
            return cast(dict[str, object], await self._client.execute(filled, extra_args={"headers": dict(headers)}))
        except TransportQueryError as error:
            raise problem_of(error) from error
        except TransportConnectionFailed as error:
            raise NobodyAnswers(f"No server answers at {self.url}.") from error
        except TimeoutError as error:
            raise Unreachable(
                f"The server at {self.url} did not answer within {HTTP_TIMEOUT_S:.0f} seconds."
            ) from error
        except TransportServerError as error:
            raise Unreachable(f"{self.url} answered with HTTP status {error.code}.") from error
        except TransportError as error:
            raise Unreachable(f"What answers at {self.url} does not speak GraphQL.") from error


def _payload(field: str, value: object) -> object:
    if value is None:
        raise Unreachable(f"The server answered {field} with nothing.")
    answer = cast(Answer, value)
    if "message" not in answer:
        return value
    if answer.get("kind") == "OutOfCredits":
        raise OutOfCredits(answer.get("needed", 0), answer.get("available", 0))
    # A server may sum up its only problem in the message; once is enough.
    problems = [problem for problem in answer.get("problems", []) if problem["message"] != answer["message"]]
    raise Refused(answer["message"], [f"{'.'.join(problem['path'])}: {problem['message']}" for problem in problems])
