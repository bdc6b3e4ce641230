"""The filters of all tracks: the table's columns and the kernels that move them."""

import numpy as np

from signalfire.basis.chi_square import exceeded_distance2
from signalfire.basis.instant import NS_PER_S
from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.picture.pool import DetectionPool
from signalfire.picture.table import ARC_WIDTH, TrackTable
from signalfire.tracking import _gate_kernels as gates
from signalfire.tracking import _kernels as k
from signalfire.tracking import _ring_kernels as ring
from signalfire.tracking import _scan_kernels as scan
from signalfire.tracking import _start_kernels as starts
from signalfire.tracking import _upkeep_kernels as upkeep
from signalfire.tracking.batch import Batch
from signalfire.tracking.scan import BATCH_MIN, DETECTION_BITS, Brought, Scan, Wanted
from signalfire.tracking.settings import TrackingSettings

_HOT_PROBABILITY = 0.97
"""What is begun under thrust is seen by the heat of its engine."""
_PLACE_NUMBERS = 3
"""A detection of no more numbers depends on the place alone."""
SIFTED_MAX = 16
"""A scan of no more detections is first compared with every track by a bound that is quick to
reckon; for a larger one all tracks are carried at once."""


class FilterBank:
    """Interacting pairs of extended Kalman filters, one pair for each row of the table."""

    def __init__(self, settings: TrackingSettings, rows_max: int) -> None:
        self.table = TrackTable(
            rows_max=rows_max,
            state_width=k.WIDTH,
            chain_length=ring.CHAIN_LENGTH,
            pool=DetectionPool(
                rows_max=rows_max,
                mean=ring.BLOCKS_MEAN,
                own=ring.BLOCKS_OWN,
                shape=(ring.BLOCK, k.RECORD),
                snapshot_width=ring.PACKED,
            ),
        )
        self._settings = settings
        self._law = settings.law()
        self._gates = np.array(
            [0.0] + [exceeded_distance2(n, 1.0 - settings.gate_probability) for n in range(1, 5)]
        )
        self._columns: ring.Columns | None = None
        self._batch = Batch()

    def begin(self, row: int, *, at_ns: int, place: Floats, covariance: Floats,
              velocity: Floats) -> None:  # fmt: skip
        """Start the filters of a row at a place that is known, with a wide velocity."""
        table = self.table
        k.begin(table.state[row], place, covariance, velocity, self._settings.speed_sigma_m_s)
        table.time[row] = table.first_time[row] = at_ns
        table.ahead_time[row] = at_ns - 1

    def begin_boosting(self, row: int, *, first_ns: int, at_ns: int, mean: Floats,
                       covariance: Floats) -> None:  # fmt: skip
        """Set the filters of a row under thrust, to a state (6,) that all its detections gave."""
        table = self.table
        state = table.state[row]
        state[:] = 0.0
        state[k.P_FREE], state[k.P_FORCED] = 1.0 - _HOT_PROBABILITY, _HOT_PROBABILITY
        state[k.THRUST_SEEN] = 1.0
        state[k.OBSERVED_S] = (at_ns - first_ns) / NS_PER_S
        for mode in range(2):
            k.mean_of(state, mode)[:] = mean
            k.covariance_of(state, mode)[:] = covariance
        table.time[row], table.first_time[row] = at_ns, first_ns
        table.ahead_time[row] = at_ns - 1
        table.forget(row)

    def beside_lines(self, rows: Integers, at_ns: int, records: Floats, within_m: float) -> Flags:
        """Which lines of sight pass a row within so much, and three of its sigmas across them.

        Rows are carried straight on from where they were last seen.
        """
        found = np.zeros(len(records), dtype=np.bool_)
        for row in rows.tolist():
            mean, covariance = self.estimate(row)
            after_s = (at_ns - int(self.table.time[row])) / NS_PER_S
            along = records[:, k.ALONG : k.ALONG + 3]
            gap_m = mean[:3] + after_s * mean[3:] - records[:, k.SITE : k.SITE + 3]
            aside_m = gap_m - np.einsum("ij,ij->i", gap_m, along)[:, None] * along
            across_m2 = np.trace(covariance[:3, :3]) - np.einsum(
                "ij,jk,ik->i", along, covariance[:3, :3], along
            )
            reach_m = within_m + 3.0 * np.sqrt(np.maximum(across_m2, 0.0))
            found |= np.linalg.norm(aside_m, axis=1) < reach_m
        return found

    def take(self, row: int, *, at_ns: int, record: Floats, number: int) -> int:
        """Give one detection to a row; returns the kernel's status."""
        t = self.table
        t.pool.make_room(1)
        status, misfit = ring.take(row, at_ns, record, number, self._law, self.columns())
        if status == ring.USED:
            t.ahead_time[row] = t.time[row] - 1
            t.updates[row] += 1
            t.numbers[row] += int(record[k.KIND])
            t.misfit[row] += misfit
        return int(status)

    def bring(self, rows: Integers, at_ns: int, records: Floats) -> Brought:
        """Carry rows to the instant of a scan, those that may have a detection in it.

        With more than ``SIFTED_MAX`` detections all of them.
        """
        c, ready = self.columns(), np.empty(len(rows), dtype=np.int64)
        is_near = np.ones(len(rows), dtype=np.bool_)
        if len(records) <= SIFTED_MAX:
            scan.near(rows, at_ns, records, c, is_near)
        scan.bring(rows, at_ns, self._law, c, is_near, ready)
        fresh = np.flatnonzero(ready == scan.FRESH)
        lanes = np.full(len(rows), -1)
        if len(fresh) < BATCH_MIN:
            part = ready[fresh]
            scan.carry_each(rows[fresh], at_ns, self._law, c, part)
            ready[fresh] = part
        elif len(fresh):
            lanes[fresh], ready[fresh] = self._batch.carry(rows[fresh], at_ns, self._law, c)
        return Brought(rows, ready, lanes)

    def start(
        self, rows: Integers, pairs: Integers, known: starts.Fixes, fixes: starts.Fixes
    ) -> Integers:
        """Begin a tentative track in each row from a pair of ``known`` and ``fixes``; statuses."""
        settings, table = self._settings, self.table
        outcomes = np.empty(len(rows), dtype=np.int64)
        table.pool.make_room(len(rows))
        starts.start(
            rows, pairs, known, fixes, settings.pair_gap_min_s, settings.speed_sigma_m_s,
            round(settings.ascent_spacing_s * NS_PER_S), self._law, self.columns(),
            table.first_time, table.origin, outcomes,
        )  # fmt: skip
        return outcomes

    def candidates(
        self, rows: Brought, records: Floats, left: Integers, wanted: Wanted
    ) -> tuple[Integers, Floats, Flags]:
        """Pairs (place in ``rows``, in ``records``) inside the gates, shape (n, 2), and costs.

        Also which rows had more detections in their gate than ``wanted`` allows, and get none.
        """
        crowded = np.zeros(len(rows.rows), dtype=np.bool_)
        if len(rows.rows) == 0 or len(left) == 0:
            return np.zeros((0, 2), dtype=np.int64), np.zeros(0), crowded
        found, pairs, costs = gates.candidates(
            rows.rows, rows.ready, self.table.ahead, records, left, self._gates,
            wanted.probability_min, wanted.sigma_max_m or self._settings.gate_sigma_max_m,
            wanted.crowd_max, crowded,
        )  # fmt: skip
        return pairs[:found], costs[:found], crowded

    def give(self, rows: Brought, plots: Integers, of: Scan) -> Integers:
        """Let each row take its detection of a scan; returns the kernel's statuses."""
        self.table.pool.make_room(len(plots))
        c, count = self.columns(), len(plots)
        outcomes, squares = np.empty(count, dtype=np.int64), np.empty(count)
        kinds = of.records[plots, k.KIND].astype(np.int64)
        together = (rows.lanes >= 0) & (kinds <= _PLACE_NUMBERS)
        if together.sum() < BATCH_MIN:
            together[:] = False
        else:
            outcomes[together], squares[together] = self._batch.give(
                rows.where(together), plots[together], of, self._law, c
            )
        rest = np.flatnonzero(~together)
        if len(rest):
            part, its_squares, its_outcomes = rows.where(rest), squares[rest], outcomes[rest]
            scan.give(
                part.rows, part.ready, plots[rest], of.at_ns, of.records, of.numbers, self._law, c,
                its_squares, its_outcomes,
            )  # fmt: skip
            squares[rest], outcomes[rest] = its_squares, its_outcomes
        scan.note(
            rows.rows, kinds, squares, of.period_s, of.paths[plots],
            round(self._settings.ascent_spacing_s * NS_PER_S), c, outcomes,
        )  # fmt: skip
        return outcomes

    def served(self, rows: Integers, scan_number: int) -> Flags:
        """Which rows took a detection of a scan already."""
        found = np.zeros(len(rows), dtype=np.bool_)
        scan.served(rows, scan_number, DETECTION_BITS, self.columns(), found)
        return found

    def beside(self, rows: Integers, others: Integers, within_m: float) -> Flags:
        """Which rows stand near another one of ``others``, each where it was last seen."""
        found = np.zeros(len(rows), dtype=np.bool_)
        scan.beside(rows, others, within_m, self.columns(), found)
        return found

    def sharing(self, rows: Integers, other: int) -> Integers:
        """Those of ``rows`` that rest on a detection that another row rests on as well."""
        found = np.zeros(len(rows), dtype=np.bool_)
        scan.sharing(rows, other, self.columns(), found)
        return rows[found]

    def unsound(self, rows: Integers) -> Flags:
        """Which rows are no estimate any more: not finite, or without bounds."""
        found = np.zeros(len(rows), dtype=np.bool_)
        scan.unsound(rows, self._settings.diverged_sigma_m, self.columns(), found)
        return found

    def columns(self) -> ring.Columns:
        """The table's columns as the kernels take them, valid until it or its pool grows."""
        table, c = self.table, self._columns
        if c is None or (len(c.time), len(c.spare)) != (table.capacity, table.pool.capacity):
            self._columns = c = ring.Columns(
                *(
                    getattr(table.pool if hasattr(table.pool, name) else table, name)
                    for name in ring.Columns._fields
                )
            )
        return c

    def look_ahead(self, rows: Integers, at_ns: int) -> None:
        """Carry rows to an instant; those with a later detection are left as they are."""
        t = self.table
        ring.look_ahead(rows, at_ns, self._law, t.state, t.time, t.ahead, t.ahead_time)

    def estimate(self, row: int) -> tuple[Floats, Floats]:
        """Mean (6,) and covariance (6, 6) at the row's last detection, both ways of moving."""
        return _mixture(self.table.state[row], self._law.faint)

    def twins(self, rows: Integers, distance2_max: float) -> list[tuple[int, int]]:
        """Pairs of rows that are where the other is and as fast, in the order of ``rows``.

        As far as sensors that are not quite in register can tell, and where no scan of late has
        shown both; ``distance2_max`` bounds the squared distance by their covariances.
        """
        settings, c = self._settings, self.columns()
        states = np.empty((len(rows), ARC_WIDTH))
        upkeep.foresee(rows, c, states)
        found, pairs = upkeep.twins(
            rows, states, settings.merge_sigma_max_m, settings.registration_position_sigma_m**2,
            settings.registration_velocity_sigma_m_s**2, distance2_max, settings.merge_looks,
            DETECTION_BITS, c,
        )  # fmt: skip
        return [(int(rows[i]), int(rows[j])) for i, j in sorted(pairs[:found].tolist())]


def _mixture(state: Floats, faint: float) -> tuple[Floats, Floats]:
    mean, covariance = np.empty(6), np.empty((6, 6))
    k.mixture(state, faint, mean, covariance)
    return mean, covariance
