"""A raid of eighteen: sets of tracks against sets of objects."""

import math
from dataclasses import dataclass, replace

import numpy as np

from accuracy_world import (
    LATENCY_S,
    SCENARIOS,
    SETS,
    START,
    Schedule,
    Truth,
    fly,
    plots,
    schedule,
    sights,
)
from signalfire.analysis.metrics import Picture, gospa, nearest_truth, picture
from signalfire.basis.identity import NodeId
from signalfire.basis.kernel import Floats
from signalfire.motion.shaken import move
from signalfire.picture.detection import RadarPlot
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.tracker import Tracker

BATTERIES, ROUNDS = 6, 3
CUT_OFF_M = 2_000.0
RAID_SETS = ("J1", "K1", "J1+K1")
EVERY_S = 5.0


@dataclass(frozen=True)
class RaidFigures:
    """Over all instants of all runs of one set of radars."""

    sensors: str
    runs: int
    gospa_m: float
    """Root mean square over instants, cut off at ``CUT_OFF_M``; one missed object of eighteen costs
    1,414 m."""
    localisation_m: float
    """Root mean square of each shown object's error."""
    missed_count: float
    false_count: float
    air: Picture


def raid() -> list[tuple[float, Truth]]:
    """Six batteries 4 km apart fire three rounds 8 s apart, each a little otherwise."""
    base = next(scenario for scenario in SCENARIOS if scenario.name == "SRBM600")
    flights = []
    for battery in range(BATTERIES):
        scenario = replace(
            base,
            latitude_deg=base.latitude_deg + 0.036 * battery,
            azimuth_deg=base.azimuth_deg + 0.4 * (battery - 2.5),
            speed_m_s=base.speed_m_s + 8.0 * (battery % 3),
        )
        flights += [(8.0 * number + 0.3 * battery, fly(scenario)) for number in range(ROUNDS)]
    return flights


def run_raid(sensors: str, seeds: list[int], settings: TrackingSettings) -> RaidFigures:
    """The runs of one set of radars."""
    flights = raid()
    plans = [(delay_s, schedule(truth, SETS[sensors])) for delay_s, truth in flights]
    ready = [(delay_s, plan, sights(plan)) for delay_s, plan in plans]
    rows: list[tuple[float, float, int, int, int]] = []
    objects, tracks, held = [], [], []
    for seed in seeds:
        looks = _looks(ready, np.random.default_rng([seed, *sensors.encode()]))
        for at_s, shown in _pictures(looks, sensors, settings):
            true, young = _true(ready, at_s, flights)
            near = nearest_truth(true | young, shown, cut_off_m=CUT_OFF_M)
            shown = {name: place for name, place in shown.items() if near.get(name) not in young}
            places = [np.array(list(part.values())).reshape(-1, 3) for part in (true, shown)]
            found = gospa(places[0], places[1], cut_off_m=CUT_OFF_M)
            shown_count = len(true) - found.missed_count
            rows.append((found.distance_m**2, found.localisation_m2, shown_count,
                         found.missed_count, found.false_count))  # fmt: skip
            objects.append({f"{seed} {name}" for name in true})
            tracks.append({f"{seed} {name}" for name in shown})
            pairs = nearest_truth(true, shown, cut_off_m=CUT_OFF_M)
            held.append({f"{seed} {a}": f"{seed} {b}" for a, b in pairs.items()})
    table = np.array(rows)
    return RaidFigures(
        sensors=sensors,
        runs=len(seeds),
        gospa_m=math.sqrt(float(table[:, 0].mean())),
        localisation_m=math.sqrt(float(table[:, 1].sum() / table[:, 2].sum())),
        missed_count=float(table[:, 3].mean()),
        false_count=float(table[:, 4].mean()),
        air=picture(objects, tracks, held),
    )


def _looks(
    ready: list[tuple[float, Schedule, Floats]], draw: np.random.Generator
) -> dict[tuple[float, str], list[RadarPlot]]:
    """Scans in order of time: what a radar shows of all objects at an instant, in mixed order.

    A radar looks at all objects in the same instant, so each flight is taken at the whole second of
    its own time that is nearest.
    """
    scans: dict[tuple[float, str], list[RadarPlot]] = {}
    for delay_s, plan, true in ready:
        shift_s = round(delay_s)
        for look in plots(plan, true, draw):
            since_s = look.observed_at.elapsed_s(since=START) + shift_s
            moved = replace(
                look,
                observed_at=START.later(since_s),
                received_at=START.later(since_s + LATENCY_S),
            )
            scans.setdefault((since_s, look.sensor), []).append(moved)
    for scan in scans.values():
        draw.shuffle(scan)
    return dict(sorted(scans.items()))


def _pictures(
    scans: dict[tuple[float, str], list[RadarPlot]], sensors: str, settings: TrackingSettings
) -> list[tuple[float, dict[str, Floats]]]:
    """Every few seconds, where each track stands."""
    tracker = Tracker(NodeId("JPN-1"), {s.sensor: s for s in SETS[sensors]}, settings)
    found = []
    told_s = ticked_s = -math.inf
    for (at_s, _), scan in scans.items():
        if at_s >= ticked_s + 1.0:
            ticked_s = math.floor(at_s)
            tracker.tick(START.later(ticked_s))
        tracker.take(scan, START.later(at_s + LATENCY_S))
        if at_s < told_s + EVERY_S:
            continue
        told_s = at_s
        shown = {}
        for track in tracker.tracks():
            if START.later(at_s).elapsed_s(since=track.last_observed_at) < settings.lost_after_s:
                shown[str(track.track)] = move(
                    track.state, START.later(at_s), settings.motion(), is_forced=False
                ).mean[:3]
        found.append((at_s, shown))
    return found


def _true(
    ready: list[tuple[float, Schedule, Floats]], at_s: float, flights: list[tuple[float, Truth]]
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Where the objects are that a track is due of, and those where it is neither due nor wrong.

    Due is what has been in view for six seconds and still is; neither due nor wrong what has come
    into view since, or has left it within the time after which a track counts as lost.
    """
    due: dict[str, Floats] = {}
    young: dict[str, Floats] = {}
    for number, (delay_s, plan, _) in enumerate(ready):
        own_s = at_s - round(delay_s)
        truth = flights[number][1]
        if not plan.times_s[0] <= own_s <= min(plan.times_s[-1] + 15.0, truth.impact_s):
            continue
        is_due = plan.times_s[0] + 6.0 <= own_s <= plan.times_s[-1]
        (due if is_due else young)[str(number)] = truth.at(np.array([own_s]))[0, :3]
    return due, young
