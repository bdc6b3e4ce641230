"""One author's view of one event, from its track or the common state: launch, class, impact."""

import math
from dataclasses import dataclass, replace

import numpy as np

from signalfire.assess import _kernels
from signalfire.assess.classify import (
    certain,
    classify_by_energy,
    classify_under_thrust,
    low_flight_probability,
    mixed_with_manoeuvring,
    open_to_more,
)
from signalfire.assess.corridor import Corridor, corridor
from signalfire.assess.drag import Entry, drag_of, entry_after
from signalfire.assess.impact import (
    ImpactPrediction,
    Known,
    lift_available_m_s2,
    predict_impact,
)
from signalfire.assess.observed import Observed, Remembered
from signalfire.assess.phase import (
    driven_at,
    driven_since,
    is_driven,
    is_lost,
    motion_phase,
    phase_of,
    unobserved_ratio,
)
from signalfire.assess.settings import DEFAULT_SETTINGS, AssessmentSettings
from signalfire.assess.staging import boosting_since, spent_after
from signalfire.basis.identity import EventId, NationId
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import Impact, Launch, PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import Assessment, ClassBelief, MissileClass, Phase
from signalfire.picture.track import Track
from signalfire.space.geodesy import Geodetic, distance_m

MISSILE_BURN_MAX_S = 320.0
"""Longer than any missile's engines burn; what still thrusts then carries a payload to orbit."""
ORBIT_PERIGEE_M = 120_000.0
SAME_DOUBT_FRACTION = 0.02
"""A forecast whose covariance has grown by less is not made anew."""
ENERGY_KEPT_ABOVE_M = 60_000.0
"""Below this on the way down the air has taken energy: the class is the one believed before."""


@dataclass(frozen=True)
class Assessed:
    """The assessment, and the flights behind it; None where nothing is flown forward.

    ``remembered`` is for the next assessment of the same object.
    """

    assessment: Assessment
    prediction: ImpactPrediction | None
    remembered: Remembered
    corridor: Corridor | None = None
    """The way of what still burns, or has only just reached orbit."""


def observed_by(
    event: EventId,
    author: NationId,
    track: Track,
    launch: Launch,
    before: Remembered | None = None,
) -> Observed:
    """What an assessment by one nation's own track rests on.

    ``launch`` is ``estimate_launch`` of the track, which stays the same while its ``ascent`` does.
    """
    return Observed(
        event=event,
        author=author,
        state=track.state,
        thrust_probability=track.thrust_probability,
        free_flight_seen=track.free_flight_seen,
        launch=launch,
        observed_s=track.observed_s,
        witnesses=len(track.paths),
        last_observed_at=track.last_observed_at,
        before=before,
    )


def assess_state(
    observed: Observed, now: Instant, settings: AssessmentSettings = DEFAULT_SETTINGS
) -> Assessed:
    """Assess one object at ``now``, whoever's sensors it rests on."""
    found = _prediction(observed, now, settings)
    prediction = None if isinstance(found, Unknown) else found
    impact: Impact = found if isinstance(found, Unknown) else found.impact
    launch = observed.launch
    flight_s = None
    if isinstance(impact, PlaceEstimate) and isinstance(launch, PlaceEstimate):
        flight_s = impact.time.elapsed_s(since=launch.time)
    assessment = Assessment(
        event=observed.event,
        author=observed.author,
        phase=phase_of(observed, prediction, now, settings),
        belief=_belief(observed, prediction, settings),
        state=observed.state,
        launch=launch,
        impact=impact,
        apogee_m=None if prediction is None else prediction.apogee_m,
        observed_s=observed.observed_s,
        flight_s=flight_s,
        witnesses=observed.witnesses,
        last_observed_at=observed.last_observed_at,
    )
    motion = motion_phase(observed, settings)
    remembered = Remembered(
        motion=motion,
        belief=assessment.belief,
        driven_since=driven_since(observed, settings),
        driven_at=driven_at(observed, settings),
        apogee_m=assessment.apogee_m,
        steepness_ratio=math.inf if prediction is None else prediction.steepness_ratio,
        lift_unused_m_s2=_lift_unused_m_s2(observed, settings),
        entry=_entry(observed, settings),
        prediction=prediction,
        boosting_since=boosting_since(observed, motion),
        spent=spent_after(observed, motion),
    )
    ahead = None if is_lost(observed, now, settings) else corridor(observed, remembered, settings)
    return Assessed(assessment, prediction, remembered, ahead)


def _prediction(
    observed: Observed, now: Instant, settings: AssessmentSettings
) -> ImpactPrediction | Unknown:
    """Fly it down, doubting more the longer it was not seen; not while an engine may drive it."""
    motion = motion_phase(observed, settings)
    if motion is Phase.BOOST:
        return Unknown(
            "still under power: where it falls is not settled before burnout"
            if is_driven(observed, settings)
            else "seen too briefly to say whether it is still under power"
        )
    stale = unobserved_ratio(observed, now)
    prediction = _forecast(observed, 1.0 + (stale / settings.stale_unit_ratio) ** 2, settings)
    if is_lost(observed, now, settings) and stale > settings.stale_max_ratio:
        expired = Unknown("not seen for so long that the forecast has expired")
        return replace(prediction, impact=expired, is_expired=True)
    return prediction


def _forecast(observed: Observed, doubt: float, settings: AssessmentSettings) -> ImpactPrediction:
    """The flight of the state, its covariance ``doubt`` times as large; the last one if like it."""
    before, state = observed.before, observed.state
    known = Known(
        apogee_m=(before.apogee_m if before is not None else None) or 0.0,
        steepness_ratio=before.steepness_ratio if before is not None else math.inf,
        lift_unused_m_s2=_lift_unused_m_s2(observed, settings),
        is_manoeuvring=motion_phase(observed, settings) is Phase.MANOEUVRING,
        drag=drag_of(_entry(observed, settings), state, settings),
    )
    last = before.prediction if before is not None else None
    if last is not None and _is_like(last, state, doubt, known):
        return last
    widened = StateEstimate(state.valid_at, state.mean, state.covariance * doubt)
    return predict_impact(widened, settings, known)


def _is_like(last: ImpactPrediction, state: StateEstimate, doubt: float, known: Known) -> bool:
    """Whether a forecast made before is of the same state, its doubt within a fiftieth."""
    if last.is_expired or last.state.valid_at != state.valid_at or last.known != known:
        return False
    if not np.array_equal(last.state.mean, state.mean):
        return False
    wide = state.covariance * doubt
    return bool(np.allclose(last.state.covariance, wide, rtol=SAME_DOUBT_FRACTION, atol=0.0))


def _entry(observed: Observed, settings: AssessmentSettings) -> Entry | None:
    """Its fall through the air so far; what is driven loses energy to nobody's measure."""
    if is_driven(observed, settings):
        return None
    before = observed.before.entry if observed.before is not None else None
    return entry_after(before, observed.state)


def _lift_unused_m_s2(observed: Observed, settings: AssessmentSettings) -> float:
    """The greatest lift that it could have had on its way down so far and was not seen to use."""
    if is_driven(observed, settings):
        return 0.0
    before = observed.before.lift_unused_m_s2 if observed.before is not None else 0.0
    if observed.thrust_probability > settings.coasting_probability:
        return before
    return max(before, lift_available_m_s2(observed.state, settings))


def _belief(
    observed: Observed, prediction: ImpactPrediction | None, settings: AssessmentSettings
) -> ClassBelief:
    """The class: by energy, unless something about the motion says more."""
    values = np.empty(_kernels.NUMBERS)
    sigmas = np.empty(_kernels.NUMBERS)
    _kernels.shape_spread(observed.state.mean, observed.state.covariance, values, sigmas)
    if values[5] - 2.0 * sigmas[5] > ORBIT_PERIGEE_M:
        return certain(MissileClass.SLV)
    motion = motion_phase(observed, settings)
    before = observed.before
    if before is not None and before.belief.likeliest is MissileClass.SLV:
        # It carried a payload as no missile does, wherever that ends.
        return certain(MissileClass.SLV)
    if motion is Phase.BOOST:
        if is_driven(observed, settings) and _burns_too_long(observed):
            return certain(MissileClass.SLV)
        return classify_under_thrust(observed.state)
    if motion is Phase.MANOEUVRING:
        return certain(MissileClass.MANOEUVRING)
    came_down = values[2] < 0.0 and values[0] < ENERGY_KEPT_ABOVE_M
    if came_down and observed.before is not None:
        return observed.before.belief
    by_energy = open_to_more(
        classify_by_energy(observed.state),
        classify_under_thrust(observed.state),
        quiet_s=_quiet_s(observed),
    )
    return mixed_with_manoeuvring(by_energy, _low_flight(observed, prediction, settings))


def _quiet_s(observed: Observed) -> float:
    """How long nothing has driven it; infinite where nothing was ever seen to."""
    last = observed.before.driven_at if observed.before is not None else None
    return math.inf if last is None else observed.last_observed_at.elapsed_s(since=last)


def _low_flight(
    observed: Observed, prediction: ImpactPrediction | None, settings: AssessmentSettings
) -> float:
    """Probability that the flight is depressed: lower than a ballistic one of its range."""
    launch = observed.launch
    if prediction is None or prediction.apogee_m is None or not isinstance(launch, PlaceEstimate):
        return 0.0
    if prediction.apogee_m > settings.lift_absent_above_m:
        return 0.0
    x_m, y_m, z_m = (float(v) for v in prediction.path[-1, 1:4])
    latitude_rad, longitude_rad, _ = _kernels.ground_of(x_m, y_m, z_m)
    range_m = distance_m(launch.place, Geodetic(latitude_rad, longitude_rad))
    ee, _, nn = launch.covariance_east_north_m2
    sigma_m = math.sqrt(ee + nn + prediction.range_sigma_m**2)
    return low_flight_probability(prediction.apogee_m, range_m, range_sigma_m=sigma_m)


def _burns_too_long(observed: Observed) -> bool:
    """Whether the engine surely has been burning for longer than any missile's does."""
    launch = observed.launch
    if not isinstance(launch, PlaceEstimate):
        return False
    burning_s = observed.state.valid_at.elapsed_s(since=launch.time)
    return burning_s - 2.0 * math.hypot(launch.time_sigma_s, 1.0) > MISSILE_BURN_MAX_S
