"""Ways of vehicles under power: arrays in, arrays out; no objects."""

import math

import numpy as np

from signalfire.basis.kernel import Floats, Integers, kernel
from signalfire.space.earth import GRAVITY_M3_S2, ROTATION_RAD_S

_MU = GRAVITY_M3_S2
_W = ROTATION_RAD_S


@kernel
def steering(state: Floats, yaw: float, axes: Floats) -> None:
    """Where the thrust points, from an Earth-fixed state: ``axes`` is [normal, sine].

    What a vehicle has over ground its engine has given it; so the plane of thrust is that of the
    velocity over ground, turned by ``yaw`` to the right, and stands still among the stars.
    ``axes[3]`` is 0 where nothing tells a direction.
    """
    r = math.sqrt(state[0] ** 2 + state[1] ** 2 + state[2] ** 2)
    ux, uy, uz = state[0] / r, state[1] / r, state[2] / r
    climb = state[3] * ux + state[4] * uy + state[5] * uz
    ex, ey, ez = state[3] - climb * ux, state[4] - climb * uy, state[5] - climb * uz
    e = math.sqrt(ex * ex + ey * ey + ez * ez)
    axes[3] = 1.0 if e > 1.0 else 0.0
    e = max(e, 1.0)
    ex, ey, ez = ex / e, ey / e, ez / e
    sx, sy, sz = ey * uz - ez * uy, ez * ux - ex * uz, ex * uy - ey * ux
    c, s = math.cos(yaw), math.sin(yaw)
    ex, ey, ez = c * ex + s * sx, c * ey + s * sy, c * ez + s * sz
    axes[0] = uy * ez - uz * ey
    axes[1] = uz * ex - ux * ez
    axes[2] = ux * ey - uy * ex


@kernel
def burn_to_orbit(state: Floats, gain: float, axes: Floats) -> float:
    """Seconds until the level speed is that of a circular orbit; ``state`` in still axes.

    |v + gain t e| = sqrt(mu / r), level parts only. 0 without an engine or a direction.
    """
    if gain <= 0.0 or axes[3] == 0.0:
        return 0.0
    r2 = state[0] ** 2 + state[1] ** 2 + state[2] ** 2
    r = math.sqrt(r2)
    climb = (state[0] * state[3] + state[1] * state[4] + state[2] * state[5]) / r
    level2 = state[3] ** 2 + state[4] ** 2 + state[5] ** 2 - climb**2
    # Along normal x up.
    ex = (axes[1] * state[2] - axes[2] * state[1]) / r
    ey = (axes[2] * state[0] - axes[0] * state[2]) / r
    ez = (axes[0] * state[1] - axes[1] * state[0]) / r
    onwards = ex * state[3] + ey * state[4] + ez * state[5]
    missing2 = _MU / r - level2
    if missing2 <= 0.0:
        return 0.0
    return float((math.sqrt(onwards**2 + missing2) - onwards) / gain)


@kernel
def push(x: Floats, left: float, gain: float, axes: Floats, out: Floats) -> None:
    """Velocity and acceleration in still axes on a round Earth.

    While the engine has ``left`` seconds to burn it carries the vehicle, takes its climb evenly to
    nothing, and adds ``gain`` to its level speed; without it (0) gravity alone acts.
    """
    r = math.sqrt(x[0] ** 2 + x[1] ** 2 + x[2] ** 2)
    ux, uy, uz = x[0] / r, x[1] / r, x[2] / r
    climb = x[3] * ux + x[4] * uy + x[5] * uz
    level2 = x[3] ** 2 + x[4] ** 2 + x[5] ** 2 - climb**2
    upwards = -level2 / r - climb / left if left > 0.0 else -_MU / (r * r)
    onwards = gain if left > 0.0 else 0.0
    for i in range(3):
        out[i] = x[3 + i]
    out[3] = upwards * ux + onwards * (axes[1] * uz - axes[2] * uy)
    out[4] = upwards * uy + onwards * (axes[2] * ux - axes[0] * uz)
    out[5] = upwards * uz + onwards * (axes[0] * uy - axes[1] * ux)


@kernel
def to_orbit(
    states: Floats,
    gain: Floats,
    yaw: Floats,
    stops: Floats,
    coast: float,
    step: float,
    rows: Floats,
    count: Integers,
    ends: Floats,
) -> None:
    """Fly each of ``states`` (Earth-fixed) on under power, and ``coast`` seconds in orbit.

    The engine of flight s stops after ``stops[s]`` seconds; if that is before orbit it has failed,
    and what follows is not flown here. ``rows[s, k]`` is ``[t x y z]`` every ``step`` seconds and
    at the end, ``count[s]`` how many. ``ends[s]`` is the state at the end, its time, and 1 where
    the engine failed. Midpoint steps (order two).
    """
    x, half, slope, axes = np.empty(6), np.empty(6), np.empty(6), np.empty(4)
    table = rows.shape[1]
    for s in range(states.shape[0]):
        steering(states[s], yaw[s], axes)
        for i in range(6):
            x[i] = states[s, i]
        x[3] -= _W * x[1]
        x[4] += _W * x[0]
        burn = burn_to_orbit(x, gain[s], axes)
        fails = stops[s] < burn
        until = stops[s] if fails else burn + coast
        t, k = 0.0, 0
        while True:
            c, sine = math.cos(_W * t), math.sin(_W * t)
            rows[s, k, 0] = t
            rows[s, k, 1] = c * x[0] + sine * x[1]
            rows[s, k, 2] = c * x[1] - sine * x[0]
            rows[s, k, 3] = x[2]
            k += 1
            if t >= until - 1e-6 or k >= table:
                break
            dt = min(step, until - t)
            if t < burn:
                dt = min(dt, max(burn - t, 1e-3))
            push(x, max(burn - t, 0.0), gain[s], axes, slope)
            for i in range(6):
                half[i] = x[i] + 0.5 * dt * slope[i]
            push(half, max(burn - t - 0.5 * dt, 0.0), gain[s], axes, slope)
            for i in range(6):
                x[i] += dt * slope[i]
            t += dt
        count[s] = k
        vx, vy = x[3] + _W * x[1], x[4] - _W * x[0]
        c, sine = math.cos(_W * t), math.sin(_W * t)
        for i in range(3):
            ends[s, i] = rows[s, k - 1, 1 + i]
        ends[s, 3] = c * vx + sine * vy
        ends[s, 4] = c * vy - sine * vx
        ends[s, 5] = x[5]
        ends[s, 6] = t
        ends[s, 7] = 1.0 if fails else 0.0
