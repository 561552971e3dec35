"""How accounts are divided among the arms of an experiment."""

from __future__ import annotations

import math
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.settings import Settings
from models.weights import arm_for, parse_weights

WEIGHTS = st.dictionaries(st.text("abc-:.5", min_size=1, max_size=6), st.integers(0, 9), min_size=1, max_size=5)


def accounts(count: int) -> list[UUID]:
    return [UUID(int=number) for number in range(count)]


def test_weights_are_read_as_they_are_written() -> None:
    assert parse_weights("") == {}
    assert parse_weights("gpt-6-luna=3, claude-haiku-5-5=1,") == {"gpt-6-luna": 3, "claude-haiku-5-5": 1}
    assert parse_weights("elevenlabs:abc=0") == {"elevenlabs:abc": 0}


@pytest.mark.parametrize("text", ["a", "a=", "=1", "a=-1", "a=1.5", "a=²", "a=1,a=2", "a=1;b=2", "a=9999999"])
def test_weights_that_are_none_are_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"arm and its weight|there twice"):
        parse_weights(text)


def test_a_setting_that_can_not_be_read_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="STORYCANVAS_WRITER_WEIGHTS"):
        Settings(_env_file=None, STORYCANVAS_WRITER_WEIGHTS="luna")  # pyright: ignore[reportCallIssue]  # by its alias


@settings(deadline=None)
@given(WEIGHTS)
def test_what_was_written_is_read(weights: dict[str, int]) -> None:
    assert parse_weights(",".join(f"{arm}={weight}" for arm, weight in weights.items())) == weights


@settings(max_examples=30, deadline=None)
@given(WEIGHTS, st.text(max_size=5))
def test_every_arm_gets_the_share_of_accounts_that_its_weight_is_of_all(weights: dict[str, int], name: str) -> None:
    count, total = 2000, sum(weights.values())
    shares = Counter(arm_for(id, name, weights) for id in accounts(count))
    if not total:
        assert shares == {None: count}
    for arm, weight in weights.items() if total else ():
        share = weight / total
        # Six standard deviations of a binomial distribution: one draw in a billion lies beyond.
        assert abs(shares[arm] - count * share) <= 6 * math.sqrt(count * share * (1 - share))


@settings(deadline=None)
@given(WEIGHTS, st.uuids())
def test_the_order_in_which_arms_are_named_makes_no_difference(weights: dict[str, int], id: UUID) -> None:
    turned = dict(reversed(weights.items()))
    assert arm_for(id, "writer", weights) == arm_for(id, "writer", turned)


def test_experiments_divide_accounts_independently() -> None:
    even = {"a": 1, "b": 1}
    both = Counter((arm_for(id, "writer", even), arm_for(id, "voice:en", even)) for id in accounts(4000))
    assert all(abs(count - 1000) < 6 * math.sqrt(4000 * 0.25 * 0.75) for count in both.values())
    assert len(both) == 4
