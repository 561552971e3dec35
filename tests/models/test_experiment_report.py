"""What is said of the ratings of an arm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.experiment_report import Ratings


def test_nothing_is_said_of_an_arm_that_nobody_has_rated() -> None:
    assert Ratings(0, 0, None).interval() is None


def test_the_interval_is_wilsons() -> None:
    # Wilson's interval of 8 in 10 is 0.4902 to 0.9433 (Newcombe, Statistics in Medicine 17, 1998, has the method).
    assert Ratings(10, 10, 1 + 4 * 0.8).interval() == pytest.approx((1 + 4 * 0.4902, 1 + 4 * 0.9433), abs=1e-3)


def test_one_enthusiast_proves_little() -> None:
    low, high = Ratings(1, 1, 5.0).interval() or (0, 0)
    assert low < 2
    assert high == pytest.approx(5.0)


@given(st.integers(1, 10_000), st.floats(1, 5))
def test_the_mean_lies_within_its_interval_and_that_within_the_stars(accounts: int, mean: float) -> None:
    low, high = Ratings(accounts, accounts, mean).interval() or (0, 0)
    assert 1 <= low <= mean + 1e-9
    assert mean - 1e-9 <= high <= 5


@given(st.integers(1, 1000), st.floats(1, 5))
def test_more_accounts_make_it_narrower(accounts: int, mean: float) -> None:
    few, many = Ratings(accounts, accounts, mean).interval(), Ratings(accounts, accounts * 4, mean).interval()
    assert few is not None
    assert many is not None
    assert many[1] - many[0] < few[1] - few[0]
