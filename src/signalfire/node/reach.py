"""Whether a new track is what a lost body has become that may have used lift meanwhile.

Without air a path is foretold, and states are compared along it. In air a body that nobody sees
turns as it likes, but pays for it: lift of L/D times the drag turns it by no more than L/D times
what the drag takes of its speed, and no engine gives anything back. So of two looks at one body

- the second has no more energy than the first;
- its heading and the bearing from place to place together turn by no more than the energy lost
  allows: a turn rate of lift / speed, with a loss of drag x speed, integrated;
- the way between the places is as long as speeds between the two allow, straight or bent;
- and within short times neither lift nor drag bends a path at once.

A missile of its own is told by its engine: it gains energy. While that is not yet known, what
climbs hard is more likely one than a body that pulls up just then.
"""

import math
from enum import Enum

import numpy as np

from signalfire.assess.phase import BOOST_CLIMB_M_S, MANOEUVRE_TOP_M
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.motion.shaken import CAUTIOUS, trail
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.track import Track
from signalfire.space.earth import GRAVITY_M3_S2, MEAN_RADIUS_M, ROTATION_RAD_S
from signalfire.space.geodesy import geodetic

LIFT_DRAG_MAX = 3.0
"""Gliders have 2 to 3 (Tracy and Wright 2020)."""
BENT_MAX_M_S2 = 350.0
"""Lift and drag together: re-entry bodies pull up with 25 g (Pershing II), and thick air slows one
of 3 km/s by 24 g at most (Allen and Eggers (1958), NACA Report 1381)."""
UNSEEN_MAX_S = 300.0
"""A glider flies on for longer; but what it can reach by then lies across a whole country."""
SIGMAS = 3.0
SPEED_SIGMA_MAX_RATIO = 0.1
"""A speed less well known than this, as a part of it, says nothing of a turn yet."""
POWERED_M_S2 = 5.0
"""What gains speed by so much, height counted as speed, is driven: the weakest stages do."""
SURE_SIGMAS = 2.0
JUDGED_S = 12.0
"""By then whether it gains energy is more probable than not either way."""
ENTRY_STEP_S = 2.0


class Found(Enum):
    """What a new track is to a lost body."""

    SAME = "same"
    OTHER = "other"
    OPEN = "open"


def found_again(lost: StateEstimate, track: Track) -> tuple[Found, float]:
    """Judge a new track against the last state of a body in free flight or using lift.

    The number says how much of the reach it takes: 0 in its middle, 1 at its edge, else infinite.
    """
    other = Found.OTHER, math.inf
    state = track.state
    unseen_s = state.valid_at.elapsed_s(since=lost.valid_at)
    place = geodetic(state.position_ecef_m)
    first = track.ascent[0] if track.ascent else state
    if not 0.0 < unseen_s <= UNSEEN_MAX_S + JUDGED_S or place.altitude_m > MANOEUVRE_TOP_M:
        return other
    entered = _in_air(lost, state.valid_at)
    share = math.inf if entered is None else reach_share(entered, state)
    if share > 1.0:
        return other
    speed_m_s, sigma_m_s = _energy_speed_m_s(state)
    before_m_s, before_sigma_m_s = _energy_speed_m_s(first)
    since_s = state.valid_at.elapsed_s(since=first.valid_at)
    gain_m_s, gain_sigma_m_s = speed_m_s - before_m_s, math.hypot(sigma_m_s, before_sigma_m_s)
    driven_m_s, sure_m_s = POWERED_M_S2 * since_s, SURE_SIGMAS * gain_sigma_m_s
    if gain_m_s - sure_m_s > 0.5 * driven_m_s > 0.0:
        return other
    is_known = sigma_m_s < SPEED_SIGMA_MAX_RATIO * speed_m_s
    if is_known and since_s > 0.0 and gain_m_s + sure_m_s < driven_m_s:
        return Found.SAME, share
    if track.observed_s < JUDGED_S:
        return Found.OPEN, share
    up = state.position_ecef_m / np.linalg.norm(state.position_ecef_m)
    is_steep = float(up @ state.velocity_ecef_m_s) > BOOST_CLIMB_M_S
    least_m_s = 0.0 if is_steep else 0.5 * driven_m_s
    return (Found.SAME, share) if gain_m_s < least_m_s else other


def reach_share(before: StateEstimate, after: StateEstimate) -> float:
    """How much of what lift and drag allow lies between two states in air; above 1: too much."""
    elapsed_s = after.valid_at.elapsed_s(since=before.valid_at)
    here, there = before.position_ecef_m, after.position_ecef_m
    velocity, later = before.velocity_ecef_m_s, after.velocity_ecef_m_s
    chord = there - here
    place_sigma_m = math.hypot(_sigma(before, 0), _sigma(after, 0))
    speed_sigma_m_s = math.hypot(_sigma(before, 3), _sigma(after, 3))
    slack_m = SIGMAS * math.hypot(place_sigma_m, speed_sigma_m_s * elapsed_s)
    bent_m = float(np.linalg.norm(chord - velocity * elapsed_s))
    bent_share = bent_m / (0.5 * BENT_MAX_M_S2 * elapsed_s**2 + slack_m)

    level, level_later = _level(velocity, here), _level(later, there)
    level_m_s = float(np.linalg.norm(level))
    later_m_s = float(np.linalg.norm(level_later))
    if min(level_m_s, later_m_s) <= 0.0:
        return math.inf
    energy_m_s, sigma_m_s = _energy_speed_m_s(before)
    left_m_s, left_sigma_m_s = _energy_speed_m_s(after)
    noise_m_s = SIGMAS * math.hypot(sigma_m_s, left_sigma_m_s)
    if left_m_s > energy_m_s + noise_m_s:
        return math.inf
    # Of d(heading) = lift / (speed x level speed) ds, with drag x ds taken of the energy.
    loss_m2_s2 = max(0.0, 0.5 * (energy_m_s**2 - left_m_s**2)) + noise_m_s * energy_m_s
    slowest_m2_s2 = min(
        float(np.linalg.norm(velocity)) * level_m_s, float(np.linalg.norm(later)) * later_m_s
    )
    turn_max = LIFT_DRAG_MAX * loss_m2_s2 / slowest_m2_s2 + 2.0 * ROTATION_RAD_S * elapsed_s
    way_m = float(np.linalg.norm(chord))
    if way_m <= slack_m:
        return bent_share
    turn = _angle(level, _level(chord, here)) + _angle(_level(chord, there), level_later)
    turn_slack = math.asin(min(1.0, SIGMAS * place_sigma_m / way_m)) + SIGMAS * (
        speed_sigma_m_s / min(level_m_s, later_m_s)
    )
    turn_share = turn / (turn_max + turn_slack)

    lowest_m = min(geodetic(here).altitude_m, geodetic(there).altitude_m)
    fastest_m_s = math.sqrt(max(energy_m_s**2 - 2.0 * _drop_m2_s2(max(lowest_m, 0.0)), 0.0))
    fastest_m_s = max(fastest_m_s, float(np.linalg.norm(velocity)), later_m_s)
    middle_m = 0.5 * (level_m_s + later_m_s) * elapsed_s
    bent_ratio = max(0.0, math.cos(0.5 * min(turn_max + turn_slack, math.tau)))
    shortest_m = min(level_m_s, later_m_s) * elapsed_s * bent_ratio - slack_m
    longest_m = fastest_m_s * elapsed_s + slack_m
    if way_m >= middle_m:
        way_share = (way_m - middle_m) / max(longest_m - middle_m, slack_m)
    else:
        way_share = (middle_m - way_m) / max(middle_m - shortest_m, slack_m)
    return max(bent_share, turn_share, way_share)


def _in_air(lost: StateEstimate, until: Instant) -> StateEstimate | None:
    """The state from which on it may use lift: at once, or as it falls into the air; None: never.

    Above the air it falls freely.
    """
    if geodetic(lost.position_ecef_m).altitude_m <= MANOEUVRE_TOP_M:
        return lost
    steps = math.floor(until.elapsed_s(since=lost.valid_at) / ENTRY_STEP_S)
    moments = [lost.valid_at.later(ENTRY_STEP_S * n) for n in range(1, steps + 1)]
    if not moments:
        return None
    means, covariances = trail(lost, moments, CAUTIOUS)
    for at, mean, covariance in zip(moments, means, covariances, strict=True):
        if geodetic(mean[:3]).altitude_m <= MANOEUVRE_TOP_M:
            return StateEstimate(at, mean, covariance)
    return None


def _energy_speed_m_s(state: StateEstimate) -> tuple[float, float]:
    """The speed over ground that its energy is worth on the ground, and its standard deviation."""
    place, velocity = state.position_ecef_m, state.velocity_ecef_m_s
    radius_m = float(np.linalg.norm(place))
    height_m = geodetic(place).altitude_m
    speed_m_s = math.sqrt(float(velocity @ velocity) + 2.0 * _drop_m2_s2(height_m))
    slope = np.concatenate([GRAVITY_M3_S2 / radius_m**3 * place, velocity]) / max(speed_m_s, 1.0)
    return speed_m_s, math.sqrt(max(0.0, float(slope @ state.covariance @ slope)))


def _drop_m2_s2(height_m: float) -> float:
    """What a fall from a height is worth, per mass; the height is no less than the sea's."""
    height_m = max(height_m, 0.0)
    return GRAVITY_M3_S2 * height_m / (MEAN_RADIUS_M * (MEAN_RADIUS_M + height_m))


def _level(vector: Floats, place: Floats) -> Floats:
    """The part of a vector along the ground below a place."""
    up = place / np.linalg.norm(place)
    along: Floats = vector - (vector @ up) * up
    return along


def _angle(one: Floats, other: Floats) -> float:
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return math.acos(min(1.0, max(-1.0, float(one @ other) / size))) if size > 0.0 else 0.0


def _sigma(state: StateEstimate, first: int) -> float:
    """Root of the mean variance of the axes of place (0) or velocity (3)."""
    return math.sqrt(max(0.0, float(np.diag(state.covariance)[first : first + 3].mean())))
