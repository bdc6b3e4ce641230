"""Where it will come down, when, and how sure that is."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import NormalDist

import numpy as np

from signalfire.assess import _flight_kernels, _kernels
from signalfire.assess.drag import Drag, drag_of
from signalfire.assess.fall_points import (
    CLOUD_POINTS,
    GLIDES,
    INTERVALS,
    LIGHT,
    PAIRS,
    PUSH,
    SAMPLES,
    STEP,
    sample_points,
)
from signalfire.assess.flown import footprint_of, root_of
from signalfire.assess.lift import PathShape, lift_probability
from signalfire.assess.push import push_of
from signalfire.assess.settings import AssessmentSettings
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import (
    CHI2_2_P90,
    Impact,
    PlaceEstimate,
    StateEstimate,
    Unknown,
)
from signalfire.picture.footprint import Footprint
from signalfire.space.earth import GRAVITY_M3_S2, SEMI_MAJOR_M
from signalfire.space.geodesy import Geodetic, enu_from_ecef

FLIGHT_MAX_S = 3.0 * 3600.0
"""Longer than any flight to the ground; what is still up then does not come down."""
TIME_SIGMA_MIN_S = 0.1
"""Clocks and the ground under the impact are not known better."""
GROUND_SIGMA_M = 10.0
"""Nor is the place: it stands on the ellipsoid, from which the ground under it differs by some tens
of metres (the geoid alone by 30: Lemoine et al. 1998, NASA/TP-1998-206861); a steep fall makes a
third of that of place."""
_GROUND = np.diag(np.square([GROUND_SIGMA_M, GROUND_SIGMA_M, TIME_SIGMA_MIN_S]))
_LEAST = np.diag(np.square([0.1, 0.1, 0.001]))
"""Falls that end alike have a shape all the same, in m and s: far smaller than anything told."""
LANDED_MIN_FRACTION = 0.9
"""Where fewer of the sample flights come down in time, they say too little of where it may go."""
TOO_UNCERTAIN = "too uncertain to say where: more observation is needed"
MAY_GLIDE = "may glide: lift can carry it far off the path it would fall on"
_BY_STATE = 12
"""The first rows of the spread are those of the state, in opposite pairs."""
_BEARING_M = 60_000.0
"""From here down the air turns even a fast body's path."""
_SAMPLE_SPACING_S = 4.0
_SAMPLE_STEP_S = 8.0
_STEP_HIGH_S = 20.0
_TAIL_CONTENT = 0.99
"""Of the falls alone; an ellipse that must hold more of them is as large as their tails."""
_NO_ROWS = np.zeros((SAMPLES, 0, 4))
_TIMES_P90 = NormalDist().inv_cdf(0.95)
"""Within so many sigmas of a normal distribution lie nine tenths of it."""


@dataclass(frozen=True)
class Known:
    """What is known of an object besides its state, from earlier looks at it.

    ``apogee_m`` as known before: on the way down the air takes energy, and the orbit no longer
    tells. ``steepness_ratio`` is apogee over the range of its parabola, as it was first in free
    flight (inf where unknown). ``lift_unused_m_s2`` is the greatest lift that it could have had so
    far on its way down and was not seen to use.
    """

    apogee_m: float = 0.0
    steepness_ratio: float = math.inf
    lift_unused_m_s2: float = 0.0
    is_manoeuvring: bool = False
    drag: Drag | None = None
    """None where only its class is known."""


NOTHING_KNOWN = Known()


@dataclass(frozen=True)
class ImpactPrediction:
    """What follows from one state if nothing drives the object any more.

    ``path`` is the expected flight, shape (N, 7): seconds after ``state.valid_at``, position and
    velocity in Earth-fixed axes; empty where there is none. ``apogee_m`` is the greatest height of
    it, or that of the orbit behind it where it is already coming down; None where unknown.
    ``air`` is drag (m2/kg), its ln-normal sigma, and the push of wind and a body a little askew as
    a share of drag, one sigma, which works along the Earth-fixed ``across`` (2, 3); with
    ``lift_probability`` it uses lift up to ``lift_ratio_max``.
    ``range_sigma_m`` is what the state alone makes of the place, without lift; ``fall_max_s`` the
    longest of the flights that were flown for the spread. Where the forecast ``is_expired``, it
    still says when nothing can be left in the air, and nothing else.
    """

    impact: Impact
    apogee_m: float | None
    path: Floats
    state: StateEstimate
    air: Floats
    across: Floats
    range_sigma_m: float = 0.0
    fall_max_s: float = 0.0
    is_expired: bool = False
    lift_probability: float = 0.0
    lift_ratio_max: float = 0.0
    steepness_ratio: float = math.inf
    known: Known = NOTHING_KNOWN

    def footprint(self) -> Footprint | None:
        """A fixed set of flights spread as the estimate's uncertainty has it.

        It is there, too, where ``impact`` is unknown because the spread is too wide to name a
        place: what lies under all of it is threatened all the same. None where no flight ends, too
        many may stay up, or the forecast has expired.

        The points are a low-discrepancy set in nine dimensions (state, drag, lift), made normal, in
        opposite pairs and with unit covariance; as many of them as the probability of lift says
        use lift, upwards any share of all of it and half as much sideways.
        """
        return None if self.is_expired else self._flown

    @cached_property
    def _flown(self) -> Footprint | None:
        if len(self.path) == 0:
            return None
        time_max_s = min(FLIGHT_MAX_S, 1.5 * self.fall_max_s + 300.0)
        rows = np.empty((SAMPLES, len(self.path) + int(time_max_s / _SAMPLE_SPACING_S) + 60, 4))
        count = np.zeros(SAMPLES, dtype=np.int64)
        _flight_kernels.fly_blocks(
            self.state.mean, root_of(self.state.covariance),
            np.array([self.air[0], self.air[1], 1.0]), self.across,
            sample_points(self.lift_ratio_max, self.lift_probability),
            _SAMPLE_STEP_S, time_max_s, _SAMPLE_SPACING_S, np.empty((SAMPLES, 4)), rows, count,
        )  # fmt: skip
        landed = count > 0
        if np.count_nonzero(landed) < LANDED_MIN_FRACTION * SAMPLES:
            return None
        return footprint_of(self.state.valid_at, rows, count, np.flatnonzero(landed))


def predict_impact(
    state: StateEstimate, settings: AssessmentSettings, known: Known = NOTHING_KNOWN
) -> ImpactPrediction:
    """Fly the state and its uncertainty down to the ellipsoid.

    Covariance by second-order divided differences over state, ballistic coefficient and push
    (Norgaard, Poulsen and Ravn 2000, Automatica 36, 1627-1638), and whole flights of a body that
    uses its lift, with the probability that this is one. The caller asks only about objects in
    free flight or glide.
    """
    drag = known.drag or drag_of(None, state, settings)
    path = np.empty((2000, 7))
    unmoved = np.array([drag.drag_m2_kg, 0.0, 0.0, 0.0, 0.0, 0.0])
    rows, _, ahead_m = _kernels.fly(state.mean, unmoved, 10.0, 2.0, FLIGHT_MAX_S, path)
    if rows == 0:
        unknown = Unknown("in orbit: does not come down within three hours")
        air = np.array([drag.drag_m2_kg, drag.log_sigma, settings.trim_ratio_sigma])
        return ImpactPrediction(unknown, None, np.empty((0, 7)), state, air, np.zeros((2, 3)))
    flight = path[:rows].copy()
    push_ratio, axes = push_of(flight, settings)
    air = np.array([drag.drag_m2_kg, drag.log_sigma, push_ratio])
    across = push_ratio * axes
    apogee_m = max(ahead_m, _apogee_behind_m(state, known.apogee_m))
    steepness_ratio = min(known.steepness_ratio, _steepness_ratio(state, apogee_m))
    lift = lift_probability(
        settings,
        PathShape(apogee_m, _dive_rad(flight, apogee_m), steepness_ratio),
        lift_unused_m_s2=known.lift_unused_m_s2,
        is_manoeuvring=known.is_manoeuvring,
    )
    doubts = _Doubts(lift, drag.light_probability)
    spread = _spread(state, _Air(air, across), _End.of(flight[-1]), doubts, settings)
    return ImpactPrediction(
        spread.impact, apogee_m, flight, state, air, across, spread.range_sigma_m,
        spread.fall_max_s, lift_probability=lift, lift_ratio_max=settings.lift_ratio_max,
        steepness_ratio=steepness_ratio, known=known,
    )  # fmt: skip


def lift_available_m_s2(state: StateEstimate, settings: AssessmentSettings) -> float:
    """The greatest lift that the air would give the body where it is; 0 while it climbs."""
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(state.mean, values)
    altitude_m, speed_m_s, climb_m_s = (float(v) for v in values[:3])
    if climb_m_s >= 0.0:
        return 0.0
    pressure_pa = 0.5 * _kernels.air_density(altitude_m) * speed_m_s**2
    return settings.lift_ratio_max * pressure_pa / settings.ballistic_coefficient_kg_m2


def _steepness_ratio(state: StateEstimate, apogee_m: float) -> float:
    """Apogee over range of the parabola with this apogee and ground speed: tan(angle) / 4."""
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(state.mean, values)
    return math.sqrt(_G_8 * max(apogee_m, 0.0)) / max(float(values[3]), 1.0)


_G_8 = GRAVITY_M3_S2 / SEMI_MAJOR_M**2 / 8.0


def _dive_rad(flight: Floats, apogee_m: float) -> float:
    """Angle below the horizon at which a flight from above the air enters it, or is in it now.

    Not nearer to the apogee than half of its height: near it every path lies flat.
    """
    if apogee_m < _BEARING_M:
        return 0.5 * math.pi
    height_m = np.linalg.norm(flight[:, 1:4], axis=1) - SEMI_MAJOR_M
    above = np.flatnonzero(height_m > min(_BEARING_M, 0.5 * apogee_m))
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(flight[above[-1] if above.size else 0, 1:], values)
    return math.atan2(-float(values[2]), float(values[3]))


@dataclass(frozen=True)
class _Spread:
    impact: Impact
    range_sigma_m: float
    fall_max_s: float


@dataclass(frozen=True)
class _Doubts:
    """Probabilities that it uses lift, and that it is as light as a missile that failed."""

    lift: float
    light: float


@dataclass(frozen=True)
class _Air:
    """``[drag, log sigma of drag, unit of lift]``, and the two pushes across the path, (2, 3)."""

    believed: Floats
    across: Floats


@dataclass(frozen=True)
class _End:
    """Where the expected flight ends: ``[t x y z vx vy vz]``, and east and north there."""

    row: Floats
    east_north: Floats

    @classmethod
    def of(cls, row: Floats) -> "_End":
        latitude_rad, longitude_rad, _ = _kernels.ground_of(*(float(v) for v in row[1:4]))
        return cls(row, enu_from_ecef(Geodetic(latitude_rad, longitude_rad))[:2])


def _spread(
    state: StateEstimate, air: _Air, end: _End, doubts: _Doubts, settings: AssessmentSettings
) -> _Spread:
    """The impact point with the covariance of place and time."""
    drag_log_sigma = float(air.believed[1])
    time_max_s = min(FLIGHT_MAX_S, 3.0 * float(end.row[0]) + 600.0)
    falls = _offsets(state, air, PAIRS, end, time_max_s)
    if not np.isfinite(falls).all():
        unknown = Unknown("the estimate is so uncertain that the object may not come down at all")
        return _Spread(unknown, math.inf, time_max_s)
    response = _second_order(falls)
    by_state, shift = response.by_state, response.shift
    range_sigma_m = math.sqrt(float(by_state[0, 0] + by_state[1, 1]))
    fall_max_s = float(end.row[0]) + max(0.0, float(falls[:, 2].max()))
    cloud = _cloud(response, drag_log_sigma)
    weights = np.full(len(cloud), 1.0 / len(cloud))
    if doubts.light > 0.0:
        log_sigma = settings.light_coefficient_log_sigma
        thin = np.array([1.0 / settings.light_coefficient_kg_m2, log_sigma, 0.0])
        slowed = _offsets(state, replace(air, believed=thin), LIGHT, end, time_max_s)
        cloud = np.vstack([cloud, slowed - shift])
        weights = np.concatenate(
            [(1.0 - doubts.light) * weights, np.full(len(slowed), doubts.light / len(slowed))]
        )
        if np.isfinite(slowed).all():
            fall_max_s = max(fall_max_s, float(end.row[0]) + float(slowed[:, 2].max()))
    lift, content = doubts.lift, 0.9
    shapes = [response.by_air]
    if lift > settings.lift_negligible_probability:
        content = min(0.9 / (1.0 - lift), _TAIL_CONTENT)
        lifted = np.array([air.believed[0], drag_log_sigma, settings.lift_ratio_max])
        glides = _offsets(state, replace(air, believed=lifted), GLIDES, end, time_max_s)
        cloud = np.vstack([cloud, glides - shift])
        weights = np.concatenate([(1.0 - lift) * weights, np.full(len(glides), lift / len(glides))])
        if np.isfinite(glides).all():
            fall_max_s = max(fall_max_s, float(end.row[0]) + float(glides[:, 2].max()))
            shapes.append((cloud * weights[:, None]).T @ cloud)
        elif content >= _TAIL_CONTENT:
            return _Spread(Unknown(MAY_GLIDE), range_sigma_m, time_max_s)
    region = _smallest([_holding(shape + _LEAST, cloud, weights) for shape in shapes])
    if region is None:
        return _Spread(Unknown(TOO_UNCERTAIN), range_sigma_m, fall_max_s)
    region = region - 2.0 * math.log(1.0 - content) / CHI2_2_P90 * (by_state + _GROUND)
    impact = _place(state, end, shift, region)
    is_by_lift = 2.0 * range_sigma_m**2 < float(region[0, 0] + region[1, 1])
    limit_m = settings.semi_major_lift_max_m if is_by_lift else settings.semi_major_max_m
    if math.isfinite(impact.time_sigma_s) and impact.ellipse_p90.semi_major_m <= limit_m:
        return _Spread(impact, range_sigma_m, fall_max_s)
    reason = MAY_GLIDE if is_by_lift else TOO_UNCERTAIN
    return _Spread(Unknown(reason), range_sigma_m, fall_max_s)


def _holding(shape: Floats, cloud: Floats, weights: Floats) -> Floats | None:
    """A covariance, so scaled that its 90 % ellipse and 90 % interval hold 90 % of weighted falls.

    Moments alone do not tell: what is bounded, as the drag is, lies nearer than a Gaussian of the
    same covariance; of a mixture all may lie near or much far off. A fall that is not finite lies
    outside; None where no size holds enough of them. What the state and the ground leave open is no
    part of it: that is Gaussian and comes on top, so that who knows less never has the smaller
    ellipse.
    """
    if not np.isfinite(shape).all():
        return None
    east, north = cloud[:, 0], cloud[:, 1]
    ee, en, nn = float(shape[0, 0]), float(shape[0, 1]), float(shape[1, 1])
    distance2 = (nn * east * east - 2.0 * en * east * north + ee * north * north) / (
        ee * nn - en * en
    )
    ratio = _quantile(distance2, weights) / CHI2_2_P90
    late = _quantile(np.square(cloud[:, 2]) / float(shape[2, 2]), weights) / _TIMES_P90**2
    if not (math.isfinite(ratio) and math.isfinite(late)):
        return None
    scale = np.sqrt([ratio, ratio, late])
    held: Floats = shape * np.outer(scale, scale)
    return held


def _quantile(values: Floats, weights: Floats) -> float:
    """The least that nine tenths of the weighted values do not exceed."""
    values = np.where(np.isfinite(values), values, math.inf)
    order = np.argsort(values, kind="stable")
    reached = np.searchsorted(np.cumsum(weights[order]), 0.9 - 1e-12)
    return float(values[order[min(int(reached), len(order) - 1)]])


def _smallest(regions: list[Floats | None]) -> Floats | None:
    """Of regions that hold as much, the one with the smallest ellipse; None where there is none."""
    held = [region for region in regions if region is not None]
    return min(held, key=_area2_m4, default=None)


def _area2_m4(region: Floats) -> float:
    """What grows with the area of its ellipse: the determinant."""
    return float(region[0, 0] * region[1, 1] - region[0, 1] * region[1, 0])


def _offsets(
    state: StateEstimate, air: _Air, points: Floats, end: _End, time_max_s: float
) -> Floats:
    """By how much flights end east, north (m) and later (s) than expected; NaN for never."""
    ends = np.full((len(points), 4), np.nan)
    _flight_kernels.fly_blocks(
        state.mean, root_of(state.covariance), air.believed, air.across, points, _STEP_HIGH_S,
        time_max_s, math.inf, ends, _NO_ROWS, np.empty(len(points), dtype=np.int64),
    )  # fmt: skip
    offsets = np.empty((len(points), 3))
    offsets[:, :2] = (ends[:, 1:] - end.row[1:4]) @ end.east_north.T
    offsets[:, 2] = ends[:, 0] - end.row[0]
    return offsets


def _place(state: StateEstimate, end: _End, shift: Floats, covariance: Floats) -> PlaceEstimate:
    """The mean of the falls, ``shift`` (m east, m north, s) from where the expected one ends."""
    middle_m = end.row[1:4] + end.east_north.T @ shift[:2]
    latitude_rad, longitude_rad, _ = _kernels.ground_of(*(float(v) for v in middle_m))
    ee, en, nn = (float(v) for v in (covariance[0, 0], covariance[0, 1], covariance[1, 1]))
    return PlaceEstimate(
        latitude_rad,
        longitude_rad,
        (ee, en, nn),
        state.valid_at.later(max(0.0, float(end.row[0] + shift[2]))),
        max(TIME_SIGMA_MIN_S, math.sqrt(float(covariance[2, 2]))),
    )


@dataclass(frozen=True)
class _Response:
    """Place and time of the fall over state and drag, to second order, and over a push.

    In a coordinate z of unit variance a fall ends ``slope z + bend z^2`` off, shapes (7, 3); for
    the two pushes ``aside z``, shape (2, 3). ``by_state`` is the covariance from the state alone,
    ``by_air`` that from drag and pushes.
    """

    slope: Floats
    bend: Floats
    aside: Floats
    by_state: Floats
    by_air: Floats
    shift: Floats


def _second_order(offsets: Floats) -> _Response:
    """From the offsets at +-h sigma, pair by pair.

    The last two, the pushes, have no pair: they are all but linear. The interval h
    matches the fourth moment: h^2 is 3 for a Gaussian and 1.8 for a uniform distribution, that of
    ln drag. Reference: Norgaard, Poulsen and Ravn (2000), Automatica 36, 1627-1638.
    """
    plus, minus = offsets[0:-2:2], offsets[1:-2:2]
    slope = (plus - minus) / (2.0 * INTERVALS)
    bend = (plus + minus) / (2.0 * INTERVALS**2)
    spread = np.sqrt(INTERVALS**2 - 1.0)

    def covariance(first: Floats, second: Floats) -> Floats:
        bent = spread[: len(second)] * second
        found: Floats = first.T @ first + bent.T @ bent
        return found

    pairs = _BY_STATE // 2
    aside = offsets[-2:] / STEP
    by_state = covariance(slope[:pairs], bend[:pairs])
    by_air = covariance(slope, bend) - by_state + aside.T @ aside
    return _Response(slope, bend, aside, by_state, by_air, bend.sum(axis=0))


def _cloud(response: _Response, drag_log_sigma: float) -> Floats:
    """Falls about their mean as the air alone spreads them, (n, 3), at a fixed set of points.

    What pushes aside is a share of the drag, and grows with it.
    """
    points = CLOUD_POINTS
    drag = points[:, 6:7]
    bent = drag * response.slope[6:] + (drag**2 - 1.0) * response.bend[6:]
    cloud: Floats = bent + np.exp(drag_log_sigma * drag) * points[:, PUSH:] @ response.aside
    return cloud


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
