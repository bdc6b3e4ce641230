"""How tracks begin, hold, are lost and end."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from signalfire.picture.detection import RadarPlot
from signalfire.picture.track import TrackStatus
from signalfire.space.geodesy import Geodetic, geodetic


def clutter(world, sensor, t: float, count: int, draw: np.random.Generator) -> list[RadarPlot]:
    """False plots, anywhere in what a radar sees."""
    return [
        RadarPlot(
            sensor=sensor.sensor,
            path=sensor.path,
            observed_at=world.start.later(t),
            received_at=world.start.later(t + 0.15),
            site_ecef_m=sensor.site_ecef_m,
            range_m=float(draw.uniform(100e3, 1_500e3)),
            azimuth_rad=float(draw.uniform(4.5, 6.2)),
            elevation_rad=float(draw.uniform(0.02, 1.0)),
            sigma=sensor.sigma,
        )
        for _ in range(count)
    ]


def salvo(world, sensors, truths, *, seed: int, seconds, detected: float, false_count: float):
    """Play several missiles, missed plots and false ones, each sensor in scans, shuffled."""
    draw = np.random.default_rng(seed)
    tracker = world.tracker(*sensors)
    for t in seconds:
        for k, sensor in enumerate(sensors):
            at = float(t) + 0.3 * k
            scan = [world.look(sensor, at, truth(at), draw) for truth in truths]
            scan = [plot for plot in scan if plot is not None and draw.random() < detected]
            scan += clutter(world, sensor, at, int(draw.poisson(false_count)), draw)
            order = draw.permutation(len(scan))
            tracker.take([scan[i] for i in order], world.start.later(at + 0.15))
        tracker.tick(world.start.later(float(t) + 0.9))
    return tracker


def whose(world, track, truths) -> tuple[int, float]:
    """Which missile a track is nearest to, and how far."""
    at = track.last_observed_at.elapsed_s(since=world.start)
    gaps = [float(np.linalg.norm(track.state.mean[:3] - truth(at)[:3])) for truth in truths]
    return int(np.argmin(gaps)), min(gaps)


def test_false_plots_alone_confirm_no_track(world) -> None:
    tracker = salvo(
        world, [world.west], [], seed=1, seconds=range(60), detected=1.0, false_count=60.0
    )
    assert tracker.counts["unassociated"] > 3_000
    assert tracker.tracks() == ()


def test_a_missile_among_false_plots_with_missed_ones_is_the_one_track(world) -> None:
    tracker = salvo(
        world, [world.west, world.east], [world.truth],
        seed=2, seconds=range(60, 200), detected=0.6, false_count=10.0,
    )  # fmt: skip
    (track,) = tracker.tracks()
    assert whose(world, track, [world.truth])[1] < 500.0
    assert track.free_flight_seen


@pytest.fixture(scope="module")
def crossing(world):
    """Two salvos of four, from the same place, whose paths cross; seconds apart."""
    others = [world.launched(azimuth_deg=80.0, burn_s=95.0, end_s=620.0)]
    truths = []
    for base, shift in ((world.truth, 0.0), (others[0], 10e3)):
        for i in range(4):
            offset = np.array([1.5e3 * i, -1e3 * i + shift, 500.0 * i, 0.0, 0.0, 0.0])
            truths.append(lambda t, base=base, i=i, o=offset: base(t - 4.0 * i) + o)
    return truths


@pytest.mark.parametrize(("detected", "seed"), [(1.0, 3), (0.8, 4), (0.6, 5)])
def test_crossing_salvos_keep_their_number(world, crossing, detected: float, seed: int) -> None:
    tracker = salvo(
        world, [world.west, world.east], crossing,
        seed=seed, seconds=range(60, 260), detected=detected, false_count=3.0,
    )  # fmt: skip
    tracks = tracker.tracks()
    found = [whose(world, track, crossing) for track in tracks]
    assert sorted(index for index, _ in found) == list(range(8))
    assert max(gap for _, gap in found) < 500.0
    # One wrong pairing may live for seconds where the paths begin together; it does not stay.
    assert tracker.counts["confirmed"] <= 9


def side_by_side(world, apart_m: float, delay_s: float):
    """Four of one heading: so far apart across their path, so long after each other."""
    place, velocity = world.truth(100.0)[:3], world.truth(100.0)[3:]
    aside = np.cross(velocity, place)
    step = np.concatenate([apart_m * aside / np.linalg.norm(aside), np.zeros(3)])
    return [lambda t, i=i: world.truth(t - delay_s * i) + i * step for i in range(4)]


@pytest.mark.parametrize(
    ("apart_m", "delay_s", "seed"),
    [(500.0, 0.0, 1), (1_500.0, 0.0, 2), (3_000.0, 0.0, 1), (0.0, 3.0, 2), (0.0, 8.0, 1)],
)
def test_four_side_by_side_have_a_track_each_and_keep_it(
    world, apart_m: float, delay_s: float, seed: int
) -> None:
    """docs/decisions/0014: nothing draws neighbours together. At 500 m names may still swap."""
    truths = side_by_side(world, apart_m, delay_s)
    held = []
    for end in (100, 200):
        tracker = salvo(
            world, [world.west, world.east], truths,
            seed=seed, seconds=range(60, end), detected=0.8, false_count=0.0,
        )  # fmt: skip
        seen = [t for t in tracker.tracks() if t.status is TrackStatus.CONFIRMED]
        held.append({track.track: whose(world, track, truths) for track in seen})
    assert sorted(index for index, _ in held[1].values()) == list(range(4))
    assert max(gap for _, gap in held[1].values()) < 300.0
    if apart_m != 500.0:
        names = [{name: index for name, (index, _) in each.items()} for each in held]
        assert names[0] == names[1]


def test_a_slow_radar_counts_a_salvo_of_free_flying_missiles(world) -> None:
    slow = world.radar("S10", 36.6, 127.5, period_s=10.0)
    truths = [lambda t, i=i: world.truth(t - 20.0 * i) for i in range(6)]
    tracker = salvo(
        world, [slow], truths,
        seed=6, seconds=range(220, 530, 10), detected=0.8, false_count=2.0,
    )  # fmt: skip
    assert len({whose(world, track, truths)[0] for track in tracker.tracks()}) == 6
    assert len(tracker.tracks()) == 6


def test_a_track_starts_on_the_fourth_plot(world) -> None:
    tracker = world.tracker(world.west)
    shown = []
    for plot in world.plots(world.west, np.arange(60.0, 66.0), np.random.default_rng(1)):
        tracker.take([plot], plot.received_at)
        shown.append(len(tracker.tracks()))
    assert shown == [0, 0, 0, 1, 1, 1]
    assert tracker.tracks()[0].first_observed_at == world.start.later(60.0)


def test_infrared_sights_of_two_satellites_start_a_track(world) -> None:
    east, west = world.satellite("S1", 165.0), world.satellite("S2", 70.0)
    draw = np.random.default_rng(8)
    tracker = world.tracker(east, west)
    for t in np.arange(40.0, 80.0, 2.0):
        for k, satellite in enumerate((east, west)):
            at = float(t + k)
            sight = world.look(satellite, at, world.truth(at), draw, delay_s=2.0)
            tracker.take([sight], sight.received_at)
    (track,) = tracker.tracks()
    error = track.state.mean - world.truth(79.0)
    assert np.linalg.norm(error[:3]) < 5e3
    assert error @ np.linalg.solve(track.state.covariance, error) < 22.5
    assert track.paths == {"path-S1", "path-S2"}


def test_infrared_reports_two_seconds_late_join_the_radar_track(world) -> None:
    satellite = world.satellite("S1", 165.0)
    draw = np.random.default_rng(10)
    detections = world.plots(world.west, np.arange(60.0, 100.0), draw)
    detections += [
        world.look(satellite, float(t), world.truth(float(t)), draw, delay_s=2.1)
        for t in np.arange(60.5, 98.0, 2.0)
    ]
    detections.sort(key=lambda detection: detection.received_at)
    tracker = world.tracker(world.west, satellite)
    world.play(tracker, detections)
    (track,) = tracker.tracks()
    assert track.paths == {"path-K1", "path-S1"}
    assert track.updates > 54


def test_a_track_without_plots_is_lost_then_found_again(world) -> None:
    tracker = world.tracker(world.west)
    draw = np.random.default_rng(13)
    world.play(tracker, world.plots(world.west, np.arange(120.0, 180.0), draw))
    for t in range(180, 260):
        tracker.tick(world.start.later(float(t)))
    (track,) = tracker.tracks()
    assert track.status is TrackStatus.LOST
    assert track.last_observed_at == world.start.later(179.0)
    world.play(tracker, world.plots(world.west, np.arange(260.0, 265.0), draw))
    (again,) = tracker.tracks()
    assert again.status is TrackStatus.CONFIRMED
    assert again.track == track.track


def test_a_lost_track_is_kept_until_a_minute_after_it_came_down(world) -> None:
    tracker = world.tracker(world.west)
    draw = np.random.default_rng(14)
    world.play(tracker, world.plots(world.west, np.arange(120.0, 200.0), draw))
    down_s = next(
        t for t in np.arange(400.0, 650.0) if geodetic(world.truth(t)[:3]).altitude_m < 0.0
    )
    tracker.tick(world.start.later(down_s))
    tracker.tick(world.start.later(down_s + 40.0))
    assert len(tracker.tracks()) == 1
    tracker.tick(world.start.later(down_s + 90.0))
    assert tracker.tracks() == ()
    assert tracker.counts["dropped: gone"] == 1


def test_a_clock_years_ahead_ends_every_track_at_once(world) -> None:
    tracker = world.tracker(world.west)
    draw = np.random.default_rng(14)
    world.play(tracker, world.plots(world.west, np.arange(120.0, 140.0), draw))
    far = world.plots(world.west, np.arange(140.0, 143.0), draw)
    later = [world.changed(plot, observed_at=plot.observed_at.later(3e8)) for plot in far]
    tracker.take(later, later[-1].observed_at)
    assert len(tracker.tracks()) == 1
    tracker.tick(later[-1].observed_at)
    assert tracker.tracks() == ()


def test_a_relight_above_the_air_is_seen(world) -> None:
    """15 m/s2 along the velocity, from 200 s on."""
    from_state = world.truth(200.0)

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        rates = (world.truth(200.0 + t + 0.5)[3:] - world.truth(200.0 + t - 0.5)[3:]) / 1.0
        return np.concatenate([y[3:], rates + 15.0 * y[3:] / np.linalg.norm(y[3:])])

    forced = solve_ivp(slope, (0.0, 40.0), from_state, dense_output=True, max_step=1.0).sol
    tracker = world.tracker(world.west)
    draw = np.random.default_rng(15)
    world.play(tracker, world.plots(world.west, np.arange(110.0, 200.0), draw))
    assert tracker.tracks()[0].thrust_probability < 1e-3
    seen = []
    for t in np.arange(200.0, 225.0):
        plot = world.look(world.west, float(t), forced(t - 200.0), draw)
        tracker.take([plot], plot.received_at)
        (track,) = tracker.tracks()
        seen.append(track.thrust_probability)
    assert max(seen[:12]) > 0.9
    assert track.free_flight_seen
    error = track.state.mean - forced(24.0)
    assert error @ np.linalg.solve(track.state.covariance, error) < 22.5


def test_an_aircraft_is_never_in_free_flight(world) -> None:
    site = Geodetic.from_degrees(37.5, 129.0, 10_000.0)
    tracker = world.tracker(world.west)
    draw = np.random.default_rng(16)
    for t in range(120):
        place = Geodetic(site.latitude_rad, site.longitude_rad + 4.5e-5 * t, 10_000.0)
        state = np.concatenate([place.ecef_m(), np.zeros(3)])
        plot = world.look(world.west, float(t), state, draw)
        tracker.take([plot], plot.received_at)
        tracker.tick(plot.received_at)
    (track,) = tracker.tracks()
    assert not track.free_flight_seen


def test_a_plot_at_the_zenith_is_like_any_other(world) -> None:
    over = geodetic(world.truth(200.0)[:3])
    below = world.radar("Z1", over.lat_deg, over.lon_deg)
    tracker = world.tracker(below)
    world.play(tracker, world.plots(below, np.arange(170.0, 230.0), np.random.default_rng(17)))
    (track,) = tracker.tracks()
    error = track.state.mean - world.truth(229.0)
    assert error @ np.linalg.solve(track.state.covariance, error) < 22.5
    assert np.linalg.norm(error[:3]) < 300.0


def test_the_same_detections_give_the_same_tracks(world) -> None:
    played = {"seed": 18, "seconds": range(60, 120), "detected": 0.8, "false_count": 5.0}
    runs = [salvo(world, [world.west], [world.truth], **played) for _ in range(2)]
    (one,), (other,) = runs[0].tracks(), runs[1].tracks()
    np.testing.assert_array_equal(one.state.mean, other.state.mean)
    assert runs[0].counts == runs[1].counts
