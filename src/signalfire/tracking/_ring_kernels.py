"""Tracks over time: detections in order whenever they come, carrying ahead, gates.

The columns are those of ``picture.table.TrackTable``; a state and a detection are rows as
``_kernels`` has them. Times are whole nanoseconds since the tracker's epoch. Status codes, no
exceptions.
"""

import math

import numpy as np

from signalfire.basis.kernel import Floats, Integers, kernel
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
    covariance_of,
    mean_of,
    mix,
    update,
)

BLOCK = 8
"""Detections between two snapshots of a track."""
USED, TOO_LATE, DIVERGED = 0, 1, 2
_NS = 1e-9


@kernel
def forget_block(count: Integers, row: int, ring: Floats, ring_time: Integers,
                  ring_scan: Integers, snapshot: Floats,
                  snapshot_time: Integers) -> None:  # fmt: skip
    """Drop the oldest block of a full ring; what it said stays in the next snapshot."""
    length = ring.shape[1]
    for k in range(BLOCK, length):
        ring[row, k - BLOCK] = ring[row, k]
        ring_time[row, k - BLOCK] = ring_time[row, k]
        ring_scan[row, k - BLOCK] = ring_scan[row, k]
    for k in range(1, snapshot.shape[1]):
        snapshot[row, k - 1] = snapshot[row, k]
        snapshot_time[row, k - 1] = snapshot_time[row, k]
    count[row] -= BLOCK


@kernel
def take(row: int, at: int, record: Floats, scan: int, law: Law, state: Floats, time: Integers,
         count: Integers, ring: Floats, ring_time: Integers, ring_scan: Integers, snapshot: Floats,
         snapshot_time: Integers) -> tuple[int, float]:  # fmt: skip
    """Take a detection into a track at its place in time; later ones are filtered again.

    Returns the status and the normalised innovation squared. TOO_LATE: older than what the ring
    remembers; changes nothing.
    """
    n = count[row]
    length = ring.shape[1]
    if n > 0 and at < snapshot_time[row, 0]:
        return TOO_LATE, 0.0
    if n == length and at < ring_time[row, BLOCK]:
        return TOO_LATE, 0.0
    place = n
    while place > 0 and ring_time[row, place - 1] > at:
        place -= 1
    if n == length:
        forget_block(count, row, ring, ring_time, ring_scan, snapshot, snapshot_time)
        n -= BLOCK
        place -= BLOCK
    for k in range(n, place, -1):
        ring[row, k] = ring[row, k - 1]
        ring_time[row, k] = ring_time[row, k - 1]
        ring_scan[row, k] = ring_scan[row, k - 1]
    ring[row, place] = record
    ring_time[row, place] = at
    ring_scan[row, place] = scan
    count[row] = n + 1
    now = time[row]
    start = place
    if place < n:
        start = place // BLOCK * BLOCK
        state[row] = snapshot[row, start // BLOCK]
        now = snapshot_time[row, start // BLOCK]
    nis = 0.0
    for k in range(start, n + 1):
        if k % BLOCK == 0:
            snapshot[row, k // BLOCK] = state[row]
            snapshot_time[row, k // BLOCK] = now
        then = ring_time[row, k]
        square = advance(state[row], (then - now) * _NS, ring[row, k], then * _NS, law)
        now = then
        if not math.isfinite(square):
            return DIVERGED, 0.0
        if k == place:
            nis = square
    time[row] = now
    return USED, nis


@kernel
def recall(row: int, at: int, law: Law, state: Floats, time: Integers, count: Integers,
           ring: Floats, ring_time: Integers, snapshot: Floats, snapshot_time: Integers,
           out: Floats) -> None:  # fmt: skip
    """What was known at an instant not after the last detection, from detections until then.

    Of an instant longer ago than the ring remembers: what may be said backwards from there.
    """
    n = count[row]
    end = n
    while end > 0 and ring_time[row, end - 1] > at:
        end -= 1
    start = min(end, n - 1) // BLOCK * BLOCK
    out[:] = snapshot[row, start // BLOCK]
    now = snapshot_time[row, start // BLOCK]
    for k in range(start, end):
        then = ring_time[row, k]
        advance(out, (then - now) * _NS, ring[row, k], then * _NS, law)
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
def weigh(state: Floats, record: Floats, gates: Floats, probability_min: float) -> float:
    """Cost of giving a detection to a track (less is better), infinite outside its gate.

    d^2 + ln det S - 2 ln p of the best of the ways of moving that are probable enough. Reference:
    Blackman and Popoli (1999), Design and Analysis of Modern Tracking Systems, section 6.4.
    """
    best = math.inf
    mean = np.empty(6)
    covariance = np.empty((6, 6))
    for mode in range(2):
        if state[mode] < probability_min:
            continue
        mean[:] = mean_of(state, mode)
        covariance[:, :] = covariance_of(state, mode)
        count, square, log_determinant = update(mean, covariance, record)
        if count > 0 and square <= gates[count]:
            best = min(best, square + log_determinant - 2.0 * math.log(state[mode]))
    return best
