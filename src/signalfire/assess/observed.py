"""What an assessment rests on, whoever's sensors it came from."""

from dataclasses import dataclass

from signalfire.basis.identity import EventId, NationId
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import Launch, StateEstimate
from signalfire.picture.event import ClassBelief


@dataclass(frozen=True)
class Observed:
    """One object as its author has it: a national track, or the common one.

    ``author`` is None for the common view. ``state`` is valid at the last observation used.
    ``observed_s`` and ``witnesses`` count observation. ``belief_before`` is the class that was
    believed before the air took energy away; None where there is none.
    """

    event: EventId
    author: NationId | None
    state: StateEstimate
    thrust_probability: float
    free_flight_seen: bool
    launch: Launch
    observed_s: float
    witnesses: int
    last_observed_at: Instant
    belief_before: ClassBelief | None = None
