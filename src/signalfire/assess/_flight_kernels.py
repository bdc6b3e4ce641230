"""Many flights to the ground side by side: arrays in, arrays out; no objects.

Sixteen flights at a time, each in a lane of its own with a step of its own: straight-line
arithmetic over a block of numbers that the compiler turns into vector instructions. What one
flight does is what ``_kernels.fly`` does alone, which is the reference.
"""

import math

import numpy as np

from signalfire.assess._kernels import (
    AIR_TOP_M,
    HIGH_M,
    LIFT_TOP_R2,
    LOG_AIR,
    MIDDLE_M,
    displaced,
    ground_of,
)
from signalfire.basis._block_kernels import exponential
from signalfire.basis.kernel import Floats, Integers, block_kernel, kernel
from signalfire.space.earth import (
    ECCENTRICITY_SQUARED,
    GRAVITY_M3_S2,
    J2,
    ROTATION_RAD_S,
    SEMI_MAJOR_M,
    SEMI_MINOR_M,
)

LANES = 16
"""As many flights in a block: fewer are too few for the compiler to make vectors of."""
_MU = GRAVITY_M3_S2
_W = ROTATION_RAD_S
_W2 = ROTATION_RAD_S * ROTATION_RAD_S
_E2 = ECCENTRICITY_SQUARED
_B = SEMI_MINOR_M
_J2_FACTOR = 1.5 * J2 * SEMI_MAJOR_M * SEMI_MAJOR_M
_HALF_TOP_M = 0.5 * AIR_TOP_M
_LANDINGS = 4
"""Newton steps onto the ground: the third moves by less than a millimetre."""
_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8 = LOG_AIR

# Rows of a block: the state, the state of a stage, the slopes so far, the ``air`` of ``pull``, then
# one number each.
_TRY = 6
_SUM = 12
_AIR = 18
_DT, _TIME, _HEIGHT, _CLIMB, _LANDING, _LAST = range(24, 30)
_ROWS = 30


@kernel
def fly_blocks(
    mean: Floats,
    root: Floats,
    air: Floats,
    across: Floats,
    points: Floats,
    high: float,
    time_max: float,
    spacing: float,
    ends: Floats,
    rows: Floats,
    count: Integers,
) -> None:
    """Fly one flight for each row of ``points`` down to height 0.

    Which flights, ``displaced`` says by the first four arguments and a point.
    ``ends[s]`` is ``[t x y z]`` of its impact, left as it is where it does not come down in time.
    ``rows[s, k]`` is ``[t x y z]`` at least ``spacing`` seconds apart, from the state to the
    impact; ``count[s]`` how many, 0 for a flight that does not come down or is too long for the
    table. A table of no rows is not filled. Steps as in ``_kernels.fly``.
    """
    size = points.shape[0]
    x = np.zeros((_ROWS, LANES))
    for first in range(0, size, LANES):
        used = min(LANES, size - first)
        _load(mean, root, air, across, points[first : first + used], x)
        _measure(x)
        for lane in range(used):
            count[first + lane] = 0
            if x[_HEIGHT, lane] <= 0.0:
                x[_LANDING, lane] = _LANDINGS
        while _keep(x, first, used, time_max, spacing, ends, rows, count) > 0:
            _choose(x, high)
            _step(x)
            _measure(x)
            for lane in range(LANES):
                h = x[_HEIGHT, lane]
                landing = x[_LANDING, lane]
                if landing > 0.0 or (landing == 0.0 and h <= 0.0):
                    x[_LANDING, lane] = landing + 1.0
                if not math.isfinite(h):
                    x[_TIME, lane] = math.nan


@kernel
def _load(
    mean: Floats, root: Floats, air: Floats, across: Floats, points: Floats, x: Floats
) -> None:
    """Fill a block with the flights of ``points``; the lanes left over fly the last of them."""
    state = np.empty(6)
    flown = np.empty(6)
    for lane in range(LANES):
        displaced(mean, root, air, across, points[min(lane, points.shape[0] - 1)], state, flown)
        for i in range(6):
            x[i, lane] = state[i]
            x[_AIR + i, lane] = flown[i]
        x[_TIME, lane] = 0.0
        x[_LANDING, lane] = 0.0
        x[_LAST, lane] = -1e9


@block_kernel
def _keep(
    x: Floats,
    first: int,
    used: int,
    time_max: float,
    spacing: float,
    ends: Floats,
    rows: Floats,
    count: Integers,
) -> int:
    """Write down where flights are, if it is time for that or they have landed; how many fly on."""
    flying = 0
    table = rows.shape[1]
    for lane in range(used):
        if x[_LANDING, lane] < 0.0:
            continue
        s = first + lane
        time = x[_TIME, lane]
        is_down = x[_LANDING, lane] >= _LANDINGS
        is_due = x[_LANDING, lane] == 0.0 and time - x[_LAST, lane] >= spacing - 1e-9
        is_written = table > 0 and (is_down or is_due)
        # The first also catches what is not finite.
        if not time < time_max or (is_written and count[s] >= table):
            count[s] = 0
            x[_LANDING, lane] = -1.0
            continue
        if is_written:
            k = count[s]
            rows[s, k, 0] = time
            for i in range(3):
                rows[s, k, 1 + i] = x[i, lane]
            count[s] = k + 1
            x[_LAST, lane] = time
        if not is_down:
            flying += 1
            continue
        ends[s, 0] = time
        for i in range(3):
            ends[s, 1 + i] = x[i, lane]
        count[s] = max(count[s], 1)
        x[_LANDING, lane] = -1.0
    return flying


@block_kernel
def _choose(x: Floats, high: float) -> None:
    """The step of each lane: by height, or onto the ground, or none where it has ended."""
    for lane in range(LANES):
        h = x[_HEIGHT, lane]
        dt = high if h > HIGH_M else (4.0 if h > MIDDLE_M else 2.0)
        reach = (h - MIDDLE_M) / max(-x[_CLIMB, lane], 1.0)
        dt = max(4.0, min(dt, reach)) if h > HIGH_M else dt
        if x[_LANDING, lane] > 0.0:
            dt = -h / x[_CLIMB, lane]
        x[_DT, lane] = dt if x[_LANDING, lane] >= 0.0 else 0.0


@block_kernel
def _measure(x: Floats) -> None:
    """Height above the ellipsoid along the radius (within 6e-6 of it), and how fast it grows."""
    for lane in range(LANES):
        px, py, pz = x[0, lane], x[1, lane], x[2, lane]
        r2 = px * px + py * py + pz * pz
        r = math.sqrt(r2)
        x[_HEIGHT, lane] = r - _B / math.sqrt(1.0 - _E2 * (1.0 - pz * pz / r2))
        x[_CLIMB, lane] = (px * x[3, lane] + py * x[4, lane] + pz * x[5, lane]) / r


@block_kernel
def _density(h: float) -> float:
    """``air_density`` without a library's exponential."""
    u = min(1.0, max(-1.0, h / _HALF_TOP_M - 1.0))
    log = _C4 + u * (_C5 + u * (_C6 + u * (_C7 + u * _C8)))
    rho = exponential(_C0 + u * (_C1 + u * (_C2 + u * (_C3 + u * log))))
    return rho if h < AIR_TOP_M else 0.0


@block_kernel
def _step(x: Floats) -> None:
    """One classical Runge-Kutta step of order four in every lane; forces as in ``pull``."""
    for stage in range(4):
        part = 0.0 if stage == 0 else (1.0 if stage == 3 else 0.5)
        weight = 1.0 if stage == 0 or stage == 3 else 2.0
        keep = 0.0 if stage == 0 else 1.0
        for lane in range(LANES):
            dt = part * x[_DT, lane]
            px = x[0, lane] + dt * x[_TRY, lane]
            py = x[1, lane] + dt * x[_TRY + 1, lane]
            pz = x[2, lane] + dt * x[_TRY + 2, lane]
            vx = x[3, lane] + dt * x[_TRY + 3, lane]
            vy = x[4, lane] + dt * x[_TRY + 4, lane]
            vz = x[5, lane] + dt * x[_TRY + 5, lane]
            r2 = px * px + py * py + pz * pz
            r = math.sqrt(r2)
            s2 = pz * pz / r2
            central = -_MU / (r2 * r)
            oblate = central * _J2_FACTOR / r2
            level = central + oblate * (1.0 - 5.0 * s2) + _W2
            h = r - _B / math.sqrt(1.0 - _E2 * (1.0 - s2))
            rho = _density(h)
            v = math.sqrt(vx * vx + vy * vy + vz * vz) + 1e-9
            k = 0.5 * rho * v * x[_AIR, lane]
            bears = v * k if r2 < LIFT_TOP_R2 else 0.0
            rx, ry, rz = px / r, py / r, pz / r
            nx, ny, nz = vx / v, vy / v, vz / v
            sine = rx * nx + ry * ny + rz * nz
            up, side = x[_AIR + 1, lane], x[_AIR + 2, lane]
            bx, by, bz = x[_AIR + 3, lane], x[_AIR + 4, lane], x[_AIR + 5, lane]
            along = bx * nx + by * ny + bz * nz + up * sine
            ax = px * level + 2.0 * _W * vy - k * vx
            ay = py * level - 2.0 * _W * vx - k * vy
            az = pz * (central + oblate * (3.0 - 5.0 * s2)) - k * vz
            ax = ax + bears * (up * rx + side * (ny * rz - nz * ry) + bx - along * nx)
            ay = ay + bears * (up * ry + side * (nz * rx - nx * rz) + by - along * ny)
            az = az + bears * (up * rz + side * (nx * ry - ny * rx) + bz - along * nz)
            x[_TRY, lane] = vx
            x[_TRY + 1, lane] = vy
            x[_TRY + 2, lane] = vz
            x[_TRY + 3, lane] = ax
            x[_TRY + 4, lane] = ay
            x[_TRY + 5, lane] = az
            x[_SUM, lane] = keep * x[_SUM, lane] + weight * vx
            x[_SUM + 1, lane] = keep * x[_SUM + 1, lane] + weight * vy
            x[_SUM + 2, lane] = keep * x[_SUM + 2, lane] + weight * vz
            x[_SUM + 3, lane] = keep * x[_SUM + 3, lane] + weight * ax
            x[_SUM + 4, lane] = keep * x[_SUM + 4, lane] + weight * ay
            x[_SUM + 5, lane] = keep * x[_SUM + 5, lane] + weight * az
    for i in range(6):
        for lane in range(LANES):
            x[i, lane] += x[_DT, lane] / 6.0 * x[_SUM + i, lane]
    for lane in range(LANES):
        x[_TIME, lane] += x[_DT, lane]


@kernel
def geodetic_rows(rows: Floats, count: Integers, flown: Integers, places: Floats) -> None:
    """``[t x y z]`` of the flights ``flown`` to ``[t lat lon alt]``.

    Behind a flight's last row its impact is repeated.
    """
    for place in range(flown.shape[0]):
        s = flown[place]
        for k in range(places.shape[1]):
            if k < count[s]:
                lat, lon, alt = ground_of(rows[s, k, 1], rows[s, k, 2], rows[s, k, 3])
                places[place, k, 0] = rows[s, k, 0]
                places[place, k, 1] = lat
                places[place, k, 2] = lon
                places[place, k, 3] = alt
            else:
                for i in range(4):
                    places[place, k, i] = places[place, k - 1, i]
