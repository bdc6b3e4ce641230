"""One report of one sensor at one time, with its uncertainty; and the sensor as stated."""

from dataclasses import dataclass
from enum import StrEnum

from signalfire.basis.identity import NationId, SensorId
from signalfire.basis.instant import Instant

Triple = tuple[float, float, float]

RANGE_SIGMA_MIN_M = 1.0e-6
ANGLE_SIGMA_MIN_RAD = 1.0e-9
"""Nothing measures better: smaller ones are slips of whoever writes them, and their squares end at
zero."""


class SensorKind(StrEnum):
    """What a sensor measures: range and direction, or direction of heat."""

    RADAR = "radar"
    INFRARED = "infrared"


@dataclass(frozen=True, slots=True)
class RadarSigma:
    """Standard deviations of one plot."""

    range_m: float
    azimuth_rad: float
    elevation_rad: float
    range_rate_m_s: float = 50.0
    """Used where a plot carries a range rate; sensors files state none, so this is our default."""


@dataclass(frozen=True, slots=True)
class AngleSigma:
    """Standard deviation of one line of sight, in each of two directions across it."""

    angle_rad: float


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor as its owner states it. Never leaves its nation.

    ``site_ecef_m`` is None for a moving platform, whose detections carry their own.
    ``azimuth_rad`` is (from, to) clockwise, None all round.
    """

    sensor: SensorId
    nation: NationId
    kind: SensorKind
    path: str
    site_ecef_m: Triple | None
    sigma: RadarSigma | AngleSigma
    range_max_m: float | None = None
    elevation_min_rad: float | None = None
    azimuth_rad: tuple[float, float] | None = None
    period_s: float | None = None


@dataclass(frozen=True, slots=True)
class RadarPlot:
    """Range, azimuth and elevation from a site; geometric, WGS 84."""

    sensor: SensorId
    path: str
    observed_at: Instant
    received_at: Instant
    site_ecef_m: Triple
    range_m: float
    azimuth_rad: float
    elevation_rad: float
    sigma: RadarSigma
    range_rate_m_s: float | None = None


@dataclass(frozen=True, slots=True)
class InfraredSight:
    """A direction, as a unit vector in Earth-fixed axes, from a place in space."""

    sensor: SensorId
    path: str
    observed_at: Instant
    received_at: Instant
    site_ecef_m: Triple
    line_of_sight_ecef: Triple
    sigma: AngleSigma
    intensity: float | None = None


Detection = RadarPlot | InfraredSight
