"""What the run has shown, each promise with its figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from benchmarks.chaos import resumption
from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.storms import KINDS
from models.generation import StepState
from models.journal import CallOutcome, VendorCall
from models.vocabulary import StoryStatus

LATEST_CALL_S = 1.0
"""How long after the answer to a cancel a vendor call may begin."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the verdict. `right` is None for what is only told.

    What is `timed` takes longer on a machine that has other things to do as well.
    """

    what: str
    found: str
    promised: str = ""
    right: bool | None = None
    timed: bool = False


def findings(evidence: Evidence) -> list[Finding]:
    return [found for judge in _JUDGES for found in judge(evidence)]


def _finished(evidence: Evidence) -> list[Finding]:
    ready = sum(evidence.stories[story_id].status is StoryStatus.READY for story_id in evidence.wanted)
    count = len(evidence.wanted)
    return [Finding("Stories finished", f"{ready} of {count}", "all", ready == count)]


def _keys(evidence: Evidence) -> list[Finding]:
    """A key answers with one story, and no other was made."""
    made = [len(evidence.made_for(tale.name)) for tale in evidence.tales]
    answered = [len({asked.story_id for asked in tale.answers}) for tale in evidence.tales]
    right = set(made) == set(answered) == {1}
    return [Finding("Stories per createStory key, each sent 3 times", _range([*made, *answered]), "1", right)]


def _committed_again(evidence: Evidence) -> list[Finding]:
    done_at = {
        (step.story_id, step.key, step.version): step.finished_at
        for step in evidence.steps
        if step.state is StepState.DONE
    }
    late = 0
    for call in evidence.calls:
        at = None if call.story_id is None else done_at.get((call.story_id, call.step_key, call.step_version))
        late += at is not None and call.started_at > at
    return [_none("Vendor calls for steps already committed", late)]


def _overtaken(evidence: Evidence) -> list[Finding]:
    """Calls that a fenced worker began: a newer lease had begun one before."""
    stale = sum(
        later.generation < earlier.generation
        for calls in evidence.calls_of().values()
        for earlier, later in pairwise(calls)
    )
    return [_none("Vendor calls under a lease that was over", stale)]


def _unjournalled(evidence: Evidence) -> list[Finding]:
    count = len(evidence.noted)
    return [_none(f"Vendor calls without a journal row, of {count}", evidence.unjournalled())]


def _repaid(evidence: Evidence) -> list[Finding]:
    repaid = sum(
        _made_again(call, calls)
        for calls in evidence.calls_of().values()
        for call in calls
        if call.outcome is CallOutcome.ABANDONED
    )
    return [Finding("Calls in flight at a kill or freeze that were paid again", str(repaid))]


def _made_again(call: VendorCall, calls: list[VendorCall]) -> bool:
    """A later maker has made the same call. One text call writes many pages, so any later one counts."""
    writes = call.step_key.startswith("text:")
    return any(
        other.generation > call.generation
        and other.step_version == call.step_version
        and (other.step_key == call.step_key or (writes and other.step_key.startswith("text:")))
        for other in calls
    )


def _captures(evidence: Evidence) -> list[Finding]:
    """What is done was charged once, at its price; what is not was not charged."""
    captured = evidence.captured()
    due = {
        (step.story_id, step.key, step.version): [step.price]
        for step in evidence.steps
        if step.state is StepState.DONE and step.price
    }
    wrong = sum(captured.get(version) != due.get(version) for version in captured.keys() | due.keys())
    counts = _range([len(captured.get(version, [])) for version in due])
    right = wrong == 0 and bool(due)
    return [Finding(f"Captures per part made, of {len(due)}", f"{counts}; {wrong} wrong", "1", right)]


def _ledger(evidence: Evidence) -> list[Finding]:
    return [
        _none("Accounts whose pots drift from the ledger", len(evidence.drift)),
        _none("Credits still reserved when all is over", evidence.reserved),
    ]


def _going_on(evidence: Evidence) -> list[Finding]:
    found = resumption.resumptions(evidence)
    went_on = sum(each.seconds is not None for each in found)
    in_time = bool(found) and all(each.in_time for each in found)
    kinds = {blow.kind for blow in evidence.history.blows if blow.deadly} & set(KINDS)
    return [
        Finding("Kinds of step hit by kill -9", f"{len(kinds)} of {len(KINDS)}", "all", len(kinds) == len(KINDS)),
        Finding("Stories that went on after kill -9", f"{went_on} of {len(found)}", "all", went_on == len(found) > 0),
        Finding("From kill -9 to the story's next call", resumption.in_words(found), "15 s", in_time, timed=True),
    ]


def _ends(evidence: Evidence) -> list[Finding]:
    """A log that is still there ends with one StoryEnded, and each last generation has told its end once."""
    told = Counter((row.story_id, row.key) for row in evidence.ends)
    right = sum(
        told[story_id, f"ended:{evidence.stories[story_id].generation}"] == 1
        and (story_id not in evidence.logs or _ends_once(evidence.logs[story_id]))
        for story_id in evidence.wanted
    )
    count, lost = len(evidence.wanted), len(evidence.wanted) - len(evidence.logs)
    heard = sum(tale.heard for tale in evidence.tales)
    what = f"Stories whose last event is their one StoryEnded ({lost} logs lost with Valkey)"
    return [
        Finding(what, f"{right} of {count}", "all", right == count),
        Finding("Stories whose end is told to whoever comes late", f"{heard} of {count}", "all", heard == count),
    ]


def _ends_once(ends: list[bool]) -> bool:
    return ends[-1:] == [True] and ends[-2:-1] != [True]


def _unsent(evidence: Evidence) -> list[Finding]:
    return [_none("Outbox rows unsent when all is over", sum(row.sent_at is None for row in evidence.outbox))]


def _cancels(evidence: Evidence) -> list[Finding]:
    if not evidence.cancelled:
        return []
    journal = {story_id: calls[-1].started_at.timestamp() for story_id, calls in evidence.calls_of().items()}
    by_journal = _latest(evidence, journal)
    by_vendors = _latest(evidence, _last_noted(evidence))
    unrefunded = sum(not _refunded(evidence, each.story_id, each.answered_at) for each in evidence.cancelled)
    what = f"Last vendor call after {len(evidence.cancelled)} cancels"
    return [
        Finding(f"{what}, by the journal", f"{by_journal:+.3f} s", "1 s", by_journal <= LATEST_CALL_S),
        Finding(f"{what}, by the vendors", f"{by_vendors:+.3f} s", "1 s", by_vendors <= LATEST_CALL_S, timed=True),
        _none("Cancels whose answer came before their refund", unrefunded),
    ]


def _latest(evidence: Evidence, last: dict[UUID, float]) -> float:
    """Seconds from an answer to the story's last call, at worst; below zero where that call came first."""
    return max((last.get(each.story_id, 0.0) - each.answered_at for each in evidence.cancelled), default=0.0)


def _last_noted(evidence: Evidence) -> dict[UUID, float]:
    subjects = {each.name: each.story_id for each in evidence.cancelled}
    subjects |= {str(each.story_id): each.story_id for each in evidence.cancelled}
    last: dict[UUID, float] = {}
    for noted in evidence.noted:
        if (story_id := subjects.get(noted.subject)) is not None:
            last[story_id] = max(last.get(story_id, 0.0), noted.at)
    return last


def _refunded(evidence: Evidence, story_id: UUID, answered_at: float) -> bool:
    """Nothing is held for it, and where something was refunded that was before the answer."""
    released_at = evidence.released_at(story_id)
    in_time = released_at is None or released_at.timestamp() <= answered_at
    return in_time and evidence.stories[story_id].reserved == 0


def _errors(evidence: Evidence) -> list[Finding]:
    counted = Counter(evidence.errors).most_common(3)
    told = ", ".join(f"{name} x{count}" for name, count in counted)
    return [Finding("Errors in the processes' logs", f"{len(evidence.errors)} ({told})" if told else "0")]


def _none(what: str, count: int) -> Finding:
    return Finding(what, str(count), "0", count == 0)


def _range(counts: list[int]) -> str:
    least, most = min(counts, default=0), max(counts, default=0)
    return str(least) if least == most else f"{least} to {most}"


_JUDGES: tuple[Callable[[Evidence], list[Finding]], ...] = (
    _finished,
    _keys,
    _committed_again,
    _overtaken,
    _unjournalled,
    _repaid,
    _captures,
    _ledger,
    _going_on,
    _ends,
    _unsent,
    _cancels,
    _errors,
)
