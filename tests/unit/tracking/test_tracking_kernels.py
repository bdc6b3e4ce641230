"""The filter's kernels: compiled equals written, derivatives, probabilities, memory."""

import numpy as np
import pytest

from signalfire.tracking import _kernels as k
from signalfire.tracking import _ring_kernels as ring
from signalfire.tracking.bank import FilterBank
from signalfire.tracking.measurement import Gaps, place_of, record
from signalfire.tracking.settings import TrackingSettings

LAW = TrackingSettings().law()


@pytest.fixture
def state(world) -> np.ndarray:
    """A track of the missile at 150 s, some way off the truth."""
    filled = np.zeros(k.WIDTH)
    draw = np.random.default_rng(3)
    k.begin(filled, world.truth(150.0)[:3], np.diag([9e4, 4e4, 1e4]), world.truth(150.0)[3:], 50.0)
    for mode in (0, 1):
        k.mean_of(filled, mode)[:] += draw.normal(size=6) * [300, 200, 100, 20, 20, 20]
    filled[k.P_FREE], filled[k.P_FORCED] = 0.7, 0.3
    return filled


def plot_row(world, t: float, rate_m_s: float | None = 800.0) -> np.ndarray:
    plot = world.look(world.west, t, world.truth(t), np.random.default_rng(4))
    return record(world.changed(plot, range_rate_m_s=rate_m_s), world.west, Gaps(1.0, 5.0))


def both_ways(kernel, *arguments):
    """Results and changed arguments of the compiled and of the written kernel."""
    outcomes = []
    for function in (kernel, kernel.py_func):
        copies = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
        outcomes.append((function(*copies), copies))
    return outcomes


@pytest.mark.parametrize("name", ["update", "mix", "carry", "advance", "begin", "blend"])
def test_the_compiled_kernel_is_the_written_one(name: str, state, world) -> None:
    row = plot_row(world, 151.0)
    mean, covariance = k.mean_of(state, 0).copy(), k.covariance_of(state, 0).copy()
    arguments = {
        "update": (mean, covariance, row),
        "mix": (state, 1.0, LAW),
        "carry": (state, 1.0, LAW),
        "advance": (state, 1.0, row, 151.0, LAW),
        "begin": (state, mean[:3], covariance[:3, :3].copy(), mean[3:], 100.0),
        "blend": (mean, covariance, mean + 5.0, 2.0 * covariance, 0.25),
    }[name]
    (result, compiled), (result_written, written) = both_ways(getattr(k, name), *arguments)
    if result is not None:
        np.testing.assert_allclose(result, result_written, rtol=1e-11)
    for one, other in zip(compiled, written, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-9)


def test_the_slopes_are_those_of_the_residuals(state, world) -> None:
    row = plot_row(world, 151.0)
    mean = k.mean_of(state, 0).copy()

    def residual_at(point):
        residual, noise, slope = np.zeros(4), np.zeros(4), np.zeros((4, 6))
        assert k.innovate(point, row, residual, slope, noise) == 4
        return residual, slope

    _, slope = residual_at(mean)
    for j, step in enumerate([1.0, 1.0, 1.0, 0.1, 0.1, 0.1]):
        offset = np.zeros(6)
        offset[j] = step
        numerical = -(residual_at(mean + offset)[0] - residual_at(mean - offset)[0]) / (2 * step)
        np.testing.assert_allclose(slope[:, j], numerical, rtol=1e-5, atol=1e-10)


def test_an_update_is_the_textbook_one(state, world) -> None:
    row = plot_row(world, 151.0)
    mean, covariance = k.mean_of(state, 0).copy(), k.covariance_of(state, 0).copy()
    residual, noise, slope = np.zeros(4), np.zeros(4), np.zeros((4, 6))
    k.innovate(mean, row, residual, slope, noise)
    s = slope @ covariance @ slope.T + np.diag(noise)
    gain = covariance @ slope.T @ np.linalg.inv(s)
    expected = mean + gain @ residual, covariance - gain @ s @ gain.T
    count, square, log_determinant = k.update(mean, covariance, row)
    assert count == 4
    np.testing.assert_allclose(mean, expected[0], rtol=1e-9)
    np.testing.assert_allclose(covariance, expected[1], rtol=1e-6, atol=1e-6)
    assert square == pytest.approx(residual @ np.linalg.solve(s, residual))
    assert log_determinant == pytest.approx(np.linalg.slogdet(s)[1])


def test_an_object_behind_the_sensor_gives_nothing(state, world) -> None:
    row = plot_row(world, 151.0)
    row[k.ALONG : k.ALONG + 3] *= -1.0
    mean, covariance = k.mean_of(state, 0).copy(), k.covariance_of(state, 0).copy()
    assert k.update(mean, covariance, row)[0] == 0
    np.testing.assert_array_equal(mean, k.mean_of(state, 0))


def test_mixing_keeps_the_probabilities_and_the_mean_of_the_whole(state) -> None:
    mean, covariance = np.empty(6), np.empty((6, 6))
    after, covariance_after = np.empty(6), np.empty((6, 6))
    k.mixture(state, LAW.faint, mean, covariance)
    k.mix(state, 3.0, LAW)
    k.mixture(state, LAW.faint, after, covariance_after)
    assert state[k.P_FREE] + state[k.P_FORCED] == pytest.approx(1.0)
    np.testing.assert_allclose(after, mean, rtol=1e-12)
    np.testing.assert_allclose(covariance_after, covariance, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_forced_flight_gives_to_free_flight_only_what_is_not_all_but_impossible(
    state, ratio: float
) -> None:
    forced = ratio * LAW.faint
    state[k.P_FREE], state[k.P_FORCED] = 1.0 - forced, forced
    k.covariance_of(state, 1)[3:, 3:] += 300.0**2 * np.eye(3)
    free, lit = k.covariance_of(state, 0).copy(), k.covariance_of(state, 1).copy()
    is_faint = ratio < 1.0
    shown, covariance = np.empty(6), np.empty((6, 6))
    k.mixture(state, LAW.faint, shown, covariance)
    assert np.array_equal(covariance, free) == is_faint
    k.mix(state, 1.0, LAW)
    assert np.array_equal(k.covariance_of(state, 0), free) == is_faint
    # Forced flight itself is fed by free flight as ever: it is there when something pushes.
    assert k.covariance_of(state, 1)[3, 3] < lit[3, 3]


def test_mixing_over_no_time_changes_nothing(state) -> None:
    before = state.copy()
    k.mix(state, 0.0, LAW)
    np.testing.assert_allclose(state, before, rtol=1e-14)


def test_what_is_recalled_is_what_was_known_then(world) -> None:
    bank = FilterBank(TrackingSettings(), rows_max=4)
    table = bank.table
    row = table.add(serial=1)
    place, covariance = place_of(plot_row(world, 100.0))
    bank.begin(row, at_ns=100 * 10**9, place=place, covariance=covariance, velocity=np.zeros(3))
    known = {}
    for t in range(101, 201):
        bank.take(row, at_ns=t * 10**9, record=plot_row(world, float(t), None), number=t)
        known[t] = table.state[row].copy()
    assert 32 <= table.count[row] <= 32 + ring.BLOCK
    for t in (169, 177, 199, 200):
        out = np.empty(k.WIDTH)
        ring.recall(row, t * 10**9, LAW, bank.columns(), out)
        np.testing.assert_allclose(out, known[t], rtol=1e-9)
