"""What a filter learned between two of its states: arrays in, arrays out."""

import math

import numpy as np

from signalfire.basis.kernel import Floats, kernel
from signalfire.fusion._kernels import cholesky, invert
from signalfire.motion._kernels import congruence, product

_SWEEPS = 12
_LEARNED_MIN = 1e-9
"""Information gained, in units of what was known, below which nothing was learned: rounding."""


@kernel
def diagonalise(a: Floats, turn: Floats) -> None:
    """Jacobi's method: ``a`` becomes diagonal in place, ``turn`` has its axes as columns.

    The same bytes on every machine, unlike a library's. Reference: Golub and Van Loan (2013),
    Matrix Computations, section 8.5.
    """
    n = a.shape[0]
    for i in range(n):
        for j in range(n):
            turn[i, j] = 1.0 if i == j else 0.0
    for _ in range(_SWEEPS):
        off = 0.0
        for p in range(n):
            for q in range(p + 1, n):
                off += a[p, q] * a[p, q]
        if not off > 1e-28:
            return
        for p in range(n):
            for q in range(p + 1, n):
                if a[p, q] == 0.0:
                    continue
                theta = 0.5 * (a[q, q] - a[p, p]) / a[p, q]
                t = 1.0 / (abs(theta) + math.sqrt(theta * theta + 1.0))
                if theta < 0.0:
                    t = -t
                c = 1.0 / math.sqrt(t * t + 1.0)
                s = t * c
                for k in range(n):
                    akp, akq = a[k, p], a[k, q]
                    a[k, p], a[k, q] = c * akp - s * akq, s * akp + c * akq
                for k in range(n):
                    apk, aqk = a[p, k], a[q, k]
                    a[p, k], a[q, k] = c * apk - s * aqk, s * apk + c * aqk
                for k in range(n):
                    tkp, tkq = turn[k, p], turn[k, q]
                    turn[k, p], turn[k, q] = c * tkp - s * tkq, s * tkp + c * tkq


@kernel
def invert_lower(low: Floats, out: Floats) -> None:
    """Inverse of a lower triangle, into zeros."""
    n = low.shape[0]
    for j in range(n):
        out[j, j] = 1.0 / low[j, j]
        for i in range(j + 1, n):
            total = 0.0
            for k in range(j, i):
                total += low[i, k] * out[k, j]
            out[i, j] = -total / low[i, i]


@kernel
def absorb(
    mean: Floats,
    covariance: Floats,
    before: Floats,
    before_covariance: Floats,
    after: Floats,
    after_covariance: Floats,
) -> bool:
    """Take into a state, in place, what turned the state ``before`` into ``after``.

    The measurements that another filter used are rebuilt from its two states at one instant: along
    each axis on which it became surer there is one number, with the noise that would have made it
    so much surer. Where it became less sure it learned nothing. False where a covariance is none.
    Reference: Frenkel (1995) and Drummond (1997), tracklets by the inverse Kalman filter; Chong,
    Mori, Barker and Chang (2000), IEEE AES Systems Magazine 15(1), 25-34.
    """
    n = mean.shape[0]
    low = np.empty((n, n))
    if not cholesky(before_covariance, low):
        return False
    back = np.zeros((n, n))
    invert_lower(low, back)
    ratio = after_covariance.copy()
    turn = np.empty((n, n))
    congruence(back, ratio, turn)
    diagonalise(ratio, turn)
    axes = np.empty((n, n))
    product(back.T, turn, axes)
    gain = np.empty(n)
    for j in range(n):
        left = ratio[j, j]
        if not left > 0.0:
            return False
        learned = 1.0 / left - 1.0
        if learned <= _LEARNED_MIN:
            continue
        shift, miss, size = 0.0, 0.0, 0.0
        for i in range(n):
            shift += axes[i, j] * (after[i] - before[i])
            miss -= axes[i, j] * (mean[i] - before[i])
            gain[i] = 0.0
            for k in range(n):
                gain[i] += covariance[i, k] * axes[k, j]
        for i in range(n):
            size += axes[i, j] * gain[i]
        miss += shift / (1.0 - left)
        size += 1.0 / learned
        for i in range(n):
            mean[i] += gain[i] * miss / size
        for i in range(n):
            for k in range(n):
                covariance[i, k] -= gain[i] * gain[k] / size
    for i in range(n):
        for k in range(i):
            both = 0.5 * (covariance[i, k] + covariance[k, i])
            covariance[i, k] = both
            covariance[k, i] = both
    return True


@kernel
def pool(means: Floats, covariances: Floats, mean: Floats, covariance: Floats) -> float:
    """Independent estimates, shapes (m, n) and (m, n, n), to one; returns ln det, nan on failure.

    C^-1 = sum of C_i^-1, the product of Gaussian densities.
    """
    count, n = means.shape
    inverse = np.empty((n, n))
    information = np.zeros((n, n))
    vector = np.zeros(n)
    for m in range(count):
        if math.isnan(invert(covariances[m], inverse)):
            return math.nan
        for i in range(n):
            for j in range(n):
                information[i, j] += inverse[i, j]
                vector[i] += inverse[i, j] * (means[m, j] - means[0, j])
    log_determinant = -invert(information, covariance)
    for i in range(n):
        mean[i] = means[0, i]
        for j in range(n):
            mean[i] += covariance[i, j] * vector[j]
    return log_determinant
