"""What a finished picture or recording is known by: value objects, stored as JSON beside their owner."""

from pydantic import BaseModel, ConfigDict


class Image(BaseModel):
    """A picture in the media store. `width` and `height` in pixels; `key` names the bytes for ever."""

    model_config = ConfigDict(frozen=True)

    key: str
    width: int
    height: int
    content_type: str
    alt: str
    blurhash: str


class Audio(BaseModel):
    """A recording in the media store; its word timings are stored beside it."""

    model_config = ConfigDict(frozen=True)

    key: str
    duration_ms: int
    content_type: str


class WordTiming(BaseModel):
    """One spoken word: milliseconds from the start of the recording, and code point offsets in the page's text.

    `word` is exactly `text[start:end]`.
    """

    model_config = ConfigDict(frozen=True)

    word: str
    start_ms: int
    end_ms: int
    start: int
    end: int
