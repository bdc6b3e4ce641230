"""Points in cells: only what shares a cell is compared. Arrays in and out, no exceptions."""

import math

import numpy as np

from signalfire.basis.kernel import Floats, Integers, inner_kernel, kernel

_SAMPLE = 512


@kernel
def quantile(values: Floats, count: int, share: float) -> float:
    """A quantile of the first ``count`` values, from a sample of them evenly spread."""
    if count == 0:
        return 0.0
    stride = max(1, count // _SAMPLE)
    sample = np.empty((count + stride - 1) // stride)
    for i in range(sample.shape[0]):
        sample[i] = values[i * stride]
    sample.sort()
    return float(sample[min(sample.shape[0] - 1, int(share * sample.shape[0]))])


@kernel
def lay(points: Floats, count: int, cell: Floats, mask: int, cells: Integers, starts: Integers,
        members: Integers) -> None:  # fmt: skip
    """Points into buckets of cells: those of bucket b are members[starts[b] : starts[b + 1]]."""
    starts[:] = 0
    buckets = np.empty(count, dtype=np.int64)
    for n in range(count):
        for axis in range(3):
            cells[n, axis] = math.floor(points[n, axis] / cell[axis])
        buckets[n] = bucket(cells[n, 0], cells[n, 1], cells[n, 2]) & mask
        starts[buckets[n] + 1] += 1
    for b in range(mask + 1):
        starts[b + 1] += starts[b]
    place = starts[:-1].copy()
    for n in range(count):
        members[place[buckets[n]]] = n
        place[buckets[n]] += 1


@inner_kernel
def bucket(i: int, j: int, k: int) -> int:
    """A number for a cell. Reference: Teschner et al. (2003), Vision, Modeling, Visualization."""
    return (i * 73856093) ^ (j * 19349663) ^ (k * 83492791)
