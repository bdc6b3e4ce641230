"""What comes off a missile is part of its event; a second missile is not."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.cli.assemble import load_sensors
from signalfire.cli.scenarios import documented_flights, packaged_sensors
from signalfire.formats.native.detections import encode_line
from signalfire.picture.scenario import Scenario
from signalfire.sim import _kernels as k
from signalfire.sim.flight import fly
from signalfire.sim.record import find_flight
from signalfire.sim.scenario import simulate
from signalfire.sim.trajectory import Flown, Trajectory
from signalfire.space.geodesy import Geodetic, distance_m, geodetic

NATIONS = ("JPN", "KOR", "USA")
FLIGHT = find_flight(documented_flights(), "2017-05-21-pukguksong-2")
MISSILE = Flown("missile", FLIGHT.lift_off, fly(FLIGHT))
BURNOUT_S = 95.0


def came_off(
    name: str, since_s: float, push_m_s: Sequence[float], *, ballistic_kg_m2: float
) -> Flown:
    """A body that leaves the missile at a moment, pushed ahead, up and aside, and falls."""
    path = MISSILE.trajectory
    row = int(np.searchsorted(path.t_s, since_s))
    now = np.concatenate([path.position_ecef_m[row], path.velocity_ecef_m_s[row]])
    ahead = now[3:] / np.linalg.norm(now[3:])
    up = now[:3] / np.linalg.norm(now[:3])
    aside = np.cross(ahead, up) / np.linalg.norm(np.cross(ahead, up))
    now[3:] += np.array(push_m_s) @ np.array([ahead, up, aside])
    plan = np.zeros(k.PLAN_LENGTH)
    plan[k.DRAG_FREE] = 1.0 / ballistic_kg_m2
    work, after, rows = np.empty((5, 6)), np.empty(6), [now.copy()]
    while len(rows) < 4_000 and geodetic(rows[-1][:3]).altitude_m > 500.0:
        k.step(1e6, rows[-1], 0.5, np.eye(3), plan, k.FREE, work, after)
        rows.append(after.copy())
    table = np.array(rows)
    times_s = 0.5 * np.arange(len(rows))
    fall = Trajectory(times_s, table[:, :3].copy(), table[:, 3:].copy(), 0.0, 0.0, None)
    return Flown(name, MISSILE.lift_off.later(float(path.t_s[row])), fall)


def pictures(
    stage: Any,
    objects: Sequence[Flown],
    until_s: float,
    *,
    nations: Sequence[str] = NATIONS,
    since_s: float = -5.0,
) -> dict[str, list[dict[str, Any]]]:
    """The lines of nations' pictures between two moments after lift-off."""
    until = FLIGHT.lift_off.later(until_s)
    sensors = tuple(s for s in load_sensors(packaged_sensors()) if s.nation in nations)
    cut = [_until(flown, until_s + 5.0) for flown in objects]
    start = FLIGHT.lift_off.later(since_s)
    found = simulate(Scenario(Realm("test:objects"), start, "", ()), sensors, cut, seed=3)
    told = stage().play((encode_line(plot) for plot in found.detections), until=until)
    return {n: [json.loads(line) for line in told.lines[n, "picture"]] for n in nations}


def _until(flown: Flown, end_s: float) -> Flown:
    path = flown.trajectory
    left_s = end_s - flown.lift_off.elapsed_s(since=FLIGHT.lift_off)
    kept = path.t_s <= left_s
    short = replace(
        path,
        t_s=path.t_s[kept].copy(),
        position_ecef_m=path.position_ecef_m[kept].copy(),
        velocity_ecef_m_s=path.velocity_ecef_m_s[kept].copy(),
        burnout_t_s=min(path.burnout_t_s or 0.0, float(path.t_s[kept][-1])),
        impact=None,
    )
    return replace(flown, trajectory=short)


def at_last(lines: list[dict[str, Any]], view: str = "common") -> list[dict[str, Any]]:
    """The lines of the last whole second."""
    last = max(line["at"] for line in lines if line["view"] == view)
    return [line for line in lines if line["at"] == last and line["view"] == view]


def test_a_spent_stage_is_an_object_of_the_missiles_event_in_every_nation(stage: Any) -> None:
    spent = came_off("stage", BURNOUT_S + 1.0, (-20.0, 0.0, 5.0), ballistic_kg_m2=500.0)
    told = pictures(stage, (MISSILE, spent), 260.0)
    names = set()
    for nation in NATIONS:
        [line] = at_last(told[nation])
        names.add(line["event"])
        assert {each["event"] for each in told[nation]} <= {line["event"], *line["members"]}
        assert len(line["objects"]) == 1, nation
        place = np.array(line["state"]["position_ecef_m"])
        other = np.array(line["objects"][0]["position_ecef_m"])
        true_m = np.linalg.norm(
            MISSILE.trajectory.at(np.array([260.0]))[0]
            - spent.trajectory.at(np.array([260.0 - BURNOUT_S - 1.0]))[0]
        )
        assert abs(np.linalg.norm(place - other) - true_m) < 0.3 * true_m
    assert len(names) == 1


def test_where_a_spent_stage_falls_is_said_before_and_after_it_is_seen(stage: Any) -> None:
    """By what a burn's end leaves open first, by its own track then: one stage, not two."""
    spent = came_off("stage", BURNOUT_S + 1.0, (-20.0, 0.0, 5.0), ballistic_kg_m2=500.0)
    truth = geodetic(spent.trajectory.position_ecef_m[-1])
    lands_at = spent.lift_off.later(float(spent.trajectory.t_s[-1]))
    alone = pictures(stage, (MISSILE,), 150.0, nations=("KOR",))["KOR"]
    told = pictures(stage, (MISSILE, spent), 260.0, nations=("KOR",))["KOR"]
    for lines, is_seen in ((alone, False), (told, True)):
        for view in ("common", "national:KOR"):
            [line] = at_last(lines, view)
            assert ("objects" in line) is is_seen
            [debris] = line["debris"]
            stated = Geodetic.from_degrees(debris["lat_deg"], debris["lon_deg"])
            assert distance_m(stated, truth) < debris["ellipse_p90"]["semi_major_m"]
            late_s = lands_at.elapsed_s(since=instant_from_utc(debris["time"]))
            assert abs(late_s) < 2.5 * debris["time_sigma_s"]


def test_two_missiles_from_one_site_five_seconds_apart_are_two_events(stage: Any) -> None:
    second = Flown("second", MISSILE.lift_off.later(5.0), MISSILE.trajectory)
    told = pictures(stage, (MISSILE, second), 150.0)
    for nation in NATIONS:
        last = at_last(told[nation])
        assert len(last) == 2, nation
        assert not any("objects" in line for line in last)


def test_one_that_breaks_up_on_re_entry_is_one_event(stage: Any) -> None:
    """Ten fragments, from light sheets to dense pieces."""
    path = MISSILE.trajectory
    heights_m = np.array([geodetic(place).altitude_m for place in path.position_ecef_m])
    falling = np.flatnonzero((heights_m < 70e3) & (path.t_s > 300.0))[0]
    broke_s = float(path.t_s[falling])
    chance = np.random.default_rng(5)
    parts = [
        came_off(f"part{n}", broke_s, chance.normal(0.0, 15.0, 3), ballistic_kg_m2=float(b))
        for n, b in enumerate(np.geomspace(200.0, 3_000.0, 10))
    ]
    until_s = math.floor(path.end_t_s) - 3.0
    told = pictures(stage, (MISSILE, *parts), until_s, nations=("JPN",), since_s=broke_s - 40.0)[
        "JPN"
    ]
    assert len({line["event"] for line in told}) == 1
    assert max(len(line.get("objects", [])) for line in told) >= 1
