"""Stages and fragments: which track came off which missile, and which of them threatens.

A stage leaves ONE track in flight, at or after the end of thrust: traced back to then both stand in
one place, at tens of metres a second at most from one another (separation systems push by a few to
some tens of m/s). A missile of a salvo has an ascent of its own: seconds apart at one site it is
kilometres behind at burnout, and from a launcher some kilometres away it is as far off. Two that
leave one place at one time and are first seen in coast cannot be told from a separation: they count
as one event, in which both are shown. Below the entry into the air fragments part faster, by drag,
but near to where they broke off.
"""

import math
from enum import Enum

import numpy as np

from signalfire.assess.classify import sea_level_speed_m_s
from signalfire.basis.instant import Instant
from signalfire.node.event import moved
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.track import Track
from signalfire.space.geodesy import enu_from_ecef, geodetic

SEPARATION_SPEED_M_S = 60.0
"""Twice what separation systems give."""
SAME_PLACE_SIGMA_M = 200.0
"""What the motion model leaves out over the way back; sensors of one nation err alike for both."""
SAME_PLACE_D2_MAX = 16.3
"""Chi-square with three degrees of freedom, one in 1,000."""
PLACE_SIGMA_LIMIT_M = 1e6
"""A place known no better than this is not known."""
PLACE_SIGMA_MAX_M = 1_500.0
SPEED_SIGMA_MAX_M_S = 25.0
"""Less well known than this nothing can be said yet."""
UNDECIDED_S = 25.0
"""So long a track waits for that; then it is taken for a missile of its own."""
BACK_MAX_S = 150.0
MOMENTS = 10
BURN_OUT_SLACK_S = 3.0
BREAK_UP_TOP_M = 120_000.0
BREAK_UP_DISTANCE_M = 5_000.0
BREAK_UP_UNSEEN_S = 10.0
"""Two that part are seen as two some seconds later."""
HEAVIER_SIGMAS = 3.0
HEAVIER_LEAST_M_S = 3.0


class Kinship(Enum):
    """Whether a track came off another one."""

    OBJECT = "object"
    OTHER = "other"
    OPEN = "open"


def kinship(parent: Track, other: Track) -> Kinship:
    """Judge a track that is new against one that is known."""
    if other.first_observed_at <= parent.first_observed_at:
        return Kinship.OTHER
    if _broke_off(parent, other):
        return Kinship.OBJECT
    ended_at = parent.burnt_out_at
    if ended_at is None and not parent.free_flight_seen:
        # Under thrust nothing comes off; a stage may have, if thrust has only just ended.
        is_driven = parent.thrust_probability > 0.5
        return Kinship.OTHER if is_driven or not _is_near(parent, other) else _undecided(other)
    earliest = ended_at if ended_at is not None else parent.first_observed_at
    if other.first_observed_at < earliest.later(-BURN_OUT_SLACK_S):
        return Kinship.OTHER
    if not _is_within_reach(parent, other):
        return Kinship.OTHER
    born = other.first_observed_at
    first = max(earliest.later(-BURN_OUT_SLACK_S), born.later(-BACK_MAX_S))
    span_s = born.elapsed_s(since=first)
    moments = [first.later(span_s * share) for share in np.linspace(0.0, 1.0, MOMENTS)]
    met = [_meeting(parent.state, other.state, moment) for moment in moments]
    if not any(is_met for is_met, _ in met):
        return Kinship.OTHER
    if any(is_met and is_sure for is_met, is_sure in met):
        return Kinship.OBJECT
    return _undecided(other)


def does_outlast(one: Track, other: Track) -> bool:
    """Whether the first surely flies on further: more speed left, of the energy or in the air."""
    speed_m_s, sigma_m_s = sea_level_speed_m_s(one.state)
    other_m_s, other_sigma_m_s = sea_level_speed_m_s(other.state)
    least_m_s = HEAVIER_LEAST_M_S + HEAVIER_SIGMAS * math.hypot(sigma_m_s, other_sigma_m_s)
    return speed_m_s - other_m_s > least_m_s


def _undecided(other: Track) -> Kinship:
    return Kinship.OPEN if other.observed_s < UNDECIDED_S else Kinship.OTHER


def _is_near(parent: Track, other: Track) -> bool:
    gap_m, gap_m_s, covariance = _gap(parent.state, other.state, other.state.valid_at)
    sigma_m = math.sqrt(float(np.trace(covariance[:3, :3])))
    sigma_m_s = math.sqrt(float(np.trace(covariance[3:, 3:])))
    since_s = max(other.observed_s, 1.0) + BACK_MAX_S
    return bool(
        np.linalg.norm(gap_m_s) < SEPARATION_SPEED_M_S + 3.0 * sigma_m_s
        and np.linalg.norm(gap_m) < SEPARATION_SPEED_M_S * since_s + 3.0 * sigma_m
    )


def _is_within_reach(parent: Track, other: Track) -> bool:
    """Whether they are no further apart than three times what parting slowly allows.

    Quickly told, and true of few: in a raid every young track is judged against every known one.
    """
    gap_m, _, covariance = _gap(parent.state, other.state, other.state.valid_at)
    reach_m = 3.0 * SEPARATION_SPEED_M_S * (other.observed_s + BACK_MAX_S)
    sigma_m = math.sqrt(max(float(np.trace(covariance[:3, :3])), 0.0))
    return bool(np.linalg.norm(gap_m) < reach_m + 3.0 * sigma_m)


def _broke_off(parent: Track, other: Track) -> bool:
    """Whether it appeared close to one that has come down into the air."""
    place = geodetic(parent.state.position_ecef_m)
    climb_m_s = float(enu_from_ecef(place)[2] @ parent.state.velocity_ecef_m_s)
    if climb_m_s > 0.0 or place.altitude_m > BREAK_UP_TOP_M:
        return False
    gap_m, gap_m_s, _ = _gap(parent.state, other.state, other.state.valid_at)
    # How fast they part grows all the while, so the straight way back meets halfway in time.
    since_s = np.linspace(0.0, other.observed_s + BREAK_UP_UNSEEN_S, MOMENTS)
    way_back_m = np.linalg.norm(gap_m - gap_m_s * since_s[:, np.newaxis], axis=1)
    return bool(way_back_m.min() < BREAK_UP_DISTANCE_M)


def _meeting(one: StateEstimate, other: StateEstimate, at: Instant) -> tuple[bool, bool]:
    """Whether both may have been in one place then, slowly parting; and whether that is sure.

    Where the way back through thick air leaves nothing that is known, nothing is shown.
    """
    gap_m, gap_m_s, covariance = _gap(one, other, at)
    joint_m2 = covariance[:3, :3] + SAME_PLACE_SIGMA_M**2 * np.eye(3)
    if not float(np.trace(joint_m2)) < PLACE_SIGMA_LIMIT_M**2:
        return False, False
    distance2 = float(gap_m @ np.linalg.pinv(joint_m2, hermitian=True) @ gap_m)
    sigma_m = math.sqrt(float(np.trace(covariance[:3, :3])))
    sigma_m_s = math.sqrt(float(np.trace(covariance[3:, 3:])))
    is_slow = float(np.linalg.norm(gap_m_s)) < SEPARATION_SPEED_M_S + 3.0 * sigma_m_s
    is_sure = sigma_m < PLACE_SIGMA_MAX_M and sigma_m_s < SPEED_SIGMA_MAX_M_S
    return distance2 < SAME_PLACE_D2_MAX and is_slow, is_sure


def _gap(
    one: StateEstimate, other: StateEstimate, at: Instant
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    first, second = (moved(state, at, is_forced=False) for state in (one, other))
    gap = second.mean - first.mean
    return gap[:3], gap[3:], first.covariance + second.covariance
