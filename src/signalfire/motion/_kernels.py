"""Free flight: arrays in, arrays out; no objects, no exceptions, no allocation in the inner steps.

A state is ``[x y z vx vy vz]`` in Earth-fixed, rotating axes (ECEF), metres and metres per second.
``drag`` is 1/beta, the inverse ballistic coefficient in m2/kg; 0 flies without air.
"""

import math

import numpy as np

from signalfire.basis.kernel import Floats, kernel
from signalfire.space._kernels import altitude_of
from signalfire.space.earth import GRAVITY_M3_S2, J2, ROTATION_RAD_S, SEMI_MAJOR_M

_MU = GRAVITY_M3_S2
_W = ROTATION_RAD_S
_J2_FACTOR = 1.5 * J2 * SEMI_MAJOR_M * SEMI_MAJOR_M
AIR_TOP_M = 150_000.0
"""Above this no drag is reckoned (air density below 2e-9 kg/m3)."""
AIR_SEA_LEVEL_KG_M3 = 1.225
AIR_SCALE_M = 7_200.0
"""Exponential air: rho = 1.225 exp(-h / 7200 m), within a factor of two of the US Standard
Atmosphere (1976) up to 100 km."""


@kernel
def air_density(h: float) -> float:
    """Exponential atmosphere, kg/m3."""
    if h > AIR_TOP_M:
        return 0.0
    return AIR_SEA_LEVEL_KG_M3 * math.exp(-max(h, -1000.0) / AIR_SCALE_M)


@kernel
def acceleration(state: Floats, drag: float, out: Floats) -> None:
    """Central gravity, J2, Coriolis, centrifugal and drag, m/s2.

    Reference: Montenbruck and Gill (2000), Satellite Orbits, sections 3.2 and 3.5; rotating axes:
    Goldstein (2002), section 4.10.
    """
    x, y, z, vx, vy, vz = state[0], state[1], state[2], state[3], state[4], state[5]
    r2 = x * x + y * y + z * z
    r = math.sqrt(r2)
    central = -_MU / (r2 * r)
    oblate = central * _J2_FACTOR / r2
    s2 = z * z / r2
    out[0] = x * (central + oblate * (1.0 - 5.0 * s2)) + 2.0 * _W * vy + _W * _W * x
    out[1] = y * (central + oblate * (1.0 - 5.0 * s2)) - 2.0 * _W * vx + _W * _W * y
    out[2] = z * (central + oblate * (3.0 - 5.0 * s2))
    if drag > 0.0:
        h = altitude_of(x, y, z)
        if h < AIR_TOP_M:
            speed = math.sqrt(vx * vx + vy * vy + vz * vz)
            k = -0.5 * air_density(h) * speed * drag
            out[0] += k * vx
            out[1] += k * vy
            out[2] += k * vz


@kernel
def step(state: Floats, drag: float, dt: float, work: Floats, out: Floats) -> None:
    """One classical Runge-Kutta step of order four; ``work`` has shape (5, 6), ``dt`` any sign."""
    weights = (0.0, 0.5, 0.5, 1.0)
    for stage in range(4):
        for i in range(6):
            work[4, i] = state[i]
            if stage > 0:
                work[4, i] += weights[stage] * dt * work[stage - 1, i]
        acceleration(work[4], drag, work[stage, 3:])
        for i in range(3):
            work[stage, i] = work[4, i + 3]
    for i in range(6):
        slope = work[0, i] + 2.0 * work[1, i] + 2.0 * work[2, i] + work[3, i]
        out[i] = state[i] + dt / 6.0 * slope


@kernel
def propagate(state: Floats, drag: float, elapsed: float, step_max: float, out: Floats) -> None:
    """Move a state by ``elapsed`` seconds (either sign) in equal steps of at most ``step_max``."""
    work = np.empty((5, 6))
    for i in range(6):
        out[i] = state[i]
    count = max(1, math.ceil(abs(elapsed) / step_max - 1e-9))
    for _ in range(count):
        step(out, drag, elapsed / count, work, out)


@kernel
def gradient(state: Floats, drag: float, out: Floats) -> None:
    """d(acceleration)/d(state), shape (3, 6): gravity and J2 gradient, rotation, drag.

    The density gradient is that of the exponential air along the radius. Checked against central
    differences by test.
    """
    x = state[0:3]
    v = state[3:6]
    r2 = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]
    r = math.sqrt(r2)
    central = -_MU / (r2 * r)
    k = _J2_FACTOR / r2
    s2 = x[2] * x[2] / r2
    for i in range(3):
        c = 3.0 if i == 2 else 1.0
        # a_i = central x_i (1 + k (c - 5 s2)); differentiate each factor by x_j.
        factor = 1.0 + k * (c - 5.0 * s2)
        for j in range(3):
            d_central = -3.0 * central * x[j] / r2
            d_s2 = -2.0 * s2 * x[j] / r2
            if j == 2:
                d_s2 += 2.0 * x[2] / r2
            d_factor = -2.0 * k * x[j] / r2 * (c - 5.0 * s2) - 5.0 * k * d_s2
            out[i, j] = x[i] * (d_central * factor + central * d_factor)
            out[i, j + 3] = 0.0
        out[i, i] += central * factor
    out[0, 0] += _W * _W
    out[1, 1] += _W * _W
    out[0, 4] += 2.0 * _W
    out[1, 3] -= 2.0 * _W
    if drag > 0.0:
        h = altitude_of(x[0], x[1], x[2])
        if h < AIR_TOP_M:
            speed = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
            if speed > 1e-3:
                rho = 0.5 * air_density(h) * drag
                for i in range(3):
                    for j in range(3):
                        out[i, j] += rho * speed * v[i] * x[j] / (r * AIR_SCALE_M)
                        out[i, j + 3] -= rho * v[i] * v[j] / speed
                    out[i, i + 3] -= rho * speed


@kernel
def product(a: Floats, b: Floats, out: Floats) -> None:
    """out = a b for small square matrices."""
    n = a.shape[0]
    for i in range(n):
        for j in range(n):
            total = 0.0
            for k in range(n):
                total += a[i, k] * b[k, j]
            out[i, j] = total


@kernel
def congruence(f: Floats, p: Floats, half: Floats) -> None:
    """p = f p f', in place; ``half`` is scratch of the same shape."""
    n = f.shape[0]
    product(f, p, half)
    for i in range(n):
        for j in range(n):
            total = 0.0
            for k in range(n):
                total += half[i, k] * f[j, k]
            p[i, j] = total


@kernel
def transition(state: Floats, drag: float, dt: float, out: Floats) -> None:
    """State transition over ``dt`` from the gradient G at the given (midway) state, shape (6, 6).

    exp(A dt) to third order with A = [[0, I], [Gx, Gv]].
    """
    g = np.empty((3, 6))
    gradient(state, drag, g)
    a = np.zeros((6, 6))
    for i in range(3):
        a[i, i + 3] = 1.0
        for j in range(6):
            a[i + 3, j] = g[i, j]
    a2 = np.zeros((6, 6))
    a3 = np.zeros((6, 6))
    product(a, a, a2)
    product(a2, a, a3)
    for i in range(6):
        for j in range(6):
            out[i, j] = a[i, j] * dt + a2[i, j] * dt * dt / 2.0 + a3[i, j] * dt * dt * dt / 6.0
        out[i, i] += 1.0


@kernel
def shake(
    velocity: Floats, across: float, along: float, elapsed: float, covariance: Floats
) -> None:
    """Add the noise of white acceleration over ``elapsed`` seconds to a covariance.

    Densities (m2/s3) ``along`` the velocity and ``across`` it: q t^3/3, q t^2/2 and q t, the
    middle one with the sign of time. Backwards in time noise is added as well: looking back never
    makes us surer. Reference: Bar-Shalom, Li and Kirubarajan (2001), section 6.2.2.
    """
    t = abs(elapsed)
    cross = 0.5 * elapsed * t
    square = velocity[0] ** 2 + velocity[1] ** 2 + velocity[2] ** 2
    for i in range(3):
        for j in range(3):
            q = 0.0
            if square > 1.0:
                q = (along - across) * velocity[i] * velocity[j] / square
            if i == j:
                q += across if square > 1.0 else max(across, along)
            covariance[i, j] += q * t * t * t / 3.0
            covariance[i, j + 3] += q * cross
            covariance[i + 3, j] += q * cross
            covariance[i + 3, j + 3] += q * t


@kernel
def field_noise(x: float, y: float, z: float, field: float) -> float:
    """White acceleration (m2/s3) at a place that stands for what gravity has beyond J2.

    ``field`` is that at the equator's radius R; it falls with the fourth power of the distance r
    from the Earth's centre. The part of degree n pulls with (R / r)^(n + 2) (Kaula 1966, Theory of
    Satellite Geodesy, section 1.1), so that its square falls with the eighth power and more; but
    high up only the longest waves are left, which pull one way for longer. Carried along flights
    with apogees of 1,000, 1,900, 2,200 and 4,700 km through a filter that allows for 4e-6 m2/s3 at
    R, the covariance that Kaula's field truly makes is 0.87 to 0.99 of what the filter states in
    the median; with one strength everywhere 0.63 to 0.85, with the eighth power 1.07 to 1.8. By
    Kullback and Leibler's distance the fourth and the fifth are nearest, and as near as one
    another; the fourth is less sure in the direction that the field bends most.
    """
    ratio2 = SEMI_MAJOR_M * SEMI_MAJOR_M / (x * x + y * y + z * z)
    return field * ratio2 * ratio2


@kernel
def symmetrise(covariance: Floats) -> None:
    """Make a square matrix equal to its transpose, by the mean of the two."""
    for i in range(covariance.shape[0]):
        for j in range(i):
            both = 0.5 * (covariance[i, j] + covariance[j, i])
            covariance[i, j] = both
            covariance[j, i] = both


@kernel
def drag_deceleration(state: Floats, drag: float) -> float:
    """Size of the deceleration by air, m/s2."""
    h = altitude_of(state[0], state[1], state[2])
    if drag <= 0.0 or h >= AIR_TOP_M:
        return 0.0
    square = state[3] ** 2 + state[4] ** 2 + state[5] ** 2
    return float(0.5 * air_density(h) * square * drag)


@kernel
def predict_driven(
    mean: Floats,
    covariance: Floats,
    drag: float,
    across: float,
    along: float,
    spread: float,
    field: float,
    elapsed: float,
    step_max: float,
) -> None:
    """Move a state and its covariance in place, shaken by white acceleration.

    P = F P F' + Q step by step, F from the state midway. The densities are ``across`` and
    ``along`` the velocity (m2/s3); along it comes ``spread`` (s) times the square of the drag
    deceleration, for a ballistic coefficient that is not known, and every way ``field_noise``.
    Reference: Bar-Shalom, Li and Kirubarajan (2001), section 10.3.
    """
    if elapsed == 0.0:
        return
    work = np.empty((5, 6))
    middle = np.empty(6)
    f = np.empty((6, 6))
    half = np.empty((6, 6))
    count = max(1, math.ceil(abs(elapsed) / step_max - 1e-9))
    dt = elapsed / count
    for _ in range(count):
        step(mean, drag, 0.5 * dt, work, middle)
        transition(middle, drag, dt, f)
        step(mean, drag, dt, work, mean)
        congruence(f, covariance, half)
        slowing = drag_deceleration(middle, drag) if spread > 0.0 else 0.0
        every_way = field_noise(middle[0], middle[1], middle[2], field)
        shake(
            middle[3:], across + every_way, along + every_way + spread * slowing * slowing, dt,
            covariance,
        )  # fmt: skip
    symmetrise(covariance)


@kernel
def predict(
    mean: Floats,
    covariance: Floats,
    drag: float,
    q: float,
    elapsed: float,
    step_max: float,
    mean_out: Floats,
    covariance_out: Floats,
) -> None:
    """Move a state and its covariance; white acceleration of density ``q`` (m2/s3) shakes it."""
    mean_out[:] = mean
    covariance_out[:, :] = covariance
    predict_driven(mean_out, covariance_out, drag, q, q, 0.0, 0.0, elapsed, step_max)


@kernel
def fall(
    state: Floats, drag: float, ground: float, time_max: float, path: Floats
) -> tuple[int, float, float]:
    """Fly a state down to the height ``ground`` (m); returns rows used, time (s), apogee (m).

    Steps of 4 s above 200 km, 1 s above 80 km, 0.25 s below. Each row of ``path`` gets ``[t x y z
    vx vy vz]``, the first the state itself, the last the impact (by a secant on the last step).
    Rows used is 0 when it does not come down within ``time_max`` seconds or ``path`` is full.
    """
    work = np.empty((5, 6))
    before = np.empty(6)
    now = state.copy()
    t = 0.0
    h = altitude_of(now[0], now[1], now[2])
    apogee = h
    path[0, 0] = 0.0
    path[0, 1:] = now
    rows = 1
    while rows < path.shape[0] and t < time_max:
        dt = 4.0 if h > 200e3 else (1.0 if h > 80e3 else 0.25)
        before[:] = now
        h_before = h
        step(before, drag, dt, work, now)
        h = altitude_of(now[0], now[1], now[2])
        if not math.isfinite(h):
            return 0, t, apogee
        apogee = max(apogee, h)
        if h <= ground and h < h_before:
            if h_before <= ground:
                return rows, t, apogee
            part = (h_before - ground) / (h_before - h)
            for _ in range(3):
                step(before, drag, dt * part, work, now)
                miss = altitude_of(now[0], now[1], now[2]) - ground
                part += miss / (h_before - h)
            step(before, drag, dt * part, work, now)
            path[rows, 0] = t + dt * part
            path[rows, 1:] = now
            return rows + 1, t + dt * part, apogee
        t += dt
        path[rows, 0] = t
        path[rows, 1:] = now
        rows += 1
    return 0, t, apogee
