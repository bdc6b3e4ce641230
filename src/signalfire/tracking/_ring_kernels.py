"""Tracks over time: detections in order whenever they come, carrying ahead, gates.

The columns are those of ``picture.table.TrackTable``; a state and a detection are rows as
``_kernels`` has them. Times are whole nanoseconds since the tracker's epoch. Status codes, no
exceptions.
"""

import math
from typing import NamedTuple

from signalfire.basis.kernel import Floats, Integers, kernel
from signalfire.basis.limits import LATE_MAX_S
from signalfire.picture.pool import NEVER, Blocks
from signalfire.tracking._kernels import (
    ALONG,
    HEAD,
    KIND,
    MODE,
    P_FORCED,
    P_FREE,
    RANGE,
    S_ACROSS,
    S_ASIDE,
    S_RANGE,
    SITE,
    Law,
    advance,
    carry,
    mix,
    update,
)

BLOCK = 8
"""Detections of a block; before the first of them stands a snapshot of the track."""
CHAIN_LENGTH = 48
"""Blocks of one track at most: what several radars give of one object in half a minute, ten plots a
second and more."""
BLOCKS_OWN = 2
"""Blocks that each track can have whatever the others take, and keeps however old they are."""
BLOCKS_MEAN = 8
"""Blocks of all tracks together at most, for each track that a table can hold: 64 detections."""
PACKED = HEAD + 2 * 27
"""A state with the upper triangles of its covariances alone."""
FREE_BLOCKS, BLOCKS_BEYOND, BLOCKS_BEYOND_MAX = range(3)
"""The ledger: free blocks, those that tracks have beyond ``BLOCKS_OWN``, and most of the latter."""
USED, TOO_LATE, DIVERGED = 0, 1, 2
_NS = 1e-9
_KEPT_NS = round((LATE_MAX_S + 2.0) * 1e9)
"""A detection is kept so long beside the last one of its track: a late one is no older, and that
one at most two seconds ahead of now."""
_KEPT_PERIODS = 8.0
"""And so many periods of the track's slowest sensor: a look back for the end of heat asks for three
and a half of silence and three before."""


class Columns(NamedTuple):
    """The columns of the table that the kernels move, and the blocks of its detections."""

    status: Integers
    state: Floats
    time: Integers
    ahead: Floats
    ahead_time: Integers
    count: Integers  # type: ignore[assignment] # the column, not the method of tuples
    chain: Blocks
    forget_time: Integers
    ring: Floats
    ring_time: Integers
    ring_scan: Integers
    snapshot: Floats
    snapshot_time: Integers
    spare: Integers
    ledger: Integers
    updates: Integers
    numbers: Integers
    misfit: Floats
    period: Floats
    paths: Integers
    arc: Floats
    arc_time: Integers
    arc_count: Integers


@kernel
def pack_state(state: Floats, out: Floats) -> None:
    """A state as a snapshot keeps it: the lower triangles are those above."""
    for k in range(HEAD):
        out[k] = state[k]
    n = HEAD
    for mode in range(2):
        start = HEAD + MODE * mode
        for k in range(6):
            out[n] = state[start + k]
            n += 1
        for i in range(6):
            for j in range(i, 6):
                out[n] = state[start + 6 + 6 * i + j]
                n += 1


@kernel
def unpack_state(packed: Floats, out: Floats) -> None:
    """The state that a snapshot keeps."""
    for k in range(HEAD):
        out[k] = packed[k]
    n = HEAD
    for mode in range(2):
        start = HEAD + MODE * mode
        for k in range(6):
            out[start + k] = packed[n]
            n += 1
        for i in range(6):
            for j in range(i, 6):
                out[start + 6 + 6 * i + j] = packed[n]
                out[start + 6 + 6 * j + i] = packed[n]
                n += 1


@kernel
def has_room(row: int, count: Integers, chain: Blocks, ledger: Integers) -> bool:
    """Whether a track may have one more detection without forgetting its oldest."""
    used = count[row] // BLOCK
    if count[row] % BLOCK != 0 or used < BLOCKS_OWN:
        return True
    return bool(used < chain.shape[1] and ledger[BLOCKS_BEYOND] < ledger[BLOCKS_BEYOND_MAX])


@kernel
def forget_oldest(row: int, count: Integers, chain: Blocks, spare: Integers,
                  ledger: Integers) -> None:  # fmt: skip
    """Give a track's oldest block back; what it said stays in the next snapshot."""
    used = (count[row] + BLOCK - 1) // BLOCK
    spare[ledger[FREE_BLOCKS]] = chain[row, 0]
    ledger[FREE_BLOCKS] += 1
    if used > BLOCKS_OWN:
        ledger[BLOCKS_BEYOND] -= 1
    for k in range(1, used):
        chain[row, k - 1] = chain[row, k]
    count[row] -= BLOCK


@kernel
def note_forgetting(row: int, count: Integers, chain: Blocks, ring_time: Integers,
                    period: Floats, forget_time: Integers) -> None:  # fmt: skip
    """From when on the oldest block is not needed: what may still come lies after its end."""
    forget_time[row] = NEVER
    if count[row] > BLOCKS_OWN * BLOCK:
        kept = max(_KEPT_NS, int(_KEPT_PERIODS * period[row] * 1e9))
        forget_time[row] = ring_time[chain[row, 1], 0] + kept


@kernel
def make_room(row: int, at: int, count: Integers, chain: Blocks, forget_time: Integers,
              ring_time: Integers, period: Floats, spare: Integers,
              ledger: Integers) -> None:  # fmt: skip
    """A place for one more detection at the end of a track's chain, and without what is too old.

    The pool has a free block for whoever may take one; the caller sees to that.
    """
    while at >= forget_time[row]:
        forget_oldest(row, count, chain, spare, ledger)
        note_forgetting(row, count, chain, ring_time, period, forget_time)
    if count[row] % BLOCK != 0:
        return
    if not has_room(row, count, chain, ledger):
        forget_oldest(row, count, chain, spare, ledger)
    used = count[row] // BLOCK
    ledger[FREE_BLOCKS] -= 1
    chain[row, used] = spare[ledger[FREE_BLOCKS]]
    if used >= BLOCKS_OWN:
        ledger[BLOCKS_BEYOND] += 1


@kernel
def take(row: int, at: int, record: Floats, scan: int, law: Law, c: Columns) -> tuple[int, float]:
    """Take a detection into a track at its place in time; later ones are filtered again.

    Returns the status and the normalised innovation squared. TOO_LATE: older than what the track
    remembers; changes nothing.
    """
    state, time, count, chain = c.state, c.time, c.count, c.chain
    ring, ring_time, ring_scan = c.ring, c.ring_time, c.ring_scan
    snapshot, snapshot_time = c.snapshot, c.snapshot_time
    n = count[row]
    if n > 0 and at < snapshot_time[chain[row, 0]]:
        return TOO_LATE, 0.0
    if not has_room(row, count, chain, c.ledger) and at < ring_time[chain[row, 1], 0]:
        return TOO_LATE, 0.0
    make_room(row, at, count, chain, c.forget_time, ring_time, c.period, c.spare, c.ledger)
    n = count[row]
    place = n
    while place > 0:
        before, slot = chain[row, (place - 1) // BLOCK], (place - 1) % BLOCK
        if ring_time[before, slot] <= at:
            break
        block, beyond = chain[row, place // BLOCK], place % BLOCK
        ring[block, beyond] = ring[before, slot]
        ring_time[block, beyond] = ring_time[before, slot]
        ring_scan[block, beyond] = ring_scan[before, slot]
        place -= 1
    block, slot = chain[row, place // BLOCK], place % BLOCK
    ring[block, slot] = record
    ring_time[block, slot] = at
    ring_scan[block, slot] = scan
    count[row] = n + 1
    note_forgetting(row, count, chain, ring_time, c.period, c.forget_time)
    now = time[row]
    start = place
    if place < n:
        start = place // BLOCK * BLOCK
        block = chain[row, start // BLOCK]
        unpack_state(snapshot[block], state[row])
        now = snapshot_time[block]
    nis = 0.0
    for k in range(start, n + 1):
        block = chain[row, k // BLOCK]
        if k % BLOCK == 0:
            pack_state(state[row], snapshot[block])
            snapshot_time[block] = now
        then = ring_time[block, k % BLOCK]
        square = advance(state[row], (then - now) * _NS, ring[block, k % BLOCK], then * _NS, law)
        now = then
        if not math.isfinite(square):
            return DIVERGED, 0.0
        if k == place:
            nis = square
    time[row] = now
    return USED, nis


@kernel
def recall(row: int, at: int, law: Law, c: Columns, out: Floats) -> None:
    """What was known at an instant not after the last detection, from detections until then.

    Of an instant longer ago than the track remembers: what may be said backwards from there.
    """
    n = c.count[row]
    end = n
    while end > 0 and c.ring_time[c.chain[row, (end - 1) // BLOCK], (end - 1) % BLOCK] > at:
        end -= 1
    start = min(end, n - 1) // BLOCK * BLOCK
    unpack_state(c.snapshot[c.chain[row, start // BLOCK]], out)
    now = c.snapshot_time[c.chain[row, start // BLOCK]]
    for k in range(start, end):
        block = c.chain[row, k // BLOCK]
        then = c.ring_time[block, k % BLOCK]
        advance(out, (then - now) * _NS, c.ring[block, k % BLOCK], then * _NS, law)
        now = then
    if at > now:
        mix(out, (at - now) * _NS, law)
    carry(out, (at - now) * _NS, law)


@kernel
def likelier(state: Floats) -> int:
    """0 in free flight, 1 in forced."""
    return 0 if state[P_FREE] >= state[P_FORCED] else 1


@kernel
def place_sigma(state: Floats) -> float:
    """Root of the summed position variances of the likelier way of moving, m."""
    p = HEAD + MODE * likelier(state) + 6
    return math.sqrt(max(state[p] + state[p + 7] + state[p + 14], 0.0))


@kernel
def look_ahead(rows: Integers, at: int, law: Law, state: Floats, time: Integers, ahead: Floats,
               ahead_time: Integers) -> None:  # fmt: skip
    """Carry tracks forward to ``at``; from where they were carried before, if that is nearer.

    Tracks whose last detection is later than ``at`` are left as they are. Long after it a step back
    from where a track was carried is taken instead of the whole way again.
    """
    for row in rows:
        if time[row] > at:
            continue
        is_fresh = (at - time[row]) * _NS < 60.0
        if ahead_time[row] < time[row] or (ahead_time[row] > at and is_fresh):
            ahead[row] = state[row]
            ahead_time[row] = time[row]
            if at > time[row]:
                mix(ahead[row], (at - time[row]) * _NS, law)
        carry(ahead[row], (at - ahead_time[row]) * _NS, law)
        ahead_time[row] = at


@kernel
def is_far(state: Floats, elapsed: float, record: Floats) -> bool:
    """Whether a detection is certainly outside the gate, by a bound that is quick to reckon."""
    x = HEAD + MODE * likelier(state)
    p = x + 6
    t = abs(elapsed)
    reach = 6.0 * math.sqrt(state[p] + state[p + 7] + state[p + 14])
    speed = 6.0 * math.sqrt(state[p + 21] + state[p + 28] + state[p + 35])
    reach += (speed + 1_000.0) * t + 400.0 * t * t + 2_000.0
    along = 0.0
    square = 0.0
    for i in range(3):
        d = state[x + i] + state[x + 3 + i] * elapsed - record[SITE + i]
        along += d * record[ALONG + i]
        square += d * d
    aside = math.sqrt(max(square - along * along, 0.0))
    if aside > reach + 6.0 * max(record[S_ASIDE], record[S_ACROSS]) * math.sqrt(square):
        return True
    if record[KIND] < 3.0:
        return False
    return bool(abs(record[RANGE] - along) > reach + aside + 6.0 * record[S_RANGE])


@kernel
def weigh(state: Floats, record: Floats, gates: Floats, probability_min: float, mean: Floats,
          covariance: Floats) -> float:  # fmt: skip
    """Cost of giving a detection to a track (less is better), infinite outside its gate.

    d^2 + ln det S - 2 ln p of the best of the ways of moving that are probable enough. ``mean`` (6)
    and ``covariance`` (6, 6) are room to work in. Reference: Blackman and Popoli (1999), Design and
    Analysis of Modern Tracking Systems, section 6.4.
    """
    best = math.inf
    for mode in range(2):
        if state[mode] < probability_min:
            continue
        start = HEAD + MODE * mode
        for i in range(6):
            mean[i] = state[start + i]
            for j in range(6):
                covariance[i, j] = state[start + 6 + 6 * i + j]
        count, square, log_determinant = update(mean, covariance, record)
        if count > 0 and square <= gates[count]:
            best = min(best, square + log_determinant - 2.0 * math.log(state[mode]))
    return best
