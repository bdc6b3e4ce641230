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
from signalfire.picture.pool import NEVER, Blocks, DetectionPool, grown, zeros

FREE, TENTATIVE, CONFIRMED, LOST = 0, 1, 2, 3
"""Values of the ``status`` column."""
ARC_LENGTH = 24
"""States kept of the early arc, for the launch estimate."""
ARC_WIDTH = 27
PATHS_WORD = 32
"""Paths in one number of the ``paths`` column."""
_BEYOND_COUNT = {"chain", "arc", "arc_time"}
_BY_PLACE = {"arc", "arc_time"}
_OF_THE_ARC = {"arc", "arc_time", "arc_count"}
_ROWS_AT_FIRST, _ROWS_MORE = 32, 4_096
"""Columns grow by doubling, and from here on by so many rows."""


class TrackTable:
    """The columns of all tracks of one node.

    ``state`` holds what the filter knows at ``time`` (nanoseconds since the tracker's epoch) and
    ``ahead`` the same carried forward to ``ahead_time`` (before ``time``: not there). The last
    ``count`` detections used stand in blocks of ``pool``; ``chain`` has the blocks of each row, the
    oldest first, of which the first is not needed any more from ``forget_time`` on. The first
    states, some time apart, stand in ``arc``: mean, and the upper triangle of the covariance.
    """

    def __init__(
        self, *, rows_max: int, state_width: int, chain_length: int, pool: DetectionPool
    ) -> None:
        self.rows_max = rows_max
        self.pool = pool
        rows = min(_ROWS_AT_FIRST, rows_max)
        self._free = list(range(rows))
        self.status: Integers = np.zeros(rows, dtype=np.int64)
        self.serial: Integers = np.zeros(rows, dtype=np.int64)
        self.state: Floats = np.zeros((rows, state_width))
        self.time: Integers = np.zeros(rows, dtype=np.int64)
        self.ahead: Floats = np.zeros((rows, state_width))
        self.ahead_time: Integers = np.zeros(rows, dtype=np.int64)
        self.count: Integers = np.zeros(rows, dtype=np.int64)
        self.chain: Blocks = np.zeros((rows, chain_length), dtype=np.int32)
        self.forget_time: Integers = np.full(rows, NEVER)
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

        What lies beyond ``count`` in the chain and beyond ``arc_count`` in the arc says nothing.
        """
        while len(self._free) < len(serials) and self.capacity < self.rows_max:
            self._grow()
        many = min(len(serials), len(self._free))
        rows = np.array([heappop(self._free) for _ in range(many)], dtype=np.int64)
        for name, column in self._columns().items():
            if name not in _BEYOND_COUNT:
                column[rows] = 0
        self.status[rows] = TENTATIVE
        self.forget_time[rows] = NEVER
        self.serial[rows] = serials[:many]
        return rows

    def remove(self, row: int) -> None:
        """Give a row back, and the blocks of its detections."""
        self.forget(row)
        self.status[row] = FREE
        heappush(self._free, row)

    def forget(self, row: int) -> None:
        """Let a row remember no detection, and give their blocks back."""
        self.pool.give_back(self._blocks(row))
        self.count[row] = 0
        self.forget_time[row] = NEVER

    def hand_over(self, *, source: int, target: int) -> None:
        """Make one row equal to another in every column but its arc; that one has no use then.

        The detections of the two change places.
        """
        mine, its = self.chain[target].copy(), self.chain[source].copy()
        count = int(self.count[target])
        for name, column in self._columns().items():
            if name not in _OF_THE_ARC:
                column[target] = column[source]
        self.chain[target], self.chain[source] = its, mine
        self.count[source], self.forget_time[source] = count, NEVER

    def detections(self, row: int) -> tuple[Integers, Floats]:
        """Times (n,) and records (n, record) of a row's detections, oldest first."""
        count, blocks, pool = int(self.count[row]), self._blocks(row), self.pool
        records = pool.ring[blocks]
        return (
            pool.ring_time[blocks].reshape(-1)[:count],
            records.reshape(-1, records.shape[2])[:count],
        )

    def arc_of(self, row: int) -> tuple[Integers, Floats]:
        """Times (n,) and moments (n, ARC_WIDTH) of a row's arc, oldest first, as copies."""
        count = int(self.arc_count[row])
        return self.arc_time[row, :count].copy(), self.arc[row, :count].copy()

    def _blocks(self, row: int) -> Blocks:
        return self.chain[row, : -(-int(self.count[row]) // self.pool.block)]

    def _columns(self) -> dict[str, np.ndarray]:
        return {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}

    def _grow(self) -> None:
        before = self.capacity
        rows = min(2 * before, before + _ROWS_MORE, self.rows_max)
        used = int(self.arc_count.max())
        for name, column in self._columns().items():
            if name in _BY_PLACE:
                longer = _by_place((rows, *column.shape[1:]), column.dtype)
                longer[:before, :used] = column[:, :used]
            else:
                longer = grown(column, rows)
            setattr(self, name, longer)
        self._free += range(before, rows)


def _by_place(shape: tuple[int, ...], kind: Any) -> np.ndarray:
    """Zeros of which the second index is the slowest in memory.

    For what is written once: tracks of one age write at the same place, side by side so, and what
    no track has reached yet takes no memory. Not for the rings: a full one moves a row at a time.
    """
    return zeros((shape[1], shape[0], *shape[2:]), kind).swapaxes(0, 1)
