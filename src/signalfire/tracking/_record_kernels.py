"""Radar plots to the rows that the filter takes; arrays in and out, status codes, no exceptions."""

import math

import numpy as np
from numpy.typing import NDArray

from signalfire.basis.kernel import Floats, Integers, kernel
from signalfire.space._kernels import geodetic_from_ecef
from signalfire.tracking._kernels import (
    ALONG,
    ASIDE,
    GAP,
    KIND,
    RANGE,
    RATE,
    S_ACROSS,
    S_ASIDE,
    S_RANGE,
    S_RATE,
    SITE,
)

Words = NDArray[np.uint64]
(
    PLOT_RANGE, PLOT_AZIMUTH, PLOT_ELEVATION, PLOT_RATE, PLOT_S_RANGE, PLOT_S_AZIMUTH,
    PLOT_S_ELEVATION, PLOT_S_RATE,
) = range(8)  # fmt: skip
PLOT = 8
"""A plot as the radar gives it; a range rate of infinity is none."""
GOOD, NOT_FINITE, SIGMA, GEOMETRY, BELOW_GROUND = range(5)


@kernel
def plot_fault(plot: Floats, has_rate: bool, bounds: Floats) -> int:
    """GOOD, or what is wrong with a plot by its numbers alone."""
    for i in range(PLOT):
        if not math.isfinite(plot[i]) and not (i == PLOT_RATE and not has_rate):
            return NOT_FINITE
    range_limit, rate_limit, range_sigma, angle_sigma = bounds[0], bounds[1], bounds[2], bounds[3]
    least = min(
        min(plot[PLOT_S_RANGE], plot[PLOT_S_AZIMUTH]),
        min(plot[PLOT_S_ELEVATION], plot[PLOT_S_RATE]),
    )
    if least <= 0.0 or plot[PLOT_S_RANGE] > range_sigma:
        return SIGMA
    if max(plot[PLOT_S_AZIMUTH], plot[PLOT_S_ELEVATION]) > angle_sigma:
        return SIGMA
    if not 0.0 < plot[PLOT_RANGE] < range_limit or abs(plot[PLOT_AZIMUTH]) > 4.0 * math.pi:
        return GEOMETRY
    if has_rate and abs(plot[PLOT_RATE]) > rate_limit:
        return GEOMETRY
    if abs(plot[PLOT_ELEVATION]) > 0.5 * math.pi + 5.0 * plot[PLOT_S_ELEVATION]:
        return GEOMETRY
    return GOOD


@kernel
def plot_records(plots: Floats, has_rates: Integers, site: Floats, ecef_from_enu: Floats,
                 gap: float, bounds: Floats, margin: float, out: Floats,
                 faults: Integers) -> None:  # fmt: skip
    """The row of each plot of one site; ``faults`` says of which ones it is none, and why.

    ``bounds``: range, range rate, sigma of range, of angles. ``margin``: how far below the
    ellipsoid a place may lie, apart from five sigma.
    """
    for n in range(plots.shape[0]):
        plot, row = plots[n], out[n]
        has_rate = has_rates[n] != 0
        faults[n] = plot_fault(plot, has_rate, bounds)
        row[:] = 0.0
        if faults[n] != GOOD:
            continue
        sin_a, cos_a = math.sin(plot[PLOT_AZIMUTH]), math.cos(plot[PLOT_AZIMUTH])
        sin_e, cos_e = math.sin(plot[PLOT_ELEVATION]), math.cos(plot[PLOT_ELEVATION])
        row[KIND] = 4.0 if has_rate else 3.0
        for i in range(3):
            east, north, up = ecef_from_enu[i, 0], ecef_from_enu[i, 1], ecef_from_enu[i, 2]
            row[SITE + i] = site[i]
            row[ALONG + i] = (east * sin_a + north * cos_a) * cos_e + up * sin_e
            row[ASIDE + i] = east * cos_a - north * sin_a
        row[RANGE] = plot[PLOT_RANGE]
        row[RATE] = plot[PLOT_RATE] if has_rate else 0.0
        row[S_RANGE] = plot[PLOT_S_RANGE]
        # Near the zenith azimuth says nothing: what is left is the product of the two errors.
        row[S_ASIDE] = plot[PLOT_S_AZIMUTH] * math.hypot(cos_e, plot[PLOT_S_ELEVATION])
        row[S_ACROSS] = plot[PLOT_S_ELEVATION]
        row[S_RATE] = plot[PLOT_S_RATE]
        row[GAP] = gap
        across = plot[PLOT_RANGE] * plot[PLOT_S_ELEVATION]
        low = -margin - 5.0 * (across + plot[PLOT_S_RANGE])
        x = row[SITE] + plot[PLOT_RANGE] * row[ALONG]
        y = row[SITE + 1] + plot[PLOT_RANGE] * row[ALONG + 1]
        z = row[SITE + 2] + plot[PLOT_RANGE] * row[ALONG + 2]
        if geodetic_from_ecef(x, y, z)[2] < low:
            faults[n] = BELOW_GROUND


@kernel
def hashes(words: Words, out: Words) -> None:
    """A number for each row of bits, by which repeats are told.

    Two different rows share one with a probability of about 2^-64. Reference: Eastlake, Hansen,
    Fowler, Vo and Noll, The FNV Non-Cryptographic Hash Algorithm (FNV-1a), by words, with a
    shift.
    """
    for n in range(words.shape[0]):
        value = np.uint64(14695981039346656037)
        for i in range(words.shape[1]):
            value = (value ^ words[n, i]) * np.uint64(1099511628211)
            value ^= value >> np.uint64(29)
        out[n] = value
