"""One scan into many tracks: carry them to its instant, give each its detection, keep the columns.

The columns are those of ``picture.table.TrackTable``; a state and a detection are rows as
``_kernels`` has them. Times are whole nanoseconds since the tracker's epoch. Status codes, no
exceptions.
"""

import math
from typing import NamedTuple

import numpy as np

from signalfire.basis.kernel import Flags, Floats, Integers, kernel
from signalfire.picture.table import CONFIRMED, LOST, PATHS_WORD
from signalfire.tracking._kernels import (
    KIND,
    Law,
    absorb,
    carry,
    mix,
    mixture,
)
from signalfire.tracking._ring_kernels import (
    BLOCK,
    DIVERGED,
    USED,
    forget_block,
    is_far,
    look_ahead,
    place_sigma,
    recall,
    take,
)

BROKEN, UNREADY, FRESH, CARRIED, STEPPED, RECALLED = range(-1, 5)
"""How a row was brought to a scan's instant: it is no estimate there; not at all; not yet, but in
one go; in one go from its last detection, so that the update may begin there; in several; back into
its past."""
_NS = 1e-9
_FRESH_NS = 10_000_000_000


class Columns(NamedTuple):
    """The columns of the table that the kernels move."""

    status: Integers
    state: Floats
    time: Integers
    ahead: Floats
    ahead_time: Integers
    count: Integers
    ring: Floats
    ring_time: Integers
    ring_scan: Integers
    snapshot: Floats
    snapshot_time: Integers
    updates: Integers
    numbers: Integers
    misfit: Floats
    period: Floats
    paths: Integers
    arc: Floats
    arc_time: Integers
    arc_count: Integers


@kernel
def near(rows: Integers, at: int, records: Floats, left: Integers, c: Columns,
         is_near: Flags) -> None:  # fmt: skip
    """Mark the rows of which some detection may be, by a bound that is quick to reckon."""
    for i in range(rows.shape[0]):
        row = rows[i]
        elapsed = (at - c.time[row]) * _NS
        is_near[i] = abs(elapsed) >= 10.0
        for n in left:
            if is_near[i]:
                break
            is_near[i] = not is_far(c.state[row], elapsed, records[n])


@kernel
def bring(rows: Integers, at: int, law: Law, c: Columns, is_near: Flags,
          ready: Integers) -> None:  # fmt: skip
    """Carry the rows that are near a detection to its instant, into ``ahead``; how, into ``ready``.

    Those that were seen a moment ago are left to be carried together. A row that has seen later detections is recalled: ``ahead_time`` then lies before ``time``.
    """
    for i in range(rows.shape[0]):
        row = rows[i]
        ready[i] = UNREADY
        if not is_near[i]:
            continue
        if at < c.time[row]:
            recall(row, at, law, c.state, c.time, c.count, c.ring, c.ring_time, c.snapshot,
                   c.snapshot_time, c.ahead[row])  # fmt: skip
            c.ahead_time[row] = at
            ready[i] = RECALLED
        elif at - c.time[row] > _FRESH_NS:
            look_ahead(rows[i : i + 1], at, law, c.state, c.time, c.ahead, c.ahead_time)
            ready[i] = STEPPED
        else:
            ready[i] = FRESH
            continue
        if not math.isfinite(place_sigma(c.ahead[row])):
            ready[i] = BROKEN


@kernel
def carry_each(rows: Integers, at: int, law: Law, c: Columns, ready: Integers) -> None:
    """Rows from their last detection to ``at``, into ``ahead``, in one go, one after the other."""
    for i in range(rows.shape[0]):
        row = rows[i]
        state = c.ahead[row]
        state[:] = c.state[row]
        c.ahead_time[row] = at
        if at > c.time[row]:
            elapsed = (at - c.time[row]) * _NS
            mix(state, elapsed, law)
            carry(state, elapsed, law)
        ready[i] = CARRIED if math.isfinite(place_sigma(state)) else BROKEN


@kernel
def served(rows: Integers, scan: int, bits: int, c: Columns, is_served: Flags) -> None:
    """Mark the rows that took a detection of a scan already."""
    for i in range(rows.shape[0]):
        row = rows[i]
        is_served[i] = False
        for k in range(c.count[row]):
            if c.ring_scan[row, k] >> bits == scan:
                is_served[i] = True


@kernel
def sharing(rows: Integers, other: int, c: Columns, is_sharing: Flags) -> None:
    """Mark the rows that took a detection which another row took as well."""
    for i in range(rows.shape[0]):
        row = rows[i]
        is_sharing[i] = False
        for k in range(c.count[row]):
            for n in range(c.count[other]):
                if c.ring_scan[row, k] == c.ring_scan[other, n]:
                    is_sharing[i] = True


@kernel
def append(row: int, at: int, record: Floats, number: int, c: Columns) -> None:
    """Put a detection at the end of a row's ring, and a snapshot before it where one is due."""
    if c.count[row] == c.ring.shape[1]:
        forget_block(c.count, row, c.ring, c.ring_time, c.ring_scan, c.snapshot, c.snapshot_time)
    n = c.count[row]
    c.ring[row, n] = record
    c.ring_time[row, n] = at
    c.ring_scan[row, n] = number
    if n % BLOCK == 0:
        c.snapshot[row, n // BLOCK] = c.state[row]
        c.snapshot_time[row, n // BLOCK] = c.time[row]
    c.count[row] = n + 1


@kernel
def note(row: int, record: Floats, square: float, period: float, path: int, spacing: int,
         c: Columns) -> None:  # fmt: skip
    """What else the columns keep of a detection that a row has used."""
    c.ahead_time[row] = c.time[row] - 1
    c.updates[row] += 1
    c.numbers[row] += int(record[KIND])
    c.misfit[row] += square
    c.period[row] = max(c.period[row], period)
    c.paths[row, path // PATHS_WORD] |= 1 << (path % PATHS_WORD)
    if c.status[row] == LOST:
        c.status[row] = CONFIRMED
    kept = c.arc_count[row]
    if kept == c.arc_time.shape[1] or c.updates[row] < 3:
        return
    if kept > 0 and c.time[row] - c.arc_time[row, kept - 1] < spacing:
        return
    c.arc_time[row, kept] = c.time[row]
    pack(c.state[row], c.arc[row, kept])
    c.arc_count[row] = kept + 1


@kernel
def pack(state: Floats, out: Floats) -> None:
    """The moments of both ways of moving together: mean, and the upper triangle by rows."""
    covariance = np.empty((6, 6))
    mixture(state, out[:6], covariance)
    n = 6
    for i in range(6):
        for j in range(i, 6):
            out[n] = covariance[i, j]
            n += 1


@kernel
def give(rows: Integers, ready: Integers, plots: Integers, at: int, records: Floats,
         numbers: Integers, paths: Integers, period: float, spacing: int, law: Law, c: Columns,
         outcomes: Integers) -> None:  # fmt: skip
    """Let each row take its detection of a scan; a status each into ``outcomes``.

    Where a row was carried to the scan's instant in one go the update begins there.
    """
    for i in range(rows.shape[0]):
        row, n = rows[i], plots[i]
        if ready[i] == CARRIED:
            append(row, at, records[n], numbers[n], c)
            elapsed = (at - c.time[row]) * _NS
            c.state[row] = c.ahead[row]
            square = absorb(c.state[row], elapsed, records[n], at * _NS, law)
            c.time[row] = at
            outcomes[i] = USED if math.isfinite(square) else DIVERGED
        else:
            outcomes[i], square = take(
                row, at, records[n], numbers[n], law, c.state, c.time, c.count, c.ring,
                c.ring_time, c.ring_scan, c.snapshot, c.snapshot_time,
            )  # fmt: skip
        if outcomes[i] == USED:
            note(row, records[n], square, period, paths[n], spacing, c)


@kernel
def unsound(rows: Integers, sigma_max: float, c: Columns, is_unsound: Flags) -> None:
    """Mark the rows that are no estimate any more: not finite, or without bounds."""
    for i in range(rows.shape[0]):
        row = rows[i]
        is_carried = c.ahead_time[row] >= c.time[row]
        sigma = place_sigma(c.ahead[row] if is_carried else c.state[row])
        is_unsound[i] = not sigma < sigma_max
