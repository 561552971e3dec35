"""Which web pages may talk to us: our own, and those an operator lists. Programs send no Origin."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection


def is_allowed(connection: HTTPConnection, allowed: frozenset[str]) -> bool:
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    if origin in allowed:
        return True
    try:
        host = urlsplit(origin).netloc
    except ValueError:  # such as a bracket that is not closed
        return False
    return host != "" and host == connection.headers.get("host")
