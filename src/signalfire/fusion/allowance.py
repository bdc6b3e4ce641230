"""What nations' states disagree by beyond what they claim: an allowance made from the disagreement.

A sensor out of register (siting, axes, clock) errs far beyond the covariance of a long track, and
always in the same way, so that no average removes it. How far the states lie apart shows it, as
soon as the others are sure enough to tell; the difference itself, as a vector, says in which
direction to believe less. Reference for taking an unexplained spread as a variance common to the
measurements: Birge (1932), Physical Review 40, 207-227; Paule and Mandel (1982), Journal of
Research of the National Bureau of Standards 87, 377-385.
"""

import math
from collections.abc import Mapping

import numpy as np

from signalfire.basis.identity import NationId
from signalfire.basis.kernel import Floats
from signalfire.fusion import _kernels
from signalfire.fusion._increment_kernels import pool

DISAGREEING_D2 = 27.9
"""Chi-square with 6 degrees of freedom, one in 10,000: beyond this more than chance is at work. A
flight of ten minutes gives some fifteen independent chances to each nation."""
SUSPECTED_D2 = 12.6
"""The same, one in 20: what one is held to that was just found to disagree. Suspicion fades as the
allowance does: held to it for good, chance alone would find a new cause every few minutes."""
EXPECTED_D2 = 6.0
"""What chance alone gives on average."""
MEMORY_S = 120.0
"""An allowance fades over so long. Errors of register change with the direction of sight, over a
minute or more; and where they happen to cancel for a moment they have not gone."""
FORGOTTEN_S = 3.0 * MEMORY_S
"""One that has given no new cause for so long is held to what it claims again, as if nothing had
been: a twentieth of the variance is left, and nothing beyond chance was found all the while."""
NEGLIGIBLE_RATIO = 1.0
"""An allowance below this many variances of the difference itself is within chance: forgotten."""

_Given = tuple[Floats, Floats]


class Allowances:
    """A covariance for each nation, added to what it claims; none where there was no cause."""

    def __init__(self) -> None:
        self._added: dict[NationId, Floats] = {}
        self._quiet_s: dict[NationId, float] = {}
        """For how long each of them has given no new cause."""

    @property
    def is_disputed(self) -> bool:
        """Whether several may be the one that errs: then any of them alone may be right."""
        return len(self._added) > 1

    def of(self, nation: NationId) -> Floats | None:
        """What is to be added to a nation's covariance at present."""
        return self._added.get(nation)

    def age(self, elapsed_s: float) -> None:
        """Let what was allowed fade, and forget in the end who was to blame."""
        for nation in tuple(self._added):
            self._added[nation] = self._added[nation] * math.exp(-elapsed_s / MEMORY_S)
            self._quiet_s[nation] = self._quiet_s.get(nation, 0.0) + elapsed_s
            if self._quiet_s[nation] > FORGOTTEN_S:
                self._forget(nation)

    def review(self, states: Mapping[NationId, _Given]) -> None:
        """Make allowances until each state is credible beside the others, at one instant.

        Who errs is asked anew each time, by what they claim: he without whom the rest agree. While
        all were unsure the wrong one may have been blamed, and is now absolved. Where nobody can
        tell, as between two, all who may err share what they differ by.
        """
        for nation in [nation for nation in self._added if nation in states]:
            if _variances(self._added[nation], nation, states) < NEGLIGIBLE_RATIO:
                self._forget(nation)
        far = self._far(states)
        if not far:
            return
        to_blame = [nation for nation in far if not self._far(_without(nation, states))]
        if len(to_blame) == 1:
            for nation in self._added.keys() - set(to_blame):
                self._forget(nation)
        blamed = to_blame or far
        allowed = {nation: (mean, self.widened(nation, c)) for nation, (mean, c) in states.items()}
        for nation in blamed:
            difference, d2 = _difference(nation, allowed)
            if math.isnan(d2) or (nation in self._added and d2 <= self._limit_d2(nation)):
                continue
            self._quiet_s[nation] = 0.0
            share = (1.0 - EXPECTED_D2 / max(d2, EXPECTED_D2)) / len(blamed)
            self._added[nation] = self._added.get(nation, 0.0) + share * np.outer(
                difference, difference
            )

    def _forget(self, nation: NationId) -> None:
        del self._added[nation]
        self._quiet_s.pop(nation, None)

    def _far(self, states: Mapping[NationId, _Given]) -> list[NationId]:
        """Who disagrees with the rest by more than chance."""
        if len(states) < 2:
            return []
        return [
            nation for nation in states if _difference(nation, states)[1] > self._limit_d2(nation)
        ]

    def _limit_d2(self, nation: NationId) -> float:
        """Beyond what a nation disagrees: less for one that was lately found to."""
        if nation not in self._added:
            return DISAGREEING_D2
        suspicion = math.exp(-self._quiet_s.get(nation, 0.0) / MEMORY_S)
        return DISAGREEING_D2 - suspicion * (DISAGREEING_D2 - SUSPECTED_D2)

    def widened(self, nation: NationId, covariance: Floats) -> Floats:
        """A nation's covariance with what is allowed it."""
        added = self._added.get(nation)
        return covariance if added is None else covariance + added


def _difference(nation: NationId, states: Mapping[NationId, _Given]) -> tuple[Floats, float]:
    """A state less those of all others together, and its squared length by what they claim.

    The length is NaN where a covariance is none: that shows nothing.
    """
    mean, covariance = states[nation]
    middle, joint = np.empty(6), np.empty((6, 6))
    if math.isnan(pool(*_others(nation, states), middle, joint)):
        return np.zeros(6), math.nan
    difference = mean - middle
    return difference, _kernels.quadratic(difference, covariance + joint)


def _variances(added: Floats, nation: NationId, states: Mapping[NationId, _Given]) -> float:
    """An allowance in units of the difference's own covariance, all axes together: tr(C^-1 A).

    NaN where there is nobody to differ from, or a covariance is none.
    """
    middle, joint, inverse = np.empty(6), np.empty((6, 6)), np.empty((6, 6))
    if len(states) < 2 or math.isnan(pool(*_others(nation, states), middle, joint)):
        return math.nan
    if math.isnan(_kernels.invert(states[nation][1] + joint, inverse)):
        return math.nan
    return float(np.sum(inverse * added))


def _others(nation: NationId, states: Mapping[NationId, _Given]) -> _Given:
    """The means and covariances of everybody else."""
    others = [given for other, given in states.items() if other != nation]
    return np.array([m for m, _ in others]), np.array([c for _, c in others])


def _without(nation: NationId, states: Mapping[NationId, _Given]) -> dict[NationId, _Given]:
    return {other: given for other, given in states.items() if other != nation}
