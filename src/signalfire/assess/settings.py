"""What the assessment assumes about missiles in general, and when it stops believing itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssessmentSettings:
    """Assumptions about objects of unknown type, and bounds of what is still worth saying.

    The ballistic coefficient is that of a re-entry body of unknown make: median 8,000 kg/m2, and
    for two sigmas a factor of 2.7 either way, from blunt bodies near 3,000 to slender ones near
    20,000. ``lift_ratio_sigma`` is the lift-to-drag ratio, up or (half of it) sideways,
    that a body on a low path may use without having shown it: slender cones and gliders reach 2 to
    3 for moments, less on the whole. ``trim_ratio_sigma`` is what is left of it on a high ballistic
    path (winds, a body flying slightly askew, density off the exponential model).
    """

    ballistic_coefficient_kg_m2: float = 8_000.0
    ballistic_coefficient_log_sigma: float = 0.5
    trim_ratio_sigma: float = 0.05
    lift_ratio_sigma: float = 0.8
    lift_sure_below_m: float = 65_000.0
    """An apogee below this lies where control surfaces work the whole way."""
    lift_absent_above_m: float = 110_000.0
    """An apogee above this leaves a ballistic path between two dips into the air."""
    powered_probability: float = 0.5
    """From this probability on, something but gravity and thin air moves the object."""
    coasting_probability: float = 0.05
    """Below this probability of thrust a young track is shown as coasting."""
    semi_major_max_m: float = 500_000.0
    """A 90 % ellipse larger than this says nothing that helps anybody: ``Unknown``."""
    stale_unit_ratio: float = 3.0
    """Unobserved over observed time at which doubt has widened every sigma by a factor 1.4."""
    stale_max_ratio: float = 12.0
    """Beyond this ratio the forecast has expired: ``Unknown``."""
    lost_after_s: float = 30.0
    """Not observed for less than this is a gap between looks, not a loss."""
    lost_ratio: float = 6.0
    """Unobserved over observed time from which a coasting object counts as lost."""
    ended_hold_s: float = 30.0
    """How long after the upper 95 % impact time an event has ended."""
    ended_unsure_hold_s: float = 300.0
    """The same after the expected impact time, where the impact itself is no longer named."""


DEFAULT_SETTINGS = AssessmentSettings()
