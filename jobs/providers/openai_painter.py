"""Pictures by OpenAI's image models, with the cast's portraits as reference images.

https://platform.openai.com/docs/api-reference/images
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing

from openai import AsyncOpenAI, Timeout
from pydantic import BaseModel

from jobs.ports import Painted, Picture, PictureBrief, PortraitBrief, Preview, Reference, Usage, VendorUnusable
from jobs.providers.catalog import Model
from jobs.providers.faults import told_as_ours
from jobs.providers.openai_answers import VENDOR, Event, Streamed, events_of
from jobs.providers.pictures import picture_after, picture_from

SIZE = 1024
PREVIEWS = 2
COMPRESSION = 85
"""Of 100, which is what a picture has without being asked, and then several times as many bytes: each goes from the
vendor to us, to two judges, to the store and to every reader."""
MOST_REFERENCES = 16
TIMEOUT = Timeout(180, connect=5)
"""Between two previews a painter may be silent for long."""


class _Given(BaseModel):
    text_tokens: int
    image_tokens: int


class _Counted(BaseModel):
    input_tokens_details: _Given
    output_tokens: int


class _Event(Event):
    b64_json: str = ""
    usage: _Counted | None = None


class OpenAIPainter:
    """Implements Painter."""

    vendor = VENDOR

    def __init__(self, client: AsyncOpenAI, model: Model) -> None:
        self._client = client
        self._model = model
        self.model = model.id

    def portrait(self, brief: PortraitBrief) -> AsyncIterator[Preview | Painted]:
        """Without previews: they are paid for by the token, and nobody is shown a portrait that is under way."""
        return self._paint(brief.prompt, (), (), previews=0)

    def paint(self, brief: PictureBrief) -> AsyncIterator[Preview | Painted]:
        names = {member.key: member.name for member in brief.cast}
        known = [reference for reference in brief.references if reference.key in names][:MOST_REFERENCES]
        return self._paint(brief.prompt, known, [names[reference.key] for reference in known], previews=PREVIEWS)

    async def _paint(
        self, prompt: str, references: Sequence[Reference], names: Sequence[str], previews: int
    ) -> AsyncIterator[Preview | Painted]:
        with told_as_ours(VENDOR):
            async with (
                self._stream(_with_references(prompt, names), references, previews) as answer,
                aclosing(events_of(answer, _Event)) as events,
            ):
                shown: Picture | None = None
                async for event in events:
                    match event.type:
                        case "image_edit.partial_image" | "image_generation.partial_image":
                            shown = await _read(event.b64_json, shown, None)
                            yield Preview(shown)
                        case "image_edit.completed" | "image_generation.completed":
                            usage = self._usage(event.usage)
                            try:
                                picture = await _read(event.b64_json, shown, (SIZE, SIZE))
                            except VendorUnusable as error:
                                raise error.after(usage) from None
                            yield Painted(picture, usage)
                            return
                        case _:
                            pass
        # A JSON answer to a request for a stream gives no events and no error.
        raise VendorUnusable(f"{VENDOR} ended its stream without a picture")

    def _stream(
        self, prompt: str, references: Sequence[Reference], previews: int
    ) -> AbstractAsyncContextManager[Streamed]:
        if not references:
            return self._client.images.with_streaming_response.generate(
                model=self.model,
                prompt=prompt,
                size="1024x1024",
                output_format="webp",
                output_compression=COMPRESSION,
                stream=True,
                partial_images=previews,
                timeout=TIMEOUT,
            )
        return self._client.images.with_streaming_response.edit(
            model=self.model,
            prompt=prompt,
            image=[(f"{reference.key}.webp", reference.data, reference.content_type) for reference in references],
            size="1024x1024",
            output_format="webp",
            output_compression=COMPRESSION,
            stream=True,
            partial_images=previews,
            timeout=TIMEOUT,
        )

    def _usage(self, usage: _Counted | None) -> Usage:
        if usage is None:
            return Usage()
        given = usage.input_tokens_details
        return self._model.usage(
            text_tokens=given.text_tokens, image_tokens=given.image_tokens, output_tokens=usage.output_tokens
        )


async def _read(encoded: str, shown: Picture | None, size: tuple[int, int] | None) -> Picture:
    return await (picture_after(shown, encoded, size=size) if shown else picture_from(encoded, size=size))


def _with_references(prompt: str, names: Sequence[str]) -> str:
    """The prompt, and who is on which of the reference images, which carry no names."""
    if not names:
        return prompt
    who = ", ".join(f"image {number} is {name}" for number, name in enumerate(names, start=1))
    return f"{prompt} The reference images show what the characters look like; keep their looks exactly: {who}."
