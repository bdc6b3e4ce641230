"""The tracker's parts: guesses, crossing of lines of sight, the table."""

import numpy as np
import pytest

from signalfire.basis.errors import LimitExceeded
from signalfire.picture.pool import DetectionPool
from signalfire.picture.table import CONFIRMED, LOST, TENTATIVE, TrackTable
from signalfire.tracking import _kernels as k
from signalfire.tracking import _ring_kernels as ring
from signalfire.tracking import _scan_kernels as kernels
from signalfire.tracking.associate import best_of_each
from signalfire.tracking.bank import FilterBank
from signalfire.tracking.initiate import Look, crossed
from signalfire.tracking.measurement import Gaps, record
from signalfire.tracking.settings import TrackingSettings


def arrays(costs: dict[tuple[int, int], float]) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.array(list(costs), dtype=np.int64).reshape(-1, 2)
    return pairs, np.array(list(costs.values()))


def test_tentative_tracks_may_share_a_detection() -> None:
    pairs, costs = arrays({(1, 0): 5.0, (2, 0): 3.0, (2, 1): 4.0})
    assert best_of_each(pairs, costs, 3).tolist() == [[1, 0], [2, 0]]


def looks(world, t: float, lons_deg: tuple[float, float], gap_s: float = 0.0) -> list[Look]:
    draw = np.random.default_rng(5)
    found = []
    for index, lon_deg in enumerate(lons_deg):
        satellite = world.satellite(f"S{index}", lon_deg)
        at = t + index * gap_s
        sight = world.look(satellite, at, world.truth(at), draw)
        row = record(sight, satellite, Gaps(2.0, 6.0))
        found.append(Look(round(at * 1e9), row, index, index, 2.0))
    return found


@pytest.mark.parametrize("gap_s", [0.0, 2.0])
def test_two_lines_of_sight_cross_at_the_missile(world, gap_s: float) -> None:
    fix = crossed(*looks(world, 80.0, (70.0, 165.0), gap_s), TrackingSettings())
    assert fix is not None
    miss = fix.place - world.truth(80.0 + gap_s)[:3]
    assert miss @ np.linalg.solve(fix.covariance, miss) < 16.3
    assert np.linalg.norm(miss) < 6e3
    assert fix.at_ns == round((80.0 + gap_s) * 1e9)


def test_lines_of_sight_of_different_objects_do_not_meet(world) -> None:
    (one, _), (_, other) = (looks(world, t, (70.0, 165.0)) for t in (60.0, 140.0))
    same_time = Look(one.at_ns, other.record, other.number, other.sensor, 2.0)
    assert crossed(one, same_time, TrackingSettings()) is None


def test_lines_that_are_nearly_one_say_nothing_of_the_distance(world) -> None:
    assert crossed(*looks(world, 80.0, (165.0, 165.05)), TrackingSettings()) is None


def table(rows_max: int = 100) -> TrackTable:
    pool = DetectionPool(rows_max=rows_max, mean=3, own=2, shape=(2, 2), snapshot_width=3)
    return TrackTable(rows_max=rows_max, state_width=3, chain_length=4, pool=pool)


def test_a_growing_table_keeps_its_rows() -> None:
    tracks = table()
    for serial in range(70):
        row = tracks.add(serial)
        tracks.state[row] = serial
    np.testing.assert_array_equal(tracks.state[:70, 0], np.arange(70.0))
    assert tracks.capacity <= 100


def test_a_full_table_says_so() -> None:
    tracks = table(rows_max=40)
    for serial in range(40):
        tracks.add(serial)
    with pytest.raises(LimitExceeded, match="40 tracks"):
        tracks.add(41)


def test_a_row_used_again_is_clean_and_the_order_is_that_of_beginning() -> None:
    tracks = table()
    first, second = tracks.add(1), tracks.add(2)
    tracks.state[first] = 7.0
    tracks.remove(first)
    again = tracks.add(3)
    assert again == first
    assert not tracks.state[again].any()
    assert tracks.rows(TENTATIVE).tolist() == [second, again]
    tracks.status[again] = LOST
    assert tracks.rows(TENTATIVE, LOST).tolist() == [second, again]
    assert tracks.rows(CONFIRMED).size == 0


def test_the_rows_share_what_blocks_there_are_and_each_has_its_own_two() -> None:
    """Seven hundred rows at eight blocks each in the mean; the first 150 want all they may."""
    rows_max, length = 700, ring.CHAIN_LENGTH * ring.BLOCK
    bank = FilterBank(TrackingSettings(), rows_max)
    table, pool, kept = bank.table, bank.table.pool, ring.BLOCKS_OWN * ring.BLOCK
    rows = table.add_many(np.arange(rows_max))
    record = np.zeros((1, k.RECORD))
    for _ in range(length):
        append(bank, rows[:150], record)
    beyond = (ring.BLOCKS_MEAN - ring.BLOCKS_OWN) * rows_max
    assert pool.ledger[1] == beyond
    assert (table.count[rows[:150]] == kept + beyond // 150 * ring.BLOCK).all()
    for _ in range(length):
        append(bank, rows[150:], record)
    assert (table.count[rows[150:]] > kept - ring.BLOCK).all()
    used = -(-table.count[rows] // ring.BLOCK)
    taken = np.concatenate([table.chain[row, :n] for row, n in zip(rows, used, strict=True)])
    free = pool.spare[: pool.ledger[0]]
    assert sorted(np.concatenate([taken, free])) == list(range(pool.capacity))
    for row in rows:
        table.remove(int(row))
    assert pool.ledger.tolist() == [pool.capacity, 0, beyond]


def append(bank: FilterBank, rows: np.ndarray, record: np.ndarray) -> None:
    bank.table.pool.make_room(len(rows))
    none = np.zeros(len(rows), dtype=np.int64)
    kernels.append(rows, none, 0, record, none[:1], bank.columns())
