"""Free flight: gravity, the turning Earth and air; no thrust, no lift."""

import math
from dataclasses import dataclass

import numpy as np

from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.motion import _kernels
from signalfire.picture.estimate import StateEstimate, Unknown
from signalfire.space.geodesy import geodetic

DRAG_NOMINAL_M2_KG = 1.0 / 8_000.0
"""Inverse ballistic coefficient of a re-entry body, 1/beta; a class value, not a measured one."""
STEP_MAX_S = 1.0
"""Longest integration step: in thick air the drag changes by some per cent in a second."""
STEP_ALOFT_S = 5.0
"""The same where there is no air: the error of a step is then below a millimetre."""
LEG_S = 30.0
"""Which of the two steps to take is decided anew so often."""
_ROWS_MAX = 8_000


def predict(
    state: StateEstimate, at: Instant, *, drag_m2_kg: float, noise_m2_s3: float
) -> StateEstimate:
    """Say where an object in free flight is at another instant, and how sure we may still be.

    Works forwards and backwards; the noise makes the estimate less sure both ways.
    ``noise_m2_s3`` is the density of white acceleration, ``drag_m2_kg`` the inverse ballistic
    coefficient (0 flies without air).
    """
    assert drag_m2_kg >= 0.0 and noise_m2_s3 >= 0.0
    mean, covariance = state.mean.copy(), state.covariance.copy()
    left_s = at.elapsed_s(since=state.valid_at)
    while left_s != 0.0:
        leg_s = math.copysign(min(abs(left_s), LEG_S), left_s)
        step_s = STEP_ALOFT_S if _stays_aloft(mean) else STEP_MAX_S
        _kernels.predict_driven(
            mean, covariance, drag_m2_kg, noise_m2_s3, noise_m2_s3, 0.0, 0.0, leg_s, step_s
        )
        left_s -= leg_s
    return StateEstimate(at, mean, covariance)


def _stays_aloft(mean: Floats) -> bool:
    """Whether a leg, forwards or backwards, surely stays above the air."""
    altitude_m = geodetic(mean[:3]).altitude_m
    return altitude_m - LEG_S * math.hypot(*mean[3:]) > _kernels.AIR_TOP_M


@dataclass(frozen=True)
class Descent:
    """A flight down to a stated height.

    ``path`` has one row ``[t x y z vx vy vz]`` for each step, seconds from the start and
    Earth-fixed axes; the last row is the impact.
    """

    path: Floats
    elapsed_s: float
    apogee_m: float


def descend(
    mean: Floats, *, drag_m2_kg: float, ground_m: float = 0.0, time_max_s: float = 7_200.0
) -> Descent | Unknown:
    """Fly a state (shape (6,), Earth-fixed axes) down to the height ``ground_m``.

    Unknown when it does not come down within ``time_max_s``, or leaves what the model can fly.
    """
    assert mean.shape == (6,)
    path = np.empty((_ROWS_MAX, 7))
    rows, elapsed_s, apogee_m = _kernels.fall(
        np.asarray(mean, dtype=np.float64).copy(), drag_m2_kg, ground_m, time_max_s, path
    )
    if rows == 0 or not math.isfinite(apogee_m):
        return Unknown(f"does not come down within {time_max_s:.0f} s")
    return Descent(path[:rows].copy(), elapsed_s, apogee_m)
