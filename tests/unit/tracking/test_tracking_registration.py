"""Radars that are off: what is learnt of them, from what, and what the tracker makes of it."""

import numpy as np
import pytest
from scipy.stats import chi2

from signalfire.basis.identity import SensorId
from signalfire.tracking import _kernels as filters
from signalfire.tracking import _registration_kernels as k
from signalfire.tracking.bias import posterior_of
from signalfire.tracking.measurement import Gaps, record
from signalfire.tracking.registered_flight import RegisteredFlight
from signalfire.tracking.settings import TrackingSettings

SETTINGS = TrackingSettings()
LAW = SETTINGS.law()
PRIOR = np.square(SETTINGS.registration.sigmas)
OFF = np.array([50.0, 1e-3, -1e-3, 0.3])


@pytest.fixture(scope="module")
def three(world) -> list:
    """Radars, of which the first is the nearest."""
    return [world.west, world.east, world.radar("J2", 38.25, 138.45)]


class Silent:
    """A draw without chance."""

    def normal(self, size: int | None = None) -> float:
        return 0.0


def seen(world, sensor, t: float, off: np.ndarray, draw=None):
    """What a radar that is off reports of the missile at ``t``, stamped by its own clock."""
    plot = world.look(sensor, t, world.truth(t), draw or Silent())
    return plot and world.changed(
        plot,
        observed_at=plot.observed_at.later(float(off[3])),
        range_m=plot.range_m + off[0],
        azimuth_rad=plot.azimuth_rad + off[1],
        elevation_rad=plot.elevation_rad + off[2],
    )


def row_of(plot, sensor) -> np.ndarray:
    return record(plot, sensor, Gaps(1.0, 5.0))


def residuals(mean: np.ndarray, row: np.ndarray) -> np.ndarray:
    found, slope, noise = np.empty(4), np.empty((4, 6)), np.empty(4)
    count = filters.innovate(mean, row, found, slope, noise)
    return found[:count]


@pytest.mark.parametrize("way", range(4))
def test_the_slopes_by_the_biases_are_those_of_the_residuals(world, way: int) -> None:
    t, size = 200.0, np.array([20.0, 1e-4, 1e-4, 0.02])
    off = np.where(np.arange(4) == way, size, 0.0)
    found = []
    for sign in (1.0, -1.0):
        shift = sign * off
        # Stamped t, so seen at t less what the clock is fast by.
        plot = seen(world, world.west, t - shift[3], shift)
        assert plot.observed_at.elapsed_s(since=world.start) == pytest.approx(t, abs=1e-8)
        found.append(residuals(world.truth(t), row_of(plot, world.west)))
    row = row_of(seen(world, world.west, t, np.zeros(4)), world.west)
    slope, out = np.empty((4, 6)), np.empty((4, k.WAYS))
    filters.innovate(world.truth(t), row, np.empty(4), slope, np.empty(4))
    k.bias_slopes(world.truth(t), row, slope, 3, out)
    expected = (found[0] - found[1]) / (2.0 * size[way])
    scale = np.abs(out[:3, way]).max()
    np.testing.assert_allclose(out[:3, way], expected, atol=2e-3 * scale)


def test_a_corrected_plot_is_the_plot_of_a_radar_that_is_not_off(world) -> None:
    off = np.array([80.0, 2e-3, -3e-3, 0.0])
    true = row_of(seen(world, world.west, 200.0, np.zeros(4)), world.west)
    row = row_of(seen(world, world.west, 200.0, off), world.west)
    k.correct(row, off)
    np.testing.assert_allclose(row[filters.RANGE], true[filters.RANGE], rtol=1e-12)
    along = slice(filters.ALONG, filters.ALONG + 3)
    aside = row[filters.ASIDE : filters.ASIDE + 3]
    np.testing.assert_allclose(row[along], true[along], atol=2e-5)
    np.testing.assert_allclose([row[along] @ row[along], aside @ aside], 1.0, rtol=1e-12)
    assert abs(row[along] @ aside) < 1e-12


def filtered(world, three, offs, *, reference_s: float = 110.0, last_s: float = 200.0):
    """A pass over noiseless plots of all radars, along the true flight."""
    row = np.zeros(k.WIDTH)
    k.begin(row, world.truth(reference_s), 1e4, 1e3)
    plots = [
        (plot.observed_at.elapsed_s(since=world.start), radar, row_of(plot, sensor))
        for radar, (sensor, off) in enumerate(zip(three, offs, strict=True))
        for t in np.arange(reference_s + 1.0, last_s, 2.0)
        if (plot := seen(world, sensor, float(t) + 0.3 * radar, off))
    ]
    now_s = reference_s
    for t, radar, taken in sorted(plots, key=lambda each: each[:2]):
        k.carry(row, t - now_s, LAW)
        k.learn(row, taken, radar, PRIOR)
        now_s = t
    k.carry(row, last_s - now_s, LAW)
    return row


def test_the_slope_of_the_state_says_what_the_biases_do_to_it(world, three) -> None:
    offs = [0.3 * OFF, -0.2 * OFF, np.zeros(4)]
    plain, off = filtered(world, three, [np.zeros(4)] * 3), filtered(world, three, offs)
    bias = np.zeros(k.BIASES)
    bias[:12] = np.concatenate(offs)
    restored = k.mean_of(off) + k.slope_of(off) @ bias
    done = np.linalg.norm((k.mean_of(off) - k.mean_of(plain))[:3])
    left = np.linalg.norm((restored - k.mean_of(plain))[:3])
    assert done > 100.0
    assert left < 0.03 * done


def test_all_clocks_fast_alike_cannot_be_told(world, three) -> None:
    """No plot shows it, however many there are: the information in that direction is none."""
    row = filtered(world, three, [np.zeros(4)] * 3)
    common = np.zeros(k.BIASES)
    common[3:12:4] = 1.0
    one = np.zeros(k.BIASES)
    one[3] = 1.0
    information = k.information_of(row)
    assert common @ information @ common < 1e-4 * (one @ information @ one)


def test_plots_only_ever_add_information(world, three) -> None:
    few = filtered(world, three, [np.zeros(4)] * 3, last_s=150.0)
    many = filtered(world, three, [np.zeros(4)] * 3, last_s=200.0)
    gained = k.information_of(many) - k.information_of(few)
    scale = np.diag(np.tile(SETTINGS.registration.sigmas, k.RADARS))
    assert np.linalg.eigvalsh(scale @ gained @ scale).min() > -1e-9
    assert np.trace(scale @ gained @ scale) > 1.0


@pytest.mark.parametrize("name", ["carry", "learn", "correct", "bias_slopes"])
def test_the_compiled_kernel_is_the_written_one(name: str, world, three) -> None:
    row = filtered(world, three, [OFF, np.zeros(4), np.zeros(4)], last_s=120.0)
    taken = row_of(seen(world, world.west, 120.0, OFF), world.west)
    slope = np.ones((4, 6))
    arguments = {
        "carry": (row, 1.5, LAW),
        "learn": (row, taken, 0, PRIOR),
        "correct": (taken, OFF),
        "bias_slopes": (world.truth(120.0), taken, slope, 3, np.zeros((4, k.WAYS))),
    }[name]
    outcomes = []
    for function in (getattr(k, name), getattr(k, name).py_func):
        copies = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
        function(*copies)
        outcomes.append(copies)
    for one, other in zip(*outcomes, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-9)


# Which radars are off.


def told(share: float, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a comparison of two or three radars says: each against each, equally good."""
    scale = 1.0 / (share * np.array(SETTINGS.registration.sigmas))
    difference = np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0], [1.0, 0.0, -1.0]])
    difference = difference if len(true) == 12 else difference[:1, :2]
    rows = np.kron(difference, np.diag(scale))
    return rows.T @ rows, rows.T @ rows @ true


def test_before_anything_is_known_radars_are_taken_as_they_state() -> None:
    known = posterior_of(np.zeros((12, 12)), np.zeros(12), [0, 1, 2], SETTINGS.registration)
    assert 0.8 < known.registered_probability([0, 1, 2]) < 0.9
    np.testing.assert_array_equal(known.mean, 0.0)


def test_a_radar_that_was_never_compared_is_not_in_doubt() -> None:
    information, weighted = told(0.1, np.concatenate([OFF, np.zeros(8)]))
    known = posterior_of(information, weighted, [0, 1], SETTINGS.registration)
    assert known.registered_probability([2]) == 1.0
    np.testing.assert_array_equal(known.covariance[8:], 0.0)


@pytest.mark.parametrize("radar", [0, 1, 2])
def test_of_three_radars_the_one_that_is_off_is_found(radar: int) -> None:
    true = np.zeros(12)
    true[4 * radar : 4 * radar + 4] = OFF
    known = posterior_of(*told(0.05, true), [0, 1, 2], SETTINGS.registration)
    others = [other for other in range(3) if other != radar]
    assert known.registered_probability([radar]) < 0.01
    assert known.registered_probability(others) > 0.9
    sigmas = np.sqrt(np.diagonal(known.covariance))
    assert (np.abs(known.mean - true) < 3.0 * sigmas + 0.01 * np.abs(true).max()).all()


def test_of_two_radars_which_one_is_off_stays_open() -> None:
    two = told(0.05, np.concatenate([OFF, np.zeros(4)]))
    known = posterior_of(*two, [0, 1], SETTINGS.registration)
    assert known.registered_probability([0]) == pytest.approx(known.registered_probability([1]))
    apart = np.concatenate([np.eye(4), -np.eye(4)], axis=1)
    differences = np.sqrt(np.diagonal(apart @ known.covariance @ apart.T))
    assert (differences < 0.3 * np.sqrt(np.diagonal(known.covariance)[:4])).all()


def test_the_order_of_the_radars_does_not_matter() -> None:
    true = np.arange(12.0) * np.tile(SETTINGS.registration.sigmas, 3) / 10.0
    information, weighted = told(0.2, true)
    order = np.concatenate([np.arange(8, 12), np.arange(0, 8)])
    one = posterior_of(information, weighted, [0, 1, 2], SETTINGS.registration)
    other = posterior_of(
        information[np.ix_(order, order)], weighted[order], [0, 1, 2], SETTINGS.registration
    )
    np.testing.assert_allclose(other.mean, one.mean[order], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        other.covariance, one.covariance[np.ix_(order, order)], rtol=1e-7, atol=1e-12
    )


# One flight.


def plots_of(world, sensors, offs, seed: int, first_s: float, last_s: float) -> list:
    draw = np.random.default_rng(seed)
    found = [
        (plot, radar)
        for radar, (sensor, off) in enumerate(zip(sensors, offs, strict=True))
        for t in np.arange(first_s, last_s) + 0.25 * radar
        if (plot := seen(world, sensor, float(t), off, draw))
    ]
    return sorted(found, key=lambda pair: pair[0].received_at)


def flown(world, sensors, plots) -> RegisteredFlight:
    flight = RegisteredFlight(SETTINGS.registration, LAW, len(sensors))
    for plot, radar in plots:
        at_ns = plot.observed_at.tai_ns - world.start.tai_ns
        flight.take(at_ns, row_of(plot, sensors[radar]), radar)
    return flight


def test_thrust_is_not_taken_for_free_flight_and_free_flight_is(world, three) -> None:
    offs = [OFF, np.zeros(4), np.zeros(4)]
    assert not flown(world, three, plots_of(world, three, offs, 3, 70.0, 101.0)).is_free
    flight = flown(world, three, plots_of(world, three, offs, 3, 70.0, 145.0))
    assert flight.is_free
    assert flight.said() is not None


def test_plots_out_of_order_say_what_they_say_in_order(world, three) -> None:
    offs = [OFF, np.zeros(4), np.zeros(4)]
    plots = plots_of(world, three, offs, 4, 105.0, 240.0)
    draw = np.random.default_rng(1)
    late = sorted(plots, key=lambda pair: pair[0].received_at.later(8.0 * draw.random()))
    assert late != plots
    one, other = flown(world, three, plots), flown(world, three, late)
    at_ns = 240 * 10**9
    (mean, covariance, _), (mean_late, covariance_late, _) = one.estimate(at_ns), other.estimate(
        at_ns
    )  # fmt: skip
    gap = mean - mean_late
    assert gap @ np.linalg.solve(covariance, gap) < 0.01
    np.testing.assert_allclose(np.diag(covariance_late), np.diag(covariance), rtol=0.01)


def test_a_flight_that_is_no_longer_free_says_no_more(world, three) -> None:
    plots = plots_of(world, three, [np.zeros(4)] * 3, 5, 105.0, 200.0)
    swerved = [
        (world.changed(plot, range_m=plot.range_m + 60.0 * max(t - 160.0, 0.0) ** 2), radar)
        for plot, radar in plots
        for t in [plot.received_at.elapsed_s(since=world.start)]
    ]
    flight = flown(world, three, swerved)
    assert flight.is_broken
    assert flight.estimate(200 * 10**9) is None
    until = flown(
        world, three, [pair for pair in plots if pair[0].received_at < world.start.later(160.0)]
    )
    assert np.trace(flight.said()[0]) < 1.3 * np.trace(until.said()[0])


# The tracker.


def play(world, sensors, offs, seed: int, reports_s=(), last_s: float = 260.0):
    """A tracker that has seen a flight, and its tracks at some seconds."""
    tracker = world.tracker(*sensors)
    due, shown = list(reports_s), {}
    for plot, _ in plots_of(world, sensors, offs, seed, 60.0, last_s):
        tracker.take([plot], plot.received_at)
        if due and plot.received_at >= world.start.later(due[0]):
            shown[due.pop(0)] = tracker.tracks()
    return tracker, shown


def error_squared(world, track) -> float:
    error = track.state.mean - world.truth(track.state.valid_at.elapsed_s(since=world.start))
    return float(error @ np.linalg.solve(track.state.covariance, error))


@pytest.fixture(scope="module")
def off_by_turns(world, three) -> list:
    """Six flights, each radar off in two of them."""
    found = []
    for run in range(6):
        offs = [np.zeros(4)] * 3
        offs[run % 3] = OFF if run < 3 else -OFF
        found.append((offs, *play(world, three, offs, run, (200.0, 259.0))))
    return found


def test_with_one_radar_off_one_missile_is_one_track_of_almost_all_plots(off_by_turns) -> None:
    for _, tracker, shown in off_by_turns:
        assert {len(tracks) for tracks in shown.values()} == {1}
        assert tracker.counts["confirmed"] == 1
        assert tracker.counts["used"] > 0.95 * sum(
            tracker.counts.get(name, 0) for name in ("used", "out of register", "unassociated")
        )


@pytest.mark.parametrize("t", [200.0, 259.0])
def test_with_one_radar_off_errors_are_as_large_as_claimed(world, off_by_turns, t) -> None:
    total = sum(error_squared(world, shown[t][0]) for _, _, shown in off_by_turns)
    low, high = chi2.ppf([0.001, 0.999], 6 * len(off_by_turns))
    assert low < total < high


def test_what_a_radar_is_off_by_is_found_within_what_is_claimed(world, off_by_turns) -> None:
    for offs, tracker, _ in off_by_turns:
        names = [world.west.sensor, world.east.sensor, SensorId("J2")]
        known = {bias.sensor: bias for bias in tracker.registration()}
        for name, off in zip(names, offs, strict=True):
            bias = known[name]
            assert abs(bias.range_bias_m - off[0]) < 4.0 * bias.range_sigma_m + 5.0
            assert abs(bias.azimuth_bias_rad - off[1]) < 4.0 * bias.azimuth_sigma_rad + 5e-5
            assert abs(bias.elevation_bias_rad - off[2]) < 4.0 * bias.elevation_sigma_rad + 5e-5
            assert abs(bias.clock_bias_s - off[3]) < 4.0 * bias.clock_sigma_s + 5e-3
            assert (bias.out_of_register_probability > 0.9) == bool(off.any())


def test_of_radars_in_register_the_trackers_own_estimate_is_shown(world, three) -> None:
    tracker, shown = play(world, three, [np.zeros(4)] * 3, 11, (200.0,), 201.0)
    assert all(bias.out_of_register_probability < 0.3 for bias in tracker.registration())
    (track,) = shown[200.0]
    total = error_squared(world, track)
    assert total < chi2.ppf(0.999, 6)
    own = np.trace(track.state.covariance[:3, :3])
    alone, _ = play(world, three[:1], [np.zeros(4)], 11, (), 201.0)
    assert own < np.trace(alone.tracks()[0].state.covariance[:3, :3])


def test_one_radar_alone_is_believed(world) -> None:
    tracker, _ = play(world, [world.west], [OFF], 12, (), 160.0)
    (bias,) = tracker.registration()
    assert bias.out_of_register_probability == 0.0
    assert bias.clock_sigma_s == 0.0


def test_what_was_learnt_serves_the_next_missile_from_its_first_plots(world, three) -> None:
    offs = [OFF, np.zeros(4), np.zeros(4)]
    tracker, _ = play(world, three, offs, 13)
    later_s = 1_000.0
    plots = [
        world.changed(
            plot,
            observed_at=plot.observed_at.later(later_s),
            received_at=plot.received_at.later(later_s),
        )
        for plot, _ in plots_of(world, three, offs, 14, 60.0, 160.0)
    ]
    before = tracker.counts
    for plot in plots:
        tracker.take([plot], plot.received_at)
    gained = {name: n - before.get(name, 0) for name, n in tracker.counts.items()}
    assert gained["confirmed"] == 1
    assert gained.get("out of register", 0) == 0
    state = tracker.tracks()[-1].state
    t = state.valid_at.elapsed_s(since=world.start) - later_s
    assert np.linalg.norm(state.mean[:3] - world.truth(t)[:3]) < 300.0


def test_repeats_teach_nothing(world, three) -> None:
    offs = [OFF, np.zeros(4), np.zeros(4)]
    once, twice = world.tracker(*three), world.tracker(*three)
    for plot, _ in plots_of(world, three, offs, 15, 60.0, 160.0):
        once.take([plot], plot.received_at)
        twice.take([plot, plot], plot.received_at)
    assert once.registration() == twice.registration()


def test_looking_changes_nothing(world, three) -> None:
    offs = [OFF, np.zeros(4), np.zeros(4)]
    unseen, watched = world.tracker(*three), world.tracker(*three)
    for plot, _ in plots_of(world, three, offs, 16, 60.0, 150.0):
        unseen.take([plot], plot.received_at)
        watched.take([plot], plot.received_at)
        watched.tracks()
        watched.registration()
    assert unseen.registration() == watched.registration()
    np.testing.assert_array_equal(unseen.tracks()[0].state.mean, watched.tracks()[0].state.mean)
