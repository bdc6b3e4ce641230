"""Threats to areas: counted over flights, never certain, and none too narrow to be noticed."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.assess.areas import AreaTable
from signalfire.assess.impact import predict_impact
from signalfire.assess.settings import DEFAULT_SETTINGS
from signalfire.assess.threats import joint_probability, threats, threats_of_all
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.footprint import Footprint
from signalfire.space.geodesy import Geodetic, enu_from_ecef

START = Instant(1_500_000_000 * 10**9)
JAPAN, KOREA = NationId("JPN"), NationId("KOR")


def square(code: str, west: float, south: float, size: float) -> dict[str, object]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": code}, "geometry": geometry}


AREAS = {
    "J-1": ("JPN", 140.0, 40.0, 2.0),
    "J-2": ("JPN", 142.0, 40.0, 2.0),
    "J-3": ("JPN", 150.0, 40.5, 0.01),
    "K-1": ("KOR", 130.0, 40.0, 2.0),
}
TABLE = AreaTable.read(
    json.dumps({"features": [square(code, *place) for code, (_, *place) in AREAS.items()]}),
    "code,nation,name_ja,name_ko,name_en,lat_deg,lon_deg\n"
    + "".join(
        f"{code},{nation},{code} ja,{code} ko,{code} en,{south + size / 2},{west + size / 2}\n"
        for code, (nation, west, south, size) in AREAS.items()
    ),
)


def flights(lat_deg: Floats, lon_deg: Floats, step_s: float = 2.0) -> Footprint:
    """Flights given by rows of latitudes and longitudes, all of one length."""
    lat_deg, lon_deg = np.broadcast_arrays(np.atleast_2d(lat_deg), np.atleast_2d(lon_deg))
    shape = lat_deg.shape
    return Footprint(
        START,
        np.tile(np.arange(shape[1]) * step_s, (shape[0], 1)),
        np.radians(lat_deg),
        np.radians(lon_deg),
        np.zeros(shape),
        np.full(shape[0], shape[1]),
    )


def seconds(window: tuple[Instant, Instant]) -> tuple[float, ...]:
    return tuple(instant.elapsed_s(since=START) for instant in window)


def test_an_area_between_two_points_of_a_flight_is_not_jumped() -> None:
    eastwards = flights(np.full(2, 40.505), np.array([149.9, 150.1]), step_s=4.0)
    (threat,) = threats(eastwards, TABLE, JAPAN)
    assert threat.area == "J-3"
    assert seconds(threat.window) == pytest.approx((2.0, 2.2), abs=1e-6)


def test_a_flight_over_an_area_and_down_in_the_next_affects_both() -> None:
    found = threats(flights(np.full(20, 41.0), np.linspace(138.0, 142.5, 20)), TABLE, JAPAN)
    over, hit = found
    assert (over.area, hit.area) == ("J-1", "J-2")
    assert over.hit_probability == pytest.approx(0.5 / 2)
    assert over.affected_probability == hit.hit_probability == pytest.approx(1.5 / 2)
    assert seconds(hit.window)[1] == pytest.approx(38.0)
    assert seconds(over.window)[1] == pytest.approx(seconds(hit.window)[0])


def test_only_the_areas_of_the_nation_are_named() -> None:
    along = flights(np.full(40, 41.0), np.linspace(128.0, 145.0, 40))
    assert [t.area for t in threats(along, TABLE, KOREA)] == ["K-1"]
    assert [t.area for t in threats(along, TABLE, JAPAN)] == ["J-1", "J-2"]
    assert threats(along, TABLE, NationId("USA")) == ()


def test_probability_is_the_share_of_flights_kept_off_certainty() -> None:
    lat_deg = np.array([[41.0]] * 3 + [[50.0]] * 7)
    (threat,) = threats(flights(lat_deg, np.linspace(139.0, 141.5, 9)), TABLE, JAPAN)
    assert threat.affected_probability == pytest.approx(3.5 / 11)
    assert threat.touched_by == 0b111
    assert threat.samples == 10


def test_an_area_under_the_ellipse_that_no_flight_hit_is_still_named() -> None:
    ends = np.array([[138.5, 39.7], [138.5, 42.3], [146.0, 39.7], [146.0, 42.3]])
    lat_deg, lon_deg = ends[:, 1:] + np.zeros((1, 2)), ends[:, :1] + np.zeros((1, 2))
    found = threats(flights(lat_deg, lon_deg), TABLE, JAPAN)
    assert [t.area for t in found] == ["J-1", "J-2"]
    assert all(t.affected_probability == pytest.approx(0.5 / 5) for t in found)
    assert all(t.touched_by == 0 for t in found)


def test_the_window_leaves_out_a_twentieth_at_each_end() -> None:
    speeds = np.linspace(1.0, 2.0, 40)[:, None]
    footprint = flights(np.full((40, 60), 41.0), 138.0 + speeds * np.linspace(0.0, 10.0, 60))
    threat = threats(footprint, TABLE, JAPAN)[0]
    entries_s = np.sort(2.0 / speeds[:, 0] * 11.8)
    leaves_s = np.sort(4.0 / speeds[:, 0] * 11.8)
    assert seconds(threat.window) == pytest.approx((entries_s[2], leaves_s[-3]), abs=0.01)


def test_joint_probability_counts_a_flight_once() -> None:
    both = flights(np.array([[41.0]] * 4 + [[50.0]] * 4), np.linspace(139.0, 145.0, 20))
    found = threats(both, TABLE, JAPAN)
    assert len(found) == 2
    assert joint_probability(found) == pytest.approx(found[0].affected_probability)
    assert joint_probability(()) == 0.0


def test_no_flights_threaten_nothing() -> None:
    nothing = np.empty((0, 3))
    footprint = Footprint(START, nothing, nothing, nothing, nothing, np.empty(0, dtype=np.int64))
    assert threats(footprint, TABLE, JAPAN) == ()


def test_a_flight_across_the_antimeridian_touches_nothing_between() -> None:
    (found,) = (threats(flights(np.full(2, 41.0), np.array([179.9, -179.9])), TABLE, JAPAN),)
    assert found == ()


def test_what_follows_the_last_point_of_a_flight_is_not_flown() -> None:
    lon_deg = np.linspace(138.0, 146.0, 9)[None, :]
    latitude_rad, longitude_rad = np.radians(np.full_like(lon_deg, 41.0)), np.radians(lon_deg)
    time_s, altitude_m = np.arange(9.0)[None, :], np.zeros((1, 9))
    short = Footprint(START, time_s, latitude_rad, longitude_rad, altitude_m, np.array([4]))
    assert [t.area for t in threats(short, TABLE, JAPAN)] == ["J-1"]


@given(seed=st.integers(0, 2**32 - 1), bearing_rad=st.floats(0.0, 2.0 * math.pi))
def test_crossing_times_are_those_that_fine_steps_find(seed: int, bearing_rad: float) -> None:
    draw = np.random.default_rng(seed)
    start_deg = np.array([draw.uniform(39.5, 42.5), draw.uniform(139.5, 144.5)])
    end_deg = start_deg + 3.0 * np.array([math.cos(bearing_rad), math.sin(bearing_rad)])
    coarse = start_deg + np.linspace(0.0, 1.0, 5)[:, None] * (end_deg - start_deg)
    fine = start_deg + np.linspace(0.0, 1.0, 4001)[:, None] * (end_deg - start_deg)
    first_s, last_s = TABLE.overflown_s(flights(coarse[:, 0], coarse[:, 1], step_s=1000.0))
    inside = TABLE.locate(np.radians(fine[:, 0]), np.radians(fine[:, 1]))
    for index in range(len(TABLE.areas)):
        steps = np.flatnonzero(inside == index)
        if steps.size:
            assert first_s[0, index] == pytest.approx(steps[0], abs=1.001)
            assert last_s[0, index] == pytest.approx(steps[-1], abs=1.001)
        elif np.isfinite(first_s[0, index]):
            # Only a corner, cut so closely that the fine steps miss it.
            assert last_s[0, index] - first_s[0, index] <= 1.001


def test_a_sure_overflight_is_told_though_nobody_can_say_where_it_falls() -> None:
    place = Geodetic.from_degrees(41.0, 136.0, 300e3)
    east = enu_from_ecef(place).T @ np.array([5_000.0, 0.0, 1_500.0])
    sigmas = np.array([2e3] * 3 + [150.0] * 3)
    state = StateEstimate(START, np.concatenate([place.ecef_m(), east]), np.diag(sigmas**2))
    prediction = predict_impact(state, DEFAULT_SETTINGS)
    assert isinstance(prediction.impact, Unknown)
    footprint = prediction.footprint()
    assert footprint is not None
    found = {threat.area: threat for threat in threats(footprint, TABLE, JAPAN)}
    assert found["J-1"].affected_probability > 0.9 > 0.1 > found["J-1"].hit_probability


def test_a_glider_threatens_what_lies_ahead_of_its_ballistic_fall() -> None:
    place = Geodetic.from_degrees(41.0, 134.0, 45e3)
    east = enu_from_ecef(place).T @ np.array([2_300.0, 0.0, 200.0])
    covariance = np.diag([100.0**2] * 3 + [5.0**2] * 3)
    state = StateEstimate(START, np.concatenate([place.ecef_m(), east]), covariance)
    glider = predict_impact(state, DEFAULT_SETTINGS)
    assert isinstance(glider.impact, Unknown)
    stiff = predict_impact(state, replace(DEFAULT_SETTINGS, lift_ratio_max=0.0))
    assert isinstance(stiff.impact, PlaceEstimate)
    first, second = glider.footprint(), stiff.footprint()
    assert first is not None and second is not None
    assert "J-1" not in {threat.area for threat in threats(second, TABLE, JAPAN)}
    ahead = {threat.area: threat for threat in threats(first, TABLE, JAPAN)}
    assert 0.1 < ahead["J-1"].affected_probability < 0.6


def test_what_one_future_spares_is_not_threatened() -> None:
    """An engine that stops leads over the first area only, one that goes on over both."""
    stops = flights(np.linspace(41.0, 41.0, 8), np.linspace(139.0, 141.0, 8))
    goes_on = flights(np.linspace(41.0, 41.0, 8), np.linspace(139.0, 143.0, 8))
    found = threats_of_all((stops, goes_on), TABLE, JAPAN)
    assert [each.area for each in found] == ["J-1"]
    alone = {each.area: each for each in threats(goes_on, TABLE, JAPAN)}
    assert set(alone) == {"J-1", "J-2"}
    assert found[0].window[1] >= alone["J-1"].window[1]
    assert threats_of_all((), TABLE, JAPAN) == ()


def test_a_flight_that_stays_up_hits_nothing() -> None:
    ends_over = flights(np.linspace(41.0, 41.0, 8), np.linspace(139.0, 141.0, 8))
    [hit] = threats(ends_over, TABLE, JAPAN)
    [passed] = threats(replace(ends_over, landed=np.zeros(1, dtype=bool)), TABLE, JAPAN)
    assert hit.hit_probability > 0.5 > passed.hit_probability
    assert hit.affected_probability == passed.affected_probability
