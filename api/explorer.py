"""The explorer at /explorer, as Vite has built it from clients/explorer, under a policy of its own."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from api.headers import media_source

BUILT = Path(__file__).parent / "built" / "explorer"
# What stands in the built page wherever the nonce of an answer belongs; vite.config.ts says the same.
NONCE = "NONCE-OF-THIS-ANSWER"
FOR_EVER = "public, max-age=31536000, immutable"

NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>The explorer is not built</title>
<h1>The explorer is not built yet</h1>
<p>Run <code>make explorer</code> in StoryCanvas's folder, then load this page again. <code>make run</code> does it by
itself. The API needs no explorer: it is at <code>/graphql</code>.</p></html>
"""


def explorer_policy(media_url: str | None, nonce: str) -> str:
    """The Content-Security-Policy of the page.

    Monaco makes style elements, which carry the nonce, and writes the places of its lines into style attributes of the
    markup that it builds, which no nonce can allow. Its icons are data: pictures in its style sheet.
    """
    media = media_source(media_url)
    return (
        "default-src 'none'; script-src 'self'; worker-src 'self'; "
        f"style-src-elem 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
        f"img-src {media} data:; media-src {media}; connect-src 'self'; font-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class _Hashed(StaticFiles):
    """File names carry a hash of what is in them."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # as StaticFiles has it
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = FOR_EVER
        return response


def explorer_routes(media_url: str | None, built: Path = BUILT) -> list[BaseRoute]:
    """`media_url` is any URL of a media store that serves its files itself."""

    async def explorer(_: Request) -> Response:
        try:
            page = (built / "index.html").read_text()
        except FileNotFoundError:
            return HTMLResponse(NOT_BUILT, 404, {"Cache-Control": "no-store"})
        nonce = secrets.token_urlsafe(16)
        headers = {"Cache-Control": "no-cache", "Content-Security-Policy": explorer_policy(media_url, nonce)}
        return HTMLResponse(page.replace(NONCE, nonce), headers=headers)

    return [
        Route("/explorer", explorer),
        Mount("/explorer/assets", _Hashed(directory=built / "assets", check_dir=False)),
    ]
