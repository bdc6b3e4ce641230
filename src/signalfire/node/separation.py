"""Stages and fragments: which track came off which missile, and which of them threatens.

A stage leaves ONE track in flight, at or after the end of thrust: traced back to then both stand in
one place, at tens of metres a second at most from one another (separation systems push by a few to
some tens of m/s). A missile of a salvo has an ascent of its own: seconds apart at one site it is
kilometres behind at burnout, and from a launcher some kilometres away it is as far off. Two that
leave one place at one time and are first seen in coast cannot be told from a separation: they count
as one event, in which both are shown. Below the entry into the air fragments part faster, by drag,
but near to where they broke off.

A missile that bursts under thrust leaves many tracks, its own perhaps not among them, and none of
them is pushed any more. A salvo rises over one horizon, each missile seen there for the first time
seconds after the one before it; what is first seen beside one that has been watched for longer, in
a place where it would have been seen all the while, came off it, unless it goes on to be pushed as
that one was. Where its own track ended with the burst nobody watched: what is found up to a minute
later came off it if it has surely lost energy since, as what tumbles does and no missile behind.
"""

import math
from collections.abc import Sequence
from enum import Enum

import numpy as np

from signalfire.assess.classify import sea_level_speed_m_s
from signalfire.basis.definite import inverses
from signalfire.basis.identity import TrackId
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.motion.shaken import CAUTIOUS, trail
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
REACH_RATIO = 3.0
"""Two further apart than so many times what parting slowly allows are not looked at closer."""
AIR_SCALE_M = 7_000.0
"""By which the density of the air falls to 1/e; the greatest slowing of a body that falls through
it is its squared speed over 2 e times this (Allen and Eggers (1958), NACA Report 1381)."""
PULL_M_S2 = 10.0
BURN_OUT_SLACK_S = 3.0
BREAK_UP_TOP_M = 120_000.0
BREAK_UP_DISTANCE_M = 5_000.0
BREAK_UP_UNSEEN_S = 10.0
"""Two that part are seen as two some seconds later."""
BURST_SPEED_M_S = 200.0
"""Tanks of propellant that burst throw most of their fragments at less: tens to some hundreds of
m/s (Baker et al. (1978), NASA CR-3023, on such explosions)."""
BURST_UNSEEN_S = 10.0
"""So long until a cloud of fragments is told apart; each of them is seen for itself by then."""
BURST_FOUND_MAX_S = 60.0
"""So long after the burst a fragment may be seen first, where the missile's track ended with it."""
WATCHED_S = 10.0
"""A missile of a salvo follows within seconds; beside one seen for so long it was seen as well."""
BURST_SIGMAS = 3.0
HEAVIER_SIGMAS = 3.0
HEAVIER_LEAST_M_S = 3.0


class Kinship(Enum):
    """Whether a track came off another one."""

    OBJECT = "object"
    OTHER = "other"
    OPEN = "open"


class Kindred:
    """Which new tracks came off which known ones, each pair judged again only when one has changed.

    In a raid nearly all pairs are far apart: that is told of all parents at once, from straight
    lines; only what is left is flown back.
    """

    def __init__(self) -> None:
        self._judged: dict[TrackId, dict[TrackId, tuple[Track, Track, Kinship]]] = {}

    def judge(self, parents: Sequence[Track], other: Track) -> list[Kinship]:
        """What a new track is to each of the known ones, in their order."""
        self.judge_all(parents, [other])
        held = self._judged[other.track]
        return [held[parent.track][2] for parent in parents]

    def judge_all(self, parents: Sequence[Track], others: Sequence[Track]) -> None:
        """Judge several new tracks at once, which takes little longer than one of them."""
        asked: list[tuple[Track, Track]] = []
        for other in others:
            judged = self._judged.get(other.track, {})
            held: dict[TrackId, tuple[Track, Track, Kinship]] = {}
            for parent in parents:
                before = judged.get(parent.track)
                if before is not None and before[0] is parent and before[1] is other:
                    held[parent.track] = before
                else:
                    asked.append((parent, other))
            self._judged[other.track] = held
        near = may_have_met([parent for parent, _ in asked], [other for _, other in asked])
        for (parent, other), is_near in zip(asked, near.tolist(), strict=True):
            found = kinship(parent, other) if is_near else Kinship.OTHER
            self._judged[other.track][parent.track] = (parent, other, found)

    def forget(self, alive: set[TrackId]) -> None:
        """Let go of what was judged of tracks that are gone."""
        self._judged = {name: held for name, held in self._judged.items() if name in alive}


def may_have_met(parents: Sequence[Track], others: Sequence[Track]) -> Flags:
    """Which known tracks are near enough to the new one beside each that it may have come off them.

    From straight lines to the new one's instant, with room for what bends them on the way. False
    means that ``kinship`` is OTHER.
    """
    if not parents:
        return np.zeros(0, dtype=bool)
    means, variances = _columns(parents)
    new_means, new_variances = _columns(others)
    observed_s = np.array([other.observed_s for other in others])
    elapsed_s = np.array([
        other.state.valid_at.elapsed_s(since=parent.state.valid_at)
        for parent, other in zip(parents, others, strict=True)
    ])  # fmt: skip
    away_s = np.abs(elapsed_s)
    speed_m_s = np.linalg.norm(means[:, 3:], axis=1)
    bent_m_s = away_s * (PULL_M_S2 + speed_m_s**2 / (2.0 * math.e * AIR_SCALE_M))
    gap_m = new_means[:, :3] - means[:, :3] - means[:, 3:] * elapsed_s[:, np.newaxis]
    apart_m = np.linalg.norm(gap_m, axis=1) - bent_m_s * away_s
    parting_m_s = np.linalg.norm(new_means[:, 3:] - means[:, 3:], axis=1) + bent_m_s
    place_m2 = variances[:, :3].sum(axis=1) + new_variances[:, :3].sum(axis=1)
    speed_m2_s2 = variances[:, 3:].sum(axis=1)
    sigma_m = np.sqrt(np.maximum(place_m2, 0.0)) + away_s * (
        np.sqrt(np.maximum(speed_m2_s2, 0.0)) + np.sqrt(3.0 * CAUTIOUS.free_m2_s3 * away_s)
    )
    reach_m = REACH_RATIO * SEPARATION_SPEED_M_S * (np.maximum(observed_s, 1.0) + BACK_MAX_S)
    is_within = apart_m < reach_m + 3.0 * sigma_m
    since_s = observed_s + BREAK_UP_UNSEEN_S
    up = means[:, :3] / np.linalg.norm(means[:, :3], axis=1)[:, np.newaxis]
    # The vertical leans from the line to the centre by a 300th at most.
    is_falling = np.einsum("ij,ij->i", up, means[:, 3:]) < speed_m_s / 300.0
    is_fragment = is_falling & (apart_m < BREAK_UP_DISTANCE_M + parting_m_s * since_s)
    near: Flags = is_within | is_fragment
    return near


def _columns(tracks: Sequence[Track]) -> tuple[Floats, Floats]:
    """Means and variances of tracks, each (n, 6)."""
    means = np.array([track.state.mean for track in tracks])
    covariances = np.array([track.state.covariance for track in tracks])
    return means, np.diagonal(covariances, axis1=1, axis2=2)


def kinship(parent: Track, other: Track) -> Kinship:
    """Judge a track that is new against one that is known."""
    if other.first_observed_at <= parent.first_observed_at:
        return Kinship.OTHER
    if _broke_off(parent, other):
        return Kinship.OBJECT
    parted = _parted(parent, other)
    return _burst(parent, other) if parted is Kinship.OTHER else parted


def _parted(parent: Track, other: Track) -> Kinship:
    """Whether it left slowly, when thrust had ended."""
    ended_at = parent.burnt_out_at
    if ended_at is None and not parent.free_flight_seen:
        # What burns came off nothing. A stage may have come off: that thrust has ended shows late.
        is_driven = other.thrust_probability > 0.5
        return Kinship.OTHER if is_driven or not _is_near(parent, other) else _undecided(other)
    earliest = ended_at if ended_at is not None else parent.first_observed_at
    first = earliest.later(-BURN_OUT_SLACK_S)
    born = other.first_observed_at
    if born < first:
        return Kinship.OTHER
    is_met, is_sure = _meetings(parent, other, max(first, born.later(-BACK_MAX_S)), born)
    if not is_met.any():
        return Kinship.OTHER
    return Kinship.OBJECT if (is_met & is_sure).any() else _undecided(other)


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
    sigma_m, sigma_m_s = (float(each[0]) for each in _sigmas(covariance[np.newaxis]))
    since_s = max(other.observed_s, 1.0) + BACK_MAX_S
    return bool(
        np.linalg.norm(gap_m_s) < SEPARATION_SPEED_M_S + 3.0 * sigma_m_s
        and np.linalg.norm(gap_m) < SEPARATION_SPEED_M_S * since_s + 3.0 * sigma_m
    )


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


def _burst(parent: Track, other: Track) -> Kinship:
    """Whether it is of one that flew apart under thrust: open until a push would have shown."""
    path, born, ended_at = parent.ascent[:], other.first_observed_at, parent.burnt_out_at
    seen_until = min(born, parent.last_observed_at)
    first = max(parent.first_observed_at.later(WATCHED_S), seen_until.later(-BURST_UNSEEN_S))
    if not path or born.elapsed_s(since=seen_until) > BURST_FOUND_MAX_S:
        return Kinship.OTHER
    last = min(seen_until, path[-1].valid_at)
    if ended_at is not None:
        last = min(last, ended_at.later(BURN_OUT_SLACK_S))
    if last <= first or last <= path[0].valid_at:
        return Kinship.OTHER
    before = path[int(_nearest(path, [last])[0])]
    before_m_s, before_sigma_m_s = sea_level_speed_m_s(before)
    now_m_s, now_sigma_m_s = sea_level_speed_m_s(other.state)
    gained_m_s = now_m_s - before_m_s
    gained_sigma_m_s = math.hypot(before_sigma_m_s, now_sigma_m_s)
    if gained_m_s > BURST_SPEED_M_S + BURST_SIGMAS * gained_sigma_m_s:
        return Kinship.OTHER
    is_late = born.elapsed_s(since=seen_until) > BURST_UNSEEN_S
    lost_m_s = max(0.0, -gained_m_s) if is_late else 0.0
    gaps = _gaps_along(path, other, _moments(first, last), lost_m_s)
    is_near = any(_came_near(*gap) for gap in gaps)
    if not is_near and not any(_has_met(*gap) for gap in gaps):
        return Kinship.OTHER
    if is_late:
        is_slower = gained_m_s < -BURST_SIGMAS * gained_sigma_m_s
        return _found_late(other, is_spent=is_slower and any(_has_met(*gap) for gap in gaps))
    if other.observed_s < UNDECIDED_S:
        return Kinship.OPEN
    first_m_s, _ = sea_level_speed_m_s(path[0])
    push_m_s2 = (before_m_s - first_m_s) / before.valid_at.elapsed_s(since=path[0].valid_at)
    pushed_s = other.state.valid_at.elapsed_s(since=before.valid_at)
    if gained_m_s > 0.5 * push_m_s2 * pushed_s:
        return Kinship.OTHER
    return Kinship.OBJECT if any(_has_met(*gap) for gap in gaps) else Kinship.OTHER


def _gaps_along(
    path: Sequence[StateEstimate], other: Track, moments: Sequence[Instant], lost_m_s: float
) -> list[tuple[Floats, Floats]]:
    """How far a fragment stood from an early arc at instants, and how well that is known.

    Twice: its first state may rest on plots of two fragments, the last one has a long way back.
    ``lost_m_s`` is the speed that the air may have taken on it, more than is reckoned.
    """
    whole, whole_covariance = _along(path, moments)
    gaps = []
    for state in (other.ascent[0] if other.ascent else other.state, other.state):
        fragment, fragment_covariance = trail(state, moments, CAUTIOUS)
        covariance = fragment_covariance + whole_covariance
        if lost_m_s > 0.0:
            covariance += _slowed(state, moments, lost_m_s)
        gaps.append((fragment - whole, covariance))
    return gaps


def _came_near(gap: Floats, covariance: Floats) -> bool:
    """Whether a fragment was where those of one explosion are, as far as is known."""
    sigma_m, _ = _sigmas(covariance)
    apart_m = np.linalg.norm(gap[:, :3], axis=1) - BURST_SIGMAS * sigma_m
    return bool((apart_m < BURST_SPEED_M_S * BURST_UNSEEN_S).any())


def _has_met(gap: Floats, covariance: Floats) -> bool:
    """Whether a fragment was in the place of what burst, no faster than fragments part."""
    return bool(_met(gap, covariance, BURST_SPEED_M_S).any())


def _slowed(state: StateEstimate, moments: Sequence[Instant], lost_m_s: float) -> Floats:
    """What is open of the way back, covariances (n, 6, 6): the air took more speed than reckoned.

    All that was lost, if at once; half of it on the average, as a light body loses it.
    """
    after_s = np.array([state.valid_at.elapsed_s(since=moment) for moment in moments])
    ahead = state.velocity_ecef_m_s / max(float(np.linalg.norm(state.velocity_ecef_m_s)), 1.0)
    reach = np.concatenate([np.outer(-0.5 * lost_m_s * after_s, ahead),
                            np.tile(lost_m_s * ahead, (len(after_s), 1))], axis=1)  # fmt: skip
    covariances: Floats = np.einsum("ni,nj->nij", reach, reach)
    return covariances


def _found_late(other: Track, *, is_spent: bool) -> Kinship:
    """Whether what was first seen when nobody watched any more came off; spent: it lost energy.

    What tumbles does. A missile of a salvo that comes behind gains energy, or kept it.
    """
    if other.ascent:
        first_m_s, first_sigma_m_s = sea_level_speed_m_s(other.ascent[0])
        now_m_s, now_sigma_m_s = sea_level_speed_m_s(other.state)
        if now_m_s - first_m_s > BURST_SIGMAS * math.hypot(first_sigma_m_s, now_sigma_m_s):
            return Kinship.OTHER
    if other.observed_s < UNDECIDED_S:
        return Kinship.OPEN
    return Kinship.OBJECT if is_spent else Kinship.OTHER


def _along(path: Sequence[StateEstimate], moments: Sequence[Instant]) -> tuple[Floats, Floats]:
    """What an early arc has at instants: means (n, 6) between its states, covariances (n, 6, 6).

    Its states lie a second or a few apart: a straight line between them is metres off.
    """
    start = path[0].valid_at
    known_s = [state.valid_at.elapsed_s(since=start) for state in path]
    asked_s = [moment.elapsed_s(since=start) for moment in moments]
    columns = np.array([state.mean for state in path]).T
    means = np.stack([np.interp(asked_s, known_s, column) for column in columns], axis=1)
    nearest = _nearest(path, moments)
    return means, np.array([path[place].covariance for place in nearest.tolist()])


def _nearest(path: Sequence[StateEstimate], moments: Sequence[Instant]) -> Integers:
    """Which state of an early arc is the nearest in time to each of some instants."""
    known_ns = np.array([state.valid_at.tai_ns for state in path])
    asked_ns = np.array([moment.tai_ns for moment in moments])
    nearest: Integers = np.abs(known_ns - asked_ns[:, np.newaxis]).argmin(axis=1)
    return nearest


def _moments(first: Instant, last: Instant) -> list[Instant]:
    span_s = last.elapsed_s(since=first)
    return [first.later(span_s * share) for share in np.linspace(0.0, 1.0, MOMENTS)]


def _meetings(parent: Track, other: Track, first: Instant, last: Instant) -> tuple[Flags, Flags]:
    """When both may have been in one place, slowly parting; and where that is sure."""
    moments = _moments(first, last)
    one, one_covariance = trail(parent.state, moments, CAUTIOUS)
    two, two_covariance = trail(other.state, moments, CAUTIOUS)
    covariance = one_covariance + two_covariance
    sigma_m, sigma_m_s = _sigmas(covariance)
    is_sure = (sigma_m < PLACE_SIGMA_MAX_M) & (sigma_m_s < SPEED_SIGMA_MAX_M_S)
    return _met(two - one, covariance, SEPARATION_SPEED_M_S), is_sure


def _met(gap: Floats, covariance: Floats, speed_m_s: float) -> Flags:
    """At which gaps (n, 6) two may have been in one place, parting no faster than a speed.

    Where the way back through thick air leaves nothing that is known, nothing is shown.
    """
    joint_m2 = covariance[:, :3, :3] + SAME_PLACE_SIGMA_M**2 * np.eye(3)
    _, sigma_m_s = _sigmas(covariance)
    with np.errstate(over="ignore", invalid="ignore"):
        is_slow: Flags = np.linalg.norm(gap[:, 3:], axis=1) < speed_m_s + 3.0 * sigma_m_s
        is_slow &= np.trace(joint_m2, axis1=1, axis2=2) < PLACE_SIGMA_LIMIT_M**2
        if not is_slow.any():
            return is_slow
        known, is_known = inverses(joint_m2)
        distance2 = np.einsum("ni,nij,nj->n", gap[:, :3], known, gap[:, :3])
    is_met: Flags = is_known & (distance2 < SAME_PLACE_D2_MAX) & is_slow
    return is_met


def _sigmas(covariance: Floats) -> tuple[Floats, Floats]:
    """Root sums of the variances of place and of velocity, of covariances (n, 6, 6)."""
    variances = np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0.0)
    return np.sqrt(variances[:, :3].sum(axis=1)), np.sqrt(variances[:, 3:].sum(axis=1))


def _gap(
    one: StateEstimate, other: StateEstimate, at: Instant
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    first, second = (moved(state, at, is_forced=False) for state in (one, other))
    gap = second.mean - first.mean
    return gap[:3], gap[3:], first.covariance + second.covariance
