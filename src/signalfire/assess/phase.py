"""Where in its flight an object is, and when it counts as lost or ended."""

import numpy as np

from signalfire.assess import _kernels
from signalfire.assess.impact import ImpactPrediction
from signalfire.assess.observed import Observed
from signalfire.assess.settings import AssessmentSettings
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import PlaceEstimate
from signalfire.picture.event import Phase

REENTRY_M = 100_000.0
MANOEUVRE_TOP_M = 70_000.0
"""Above this the air bears no lift worth the name: what pushes there is an engine."""
BOOST_CLIMB_M_S = 300.0
"""A body that is pushed and climbs harder than this is driven by an engine, not by lift."""
GLIDE_CLIMB_M_S = 50.0
"""The same for a body never seen in free flight: one that hardly climbs does not lift off."""
_NEVER_NS = 2**63 - 1
UPPER_95_SIGMAS = 1.6448536269514722


def unobserved_ratio(observed: Observed, now: Instant) -> float:
    """Unobserved over observed time; ten seconds are added to what was observed."""
    unobserved_s = max(0.0, now.elapsed_s(since=observed.last_observed_at))
    return unobserved_s / (observed.observed_s + 10.0)


def is_driven(observed: Observed, settings: AssessmentSettings) -> bool:
    """Whether, at the last observation, something but gravity and thin air moved the object."""
    return observed.thrust_probability > settings.powered_probability


def is_settled(observed: Observed, settings: AssessmentSettings) -> bool:
    """Whether it is known that the object falls freely, so that flying it forward means something.

    A slow boost looks like free flight to a young track; so free flight must have been established
    once, or the object be coming down with hardly a doubt, or glide.
    """
    if observed.free_flight_seen:
        return True
    if is_driven(observed, settings):
        return motion_phase(observed, settings) is Phase.MANOEUVRING
    is_coasting = observed.thrust_probability < settings.coasting_probability
    return is_coasting and bool(_shape(observed.state.mean)[2] < 0.0)


def is_lost(observed: Observed, now: Instant, settings: AssessmentSettings) -> bool:
    """Whether so long has passed without observation that nothing is known of it any more.

    An object last seen under power is lost at once (``lost_after_s``): its path is anybody's guess.
    One in free flight keeps to its path; it is lost when the time without observation is
    ``lost_ratio`` times the time with it.
    """
    unobserved_s = now.elapsed_s(since=observed.last_observed_at)
    if unobserved_s < settings.lost_after_s:
        return False
    on_its_path = is_settled(observed, settings) and not is_driven(observed, settings)
    return not on_its_path or unobserved_ratio(observed, now) > settings.lost_ratio


def motion_phase(observed: Observed, settings: AssessmentSettings) -> Phase:
    """Boost, ballistic, manoeuvring or re-entry, at the last observation."""
    values = _shape(observed.state.mean)
    altitude_m, climb_m_s = float(values[0]), float(values[2])
    if is_driven(observed, settings):
        climb_max_m_s = BOOST_CLIMB_M_S if observed.free_flight_seen else GLIDE_CLIMB_M_S
        is_gliding = altitude_m < MANOEUVRE_TOP_M and climb_m_s < climb_max_m_s
        return Phase.MANOEUVRING if is_gliding else Phase.BOOST
    undecided = observed.thrust_probability > settings.coasting_probability
    if undecided and not is_settled(observed, settings):
        return Phase.BOOST
    if climb_m_s < 0.0 and altitude_m < REENTRY_M:
        return Phase.REENTRY
    return Phase.BALLISTIC


def phase_of(
    observed: Observed,
    prediction: ImpactPrediction | None,
    now: Instant,
    settings: AssessmentSettings,
) -> Phase:
    """The phase at ``now``: extrapolated along the expected flight where there is one.

    ``ENDED`` comes ``ended_hold_s`` after the upper 95 % impact time; where the forecast has
    expired, ``ended_unsure_hold_s`` after the time that it named.
    """
    if prediction is not None and now >= _over(prediction, settings):
        return Phase.ENDED
    if is_lost(observed, now, settings):
        return Phase.LOST
    at_last = motion_phase(observed, settings)
    if prediction is None or at_last is not Phase.BALLISTIC or len(prediction.path) == 0:
        return at_last
    elapsed_s = now.elapsed_s(since=prediction.state.valid_at)
    row = min(int(np.searchsorted(prediction.path[:, 0], elapsed_s)), len(prediction.path) - 1)
    values = _shape(prediction.path[row, 1:])
    is_back = values[2] < 0.0 and values[0] < REENTRY_M
    return Phase.REENTRY if is_back else Phase.BALLISTIC


def _over(prediction: ImpactPrediction, settings: AssessmentSettings) -> Instant:
    """When nothing of the flight can be left in the air; never for what does not come down."""
    impact = prediction.impact
    if isinstance(impact, PlaceEstimate):
        hold_s = UPPER_95_SIGMAS * impact.time_sigma_s + settings.ended_hold_s
        return impact.time.later(hold_s)
    if len(prediction.path) == 0:
        return Instant(_NEVER_NS)
    fall_s = float(prediction.path[-1, 0])
    return prediction.state.valid_at.later(fall_s + settings.ended_unsure_hold_s)


def _shape(mean: Floats) -> Floats:
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(mean, values)
    return values
