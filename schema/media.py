"""Pictures and narrations, as clients read them."""

from __future__ import annotations

import strawberry
from strawberry import field

from models import media
from models.pages import Page as PageRow
from schema.context import Info


@strawberry.type(description="A picture. Cache its bytes by `key`: they never change.")
class Image:
    key: str = field(description="Names the bytes for ever.")
    url: str = field(description="Absolute and signed; the same within 6 hours and valid at least 6 hours more.")
    width: int = field(description="In pixels.")
    height: int = field(description="In pixels.")
    content_type: str = field(description="A media type, such as image/webp.")
    alt: str = field(description="What the picture shows, in words.")
    blurhash: str = field(description="A few characters to paint a blurred preview from (blurha.sh).")

    @classmethod
    def of(cls, info: Info, image: media.Image | None) -> Image | None:
        return None if image is None else cls.shown(info, image)

    @classmethod
    def shown(cls, info: Info, image: media.Image) -> Image:
        return cls(
            key=image.key,
            url=info.context.url(image.key),
            width=image.width,
            height=image.height,
            content_type=image.content_type,
            alt=image.alt,
            blurhash=image.blurhash,
        )


@strawberry.type(description="One spoken word: when it is said, and where it stands in the page's text.")
class WordTiming:
    word: str = field(description="Exactly text[start:end] of the page's text.")
    start_ms: int = field(description="Milliseconds from the start of the recording.")
    end_ms: int = field(description="Milliseconds from the start of the recording.")
    start: int = field(description="Offset in the page's text, in code points.")
    end: int = field(description="Offset of the word's end, in code points.")


@strawberry.type(description="A narration. Cache its bytes by `key`: they never change.")
class Audio:
    key: str = field(description="Names the bytes for ever.")
    url: str = field(description="Absolute and signed; the same within 6 hours and valid at least 6 hours more.")
    duration_ms: int = field(description="Length in milliseconds.")
    content_type: str = field(description="A media type, such as audio/mpeg.")
    words: list[WordTiming] = field(description="Every spoken word, in order.")

    @classmethod
    def of(cls, info: Info, row: PageRow) -> Audio | None:
        if row.audio is None:
            return None
        words = [
            WordTiming(word=word.word, start_ms=word.start_ms, end_ms=word.end_ms, start=word.start, end=word.end)
            for word in row.words or ()
        ]
        return cls(
            key=row.audio.key,
            url=info.context.url(row.audio.key),
            duration_ms=row.audio.duration_ms,
            content_type=row.audio.content_type,
            words=words,
        )
