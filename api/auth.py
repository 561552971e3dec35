"""Where a token stands: in a request's header, or in the first message of a socket. Never in a cookie."""

from __future__ import annotations

from typing import Any

from starlette.requests import HTTPConnection

from api.addresses import address_of
from resolvers.caller import Client

LONGEST_NAME = 200


def bearer(header: str | None) -> str | None:
    """The token of an `Authorization` header; empty, and so invalid, where the header is of another kind."""
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def bearer_of_init(payload: dict[str, Any] | None) -> str | None:
    """The token of a connection_init payload, `{"authorization": "Bearer …"}`."""
    for name, value in (payload or {}).items():
        if name.lower() == "authorization":
            return bearer(value) if isinstance(value, str) else ""
    return None


def client_of(connection: HTTPConnection) -> Client:
    """Who connects, and what it calls itself."""
    return Client(address_of(connection), (connection.headers.get("user-agent") or "")[:LONGEST_NAME] or None)
