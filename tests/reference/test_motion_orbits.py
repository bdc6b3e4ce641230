"""Free flight against what astronomers know: Kepler's third law and the turning of orbits."""

import numpy as np
import pytest

from signalfire.motion import _kernels
from signalfire.space.earth import GRAVITY_M3_S2, J2, ROTATION_RAD_S, SEMI_MAJOR_M


def inertial(state: np.ndarray, t: float) -> np.ndarray:
    """Position and velocity in axes that do not turn and agree with the Earth's at t = 0."""
    angle = ROTATION_RAD_S * t
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0], [0, 0, 1.0]]
    )
    velocity = state[3:] + np.cross([0.0, 0.0, ROTATION_RAD_S], state[:3])
    return np.concatenate([turn @ state[:3], turn @ velocity])


def circular(height_m: float, inclination_rad: float) -> np.ndarray:
    """A state of a circular orbit at its ascending node, in the Earth's axes."""
    radius = SEMI_MAJOR_M + height_m
    speed = np.sqrt(GRAVITY_M3_S2 / radius)
    place = np.array([radius, 0.0, 0.0])
    velocity = speed * np.array([0.0, np.cos(inclination_rad), np.sin(inclination_rad)])
    return np.concatenate([place, velocity - np.cross([0.0, 0.0, ROTATION_RAD_S], place)])


def next_node(state: np.ndarray) -> tuple[float, np.ndarray]:
    """Time of the next ascending node, and the inertial state there."""
    t, after = 0.0, np.empty(6)
    while True:
        _kernels.propagate(state, 0.0, 5.0, 5.0, after)
        t += 5.0
        if state[2] < 0.0 <= after[2]:
            break
        state = after.copy()
    t -= 5.0
    for _ in range(4):
        part = -state[2] / state[5]
        _kernels.propagate(state, 0.0, part, 5.0, after)
        state, t = after.copy(), t + part
    return t, inertial(state, t)


def test_the_node_of_a_sun_synchronous_orbit_follows_the_sun() -> None:
    """Secular rate -3/2 J2 n (a/r)^2 cos i. Reference: Vallado (2013), Fundamentals of
    Astrodynamics and Applications, section 9.6; at 700 km and 98.19 degrees it is that of the
    mean sun, 0.9856 degrees a day (section 11.4.1).
    """
    height_m, inclination = 700e3, np.radians(98.19)
    period_s, state = next_node(circular(height_m, inclination))
    axis = np.cross(state[:3], state[3:])
    node = np.arctan2(axis[0], -axis[1])
    per_day = np.degrees(node) * 86_400.0 / period_s
    assert per_day == pytest.approx(0.9856, rel=5e-3)


def test_the_nodal_period_is_that_of_kepler_with_the_known_correction() -> None:
    """T = 2 pi sqrt(a^3/mu) at zeroth order; J2 changes it by less than 3 J2 (a/r)^2 T."""
    radius = SEMI_MAJOR_M + 700e3
    period_s, _ = next_node(circular(700e3, np.radians(98.19)))
    kepler_s = 2.0 * np.pi * np.sqrt(radius**3 / GRAVITY_M3_S2)
    assert abs(period_s / kepler_s - 1.0) < 3.0 * J2 * (SEMI_MAJOR_M / radius) ** 2
    assert period_s != pytest.approx(kepler_s, rel=1e-5)
