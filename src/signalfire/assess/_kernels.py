"""Flights to the ground, back to lift-off, and orbits: arrays in, arrays out; no objects.

A state is ``[x y z vx vy vz]`` in Earth-fixed, rotating axes, metres and metres per second.
"""

import math

import numpy as np

from signalfire.basis.kernel import Floats, kernel
from signalfire.motion._kernels import acceleration, predict, propagate
from signalfire.space._kernels import altitude_of
from signalfire.space.earth import (
    ECCENTRICITY_SQUARED,
    GRAVITY_M3_S2,
    J2,
    ROTATION_RAD_S,
    SEMI_MAJOR_M,
    SEMI_MINOR_M,
)

_MU = GRAVITY_M3_S2
_W = ROTATION_RAD_S
_A = SEMI_MAJOR_M
_B = SEMI_MINOR_M
_E2 = ECCENTRICITY_SQUARED
_EP2 = _E2 / (1.0 - _E2)
_J2_2 = 0.5 * J2 * SEMI_MAJOR_M * SEMI_MAJOR_M
LIFT_TOP_R2 = (SEMI_MAJOR_M + 90_000.0) ** 2
"""Outside this no lift is reckoned: the air there bears nothing."""
AIR_TOP_M = 150_000.0
"""Above this no air is reckoned (density below 2e-9 kg/m3)."""
LOG_AIR = (
    -10.11735, -11.16097, -6.310106, -1.853456, 17.09738, 4.830724, -14.75468, -1.923992, 4.175283,
)  # fmt: skip
"""ln(density in kg/m3) as a polynomial in h / 75 km - 1, within 4 % of the US Standard Atmosphere
1976 up to 100 km and 6 % up to 150 km (least squares over its tables)."""
HIGH_M = 200_000.0
MIDDLE_M = 90_000.0
_FAMILY_LOW = (0.09, -0.5, math.log(3.0 / 30.0), -2.8, -0.5)
_FAMILY_HIGH = (1.561, 3.2, math.log(600.0 / 30.0), 0.12, 0.08)
"""Range of the features within the boost family: 0.2 % and 99.8 % of it."""
NUMBERS = 7
"""How many numbers ``shape`` gives."""
SPREAD = 11
"""What a flight to the ground may differ in: six of the state, drag, lift up and aside, and pushes
along two directions that stay as they are."""


@kernel
def ground_of(x: float, y: float, z: float) -> tuple[float, float, float]:
    """Latitude, longitude, altitude by one Bowring round: below 1 m on the ground to 10,000 km.

    Reference: Bowring (1976), Survey Review 181.
    """
    p = math.sqrt(x * x + y * y) + 1e-9
    t = _A * z / (_B * p)
    cb = 1.0 / math.sqrt(1.0 + t * t)
    sb = t * cb
    num = z + _EP2 * _B * sb * sb * sb
    den = p - _E2 * _A * cb * cb * cb
    norm = math.sqrt(num * num + den * den)
    s, c = num / norm, den / norm
    altitude = p * c + z * s - _A * math.sqrt(1.0 - _E2 * s * s)
    return math.atan2(num, den), math.atan2(y, x), altitude


@kernel
def air_density(h: float) -> float:
    """Density of the air at a height, kg/m3, by ``LOG_AIR``; below the ground that of sea level."""
    if h >= AIR_TOP_M:
        return 0.0
    u = max(0.0, h) / (0.5 * AIR_TOP_M) - 1.0
    log = 0.0
    for i in range(len(LOG_AIR) - 1, -1, -1):
        log = log * u + LOG_AIR[i]
    return math.exp(log)


@kernel
def pull(state: Floats, air: Floats, out: Floats) -> None:
    """Free flight plus drag, lift and a push: ``air`` is ``[drag, lift up, lift aside, push]`` (6).

    Lift is q drag ratio across the velocity, in the vertical plane and out of it, times the cosine
    of the path angle, so that it stays smooth where a fall is vertical and "up" means nothing. The
    push is q drag times that part of an Earth-fixed vector which lies across the velocity: of what
    pushes aside without a will, wind and a body askew, which a steep fall does not escape.
    """
    acceleration(state, 0.0, out)
    x, y, z, vx, vy, vz = state[0], state[1], state[2], state[3], state[4], state[5]
    h = altitude_of(x, y, z)
    if h >= AIR_TOP_M:
        return
    v2 = vx * vx + vy * vy + vz * vz
    v = math.sqrt(v2) + 1e-9
    q = 0.5 * air_density(h) * v2 * air[0]
    vx, vy, vz = vx / v, vy / v, vz / v
    out[0] -= q * vx
    out[1] -= q * vy
    out[2] -= q * vz
    r2 = x * x + y * y + z * z
    if r2 > LIFT_TOP_R2:
        return
    r = math.sqrt(r2)
    rx, ry, rz = x / r, y / r, z / r
    sine = rx * vx + ry * vy + rz * vz
    up, side = air[1], air[2]
    along = air[3] * vx + air[4] * vy + air[5] * vz + up * sine
    out[0] += q * (up * rx + side * (vy * rz - vz * ry) + air[3] - along * vx)
    out[1] += q * (up * ry + side * (vz * rx - vx * rz) + air[4] - along * vy)
    out[2] += q * (up * rz + side * (vx * ry - vy * rx) + air[5] - along * vz)


@kernel
def pull_step(state: Floats, air: Floats, dt: float, work: Floats, out: Floats) -> None:
    """One classical Runge-Kutta step of order four; ``work`` has shape (5, 6)."""
    weights = (0.0, 0.5, 0.5, 1.0)
    for stage in range(4):
        for i in range(6):
            work[4, i] = state[i]
            if stage > 0:
                work[4, i] += weights[stage] * dt * work[stage - 1, i]
        pull(work[4], air, work[stage, 3:])
        for i in range(3):
            work[stage, i] = work[4, i + 3]
    for i in range(6):
        slope = work[0, i] + 2.0 * work[1, i] + 2.0 * work[2, i] + work[3, i]
        out[i] = state[i] + dt / 6.0 * slope


@kernel
def midway(before: Floats, after: Floats, t: float, dt: float, row: Floats) -> None:
    """The row halfway of a step that ended at ``t``, by cubic Hermite interpolation."""
    row[0] = t - 0.5 * dt
    for i in range(3):
        x0, x1, v0, v1 = before[i], after[i], before[i + 3], after[i + 3]
        row[1 + i] = 0.5 * (x0 + x1) + 0.125 * dt * (v0 - v1)
        row[4 + i] = 1.5 * (x1 - x0) / dt - 0.25 * (v0 + v1)


@kernel
def step_of(state: Floats, h: float, high: float) -> float:
    """The time step at a height: ``high`` seconds, or less where that leads into the air."""
    if h <= HIGH_M:
        return 4.0 if h > MIDDLE_M else 2.0
    x, y, z = state[0], state[1], state[2]
    sink = -(x * state[3] + y * state[4] + z * state[5]) / math.sqrt(x * x + y * y + z * z)
    return float(max(4.0, min(high, (h - MIDDLE_M) / max(sink, 1.0))))


@kernel
def fly(
    state: Floats, air: Floats, high: float, spacing: float, time_max: float, path: Floats
) -> tuple[int, float, float]:
    """Fly a state to height 0; returns rows used, time (s), apogee (m).

    ``air`` is that of ``pull``. Steps are ``high`` seconds above 200 km (less
    where that leads below 90 km), 4 s above 90 km, 2 s below (error below 2 m against the finest).
    Rows ``[t x y z vx vy vz]`` lie at least ``spacing`` seconds apart, one more in the middle of
    longer steps, from the state itself to the impact. Rows used is 0 when it does not come down in
    time or ``path`` is full; a state below the ground has landed: one row.
    """
    work = np.empty((5, 6))
    before = np.empty(6)
    now = state.copy()
    t = 0.0
    h = altitude_of(now[0], now[1], now[2])
    apogee = h
    path[0, 0] = 0.0
    path[0, 1:] = now
    rows, last = 1, 0.0
    if h <= 0.0:
        return 1, 0.0, h
    while t < time_max:
        dt = step_of(now, h, high)
        before[:] = now
        h_before = h
        pull_step(before, air, dt, work, now)
        h = altitude_of(now[0], now[1], now[2])
        if not math.isfinite(h):
            return 0, t, apogee
        apogee = max(apogee, h)
        if h <= 0.0:
            part = h_before / (h_before - h)
            for _ in range(3):
                pull_step(before, air, dt * part, work, now)
                part += altitude_of(now[0], now[1], now[2]) / (h_before - h)
            pull_step(before, air, dt * part, work, now)
            if rows >= path.shape[0]:
                return 0, t, apogee
            path[rows, 0] = t + dt * part
            path[rows, 1:] = now
            return rows + 1, t + dt * part, apogee
        t += dt
        if t - last >= spacing - 1e-9:
            if rows + 1 >= path.shape[0]:
                return 0, t, apogee
            if dt > 1.9 * spacing:
                midway(before, now, t, dt, path[rows])
                rows += 1
            path[rows, 0] = t
            path[rows, 1:] = now
            rows += 1
            last = t
    return 0, t, apogee


@kernel
def displaced(
    mean: Floats, root: Floats, air: Floats, across: Floats, point: Floats,
    state: Floats, air_out: Floats,
) -> None:  # fmt: skip
    """The flight that lies ``point`` (``SPREAD``) from the mean: ``root`` is the 6 x 6 root of P.

    ``air`` is ``[drag, log sigma of drag, unit of lift]``, ``across`` (2 x 3) the two pushes.
    ``air_out`` is the ``air`` of ``pull``.
    """
    for i in range(6):
        state[i] = mean[i]
        for j in range(6):
            state[i] += root[i, j] * point[j]
    air_out[0] = air[0] * math.exp(air[1] * point[6])
    air_out[1] = air[2] * point[7]
    air_out[2] = air[2] * point[8]
    for i in range(3):
        air_out[3 + i] = across[0, i] * point[9] + across[1, i] * point[10]


@kernel
def root_of(covariance: Floats, out: Floats) -> None:
    """The lower triangle R with R R' = P, by Cholesky; what rounding made negative counts as 0."""
    size = covariance.shape[0]
    for i in range(size):
        for j in range(size):
            out[i, j] = 0.0
        for j in range(i + 1):
            rest = covariance[i, j]
            for k in range(j):
                rest -= out[i, k] * out[j, k]
            if i == j:
                out[i, i] = math.sqrt(max(rest, 0.0))
            elif out[j, j] > 1e-9 * math.sqrt(covariance[j, j]):
                out[i, j] = rest / out[j, j]


@kernel
def shape(state: Floats, out: Floats) -> None:
    """Altitude, speed, climb, ground speed, specific energy, perigee height, speed at sea level.

    Speed, climb and ground speed are relative to the Earth; energy (J/kg) and perigee are those of
    the Kepler orbit in axes that do not turn (perigee above the equatorial radius). The speed at
    sea level is the one that the same Jacobi constant gives there at 45 degrees of latitude:
    v0^2 = v^2 - 2 U + 2 mu/a - w^2 (p^2 - a^2/2), p the distance from the axis, with the potential
    U = mu/r (1 - J2 (a/r)^2 (3 z^2/r^2 - 1)/2): without J2 a fall would seem to gain or lose as
    much as the thin air takes of it. Reference: Bate, Mueller and White (1971), sections 1.4 and
    1.6; Goldstein (2002), section 4.10; Montenbruck and Gill (2000), section 3.2.
    """
    x, y, z, vx, vy, vz = state[0], state[1], state[2], state[3], state[4], state[5]
    r = math.sqrt(x * x + y * y + z * z)
    v2 = vx * vx + vy * vy + vz * vz
    lat, lon, h = ground_of(x, y, z)
    cp = math.cos(lat)
    climb = vx * cp * math.cos(lon) + vy * cp * math.sin(lon) + vz * math.sin(lat)
    ux, uy = vx - _W * y, vy + _W * x
    u2 = ux * ux + uy * uy + vz * vz
    energy = 0.5 * u2 - _MU / r
    hx, hy, hz = y * vz - z * uy, z * ux - x * vz, x * uy - y * ux
    h2 = hx * hx + hy * hy + hz * hz
    # p = a (1 - e^2), perigee = p / (1 + e); holds for every conic.
    e = math.sqrt(max(0.0, 1.0 + 2.0 * energy * h2 / (_MU * _MU)))
    turning = _W * _W * (x * x + y * y - 0.5 * _A * _A)
    oblate = _J2_2 * (3.0 * z * z / (r * r) - 1.0) / (r * r)
    v02 = v2 - 2.0 * _MU / r * (1.0 - oblate) + 2.0 * _MU / _A - turning
    out[0] = h
    out[1] = math.sqrt(v2)
    out[2] = climb
    out[3] = math.sqrt(max(0.0, v2 - climb * climb))
    out[4] = energy
    out[5] = h2 / (_MU * (1.0 + e)) - _A
    out[6] = math.sqrt(max(0.0, v02))


@kernel
def shape_spread(mean: Floats, covariance: Floats, values: Floats, sigmas: Floats) -> None:
    """The numbers of ``shape`` and their standard deviations, by central differences."""
    shape(mean, values)
    moved = mean.copy()
    ahead = np.empty(NUMBERS)
    behind = np.empty(NUMBERS)
    slope = np.empty((NUMBERS, 6))
    for i in range(6):
        small = 10.0 if i < 3 else 0.1
        moved[i] = mean[i] + small
        shape(moved, ahead)
        moved[i] = mean[i] - small
        shape(moved, behind)
        moved[i] = mean[i]
        for k in range(NUMBERS):
            slope[k, i] = (ahead[k] - behind[k]) / (2.0 * small)
    for k in range(NUMBERS):
        total = 0.0
        for i in range(6):
            for j in range(6):
                total += slope[k, i] * covariance[i, j] * slope[k, j]
        sigmas[k] = math.sqrt(max(0.0, total))


@kernel
def quadratic(x: Floats, n: int, c: Floats) -> float:
    """c0 + sum c_i x_i + sum c_ij x_i x_j over i <= j < n, coefficients in that order."""
    total = float(c[0])
    k = 1 + n
    for i in range(n):
        total += c[1 + i] * x[i]
        for j in range(i, n):
            total += c[k] * x[i] * x[j]
            k += 1
    return total


@kernel
def boost_features(motion: Floats, n: int, x: Floats) -> tuple[float, float, float]:
    """What the boost family goes by, kept inside its range; returns height, speed, ground speed.

    ``motion`` is ``[h w u dw/dt du/dt r]``: height, climb, ground speed, their rates, radius. The
    features are the path angle g = atan2(w, u), ln(v^2 / (9.81 h)), ln(h / 30 km), and for n = 5
    ln(v' h / v^2) and g' h / v, with the turning of the vertical taken out of both rates.
    """
    h, w, u = max(motion[0], 1.0), max(motion[1], 1.0), max(motion[2], 1.0)
    v = math.sqrt(w * w + u * u)
    x[0] = math.atan2(w, u)
    x[1] = math.log(v * v / (9.81 * h))
    x[2] = math.log(h / 30_000.0)
    if n == 5:
        rate = max((w * motion[3] + u * motion[4]) / v, 0.5)
        turn = (u * motion[3] - w * motion[4]) / (v * v)
        x[3] = math.log(rate * h / (v * v))
        x[4] = turn * h / v
    for i in range(n):
        x[i] = min(_FAMILY_HIGH[i], max(_FAMILY_LOW[i], x[i]))
    return h, v, u


@kernel
def liftoff(state: Floats, n: int, age: Floats, run: Floats, out: Floats) -> None:
    """Where and when a body under thrust lifted off: ``[t d gx gy gz ex ey ez]``.

    ``state`` is position, velocity and (for n = 5) acceleration. Out come seconds and metres back,
    t = A h / v and d = D h u / v with ln A and ln D quadratic in the features; the ground point as
    a geocentric direction; the unit vector along the ground there, away from the launch.
    """
    motion = np.empty(6)
    x = np.empty(5)
    lat, lon, h = ground_of(state[0], state[1], state[2])
    sp, cp, sl, cl = math.sin(lat), math.cos(lat), math.sin(lon), math.cos(lon)
    vx, vy, vz = state[3], state[4], state[5]
    climb = vx * cp * cl + vy * cp * sl + vz * sp
    hx, hy, hz = vx - climb * cp * cl, vy - climb * cp * sl, vz - climb * sp
    flat = math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9
    hx, hy, hz = hx / flat, hy / flat, hz / flat
    motion[0], motion[1], motion[2] = h, climb, flat
    if n == 5:
        r = math.sqrt(state[0] ** 2 + state[1] ** 2 + state[2] ** 2)
        rise = state[6] * cp * cl + state[7] * cp * sl + state[8] * sp
        motion[3] = rise + flat * flat / r
        motion[4] = state[6] * hx + state[7] * hy + state[8] * hz - flat * climb / r
    height, speed, flat = boost_features(motion, n, x)
    t = math.exp(quadratic(x, n, age)) * height / speed
    d = math.exp(quadratic(x, n, run)) * height * flat / speed
    m = _A / math.sqrt(1.0 - _E2 * sp * sp)
    gx, gy, gz = m * cp * cl, m * cp * sl, m * (1.0 - _E2) * sp
    r = math.sqrt(gx * gx + gy * gy + gz * gz)
    gx, gy, gz = gx / r, gy / r, gz / r
    tilt = hx * gx + hy * gy + hz * gz
    ex, ey, ez = hx - tilt * gx, hy - tilt * gy, hz - tilt * gz
    c, s = math.cos(d / r), math.sin(d / r)
    out[0] = t
    out[1] = d
    out[2], out[3], out[4] = c * gx - s * ex, c * gy - s * ey, c * gz - s * ez
    out[5], out[6], out[7] = c * ex + s * gx, c * ey + s * gy, c * ez + s * gz


@kernel
def liftoff_spread(
    mean: Floats, covariance: Floats, n: int, age: Floats, run: Floats, out: Floats, spread: Floats
) -> None:
    """``liftoff`` of the mean, and what the state's covariance makes of it.

    ``spread`` (4 x 4) is the covariance of the ground point (Earth-fixed metres) and the age, by
    central differences of half a sigma, at least 1 m, 0.1 m/s and 0.01 m/s2.
    """
    liftoff(mean, n, age, run, out)
    size = mean.shape[0]
    moved = mean.copy()
    ahead = np.empty(8)
    behind = np.empty(8)
    slope = np.empty((4, size))
    for i in range(size):
        small = max(1.0 if i < 3 else (0.1 if i < 6 else 0.01), 0.5 * math.sqrt(covariance[i, i]))
        moved[i] = mean[i] + small
        liftoff(moved, n, age, run, ahead)
        moved[i] = mean[i] - small
        liftoff(moved, n, age, run, behind)
        moved[i] = mean[i]
        for k in range(3):
            slope[k, i] = (ahead[2 + k] - behind[2 + k]) / (2.0 * small) * _A
        slope[3, i] = (ahead[0] - behind[0]) / (2.0 * small)
    for a in range(4):
        for b in range(4):
            total = 0.0
            for i in range(size):
                for j in range(size):
                    total += slope[a, i] * covariance[i, j] * slope[b, j]
            spread[a, b] = total


@kernel
def doubt(
    out: Floats, run_sigma: float, turn_sigma: float, site_sigma: float, age_sigma: float,
    start_sigma: float, spread: Floats,
) -> bool:  # fmt: skip
    """Add what the family leaves open to ``liftoff_spread``; whether all is finite.

    Along the way and for the age by fractions of each, across it by an angle; the site and the
    start in metres and seconds.
    """
    along2, across2 = (run_sigma * out[1]) ** 2, (turn_sigma * out[1]) ** 2
    across = np.empty(3)
    is_finite = True
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        across[i] = out[2 + j] * out[5 + k] - out[2 + k] * out[5 + j]
    for i in range(4):
        for j in range(4):
            is_finite = is_finite and math.isfinite(spread[i, j])
            if i < 3 and j < 3:
                spread[i, j] += along2 * (out[5 + i] * out[5 + j])
                spread[i, j] += across2 * (across[i] * across[j])
        spread[i, i] += site_sigma**2 if i < 3 else (age_sigma * out[0]) ** 2 + start_sigma**2
    return is_finite


@kernel
def coast_back(
    state: Floats, burn: float, age: Floats, run: Floats, step: float, time_max: float
) -> float:
    """Seconds back along the ballistic arc to where the boost family is ``burn`` seconds old.

    0 when it is younger already; -1 when the way is longer than ``time_max`` or ends below 3 km.
    """
    now = state.copy()
    back = np.empty(6)
    out = np.empty(8)
    values = np.empty(NUMBERS)
    elapsed = 0.0
    while elapsed <= time_max:
        shape(now, values)
        if values[0] < 3_000.0:
            return -1.0
        if values[2] > 30.0:
            liftoff(now, 3, age, run, out)
            if out[0] <= burn:
                return elapsed
        propagate(now, 0.0, -step, step, back)
        now[:] = back
        elapsed += step
    return -1.0


@kernel
def carry_back(
    mean: Floats, covariance: Floats, elapsed: float, step: float, mean_out: Floats, p_out: Floats
) -> None:
    """State and covariance ``elapsed`` seconds earlier on the ballistic arc, without air."""
    predict(mean, covariance, 0.0, 0.0, -elapsed, step, mean_out, p_out)


@kernel
def cubic_terms(
    after: Floats, means: Floats, weights: Floats, information: Floats, pointed: Floats
) -> None:
    """Normal equations of a cubic in time, ``[x v a j]`` (12), through positions and velocities.

    ``means`` is (n, 6), ``weights`` the inverse covariances (n, 6, 6); both sums are added to.
    """
    rows = np.zeros((2, 4))
    for n in range(after.shape[0]):
        t = after[n]
        rows[0, 0], rows[0, 1], rows[0, 2], rows[0, 3] = 1.0, t, t * t / 2.0, t * t * t / 6.0
        rows[1, 1], rows[1, 2], rows[1, 3] = 1.0, t, t * t / 2.0
        for a in range(4):
            for i in range(3):
                for p in range(2):
                    for k in range(6):
                        w = rows[p, a] * weights[n, 3 * p + i, k]
                        pointed[3 * a + i] += w * means[n, k]
                        for b in range(4):
                            information[3 * a + i, 3 * b + k % 3] += w * rows[k // 3, b]
