"""Points that fill a cube more evenly than chance does: what sample flights are drawn from."""

from statistics import NormalDist

import numpy as np

from signalfire.basis.kernel import Floats

_NORMAL = NormalDist()


def even_points(samples: int, dimensions: int) -> Floats:
    """Points in (0, 1), shape (samples, dimensions), in opposite pairs; ``samples`` is even.

    Half are an additive recurrence with the generalised golden ratio, the root of
    x^(dimensions + 1) = 1 + x; the others mirror them. Reference: Niederreiter (1992), "Random
    Number Generation and Quasi-Monte Carlo Methods", chapter 3.
    """
    ratio = 1.5
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1))
    steps = ratio ** -np.arange(1, dimensions + 1)
    half: Floats = (0.5 + np.arange(1, samples // 2 + 1)[:, None] * steps) % 1.0
    return np.concatenate([half, 1.0 - half])


def normal_points(even: Floats) -> Floats:
    """Even points as points of a standard normal with unit covariance, in the same order."""
    normal = np.array([[_NORMAL.inv_cdf(float(u)) for u in row] for row in even])
    lower = np.linalg.cholesky(normal.T @ normal / len(normal))
    return np.ascontiguousarray(np.linalg.solve(lower, normal.T).T)
