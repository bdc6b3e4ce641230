"""The space launch of 2016-02-07, over the Yellow Sea and Okinawa, as three nations see it.

On the day Japan's J-Alert named Okinawa and said afterwards that it had passed; parts came down in
the Yellow Sea and the Pacific, none on land.
"""

import json
from typing import Any

import pytest

from signalfire.basis.utc import instant_from_utc
from signalfire.cli.scenarios import documented_flights, packaged_sensors, perform
from signalfire.formats.native.detections import encode_line
from signalfire.sim import checkers
from signalfire.sim.record import find_flight
from signalfire.sim.scenario import scenario_for_flight

OVER_S = {"KR-28": 311.0, "JP-47": 618.0}
"""When the true path, of the published orbit, bearing and pad, comes over Incheon's outer islands,
and over the Yaeyama islands of Okinawa."""
AHEAD_S = {"KR-28": 60.0, "JP-47": 180.0}
BY_NATION = {"KOR": "KR-28", "JPN": "JP-47"}


@pytest.fixture(scope="module")
def launch() -> Any:
    sensors = packaged_sensors()
    flight = find_flight(documented_flights(), "2016-02-07-unha-3")
    return flight, perform(
        scenario_for_flight(flight, sensors=str(sensors)), sensors.parent, seed=1
    )


def test_each_nation_warns_the_one_area_flown_over_and_clears_it(launch: Any, stage: Any) -> None:
    flight, performance = launch
    plots = performance.simulation.detections
    told = stage().play(
        encode_line(plot)
        for plot in plots
        if plot.observed_at.elapsed_s(since=flight.lift_off) < 720.0
    )
    for nation, area in BY_NATION.items():
        warnings = [json.loads(line) for line in told.lines[nation, "warnings"]]
        assert checkers.broken_chains(warnings) == []
        arrival = flight.lift_off.later(OVER_S[area] - AHEAD_S[area])
        assert checkers.not_warned_in_time(warnings, {area: arrival}) == []
        assert {(a["id"], a["kind"]) for w in warnings for a in w["areas"]} == {
            (area, "overflight")
        }
        assert [warnings[0]["status"], warnings[-1]["status"]] == ["initial", "all_clear"]
        assert len(warnings) <= 10
        lengths_s = []
        for line in warnings:
            first_s, last_s = (
                instant_from_utc(text).elapsed_s(since=flight.lift_off) for text in line["window"]
            )
            assert first_s - 3.0 <= OVER_S[area] <= last_s + 3.0
            lengths_s.append(last_s - first_s)
        # A window that has lost half of its length, and half a minute, is told again when that has
        # lasted for half a minute: the last is not the narrowest that was known.
        assert lengths_s[-1] < max(0.5 * lengths_s[0], 30.0)
    assert told.lines["USA", "warnings"] == []
