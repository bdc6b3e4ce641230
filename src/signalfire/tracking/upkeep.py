"""What happens to tracks as time passes: lost, dropped, found to be two names of one object."""

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import chi2

from signalfire.basis.instant import NS_PER_S
from signalfire.basis.kernel import Flags, Integers
from signalfire.motion.free_flight import descend
from signalfire.picture.estimate import Unknown
from signalfire.picture.table import CONFIRMED, LOST, TENTATIVE
from signalfire.tracking import _kernels as k
from signalfire.tracking import _ring_kernels as ring
from signalfire.tracking.bank import DETECTION_BITS, FilterBank
from signalfire.tracking.settings import TrackingSettings

_SAME_STATE = float(chi2.ppf(0.99, 6))
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
        latest_ns = int(max(table.time[row] for row in rows))
        self._bank.look_ahead(rows, latest_ns)
        states = [self._bank.foreseen(row) for row in rows.tolist()]
        sigmas_m = np.array([np.sqrt(np.trace(p[:3, :3])) for _, p in states])
        sure = np.flatnonzero(sigmas_m < self._settings.merge_sigma_max_m)
        if sure.size < 2:
            return []
        tree = cKDTree(np.array([states[i][0][:3] for i in sure]))
        near = tree.query_pairs(5.0 * self._settings.merge_sigma_max_m, output_type="ndarray")
        allowance = np.diag(
            [self._settings.registration_position_sigma_m**2] * 3
            + [self._settings.registration_velocity_sigma_m_s**2] * 3
        )
        found: list[tuple[int, int]] = []
        taken: set[int] = set()
        for a, b in sorted(map(tuple, np.sort(near, axis=1).tolist())):
            i, j = int(sure[a]), int(sure[b])
            older, younger = int(rows[i]), int(rows[j])
            if taken & {older, younger}:
                continue
            gap = states[i][0] - states[j][0]
            joint = states[i][1] + states[j][1] + allowance
            if not gap @ np.linalg.solve(joint, gap) < _SAME_STATE:
                continue
            if self._never_together(older, younger):
                taken |= {older, younger}
                found.append((older, younger))
        return found

    def _never_together(self, one: int, other: int) -> bool:
        """Whether enough looks of late, of both, have nowhere shown both at once."""
        looks = self._settings.merge_looks
        mine, its = (self._bank.numbers_used(row, looks) >> DETECTION_BITS for row in (one, other))
        if min(len(mine), len(its)) == 0 or np.isin(mine, its).any():
            return False
        times = [self._times(one, len(mine)), self._times(other, len(its))]
        since_ns = max(int(part[0]) for part in times)
        return sum(int((part >= since_ns).sum()) for part in times) >= looks

    def _times(self, row: int, last: int) -> Integers:
        table = self._bank.table
        count = int(table.count[row])
        return table.ring_time[row, count - last : count]

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
