"""Stories written by OpenAI, through the Responses API with structured output.

https://platform.openai.com/docs/api-reference/responses

Events are read as they come. The SDK's own helper would parse the answer's end before it could be asked why it ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from openai import AsyncOpenAI, omit
from openai.types.responses import ResponseUsage

from jobs.ports import Usage, VendorBusy, VendorRefused, VendorUnusable
from jobs.providers.catalog import Model
from jobs.providers.faults import of_code, told_as_ours
from jobs.providers.openai_schema import answer_in
from jobs.providers.writing import StreamingWriter, Task

VENDOR = "openai"


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
            async with await self._client.responses.create(
                model=self.model,
                instructions=task.instructions,
                input=task.input,
                text=answer_in(task.shape),
                store=False,
                safety_identifier=task.family or omit,
                max_output_tokens=task.max_tokens,
                stream=True,
            ) as stream:
                async for event in stream:
                    match event.type:
                        case "response.output_text.delta":
                            text += event.delta
                            yield text
                        case "response.refusal.delta":
                            raise VendorRefused(f"{VENDOR} refuses")
                        case "response.failed":
                            error = event.response.error
                            raise of_code(VENDOR, "" if error is None else error.code)
                        case "response.incomplete":
                            raise _incomplete(event.response.incomplete_details).after(
                                self._usage(event.response.usage)
                            )
                        case "response.completed":
                            yield self._usage(event.response.usage)
                            return
                        case _:
                            pass
        raise VendorBusy(f"{VENDOR} ended its stream before the answer was complete")

    def _usage(self, usage: ResponseUsage | None) -> Usage:
        if usage is None:
            return Usage()
        return self._model.usage(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)


def _incomplete(details: object) -> VendorRefused | VendorUnusable:
    reason = getattr(details, "reason", None)
    if reason == "content_filter":
        return VendorRefused(f"{VENDOR} stops its answer: content_filter")
    return VendorUnusable(f"{VENDOR} stops its answer: {reason}")
