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
LANDED_MIN_FRACTION = 0.9
"""Where fewer of the sample flights come down in time, they say too little of where it may go."""
MAY_GLIDE = "may glide: lift can carry it far off the path it would fall on"
_STEP = math.sqrt(3.0)
_LIFTED = 14
"""Rows of the spread from here on are those of lift."""
_BEARING_M = 60_000.0
"""From here down the air turns even a fast body's path."""
_SAMPLE_SPACING_S = 4.0


@dataclass(frozen=True)
class ImpactPrediction:
    """What follows from one state if nothing drives the object any more.

    ``path`` is the expected flight, shape (N, 7): seconds after ``state.valid_at``, position and
    velocity in Earth-fixed axes; empty where there is none. ``apogee_m`` is the greatest height of
    it, or that of the orbit behind it where it is already coming down; None where unknown.
    ``range_sigma_m`` is what the state alone makes of the place, without lift; ``fall_max_s`` the
    longest of the flights that were flown for the spread. Where the forecast ``is_expired``, it
    still says when nothing can be left in the air, and nothing else.
    """

    impact: Impact
    apogee_m: float | None
    path: Floats
    state: StateEstimate
    air: Floats
    range_sigma_m: float = 0.0
    fall_max_s: float = 0.0
    is_expired: bool = False

    def footprint(self) -> Footprint | None:
        """A fixed set of flights spread as the estimate's uncertainty has it.

        It is there, too, where ``impact`` is unknown because the spread is too wide to name a
        place: what lies under all of it is threatened all the same. None where no flight ends, too
        many may stay up, or the forecast has expired.

        The points are a low-discrepancy set in nine dimensions (state, drag, lift), made normal
        (lift: uniform), in opposite pairs and with unit covariance.
        """
        if len(self.path) == 0 or self.is_expired:
            return None
        time_max_s = min(FLIGHT_MAX_S, 1.5 * self.fall_max_s + 300.0)
        rows = len(self.path) + int(time_max_s / _SAMPLE_SPACING_S) + 60
        places = np.zeros((SAMPLES, rows, 4))
        count = np.zeros(SAMPLES, dtype=np.int64)
        _kernels.fly_samples(
            self.state.mean, _root(self.state.covariance), self.air, _MANY_POINTS, time_max_s,
            places, count,
        )  # fmt: skip
        landed = count > 0
        if np.count_nonzero(landed) < LANDED_MIN_FRACTION * SAMPLES:
            return None
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
    state: StateEstimate,
    settings: AssessmentSettings,
    *,
    is_manoeuvring: bool = False,
    apogee_before_m: float = 0.0,
) -> ImpactPrediction:
    """Fly the state and its uncertainty down to the ellipsoid.

    Covariance by second-order divided differences over state, ballistic coefficient and lift
    (Norgaard, Poulsen and Ravn 2000, Automatica 36, 1627-1638). What was seen to manoeuvre may use
    all of its lift, whatever its path. ``apogee_before_m`` is the apogee as known before: on the
    way down the air takes energy, and the orbit no longer tells. The caller asks only about objects
    in free flight or glide.
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
    flight = path[:rows].copy()
    apogee_m = max(ahead_m, _apogee_behind_m(state, apogee_before_m))
    share = 1.0 if is_manoeuvring else lift_share(apogee_m, _dive_rad(flight, apogee_m), settings)
    air[2] = settings.lift_ratio_sigma(share)
    spread = _spread(state, air, flight[-1], settings)
    return ImpactPrediction(
        spread.impact, apogee_m, flight, state, air, spread.range_sigma_m, spread.fall_max_s
    )


def lift_share(apogee_m: float, dive_rad: float, settings: AssessmentSettings) -> float:
    """How much of its lift a body not seen to manoeuvre may use, 0 to 1.

    All of it on a path that lies where surfaces work, and on one that enters the air at so small an
    angle below the horizon that a glider could be meant; none on a path both high and steep.
    """
    low = _fading(apogee_m, settings.lift_sure_below_m, settings.lift_absent_above_m)
    shallow = _fading(dive_rad, settings.lift_sure_dive_rad, settings.lift_absent_dive_rad)
    return max(low, shallow)


def _fading(value: float, sure_below: float, absent_above: float) -> float:
    """1 up to the first bound, 0 from the second, smooth in between."""
    part = min(1.0, max(0.0, (absent_above - value) / (absent_above - sure_below)))
    return part * part * (3.0 - 2.0 * part)


def _dive_rad(flight: Floats, apogee_m: float) -> float:
    """Angle below the horizon at which a flight from above the air enters it, or is in it now."""
    if apogee_m < _BEARING_M:
        return 0.5 * math.pi
    height_m = np.linalg.norm(flight[:, 1:4], axis=1) - SEMI_MAJOR_M
    above = np.flatnonzero(height_m > _BEARING_M)
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(flight[above[-1] if above.size else 0, 1:], values)
    return math.atan2(-float(values[2]), float(values[3]))


@dataclass(frozen=True)
class _Spread:
    impact: Impact
    range_sigma_m: float
    fall_max_s: float


def _spread(
    state: StateEstimate, air: Floats, end: Floats, settings: AssessmentSettings
) -> _Spread:
    """The impact point with the covariance of place and time."""
    time_max_s = min(FLIGHT_MAX_S, 3.0 * float(end[0]) + 600.0)
    place = _ground(end)
    may_lift = air[2] > settings.trim_ratio_sigma
    tried = _PAIRS[:_LIFTED] if may_lift else _PAIRS
    pairs = _offsets(state, air, tried, end, time_max_s)
    if not np.isfinite(pairs).all():
        unknown = Unknown("the estimate is so uncertain that the object may not come down at all")
        return _Spread(unknown, math.inf, time_max_s)
    by_state = _second_order(pairs[:_LIFTED])
    range_sigma_m = math.sqrt(float(by_state[0, 0] + by_state[1, 1]))
    if may_lift:
        # Lift turns small doubts about the state into large ones: only whole flights show that.
        flights = _offsets(state, air, _FEW_POINTS, end, time_max_s)
        if not np.isfinite(flights).all():
            return _Spread(Unknown(MAY_GLIDE), range_sigma_m, time_max_s)
        covariance = flights.T @ flights / len(flights)
    else:
        flights, covariance = pairs, _second_order(pairs)
    fall_max_s = float(end[0]) + max(0.0, float(flights[:, 2].max()))
    impact = _place(state, place, end, covariance)
    if math.isfinite(impact.time_sigma_s) and (
        impact.ellipse_p90.semi_major_m <= settings.semi_major_max_m
    ):
        return _Spread(impact, range_sigma_m, fall_max_s)
    is_by_lift = 2.0 * range_sigma_m**2 < float(covariance[0, 0] + covariance[1, 1])
    reason = MAY_GLIDE if is_by_lift else "too uncertain to say where: more observation is needed"
    return _Spread(Unknown(reason), range_sigma_m, fall_max_s)


def _ground(end: Floats) -> Geodetic:
    """Where a flight that ends so comes down."""
    return Geodetic(*_kernels.ground_of(*(float(v) for v in end[1:4]))[:2])


def _offsets(
    state: StateEstimate, air: Floats, points: Floats, end: Floats, time_max_s: float
) -> Floats:
    """By how much flights end east, north (m) and later (s) than expected; NaN for never."""
    ends = np.full((len(points), 4), np.nan)
    _kernels.land(state.mean, _root(state.covariance), air, points, time_max_s, ends)
    ground_m = (ends[:, 1:] - end[1:4]) @ enu_from_ecef(_ground(end)).T[:, :2]
    return np.column_stack([ground_m, ends[:, 0] - end[0]])


def _place(state: StateEstimate, place: Geodetic, end: Floats, covariance: Floats) -> PlaceEstimate:
    ee, en, nn = (float(v) for v in (covariance[0, 0], covariance[0, 1], covariance[1, 1]))
    return PlaceEstimate(
        place.latitude_rad,
        place.longitude_rad,
        (ee, en, nn),
        state.valid_at.later(float(end[0])),
        max(TIME_SIGMA_MIN_S, math.sqrt(float(covariance[2, 2]))),
    )


def _second_order(offsets: Floats) -> Floats:
    """Covariance of place and time from the offsets at +-sqrt(3) sigma, pair by pair.

    The interval sqrt(3) matches the fourth moment of a Gaussian, and the ends of a uniform one.
    Reference: Norgaard, Poulsen and Ravn (2000), Automatica 36, 1627-1638.
    """
    plus, minus = offsets[0::2], offsets[1::2]
    slope = (plus - minus) / (2.0 * _STEP)
    bend = (plus + minus) / (2.0 * _STEP**2)
    shift = bend.sum(axis=0)
    covariance = slope.T @ slope + (_STEP**2 - 1.0) * bend.T @ bend + np.outer(shift, shift)
    return np.asarray(covariance, dtype=np.float64)


def _apogee_behind_m(state: StateEstimate, apogee_before_m: float) -> float:
    """Greatest of the known height and the Kepler orbit's far point, when coming down; else 0."""
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(state.mean, values)
    climb_m_s, energy_j_kg, perigee_m = values[2], values[4], values[5]
    if climb_m_s >= 0.0 or energy_j_kg >= 0.0:
        return 0.0
    # The ellipsoid lies below the equatorial radius by its height loss at this latitude.
    below_m = float(np.linalg.norm(state.mean[:3]) - values[0])
    major_axis_m = GRAVITY_M3_S2 / -energy_j_kg
    centre_m = perigee_m + SEMI_MAJOR_M
    return max(apogee_before_m, float(major_axis_m - centre_m - below_m))


def _root(covariance: Floats) -> Floats:
    """A matrix R with R R' = P, also for a P that rounding has left slightly indefinite."""
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    return np.ascontiguousarray(
        scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))[None, :]
    )


def _points(samples: int) -> Floats:
    """Points of a standard normal in seven dimensions and, in the two of lift, a uniform one.

    In opposite pairs and (before lift is made uniform) with unit covariance. Half the points are an
    additive recurrence with the generalised golden ratio. Reference: Niederreiter (1992), "Random
    Number Generation and Quasi-Monte Carlo Methods", chapter 3.
    """
    ratio = 1.5
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (_kernels.SPREAD + 1))
    steps = ratio ** -np.arange(1, _kernels.SPREAD + 1)
    uniform = (0.5 + np.arange(1, samples // 2 + 1)[:, None] * steps) % 1.0
    normal = NormalDist()
    half = np.array([[normal.inv_cdf(float(u)) for u in row] for row in uniform])
    points = np.concatenate([half, -half])
    lower = np.linalg.cholesky(points.T @ points / samples)
    points = np.linalg.solve(lower, points.T).T
    for row in points:
        row[-2:] = [_STEP * (2.0 * normal.cdf(float(v)) - 1.0) for v in row[-2:]]
    return np.ascontiguousarray(points)


def _gliding(points: Floats) -> Floats:
    """The same points with no lift in five flights of eight, and all of it in the others.

    A body that glides does so to go far. With all of it straight ahead in a quarter of the flights,
    and most of the others far behind, the 90 % ellipse is 2.146 x 0.5 of their reach: just beyond.
    One flight in eight turns aside by half as much lift as it holds itself up with.
    """
    points = points.copy()
    lift = np.zeros((8, 2))
    lift[[0, 4, 2], 0] = _STEP
    lift[2, 1] = _STEP
    points[:, -2:] = np.tile(lift, (len(points) // 8, 1))
    points[len(points) // 2 :, -1] *= -1.0
    return points


_MANY_POINTS = _points(SAMPLES)
_FEW_POINTS = _gliding(_points(SAMPLES // 2))
_PAIRS = np.kron(_STEP * np.eye(_kernels.SPREAD), np.array([[1.0], [-1.0]]))
