"""Points on and above the WGS 84 ellipsoid: geodetic coordinates, local axes, geodesics.

Geodesics are those of pyproj (GeographicLib; Karney 2013, J. Geodesy 87, 43-55).
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from signalfire.basis.kernel import Floats
from signalfire.space import _kernels

if TYPE_CHECKING:
    from pyproj import Geod


@dataclass(frozen=True, slots=True)
class Geodetic:
    """A point by geodetic latitude, longitude (radians) and height above the ellipsoid."""

    latitude_rad: float
    longitude_rad: float
    altitude_m: float = 0.0

    @classmethod
    def from_degrees(cls, lat_deg: float, lon_deg: float, altitude_m: float = 0.0) -> "Geodetic":
        return cls(math.radians(lat_deg), math.radians(lon_deg), altitude_m)

    @property
    def lat_deg(self) -> float:
        return math.degrees(self.latitude_rad)

    @property
    def lon_deg(self) -> float:
        return math.degrees(self.longitude_rad)

    def ecef_m(self) -> Floats:
        """The point in Earth-fixed axes, shape (3,)."""
        return np.array(
            _kernels.ecef_from_geodetic(self.latitude_rad, self.longitude_rad, self.altitude_m)
        )


def geodetic(position_ecef_m: Floats) -> Geodetic:
    """The geodetic coordinates of a point in Earth-fixed axes."""
    x, y, z = (float(v) for v in position_ecef_m)
    return Geodetic(*_kernels.geodetic_from_ecef(x, y, z))


def enu_from_ecef(at: Geodetic) -> Floats:
    """The rotation from Earth-fixed axes to east, north, up at a point, shape (3, 3)."""
    return _kernels.enu_from_ecef(at.latitude_rad, at.longitude_rad)


def destination(start: Geodetic, *, azimuth_rad: float, distance_m: float) -> Geodetic:
    """Where a geodesic of that azimuth and length on the ellipsoid ends."""
    lon_deg, lat_deg, _ = _wgs84().fwd(
        start.lon_deg, start.lat_deg, math.degrees(azimuth_rad), distance_m
    )
    return Geodetic.from_degrees(lat_deg, lon_deg)


def distance_m(start: Geodetic, end: Geodetic) -> float:
    """Length of the shortest geodesic between two points of the ellipsoid."""
    return float(_wgs84().inv(start.lon_deg, start.lat_deg, end.lon_deg, end.lat_deg)[2])


def azimuth_rad(start: Geodetic, end: Geodetic) -> float:
    """Azimuth at ``start`` of the shortest geodesic, clockwise from true north, in [0, 2 pi)."""
    forward_deg = _wgs84().inv(start.lon_deg, start.lat_deg, end.lon_deg, end.lat_deg)[0]
    return math.radians(forward_deg) % (2.0 * math.pi)


@cache
def _wgs84() -> "Geod":
    """The ellipsoid's geodesics; the import takes as long as a tracker's first hundred scans."""
    from pyproj import Geod

    return Geod(ellps="WGS84")
