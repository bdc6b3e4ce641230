"""Radars that state too little noise: what of it is believed, and how it is found out."""

import numpy as np
import pytest

from signalfire.tracking import _kernels as k
from signalfire.tracking.measurement import (
    ANGLE_SIGMA_FLOOR_RAD,
    RANGE_SIGMA_FLOOR_M,
    Gaps,
    Refusal,
    record,
)
from signalfire.tracking.noise import Noise
from signalfire.tracking.settings import TrackingSettings

SETTINGS = TrackingSettings()
FREE_S = np.arange(110.0, 210.0)


def stating(world, plot, share: float):
    """The same plot of a radar that claims this share of its noise."""
    sigma = plot.sigma
    return world.changed(
        plot,
        sigma=world.changed(
            sigma,
            range_m=share * sigma.range_m,
            azimuth_rad=share * sigma.azimuth_rad,
            elevation_rad=share * sigma.elevation_rad,
        ),
    )


def told(world, plots, radar: int = 0, noise: Noise | None = None) -> Noise:
    noise = noise or Noise(2, SETTINGS)
    for plot in plots:
        row = record(plot, world.west, Gaps(1.0, 5.0))
        assert not isinstance(row, Refusal)
        noise.take(1, radar, plot.observed_at.tai_ns - world.start.tai_ns, row)
    return noise


def test_no_radar_is_believed_beyond_what_air_allows(world) -> None:
    plot = world.plots(world.west, [120.0], np.random.default_rng(1))[0]
    row = record(stating(world, plot, 1e-6), world.west, Gaps(1.0, 5.0))
    assert row[k.S_RANGE] == RANGE_SIGMA_FLOOR_M
    assert row[k.S_ACROSS] == ANGLE_SIGMA_FLOOR_RAD
    assert row[k.S_ASIDE] == pytest.approx(ANGLE_SIGMA_FLOOR_RAD * np.cos(plot.elevation_rad), 1e-3)
    as_stated = record(plot, world.west, Gaps(1.0, 5.0))
    assert as_stated[k.S_RANGE] == plot.sigma.range_m
    assert as_stated[k.S_ACROSS] == plot.sigma.elevation_rad
    for share in (0.0, -1.0):
        assert record(stating(world, plot, share), world.west, Gaps(1.0, 5.0)) is Refusal.SIGMA


def test_a_radar_that_understates_its_noise_is_found_out(world) -> None:
    plots = world.plots(world.west, FREE_S, np.random.default_rng(2))
    noise = told(world, [stating(world, plot, 0.2) for plot in plots])
    assert noise.ratios(0) == pytest.approx((5.0, 5.0, 5.0), rel=0.4)
    assert noise.ratios(1) == (1.0, 1.0, 1.0)
    row = record(plots[-1], world.west, Gaps(1.0, 5.0))[np.newaxis]
    wide = noise.widened(0, int(FREE_S[-1] * 1e9), row)
    columns = [k.S_RANGE, k.S_ASIDE, k.S_ACROSS]
    assert wide[0, columns] / row[0, columns] == pytest.approx(noise.ratios(0))
    assert np.delete(wide, [*columns, k.S_RATE]) == pytest.approx(
        np.delete(row, [*columns, k.S_RATE])
    )


def test_only_what_is_understated_is_widened(world) -> None:
    plots = [
        world.changed(
            plot, sigma=world.changed(plot.sigma, azimuth_rad=0.15 * plot.sigma.azimuth_rad)
        )
        for plot in world.plots(world.west, FREE_S, np.random.default_rng(3))
    ]
    along, aside, across = told(world, plots).ratios(0)
    assert aside > 4.0
    assert across == 1.0
    assert along == 1.0


@pytest.mark.parametrize("seed", range(8))
def test_radars_as_stated_stay_so_through_thrust_and_burn_out(world, seed: int) -> None:
    plots = world.plots(world.west, np.arange(10.0, 400.0), np.random.default_rng(seed))
    assert world.burnt_out_s < 400.0
    noise = Noise(2, SETTINGS)
    for n in range(len(plots)):
        told(world, plots[n : n + 1], noise=noise)
        assert noise.ratios(0) == (1.0, 1.0, 1.0)


def test_a_bias_is_no_noise(world) -> None:
    plots = [
        world.changed(
            plot,
            range_m=plot.range_m + 300.0,
            azimuth_rad=plot.azimuth_rad + 5e-3,
            elevation_rad=plot.elevation_rad + 5e-3,
        )
        for plot in world.plots(world.west, FREE_S, np.random.default_rng(4))
    ]
    assert told(world, plots).ratios(0) == (1.0, 1.0, 1.0)


def test_what_was_told_is_forgotten(world) -> None:
    plots = world.plots(world.west, FREE_S, np.random.default_rng(5))
    noise = told(world, [stating(world, plot, 0.1) for plot in plots])
    row = record(plots[-1], world.west, Gaps(1.0, 5.0))[np.newaxis]
    later_ns = int((FREE_S[-1] + SETTINGS.noise.forgotten_s) * 1e9)
    assert noise.widened(0, int(FREE_S[-1] * 1e9), row) is not row
    assert noise.widened(0, later_ns, row) is row
    assert noise.ratios(0) == (1.0, 1.0, 1.0)


def test_one_of_two_radars_that_understates_leads_no_track_astray(world) -> None:
    draw = np.random.default_rng(6)
    plots = [
        *world.plots(world.west, np.arange(20.0, 300.0), draw),
        *(
            stating(world, plot, 1e-3)
            for plot in world.plots(world.east, np.arange(20.0, 300.0), draw)
        ),
    ]
    tracker = world.tracker(world.west, world.east)
    world.play(tracker, sorted(plots, key=lambda plot: plot.received_at.tai_ns))
    ratios = {bias.sensor: bias.range_noise_ratio for bias in tracker.registration()}
    assert ratios[world.west.sensor] == 1.0
    assert ratios[world.east.sensor] > 4.0
    seen = max(tracker.tracks(), key=lambda track: track.last_observed_at.tai_ns)
    off = seen.state.mean - world.truth(seen.state.valid_at.elapsed_s(since=world.start))
    assert off @ np.linalg.solve(seen.state.covariance, off) / 6.0 < 3.0
    assert off[:3] @ off[:3] < 200.0**2
