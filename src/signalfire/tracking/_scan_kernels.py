"""One scan into many tracks: carry them to its instant, give each its detection, keep the columns.

The columns are those of ``picture.table.TrackTable``; a state and a detection are rows as
``_kernels`` has them. Times are whole nanoseconds since the tracker's epoch. Status codes, no
exceptions.
"""

import math

from signalfire.basis.kernel import Flags, Floats, Integers, kernel
from signalfire.picture.table import CONFIRMED, LOST, PATHS_WORD
from signalfire.tracking._kernels import (
    HEAD,
    MODE,
    P_FORCED,
    RECORD,
    Law,
    absorb,
    carry,
    mix,
)
from signalfire.tracking._ring_kernels import (
    BLOCK,
    BLOCKS_OWN,
    DIVERGED,
    USED,
    Columns,
    is_far,
    look_ahead,
    make_room,
    note_forgetting,
    pack_state,
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


@kernel
def near(rows: Integers, at: int, records: Floats, c: Columns, is_near: Flags) -> None:
    """Mark the rows of which some detection may be, by a bound that is quick to reckon."""
    for i in range(rows.shape[0]):
        row = rows[i]
        elapsed = (at - c.time[row]) * _NS
        is_near[i] = abs(elapsed) >= 10.0
        for n in range(records.shape[0]):
            if is_near[i]:
                break
            is_near[i] = not is_far(c.state[row], elapsed, records[n])


@kernel
def bring(rows: Integers, at: int, law: Law, c: Columns, is_near: Flags,
          ready: Integers) -> None:  # fmt: skip
    """Carry the rows that are near a detection to its instant, into ``ahead``; how, into ``ready``.

    Those that were seen a moment ago are left to be carried together. A row that has seen later
    detections is recalled: ``ahead_time`` then lies before ``time``.
    """
    for i in range(rows.shape[0]):
        row = rows[i]
        ready[i] = UNREADY
        if not is_near[i]:
            continue
        if at < c.time[row]:
            recall(row, at, law, c, c.ahead[row])
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
def scan_of(row: int, place: int, c: Columns) -> int:
    """The number of a row's detection at a place in the order of time."""
    return int(c.ring_scan[c.chain[row, place // BLOCK], place % BLOCK])


@kernel
def served(rows: Integers, scan: int, bits: int, c: Columns, is_served: Flags) -> None:
    """Mark the rows that took a detection of a scan already."""
    for i in range(rows.shape[0]):
        row = rows[i]
        is_served[i] = False
        for k in range(c.count[row]):
            if scan_of(row, k, c) >> bits == scan:
                is_served[i] = True


@kernel
def beside(rows: Integers, others: Integers, within: float, c: Columns, is_beside: Flags) -> None:
    """Mark the rows whose place is not further than ``within`` (m) from that of another row."""
    for i in range(rows.shape[0]):
        is_beside[i] = False
        for j in range(others.shape[0]):
            square = 0.0
            for axis in range(HEAD, HEAD + 3):
                square += (c.state[rows[i], axis] - c.state[others[j], axis]) ** 2
            if square <= within * within:
                is_beside[i] = True
                break


@kernel
def sharing(rows: Integers, other: int, c: Columns, is_sharing: Flags) -> None:
    """Mark the rows that took a detection which another row took as well."""
    for i in range(rows.shape[0]):
        row = rows[i]
        is_sharing[i] = False
        for k in range(c.count[row]):
            for n in range(c.count[other]):
                if scan_of(row, k, c) == scan_of(other, n, c):
                    is_sharing[i] = True


@kernel
def append(rows: Integers, plots: Integers, at: int, records: Floats, numbers: Integers,
           c: Columns) -> None:  # fmt: skip
    """Put a detection at the end of each row's chain, and a snapshot before it where one is due."""
    # Taken out of the tuple once: each use in the loop would be counted.
    state, time, count, chain, forget_time = c.state, c.time, c.count, c.chain, c.forget_time
    ring, ring_time, ring_scan = c.ring, c.ring_time, c.ring_scan
    snapshot, snapshot_time = c.snapshot, c.snapshot_time
    period, spare, ledger = c.period, c.spare, c.ledger
    for i in range(rows.shape[0]):
        row, m = rows[i], plots[i]
        if count[row] % BLOCK == 0 or at >= forget_time[row]:
            make_room(row, at, count, chain, forget_time, ring_time, period, spare, ledger)
        n = count[row]
        block, slot = chain[row, n // BLOCK], n % BLOCK
        for k in range(RECORD):
            ring[block, slot, k] = records[m, k]
        ring_time[block, slot] = at
        ring_scan[block, slot] = numbers[m]
        count[row] = n + 1
        if slot == 0:
            pack_state(state[row], snapshot[block])
            snapshot_time[block] = time[row]
            if n >= BLOCKS_OWN * BLOCK:
                note_forgetting(row, count, chain, ring_time, period, forget_time)


@kernel
def note(rows: Integers, kinds: Integers, squares: Floats, period: float, paths_in: Integers,
         spacing: int, c: Columns, outcomes: Integers) -> None:  # fmt: skip
    """What else the columns keep of the detections that rows have used.

    ``kinds``: how many numbers each gave; ``spacing``: time between two states of the arc, ns.
    """
    status, state, time, ahead_time = c.status, c.state, c.time, c.ahead_time
    updates, numbers, misfit, periods, paths = c.updates, c.numbers, c.misfit, c.period, c.paths
    arc, arc_time, arc_count = c.arc, c.arc_time, c.arc_count
    for i in range(rows.shape[0]):
        if outcomes[i] != USED:
            continue
        row, path = rows[i], paths_in[i]
        ahead_time[row] = time[row] - 1
        updates[row] += 1
        numbers[row] += kinds[i]
        misfit[row] += squares[i]
        periods[row] = max(periods[row], period)
        paths[row, path // PATHS_WORD] |= 1 << (path % PATHS_WORD)
        if status[row] == LOST:
            status[row] = CONFIRMED
        kept = arc_count[row]
        if kept == arc_time.shape[1] or updates[row] < 3:
            continue
        if kept > 0 and time[row] - arc_time[row, kept - 1] < spacing:
            continue
        arc_time[row, kept] = time[row]
        pack(state[row], arc[row, kept])
        arc_count[row] = kept + 1


@kernel
def pack(state: Floats, out: Floats) -> None:
    """The moments of both ways of moving together: mean, and the upper triangle by rows."""
    weight = state[P_FORCED]
    x, y = HEAD, HEAD + MODE
    n = 6
    for i in range(6):
        gap = state[y + i] - state[x + i]
        out[i] = state[x + i] + weight * gap
        for j in range(i, 6):
            one, other = state[x + 6 + 6 * i + j], state[y + 6 + 6 * i + j]
            both = gap * (state[y + j] - state[x + j])
            out[n] = one + weight * (other - one + (1.0 - weight) * both)
            n += 1


@kernel
def give(rows: Integers, ready: Integers, plots: Integers, at: int, records: Floats,
         numbers: Integers, law: Law, c: Columns, squares: Floats,
         outcomes: Integers) -> None:  # fmt: skip
    """Let each row take its detection of a scan, one after the other; a status each.

    Where a row was carried to the scan's instant in one go the update begins there.
    """
    for i in range(rows.shape[0]):
        row, n = rows[i], plots[i]
        if ready[i] == CARRIED:
            append(rows[i : i + 1], plots[i : i + 1], at, records, numbers, c)
            elapsed = (at - c.time[row]) * _NS
            c.state[row] = c.ahead[row]
            squares[i] = absorb(c.state[row], elapsed, records[n], at * _NS, law)
            c.time[row] = at
            outcomes[i] = USED if math.isfinite(squares[i]) else DIVERGED
        else:
            outcomes[i], squares[i] = take(row, at, records[n], numbers[n], law, c)


@kernel
def unsound(rows: Integers, sigma_max: float, c: Columns, is_unsound: Flags) -> None:
    """Mark the rows that are no estimate any more: not finite, or without bounds."""
    for i in range(rows.shape[0]):
        row = rows[i]
        is_carried = c.ahead_time[row] >= c.time[row]
        sigma = place_sigma(c.ahead[row] if is_carried else c.state[row])
        is_unsound[i] = not sigma < sigma_max
