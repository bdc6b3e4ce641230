"""One missile's joint track: from shared states with pedigree, what fusing all plots would give.

In free flight nothing shakes the object, so that the states of different nations are independent:
their information is added, afresh each time from the latest state of each. What was lost or came
late or twice then cannot matter. Under thrust every nation's error holds the same unknown
acceleration: there the joint track lives on from tick to tick, shaken once, and of each nation's
new state only what it learned since its last one is taken in. A state without pedigree, rounded
ones among them, is joined by covariance intersection and never remembered.

References: Chong, Mori, Barker and Chang (2000), IEEE AES Systems Magazine 15(1), 25-34; Drummond
(1997), Proc. SPIE 3163, 369-383.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.fusion._increment_kernels import pool
from signalfire.fusion._kernels import invert
from signalfire.fusion.accrual import Accrual
from signalfire.fusion.allowance import Allowances
from signalfire.fusion.combine import Combined, Contribution, combine, in_order
from signalfire.fusion.match import CONSISTENT_D2_MAX, separation_distance2
from signalfire.motion.shaken import move
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.pedigree import Motion

FRESH_S = 3.0
"""How an object moves is judged by those who saw it within so long of the latest."""
CERTAIN = 1e-6
"""No nation is taken to be surer than this of how it moves."""
SPEED_MAX_M_S = 2.0e4
"""Faster than anything that stays near the Earth (escape speed is 11.2 km/s)."""


class JointTrack:
    """The fused state of one missile; it changes by ``fuse`` alone, in the order of its calls."""

    def __init__(self) -> None:
        self._state: StateEstimate | None = None
        self._used: dict[NationId, Contribution] = {}
        self._accrual: Accrual | None = None
        self._allowances = Allowances()

    def fuse(self, told: Sequence[Contribution], at: Instant) -> Combined | None:
        """What all who told something say of the object at an instant; None when nobody can.

        Each contribution is a nation's latest state, valid when it was made. The instant does not
        go back from call to call.
        """
        if self._state is not None:
            at = max(at, self._state.valid_at)
        now = [_at(contribution, at) for contribution in told]
        sound = [
            (raw, moved) for raw, moved in zip(told, now, strict=True) if _is_of_a_flight(moved)
        ]
        if not sound:
            return None
        known = _agreeing([pair for pair in sound if pair[0].has_pedigree])
        if not known:
            self._state, self._used, self._accrual = None, {}, None
            return combine([moved for _, moved in sound])
        state = self._known(known, at)
        first = known[0][1]
        nations = {moved.nation for _, moved in known}
        others = [moved for raw, moved in sound if not raw.has_pedigree]
        seen_at = max(moved.last_observed_at for _, moved in known)
        thrust = _thrust_probability([pair[0] for pair in known])
        first = replace(first, state=state, last_observed_at=seen_at, thrust_probability=thrust)
        joined = combine([first, *others])
        if first.nation not in joined.nations:
            return joined
        return replace(joined, nations=tuple(sorted(nations.union(joined.nations))))

    def _known(
        self, known: Sequence[tuple[Contribution, Contribution]], at: Instant
    ) -> StateEstimate:
        """The joint state of those with pedigree."""
        raw, moved = [pair[0] for pair in known], [pair[1] for pair in known]
        elapsed_s = 0.0 if self._state is None else at.elapsed_s(since=self._state.valid_at)
        self._allowances.age(elapsed_s)
        if _thrust_probability(raw) > 0.5:
            state = self._accrued(raw, moved, at)
        else:
            self._accrual = None
            self._allowances.review(
                {each.nation: (each.state.mean, each.state.covariance) for each in moved}
            )
            state = self._pooled(moved)
        self._state = state
        self._used = {each.nation: each for each in raw}
        return state

    def _pooled(self, moved: Sequence[Contribution]) -> StateEstimate:
        """Independent states as they stand to one: their information is added.

        While nobody can tell who errs, it is not: the truth may be with one of them alone.
        """
        widened = [replace(each, state=self._widened(each)) for each in moved]
        if not self._allowances.is_disputed:
            mean, covariance = np.empty(6), np.empty((6, 6))
            means = np.array([each.state.mean for each in widened])
            covariances = np.array([each.state.covariance for each in widened])
            if math.isfinite(pool(means, covariances, mean, covariance)):
                return StateEstimate(widened[0].state.valid_at, mean, covariance)
        return combine(widened).state

    def _accrued(
        self, raw: Sequence[Contribution], moved: Sequence[Contribution], at: Instant
    ) -> StateEstimate:
        """The last joint state with what each nation learned since.

        One that is less sure than one of its nations has lost its way: it begins anew, from the
        states as they stand, of which nobody knows what they share.
        """
        motion = _largest([each.motion for each in raw])
        if self._accrual is None and self._state is not None:
            self._accrual = Accrual(self._state, self._used)
        if self._accrual is not None:
            self._accrual.take(raw, motion, self._widened)
            if self._accrual.valid_at <= at:
                state = self._accrual.at(at, motion)
                if _size(state) <= min(_size(self._widened(each)) for each in moved) + 1e-6:
                    return state
        state = combine([replace(each, state=self._widened(each)) for each in moved]).state
        self._accrual = Accrual(state, {each.nation: each for each in raw})
        return state

    def _widened(self, given: Contribution) -> StateEstimate:
        covariance = self._allowances.widened(given.nation, given.state.covariance)
        return StateEstimate(given.state.valid_at, given.state.mean, covariance)


def _at(given: Contribution, at: Instant) -> Contribution:
    state = move(given.state, at, given.motion, is_forced=given.thrust_probability > 0.5)
    return replace(given, state=state)


def _agreeing(
    known: Sequence[tuple[Contribution, Contribution]],
) -> list[tuple[Contribution, Contribution]]:
    """Those that do not flatly contradict the first: two answers do not make one better one."""
    kept: list[tuple[Contribution, Contribution]] = []
    for pair in sorted(known, key=lambda pair: in_order(pair[1])):
        if not kept or (separation_distance2(kept[0][1].state, pair[1].state) <= CONSISTENT_D2_MAX):
            kept.append(pair)
    return kept


def _thrust_probability(raw: Sequence[Contribution]) -> float:
    """That something but gravity moves it, as those who saw it lately have it together.

    Their looks are independent, so that the odds multiply: one that is sure outweighs one that has
    only begun to look.
    """
    latest = max(each.last_observed_at for each in raw)
    log_odds = 0.0
    for each in raw:
        if latest.elapsed_s(since=each.last_observed_at) <= FRESH_S:
            p = min(max(each.thrust_probability, CERTAIN), 1.0 - CERTAIN)
            log_odds += math.log(p / (1.0 - p))
    return 0.5 + 0.5 * math.tanh(0.5 * log_odds)


def _largest(motions: Sequence[Motion]) -> Motion:
    """The motion that shakes most: the joint track must cover what any of them covers."""
    return max(motions, key=lambda motion: motion.forced_along_m2_s3 + motion.forced_across_m2_s3)


def _size(state: StateEstimate) -> float:
    """Ln det of the covariance; infinite where it is none."""
    size = invert(state.covariance, np.empty((6, 6)))
    return math.inf if math.isnan(size) else size


def _is_of_a_flight(given: Contribution) -> bool:
    """Whether a state that was moved is still one: an old one may have flown on into the Earth."""
    state = given.state
    is_finite = bool(np.isfinite(state.mean).all() and np.isfinite(state.covariance).all())
    return is_finite and state.speed_m_s < SPEED_MAX_M_S
