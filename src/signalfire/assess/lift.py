"""Will it use lift? What its path says beforehand, and what is left of it when it has not."""

from dataclasses import dataclass

from signalfire.assess.settings import AssessmentSettings


@dataclass(frozen=True, slots=True)
class PathShape:
    """How a path lies: its apogee, how steeply it enters the air, and apogee over range."""

    apogee_m: float
    dive_rad: float
    steepness_ratio: float


def lift_probability(
    settings: AssessmentSettings,
    shape: PathShape,
    *,
    lift_unused_m_s2: float,
    is_manoeuvring: bool,
) -> float:
    """The probability that a body in flight will leave its ballistic path by lift.

    Beforehand by ``lift_prior_probability``. On the way down the air bears more and more: half of
    those that mean to use lift do so as soon as it carries their weight, nine in ten by three times
    that. By Bayes' rule the probability falls as the body falls on without. What was seen to
    manoeuvre may do so again whatever its path.
    """
    if is_manoeuvring:
        return settings.lift_flat_probability
    prior = lift_prior_probability(settings, shape)
    waiting = 1.0 / (1.0 + (lift_unused_m_s2 / settings.lift_begins_m_s2) ** 2)
    return prior * waiting / (prior * waiting + 1.0 - prior)


def lift_prior_probability(settings: AssessmentSettings, shape: PathShape) -> float:
    """The probability by the path alone.

    High on a path that lies low where surfaces work and is flatter than a ballistic one of its
    range, and on one that enters the air at so small an angle below the horizon that a glider could
    be meant; low on a low path as steep as an artillery rocket's; none on a high and steep one.
    """
    low = _fading(shape.apogee_m, settings.lift_sure_below_m, settings.lift_absent_above_m)
    flat = _fading(shape.steepness_ratio, settings.lift_flat_ratio, settings.lift_steep_ratio)
    shallow = _fading(shape.dive_rad, settings.lift_sure_dive_rad, settings.lift_absent_dive_rad)
    on_flat, on_steep = settings.lift_flat_probability, settings.lift_steep_probability
    return max(low * (on_steep + (on_flat - on_steep) * flat), shallow * on_flat)


def _fading(value: float, sure_below: float, absent_above: float) -> float:
    """1 up to the first bound, 0 from the second, smooth in between."""
    part = min(1.0, max(0.0, (absent_above - value) / (absent_above - sure_below)))
    return part * part * (3.0 - 2.0 * part)
