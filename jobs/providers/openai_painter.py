"""Pictures by OpenAI's image models, with the cast's portraits as reference images.

https://platform.openai.com/docs/api-reference/images
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from openai import AsyncOpenAI, AsyncStream, Timeout
from openai.types import ImageEditStreamEvent, ImageGenStreamEvent
from openai.types.image_edit_completed_event import Usage as EditUsage
from openai.types.image_gen_completed_event import Usage as GenUsage

from jobs.ports import Painted, Picture, PictureBrief, PortraitBrief, Preview, Reference, Usage, VendorUnusable
from jobs.providers.catalog import Model
from jobs.providers.faults import told_as_ours
from jobs.providers.pictures import next_preview, picture_from

VENDOR = "openai"
SIZE = 1024
PREVIEWS = 2
COMPRESSION = 85
"""Of 100, which is what a picture has without being asked, and then several times as many bytes: each goes from the
vendor to us, to two judges, to the store and to every reader."""
MOST_REFERENCES = 16
TIMEOUT = Timeout(180, connect=5)
"""Between two previews a painter may be silent for long."""


class OpenAIPainter:
    """Implements Painter."""

    vendor = VENDOR

    def __init__(self, client: AsyncOpenAI, model: Model) -> None:
        self._client = client
        self._model = model
        self.model = model.id

    def portrait(self, brief: PortraitBrief) -> AsyncIterator[Preview | Painted]:
        return self._paint(brief.prompt, (), ())

    def paint(self, brief: PictureBrief) -> AsyncIterator[Preview | Painted]:
        names = {member.key: member.name for member in brief.cast}
        known = [reference for reference in brief.references if reference.key in names][:MOST_REFERENCES]
        return self._paint(brief.prompt, known, [names[reference.key] for reference in known])

    async def _paint(
        self, prompt: str, references: Sequence[Reference], names: Sequence[str]
    ) -> AsyncIterator[Preview | Painted]:
        with told_as_ours(VENDOR):
            async with await self._stream(_with_references(prompt, names), references) as stream:
                shown: Picture | None = None
                async for event in stream:
                    match event.type:
                        case "image_edit.partial_image" | "image_generation.partial_image":
                            given = event.b64_json
                            shown = await (next_preview(given, shown) if shown else picture_from(given, size=None))
                            yield Preview(shown)
                        case "image_edit.completed" | "image_generation.completed":
                            usage = self._usage(event.usage)
                            try:
                                picture = await picture_from(event.b64_json, size=(SIZE, SIZE))
                            except VendorUnusable as error:
                                raise error.after(usage) from None
                            yield Painted(picture, usage)
                            return
        # A JSON answer to a request for a stream gives no events and no error.
        raise VendorUnusable(f"{VENDOR} ended its stream without a picture")

    async def _stream(
        self, prompt: str, references: Sequence[Reference]
    ) -> AsyncStream[ImageEditStreamEvent] | AsyncStream[ImageGenStreamEvent]:
        if not references:
            return await self._client.images.generate(
                model=self.model,
                prompt=prompt,
                size="1024x1024",
                output_format="webp",
                output_compression=COMPRESSION,
                stream=True,
                partial_images=PREVIEWS,
                timeout=TIMEOUT,
            )
        return await self._client.images.edit(
            model=self.model,
            prompt=prompt,
            image=[(f"{reference.key}.webp", reference.data, reference.content_type) for reference in references],
            size="1024x1024",
            output_format="webp",
            output_compression=COMPRESSION,
            stream=True,
            partial_images=PREVIEWS,
            timeout=TIMEOUT,
        )

    def _usage(self, usage: EditUsage | GenUsage | None) -> Usage:
        if usage is None:
            return Usage()
        details = usage.input_tokens_details
        return self._model.usage(
            text_tokens=details.text_tokens, image_tokens=details.image_tokens, output_tokens=usage.output_tokens
        )


def _with_references(prompt: str, names: Sequence[str]) -> str:
    """The prompt, and who is on which of the reference images, which carry no names."""
    if not names:
        return prompt
    who = ", ".join(f"image {number} is {name}" for number, name in enumerate(names, start=1))
    return f"{prompt} The reference images show what the characters look like; keep their looks exactly: {who}."
