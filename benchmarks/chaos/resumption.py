"""How soon work on a story goes on when the worker that made it was killed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from uuid import UUID

from benchmarks.chaos.crew import name_of
from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.history import Blow, Outage

WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Resumption:
    """`seconds` is None where nothing ever happened again. `away_s` is how long PostgreSQL was away meanwhile."""

    story_id: UUID
    seconds: float | None
    away_s: float

    @property
    def in_time(self) -> bool:
        return self.seconds is not None and self.seconds <= WITHIN_S + self.away_s


def resumptions(evidence: Evidence) -> list[Resumption]:
    """For every story at every kill: the time to its next vendor call, or to its end where no call was left to make.

    A story whose next maker was hit as well counts from that blow on, and not from the one before.
    """
    signs = _signs(evidence)
    found: list[Resumption] = []
    for blow in evidence.history.blows:
        if not blow.deadly:
            continue
        for story_id in blow.stories:
            sign = min(
                (at for at, worker in signs[story_id] if at > blow.at and worker != name_of(blow.pid)), default=None
            )
            if not _hit_again(evidence, blow, story_id, sign):
                found.append(_resumption(story_id, blow.at, sign, evidence.history.outages))
    return found


def _signs(evidence: Evidence) -> dict[UUID, list[tuple[datetime, str]]]:
    """When something was done for a story, and by which worker; an end is nobody's in particular."""
    found: dict[UUID, list[tuple[datetime, str]]] = defaultdict(list)
    for story_id, calls in evidence.calls_of().items():
        found[story_id] += [(call.started_at, call.worker) for call in calls]
    for row in evidence.ends:
        if row.story_id is not None:
            found[row.story_id].append((row.created_at, ""))
    return found


def _hit_again(evidence: Evidence, blow: Blow, story_id: UUID, sign: datetime | None) -> bool:
    return any(
        story_id in other.stories and other.at > blow.at and (sign is None or other.at < sign)
        for other in evidence.history.blows
    )


def _resumption(story_id: UUID, begin: datetime, end: datetime | None, outages: list[Outage]) -> Resumption:
    if end is None:
        return Resumption(story_id, None, 0.0)
    away = sum(max(0.0, (min(end, outage.end) - max(begin, outage.begin)).total_seconds()) for outage in outages)
    return Resumption(story_id, (end - begin).total_seconds(), away)


def in_words(found: list[Resumption]) -> str:
    """Worst and median, of those that PostgreSQL was there for all the time, and apart from them of the others."""
    told = [_times([each for each in found if not each.away_s])]
    if outlived := [each for each in found if each.away_s]:
        told.append(f"over an outage of PostgreSQL: {_times(outlived)}")
    return "; ".join(told)


def _times(found: list[Resumption]) -> str:
    seconds = [each.seconds for each in found if each.seconds is not None]
    never = len(found) - len(seconds)
    if not seconds:
        return f"none of {len(found)}" if found else "none"
    told = f"worst {max(seconds):.1f} s, median {median(seconds):.1f} s of {len(found)}"
    return f"{told}, never {never}" if never else told
