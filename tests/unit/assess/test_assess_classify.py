"""Class by the longest range that the energy allows."""

import math
from itertools import pairwise

import numpy as np
import pytest

from signalfire.assess.classify import (
    certain,
    classify_by_energy,
    classify_under_thrust,
    low_flight_probability,
    mixed_with_manoeuvring,
    speed_for_range_m_s,
)
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.event import ClassBelief, MissileClass
from signalfire.space.geodesy import Geodetic, enu_from_ecef


def state(
    altitude_m: float, speed_m_s: float, path_angle_deg: float, sigma_m_s: float = 5.0
) -> StateEstimate:
    place = Geodetic.from_degrees(39.0, 127.0, altitude_m)
    angle = math.radians(path_angle_deg)
    ahead = np.array([math.cos(angle), 0.0, math.sin(angle)]) * speed_m_s
    mean = np.concatenate([place.ecef_m(), enu_from_ecef(place).T @ ahead])
    return StateEstimate(Instant(0), mean, np.diag([200.0**2] * 3 + [sigma_m_s**2] * 3))


@pytest.mark.parametrize(
    ("altitude_m", "speed_m_s", "path_angle_deg", "kind"),
    [
        (30e3, 1_640.0, 46.0, MissileClass.SRBM),
        (70e3, 3_140.0, 43.0, MissileClass.MRBM),
        (120e3, 5_000.0, 40.0, MissileClass.IRBM),
        (300e3, 6_600.0, 25.0, MissileClass.ICBM),
        (450e3, 6_950.0, 82.0, MissileClass.ICBM),
    ],
)
def test_the_energy_says_the_class_whatever_the_path(
    altitude_m: float, speed_m_s: float, path_angle_deg: float, kind: MissileClass
) -> None:
    assert classify_by_energy(state(altitude_m, speed_m_s, path_angle_deg)).likeliest is kind


def test_an_uncertain_speed_spreads_the_belief() -> None:
    sure = classify_by_energy(state(70e3, 3_140.0, 43.0)).by_name()
    unsure = classify_by_energy(state(70e3, 3_140.0, 43.0, sigma_m_s=400.0)).by_name()
    assert unsure["MRBM"] < sure["MRBM"]
    assert unsure["SRBM"] > sure["SRBM"]


def test_under_thrust_most_is_unknown_and_low_classes_are_ruled_out_one_by_one() -> None:
    early = classify_under_thrust(state(30e3, 1_000.0, 60.0))
    late = classify_under_thrust(state(250e3, 6_000.0, 50.0))
    assert early.likeliest is MissileClass.UNKNOWN
    assert late.by_name()["SRBM"] == pytest.approx(0.0, abs=1e-6)
    assert late.by_name()["ICBM"] > early.by_name()["ICBM"]


def test_no_class_is_ever_certain() -> None:
    for kind in MissileClass:
        belief = certain(kind)
        if kind is not MissileClass.UNKNOWN:
            assert belief.by_name()[kind.value] < 1.0
            assert belief.by_name()["unknown"] > 0.0


def test_a_low_flight_is_manoeuvring_and_a_steep_one_is_not() -> None:
    assert low_flight_probability(50e3, 420e3, range_sigma_m=20e3) > 0.9
    assert low_flight_probability(150e3, 500e3, range_sigma_m=20e3) < 0.01
    assert 0.05 < low_flight_probability(60e3, 390e3, range_sigma_m=60e3) < 0.9


def test_mixing_keeps_the_order_of_the_range_classes() -> None:
    before = ClassBelief((0.6, 0.3, 0.07, 0.0, 0.0, 0.0, 0.03))
    after = mixed_with_manoeuvring(before, 0.5).by_name()
    assert after["manoeuvring"] == pytest.approx(0.485)
    assert after["SRBM"] == pytest.approx(2.0 * after["MRBM"])


def test_more_range_needs_more_speed_until_half_way_round_the_earth() -> None:
    speeds = [speed_for_range_m_s(1e6 * k) for k in range(1, 20)]
    assert all(slow < fast for slow, fast in pairwise(speeds))
    assert speed_for_range_m_s(30e6) == pytest.approx(math.sqrt(3.986004418e14 / 6_371_008.8))
