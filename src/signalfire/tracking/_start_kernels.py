"""How tracks begin: places of plots, pairs of places, first states; columns in and out.

A fix is a place where something was; its columns are those of ``Fixes``. Times are whole
nanoseconds since the tracker's epoch. Status codes, no exceptions.
"""

import math
from typing import NamedTuple

import numpy as np

from signalfire.basis.kernel import Floats, Integers, kernel
from signalfire.picture.table import PATHS_WORD
from signalfire.tracking._kernels import (
    ALONG,
    ASIDE,
    KIND,
    RANGE,
    S_ACROSS,
    S_ASIDE,
    S_RANGE,
    SITE,
    Law,
    begin,
)
from signalfire.tracking._ring_kernels import USED, Columns, take
from signalfire.tracking._scan_kernels import note

LOOKS = 2
"""A fix rests on one plot, or on two lines of sight."""
_NS = 1e-9


class Fixes(NamedTuple):
    """Fixes, one a row: when, when the earlier of its looks was, where, how sure; and its looks."""

    time: Integers
    first: Integers
    place: Floats
    covariance: Floats
    sigma: Floats
    period: Floats
    sensor: Integers
    looks: Integers
    look_time: Integers
    look_number: Integers
    look_path: Integers
    look_period: Floats
    look_record: Floats


class Rules(NamedTuple):
    """Which pairs of fixes may be one object: least and longest gap, s, and that in periods; the
    greatest speed, m/s; how many earlier fixes a later one is paired with."""

    gap_min: float
    gap_max: float
    patience: float
    speed_max: float
    pairs_max: int


@kernel
def place_of(record: Floats, place: Floats, covariance: Floats) -> None:
    """The place that a radar plot shows, and its covariance."""
    u = record[ALONG : ALONG + 3]
    e = record[ASIDE : ASIDE + 3]
    w = np.empty(3)
    w[0] = u[1] * e[2] - u[2] * e[1]
    w[1] = u[2] * e[0] - u[0] * e[2]
    w[2] = u[0] * e[1] - u[1] * e[0]
    r = record[RANGE]
    along, aside, across = (
        record[S_RANGE] ** 2, (r * record[S_ASIDE]) ** 2, (r * record[S_ACROSS]) ** 2,
    )  # fmt: skip
    for i in range(3):
        place[i] = record[SITE + i] + r * u[i]
        for j in range(3):
            covariance[i, j] = along * u[i] * u[j] + aside * e[i] * e[j] + across * w[i] * w[j]


@kernel
def fix_plots(at: int, records: Floats, numbers: Integers, paths: Integers, plots: Integers,
              sensor: int, period: float, fixes: Fixes) -> None:  # fmt: skip
    """Fill the first rows of ``fixes`` with the places of some plots of a scan."""
    for i in range(plots.shape[0]):
        n = plots[i]
        place_of(records[n], fixes.place[i], fixes.covariance[i])
        p = fixes.covariance[i]
        fixes.sigma[i] = math.sqrt(p[0, 0] + p[1, 1] + p[2, 2])
        fixes.time[i] = fixes.first[i] = fixes.look_time[i, 0] = at
        fixes.period[i] = fixes.look_period[i, 0] = period
        fixes.sensor[i] = sensor
        fixes.looks[i] = 1
        fixes.look_number[i, 0] = numbers[n]
        fixes.look_path[i, 0] = paths[n]
        fixes.look_record[i, 0] = records[n]


@kernel
def pair(known: Fixes, fixes: Fixes, rules: Rules, room: int,
         pairs: Integers) -> int:  # fmt: skip
    """Earlier fixes (row of ``known``) that a later one (row of ``fixes``) may continue, into
    ``pairs``; for each later one the slowest motion first. Returns how many, at most ``room``.
    """
    count = 0
    speeds = np.empty(rules.pairs_max)
    best = np.empty(rules.pairs_max, dtype=np.int64)
    for j in range(fixes.time.shape[0]):
        gap_max = max(rules.gap_max, rules.patience * fixes.period[j])
        kept = 0
        for i in range(known.time.shape[0]):
            gap = (fixes.first[j] - known.time[i]) * _NS
            if gap < rules.gap_min or gap > gap_max:
                continue
            whole = max((fixes.time[j] - known.time[i]) * _NS, rules.gap_min)
            dx = fixes.place[j, 0] - known.place[i, 0]
            dy = fixes.place[j, 1] - known.place[i, 1]
            dz = fixes.place[j, 2] - known.place[i, 2]
            square = dx * dx + dy * dy + dz * dz
            slack2 = known.sigma[i] ** 2 + fixes.sigma[j] ** 2
            reach = rules.speed_max * whole
            # (a + b)^2 <= 2 a^2 + 2 b^2: most pairs end here.
            if square > 2.0 * reach * reach + 18.0 * slack2:
                continue
            distance = math.sqrt(square)
            if distance > reach + 3.0 * math.sqrt(slack2):
                continue
            speed = distance / whole
            if kept == rules.pairs_max and speed >= speeds[kept - 1]:
                continue
            at = kept if kept < rules.pairs_max else kept - 1
            while at > 0 and speeds[at - 1] > speed:
                speeds[at] = speeds[at - 1]
                best[at] = best[at - 1]
                at -= 1
            speeds[at] = speed
            best[at] = i
            kept = min(kept + 1, rules.pairs_max)
        for n in range(min(kept, room - count)):
            pairs[count, 0] = best[n]
            pairs[count, 1] = j
            count += 1
    return count


@kernel
def start(rows: Integers, pairs: Integers, known: Fixes, fixes: Fixes, gap_min: float,
          speed_sigma: float, spacing: int, law: Law, c: Columns, first_time: Integers,
          origin: Integers, outcomes: Integers) -> None:  # fmt: skip
    """Begin a tentative track in each row from a pair of fixes; a status each."""
    velocity = np.empty(3)
    squares = np.empty(1)
    kinds = np.empty(1, dtype=np.int64)
    for n in range(rows.shape[0]):
        row, i, j = rows[n], pairs[n, 0], pairs[n, 1]
        whole = max((fixes.time[j] - known.time[i]) * _NS, gap_min)
        for axis in range(3):
            velocity[axis] = (fixes.place[j, axis] - known.place[i, axis]) / whole
        begin(c.state[row], known.place[i], known.covariance[i], velocity, speed_sigma)
        c.time[row] = first_time[row] = known.time[i]
        c.ahead_time[row] = known.time[i] - 1
        origin[row] = fixes.sensor[j]
        for m in range(known.looks[i]):
            path = known.look_path[i, m]
            c.paths[row, path // PATHS_WORD] |= 1 << (path % PATHS_WORD)
            c.updates[row] += 1
            c.numbers[row] += int(known.look_record[i, m, KIND])
            c.period[row] = max(c.period[row], known.look_period[i, m])
        for m in range(fixes.looks[j]):
            record = fixes.look_record[j, m]
            outcomes[n], square = take(
                row, fixes.look_time[j, m], record, fixes.look_number[j, m], law, c
            )
            if outcomes[n] != USED:
                break
            squares[0] = square
            kinds[0] = int(record[KIND])
            note(rows[n : n + 1], kinds, squares, fixes.look_period[j, m],
                 fixes.look_path[j, m : m + 1], spacing, c, outcomes[n : n + 1])  # fmt: skip
