"""The closed sets of words that tables, jobs and the schema share."""

from enum import StrEnum


class StoryStatus(StrEnum):
    QUEUED = "QUEUED"
    GENERATING = "GENERATING"
    READY = "READY"
    INCOMPLETE = "INCOMPLETE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        return self not in (StoryStatus.QUEUED, StoryStatus.GENERATING)


class PartStatus(StrEnum):
    WAITING = "WAITING"
    WORKING = "WORKING"
    READY = "READY"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class PagePart(StrEnum):
    TEXT = "TEXT"
    IMAGE = "IMAGE"
    AUDIO = "AUDIO"


class AgeBand(StrEnum):
    AGES_0_2 = "AGES_0_2"
    AGES_3_5 = "AGES_3_5"
    AGES_6_8 = "AGES_6_8"
    AGES_9_12 = "AGES_9_12"


class StoryOrder(StrEnum):
    NEWEST = "NEWEST"
    OLDEST = "OLDEST"
    TITLE = "TITLE"


class ApiScope(StrEnum):
    STORIES_READ = "STORIES_READ"
    STORIES_WRITE = "STORIES_WRITE"


class ApiKeyKind(StrEnum):
    LIVE = "LIVE"
    SANDBOX = "SANDBOX"


class TimeOfDay(StrEnum):
    DAWN = "dawn"
    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


class Weather(StrEnum):
    CLEAR = "clear"
    CLOUDY = "cloudy"
    RAIN = "rain"
    SNOW = "snow"
    WIND = "wind"
    FOG = "fog"
