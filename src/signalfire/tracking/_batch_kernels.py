"""Between the rows of the table and blocks of tracks side by side.

Lane n of an array of blocks is lane n % LANES of block n // LANES. ``modes`` (2, blocks, 27, lanes)
holds free flight, then forced; the rest is as ``_block_kernels`` and ``_scan_kernels`` have it.
"""

import math

import numpy as np

from signalfire.basis._block_kernels import block_at
from signalfire.basis.kernel import LANES, Floats, Integers, block_kernel, kernel
from signalfire.space._kernels import altitude_of
from signalfire.tracking._block_kernels import (
    ACROSS,
    ALONGSIDE,
    DRAG,
    ELAPSED_S,
    FIELD,
    LOG_DETERMINANT,
    SPREAD,
    SQUARE,
)
from signalfire.tracking._kernels import (
    AIR_M,
    HEAD,
    MODE,
    RECORD,
    Law,
    change,
    choose,
)
from signalfire.tracking._ring_kernels import DIVERGED, USED, Columns, place_sigma
from signalfire.tracking._scan_kernels import BROKEN, CARRIED, append

ENTERED, LIT = 0, 1
"""What part of free flight was forced before, and the other way round."""
_NS = 1e-9
_TOGETHER = 256
"""Rows are settled so many at a time: their states stay in the processor's second cache."""


@kernel
def lanes_of(rows: Integers, at: int, law: Law, c: Columns, lanes: Integers) -> tuple[int, int]:
    """A lane for each row: first those that one step of integration brings to ``at``.

    Returns the blocks of these, and the most steps that any of the others needs.
    """
    single = 0
    steps = 1
    for i in range(rows.shape[0]):
        state = c.state[rows[i]]
        is_high = altitude_of(state[HEAD], state[HEAD + 1], state[HEAD + 2]) > AIR_M
        elapsed = (at - c.time[rows[i]]) * _NS
        count = math.ceil(elapsed / (law.step_high if is_high else law.step_low) - 1e-9)
        lanes[i] = -1
        if count <= 1:
            lanes[i] = single
            single += 1
        else:
            steps = max(steps, count)
    blocks = (single + LANES - 1) // LANES
    lane = blocks * LANES
    for i in range(rows.shape[0]):
        if lanes[i] < 0:
            lanes[i] = lane
            lane += 1
    return blocks, steps


@kernel
def load(rows: Integers, lanes: Integers, at: int, steps: Integers, law: Law, c: Columns,
         modes: Floats, laws: Floats, weights: Floats) -> None:  # fmt: skip
    """Rows into their lanes; their heads, as they are at ``at``, into ``ahead``.

    ``steps`` are those of each block.
    """
    # Taken out of the tuple once: each use in the loop would be counted.
    state, time, ahead = c.state, c.time, c.ahead
    for i in range(rows.shape[0]):
        row = rows[i]
        b, lane = lanes[i] // LANES, lanes[i] % LANES
        elapsed = (at - time[row]) * _NS
        for mode in range(2):
            start = HEAD + MODE * mode
            for k in range(6):
                modes[mode, b, k, lane] = state[row, start + k]
            n = 6
            for k in range(6):
                for m in range(k, 6):
                    modes[mode, b, n, lane] = state[row, start + 6 + 6 * k + m]
                    n += 1
            laws[mode, b, ELAPSED_S, lane] = elapsed / steps[b]
            laws[mode, b, DRAG, lane] = law.drag
            laws[mode, b, ACROSS, lane] = 0.0 if mode == 0 else law.across
            laws[mode, b, ALONGSIDE, lane] = 0.0 if mode == 0 else law.along
            laws[mode, b, SPREAD, lane] = law.spread if mode == 0 else 0.0
            laws[mode, b, FIELD, lane] = law.free if mode == 0 else 0.0
        # The head, and the place, by which it is judged how motion may change.
        for k in range(HEAD + 3):
            ahead[row, k] = state[row, k]
        entered, lit = 0.0, 0.0
        if elapsed > 0.0:
            entered, lit = change(ahead[row], elapsed, law)
        weights[b, ENTERED, lane] = entered
        weights[b, LIT, lane] = lit


@block_kernel
def blend_blocks(free: Floats, forced: Floats, weights: Floats) -> None:
    """Let the ways of moving change into one another, by their weights: ``blend`` both ways."""
    for b in range(free.shape[0]):
        x, y, w = block_at(free, b), block_at(forced, b), block_at(weights, b)
        n = 6
        for i in range(6):
            for j in range(i, 6):
                for lane in range(LANES):
                    gap = (y[i, lane] - x[i, lane]) * (y[j, lane] - x[j, lane])
                    entered, lit = w[ENTERED, lane], w[LIT, lane]
                    one, other = x[n, lane], y[n, lane]
                    x[n, lane] = one + entered * (other - one + (1.0 - entered) * gap)
                    y[n, lane] = other + lit * (one - other + (1.0 - lit) * gap)
                n += 1
        for i in range(6):
            for lane in range(LANES):
                one, other = x[i, lane], y[i, lane]
                x[i, lane] = one + w[ENTERED, lane] * (other - one)
                y[i, lane] = other + w[LIT, lane] * (one - other)


@kernel
def unload(rows: Integers, lanes: Integers, modes: Floats, out: Floats) -> None:
    """Lanes into the rows of their states, but for the heads."""
    for i in range(rows.shape[0]):
        row = rows[i]
        b, lane = lanes[i] // LANES, lanes[i] % LANES
        for mode in range(2):
            start = HEAD + MODE * mode
            for k in range(6):
                out[row, start + k] = modes[mode, b, k, lane]
            n = 6
            for k in range(6):
                for m in range(k, 6):
                    out[row, start + 6 + 6 * k + m] = modes[mode, b, n, lane]
                    out[row, start + 6 + 6 * m + k] = modes[mode, b, n, lane]
                    n += 1


@kernel
def foretell(rows: Integers, lanes: Integers, at: int, modes: Floats, c: Columns,
             ready: Integers) -> None:  # fmt: skip
    """Lanes that were carried to ``at`` into ``ahead``; those that are no estimate are marked."""
    ahead, ahead_time = c.ahead, c.ahead_time
    unload(rows, lanes, modes, ahead)
    for i in range(rows.shape[0]):
        ahead_time[rows[i]] = at
        ready[i] = CARRIED if math.isfinite(place_sigma(ahead[rows[i]])) else BROKEN


@kernel
def lay_plots(lanes: Integers, plots: Integers, records: Floats, out: Floats) -> None:
    """The detection of each lane that has one."""
    out[:] = 0.0
    for i in range(lanes.shape[0]):
        b, lane, n = lanes[i] // LANES, lanes[i] % LANES, plots[i]
        for k in range(RECORD):
            out[b, k, lane] = records[n, k]


@kernel
def settle(rows: Integers, lanes: Integers, plots: Integers, at: int, records: Floats,
           numbers: Integers, law: Law, c: Columns, modes: Floats, found: Floats, squares: Floats,
           outcomes: Integers) -> None:  # fmt: skip
    """Updated lanes into their rows, as ``give`` does with one row after the other."""
    logs = np.empty(2)
    each = np.empty(2)
    for first in range(0, rows.shape[0], _TOGETHER):
        part = slice(first, min(first + _TOGETHER, rows.shape[0]))
        append(rows[part], plots[part], at, records, numbers, c)
        unload(rows[part], lanes[part], modes, c.state)
        _choose_each(rows[part], lanes[part], plots[part], at, records, law, c, found, logs, each,
                     squares[part], outcomes[part])  # fmt: skip


@kernel
def _choose_each(rows: Integers, lanes: Integers, plots: Integers, at: int, records: Floats,
                 law: Law, c: Columns, found: Floats, logs: Floats, each: Floats,
                 squares: Floats, outcomes: Integers) -> None:  # fmt: skip
    """Weigh the ways of moving of updated rows."""
    state, time, ahead = c.state, c.time, c.ahead
    for i in range(rows.shape[0]):
        row, n = rows[i], plots[i]
        b, lane = lanes[i] // LANES, lanes[i] % LANES
        for k in range(HEAD):
            state[row, k] = ahead[row, k]
        for mode in range(2):
            each[mode] = found[mode, b, SQUARE, lane]
            log_determinant = found[mode, b, LOG_DETERMINANT, lane]
            is_used = each[mode] != 0.0 or log_determinant != 0.0
            logs[mode] = -0.5 * (each[mode] + log_determinant) if is_used else -1e6
        elapsed = (at - time[row]) * _NS
        squares[i] = choose(state[row], elapsed, records[n], at * _NS, logs, each, law)
        time[row] = at
        outcomes[i] = USED if math.isfinite(squares[i]) else DIVERGED
