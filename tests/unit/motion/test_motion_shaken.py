"""States that are only carried on grow less sure as the filter that made them would have it."""

import numpy as np

from signalfire.basis.instant import Instant
from signalfire.motion.shaken import CAUTIOUS, move
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.pedigree import Motion
from signalfire.space.geodesy import Geodetic, enu_from_ecef
from signalfire.tracking.settings import TrackingSettings


def coming_down(height_m: float, speed_m_s: float) -> StateEstimate:
    """Steeply, over 38 N 128 E, known to 30 m and 1 m/s in each direction."""
    place = Geodetic.from_degrees(38.0, 128.0, height_m)
    velocity = enu_from_ecef(place).T @ (np.array([0.6, 0.0, -0.8]) * speed_m_s)
    covariance = np.diag([30.0**2] * 3 + [1.0] * 3)
    return StateEstimate(Instant(0), np.concatenate([place.ecef_m(), velocity]), covariance)


def test_a_drag_that_is_off_by_half_is_covered_while_nobody_looks() -> None:
    """From 60 km at 6 km/s down to some 5 km the air takes most of the speed."""
    start = coming_down(60e3, 6_000.0)
    carried = move(start, Instant(12_000_000_000), CAUTIOUS, is_forced=False)
    for ratio in (0.5, 1.5):
        drag = CAUTIOUS.drag_m2_kg * ratio
        other = Motion(drag, 0.0, 0.0, 0.0, 0.0)
        off = move(start, carried.valid_at, other, is_forced=False).mean - carried.mean
        assert np.linalg.norm(off[3:]) > 50.0
        assert off @ np.linalg.solve(carried.covariance, off) < 12.6


def test_a_state_that_says_nothing_of_itself_is_shaken_no_less_than_our_own() -> None:
    own = TrackingSettings().motion()
    assert CAUTIOUS.drag_spread_s >= own.drag_spread_s
    assert CAUTIOUS.free_m2_s3 >= own.free_m2_s3
