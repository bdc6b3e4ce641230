"""Laws of free flight: two steps are one, what is conserved, and that looking ahead costs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.instant import Instant
from signalfire.motion import _kernels
from signalfire.motion.free_flight import predict
from signalfire.picture.estimate import StateEstimate
from signalfire.space.earth import GRAVITY_M3_S2, J2, ROTATION_RAD_S, SEMI_MAJOR_M

START = Instant(1_800_000_000 * 10**9)
seeds = st.integers(0, 2**32 - 1)
some_s = st.floats(0.0, 60.0)


def a_state(seed: int, height_min_m: float = 200e3) -> StateEstimate:
    """Somewhere above the Earth at some speed, with some covariance."""
    draw = np.random.default_rng(seed)
    upwards = draw.normal(size=3)
    upwards /= np.linalg.norm(upwards)
    place = upwards * (SEMI_MAJOR_M + height_min_m + draw.uniform(0.0, 2e6))
    velocity = draw.normal(size=3)
    velocity *= draw.uniform(500.0, 7_000.0) / np.linalg.norm(velocity)
    root = draw.normal(size=(6, 6)) * np.array([[200.0] * 3 + [10.0] * 3]).T
    return StateEstimate(START, np.concatenate([place, velocity]), root @ root.T)


def flown(state: StateEstimate, by_s: float, noise_m2_s3: float = 1.0) -> StateEstimate:
    return predict(
        state, state.valid_at.later(by_s), drag_m2_kg=1.0 / 8_000.0, noise_m2_s3=noise_m2_s3
    )


@given(seeds, some_s, some_s)
def test_two_short_steps_equal_one_long_step(seed: int, first_s: float, second_s: float) -> None:
    state = a_state(seed)
    in_two = flown(flown(state, first_s), second_s)
    in_one = predict(state, in_two.valid_at, drag_m2_kg=1.0 / 8_000.0, noise_m2_s3=1.0)
    np.testing.assert_allclose(in_two.mean, in_one.mean, rtol=1e-9, atol=1e-3)
    sigma = np.sqrt(np.diag(in_one.covariance))
    np.testing.assert_allclose(
        in_two.covariance / np.outer(sigma, sigma),
        in_one.covariance / np.outer(sigma, sigma),
        atol=1e-3,
    )


@given(seeds, some_s)
def test_looking_ahead_or_back_never_makes_us_surer(seed: int, by_s: float) -> None:
    state = a_state(seed)
    volume = np.linalg.slogdet(state.covariance)[1]
    for sign in (1.0, -1.0):
        then = flown(state, sign * by_s)
        assert np.linalg.slogdet(then.covariance)[1] >= volume - 1e-2
        assert np.linalg.eigvalsh(then.covariance)[0] > 0.0


@given(seeds, some_s)
def test_there_and_back_is_where_it_was(seed: int, by_s: float) -> None:
    state = a_state(seed)
    again = flown(flown(state, by_s, 0.0), -by_s, 0.0)
    np.testing.assert_allclose(again.mean, state.mean, rtol=1e-9, atol=1e-3)


def jacobi_constant(state: np.ndarray) -> float:
    """Energy in turning axes, m2/s2: kinetic, gravity with J2, centrifugal."""
    x, y, z = state[:3]
    r = np.linalg.norm(state[:3])
    oblate = J2 * (SEMI_MAJOR_M / r) ** 2 * (1.5 * (z / r) ** 2 - 0.5)
    potential = -GRAVITY_M3_S2 / r * (1.0 - oblate)
    turning = 0.5 * ROTATION_RAD_S**2 * (x * x + y * y)
    return float(0.5 * state[3:] @ state[3:] + potential - turning)


@given(seeds)
def test_energy_is_conserved_without_air(seed: int) -> None:
    state, after = a_state(seed).mean, np.empty(6)
    _kernels.propagate(state.copy(), 0.0, 300.0, 1.0, after)
    if np.linalg.norm(after[:3]) > SEMI_MAJOR_M:
        assert jacobi_constant(after) == pytest.approx(jacobi_constant(state), rel=1e-9)


@given(seeds)
def test_the_spin_about_the_axis_is_conserved_without_air(seed: int) -> None:
    def spin(state: np.ndarray) -> float:
        inertial = state[3:] + np.cross([0.0, 0.0, ROTATION_RAD_S], state[:3])
        return float(np.cross(state[:3], inertial)[2])

    state, after = a_state(seed).mean, np.empty(6)
    _kernels.propagate(state.copy(), 0.0, 300.0, 1.0, after)
    if np.linalg.norm(after[:3]) > SEMI_MAJOR_M:
        assert spin(after) == pytest.approx(spin(state), rel=1e-8, abs=1e3)


@given(seeds)
def test_air_takes_energy(seed: int) -> None:
    state = a_state(seed).mean.copy()
    state[:3] *= (SEMI_MAJOR_M + 40e3) / np.linalg.norm(state[:3])
    after = np.empty(6)
    _kernels.propagate(state, 1.0 / 2_000.0, 2.0, 0.1, after)
    assert jacobi_constant(after) < jacobi_constant(state)
