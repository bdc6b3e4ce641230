"""Where in its flight an object is, and when it counts as lost or ended."""

import numpy as np

from signalfire.assess import _kernels
from signalfire.assess.impact import ImpactPrediction
from signalfire.assess.observed import Observed
from signalfire.assess.settings import AssessmentSettings
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.picture.event import Phase

REENTRY_M = 100_000.0
MANOEUVRE_TOP_M = 70_000.0
"""Above this the air bears no lift worth the name: what pushes there is an engine."""
BOOST_CLIMB_M_S = 300.0
"""A body that is pushed and climbs harder than this is driven by an engine, not by lift."""
GLIDE_CLIMB_M_S = 50.0
"""The same for a body never seen in free flight: one that hardly climbs does not lift off."""


def unobserved_ratio(observed: Observed, now: Instant) -> float:
    """Unobserved over observed time; ten seconds are added to what was observed."""
    unobserved_s = max(0.0, now.elapsed_s(since=observed.last_observed_at))
    return unobserved_s / (observed.observed_s + 10.0)


def is_driven(observed: Observed, settings: AssessmentSettings) -> bool:
    """Whether, at the last observation, something but gravity and thin air moved the object."""
    return observed.thrust_probability > settings.powered_probability


def is_lost(observed: Observed, now: Instant, settings: AssessmentSettings) -> bool:
    """Whether so long has passed without observation that nothing is known of it any more.

    An object last seen under power is lost at once (``lost_after_s``), and so is one that uses
    lift: its path is anybody's guess. One in free flight keeps to its path; it is lost when the
    time without observation is ``lost_ratio`` times the time with it.
    """
    unobserved_s = now.elapsed_s(since=observed.last_observed_at)
    if unobserved_s < settings.lost_after_s:
        return False
    falls_free = motion_phase(observed, settings) in (Phase.BALLISTIC, Phase.REENTRY)
    on_its_path = falls_free and not is_driven(observed, settings)
    return not on_its_path or unobserved_ratio(observed, now) > settings.lost_ratio


def driven_since(observed: Observed, settings: AssessmentSettings) -> Instant | None:
    """From when on it has been driven without pause; None while it is not."""
    if not is_driven(observed, settings):
        return None
    before = observed.before.driven_since if observed.before is not None else None
    return before or observed.last_observed_at


def driven_at(observed: Observed, settings: AssessmentSettings) -> Instant | None:
    """When it was last seen driven; None where it never was."""
    if is_driven(observed, settings):
        return observed.last_observed_at
    return observed.before.driven_at if observed.before is not None else None


def motion_phase(observed: Observed, settings: AssessmentSettings) -> Phase:
    """Boost, ballistic, manoeuvring or re-entry, at the last observation.

    A slow boost looks like free flight to a young track; so it is a boost until free flight has
    been established once, or the object comes down with hardly a doubt, or glides. From there on it
    is a boost again only when an engine has been at work with hardly a doubt, and for a while; and
    what was once seen to manoeuvre, for a while, by whomever, does so until it has left the air.
    """
    values = _shape(observed.state.mean)
    altitude_m, climb_m_s = float(values[0]), float(values[2])
    before = observed.before.motion if observed.before is not None else Phase.BOOST
    is_high = altitude_m > MANOEUVRE_TOP_M
    if (before is Phase.MANOEUVRING or observed.manoeuvre_seen) and not is_high:
        return Phase.MANOEUVRING
    flew_free = observed.free_flight_seen or before is not Phase.BOOST
    if _is_driven_lastingly(observed, settings):
        climb_max_m_s = BOOST_CLIMB_M_S if flew_free else GLIDE_CLIMB_M_S
        if not is_high and climb_m_s < climb_max_m_s:
            return Phase.MANOEUVRING
        is_sure = observed.thrust_probability > settings.relit_probability
        if is_sure or observed.before is None:
            return Phase.BOOST
    is_falling = climb_m_s < 0.0 or before is Phase.REENTRY
    is_coasting = observed.thrust_probability < settings.coasting_probability
    if not flew_free and not (is_coasting and is_falling):
        return Phase.BOOST
    return Phase.REENTRY if is_falling and altitude_m < REENTRY_M else Phase.BALLISTIC


def _is_driven_lastingly(observed: Observed, settings: AssessmentSettings) -> bool:
    """Whether it is driven, and not for one odd look; without memory the present counts."""
    since = driven_since(observed, settings)
    if since is None or observed.before is None:
        return since is not None
    return observed.last_observed_at.elapsed_s(since=since) >= settings.driven_lasting_s


def phase_of(
    observed: Observed,
    prediction: ImpactPrediction | None,
    now: Instant,
    settings: AssessmentSettings,
) -> Phase:
    """The phase at ``now``: extrapolated along the expected flight where there is one.

    ``ENDED`` comes when nothing can be left in the air, by ``_over``.
    """
    if now >= _over(observed, prediction, settings):
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


def _over(
    observed: Observed, prediction: ImpactPrediction | None, settings: AssessmentSettings
) -> Instant:
    """When nothing of the flight can be left in the air, or nobody would know of it any more.

    ``ended_hold_s`` after the longest fall that the estimate allows, lift and all; where that is
    not to be had, some time after the expected one, or after the last observation.
    """
    if prediction is None:
        return observed.last_observed_at.later(settings.ended_unforeseen_hold_s)
    if len(prediction.path) == 0:
        return observed.last_observed_at.later(settings.ended_unsure_hold_s)
    if prediction.is_expired:
        fall_s = float(prediction.path[-1, 0])
        return prediction.state.valid_at.later(fall_s + settings.ended_unsure_hold_s)
    return prediction.state.valid_at.later(prediction.fall_max_s + settings.ended_hold_s)


def _shape(mean: Floats) -> Floats:
    values = np.empty(_kernels.NUMBERS)
    _kernels.shape(mean, values)
    return values
