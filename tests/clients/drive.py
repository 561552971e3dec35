"""Runs one of the documented Python clients as an application would, and tells what it shows, a line of JSON each.

python drive.py '{"client": "websocket" | "sse", "url", "sessionUrl", "storyId", "accessToken", "refreshToken"}'
python drive.py '{"client": "scripted", "connections": [what each connection brings]}' for the loop without a network;
    with "stopAfter", it stops following after so many news, and then goes on with what it has kept
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from importlib import import_module
from pathlib import Path
from typing import Any

CLIENTS = Path(__file__).parents[2] / "docs" / "clients"
sys.path[:0] = [str(CLIENTS / "python"), str(CLIENTS / "sse")]
# What is documented is no package of this project, so its modules have no types here.
follow: Any = import_module("follow")
session: Any = import_module("session")

GIVEN: dict[str, Any] = json.loads(sys.argv[1])


def tell(**line: object) -> None:
    print(json.dumps(line), flush=True)  # noqa: T201  # how it talks to the test


class ToldSession:
    """A session that tells when it has been renewed."""

    def __init__(self) -> None:
        tokens = [GIVEN.get(name, "") for name in ("sessionUrl", "accessToken", "refreshToken")]
        self._session = session.TokenSession(*tokens)

    def authorization(self) -> str:
        return self._session.authorization()

    async def renew(self) -> None:
        if "sessionUrl" in GIVEN:
            await self._session.renew()
        tell(kind="renewed")


async def scripted(_: str, variables: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
    tell(kind="asked", after=variables["after"])
    for step in GIVEN["connections"].pop(0):
        match step:
            case {"close": code}:
                raise follow.Lost(code)
            case {"errors": errors}:
                raise follow.Lost(errors=errors)
            case {"batch": batch}:
                events = [{"kind": event["__typename"], **event} for event in batch["events"]]
                yield {"storyProgress": {**batch, "events": events}}
            case _:
                await asyncio.Event().wait()  # says nothing until it is given up


def subscribe_as(client: str) -> Any:
    if client == "scripted":
        return scripted
    if client == "websocket":
        return import_module("over_websocket").over_websocket(GIVEN["url"].replace("http", "ws", 1))
    return import_module("over_sse").over_server_sent_events(GIVEN["url"])


async def main() -> None:
    try:
        last = await followed(None, GIVEN.get("stopAfter", 0))
        if not last.book.ended:
            last = await followed(last, 0)
    except follow.Refused as refused:
        tell(kind="refused", message=str(refused))
    else:
        tell(kind="ended", book=as_told_by_the_api(last.book))


async def followed(kept: Any, stop_after: int) -> Any:
    """The last news, or those after which it stops."""
    silence_s = GIVEN.get("silenceMs", 40_000) / 1000
    news = follow.follow(subscribe_as(GIVEN["client"]), ToldSession(), GIVEN.get("storyId", ""), kept, silence_s)
    async with aclosing(news):
        async for kept in news:
            events = [{"__typename": event["kind"], **event} for event in kept.events]
            tell(kind="news", connected=kept.connected, events=events)
            stop_after -= 1
            if stop_after == 0:
                break
    return kept


def as_told_by_the_api(book: Any) -> dict[str, Any]:
    pages = [
        {
            **{name: getattr(page, name) for name in ("number", "text", "preview", "image", "audio", "failures")},
            **{f"{part.lower()}Status": status for part, status in page.status.items()},
        }
        for page in book.pages
    ]
    return {"title": book.title, "status": book.status, "problem": book.problem, "pages": pages}


asyncio.run(main())
