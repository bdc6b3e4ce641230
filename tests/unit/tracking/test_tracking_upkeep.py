"""Two names for one object, and two objects that are close."""

import numpy as np
import pytest

from signalfire.picture.table import CONFIRMED, LOST
from signalfire.tracking import _kernels as k
from signalfire.tracking.bank import DETECTION_BITS, FilterBank
from signalfire.tracking.measurement import Gaps, place_of, record
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.upkeep import Upkeep

NS = 10**9


@pytest.fixture
def bank() -> FilterBank:
    return FilterBank(TrackingSettings(), rows_max=8)


def follow(bank: FilterBank, world, sensor, times_s, *, offset_m=0.0, scan=None, seed=1) -> int:
    """A row that has taken the plots of one sensor; scans are numbered by ``scan``."""
    row = bank.table.add(serial=seed)
    draw = np.random.default_rng(seed)
    for i, t in enumerate(times_s):
        state = world.truth(float(t)) + np.array([offset_m, 0.0, 0.0, 0.0, 0.0, 0.0])
        plot = world.look(sensor, float(t), state, draw)
        numbers = record(plot, sensor, Gaps(1.0, 5.0))
        at_ns = round(float(t) * NS)
        if i == 0:
            place, covariance = place_of(numbers)
            bank.begin(row, at_ns=at_ns, place=place, covariance=covariance, velocity=state[3:])
        else:
            number = (scan or (lambda i: i))(i) << DETECTION_BITS
            bank.take(row, at_ns=at_ns, record=numbers, number=number)
    bank.table.status[row] = CONFIRMED
    return row


def test_two_tracks_that_share_an_object_are_found(bank, world) -> None:
    older = follow(bank, world, world.west, np.arange(130.0, 160.0), scan=lambda i: 2 * i)
    younger = follow(
        bank, world, world.east, np.arange(130.5, 160.0), scan=lambda i: 2 * i + 1, seed=2
    )
    assert Upkeep(bank, TrackingSettings()).duplicates() == [(older, younger)]


def test_two_tracks_seen_in_one_scan_are_two_objects(bank, world) -> None:
    follow(bank, world, world.west, np.arange(130.0, 160.0))
    follow(bank, world, world.west, np.arange(130.0, 160.0), seed=2)
    assert Upkeep(bank, TrackingSettings()).duplicates() == []


def test_two_tracks_at_different_places_are_two_objects(bank, world) -> None:
    follow(bank, world, world.west, np.arange(130.0, 160.0), scan=lambda i: 2 * i)
    follow(
        bank, world, world.east, np.arange(130.5, 160.0),
        offset_m=3e3, scan=lambda i: 2 * i + 1, seed=2,
    )  # fmt: skip
    assert Upkeep(bank, TrackingSettings()).duplicates() == []


def test_a_track_that_no_longer_is_an_estimate_is_overdue(bank, world) -> None:
    row = follow(bank, world, world.west, np.arange(130.0, 160.0))
    k.covariance_of(bank.table.state[row], 0)[:3, :3] += 1e14 * np.eye(3)
    found = Upkeep(bank, TrackingSettings()).overdue(161 * NS)
    assert found == [(row, "diverged")]


def test_a_lost_track_is_not_found_twice(bank, world) -> None:
    row = follow(bank, world, world.west, np.arange(130.0, 160.0))
    upkeep = Upkeep(bank, TrackingSettings())
    upkeep.lose(165 * NS)
    assert bank.table.status[row] == CONFIRMED
    upkeep.lose(171 * NS)
    assert bank.table.status[row] == LOST
    kept_until_ns = int(bank.table.gone_time[row])
    upkeep.lose(200 * NS)
    assert bank.table.gone_time[row] == kept_until_ns > 400 * NS
