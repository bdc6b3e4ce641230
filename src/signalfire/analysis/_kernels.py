"""The recursion of the bound: arrays in, arrays out; no objects, no exceptions.

A covariance has shape (n, n): six rows of state (Earth-fixed axes, SI), then the constant errors
of the sensors, and last, where it is unknown, by what share the drag differs. Those do not move.
"""

import math

import numpy as np

from signalfire.basis.kernel import Floats, Integers, kernel
from signalfire.motion._kernels import drag_deceleration, shake, step, symmetrise, transition
from signalfire.space._kernels import altitude_of

_AIR_M = 100e3
_STEP_LOW_S = 1.0
_STEP_HIGH_S = 5.0


@kernel
def inform(covariance: Floats, slope: Floats, variance: float, ph: Floats, gain: Floats) -> None:
    """Let one number with its derivatives by the state, shape (n,), lessen a covariance in place.

    (I - K h) P (I - K h)' + K r K', each factor reckoned, so that a wide prior leaves nothing
    negative. Reference: Bucy and Joseph (1968), chapter 16; ``ph`` and ``gain`` are scratch, (n,).
    """
    n = covariance.shape[0]
    s = variance
    for i in range(n):
        ph[i] = 0.0
        for j in range(n):
            ph[i] += covariance[i, j] * slope[j]
        s += slope[i] * ph[i]
    for i in range(n):
        gain[i] = ph[i] / s
        for j in range(n):
            covariance[i, j] -= gain[i] * ph[j]
    for i in range(n):
        left = 0.0
        for j in range(n):
            left += covariance[i, j] * slope[j]
        for j in range(n):
            covariance[i, j] += (gain[i] * variance - left) * ph[j] / s
    symmetrise(covariance)


@kernel
def move(covariance: Floats, f: Floats, push: Floats, half: Floats) -> None:
    """P = F P F' in place for a transition (6, 6) of the state; what is constant stays.

    ``push`` (6,) is what the last of the constants does to the state.
    """
    n = covariance.shape[0]
    for i in range(6):
        for j in range(n):
            total = push[i] * covariance[n - 1, j]
            for k in range(6):
                total += f[i, k] * covariance[k, j]
            half[i, j] = total
    for i in range(6):
        for j in range(6):
            total = half[i, n - 1] * push[j]
            for k in range(6):
                total += half[i, k] * f[j, k]
            covariance[i, j] = total
        for j in range(6, n):
            covariance[i, j] = half[i, j]
            covariance[j, i] = half[i, j]


@kernel
def pass_time(covariance: Floats, state: Floats, elapsed: float, law: Floats) -> None:
    """Carry a covariance along the flight from ``state`` by ``elapsed`` seconds, in place.

    ``law`` is [drag, noise, spread, 1 where the drag is unknown], the first three as in ``motion``.
    """
    if elapsed == 0.0:
        return
    n = covariance.shape[0]
    work, middle, now = np.empty((5, 6)), np.empty(6), state.copy()
    f, half, push = np.empty((6, 6)), np.empty((6, n)), np.zeros(6)
    aloft = altitude_of(state[0], state[1], state[2]) > _AIR_M
    count = max(1, math.ceil(abs(elapsed) / (_STEP_HIGH_S if aloft else _STEP_LOW_S) - 1e-9))
    dt = elapsed / count
    for _ in range(count):
        step(now, law[0], 0.5 * dt, work, middle)
        transition(middle, law[0], dt, f)
        step(now, law[0], dt, work, now)
        slowing = drag_deceleration(middle, law[0])
        speed = math.sqrt(middle[3] ** 2 + middle[4] ** 2 + middle[5] ** 2)
        for i in range(3):
            push[i + 3] = -law[3] * slowing * middle[i + 3] / max(speed, 1e-3) * dt
            push[i] = 0.5 * dt * push[i + 3]
        move(covariance, f, push, half)
        shake(middle[3:], law[1], law[1] + law[2] * slowing * slowing, dt, covariance)


@kernel
def bound(
    times: Floats, states: Floats, counts: Integers, slopes: Floats, variances: Floats,
    law: Floats, covariance: Floats, out: Floats,
) -> None:  # fmt: skip
    """The recursion along a flight: ``out[k]`` is the covariance after look ``k``.

    ``counts[k]`` numbers were seen at ``times[k]``, with derivatives ``slopes[k]`` (3, n) and
    ``variances[k]`` (3,). ``covariance`` is the prior at the first time, used up as scratch.
    """
    ph, gain = np.empty(covariance.shape[0]), np.empty(covariance.shape[0])
    for k in range(times.shape[0]):
        if k > 0:
            pass_time(covariance, states[k - 1], times[k] - times[k - 1], law)
        for number in range(counts[k]):
            inform(covariance, slopes[k, number], variances[k, number], ph, gain)
        out[k] = covariance
