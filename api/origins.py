"""Which web pages may talk to us: our own, and those an operator lists. Programs send no Origin."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

PREFLIGHT = {
    "Allow": "GET, POST",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "authorization, content-type, if-none-match",
    "Access-Control-Max-Age": "600",
}
"""What answers a browser that asks before it sends (https://fetch.spec.whatwg.org/#cors-preflight-fetch)."""


def cross_origin(connection: HTTPConnection, allowed: frozenset[str]) -> dict[str, str]:
    """The headers by which a browser lets a page of an allowed origin read the answer; besides, it varies by Origin.

    Nothing here needs cookies.
    """
    origin = connection.headers.get("origin")
    if origin is None or origin not in allowed:
        return {}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "ETag, Retry-After"}


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
