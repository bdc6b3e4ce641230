"""Free flight: compiled equals written, derivatives, and the public words around the kernels."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from signalfire.basis.instant import Instant
from signalfire.motion import _kernels
from signalfire.motion.free_flight import Descent, descend, predict
from signalfire.picture.estimate import StateEstimate, Unknown
from signalfire.space.geodesy import Geodetic, enu_from_ecef, geodetic

BETA_KG_M2 = 8_000.0


def flying(height_m: float, speed_m_s: float = 3_000.0, climb_deg: float = 30.0) -> np.ndarray:
    """A state over 38 N 128 E that heads east."""
    place = Geodetic.from_degrees(38.0, 128.0, height_m)
    climb = np.radians(climb_deg)
    velocity = np.array([np.cos(climb), 0.0, np.sin(climb)]) * speed_m_s
    return np.concatenate([place.ecef_m(), enu_from_ecef(place).T @ velocity])


def spread() -> np.ndarray:
    root = np.random.default_rng(1).normal(size=(6, 6)) * np.array([[300.0] * 3 + [20.0] * 3]).T
    return root @ root.T


@pytest.mark.parametrize("height_m", [20e3, 400e3])
@pytest.mark.parametrize(
    "name", ["acceleration", "gradient", "transition", "propagate", "predict", "predict_driven"]
)
def test_the_compiled_motion_kernel_is_the_written_one(name: str, height_m: float) -> None:
    state, covariance, drag = flying(height_m), spread(), 1.0 / BETA_KG_M2
    outcomes = []
    kernel = getattr(_kernels, name)
    for function in (kernel, kernel.py_func):
        mean, square, small, wide = np.zeros(6), np.zeros((6, 6)), np.zeros(3), np.zeros((3, 6))
        moved = state.copy(), covariance.copy()
        arguments = {
            "acceleration": (state, drag, small),
            "gradient": (state, drag, wide),
            "transition": (state, drag, 2.0, square),
            "propagate": (state, drag, 7.0, 1.0, mean),
            "predict": (state, covariance, drag, 1.0, 7.0, 1.0, mean, square),
            "predict_driven": (*moved, drag, 1.0, 9.0, 5.0, 2.0, -3.0, 1.0),
        }[name]
        function(*arguments)
        outcomes.append([a for a in arguments if isinstance(a, np.ndarray)])
    for compiled, written in zip(*outcomes, strict=True):
        np.testing.assert_allclose(compiled, written, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("height_m", [15e3, 60e3, 120e3, 900e3])
def test_the_gradient_is_that_of_the_acceleration(height_m: float) -> None:
    state, drag = flying(height_m), 1.0 / BETA_KG_M2
    analytic, numerical = np.zeros((3, 6)), np.zeros((3, 6))
    _kernels.gradient(state, drag, analytic)
    for j in range(6):
        step = 10.0 if j < 3 else 0.1
        ends = []
        for sign in (1.0, -1.0):
            moved, out = state.copy(), np.zeros(3)
            moved[j] += sign * step
            _kernels.acceleration(moved, drag, out)
            ends.append(out)
        numerical[:, j] = (ends[0] - ends[1]) / (2.0 * step)
    for block in (slice(0, 3), slice(3, 6)):
        scale = np.abs(numerical[:, block]).max()
        # The air thins along the vertical, the gradient has it along the radius: 0.2 degrees.
        np.testing.assert_allclose(analytic[:, block], numerical[:, block], atol=5e-3 * scale)


@pytest.mark.parametrize("elapsed_s", [1.0, 5.0])
def test_the_transition_is_that_of_the_flight(elapsed_s: float) -> None:
    state = flying(300e3)
    middle, analytic, numerical = np.zeros(6), np.zeros((6, 6)), np.zeros((6, 6))
    _kernels.propagate(state, 0.0, elapsed_s / 2, 1.0, middle)
    _kernels.transition(middle, 0.0, elapsed_s, analytic)
    for j in range(6):
        step = 50.0 if j < 3 else 0.5
        ends = []
        for sign in (1.0, -1.0):
            moved, out = state.copy(), np.zeros(6)
            moved[j] += sign * step
            _kernels.propagate(moved, 0.0, elapsed_s, 1.0, out)
            ends.append(out)
        numerical[:, j] = (ends[0] - ends[1]) / (2.0 * step)
    np.testing.assert_allclose(analytic[:3], numerical[:3], atol=1e-5 * elapsed_s)
    np.testing.assert_allclose(analytic[3:], numerical[3:], atol=1e-7 * elapsed_s)


def test_predicting_moves_the_state_as_flown_and_says_when() -> None:
    start = Instant(10**18)
    state = StateEstimate(start, flying(200e3), spread())
    then = predict(state, start.later(30.0), drag_m2_kg=0.0, noise_m2_s3=0.0)
    flown = np.empty(6)
    _kernels.propagate(state.mean.copy(), 0.0, 30.0, 1.0, flown)
    np.testing.assert_allclose(then.mean, flown, rtol=1e-12)
    assert then.valid_at == start.later(30.0)
    np.testing.assert_array_equal(state.covariance, spread())


def test_a_covariance_moves_as_a_cloud_of_states_does() -> None:
    start = Instant(10**18)
    mean, covariance = flying(200e3), spread()
    draw = np.random.default_rng(2)
    cloud = draw.multivariate_normal(mean, covariance, size=4_000)
    moved = np.empty_like(cloud)
    for before, after in zip(cloud, moved, strict=True):
        _kernels.propagate(before, 0.0, 60.0, 5.0, after)
    then = predict(
        StateEstimate(start, mean, covariance), start.later(60.0), drag_m2_kg=0.0, noise_m2_s3=0.0
    )
    ratio = np.diag(np.cov(moved.T)) / np.diag(then.covariance)
    np.testing.assert_allclose(ratio, 1.0, atol=0.1)


def test_an_unknown_ballistic_coefficient_widens_along_the_path_only() -> None:
    mean, with_spread, without = flying(30e3), spread(), spread()
    velocity = mean[3:] / np.linalg.norm(mean[3:])
    aside = np.cross(velocity, mean[:3] / np.linalg.norm(mean[:3]))
    drag = 1.0 / BETA_KG_M2
    _kernels.predict_driven(mean.copy(), with_spread, drag, 0.0, 0.0, 5.0, 0.0, 2.0, 1.0)
    _kernels.predict_driven(mean.copy(), without, drag, 0.0, 0.0, 0.0, 0.0, 2.0, 1.0)
    gain = (with_spread - without)[3:, 3:]
    assert velocity @ gain @ velocity > 1.0
    assert abs(aside @ gain @ aside) < 1e-2 * (velocity @ gain @ velocity)


def test_the_descent_ends_on_the_ground_where_another_integrator_ends() -> None:
    state = flying(100e3)
    descent = descend(state, drag_m2_kg=1.0 / BETA_KG_M2)
    assert isinstance(descent, Descent)

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        out = np.empty(3)
        _kernels.acceleration(y, 1.0 / BETA_KG_M2, out)
        return np.concatenate([y[3:], out])

    def height(t: float, y: np.ndarray) -> float:
        return geodetic(y[:3]).altitude_m

    height.terminal = True  # type: ignore[attr-defined]
    height.direction = -1.0  # type: ignore[attr-defined]
    other = solve_ivp(slope, (0.0, 2_000.0), state, events=height, rtol=1e-9, atol=1e-6)
    assert descent.elapsed_s == pytest.approx(other.t_events[0][0], abs=0.02)
    np.testing.assert_allclose(descent.path[-1, 1:4], other.y_events[0][0][:3], atol=20.0)
    assert abs(geodetic(descent.path[-1, 1:4]).altitude_m) < 1.0
    highest = max(geodetic(y[:3]).altitude_m for y in other.y.T)
    assert descent.apogee_m == pytest.approx(highest, rel=1e-2)


def test_an_orbit_does_not_come_down() -> None:
    assert isinstance(descend(flying(500e3, 7_300.0, 0.0), drag_m2_kg=0.0), Unknown)


def test_what_is_no_number_does_not_come_down() -> None:
    state = flying(100e3)
    state[0] = np.nan
    assert isinstance(descend(state, drag_m2_kg=0.0), Unknown)
