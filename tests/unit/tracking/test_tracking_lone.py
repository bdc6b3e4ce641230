"""One infrared satellite alone: what shows a launch, where it says it was, and what never does."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from hot_things import LASTS_S, START, afterburner, hot_spot, orbiting, satellite_at, seen_by
from signalfire.assess.evidence import evidence
from signalfire.assess.launch import estimate_launch
from signalfire.basis.identity import node_id
from signalfire.basis.instant import Instant
from signalfire.picture.detection import Detection, Sensor
from signalfire.picture.estimate import PlaceEstimate
from signalfire.picture.track import Track, TrackStatus
from signalfire.sim.trajectory import Flown
from signalfire.tracking import _template_kernels as t
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.templates import LEVELS_M, bank_of_templates
from signalfire.tracking.tracker import Tracker

WATCHED_FROM_S, BURNT_OUT_S = 44.0, 100.0


def tracks_of(sensors: list[Sensor], plots: list[Detection], until_s: float) -> list[Track]:
    """All that was ever an event among the tracks."""
    plots = sorted(plots, key=lambda plot: (plot.received_at, plot.sensor))
    tracker = Tracker(node_id("KOR-1"), {s.sensor: s for s in sensors}, TrackingSettings())
    found: dict[str, Track] = {}
    place = 0
    for second in range(1, int(until_s)):
        now = START.later(float(second))
        while place < len(plots) and plots[place].received_at <= now:
            tracker.take([plots[place]], now)
            place += 1
        tracker.tick(now)
        for track in tracker.tracks():
            if evidence(track).is_missile:
                found.setdefault(track.track, track)
    return list(found.values())


def sights(world, satellite, until_s: float, seed: int) -> list[Detection]:
    draw = np.random.default_rng(seed)
    return [
        world.look(satellite, float(at), world.truth(float(at)), draw, delay_s=2.0)
        for at in np.arange(WATCHED_FROM_S, until_s, 2.0)
    ]


def test_one_satellite_alone_declares_a_launch_with_place_time_and_heading(world) -> None:
    satellite = world.satellite("S1", 90.0)
    tracker = world.tracker(satellite)
    declared_s = None
    for sight in sights(world, satellite, BURNT_OUT_S, 9):
        tracker.take([sight], sight.received_at)
        tracker.tick(sight.received_at)
        if declared_s is None and any(evidence(t).is_missile for t in tracker.tracks()):
            declared_s = sight.received_at.elapsed_s(since=world.start)
    assert declared_s is not None and declared_s < WATCHED_FROM_S + 34.0
    (track,) = tracker.tracks()
    assert track.status is TrackStatus.CONFIRMED and track.paths == {"path-S1"}
    launch = estimate_launch(track)
    assert isinstance(launch, PlaceEstimate)
    # Launched from 38.9 N 126.0 E at 0 s.
    north_m = (launch.latitude_rad - math.radians(38.9)) * 6.371e6
    east_m = (launch.longitude_rad - math.radians(126.0)) * 6.371e6 * math.cos(math.radians(38.9))
    ee, en, nn = launch.covariance_east_north_m2
    gap = np.array([east_m, north_m])
    assert gap @ np.linalg.solve(np.array([[ee, en], [en, nn]]), gap) < 9.2
    assert launch.ellipse_p90.semi_major_m < 40e3
    assert abs(launch.time.elapsed_s(since=world.start)) < 3.0 * launch.time_sigma_s < 60.0
    error = track.state.mean - world.truth(98.0)
    assert error @ np.linalg.solve(track.state.covariance, error) < 22.5


def test_radar_plots_go_to_the_track_that_one_satellite_began(world) -> None:
    satellite = world.satellite("S1", 90.0)
    found = sights(world, satellite, BURNT_OUT_S, 9)
    draw = np.random.default_rng(2)
    found += world.plots(world.west, np.arange(90.0, 160.0), draw)
    found.sort(key=lambda detection: detection.received_at)
    tracker = world.tracker(satellite, world.west)
    names = set()
    for detection in found:
        tracker.take([detection], detection.received_at)
        tracker.tick(detection.received_at)
        names |= {track.track for track in tracker.tracks()}
    assert len(names) == 1
    (track,) = tracker.tracks()
    assert track.paths == {"path-S1", "path-K1"}
    error = track.state.mean - world.truth(159.0)
    assert np.linalg.norm(error[:3]) < 1e3
    assert error @ np.linalg.solve(track.state.covariance, error) < 22.5


def test_a_second_satellite_joins_the_track_that_the_first_began(world) -> None:
    first, second = world.satellite("S1", 90.0), world.satellite("S2", 165.0)
    found = sights(world, first, BURNT_OUT_S, 9)
    found += [s for s in sights(world, second, BURNT_OUT_S, 4)
              if s.observed_at.elapsed_s(since=world.start) > 84.0]  # fmt: skip
    found.sort(key=lambda sight: (sight.received_at, sight.sensor))
    tracker = world.tracker(first, second)
    for sight in found:
        tracker.take([sight], sight.received_at)
        tracker.tick(sight.received_at)
    (track,) = tracker.tracks()
    assert track.paths == {"path-S1", "path-S2"}
    error = track.state.mean - world.truth(98.0)
    assert np.linalg.norm(error[:3]) < 5e3


@pytest.mark.parametrize("kind", ["spot", "dash", "gain", "turn", "pull", "zoom", "orbit"])
def test_no_hot_thing_that_is_no_launch_is_an_event_to_one_satellite(kind: str) -> None:
    """Once in some hundred such things, by noise: three sigmas, looked at twenty times."""
    raised = 0
    for number in range(20):
        draw = np.random.default_rng([11, number])
        thing = made(kind, f"{kind}-{number}", draw)
        satellite = satellite_at(float(draw.uniform(75.0, 180.0)), "IR-1")
        raised += len(tracks_of([satellite], seen_by(satellite, [thing], 11), LASTS_S + 4.0))
    assert raised == 0


@pytest.mark.parametrize("kind", ["spot", "gain", "turn", "orbit"])
def test_no_hot_thing_that_is_no_launch_is_an_event_to_two_satellites(kind: str) -> None:
    raised = 0
    for number in range(20):
        draw = np.random.default_rng([12, number])
        thing = made(kind, f"{kind}-{number}", draw)
        pair = [satellite_at(95.0, "IR-1"), satellite_at(155.0, "IR-2")]
        plots = [plot for satellite in pair for plot in seen_by(satellite, [thing], 12)]
        raised += len(tracks_of(pair, plots, LASTS_S + 4.0))
    assert raised == 0


def made(kind: str, name: str, draw: np.random.Generator) -> Flown:
    return {"spot": hot_spot, "orbit": orbiting}.get(kind, afterburner)(name, draw)


def test_a_field_of_fires_neither_raises_an_event_nor_takes_long() -> None:
    draw = np.random.default_rng(3)
    satellite = satellite_at(120.0, "IR-1")
    fires = [hot_spot(f"fire-{number}", draw) for number in range(300)]
    plots = seen_by(satellite, fires, 3)
    scans: dict[object, list[Detection]] = {}
    for plot in plots:
        scans.setdefault(plot.observed_at, []).append(plot)
    tracker = Tracker(node_id("KOR-1"), {satellite.sensor: satellite}, TrackingSettings())
    took_s = []
    for scan in scans.values():
        began = time.process_time()
        tracker.take(scan, scan[0].received_at)
        took_s.append(time.process_time() - began)
    assert not any(evidence(track).is_missile for track in tracker.tracks())
    assert np.median(took_s) < 0.25


def test_sights_all_but_at_once_raise_nothing_at_all() -> None:
    """A clock that stammers: five looks within nanoseconds, then one that is far away."""
    satellite = satellite_at(120.0, "IR-1")
    draw = np.random.default_rng(5)
    plots = seen_by(satellite, [hot_spot("fire", draw)], 5)[:12]
    tracker = Tracker(node_id("KOR-1"), {satellite.sensor: satellite}, TrackingSettings())
    for number, plot in enumerate(plots):
        line = np.array(plot.line_of_sight_ecef) + 8e-5 * number * np.array([0.0, 0.0, 1.0])
        line /= np.linalg.norm(line)
        after_s = 8.5 if number > 8 else 0.0
        seen = replace(
            plot, observed_at=Instant(START.later(after_s).tai_ns + number),
            line_of_sight_ecef=tuple(line.tolist()),
        )  # fmt: skip
        tracker.take([seen], START.later(after_s + 2.0))
    assert not any(evidence(track).is_missile for track in tracker.tracks())


def test_templates_climb_all_the_way_and_the_compiled_flight_is_the_written_one() -> None:
    bank = bank_of_templates()
    for heights, last in zip(bank.heights, bank.lasts.tolist(), strict=True):
        assert np.all(np.diff(heights[: last + 1]) > 0.0)
    plan = np.zeros((1, t.PLAN))
    plan[0, [t.BURN, t.RISE, t.LEAN, t.POWER, t.END, t.DRAG, t.KNOTS]] = [
        60.0, 5.0, 0.7, 1.0, 1.0, 5e-5, 2,
    ]  # fmt: skip
    plan[0, t.KNOT : t.KNOT + 4] = [0.0, 1.8, 1.0, 4.0]
    flights = []
    for fly in (t.fly, t.fly.py_func):
        heights, runs = np.zeros((1, 61)), np.zeros((1, 61))
        fly(plan, heights, runs, np.zeros(1, dtype=np.int64))
        flights.append(np.vstack([heights, runs]))
    assert np.allclose(flights[0], flights[1], rtol=1e-12)
    # Upright at 1.8 to 1.98 times its weight: (0.8 + 0.18 / 3) g t^2 / 2 after 5 s, drag left out.
    assert flights[0][0, 5] == pytest.approx(0.5 * 9.81 * 25.0 * (0.8 + 0.18 / 3.0), rel=0.02)


def test_the_ages_of_templates_are_when_they_pass_the_heights() -> None:
    bank = bank_of_templates()
    for n in range(0, len(bank.lasts), 40):
        for level_m, age_s in zip(LEVELS_M, bank.ages[n], strict=True):
            if math.isfinite(age_s):
                at = int(age_s)
                assert bank.heights[n, at] <= level_m <= bank.heights[n, at + 1]
