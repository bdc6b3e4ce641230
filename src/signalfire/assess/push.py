"""What pushes a falling body aside without a will: wind, and a body that flies a little askew."""

import math

import numpy as np

from signalfire.assess.settings import AssessmentSettings
from signalfire.basis.kernel import Floats


def push_of(flight: Floats, settings: AssessmentSettings) -> tuple[float, Floats]:
    """The push across the path as a share of the drag, one sigma, and its two axes, shape (2, 3).

    ``flight`` has rows ``[t x y z vx vy vz]`` down to the ground. A wind w across a speed v pushes
    by w / v of the drag. The axes are unit vectors across the path where the wind blows, in its
    plane and level; Earth-fixed and the same for the whole fall; of a vertical one any two.
    """
    x, y, z, vx, vy, vz = (float(v) for v in _windy(flight, settings)[1:])
    radius_m, speed_m_s = math.hypot(x, y, z), max(math.hypot(vx, vy, vz), 1e-9)
    up, along = (x / radius_m, y / radius_m, z / radius_m), _times((vx, vy, vz), 1.0 / speed_m_s)
    level = _cross(along, up)
    if math.hypot(*level) < 1e-6:
        level = _cross(along, (0.0, 0.0, 1.0) if abs(along[2]) < 0.7 else (1.0, 0.0, 0.0))
    level = _times(level, 1.0 / max(math.hypot(*level), 1e-9))
    ratio = math.hypot(settings.trim_ratio_sigma, settings.wind_sigma_m_s / max(speed_m_s, 1.0))
    return ratio, np.array([_cross(level, along), level])


_Vector = tuple[float, float, float]


def _cross(a: _Vector, b: _Vector) -> _Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _times(a: _Vector, factor: float) -> _Vector:
    return (a[0] * factor, a[1] * factor, a[2] * factor)


def _windy(flight: Floats, settings: AssessmentSettings) -> Floats:
    """The last row above the height at which the wind pushes most; the first if none is."""
    radius2_m2 = np.einsum("ni,ni->n", flight[:, 1:4], flight[:, 1:4])
    least_m = math.sqrt(float(radius2_m2[-1])) + settings.wind_altitude_m
    above = np.flatnonzero(radius2_m2 > least_m * least_m)
    row: Floats = flight[above[-1] if above.size else 0]
    return row
