"""Where and when it was launched, by going back along its track.

Seen under thrust, the way back to lift-off follows the family of generic boosts: time and ground
distance since lift-off follow from height, speed, path angle and, where the early arc shows them,
how fast the speed grows and the path leans over. Seen after burnout, the way back is a ballistic
arc to where the engine must have stopped, which only the energy tells, and the family from there.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import is_

import numpy as np

from signalfire.assess import _kernels
from signalfire.assess.boost import (
    AZIMUTH_SPREAD_RAD,
    BURN_BASE_S,
    BURN_LOG_SIGMA,
    BURN_S_PER_M_S,
    BY_MOTION,
    BY_STATE,
    Family,
)
from signalfire.basis.definite import inverse, inverses
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import (
    CHI2_2_P90,
    Launch,
    PlaceEstimate,
    StateEstimate,
    Unknown,
)
from signalfire.picture.track import Track
from signalfire.space.earth import SEMI_MAJOR_M
from signalfire.space.geodesy import Geodetic, enu_from_ecef

SITE_SIGMA_M = 300.0
LIFT_OFF_SIGMA_S = 1.0
SURELY_POWERED_PROBABILITY = 0.95
ALTITUDE_MIN_M = 1_000.0
CLIMB_MIN_M_S = 30.0
CHI2_1_P90 = 2.705543454095404
COAST_BACK_MAX_S = 1_800.0
COAST_STEP_S = 4.0
COASTS_REMEMBERED = 1_024
"""States of which the ways back are kept: a few of each event; some 4 MB at most."""
NEARLY_AS_SURE = 1.25
SINGLES = 8
"""Single states tried, evenly over the arc."""
FIT_STATES_MIN = 9
FIT_STATES_MORE = 3
FIT_SPAN_MIN_S = 7.0
FIT_SPAN_MAX_S = 30.0
FIT_INFLATION = 1.4
"""Filtered states a second or so apart share most of their plots: each counts as 0.7 of one."""
THRUST_VARIANCE_SHARE = 0.3
"""Errors of states under thrust, squared, against their stated covariances. Those must hold for
the hardest boosts (tracking/settings.py: 50 m/s2); over the family errors are half as large
(docs/validation/coverage.md), and so are those of the curves through them."""
_NODES = np.array([-1.8, -0.9, 0.0, 0.9, 1.8])
_WEIGHTS = np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum()


def estimate_launch(track: Track) -> Launch:
    """The launch that the whole early arc of a track allows.

    While it is open whether the first states lie before or after burnout, both ways back count, by
    the probability of thrust. What one satellite alone began comes with a lift-off; that holds
    until the arc that others have seen as well tells more.
    """
    told = track.lift_off
    if told is not None and len(track.ascent) < FIT_STATES_MIN:
        return told
    found = _from_arc(track)
    if told is None:
        return found
    is_surer = isinstance(found, PlaceEstimate) and _variance_m2(found) < _variance_m2(told)
    return found if is_surer else told


def _from_arc(track: Track) -> Launch:
    states = track.ascent or (track.state,)
    if not track.free_flight_seen:
        powered = _from_thrust(states)
        share = track.thrust_probability
        if share > SURELY_POWERED_PROBABILITY:
            return _best_of(powered)
        coasting = _from_coast(states[-1])
        both = [(share * weight, way) for weight, way in _surest(powered, _ground_m)]
        both += [((1.0 - share) * weight, way) for weight, way in coasting]
        return _place(both) if both else Unknown("does not climb as a launch does")
    burnt_out_at = track.burnt_out_at
    if burnt_out_at is not None and burnt_out_at > track.first_observed_at:
        until = [s for s in states if s.valid_at <= burnt_out_at]
        return _best_of(_from_thrust(until or states[:1]))
    return _best_of([_from_coast(states[0]), _from_coast(states[-1])])


def fuse_launches(estimates: Sequence[PlaceEstimate]) -> PlaceEstimate:
    """One launch from several nations' estimates whose errors are alike in an unknown way.

    The surest one is kept, and its ellipse grows until no other estimate contradicts it: where
    the difference to another exceeds what both covariances explain (90 %), the covariance is
    scaled up to explain it. Place and time are judged apart; never surer than the surest.
    """
    assert estimates, "there is nothing to fuse"
    best = _best(list(estimates))
    scale_place = scale_time = 1.0
    for other in estimates:
        north_m = (other.latitude_rad - best.latitude_rad) * SEMI_MAJOR_M
        turn_rad = (other.longitude_rad - best.longitude_rad + math.pi) % (2.0 * math.pi) - math.pi
        east_m = turn_rad * math.cos(best.latitude_rad) * SEMI_MAJOR_M
        gap_m = np.array([east_m, north_m])
        both_m2 = _matrix_m2(best) + _matrix_m2(other)
        known = inverse(both_m2)
        if known is not None:
            scale_place = max(scale_place, float(gap_m @ known @ gap_m) / CHI2_2_P90)
        gap_s = other.time.elapsed_s(since=best.time)
        both_s2 = best.time_sigma_s**2 + other.time_sigma_s**2
        scale_time = max(scale_time, gap_s**2 / both_s2 / CHI2_1_P90)
    ee, en, nn = best.covariance_east_north_m2
    return PlaceEstimate(
        best.latitude_rad,
        best.longitude_rad,
        (ee * scale_place, en * scale_place, nn * scale_place),
        best.time,
        best.time_sigma_s * math.sqrt(scale_time),
    )


def _matrix_m2(estimate: PlaceEstimate) -> Floats:
    ee, en, nn = estimate.covariance_east_north_m2
    return np.array([[ee, en], [en, nn]])


def _best(estimates: list[PlaceEstimate]) -> PlaceEstimate:
    """The place of the surest place, the time of the surest time; of equals the first."""
    place = min(estimates, key=_variance_m2)
    moment = min(estimates, key=lambda estimate: estimate.time_sigma_s)
    return PlaceEstimate(
        place.latitude_rad,
        place.longitude_rad,
        place.covariance_east_north_m2,
        moment.time,
        moment.time_sigma_s,
    )


def _variance_m2(estimate: PlaceEstimate) -> float:
    ee, _, nn = estimate.covariance_east_north_m2
    return ee + nn


@dataclass(frozen=True)
class _Liftoff:
    """One way back: ground point (a direction), when, and the covariance of both (metres, s).

    ``age_s`` is the time since lift-off of the state that it started from.
    """

    point: Floats
    at: Instant
    spread: Floats
    age_s: float


_Ways = list[tuple[float, _Liftoff]]
"""Ways back with their weights."""


def _liftoff(
    mean: Floats, covariance: Floats, at: Instant, family: Family, share: float = 1.0
) -> _Liftoff | None:
    """Back to lift-off by the boost family; None for what does not climb.

    ``share`` is that of the covariance which the state's errors truly have.
    """
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(mean, values)
    if values[0] < ALTITUDE_MIN_M or values[2] < CLIMB_MIN_M_S:
        return None
    out = np.empty(8)
    spread = np.empty((4, 4))
    _kernels.liftoff_spread(mean, covariance, family.features, family.age, family.run, out, spread)
    is_finite = _kernels.doubt(
        out, share, family.run_sigma_fraction, AZIMUTH_SPREAD_RAD, SITE_SIGMA_M,
        family.age_sigma_fraction, LIFT_OFF_SIGMA_S, spread,
    )  # fmt: skip
    age_s = float(out[0])
    return _Liftoff(out[2:5], at.later(-age_s), spread, age_s) if is_finite else None


def _best_of(choices: list[_Ways]) -> Launch:
    """The surest of several answers from the same observation, place and time apart.

    Answers nearly as sure count alike: the very surest is too often the one that noise made so.
    """
    found = [ways for ways in choices if ways]
    if not found:
        return Unknown("no way back to a launch fits what was seen")
    nearest, soonest = _surest(found, _ground_m), _surest(found, _time_s)
    place = _place(nearest)
    is_same = len(nearest) == len(soonest) and all(map(is_, nearest, soonest))
    moment = place if is_same else _place(soonest)
    return replace(place, time=moment.time, time_sigma_s=moment.time_sigma_s)


def _surest(choices: list[_Ways], doubt: Callable[[_Ways], float]) -> _Ways:
    """The choices whose doubt is within ``NEARLY_AS_SURE`` of the least, as one mixture."""
    found = [(doubt(ways), ways) for ways in choices if ways]
    least = min((doubtful for doubtful, _ in found), default=0.0)
    return [way for doubtful, ways in found if doubtful <= NEARLY_AS_SURE * least for way in ways]


def _ground_m(ways: _Ways) -> float:
    """Root mean square doubt about the place, before the ways themselves are compared."""
    return math.sqrt(sum(weight * float(way.spread[:3, :3].trace()) for weight, way in ways))


def _time_s(ways: _Ways) -> float:
    return math.sqrt(sum(weight * float(way.spread[3, 3]) for weight, way in ways))


def _from_thrust(powered: Sequence[StateEstimate]) -> list[_Ways]:
    """Ways back from single states, and from smooth curves through the first of them.

    Each curve is taken in its middle: at the ends a cubic knows little of the acceleration.
    """
    singles = powered[:: max(1, len(powered) // SINGLES)]
    share = THRUST_VARIANCE_SHARE
    found = [_liftoff(s.mean, s.covariance, s.valid_at, BY_STATE, share) for s in singles]
    first = powered[0]
    after_s = np.array([s.valid_at.elapsed_s(since=first.valid_at) for s in powered])
    counts = [
        count
        for count in range(FIT_STATES_MIN, len(powered) + 1, FIT_STATES_MORE)
        if FIT_SPAN_MIN_S <= after_s[count - 1] <= FIT_SPAN_MAX_S
    ]
    if counts:
        means = np.array([s.mean for s in powered]) - np.append(first.mean[:3], np.zeros(3))
        # One that is not known to be anything has no weight.
        weights, _ = inverses(FIT_INFLATION * np.array([s.covariance for s in powered]))
        for count in counts:
            middle_s = 0.5 * float(after_s[count - 1])
            curve = _smooth(after_s[:count] - middle_s, means[:count], weights[:count])
            if curve is None:
                continue
            mean, covariance = curve
            mean[:3] += first.mean[:3]
            at = first.valid_at.later(middle_s)
            found.append(_liftoff(mean, covariance, at, BY_MOTION, share))
    return [[(1.0, way)] for way in _without_luck([way for way in found if way is not None])]


def _without_luck(ways: list[_Liftoff]) -> list[_Liftoff]:
    """The ways with their doubt as it were if each had found the middle lift-off of them all.

    Doubt grows with the age found. An age that noise made too small would look the surest of all.
    """
    if not ways:
        return []
    middle = sorted(way.at for way in ways)[len(ways) // 2]
    levelled = []
    for way in ways:
        age_s = way.age_s + way.at.elapsed_s(since=middle)
        growth = max(1.0, age_s / way.age_s)
        levelled.append(replace(way, spread=growth**2 * way.spread))
    return levelled


def _smooth(after_s: Floats, means: Floats, weights: Floats) -> tuple[Floats, Floats] | None:
    """Position, velocity and acceleration at time 0 (9), with covariance, by a cubic in time.

    Weighted least squares through the filtered positions and velocities of all states; None where
    they do not tell.
    """
    information = np.zeros((12, 12))
    pointed = np.zeros(12)
    _kernels.cubic_terms(after_s, means, weights, information, pointed)
    covariance = inverse(information)
    if covariance is None:
        return None
    return (covariance @ pointed)[:9], np.ascontiguousarray(covariance[:9, :9])


def _from_coast(state: StateEstimate) -> _Ways:
    """Back along the ballistic arc to where the family is as old as burns of this energy last.

    The first state of an arc is asked for again with each later one, so answers are kept.
    """
    return list(_coast_ways(state.valid_at, state.mean.tobytes(), state.covariance.tobytes()))


@lru_cache(maxsize=COASTS_REMEMBERED)
def _coast_ways(at: Instant, moved: bytes, doubted: bytes) -> tuple[tuple[float, _Liftoff], ...]:
    """``_from_coast`` of the bytes of a state's mean and covariance.

    The burn times that the energy allows are five nodes of their ln-normal spread.
    """
    state = StateEstimate(at, np.frombuffer(moved), np.frombuffer(doubted).reshape(6, 6))
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(state.mean, values)
    typical_s = BURN_BASE_S + BURN_S_PER_M_S * float(values[6])
    ways: _Ways = []
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        burn_s = typical_s * math.exp(BURN_LOG_SIGMA * float(node))
        elapsed_s = _kernels.coast_back(
            state.mean, burn_s, BY_STATE.age, BY_STATE.run, COAST_STEP_S, COAST_BACK_MAX_S
        )
        if elapsed_s < 0.0:
            continue
        mean = np.empty(6)
        covariance = np.empty((6, 6))
        _kernels.carry_back(state.mean, state.covariance, elapsed_s, COAST_STEP_S, mean, covariance)
        way = _liftoff(mean, covariance, state.valid_at.later(-elapsed_s), BY_STATE)
        if way is not None:
            ways.append((float(weight), way))
    return tuple(ways)


def _place(ways: _Ways) -> PlaceEstimate:
    """Mean and covariance of a mixture of ways back."""
    weights = np.array([weight for weight, _ in ways])
    weights /= weights.sum()
    points = np.array([way.point for _, way in ways])
    middle = weights @ points
    x_m, y_m, z_m = (float(v) for v in middle / np.linalg.norm(middle) * SEMI_MAJOR_M)
    latitude_rad, longitude_rad, _ = _kernels.ground_of(x_m, y_m, z_m)
    enu = enu_from_ecef(Geodetic(latitude_rad, longitude_rad))[:2]
    offsets = (points - middle) @ enu.T * SEMI_MAJOR_M
    first = ways[0][1].at
    after_s = np.array([way.at.elapsed_s(since=first) for _, way in ways])
    mean_s = float(weights @ after_s)
    spreads = np.array([way.spread for _, way in ways])
    grounds = enu @ spreads[:, :3, :3] @ enu.T + offsets[:, :, None] * offsets[:, None, :]
    covariance = np.tensordot(weights, grounds, 1)
    variance_s2 = float(weights @ (spreads[:, 3, 3] + (after_s - mean_s) ** 2))
    return PlaceEstimate(
        latitude_rad,
        longitude_rad,
        (float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])),
        first.later(mean_s),
        math.sqrt(variance_s2),
    )
