"""Pairs of tracks that may be one object, sparsely: columns in, pairs out; no exceptions."""

import math

import numpy as np

from signalfire.basis.kernel import Floats, Integers, kernel
from signalfire.tracking._cell_kernels import bucket, lay, quantile
from signalfire.tracking._ring_kernels import BLOCK, Columns
from signalfire.tracking._scan_kernels import pack, scan_of

_REACH_MAX = 12
"""Cells that a search goes to either side at most."""


@kernel
def foresee(rows: Integers, c: Columns, states: Floats) -> None:
    """Mean and upper triangle of the covariance of rows where they were last carried to."""
    for i in range(rows.shape[0]):
        row = rows[i]
        pack(c.ahead[row] if c.ahead_time[row] >= c.time[row] else c.state[row], states[i])


@kernel
def _time_of(row: int, place: int, c: Columns) -> int:
    """When a row's detection at a place in the order of time was observed."""
    return int(c.ring_time[c.chain[row, place // BLOCK], place % BLOCK])


@kernel
def never_together(one: int, other: int, looks: int, bits: int, c: Columns) -> bool:
    """Whether enough looks of late, of both, have nowhere shown both at once."""
    n, m = c.count[one], c.count[other]
    first, its_first = max(0, n - looks), max(0, m - looks)
    if n == 0 or m == 0:
        return False
    for i in range(n - 1, first - 1, -1):
        for j in range(m - 1, its_first - 1, -1):
            if scan_of(one, i, c) >> bits == scan_of(other, j, c) >> bits:
                return False
    since = max(_time_of(one, first, c), _time_of(other, its_first, c))
    seen = 0
    for i in range(first, n):
        seen += 1 if _time_of(one, i, c) >= since else 0
    for j in range(its_first, m):
        seen += 1 if _time_of(other, j, c) >= since else 0
    return seen >= looks


@kernel
def distance2(one: Floats, other: Floats, place_variance: float, speed_variance: float) -> float:
    """Squared distance of two states by the sum of their covariances and an allowance.

    Infinite where the sum is no covariance. By Cholesky's factors.
    """
    factor = np.empty((6, 6))
    miss = np.empty(6)
    total = 0.0
    for i in range(6):
        miss[i] = one[i] - other[i]
        for j in range(i + 1):
            n = 6 + j * 6 - j * (j - 1) // 2 + i - j
            value = one[n] + other[n]
            if i == j:
                value += place_variance if i < 3 else speed_variance
            for k in range(j):
                value -= factor[i, k] * factor[j, k]
            if i > j:
                factor[i, j] = value / factor[j, j]
            elif value > 0.0:
                factor[i, i] = math.sqrt(value)
            else:
                return math.inf
        for k in range(i):
            miss[i] -= factor[i, k] * miss[k]
        miss[i] /= factor[i, i]
        total += miss[i] * miss[i]
    return total


@kernel
def twins(rows: Integers, states: Floats, sigma_max: float, place_variance: float,
          speed_variance: float, distance2_max: float, looks: int, bits: int,
          c: Columns) -> tuple[int, Integers]:  # fmt: skip
    """Pairs of places in ``rows`` of which the states differ by less, and that no scan showed both.

    Each pair is found from the less sure of its two, within its reach.
    """
    squares = np.empty(rows.shape[0])
    sure = np.empty(rows.shape[0], dtype=np.int64)
    points = np.empty((rows.shape[0], 3))
    count = 0
    for i in range(rows.shape[0]):
        square = states[i, 6] + states[i, 12] + states[i, 17]
        if square < sigma_max * sigma_max:
            sure[count] = i
            squares[count] = square
            points[count] = states[i, :3]
            count += 1
    pairs = np.empty((16, 2), dtype=np.int64)
    found = 0
    if count < 2:
        return found, pairs
    usual = quantile(squares, count, 0.9)
    cell = np.full(3, math.sqrt(distance2_max * (2.0 * usual + place_variance)))
    mask = 1
    while mask < 2 * count:
        mask *= 2
    cells = np.empty((count, 3), dtype=np.int64)
    starts = np.zeros(mask + 1, dtype=np.int64)
    members = np.empty(count, dtype=np.int64)
    lay(points, count, cell, mask - 1, cells, starts, members)
    for a in range(count):
        reach2 = distance2_max * (2.0 * squares[a] + place_variance)
        far = min(math.ceil(math.sqrt(reach2) / cell[0]), _REACH_MAX)
        for x in range(cells[a, 0] - far, cells[a, 0] + far + 1):
            for y in range(cells[a, 1] - far, cells[a, 1] + far + 1):
                for z in range(cells[a, 2] - far, cells[a, 2] + far + 1):
                    at = bucket(x, y, z) & (mask - 1)
                    for b in members[starts[at] : starts[at + 1]]:
                        if cells[b, 0] != x or cells[b, 1] != y or cells[b, 2] != z:
                            continue
                        if squares[b] > squares[a] or (squares[b] == squares[a] and b >= a):
                            continue
                        dx = points[a, 0] - points[b, 0]
                        dy = points[a, 1] - points[b, 1]
                        dz = points[a, 2] - points[b, 2]
                        if dx * dx + dy * dy + dz * dz > reach2:
                            continue
                        i, j = min(sure[a], sure[b]), max(sure[a], sure[b])
                        if not never_together(rows[i], rows[j], looks, bits, c):
                            continue
                        gap = distance2(states[i], states[j], place_variance, speed_variance)
                        if gap < distance2_max:
                            if found == pairs.shape[0]:
                                pairs = np.concatenate((pairs, pairs))
                            pairs[found, 0] = i
                            pairs[found, 1] = j
                            found += 1
    return found, pairs
