"""Which falls are flown: points in what is unknown of a flight, in standard deviations of each.

A point is ``[state (6), drag, lift up, lift aside, push (2)]``, as ``_kernels.displaced`` takes it.
"""

import math
from statistics import NormalDist

import numpy as np

from signalfire.assess import _flight_kernels, _kernels
from signalfire.basis.kernel import Floats

SAMPLES = 64
"""Flights of a footprint."""
CLOUD = 512
"""Falls by which the content of an ellipse is counted: 90 % of them is known to 0.1 % or so."""
LIFT, PUSH = 7, 9
"""Where the ratios of lift and those of the pushes begin in a point."""
STEP = math.sqrt(3.0)
"""How many sigmas off the single flights lie; also half the width of a uniform distribution."""
_UNKNOWNS = 9
"""State, drag and the two pushes."""
_ASIDE = 0.5
"""A body that turns aside by lift gives up range for it."""
_NORMAL = NormalDist()


def _points(samples: int) -> Floats:
    """Points of a standard normal, in opposite pairs, in that of drag then made uniform.

    Half the points are an additive recurrence with the generalised golden ratio. Reference:
    Niederreiter (1992), "Random Number Generation and Quasi-Monte Carlo Methods", chapter 3.
    """
    ratio = 1.5
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (_UNKNOWNS + 1))
    steps = ratio ** -np.arange(1, _UNKNOWNS + 1)
    uniform = (0.5 + np.arange(1, samples // 2 + 1)[:, None] * steps) % 1.0
    half = np.array([[_NORMAL.inv_cdf(float(u)) for u in row] for row in uniform])
    points = np.concatenate([half, -half])
    lower = np.linalg.cholesky(points.T @ points / samples)
    points = np.linalg.solve(lower, points.T).T
    points[:, 6] = [STEP * (2.0 * _NORMAL.cdf(float(v)) - 1.0) for v in points[:, 6]]
    # None of them uses lift.
    return np.ascontiguousarray(np.insert(points, [LIFT, LIFT], 0.0, axis=1))


def sample_points(lift_ratio_max: float, lift_probability: float) -> Floats:
    """The points of a footprint: some of them with lift-to-drag ratios in place of a push."""
    points = _MANY_POINTS.copy()
    gliding = _GLIDE_ORDER[: round(lift_probability * SAMPLES)]
    points[gliding, LIFT] = lift_ratio_max * _MANY_SHARES[gliding, 0]
    points[gliding, LIFT + 1] = _ASIDE * lift_ratio_max * (2.0 * _MANY_SHARES[gliding, 1] - 1.0)
    points[gliding, PUSH:] = 0.0
    return points


def _gliding(points: Floats) -> Floats:
    """The same points with all lift used: straight ahead in two of three, else to either side.

    A body that glides does so to go far. With three flights in eight so and the others far behind,
    the 90 % ellipse is 2.146 x 0.6 of their reach: beyond it.
    """
    points = points.copy()
    points[:, LIFT:] = np.array([1.0, 0.0, 0.0, 0.0])
    points[::3, LIFT + 1] = _ASIDE * (-1.0) ** np.arange(len(points[::3]))
    return points


_MANY_POINTS = _points(SAMPLES)
CLOUD_POINTS = _points(CLOUD)
"""The falls by which the content of an ellipse is counted, shape (``CLOUD``, ``SPREAD``)."""
_MANY_SHARES = np.array([[_NORMAL.cdf(float(v)) for v in row[PUSH:]] for row in _MANY_POINTS])
_GLIDE_ORDER = np.arange(SAMPLES).reshape(2, -1).T.ravel()
"""Flights in the order in which they take to lift: opposite ones together."""
GLIDES = _gliding(_points(_flight_kernels.LANES * 2))
"""Two blocks of flights that use all their lift."""
LIGHT = np.zeros((_flight_kernels.LANES, _kernels.SPREAD))
LIGHT[:, 6] = STEP * np.linspace(-1.0, 1.0, 2 * _flight_kernels.LANES + 1)[1::2]
"""One block of flights of the expected state, over a drag whose logarithm is uniform."""
INTERVALS = np.sqrt(np.array([3.0] * 6 + [1.8]))[:, None]
"""How many sigmas off the pairs lie, shape (7, 1): by the fourth moment of each unknown."""
PAIRS = np.vstack(
    [
        np.kron(INTERVALS * np.eye(7, _kernels.SPREAD), np.array([[1.0], [-1.0]])),
        STEP * np.eye(_kernels.SPREAD)[PUSH:],
    ]
)
"""Sixteen flights, one block: opposite pairs for state and drag, single ones for a push."""
