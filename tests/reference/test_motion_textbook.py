"""Free flights against the worked examples of a textbook.

Bate, Mueller and White (1971), "Fundamentals of Astrodynamics", chapter 6; canonical units, the
Earth's radius being 1 and its gravity 1. Ours has an equatorial bulge: flights are flown in the
equatorial plane, where it only adds to the pull, by 1.5 J2 / r^2 of it. Taken at the middle radius
of the flight that leaves 2e-4 of the pull; the tolerances are that, and the book's own rounding.
"""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from signalfire.motion._kernels import propagate

MU, A_M, J2, TURN = 3.986004418e14, 6_378_137.0, 1.082626684e-3, 7.292115e-5
NAUTICAL_MILES = 3_443.922786
"""In one radius of the Earth, as the book has it."""


def apogee(radius: float, speed: float, angle_rad: float) -> float:
    """Of the orbit, canonical, from energy and angular momentum."""
    energy, momentum = 0.5 * speed**2 - 1.0 / radius, radius * speed * math.cos(angle_rad)
    semi_major = -0.5 / energy
    return semi_major * (1.0 + math.sqrt(1.0 - momentum**2 / semi_major))


def flown(radius: float, speed: float, angle_deg: float) -> tuple[float, float, float]:
    """Range angle (deg) back to the same radius, and radius and speed at the top, by our motion."""
    angle = math.radians(angle_deg)
    middle = 0.5 * (radius + apogee(radius, speed, angle))
    mu = MU * (1.0 + 1.5 * J2 / middle**2)
    unit_m_s, unit_s = math.sqrt(mu / A_M), math.sqrt(A_M**3 / mu)
    spin = TURN * radius * A_M
    ahead = speed * unit_m_s * np.array([math.sin(angle), math.cos(angle)])
    start = np.array([radius * A_M, 0.0, 0.0, ahead[0], ahead[1] - spin, 0.0])

    def at(time_s: float) -> np.ndarray:
        out = np.empty(6)
        propagate(start, 0.0, time_s, 5.0, out)
        return out

    def climb(time_s: float) -> float:
        state = at(time_s)
        return float(state[:3] @ state[3:])

    semi_major = -0.5 / (0.5 * speed**2 - 1.0 / radius)
    top_s = brentq(climb, 1.0, math.pi * semi_major**1.5 * unit_s, xtol=1e-3)
    end_s = brentq(lambda t: float(np.linalg.norm(at(t)[:3])) / A_M - radius, top_s, 2.1 * top_s)
    top, end = at(top_s), at(end_s)
    turned = math.atan2(end[1], end[0]) + TURN * end_s
    inertial = top[3:] + np.cross([0.0, 0.0, TURN], top[:3])
    return (
        math.degrees(turned) % 360.0,
        float(np.linalg.norm(top[:3])) / A_M,
        float(np.linalg.norm(inertial)) / unit_m_s,
    )


def test_page_290_range_and_apogee() -> None:
    # Burn-out at 1.2 with 2/3, angular momentum 0.5: angle 51.3178, apogee 1.5 with speed 1/3,
    # range 36.390 deg, 2,183.4 nautical miles.
    angle_deg = math.degrees(math.acos(0.5 / (1.2 * 2.0 / 3.0)))
    assert angle_deg == pytest.approx(51.3178, abs=1e-4)
    range_deg, top, top_speed = flown(1.2, 2.0 / 3.0, angle_deg)
    assert range_deg == pytest.approx(36.390, rel=1e-3)
    # The book takes 60 nautical miles for a degree here.
    assert 60.0 * range_deg == pytest.approx(2_183.4, rel=1e-3)
    assert (top, top_speed) == (pytest.approx(1.5, rel=5e-4), pytest.approx(1.0 / 3.0, rel=5e-4))


def test_page_291_a_flight_of_128_degrees() -> None:
    # From 30 N 60 E to 30 S 60 W: cos(range) = -0.625; speed 1.0817 at 1.025 and 39.33 deg (the
    # book's rounded figures give 39.36).
    expected_deg = math.degrees(math.acos(-0.625))
    assert expected_deg == pytest.approx(128.682, abs=1e-3)
    range_deg, _, _ = flown(1.025, 1.0817, 39.33)
    assert range_deg == pytest.approx(expected_deg, rel=2e-3)


def test_page_305_range_and_its_errors() -> None:
    # Speed 0.905 at 1.1 and 30 deg: 100.526 deg (the book rounds to 100). Influences on the range:
    # 2.756 by radius, 6.700 by speed, -1.230 by angle (the book: 2.7535, 6.649, -1.21).
    range_deg, _, _ = flown(1.1, 0.905, 30.0)
    assert range_deg == pytest.approx(100.526, rel=2e-3)
    step = 1e-3
    slopes = [
        math.radians(flown(1.1 + step, 0.905, 30.0)[0] - flown(1.1 - step, 0.905, 30.0)[0]),
        math.radians(flown(1.1, 0.905 + step, 30.0)[0] - flown(1.1, 0.905 - step, 30.0)[0]),
        math.radians(
            flown(1.1, 0.905, 30.0 + math.degrees(step))[0]
            - flown(1.1, 0.905, 30.0 - math.degrees(step))[0]
        ),
    ]
    influences = np.array(slopes) / (2.0 * step)
    np.testing.assert_allclose(influences, [2.756, 6.700, -1.230], rtol=0.01)
    # Errors of 5e-4 in radius, -5e-5 in speed, -1e-4 in angle: over by 1.166e-3 rad.
    over = float(influences @ [5e-4, -5e-5, -1e-4])
    assert over == pytest.approx(1.166e-3, rel=0.01)
    assert over * NAUTICAL_MILES == pytest.approx(4.02, rel=0.01)
