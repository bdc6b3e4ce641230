"""Which detection of a scan belongs to which track."""

from dataclasses import dataclass

import numpy as np

from signalfire.basis.kernel import Floats, Integers
from signalfire.tracking import _assign_kernels as assignment

GROUP_MAX = 128
"""Tracks or detections that hang together by their gates are shared out at the least total cost up
to so many, by auction beyond; the largest group takes some milliseconds."""


@dataclass(frozen=True, eq=False)
class Shared:
    """What was given: (place of the track, detection), shape (n, 2), by the track's place.

    ``greedy`` pairs lay in groups of which the auction was broken off: the cheapest first there.
    """

    given: Integers
    greedy: int


def shared_out(pairs: Integers, costs: Floats, tracks: int) -> Shared:
    """One detection at most to each track and one track at most to each, at the least total cost.

    ``pairs`` (place of the track, below ``tracks``, and detection) are those inside the gate.
    Groups that have nothing to do with each other are solved apart, so the work grows with the
    largest group and not with the scan. A track may stay without a detection, at the price of one
    at the edge of the gate: what is missed does not push the neighbours along.
    Reference: Blackman and Popoli (1999), section 6.4 (global nearest neighbour; no assignment
    scores as the edge of the gate).
    """
    chosen = np.empty(tracks, dtype=np.int64)
    plots = int(pairs[:, 1].max()) + 1 if len(pairs) else 0
    greedy = assignment.assign(pairs, costs, tracks, plots, GROUP_MAX, chosen)
    return Shared(pairs[chosen[chosen >= 0]], int(greedy))


def best_of_each(pairs: Integers, costs: Floats, tracks: int) -> Integers:
    """The best detection for each track, each for itself: tentative tracks may share one."""
    chosen = np.empty(tracks, dtype=np.int64)
    assignment.best_each(pairs, costs, chosen)
    return pairs[chosen[chosen >= 0]]
