"""One connection over server-sent events, by httpx: for networks that break WebSockets.

`book`, `follow` and `session` are those of ../python.
"""

import json
from collections.abc import AsyncGenerator

import httpx
from book import STORY_PROGRESS, Json
from follow import Lost, Subscribe


def over_server_sent_events(url: str) -> Subscribe:
    """What `follow` takes as `subscribe`. `url` is http: or https: and ends in /graphql."""

    async def subscribe(authorization: str, variables: Json) -> AsyncGenerator[Json]:
        headers = {"accept": "text/event-stream", "authorization": authorization}
        body = {"query": STORY_PROGRESS, "variables": variables}
        try:
            async with (
                httpx.AsyncClient(timeout=httpx.Timeout(10, read=None)) as http,  # `follow` watches for silence
                http.stream("POST", url, json=body, headers=headers) as response,
            ):
                if not response.headers.get("content-type", "").startswith("text/event-stream"):
                    await response.aread()
                    raise Lost(errors=_errors(response))
                async for event, data in _events(response):
                    if event == "complete":
                        return
                    if event == "next":
                        answer: Json = json.loads(data)
                        if answer.get("errors"):
                            raise Lost(errors=answer["errors"])
                        yield answer["data"]
        except httpx.HTTPError as error:
            raise Lost from error
        raise Lost

    return subscribe


def _errors(response: httpx.Response) -> list[Json]:
    """The GraphQL errors of an answer that is no stream; a proxy's error page is only a lost connection."""
    try:
        return response.json().get("errors", [])
    except (ValueError, AttributeError):
        return []


async def _events(response: httpx.Response) -> AsyncGenerator[tuple[str, str]]:
    """Name and data of each whole event; what an unfinished one has said is dropped.

    Not by httpx's lines: those also end at U+2028 and its like, which may stand in a story.
    """
    waiting = b""
    async for chunk in response.aiter_bytes():
        *blocks, waiting = (waiting + chunk).split(b"\n\n")
        for block in blocks:
            fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line)
            yield fields.get(b"event", b"").decode(), fields.get(b"data", b"").decode()
