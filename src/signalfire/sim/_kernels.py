"""A true flight, step by step: arrays in, arrays out; no objects, no exceptions.

A state is ``[x y z vx vy vz]`` in Earth-fixed, rotating axes (ECEF). The physics here is written
apart from ``signalfire.motion``: an estimator judged by its own model always looks good.
"""

import math

import numpy as np

from signalfire.basis.kernel import Floats, kernel
from signalfire.space._kernels import altitude_of
from signalfire.space.earth import (
    GRAVITY_M3_S2,
    J2,
    MEAN_RADIUS_M,
    ROTATION_RAD_S,
    SEMI_MAJOR_M,
)

_MU = GRAVITY_M3_S2
_J2_A2 = J2 * SEMI_MAJOR_M * SEMI_MAJOR_M
_W = ROTATION_RAD_S
G0 = 9.80665
"""Standard gravity, m/s2 (3rd CGPM, 1901)."""
AIR_TOP_M = 200_000.0
"""No air above this (US Standard Atmosphere 1976: 2.5e-10 kg/m3)."""

# US Standard Atmosphere 1976, table 4: base of each layer as geopotential height (m), temperature
# (K), lapse (K/m) and pressure (Pa); valid to 86 km.
_LAYER_M = (0.0, 11_000.0, 20_000.0, 32_000.0, 47_000.0, 51_000.0, 71_000.0)
_LAYER_K = (288.15, 216.65, 216.65, 228.65, 270.65, 270.65, 214.65)
_LAYER_K_M = (-0.0065, 0.0, 0.001, 0.0028, 0.0, -0.0028, -0.002)
_LAYER_PA = (101_325.0, 22_632.06, 5_474.889, 868.0187, 110.9063, 66.93887, 3.956420)
_EARTH_M = 6_356_766.0  # the radius that the standard uses for geopotential height
_AIR_J_KG_K = 287.05287  # specific gas constant of dry air

# US Standard Atmosphere 1976, table I: density (kg/m3) at geometric heights (m) from 86 km on.
_THIN_M = (86e3, 90e3, 95e3, 100e3, 110e3, 120e3, 130e3, 140e3, 150e3, 160e3, 180e3, 200e3)
_THIN_KG_M3 = (
    6.958e-6, 3.416e-6, 1.393e-6, 5.604e-7, 9.708e-8, 2.222e-8,
    8.152e-9, 3.831e-9, 2.076e-9, 1.233e-9, 5.194e-10, 2.541e-10,
)  # fmt: skip

# Where each number of a flight plan stands.
BURN = 0  # s
THRUST_FIRST = 1  # thrust acceleration at lift-off, in g
THRUST_GROWTH = 2  # how much more at burnout, in g; grows linearly
TILT_EAST = 3  # thrust direction off the vertical at burnout, rad
TILT_NORTH = 4
TILT_POWER = 5  # tilt grows as (time since the vertical rise)**power
DRAG_BOOST = 6  # 1/beta while thrusting, m2/kg
DRAG_FREE = 7  # 1/beta after burnout, m2/kg
LIFT_TO_DRAG = 8  # 0: flies without lift
LIFT_MAX = 9  # m/s2
CLIMB = 10  # rad, the path angle that the lift works for
CEILING = 11  # m, the lift works for level flight near it
LIFT_UNTIL = 12  # m along the ground, where the lift has faded
RISE = 13  # s, straight up; 0: the usual part of the burn
TILT_END = 14  # part of the burn after which the lean stays; 0: the whole burn
TIP = 15  # rad, tipped so far after the rise, then along the velocity; 0: steered by the tilt
KNOTS = 16  # how many knots the thrust has; 0: it grows linearly
KNOTS_MAX = 12
KNOT = 17  # from here on each knot's part of the burn and its thrust acceleration in g, in turn
WIND_EAST = KNOT + 2 * KNOTS_MAX  # m/s at the height of the jet stream, axes of the launch place
WIND_NORTH = WIND_EAST + 1
PLAN_LENGTH = WIND_NORTH + 1

# Phases of a flight.
BOOST = 0
FREE = 1
GLIDE = 2

_RISE = 0.06  # part of the burn that goes straight up
_JET_M = 11_000.0  # where the wind is strongest: it grows evenly to here, and fades as far above
_TIP_S = 4.0  # time for tipping
_FADE_M = 20_000.0  # ground distance over which the lift fades
_ANSWER_S = 8.0  # time constant of the path angle under lift


@kernel
def air_density(h: float) -> float:
    """Density of the US Standard Atmosphere 1976 at a geometric height, kg/m3.

    To 86 km by equations 18, 23, 33a, 33b and 42; above by log-linear interpolation of table I.
    """
    if h >= AIR_TOP_M:
        return 0.0
    if h >= 86_000.0:
        i = 0
        while h >= _THIN_M[i + 1]:
            i += 1
        part = (h - _THIN_M[i]) / (_THIN_M[i + 1] - _THIN_M[i])
        ratio = _THIN_KG_M3[i + 1] / _THIN_KG_M3[i]
        return _THIN_KG_M3[i] * math.exp(part * math.log(ratio))
    z = _EARTH_M * h / (_EARTH_M + h)
    i = 0
    while i < 6 and z >= _LAYER_M[i + 1]:
        i += 1
    above = z - _LAYER_M[i]
    t = _LAYER_K[i] + _LAYER_K_M[i] * above
    if _LAYER_K_M[i] == 0.0:
        p = _LAYER_PA[i] * math.exp(-G0 * above / (_AIR_J_KG_K * _LAYER_K[i]))
    else:
        power = G0 / (_AIR_J_KG_K * _LAYER_K_M[i])
        p = _LAYER_PA[i] * math.exp(power * math.log(_LAYER_K[i] / t))
    return p / (_AIR_J_KG_K * t)


@kernel
def lift(h: float, v: float, sine: float, r: float, run: float, drag: float, plan: Floats) -> float:
    """Lift acceleration (m/s2) at a height, speed, sine of path angle, radius and ground run.

    As much as holds the wanted path angle, never downwards, bounded by lift over drag and by
    load. The path angle answers with a fixed time constant: up by ``CLIMB`` below the ceiling,
    down by as much near it. Equations of planar flight: Vinh, Busemann and Culp (1980),
    Hypersonic and Planetary Entry Flight Mechanics.
    """
    wanted = plan[CLIMB] * max(-1.0, min(1.0, (0.9 - h / plan[CEILING]) / 0.1))
    angle = math.asin(max(-1.0, min(1.0, sine)))
    hold = (_MU / (r * r) - v * v / r) * math.cos(angle) + v * (wanted - angle) / _ANSWER_S
    bound = min(plan[LIFT_TO_DRAG] * drag, plan[LIFT_MAX])
    fade = min(1.0, max(0.0, (plan[LIFT_UNTIL] - run) / _FADE_M))
    return max(0.0, float(min(hold, bound))) * float(fade)


@kernel
def gravity(state: Floats, out: Floats) -> None:
    """Gravity with J2 and what rotating axes add, m/s2; ``state`` is a row of six.

    Gravity: Vallado (2013), Fundamentals of Astrodynamics, section 8.6.2; rotating axes:
    Goldstein (2002), section 4.10.
    """
    x, y, z = state[0], state[1], state[2]
    r2 = x * x + y * y + z * z
    pull = -_MU / (r2 * math.sqrt(r2))
    flat = 1.5 * _J2_A2 / r2
    polar = 5.0 * z * z / r2
    out[0] = pull * x * (1.0 + flat * (1.0 - polar)) + _W * (2.0 * state[4] + _W * x)
    out[1] = pull * y * (1.0 + flat * (1.0 - polar)) + _W * (-2.0 * state[3] + _W * y)
    out[2] = pull * z * (1.0 + flat * (3.0 - polar))


@kernel
def push_g(part: float, plan: Floats) -> float:
    """Thrust over weight at a part of the burn: linear, or straight between the knots."""
    count = int(plan[KNOTS])
    if count == 0:
        return float(plan[THRUST_FIRST] + plan[THRUST_GROWTH] * part)
    i = 0
    while i < count - 2 and part >= plan[KNOT + 2 * (i + 1)]:
        i += 1
    first, last = plan[KNOT + 2 * i], plan[KNOT + 2 * (i + 1)]
    along = (part - first) / max(last - first, 1e-9)
    return float(plan[KNOT + 2 * i + 1] * (1.0 - along) + plan[KNOT + 2 * (i + 1) + 1] * along)


@kernel
def thrust(t: float, state: Floats, axes: Floats, plan: Floats, out: Floats) -> None:
    """Add the engine's acceleration.

    After a vertical rise it leans over as a power of time in the axes of the launch place, or is
    tipped once and follows the velocity (a gravity turn).
    """
    part = t / plan[BURN]
    push = G0 * push_g(part, plan)
    rise = plan[RISE] / plan[BURN] if plan[RISE] > 0.0 else _RISE
    east, north = plan[TILT_EAST], plan[TILT_NORTH]
    if plan[TIP] > 0.0:
        vx, vy, vz = state[3], state[4], state[5]
        v = math.sqrt(vx * vx + vy * vy + vz * vz)
        if t > plan[RISE] + _TIP_S and v > 1.0:
            out[0] += push * vx / v
            out[1] += push * vy / v
            out[2] += push * vz / v
            return
        turned = plan[TIP] / math.sqrt(east * east + north * north) if t > plan[RISE] else 0.0
    else:
        end = plan[TILT_END] if plan[TILT_END] > 0.0 else 1.0
        turned = min(1.0, max(0.0, (part - rise) / (end - rise))) ** plan[TILT_POWER]
    east, north = east * turned, north * turned
    tilt = math.sqrt(east * east + north * north)
    across = math.sin(tilt) / tilt if tilt > 1e-12 else 1.0
    for i in range(3):
        lean = across * (east * axes[0, i] + north * axes[1, i])
        out[i] += push * (lean + math.cos(tilt) * axes[2, i])


@kernel
def acceleration(
    t: float, state: Floats, axes: Floats, plan: Floats, phase: int, out: Floats
) -> None:
    """Gravity, rotating axes, drag, and thrust (BOOST) or lift (GLIDE), m/s2.

    ``axes`` rows are east, north and up of the launch place, then the unit vector from the centre
    of the Earth to it. Thrust is steered in these axes.
    """
    gravity(state, out)
    if phase == BOOST:
        thrust(t, state, axes, plan, out)
    x, y, z, vx, vy, vz = state[0], state[1], state[2], state[3], state[4], state[5]
    h = altitude_of(x, y, z)
    blows = max(0.0, 1.0 - abs(h / _JET_M - 1.0))
    if blows > 0.0:
        east, north = blows * plan[WIND_EAST], blows * plan[WIND_NORTH]
        vx -= east * axes[0, 0] + north * axes[1, 0]
        vy -= east * axes[0, 1] + north * axes[1, 1]
        vz -= east * axes[0, 2] + north * axes[1, 2]
    v = math.sqrt(vx * vx + vy * vy + vz * vz)
    if h < AIR_TOP_M and v > 1e-6:
        drag = 0.5 * air_density(h) * v * v
        drag *= plan[DRAG_BOOST] if phase == BOOST else plan[DRAG_FREE]
        along = -drag / v
        if phase == GLIDE:
            r = math.sqrt(x * x + y * y + z * z)
            sine = (x * vx + y * vy + z * vz) / (r * v)
            ahead = (x * axes[3, 0] + y * axes[3, 1] + z * axes[3, 2]) / r
            run = MEAN_RADIUS_M * math.acos(min(1.0, ahead))
            # The unit vector across the path, upwards, is (r/|r| - sine v/|v|) / cosine.
            cosine = math.sqrt(max(1e-6, 1.0 - sine * sine))
            upward = lift(h, v, sine, r, run, drag, plan) / cosine
            along -= upward * sine / v
            out[0] += upward * x / r
            out[1] += upward * y / r
            out[2] += upward * z / r
        out[0] += along * vx
        out[1] += along * vy
        out[2] += along * vz


@kernel
def step(
    t: float,
    state: Floats,
    dt: float,
    axes: Floats,
    plan: Floats,
    phase: int,
    work: Floats,
    out: Floats,
) -> None:
    """One classical Runge-Kutta step of order four; ``work`` has shape (5, 6)."""
    for stage in range(4):
        part = 0.0 if stage == 0 else (1.0 if stage == 3 else 0.5)
        for i in range(6):
            work[4, i] = state[i]
            if stage > 0:
                work[4, i] += part * dt * work[stage - 1, i]
        acceleration(t + part * dt, work[4], axes, plan, phase, work[stage, 3:])
        for i in range(3):
            work[stage, i] = work[4, i + 3]
    for i in range(6):
        slope = work[0, i] + 2.0 * work[1, i] + 2.0 * work[2, i] + work[3, i]
        out[i] = state[i] + dt / 6.0 * slope


@kernel
def radial_speed(state: Floats) -> float:
    """How fast the distance from the centre of the Earth grows, m/s."""
    x, y, z = float(state[0]), float(state[1]), float(state[2])
    r = math.sqrt(x * x + y * y + z * z)
    return (x * float(state[3]) + y * float(state[4]) + z * float(state[5])) / r


@kernel
def fly(
    start: Floats, axes: Floats, plan: Floats, time_max: float, path: Floats
) -> tuple[int, float, bool]:
    """Fly a plan from rest; returns rows used, apogee (m, height), and whether it came down.

    Steps of at most 0.25 s in boost and below 100 km, 1 s to 150 km, 2 s above. Each row of
    ``path`` gets ``[t x y z vx vy vz]``, the last the impact on the ellipsoid or the state at
    ``time_max``. The apogee is the peak of a parabola through the step in which the climb ends.
    """
    work = np.empty((5, 6))
    before = np.empty(6)
    now = np.zeros(6)
    now[:3] = start
    count = math.ceil(plan[BURN] / 0.25)
    t, h, apogee, climb = 0.0, 0.0, 0.0, 0.0
    phase = BOOST
    path[0, 0] = 0.0
    path[0, 1:] = now
    rows = 1
    while rows < path.shape[0] and t < time_max:
        if phase == BOOST:
            dt = plan[BURN] / count
        else:
            dt = 0.25 if h < 100e3 else (1.0 if h < 150e3 else 2.0)
        before[:] = now
        h_before, climb_before = h, climb
        step(t, before, dt, axes, plan, phase, work, now)
        h, climb = altitude_of(now[0], now[1], now[2]), radial_speed(now)
        if not math.isfinite(h):
            return 0, apogee, False
        apogee = max(apogee, h)
        if climb_before > 0.0 and climb <= 0.0:
            top = h_before + 0.5 * climb_before * climb_before * dt / (climb_before - climb)
            apogee = max(apogee, top)
        if h <= 0.0 and h < h_before and rows > 8:
            part = h_before / (h_before - h)
            for _ in range(4):
                step(t, before, dt * part, axes, plan, phase, work, now)
                part += altitude_of(now[0], now[1], now[2]) / (h_before - h)
            step(t, before, dt * part, axes, plan, phase, work, now)
            path[rows, 0] = t + dt * part
            path[rows, 1:] = now
            return rows + 1, apogee, True
        t = plan[BURN] * rows / count if phase == BOOST else t + dt
        path[rows, 0] = t
        path[rows, 1:] = now
        rows += 1
        if phase == BOOST and rows > count:
            phase = FREE
        if phase == FREE and climb <= 0.0 and plan[LIFT_TO_DRAG] > 0.0:
            phase = GLIDE
    return rows, apogee, False


@kernel
def heights(positions: Floats, out: Floats) -> None:
    """Height above the ellipsoid of every row ``[x y z]``, m."""
    for row in range(positions.shape[0]):
        out[row] = altitude_of(positions[row, 0], positions[row, 1], positions[row, 2])
