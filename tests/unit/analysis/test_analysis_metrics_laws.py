"""Metrics: what they must give where the answer is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import chdtri

from signalfire.analysis.metrics import (
    gospa,
    nees,
    nees_band,
    picture,
    rms_m,
    share_interval,
)


def test_honest_errors_have_the_nees_of_their_dimension() -> None:
    draw = np.random.default_rng(2)
    root = draw.normal(size=(6, 6))
    covariance = np.broadcast_to(root @ root.T, (2_000, 6, 6))
    errors = draw.normal(size=(2_000, 6)) @ root.T
    low, high = nees_band(6, 2_000)
    assert low < nees(errors, covariance).mean() < high
    assert not low < nees(1.1 * errors, covariance).mean() < high
    held = int(np.count_nonzero(nees(errors, covariance) <= chdtri(6, 0.1)))
    share_low, share_high = share_interval(held, 2_000)
    assert share_low < 0.9 < share_high


def test_the_band_is_the_textbooks() -> None:
    """Bar-Shalom, Li and Kirubarajan (2001), section 5.4.2: 50 runs, two dimensions, 95 %."""
    assert nees_band(2, 50) == pytest.approx((1.5, 2.6), abs=0.1)


def test_the_interval_of_a_share_is_the_exact_one() -> None:
    """Hits in all of n: the lower end solves p^n = 2.5 %; none: the mirror of it."""
    low, high = share_interval(20, 20)
    assert (low**20, high) == (pytest.approx(0.025), 1.0)
    assert share_interval(0, 20) == (0.0, pytest.approx(1.0 - low))


def test_the_root_of_the_mean_squared_error_is_of_lengths() -> None:
    assert rms_m(np.array([[3.0, 4.0], [0.0, 0.0]])) == pytest.approx(5.0 / math.sqrt(2.0))


places = st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), max_size=5).map(
    lambda found: np.array(found, dtype=float).reshape(-1, 2)
)


@given(places, places, places)
def test_gospa_is_a_distance(one: np.ndarray, two: np.ndarray, three: np.ndarray) -> None:
    def gap(a: np.ndarray, b: np.ndarray) -> float:
        return gospa(a, b, cut_off_m=300.0).distance_m

    assert gap(one, one) == 0.0
    assert gap(one, two) == pytest.approx(gap(two, one))
    assert gap(one, three) <= gap(one, two) + gap(two, three) + 1e-6
    assert gospa(one, two, cut_off_m=300.0).missed_count - gospa(
        one, two, cut_off_m=300.0
    ).false_count == len(one) - len(two)


def test_a_picture_counts_what_is_missing_double_and_false() -> None:
    objects = [{"a", "b"}, {"a", "b"}]
    tracks = [{"1", "2", "3"}, {"1"}]
    held = [{"1": "a", "2": "a"}, {"1": "b"}]
    found = picture(objects, tracks, held)
    assert found.completeness_share == pytest.approx(2 / 4)
    assert found.ambiguity_ratio == pytest.approx(3 / 2)
    assert found.spuriousness_share == pytest.approx(1 / 4)
    assert found.longest_share == pytest.approx(2 / 4)
    nothing = picture([set()], [set()], [{}])
    assert math.isnan(nothing.completeness_share) and math.isnan(nothing.spuriousness_share)
