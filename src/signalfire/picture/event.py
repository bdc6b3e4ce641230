"""A threat event: what one missile's tracks amount to, as one author sees it."""

from dataclasses import dataclass
from enum import StrEnum

from signalfire.basis.identity import EventId, NationId, TrackId
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import Impact, Launch, PlaceEstimate, StateEstimate
from signalfire.picture.pedigree import Pedigree


class Phase(StrEnum):
    """Where in its flight the object is."""

    BOOST = "boost"
    BALLISTIC = "ballistic"
    MANOEUVRING = "manoeuvring"
    REENTRY = "reentry"
    LOST = "lost"
    ENDED = "ended"


class MissileClass(StrEnum):
    """By maximum range at the estimated energy (1,000 / 3,000 / 5,500 km), and what is none."""

    SRBM = "SRBM"
    MRBM = "MRBM"
    IRBM = "IRBM"
    ICBM = "ICBM"
    SLV = "SLV"
    MANOEUVRING = "manoeuvring"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ClassBelief:
    """Probabilities of the seven classes, in the order of ``MissileClass``; they sum to 1."""

    probability: tuple[float, ...]

    def __post_init__(self) -> None:
        assert len(self.probability) == len(MissileClass)
        assert abs(sum(self.probability) - 1.0) < 1e-6 and min(self.probability) >= 0.0

    def by_name(self) -> dict[str, float]:
        return {kind.value: p for kind, p in zip(MissileClass, self.probability, strict=True)}

    @property
    def likeliest(self) -> MissileClass:
        return max(zip(self.probability, MissileClass, strict=True), key=lambda pair: pair[0])[1]


@dataclass(frozen=True)
class Assessment:
    """One author's view of one event: shown side by side with the others, never averaged away.

    ``author`` is the nation whose own sensors it rests on, or None for the common view.
    ``observed_s`` and ``witnesses`` count observation; ``flight_s`` is the estimated flight time,
    None while it cannot be known. ``state`` is valid at the last observation used.
    """

    event: EventId
    author: NationId | None
    phase: Phase
    belief: ClassBelief
    state: StateEstimate | None
    launch: Launch
    impact: Impact
    apogee_m: float | None
    observed_s: float
    flight_s: float | None
    witnesses: int
    last_observed_at: Instant

    @property
    def observed_fraction(self) -> float:
        """Time under observation over estimated flight time; 0 while the latter is unknown."""
        if self.flight_s is None or self.flight_s <= 0.0:
            return 0.0
        return min(1.0, self.observed_s / self.flight_s)


@dataclass(frozen=True)
class TrackReport:
    """A track as it may be shared: no sensor, no path; counts only.

    Without ``pedigree`` nothing is known of what its errors share with those of others.
    """

    track: TrackId
    event: EventId
    phase: Phase
    state: StateEstimate
    thrust_probability: float
    last_observed_at: Instant
    pedigree: Pedigree | None = None


@dataclass(frozen=True)
class EventView:
    """One line of the picture: an event as one view of one node has it.

    ``view`` is ``common`` or ``national:<X>``; ``sources`` are the nations whose data made it.
    """

    event: EventId
    members: tuple[EventId, ...]
    superseded_by: EventId | None
    view: str
    sources: tuple[NationId, ...]
    assessment: Assessment
    objects: tuple[StateEstimate, ...] = ()
    """States of stages and fragments that came off it, the threatening one left out."""
    debris: tuple[PlaceEstimate, ...] = ()
    """Where and when spent stages and other parts of it come down, oldest first."""
