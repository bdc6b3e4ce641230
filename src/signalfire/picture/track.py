"""One moving object as one nation's own sensors see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from signalfire.basis.identity import TrackId
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import PlaceEstimate, StateEstimate


class TrackStatus(StrEnum):
    """Where a track stands between first plots and loss."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Climb:
    """How hard something has climbed over its last ``span_s`` seconds, taken in their middle.

    ``power_m_s`` is the specific excess power, the rate at which height and the height that the
    speed is worth grow together: h + v^2 / 2g per second. A zoom climb only trades one for the
    other.
    """

    altitude_m: float
    climb_m_s: float
    climb_sigma_m_s: float
    power_m_s: float
    power_sigma_m_s: float
    span_s: float


@dataclass(frozen=True)
class Track:
    """A row of the track table as a value.

    ``state`` is valid at the last observation used. ``thrust_probability`` is the probability that
    something but gravity and thin air moves the object: an engine, or lift. ``ascent`` holds the
    states of the early arc, oldest first, for the launch estimate. ``observed_s`` counts time under
    observation, gaps left out. ``paths`` are the communications paths that contributed.
    ``burnt_out_at`` is when thrust ended, told once it has stayed away for longer than a pause
    between stages.
    """

    track: TrackId
    status: TrackStatus
    state: StateEstimate
    thrust_probability: float
    first_observed_at: Instant
    last_observed_at: Instant
    observed_s: float
    updates: int
    paths: frozenset[str]
    ascent: Sequence[StateEstimate]
    burnt_out_at: Instant | None
    free_flight_seen: bool
    """Whether free flight was established at any time; thrust after it is a manoeuvre."""
    climb: Climb | None = None
    """While it is slow and climbs: how hard."""
    lift_off: PlaceEstimate | None = None
    """Where and when it was launched, where one satellite alone began the track: by the family of
    boosts, which its state rests on as well."""
