"""One detection at most to each track and one track at most to each, at the least total cost.

Arrays in, arrays out; no objects, no exceptions.
"""

import math

import numpy as np

from signalfire.basis.kernel import Floats, Integers, kernel

MISSED_COST = 19.0
"""A missed detection costs so much more than the best pair of its group: what a detection at the
edge of the gate does (chi-square with three degrees of freedom, one in 3,000)."""
_MARGIN = 1e-3
"""And a little more than the dearest: a pair that nobody disputes is taken."""
_BID_LEAST = 0.05
"""A bid raises a price by at least so much: a twentieth of what one sigma costs."""
_LOOKS_MAX = 50
"""How often an auction looks at each pair, on average, before it is broken off."""


@kernel
def root_of(parent: Integers, node: int) -> int:
    """The name of a node's group. Reference: Tarjan (1975), J. ACM 22(2), 215-225."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@kernel
def cheapest(cost: Floats, given: Integers) -> None:
    """The column of each row of a matrix at the least total; no more rows than columns.

    Shortest augmenting paths. Reference: Kuhn (1955), Naval Research Logistics 2, 83-97; the form
    is that of Jonker and Volgenant (1987), Computing 38, 325-340, without its warm start.
    """
    rows, columns = cost.shape
    u = np.zeros(rows + 1)
    v = np.zeros(columns + 1)
    owner = np.zeros(columns + 1, dtype=np.int64)
    way = np.zeros(columns + 1, dtype=np.int64)
    least = np.empty(columns + 1)
    done = np.empty(columns + 1, dtype=np.int64)
    for row in range(1, rows + 1):
        owner[0] = row
        column = 0
        least[:] = math.inf
        done[:] = 0
        while owner[column] != 0:
            done[column] = 1
            here = owner[column]
            step = math.inf
            after = 0
            for j in range(1, columns + 1):
                if done[j] == 0:
                    reduced = cost[here - 1, j - 1] - u[here] - v[j]
                    if reduced < least[j]:
                        least[j] = reduced
                        way[j] = column
                    if least[j] < step:
                        step = least[j]
                        after = j
            for j in range(columns + 1):
                if done[j] == 1:
                    u[owner[j]] += step
                    v[j] -= step
                else:
                    least[j] -= step
            column = after
        while column != 0:
            before = way[column]
            owner[column] = owner[before]
            column = before
    for j in range(1, columns + 1):
        if owner[j] > 0:
            given[owner[j] - 1] = j - 1


@kernel
def _greedy(edges: Integers, pairs: Integers, costs: Floats, plot_taken: Integers,
            chosen: Integers) -> None:  # fmt: skip
    """The cheapest pair first, and so on."""
    for e in edges[np.argsort(costs[edges])]:
        i, j = pairs[e]
        if chosen[i] < 0 and plot_taken[j] == 0:
            chosen[i] = e
            plot_taken[j] = 1


@kernel
def _auction(edges: Integers, pairs: Integers, costs: Floats, missed: float, plot_taken: Integers,
             chosen: Integers) -> bool:  # fmt: skip
    """Let tracks bid for detections: the least total, but for ``_BID_LEAST`` a track.

    Each bids for what is worth most to it after its price; whoever is outbid bids again, or misses
    when nothing is worth its price. False when it was broken off. Reference: Bertsekas (1992),
    Computational Optimization and Applications 1, 7-66, sections 2 and 4.
    """
    its = edges[np.argsort(pairs[edges, 0], kind="mergesort")]
    count = its.shape[0]
    firsts = np.empty(count + 1, dtype=np.int64)
    tracks = 0
    for n in range(count):
        if n == 0 or pairs[its[n], 0] != pairs[its[n - 1], 0]:
            firsts[tracks] = n
            tracks += 1
    firsts[tracks] = count
    # A track in the queue stands there once; it leaves before it can come back.
    queue = np.arange(tracks)
    waiting, looks = tracks, 0
    held = np.full(tracks, -1)
    prices = np.zeros(plot_taken.shape[0])
    track_of = np.full(plot_taken.shape[0], -1)
    while waiting > 0 and looks < _LOOKS_MAX * count:
        waiting -= 1
        t = queue[waiting]
        best, second, at = 0.0, 0.0, -1
        for n in range(firsts[t], firsts[t + 1]):
            worth = missed - costs[its[n]] - prices[pairs[its[n], 1]]
            if worth > best:
                best, second, at = worth, best, n
            elif worth > second:
                second = worth
        looks += firsts[t + 1] - firsts[t]
        if at < 0:
            continue
        plot = pairs[its[at], 1]
        prices[plot] += best - second + _BID_LEAST
        if track_of[plot] >= 0:
            held[track_of[plot]] = -1
            queue[waiting] = track_of[plot]
            waiting += 1
        track_of[plot] = t
        held[t] = its[at]
    for t in range(tracks):
        if held[t] >= 0:
            chosen[pairs[held[t], 0]] = held[t]
            plot_taken[pairs[held[t], 1]] = 1
    return waiting == 0


@kernel
def _group(edges: Integers, pairs: Integers, costs: Floats, rows: int, local: Integers,
           group_max: int, plot_taken: Integers, chosen: Integers) -> bool:  # fmt: skip
    """Solve one group, a large one by auction; false when this was broken off.

    A missed detection has a price: where one is missed its neighbours do not move along to make
    room, at more than that.
    """
    tracks, plots = 0, 0
    for e in edges:
        local[pairs[e, 0]] = -1
        local[rows + pairs[e, 1]] = -1
    for e in edges:
        if local[pairs[e, 0]] < 0:
            local[pairs[e, 0]] = tracks
            tracks += 1
        if local[rows + pairs[e, 1]] < 0:
            local[rows + pairs[e, 1]] = plots
            plots += 1
    missed = max(costs[edges].min() + MISSED_COST, costs[edges].max() + _MARGIN)
    if max(tracks, plots) > group_max:
        is_done = _auction(edges, pairs, costs, missed, plot_taken, chosen)
        if not is_done:
            _greedy(edges, pairs, costs, plot_taken, chosen)
        return is_done
    turned = tracks > plots
    few, many = min(tracks, plots), max(tracks, plots)
    cost = np.full((few, many), missed)
    which = np.full((few, many), -1)
    for e in edges:
        i, j = local[pairs[e, 0]], local[rows + pairs[e, 1]]
        if turned:
            i, j = j, i
        cost[i, j] = costs[e]
        which[i, j] = e
    given = np.full(few, -1)
    cheapest(cost, given)
    for i in range(few):
        e = which[i, given[i]]
        if e >= 0:
            chosen[pairs[e, 0]] = e
    return True


@kernel
def assign(pairs: Integers, costs: Floats, rows: int, plots: int, group_max: int,
           chosen: Integers) -> int:  # fmt: skip
    """For each of ``rows`` tracks the place of its pair in ``pairs``, or -1, into ``chosen``.

    ``pairs`` (track, detection) are those inside a gate. Groups that have nothing to do with each
    other are solved apart; one with more than ``group_max`` tracks or detections by auction, and
    what this leaves greedily. Returns how many pairs lay in groups that were left so.
    """
    chosen[:] = -1
    count = costs.shape[0]
    parent = np.arange(rows + plots)
    for e in range(count):
        one = root_of(parent, pairs[e, 0])
        other = root_of(parent, rows + pairs[e, 1])
        if one != other:
            parent[max(one, other)] = min(one, other)
    starts = np.zeros(rows + plots + 1, dtype=np.int64)
    for e in range(count):
        starts[root_of(parent, pairs[e, 0]) + 1] += 1
    for n in range(rows + plots):
        starts[n + 1] += starts[n]
    place = starts[:-1].copy()
    edges = np.empty(count, dtype=np.int64)
    for e in range(count):
        root = root_of(parent, pairs[e, 0])
        edges[place[root]] = e
        place[root] += 1
    local = np.empty(rows + plots, dtype=np.int64)
    plot_taken = np.zeros(plots, dtype=np.int64)
    greedy = 0
    for n in range(rows):
        size = starts[n + 1] - starts[n]
        if size == 1:
            e = edges[starts[n]]
            chosen[pairs[e, 0]] = e
        elif size > 1:
            its = edges[starts[n] : starts[n + 1]]
            if not _group(its, pairs, costs, rows, local, group_max, plot_taken, chosen):
                greedy += size
    return greedy


@kernel
def best_each(pairs: Integers, costs: Floats, chosen: Integers) -> None:
    """For each track the place of its cheapest pair, or -1: tracks may share a detection."""
    chosen[:] = -1
    for e in range(costs.shape[0]):
        i = pairs[e, 0]
        best = chosen[i]
        if (
            best < 0
            or costs[e] < costs[best]
            or (costs[e] == costs[best] and pairs[e, 1] < pairs[best, 1])
        ):
            chosen[i] = e
