"""What happens to tracks as time passes: lost, dropped, found to be two names of one object."""

import numpy as np

from signalfire.basis.chi_square import exceeded_distance2
from signalfire.basis.instant import NS_PER_S
from signalfire.basis.kernel import Flags, Integers
from signalfire.motion.free_flight import descend
from signalfire.picture.estimate import Unknown
from signalfire.picture.table import CONFIRMED, LOST, TENTATIVE
from signalfire.tracking import _kernels as k
from signalfire.tracking import _ring_kernels as ring
from signalfire.tracking.bank import FilterBank
from signalfire.tracking.settings import TrackingSettings

_SAME_STATE = exceeded_distance2(6, 0.01)
"""Two states of one object differ by less, 99 times of 100."""
_SILENT_NS = 5 * NS_PER_S


class Upkeep:
    """The rules of time, over the rows of one bank."""

    def __init__(self, bank: FilterBank, settings: TrackingSettings) -> None:
        self._bank = bank
        self._settings = settings

    def overdue(self, now_ns: int) -> list[tuple[int, str]]:
        """Rows to drop now, each with the reason."""
        table, settings = self._bank.table, self._settings
        found: list[tuple[int, str]] = []
        trial = table.rows(TENTATIVE)
        is_over = self._is_silent(trial, now_ns, settings.tentative_hold_s)
        found.extend((row, "not seen again") for row in trial[is_over].tolist())
        known = table.rows(CONFIRMED, LOST)
        is_long_gone = now_ns - table.time[known] > settings.lost_kept_s * NS_PER_S
        found.extend((row, "gone") for row in known[is_long_gone].tolist())
        known = known[~is_long_gone]
        # Those seen a moment ago are carried when they are needed. The others a little behind now,
        # so that detections on their way need no way back.
        silent = known[now_ns - table.time[known] > _SILENT_NS]
        self._bank.look_ahead(silent, now_ns - NS_PER_S)
        is_unsound = self._bank.unsound(known)
        found.extend((row, "diverged") for row in known[is_unsound].tolist())
        known = known[~is_unsound]
        is_gone = (table.status[known] == LOST) & (now_ns > table.gone_time[known])
        found.extend((row, "gone") for row in known[is_gone].tolist())
        return found

    def lose(self, now_ns: int) -> None:
        """Mark confirmed tracks that have not been seen for too long as lost."""
        table = self._bank.table
        rows = table.rows(CONFIRMED)
        rows = rows[self._is_silent(rows, now_ns, self._settings.lost_after_s)]
        for row in rows.tolist():
            table.status[row] = LOST
            table.gone_time[row] = int(table.time[row]) + self._kept_ns(row)

    def _is_silent(self, rows: Integers, now_ns: int, at_least_s: float) -> Flags:
        """Which rows have not been seen for so long, and for longer than their sensors' periods."""
        table = self._bank.table
        patience_s = np.maximum(at_least_s, self._settings.patience_ratio * table.period[rows])
        return (now_ns - table.time[rows]) / NS_PER_S > patience_s

    def duplicates(self) -> list[tuple[int, int]]:
        """Pairs (older, younger) of rows that are one object.

        They are where the other is, as fast as the other, as far as sensors that are not quite
        in register can tell, and no scan of late has shown both.
        """
        table = self._bank.table
        rows = table.rows(CONFIRMED, LOST)
        if rows.size < 2:
            return []
        self._bank.look_ahead(rows, int(table.time[rows].max()))
        found: list[tuple[int, int]] = []
        taken: set[int] = set()
        for older, younger in self._bank.twins(rows, _SAME_STATE):
            if not taken & {older, younger}:
                taken |= {older, younger}
                found.append((older, younger))
        return found

    def _kept_ns(self, row: int) -> int:
        """How long after its last detection a lost track is kept: until it has come down."""
        settings = self._settings
        state = self._bank.table.state[row]
        descent = descend(
            k.mean_of(state, int(ring.likelier(state))),
            drag_m2_kg=settings.drag_m2_kg,
            time_max_s=settings.lost_kept_s,
        )
        kept_s = settings.lost_kept_s
        if not isinstance(descent, Unknown):
            kept_s = min(kept_s, descent.elapsed_s + settings.landed_kept_s)
        return round(max(kept_s, settings.lost_after_s) * NS_PER_S)
