"""What sharing buys: laws of the bound, of the gain and its parts, and of what is given."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.analysis.launches import KINDS, Launch, LaunchArea, areas_of_the_record, read_sites
from signalfire.analysis.sharing import Gain, Row, Study, grants_of
from signalfire.analysis.sharing_bound import (
    Course,
    Motion,
    could_look,
    known_from_s,
    radius_m,
    summed,
    together,
)
from signalfire.analysis.sharing_summary import Story, bought, stories
from signalfire.basis.errors import BadInput
from signalfire.basis.identity import NationId
from signalfire.cli.assemble import load_sensors
from signalfire.cli.scenarios import documented_flights, packaged_agreement, packaged_sensors
from signalfire.motion.free_flight import Descent, descend
from signalfire.picture.detection import Sensor
from signalfire.release.agreement import Agreement, Form, read_agreement
from signalfire.sim.trajectory import Trajectory
from signalfire.space.geodesy import Geodetic, distance_m, enu_from_ecef, geodetic

PLAIN = LaunchArea("plain", Geodetic.from_degrees(39.2, 125.7))
JPN, KOR, USA = NationId("JPN"), NationId("KOR"), NationId("USA")
NATIONS = (JPN, KOR, USA)


@cache
def sensors() -> tuple[Sensor, ...]:
    return load_sensors(packaged_sensors())


@cache
def flight(kind: int, azimuth_deg: int) -> tuple[Launch, Trajectory]:
    launch = Launch(PLAIN, KINDS[kind], math.radians(azimuth_deg))
    return launch, launch.fly()


@cache
def rows(kind: int, azimuth_deg: int) -> tuple[Row, ...]:
    return Study(sensors(), grants_of(None, NATIONS)).rows(*flight(kind, azimuth_deg))


@cache
def agreement() -> Agreement:
    return read_agreement(packaged_agreement().read_bytes())


def with_form(form: Form, **roundings: float) -> Agreement:
    shares = tuple(replace(share, form=form, **roundings) for share in agreement().shares)
    return replace(agreement(), shares=shares)


EVERY = [(0, 90), (1, 180), (3, 105), (5, 75), (6, 90), (7, 300)]


def late(known_s: float | None) -> float:
    return math.inf if known_s is None else known_s


@pytest.mark.parametrize("case", EVERY)
def test_more_nations_never_know_later(case: tuple[int, int]) -> None:
    found = {frozenset((row.nation, *row.partners)): row for row in rows(*case)}
    assert len(found) == 7
    for some, row in found.items():
        for more, other in found.items():
            if some < more:
                assert all(
                    late(after) <= late(before)
                    for before, after in zip(row.known_s, other.known_s, strict=True)
                )
                assert other.watched_fraction >= row.watched_fraction
                assert late(other.first_seen_s) <= late(row.first_seen_s)
                assert other.miss_m <= row.miss_m * (1.0 + 1e-9)


@pytest.mark.parametrize("case", EVERY)
def test_a_nearer_threshold_is_never_reached_sooner_nor_before_burnout(
    case: tuple[int, int],
) -> None:
    for row in rows(*case):
        times = [late(known) for known in row.known_s]
        assert times == sorted(times)
        assert times[0] >= row.burnout_s


@pytest.mark.parametrize("case", EVERY)
def test_the_parts_of_a_gain_are_never_losses_and_add_up(case: tuple[int, int]) -> None:
    for story in stories(rows(*case)):
        for at in range(4):
            gain = story.gain(at)
            assert gain.geometry_s >= 0.0 and gain.fusion_s >= 0.0
            whole_s = story.shared.lead_s(at) - story.alone.lead_s(at)
            assert gain.geometry_s + gain.fusion_s == pytest.approx(whole_s)
            assert gain.whole_s == pytest.approx(whole_s)


def test_the_best_placed_nation_gains_nothing_by_geometry() -> None:
    told = stories(rows(0, 90))
    for at in range(4):
        first = min(told, key=lambda story: late(story.alone.known_s[at]))
        assert first.gain(at).geometry_s == 0.0


def test_who_sees_nothing_never_knows_and_learns_all_from_the_partner() -> None:
    blind = [replace(s, range_max_m=1_000.0) for s in sensors() if s.nation == JPN]
    others = [s for s in sensors() if s.nation == KOR]
    study = Study((*blind, *others), grants_of(None, (JPN, KOR)))
    found = {(row.nation, row.partners): row for row in study.rows(*flight(0, 90))}
    alone, helped = found[JPN, ()], found[JPN, (KOR,)]
    assert alone.first_seen_s is None and alone.known_s == (None,) * 4
    assert alone.watched_fraction == 0.0 and alone.miss_m == math.inf
    assert helped.known_s == found[KOR, ()].known_s
    gain = Gain.between(alone, helped, 2)
    assert gain.fusion_s == 0.0
    assert gain.geometry_s == helped.impact_s - late(helped.known_s[2])
    summary = bought([Story(alone, helped)], 2)
    assert summary.unseen_fraction == summary.only_shared_fraction == 1.0
    assert summary.alone_fraction == summary.only_fused_fraction == 0.0
    assert summary.gain_quartiles_s is None


def test_rounding_costs_and_a_finer_grid_costs_less() -> None:
    def miss_m(given: Agreement | None, nation: NationId) -> float:
        study = Study(sensors(), grants_of(given, NATIONS))
        return max(
            (row for row in study.rows(*flight(1, 90)) if row.nation == nation),
            key=lambda row: len(row.partners),
        ).miss_m

    alone_m = next(row for row in rows(1, 90) if (row.nation, row.partners) == (JPN, ())).miss_m
    full_m = miss_m(None, JPN)
    coarse = [
        miss_m(with_form(Form.COARSE, round_position_m=step_m, round_time_s=step_s), JPN)
        for step_m, step_s in ((1.0, 0.001), (2_000.0, 1.0), (20_000.0, 10.0))
    ]
    told_only_m = miss_m(with_form(Form.EVENT_ONLY), JPN)
    assert full_m <= coarse[0] < coarse[1] < coarse[2] <= alone_m
    assert full_m <= told_only_m < alone_m
    assert miss_m(agreement(), JPN) == full_m


def test_what_no_rule_names_is_not_given() -> None:
    given = replace(agreement(), shares=tuple(s for s in agreement().shares if s.originator == KOR))
    grants = grants_of(given, NATIONS)
    assert set(grants) == {(KOR, JPN), (KOR, USA)}
    found = Study(sensors(), grants).rows(*flight(0, 90))
    assert {(row.nation, row.partners) for row in found} == {
        (JPN, ()), (JPN, (KOR,)), (KOR, ()), (USA, ()), (USA, (KOR,)),
    }  # fmt: skip


def test_a_party_without_sensors_knows_what_it_is_told() -> None:
    own = tuple(s for s in sensors() if s.nation == KOR)
    grants = grants_of(agreement(), NATIONS)
    study = Study(own, grants)
    study.require_sense()
    found = {(row.nation, row.partners): row for row in study.rows(*flight(0, 90))}
    assert set(found) == {(JPN, ()), (JPN, (KOR,)), (KOR, ()), (USA, ()), (USA, (KOR,))}
    assert found[JPN, ()].known_s == (None,) * 4
    assert found[JPN, (KOR,)].known_s == found[KOR, ()].known_s


def test_sensors_of_one_nation_share_nothing() -> None:
    own = tuple(s for s in sensors() if s.nation == KOR)
    with pytest.raises(BadInput, match="KOR alone"):
        Study(own, {}).require_sense()
    placeless = tuple(replace(s, site_ecef_m=None) for s in sensors())
    assert not any(map(could_look, placeless))
    with pytest.raises(BadInput, match="no sensor has a place"):
        Study(placeless, {}).require_sense()


def test_the_impact_moves_as_a_flight_from_a_displaced_state_does() -> None:
    _, path = flight(3, 105)
    motion = Motion.of_the_tracker()
    course = Course.of(path, motion)
    at = int(np.searchsorted(course.t_s, course.burnout_t_s + 60.0))

    def landed(state: np.ndarray) -> np.ndarray:
        fall = descend(state, drag_m2_kg=motion.drag_m2_kg)
        assert isinstance(fall, Descent)
        return fall.path[-1, 1:4]

    middle = landed(course.state[at])
    axes = enu_from_ecef(geodetic(middle))[:2]
    for number, step in enumerate((50.0, 50.0, 50.0, 0.2, 0.2, 0.2)):
        moved = course.state[at].copy()
        moved[number] += step
        shift_m = axes @ (landed(moved) - middle)
        # The two models differ in the air, and so do their slopes.
        assert course.ground[at, :, number] * step == pytest.approx(shift_m, rel=0.03, abs=5.0)


@given(
    st.floats(1.0, 1e4), st.floats(0.0, 1.0), st.floats(0.0, math.pi), st.sampled_from((0.5, 0.9))
)
def test_a_radius_holds_its_share_of_a_gaussian(
    major_m: float, ratio: float, turn: float, probability: float
) -> None:
    axes = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    spread = axes @ np.diag([major_m, ratio * major_m])
    radius = radius_m((spread @ spread.T)[None], probability=probability)[0]
    draw = np.random.default_rng(1).standard_normal((4_000, 2)) @ spread.T
    held = np.mean(np.hypot(*draw.T) <= radius)
    assert held == pytest.approx(probability, abs=0.03)


def test_the_radius_of_a_circle_and_of_a_line_are_the_known_ones() -> None:
    circle, line = np.eye(2)[None], np.diag([1.0, 0.0])[None]
    assert radius_m(circle, probability=0.5)[0] == pytest.approx(math.sqrt(2 * math.log(2)), 1e-4)
    assert radius_m(circle, probability=0.9)[0] == pytest.approx(math.sqrt(2 * math.log(10)), 1e-4)
    assert radius_m(line, probability=0.9)[0] == pytest.approx(1.6449, rel=2e-3)
    assert radius_m(np.diag([np.inf, np.inf])[None], probability=0.9)[0] == math.inf


def test_known_means_from_then_on() -> None:
    t_s = np.arange(5.0)
    assert known_from_s(t_s, np.array([9.0, 1.0, 9.0, 1.0, 1.0]), 2.0) == 3.0
    assert known_from_s(t_s, np.array([1.0, 1.0, 1.0, 1.0, 9.0]), 2.0) is None
    assert known_from_s(t_s, np.full(5, np.nan), 2.0) is None
    assert known_from_s(t_s, np.ones(5), 2.0) == 0.0


def test_two_estimates_together_are_their_information_added() -> None:
    nothing = np.diag([np.inf, np.inf])[None]
    first, second = np.diag([4.0, 1.0])[None], np.diag([4.0, 3.0])[None]
    assert together([first, second])[0] == pytest.approx(np.diag([2.0, 0.75]))
    assert together([first, nothing])[0] == pytest.approx(first[0])
    assert not np.isfinite(together([nothing, nothing])[0, 0, 0])


def test_twice_the_looks_are_worth_half_the_variance() -> None:
    _, path = flight(0, 90)
    course = Course.of(path, replace(Motion.of_the_tracker(), free_m2_s3=0.0, along_m2_s3=1e12))
    told = course.looks([s for s in sensors() if s.sensor == "GP-B"])[KOR]
    told[course.t_s <= course.burnout_t_s] = 0.0
    once, twice = (course.known(part * told).impact_m2()[-60] for part in (1.0, 2.0))
    assert twice == pytest.approx(0.5 * once, rel=0.02)
    assert summed({KOR: told}, (KOR, KOR))[-60] == pytest.approx(2.0 * told[-60])


def test_every_documented_launch_site_lies_in_one_area() -> None:
    flights = documented_flights()
    areas = areas_of_the_record(flights)
    assert 5 <= len(areas) <= 20
    assert "Wonsan Kalma International Airport" in {area.name for area in areas}
    assert len({area.name for area in areas}) == len(areas)
    west_to_east = [area.place.longitude_rad for area in areas]
    assert west_to_east == sorted(west_to_east)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,lat_deg,lon_deg\n", "0 sites"),
        ("name,lat_deg\nA,39\n", "row 2"),
        ("name,lat_deg,lon_deg\nA,39,x\n", "row 2"),
        ("name,lat_deg,lon_deg\nA,99,125\n", "no place on Earth"),
        ("name,lat_deg,lon_deg\nA,nan,125\n", "no place on Earth"),
        ("name,lat_deg,lon_deg\nA,39,125\nA,40,126\n", "one name"),
    ],
)
def test_sites_that_cannot_be_used_are_named(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_sites(text)


def test_sites_are_read() -> None:
    (area,) = read_sites("name,lat_deg,lon_deg\nField A,39.5,125.5\n")
    assert area.name == "Field A" and area.place.lat_deg == pytest.approx(39.5)


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_every_kind_flies_its_range_and_apogee(number: int) -> None:
    kind = KINDS[number]
    _, path = flight(number, 90)
    assert path.apogee_m == pytest.approx(kind.apogee_m, rel=0.01)
    assert path.impact is not None and path.burnout_t_s is not None
    assert distance_m(PLAIN.place, path.impact) == pytest.approx(kind.range_m, rel=0.01)
    assert path.burnout_t_s < 0.3 * path.end_t_s
