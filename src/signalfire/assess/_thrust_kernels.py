"""What a filter's state under thrust is truly worth: its lag, its own errors, and the family; SI.

A filter that takes thrust for white acceleration trails behind a steady one. In continuous time,
with places seen with the spectral density r and a covariance P that has settled, the gains are
Pxx / r and Pvx / r; the place then trails by r Pvx^-1 a, the velocity by Pxx Pvx^-1 a, and as
r = Pxx Pvv^-1 Pvx, all of it follows from P. What the plots' noise alone puts into the state is
0.75 Pxx and 0.25 Pvv (Lyapunov's equation of the same gains); the rest of P stands for thrust.
Before that, while the filter is a straight line through its first T seconds, P is all noise, and
the line trails by a T / 2 and a T^2 / 12. Reference: Gelb (1974), Applied Optimal Estimation,
sections 4.3 and 7.2.
"""

import math

import numpy as np

from signalfire.assess._kernels import ground_of
from signalfire.basis.kernel import Floats, kernel

_AGES = (0.75, 0.8, 0.87, 1.0, 1.25, 1.6)
_PLACE_SHARES = (1.0, 0.98, 0.95, 0.89, 0.81, 0.75)
_SPEED_SHARES = (1.0, 0.75, 0.56, 0.38, 0.27, 0.25)
"""Shares of Pxx and Pvv that are noise, against T Pxv / (2 Pxx): Riccati's equation integrated from
a start without knowledge."""
_SINGULAR = 1e-9
THRUST_MAX_M_S2 = 157.0
"""16 g: the family has none that thrusts harder (``boost.py``)."""


@kernel
def part_of(age: float, shares: tuple[float, ...]) -> float:
    """The share at an age, between the rows of the table."""
    if age <= _AGES[0]:
        return shares[0]
    for n in range(1, len(_AGES)):
        if age <= _AGES[n]:
            part = (age - _AGES[n - 1]) / (_AGES[n] - _AGES[n - 1])
            return shares[n - 1] + part * (shares[n] - shares[n - 1])
    return shares[len(_AGES) - 1]


@kernel
def solve3(matrix: Floats, right: Floats, out: Floats) -> bool:
    """Three unknowns with a symmetric positive matrix, by Cholesky; whether it is one."""
    root = np.zeros((3, 3))
    largest = max(matrix[0, 0], matrix[1, 1], matrix[2, 2])
    for i in range(3):
        for j in range(i + 1):
            rest = matrix[i, j]
            for k in range(j):
                rest -= root[i, k] * root[j, k]
            if i > j:
                root[i, j] = rest / root[j, j]
            elif rest > _SINGULAR * largest:
                root[i, i] = math.sqrt(rest)
            else:
                return False
    for i in range(3):
        rest = right[i]
        for k in range(i):
            rest -= root[i, k] * out[k]
        out[i] = rest / root[i, i]
    for i in range(2, -1, -1):
        rest = out[i]
        for k in range(i + 1, 3):
            rest -= root[k, i] * out[k]
        out[i] = rest / root[i, i]
    return True


@kernel
def thrust_of(state: Floats, law: Floats, out: Floats) -> None:
    """Thrust acceleration that the family has in a state, along the velocity.

    ``law`` is ``[c0 c1 c2 c3]``: ln a = c0 + c1 g + c2 ln(v^2 / (9.81 h)) + c3 ln(h / 30 km), with
    the path angle g.
    """
    lat, lon, h = ground_of(state[0], state[1], state[2])
    cp = math.cos(lat)
    climb = state[3] * cp * math.cos(lon) + state[4] * cp * math.sin(lon) + state[5] * math.sin(lat)
    v = math.sqrt(state[3] ** 2 + state[4] ** 2 + state[5] ** 2) + 1e-9
    h, v = max(h, 1_000.0), max(v, 50.0)
    angle = math.asin(max(-1.0, min(1.0, climb / v)))
    log = law[0] + law[1] * angle + law[2] * math.log(v * v / (9.81 * h))
    size = min(THRUST_MAX_M_S2, math.exp(log + law[3] * math.log(h / 30_000.0)))
    for i in range(3):
        out[i] = size * state[3 + i] / v


@kernel
def own_errors(
    covariance: Floats, age: float, lag: Floats, doubt: float, aside: float, out: Floats
) -> None:
    """The part of a covariance that noise made, and what is open about a lag that was put right.

    ``age`` is that of ``part_of``; the rest as in ``caught_up``.
    """
    place_share, speed_share = part_of(age, _PLACE_SHARES), part_of(age, _SPEED_SHARES)
    # No more than leaves the whole a covariance, whatever the blocks are.
    cross_share = math.sqrt(place_share * speed_share)
    for i in range(6):
        size2 = 0.0
        for j in range(3):
            size2 += lag[3 * (i // 3) + j] ** 2
        for j in range(6):
            share = cross_share
            if i < 3 and j < 3:
                share = place_share
            elif i > 2 and j > 2:
                share = speed_share
            out[i, j] = share * covariance[i, j] + doubt**2 * lag[i] * lag[j]
        out[i, i] += aside**2 * size2


@kernel
def caught_up(
    mean: Floats, covariance: Floats, seen: float, law: Floats, doubt: float, aside: float,
    mean_out: Floats, p_out: Floats,
) -> float:  # fmt: skip
    """The state without its lag, and the covariance of its own errors and of the lag's.

    ``seen`` is for how long it had been watched, ``law`` that of ``thrust_of``, ``doubt`` the part
    by which the lag may be wrong along itself, ``aside`` across it. Returns the filter's memory
    Pxx / Pxv in seconds; 0 where P tells of none, and then nothing changes.
    """
    place = speed = cross = 0.0
    for i in range(3):
        place += covariance[i, i]
        speed += covariance[3 + i, 3 + i]
        cross += covariance[i, 3 + i]
    mean_out[:] = mean
    p_out[:] = covariance
    if not (cross > 0.0 and speed > 0.0):
        return 0.0
    memory = place / cross
    half = 0.5 * seen
    young_v = min(1.0, half / memory)
    young_x = min(1.0, seen * seen / 12.0 * speed / place)
    mixed = np.empty((3, 3))
    swift = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            mixed[i, j] = 0.5 * (covariance[i, 3 + j] + covariance[j, 3 + i])
            swift[i, j] = covariance[3 + i, 3 + j]
    thrust, by_cross, by_speed = np.empty(3), np.empty(3), np.empty(3)
    lag = np.zeros(6)
    # Once with the speed as it stands, and once with that which it has caught up to.
    for _ in range(2):
        thrust_of(mean_out, law, thrust)
        if not (solve3(mixed, thrust, by_cross) and solve3(swift, thrust, by_speed)):
            by_cross[:] = thrust / (cross / 3.0)
            by_speed[:] = thrust / (speed / 3.0)
        for i in range(3):
            lag[i] = lag[3 + i] = 0.0
            for j in range(3):
                lag[i] += young_x * covariance[i, j] * by_speed[j]
                lag[3 + i] += young_v * covariance[i, j] * by_cross[j]
        for i in range(6):
            mean_out[i] = mean[i] + lag[i]
    own_errors(covariance, half / memory, lag, doubt, aside, p_out)
    return memory


@kernel
def path_angle(mean: Floats, covariance: Floats, out: Floats) -> None:
    """Angle of the velocity above the horizon, and its sigma."""
    lat, lon, _ = ground_of(mean[0], mean[1], mean[2])
    up = (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
    v = math.sqrt(mean[3] ** 2 + mean[4] ** 2 + mean[5] ** 2) + 1e-9
    sine = (up[0] * mean[3] + up[1] * mean[4] + up[2] * mean[5]) / v
    variance = 0.0
    for i in range(3):
        for j in range(3):
            slope_i = (up[i] - sine * mean[3 + i] / v) / v
            slope_j = (up[j] - sine * mean[3 + j] / v) / v
            variance += slope_i * covariance[3 + i, 3 + j] * slope_j
    out[0] = math.asin(max(-1.0, min(1.0, sine)))
    out[1] = math.sqrt(max(0.0, variance) / max(1.0 - sine * sine, 1e-6))


@kernel
def unlike(state: Floats, speeds: Floats, gap: Floats, slope: Floats) -> None:
    """What the middle of the family has more than a state: ln v, and east and north parts of the
    velocity's direction; and how these of the state change with it, (3, 6)."""
    lat, lon, h = ground_of(state[0], state[1], state[2])
    sp, cp, sl, cl = math.sin(lat), math.cos(lat), math.sin(lon), math.cos(lon)
    h = max(h, 1_000.0)
    axes = ((-sl, cl, 0.0), (-sp * cl, -sp * sl, cp), (cp * cl, cp * sl, sp))
    v = max(math.sqrt(state[3] ** 2 + state[4] ** 2 + state[5] ** 2), 50.0)
    gap[0] = speeds[0] + speeds[1] * math.log(h / 30_000.0) - math.log(v)
    for i in range(3):
        slope[0, i] = -speeds[1] / h * axes[2][i]
        slope[0, 3 + i] = state[3 + i] / (v * v)
    for a in range(2):
        part = 0.0
        for i in range(3):
            part += axes[a][i] * state[3 + i] / v
        gap[1 + a] = -part
        for i in range(3):
            slope[1 + a, 3 + i] = (axes[a][i] - part * state[3 + i] / v) / v


@kernel
def as_the_family(
    mean: Floats, covariance: Floats, speeds: Floats, level: float, mean_out: Floats,
    p_out: Floats, angle_out: Floats,
) -> float:  # fmt: skip
    """The state given that it is one of the family's; returns how far (chi-square, 3) it was.

    ``angle_out`` is the state's own path angle and its sigma, radians.

    Of the family at a height, ln v has the mean s0 + s1 ln(h / 30 km) and the sigma s2
    (``speeds``); east and north parts of the velocity's direction have the mean 0 and the sigma
    ``level``. Iterated extended Kalman update. Reference: Bell and Cathey
    (1993), IEEE Transactions on Automatic Control 38(2).
    """
    slope = np.zeros((3, 6))
    gap, drawn, step = np.empty(3), np.empty(3), np.empty(3)
    both, gains = np.empty((3, 3)), np.empty((6, 3))
    mean_out[:] = mean
    distance2 = 0.0
    for turn in range(3):
        unlike(mean_out, speeds, gap, slope)
        if turn == 0:
            path_angle(mean, covariance, angle_out)
        for a in range(3):
            for i in range(6):
                gains[i, a] = 0.0
                for j in range(6):
                    gains[i, a] += covariance[i, j] * slope[a, j]
        for a in range(3):
            for b in range(3):
                both[a, b] = 0.0
                for i in range(6):
                    both[a, b] += slope[a, i] * gains[i, b]
            both[a, a] += speeds[2] ** 2 if a == 0 else level**2
            drawn[a] = gap[a]
            for i in range(6):
                drawn[a] -= slope[a, i] * (mean[i] - mean_out[i])
        if not solve3(both, drawn, step):
            p_out[:] = covariance
            mean_out[:] = mean
            return math.inf
        if turn == 0:
            for a in range(3):
                distance2 += drawn[a] * step[a]
        for i in range(6):
            mean_out[i] = mean[i]
            for a in range(3):
                mean_out[i] += gains[i, a] * step[a]
    column = np.empty(3)
    for j in range(6):
        for a in range(3):
            column[a] = gains[j, a]
        solve3(both, column, step)
        for i in range(6):
            p_out[i, j] = covariance[i, j]
            for a in range(3):
                p_out[i, j] -= gains[i, a] * step[a]
    return distance2
