"""The chaos run in small, and that its verdict sees what is wrong.

A dozen books are made while all that makes them is killed, frozen, emptied and started again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from benchmarks.chaos.callbook import Noted
from benchmarks.chaos.crew import name_of
from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.families import Asked, Cancelled, Tale
from benchmarks.chaos.history import Blow, History
from benchmarks.chaos.run import SMALL, run
from benchmarks.chaos.storms import KINDS
from benchmarks.chaos.verdict import findings
from models.billing import Cause, LedgerEntry, LedgerKind
from models.generation import Step, StepState
from models.journal import CallOutcome, VendorCall
from models.outbox import OutboxKind, OutboxRow
from models.stories import Story
from models.vocabulary import StoryStatus
from tests.stories import new_story

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KILLED, HEIR = 1, 2
"""Process ids of two workers."""


async def test_every_book_is_made_and_charged_once_whatever_is_killed() -> None:
    said: list[str] = []
    found = await run(SMALL, seed=1, guard=None, say=said.append)
    assert [each for each in found if each.right is False and not each.timed] == []


def test_a_run_in_which_all_went_well_is_right() -> None:
    assert wrong(a_run()) == []


def second(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


def a_run() -> Evidence:
    """One story of one page: planned, its maker killed, painted by another one, and one more that was cancelled."""
    story, stopped = (a_story(name, status) for name, status in NAMES.items())
    tale = Tale("tale-0", begins_s=0.0, pages=1, cancelled_after_s=None, redone=[], heard=True)
    tale.answers += [Asked(story.id, "story", ["page"])] * 3
    blows = [Blow(KILLED, second(2), frozenset({story.id}), deadly=True, kind=kind) for kind in KINDS]
    cancelled = [Cancelled(stopped.id, "stopped-0", second(22).timestamp())]
    evidence = Evidence(History(blows), [tale], cancelled, stories={story.id: story, stopped.id: stopped})
    evidence.steps = [a_step(story.id, "plan", 0, 1), a_step(story.id, "image:1", 1, 14)]
    evidence.calls = [
        a_call(story.id, "plan", 1, KILLED, 0),
        a_call(story.id, "image:1", 2, HEIR, 12),
        a_call(stopped.id, "plan", 1, HEIR, 21),
    ]
    evidence.noted = [
        Noted("tale-0", "plan", KILLED, second(0).timestamp()),
        Noted(str(story.id), "image:1", HEIR, second(12).timestamp()),
        Noted("stopped-0", "plan", HEIR, second(21).timestamp()),
    ]
    evidence.ledger = [
        a_line(story.id, LedgerKind.CAPTURE, 14, "image:1"),
        a_line(stopped.id, LedgerKind.RELEASE, 21.9, None),
    ]
    evidence.outbox = [an_end(story, 15), an_end(stopped, 21.9)]
    evidence.logs = {story.id: [False, False, True]}
    return evidence


NAMES = {"tale-0": StoryStatus.READY, "stopped-0": StoryStatus.CANCELLED}


def a_story(name: str, status: StoryStatus) -> Story:
    return new_story(uuid4(), premise=f"{name} is about a hedgehog", status=status, narrated=True, generation=2)


def a_step(story_id: UUID, key: str, price: int, done: float) -> Step:
    return Step(story_id=story_id, key=key, price=price, state=StepState.DONE, finished_at=second(done))


def a_call(story_id: UUID, key: str, generation: int, pid: int, begun: float) -> VendorCall:
    return VendorCall(
        story_id=story_id,
        step_key=key,
        step_version=1,
        vendor="offline",
        model="chaos",
        attempt=1,
        generation=generation,
        worker=name_of(pid),
        started_at=second(begun),
        outcome=CallOutcome.OK,
    )


def a_line(story_id: UUID, kind: LedgerKind, at: float, key: str | None) -> LedgerEntry:
    return LedgerEntry(
        account_id=uuid4(),
        kind=kind,
        credits=1,
        cause=Cause.PART,
        story_id=story_id,
        step_key=key,
        step_version=None if key is None else 1,
        key=f"{kind}:{story_id}:{key}",
        created_at=second(at),
    )


def an_end(story: Story, at: float) -> OutboxRow:
    return OutboxRow(
        kind=OutboxKind.EVENT,
        story_id=story.id,
        key=f"ended:{story.generation}",
        payload={},
        created_at=second(at),
        sent_at=second(at),
    )


def wrong(evidence: Evidence) -> list[str]:
    return [each.what for each in findings(evidence) if each.right is False]


def unfinished(evidence: Evidence) -> None:
    evidence.stories[evidence.wanted[0]].status = StoryStatus.INCOMPLETE


def made_twice(evidence: Evidence) -> None:
    second_one = a_story("tale-0", StoryStatus.READY)
    evidence.stories[second_one.id] = second_one


def answered_with_another(evidence: Evidence) -> None:
    evidence.tales[0].answers.append(Asked(uuid4(), "another", []))


def called_after_the_commit(evidence: Evidence) -> None:
    evidence.calls.append(a_call(evidence.wanted[0], "plan", 2, HEIR, 16))


def called_without_the_lease(evidence: Evidence) -> None:
    evidence.calls.append(a_call(evidence.wanted[0], "audio:1", 1, KILLED, 16))


def called_without_a_note(evidence: Evidence) -> None:
    evidence.noted.append(Noted("tale-0", "audio:1", HEIR, second(13).timestamp()))


def charged_twice(evidence: Evidence) -> None:
    evidence.ledger.append(a_line(evidence.wanted[0], LedgerKind.CAPTURE, 14, "image:1"))


def charged_for_nothing(evidence: Evidence) -> None:
    evidence.ledger.append(a_line(evidence.wanted[0], LedgerKind.CAPTURE, 14, "audio:1"))


def never_charged(evidence: Evidence) -> None:
    evidence.ledger.clear()


def taken_up_too_late(evidence: Evidence) -> None:
    evidence.calls[1].started_at = second(18)
    evidence.steps[1].finished_at = second(19)
    evidence.outbox[0].created_at = second(20)


def never_taken_up(evidence: Evidence) -> None:
    evidence.calls.pop(1)
    evidence.noted.pop(1)
    evidence.outbox.pop(0)


def ended_twice(evidence: Evidence) -> None:
    evidence.logs[evidence.wanted[0]] = [False, True, True]


def gone_on_after_the_end(evidence: Evidence) -> None:
    evidence.logs[evidence.wanted[0]] = [False, True, False]


def left_unsent(evidence: Evidence) -> None:
    evidence.outbox[0].sent_at = None


def called_after_the_cancel(evidence: Evidence) -> None:
    evidence.calls[2].started_at = second(23.5)


def refunded_after_the_answer(evidence: Evidence) -> None:
    evidence.ledger[1].created_at = second(22.5)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (unfinished, "Stories finished"),
        (made_twice, "Stories per createStory key"),
        (answered_with_another, "Stories per createStory key"),
        (called_after_the_commit, "Vendor calls for steps already committed"),
        (called_without_the_lease, "Vendor calls under a lease that was over"),
        (called_without_a_note, "Vendor calls without a journal row"),
        (charged_twice, "Captures per part made"),
        (charged_for_nothing, "Captures per part made"),
        (never_charged, "Captures per part made"),
        (taken_up_too_late, "From kill -9 to the story's next call"),
        (never_taken_up, "Stories that went on after kill -9"),
        (ended_twice, "Stories whose last event is their one StoryEnded"),
        (gone_on_after_the_end, "Stories whose last event is their one StoryEnded"),
        (left_unsent, "Outbox rows unsent when all is over"),
        (called_after_the_cancel, "Last vendor call after 1 cancels, by the journal"),
        (refunded_after_the_answer, "Cancels whose answer came before their refund"),
    ],
)
def test_the_verdict_says_what_is_wrong(spoil: Callable[[Evidence], None], told: str) -> None:
    evidence = a_run()
    spoil(evidence)
    assert any(what.startswith(told) for what in wrong(evidence)), wrong(evidence)
