"""OpenAI, Anthropic and ElevenLabs as one HTTP server: their formats, at a pace that can be set.

`faults` answers a path's next calls with something else; `received` keeps what was asked. Stand-ins prove what our
adapters make of what vendors send; that the frames are the vendors' is proven against their own API documents.
"""

from __future__ import annotations

import asyncio
import base64
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from api.preflight import free_port
from benchmarks.vendors import material

HOST = "127.0.0.1"
PIECES = 40
KEEP_ALIVE_S = 75
"""Longer than uvicorn's own 5 s, after which a call on a busy machine could meet a connection that is just closing."""
Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that each kind of call takes."""

    verdict: float = 0
    plan: float = 0
    first_token: float = 0
    text: float = 0
    portrait: float = 0
    picture: float = 0
    speech: float = 0


REALISTIC = Pace(verdict=0.3, plan=4, first_token=0.6, text=8, portrait=12, picture=12, speech=2.5)


@dataclass
class Standins:
    """`url` is where all of them listen; OpenAI's base URL ends in /v1."""

    pace: Pace = field(default_factory=Pace)
    url: str = ""
    faults: defaultdict[str, list[Answer]] = field(default_factory=lambda: defaultdict[str, list[Answer]](list))
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])

    def app(self) -> Starlette:
        paths: dict[str, Answer] = {
            "/v1/responses": self._responses,
            "/v1/messages": self._messages,
            "/v1/moderations": self._moderations,
            "/v1/images/generations": self._generation,
            "/v1/images/edits": self._edit,
            "/v1/audio/speech": self._speech,
            "/v1/text-to-speech/{voice}/stream/with-timestamps": self._speech_with_timestamps,
        }
        routes = [Route(path, self._watched(path, answer), methods=["POST"]) for path, answer in paths.items()]
        voices = Route("/v2/voices", self._watched("/v2/voices", self._voices))
        return Starlette(routes=[*routes, voices, Route("/received", self._told)])

    async def _told(self, request: Request) -> Response:
        """For whoever runs the stand-ins as a process of their own: the paths that were asked for, in order."""
        return JSONResponse([path for path, _ in self.received])

    def _watched(self, path: str, answer: Answer) -> Answer:
        async def endpoint(request: Request) -> Response:
            self.received.append((path, await _body(request)))
            faults = self.faults[path]
            return await (faults.pop(0) if faults else answer)(request)

        return endpoint

    # ---------------------------------------------------------------- OpenAI

    async def _responses(self, request: Request) -> Response:
        body = await _body(request)
        shape = body["text"]["format"]["name"]
        if not body.get("stream"):
            await asyncio.sleep(self.pace.verdict)
            return JSONResponse(response(orjson.dumps({"fit_for_children": True, "categories": []}).decode()))
        text = _written(shape, body["input"])
        return StreamingResponse(_response_events(self._pieces(shape, text), text), media_type="text/event-stream")

    async def _pieces(self, shape: str, text: str) -> AsyncIterator[str]:
        before, during = (self.pace.plan, 0.0) if shape == "PlanDraft" else (self.pace.first_token, self.pace.text)
        await asyncio.sleep(before)
        step = max(1, len(text) // PIECES)
        for at in range(0, len(text), step):
            yield text[at : at + step]
            await asyncio.sleep(during / PIECES)

    async def _moderations(self, request: Request) -> Response:
        await asyncio.sleep(self.pace.verdict)
        return JSONResponse(moderation())

    async def _generation(self, request: Request) -> Response:
        previews = (await _body(request))["partial_images"]
        events = self._image("image_generation", self.pace.portrait, previews)
        return StreamingResponse(events, media_type="text/event-stream")

    async def _edit(self, request: Request) -> Response:
        previews = int((await _body(request))["partial_images"][0])
        return StreamingResponse(self._image("image_edit", self.pace.picture, previews), media_type="text/event-stream")

    async def _image(self, kind: str, seconds: float, previews: int) -> AsyncIterator[bytes]:
        for index in range(previews):
            await asyncio.sleep(seconds / (previews + 1))
            yield _event(f"{kind}.partial_image", **IMAGE, b64_json=material.picture(), partial_image_index=index)
        await asyncio.sleep(seconds / (previews + 1))
        yield _event(f"{kind}.completed", **IMAGE, b64_json=material.picture(), usage=IMAGE_USAGE)

    async def _speech(self, request: Request) -> Response:
        body = await _body(request)
        await asyncio.sleep(self.pace.speech)
        return Response(material.spoken(body["input"]), media_type="audio/mpeg")

    # ---------------------------------------------------------------- Anthropic

    async def _messages(self, request: Request) -> Response:
        body = await _body(request)
        properties = body["output_config"]["format"]["schema"]["properties"]
        shape = "PlanDraft" if "invented" in properties else "PagesDraft" if "pages" in properties else "PageDraft"
        text = _written(shape, body["messages"][0]["content"])
        return StreamingResponse(_message_events(self._pieces(shape, text)), media_type="text/event-stream")

    # ---------------------------------------------------------------- ElevenLabs

    async def _speech_with_timestamps(self, request: Request) -> Response:
        text = (await _body(request))["text"]
        await asyncio.sleep(self.pace.speech)
        return Response(b"\n".join(speech_chunks(text)), media_type="application/json")

    async def _voices(self, request: Request) -> Response:
        labels = {"language": "en", "gender": "female"}
        voice = {"voice_id": "v1", "name": "Rowan", "labels": labels, "description": "Warm and clear."}
        return JSONResponse({"voices": [voice], "has_more": False, "total_count": 1, "next_page_token": None})


def speech_chunks(text: str, *, shifted: bool = True, aligned: bool = True) -> list[bytes]:
    """Two chunks of a narration; not `shifted`, each counts its own seconds."""
    data, half = material.spoken(text), len(text) // 2
    chunks: list[bytes] = []
    for part, start in ((text[:half], 0), (text[half:], half)):
        offset = start * material.SECONDS_A_CHARACTER if shifted else 0.0
        times = [offset + at * material.SECONDS_A_CHARACTER for at in range(len(part) + 1)]
        alignment = {
            "characters": list(part),
            "character_start_times_seconds": times[:-1],
            "character_end_times_seconds": times[1:],
        }
        audio = data[: len(data) // 2] if start == 0 else data[len(data) // 2 :]
        chunk = {"audio_base64": base64.b64encode(audio).decode(), "alignment": alignment if aligned else None}
        chunks.append(orjson.dumps(chunk))
    return chunks


IMAGE = {
    "created_at": 1_764_000_000,
    "size": "1024x1024",
    "quality": "medium",
    "background": "opaque",
    "output_format": "webp",
}
IMAGE_USAGE = {
    "input_tokens": 900,
    "input_tokens_details": {"text_tokens": 200, "image_tokens": 700},
    "output_tokens": 1400,
    "total_tokens": 2300,
}
CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip


def moderation(*flagged: str) -> dict[str, object]:
    """OpenAI's answer where these categories hold."""
    result = {
        "flagged": bool(flagged),
        "categories": {category: category in flagged for category in CATEGORIES},
        "category_scores": {category: 0.9 if category in flagged else 0.001 for category in CATEGORIES},
        "category_applied_input_types": {category: ["text"] for category in CATEGORIES},
    }
    return {"id": "modr-1", "model": "omni-moderation-latest", "results": [result]}


def _written(shape: str, raw: str) -> str:
    given = orjson.loads(raw)
    match shape:
        case "PlanDraft":
            answer: dict[str, object] = material.plan(given)
        case "PagesDraft":
            numbers = range(len(given["written"]) + 1, len(given["beats"]) + 1)
            answer = {"pages": [material.page(number) for number in numbers]}
        case _:
            answer = {"text": material.page(given["page"])}
    return orjson.dumps(answer).decode()


def _event(kind: str, **fields: object) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps({"type": kind, **fields}))


def response(text: str | None, status: str = "completed") -> dict[str, object]:
    """An answer of the Responses API; without a text it is one that has just begun."""
    content: list[object] = (
        [] if text is None else [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    )
    item: dict[str, object] = {"id": "msg_1", "type": "message", "role": "assistant", "status": status}
    item["content"] = content
    usage = {
        "input_tokens": 1200,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 800,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 2000,
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_764_000_000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "gpt-6-luna",
        "output": [] if text is None else [item],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": usage if status == "completed" else None,
    }


async def _response_events(pieces: AsyncIterator[str], text: str) -> AsyncIterator[bytes]:
    number = 0

    def event(kind: str, **fields: object) -> bytes:
        nonlocal number
        number += 1
        return _event(f"response.{kind}", sequence_number=number - 1, **fields)

    place: dict[str, object] = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    item: dict[str, object] = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress"}
    item["content"] = list[object]()
    part: dict[str, object] = {"type": "output_text", "text": "", "annotations": list[object]()}
    part["logprobs"] = list[object]()
    yield event("created", response=response(None, "in_progress"))
    yield event("output_item.added", output_index=0, item=item)
    yield event("content_part.added", **place, part=part)
    async for piece in pieces:
        yield event("output_text.delta", **place, delta=piece, logprobs=[])
    yield event("output_text.done", **place, text=text, logprobs=[])
    final = response(text)
    yield event("content_part.done", **place, part={**part, "text": text})
    yield event("output_item.done", output_index=0, item=cast("list[object]", final["output"])[0])
    yield event("completed", response=final)


async def _message_events(pieces: AsyncIterator[str]) -> AsyncIterator[bytes]:
    message: dict[str, object] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": list[object](),
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1200, "output_tokens": 1},
    }
    yield _event("message_start", message=message)
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    async for piece in pieces:
        yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
    yield _event("content_block_stop", index=0)
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    yield _event("message_delta", delta=ended, usage={"output_tokens": 800})
    yield _event("message_stop")


async def _body(request: Request) -> dict[str, Any]:
    """The request's JSON, or its form with the uploads' names and types. It can be asked for again."""
    if request.method == "GET":
        return {}
    if request.headers.get("content-type", "").startswith("multipart/"):
        found: dict[str, Any] = {}
        async with request.form() as form:
            for name, value in form.multi_items():
                shown = value if isinstance(value, str) else {"name": value.filename, "type": value.content_type}
                found.setdefault(name, []).append(shown)
        return found
    return orjson.loads(await request.body())


@asynccontextmanager
async def standing_in(pace: Pace | None = None) -> AsyncGenerator[Standins]:
    """The stand-ins, listening on a free port."""
    standins = Standins(pace or Pace())
    port = free_port(HOST, 0)
    standins.url = f"http://{HOST}:{port}"
    config = uvicorn.Config(
        standins.app(),
        host=HOST,
        port=port,
        log_level="error",
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110  # uvicorn offers no event for it
            await asyncio.sleep(0.01)  # uvicorn offers no event for it
        yield standins
    finally:
        server.should_exit = True
        await task
