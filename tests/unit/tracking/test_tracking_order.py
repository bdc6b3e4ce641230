"""Late, out of order, repeated, bad: what comes in does not decide by how it comes in."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.identity import NationId, NodeId, SensorId
from signalfire.basis.instant import Instant
from signalfire.picture.detection import (
    AngleSigma,
    InfraredSight,
    RadarPlot,
    RadarSigma,
    Sensor,
    SensorKind,
)
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.tracker import Tracker


@pytest.fixture
def both(world) -> list:
    """Plots of two radars in the order of observation."""
    draw = np.random.default_rng(11)
    plots = world.plots(world.west, np.arange(60.0, 160.0), draw)
    plots += world.plots(world.east, np.arange(100.3, 160.0), draw)
    return sorted(plots, key=lambda plot: plot.observed_at)


def final(world, plots, nows=None):
    tracker = world.tracker(world.west, world.east)
    for i, plot in enumerate(plots):
        tracker.take([plot], nows[i] if nows else plot.received_at)
    return tracker


@pytest.mark.parametrize("delay_s", [2.0, 8.0, 20.0])
def test_late_plots_give_the_estimate_of_plots_in_time(world, both, delay_s: float) -> None:
    late = sorted(
        both,
        key=lambda plot: plot.observed_at.later(delay_s if plot.sensor == "J1" else 0.0),
    )
    assert late != both
    nows = [world.start.later(180.0)] * len(both)
    nows = [plot.observed_at.later(delay_s if plot.sensor == "J1" else 0.1) for plot in late]
    (in_time,) = final(world, both).tracks()
    tracker = final(world, late, nows)
    (out_of_order,) = tracker.tracks()
    np.testing.assert_allclose(out_of_order.state.mean, in_time.state.mean, rtol=1e-9)
    np.testing.assert_allclose(
        out_of_order.state.covariance, in_time.state.covariance, rtol=1e-6, atol=1e-6
    )
    assert out_of_order.last_observed_at == in_time.last_observed_at
    assert out_of_order.observed_s == pytest.approx(in_time.observed_s)
    assert out_of_order.burnt_out_at == in_time.burnt_out_at
    assert "late" not in tracker.counts


def test_a_plot_that_is_too_late_is_counted_and_changes_nothing(world, both) -> None:
    kept, held = both[:40] + both[41:], both[40]
    tracker = final(world, kept)
    before = tracker.tracks()
    tracker.take([held], held.observed_at.later(31.0))
    assert tracker.tracks() == before
    assert tracker.counts["late"] == 1


def test_a_plot_older_than_the_memory_of_a_busy_track_is_counted_late(world) -> None:
    draw = np.random.default_rng(4)
    plots = world.plots(world.west, np.arange(60.0, 82.0, 0.05), draw)
    tracker = final(world, plots[:10] + plots[11:])
    before = tracker.tracks()
    tracker.take([plots[10]], plots[-1].received_at)
    assert tracker.counts["late"] == 1
    assert tracker.tracks() == before


def test_repeats_change_nothing(world, both) -> None:
    once = final(world, both)
    draw = np.random.default_rng(1)
    twice, nows = [], []
    for i, plot in enumerate(both):
        twice.append(plot)
        nows.append(plot.received_at)
        if i > 3:
            again = int(draw.integers(max(0, i - 20), i + 1))
            twice.append(both[again])
            nows.append(plot.received_at)
    repeated = final(world, twice, nows)
    (one,), (other,) = once.tracks(), repeated.tracks()
    np.testing.assert_array_equal(one.state.mean, other.state.mean)
    np.testing.assert_array_equal(one.state.covariance, other.state.covariance)
    assert one.updates == other.updates
    assert repeated.counts["repeated"] == len(twice) - len(both)


def test_how_detections_are_batched_does_not_matter(world, both) -> None:
    (one_by_one,) = final(world, both).tracks()
    tracker = world.tracker(world.west, world.east)
    for i in range(0, len(both), 7):
        tracker.take(both[i : i + 7], both[min(i + 6, len(both) - 1)].received_at)
    (batched,) = tracker.tracks()
    np.testing.assert_array_equal(one_by_one.state.mean, batched.state.mean)


def test_a_scan_that_comes_in_parts_still_shows_two_objects(world) -> None:
    """Two missiles 4 km apart, of which each plot comes alone."""
    draw = np.random.default_rng(19)
    tracker = world.tracker(world.west)
    offset = np.array([0.0, 0.0, 4e3, 0.0, 0.0, 0.0])
    for t in np.arange(110.0, 150.0):
        for shift in (0.0, 1.0):
            plot = world.look(world.west, float(t), world.truth(float(t)) + shift * offset, draw)
            tracker.take([plot], plot.received_at)
    assert len(tracker.tracks()) == 2
    assert [track.updates for track in tracker.tracks()] == [40, 40]


WRONG_PLOTS = {
    "not a finite number": {"range_m": math.nan},
    "not a finite number ": {"azimuth_rad": math.inf},
    "not a finite number  ": {"range_rate_m_s": math.nan},
    "sigma not positive or beyond reason": {"sigma": RadarSigma(0.0, 1e-3, 1e-3)},
    "sigma not positive or beyond reason ": {"sigma": RadarSigma(50.0, -1e-3, 1e-3)},
    "impossible geometry": {"range_m": -5.0},
    "impossible geometry ": {"elevation_rad": 2.0},
    "impossible geometry  ": {"site_ecef_m": (0.0, 0.0, 0.0)},
    "below the ground": {"elevation_rad": -0.8},
    "unknown sensor": {"sensor": SensorId("nobody")},
    "observed after now: the sensor's clock is wrong": {"observed_at": Instant(2 * 10**18)},
}


@pytest.mark.parametrize("reason", WRONG_PLOTS)
def test_a_bad_plot_is_refused_with_its_reason_and_the_rest_goes_on(
    world, both, reason: str
) -> None:
    wrong = [replace(plot, **WRONG_PLOTS[reason]) for plot in both]
    mixed = [plot for pair in zip(both, wrong, strict=True) for plot in pair]
    tracker = final(world, mixed, [p.received_at for p in both for _ in range(2)])
    (expected,) = final(world, both).tracks()
    (track,) = tracker.tracks()
    np.testing.assert_array_equal(track.state.mean, expected.state.mean)
    assert tracker.counts[f"refused: {reason.strip()}"] == len(both)


def test_a_detection_of_another_kind_than_its_sensor_is_refused(world, both) -> None:
    tracker = world.tracker(world.changed(world.west, kind=SensorKind.INFRARED), world.east)
    tracker.take(both[:1], both[0].received_at)
    assert tracker.counts == {"refused: not what this sensor measures": 1}


any_float = st.floats(allow_nan=True, allow_infinity=True)
near = st.floats(-8e6, 8e6)
places = st.tuples(*[st.one_of(near, any_float)] * 3)
instants = st.builds(Instant, st.one_of(st.integers(0, 10**11), st.integers(-(10**21), 10**21)))
sigmas = st.one_of(st.floats(1e-6, 1e4), any_float)
names = st.sampled_from([SensorId("R"), SensorId("I"), SensorId("nobody")])
plots_of_any_kind = st.builds(
    RadarPlot,
    sensor=names,
    path=st.just("p"),
    observed_at=instants,
    received_at=instants,
    site_ecef_m=st.one_of(st.just((6378137.0, 0.0, 0.0)), places),
    range_m=st.one_of(st.floats(1.0, 3e6), any_float),
    azimuth_rad=st.one_of(st.floats(-7.0, 7.0), any_float),
    elevation_rad=st.one_of(st.floats(0.0, 1.6), any_float),
    sigma=st.builds(RadarSigma, sigmas, sigmas, sigmas, sigmas),
    range_rate_m_s=st.one_of(st.none(), any_float),
)
sights_of_any_kind = st.builds(
    InfraredSight,
    sensor=names,
    path=st.just("p"),
    observed_at=instants,
    received_at=instants,
    site_ecef_m=st.one_of(st.just((4.2e7, 0.0, 0.0)), places),
    line_of_sight_ecef=st.one_of(st.just((-1.0, 0.0, 0.0)), st.tuples(any_float, near, near)),
    sigma=st.builds(AngleSigma, sigmas),
)


@given(st.lists(st.tuples(st.one_of(plots_of_any_kind, sights_of_any_kind), instants), max_size=20))
def test_no_detection_whatever_raises(detections) -> None:
    site = (6378137.0, 0.0, 0.0)
    sensors = {
        SensorId(name): Sensor(SensorId(name), NationId("JPN"), kind, "p", site, sigma)
        for name, kind, sigma in (
            ("R", SensorKind.RADAR, RadarSigma(50.0, 1e-3, 1e-3)),
            ("I", SensorKind.INFRARED, AngleSigma(1e-5)),
        )
    }
    tracker = Tracker(NodeId("JPN-1"), sensors, TrackingSettings())
    for detection, now in detections:
        tracker.take([detection], now)
        tracker.tick(now)
    assert all(np.isfinite(track.state.covariance).all() for track in tracker.tracks())
    told = sum(count for reason, count in tracker.counts.items() if not reason.startswith("drop"))
    assert told >= len(detections) - tracker.counts.get("confirmed", 0)
