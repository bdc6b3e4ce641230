"""One missile: what the estimate says, and whether it may be believed."""

import numpy as np
import pytest
from scipy.stats import chi2

from signalfire.picture.track import Track, TrackStatus

RUNS = 40


def error_squared(track: Track, truth, start) -> float:
    error = track.state.mean - truth(track.last_observed_at.elapsed_s(since=start))
    return float(error @ np.linalg.solve(track.state.covariance, error))


@pytest.fixture(scope="module")
def flights(world) -> dict[int, list[Track]]:
    """Tracks of both radars at stated seconds, over all runs."""
    shown: dict[int, list[Track]] = {70: [], 99: [], 112: [], 150: [], 200: [], 280: []}
    for run in range(RUNS):
        draw = np.random.default_rng(run)
        plots = world.plots(world.west, np.arange(40.0, 281.0), draw)
        plots += world.plots(world.east, np.arange(40.5, 281.0), draw)
        plots.sort(key=lambda plot: plot.received_at)
        tracker = world.tracker(world.west, world.east)
        for plot in plots:
            tracker.take([plot], plot.received_at)
            t = plot.observed_at.elapsed_s(since=world.start)
            if t in shown:
                shown[int(t)].extend(tracker.tracks())
    return shown


def test_one_missile_is_one_track(flights) -> None:
    assert {t: len(tracks) for t, tracks in flights.items()} == dict.fromkeys(flights, RUNS)
    assert all(track.status is TrackStatus.CONFIRMED for track in flights[280])
    assert {track.paths for track in flights[280]} == {frozenset({"path-K1", "path-J1"})}


@pytest.mark.parametrize("t", [150, 200, 280])
def test_after_burn_out_errors_are_as_large_as_claimed(flights, world, t: int) -> None:
    total = sum(error_squared(track, world.truth, world.start) for track in flights[t])
    low, high = chi2.ppf([0.005, 0.995], 6 * RUNS)
    assert low < total < high, f"NEES {total / RUNS:.2f} of 6"


@pytest.mark.parametrize("t", [70, 99, 112])
def test_under_thrust_errors_are_not_larger_than_claimed(flights, world, t: int) -> None:
    mean = np.mean([error_squared(track, world.truth, world.start) for track in flights[t]])
    assert mean < 1.3 * 6.0


def test_the_velocity_is_known_to_some_metres_a_second_half_a_minute_after_burn_out(
    flights, world
) -> None:
    errors = [
        np.linalg.norm(track.state.mean[3:] - world.truth(150.0)[3:]) for track in flights[150]
    ]
    assert np.sqrt(np.mean(np.square(errors))) < 5.0


def test_thrust_is_told_from_free_flight(flights) -> None:
    assert np.mean([track.thrust_probability for track in flights[99]]) > 0.8
    assert np.mean([track.thrust_probability for track in flights[150]]) < 0.01
    assert all(track.free_flight_seen for track in flights[150])
    assert not any(track.free_flight_seen for track in flights[99])


def test_burn_out_is_placed_within_seconds(flights, world) -> None:
    times_s = [track.burnt_out_at.elapsed_s(since=world.start) for track in flights[280]]
    assert abs(np.mean(times_s) - world.burnt_out_s) < 3.0
    assert np.std(times_s) < 3.0


def test_a_missile_first_seen_after_burn_out_has_no_burn_out_time(world) -> None:
    tracker = world.tracker(world.east)
    plots = world.plots(world.east, np.arange(130.0, 260.0), np.random.default_rng(5))
    world.play(tracker, plots)
    (track,) = tracker.tracks()
    assert track.free_flight_seen
    assert track.burnt_out_at is None
    assert track.thrust_probability < 0.01


def test_the_early_arc_is_kept_in_order_and_apart(flights) -> None:
    arc = flights[280][0].ascent
    times_s = [state.valid_at.elapsed_s(since=arc[0].valid_at) for state in arc]
    assert len(arc) == 24
    assert min(np.diff(times_s)) >= 1.0
    assert arc[0].valid_at.elapsed_s(since=flights[280][0].first_observed_at) < 3.0


def test_time_under_observation_leaves_gaps_out(world) -> None:
    times = np.concatenate([np.arange(120.0, 140.0), np.arange(170.0, 190.0)])
    tracker = world.tracker(world.west)
    world.play(tracker, world.plots(world.west, times, np.random.default_rng(2)))
    (track,) = tracker.tracks()
    assert track.observed_s == pytest.approx(19.0 + 5.0 + 19.0)


def test_a_range_rate_makes_the_velocity_surer(world) -> None:
    sigmas = []
    for is_given in (False, True):
        tracker = world.tracker(world.west)
        for plot in world.plots(world.west, np.arange(60.0, 70.0), np.random.default_rng(3)):
            state = world.truth(plot.observed_at.elapsed_s(since=world.start))
            away = state[:3] - np.array(plot.site_ecef_m)
            rate = float(away @ state[3:] / np.linalg.norm(away))
            sigma = world.changed(plot.sigma, range_rate_m_s=5.0)
            given = world.changed(plot, range_rate_m_s=rate, sigma=sigma) if is_given else plot
            tracker.take([given], given.received_at)
        (track,) = tracker.tracks()
        away /= np.linalg.norm(away)
        sigmas.append(float(np.sqrt(away @ track.state.covariance[3:, 3:] @ away)))
    assert sigmas[1] < 0.3 * sigmas[0]
