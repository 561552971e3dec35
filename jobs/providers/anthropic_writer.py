"""Stories written by Claude, through the Messages API with structured output.

https://platform.claude.com/docs/en/api/messages-streaming

Events are read as they come. The SDK's own helper would parse the answer's end before it could be asked why it ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache

from anthropic import AsyncAnthropic, omit, transform_schema
from pydantic import BaseModel

from jobs.ports import Usage, VendorBusy, VendorRefused, VendorUnusable
from jobs.providers.catalog import Model
from jobs.providers.faults import told_as_ours
from jobs.providers.writing import StreamingWriter, Task

VENDOR = "anthropic"


class AnthropicWriter(StreamingWriter):
    """Implements Writer."""

    vendor = VENDOR

    def __init__(self, client: AsyncAnthropic, model: Model) -> None:
        self._client = client
        self._model = model
        self.model = model.id

    async def _answer(self, task: Task) -> AsyncIterator[str | Usage]:
        text, given, made, why = "", 0, 0, ""
        with told_as_ours(VENDOR):
            async with await self._client.messages.create(
                model=self.model,
                max_tokens=task.max_tokens,
                system=task.instructions,
                messages=[{"role": "user", "content": task.input}],
                output_config={"format": {"type": "json_schema", "schema": _schema(task.shape)}},
                metadata={"user_id": task.family} if task.family else omit,
                stream=True,
            ) as stream:
                async for event in stream:
                    match event.type:
                        case "message_start":
                            given = event.message.usage.input_tokens
                        case "content_block_delta" if event.delta.type == "text_delta":
                            text += event.delta.text
                            yield text
                        case "message_delta":
                            made, why = event.usage.output_tokens, event.delta.stop_reason or why
                        case "message_stop":
                            yield self._usage(given, made, why)
                            return
                        case _:
                            pass
        raise VendorBusy(f"{VENDOR} ended its stream before the answer was complete")

    def _usage(self, given: int, made: int, why: str) -> Usage:
        """Raises VendorError, after that usage, where the answer has ended for any other reason than being whole."""
        usage = self._model.usage(input_tokens=given, output_tokens=made)
        if why == "refusal":
            raise VendorRefused(f"{VENDOR} refuses").after(usage)
        if why != "end_turn":
            raise VendorUnusable(f"{VENDOR} stops its answer: {why}").after(usage)
        return usage


@cache
def _schema(shape: type[BaseModel]) -> dict[str, object]:
    return transform_schema(shape)
