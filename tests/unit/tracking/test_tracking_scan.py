"""Many tracks and detections at once: what is quick must be what is slow and plain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from signalfire.picture.table import CONFIRMED
from signalfire.tracking import _kernels as k
from signalfire.tracking import _ring_kernels as ring
from signalfire.tracking import _scan_kernels as kernels
from signalfire.tracking._assign_kernels import MISSED_COST
from signalfire.tracking.associate import shared_out
from signalfire.tracking.bank import FilterBank
from signalfire.tracking.measurement import Gaps, place_of, records
from signalfire.tracking.scan import BATCH_MIN, Brought, Scan, Wanted
from signalfire.tracking.settings import TrackingSettings

NS = 10**9
MANY = 80


def swarm(world, spread_m: float, t: float, draw: np.random.Generator):
    """Plots of the one missile and of many beside it, and the offsets."""
    offsets = np.zeros((MANY, 6))
    offsets[:, :3] = draw.normal(size=(MANY, 3)) * spread_m
    plots = [world.look(world.west, t, world.truth(t) + offset, draw) for offset in offsets]
    return offsets, records(plots, world.west, Gaps(1.0, 5.0)).rows


def bank_of(world, spread_m: float, seed: int) -> tuple[FilterBank, np.ndarray, Scan]:
    """A bank that has seen a swarm twice, and a third scan of it, in another order."""
    draw = np.random.default_rng(seed)
    bank = FilterBank(TrackingSettings(), rows_max=200)
    rows = bank.table.add_many(np.arange(MANY))
    offsets, first = swarm(world, spread_m, 150.0, draw)
    for row, record, offset in zip(rows, first, offsets, strict=True):
        place, covariance = place_of(record)
        velocity = (world.truth(150.0) + offset)[3:]
        bank.begin(row, at_ns=150 * NS, place=place, covariance=covariance, velocity=velocity)
        # As if the velocity were known: the gates are then those of an established track.
        for mode in range(2):
            k.covariance_of(bank.table.state[row], mode)[3:, 3:] = 900.0 * np.eye(3)
    bank.table.status[rows] = CONFIRMED
    for t in (151.0, 152.0):
        plots = [world.look(world.west, t, world.truth(t) + offset, draw) for offset in offsets]
        numbers = records(plots, world.west, Gaps(1.0, 5.0)).rows
        order = np.arange(MANY) if t == 151.0 else draw.permutation(MANY)
        scan = Scan(
            round(t * NS), 0, 1.0, numbers[order],
            (int(t) << 16) + np.arange(MANY), np.zeros(MANY, dtype=np.int64), MANY,
        )  # fmt: skip
        if t == 151.0:
            given = bank.bring(rows, scan.at_ns, scan.records)
            assert (bank.give(given, np.arange(MANY), scan) == ring.USED).all()
    return bank, rows, scan


@pytest.mark.parametrize("spread_m", [300.0, 5e3, 20e3])
def test_the_cells_find_every_pair_inside_a_gate_and_no_other(world, spread_m: float) -> None:
    bank, rows, scan = bank_of(world, spread_m, seed=1)
    brought = bank.bring(rows, scan.at_ns, scan.records)
    pairs, costs, crowded = bank.candidates(
        brought, scan.records, np.arange(MANY), Wanted(0.0, MANY)
    )
    found = {(int(i), int(j)): cost for (i, j), cost in zip(pairs, costs, strict=True)}
    room = np.empty(6), np.empty((6, 6))
    expected = {}
    for i, row in enumerate(rows):
        for j, record in enumerate(scan.records):
            cost = ring.weigh(bank.table.ahead[row], record, bank._gates, 0.0, *room)
            if np.isfinite(cost):
                expected[i, j] = cost
    assert len(expected) >= 0.95 * MANY
    assert not crowded.any()
    assert found.keys() == expected.keys()
    np.testing.assert_allclose(
        [found[pair] for pair in expected], list(expected.values()), rtol=1e-7, atol=1e-7
    )


def test_tracks_that_lost_their_way_change_nothing_for_the_others(world) -> None:
    bank, rows, scan = bank_of(world, 20e3, seed=2)
    wanted = Wanted(0.0, 24)
    brought = bank.bring(rows, scan.at_ns, scan.records)
    before, _, _ = bank.candidates(brought, scan.records, np.arange(MANY), wanted)
    for row in rows[:3]:
        k.covariance_of(bank.table.state[row], 0)[:3, :3] = 2.5e8 * np.eye(3)
        k.covariance_of(bank.table.state[row], 1)[:3, :3] = 2.5e8 * np.eye(3)
    k.mean_of(bank.table.state[rows[3]], 0)[:] = np.nan
    brought = bank.bring(rows, scan.at_ns, scan.records)
    after, _, crowded = bank.candidates(brought, scan.records, np.arange(MANY), wanted)
    assert brought.ready[3] == kernels.BROKEN
    assert crowded[:3].all() and not crowded[3:].any()
    assert after.tolist() == [pair for pair in before.tolist() if pair[0] > 3]


def test_tracks_together_end_where_each_alone_ends(world) -> None:
    """The blocks against the scalar kernels, over prediction, gate and update."""
    ends = []
    for size in (MANY, 1):
        assert (size >= BATCH_MIN) == (size == MANY)
        bank, rows, scan = bank_of(world, 20e3, seed=3)
        brought = bank.bring(rows, scan.at_ns, scan.records)
        pairs, costs, _ = bank.candidates(brought, scan.records, np.arange(MANY), Wanted(0.0, MANY))
        given = shared_out(pairs, costs, MANY).given
        assert len(given) >= 0.95 * MANY
        for start in range(0, len(given), size):
            part = given[start : start + size]
            if size == 1:
                alone = bank.bring(rows[part[:, 0]], scan.at_ns, scan.records)
                bank.give(alone, part[:, 1], scan)
            else:
                bank.give(brought.where(part[:, 0]), part[:, 1], scan)
        ends.append(bank.table)
    together, alone = ends
    np.testing.assert_allclose(together.state, alone.state, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(together.misfit, alone.misfit, rtol=1e-6)
    for name in ("time", "count", "updates", "numbers", "forget_time", "arc_count"):
        np.testing.assert_array_equal(getattr(together, name), getattr(alone, name))
    for row in rows.tolist():
        block, its = together.chain[row, 0], alone.chain[row, 0]
        count = int(together.count[row])
        for name in ("ring", "ring_time", "ring_scan"):
            column, other = getattr(together.pool, name), getattr(alone.pool, name)
            np.testing.assert_array_equal(column[block, :count], other[its, :count])
        assert together.pool.snapshot_time[block] == alone.pool.snapshot_time[its]


sparse_costs = st.dictionaries(
    st.tuples(st.integers(0, 30), st.integers(0, 30)), st.floats(-50.0, 50.0), max_size=120
)


@given(sparse_costs)
def test_no_other_choice_of_pairs_and_misses_is_cheaper(costs) -> None:
    """Each group against scipy's, where whoever has no pair misses."""
    pairs = np.array(list(costs), dtype=np.int64).reshape(-1, 2)
    values = np.array(list(costs.values()))
    group_at = components(pairs)
    given_pairs = shared_out(pairs, values, 31).given
    for group in set(group_at):
        its = np.array([at == group for at in group_at])
        missed = max(values[its].min() + MISSED_COST, values[its].max())
        matrix = np.full((31, 31), missed)
        matrix[pairs[its, 0], pairs[its, 1]] = values[its]
        least = (matrix[linear_sum_assignment(matrix)] - missed).sum()
        members = set(map(tuple, pairs[its].tolist()))
        total = sum(costs[i, j] - missed for i, j in given_pairs.tolist() if (i, j) in members)
        assert total == pytest.approx(least, abs=0.1)


@given(sparse_costs)
def test_no_pair_stays_that_both_its_track_and_its_detection_could_take(costs) -> None:
    pairs = np.array(list(costs), dtype=np.int64).reshape(-1, 2)
    given_pairs = shared_out(pairs, np.array(list(costs.values())), 31).given
    tracks, plots = set(given_pairs[:, 0].tolist()), set(given_pairs[:, 1].tolist())
    assert len(tracks) == len(plots) == len(given_pairs)
    assert all(i in tracks or j in plots for i, j in costs)


def test_where_a_plot_is_missed_the_neighbours_keep_theirs() -> None:
    """Four in a row, the first unseen, and a stray plot behind the last: nobody moves along."""
    own = [(i, i) for i in range(1, 4)]
    of_the_next = [(i, i + 1) for i in range(4)]
    pairs = np.array(own + of_the_next)
    costs = np.array([2.0] * len(own) + [9.0] * len(of_the_next))
    assert shared_out(pairs, costs, 4).given.tolist() == [list(pair) for pair in own]
    nearer = np.where(costs > 5.0, 5.0, costs)
    assert len(shared_out(pairs, nearer, 4).given) == 4


def components(pairs: np.ndarray) -> list[int]:
    """Which group each pair is of."""
    links = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], 31 + pairs[:, 1])), shape=(62, 62))
    labels = connected_components(links, directed=False)[1]
    return labels[pairs[:, 0]].tolist()


@pytest.mark.parametrize("reach", [2, 4])
def test_a_large_group_is_shared_out_all_but_as_well_as_can_be(reach: int) -> None:
    """A chain of 400, each near its neighbours, some plots missing: the auction against scipy."""
    draw = np.random.default_rng(5)
    pairs = np.array([
        (i, j) for i in range(400) for j in range(i - reach, i + reach + 1)
        if 0 <= j < 400 and j % 20
    ])  # fmt: skip
    costs = 30.0 + draw.chisquare(3, size=len(pairs)) + 2.0 * abs(pairs[:, 0] - pairs[:, 1])
    missed = max(costs.min() + MISSED_COST, costs.max())
    matrix = np.full((400, 400), missed)
    matrix[pairs[:, 0], pairs[:, 1]] = costs
    least = (matrix[linear_sum_assignment(matrix)] - missed).sum()
    shared = shared_out(pairs, costs, 400)
    price = {(i, j): cost - missed for (i, j), cost in zip(pairs.tolist(), costs, strict=True)}
    assert shared.greedy == 0
    assert len(set(shared.given[:, 1].tolist())) == len(shared.given)
    assert least - 1e-9 <= sum(price[i, j] for i, j in shared.given.tolist()) <= least + 0.02 * 400


def test_an_auction_that_does_not_end_is_counted_and_leaves_nothing_that_could_be_given() -> None:
    """All alike, and fewer detections than tracks: each bid raises a price by the least."""
    grid = np.stack(np.meshgrid(np.arange(300), np.arange(20)), axis=-1).reshape(-1, 2)
    shared = shared_out(grid, np.where(np.arange(len(grid)) == 0, 500.0, 0.0), 300)
    assert shared.greedy == len(grid)
    assert sorted(shared.given[:, 1].tolist()) == list(range(20))


def test_rows_that_shrink_to_none_are_given_nothing(world) -> None:
    bank, rows, scan = bank_of(world, 20e3, seed=4)
    none = bank.bring(rows[:0], scan.at_ns, scan.records)
    assert isinstance(none, Brought)
    pairs, costs, _ = bank.candidates(none, scan.records, np.arange(MANY), Wanted(0.0, 8))
    assert len(pairs) == len(costs) == 0
    assert len(bank.give(none, np.zeros(0, dtype=np.int64), scan)) == 0
