"""Views: what is drawn is what the line says, and no more."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from signalfire.space.geodesy import Geodetic, enu_from_ecef
from signalfire.web.views import (
    ARC_POINTS_MAX,
    arc_ahead,
    arc_to_impact,
    place_object,
    position_object,
    ring,
    utc_s,
    view_object,
    warning_object,
)

WGS84 = Geod(ellps="WGS84")
START = Geodetic.from_degrees(40.0, 130.0, 300_000.0)


def place(major_m: float = 40_000.0, minor_m: float = 10_000.0, azimuth_deg: float = 70.0) -> Any:
    ellipse = {"semi_major_m": major_m, "semi_minor_m": minor_m, "azimuth_deg": azimuth_deg}
    return {
        "lat_deg": 42.0,
        "lon_deg": 179.9,
        "time": "2017-09-14T22:16:00Z",
        "time_sigma_s": 3.0,
        "ellipse_p90": ellipse,
    }


def state(speed_m_s: float = 4500.0, climb_deg: float = 20.0) -> dict[str, Any]:
    climb_rad = math.radians(climb_deg)
    enu = np.array([math.cos(climb_rad), 0.0, math.sin(climb_rad)]) * speed_m_s
    return {
        "valid_at": "2017-09-14T22:00:00Z",
        "position_ecef_m": START.ecef_m().tolist(),
        "velocity_ecef_m_s": (enu_from_ecef(START).T @ enu).tolist(),
        "covariance_upper": [100.0**2 if i in (0, 6, 11) else 0.0 for i in range(21)],
    }


def line(**changes: Any) -> dict[str, Any]:
    end = arc_ahead(state())[-1]
    impact = {**place(), "lon_deg": end[0], "lat_deg": end[1]}
    usual = {
        "format": 1,
        "at": "2017-09-14T22:00:00Z",
        "nation": "JPN",
        "event": "E-KOR-1-17",
        "members": ["E-KOR-1-17"],
        "superseded_by": None,
        "view": "common",
        "from": ["KOR"],
        "phase": "ballistic",
        "class": {"IRBM": 1.0},
        "state": state(),
        "launch": place(),
        "impact": impact,
        "apogee_m": 700_000.0,
        "observed_fraction": 0.3,
        "witnesses": 1,
    }
    return {**usual, **changes}


@given(
    major_m=st.floats(2_000.0, 900_000.0),
    ratio=st.floats(0.05, 1.0),
    azimuth_deg=st.floats(0.0, 180.0, exclude_max=True),
)
def test_every_point_of_a_ring_lies_on_the_ellipse(
    major_m: float, ratio: float, azimuth_deg: float
) -> None:
    around = place(major_m, major_m * ratio, azimuth_deg)
    for lon_deg, lat_deg in ring(around):
        azimuth, _, distance_m = WGS84.inv(179.9, 42.0, lon_deg, lat_deg)
        along_m = distance_m * math.cos(math.radians(azimuth - azimuth_deg))
        across_m = distance_m * math.sin(math.radians(azimuth - azimuth_deg))
        content = (along_m / major_m) ** 2 + (across_m / (major_m * ratio)) ** 2
        assert content == pytest.approx(1.0, abs=0.02 + 4.0 / (major_m * ratio))


def test_a_ring_is_closed_and_runs_clockwise() -> None:
    here = {**place(), "lon_deg": 140.0}
    points = np.array(ring(here))
    assert points[0].tolist() == points[-1].tolist()
    x, y = points.T
    assert np.sum((x[1:] - x[:-1]) * (y[1:] + y[:-1])) > 0.0


def test_an_ellipse_larger_than_a_hemisphere_still_gives_a_ring() -> None:
    assert np.all(np.isfinite(ring(place(5e7, 3e7))))


def test_the_arc_leads_from_the_state_to_the_ground_and_time_goes_on() -> None:
    arc = np.array(arc_ahead(state()))
    assert arc[0].tolist() == [130.0, 40.0, 300_000.0, utc_s("2017-09-14T22:00:00Z")]
    assert abs(arc[-1, 2]) < 5.0
    assert np.all(np.diff(arc[:, 3]) > 0.0)
    assert len(arc) <= ARC_POINTS_MAX + 1
    # Between launch and ground it climbs once and falls once.
    assert np.sum(np.diff(np.sign(np.diff(arc[:, 2]))) != 0) == 1


def test_what_goes_into_orbit_has_no_arc() -> None:
    assert arc_ahead(state(speed_m_s=7_600.0, climb_deg=0.0)) == []


def test_the_arc_is_drawn_only_where_it_ends_at_the_predicted_impact() -> None:
    assert arc_to_impact(line())
    assert arc_to_impact(line(impact={**line()["impact"], "lat_deg": 30.0})) == []
    assert arc_to_impact(line(impact={"unknown": "still thrusting"})) == []
    assert arc_to_impact(line(state=None)) == []
    assert arc_to_impact(line(phase="ended")) == []


def test_an_unknown_place_keeps_its_reason_and_has_no_ring() -> None:
    assert place_object({"unknown": "too early"}) == {"unknown": "too early"}


def test_a_position_says_how_sure_it_is() -> None:
    found = position_object(state())
    assert found is not None
    assert found["altitude_m"] == 300_000
    assert found["speed_m_s"] == 4500.0
    assert found["sigma_m"] == pytest.approx(100.0 * math.sqrt(3.0), abs=0.1)
    assert position_object(None) is None


def test_a_superseded_event_has_no_arc() -> None:
    other = view_object("JPN", line(superseded_by="E-A"), is_observed=True, observed_at="")
    assert other["arc"] == [] and other["superseded_by"] == "E-A"


def test_a_received_warning_names_its_issuer() -> None:
    warning = {"id": "W-JPN-1-3", "status": "initial"}
    assert warning_object("KOR", "received", warning)["issuer"] == "JPN"
    assert warning_object("JPN", "warnings", warning)["stream"] == "issued"


def test_what_came_off_the_missile_is_drawn_where_it_is() -> None:
    parts = [state(), state(speed_m_s=3_000.0)]
    drawn = view_object("JPN", line(objects=parts), is_observed=True, observed_at="")
    assert drawn["objects"] == [position_object(part) for part in parts]
    assert view_object("JPN", line(), is_observed=True, observed_at="")["objects"] == []


def test_where_parts_come_down_is_drawn_with_a_ring() -> None:
    place = line()["impact"]
    drawn = view_object("JPN", line(debris=[place]), is_observed=True, observed_at="")
    assert drawn["debris"] == [place_object(place)] and drawn["debris"][0]["ring"]
    assert view_object("JPN", line(), is_observed=True, observed_at="")["debris"] == []
