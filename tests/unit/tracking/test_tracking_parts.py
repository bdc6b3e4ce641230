"""The tracker's parts: guesses, crossing of lines of sight, the table."""

import numpy as np
import pytest

from signalfire.basis.errors import LimitExceeded
from signalfire.picture.table import CONFIRMED, LOST, TENTATIVE, TrackTable
from signalfire.tracking.associate import best_of_each
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
    return TrackTable(rows_max=rows_max, state_width=3, record_width=2, ring_length=4, block=2)


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
