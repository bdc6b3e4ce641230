"""The reference path of a look back: arrays in, arrays out; no objects."""

import numpy as np

from signalfire.basis.kernel import Floats, kernel
from signalfire.motion._kernels import acceleration, drag_deceleration, propagate

_STEP_S = 1.0


@kernel
def trail(state: Floats, drag: float, moments: Floats, places: Floats) -> None:
    """Where free flight through ``state`` was at moments (s, growing, none after it), (n, 3)."""
    now = state.copy()
    out = np.empty(6)
    before = 0.0
    for n in range(moments.shape[0] - 1, -1, -1):
        propagate(now, drag, moments[n] - before, _STEP_S, out)
        before = moments[n]
        now[:] = out
        places[n] = out[0:3]


@kernel
def moved(state: Floats, drag: float, elapsed: float, out: Floats, pull: Floats) -> float:
    """The state elsewhere in time, its acceleration in free flight, and the drag in that."""
    propagate(state, drag, elapsed, _STEP_S, out)
    acceleration(out, drag, pull)
    return drag_deceleration(out, drag)
