"""The joint track while something drives the object: what each nation learned, in order of time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.fusion._increment_kernels import absorb
from signalfire.fusion.combine import Contribution, combine
from signalfire.motion.shaken import move
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.pedigree import Motion

HISTORY_S = 10.0
"""What comes later than this is passed over: under thrust it says nothing of the present, and the
nation's next state holds what it taught."""

Widen = Callable[[Contribution], StateEstimate]


@dataclass(frozen=True)
class _Step:
    """One nation's state that was taken in, and the joint state after it, at the same instant."""

    taken: Contribution
    joint: StateEstimate


class Accrual:
    """A joint state that lives on, shaken once for all, and takes in increments alone.

    A state that comes late is put into its place in time: the steps after it are taken again.
    """

    def __init__(self, start: StateEstimate, used: Mapping[NationId, Contribution]) -> None:
        self._start = start
        self._used = dict(used)
        self._steps: list[_Step] = []

    @property
    def valid_at(self) -> Instant:
        """Up to when it has taken something in."""
        return self._latest.valid_at

    @property
    def _latest(self) -> StateEstimate:
        return self._steps[-1].joint if self._steps else self._start

    def take(self, told: Sequence[Contribution], motion: Motion, widen: Widen) -> None:
        """Take in the nations' states that are new; ``widen`` adds what is allowed to each."""
        for each in sorted(told, key=lambda each: (each.state.valid_at, each.nation)):
            if self._is_new(each):
                self._insert(each, motion, widen)
        self._forget()

    def at(self, instant: Instant, motion: Motion) -> StateEstimate:
        """The joint state at an instant not before the last look."""
        return move(self._latest, instant, motion, is_forced=True)

    def _is_new(self, told: Contribution) -> bool:
        """Whether it is later than the last that is known of this track, and not too late."""
        before = self._last_of(told.nation)
        is_known = before is not None and before.track == told.track
        if is_known and before is not None and told.state.valid_at <= before.state.valid_at:
            return False
        return told.state.valid_at >= self._start.valid_at

    def _last_of(self, nation: NationId) -> Contribution | None:
        taken = (step.taken for step in reversed(self._steps) if step.taken.nation == nation)
        return next(taken, self._used.get(nation))

    def _insert(self, told: Contribution, motion: Motion, widen: Widen) -> None:
        place = len(self._steps)
        while place and self._steps[place - 1].joint.valid_at > told.state.valid_at:
            place -= 1
        after = [step.taken for step in self._steps[place:]]
        del self._steps[place:]
        for each in (told, *after):
            joint = move(self._latest, each.state.valid_at, motion, is_forced=True)
            self._steps.append(_Step(each, self._with(joint, each, widen)))

    def _with(self, joint: StateEstimate, told: Contribution, widen: Widen) -> StateEstimate:
        """The joint state with what a nation's state adds to its last one.

        Of a track that is new here nobody knows what it shares with the joint one, and as little
        where the arithmetic fails: it is intersected.
        """
        before = self._last_of(told.nation)
        new = widen(told)
        if before is not None and before.track == told.track:
            at = told.state.valid_at
            carried = replace(told, state=move(before.state, at, told.motion, is_forced=True))
            old = widen(carried)
            mean, covariance = joint.mean.copy(), joint.covariance.copy()
            if absorb(mean, covariance, old.mean, old.covariance, new.mean, new.covariance):
                return StateEstimate(at, mean, covariance)
        return combine([replace(told, state=joint), replace(told, state=new)]).state

    def _forget(self) -> None:
        """Let go of steps so old that nothing is put before them any more."""
        count = 0
        for step in self._steps[:-1]:
            if self.valid_at.elapsed_s(since=step.joint.valid_at) <= HISTORY_S:
                break
            self._start = step.joint
            self._used[step.taken.nation] = step.taken
            count += 1
        del self._steps[:count]
