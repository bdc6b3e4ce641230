"""Documented flights as flown: they have their published figures, and bounded physics."""

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from signalfire.basis.errors import BadInput
from signalfire.sim import flight as model
from signalfire.sim.flight import fly
from signalfire.sim.record import find_flight, read_flights
from signalfire.sim.trajectory import Trajectory
from signalfire.sim.unpublished import BURN_S, SOLID_SHORT_BURN_S, burn_s, unpublished
from signalfire.space.geodesy import azimuth_rad, distance_m, geodetic

DATA = Path(__file__).parents[3] / "src" / "signalfire" / "data"
FLIGHTS = read_flights((DATA / "flights.csv").read_text(encoding="utf-8"))
TO_ORBIT = ("2012-12-12-unha-3", "2016-02-07-unha-3")


@cache
def flown(name: str) -> Trajectory:
    return fly(find_flight(FLIGHTS, name))


def heights_m(path: Trajectory) -> np.ndarray:
    return np.array([geodetic(place).altitude_m for place in path.position_ecef_m])


def test_every_flight_has_its_published_apogee_range_and_bearing() -> None:
    for flight in FLIGHTS:
        path = flown(flight.flight)
        assert abs(path.apogee_m - flight.apogee_m) < 100.0, flight.flight
        if path.impact is None:
            assert flight.flight in TO_ORBIT
            continue
        assert abs(distance_m(flight.launch, path.impact) - flight.range_m) < 150.0, flight.flight
        off = azimuth_rad(flight.launch, path.impact) - flight.azimuth_rad
        assert abs(math.remainder(off, 2.0 * math.pi)) < math.radians(0.05), flight.flight


def test_every_flight_is_sampled_densely_where_it_bends() -> None:
    for flight in FLIGHTS:
        path = flown(flight.flight)
        step_s = np.diff(path.t_s)
        low = np.array([geodetic(p).altitude_m < 100e3 for p in path.position_ecef_m[:-1:20]])
        boost = path.t_s[:-1] < (path.burnout_t_s or 0.0)
        assert step_s.max() <= 2.0 + 1e-9, flight.flight
        assert step_s[boost].max() <= 0.5, flight.flight
        assert step_s[::20][low].max() <= 0.5, flight.flight


def test_a_manoeuvring_flight_stays_under_its_apogee_and_says_that_lift_is_assumed() -> None:
    flight = find_flight(FLIGHTS, "2019-07-24-hwasong-11a-kn-23")
    path = flown(flight.flight)
    assert heights_m(path).max() <= flight.apogee_m + 100.0
    assert any("manoeuvring: pullup" in label for label in path.labels)


def test_a_gliding_flight_comes_down_far_slower_than_a_stone() -> None:
    path = flown("2022-01-10-hwasong-12a")
    top = int(np.argmax(heights_m(path)))
    stone_s = math.sqrt(2.0 * path.apogee_m / 9.8)
    assert path.end_t_s - path.t_s[top] > 3.0 * stone_s
    assert any("manoeuvring: glide" in label for label in path.labels)


def test_load_and_lift_over_drag_stay_bounded() -> None:
    path = flown("2021-09-15-rail-mobile-kn-23")
    free = path.t_s > (path.burnout_t_s or 0.0) + 1.0
    speed = path.velocity_ecef_m_s[free]
    turn = np.diff(speed, axis=0) / np.diff(path.t_s[free])[:, None]
    along = speed[:-1] / np.linalg.norm(speed[:-1], axis=1)[:, None]
    across = turn - np.sum(turn * along, axis=1)[:, None] * along
    assert np.linalg.norm(across, axis=1).max() < model.LIFT_MAX_M_S2 + 12.0


def test_a_space_launch_reaches_orbit_at_its_apogee_and_has_no_impact() -> None:
    flight = find_flight(FLIGHTS, "2012-12-12-unha-3")
    path = flown(flight.flight)
    after = path.t_s >= (path.burnout_t_s or 0.0)
    height_m = heights_m(path)[after]
    assert path.impact is None and path.impact_t_s is None
    assert height_m.min() > 0.98 * flight.apogee_m
    assert height_m.max() < 1.02 * flight.apogee_m
    spin = np.cross([0.0, 0.0, 7.292115e-5], path.position_ecef_m[-1])
    assert 7_500.0 < float(np.linalg.norm(path.velocity_ecef_m_s[-1] + spin)) < 7_700.0


def test_a_failed_space_launch_falls_short() -> None:
    path = flown("2006-07-05-unha")
    assert path.impact is not None and path.end_t_s < 400.0


def test_thrust_is_growing_and_ends_at_the_class_value() -> None:
    flight = find_flight(FLIGHTS, "2017-09-14-hwasong-12")
    path = flown(flight.flight)
    assert path.burnout_t_s == burn_s(flight) == 150.0
    speed = np.linalg.norm(path.velocity_ecef_m_s, axis=1)
    gain = np.diff(speed) / np.diff(path.t_s)
    early, late = gain[path.t_s[:-1] < 20.0].mean(), gain[(path.t_s[:-1] > 130.0)][:60].mean()
    assert late > 3.0 * early
    assert np.all(gain[path.t_s[:-1] < 150.0] > 0.0)
    assert np.all(gain[(path.t_s[:-1] >= 150.0) & (path.t_s[:-1] < 300.0)] < 0.0)


def test_the_class_of_an_unknown_missile_follows_from_its_energy() -> None:
    assert burn_s(find_flight(FLIGHTS, "2022-11-03-unknown")) == SOLID_SHORT_BURN_S
    assert burn_s(find_flight(FLIGHTS, "2022-12-18-unknown")) == BURN_S["MRBM"]
    lofted = replace(find_flight(FLIGHTS, "2022-12-18-unknown"), apogee_m=4.0e6)
    assert burn_s(lofted) == BURN_S["ICBM"]


def test_what_is_not_published_is_drawn_by_the_flight_alone() -> None:
    solid = find_flight(FLIGHTS, "2019-08-23-kn-25")
    assert unpublished(replace(solid, apogee_m=9e4, range_m=3e5)) == unpublished(solid)
    assert unpublished(solid) != unpublished(find_flight(FLIGHTS, "2019-08-23-kn-25-2"))
    drags = [unpublished(flight).ballistic_kg_m2 for flight in FLIGHTS if not flight.is_manoeuvring]
    assert 4_000.0 <= min(drags) < 5_000.0 and 16_000.0 < max(drags) <= 20_000.0
    winds_m_s = [unpublished(flight).wind_east_m_s for flight in FLIGHTS]
    assert 20.0 < np.mean(winds_m_s) < 30.0 and 10.0 < np.std(winds_m_s) < 20.0
    thrusts = {flight.missile: unpublished(flight).thrust_weight_ratio for flight in FLIGHTS}
    assert 1.2 <= thrusts["Scud-B"] <= 1.8 and 1.6 <= thrusts["KN-25"] <= 2.6


def test_every_engine_gains_as_its_propellant_goes_and_stays_within_what_missiles_bear() -> None:
    for flight in FLIGHTS[::6]:
        path = flown(flight.flight)
        speed = np.linalg.norm(path.velocity_ecef_m_s, axis=1)
        gain = np.diff(speed) / np.diff(path.t_s)
        burns = path.t_s[1:] < (path.burnout_t_s or 0.0)
        assert 0.0 < gain[burns][-1] < 16.0 * 9.81, flight.flight


def test_figures_that_no_flight_of_the_class_has_are_refused() -> None:
    flight = find_flight(FLIGHTS, "2017-05-28-scud-c-marv")
    with pytest.raises(BadInput, match="do not fit a burn"):
        fly(replace(flight, apogee_m=2e6, range_m=25e6, manoeuvre=""))


def test_the_same_flight_is_flown_to_the_bit() -> None:
    flight = find_flight(FLIGHTS, "2017-09-14-hwasong-12")
    np.testing.assert_array_equal(fly(flight).position_ecef_m, fly(flight).position_ecef_m)
