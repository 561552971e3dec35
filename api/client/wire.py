"""The API's answers as api.client.operations selects them; names are the contract's, `kind` is `__typename`."""

from typing import Literal, TypedDict

Part = Literal["TEXT", "IMAGE", "AUDIO"]
PartStatus = Literal["WAITING", "WORKING", "READY", "FAILED", "SKIPPED"]
StoryStatus = Literal["QUEUED", "GENERATING", "READY", "INCOMPLETE", "FAILED", "CANCELLED"]


class ImageAnswer(TypedDict):
    key: str
    url: str


class AudioAnswer(TypedDict):
    key: str
    url: str
    durationMs: int


class PageAnswer(TypedDict):
    number: int
    text: str | None
    textStatus: PartStatus
    image: ImageAnswer | None
    imageStatus: PartStatus
    audio: AudioAnswer | None
    audioStatus: PartStatus


class StoryAnswer(TypedDict):
    id: str
    title: str | None
    status: StoryStatus
    problem: str | None
    pages: list[PageAnswer]


class StorySnapshot(TypedDict):
    kind: Literal["StorySnapshot"]
    sequence: int
    story: StoryAnswer


class StoryEnded(TypedDict):
    kind: Literal["StoryEnded"]
    sequence: int
    story: StoryAnswer


class StoryPlanned(TypedDict):
    kind: Literal["StoryPlanned"]
    sequence: int
    title: str


class PagePartStarted(TypedDict):
    kind: Literal["PagePartStarted"]
    sequence: int
    pageNumber: int
    part: Part


class PagePartRestarted(TypedDict):
    kind: Literal["PagePartRestarted"]
    sequence: int
    pageNumber: int
    part: Part


class PagePartFailed(TypedDict):
    kind: Literal["PagePartFailed"]
    sequence: int
    pageNumber: int
    part: Part
    message: str


class PageTextAppended(TypedDict):
    kind: Literal["PageTextAppended"]
    sequence: int
    pageNumber: int
    offset: int
    delta: str


class PageImagePreviewed(TypedDict):
    kind: Literal["PageImagePreviewed"]
    sequence: int
    pageNumber: int
    image: ImageAnswer


class PageTextReady(TypedDict):
    kind: Literal["PageTextReady"]
    sequence: int
    page: PageAnswer


class PageImageReady(TypedDict):
    kind: Literal["PageImageReady"]
    sequence: int
    page: PageAnswer


class PageAudioReady(TypedDict):
    kind: Literal["PageAudioReady"]
    sequence: int
    page: PageAnswer


Event = (
    StorySnapshot
    | StoryPlanned
    | PagePartStarted
    | PageTextAppended
    | PageTextReady
    | PageImagePreviewed
    | PageImageReady
    | PageAudioReady
    | PagePartRestarted
    | PagePartFailed
    | StoryEnded
)


class Batch(TypedDict):
    """`cursor` is where a client stands after this batch, `previousCursor` where it must stand before it."""

    cursor: str
    previousCursor: str | None
    reset: bool
    events: list[Event]
