"""The filter: two ways of moving for each track, and what one detection does to them.

State of a track, one row: ``HEAD`` scalars, then mean (6) and covariance (36) of free flight, then
the same of forced flight; Earth-fixed axes, SI. A detection, one row: see the ``KIND`` to ``GAP``
columns. Times are whole nanoseconds since the tracker's epoch. Status codes, no exceptions.
"""

import math
from typing import NamedTuple

import numpy as np

from signalfire.basis.kernel import Floats, kernel
from signalfire.motion._kernels import drag_deceleration, predict_driven, symmetrise
from signalfire.space._kernels import altitude_of

P_FREE, P_FORCED, FREE_S, FREE_AGE_S, THRUST_SEEN, FREE_SEEN, BURNT_OUT_S, OBSERVED_S = range(8)
HEAD = 8
MODE = 42
WIDTH = HEAD + 2 * MODE
"""Probabilities of free and forced flight; seconds that free flight has been all but certain;
expected seconds since thrust ended, if it has; whether thrust was certain at any time; whether free
flight was established, and when thrust had ended then; seconds under observation."""

KIND, SITE, ALONG, ASIDE, RANGE, RATE, S_RANGE, S_ASIDE, S_ACROSS, S_RATE, GAP = (
    0, 1, 4, 7, 10, 11, 12, 13, 14, 15, 16,
)  # fmt: skip
RECORD = 17
"""How many numbers it gives (2 a line of sight, 3 a plot, 4 with range rate); site (3); unit
vector of the line of sight (3); unit vector across it, sideways (3); range; range rate; sigma of
range, of the angle sideways, of the other angle, of the range rate; longest gap that counts."""

_CERTAIN = 0.98
_THRUST_CERTAIN = 0.9
AIR_M = 100e3


class Law(NamedTuple):
    """How objects move: the part of ``TrackingSettings`` that the kernels need, SI."""

    drag: float
    free: float
    spread: float
    along: float
    across: float
    burn_out: float
    ignition: float
    relight: float
    faint: float
    swerve: float
    swerve_drag: float
    established: float
    lift: float
    step_low: float
    step_high: float


@kernel
def innovate(mean: Floats, record: Floats, residual: Floats, slope: Floats, noise: Floats) -> int:
    """Residuals, their derivatives by the state (4, 6) and variances; returns how many, or 0.

    The angles are taken across the measured line of sight, so that there is no wrap of azimuth and
    nothing special about the zenith. 0 when the object stands behind the sensor.
    """
    d = np.empty(3)
    d[:] = mean[0:3] - record[SITE : SITE + 3]
    r = math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    if not r > 1.0:
        return 0
    u = record[ALONG : ALONG + 3]
    e = record[ASIDE : ASIDE + 3]
    slope[:, :] = 0.0
    ahead = (d[0] * u[0] + d[1] * u[1] + d[2] * u[2]) / r
    if not ahead > 0.1:
        return 0
    count = int(record[KIND])
    first = 0
    if count > 2:
        residual[0] = record[RANGE] - r
        noise[0] = record[S_RANGE] ** 2
        for i in range(3):
            slope[0, i] = d[i] / r
        first = 1
    for axis in range(2):
        w = np.empty(3)
        if axis == 0:
            w[:] = e
        else:
            w[0] = u[1] * e[2] - u[2] * e[1]
            w[1] = u[2] * e[0] - u[0] * e[2]
            w[2] = u[0] * e[1] - u[1] * e[0]
        aside = (d[0] * w[0] + d[1] * w[1] + d[2] * w[2]) / r
        residual[first + axis] = -aside
        noise[first + axis] = record[S_ASIDE + axis] ** 2
        for i in range(3):
            slope[first + axis, i] = (w[i] - aside * d[i] / r) / r
    if count == 4:
        v = mean[3:6]
        rate = (d[0] * v[0] + d[1] * v[1] + d[2] * v[2]) / r
        residual[3] = record[RATE] - rate
        noise[3] = record[S_RATE] ** 2
        for i in range(3):
            slope[3, i] = (v[i] - rate * d[i] / r) / r
            slope[3, i + 3] = d[i] / r
    return count


@kernel
def update(mean: Floats, covariance: Floats, record: Floats) -> tuple[int, float, float]:
    """Take one detection into a state, in place.

    Returns how many numbers it gave (0: it cannot be), the normalised innovation squared, and the
    logarithm of the determinant of the innovation's covariance. One number after the other, as
    their errors are independent; Joseph's form, factor by factor. Reference: Bierman (1977),
    Factorization Methods, section II.5; Bucy and Joseph (1968), chapter 16.
    """
    residual = np.empty(4)
    noise = np.empty(4)
    slope = np.empty((4, 6))
    before = mean.copy()
    count = innovate(mean, record, residual, slope, noise)
    square = 0.0
    log_determinant = 0.0
    ph = np.empty(6)
    gain = np.empty(6)
    for n in range(count):
        h = slope[n]
        s = noise[n]
        miss = residual[n]
        for i in range(6):
            ph[i] = 0.0
            for j in range(6):
                ph[i] += covariance[i, j] * h[j]
            s += h[i] * ph[i]
            miss -= h[i] * (mean[i] - before[i])
        if not s > 0.0:
            return 0, math.nan, math.nan
        square += miss * miss / s
        log_determinant += math.log(s)
        for i in range(6):
            gain[i] = ph[i] / s
            mean[i] += gain[i] * miss
        # (I - K h) P (I - K h)' + K r K', where (I - K h) P h' = P h' r / s.
        left = noise[n] / s
        for i in range(6):
            for j in range(6):
                covariance[i, j] += gain[i] * (noise[n] * gain[j] - left * ph[j]) - gain[i] * ph[j]
    symmetrise(covariance)
    return count, square, log_determinant


@kernel
def mean_of(state: Floats, mode: int) -> Floats:
    """The mean of one way of moving, as a view."""
    start = HEAD + MODE * mode
    return state[start : start + 6]


@kernel
def covariance_of(state: Floats, mode: int) -> Floats:
    """The covariance of one way of moving, as a view."""
    start = HEAD + MODE * mode + 6
    return state[start : start + 36].reshape(6, 6)


@kernel
def blend(
    mean: Floats, covariance: Floats, other: Floats, other_covariance: Floats, weight: float
) -> None:
    """Moments of a mixture: the first keeps 1 - ``weight``, in place."""
    for i in range(6):
        for j in range(6):
            gap = (other[i] - mean[i]) * (other[j] - mean[j])
            covariance[i, j] += weight * (
                other_covariance[i, j] - covariance[i, j] + (1.0 - weight) * gap
            )
    for i in range(6):
        mean[i] += weight * (other[i] - mean[i])


@kernel
def mixture(state: Floats, faint: float, mean: Floats, covariance: Floats) -> None:
    """Mean and covariance of both ways of moving together; of free flight where it is certain."""
    mean[:] = mean_of(state, 0)
    covariance[:, :] = covariance_of(state, 0)
    if state[P_FORCED] < faint:
        return
    blend(mean, covariance, mean_of(state, 1), covariance_of(state, 1), state[P_FORCED])


@kernel
def change(state: Floats, elapsed: float, law: Law) -> tuple[float, float]:
    """Probabilities of the ways of moving after ``elapsed`` seconds in which they may have changed.

    Returns what part of each, free and forced, was the other before. The rate of ignition is that
    of what has been seen so far: once free flight is established a relight is rare, and lift
    possible where the air is dense enough to slow the body. Forced flight that is fainter than
    ``law.faint`` gives nothing to free flight: moments of a mixture carry what is all but
    impossible, squared, into what is all but certain.
    """
    ignition = law.ignition
    if state[FREE_S] >= law.established:
        is_aloft = drag_deceleration(mean_of(state, 0), law.drag) < law.swerve_drag
        ignition = law.relight if is_aloft else law.swerve
    to_free = 1.0 - math.exp(-law.burn_out * elapsed)
    to_forced = 1.0 - math.exp(-ignition * elapsed)
    free, forced = state[P_FREE], state[P_FORCED]
    free_after = (1.0 - to_forced) * free + to_free * forced
    forced_after = to_forced * free + (1.0 - to_free) * forced
    entered, lit = 0.0, 0.0
    if free_after > 0.0:
        entered = to_free * forced / free_after
        state[FREE_AGE_S] = (1.0 - entered) * (state[FREE_AGE_S] + elapsed) + entered * elapsed / 2
    if forced_after > 0.0:
        lit = to_forced * free / forced_after
    state[P_FREE], state[P_FORCED] = free_after, forced_after
    return (entered if forced >= law.faint else 0.0), lit


@kernel
def mix(state: Floats, elapsed: float, law: Law) -> None:
    """Let the ways of moving change into one another over ``elapsed`` seconds, in place.

    Reference: Blom and Bar-Shalom (1988), IEEE Trans. Automatic Control 33(8), 780-783.
    """
    old = mean_of(state, 0).copy()
    old_covariance = covariance_of(state, 0).copy()
    entered, lit = change(state, elapsed, law)
    blend(
        mean_of(state, 0), covariance_of(state, 0),
        mean_of(state, 1), covariance_of(state, 1), entered,
    )  # fmt: skip
    blend(mean_of(state, 1), covariance_of(state, 1), old, old_covariance, lit)


@kernel
def carry(state: Floats, elapsed: float, law: Law) -> None:
    """Move both ways of moving by ``elapsed`` seconds (either sign), in place."""
    x = mean_of(state, 0)
    step_max = law.step_high if altitude_of(x[0], x[1], x[2]) > AIR_M else law.step_low
    predict_driven(
        mean_of(state, 0), covariance_of(state, 0),
        law.drag, 0.0, 0.0, law.spread, law.free, elapsed, step_max,
    )  # fmt: skip
    predict_driven(
        mean_of(state, 1), covariance_of(state, 1),
        law.drag, law.across, law.along, 0.0, 0.0, elapsed, step_max,
    )  # fmt: skip


@kernel
def is_established(state: Floats, law: Law) -> bool:
    """Whether free flight has been all but certain for long enough.

    In the air also for so long that a small lift would have shown: an aircraft that flies level is
    a stone for as long as its fall of half g t^2 is lost in the noise.
    """
    if state[FREE_S] < law.established:
        return False
    x = mean_of(state, 0)
    p = covariance_of(state, 0)
    if altitude_of(x[0], x[1], x[2]) > AIR_M:
        return True
    sigma = math.sqrt(p[0, 0] + p[1, 1] + p[2, 2])
    return bool(0.5 * law.lift * state[FREE_S] ** 2 > 6.0 * sigma)


@kernel
def judge(state: Floats, elapsed: float, now: float, law: Law) -> None:
    """Keep the history of thrust and free flight up to date, in place."""
    if state[P_FREE] >= _CERTAIN:
        state[FREE_S] += elapsed
    elif state[P_FREE] < 0.5:
        state[FREE_S] = 0.0
    if state[P_FORCED] >= _THRUST_CERTAIN:
        state[THRUST_SEEN] = 1.0
    if state[FREE_SEEN] == 0.0 and is_established(state, law):
        state[FREE_SEEN] = 1.0
        if state[THRUST_SEEN] > 0.0:
            state[BURNT_OUT_S] = now - state[FREE_AGE_S]


@kernel
def advance(state: Floats, elapsed: float, record: Floats, now: float, law: Law) -> float:
    """Mix, predict, update: one detection into one track, in place.

    Returns the normalised innovation squared of the likelier way of moving, or NaN when the result
    is no estimate any more. A detection that cannot be (behind the sensor) changes nothing.
    """
    if elapsed > 0.0:
        mix(state, elapsed, law)
        carry(state, elapsed, law)
    return absorb(state, elapsed, record, now, law)


@kernel
def absorb(state: Floats, elapsed: float, record: Floats, now: float, law: Law) -> float:
    """The update of ``advance``: one detection into a track that was carried to its instant."""
    logs = np.empty(2)
    squares = np.empty(2)
    for mode in range(2):
        count, squares[mode], log_determinant = update(
            mean_of(state, mode), covariance_of(state, mode), record
        )
        logs[mode] = -0.5 * (squares[mode] + log_determinant) if count > 0 else -1e6
    return choose(state, elapsed, record, now, logs, squares, law)


@kernel
def choose(state: Floats, elapsed: float, record: Floats, now: float, logs: Floats,
           squares: Floats, law: Law) -> float:  # fmt: skip
    """Weigh the ways of moving by how well each foretold a detection (``logs``), and judge."""
    best = max(logs[0], logs[1])
    total = 0.0
    for mode in range(2):
        state[mode] *= math.exp(logs[mode] - best)
        total += state[mode]
    if not (total > 0.0 and math.isfinite(total)):
        return math.nan
    for mode in range(2):
        state[mode] = max(state[mode] / total, 1e-12)
    state[OBSERVED_S] += min(elapsed, record[GAP])
    judge(state, elapsed, now, law)
    for i in range(WIDTH):
        if not math.isfinite(state[i]):
            return math.nan
    return float(squares[0] if state[P_FREE] > 0.5 else squares[1])


@kernel
def begin(state: Floats, place: Floats, place_covariance: Floats, velocity: Floats,
          speed_sigma: float) -> None:  # fmt: skip
    """A new track: place known, velocity little known, both ways of moving as probable."""
    state[:] = 0.0
    for mode in range(2):
        state[mode] = 0.5
        mean = mean_of(state, mode)
        covariance = covariance_of(state, mode)
        for i in range(3):
            mean[i] = place[i]
            mean[i + 3] = velocity[i]
            covariance[i + 3, i + 3] = speed_sigma * speed_sigma
            for j in range(3):
                covariance[i, j] = place_covariance[i, j]
