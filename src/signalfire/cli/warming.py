"""``signalfire warm``: a short performance in memory, so that every kernel is compiled and kept."""

import time
from dataclasses import replace

import numpy as np
from rich.console import Console

from signalfire.analysis.bound import Watched, along, one_step
from signalfire.analysis.sharing_bound import Course, could_look, summed
from signalfire.analysis.sharing_bound import Motion as SharedMotion
from signalfire.assess.corridor import Corridor
from signalfire.assess.settings import DEFAULT_SETTINGS
from signalfire.basis.identity import NodeId
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import COMPILED
from signalfire.basis.realm import Realm
from signalfire.cli.assemble import Federation, first_node, load_areas, public_keys
from signalfire.cli.scenarios import (
    Performance,
    packaged_agreement,
    packaged_sensors,
    perform,
    scenario_of_flight,
)
from signalfire.federation.keys import key_for_replay
from signalfire.formats.native.detections import encode_line
from signalfire.picture.detection import RadarPlot, SensorKind
from signalfire.picture.estimate import StateEstimate
from signalfire.release.agreement import read_agreement
from signalfire.rim.clock import system_now
from signalfire.rim.files import read_file
from signalfire.sim.recording import Recording
from signalfire.sim.world import World
from signalfire.space.geodesy import Geodetic, enu_from_ecef
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.templates import View, explain
from signalfire.tracking.tracker import Tracker

FLIGHT = "2017-03-05-er-scud"
"""Its engine stops early: 70 s after the first report areas are threatened."""
REPORTS_S = 70.0
LOST_S = 12.0
"""So long after the last report it is lost."""
SIDE_BY_SIDE = 24
"""Copies of it side by side, more than the filters take one by one."""
APART_RAD = 0.05
SCANS = 20


def warm_kernels() -> None:
    """Play a flight, copies of it at once, and the bounds of what can be known; says how long."""
    console = Console(stderr=True, highlight=False)
    if not COMPILED:
        console.print("numba is not installed: the kernels run as plain Python, slowly")
        return
    began_s = time.monotonic()
    with console.status("compiling the kernels"):
        performance = perform(scenario_of_flight(FLIGHT), packaged_sensors().parent, seed=1)
        _play_one(performance)
        _play_many(performance)
        _reckon_bounds(performance)
        _fly_corridor()
        _explain_one_launch()
    console.print(f"kernels ready after {time.monotonic() - began_s:.0f} s")


def _play_one(performance: Performance) -> None:
    """The flight until it is lost, through every nation's node."""
    agreement = read_agreement(read_file(packaged_agreement(), what="agreement"))
    realm = Realm("test:warm")
    federation = Federation(realm, agreement, performance.sensors, load_areas(), system_now())
    keys = {first_node(n): key_for_replay(realm, n) for n in federation.nations}
    trust = public_keys(keys)
    nodes = {
        n: federation.node(first_node(n), keys[first_node(n)], trust) for n in federation.nations
    }
    seen = performance.simulation.detections
    end = seen[0].received_at.later(REPORTS_S)
    lines = (encode_line(d) for d in seen if d.received_at <= end)
    recording = Recording(federation.sensors_by_id())
    for step in World(nodes).play(recording.reports(lines)):
        if step.now > end.later(LOST_S):
            return


def _play_many(performance: Performance) -> None:
    """What one radar saw of it and of copies beside it: the filters that work on many at once."""
    plots = [d for d in performance.simulation.detections if isinstance(d, RadarPlot)]
    sensors = {sensor.sensor: sensor for sensor in performance.sensors}
    tracker = Tracker(NodeId("KOR-1"), sensors, TrackingSettings())
    for plot in [p for p in plots if p.sensor == plots[0].sensor][:SCANS]:
        beside = [plot.azimuth_rad + APART_RAD * n for n in range(SIDE_BY_SIDE)]
        tracker.take([replace(plot, azimuth_rad=angle) for angle in beside], plot.received_at)
        tracker.tick(plot.received_at)


def _reckon_bounds(performance: Performance) -> None:
    """How well the flight could be known at best, by one radar and by all."""
    trajectory = performance.objects[0].trajectory
    course = Course.of(trajectory, SharedMotion.of_the_tracker())
    told = course.looks(performance.sensors)
    assert course.known(summed(told, told)).impact_m2().size
    radar = next(s for s in performance.sensors if could_look(s) and s.kind is SensorKind.RADAR)
    looks = np.zeros(2, dtype=np.int64)
    covariance = along(Watched(course.t_s[:2], course.state[:2], looks, [radar]))[-1]
    one_step(
        covariance, transition=np.eye(6), noise=np.eye(6), slopes=np.eye(6)[:1],
        variances=np.ones(1),
    )  # fmt: skip


def _fly_corridor() -> None:
    """What the default flight never asks for: the way of a launcher that still burns."""
    place = Geodetic.from_degrees(38.0, 125.0, 200e3)
    velocity_m_s = enu_from_ecef(place).T @ np.array([0.0, -2_000.0, 1_000.0])
    mean = np.concatenate([place.ecef_m(), velocity_m_s])
    state = StateEstimate(Instant(0), mean, np.eye(6))
    assert Corridor(state, False, None, DEFAULT_SETTINGS).futures


def _explain_one_launch() -> None:
    """Six sights from straight above: the templates are called for one satellite's word alone."""
    after_s = 2.0 * np.arange(6.0)
    axes = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    seen_m = np.column_stack([500.0 * after_s, 0.0 * after_s])
    straight_down = np.array([0.0, 0.0, -1.0])
    explain(
        View(Geodetic(0.0, 0.0), np.eye(3), straight_down, axes, seen_m, 0.0 * after_s + 700.0,
             after_s),
        last_ns=0,
    )  # fmt: skip
