"""Several nations' states to one: who is believed first, who is left out, who counts."""

import math

import numpy as np
import pytest

from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.fusion.combine import Contribution, combine
from signalfire.fusion.match import (
    CONSISTENT_D2_MAX,
    SAME_OBJECT_D2_MAX,
    are_times_apart,
    places_distance2,
    separation_distance2,
)
from signalfire.picture.estimate import PlaceEstimate, StateEstimate

NOW = Instant(1_500_000_000_000_000_000)


def state(offset_m: float = 0.0, *, sigma_m: float = 100.0) -> StateEstimate:
    mean = np.array([-3.3e6 + offset_m, 3.9e6, 4.1e6, -2.0e3, -1.0e3, 1.5e3])
    covariance = np.diag([sigma_m**2] * 3 + [(0.02 * sigma_m) ** 2] * 3)
    return StateEstimate(NOW, mean, covariance)


def told(
    nation: str, where: StateEstimate, *, seen_s: float = 0.0, is_witnessed: bool = False
) -> Contribution:
    seen = NOW.later(seen_s)
    return Contribution(NationId(nation), where, seen, 0.1 * ord(nation[0]) / 100, is_witnessed)


def test_one_contribution_is_itself() -> None:
    combined = combine([told("KOR", state())])
    assert combined.nations == ("KOR",)
    np.testing.assert_array_equal(combined.state.mean, state().mean)
    np.testing.assert_array_equal(combined.state.covariance, state().covariance)


def test_the_same_word_twice_makes_nobody_surer() -> None:
    combined = combine([told("JPN", state()), told("KOR", state()), told("USA", state())])
    assert combined.nations == ("JPN", "KOR", "USA")
    np.testing.assert_allclose(combined.state.covariance, state().covariance, rtol=1e-6)


def test_a_contradicting_word_is_left_out_and_not_averaged_in() -> None:
    combined = combine([told("JPN", state()), told("KOR", state(60e3), seen_s=-5.0)])
    assert combined.nations == ("JPN",)
    np.testing.assert_array_equal(combined.state.mean, state().mean)


def test_the_freshest_is_believed_first_and_what_is_witnessed_before_all() -> None:
    old, fresh = told("JPN", state(), seen_s=-9.0), told("KOR", state(60e3))
    assert combine([old, fresh]).nations == ("KOR",)
    seen = told("JPN", state(), seen_s=-9.0, is_witnessed=True)
    assert combine([seen, fresh]).nations == ("JPN",)


def test_states_of_two_instants_are_refused() -> None:
    later = StateEstimate(NOW.later(1.0), state().mean.copy(), state().covariance.copy())
    with pytest.raises(AssertionError, match="one instant"):
        combine([told("JPN", state()), told("KOR", later)])
    with pytest.raises(AssertionError, match="nothing"):
        combine([])


def test_what_was_last_seen_is_the_latest_of_those_that_count() -> None:
    parts = [told("JPN", state(), seen_s=-4.0, is_witnessed=True), told("KOR", state(30.0))]
    assert combine(parts).last_observed_at == NOW
    far = [parts[0], told("KOR", state(60e3))]
    assert combine(far).last_observed_at == NOW.later(-4.0)


def test_a_distance_is_nothing_for_one_state_and_grows_apart() -> None:
    here = state()
    assert separation_distance2(here, here) == 0.0
    apart = [separation_distance2(here, state(offset_m)) for offset_m in (1e3, 5e3, 2e4, 1e5)]
    assert apart == sorted(apart)
    assert apart[0] < SAME_OBJECT_D2_MAX < CONSISTENT_D2_MAX < apart[-1]


def test_a_covariance_that_is_none_is_infinitely_far() -> None:
    broken = StateEstimate(NOW, state().mean.copy(), np.full((6, 6), math.nan))
    assert separation_distance2(state(), broken) == math.inf


def place(
    lat_deg: float, lon_deg: float, *, sigma_m: float = 2e3, late_s: float = 0.0
) -> PlaceEstimate:
    covariance = (sigma_m**2, 0.0, sigma_m**2)
    at = NOW.later(late_s)
    return PlaceEstimate(math.radians(lat_deg), math.radians(lon_deg), covariance, at, 5.0)


def test_places_across_the_date_line_are_near() -> None:
    assert places_distance2(place(40.0, 179.99), place(40.0, -179.99)) < 2.0
    assert places_distance2(place(40.0, 179.99), place(40.0, 178.0)) > 100.0


def test_a_place_is_as_far_as_its_joint_ellipse_says() -> None:
    """1 km north with 2 km sigmas each and the allowance of 1 km: 1 / (4 + 4 + 1)."""
    north = place(40.0 + math.degrees(1e3 / 6_371_008.8), 127.0)
    assert places_distance2(place(40.0, 127.0), north) == pytest.approx(1.0 / 9.0, rel=1e-6)


def test_launch_times_a_minute_apart_may_be_one_launch() -> None:
    first = place(40.0, 127.0)
    assert not are_times_apart(first, place(40.0, 127.0, late_s=60.0))
    assert are_times_apart(first, place(40.0, 127.0, late_s=120.0))
    assert are_times_apart(place(40.0, 127.0, late_s=120.0), first)
