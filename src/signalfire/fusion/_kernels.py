"""Fusing Gaussian estimates: arrays in, arrays out; no objects, no exceptions."""

import math

import numpy as np

from signalfire.basis.kernel import Floats, kernel

_GOLDEN = 0.6180339887498949


@kernel
def cholesky(a: Floats, out: Floats) -> bool:
    """Lower triangle L with L L' = a; False where ``a`` is not positive definite."""
    n = a.shape[0]
    for i in range(n):
        for j in range(i + 1):
            total = a[i, j]
            for k in range(j):
                total -= out[i, k] * out[j, k]
            if i == j:
                if not total > 0.0:
                    return False
                out[i, i] = math.sqrt(total)
            else:
                out[i, j] = total / out[j, j]
        for j in range(i + 1, n):
            out[i, j] = 0.0
    return True


@kernel
def invert(a: Floats, out: Floats) -> float:
    """Inverse of a positive definite matrix; returns ln det, or nan where it is not."""
    n = a.shape[0]
    low = np.empty((n, n))
    if not cholesky(a, low):
        return math.nan
    inverse_low = np.zeros((n, n))
    for j in range(n):
        inverse_low[j, j] = 1.0 / low[j, j]
        for i in range(j + 1, n):
            total = 0.0
            for k in range(j, i):
                total += low[i, k] * inverse_low[k, j]
            inverse_low[i, j] = -total / low[i, i]
    log_determinant = 0.0
    for i in range(n):
        log_determinant += 2.0 * math.log(low[i, i])
        for j in range(n):
            total = 0.0
            for k in range(max(i, j), n):
                total += inverse_low[k, i] * inverse_low[k, j]
            out[i, j] = total
    return log_determinant


@kernel
def quadratic(difference: Floats, covariance: Floats) -> float:
    """d' C^-1 d, the squared Mahalanobis length; nan where C is not positive definite."""
    n = difference.shape[0]
    inverse = np.empty((n, n))
    if math.isnan(invert(covariance, inverse)):
        return math.nan
    total = 0.0
    for i in range(n):
        for j in range(n):
            total += difference[i] * inverse[i, j] * difference[j]
    return total


@kernel
def intersect(
    mean_a: Floats, cov_a: Floats, mean_b: Floats, cov_b: Floats, mean: Floats, cov: Floats
) -> float:
    """Covariance intersection of two estimates; returns the weight of the first, nan on failure.

    C^-1 = w A^-1 + (1-w) B^-1 with w by golden section on ln det C, which is convex in w.
    Consistent for any correlation between the two. Reference: Julier and Uhlmann (1997), Proc.
    American Control Conference, 2369-2373.
    """
    n = mean_a.shape[0]
    inverse_a = np.empty((n, n))
    inverse_b = np.empty((n, n))
    if math.isnan(invert(cov_a, inverse_a)) or math.isnan(invert(cov_b, inverse_b)):
        return math.nan
    information = np.empty((n, n))
    low, high = 0.0, 1.0
    w = 0.5
    for _ in range(24):
        left = high - _GOLDEN * (high - low)
        right = low + _GOLDEN * (high - low)
        for i in range(n):
            for j in range(n):
                information[i, j] = left * inverse_a[i, j] + (1.0 - left) * inverse_b[i, j]
        at_left = -invert(information, cov)
        for i in range(n):
            for j in range(n):
                information[i, j] = right * inverse_a[i, j] + (1.0 - right) * inverse_b[i, j]
        at_right = -invert(information, cov)
        if at_left < at_right:
            high = right
        else:
            low = left
        w = 0.5 * (low + high)
    if w < 1e-4:
        w = 0.0
    elif w > 1.0 - 1e-4:
        w = 1.0
    vector = np.zeros(n)
    for i in range(n):
        for j in range(n):
            a, b = w * inverse_a[i, j], (1.0 - w) * inverse_b[i, j]
            information[i, j] = a + b
            vector[i] += a * mean_a[j] + b * mean_b[j]
    if math.isnan(invert(information, cov)):
        return math.nan
    for i in range(n):
        mean[i] = 0.0
        for j in range(n):
            mean[i] += cov[i, j] * vector[j]
    return w
