"""What OpenAI's adapters share: the parts of its answers that are read.

https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Protocol, TypeVar

import httpx2
import orjson
from openai import AsyncOpenAI, Timeout
from pydantic import BaseModel

from jobs.ports import Usage
from jobs.providers.catalog import Model
from jobs.providers.faults import code_of, of_code
from jobs.providers.sse import data_of

VENDOR = "openai"


class Counted(BaseModel):
    """Tokens of a whole answer."""

    input_tokens: int
    output_tokens: int

    def usage(self, model: Model) -> Usage:
        return model.usage(input_tokens=self.input_tokens, output_tokens=self.output_tokens)


async def answered(client: AsyncOpenAI, path: str, body: Mapping[str, object], patience: Timeout) -> bytes:
    """What a call answers, unread. `body` is sent as it is.

    The SDK's own methods go through all of a body for keys that are to be renamed, of which there are none.
    """
    answer = await client.post(path, cast_to=httpx2.Response, body=body, options={"timeout": patience})
    return answer.content


class Event(BaseModel):
    """What every event of a stream has; `error` stands in those that end it."""

    type: str = ""
    error: object = None


class Streamed(Protocol):
    """An SDK's open answer."""

    def iter_bytes(self) -> AsyncIterator[bytes]: ...


AnEvent = TypeVar("AnEvent", bound=Event)


async def events_of(answer: Streamed, shape: type[AnEvent]) -> AsyncGenerator[AnEvent]:
    """The answer's events. Raises VendorError for one that tells of a failure, ValidationError for nonsense."""
    async with aclosing(data_of(answer.iter_bytes())) as found:
        async for data in found:
            event = shape.model_validate_json(data)
            if event.type == "error" or event.error:
                raise of_code(VENDOR, code_of(orjson.loads(data)))
            yield event
