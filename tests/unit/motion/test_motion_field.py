"""What gravity has beyond J2, as noise: how strong it is, and where it is left out."""

import numpy as np
import pytest

from signalfire.basis.instant import Instant
from signalfire.motion import _kernels
from signalfire.motion.free_flight import predict
from signalfire.motion.shaken import move
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.pedigree import Motion
from signalfire.space.earth import SEMI_MAJOR_M

FIELD_M2_S3 = 4e-6
STILL = Motion(0.0, 0.0, FIELD_M2_S3, 0.0, 0.0)
"""Free flight without air."""


def test_it_is_as_stated_at_the_equator_and_a_sixteenth_at_twice_the_distance() -> None:
    assert _kernels.field_noise(SEMI_MAJOR_M, 0.0, 0.0, FIELD_M2_S3) == pytest.approx(FIELD_M2_S3)
    aside = 2.0 * SEMI_MAJOR_M / np.sqrt(3.0)
    far = _kernels.field_noise(aside, -aside, aside, FIELD_M2_S3)
    assert far == pytest.approx(FIELD_M2_S3 / 16.0)


def gained(height_m: float, elapsed_s: float, *, is_forced: bool, motion: Motion = STILL) -> float:
    """Variance of the speed (m2/s2, three axes) that a state known exactly has afterwards."""
    mean = np.array([0.0, 0.6, 0.8, 0.1, 0.8, -0.6]) * np.repeat([SEMI_MAJOR_M + height_m, 1e3], 3)
    state = StateEstimate(Instant(0), mean, np.zeros((6, 6)))
    after = move(state, Instant(0).later(elapsed_s), motion, is_forced=is_forced)
    return float(np.trace(after.covariance[3:, 3:]))


def test_high_up_a_state_that_nobody_sees_stays_surer() -> None:
    low, high = (gained(height_m, 20.0, is_forced=False) for height_m in (200e3, 4_700e3))
    assert low == pytest.approx(3 * 20.0 * FIELD_M2_S3 * (6_378.0 / 6_578.0) ** 4, rel=0.01)
    assert low / high == pytest.approx((11_078.0 / 6_578.0) ** 4, rel=0.01)


def test_thrust_is_as_strong_high_up_as_it_is_low() -> None:
    pushed = Motion(0.0, 0.0, FIELD_M2_S3, 100.0, 100.0)
    low, high = (gained(h, 20.0, is_forced=True, motion=pushed) for h in (200e3, 4_700e3))
    assert low == pytest.approx(3 * 20.0 * 100.0, rel=0.01)
    assert high == pytest.approx(low, rel=0.01)


def test_noise_of_a_field_that_is_carried_to_a_place_in_parts_is_that_of_one_way() -> None:
    """A lofted flight from 450 km on for 20 minutes: the strength changes along it."""
    mean = np.array([SEMI_MAJOR_M + 450e3, 0.0, 0.0, 6_600.0, 900.0, 0.0])
    start = StateEstimate(Instant(0), mean, np.zeros((6, 6)))
    whole = move(start, Instant(0).later(1_200.0), STILL, is_forced=False)
    part = start
    for at_s in range(60, 1_201, 60):
        part = move(part, Instant(0).later(float(at_s)), STILL, is_forced=False)
    np.testing.assert_allclose(part.covariance, whole.covariance, rtol=1e-6, atol=1e-9)
    flat = predict(start, whole.valid_at, drag_m2_kg=0.0, noise_m2_s3=FIELD_M2_S3)
    assert np.trace(whole.covariance[:3, :3]) < 0.6 * np.trace(flat.covariance[:3, :3])
