"""Eighteen missiles in one minute, three nations that see parts of it: eighteen events for each."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np

from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.cli.assemble import load_sensors
from signalfire.cli.scenarios import documented_flights, packaged_sensors
from signalfire.formats.native.detections import encode_line
from signalfire.sim.flight import fly
from signalfire.sim.sensors import Watch, detections
from signalfire.sim.trajectory import Flown
from signalfire.space.geodesy import Geodetic

START = instant_from_utc("2017-03-05T22:34:00Z")
END = START.later(150.0)
"""The first have burnt out a minute ago, the last are under thrust and just seen by two."""
NATIONS = ("JPN", "KOR", "USA")
PLACES = ((39.66, 124.71), (39.67, 124.76), (39.95, 127.55))
"""Two pads 4.5 km apart, a third 240 km off."""
BEARINGS_DEG = (84.0, 90.0, 96.0)


def salvo() -> tuple[Flown, ...]:
    """Six missiles from each of three places, two on each bearing, one every 3.4 s."""
    flown = []
    sample = next(f for f in documented_flights() if f.flight == "2017-03-05-er-scud")
    for number in range(18):
        lat_deg, lon_deg = PLACES[number % 3]
        bearing_deg = BEARINGS_DEG[number // 3 % 3]
        flight = replace(
            sample,
            launch=Geodetic.from_degrees(lat_deg, lon_deg),
            azimuth_rad=math.radians(bearing_deg),
        )
        flown.append(Flown(f"missile-{number:02d}", START.later(3.4 * number), fly(flight)))
    return tuple(flown)


def recording(objects: tuple[Flown, ...], left_out: dict[str, range]) -> list[bytes]:
    """What all sensors report; ``left_out`` names missiles that a nation's sensors do not see."""
    plots = []
    for sensor in load_sensors(packaged_sensors()):
        if sensor.site_ecef_m is None:
            continue
        blind = left_out.get(str(sensor.nation), ())
        seen = [flown for place, flown in enumerate(objects) if place not in blind]
        watch = Watch(sensor, (START.later(-5.0), END))
        plots += detections(watch, seen, seed=1)
    plots.sort(key=lambda plot: (plot.received_at, plot.sensor, plot.observed_at))
    return [encode_line(plot) for plot in plots]


def _t_s(flown: Flown, at: Instant) -> Any:
    return np.array([at.elapsed_s(since=flown.lift_off)])


def missile_of(line: dict[str, Any], objects: tuple[Flown, ...]) -> str:
    """The missile that an event stands for at the end: the one that is there."""
    at = instant_from_utc(line["at"])
    place = np.array(line["state"]["position_ecef_m"])
    away_m = {
        flown.name: float(np.linalg.norm(flown.trajectory.at(_t_s(flown, at))[0] - place))
        for flown in objects
    }
    name = min(away_m, key=lambda each: away_m[each])
    assert away_m[name] < 2_500.0
    return name


def test_eighteen_missiles_are_eighteen_events_of_the_same_names_to_every_nation(
    stage: Any,
) -> None:
    """Each nation sees two thirds of them, and each missile is seen by two nations."""
    objects = salvo()
    left_out = {"JPN": range(0, 7), "KOR": range(6, 13), "USA": range(12, 18)}
    told = stage().play(recording(objects, left_out), until=END)
    names: dict[str, dict[str, str]] = {}
    for nation in NATIONS:
        picture = [json.loads(line) for line in told.lines[nation, "picture"]]
        last = picture[-1]["at"]
        common = [line for line in picture if line["at"] == last and line["view"] == "common"]
        at_last = list({line["event"]: line for line in common}.values())
        assert len(at_last) == 18
        names[nation] = {missile_of(line, objects): line["event"] for line in at_last}
        assert len(names[nation]) == 18
        members = [member for line in at_last for member in line["members"]]
        assert len(members) == len(set(members))
        gone = {line["event"] for line in picture if line["superseded_by"] is not None}
        assert not gone & {line["event"] for line in at_last}
        for line in at_last:
            number = int(missile_of(line, objects)[-2:])
            seers = {seer for seer, blind in left_out.items() if number not in blind}
            assert set(line["from"]) <= seers
    assert names["JPN"] == names["KOR"] == names["USA"]
