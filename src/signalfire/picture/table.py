"""Many tracks, column by column; bounded.

A row is one track. The columns are numpy arrays that grow together up to a stated number
of rows; a row keeps its place while its track lives, and free rows are used again.
"""

from heapq import heappop, heappush
from typing import Any

import numpy as np

from signalfire.basis.errors import LimitExceeded
from signalfire.basis.kernel import Floats, Integers
from signalfire.basis.limits import PATHS_MAX

FREE, TENTATIVE, CONFIRMED, LOST = 0, 1, 2, 3
"""Values of the ``status`` column."""
ARC_LENGTH = 24
"""States kept of the early arc, for the launch estimate."""
ARC_WIDTH = 27
PATHS_WORD = 32
"""Paths in one number of the ``paths`` column."""
_BEYOND_COUNT = {"ring", "ring_time", "ring_scan", "snapshot", "snapshot_time", "arc", "arc_time"}
_BY_PLACE = {"arc", "arc_time"}
_ROWS_AT_FIRST, _ROWS_MORE = 32, 4_096
"""Columns grow by doubling, and from here on by so many rows."""


class TrackTable:
    """The columns of all tracks of one node.

    ``state`` holds what the filter knows at ``time`` (nanoseconds since the tracker's epoch) and
    ``ahead`` the same carried forward to ``ahead_time`` (before ``time``: not there). The last
    detections used stand in ``ring``, in the order of ``ring_time``; ``ring_scan`` says in which
    scan each came. Every ``block``-th of them has the state before it in ``snapshot``. The first
    states, some time apart, stand in ``arc``: mean, and the upper triangle of the covariance.
    """

    def __init__(
        self, *, rows_max: int, state_width: int, record_width: int, ring_length: int, block: int
    ) -> None:
        assert ring_length % block == 0
        self.rows_max = rows_max
        self.block = block
        rows = min(_ROWS_AT_FIRST, rows_max)
        self._free = list(range(rows))
        blocks = ring_length // block
        self.status: Integers = np.zeros(rows, dtype=np.int64)
        self.serial: Integers = np.zeros(rows, dtype=np.int64)
        self.state: Floats = np.zeros((rows, state_width))
        self.time: Integers = np.zeros(rows, dtype=np.int64)
        self.ahead: Floats = np.zeros((rows, state_width))
        self.ahead_time: Integers = np.zeros(rows, dtype=np.int64)
        self.count: Integers = np.zeros(rows, dtype=np.int64)
        self.ring: Floats = np.zeros((rows, ring_length, record_width))
        self.ring_time: Integers = np.zeros((rows, ring_length), dtype=np.int64)
        self.ring_scan: Integers = np.zeros((rows, ring_length), dtype=np.int64)
        self.snapshot: Floats = np.zeros((rows, blocks, state_width))
        self.snapshot_time: Integers = np.zeros((rows, blocks), dtype=np.int64)
        self.first_time: Integers = np.zeros(rows, dtype=np.int64)
        self.updates: Integers = np.zeros(rows, dtype=np.int64)
        self.numbers: Integers = np.zeros(rows, dtype=np.int64)
        """How many numbers the detections used have given."""
        self.misfit: Floats = np.zeros(rows)
        """Sum of the normalised innovations squared."""
        self.period: Floats = np.zeros(rows)
        """Longest nominal time between looks of the sensors used, s."""
        self.gone_time: Integers = np.zeros(rows, dtype=np.int64)
        """When a lost track is given up."""
        self.shown_status: Integers = np.zeros(rows, dtype=np.int64)
        """Status when the track was last shown, and updates; FREE: what was shown says nothing."""
        self.shown_updates: Integers = np.zeros(rows, dtype=np.int64)
        self.paths: Integers = np.zeros((rows, PATHS_MAX // PATHS_WORD), dtype=np.int64)
        """The communications paths that contributed, a bit each."""
        self.origin: Integers = np.zeros(rows, dtype=np.int64)
        """The sensor whose detection began the track."""
        self.arc: Floats = _by_place((rows, ARC_LENGTH, ARC_WIDTH), np.float64)
        self.arc_time: Integers = _by_place((rows, ARC_LENGTH), np.int64)
        self.arc_count: Integers = np.zeros(rows, dtype=np.int64)

    @property
    def capacity(self) -> int:
        """Rows that the columns hold now."""
        return len(self.status)

    def rows(self, *status: int) -> Integers:
        """The rows of the given statuses, in the order in which their tracks began."""
        is_chosen = self.status == status[0]
        for other in status[1:]:
            is_chosen |= self.status == other
        chosen = np.flatnonzero(is_chosen)
        return chosen[np.argsort(self.serial[chosen], kind="stable")].astype(np.int64)

    def add(self, serial: int) -> int:
        """A cleared row for a new track, tentative.

        Raises LimitExceeded when every row is taken.
        """
        rows = self.add_many(np.array([serial]))
        if len(rows) == 0:
            raise LimitExceeded(f"all {self.rows_max} tracks are taken: drop the weakest first")
        return int(rows[0])

    def add_many(self, serials: Integers) -> Integers:
        """A cleared row for each new track, tentative, as far as there are rows.

        What lies beyond ``count`` in the ring and beyond ``arc_count`` in the arc says nothing.
        """
        while len(self._free) < len(serials) and self.capacity < self.rows_max:
            self._grow()
        many = min(len(serials), len(self._free))
        rows = np.array([heappop(self._free) for _ in range(many)], dtype=np.int64)
        for name, column in self._columns().items():
            if name not in _BEYOND_COUNT:
                column[rows] = 0
        self.status[rows] = TENTATIVE
        self.serial[rows] = serials[:many]
        return rows

    def remove(self, row: int) -> None:
        """Give a row back."""
        self.status[row] = FREE
        heappush(self._free, row)

    def copy_row(self, *, source: int, target: int) -> None:
        """Make one row equal to another in every column."""
        for column in self._columns().values():
            column[target] = column[source]

    def _columns(self) -> dict[str, np.ndarray]:
        return {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}

    def _grow(self) -> None:
        before = self.capacity
        rows = min(2 * before, before + _ROWS_MORE, self.rows_max)
        used = int(self.count.max())
        reached = {"snapshot": -(-used // self.block), "arc": int(self.arc_count.max())}
        for name, column in self._columns().items():
            shape = (rows, *column.shape[1:])
            if name in _BEYOND_COUNT:
                places = reached.get(name.removesuffix("_time"), used)
                longer = (_by_place if name in _BY_PLACE else np.zeros)(shape, column.dtype)
                longer[:before, :places] = column[:, :places]
            else:
                longer = np.zeros(shape, dtype=column.dtype)
                longer[:before] = column
            setattr(self, name, longer)
        self._free += range(before, rows)


def _by_place(shape: tuple[int, ...], kind: Any) -> np.ndarray:
    """Zeros of which the second index is the slowest in memory.

    For what is written once: tracks of one age write at the same place, side by side so, and what
    no track has reached yet takes no memory. Not for the rings: a full one moves a row at a time.
    """
    return np.zeros((shape[1], shape[0], *shape[2:]), dtype=kind).swapaxes(0, 1)
