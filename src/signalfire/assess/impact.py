"""Where it will come down, when, and how sure that is."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from signalfire.assess import _kernels
from signalfire.assess.settings import AssessmentSettings
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import Impact, PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.footprint import Footprint
from signalfire.space.earth import GRAVITY_M3_S2, SEMI_MAJOR_M
from signalfire.space.geodesy import Geodetic, enu_from_ecef

FLIGHT_MAX_S = 3.0 * 3600.0
"""Longer than any flight to the ground; what is still up then does not come down."""
SAMPLES = 64
TIME_SIGMA_MIN_S = 0.1
"""Clocks and the ground under the impact are not known better."""
_STEP = math.sqrt(3.0)


@dataclass(frozen=True)
class ImpactPrediction:
    """What follows from one state if nothing drives the object any more.

    ``path`` is the expected flight, shape (N, 7): seconds after ``state.valid_at``, position and
    velocity in Earth-fixed axes; empty where there is none. ``apogee_m`` is the greatest height of
    it, or that of the orbit behind it where it is already coming down; None where unknown.
    """

    impact: Impact
    apogee_m: float | None
    path: Floats
    state: StateEstimate
    air: Floats

    def footprint(self) -> Footprint | None:
        """A fixed set of flights spread as the estimate's uncertainty has it; None where none ends.

        The points are a low-discrepancy set in nine dimensions (state, drag, lift), made normal,
        in opposite pairs and with unit covariance. Flights that stay up are left out.
        """
        if len(self.path) == 0:
            return None
        rows = int(len(self.path) * 1.6 + self.path[-1, 0] * 0.4) + 60
        places = np.zeros((SAMPLES, rows, 4))
        count = np.zeros(SAMPLES, dtype=np.int64)
        time_max_s = min(FLIGHT_MAX_S, 2.0 * float(self.path[-1, 0]) + 120.0)
        _kernels.fly_samples(
            self.state.mean, _root(self.state.covariance), self.air, _POINTS, time_max_s,
            places, count,
        )  # fmt: skip
        landed = count > 0
        longest = int(count.max(initial=1))
        flown = places[landed, :longest]
        return Footprint(
            start=self.state.valid_at,
            time_s=flown[:, :, 0].copy(),
            latitude_rad=flown[:, :, 1].copy(),
            longitude_rad=flown[:, :, 2].copy(),
            altitude_m=flown[:, :, 3].copy(),
            count=count[landed],
        )


def predict_impact(
    state: StateEstimate, settings: AssessmentSettings, *, lift_ratio_sigma: float | None = None
) -> ImpactPrediction:
    """Fly the state and its uncertainty down to the ellipsoid.

    Covariance by second-order divided differences over state, ballistic coefficient and lift
    (Norgaard, Poulsen and Ravn 2000, Automatica 36, 1627-1638). ``lift_ratio_sigma`` overrides what
    the height of the path suggests. The caller asks only about objects in free flight.
    """
    drag_m2_kg = 1.0 / settings.ballistic_coefficient_kg_m2
    path = np.empty((2000, 7))
    air = np.array([drag_m2_kg, settings.ballistic_coefficient_log_sigma, 0.0])
    rows, _, ahead_m = _kernels.fly(
        state.mean, np.array([drag_m2_kg, 0.0, 0.0]), 10.0, 2.0, FLIGHT_MAX_S, path
    )
    if rows == 0:
        unknown = Unknown("in orbit: does not come down within three hours")
        return ImpactPrediction(unknown, None, np.empty((0, 7)), state, air)
    apogee_m = max(ahead_m, _apogee_behind_m(state))
    if lift_ratio_sigma is None:
        lift_ratio_sigma = likely_lift_ratio_sigma(apogee_m, settings)
    air[2] = lift_ratio_sigma
    flight = path[:rows].copy()
    impact = _spread(state, air, flight[-1], settings)
    return ImpactPrediction(impact, apogee_m, flight, state, air)


def likely_lift_ratio_sigma(apogee_m: float, settings: AssessmentSettings) -> float:
    """How much lift a body on a path of this height may use: all of it low, hardly any high."""
    span_m = settings.lift_absent_above_m - settings.lift_sure_below_m
    part = min(1.0, max(0.0, (settings.lift_absent_above_m - apogee_m) / span_m))
    smooth = part * part * (3.0 - 2.0 * part)
    spread = settings.lift_ratio_sigma - settings.trim_ratio_sigma
    return settings.trim_ratio_sigma + spread * smooth


def _spread(state: StateEstimate, air: Floats, end: Floats, settings: AssessmentSettings) -> Impact:
    """The impact point with the covariance of place and time."""
    ends = np.zeros((2 * _kernels.SPREAD, 4))
    down = _kernels.impact_spread(
        state.mean, _root(state.covariance), air, min(FLIGHT_MAX_S, 3.0 * end[0] + 600.0), ends
    )
    if down < len(ends):
        return Unknown("the estimate is so uncertain that the object may not come down at all")
    latitude_rad, longitude_rad, _ = _kernels.ground_of(*(float(v) for v in end[1:4]))
    enu = enu_from_ecef(Geodetic(latitude_rad, longitude_rad))
    offsets = np.column_stack([(ends[:, 1:] - end[1:4]) @ enu.T[:, :2], ends[:, 0] - end[0]])
    plus, minus = offsets[0::2], offsets[1::2]
    slope = (plus - minus) / (2.0 * _STEP)
    bend = (plus + minus) / (2.0 * _STEP**2)
    shift = bend.sum(axis=0)
    covariance = slope.T @ slope + (_STEP**2 - 1.0) * bend.T @ bend + np.outer(shift, shift)
    ee, en, nn = (float(v) for v in (covariance[0, 0], covariance[0, 1], covariance[1, 1]))
    place = PlaceEstimate(
        latitude_rad,
        longitude_rad,
        (ee, en, nn),
        state.valid_at.later(float(end[0])),
        max(TIME_SIGMA_MIN_S, math.sqrt(float(covariance[2, 2]))),
    )
    if not math.isfinite(ee + nn) or place.ellipse_p90.semi_major_m > settings.semi_major_max_m:
        return Unknown("too uncertain to say where: more observation is needed")
    return place


def _apogee_behind_m(state: StateEstimate) -> float:
    """Height of the Kepler orbit's far point when the object is coming down; else 0."""
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(state.mean, values)
    climb_m_s, energy_j_kg, perigee_m = values[2], values[4], values[5]
    if climb_m_s >= 0.0 or energy_j_kg >= 0.0:
        return 0.0
    major_axis_m = GRAVITY_M3_S2 / -energy_j_kg
    centre_m = perigee_m + SEMI_MAJOR_M
    # The ellipsoid lies below the equatorial radius by its height loss at this latitude.
    position_m = float(np.linalg.norm(state.mean[:3]))
    return float(major_axis_m - centre_m - (position_m - values[0]))


def _root(covariance: Floats) -> Floats:
    """A matrix R with R R' = P, also for a P that rounding has left slightly indefinite."""
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    return np.ascontiguousarray(
        scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))[None, :]
    )


def _normal_points() -> Floats:
    """Points of a standard normal in nine dimensions, in opposite pairs, with unit covariance.

    Half the points are an additive recurrence with the generalised golden ratio. Reference:
    Niederreiter (1992), "Random Number Generation and Quasi-Monte Carlo Methods", chapter 3.
    """
    ratio = 1.5
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (_kernels.SPREAD + 1))
    steps = ratio ** -np.arange(1, _kernels.SPREAD + 1)
    uniform = (0.5 + np.arange(1, SAMPLES // 2 + 1)[:, None] * steps) % 1.0
    normal = NormalDist()
    half = np.array([[normal.inv_cdf(float(u)) for u in row] for row in uniform])
    points = np.concatenate([half, -half])
    lower = np.linalg.cholesky(points.T @ points / SAMPLES)
    return np.ascontiguousarray(np.linalg.solve(lower, points.T).T)


_POINTS = _normal_points()
