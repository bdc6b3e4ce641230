"""Where in its flight an object is, and when it counts as lost or ended."""

import numpy as np

from signalfire.assess import _kernels
from signalfire.assess.impact import ImpactPrediction
from signalfire.assess.observed import Observed
from signalfire.assess.settings import AssessmentSettings
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import PlaceEstimate
from signalfire.picture.event import Phase

REENTRY_M = 100_000.0
MANOEUVRE_TOP_M = 70_000.0
"""Above this the air bears no lift worth the name: what pushes there is an engine."""
BOOST_CLIMB_M_S = 300.0
"""A body that is pushed and climbs harder than this is driven by an engine, not by lift."""


def staleness(observed: Observed, now: Instant) -> float:
    """Unobserved over observed time; ten seconds are added to what was observed."""
    unobserved_s = max(0.0, now.elapsed_s(since=observed.last_observed_at))
    return unobserved_s / (observed.observed_s + 10.0)


def is_lost(observed: Observed, now: Instant, settings: AssessmentSettings) -> bool:
    """Whether so long has passed without observation that nothing is known of it any more.

    An object last seen under power is lost at once (``lost_after_s``): its path is anybody's guess.
    One in free flight keeps to its path; it is lost when the time without observation is
    ``lost_ratio`` times the time with it.
    """
    unobserved_s = now.elapsed_s(since=observed.last_observed_at)
    if unobserved_s < settings.lost_after_s:
        return False
    driven = observed.thrust_probability > settings.powered_probability
    return driven or staleness(observed, now) > settings.lost_ratio


def motion_phase(observed: Observed, settings: AssessmentSettings) -> Phase:
    """Boost, ballistic, manoeuvring or re-entry, at the last observation."""
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(observed.state.mean, values)
    altitude_m, climb_m_s = float(values[0]), float(values[2])
    if observed.thrust_probability > settings.powered_probability:
        steep = climb_m_s > BOOST_CLIMB_M_S
        if not observed.free_flight_seen or altitude_m > MANOEUVRE_TOP_M or steep:
            return Phase.BOOST
        return Phase.MANOEUVRING
    if climb_m_s < 0.0 and altitude_m < REENTRY_M:
        return Phase.REENTRY
    return Phase.BALLISTIC


def phase_of(
    observed: Observed,
    prediction: ImpactPrediction | None,
    now: Instant,
    settings: AssessmentSettings,
) -> Phase:
    """The phase at ``now``: extrapolated along the expected flight where there is one."""
    impact = None if prediction is None else prediction.impact
    if isinstance(impact, PlaceEstimate):
        over = impact.time.later(1.645 * impact.time_sigma_s + settings.ended_hold_s)
        if now >= over:
            return Phase.ENDED
    if is_lost(observed, now, settings):
        return Phase.LOST
    at_last = motion_phase(observed, settings)
    if prediction is None or at_last is not Phase.BALLISTIC or len(prediction.path) == 0:
        return at_last
    elapsed_s = now.elapsed_s(since=prediction.state.valid_at)
    row = prediction.path[np.searchsorted(prediction.path[:, 0], elapsed_s).clip(max=-1 + len(prediction.path))]
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(row[1:], values)
    return Phase.REENTRY if values[2] < 0.0 and values[0] < REENTRY_M else Phase.BALLISTIC
