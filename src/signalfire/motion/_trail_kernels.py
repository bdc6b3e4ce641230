"""One state at many instants, each from the one before."""

import math

from signalfire.basis.kernel import Floats, kernel
from signalfire.motion._kernels import AIR_TOP_M, predict_driven
from signalfire.space.earth import SEMI_MAJOR_M


@kernel
def trail(
    mean: Floats, covariance: Floats, elapsed: Floats, drag: float, field: float, leg: float,
    step_low: float, step_aloft: float, means: Floats, covariances: Floats,
) -> None:  # fmt: skip
    """Move a state to instants ``elapsed`` (n, in s from its own, growing), into rows.

    Those before its own are reached going back from it, those after going on; steps are short
    unless a whole leg stays above the air. ``field`` is that of ``field_noise``.
    """
    n = elapsed.shape[0]
    first = 0
    while first < n and elapsed[first] < 0.0:
        first += 1
    for way in range(2):
        x = mean.copy()
        p = covariance.copy()
        at = 0.0
        for place in range(n - first if way == 0 else first):
            row = first + place if way == 0 else first - 1 - place
            while elapsed[row] != at:
                left = elapsed[row] - at
                part = math.copysign(min(abs(left), leg), left)
                altitude = math.sqrt(x[0] ** 2 + x[1] ** 2 + x[2] ** 2) - SEMI_MAJOR_M
                speed = math.sqrt(x[3] ** 2 + x[4] ** 2 + x[5] ** 2)
                is_aloft = altitude - leg * speed > AIR_TOP_M
                step = step_aloft if is_aloft else step_low
                predict_driven(x, p, drag, 0.0, 0.0, 0.0, field, part, step)
                at = elapsed[row] if part == left else at + part
            means[row] = x
            covariances[row] = p
