"""Scenarios played: what is acted on, what is said, what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from signalfire.basis.errors import BadInput
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.formats.native.scenario import read_scenario
from signalfire.formats.native.sensors import read_sensors
from signalfire.picture.scenario import EventKind, Scenario, ScenarioEvent, ScenarioObject
from signalfire.sim.record import find_flight, read_flights
from signalfire.sim.scenario import Simulation, fly_scenario, scenario_for_flight, simulate
from signalfire.sim.truth import truth_lines

ROOT = Path(__file__).parents[3]
DATA = ROOT / "src" / "signalfire" / "data"
FLIGHTS = read_flights((DATA / "flights.csv").read_text(encoding="utf-8"))
SENSORS = read_sensors(
    (DATA / "sensors" / "trilateral.toml").read_text(encoding="utf-8"), is_json=False
)
FLIGHT = "2022-06-05-unknown-5"
LIFT_OFF = find_flight(FLIGHTS, FLIGHT).lift_off
SCENARIO = scenario_for_flight(find_flight(FLIGHTS, FLIGHT), sensors="trilateral.toml")


def play(scenario: Scenario, *, sensors: int = len(SENSORS), seed: int = 1) -> Simulation:
    return simulate(scenario, SENSORS[:sensors], fly_scenario(scenario, FLIGHTS, {}), seed=seed)


def event(at_s: float, do: EventKind, who: str) -> ScenarioEvent:
    return ScenarioEvent(at_s, do, who)


def test_a_flight_is_its_own_exercise_at_its_own_time() -> None:
    assert SCENARIO.realm == Realm(f"exercise:{FLIGHT}")
    assert SCENARIO.objects == (ScenarioObject(FLIGHT, None, LIFT_OFF),)
    assert SCENARIO.start < LIFT_OFF


def test_detections_come_in_order_of_receipt_and_from_every_nation() -> None:
    found = play(SCENARIO).detections
    assert [plot.received_at for plot in found] == sorted(plot.received_at for plot in found)
    owner = {sensor.sensor: sensor.nation for sensor in SENSORS}
    assert {owner[plot.sensor] for plot in found} == {"JPN", "KOR", "USA"}


def test_same_seed_same_detections() -> None:
    assert play(SCENARIO).detections == play(SCENARIO).detections
    assert play(SCENARIO).detections != play(SCENARIO, seed=2).detections


def test_one_sensor_more_changes_nothing_in_what_the_others_report() -> None:
    few, more = play(SCENARIO, sensors=5).detections, play(SCENARIO, sensors=6).detections
    names = {sensor.sensor for sensor in SENSORS[:5]}
    assert tuple(plot for plot in more if plot.sensor in names) == few


def test_a_sensor_that_is_down_is_silent_until_it_is_up_again() -> None:
    events = (event(90.0, EventKind.SENSOR_DOWN, "GP-B"), event(140.0, EventKind.SENSOR_UP, "GP-B"))
    plots = [p for p in play(replace(SCENARIO, events=events)).detections if p.sensor == "GP-B"]
    since_s = [plot.observed_at.elapsed_s(since=SCENARIO.start) for plot in plots]
    assert min(since_s) < 90.0 and max(since_s) > 140.0
    assert not any(90.0 <= moment_s < 140.0 for moment_s in since_s)


def test_a_sensor_that_stays_down_is_silent_to_the_end() -> None:
    events = (event(0.0, EventKind.SENSOR_DOWN, "GP-B"),)
    found = play(replace(SCENARIO, events=events)).detections
    assert found and all(plot.sensor != "GP-B" for plot in found)


def test_events_of_the_federation_are_passed_over_and_named() -> None:
    events = (event(60.0, EventKind.LINK_DOWN, "KOR"), event(70.0, EventKind.WITHDRAW, "JPN"))
    played = play(replace(SCENARIO, events=events))
    assert played.detections == play(SCENARIO).detections
    assert [note for note in played.notes if "passed over" in note] == [
        "passed over: link_down KOR at 60 s",
        "passed over: withdraw JPN at 70 s",
    ]


def test_an_event_at_an_unknown_sensor_is_refused_with_a_neighbour_named() -> None:
    events = (event(1.0, EventKind.SENSOR_DOWN, "GP-D"),)
    with pytest.raises(BadInput, match="GP-"):
        play(replace(SCENARIO, events=events))


def test_a_flight_without_a_time_says_so_in_the_notes() -> None:
    scenario = scenario_for_flight(find_flight(FLIGHTS, "2014-02-27-scud-b"), sensors="x")
    assert any("00:00Z" in note for note in play(scenario, sensors=1).notes)


def test_an_object_from_a_truth_file_flies_as_the_flight_that_it_came_from() -> None:
    recorded = fly_scenario(SCENARIO, FLIGHTS, {})
    text = "\n".join(truth_lines(recorded))
    given = replace(SCENARIO, objects=(ScenarioObject(None, "a.csv", LIFT_OFF, 50.0),))
    (flown,) = fly_scenario(given, FLIGHTS, {"a.csv": text})
    assert (flown.name, flown.lift_off) == ("a.csv", LIFT_OFF)
    assert flown.trajectory.burnout_t_s == 50.0
    assert flown.trajectory.end_t_s == pytest.approx(recorded[0].trajectory.end_t_s)
    with pytest.raises(BadInput, match=r"a\.csv"):
        fly_scenario(given, FLIGHTS, {})


def test_two_objects_of_one_flight_have_names_of_their_own() -> None:
    twice = replace(SCENARIO, objects=SCENARIO.objects * 2)
    assert [flown.name for flown in fly_scenario(twice, FLIGHTS, {})] == [FLIGHT, f"{FLIGHT}#2"]


def test_a_moving_platform_without_a_place_is_passed_over_and_named() -> None:
    ship = replace(SENSORS[0], site_ecef_m=None)
    played = simulate(SCENARIO, [ship], fly_scenario(SCENARIO, FLIGHTS, {}), seed=1)
    assert played.detections == ()
    assert any("moving platform" in note for note in played.notes)


def test_a_scenario_is_never_live_and_its_events_never_go_back() -> None:
    with pytest.raises(BadInput, match="never live"):
        replace(SCENARIO, realm=Realm("live"))
    backwards = (event(9.0, EventKind.REJOIN, "JPN"), event(8.0, EventKind.WITHDRAW, "JPN"))
    with pytest.raises(BadInput, match="at_s"):
        replace(SCENARIO, events=backwards)


def test_an_object_is_a_flight_or_a_file_and_not_both() -> None:
    for flight, truth in ((None, None), ("a", "b")):
        with pytest.raises(BadInput, match="either flight"):
            ScenarioObject(flight, truth, LIFT_OFF)


@pytest.mark.parametrize("path", sorted((ROOT / "exercises").glob("*.toml")), ids=lambda p: p.stem)
def test_every_exercise_can_be_played(path: Path) -> None:
    scenario = read_scenario(path.read_text(encoding="utf-8"))
    assert (path.parent / scenario.sensors).is_file()
    objects = fly_scenario(scenario, FLIGHTS, {})
    played = simulate(scenario, SENSORS, objects, seed=1)
    assert len(played.detections) > 100
    assert all(flown.lift_off >= scenario.start for flown in objects)


def test_infrared_comes_first_to_see_that_something_flies_about_a_minute_after_launch() -> None:
    """Published of real launches: heat is reported about a minute after lift-off."""
    scenario = scenario_for_flight(find_flight(FLIGHTS, "2017-09-14-hwasong-12"), sensors="x")
    lift_off = instant_from_utc("2017-09-14T21:57:00Z")
    heat_s = [
        plot.received_at.elapsed_s(since=lift_off)
        for plot in play(scenario).detections
        if plot.sensor.startswith("OPIR")
    ]
    assert 40.0 < min(heat_s) < 75.0
