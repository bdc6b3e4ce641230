"""What makes a track an event, and what flies every day and must not."""

import math
from dataclasses import replace

import numpy as np
import pytest

from signalfire.assess.evidence import evidence
from signalfire.basis.identity import NodeId, track_id
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.track import Climb, Track, TrackStatus
from signalfire.space.geodesy import Geodetic, enu_from_ecef

START = Instant(1_800_000_000 * 10**9)
EARTH_RAD_S = 7.292115e-5


def state(
    altitude_m: float, speed_m_s: float, climb_m_s: float, *, sigma_m_s: float = 10.0
) -> StateEstimate:
    """Over the sea, eastwards."""
    place = Geodetic.from_degrees(39.0, 130.0, altitude_m)
    level_m_s = math.sqrt(speed_m_s**2 - climb_m_s**2)
    velocity = enu_from_ecef(place).T @ np.array([level_m_s, 0.0, climb_m_s])
    covariance = np.diag([200.0**2] * 3 + [sigma_m_s**2] * 3)
    return StateEstimate(START, np.concatenate([place.ecef_m(), velocity]), covariance)


def track(
    seen: StateEstimate,
    status: TrackStatus = TrackStatus.CONFIRMED,
    observed_s: float = 20.0,
    thrust_probability: float = 0.5,
    is_free: bool = False,
) -> Track:
    return Track(
        track=track_id(NodeId("KOR-1"), 1),
        status=status,
        state=seen,
        thrust_probability=thrust_probability,
        first_observed_at=START.later(-observed_s),
        last_observed_at=START,
        observed_s=observed_s,
        updates=int(observed_s),
        paths=frozenset({"kor-1"}),
        ascent=(seen,),
        burnt_out_at=None,
        free_flight_seen=is_free,
    )


@pytest.mark.parametrize(
    ("what", "altitude_m", "speed_m_s", "climb_m_s"),
    [
        ("a boost at 12 km", 12e3, 600.0, 420.0),
        ("a depressed flight at 25 km", 25e3, 1_400.0, 100.0),
        ("a depressed flight at 45 km, over the top", 45e3, 1_200.0, 0.0),
        ("a long-range missile over the top, lofted", 3_000e3, 900.0, 0.0),
        ("a long-range missile on the cheapest path", 1_000e3, 5_900.0, 500.0),
        ("a warhead coming down", 20e3, 1_000.0, -700.0),
    ],
)
def test_missiles_are_events(
    what: str, altitude_m: float, speed_m_s: float, climb_m_s: float
) -> None:
    found = evidence(track(state(altitude_m, speed_m_s, climb_m_s)))
    assert found.is_missile, (what, found.reason)


@pytest.mark.parametrize(
    ("what", "altitude_m", "speed_m_s", "climb_m_s"),
    [
        ("an airliner", 11e3, 250.0, 0.0),
        ("a fighter in a climb", 10e3, 500.0, 150.0),
        ("the fastest aircraft of all", 25e3, 1_000.0, 0.0),
        ("the same in a climb", 20e3, 1_000.0, 150.0),
        ("a balloon", 35e3, 40.0, 5.0),
        ("a sounding balloon, high", 45e3, 80.0, 5.0),
    ],
)
def test_aircraft_and_balloons_are_none(
    what: str, altitude_m: float, speed_m_s: float, climb_m_s: float
) -> None:
    found = evidence(track(state(altitude_m, speed_m_s, climb_m_s)))
    assert not found.is_missile, (what, found.reason)


@pytest.mark.parametrize("altitude_m", [250e3, 420e3, 800e3, 20_000e3])
def test_satellites_are_none(altitude_m: float) -> None:
    radius_m = 6_371e3 + altitude_m
    inertial_m_s = math.sqrt(3.986004418e14 / radius_m)
    speed_m_s = inertial_m_s - EARTH_RAD_S * radius_m * math.cos(math.radians(39.0))
    assert not evidence(track(state(altitude_m, abs(speed_m_s) + 1.0, 0.0))).is_missile


def test_a_satellite_not_yet_told_from_a_missile_is_none() -> None:
    young = state(300e3, 7_000.0, 0.0, sigma_m_s=400.0)
    assert "orbit" in evidence(track(young)).reason


def test_a_meteor_is_none() -> None:
    assert not evidence(track(state(70e3, 18_000.0, -6_000.0))).is_missile


def test_a_slow_low_object_that_falls_like_a_stone_is_an_event_once_watched() -> None:
    low = state(22e3, 850.0, 0.0)
    falling = track(low, thrust_probability=0.0, is_free=True)
    assert evidence(falling).is_missile
    assert not evidence(track(low, thrust_probability=0.9)).is_missile
    assert not evidence(track(low, observed_s=8.0, thrust_probability=0.0, is_free=True)).is_missile


def test_uncertainty_counts_against_the_event() -> None:
    fast = state(20e3, 1_200.0, 100.0)
    unsure = state(20e3, 1_200.0, 100.0, sigma_m_s=100.0)
    assert evidence(track(fast)).is_missile
    assert not evidence(track(unsure)).is_missile


def test_only_confirmed_tracks_that_were_watched_count() -> None:
    fast = state(60e3, 2_500.0, 1_000.0)
    assert evidence(track(fast)).is_missile
    assert not evidence(track(fast, TrackStatus.TENTATIVE)).is_missile
    assert not evidence(track(fast, TrackStatus.LOST)).is_missile
    assert not evidence(track(fast, observed_s=1.0)).is_missile


def test_an_estimate_that_is_not_finite_is_none() -> None:
    broken = state(60e3, 2_500.0, 1_000.0)
    mean = broken.mean.copy()
    mean[3] = np.nan
    assert not evidence(track(StateEstimate(START, mean, broken.covariance.copy()))).is_missile


CLIMB = Climb(
    altitude_m=12e3,
    climb_m_s=420.0,
    climb_sigma_m_s=50.0,
    power_m_s=400.0,
    power_sigma_m_s=1_000.0,
    span_s=14.0,
)


def climbing(before: StateEstimate) -> Track:
    """Seen by lines of sight, so that speed and power are known badly, and for 20 s before."""
    now = state(15e3, 520.0, 420.0, sigma_m_s=80.0)
    return replace(track(now), climb=CLIMB, ascent=(before, now))


def test_a_lasting_climb_from_the_first_look_on_is_a_launch() -> None:
    found = evidence(climbing(state(9.5e3, 350.0, 310.0, sigma_m_s=80.0)))
    assert found.is_missile and "climbs" in found.reason


def test_the_same_climb_out_of_level_flight_is_a_zoom() -> None:
    found = evidence(climbing(state(11e3, 600.0, 0.0, sigma_m_s=80.0)))
    assert not found.is_missile and "level" in found.reason


def test_a_launch_seen_slow_near_the_ground_has_not_flown_level() -> None:
    assert evidence(climbing(state(2e3, 120.0, 100.0, sigma_m_s=20.0))).is_missile


def test_a_climb_badly_known_at_first_is_not_taken_for_level_flight() -> None:
    assert evidence(climbing(state(11e3, 350.0, 150.0, sigma_m_s=150.0))).is_missile


def test_what_left_level_flight_faster_than_any_aircraft_is_an_event() -> None:
    seen = climbing(state(11e3, 600.0, 0.0, sigma_m_s=80.0))
    assert evidence(replace(seen, state=state(20e3, 1_400.0, 600.0))).is_missile
