"""A missile that all sensors lose while its engine burns: the doubt grows as it can push."""

import json
import math
from typing import Any

import numpy as np

from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.cli.assemble import load_sensors
from signalfire.cli.scenarios import packaged_sensors
from signalfire.formats.native.detections import encode_line
from signalfire.picture.scenario import Scenario
from signalfire.sim.flight import Boost, fly_boost
from signalfire.sim.scenario import simulate
from signalfire.sim.trajectory import Flown
from signalfire.space.geodesy import Geodetic

LIFT_OFF = instant_from_utc("2017-08-28T20:57:00Z")
BOOST = Boost(
    burn_s=200.0,
    thrust_g=((0.0, 2.0), (0.35, 6.0), (0.35, 2.0), (0.7, 7.0), (0.7, 2.0), (1.0, 7.0)),
    rise_s=8.0,
    lean_rad=math.radians(70.0),
    azimuth_rad=math.radians(60.0),
)
SEEN_S, CLOSED_S = 100.0, 135.0
COVERED_D2 = 16.3
"""Chi-square with three degrees of freedom: one in a thousand is beyond."""


def test_lost_under_power_the_state_is_as_unsure_as_its_engine_is_strong(stage: Any) -> None:
    path = fly_boost(Geodetic.from_degrees(39.5, 126.0), BOOST)
    missile = Flown("missile", LIFT_OFF, path)
    sensors = tuple(s for s in load_sensors(packaged_sensors()) if s.sensor in ("GP-B", "FPS5-SAD"))
    scenario = Scenario(Realm("test:lost"), LIFT_OFF.later(-5.0), "", ())
    plots = simulate(scenario, sensors, [missile], seed=4).detections
    seen = [encode_line(p) for p in plots if p.observed_at <= LIFT_OFF.later(SEEN_S)]
    told = stage().play(seen, until=LIFT_OFF.later(CLOSED_S))

    carried = []
    for nation in ("JPN", "KOR", "USA"):
        lines = [json.loads(line) for line in told.lines[nation, "picture"]]
        assert {line["event"] for line in lines if line["superseded_by"] is None}
        assert not told.lines[nation, "warnings"]
        for line in lines:
            at_s = instant_from_utc(line["at"]).elapsed_s(since=LIFT_OFF)
            if at_s < SEEN_S + 4.0 or "position_ecef_m" not in (line["state"] or {}):
                continue
            assert "unknown" in line["impact"]
            carried.append((at_s, line["state"]))
    assert len(carried) > 3 * 15
    for at_s, state in carried:
        off_m = path.at(np.array([at_s]))[0] - np.array(state["position_ecef_m"])
        covariance = np.zeros((6, 6))
        covariance[np.triu_indices(6)] = state["covariance_upper"]
        place_m2 = (covariance + np.triu(covariance, 1).T)[:3, :3]
        assert off_m @ np.linalg.solve(place_m2, off_m) < COVERED_D2
        assert at_s < SEEN_S + 20.0 or np.linalg.norm(off_m) > 5e3
