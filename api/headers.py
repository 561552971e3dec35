"""Headers that every answer carries."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def media_source(media_url: str | None) -> str:
    """Where pictures and sound come from: here, and from a store elsewhere that has `media_url`."""
    address = urlsplit(media_url or "")
    return f"'self' {address.scheme}://{address.netloc}" if media_url else "'self'"


def policy(media_url: str | None) -> str:
    """The Content-Security-Policy. All is our own, but pictures and sound where a store elsewhere has `media_url`."""
    media = media_source(media_url)
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {media} blob: data:; "
        f"media-src {media} blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; manifest-src 'self'"
    )


class SecurityHeaders:
    """`media_url` is any URL of a media store that serves its files itself."""

    def __init__(self, app: ASGIApp, media_url: str | None) -> None:
        self._app = app
        headers = {"Content-Security-Policy": policy(media_url), **SECURITY}
        self._headers = {name.lower().encode(): value.encode() for name, value in headers.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"] = list(message["headers"])
                names = {name for name, _ in given}
                given += [header for header in self._headers.items() if header[0] not in names]
            await send(message)

        await self._app(scope, receive, send_with_headers)
