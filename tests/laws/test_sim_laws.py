"""What the true flight obeys, whatever the numbers."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from signalfire.sim import _kernels as k
from signalfire.sim.trajectory import trajectory_from_samples
from signalfire.space.earth import GRAVITY_M3_S2, J2, ROTATION_RAD_S, SEMI_MAJOR_M
from signalfire.space.geodesy import Geodetic, enu_from_ecef

PLACE = Geodetic.from_degrees(39.0, 126.0)
AXES = np.vstack([enu_from_ecef(PLACE), PLACE.ecef_m() / np.linalg.norm(PLACE.ecef_m())])
NO_PLAN = np.zeros(k.PLAN_LENGTH)


def jacobi_m2_s2(state: np.ndarray) -> float:
    """The one integral of motion in axes that turn: energy less the centrifugal part."""
    x, y, z = state[:3]
    r = math.sqrt(x * x + y * y + z * z)
    flat = 0.5 * J2 * (SEMI_MAJOR_M / r) ** 2 * (1.0 - 3.0 * (z / r) ** 2)
    potential = -GRAVITY_M3_S2 / r * (1.0 + flat)
    speed2 = float(state[3:] @ state[3:])
    return 0.5 * speed2 + potential - 0.5 * ROTATION_RAD_S**2 * (x * x + y * y)


@given(
    height_m=st.floats(220e3, 2_000e3),
    east=st.floats(-6e3, 6e3),
    north=st.floats(-6e3, 6e3),
    up=st.floats(-1e3, 3e3),
)
def test_above_the_air_the_jacobi_integral_is_kept(
    height_m: float, east: float, north: float, up: float
) -> None:
    place = Geodetic.from_degrees(39.0, 126.0, height_m)
    state = np.concatenate([place.ecef_m(), np.array([east, north, up]) @ AXES[:3]])
    before = jacobi_m2_s2(state)
    work = np.empty((5, 6))
    for _ in range(60):
        k.step(0.0, state, 2.0, AXES, NO_PLAN, k.FREE, work, state)
    assert math.isclose(jacobi_m2_s2(state), before, rel_tol=1e-9)


@given(low=st.floats(-500.0, 190e3), by=st.floats(1.0, 9e3))
def test_air_is_thinner_higher_up(low: float, by: float) -> None:
    assert k.air_density(low) > k.air_density(low + by) >= 0.0


@given(
    first=st.integers(0, 99),
    coefficients=st.lists(st.floats(-5.0, 5.0), min_size=3, max_size=3),
)
def test_interpolation_is_exact_on_cubic_paths(first: int, coefficients: list[float]) -> None:
    """Any spacing: a cubic through samples of a cubic is that cubic."""
    gap_s = 1.0 + np.random.default_rng(first).random(12)
    t_s = np.concatenate([[0.0], np.cumsum(gap_s)])

    def truth_m(moments_s: np.ndarray) -> np.ndarray:
        x = 7.0e6 + 100.0 * moments_s
        y = coefficients[0] * moments_s + coefficients[1] * moments_s**2
        return np.column_stack([x, y, coefficients[2] * moments_s**3])

    path = trajectory_from_samples(t_s, truth_m(t_s))
    between_s = np.linspace(0.0, t_s[-1], 57)
    np.testing.assert_allclose(path.at(between_s), truth_m(between_s), rtol=0.0, atol=1e-4)
