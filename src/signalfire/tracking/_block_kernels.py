"""The filter on many tracks at once: one full step on blocks of tracks, in place.

A block holds ``LANES`` tracks side by side, a lane each, so that one instruction works on as many
of them as the processor's vectors are wide. Arrays of blocks have the shape (blocks, rows, lanes):
states of ``STATE`` rows (mean, then the upper triangle of the covariance by rows), laws of motion
of ``LAW`` rows, detections with the rows of ``tracking._kernels`` (a lane of zeros has none), and
what the update found, of ``FOUND`` rows. Earth-fixed axes, SI. A lane of NaN stays so alone.

One step is one Runge-Kutta step: whoever moves tracks by more than the step that their height
allows calls ``predict_blocks`` as often as it takes. The scalar kernels are the reference.
"""

import math

from signalfire.basis._block_kernels import block_at, logarithm, pick
from signalfire.basis.kernel import LANES, Floats, block_kernel
from signalfire.motion._block_kernels import (
    Law,
    Nine,
    Six,
    State,
    Three,
    moved_above_air,
    moved_in_air,
)
from signalfire.motion._kernels import AIR_TOP_M
from signalfire.space.earth import SEMI_MAJOR_M
from signalfire.tracking._kernels import (
    ALONG,
    ASIDE,
    KIND,
    RANGE,
    S_ACROSS,
    S_ASIDE,
    S_RANGE,
    SITE,
)

Absorbed = tuple[Six, Nine, Nine, Nine, float, float]
Plot = tuple[float, ...]

STATE = 27
ELAPSED_S, DRAG, ACROSS, ALONGSIDE, SPREAD, FIELD = range(6)
LAW = 6
"""Seconds to move by (either sign); 1/beta; densities of the white acceleration across and along
the velocity, m2/s3; seconds that, times the square of the drag deceleration, add to the latter;
``field`` of ``field_noise``, m2/s3."""
SQUARE, LOG_DETERMINANT = range(2)
FOUND = 2
"""Normalised innovation squared; logarithm of the determinant of the innovation's covariance. Both
are 0 where there was no detection, or one that cannot be; NaN for one with a range rate (kind 4),
which these kernels leave alone and the scalar ``update`` takes."""


@block_kernel
def absorbed(
    step: Six, p: Nine, c: Nine, v: Nine, h: Three, residual: float, sigma: float, weight: float
) -> Absorbed:
    """Take in one number that depends on the place: Joseph's form, factor by factor, as the scalar
    ``update`` does.

    ``step`` is how far the mean has come from where residual and slope ``h`` were taken. A weight
    of 0 changes nothing, 1 is the full gain. Also the normalised square and the variance of the
    innovation.
    """
    d0, d1, d2, d3, d4, d5 = step
    p0, p1, p2, _, p4, p5, _, _, p8 = p
    c0, c1, c2, c3, c4, c5, c6, c7, c8 = c
    v0, v1, v2, _, v4, v5, _, _, v8 = v
    h0, h1, h2 = h
    a0, a1, a2 = (
        p0 * h0 + p1 * h1 + p2 * h2,
        p1 * h0 + p4 * h1 + p5 * h2,
        p2 * h0 + p5 * h1 + p8 * h2,
    )
    a3, a4, a5 = (
        c0 * h0 + c3 * h1 + c6 * h2,
        c1 * h0 + c4 * h1 + c7 * h2,
        c2 * h0 + c5 * h1 + c8 * h2,
    )
    noise = sigma * sigma
    s = noise + h0 * a0 + h1 * a1 + h2 * a2
    s = pick(weight > 0.0, pick(s > 0.0, s, math.nan), 1.0)
    inverse = weight / s
    miss = residual - (h0 * d0 + h1 * d1 + h2 * d2)
    k0, k1, k2 = a0 * inverse, a1 * inverse, a2 * inverse
    k3, k4, k5 = a3 * inverse, a4 * inverse, a5 * inverse
    left = 1.0 + noise * inverse
    m0, m1, m2 = noise * k0 - left * a0, noise * k1 - left * a1, noise * k2 - left * a2
    m3, m4, m5 = noise * k3 - left * a3, noise * k4 - left * a4, noise * k5 - left * a5
    p1, p2, p5 = p1 + k0 * m1, p2 + k0 * m2, p5 + k1 * m2
    v1, v2, v5 = v1 + k3 * m4, v2 + k3 * m5, v5 + k4 * m5
    return (
        (
            d0 + k0 * miss, d1 + k1 * miss, d2 + k2 * miss,
            d3 + k3 * miss, d4 + k4 * miss, d5 + k5 * miss,
        ),
        (p0 + k0 * m0, p1, p2, p1, p4 + k1 * m1, p5, p2, p5, p8 + k2 * m2),
        (
            c0 + k0 * m3, c1 + k0 * m4, c2 + k0 * m5,
            c3 + k1 * m3, c4 + k1 * m4, c5 + k1 * m5,
            c6 + k2 * m3, c7 + k2 * m4, c8 + k2 * m5,
        ),
        (v0 + k3 * m3, v1, v2, v1, v4 + k4 * m4, v5, v2, v5, v8 + k5 * m5),
        inverse * miss * miss,
        s,
    )  # fmt: skip


@block_kernel
def slope_across(w: Three, a: Three, inverse: float) -> tuple[float, Three]:
    """Sine of the angle from a sight ``a`` towards ``w`` across it, and its slope by the place."""
    w0, w1, w2 = w
    a0, a1, a2 = a
    s = w0 * a0 + w1 * a1 + w2 * a2
    return s, ((w0 - s * a0) * inverse, (w1 - s * a1) * inverse, (w2 - s * a2) * inverse)


@block_kernel
def updated(mean: Six, p: Nine, c: Nine, v: Nine, plot: Plot) -> tuple[State, float, float]:
    """A state after its detection: two angles across the measured line of sight, and a range if it
    has one. A detection with a range rate is not for here: it changes nothing and is found NaN.
    """
    x, y, z, vx, vy, vz = mean
    kind, sx, sy, sz, ux, uy, uz, ex, ey, ez, r_seen, s_range, s_aside, s_across = plot
    dx, dy, dz = x - sx, y - sy, z - sz
    r2 = dx * dx + dy * dy + dz * dz
    inverse = 1.0 / math.sqrt(r2)
    r = r2 * inverse
    ax, ay, az = dx * inverse, dy * inverse, dz * inverse
    ahead = ax * ux + ay * uy + az * uz
    usable = pick(r > 1.0, pick(ahead > 0.1, pick(kind > 3.0, 0.0, 1.0), 0.0), 0.0)
    ranged = pick(kind > 2.0, usable, 0.0)
    a = (ax, ay, az)
    aside, e_slope = slope_across((ex, ey, ez), a, inverse)
    w = (uy * ez - uz * ey, uz * ex - ux * ez, ux * ey - uy * ex)
    across, w_slope = slope_across(w, a, inverse)
    d = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    d, p, c, v, n0, s0 = absorbed(d, p, c, v, a, r_seen - r, s_range, ranged)
    d, p, c, v, n1, s1 = absorbed(d, p, c, v, e_slope, -aside, s_aside, usable)
    d, p, c, v, n2, s2 = absorbed(d, p, c, v, w_slope, -across, s_across, usable)
    d0, d1, d2, d3, d4, d5 = d
    foreign = pick(kind > 3.0, math.nan, 0.0)
    after = (x + d0, y + d1, z + d2, vx + d3, vy + d4, vz + d5)
    return (after, p, c, v), n0 + n1 + n2 + foreign, logarithm(s0 * s1 * s2)


@block_kernel
def load(x: Floats, lane: int) -> State:
    """The state in a lane."""
    mean = (x[0, lane], x[1, lane], x[2, lane], x[3, lane], x[4, lane], x[5, lane])
    p1, p2, p5 = x[7, lane], x[8, lane], x[13, lane]
    v1, v2, v5 = x[22, lane], x[23, lane], x[25, lane]
    return (
        mean,
        (x[6, lane], p1, p2, p1, x[12, lane], p5, p2, p5, x[17, lane]),
        (
            x[9, lane], x[10, lane], x[11, lane],
            x[14, lane], x[15, lane], x[16, lane],
            x[18, lane], x[19, lane], x[20, lane],
        ),
        (x[21, lane], v1, v2, v1, x[24, lane], v5, v2, v5, x[26, lane]),
    )  # fmt: skip


@block_kernel
def store(x: Floats, lane: int, mean: Six, p: Nine, c: Nine, v: Nine) -> None:
    """Put a state back into its lane."""
    x[0, lane], x[1, lane], x[2, lane], x[3, lane], x[4, lane], x[5, lane] = mean
    x[6, lane], x[7, lane], x[8, lane], _, x[12, lane], x[13, lane], _, _, x[17, lane] = p
    (
        x[9, lane], x[10, lane], x[11, lane],
        x[14, lane], x[15, lane], x[16, lane],
        x[18, lane], x[19, lane], x[20, lane],
    ) = c  # fmt: skip
    x[21, lane], x[22, lane], x[23, lane], _, x[24, lane], x[25, lane], _, _, x[26, lane] = v


@block_kernel
def law_of(v: Floats, lane: int) -> Law:
    """The parameters of a lane."""
    return (
        v[ELAPSED_S, lane], v[DRAG, lane], v[ACROSS, lane], v[ALONGSIDE, lane], v[SPREAD, lane],
        v[FIELD, lane],
    )  # fmt: skip


@block_kernel
def plot_of(z: Floats, lane: int) -> Plot:
    """The detection of a lane."""
    return (
        z[KIND, lane],
        z[SITE, lane], z[SITE + 1, lane], z[SITE + 2, lane],
        z[ALONG, lane], z[ALONG + 1, lane], z[ALONG + 2, lane],
        z[ASIDE, lane], z[ASIDE + 1, lane], z[ASIDE + 2, lane],
        z[RANGE, lane], z[S_RANGE, lane], z[S_ASIDE, lane], z[S_ACROSS, lane],
    )  # fmt: skip


@block_kernel
def is_above_air(x: Floats, v: Floats) -> bool:
    """Whether no lane of a block meets air on its way. A lane that is no number says nothing."""
    low = 0.0
    for lane in range(LANES):
        r2 = x[0, lane] * x[0, lane] + x[1, lane] * x[1, lane] + x[2, lane] * x[2, lane]
        pace = abs(x[3, lane]) + abs(x[4, lane]) + abs(x[5, lane])
        top = SEMI_MAJOR_M + AIR_TOP_M + pace * abs(v[ELAPSED_S, lane])
        low += pick(r2 < top * top, pick(v[DRAG, lane] > 0.0, 1.0, 0.0), 0.0)
    return low == 0.0


@block_kernel
def predict_blocks(states: Floats, laws: Floats) -> None:
    """Move every track by its own time, in one step."""
    for b in range(states.shape[0]):
        x, v = block_at(states, b), block_at(laws, b)
        if is_above_air(x, v):
            for lane in range(LANES):
                mean, p, c, s = load(x, lane)
                mean, p, c, s = moved_above_air(mean, p, c, s, law_of(v, lane))
                store(x, lane, mean, p, c, s)
        else:
            for lane in range(LANES):
                mean, p, c, s = load(x, lane)
                mean, p, c, s = moved_in_air(mean, p, c, s, law_of(v, lane))
                store(x, lane, mean, p, c, s)


@block_kernel
def update_blocks(states: Floats, plots: Floats, found: Floats) -> None:
    """Take every track's own detection into it."""
    for b in range(states.shape[0]):
        x, z, f = block_at(states, b), block_at(plots, b), block_at(found, b)
        for lane in range(LANES):
            mean, p, c, s = load(x, lane)
            (mean, p, c, s), f[SQUARE, lane], f[LOG_DETERMINANT, lane] = updated(
                mean, p, c, s, plot_of(z, lane)
            )
            store(x, lane, mean, p, c, s)


@block_kernel
def step_blocks(states: Floats, laws: Floats, plots: Floats, found: Floats) -> None:
    """Move every track, then take its own detection into it."""
    for b in range(states.shape[0]):
        x, v = block_at(states, b), block_at(laws, b)
        z, f = block_at(plots, b), block_at(found, b)
        if is_above_air(x, v):
            for lane in range(LANES):
                mean, p, c, s = load(x, lane)
                mean, p, c, s = moved_above_air(mean, p, c, s, law_of(v, lane))
                (mean, p, c, s), f[SQUARE, lane], f[LOG_DETERMINANT, lane] = updated(
                    mean, p, c, s, plot_of(z, lane)
                )
                store(x, lane, mean, p, c, s)
        else:
            for lane in range(LANES):
                mean, p, c, s = load(x, lane)
                mean, p, c, s = moved_in_air(mean, p, c, s, law_of(v, lane))
                (mean, p, c, s), f[SQUARE, lane], f[LOG_DETERMINANT, lane] = updated(
                    mean, p, c, s, plot_of(z, lane)
                )
                store(x, lane, mean, p, c, s)
