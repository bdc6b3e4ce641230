"""Coordinates of points: scalars and small arrays in and out; no objects, no exceptions.

Earth-fixed axes (ECEF): x to 0 N 0 E, z to the north pole. Angles in radians, lengths in metres.
"""

import math

import numpy as np

from signalfire.basis.kernel import Floats, kernel
from signalfire.space.earth import ECCENTRICITY_SQUARED, SEMI_MAJOR_M, SEMI_MINOR_M

_A = SEMI_MAJOR_M
_B = SEMI_MINOR_M
_E2 = ECCENTRICITY_SQUARED
_EP2 = _E2 / (1.0 - _E2)


@kernel
def ecef_from_geodetic(
    latitude: float, longitude: float, altitude: float
) -> tuple[float, float, float]:
    """Reference: NIMA TR8350.2 (2000), section 4."""
    s, c = math.sin(latitude), math.cos(latitude)
    n = _A / math.sqrt(1.0 - _E2 * s * s)
    return (
        (n + altitude) * c * math.cos(longitude),
        (n + altitude) * c * math.sin(longitude),
        (n * (1.0 - _E2) + altitude) * s,
    )


@kernel
def geodetic_from_ecef(x: float, y: float, z: float) -> tuple[float, float, float]:
    """Latitude, longitude, altitude above the ellipsoid.

    Bowring's parametric latitude, iterated to convergence (five rounds: below 1e-9 m from the
    centre's neighbourhood to geosynchronous height). Reference: Bowring (1976), Survey Review 181.
    """
    p = math.hypot(x, y)
    longitude = math.atan2(y, x)
    if p < 1e-9:
        if z < 0.0:
            return -0.5 * math.pi, longitude, -z - _B
        return 0.5 * math.pi, longitude, z - _B
    beta = math.atan2(_A * z, _B * p)
    latitude = 0.0
    for _ in range(5):
        sb, cb = math.sin(beta), math.cos(beta)
        latitude = math.atan2(z + _EP2 * _B * sb * sb * sb, p - _E2 * _A * cb * cb * cb)
        beta = math.atan2(_B * math.sin(latitude), _A * math.cos(latitude))
    s, c = math.sin(latitude), math.cos(latitude)
    n = _A / math.sqrt(1.0 - _E2 * s * s)
    altitude = p * c + z * s - _A * _A / n
    return latitude, longitude, altitude


@kernel
def altitude_of(x: float, y: float, z: float) -> float:
    """Height above the ellipsoid, one Bowring round: below 1 mm under 10,000 km."""
    p = math.sqrt(x * x + y * y)
    if p < 1e-9:
        return abs(z) - _B
    t = _A * z / (_B * p)
    cb = 1.0 / math.sqrt(1.0 + t * t)
    sb = t * cb
    num = z + _EP2 * _B * sb * sb * sb
    den = p - _E2 * _A * cb * cb * cb
    norm = math.sqrt(num * num + den * den)
    s, c = num / norm, den / norm
    return p * c + z * s - _A * math.sqrt(1.0 - _E2 * s * s)


@kernel
def enu_from_ecef(latitude: float, longitude: float) -> Floats:
    """The rotation that takes Earth-fixed axes to local east, north, up (rows)."""
    sp, cp = math.sin(latitude), math.cos(latitude)
    sl, cl = math.sin(longitude), math.cos(longitude)
    rotation = np.empty((3, 3))
    rotation[0, 0], rotation[0, 1], rotation[0, 2] = -sl, cl, 0.0
    rotation[1, 0], rotation[1, 1], rotation[1, 2] = -sp * cl, -sp * sl, cp
    rotation[2, 0], rotation[2, 1], rotation[2, 2] = cp * cl, cp * sl, sp
    return rotation
