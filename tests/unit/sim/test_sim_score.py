"""The judge: what it says of perfect, wrong, late, doubled and invented pictures."""

import json
import math
from typing import Any

import numpy as np
import pytest

from signalfire.assess.areas import AreaTable
from signalfire.basis.errors import BadInput
from signalfire.basis.utc import instant_from_utc, utc_text
from signalfire.sim.score import Row, ScoreReport, score
from signalfire.sim.trajectory import Flown, trajectory_from_samples
from signalfire.sim.truth import with_burnout
from signalfire.space.geodesy import Geodetic, destination

LIFT_OFF = instant_from_utc("2020-01-01T00:00:00Z")
PAD = Geodetic.from_degrees(39.0, 126.0)


def object_to(name: str, azimuth_deg: float, *, lift_off_s: float = 0.0) -> Flown:
    """600 km in 300 s, 150 km high, along a geodesic."""
    t_s = np.arange(0.0, 301.0, 5.0)
    path = []
    for t in t_s:
        below = destination(PAD, azimuth_rad=math.radians(azimuth_deg), distance_m=2_000.0 * t)
        height_m = 150e3 * 4.0 * (t / 300.0) * (1.0 - t / 300.0)
        path.append(Geodetic(below.latitude_rad, below.longitude_rad, height_m).ecef_m())
    trajectory = with_burnout(trajectory_from_samples(t_s, np.array(path)), 70.0)
    return Flown(name, LIFT_OFF.later(lift_off_s), trajectory)


TRUE = object_to("true", 90.0)


def said(place: Geodetic, t_s: float, *, off_m: float, ellipse_m: float) -> dict[str, Any]:
    """A place stated ``off_m`` to the north of the true one, 3 s late."""
    shown = destination(place, azimuth_rad=0.0, distance_m=off_m)
    return {
        "lat_deg": shown.lat_deg,
        "lon_deg": shown.lon_deg,
        "time": utc_text(TRUE.lift_off.later(t_s + 3.0)),
        "time_sigma_s": 3.0,
        "ellipse_p90": {"semi_major_m": ellipse_m, "semi_minor_m": ellipse_m, "azimuth_deg": 30.0},
    }


def line(
    t_s: float, *, off_m: float = 0.0, ellipse_m: float = 1e3, **changes: Any
) -> dict[str, Any]:
    impact = TRUE.trajectory.impact
    assert impact is not None
    state_m = TRUE.trajectory.at(np.array([min(t_s, 300.0)]))[0] + off_m
    made: dict[str, Any] = {
        "at": utc_text(LIFT_OFF.later(t_s)),
        "nation": "JPN",
        "event": "E-KOR-1-1",
        "view": "common",
        "superseded_by": None,
        "state": {
            "valid_at": utc_text(LIFT_OFF.later(min(t_s, 300.0))),
            "position_ecef_m": state_m.tolist(),
        },
        "launch": said(PAD, 0.0, off_m=off_m, ellipse_m=ellipse_m),
        "impact": said(impact, 300.0, off_m=off_m, ellipse_m=ellipse_m),
    }
    return {**made, **changes}


def warning(t_s: float, areas: list[str], **changes: Any) -> dict[str, Any]:
    made = {
        "at": utc_text(LIFT_OFF.later(t_s)),
        "id": "W-JPN-1-1",
        "status": "initial",
        "event": "E-KOR-1-1",
        "areas": [{"id": code} for code in areas],
    }
    return {**made, **changes}


def only(report: ScoreReport) -> Row:
    (row,) = report.rows
    return row


def judge(lines: list[dict[str, Any]], warnings: list[dict[str, Any]] | None = None) -> Row:
    return only(score(lines, warnings or [], [TRUE]))


def test_a_perfect_picture_has_no_error_and_full_coverage() -> None:
    row = judge([line(float(t)) for t in range(40, 300)])
    assert row.name == "true" and row.match_m == pytest.approx(0.0, abs=1e-3)
    assert row.first_line_s == row.first_impact_s == 40.0
    assert row.launch_coverage.said == row.launch_coverage.held == 260
    assert row.impact_coverage.held_fraction == 1.0
    assert dict(row.impact_within_s) == {20: 40.0, 10: 40.0, 5: 40.0, 1: 40.0}
    moments = {moment.name: moment for moment in row.moments}
    assert list(moments) == ["T+60", "T+120", "T+180", "burnout+30"]
    assert moments["burnout+30"].t_s == 100.0
    assert moments["T+60"].impact is not None
    assert moments["T+60"].impact.error_m == pytest.approx(0.0, abs=1e-3)
    assert moments["T+60"].impact.time_error_s == pytest.approx(3.0, abs=0.01)


def test_an_ellipse_too_small_for_its_error_does_not_hold() -> None:
    lines = [line(float(t), off_m=1_500.0) for t in range(40, 100)]
    lines += [line(float(t), off_m=500.0) for t in range(100, 160)]
    row = judge(lines)
    assert row.impact_coverage.said == 120 and row.impact_coverage.held == 60
    assert row.launch_coverage.held_fraction == 0.5
    moment = row.moments[0]
    assert moment.launch is not None and not moment.launch.was_held
    assert moment.launch.error_m == pytest.approx(1_500.0, abs=0.1)


def test_a_long_thin_ellipse_holds_along_its_axis_and_not_across() -> None:
    thin = {"semi_major_m": 5_000.0, "semi_minor_m": 100.0}
    for azimuth_deg, holds in ((0.0, 1), (90.0, 0)):
        made = line(60.0, off_m=3_000.0)
        made["impact"]["ellipse_p90"] = {**thin, "azimuth_deg": azimuth_deg}
        assert judge([made]).impact_coverage.held == holds


def test_known_within_counts_from_when_it_stays_known() -> None:
    errors_m = {50: 900.0, 51: 12_000.0, 52: 8_000.0, 53: 900.0}
    row = judge([line(float(t), off_m=off_m) for t, off_m in errors_m.items()])
    assert dict(row.impact_within_s) == {20: 50.0, 10: 52.0, 5: 53.0, 1: 53.0}


def test_an_unknown_impact_is_neither_held_nor_missed() -> None:
    row = judge([line(float(t), impact={"unknown": "still thrusting"}) for t in range(40, 80)])
    assert row.first_line_s == 40.0 and row.first_impact_s is None
    assert row.impact_coverage.held_fraction is None and row.launch_coverage.said == 40
    assert dict(row.impact_within_s) == {20: None, 10: None, 5: None, 1: None}


def test_lines_between_seconds_and_after_impact_do_not_count_for_coverage() -> None:
    row = judge([line(50.0), line(50.25), line(51.0), line(305.0)])
    assert row.impact_coverage.said == 2


def test_a_silent_event_says_nothing_at_a_moment() -> None:
    row = judge([line(50.0), line(119.0)])
    spoke = {moment.name: moment.impact is not None for moment in row.moments}
    assert spoke == {"T+60": False, "T+120": True, "T+180": False, "burnout+30": False}


def test_a_ghost_matches_no_object_and_the_object_counts_as_unseen() -> None:
    report = score([line(60.0, off_m=400e3)], [], [TRUE])
    assert only(report).name is None
    assert report.unseen == (("JPN", "true"),)


def test_each_event_goes_to_the_object_beside_it() -> None:
    other = object_to("other", 60.0)
    beside = other.trajectory.at(np.array([200.0]))[0].tolist()
    state = {"valid_at": utc_text(LIFT_OFF.later(200.0)), "position_ecef_m": beside}
    lines = [line(200.0), line(200.0, event="E-KOR-1-2", state=state)]
    report = score(lines, [], [TRUE, other])
    assert {row.event: row.name for row in report.rows} == {
        "E-KOR-1-1": "true",
        "E-KOR-1-2": "other",
    }
    assert report.unseen == ()


def test_an_event_shared_without_a_state_is_matched_by_its_launch() -> None:
    bare = line(60.0, state={"unknown": "event only"})
    assert judge([bare]).name == "true"
    late = object_to("late", 90.0, lift_off_s=600.0)
    assert only(score([bare], [], [late])).name is None


def test_other_views_are_left_out_unless_asked_for() -> None:
    lines = [line(60.0), line(60.0, view="national:JPN", off_m=2_000.0)]
    assert only(score(lines, [], [TRUE])).match_m == pytest.approx(0.0, abs=1e-3)
    assert only(score(lines, [], [TRUE], view="national:JPN")).match_m > 1_000.0  # type: ignore[operator]


def test_coverage_of_a_nation_is_that_of_all_its_events() -> None:
    lines = [line(60.0), line(61.0, off_m=1_500.0, event="E-KOR-1-2"), line(60.0, nation="KOR")]
    report = score(lines, [], [TRUE])
    launch, impact = report.coverage("JPN")
    assert (launch.said, launch.held) == (impact.said, impact.held) == (2, 1)


def table() -> AreaTable:
    """Three squares of Japan under, beside and far from the path, and one of Korea under it."""
    squares = {"JP-01": (130.0, 38.5), "JP-02": (130.0, 41.0), "JP-03": (131.0, 38.5)}
    squares["KR-42"] = (128.0, 38.5)
    features, rows = [], ["code,nation,name_ja,name_ko,name_en,lat_deg,lon_deg"]
    for code, (lon, lat) in squares.items():
        ring = [[lon, lat], [lon + 0.9, lat], [lon + 0.9, lat + 1], [lon, lat + 1], [lon, lat]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"code": code}, "geometry": geometry})
        nation = "KOR" if code.startswith("KR") else "JPN"
        rows.append(f"{code},{nation},a,b,c,{lat + 0.5},{lon + 0.45}")
    return AreaTable.read(
        json.dumps({"type": "FeatureCollection", "features": features}), "\n".join(rows)
    )


def test_areas_warned_are_set_against_areas_flown_over() -> None:
    warnings = [
        warning(80.0, ["JP-02"]),
        warning(100.0, ["JP-01"], id="W-JPN-1-2", status="update"),
        warning(400.0, ["JP-03"], id="W-JPN-1-3", status="all_clear"),
    ]
    row = only(score([line(60.0)], warnings, [TRUE], table=table()))
    assert row.areas is not None
    assert row.areas.flown_over == ("JP-01", "JP-03")
    assert row.areas.warned == ("JP-01", "JP-02")
    assert row.areas.missed == ("JP-03",)
    assert row.areas.over_warned == ("JP-02",)
    ((code, lead_s),) = row.areas.lead_s
    # 130 E on this parallel is 346 km from the launch: at T+173 s, 73 s after the warning.
    assert code == "JP-01" and lead_s == pytest.approx(73.0, abs=1.0)
    assert row.first_warning_s == 80.0


def test_a_warning_under_an_event_that_was_merged_away_still_counts() -> None:
    lines = [line(50.0, event="E-JPN-1-9", superseded_by="E-KOR-1-1"), line(60.0)]
    warnings = [warning(55.0, ["JP-01"], event="E-JPN-1-9")]
    report = score(lines, warnings, [TRUE], table=table())
    by_event = {row.event: row for row in report.rows}
    assert by_event["E-JPN-1-9"].superseded_by == "E-KOR-1-1"
    assert by_event["E-KOR-1-1"].first_warning_s == 55.0


def test_a_report_is_plain_values() -> None:
    report = score([line(60.0)], [warning(70.0, ["JP-01"])], [TRUE], table=table())
    assert json.loads(json.dumps(report.as_dict()))["rows"][0]["name"] == "true"


def test_a_line_of_another_form_is_refused_by_number() -> None:
    with pytest.raises(BadInput, match="picture: line 2"):
        score([line(60.0), {"at": "noon"}], [], [TRUE])
    with pytest.raises(BadInput, match="warnings: line 1"):
        score([], [warning(1.0, [], id="nonsense")], [TRUE])
