"""Where and when it was launched, by going back along its track.

Seen under thrust, the way back to lift-off follows the family of generic boosts: time and ground
distance since lift-off follow from height, speed, path angle and, where the early arc shows them,
how fast the speed grows and the path leans over. The tracker's states trail behind the thrust; by
how much follows from their covariances (``_thrust_kernels``), and is put right first. What moves
as none of the family does has no such way back. Seen after burnout, the way back is a ballistic
arc to where the engine must have stopped, which only the energy tells, and the family from there.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import is_

import numpy as np

from signalfire.assess import _kernels, _thrust_kernels
from signalfire.assess.boost import (
    AZIMUTH_SPREAD_RAD,
    BURN_BASE_S,
    BURN_LOG_SIGMA,
    BURN_S_PER_M_S,
    BY_MOTION,
    BY_STATE,
    DIRECTION_SIGMA,
    PATH_ANGLE_MIN_RAD,
    SPEED_LAW,
    THRUST_ASIDE_FRACTION,
    THRUST_LAW,
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
DRIVEN_PROBABILITY_MAX = 0.1
"""Where no boost leads to a state, an ellipse that holds 90 % may leave no more to what drives it.
"""
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
LAG_SIGMA_FRACTION = 0.25
"""How wrong the lag of a filtered state may be: the family's thrust by 0.19 (``boost.py``), and by
as much again because thrust is not steady and a filter weighs several ways of moving."""
UNLIKE_DISTANCE2 = 16.27
"""Further from the family's speeds and directions (chi-square, 3 degrees of freedom) lies one state
in a thousand of it."""
GAIN_LEAST_SHARE = 0.25
"""Of the speed that the family's thrust gives within ``FIT_SPAN_MAX_S``, a boost gains at least
this: a pause between stages takes up to half, a thrust three sigmas weak four tenths of the rest.
"""
SURE_SIGMAS = 2.0
STANDARD_GRAVITY_M_S2 = 9.80665
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
    # One satellite's word for it is no filter's: that begins, and trails, with the arc.
    since = track.first_observed_at if track.lift_off is None else states[0].valid_at
    if not track.free_flight_seen:
        powered = _from_thrust(states, since)
        share = track.thrust_probability
        if not powered and share > DRIVEN_PROBABILITY_MAX:
            return Unknown("driven, but not as a missile that lifts off")
        if share > SURELY_POWERED_PROBABILITY:
            return _best_of(powered)
        coasting = _from_coast(states[-1])
        both = [(share * weight, way) for weight, way in _surest(powered, _ground_m)]
        both += [((1.0 - share) * weight, way) for weight, way in coasting]
        return _place(both) if both else Unknown("does not climb as a launch does")
    burnt_out_at = track.burnt_out_at
    if burnt_out_at is not None and burnt_out_at > track.first_observed_at:
        until = [s for s in states if s.valid_at <= burnt_out_at]
        return _best_of(_from_thrust(until or states[:1], since))
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


def _liftoff(mean: Floats, covariance: Floats, at: Instant, family: Family) -> _Liftoff | None:
    """Back to lift-off by the boost family; None for what does not climb."""
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(mean, values)
    if values[0] < ALTITUDE_MIN_M or values[2] < CLIMB_MIN_M_S:
        return None
    out = np.empty(8)
    spread = np.empty((4, 4))
    _kernels.liftoff_spread(mean, covariance, family.features, family.age, family.run, out, spread)
    age_sigma, run_sigma = family.sigma_fractions(math.asin(min(1.0, values[2] / values[1])))
    is_finite = _kernels.doubt(
        out, run_sigma, AZIMUTH_SPREAD_RAD, SITE_SIGMA_M, age_sigma, LIFT_OFF_SIGMA_S, spread
    )
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


def _from_thrust(powered: Sequence[StateEstimate], since: Instant) -> list[_Ways]:
    """Ways back from single states, and from smooth curves through the first of them.

    ``since`` is when the track began. Each curve is taken in its middle: at the ends a cubic knows
    little of the acceleration. Neither has what moves as no boost of the family does.
    """
    first = powered[0]
    after_s = np.array([s.valid_at.elapsed_s(since=first.valid_at) for s in powered])
    caught_up = [_caught_up(s, since) for s in powered]
    if not _gains_speed(caught_up, after_s):
        return []
    step = max(1, len(powered) // SINGLES)
    found = []
    for state, (mean, covariance, _) in zip(powered[::step], caught_up[::step], strict=True):
        likely = _as_the_family(mean, covariance)
        if likely is not None:
            found.append(_liftoff(*likely, state.valid_at, BY_STATE))
    counts = [
        count
        for count in range(FIT_STATES_MIN, len(powered) + 1, FIT_STATES_MORE)
        if FIT_SPAN_MIN_S <= after_s[count - 1] <= FIT_SPAN_MAX_S
    ]
    if counts:
        start = np.append(first.mean[:3], np.zeros(3))
        means = np.array([mean for mean, _, _ in caught_up]) - start
        # States within one memory of the filter share their plots: together they count as one.
        spacing_s = after_s[-1] / (len(powered) - 1)
        counted = [max(1.0, memory_s / spacing_s) * p for _, p, memory_s in caught_up]
        # One that is not known to be anything has no weight.
        weights, _ = inverses(np.array(counted))
        for count in counts:
            middle_s = 0.5 * float(after_s[count - 1])
            curve = _smooth(after_s[:count] - middle_s, means[:count], weights[:count])
            if curve is None:
                continue
            mean, covariance = curve
            mean[:3] += first.mean[:3]
            if _as_the_family(mean[:6], covariance[:6, :6]) is not None:
                at = first.valid_at.later(middle_s)
                found.append(_liftoff(mean, covariance, at, BY_MOTION))
    return [[(1.0, way)] for way in _without_luck([way for way in found if way is not None])]


def _caught_up(state: StateEstimate, since: Instant) -> tuple[Floats, Floats, float]:
    """Mean and covariance under thrust without the filter's lag, and its memory in seconds."""
    mean, covariance = np.empty(6), np.empty((6, 6))
    memory_s = _thrust_kernels.caught_up(
        state.mean, state.covariance, state.valid_at.elapsed_s(since=since),
        THRUST_LAW, LAG_SIGMA_FRACTION, THRUST_ASIDE_FRACTION, mean, covariance,
    )  # fmt: skip
    return mean, covariance, memory_s


def _as_the_family(mean: Floats, covariance: Floats) -> tuple[Floats, Floats] | None:
    """A state given that it is one of the family's; None where it is surely none."""
    likely, closer = np.empty(6), np.empty((6, 6))
    angle = np.empty(2)
    distance2 = _thrust_kernels.as_the_family(
        mean, covariance, SPEED_LAW, DIRECTION_SIGMA, likely, closer, angle
    )
    # One sigma below all but one in a hundred: a glider is likelier than a boost.
    is_level = angle[0] + angle[1] < PATH_ANGLE_MIN_RAD
    return None if is_level or not distance2 < UNLIKE_DISTANCE2 else (likely, closer)


def _gains_speed(caught_up: list[tuple[Floats, Floats, float]], after_s: Floats) -> bool:
    """Whether the first states may gain speed as boosts do: a glider, however fast, loses some.

    From the first state whose speed is known well enough to tell; where none is, they may.
    """
    last = int(np.searchsorted(after_s, FIT_SPAN_MAX_S, side="right")) - 1
    end, doubt, _ = caught_up[last]
    push_m_s2 = np.empty(3)
    _thrust_kernels.thrust_of(end, THRUST_LAW, push_m_s2)
    speed_m_s = float(np.linalg.norm(end[3:]))
    ahead = end[3:] / max(speed_m_s, 1.0)
    # What gravity takes on the way up is no sign of a weak engine.
    fall_m_s2 = STANDARD_GRAVITY_M_S2 * float(ahead @ end[:3]) / float(np.linalg.norm(end[:3]))
    least_m_s2 = GAIN_LEAST_SHARE * float(np.linalg.norm(push_m_s2))
    for (mean, covariance, _), at_s in zip(caught_up[:last], after_s[:last], strict=True):
        span_s = float(after_s[last] - at_s)
        wanted_m_s = least_m_s2 * span_s
        sigma_m_s = math.sqrt(max(0.0, float(ahead @ (covariance + doubt)[3:, 3:] @ ahead)))
        if SURE_SIGMAS * sigma_m_s < wanted_m_s:
            gained_m_s = speed_m_s - float(np.linalg.norm(mean[3:])) + fall_m_s2 * span_s
            return gained_m_s + SURE_SIGMAS * sigma_m_s >= wanted_m_s
    return True


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
