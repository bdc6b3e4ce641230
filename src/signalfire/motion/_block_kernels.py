"""Free flight of many objects at once: the arithmetic of one lane, straight from end to end.

Scalars in, scalars out: a mean as six, a matrix of 3 by 3 as nine by rows; a covariance as three
such matrices, P = [p c; c' v], p of the place, v of the velocity. There is no branch and no call of
a library on the way, so that the loops over lanes that this is put into become vectors; where a
formula has two cases, both are reckoned. The scalar kernels of ``motion`` are the reference.
"""

import math

from signalfire.basis._block_kernels import exponential, pick
from signalfire.basis.kernel import block_kernel
from signalfire.motion._kernels import AIR_SCALE_M, AIR_SEA_LEVEL_KG_M3, AIR_TOP_M
from signalfire.space.earth import FLATTENING, GRAVITY_M3_S2, J2, ROTATION_RAD_S, SEMI_MAJOR_M

Three = tuple[float, float, float]
Six = tuple[float, float, float, float, float, float]
Nine = tuple[float, float, float, float, float, float, float, float, float]
Matrices = tuple[Nine, Nine, Nine]
Carried = tuple[Nine, Nine, Nine, float]
State = tuple[Six, Nine, Nine, Nine]
Law = tuple[float, float, float, float, float, float]
"""Seconds to move by (either sign), 1/beta, densities of the white acceleration across and along
the velocity, ``spread`` and ``field``: see ``predict_driven``."""

_MU = GRAVITY_M3_S2
_W = ROTATION_RAD_S
_J2_FACTOR = 1.5 * J2 * SEMI_MAJOR_M * SEMI_MAJOR_M
_F = FLATTENING
_RADIUS2 = SEMI_MAJOR_M * SEMI_MAJOR_M


@block_kernel
def height(r: float, inverse_r: float, s2: float) -> float:
    """Height above the ellipsoid by the distance from the centre and the squared sine of the
    geocentric latitude: expansion in the flattening to the third order, below 3 mm.
    """
    k = SEMI_MAJOR_M * inverse_r
    c2 = s2 * (1.0 - s2)
    third = (4.0 * k * k - 2.0 * k) * (1.0 - 2.0 * s2) - 0.5 * s2
    bulge = _F * (s2 + _F * c2 * (2.0 * k - 0.5 + _F * third))
    return r - SEMI_MAJOR_M * (1.0 - bulge)


@block_kernel
def density(h: float) -> float:
    """Exponential atmosphere, kg/m3, as in ``motion``."""
    low = pick(h < -1000.0, -1000.0, h)
    air = AIR_SEA_LEVEL_KG_M3 * exponential(pick(low > AIR_TOP_M, AIR_TOP_M, low) / -AIR_SCALE_M)
    return pick(h > AIR_TOP_M, 0.0, air)


@block_kernel
def pull(x: float, y: float, z: float, vx: float, vy: float) -> Three:
    """Central gravity, J2, Coriolis, centrifugal."""
    inverse_r2 = 1.0 / (x * x + y * y + z * z)
    inverse_r = math.sqrt(inverse_r2)
    central = -_MU * inverse_r2 * inverse_r
    k = _J2_FACTOR * inverse_r2
    s2 = z * z * inverse_r2
    factor = central * (1.0 + k * (1.0 - 5.0 * s2))
    swing = factor + _W * _W
    return (
        x * swing + 2.0 * _W * vy,
        y * swing - 2.0 * _W * vx,
        z * (factor + 2.0 * k * central),
    )


@block_kernel
def braking(x: float, y: float, z: float, square: float, drag: float) -> float:
    """Half the density, times 1/beta, times the speed: drag is this against the velocity."""
    r2 = x * x + y * y + z * z
    inverse_r2 = 1.0 / r2
    inverse_r = math.sqrt(inverse_r2)
    h = height(r2 * inverse_r, inverse_r, z * z * inverse_r2)
    return 0.5 * drag * density(h) * math.sqrt(square)


@block_kernel
def acceleration(
    x: float, y: float, z: float, vx: float, vy: float, vz: float, drag: float
) -> Three:
    """As ``motion``'s, with air."""
    ax, ay, az = pull(x, y, z, vx, vy)
    k = braking(x, y, z, vx * vx + vy * vy + vz * vz, drag)
    return ax - k * vx, ay - k * vy, az - k * vz


@block_kernel
def place_gradient(x: float, y: float, z: float) -> Nine:
    """d(acceleration)/d(place) of gravity, J2 and rotation; symmetric."""
    inverse_r2 = 1.0 / (x * x + y * y + z * z)
    inverse_r = math.sqrt(inverse_r2)
    central = -_MU * inverse_r2 * inverse_r
    k = _J2_FACTOR * inverse_r2
    s2 = z * z * inverse_r2
    flat = central * (1.0 + k * (1.0 - 5.0 * s2))
    polar = flat + 2.0 * k * central
    across = inverse_r2 * central * (-3.0 + k * (35.0 * s2 - 5.0))
    to_pole = across - 10.0 * k * central * inverse_r2
    tip = to_pole - 10.0 * k * central * inverse_r2
    xy = x * y * across
    xz = x * z * to_pole
    yz = y * z * to_pole
    spin = _W * _W
    return (
        flat + spin + x * x * across, xy, xz,
        xy, flat + spin + y * y * across, yz,
        xz, yz, polar + z * z * tip,
    )  # fmt: skip


@block_kernel
def step_in_air(mean: Six, drag: float, t: float) -> tuple[Six, Six]:
    """One classical Runge-Kutta step of order four; where it ends, and the cubic's state midway."""
    x, y, z, vx, vy, vz = mean
    h = 0.5 * t
    ax, ay, az = acceleration(x, y, z, vx, vy, vz, drag)
    ux, uy, uz = vx + h * ax, vy + h * ay, vz + h * az
    bx, by, bz = acceleration(x + h * vx, y + h * vy, z + h * vz, ux, uy, uz, drag)
    wx, wy, wz = vx + h * bx, vy + h * by, vz + h * bz
    mx, my, mz = x + h * ux, y + h * uy, z + h * uz
    cx, cy, cz = acceleration(mx, my, mz, wx, wy, wz, drag)
    ex, ey, ez = vx + t * cx, vy + t * cy, vz + t * cz
    dx, dy, dz = acceleration(x + t * wx, y + t * wy, z + t * wz, ex, ey, ez, drag)
    sixth = t / 6.0
    end = (
        x + sixth * (vx + 2.0 * (ux + wx) + ex),
        y + sixth * (vy + 2.0 * (uy + wy) + ey),
        z + sixth * (vz + 2.0 * (uz + wz) + ez),
        vx + sixth * (ax + 2.0 * (bx + cx) + dx),
        vy + sixth * (ay + 2.0 * (by + cy) + dy),
        vz + sixth * (az + 2.0 * (bz + cz) + dz),
    )
    x1, y1, z1, vx1, vy1, vz1 = end
    eighth = 0.125 * t
    midway = (
        0.5 * (x + x1) + eighth * (vx - vx1),
        0.5 * (y + y1) + eighth * (vy - vy1),
        0.5 * (z + z1) + eighth * (vz - vz1),
        0.5 * (vx + vx1) + eighth * (ax - dx),
        0.5 * (vy + vy1) + eighth * (ay - dy),
        0.5 * (vz + vz1) + eighth * (az - dz),
    )
    return end, midway


@block_kernel
def step_above_air(mean: Six, t: float) -> tuple[Six, Six]:
    """The same without drag; midway is the third stage, a metre or two from there."""
    x, y, z, vx, vy, vz = mean
    h = 0.5 * t
    ax, ay, az = pull(x, y, z, vx, vy)
    ux, uy, uz = vx + h * ax, vy + h * ay, vz + h * az
    bx, by, bz = pull(x + h * vx, y + h * vy, z + h * vz, ux, uy)
    wx, wy, wz = vx + h * bx, vy + h * by, vz + h * bz
    mx, my, mz = x + h * ux, y + h * uy, z + h * uz
    cx, cy, cz = pull(mx, my, mz, wx, wy)
    ex, ey, ez = vx + t * cx, vy + t * cy, vz + t * cz
    dx, dy, dz = pull(x + t * wx, y + t * wy, z + t * wz, ex, ey)
    sixth = t / 6.0
    end = (
        x + sixth * (vx + 2.0 * (ux + wx) + ex),
        y + sixth * (vy + 2.0 * (uy + wy) + ey),
        z + sixth * (vz + 2.0 * (uz + wz) + ez),
        vx + sixth * (ax + 2.0 * (bx + cx) + dx),
        vy + sixth * (ay + 2.0 * (by + cy) + dy),
        vz + sixth * (az + 2.0 * (bz + cz) + dz),
    )
    return end, (mx, my, mz, wx, wy, wz)


@block_kernel
def join(a: Nine, b: Nine, c: Nine, d: Nine) -> Nine:
    """a b + c d."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8 = a
    b0, b1, b2, b3, b4, b5, b6, b7, b8 = b
    c0, c1, c2, c3, c4, c5, c6, c7, c8 = c
    d0, d1, d2, d3, d4, d5, d6, d7, d8 = d
    return (
        a0 * b0 + a1 * b3 + a2 * b6 + c0 * d0 + c1 * d3 + c2 * d6,
        a0 * b1 + a1 * b4 + a2 * b7 + c0 * d1 + c1 * d4 + c2 * d7,
        a0 * b2 + a1 * b5 + a2 * b8 + c0 * d2 + c1 * d5 + c2 * d8,
        a3 * b0 + a4 * b3 + a5 * b6 + c3 * d0 + c4 * d3 + c5 * d6,
        a3 * b1 + a4 * b4 + a5 * b7 + c3 * d1 + c4 * d4 + c5 * d7,
        a3 * b2 + a4 * b5 + a5 * b8 + c3 * d2 + c4 * d5 + c5 * d8,
        a6 * b0 + a7 * b3 + a8 * b6 + c6 * d0 + c7 * d3 + c8 * d6,
        a6 * b1 + a7 * b4 + a8 * b7 + c6 * d1 + c7 * d4 + c8 * d7,
        a6 * b2 + a7 * b5 + a8 * b8 + c6 * d2 + c7 * d5 + c8 * d8,
    )


@block_kernel
def transposed(a: Nine) -> Nine:
    """a'."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8 = a
    return a0, a3, a6, a1, a4, a7, a2, a5, a8


@block_kernel
def turn(a: Nine, b: Nine, t: float, c: float, d: Nine) -> Nine:
    """a b + e d, where e = [t c 0; -c t 0; 0 0 t]."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8 = a
    b0, b1, b2, b3, b4, b5, b6, b7, b8 = b
    d0, d1, d2, d3, d4, d5, d6, d7, d8 = d
    return (
        a0 * b0 + a1 * b3 + a2 * b6 + t * d0 + c * d3,
        a0 * b1 + a1 * b4 + a2 * b7 + t * d1 + c * d4,
        a0 * b2 + a1 * b5 + a2 * b8 + t * d2 + c * d5,
        a3 * b0 + a4 * b3 + a5 * b6 + t * d3 - c * d0,
        a3 * b1 + a4 * b4 + a5 * b7 + t * d4 - c * d1,
        a3 * b2 + a4 * b5 + a5 * b8 + t * d5 - c * d2,
        a6 * b0 + a7 * b3 + a8 * b6 + t * d6,
        a6 * b1 + a7 * b4 + a8 * b7 + t * d7,
        a6 * b2 + a7 * b5 + a8 * b8 + t * d8,
    )


@block_kernel
def plus(a: Nine, s: float, b: Nine, i: float) -> Nine:
    """a + s b + i I."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8 = a
    b0, b1, b2, b3, b4, b5, b6, b7, b8 = b
    return (
        a0 + s * b0 + i, a1 + s * b1, a2 + s * b2,
        a3 + s * b3, a4 + s * b4 + i, a5 + s * b5,
        a6 + s * b6, a7 + s * b7, a8 + s * b8 + i,
    )  # fmt: skip


@block_kernel
def scaled(s: float, a: Nine) -> Nine:
    """s a."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8 = a
    return s * a0, s * a1, s * a2, s * a3, s * a4, s * a5, s * a6, s * a7, s * a8


@block_kernel
def product(a: Nine, b: Nine) -> Nine:
    """a b."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8 = a
    b0, b1, b2, b3, b4, b5, b6, b7, b8 = b
    return (
        a0 * b0 + a1 * b3 + a2 * b6, a0 * b1 + a1 * b4 + a2 * b7, a0 * b2 + a1 * b5 + a2 * b8,
        a3 * b0 + a4 * b3 + a5 * b6, a3 * b1 + a4 * b4 + a5 * b7, a3 * b2 + a4 * b5 + a5 * b8,
        a6 * b0 + a7 * b3 + a8 * b6, a6 * b1 + a7 * b4 + a8 * b7, a6 * b2 + a7 * b5 + a8 * b8,
    )  # fmt: skip


@block_kernel
def outer(a: Three, b: Three) -> Nine:
    """a b'."""
    a0, a1, a2 = a
    b0, b1, b2 = b
    return a0 * b0, a0 * b1, a0 * b2, a1 * b0, a1 * b1, a1 * b2, a2 * b0, a2 * b1, a2 * b2


@block_kernel
def carry_in_air(p: Nine, c: Nine, v: Nine, midway: Six, drag: float, t: float) -> Carried:
    """F P F' with F = exp(A t) from the gradient midway; P = [p c; c' v]. Also the braking there.

    To third order in t, as ``transition``.
    """
    x, y, z, vx, vy, vz = midway
    square = vx * vx + vy * vy + vz * vz
    k = braking(x, y, z, square, drag)
    thinning = k / (AIR_SCALE_M * math.sqrt(x * x + y * y + z * z))
    velocity = (vx, vy, vz)
    by_place = plus(place_gradient(x, y, z), thinning, outer(velocity, (x, y, z)), 0.0)
    slowing = -k / pick(square < 1e-6, 1e-6, square)
    spin = 2.0 * _W
    by_speed = plus(
        (-k, spin, 0.0, -spin, -k, 0.0, 0.0, 0.0, -k), slowing, outer(velocity, velocity), 0.0
    )
    twice = product(by_speed, by_place)
    squared = plus(by_place, 1.0, product(by_speed, by_speed), 0.0)
    h = 0.5 * t * t
    third = h * t / 3.0
    pp = plus(scaled(h, by_place), third, twice, 1.0)
    pv = plus(scaled(h, by_speed), third, squared, t)
    thrice = plus(twice, 1.0, product(squared, by_speed), 0.0)
    vp = plus(plus(scaled(t, by_place), h, twice, 0.0), third, product(squared, by_place), 0.0)
    vv = plus(plus(scaled(t, by_speed), h, squared, 1.0), third, thrice, 0.0)
    p_left, c_left = join(pp, p, pv, transposed(c)), join(pp, c, pv, v)
    c_right, v_right = join(vp, p, vv, transposed(c)), join(vp, c, vv, v)
    return (
        join(p_left, transposed(pp), c_left, transposed(pv)),
        join(p_left, transposed(vp), c_left, transposed(vv)),
        join(c_right, transposed(vp), v_right, transposed(vv)),
        k,
    )


@block_kernel
def carry_above_air(p: Nine, c: Nine, v: Nine, midway: Six, t: float) -> Matrices:
    """The same without drag, to second order: of the velocities only Coriolis' turn is left."""
    x, y, z, _, _, _ = midway
    g = place_gradient(x, y, z)
    g0, g1, g2, g3, g4, g5, g6, g7, g8 = g
    h = 0.5 * t * t
    spin = 2.0 * _W
    pp = plus((1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), h, g, 0.0)
    turned = (spin * g3, spin * g4, spin * g5, -spin * g0, -spin * g1, -spin * g2)
    n0, n1, n2, n3, n4, n5 = turned
    vp = (
        t * g0 + h * n0, t * g1 + h * n1, t * g2 + h * n2,
        t * g3 + h * n3, t * g4 + h * n4, t * g5 + h * n5,
        t * g6, t * g7, t * g8,
    )  # fmt: skip
    fade = 1.0 - h * spin * spin
    vv = plus((fade, t * spin, 0.0, -t * spin, fade, 0.0, 0.0, 0.0, 1.0), h, g, 0.0)
    p_left, c_left = turn(pp, p, t, h * spin, transposed(c)), turn(pp, c, t, h * spin, v)
    c_right, v_right = join(vp, p, vv, transposed(c)), join(vp, c, vv, v)
    return (
        turn(pp, transposed(p_left), t, h * spin, transposed(c_left)),
        join(p_left, transposed(vp), c_left, transposed(vv)),
        join(c_right, transposed(vp), v_right, transposed(vv)),
    )


@block_kernel
def field_noise(midway: Six, field: float) -> float:
    """As ``motion``'s."""
    x, y, z, _, _, _ = midway
    inverse_r2 = 1.0 / (x * x + y * y + z * z)
    ratio2 = _RADIUS2 * inverse_r2
    return field * ratio2 * ratio2


@block_kernel
def shaken(
    p: Nine, c: Nine, v: Nine, midway: Six, across: float, along: float, t: float
) -> Matrices:
    """Add the noise of white acceleration, as ``motion``'s ``shake`` does."""
    _, _, _, vx, vy, vz = midway
    square = vx * vx + vy * vy + vz * vz
    moves = square > 1.0
    more = along - across
    slope = pick(moves, more / pick(moves, square, 1.0), 0.0)
    base = pick(moves, across, pick(more > 0.0, along, across))
    q = outer((slope * vx, slope * vy, slope * vz), (vx, vy, vz))
    size = pick(t < 0.0, -t, t)
    third = size * size * size / 3.0
    half = 0.5 * t * size
    return (
        plus(p, third, q, third * base),
        plus(c, half, q, half * base),
        plus(v, size, q, size * base),
    )


@block_kernel
def moved_in_air(mean: Six, p: Nine, c: Nine, v: Nine, law: Law) -> State:
    """A state after its time, with air."""
    t, drag, across, along, spread, field = law
    end, midway = step_in_air(mean, drag, t)
    p, c, v, k = carry_in_air(p, c, v, midway, drag, t)
    _, _, _, vx, vy, vz = midway
    slowing2 = k * k * (vx * vx + vy * vy + vz * vz)
    every_way = field_noise(midway, field)
    p, c, v = shaken(
        p, c, v, midway, across + every_way, along + every_way + spread * slowing2, t
    )  # fmt: skip
    return end, p, c, v


@block_kernel
def moved_above_air(mean: Six, p: Nine, c: Nine, v: Nine, law: Law) -> State:
    """A state after its time, without air."""
    t, _, across, along, _, field = law
    end, midway = step_above_air(mean, t)
    p, c, v = carry_above_air(p, c, v, midway, t)
    every_way = field_noise(midway, field)
    p, c, v = shaken(p, c, v, midway, across + every_way, along + every_way, t)
    return end, p, c, v
