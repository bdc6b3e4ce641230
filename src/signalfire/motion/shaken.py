"""Moving a state as the filter that made it would have."""

import math
from collections.abc import Sequence

import numpy as np

from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.motion import _kernels, _trail_kernels
from signalfire.motion.free_flight import DRAG_NOMINAL_M2_KG, LEG_S, STEP_ALOFT_S, STEP_MAX_S
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.pedigree import Motion
from signalfire.space.earth import SEMI_MAJOR_M

CAUTIOUS = Motion(
    drag_m2_kg=DRAG_NOMINAL_M2_KG,
    drag_spread_s=5.0,
    free_m2_s3=1e-2,
    forced_along_m2_s3=900.0,
    forced_across_m2_s3=900.0,
)
"""Where a state says nothing of itself. Free flight: what the gravity and air model leaves out, and
in air a drag that is wrong by 70 % for 10 s; forced: (30 m/s2)^2 over 1 s."""


def move(state: StateEstimate, at: Instant, motion: Motion, *, is_forced: bool) -> StateEstimate:
    """A state at another instant, forwards or backwards; the noise makes it less sure both ways."""
    left_s = at.elapsed_s(since=state.valid_at)
    if left_s == 0.0:
        return state
    mean, covariance = state.mean.copy(), state.covariance.copy()
    across = motion.forced_across_m2_s3 if is_forced else 0.0
    along = motion.forced_along_m2_s3 if is_forced else 0.0
    spread_s = 0.0 if is_forced else motion.drag_spread_s
    field_m2_s3 = 0.0 if is_forced else motion.free_m2_s3
    while left_s != 0.0:
        leg_s = math.copysign(min(abs(left_s), LEG_S), left_s)
        # Above the equator's radius is no higher above the ground: never aloft by mistake.
        altitude_m = math.hypot(*mean[:3]) - SEMI_MAJOR_M
        is_aloft = altitude_m - LEG_S * math.hypot(*mean[3:]) > _kernels.AIR_TOP_M
        _kernels.predict_driven(
            mean,
            covariance,
            motion.drag_m2_kg,
            across,
            along,
            spread_s,
            field_m2_s3,
            leg_s,
            STEP_ALOFT_S if is_aloft else STEP_MAX_S,
        )
        left_s -= leg_s
    return StateEstimate(at, mean, covariance)


def trail(
    state: StateEstimate, instants: Sequence[Instant], motion: Motion
) -> tuple[Floats, Floats]:
    """A state in free flight at instants in order of time: means (n, 6), covariances (n, 6, 6).

    As ``move`` to each, but each instant is reached from its neighbour: the way is gone once.
    """
    after_s = np.array([at.elapsed_s(since=state.valid_at) for at in instants])
    means, covariances = np.empty((len(after_s), 6)), np.empty((len(after_s), 6, 6))
    _trail_kernels.trail(
        state.mean, state.covariance, after_s, motion.drag_m2_kg, motion.free_m2_s3, LEG_S,
        STEP_MAX_S, STEP_ALOFT_S, means, covariances,
    )  # fmt: skip
    return means, covariances
