"""What an assessment rests on, whoever's sensors it came from."""

import math
from dataclasses import dataclass

from signalfire.assess.drag import Entry
from signalfire.assess.impact import ImpactPrediction
from signalfire.assess.splash import Spent
from signalfire.basis.identity import EventId, NationId
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import Launch, StateEstimate
from signalfire.picture.event import ClassBelief, Phase


@dataclass(frozen=True)
class Remembered:
    """What an assessment hands on to the next one of the same object by the same author.

    ``motion`` is how it moved at the last observation (never lost or ended); ``driven_since`` from
    when on something but gravity and thin air has moved it without pause, None where nothing does;
    ``driven_at`` when something last did, None where nothing was seen to; ``apogee_m`` None where
    unknown. ``steepness_ratio`` is apogee over range of its parabola, the
    least so far; ``lift_unused_m_s2`` the greatest lift that it could have had on its way down and
    did not use; ``entry`` its fall through the air, None before. ``prediction`` is the forecast
    made then, without what age has added to it. ``boosting_since`` is when it was first seen to
    boost without pause, None while it does not. ``spent`` are the stages that it has left behind.
    """

    motion: Phase
    belief: ClassBelief
    driven_since: Instant | None
    apogee_m: float | None
    steepness_ratio: float = math.inf
    lift_unused_m_s2: float = 0.0
    entry: Entry | None = None
    prediction: ImpactPrediction | None = None
    driven_at: Instant | None = None
    boosting_since: Instant | None = None
    spent: tuple[Spent, ...] = ()


@dataclass(frozen=True)
class Observed:
    """One object as its author has it: a national track, or the common one.

    ``author`` is None for the common view. ``state`` is valid at the last observation used.
    ``observed_s`` and ``witnesses`` count observation. ``before`` is what the assessment before
    this one handed on; None for the first. ``manoeuvre_seen``: whether somebody whose word is in it
    has surely seen it use lift, whatever the others have as yet.
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
    before: Remembered | None = None
    manoeuvre_seen: bool = False
