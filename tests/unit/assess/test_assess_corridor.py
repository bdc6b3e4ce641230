"""Corridors of what still burns, against flights of the simulator that share no code with them."""

import math
from functools import cache

import numpy as np
import pytest

from signalfire.assess.assessor import assess_state
from signalfire.assess.corridor import COAST_S, Corridor
from signalfire.assess.observed import Observed
from signalfire.assess.settings import DEFAULT_SETTINGS
from signalfire.assess.splash import Spent
from signalfire.assess.threats import threats_of_all
from signalfire.basis.identity import EventId, NationId
from signalfire.basis.instant import Instant
from signalfire.cli.assemble import load_areas
from signalfire.cli.scenarios import documented_flights
from signalfire.picture.estimate import PlaceEstimate, StateEstimate
from signalfire.picture.event import MissileClass
from signalfire.sim.flight import fly
from signalfire.sim.record import find_flight
from signalfire.sim.trajectory import Trajectory
from signalfire.space.geodesy import Geodetic, distance_m, geodetic

LIFT_OFF = Instant(1_500_000_000 * 10**9)
JAPAN, KOREA = NationId("JPN"), NationId("KOR")
UNHA, ICBM = "2016-02-07-unha-3", "2017-11-28-hwasong-15"
COVARIANCE = np.diag([100.0**2] * 3 + [50.0**2] * 3)
"""What the nodes have of an ascent: a hundred metres, some tens of metres a second."""
NEAR_M = 150_000.0


@cache
def flown(name: str) -> Trajectory:
    return fly(find_flight(documented_flights(), name))


def truth(name: str, t_s: float) -> np.ndarray:
    path = flown(name)
    columns = [*path.position_ecef_m.T, *path.velocity_ecef_m_s.T]
    return np.array([np.interp(t_s, path.t_s, column) for column in columns])


def seen(name: str, t_s: float, *, driven: bool = True) -> Observed:
    path = flown(name)
    launch = PlaceEstimate(
        path.launch.latitude_rad, path.launch.longitude_rad, (1e6, 0.0, 1e6), LIFT_OFF, 2.0
    )
    at = LIFT_OFF.later(t_s)
    return Observed(
        event=EventId("E-KOR-1-1"),
        author=None,
        state=StateEstimate(at, truth(name, t_s), COVARIANCE),
        thrust_probability=0.99 if driven else 0.01,
        free_flight_seen=not driven,
        launch=launch,
        observed_s=t_s,
        witnesses=2,
        last_observed_at=at,
    )


def corridor_at(name: str, t_s: float) -> Corridor | None:
    rests_on = seen(name, t_s)
    return assess_state(rests_on, rests_on.state.valid_at).corridor


def named(corridor: Corridor | None, nation: NationId) -> dict[str, tuple[float, float, float]]:
    """Probability and window, in seconds after lift-off, of every area that would be named."""
    if corridor is None:
        return {}
    return {
        str(t.area): (
            t.affected_probability,
            t.window[0].elapsed_s(since=LIFT_OFF),
            t.window[1].elapsed_s(since=LIFT_OFF),
        )
        for t in threats_of_all(corridor.futures, load_areas(), nation)
        if t.affected_probability >= 0.10
    }


def passage_s(name: str, area: str) -> tuple[float, float]:
    """When the true ground track enters and leaves an area."""
    path, table = flown(name), load_areas()
    t_s = np.arange(0.0, path.end_t_s, 0.25)
    places = [geodetic(truth(name, float(t))[:3]) for t in t_s]
    found = table.locate(
        np.array([p.latitude_rad for p in places]), np.array([p.longitude_rad for p in places])
    )
    index = [str(a.area) for a in table.areas].index(area)
    inside = t_s[found == index]
    return float(inside[0]), float(inside[-1])


@pytest.mark.parametrize("t_s", [240.0, 280.0, 300.0])
def test_an_island_before_a_launcher_is_named_though_its_class_is_open(t_s: float) -> None:
    corridor = corridor_at(UNHA, t_s)
    assert corridor is not None and not corridor.is_space_launch
    probability, first_s, last_s = named(corridor, KOREA)["KR-28"]
    enters_s, leaves_s = passage_s(UNHA, "KR-28")
    assert first_s <= leaves_s and enters_s <= last_s
    assert probability > 0.3
    assert set(named(corridor, KOREA)) == {"KR-28"}


@pytest.mark.parametrize("t_s", [340.0, 400.0, 480.0, 560.0])
def test_okinawa_is_named_minutes_ahead_with_a_window_that_holds_the_passage(t_s: float) -> None:
    corridor = corridor_at(UNHA, t_s)
    assert corridor is not None and corridor.is_space_launch is (t_s > 330.0)
    probability, first_s, last_s = named(corridor, JAPAN)["JP-47"]
    enters_s, leaves_s = passage_s(UNHA, "JP-47")
    assert first_s <= leaves_s and enters_s <= last_s
    assert probability > 0.3
    assert set(named(corridor, JAPAN)) == {"JP-47"}
    assert named(corridor, KOREA) == {}


def test_in_orbit_the_way_is_named_for_five_minutes_after_burn_out_and_no_longer() -> None:
    path = flown(UNHA)
    burnout_s = path.burnout_t_s or 0.0
    burning = seen(UNHA, burnout_s - 2.0)
    before = assess_state(burning, burning.state.valid_at).remembered
    for after_s, is_named in ((20.0, True), (COAST_S + 20.0, False)):
        coasting = seen(UNHA, burnout_s + after_s, driven=False)
        coasting = Observed(
            **{**{f: getattr(coasting, f) for f in coasting.__dataclass_fields__}, "before": before}
        )
        found = assess_state(coasting, coasting.state.valid_at)
        assert found.assessment.belief.likeliest is MissileClass.SLV
        assert (found.corridor is not None) is is_named
        if found.corridor is not None:
            _, first_s, last_s = named(found.corridor, JAPAN)["JP-47"]
            enters_s, _ = passage_s(UNHA, "JP-47")
            assert first_s - 1.0 <= enters_s <= last_s + 1.0 and last_s - first_s < 15.0


@pytest.mark.parametrize("t_s", [150.0, 200.0, 250.0, 275.0])
def test_a_lofted_missile_names_nobody_before_burn_out(t_s: float) -> None:
    """It was never going to pass over Japan, whatever a longer burn would have done."""
    corridor = corridor_at(ICBM, t_s)
    assert named(corridor, JAPAN) == {} and named(corridor, KOREA) == {}
    assert (corridor is not None) is (t_s > 184.0)


def test_what_burns_no_longer_than_short_missiles_do_has_no_corridor() -> None:
    assert corridor_at(UNHA, 150.0) is None


@pytest.mark.parametrize("t_s", [350.0, 450.0, 550.0])
def test_the_true_ground_track_runs_through_the_corridor(t_s: float) -> None:
    """In every flight that reaches orbit, the truth lies within the spread of the samples."""
    corridor = corridor_at(UNHA, t_s)
    assert corridor is not None
    [footprint] = corridor.futures
    for ahead_s in (60.0, 150.0):
        there = geodetic(truth(UNHA, t_s + ahead_s)[:3])
        at = [
            Geodetic(
                float(np.interp(ahead_s, footprint.time_s[s], footprint.latitude_rad[s])),
                float(np.interp(ahead_s, footprint.time_s[s], footprint.longitude_rad[s])),
            )
            for s in range(footprint.samples)
        ]
        apart_m = [distance_m(there, place) for place in at]
        assert min(apart_m) < 0.3 * NEAR_M
        assert float(np.median(apart_m)) < NEAR_M
    assert footprint.landed is not None
    assert math.isclose(float(np.mean(footprint.landed)), 0.15 * (570.0 - t_s) / 220.0, abs_tol=0.1)


@pytest.mark.parametrize("seed", range(20))
def test_no_state_however_absurd_raises(seed: int) -> None:
    """A partner may send anything: numbers that are none, places inside the Earth, any doubt."""
    chance = np.random.default_rng(seed)
    mean = truth(UNHA, 300.0) * 10.0 ** chance.uniform(-3.0, 3.0, 6)
    covariance = np.diag(10.0 ** chance.uniform(-3.0, 14.0, 6))
    if seed % 4 == 0:
        mean[chance.integers(6)] = np.nan
    if seed % 5 == 0:
        covariance[0, 0] = np.inf
    if seed % 7 == 0:
        mean[:] = 0.0
    state = StateEstimate(LIFT_OFF, mean, covariance)
    for is_space_launch, coast_s in ((True, None), (False, None), (True, 200.0)):
        corridor = Corridor(state, is_space_launch, coast_s, DEFAULT_SETTINGS)
        named(corridor, JAPAN)
    spent = Spent(state, LIFT_OFF.later(-15.0), LIFT_OFF)
    assert spent.impact is not None
    assert spent.footprint is None or spent.footprint.samples == 64
