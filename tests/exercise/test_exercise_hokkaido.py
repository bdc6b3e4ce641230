"""The flight of the README: 2017-09-14, over Hokkaido, as three nations see it."""

import math
from typing import Any

import numpy as np
import pytest

from signalfire.basis.utc import instant_from_utc
from signalfire.sim import checkers
from signalfire.sim.score_lines import read_picture
from signalfire.space.geodesy import Geodetic, distance_m, geodetic

NATIONS = ("JPN", "KOR", "USA")
EVENT = "E-KOR-1-1"
CAPE_ERIMO = Geodetic.from_degrees(41.93, 143.24)
LIFT_OFF = instant_from_utc("2017-09-14T21:57:00Z")
OVER_HOKKAIDO_S = (7.2 * 60.0, 8.9 * 60.0)
"""Where the true path, fitted to the published apogee, range and bearing, crosses the island."""
FROM_ERIMO_KM = 2_200.0
"""Impact as Japan's Ministry of Defense stated it on the day: about 2,200 km east of the cape."""


def common(played: Any, nation: str) -> list[dict[str, Any]]:
    return [line for line in played.lines(nation, "picture") if line["view"] == "common"]


def elapsed_s(text: str) -> float:
    return instant_from_utc(text).elapsed_s(since=LIFT_OFF)


def test_all_three_nations_have_the_one_missile_as_the_one_event(hokkaido: Any) -> None:
    names = {}
    for nation in NATIONS:
        names[nation], wrong = checkers.names_of_objects(
            hokkaido.lines(nation, "picture"), hokkaido.objects()
        )
        assert wrong == [], nation
    assert names == {nation: {"2017-09-14-hwasong-12": EVENT} for nation in NATIONS}
    assert checkers.differing_names(names) == []


@pytest.mark.parametrize("nation", NATIONS)
def test_every_line_of_the_picture_is_sound_and_no_second_is_silent(
    hokkaido: Any, nation: str
) -> None:
    picture = hokkaido.lines(nation, "picture")
    assert checkers.unsound_lines(picture) == []
    for view in ("common", *(f"national:{each}" for each in NATIONS)):
        assert checkers.silent_seconds(picture, view) == []
    assert {line["view"] for line in picture} == {"common", *(f"national:{n}" for n in NATIONS)}


@pytest.mark.parametrize("nation", NATIONS)
def test_the_launch_lies_in_its_ellipse_in_nine_lines_of_ten(hokkaido: Any, nation: str) -> None:
    [flown] = hokkaido.objects()
    lines = [line for line in read_picture(common(hokkaido, nation)) if line.launch]
    held = [line.launch.holds(flown.trajectory.launch) for line in lines if line.launch]
    assert len(held) > 900
    assert np.mean(held) >= 0.9
    last = lines[-1].launch
    assert last is not None and last.holds(flown.trajectory.launch)
    assert last.ellipse_p90.semi_major_m < 30e3
    assert abs(last.time.elapsed_s(since=flown.lift_off)) < 20.0


@pytest.mark.parametrize("nation", NATIONS)
def test_the_impact_lies_in_its_ellipse_and_where_it_was_published(
    hokkaido: Any, nation: str
) -> None:
    [flown] = hokkaido.objects()
    impact, impact_at = flown.trajectory.impact, flown.impact_at
    assert impact is not None and impact_at is not None
    lines = [line for line in read_picture(common(hokkaido, nation)) if line.impact]
    held = [line.impact.holds(impact) for line in lines if line.impact]
    assert len(held) > 900
    assert np.mean(held) >= 0.9
    last = lines[-1].impact
    assert last is not None
    assert last.error_m(impact) < 30e3
    assert abs(last.time.elapsed_s(since=impact_at)) < 15.0
    assert distance_m(CAPE_ERIMO, last.place) / 1e3 == pytest.approx(FROM_ERIMO_KM, abs=60.0)


def test_korea_reports_first_and_japan_soon_sees_it_itself(hokkaido: Any) -> None:
    picture = hokkaido.lines("JPN", "picture")
    first = {}
    for line in picture:
        first.setdefault(line["view"], elapsed_s(line["at"]))
    assert first["national:KOR"] == min(first.values()) < 75.0
    assert first["national:KOR"] < first["national:JPN"] < 180.0
    assert picture[0]["from"] == ["KOR"]


def test_japan_warns_hokkaido_before_the_overflight_and_clears_it_after(hokkaido: Any) -> None:
    warnings = hokkaido.lines("JPN", "warnings")
    assert checkers.broken_chains(warnings) == []
    arrival = LIFT_OFF.later(OVER_HOKKAIDO_S[0])
    assert checkers.not_warned_in_time(warnings, {"JP-01": arrival}) == []
    assert [warnings[0]["status"], warnings[-1]["status"]] == ["initial", "all_clear"]
    assert {area["id"] for line in warnings for area in line["areas"]} == {"JP-01"}
    assert {area["kind"] for line in warnings for area in line["areas"]} == {"overflight"}
    start, end = (elapsed_s(text) for text in warnings[-1]["window"])
    assert start <= OVER_HOKKAIDO_S[0] + 5.0
    assert end >= OVER_HOKKAIDO_S[1] - 5.0
    assert end - start < 180.0
    assert {line["event"] for line in warnings} == {EVENT}


def test_the_true_path_is_over_the_island_when_it_is_said_to_be(hokkaido: Any) -> None:
    """Along the path the land runs from the Oshima peninsula to the east coast of Hidaka."""
    [flown] = hokkaido.objects()
    for t_s, east_deg in zip(OVER_HOKKAIDO_S, (140.0, 143.4), strict=True):
        below = geodetic(flown.trajectory.at(np.array([t_s]))[0])
        assert below.lon_deg == pytest.approx(east_deg, abs=1.0)
        assert math.isclose(below.lat_deg, 42.0, abs_tol=0.8)


def test_nobody_else_is_warned_and_every_partner_has_each_warning_once(hokkaido: Any) -> None:
    issued = hokkaido.lines("JPN", "warnings")
    assert len(issued) >= 2
    for nation in ("KOR", "USA"):
        assert hokkaido.lines(nation, "warnings") == []
        received = hokkaido.lines(nation, "received")
        assert checkers.undelivered(issued, received) == []
        assert checkers.repeated(received) == []
        assert received == issued
    assert hokkaido.lines("JPN", "received") == []


def test_the_class_settles_on_an_intermediate_range_missile(hokkaido: Any) -> None:
    """3,700 km: between 3,000 and 5,500."""
    [*_, last] = [line for line in common(hokkaido, "USA") if line["phase"] == "ballistic"]
    assert last["class"]["IRBM"] > 0.9


def test_the_play_ends_when_every_event_has_ended_and_every_warning_is_closed(
    hokkaido: Any,
) -> None:
    [flown] = hokkaido.objects()
    assert flown.impact_at is not None
    for nation in NATIONS:
        [*_, end] = common(hokkaido, nation)
        assert end["phase"] == "ended"
        last = instant_from_utc(end["at"])
        assert 20.0 < last.elapsed_s(since=flown.impact_at) < 180.0
    assert hokkaido.folder.joinpath("refused.jsonl").read_bytes() == b""


@pytest.mark.parametrize("played", ["hokkaido", "short"])
def test_every_warning_has_the_one_decision_that_explains_it(
    played: str, request: pytest.FixtureRequest
) -> None:
    records = request.getfixturevalue(played)
    for nation in NATIONS:
        warnings = records.lines(nation, "warnings")
        decisions = records.lines(nation, "decisions")
        told = [(line["id"], line["status"], line["event"], line["at"]) for line in warnings]
        assert told == [
            (line["warning"], line["status"], line["event"], line["at"]) for line in decisions
        ]


def test_a_warned_area_passed_the_threshold_when_it_was_first_named(short: Any) -> None:
    warned = short.lines("KOR", "warnings")[0]
    decided = short.lines("KOR", "decisions")[0]
    named = {area["id"] for area in warned["areas"]}
    assert named
    threshold = decided["threshold_probability"]
    for area in decided["areas"]:
        assert (area["affected_probability"] >= threshold) == (area["id"] in named)


def test_korea_warns_the_area_that_the_short_flight_hits(short: Any) -> None:
    """The true impact lies in South Chungcheong (KR-44)."""
    [flown] = short.objects()
    assert flown.impact_at is not None
    warnings = short.lines("KOR", "warnings")
    assert checkers.broken_chains(warnings) == []
    assert checkers.not_warned_in_time(warnings, {"KR-44": flown.impact_at.later(-180.0)}) == []
    kinds = {area["id"]: area["kind"] for line in warnings for area in line["areas"]}
    assert kinds["KR-44"] == "impact"
    for line in warnings:
        [hit] = [area for area in line["areas"] if area["id"] == "KR-44"]
        start, end = (instant_from_utc(text) for text in hit["window"])
        assert start < flown.impact_at.later(5.0) and end > flown.impact_at.later(-5.0)
