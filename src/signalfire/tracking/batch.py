"""Many tracks at once: carried to one instant and updated side by side."""

import numpy as np

from signalfire.basis.kernel import LANES, Floats, Integers
from signalfire.tracking import _batch_kernels as lanes_and_rows
from signalfire.tracking._block_kernels import (
    FOUND,
    LAW,
    STATE,
    predict_blocks,
    update_blocks,
)
from signalfire.tracking._kernels import RECORD, Law
from signalfire.tracking._ring_kernels import Columns
from signalfire.tracking.blocks import empty_blocks
from signalfire.tracking.scan import Brought, Scan

_GROWTH = 1.25
"""Room grows by so much: a scan of many tracks is not followed by one of twice as many."""


class Batch:
    """Room for blocks of tracks, which is used again from scan to scan.

    What ``carry`` leaves in the lanes ``give`` updates there: nothing is carried twice.
    """

    def __init__(self) -> None:
        self._blocks = 0
        self._make_room(1)

    def carry(
        self, rows: Integers, at_ns: int, law: Law, columns: Columns
    ) -> tuple[Integers, Integers]:
        """Carry rows forward to an instant, into ``ahead``; their lanes, and how it went."""
        lanes = np.empty(len(rows), dtype=np.int64)
        single, steps = lanes_and_rows.lanes_of(rows, at_ns, law, columns, lanes)
        blocks = int(lanes.max()) // LANES + 1
        self._make_room(blocks)
        modes, laws = self._modes[:, :blocks], self._laws[:, :blocks]
        self._clear_last(single, blocks)
        of_block = np.full(blocks, steps)
        of_block[:single] = 1
        lanes_and_rows.load(rows, lanes, at_ns, of_block, law, columns, modes, laws, self._weights)
        lanes_and_rows.blend_blocks(modes[0], modes[1], self._weights[:blocks])
        for mode in range(2):
            predict_blocks(modes[mode, :single], laws[mode, :single])
            for _ in range(steps if single < blocks else 0):
                predict_blocks(modes[mode, single:], laws[mode, single:])
        ready = np.empty(len(rows), dtype=np.int64)
        lanes_and_rows.foretell(rows, lanes, at_ns, modes, columns, ready)
        return lanes, ready

    def give(
        self, rows: Brought, plots: Integers, of: Scan, law: Law, columns: Columns
    ) -> tuple[Integers, Floats]:
        """Let rows that were carried take a detection each.

        Returns the kernel's statuses, and the normalised innovations squared.
        """
        blocks = int(rows.lanes.max()) // LANES + 1
        lanes_and_rows.lay_plots(rows.lanes, plots, of.records, self._plots[:blocks])
        for mode in range(2):
            update_blocks(
                self._modes[mode, :blocks], self._plots[:blocks], self._found[mode, :blocks]
            )
        outcomes, squares = np.empty(len(plots), dtype=np.int64), np.empty(len(plots))
        lanes_and_rows.settle(
            rows.rows, rows.lanes, plots, of.at_ns, of.records, of.numbers, law, columns,
            self._modes, self._found, squares, outcomes,
        )  # fmt: skip
        return outcomes, squares

    def _clear_last(self, single: int, blocks: int) -> None:
        """Empty the blocks that may not be filled: what was in their lanes says nothing now."""
        for block in {single - 1, blocks - 1}:
            if block >= 0:
                self._modes[:, block] = 0.0
                self._laws[:, block] = 0.0
                self._weights[block] = 0.0

    def _make_room(self, blocks: int) -> None:
        if blocks <= self._blocks:
            return
        self._blocks = max(blocks, int(_GROWTH * self._blocks))
        room = self._blocks
        self._modes = _pair_of_blocks(room, STATE)
        self._laws = _pair_of_blocks(room, LAW)
        self._weights = empty_blocks(room * LANES, 2)
        self._plots = empty_blocks(room * LANES, RECORD)
        self._found = _pair_of_blocks(room, FOUND)


def _pair_of_blocks(blocks: int, rows: int) -> Floats:
    return empty_blocks(2 * blocks * LANES, rows).reshape(2, blocks, rows, LANES)
