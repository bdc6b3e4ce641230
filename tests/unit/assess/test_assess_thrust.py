"""What a filter's state under thrust is worth: its lag, its own errors, and what is no boost."""

import math
from dataclasses import replace

import numpy as np
import pytest

from signalfire.assess import _thrust_kernels as kernels
from signalfire.assess.boost import BY_MOTION, BY_STATE, DIRECTION_SIGMA, SPEED_LAW
from signalfire.assess.launch import estimate_launch
from signalfire.basis.identity import NodeId, track_id
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.track import Track, TrackStatus
from signalfire.space.geodesy import Geodetic, enu_from_ecef

START = Instant(1_800_000_000 * 10**9)
PLACE = Geodetic.from_degrees(39.0, 127.0, 30_000.0)
AXES = enu_from_ecef(PLACE)
PUSH_M_S2 = 30.0
ALWAYS_30 = np.array([math.log(PUSH_M_S2), 0.0, 0.0, 0.0])
BOTH = pytest.mark.parametrize("is_compiled", [True, False])


def written(kernel, is_compiled: bool):  # type: ignore[no-untyped-def]
    return kernel if is_compiled else kernel.py_func


def filtered(looks: int, period_s: float, sigma_m: float, density: float):  # type: ignore[no-untyped-def]
    """A filter of white acceleration, started by two plots, behind 30 m/s2 along its way.

    Returns lag (place, velocity), covariance, and the covariance of what noise alone puts in; each
    for one axis: the filter is the same in all three.
    """
    step = np.array([[1.0, period_s], [0.0, 1.0]])
    shaken = density * np.array([[period_s**3 / 3, period_s**2 / 2], [period_s**2 / 2, period_s]])
    seen = np.array([[1.0, 0.0]])
    r = sigma_m**2
    p = r * np.array([[1.0, 1.0 / period_s], [1.0 / period_s, 2.0 / period_s**2]])
    noise = p.copy()
    # The slope between two plots is the speed half a period ago.
    lag = np.array([0.0, -0.5 * PUSH_M_S2 * period_s])
    for _ in range(looks - 2):
        p = step @ p @ step.T + shaken
        gain = p @ seen.T / (p[0, 0] + r)
        rest = np.eye(2) - gain @ seen
        lag = rest @ (step @ lag - PUSH_M_S2 * np.array([0.5 * period_s**2, period_s]))
        noise = rest @ step @ noise @ step.T @ rest.T + gain @ gain.T * r
        p = rest @ p
    return lag, p, noise


@BOTH
@pytest.mark.parametrize(
    ("period_s", "sigma_m", "density"),
    [(1.0, 150.0, 6_000.0), (1.0, 700.0, 6_000.0), (2.0, 700.0, 2_000.0)],
)
@pytest.mark.parametrize("looks", [4, 6, 9, 14, 24])
def test_the_lag_behind_a_steady_thrust_follows_from_the_covariance(
    looks: int, period_s: float, sigma_m: float, density: float, is_compiled: bool
) -> None:
    lag, p, noise = filtered(looks, period_s, sigma_m, density)
    ahead = AXES.T @ np.array([0.6, 0.0, 0.8])
    truth = np.concatenate([PLACE.ecef_m(), 1_500.0 * ahead])
    mean = truth + np.concatenate([lag[0] * ahead, lag[1] * ahead])
    mean_out, p_out = np.empty(6), np.empty((6, 6))
    memory_s = written(kernels.caught_up, is_compiled)(
        mean, np.kron(p, np.eye(3)), (looks - 1) * period_s, ALWAYS_30, 0.0, 0.0, mean_out, p_out
    )
    assert memory_s == pytest.approx(p[0, 0] / p[0, 1])
    left = mean_out - truth
    # In steps of a second it is not quite what it is in continuous time.
    assert np.linalg.norm(left[3:]) < 0.35 * abs(lag[1])
    assert np.linalg.norm(left[:3]) < 0.5 * math.sqrt(p[0, 0])
    # Nor is what the noise put in: where looks are as far apart as the memory is long, it is less.
    shares = p_out[[0, 3], [0, 3]] / noise[[0, 1], [0, 1]]
    assert np.all((shares > 0.7) & (shares < (1.6 if memory_s > 3.0 * period_s else 2.5))), shares
    assert np.linalg.eigvalsh(p_out)[0] > 0.0


def test_how_wrong_the_lag_may_be_widens_the_covariance_along_and_across_it() -> None:
    _, p, _ = filtered(20, 1.0, 300.0, 6_000.0)
    ahead = AXES.T @ np.array([0.6, 0.0, 0.8])
    mean = np.concatenate([PLACE.ecef_m(), 1_500.0 * ahead])
    outs = [np.empty((6, 6)) for _ in range(2)]
    moved = np.empty(6)
    for (doubt, aside), out in zip(((0.0, 0.0), (0.3, 0.1)), outs, strict=True):
        kernels.caught_up(mean, np.kron(p, np.eye(3)), 19.0, ALWAYS_30, doubt, aside, moved, out)
    lag_m_s = float(np.linalg.norm((moved - mean)[3:]))
    more = (outs[1] - outs[0])[3:, 3:]
    assert ahead @ more @ ahead == pytest.approx((0.3**2 + 0.1**2) * lag_m_s**2)
    assert AXES[1] @ more @ AXES[1] == pytest.approx(0.1**2 * lag_m_s**2)


def test_a_covariance_that_tells_of_no_filter_is_left_alone() -> None:
    """Place and velocity known apart: nothing says how the one came from the other."""
    mean = np.concatenate([PLACE.ecef_m(), 900.0 * AXES[2]])
    apart = np.diag([200.0**2] * 3 + [60.0**2] * 3)
    mean_out, p_out = np.empty(6), np.empty((6, 6))
    assert kernels.caught_up(mean, apart, 9.0, ALWAYS_30, 0.3, 0.1, mean_out, p_out) == 0.0
    np.testing.assert_array_equal(mean_out, mean)
    np.testing.assert_array_equal(p_out, apart)


@BOTH
def test_a_vague_speed_becomes_the_familys_and_a_sure_one_stays(is_compiled: bool) -> None:
    typical_m_s = math.exp(SPEED_LAW[0])
    ahead = AXES.T @ np.array([0.3, 0.1, math.sqrt(0.9)])
    speeds_m_s = []
    for sigma_m_s in (5.0, 2_000.0):
        mean = np.concatenate([PLACE.ecef_m(), 1.4 * typical_m_s * ahead])
        wide = np.diag([100.0**2] * 3 + [sigma_m_s**2] * 3)
        out, p_out, angle = np.empty(6), np.empty((6, 6)), np.empty(2)
        distance2 = written(kernels.as_the_family, is_compiled)(
            mean, wide, SPEED_LAW, DIRECTION_SIGMA, out, p_out, angle
        )
        speeds_m_s.append(float(np.linalg.norm(out[3:])))
        assert distance2 < 4.0
        assert np.trace(p_out) < np.trace(wide)
        np.testing.assert_allclose(p_out, p_out.T, rtol=1e-9, atol=1e-3)
    assert speeds_m_s[0] == pytest.approx(1.4 * typical_m_s, rel=0.01)
    assert speeds_m_s[1] == pytest.approx(typical_m_s, rel=0.2)


def test_a_speed_that_no_boost_has_there_lies_far_from_the_family() -> None:
    """Five sigmas of ln v above the mean, with the path angle's sigma by moving the velocity."""
    v_m_s = math.exp(SPEED_LAW[0] + 5.0 * SPEED_LAW[2])
    mean = np.concatenate([PLACE.ecef_m(), v_m_s * (AXES.T @ np.array([0.8, 0.0, 0.6]))])
    sure = np.diag([100.0**2] * 3 + [20.0**2] * 3)
    out, p_out, angle = np.empty(6), np.empty((6, 6)), np.empty(2)
    distance2 = kernels.as_the_family(mean, sure, SPEED_LAW, DIRECTION_SIGMA, out, p_out, angle)
    assert 20.0 < distance2 < 30.0
    assert angle[0] == pytest.approx(math.asin(0.6))
    assert angle[1] == pytest.approx(20.0 / v_m_s, rel=0.01)


@BOTH
def test_three_equations_are_solved_where_they_can_be(is_compiled: bool) -> None:
    half = np.random.default_rng(2).normal(size=(3, 3))
    matrix, right = half @ half.T, np.array([1.0, -2.0, 3.0])
    out = np.empty(3)
    solve3 = written(kernels.solve3, is_compiled)
    assert solve3(matrix, right, out)
    np.testing.assert_allclose(out, np.linalg.solve(matrix, right), rtol=1e-8)
    assert not solve3(np.diag([1.0, 0.0, 1.0]), right, out)
    assert not solve3(np.full((3, 3), math.nan), right, out)


@pytest.mark.parametrize("family", [BY_STATE, BY_MOTION])
def test_a_flat_path_says_less_of_where_it_began(family) -> None:  # type: ignore[no-untyped-def]
    steep = family.sigma_fractions(1.2)
    assert steep == (family.age_sigma_fraction, family.run_sigma_fraction)
    assert all(a > b for a, b in zip(family.sigma_fractions(0.3), steep, strict=True))


def moving(
    speed_m_s: float, angle_rad: float, slowing_m_s2: float, count: int, sigma_m_s: float
) -> Track:
    """A body at 45 km on a straight way through the air, seen for ``count`` seconds."""
    level, up = AXES[0], AXES[2]
    ahead = math.cos(angle_rad) * level + math.sin(angle_rad) * up
    start = Geodetic.from_degrees(39.0, 127.0, 45_000.0).ecef_m()
    covariance = np.diag([150.0**2] * 3 + [sigma_m_s**2] * 3)
    arc = tuple(
        StateEstimate(
            START.later(float(t)),
            np.concatenate(
                [
                    start + (speed_m_s * t - 0.5 * slowing_m_s2 * t * t) * ahead,
                    (speed_m_s - slowing_m_s2 * t) * ahead,
                ]
            ),
            covariance.copy(),
        )
        for t in range(count)
    )
    return Track(
        track=track_id(NodeId("KOR-1"), 1),
        status=TrackStatus.CONFIRMED,
        state=arc[-1],
        thrust_probability=0.99,
        first_observed_at=START,
        last_observed_at=arc[-1].valid_at,
        observed_s=float(count),
        updates=count,
        paths=frozenset({"kor-1"}),
        ascent=arc,
        burnt_out_at=None,
        free_flight_seen=False,
    )


@pytest.mark.parametrize("mach", [5, 6, 7, 8])
@pytest.mark.parametrize("angle_deg", [-10.0, -2.0, 0.0, 2.0, 4.0])
def test_what_flies_level_and_fast_was_not_launched_just_before(
    mach: int, angle_deg: float
) -> None:
    for count in (1, 4, 12, 24):
        track = moving(mach * 320.0, math.radians(angle_deg), 3.0, count, 60.0)
        launch = estimate_launch(track)
        assert isinstance(launch, Unknown)
        assert launch.reason == "driven, but not as a missile that lifts off"


@pytest.mark.parametrize("angle_deg", [8.0, 15.0, 25.0])
def test_what_climbs_and_loses_speed_is_no_boost_once_that_is_sure(angle_deg: float) -> None:
    angle_rad = math.radians(angle_deg)
    pulled = moving(2_000.0, angle_rad, 4.0 + 9.8 * math.sin(angle_rad), 24, 15.0)
    assert isinstance(estimate_launch(pulled), Unknown)
    pushed = moving(2_000.0, math.radians(25.0), -25.0, 24, 15.0)
    assert isinstance(estimate_launch(pushed), PlaceEstimate)


def test_while_lift_may_drive_what_no_boost_does_free_flight_alone_names_no_launch() -> None:
    level = moving(2_000.0, math.radians(2.0), 0.0, 4, 60.0)
    assert isinstance(estimate_launch(replace(level, thrust_probability=0.4)), Unknown)
    assert isinstance(estimate_launch(replace(level, thrust_probability=0.02)), PlaceEstimate)
