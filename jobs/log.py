"""The log of every story in Redis: what followers replay, and where they stand.

Per story, under one hash tag: `meta` (epoch, sequence, fence, whether it ended), `log` (a stream, ids `<sequence>-0`),
`text` (the text so far of every page being written), `seen` (keys of events already published). One Lua script
publishes; Redis runs it in one piece, so every follower sees one order. Redis may lose all of it: the next event then
opens a new epoch, and followers get a snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

from redis.asyncio import Redis

from jobs.events import LoggedEvent, PageTextAppended, StoryEnded, StoryEvent, decode, encode
from models.errors import Fenced

KEPT_S = 48 * 3600
"""How long a log outlives its last event."""
MOST_KNOWN = 10_000
"""Stories of which a process remembers where it stood; of more, the longest known is forgotten."""
KEPT_EVENTS = 6000
"""At least this many events of a story can be replayed; a 24-page book has about 4,000."""


@dataclass(slots=True, unsafe_hash=True)  # one for every event: frozen ones are made four times slower
class Cursor:
    """Where a follower stands: `sequence` is the last event it has seen of `epoch`."""

    epoch: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.sequence}"

    @classmethod
    def parse(cls, words: str) -> Cursor:
        """Raises ValueError where `words` never was a cursor."""
        epoch, colon, digits = words.partition(":")
        if not colon or not (0 < len(epoch) <= 40) or not epoch.isalnum() or not epoch.isascii():
            raise ValueError("not a cursor")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
            raise ValueError("not a cursor")
        return cls(epoch, int(digits))


@dataclass(frozen=True, slots=True)
class TextSoFar:
    """The unfinished text of one page, whole, after an event; None where the page starts over or is finished.

    `before` is what the page's text was before the event. Where Redis knows another one, because it has lost some, the
    whole text is told instead of the event.
    """

    page: int
    text: str | None
    before: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One event to publish. An event with a `key` is published once, however often it is sent.

    `text` says what the page's unfinished text is after this event, where the event changes it.
    """

    event: StoryEvent
    at: datetime
    key: str = ""
    text: TextSoFar | None = None

    @classmethod
    def now(cls, event: StoryEvent, key: str = "", text: TextSoFar | None = None) -> Message:
        return cls(event, datetime.now(UTC), key, text)


@dataclass(frozen=True, slots=True)
class Position:
    """The top of a story's log, and the unfinished texts as of it. `ended`: its last event is StoryEnded."""

    epoch: str
    sequence: int
    ended: bool
    texts: dict[int, str]

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.epoch, self.sequence)


def channel(story_id: UUID) -> str:
    return f"sc:{{{story_id}}}:live"


def _keys(story_id: UUID) -> list[str]:
    return [f"sc:{{{story_id}}}:{name}" for name in ("meta", "log", "text", "seen")]


# A publisher that knows a later sequence of this epoch than Redis does has seen Redis fall back to an older state.
# The numbers that were lost may have been read by followers, so they are not given out again: a new epoch begins.
_PUBLISH = """
local meta, log, text, seen = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local fence, new_epoch, channel, known_epoch, known = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local kept_s, kept_events, count = ARGV[6], ARGV[7], tonumber(ARGV[8])
local now = redis.call('HMGET', meta, 'epoch', 'sequence', 'fence')
local newest = math.max(fence, tonumber(now[3] or '0'))
if fence < newest then
  -- Looked at before anything is written: what a script has done before it refuses stays done.
  for i = 0, count - 1 do
    if ARGV[9 + i * 7] == '' then return {'', 0} end
  end
end
local epoch, sequence = now[1], tonumber(now[2] or '0')
if not epoch or (epoch == known_epoch and sequence < known) then
  redis.call('DEL', log, text, seen)
  epoch, sequence = new_epoch, 0
end
local ended
for i = 0, count - 1 do
  local at = 9 + i * 7
  local key, raw, page, words, last = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local before, whole = ARGV[at + 5], ARGV[at + 6]
  if whole ~= '' and (redis.call('HGET', text, page) or '') ~= before then raw = whole end
  if key == '' or redis.call('SADD', seen, key) == 1 then
    sequence = sequence + 1
    redis.call('XADD', log, 'MAXLEN', '~', kept_events, sequence .. '-0', 'e', raw)
    if page ~= '' then
      if words == '' then redis.call('HDEL', text, page) else redis.call('HSET', text, page, words) end
    end
    ended = last
    redis.call('PUBLISH', channel, epoch .. ':' .. sequence .. ':' .. raw)
  end
end
if ended then redis.call('HSET', meta, 'ended', ended) end
redis.call('HSET', meta, 'epoch', epoch, 'sequence', sequence, 'fence', newest)
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, kept_s) end
return {epoch, sequence}
"""

_POSITION = """
local found = redis.call('HMGET', KEYS[1], 'epoch', 'sequence', 'ended')
if not found[1] then
  if ARGV[1] == '' then return false end
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'sequence', 0)
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  found = {ARGV[1], '0', false}
end
return {found[1], tonumber(found[2] or '0'), found[3] or '0', redis.call('HGETALL', KEYS[3])}
"""


def _arguments(message: Message) -> list[str | int | bytes]:
    ended = "1" if isinstance(message.event, StoryEnded) else "0"
    raw = encode(message.event, message.at)
    text = message.text
    if text is None:
        return [message.key, raw, "", "", ended, "", ""]
    if text.text is None:
        return [message.key, raw, text.page, "", ended, "", ""]
    whole = encode(PageTextAppended(text.page, 0, text.text), message.at)
    return [message.key, raw, text.page, text.text, ended, text.before, whole]


class StoryLog:
    """Publishes to stories' logs and reads them. Every method raises redis' errors where Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._publish = redis.register_script(_PUBLISH)
        self._position = redis.register_script(_POSITION)
        self._known: dict[UUID, Cursor] = {}

    async def publish(self, story_id: UUID, fence: int, messages: Sequence[Message]) -> Cursor:
        """Appends the messages that are new, in order, and wakes followers; gives the new top.

        Messages with a key are facts that PostgreSQL has committed, and are told whoever tells them. Those without
        one (words and previews on their way) come from whoever makes the story now: raises Fenced where a higher
        generation has published.
        """
        known = self._known.get(story_id, Cursor("", 0))
        arguments: list[str | int | bytes] = [
            fence,
            uuid4().hex,
            channel(story_id),
            known.epoch,
            known.sequence,
            KEPT_S,
            KEPT_EVENTS,
            len(messages),
        ]
        for message in messages:
            arguments += _arguments(message)
        epoch, sequence = cast(tuple[bytes, int], await self._publish(keys=_keys(story_id), args=arguments))
        if not epoch:
            raise Fenced
        top = Cursor(epoch.decode(), sequence)
        if isinstance(messages[-1].event, StoryEnded):
            self._known.pop(story_id, None)
        else:
            self._known[story_id] = top
            if len(self._known) > MOST_KNOWN:
                del self._known[next(iter(self._known))]
        return top

    def forget(self, story_id: UUID) -> None:
        """Stops remembering where this process stood with a story that it makes no longer."""
        self._known.pop(story_id, None)

    async def position(self, story_id: UUID, *, begin: bool = False) -> Position | None:
        """Where the log stands; None where Redis holds none, unless `begin` opens an epoch for it."""
        arguments = [uuid4().hex if begin else "", KEPT_S]
        found = cast(
            tuple[bytes, int, bytes, list[bytes]] | None, await self._position(keys=_keys(story_id), args=arguments)
        )
        if found is None:
            return None
        epoch, sequence, ended, texts = found
        pairs = zip(texts[::2], texts[1::2], strict=True)
        return Position(epoch.decode(), sequence, ended == b"1", {int(page): text.decode() for page, text in pairs})

    async def read(self, story_id: UUID, after: int, up_to: int) -> list[LoggedEvent] | None:
        """The events after `after` up to and including `up_to`; None where some of them are gone."""
        if after >= up_to:
            return []
        key = _keys(story_id)[1]
        entries = cast(
            list[tuple[bytes, dict[bytes, Any]]], await self._redis.xrange(key, f"{after + 1}-0", f"{up_to}-0")
        )
        if len(entries) != up_to - after:
            return None
        return [decode(int(id.split(b"-")[0]), fields[b"e"]) for id, fields in entries]

    async def delete(self, story_id: UUID) -> None:
        await self._redis.delete(*_keys(story_id))
