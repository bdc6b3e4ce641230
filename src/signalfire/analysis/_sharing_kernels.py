"""How well a flight can be known, step by step: arrays in, arrays out; no objects, no exceptions.

A flight is cut into steps k = 0 .. n; ``f[k]`` carries a small change of the state
``[x y z vx vy vz]`` (Earth-fixed axes, SI) from moment k to moment k + 1.
"""

import math

import numpy as np

from signalfire.analysis._kernels import inform
from signalfire.basis.kernel import Flags, Floats, Integers, kernel
from signalfire.motion._kernels import congruence, field_noise, product, shake, transition

# Where each number of a way of moving stands.
FREE = 0  # white acceleration in free flight, m2/s3 (``field_noise``)
ALONG = 1  # the same along the velocity under thrust
ACROSS = 2  # and across it
MOTION_LENGTH = 3

_NOTHING = 1e-12
"""A pivot smaller than this part of the greatest is rounding: no information."""


@kernel
def transitions(middle: Floats, dt: Floats, drag: Floats, first: Integers, f: Floats) -> None:
    """Fill ``f``, shape (n, 6, 6), from the true states midway of the short legs of each step.

    The legs of step k are ``first[k]`` to ``first[k + 1]``; ``middle`` has shape (legs, 6), ``dt``
    and ``drag`` (1/beta, 0 without air) shape (legs,).
    """
    leg = np.empty((6, 6))
    before = np.empty((6, 6))
    for k in range(f.shape[0]):
        f[k] = 0.0
        for i in range(6):
            f[k, i, i] = 1.0
        for m in range(first[k], first[k + 1]):
            before[:, :] = f[k]
            transition(middle[m], drag[m], dt[m], leg)
            product(leg, before, f[k])


@kernel
def ground_slopes(f: Floats, at_end: Floats, out: Floats) -> None:
    """d(impact east, north)/d(state) at every moment, shape (n + 1, 2, 6), from that at the end."""
    n = f.shape[0]
    out[n] = at_end
    for k in range(n - 1, -1, -1):
        for i in range(2):
            for j in range(6):
                total = 0.0
                for m in range(6):
                    total += out[k + 1, i, m] * f[k, m, j]
                out[k, i, j] = total


@kernel
def learn(covariance: Floats, information: Floats, root: Floats, work: Floats) -> None:
    """Put the information of a place, shape (3, 3), into a covariance of the state, in place.

    The information is taken apart by Cholesky into at most three numbers seen with unit variance;
    each is a Kalman update. ``root`` (3, 3) and ``work`` (3, 6) are scratch. Reference: Bierman
    (1977), Factorization Methods for Discrete Sequential Estimation, chapters II and V.
    """
    scale = max(information[0, 0], information[1, 1], information[2, 2])
    for j in range(3):
        for i in range(3):
            root[i, j] = 0.0
        pivot = information[j, j]
        for k in range(j):
            pivot -= root[j, k] * root[j, k]
        if pivot <= _NOTHING * scale:
            continue
        root[j, j] = math.sqrt(pivot)
        for i in range(j + 1, 3):
            rest = information[i, j]
            for k in range(j):
                rest -= root[i, k] * root[j, k]
            root[i, j] = rest / root[j, j]
        for i in range(3):
            work[0, i], work[0, i + 3] = root[i, j], 0.0
        inform(covariance, work[0], 1.0, work[1], work[2])


@kernel
def know(
    f: Floats, dt: Floats, states: Floats, is_driven: Flags, motion: Floats,
    seen: Floats, prior: Floats, out: Floats,
) -> int:  # fmt: skip
    """The least covariance of the state after every moment, shape (n + 1, 6, 6).

    ``seen[k]`` (3, 3) is the information on the place that comes at moment k, ``prior`` (6,) the
    variances at the first of it. Returns that first moment, n + 1 where nothing is ever seen; what
    is before it is not filled. The recursion is that of the posterior Cramer-Rao bound along the
    true path: Tichavsky, Muravchik and Nehorai (1998), IEEE Trans. Signal Processing 46,
    1386-1396, section IV.
    """
    p = np.zeros((6, 6))
    half = np.empty((6, 6))
    root = np.empty((3, 3))
    work = np.empty((3, 6))
    count = len(seen)
    begun = count
    for k in range(count):
        if begun < count:
            congruence(f[k - 1], p, half)
            if is_driven[k - 1]:
                shake(states[k - 1, 3:], motion[ACROSS], motion[ALONG], dt[k - 1], p)
            else:
                x = states[k - 1]
                noise = field_noise(x[0], x[1], x[2], motion[FREE])
                shake(x[3:], noise, noise, dt[k - 1], p)
        if seen[k, 0, 0] + seen[k, 1, 1] + seen[k, 2, 2] > 0.0:
            if begun == count:
                begun = k
                for i in range(6):
                    p[i, i] = prior[i]
            learn(p, seen[k], root, work)
        out[k] = p
    return begun


@kernel
def on_the_ground(slopes: Floats, covariances: Floats, begun: int, out: Floats) -> None:
    """The covariance of the impact point east and north, (n + 1, 2, 2): G P G', from ``begun``."""
    for k in range(begun, out.shape[0]):
        for i in range(2):
            for j in range(2):
                total = 0.0
                for a in range(6):
                    for b in range(6):
                        total += slopes[k, i, a] * covariances[k, a, b] * slopes[k, j, b]
                out[k, i, j] = total
