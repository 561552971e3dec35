"""Stories written by OpenAI, through the Responses API with structured output.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from openai import AsyncOpenAI, omit
from pydantic import BaseModel

from jobs.ports import Usage, VendorBusy, VendorRefused, VendorUnusable
from jobs.providers.catalog import Model
from jobs.providers.faults import code_of, of_code, told_as_ours
from jobs.providers.openai_answers import VENDOR, Counted, Event, events_of
from jobs.providers.openai_schema import answer_in
from jobs.providers.writing import StreamingWriter, Task


class _Cut(BaseModel):
    reason: str | None = None


class _Response(BaseModel):
    usage: Counted | None = None
    error: object = None
    incomplete_details: _Cut | None = None


class _Event(Event):
    delta: object = ""
    """Text where words come; other kinds of events have other deltas."""
    response: _Response = _Response()


class OpenAIWriter(StreamingWriter):
    """Implements Writer."""

    vendor = VENDOR

    def __init__(self, client: AsyncOpenAI, model: Model) -> None:
        self._client = client
        self._model = model
        self.model = model.id

    async def _answer(self, task: Task) -> AsyncIterator[str | Usage]:
        text = ""
        with told_as_ours(VENDOR):
            async with (
                self._client.responses.with_streaming_response.create(
                    model=self.model,
                    instructions=task.instructions,
                    input=task.input,
                    text=answer_in(task.shape),
                    store=False,
                    stream=True,
                    safety_identifier=task.family or omit,
                    max_output_tokens=task.max_tokens,
                ) as answer,
                aclosing(events_of(answer, _Event)) as events,
            ):
                async for event in events:
                    match event.type:
                        case "response.output_text.delta":
                            if not isinstance(event.delta, str):
                                raise VendorUnusable(f"{VENDOR} sends words that are none")
                            text += event.delta
                            yield text
                        case "response.refusal.delta":
                            raise VendorRefused(f"{VENDOR} refuses")
                        case "response.failed":
                            raise of_code(VENDOR, code_of(event.response.error))
                        case "response.incomplete":
                            raise _incomplete(event.response.incomplete_details).after(self._usage(event.response))
                        case "response.completed":
                            yield self._usage(event.response)
                            return
                        case _:
                            pass
        raise VendorBusy(f"{VENDOR} ended its stream before the answer was complete")

    def _usage(self, response: _Response) -> Usage:
        return Usage() if response.usage is None else response.usage.usage(self._model)


def _incomplete(details: _Cut | None) -> VendorRefused | VendorUnusable:
    reason = None if details is None else details.reason
    if reason == "content_filter":
        return VendorRefused(f"{VENDOR} stops its answer: content_filter")
    return VendorUnusable(f"{VENDOR} stops its answer: {reason}")
