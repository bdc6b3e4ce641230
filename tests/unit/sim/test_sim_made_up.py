"""Made-up boosts: thrust by knots, gravity turns, winds."""

import math
from dataclasses import replace

import numpy as np
import pytest

from signalfire.sim import _kernels as k
from signalfire.sim.flight import Boost, fly_boost
from signalfire.sim.trajectory import Trajectory
from signalfire.space.geodesy import Geodetic, azimuth_rad, distance_m

PAD = Geodetic.from_degrees(40.0, 127.0)
BOOST = Boost(
    burn_s=90.0,
    thrust_g=((0.0, 1.6), (1.0, 4.8)),
    rise_s=5.0,
    lean_rad=math.radians(50.0),
    azimuth_rad=math.radians(80.0),
)


def reach_m(path: Trajectory) -> float:
    assert path.impact is not None
    return distance_m(PAD, path.impact)


def test_thrust_is_straight_between_knots_and_steps_at_two_knots_of_one_time() -> None:
    plan = np.zeros(k.PLAN_LENGTH)
    plan[k.KNOTS] = 4
    plan[k.KNOT : k.KNOT + 8] = [0.0, 1.0, 0.5, 3.0, 0.5, 2.0, 1.0, 4.0]
    assert k.push_g(0.25, plan) == pytest.approx(2.0)
    assert k.push_g(0.4999, plan) == pytest.approx(3.0, abs=1e-3)
    assert k.push_g(0.5001, plan) == pytest.approx(2.0, abs=1e-3)
    assert k.push_g(1.0, plan) == pytest.approx(4.0)
    plan[k.KNOTS], plan[k.THRUST_FIRST], plan[k.THRUST_GROWTH] = 0, 1.4, 2.0
    assert k.push_g(0.5, plan) == pytest.approx(2.4)


def test_a_made_up_boost_flies_to_its_azimuth_and_comes_down() -> None:
    path = fly_boost(PAD, BOOST)
    assert path.impact is not None and path.burnout_t_s == 90.0
    # Over several minutes the Earth turns under the flight by a degree or two.
    assert azimuth_rad(PAD, path.impact) == pytest.approx(BOOST.azimuth_rad, abs=0.08)


def test_a_gravity_turn_follows_its_velocity() -> None:
    turn = replace(BOOST, is_gravity_turn=True, lean_rad=math.radians(3.0))
    path = fly_boost(PAD, turn)
    late = (path.t_s > 40.0) & (path.t_s < 85.0)
    speed = path.velocity_ecef_m_s[late]
    push = np.gradient(path.velocity_ecef_m_s, path.t_s, axis=0)[late]
    up = path.position_ecef_m[late] / np.linalg.norm(path.position_ecef_m[late], axis=1)[:, None]
    push = push + 9.6 * up
    cosine = np.einsum("ij,ij->i", push, speed)
    cosine /= np.linalg.norm(push, axis=1) * np.linalg.norm(speed, axis=1)
    assert cosine.min() > 0.995


def test_wind_carries_a_falling_body_its_way() -> None:
    still = fly_boost(PAD, BOOST)
    windy = fly_boost(PAD, replace(BOOST, wind_east_m_s=0.0, wind_north_m_s=40.0))
    assert still.impact is not None and windy.impact is not None
    gap_m = distance_m(still.impact, windy.impact)
    assert 50.0 < gap_m < 20e3
    assert windy.impact.latitude_rad > still.impact.latitude_rad


def test_a_blunter_body_falls_short_of_a_slender_one() -> None:
    blunt, slender = (fly_boost(PAD, replace(BOOST, ballistic_kg_m2=b)) for b in (4e3, 2e4))
    assert reach_m(blunt) < reach_m(slender)
    assert blunt.end_t_s > slender.end_t_s
