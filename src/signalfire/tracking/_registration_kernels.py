"""One flight without thrust as several radars see it, and how it hangs on what they are off by.

The filter takes every plot as it came, as if no radar were off, and keeps beside it the slope of
its state by the biases of up to ``RADARS`` radars, and what the innovations say of these.
Reference: Friedland (1969), Treatment of bias in recursive filtering, IEEE Trans. Automatic
Control 14(4), 359-367.

All derivatives are taken along one reference flight, not at the latest estimate: what no plot
shows (all clocks fast and the missile as much ahead) would else seem to be shown. Reference:
Huang, Mourikis and Roumeliotis (2010), Observability-based rules for designing consistent EKF
SLAM estimators, Int. J. Robotics Research 29(5), 502-528.

A pass, one row: reference (6), offset of the mean from it (6), covariance (36), slope (6, BIASES),
information (BIASES, BIASES) and weighted innovations (BIASES) of the biases, sum of the
normalised innovations squared, how many numbers they were. A bias: range (m), azimuth and
elevation (rad), clock (s, positive when it is fast). Detections are rows as ``_kernels`` has
them; times whole nanoseconds.
"""

import math

import numpy as np

from signalfire.basis.kernel import Floats, Integers, kernel
from signalfire.motion._kernels import (
    acceleration,
    congruence,
    drag_deceleration,
    field_noise,
    shake,
    step,
    symmetrise,
    transition,
)
from signalfire.space._kernels import altitude_of
from signalfire.space.earth import FLATTENING
from signalfire.tracking._kernels import (
    ALONG,
    ASIDE,
    RANGE,
    S_ACROSS,
    S_ASIDE,
    S_RANGE,
    S_RATE,
    SITE,
    Law,
    innovate,
)

RADARS = 6
WAYS = 4
BIASES = RADARS * WAYS
BLOCK = 16
"""Plots between two snapshots of a pass."""
_REFERENCE, _OFFSET, _COVARIANCE, _SLOPE = 0, 6, 12, 48
_INFORMATION = _SLOPE + 6 * BIASES
_WEIGHTED = _INFORMATION + BIASES * BIASES
SQUARES = _WEIGHTED + BIASES
NUMBERS = SQUARES + 1
WIDTH = NUMBERS + 1
TAKEN, DIVERGED = 0, 1
_NS = 1e-9
_AIR_M = 100e3
_OUTLIER_SQUARE = 36.0
_OUTLIER_COUNTED = 9.0
"""A number further off than six sigma is left out, and counted as three: one does no harm, and
many are a flight that is not free."""


@kernel
def reference_of(row: Floats) -> Floats:
    """The flight along which derivatives are taken, shape (6,), as a view."""
    return row[_REFERENCE:_OFFSET]


@kernel
def offset_of(row: Floats) -> Floats:
    """How far the state is from it, shape (6,), as a view."""
    return row[_OFFSET:_COVARIANCE]


@kernel
def mean_of(row: Floats) -> Floats:
    """The state as if no radar were off, shape (6,)."""
    return row[_REFERENCE:_OFFSET] + row[_OFFSET:_COVARIANCE]


@kernel
def covariance_of(row: Floats) -> Floats:
    """Its covariance for biases that are known, shape (6, 6), as a view."""
    return row[_COVARIANCE:_SLOPE].reshape(6, 6)


@kernel
def slope_of(row: Floats) -> Floats:
    """What the true biases add to the state, by bias, shape (6, BIASES), as a view."""
    return row[_SLOPE:_INFORMATION].reshape(6, BIASES)


@kernel
def information_of(row: Floats) -> Floats:
    """Information on the biases, shape (BIASES, BIASES), as a view."""
    return row[_INFORMATION:_WEIGHTED].reshape(BIASES, BIASES)


@kernel
def weighted_of(row: Floats) -> Floats:
    """The innovations weighted by what they say of the biases, shape (BIASES,), as a view."""
    return row[_WEIGHTED:SQUARES]


@kernel
def begin(row: Floats, mean: Floats, place_sigma: float, speed_sigma: float) -> None:
    """A new pass around a rough state; the sigmas are wide, so that the plots decide."""
    row[:] = 0.0
    reference_of(row)[:] = mean
    covariance = covariance_of(row)
    for i in range(3):
        covariance[i, i] = place_sigma * place_sigma
        covariance[i + 3, i + 3] = speed_sigma * speed_sigma


@kernel
def carry(row: Floats, elapsed: float, law: Law) -> None:
    """Move a pass by ``elapsed`` seconds (either sign) in free flight, in place: x, P and U."""
    if elapsed == 0.0:
        return
    mean, offset = reference_of(row), offset_of(row)
    covariance = covariance_of(row)
    slope = slope_of(row)
    work = np.empty((5, 6))
    middle = np.empty(6)
    f = np.empty((6, 6))
    half = np.empty((6, 6))
    column = np.empty(6)
    is_aloft = altitude_of(mean[0], mean[1], mean[2]) > _AIR_M
    step_max = law.step_high if is_aloft else law.step_low
    count = max(1, math.ceil(abs(elapsed) / step_max - 1e-9))
    dt = elapsed / count
    for _ in range(count):
        step(mean, law.drag, 0.5 * dt, work, middle)
        transition(middle, law.drag, dt, f)
        step(mean, law.drag, dt, work, mean)
        congruence(f, covariance, half)
        slowing = drag_deceleration(middle, law.drag)
        for i in range(6):
            column[i] = 0.0
            for j in range(6):
                column[i] += f[i, j] * offset[j]
        offset[:] = column
        noise = field_noise(middle[0], middle[1], middle[2], law.free)
        shake(middle[3:], noise, noise + law.spread * slowing * slowing, dt, covariance)
        for b in range(BIASES):
            for i in range(6):
                column[i] = 0.0
                for j in range(6):
                    column[i] += f[i, j] * slope[j, b]
            for i in range(6):
                slope[i, b] = column[i]
    symmetrise(covariance)


@kernel
def elevation_cosine(record: Floats) -> float:
    """Cosine of the elevation above the ellipsoid's horizon at the site."""
    x, y = record[SITE], record[SITE + 1]
    z = record[SITE + 2] / (1.0 - FLATTENING) ** 2
    up = x * record[ALONG] + y * record[ALONG + 1] + z * record[ALONG + 2]
    sine = up / math.sqrt(x * x + y * y + z * z)
    return math.sqrt(max(1.0 - sine * sine, 0.0))


@kernel
def bias_slopes(mean: Floats, record: Floats, slope: Floats, count: int, out: Floats) -> None:
    """Derivatives of the residuals by the radar's four biases, shape (4, WAYS).

    ``slope`` are those of the prediction by the state. A clock that is fast by c stamps what was
    there c earlier: h(x(t - c)). The second angle is taken downwards, as ``innovate`` does.
    """
    out[:, :] = 0.0
    out[0, 0] = 1.0
    out[1, 1] = elevation_cosine(record)
    out[2, 2] = -1.0
    force = np.empty(3)
    acceleration(mean, 0.0, force)
    for n in range(count):
        for i in range(3):
            out[n, 3] -= slope[n, i] * mean[i + 3] + slope[n, i + 3] * force[i]


@kernel
def correct(record: Floats, bias: Floats) -> None:
    """Take range and angle biases out of a plot, in place; the clock is the caller's."""
    u = record[ALONG : ALONG + 3]
    e = record[ASIDE : ASIDE + 3]
    aside = bias[1] * elevation_cosine(record)
    down = np.empty(3)
    down[0] = u[1] * e[2] - u[2] * e[1]
    down[1] = u[2] * e[0] - u[0] * e[2]
    down[2] = u[0] * e[1] - u[1] * e[0]
    for i in range(3):
        u[i] += bias[2] * down[i] - aside * e[i]
    size = math.sqrt(u[0] * u[0] + u[1] * u[1] + u[2] * u[2])
    along = 0.0
    for i in range(3):
        u[i] /= size
        along += u[i] * e[i]
    square = 0.0
    for i in range(3):
        e[i] -= along * u[i]
        square += e[i] * e[i]
    for i in range(3):
        e[i] /= math.sqrt(square)
    record[RANGE] -= bias[0]


@kernel
def correct_each(records: Floats, bias: Floats) -> None:
    """Take range and angle biases out of the plots of a scan, in place."""
    for n in range(records.shape[0]):
        correct(records[n], bias)


@kernel
def widen_each(records: Floats, ratios: Floats) -> None:
    """Take sigmas to be so many times as stated (3,): range and its rate, aside, across."""
    for n in range(records.shape[0]):
        records[n, S_RANGE] *= ratios[0]
        records[n, S_RATE] *= ratios[0]
        records[n, S_ASIDE] *= ratios[1]
        records[n, S_ACROSS] *= ratios[2]


@kernel
def roughness(records: Floats, times: Integers, out: Floats) -> tuple[float, float]:
    """How rough a path through successive plots of one radar is, against what it states.

    ``out`` (3,): square of the divided difference of the plots' places along the middle one's line
    of sight, aside and across, over the variance that the stated sigmas give it: 1 on average.
    What is smooth in Earth-fixed axes, a bias among it, is not in it. Returns the middle one's
    altitude, m, and the rate of climb, m/s. Reference: Gasser, Sroka and Jennen-Steinmetz (1986),
    Residual variance and residual pattern in nonlinear regression, Biometrika 73(3), 625-633.
    """
    count = records.shape[0]
    axes = np.empty((count, 3, 3))
    places = np.empty((count, 3))
    share = np.empty(count)
    for n in range(count):
        record = records[n]
        u, e = record[ALONG : ALONG + 3], record[ASIDE : ASIDE + 3]
        axes[n, 0] = u
        axes[n, 1] = e
        axes[n, 2, 0] = u[1] * e[2] - u[2] * e[1]
        axes[n, 2, 1] = u[2] * e[0] - u[0] * e[2]
        axes[n, 2, 2] = u[0] * e[1] - u[1] * e[0]
        for i in range(3):
            places[n, i] = record[SITE + i] + record[RANGE] * u[i]
        share[n] = 1.0
        for m in range(count):
            if m != n:
                share[n] /= (times[n] - times[m]) * _NS
    way = axes[count // 2]
    for a in range(3):
        off, variance = 0.0, 0.0
        for n in range(count):
            record = records[n]
            along = 0.0
            for i in range(3):
                along += way[a, i] * (places[n, i] - places[count // 2, i])
            off += share[n] * along
            for b in range(3):
                sigma = record[S_RANGE]
                if b > 0:
                    sigma = record[RANGE] * (record[S_ASIDE] if b == 1 else record[S_ACROSS])
                turned = 0.0
                for i in range(3):
                    turned += way[a, i] * axes[n, b, i]
                variance += (share[n] * turned * sigma) ** 2
        out[a] = off * off / variance
    first, last, among = places[0], places[count - 1], places[count // 2]
    gained = altitude_of(last[0], last[1], last[2]) - altitude_of(first[0], first[1], first[2])
    climb = gained / ((times[count - 1] - times[0]) * _NS)
    return altitude_of(among[0], among[1], among[2]), climb


@kernel
def learn(row: Floats, record: Floats, radar: int, prior: Floats) -> None:
    """Take one plot of the pass's radar number ``radar``, in place.

    ``prior`` are the variances of the four biases before anything is known: they only serve to
    tell outliers, so that what is told does not depend on the order in which plots came.
    """
    residual, noise = np.empty(4), np.empty(4)
    h_all, g_all = np.empty((4, 6)), np.empty((4, WAYS))
    reference, offset = reference_of(row), offset_of(row)
    covariance, slope = covariance_of(row), slope_of(row)
    information, weighted = information_of(row), weighted_of(row)
    count = innovate(reference, record, residual, h_all, noise)
    if count > 2:
        bias_slopes(reference, record, h_all, count, g_all)
    ph, gain, s = np.empty(6), np.empty(6), np.empty(BIASES)
    for n in range(count if count > 2 else 0):
        h = h_all[n]
        variance = noise[n]
        miss = residual[n]
        for i in range(6):
            ph[i] = 0.0
            for j in range(6):
                ph[i] += covariance[i, j] * h[j]
            variance += h[i] * ph[i]
            miss -= h[i] * offset[i]
        allowed = variance
        for b in range(BIASES):
            s[b] = 0.0
            if b // WAYS == radar:
                s[b] = g_all[n, b % WAYS]
            for i in range(6):
                s[b] += h[i] * slope[i, b]
            allowed += s[b] * s[b] * prior[b % WAYS]
        row[NUMBERS] += 1.0
        if not miss * miss <= _OUTLIER_SQUARE * allowed:
            row[SQUARES] += _OUTLIER_COUNTED
            continue
        row[SQUARES] += miss * miss / variance
        for b in range(BIASES):
            if s[b] != 0.0:
                weighted[b] += s[b] * miss / variance
                for c in range(BIASES):
                    information[b, c] += s[b] * s[c] / variance
        left = noise[n] / variance
        for i in range(6):
            gain[i] = ph[i] / variance
            offset[i] += gain[i] * miss
            for b in range(BIASES):
                slope[i, b] -= gain[i] * s[b]
        # Joseph's form, as in ``_kernels.update``.
        for i in range(6):
            for j in range(6):
                covariance[i, j] += gain[i] * (noise[n] * gain[j] - left * ph[j]) - gain[i] * ph[j]
    symmetrise(covariance)


@kernel
def insert(at: int, record: Floats, radar: int, count: int, records: Floats, times: Integers,
           radars: Integers) -> int:  # fmt: skip
    """Put a plot in its place in time among ``count`` others; returns which place.

    ``radars`` says whose each is. Of two at one instant the one of the lower number is first.
    """
    place = count
    while place > 0 and (
        times[place - 1] > at or (times[place - 1] == at and radars[place - 1] > radar)
    ):
        records[place] = records[place - 1]
        times[place] = times[place - 1]
        radars[place] = radars[place - 1]
        place -= 1
    records[place] = record
    times[place] = at
    radars[place] = radar
    return place


@kernel
def forget_block(count: int, records: Floats, times: Integers, radars: Integers,
                 snapshot: Floats, snapshot_time: Integers) -> int:  # fmt: skip
    """Drop the oldest block; what it said stays in the next snapshot. Returns how many are left."""
    for n in range(BLOCK, count):
        records[n - BLOCK] = records[n]
        times[n - BLOCK] = times[n]
        radars[n - BLOCK] = radars[n]
    for n in range(1, snapshot.shape[0]):
        snapshot[n - 1] = snapshot[n]
        snapshot_time[n - 1] = snapshot_time[n]
    return count - BLOCK


@kernel
def run(start: int, count: int, law: Law, prior: Floats, row: Floats, now: int, records: Floats,
        times: Integers, radars: Integers, slots: Integers, snapshot: Floats,
        snapshot_time: Integers) -> tuple[int, int]:  # fmt: skip
    """Filter the plots from place ``start`` on; what comes before stands in ``row``, at ``now``.

    A place that is not the last one goes back to the snapshot before it. ``slots`` says which of
    the pass's radars a radar is. Returns status and time.
    """
    if start < count - 1:
        start = start // BLOCK * BLOCK
        row[:] = snapshot[start // BLOCK]
        now = snapshot_time[start // BLOCK]
    for n in range(start, count):
        if n % BLOCK == 0:
            snapshot[n // BLOCK] = row
            snapshot_time[n // BLOCK] = now
        carry(row, (times[n] - now) * _NS, law)
        now = times[n]
        learn(row, records[n], slots[radars[n]], prior)
    for i in range(WIDTH):
        if not math.isfinite(row[i]):
            return DIVERGED, now
    return TAKEN, now
