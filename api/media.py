"""Signed media over HTTP, when the store is a local folder: GET and HEAD /media/{key}."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from pathlib import Path
from typing import Protocol

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

# What a single range of RFC 9110 section 14.1.2 looks like, with no more digits than a file can have bytes.
_RANGE = re.compile(rb"bytes=(?:([0-9]{1,18})-([0-9]{1,18})?|-[0-9]{1,18})")
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
_PRIVATE_HEADERS = {
    **_HEADERS,
    "Cache-Control": "private, no-store",
    "Content-Disposition": 'attachment; filename="storycanvas-export.zip"',
}
_REFUSAL_HEADERS = {**_HEADERS, "Cache-Control": "no-store"}


class SignedFiles(Protocol):
    def locate(self, key: str, expires: str, signature: str) -> tuple[Path, str] | None:
        """The file that a signed URL means, there or not, and its content type; None where the signature is refused."""
        ...


def media_routes(store: SignedFiles) -> list[BaseRoute]:
    async def serve(request: Request) -> Response:
        query = request.query_params
        located = store.locate(request.path_params["key"], query.get("expires", ""), query.get("signature", ""))
        if located is None:
            return _refusal(403, "This link is not valid, or not any more: ask for a fresh one.")
        path, content_type = located
        status = await asyncio.to_thread(_status_of_file, path)
        if status is None:
            return _refusal(404, "There is nothing here any more.")
        return _answer(request, path, content_type, status)

    return [Route("/media/{key:path}", serve, methods=["GET"])]  # Starlette adds HEAD.


def _refusal(status: int, error: str) -> Response:
    return JSONResponse({"error": error}, status, _REFUSAL_HEADERS)


def _status_of_file(path: Path) -> os.stat_result | None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _answer(request: Request, path: Path, content_type: str, status: os.stat_result) -> Response:
    if content_type == "application/zip":  # somebody's whole export: for one person, once
        return FileResponse(path, headers=_PRIVATE_HEADERS, media_type=content_type, stat_result=status)
    response = FileResponse(path, headers=_HEADERS, media_type=content_type, stat_result=status)
    etag = response.headers["etag"]
    if _knows(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers={**_HEADERS, "ETag": etag})
    _ignore_unusable_range(request)
    return response


def _knows(if_none_match: str | None, etag: str) -> bool:
    """RFC 9110 section 13.1.2: any entity tag of the list, compared weakly, or `*`."""
    if if_none_match is None:
        return False
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in if_none_match.split(","))


def _ignore_unusable_range(request: Request) -> None:
    """Takes away a Range that the answer is to ignore: RFC 9110 sections 14.2 and 14.1.1.

    FileResponse honours one on HEAD too, answers 400 to one that it can't read, and would build several parts. The
    whole file is always a right answer, and one range is all that players ask for.
    """
    headers: list[tuple[bytes, bytes]] = request.scope["headers"]
    request.scope["headers"] = [
        (name, value)
        for name, value in headers
        if name != b"range" or (request.method == "GET" and _is_one_range(value))
    ]


def _is_one_range(value: bytes) -> bool:
    match = _RANGE.fullmatch(value.strip())
    if match is None:
        return False
    first, last = match.groups()
    return last is None or int(first) <= int(last)
