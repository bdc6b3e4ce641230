"""What a site sees: range, azimuth and elevation, and back.

Azimuth clockwise from true north, elevation above the local plane of the ellipsoid, both
geometric (no refraction), as the contract has them.
"""

import math
from dataclasses import dataclass

import numpy as np

from signalfire.basis.kernel import Floats
from signalfire.space.geodesy import enu_from_ecef, geodetic


@dataclass(frozen=True, slots=True)
class Sight:
    """Where a target stands, as one site sees it."""

    range_m: float
    azimuth_rad: float
    elevation_rad: float


def sight(site_ecef_m: Floats, target_ecef_m: Floats) -> Sight:
    """Range, azimuth in [0, 2 pi) and elevation of a target from a site."""
    enu_m = enu_from_ecef(geodetic(site_ecef_m)) @ (target_ecef_m - site_ecef_m)
    range_m = float(np.linalg.norm(enu_m))
    return Sight(
        range_m=range_m,
        azimuth_rad=math.atan2(enu_m[0], enu_m[1]) % (2.0 * math.pi),
        elevation_rad=math.asin(enu_m[2] / range_m) if range_m > 0.0 else 0.5 * math.pi,
    )


def target_ecef_m(site_ecef_m: Floats, seen: Sight) -> Floats:
    """The place of a target that a site sees so, in Earth-fixed axes, shape (3,)."""
    horizontal_m = seen.range_m * math.cos(seen.elevation_rad)
    enu_m = np.array(
        [
            horizontal_m * math.sin(seen.azimuth_rad),
            horizontal_m * math.cos(seen.azimuth_rad),
            seen.range_m * math.sin(seen.elevation_rad),
        ]
    )
    offset_ecef_m: Floats = enu_from_ecef(geodetic(site_ecef_m)).T @ enu_m
    return site_ecef_m + offset_ecef_m
