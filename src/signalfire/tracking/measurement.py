"""Detections as the filter takes them: rows of numbers, or the reason of a refusal."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from signalfire.basis.kernel import Floats, Integers
from signalfire.picture.detection import (
    Detection,
    InfraredSight,
    RadarPlot,
    Sensor,
    SensorKind,
)
from signalfire.space.geodesy import enu_from_ecef, geodetic
from signalfire.tracking import _kernels as k
from signalfire.tracking import _record_kernels as plots_to
from signalfire.tracking import _start_kernels as starts

INFRARED_NUMBERS = 2
"""An infrared detection has two numbers, a plot three or four."""
RANGE_LIMIT_M = 1e8
SITE_RADIUS_MIN_M = 6.2e6
"""No site is deeper in the Earth than the poles are, less some height."""
SITE_RADIUS_MAX_M = 1e8
RATE_LIMIT_M_S = 20_000.0
RANGE_SIGMA_LIMIT_M = 1e6
ANGLE_SIGMA_LIMIT_RAD = 0.5
RANGE_SIGMA_FLOOR_M = 5.0
ANGLE_SIGMA_FLOOR_RAD = 1e-4
"""No radar is believed beyond this, whatever it states: what the best instrumentation radars reach
on a point target with a strong echo, 5 yards and 0.1 mrad (AN/FPS-16; Barton and Ward 1969,
Handbook of Radar Measurement). A correction for the troposphere by the refractivity at the ground
leaves as much or more at low elevations (Bean and Dutton 1966, Radio Meteorology, NBS Monograph
92), and every radar here looks through air."""
RATE_SIGMA_FLOOR_M_S = 0.1
"""The same of a range rate: 5 m over the minute in which the air along the line becomes another."""
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
    QUOTA = "quota of the sensor"


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


_FAULTS = {
    plots_to.NOT_FINITE: Refusal.NOT_FINITE,
    plots_to.SIGMA: Refusal.SIGMA,
    plots_to.GEOMETRY: Refusal.GEOMETRY,
    plots_to.BELOW_GROUND: Refusal.BELOW_GROUND,
}
_BOUNDS = np.array([RANGE_LIMIT_M, RATE_LIMIT_M_S, RANGE_SIGMA_LIMIT_M, ANGLE_SIGMA_LIMIT_RAD])
_FLOORS = np.array(
    [RANGE_SIGMA_FLOOR_M, ANGLE_SIGMA_FLOOR_RAD, ANGLE_SIGMA_FLOOR_RAD, RATE_SIGMA_FLOOR_M_S]
)
_SOME_SITE = (6_378_137.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Records:
    """The usable detections of one scan: rows (n, RECORD), and which they were; and the others."""

    rows: Floats
    which: Integers
    refused: tuple[Refusal, ...]


def records(detections: Sequence[Detection], sensor: Sensor | None, gaps: Gaps) -> Records:
    """The rows of the detections of one sensor, and why the others are refused. Never raises."""
    if len(detections) > 1 and sensor is not None and sensor.kind is SensorKind.RADAR:
        site = detections[0].site_ecef_m
        plots = [d for d in detections if isinstance(d, RadarPlot) and d.site_ecef_m == site]
        found = _plots(plots, sensor, gaps) if len(plots) == len(detections) else None
        if found is not None:
            rows, faults = found
            which = np.flatnonzero(faults == plots_to.GOOD)
            bad = faults[faults != plots_to.GOOD].tolist()
            return Records(rows[which], which, tuple(_FAULTS[fault] for fault in bad))
    each = [record(detection, sensor, gaps) for detection in detections]
    good = [row for row in each if not isinstance(row, Refusal)]
    return Records(
        np.array(good).reshape(-1, k.RECORD),
        np.array([n for n, row in enumerate(each) if not isinstance(row, Refusal)], dtype=np.int64),
        tuple(row for row in each if isinstance(row, Refusal)),
    )


def record(detection: Detection, sensor: Sensor | None, gaps: Gaps) -> Floats | Refusal:
    """The row of one detection, shape (RECORD,), or why it is refused. Never raises."""
    if sensor is None:
        return Refusal.UNKNOWN_SENSOR
    if isinstance(detection, RadarPlot):
        if sensor.kind is not SensorKind.RADAR:
            return Refusal.WRONG_KIND
        found = _plots([detection], sensor, gaps)
        if found is None:
            return Refusal.NOT_FINITE
        rows, (fault,) = found
        return rows[0] if fault == plots_to.GOOD else _FAULTS[int(fault)]
    if sensor.kind is not SensorKind.INFRARED:
        return Refusal.WRONG_KIND
    return _sight(detection, gaps)


def _is_site(site_ecef_m: tuple[float, float, float]) -> bool:
    return SITE_RADIUS_MIN_M < math.hypot(*site_ecef_m) < SITE_RADIUS_MAX_M


def _plots(
    plots: Sequence[RadarPlot], sensor: Sensor, gaps: Gaps
) -> tuple[Floats, Integers] | None:
    """Rows and faults of the plots of one site; None where something in them is no number."""
    # A platform's own velocity is not reported, so its range rate says nothing.
    is_fixed = sensor.site_ecef_m is not None
    rates = [plot.range_rate_m_s if is_fixed else None for plot in plots]
    site_ecef_m = plots[0].site_ecef_m
    if not _all_finite(site_ecef_m):
        return None
    try:
        given = [
            (p.range_m, p.azimuth_rad, p.elevation_rad, 0.0 if rate is None else rate,
             s.range_m, s.azimuth_rad, s.elevation_rad, s.range_rate_m_s)
            for p, rate, s in ((p, rate, p.sigma) for p, rate in zip(plots, rates, strict=True))
        ]  # fmt: skip
        numbers = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    sigmas = numbers[:, plots_to.PLOT_S_RANGE :]
    # A sigma that is none stays what it is, and is refused.
    np.maximum(sigmas, _FLOORS, out=sigmas, where=sigmas > 0.0)
    is_site = _is_site(site_ecef_m)
    site = np.array(site_ecef_m if is_site else _SOME_SITE, dtype=np.float64)
    rows = np.empty((len(plots), k.RECORD))
    faults = np.empty(len(plots), dtype=np.int64)
    has_rates = np.array([rate is not None for rate in rates], dtype=np.int64)
    plots_to.plot_records(
        numbers, has_rates, site, enu_from_ecef(geodetic(site)).T, gaps.counted_s, _BOUNDS,
        GROUND_MARGIN_M, rows, faults,
    )  # fmt: skip
    if not is_site:
        could_be = (faults == plots_to.GOOD) | (faults == plots_to.BELOW_GROUND)
        faults[could_be] = plots_to.GEOMETRY
    return rows, faults


def fingerprints(rows: Floats) -> plots_to.Words:
    """A number for each row by which an exact repeat is told."""
    words = np.ascontiguousarray(rows).view(np.uint64)
    found = np.empty(len(rows), dtype=np.uint64)
    plots_to.hashes(words, found)
    return found


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
    place, covariance = np.empty(3), np.empty((3, 3))
    starts.place_of(row, place, covariance)
    return place, covariance
