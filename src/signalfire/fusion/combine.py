"""One state from several nations' states whose errors are correlated in an unknown way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from signalfire.basis.identity import NationId, TrackId
from signalfire.basis.instant import Instant
from signalfire.fusion import _kernels
from signalfire.fusion.match import CONSISTENT_D2_MAX, separation_distance2
from signalfire.motion.shaken import CAUTIOUS
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.pedigree import Motion, Pedigree


@dataclass(frozen=True)
class Contribution:
    """What one nation's own sensors say of the object; moved to the common instant to combine."""

    nation: NationId
    state: StateEstimate
    last_observed_at: Instant
    thrust_probability: float
    is_witnessed: bool = False
    """Whether our own sensors see it now: that is believed before anybody's word."""
    track: TrackId | None = None
    pedigree: Pedigree | None = None

    @property
    def has_pedigree(self) -> bool:
        """Whether it is known to rest on that nation's own sensors alone, and how it was made."""
        return self.pedigree is not None and self.pedigree.is_from_own_sensors

    @property
    def motion(self) -> Motion:
        """How its filter let the object move, as far as it says so."""
        return CAUTIOUS if self.pedigree is None else self.pedigree.motion


@dataclass(frozen=True)
class Combined:
    """The fused state, and whose contributions are in it."""

    state: StateEstimate
    nations: tuple[NationId, ...]
    thrust_probability: float
    last_observed_at: Instant


def combine(contributions: Sequence[Contribution]) -> Combined:
    """Fuse contributions valid at one instant: what is witnessed first, then the freshest.

    For states of which nothing is known but what they claim: whatever their errors share,
    covariance intersection allows for it (with pedigree see ``joint``). A contribution that
    contradicts the ones before it is left out and not averaged in: two different answers do not
    make one better one. The first is always kept.

    Reference: Julier and Uhlmann (1997), Proc. American Control Conference, 2369-2373.
    """
    assert contributions, "there is nothing to combine"
    ordered = sorted(contributions, key=in_order)
    first = ordered[0]
    state, nations, last_observed_at = first.state, [first.nation], first.last_observed_at
    for other in ordered[1:]:
        assert other.state.valid_at == state.valid_at, "move the states to one instant first"
        if separation_distance2(state, other.state) > CONSISTENT_D2_MAX:
            continue
        fused = _intersection(state, other.state)
        if fused is not None:
            state = fused
            nations.append(other.nation)
            last_observed_at = max(last_observed_at, other.last_observed_at)
    return Combined(
        state=state,
        nations=tuple(sorted(nations)),
        thrust_probability=first.thrust_probability,
        last_observed_at=last_observed_at,
    )


def in_order(given: Contribution) -> tuple[bool, int, float, NationId]:
    """What is witnessed first, then the freshest, then the surest of its place."""
    return (
        not given.is_witnessed,
        -given.last_observed_at.tai_ns,
        _spread(given.state),
        given.nation,
    )


def _spread(state: StateEstimate) -> float:
    return float(np.trace(state.covariance[:3, :3]))


def _intersection(a: StateEstimate, b: StateEstimate) -> StateEstimate | None:
    mean, covariance = np.empty(6), np.empty((6, 6))
    # Offsets from the first mean: the sums then keep their digits.
    weight = _kernels.intersect(
        np.zeros(6), a.covariance, b.mean - a.mean, b.covariance, mean, covariance
    )
    if not 0.0 <= weight <= 1.0:
        return None
    return StateEstimate(a.valid_at, a.mean + mean, 0.5 * (covariance + covariance.T))
