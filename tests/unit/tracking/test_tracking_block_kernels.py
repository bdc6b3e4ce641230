"""Many tracks at once: the same as one at a time, whatever the numbers, and in vectors."""

import math
import platform
import re

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis import _block_kernels as lanes
from signalfire.basis.kernel import COMPILED, LANES, RELAXED, Floats
from signalfire.motion import _block_kernels as free_flight
from signalfire.motion import _kernels as motion
from signalfire.space._kernels import altitude_of
from signalfire.tracking import _block_kernels as blocks
from signalfire.tracking import _kernels as scalar
from signalfire.tracking.blocks import (
    collect_from_lanes,
    empty_blocks,
    spread_over_lanes,
    state_blocks,
    states_of,
)

COUNT = LANES + 5


class Tracks:
    """Random tracks with their parameters and a detection each, near where the track says."""

    def __init__(self, seed: int, *, low_m: float, high_m: float, elapsed_max_s: float) -> None:
        draw = np.random.default_rng(seed)
        up = draw.normal(size=(COUNT, 3))
        up /= np.linalg.norm(up, axis=1)[:, None]
        self.means = np.empty((COUNT, 6))
        self.means[:, :3] = up * (6.378e6 + draw.uniform(low_m, high_m, size=(COUNT, 1)))
        way = draw.normal(size=(COUNT, 3))
        way /= np.linalg.norm(way, axis=1)[:, None]
        self.means[:, 3:] = way * draw.uniform(100.0, 7000.0, size=(COUNT, 1))
        root = draw.normal(size=(COUNT, 6, 6)) * np.array([300, 300, 300, 20, 20, 20])[:, None]
        self.covariances = root @ root.transpose(0, 2, 1)
        self.covariances = 0.5 * (self.covariances + self.covariances.transpose(0, 2, 1))
        self.laws = np.column_stack(
            [
                draw.uniform(-elapsed_max_s, elapsed_max_s, COUNT),
                1.0 / draw.uniform(2000.0, 10_000.0, COUNT),
                draw.uniform(0.0, 10.0, COUNT),
                draw.uniform(0.0, 100.0, COUNT),
                draw.uniform(0.0, 0.5, COUNT),
                draw.uniform(0.0, 10.0, COUNT),
            ]
        )
        self.plots = np.zeros((COUNT, scalar.RECORD))
        self.plots[:, scalar.KIND] = draw.choice([0.0, 2.0, 3.0], COUNT)
        site = self.means[:, :3] - draw.normal(size=(COUNT, 3)) * 4e5
        away = self.means[:, :3] + draw.normal(size=(COUNT, 3)) * 400.0 - site
        distance = np.linalg.norm(away, axis=1)
        along = away / distance[:, None]
        aside = np.cross(along, [0.0, 0.0, 1.0])
        self.plots[:, scalar.SITE : scalar.SITE + 3] = site
        self.plots[:, scalar.ALONG : scalar.ALONG + 3] = along
        self.plots[:, scalar.ASIDE : scalar.ASIDE + 3] = (
            aside / np.linalg.norm(aside, axis=1)[:, None]
        )
        self.plots[:, scalar.RANGE] = distance
        self.plots[:, scalar.RATE] = np.sum(along * self.means[:, 3:], axis=1) + draw.normal(
            size=COUNT
        )
        self.plots[:, scalar.S_RANGE : scalar.GAP] = [50.0, 1e-3, 2e-3, 5.0]
        self.plots[self.plots[:, scalar.KIND] == 0.0] = 0.0

    def states(self) -> Floats:
        return state_blocks(self.means, self.covariances)

    def predicted_alone(self) -> tuple[Floats, Floats]:
        """Means and covariances after their time, by the reference kernel in one step."""
        means, covariances = self.means.copy(), self.covariances.copy()
        for i, (elapsed, drag, across, along, spread, field) in enumerate(self.laws):
            motion.predict_driven(
                means[i], covariances[i], drag, across, along, spread, field, elapsed, 1e9
            )
        return means, covariances

    def updated_alone(self) -> tuple[Floats, Floats, Floats]:
        """Means, covariances and what was found, by the reference kernel."""
        means, covariances = self.means.copy(), self.covariances.copy()
        found = np.zeros((COUNT, blocks.FOUND))
        for i, plot in enumerate(self.plots):
            _, *found[i] = scalar.update(means[i], covariances[i], plot)
        return means, covariances, found


def relative(covariances: Floats, reference: Floats) -> float:
    """Largest difference of an element, in units of its two sigmas."""
    sigma = np.sqrt(np.einsum("nii->ni", reference))
    return float(np.max(np.abs(covariances - reference) / (sigma[:, :, None] * sigma[:, None, :])))


BANDS = {
    "above the air": (250e3, 2000e3, 1e-8, 2e-7),
    "thin air": (60e3, 250e3, 1e-7, 2e-7),
    "dense air": (30e3, 60e3, 1e-5, 1e-4),
}
"""Lowest and highest track, and what may be lost in the mean (m, m/s) and in the covariance."""


@pytest.mark.parametrize("band", BANDS)
@given(seed=st.integers(0, 10**6))
def test_many_predicted_at_once_are_each_predicted_alone(band: str, seed: int) -> None:
    low_m, high_m, mean_tolerance, covariance_tolerance = BANDS[band]
    tracks = Tracks(seed, low_m=low_m, high_m=high_m, elapsed_max_s=1.0)
    states = tracks.states()
    blocks.predict_blocks(states, spread_over_lanes(tracks.laws))
    means, covariances = states_of(states, COUNT)
    means_alone, covariances_alone = tracks.predicted_alone()
    assert np.max(np.abs(means - means_alone)) < mean_tolerance
    assert relative(covariances, covariances_alone) < covariance_tolerance


@given(seed=st.integers(0, 10**6))
def test_many_updated_at_once_are_each_updated_alone(seed: int) -> None:
    tracks = Tracks(seed, low_m=20e3, high_m=2000e3, elapsed_max_s=1.0)
    states, found = tracks.states(), empty_blocks(COUNT, blocks.FOUND)
    blocks.update_blocks(states, spread_over_lanes(tracks.plots), found)
    means, covariances = states_of(states, COUNT)
    means_alone, covariances_alone, found_alone = tracks.updated_alone()
    np.testing.assert_allclose(means, means_alone, rtol=0, atol=1e-8)
    assert relative(covariances, covariances_alone) < 1e-12
    np.testing.assert_allclose(
        collect_from_lanes(found, COUNT), found_alone, rtol=1e-10, atol=1e-10
    )


@given(seed=st.integers(0, 10**6))
def test_a_step_is_a_prediction_and_an_update(seed: int) -> None:
    tracks = Tracks(seed, low_m=20e3, high_m=300e3, elapsed_max_s=2.0)
    laws, plots = spread_over_lanes(tracks.laws), spread_over_lanes(tracks.plots)
    one, other = tracks.states(), tracks.states()
    found, found_other = (empty_blocks(COUNT, blocks.FOUND) for _ in range(2))
    blocks.step_blocks(one, laws, plots, found)
    blocks.predict_blocks(other, laws)
    blocks.update_blocks(other, plots, found_other)
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(found, found_other, rtol=1e-9, atol=1e-9)


def test_the_compiled_kernel_is_the_written_one() -> None:
    tracks = Tracks(5, low_m=20e3, high_m=200e3, elapsed_max_s=1.0)
    laws, plots = spread_over_lanes(tracks.laws), spread_over_lanes(tracks.plots)
    outcomes = []
    for kernel in (blocks.step_blocks, blocks.step_blocks.py_func):
        states, found = tracks.states(), empty_blocks(COUNT, blocks.FOUND)
        kernel(states, laws, plots, found)
        outcomes.append((states, found))
    for compiled, written in zip(*outcomes, strict=True):
        np.testing.assert_allclose(compiled, written, rtol=1e-9, atol=1e-6)


def test_a_track_without_a_detection_is_only_predicted() -> None:
    tracks = Tracks(6, low_m=20e3, high_m=300e3, elapsed_max_s=1.0)
    states, found = tracks.states(), empty_blocks(COUNT, blocks.FOUND)
    before = states.copy()
    blocks.update_blocks(states, np.zeros((len(states), scalar.RECORD, LANES)), found)
    np.testing.assert_array_equal(states, before)
    assert not found.any()


def test_a_detection_with_a_range_rate_is_not_taken_in_silence() -> None:
    tracks = Tracks(7, low_m=20e3, high_m=300e3, elapsed_max_s=1.0)
    tracks.plots[3, scalar.KIND] = 4.0
    states, found = tracks.states(), empty_blocks(COUNT, blocks.FOUND)
    before = states.copy()
    blocks.update_blocks(states, spread_over_lanes(tracks.plots), found)
    np.testing.assert_array_equal(states[0, :, 3], before[0, :, 3])
    squares = collect_from_lanes(found, COUNT)[:, blocks.SQUARE]
    assert np.flatnonzero(np.isnan(squares)).tolist() == [3]


@pytest.mark.parametrize("place", range(blocks.STATE))
def test_what_is_no_number_is_seen_and_stays_in_its_lane(place: int) -> None:
    tracks = Tracks(8, low_m=20e3, high_m=300e3, elapsed_max_s=1.0)
    tracks.plots[9, scalar.KIND] = 3.0
    tracks.plots[9, 1:] = tracks.plots[tracks.plots[:, scalar.KIND] == 3.0][0, 1:]
    laws, plots = spread_over_lanes(tracks.laws), spread_over_lanes(tracks.plots)
    clean, spoilt = tracks.states(), tracks.states()
    found = empty_blocks(COUNT, blocks.FOUND)
    blocks.step_blocks(clean, laws, plots, found)
    spoilt[0, place, 9] = math.nan
    blocks.step_blocks(spoilt, laws, plots, found)
    others = np.arange(LANES) != 9
    np.testing.assert_array_equal(spoilt[0][:, others], clean[0][:, others])
    np.testing.assert_array_equal(spoilt[1:], clean[1:])
    assert np.isnan(spoilt[0, :, 9]).any()


@given(x=st.floats(0.97, 400.0), sine=st.floats(-1.0, 1.0), longitude=st.floats(-math.pi, math.pi))
def test_the_height_is_that_of_the_ellipsoid(x: float, sine: float, longitude: float) -> None:
    r = 6.378e6 * x
    cosine = math.sqrt(1.0 - sine * sine)
    place = (r * cosine * math.cos(longitude), r * cosine * math.sin(longitude), r * sine)
    h = free_flight.height(r, 1.0 / r, sine * sine)
    assert h == pytest.approx(altitude_of(*place), abs=max(0.01, 1e-9 * r))


@given(x=st.floats(-25.0, 0.2))
def test_the_exponential_is_one(x: float) -> None:
    assert lanes.exponential(x) == pytest.approx(math.exp(x), rel=1e-9)


@given(x=st.floats(1e-300, 1e300))
def test_the_logarithm_is_one(x: float) -> None:
    assert lanes.logarithm(x) == pytest.approx(math.log(x), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("x", [0.0, -1.0, math.nan])
def test_what_has_no_logarithm_is_nan(x: float) -> None:
    assert math.isnan(lanes.logarithm(x))


@given(seed=st.integers(0, 10**6))
def test_the_gradient_is_the_scalar_one(seed: int) -> None:
    tracks = Tracks(seed, low_m=150.1e3, high_m=2000e3, elapsed_max_s=1.0)
    g = np.empty((3, 6))
    for mean in tracks.means:
        motion.gradient(mean, 0.0, g)
        ours = np.reshape(free_flight.place_gradient(*mean[:3]), (3, 3))
        np.testing.assert_allclose(ours, g[:, :3], rtol=0, atol=1e-18)


def test_lanes_hold_what_was_spread_over_them() -> None:
    tracks = Tracks(9, low_m=20e3, high_m=300e3, elapsed_max_s=1.0)
    states = tracks.states()
    assert states.ctypes.data % 64 == 0
    means, covariances = states_of(states, COUNT)
    np.testing.assert_array_equal(means, tracks.means)
    np.testing.assert_array_equal(covariances, tracks.covariances)
    np.testing.assert_array_equal(states[-1, :, -1], states[-1, :, (COUNT - 1) % LANES])


def test_blocks_with_gaps_between_them_are_refused() -> None:
    if not COMPILED:
        return
    states, laws = empty_blocks(4 * LANES, blocks.STATE), empty_blocks(2 * LANES, blocks.LAW)
    with pytest.raises(numba.TypingError, match="block_at"):
        blocks.predict_blocks(states[::2], laws)


@pytest.mark.parametrize("kernel", ["predict_blocks", "update_blocks", "step_blocks"])
def test_the_compiler_made_vectors(kernel: str) -> None:
    """Compiled anew, as what comes from the cache cannot be looked into."""
    if not COMPILED or platform.machine() != "x86_64":
        return
    floats = numba.types.Array(numba.float64, 3, "C")
    written = getattr(blocks, kernel).py_func
    fresh = numba.njit(error_model="numpy", fastmath=RELAXED)(written)
    fresh.compile((floats,) * written.__code__.co_argcount)
    assembly = "".join(fresh.inspect_asm().values())
    arithmetic = r"\tv(?:add|sub|mul|div|sqrt|fn?m(?:add|sub)\d+)pd\t.*%[yz]mm"
    count = len(re.findall(arithmetic, assembly))
    assert count > 200, f"{kernel}: {count} instructions reckon with vectors"
