"""One sensor that floods, errs or tells a wrong time: counted, and no harm to the others."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.picture.detection import RadarPlot, RadarSigma
from signalfire.tracking.arrivals import Quota
from signalfire.tracking.nursery import fair_share
from signalfire.tracking.settings import TrackingSettings

SMALL = TrackingSettings(quota_per_s=40, tentative_max=60)


def noise(world, sensor, t: float, count: int, draw: np.random.Generator) -> list[RadarPlot]:
    """False plots, close enough to each other to look like objects."""
    return [
        RadarPlot(
            sensor=sensor.sensor,
            path=sensor.path,
            observed_at=world.start.later(t),
            received_at=world.start.later(t + 0.15),
            site_ecef_m=sensor.site_ecef_m,
            range_m=float(draw.uniform(300e3, 320e3)),
            azimuth_rad=float(draw.uniform(5.0, 5.1)),
            elevation_rad=float(draw.uniform(0.3, 0.4)),
            sigma=sensor.sigma,
        )
        for _ in range(count)
    ]


def played(world, flood: int, settings: TrackingSettings):
    """The western radar floods while both see the missile; its own plots come last of all."""
    draw, chance = np.random.default_rng(1), np.random.default_rng(2)
    tracker = world.tracker(world.west, world.east, settings=settings)
    for t in np.arange(110.0, 140.0):
        for sensor, at in ((world.west, t), (world.east, t + 0.3)):
            plots = world.plots(sensor, [at], draw)
            if sensor is world.west and t >= 120.0:
                plots = noise(world, sensor, t, flood, chance) + plots
            tracker.take(plots, world.start.later(at + 0.15))
        tracker.tick(world.start.later(t + 0.9))
    return tracker


def test_a_flood_is_refused_and_takes_no_plot_from_the_tracks_that_are_held(world) -> None:
    calm, flooded = (played(world, flood, SMALL) for flood in (0, 120))
    assert flooded.counts["refused: quota of the sensor"] == 20 * (120 - 40)
    (track,) = calm.tracks()
    (same,) = flooded.tracks()
    assert same.updates == track.updates
    assert same.paths == track.paths == {"path-K1", "path-J1"}


def test_what_goes_far_beyond_the_quota_is_not_even_heard() -> None:
    quota = Quota(10)
    granted = [quota.take(0, 25, second=1) for _ in range(3)]
    assert [(g.heard, g.full) for g in granted] == [(25, 10), (15, 0), (0, 0)]
    assert quota.take(1, 25, second=1).full == 10
    assert quota.take(0, 5, second=2).full == 5


def test_a_flood_of_false_starts_leaves_room_for_the_starts_of_others(world) -> None:
    draw, chance = np.random.default_rng(3), np.random.default_rng(4)
    tracker = world.tracker(world.west, world.east, settings=replace(SMALL, quota_per_s=1_000))
    for t in np.arange(110.0, 125.0):
        tracker.take(noise(world, world.west, t, 60, chance), world.start.later(t + 0.15))
        tracker.take(world.plots(world.east, [t + 0.3], draw), world.start.later(t + 0.45))
        tracker.tick(world.start.later(t + 0.9))
    assert tracker.counts["refused: too many tentative tracks"] > 0
    assert {"path-J1"} in [track.paths for track in tracker.tracks()]


@given(st.lists(st.integers(0, 500), min_size=1, max_size=12), st.integers(1, 1_000))
def test_a_fair_share_fills_the_room_and_no_more(counts: list[int], room: int) -> None:
    share = fair_share(np.array(counts), room)
    granted = [min(count, share) for count in counts]
    assert share >= 1
    if sum(counts) > room >= len(counts):
        assert room - len(counts) < sum(granted) <= room


@pytest.mark.parametrize("jump_s", [-300.0, -20.0, 300.0])
def test_a_clock_that_jumps_harms_no_other_sensor(world, jump_s: float) -> None:
    trackers = []
    for is_wrong in (False, True):
        draw = np.random.default_rng(6)
        tracker = world.tracker(world.west, world.east)
        for t in np.arange(120.0, 170.0):
            tracker.take(world.plots(world.east, [t], draw), world.start.later(t + 0.15))
            plots = world.plots(world.west, [t + 0.3], draw)
            if t >= 140.0 and is_wrong:
                late = [replace(p, observed_at=p.observed_at.later(jump_s)) for p in plots]
                tracker.take(late, world.start.later(t + 0.45))
            elif t < 140.0:
                tracker.take(plots, world.start.later(t + 0.45))
            tracker.tick(world.start.later(t + 0.9))
        trackers.append(tracker)
    right, wrong = trackers
    (track,), (same,) = right.tracks(), wrong.tracks()
    if abs(jump_s) > 30.0:
        np.testing.assert_array_equal(track.state.mean, same.state.mean)
    assert same.updates >= track.updates
    counted = {name: count for name, count in wrong.counts.items() if name != "used"}
    assert sum(counted.values()) >= 30
    assert wrong.counts["confirmed"] == 1


any_float = st.floats(allow_nan=True, allow_infinity=True)
sigmas = st.one_of(st.sampled_from([0.0, -1.0, 50.0, 1e-3]), any_float)


@given(
    st.lists(
        st.tuples(
            st.one_of(st.floats(1.0, 3e6), any_float),
            st.one_of(st.floats(-7.0, 7.0), any_float),
            st.one_of(st.floats(0.0, 1.6), any_float),
            st.one_of(st.none(), any_float),
            sigmas, sigmas, sigmas,
        ),
        max_size=40,
    ),
    st.integers(0, 3),
)  # fmt: skip
def test_garbage_in_whole_scans_is_counted_and_never_a_track(world, numbers, scans) -> None:
    tracker = world.tracker(world.west)
    for t in range(scans + 1):
        at = world.start.later(float(t))
        plots = [
            RadarPlot(
                world.west.sensor, "p", at, at, world.west.site_ecef_m,
                r, a, e, RadarSigma(s, sa, se), rate,
            )
            for r, a, e, rate, s, sa, se in numbers
        ]  # fmt: skip
        tracker.take(plots, at)
        tracker.tick(at)
    assert tracker.tracks() == ()
    told = {name: many for name, many in tracker.counts.items() if not name.startswith("drop")}
    assert sum(told.values()) >= len(numbers) * (scans + 1)
