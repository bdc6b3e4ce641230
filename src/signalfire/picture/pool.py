"""The detections of many tracks, in blocks that they share; bounded."""

import math
from mmap import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signalfire.basis.kernel import Floats, Integers

Blocks = NDArray[np.int32]
"""Places of blocks in a pool."""
NEVER = 2**63 - 1
"""An instant that does not come."""
_BLOCKS_AT_FIRST = 32
_PAGES_FROM_BYTES = 256 * 1024
_GROWTH = 1.25
"""A pool that is full grows by so much: what is not used yet is little beside what is."""


class DetectionPool:
    """Blocks of detections in order of time, each with the state before its first one.

    ``ring`` (blocks, block, record), ``ring_time`` and ``ring_scan`` hold detections, when each was
    observed and in which scan it came; ``snapshot`` and ``snapshot_time`` the states. Which blocks
    are whose stands in the table. The first of ``spare`` are the free blocks, and ``ledger`` says
    how many these are, how many blocks tracks hold beyond the ``own`` of each, and the most of
    these.
    """

    def __init__(
        self, *, rows_max: int, mean: int, own: int, shape: tuple[int, int], snapshot_width: int
    ) -> None:
        assert mean >= own
        self._own = own
        self.block = shape[0]
        self._blocks_max = mean * rows_max
        blocks = min(_BLOCKS_AT_FIRST, self._blocks_max)
        self._cells = zeros((blocks, shape[0], shape[1] + 2), np.float64)
        self._lay_out()
        self.snapshot: Floats = np.zeros((blocks, snapshot_width))
        self.snapshot_time: Integers = np.zeros(blocks, dtype=np.int64)
        self.spare: Integers = np.arange(blocks - 1, -1, -1)
        self.ledger: Integers = np.array([blocks, 0, (mean - own) * rows_max])

    @property
    def capacity(self) -> int:
        """Blocks that there are now."""
        return len(self.spare)

    def _lay_out(self) -> None:
        """A detection lies beside its time and its scan: it is fetched and written in one go."""
        whole = self._cells.view(np.int64)
        self.ring: Floats = self._cells[:, :, :-2]
        self.ring_time: Integers = whole[:, :, -2]
        self.ring_scan: Integers = whole[:, :, -1]

    def make_room(self, blocks: int) -> None:
        """Have so many free blocks, or all that there may be."""
        before, free = self.capacity, int(self.ledger[0])
        if free >= blocks or before == self._blocks_max:
            return
        after = min(max(int(_GROWTH * before), before + blocks - free), self._blocks_max)
        for name in ("_cells", "snapshot", "snapshot_time", "spare"):
            setattr(self, name, grown(getattr(self, name), after))
        self._lay_out()
        self.spare[free : free + after - before] = np.arange(after - 1, before - 1, -1)
        self.ledger[0] += after - before

    def give_back(self, blocks: Blocks) -> None:
        """All blocks of one track are free again."""
        free, many = int(self.ledger[0]), len(blocks)
        self.spare[free : free + many] = blocks
        self.ledger[0] += many
        self.ledger[1] -= max(0, many - self._own)


def zeros(shape: tuple[int, ...], kind: Any) -> np.ndarray:
    """Zeros that outlive many scans: large ones on pages of their own, not on the heap.

    There they would lie between what is made and let go with every scan, and the gaps that these
    leave (a quarter of all memory with 10,000 tracks) are never given back.
    """
    size = math.prod(shape) * np.dtype(kind).itemsize
    if size < _PAGES_FROM_BYTES:
        return np.zeros(shape, kind)
    return np.frombuffer(mmap(-1, size), kind).reshape(shape)


def grown(column: np.ndarray, rows: int) -> np.ndarray:
    """A column with more rows, the new ones zero."""
    longer = zeros((rows, *column.shape[1:]), column.dtype)
    longer[: len(column)] = column
    return longer
