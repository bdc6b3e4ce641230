"""What pushes a falling body aside without a will: wind, and a body that flies a little askew."""

import math

import numpy as np

from signalfire.assess.settings import AssessmentSettings
from signalfire.basis.kernel import Floats


def push_ratio(flight: Floats, settings: AssessmentSettings) -> float:
    """The push across the path as a share of the drag, one sigma along either axis.

    ``flight`` has rows ``[t x y z vx vy vz]`` down to the ground. A wind w across a speed v pushes
    by w / v of the drag.
    """
    speed_m_s = float(np.linalg.norm(_windy(flight, settings)[4:]))
    return math.hypot(settings.trim_ratio_sigma, settings.wind_sigma_m_s / max(speed_m_s, 1.0))


def push_axes(flight: Floats, settings: AssessmentSettings) -> Floats:
    """Unit vectors, shape (2, 3): across the path where the wind blows, in its plane and level.

    Earth-fixed and the same for the whole fall; of a vertical one any two.
    """
    row = _windy(flight, settings)
    up = row[1:4] / np.linalg.norm(row[1:4])
    along = row[4:] / max(float(np.linalg.norm(row[4:])), 1e-9)
    level = np.cross(along, up)
    if float(np.linalg.norm(level)) < 1e-6:
        level = np.cross(along, np.eye(3)[int(np.argmin(np.abs(along)))])
    level /= max(float(np.linalg.norm(level)), 1e-9)
    return np.vstack([np.cross(level, along), level])


def _windy(flight: Floats, settings: AssessmentSettings) -> Floats:
    """The last row above the height at which the wind pushes most; the first if none is."""
    ends_m = np.linalg.norm(flight[:, 1:4], axis=1)
    above = np.flatnonzero(ends_m > ends_m[-1] + settings.wind_altitude_m)
    row: Floats = flight[above[-1] if above.size else 0]
    return row
