"""What is estimated, and how sure it is: states, places with ellipses, or ``Unknown(reason)``."""

import math
from dataclasses import dataclass

import numpy as np

from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.space.geodesy import Geodetic

CHI2_2_P90 = 4.605170185988092
"""The 90 % point of chi-square with two degrees of freedom: -2 ln(0.1)."""
_UPPER = np.triu_indices(6)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing honest can be said, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ellipse:
    """A region on the ground that holds the true point with probability 0.9 (``ellipse_p90``)."""

    semi_major_m: float
    semi_minor_m: float
    azimuth_rad: float
    """Of the major axis, clockwise from true north, in [0, pi)."""


@dataclass(frozen=True)
class StateEstimate:
    """Position and velocity in Earth-fixed axes (ECEF) with covariance, at an instant.

    ``mean`` has shape (6,) in m and m/s, ``covariance`` shape (6, 6); both are read-only.
    """

    valid_at: Instant
    mean: Floats
    covariance: Floats

    def __post_init__(self) -> None:
        assert self.mean.shape == (6,) and self.covariance.shape == (6, 6)
        for array in (self.mean, self.covariance):
            array.setflags(write=False)

    @property
    def position_ecef_m(self) -> Floats:
        return self.mean[:3]

    @property
    def velocity_ecef_m_s(self) -> Floats:
        return self.mean[3:]

    @property
    def speed_m_s(self) -> float:
        """Speed relative to the rotating Earth."""
        return float(np.linalg.norm(self.mean[3:]))

    @property
    def covariance_upper(self) -> tuple[float, ...]:
        """The 21 numbers of the upper triangle, row by row."""
        return tuple(self.covariance[_UPPER].tolist())

    @classmethod
    def from_upper(
        cls, valid_at: Instant, mean: tuple[float, ...], covariance_upper: tuple[float, ...]
    ) -> "StateEstimate":
        """Rebuild a state from six and twenty-one numbers."""
        covariance = np.zeros((6, 6))
        covariance[_UPPER] = covariance_upper
        covariance += np.triu(covariance, 1).T
        return cls(valid_at, np.array(mean, dtype=float), covariance)


@dataclass(frozen=True, slots=True)
class PlaceEstimate:
    """A point on the ground and a time, each with its uncertainty: a launch or an impact.

    The covariance is that of east and north offsets in metres: (ee, en, nn).
    """

    latitude_rad: float
    longitude_rad: float
    covariance_east_north_m2: tuple[float, float, float]
    time: Instant
    time_sigma_s: float

    @property
    def place(self) -> Geodetic:
        return Geodetic(self.latitude_rad, self.longitude_rad)

    @property
    def ellipse_p90(self) -> Ellipse:
        """The region that holds the true point with probability 0.9, if the covariance is true."""
        ee, en, nn = self.covariance_east_north_m2
        middle, half = 0.5 * (ee + nn), math.hypot(0.5 * (ee - nn), en)
        major = math.sqrt(max(middle + half, 0.0) * CHI2_2_P90)
        minor = math.sqrt(max(middle - half, 0.0) * CHI2_2_P90)
        # The major axis, counted from east towards north, then turned into an azimuth.
        from_east_rad = 0.5 * math.atan2(2.0 * en, ee - nn)
        return Ellipse(major, minor, (0.5 * math.pi - from_east_rad) % math.pi)


Launch = PlaceEstimate | Unknown
Impact = PlaceEstimate | Unknown
