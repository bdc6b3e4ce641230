"""Late data through burn-out: up to half a minute late, two sensors, each with its own delay."""

import numpy as np
import pytest

BURN_OUT_S = 1.0
"""When thrust ended is judged once, by what is there then: a third of what it may be wrong by."""
DELAY_MAX_S = 29.5
"""Just within the half minute after which a detection is too old."""
FROM_S, TO_S = 70.0, 160.0
"""Thrust ends at 100 s."""


@pytest.fixture(scope="module")
def plots(world) -> list:
    """Both radars through burn-out, in order of observation; K1 sees the launch, J1 the coast."""
    draw = np.random.default_rng(29)
    found = world.plots(world.west, np.arange(FROM_S, TO_S, 1.0), draw)
    found += world.plots(world.east, np.arange(100.3, TO_S, 2.0), draw)
    return sorted(found, key=lambda plot: plot.observed_at)


def take_all(world, arrivals: list) -> object:
    """A tracker after detections (arrival, plot) in order of arrival, ticked every second."""
    tracker = world.tracker(world.west, world.east)
    ticked = None
    for now, plot in arrivals:
        if ticked is None or now.whole_second() > ticked:
            ticked = now.whole_second()
            tracker.tick(ticked)
        tracker.take([plot], now)
    return tracker


def in_time(plots: list) -> list:
    return [(plot.received_at, plot) for plot in plots]


def late(plots: list, delays_s: list[float]) -> list:
    """The same by arrival; those of the same arrival in order of observation."""
    arrivals = [
        (plot.observed_at.later(delay_s), plot)
        for plot, delay_s in zip(plots, delays_s, strict=True)
    ]
    return sorted(arrivals, key=lambda arrival: arrival[0])


def assert_same_estimate(one: object, other: object) -> None:
    """The same but for rounding: states apart by less than 1 % of a sigma, sigmas by less than 1 %.

    Each of the six components in its own sigma, and all six at once: the distance of the two
    states in the covariance is below 0.01 squared.
    """
    gap = one.state.mean - other.state.mean
    sigmas = np.sqrt(np.diag(other.state.covariance))
    assert np.all(np.abs(gap) < 0.01 * sigmas)
    assert gap @ np.linalg.solve(other.state.covariance, gap) < 0.01**2
    assert np.allclose(np.sqrt(np.diag(one.state.covariance)), sigmas, rtol=0.01)
    assert one.state.valid_at == other.state.valid_at
    assert one.thrust_probability == pytest.approx(other.thrust_probability, abs=0.01)
    assert abs(one.burnt_out_at.elapsed_s(since=other.burnt_out_at)) < BURN_OUT_S
    assert one.updates == other.updates


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_plot_late_by_its_own_delay_gives_the_estimate_in_time(
    world, plots: list, seed: int
) -> None:
    """Up to 25 s late and out of order through burn-out, from when the track has begun."""
    draw = np.random.default_rng(seed)
    is_begun = [plot.observed_at > world.start.later(FROM_S + 10.0) for plot in plots]
    delays_s = np.where(is_begun, draw.uniform(0.1, 25.0, len(plots)), 0.1).tolist()
    tracker = take_all(world, late(plots, delays_s))
    (track,) = tracker.tracks()
    (expected,) = take_all(world, in_time(plots)).tracks()
    assert_same_estimate(track, expected)
    assert "late" not in tracker.counts


@pytest.mark.parametrize("delay_s", [5.0, 15.0, DELAY_MAX_S])
def test_a_sensor_that_is_late_gives_the_estimate_in_time(
    world, plots: list, delay_s: float
) -> None:
    """The one in time carries the track; what the other saw comes in afterwards, up to 30 s."""
    delays_s = [delay_s if plot.sensor == "J1" else 0.1 for plot in plots]
    tracker = take_all(world, late(plots, delays_s))
    (track,) = tracker.tracks()
    (expected,) = take_all(world, in_time(plots)).tracks()
    assert_same_estimate(track, expected)
    assert "late" not in tracker.counts


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_track_that_begins_from_late_plots_differs_by_less_than_it_may_err(
    world, plots: list, seed: int
) -> None:
    """Which plots begin the track depends on their arrival; a minute later that hardly shows.

    What was observed before the first plot of the track is not taken up any more. The estimates
    differ by less than either is expected to err: squared, six in their own covariance.
    """
    draw = np.random.default_rng(seed)
    delays_s = draw.uniform(0.1, 20.0, len(plots)).tolist()
    (track,) = take_all(world, late(plots, delays_s)).tracks()
    (expected,) = take_all(world, in_time(plots)).tracks()
    gap = track.state.mean - expected.state.mean
    assert gap @ np.linalg.solve(expected.state.covariance, gap) < 6.0


def test_both_late_each_by_its_own_delay(world, plots: list) -> None:
    delays_s = [12.0 if plot.sensor == "J1" else 3.0 for plot in plots]
    (track,) = take_all(world, late(plots, delays_s)).tracks()
    (expected,) = take_all(world, in_time(plots)).tracks()
    assert_same_estimate(track, expected)


@pytest.mark.parametrize("late_hz", [2.0, 5.0])
def test_a_late_sensor_among_ten_plots_a_second_gives_the_estimate_in_time(
    world, late_hz: float
) -> None:
    """All that one sensor saw comes half a minute late, in batches, beside a busy other one."""
    draw = np.random.default_rng(31)
    plots = world.plots(world.west, np.arange(FROM_S, TO_S, 1.0 / (10.0 - late_hz)), draw)
    plots += world.plots(world.east, np.arange(100.03, TO_S, 1.0 / late_hz), draw)
    plots.sort(key=lambda plot: plot.observed_at)
    delays_s = [DELAY_MAX_S if plot.sensor == "J1" else 0.1 for plot in plots]
    tracker = take_all(world, late(plots, delays_s))
    (track,) = tracker.tracks()
    (expected,) = take_all(world, in_time(plots)).tracks()
    assert_same_estimate(track, expected)
    assert track.updates > 700
    assert "late" not in tracker.counts


def test_repeats_that_come_late_change_nothing_at_all(world, plots: list) -> None:
    """Each plot a second time, up to 30 s after the first."""
    draw = np.random.default_rng(8)
    delays_s = [0.1] * len(plots)
    again_s = draw.uniform(0.2, DELAY_MAX_S, len(plots)).tolist()
    twice = sorted(late(plots, delays_s) + late(plots, again_s), key=lambda arrival: arrival[0])
    until = twice[-1][0]
    tracker, once = take_all(world, twice), take_all(world, late(plots, delays_s))
    once.tick(until)
    tracker.tick(until)
    (track,), (expected,) = tracker.tracks(), once.tracks()
    np.testing.assert_array_equal(track.state.mean, expected.state.mean)
    np.testing.assert_array_equal(track.state.covariance, expected.state.covariance)
    assert track.updates == expected.updates
    assert tracker.counts["repeated"] == len(plots)
