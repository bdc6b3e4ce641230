"""The campaign over all flights: what is kept, what is played again, what the page says."""

import dataclasses
from pathlib import Path

import pytest

import flight_page
import validate_flights
from flight_play import Believed, EventStory, NationStory, Outcome, Said, Stage
from signalfire.analysis.drawing import Axis
from signalfire.cli.scenarios import documented_flights

FLIGHT = documented_flights()[0]


def said(t_s: float, error_km: float, content_probability: float) -> Said:
    return Said(t_s, error_km, content_probability, 0.0, 1.0, 5.0, content_probability <= 0.9)


def event(
    name: str = "E-KOR-1-1", *, is_true: bool = True, superseded_by: str | None = None
) -> EventStory:
    return EventStory(
        event=name,
        is_true=is_true,
        superseded_by=superseded_by,
        away_km=0.1,
        first_line_s=50.0,
        last_line_s=400.0,
        launch=(said(50.0, 3.0, 0.5), said(51.0, 2.0, 0.5)),
        impact=(said(120.0, 7.5, 0.95), said(390.0, 0.25, 0.2)),
        beliefs=(Believed(50.0, "unknown", 0.6), Believed(90.0, "SRBM", 0.9)),
        phases=((50.0, "boost"), (90.0, "ballistic"), (410.0, "ended")),
    )


def outcome(*events: EventStory, inputs: str = "", crash: str = "") -> Outcome:
    nations = () if crash else (NationStory("KOR", events or (event(),), ()),)
    return Outcome(
        inputs=inputs,
        flight=FLIGHT.flight,
        record_id="D1",
        missile="test",
        recorded_class="SRBM",
        true_classes=() if crash else ("SRBM",),
        labels=(),
        apogee_km=100.0,
        range_km=400.0,
        flight_s=400.0,
        burnout_s=70.0,
        detections=1_234,
        first_plot_s=45.0,
        nations=nations,
        crash=crash,
    )


def test_the_page_marks_an_impact_that_its_ellipse_did_not_hold() -> None:
    text = flight_page.page([outcome()], seed=1)
    row = next(line for line in text.splitlines() if line.startswith(f"| {FLIGHT.flight}"))
    assert "| 7.5! |" in row
    assert "100% / 50%" in row
    assert "SRBM (right)" in row


def test_a_second_standing_event_is_counted_and_one_that_gave_way_is_not() -> None:
    two = flight_page.page([outcome(event(), event("E-JPN-1-1", is_true=False))], seed=1)
    assert f"more than one event at its end: 1 ({FLIGHT.flight})" in two
    assert f"of no true object: 1 ({FLIGHT.flight})" in two
    gave_way = flight_page.page(
        [outcome(event(), event("E-JPN-1-1", superseded_by="E-KOR-1-1"))], seed=1
    )
    assert "more than one event at its end: none" in gave_way
    assert "then one gave way: 1." in gave_way


def test_an_event_that_ends_before_the_impact_is_named() -> None:
    early = dataclasses.replace(event(), phases=((50.0, "boost"), (380.0, "ended")))
    text = flight_page.page([outcome(early)], seed=1)
    assert f"ended before the impact: 1 ({FLIGHT.flight})" in text


def test_a_flight_that_crashed_stands_in_the_table_with_its_reason() -> None:
    text = flight_page.page([outcome(crash="Traceback\nValueError: no such thing")], seed=1)
    assert "could not be played: ValueError: no such thing" in text


def test_what_was_played_with_the_same_inputs_is_not_played_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played: list[str] = []

    def pretend(stage: Stage, flight: object) -> Outcome:
        played.append(FLIGHT.flight)
        return outcome(inputs=stage.inputs_of(FLIGHT))

    monkeypatch.setattr(validate_flights, "play", pretend)
    asked = ["--flights", FLIGHT.flight, "--out", str(tmp_path)]
    assert validate_flights.main(asked) == 0
    assert validate_flights.main(asked) == 0
    assert len(played) == 1
    assert validate_flights.main([*asked, "--seed", "2"]) == 0
    assert len(played) == 2
    assert validate_flights.main([*asked, "--seed", "2", "--fresh"]) == 0
    assert len(played) == 3


def test_a_crash_gives_exit_status_one_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashes(stage: Stage, flight: object) -> Outcome:
        return outcome(inputs=stage.inputs_of(FLIGHT), crash="ValueError: no")

    monkeypatch.setattr(validate_flights, "play", crashes)
    asked = ["--flights", FLIGHT.flight, "--out", str(tmp_path)]
    assert validate_flights.main(asked) == 1
    monkeypatch.setattr(
        validate_flights, "play", lambda stage, _: outcome(inputs=stage.inputs_of(FLIGHT))
    )
    assert validate_flights.main(asked) == 0


def test_an_axis_puts_its_ends_at_its_ends_and_a_decade_in_the_middle() -> None:
    axis = Axis("km", (1.0, 100.0), (), is_log=True)
    assert axis.shares([1.0, 10.0, 100.0, 1e9]) == pytest.approx([0.0, 0.5, 1.0, 1.0])


def test_the_page_says_which_flights_an_earlier_program_played() -> None:
    assert "earlier state" not in flight_page.page([outcome()], seed=1)
    assert "1 of the 1 flights" in flight_page.page([outcome()], seed=1, earlier=1)
