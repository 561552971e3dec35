"""Stories written by Claude, through the Messages API with structured output.

https://platform.claude.com/docs/en/api/messages-streaming
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from anthropic import AsyncAnthropic, omit

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
        with told_as_ours(VENDOR):
            async with self._client.messages.stream(
                model=self.model,
                max_tokens=task.max_tokens,
                system=task.instructions,
                messages=[{"role": "user", "content": task.input}],
                output_format=task.shape,
                metadata={"user_id": task.family} if task.family else omit,
            ) as stream:
                ended = False
                async for event in stream:
                    if event.type == "text":
                        yield event.snapshot
                    ended = ended or event.type == "message_stop"
                if not ended:
                    raise VendorBusy(f"{VENDOR} ended its stream before the answer was complete")
                message = await stream.get_final_message()
        usage = self._model.usage(input_tokens=message.usage.input_tokens, output_tokens=message.usage.output_tokens)
        if message.stop_reason == "refusal":
            raise VendorRefused(f"{VENDOR} refuses").after(usage)
        if message.stop_reason != "end_turn":
            raise VendorUnusable(f"{VENDOR} stops its answer: {message.stop_reason}").after(usage)
        yield usage
