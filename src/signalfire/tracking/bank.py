"""The filters of all tracks: the table's columns and the kernels that move them."""

import math

import numpy as np
from scipy.stats import chi2

from signalfire.basis.kernel import Floats, Integers
from signalfire.picture.table import TrackTable
from signalfire.tracking import _kernels as k
from signalfire.tracking import _ring_kernels as ring
from signalfire.tracking.settings import TrackingSettings

RING_LENGTH = 64
"""Detections remembered for each track; a later one is put in its place among them."""
DETECTION_BITS = 16
"""A detection's number is its scan's number and, in the low bits, its place in the scan."""


class FilterBank:
    """Interacting pairs of extended Kalman filters, one pair for each row of the table."""

    def __init__(self, settings: TrackingSettings, rows_max: int) -> None:
        self.table = TrackTable(
            rows_max=rows_max,
            state_width=k.WIDTH,
            record_width=k.RECORD,
            ring_length=RING_LENGTH,
            block=ring.BLOCK,
        )
        self._settings = settings
        self._law = settings.law()
        self._gates = np.array(
            [0.0] + [chi2.ppf(settings.gate_probability, count) for count in range(1, 5)]
        )
        self._pairs: Integers = np.zeros((256, 2), dtype=np.int64)
        self._costs: Floats = np.zeros(256)

    def begin(self, row: int, *, at_ns: int, place: Floats, covariance: Floats,
              velocity: Floats) -> None:  # fmt: skip
        """Start the filters of a row at a place that is known, with a wide velocity."""
        table = self.table
        k.begin(table.state[row], place, covariance, velocity, self._settings.speed_sigma_m_s)
        table.time[row] = table.first_time[row] = at_ns
        table.ahead_time[row] = at_ns - 1

    def take(self, row: int, *, at_ns: int, record: Floats, number: int) -> int:
        """Give one detection to a row; returns the kernel's status."""
        t = self.table
        status, misfit = ring.take(
            row, at_ns, record, number, self._law, t.state, t.time, t.count, t.ring, t.ring_time,
            t.ring_scan, t.snapshot, t.snapshot_time,
        )  # fmt: skip
        if status == ring.USED:
            t.ahead_time[row] = t.time[row] - 1
            t.updates[row] += 1
            t.numbers[row] += int(record[k.KIND])
            t.misfit[row] += misfit
        return int(status)

    def gate(
        self, rows: Integers, at_ns: int, records: Floats, *, mode_probability_min: float
    ) -> tuple[Integers, Floats]:
        """Pairs (row, detection) that may belong together, shape (n, 2), and their costs.

        A way of moving that is less probable than ``mode_probability_min`` is left aside.
        """
        t = self.table
        while True:
            found = ring.gate(
                rows, at_ns, records, self._law, self._gates,
                mode_probability_min, self._settings.gate_sigma_max_m, t.state,
                t.time, t.count, t.ring, t.ring_time, t.snapshot, t.snapshot_time, t.ahead,
                t.ahead_time, self._pairs, self._costs,
            )  # fmt: skip
            if found <= len(self._costs):
                return self._pairs[:found].copy(), self._costs[:found].copy()
            self._pairs = np.zeros((2 * found, 2), dtype=np.int64)
            self._costs = np.zeros(2 * found)

    def look_ahead(self, rows: Integers, at_ns: int) -> None:
        """Carry rows to an instant; those with a later detection are left as they are."""
        t = self.table
        ring.look_ahead(rows, at_ns, self._law, t.state, t.time, t.ahead, t.ahead_time)

    def estimate(self, row: int) -> tuple[Floats, Floats]:
        """Mean (6,) and covariance (6, 6) at the row's last detection, both ways of moving."""
        return _mixture(self.table.state[row])

    def foreseen(self, row: int) -> tuple[Floats, Floats]:
        """The same at the instant that the row was last carried to."""
        t = self.table
        return _mixture(t.ahead[row] if t.ahead_time[row] >= t.time[row] else t.state[row])

    def is_sound(self, row: int) -> bool:
        """Whether a row is still an estimate: finite and not without bounds."""
        t = self.table
        state = t.ahead[row] if t.ahead_time[row] >= t.time[row] else t.state[row]
        sigma_m = ring.place_sigma(state)
        return math.isfinite(sigma_m) and sigma_m < self._settings.diverged_sigma_m

    def numbers_used(self, row: int, last: int | None = None) -> Integers:
        """The numbers of the detections in the row's ring, oldest first, or the last few."""
        count = int(self.table.count[row])
        start = 0 if last is None else max(0, count - last)
        return self.table.ring_scan[row, start:count]


def _mixture(state: Floats) -> tuple[Floats, Floats]:
    mean, covariance = np.empty(6), np.empty((6, 6))
    k.mixture(state, mean, covariance)
    return mean, covariance
