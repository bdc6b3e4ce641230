"""Which detection of a scan belongs to which track."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from signalfire.basis.kernel import Floats, Integers

_MISSED = 1e6
"""Cost of a pair outside the gate: more than any inside it, so that as many as can be are given."""


def nearest_global(pairs: Integers, costs: Floats) -> list[tuple[int, int]]:
    """One detection at most to each track and one track at most to each, at the least total cost.

    ``pairs`` (row, detection) are those inside the gate. Groups that have nothing to do with each
    other are solved apart, so the work grows with the largest group and not with the scan.
    Reference: Blackman and Popoli (1999), section 6.4 (global nearest neighbour).
    """
    rows_left, plots_left = pairs[:, 0].tolist(), pairs[:, 1].tolist()
    if len(set(rows_left)) == len(set(plots_left)) == len(costs):
        return sorted(zip(rows_left, plots_left, strict=True))
    rows, row_at = np.unique(pairs[:, 0], return_inverse=True)
    plots, plot_at = np.unique(pairs[:, 1], return_inverse=True)
    size = len(rows) + len(plots)
    graph = coo_array((np.ones(len(costs)), (row_at, len(rows) + plot_at)), shape=(size, size))
    groups, group_of = connected_components(graph, directed=False)
    group_of_pair = group_of[row_at]
    order = np.argsort(group_of_pair, kind="stable")
    ends = np.searchsorted(group_of_pair[order], np.arange(groups), side="right")
    chosen: list[tuple[int, int]] = []
    start = 0
    for end in ends:
        members = order[start:end]
        start = int(end)
        if len(members) == 1:
            chosen.append((int(pairs[members[0], 0]), int(pairs[members[0], 1])))
        elif len(members) > 1:
            chosen.extend(_solve(pairs[members], costs[members]))
    return sorted(chosen)


def _solve(pairs: Integers, costs: Floats) -> list[tuple[int, int]]:
    rows, row_at = np.unique(pairs[:, 0], return_inverse=True)
    plots, plot_at = np.unique(pairs[:, 1], return_inverse=True)
    matrix = np.full((len(rows), len(plots)), _MISSED)
    matrix[row_at, plot_at] = costs
    given = zip(*linear_sum_assignment(matrix), strict=True)
    return [(int(rows[i]), int(plots[j])) for i, j in given if matrix[i, j] < _MISSED]


def nearest_each(pairs: Integers, costs: Floats) -> list[tuple[int, int]]:
    """The best detection for each track, each for itself: tentative tracks may share one."""
    best: dict[int, tuple[float, int]] = {}
    for (row, plot), cost in zip(pairs.tolist(), costs.tolist(), strict=True):
        if row not in best or (cost, plot) < best[row]:
            best[row] = (cost, plot)
    return [(row, plot) for row, (_, plot) in best.items()]
