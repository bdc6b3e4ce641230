"""Detections as the filter takes them: rows of numbers, or the reason of a refusal."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from signalfire.basis.kernel import Floats
from signalfire.picture.detection import (
    Detection,
    InfraredSight,
    RadarPlot,
    Sensor,
    SensorKind,
)
from signalfire.space.geodesy import enu_from_ecef, geodetic
from signalfire.tracking import _kernels as k

RANGE_LIMIT_M = 1e8
SITE_RADIUS_MIN_M = 6.2e6
"""No site is deeper in the Earth than the poles are, less some height."""
SITE_RADIUS_MAX_M = 1e8
RATE_LIMIT_M_S = 20_000.0
RANGE_SIGMA_LIMIT_M = 1e6
ANGLE_SIGMA_LIMIT_RAD = 0.5
GROUND_MARGIN_M = 5_000.0
"""A plot lower than this below the ellipsoid, and by five sigma, is no object in the air."""
LENGTH_TOLERANCE = 0.01
"""A line of sight is a unit vector to within this."""


class Refusal(StrEnum):
    """Why a detection cannot be used."""

    UNKNOWN_SENSOR = "unknown sensor"
    WRONG_KIND = "not what this sensor measures"
    NOT_FINITE = "not a finite number"
    SIGMA = "sigma not positive or beyond reason"
    GEOMETRY = "impossible geometry"
    BELOW_GROUND = "below the ground"
    CLOCK = "observed after now: the sensor's clock is wrong"


@dataclass(frozen=True, slots=True)
class Gaps:
    """What the sensor's nominal period makes of gaps, s."""

    period_s: float
    counted_s: float


def _all_finite(values: tuple[float, ...]) -> bool:
    try:
        return all(math.isfinite(value) for value in values)
    except (TypeError, OverflowError):
        return False


def record(detection: Detection, sensor: Sensor | None, gaps: Gaps) -> Floats | Refusal:
    """The row of one detection, shape (RECORD,), or why it is refused. Never raises."""
    if sensor is None:
        return Refusal.UNKNOWN_SENSOR
    if isinstance(detection, RadarPlot):
        if sensor.kind is not SensorKind.RADAR:
            return Refusal.WRONG_KIND
        return _plot(detection, sensor, gaps)
    if sensor.kind is not SensorKind.INFRARED:
        return Refusal.WRONG_KIND
    return _sight(detection, gaps)


def _is_site(site_ecef_m: tuple[float, float, float]) -> bool:
    return SITE_RADIUS_MIN_M < math.hypot(*site_ecef_m) < SITE_RADIUS_MAX_M


def _plot(plot: RadarPlot, sensor: Sensor, gaps: Gaps) -> Floats | Refusal:
    sigma = plot.sigma
    rate_m_s = plot.range_rate_m_s
    if sensor.site_ecef_m is None:
        # The platform's own velocity is not reported, so its range rate says nothing.
        rate_m_s = None
    numbers = (plot.range_m, plot.azimuth_rad, plot.elevation_rad, rate_m_s or 0.0)
    sigmas = (sigma.range_m, sigma.azimuth_rad, sigma.elevation_rad, sigma.range_rate_m_s)
    if not _all_finite((*numbers, *sigmas, *plot.site_ecef_m)):
        return Refusal.NOT_FINITE
    if min(sigmas) <= 0.0 or sigma.range_m > RANGE_SIGMA_LIMIT_M:
        return Refusal.SIGMA
    if max(sigma.azimuth_rad, sigma.elevation_rad) > ANGLE_SIGMA_LIMIT_RAD:
        return Refusal.SIGMA
    if not 0.0 < plot.range_m < RANGE_LIMIT_M or not _is_site(plot.site_ecef_m):
        return Refusal.GEOMETRY
    if abs(plot.azimuth_rad) > 4.0 * math.pi or abs(numbers[3]) > RATE_LIMIT_M_S:
        return Refusal.GEOMETRY
    if abs(plot.elevation_rad) > 0.5 * math.pi + 5.0 * sigma.elevation_rad:
        return Refusal.GEOMETRY
    row = _plot_row(plot, rate_m_s, gaps)
    place = row[k.SITE : k.SITE + 3] + plot.range_m * row[k.ALONG : k.ALONG + 3]
    across_m = plot.range_m * sigma.elevation_rad
    if geodetic(place).altitude_m < -GROUND_MARGIN_M - 5.0 * (across_m + sigma.range_m):
        return Refusal.BELOW_GROUND
    return row


def _plot_row(plot: RadarPlot, rate_m_s: float | None, gaps: Gaps) -> Floats:
    site_ecef_m = np.array(plot.site_ecef_m)
    ecef_from_enu = enu_from_ecef(geodetic(site_ecef_m)).T
    sin_a, cos_a = math.sin(plot.azimuth_rad), math.cos(plot.azimuth_rad)
    sin_e, cos_e = math.sin(plot.elevation_rad), math.cos(plot.elevation_rad)
    sigma = plot.sigma
    row = np.zeros(k.RECORD)
    row[k.KIND] = 3 if rate_m_s is None else 4
    row[k.SITE : k.SITE + 3] = site_ecef_m
    row[k.ALONG : k.ALONG + 3] = ecef_from_enu @ np.array([sin_a * cos_e, cos_a * cos_e, sin_e])
    row[k.ASIDE : k.ASIDE + 3] = ecef_from_enu @ np.array([cos_a, -sin_a, 0.0])
    row[k.RANGE] = plot.range_m
    row[k.RATE] = rate_m_s or 0.0
    row[k.S_RANGE] = sigma.range_m
    # Near the zenith azimuth says nothing: what is left is the product of the two errors.
    row[k.S_ASIDE] = sigma.azimuth_rad * math.hypot(cos_e, sigma.elevation_rad)
    row[k.S_ACROSS] = sigma.elevation_rad
    row[k.S_RATE] = sigma.range_rate_m_s
    row[k.GAP] = gaps.counted_s
    return row


def _sight(sight: InfraredSight, gaps: Gaps) -> Floats | Refusal:
    line = sight.line_of_sight_ecef
    if not _all_finite((*line, *sight.site_ecef_m, sight.sigma.angle_rad)):
        return Refusal.NOT_FINITE
    if not 0.0 < sight.sigma.angle_rad <= ANGLE_SIGMA_LIMIT_RAD:
        return Refusal.SIGMA
    if abs(math.hypot(*line) - 1.0) > LENGTH_TOLERANCE or not _is_site(sight.site_ecef_m):
        return Refusal.GEOMETRY
    along = np.array(line) / math.hypot(*line)
    axis = np.zeros(3)
    axis[int(np.argmin(np.abs(along)))] = 1.0
    aside = np.cross(along, axis)
    row = np.zeros(k.RECORD)
    row[k.KIND] = 2
    row[k.SITE : k.SITE + 3] = sight.site_ecef_m
    row[k.ALONG : k.ALONG + 3] = along
    row[k.ASIDE : k.ASIDE + 3] = aside / np.linalg.norm(aside)
    row[k.S_ASIDE] = row[k.S_ACROSS] = sight.sigma.angle_rad
    row[k.GAP] = gaps.counted_s
    return row


def place_of(row: Floats) -> tuple[Floats, Floats]:
    """The place that a radar plot's row shows and its covariance, shapes (3,) and (3, 3)."""
    along, aside = row[k.ALONG : k.ALONG + 3], row[k.ASIDE : k.ASIDE + 3]
    across = np.cross(along, aside)
    range_m = row[k.RANGE]
    place = row[k.SITE : k.SITE + 3] + range_m * along
    covariance = (
        np.outer(along, along) * row[k.S_RANGE] ** 2
        + np.outer(aside, aside) * (range_m * row[k.S_ASIDE]) ** 2
        + np.outer(across, across) * (range_m * row[k.S_ACROSS]) ** 2
    )
    return place, covariance
