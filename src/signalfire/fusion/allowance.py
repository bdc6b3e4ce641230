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
"""The same, one in 20: what one that was found to disagree is held to from then on."""
EXPECTED_D2 = 6.0
"""What chance alone gives on average."""
MEMORY_S = 120.0
"""An allowance fades over so long. Errors of register change with the direction of sight, over a
minute or more; and where they happen to cancel for a moment they have not gone."""

_Given = tuple[Floats, Floats]


class Allowances:
    """A covariance for each nation, added to what it claims; none where there was no cause."""

    def __init__(self) -> None:
        self._added: dict[NationId, Floats] = {}

    @property
    def is_disputed(self) -> bool:
        """Whether several may be the one that errs: then any of them alone may be right."""
        return len(self._added) > 1

    def of(self, nation: NationId) -> Floats | None:
        """What is to be added to a nation's covariance at present."""
        return self._added.get(nation)

    def age(self, elapsed_s: float) -> None:
        """Let what was allowed fade."""
        for nation in self._added:
            self._added[nation] = self._added[nation] * math.exp(-elapsed_s / MEMORY_S)

    def review(self, states: Mapping[NationId, _Given]) -> None:
        """Make allowances until each state is credible beside the others, at one instant.

        Who errs is asked anew each time, by what they claim: he without whom the rest agree. While
        all were unsure the wrong one may have been blamed, and is now absolved. Where nobody can
        tell, as between two, all who may err share what they differ by.
        """
        far = self._far(states)
        if not far:
            return
        to_blame = [nation for nation in far if not self._far(_without(nation, states))]
        if len(to_blame) == 1:
            self._added = {n: added for n, added in self._added.items() if n in to_blame}
        blamed = to_blame or far
        allowed = {nation: (mean, self.widened(nation, c)) for nation, (mean, c) in states.items()}
        for nation in blamed:
            difference, d2 = _difference(nation, allowed)
            if math.isnan(d2) or (nation in self._added and d2 <= SUSPECTED_D2):
                continue
            share = (1.0 - EXPECTED_D2 / max(d2, EXPECTED_D2)) / len(blamed)
            self._added[nation] = self._added.get(nation, 0.0) + share * np.outer(
                difference, difference
            )

    def _far(self, states: Mapping[NationId, _Given]) -> list[NationId]:
        """Who disagrees with the rest by more than chance."""
        if len(states) < 2:
            return []
        return [
            nation
            for nation in states
            if _difference(nation, states)[1]
            > (SUSPECTED_D2 if nation in self._added else DISAGREEING_D2)
        ]

    def widened(self, nation: NationId, covariance: Floats) -> Floats:
        """A nation's covariance with what is allowed it."""
        added = self._added.get(nation)
        return covariance if added is None else covariance + added


def _difference(nation: NationId, states: Mapping[NationId, _Given]) -> tuple[Floats, float]:
    """A state less those of all others together, and its squared length by what they claim.

    The length is NaN where a covariance is none: that shows nothing.
    """
    mean, covariance = states[nation]
    others = [given for other, given in states.items() if other != nation]
    middle, joint = np.empty(6), np.empty((6, 6))
    given = np.array([m for m, _ in others]), np.array([c for _, c in others])
    if math.isnan(pool(*given, middle, joint)):
        return np.zeros(6), math.nan
    difference = mean - middle
    return difference, _kernels.quadratic(difference, covariance + joint)


def _without(nation: NationId, states: Mapping[NationId, _Given]) -> dict[NationId, _Given]:
    return {other: given for other, given in states.items() if other != nation}
