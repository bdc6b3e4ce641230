"""Arrays of blocks for the kernels that work on many tracks at once, and the way in and out.

Use them where thousands of tracks take a step together; for one track the scalar kernels are as
quick and simpler. Track ``i`` lives in block ``i // LANES``, lane ``i % LANES``.
"""

import numpy as np

from signalfire.basis.kernel import LANES, Floats
from signalfire.tracking._block_kernels import STATE

_LINE_BYTES = 64
"""A line of the cache, and the longest vector of today's processors."""
_UPPER = np.triu_indices(6)


def empty_blocks(count: int, rows: int) -> Floats:
    """Room for so many tracks, all zeros, shape (blocks, rows, lanes), at the start of a line."""
    blocks = -(-count // LANES)
    spare = _LINE_BYTES // 8
    room = np.zeros(blocks * rows * LANES + spare)
    start = (-room.ctypes.data % _LINE_BYTES) // 8
    return room[start : start + blocks * rows * LANES].reshape(blocks, rows, LANES)


def spread_over_lanes(values: Floats) -> Floats:
    """Rows of numbers (one row a track) as blocks; lanes left over repeat the last row."""
    count, rows = values.shape
    blocks = empty_blocks(count, rows)
    if count:
        whole = np.vstack([values, np.repeat(values[-1:], -count % LANES, axis=0)])
        blocks[:] = whole.reshape(-1, LANES, rows).transpose(0, 2, 1)
    return blocks


def collect_from_lanes(blocks: Floats, count: int) -> Floats:
    """The rows of numbers of the first ``count`` tracks."""
    return blocks.transpose(0, 2, 1).reshape(-1, blocks.shape[1])[:count].copy()


def state_blocks(means: Floats, covariances: Floats) -> Floats:
    """Means (n, 6) and symmetric covariances (n, 6, 6) as blocks of states."""
    upper = covariances[:, _UPPER[0], _UPPER[1]]
    return spread_over_lanes(np.hstack([means, upper]))


def states_of(blocks: Floats, count: int) -> tuple[Floats, Floats]:
    """Means (n, 6) and covariances (n, 6, 6) of the first ``count`` tracks."""
    rows = collect_from_lanes(blocks, count)
    assert rows.shape[1] == STATE
    covariances = np.empty((count, 6, 6))
    covariances[:, _UPPER[0], _UPPER[1]] = rows[:, 6:]
    covariances[:, _UPPER[1], _UPPER[0]] = rows[:, 6:]
    return rows[:, :6], covariances
