"""What the assessment assumes about missiles in general, and when it stops believing itself."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssessmentSettings:
    """Assumptions about objects of unknown type, and bounds of what is still worth saying.

    The ballistic coefficient is that of a re-entry body of unknown make: from blunt bodies of 4,000
    kg/m2 to slender ones of 20,000, each ratio as likely, as the tracker has it. ``lift_ratio_max``
    is the greatest lift-to-drag ratio that a body may use upwards and, half of it, sideways:
    generic hypersonic gliders have 2 to 3, HTV-2 2.2 to 2.6 (Tracy and Wright 2020, "Modelling the
    performance of hypersonic boost-glide missiles", Science & Global Security 28(3)).
    ``trim_ratio_sigma`` is what a ballistic body has of it along either axis across its path: one
    that flies a degree askew has a ratio of 0.35 (a normal force of 2 per radian, that of a slender
    body, over a drag of 0.1), of which a turn a second leaves a sixtieth in the ten seconds of
    thick air, in any direction.
    """

    ballistic_coefficient_min_kg_m2: float = 4_000.0
    ballistic_coefficient_max_kg_m2: float = 20_000.0
    light_probability: float = 0.035
    """That it is no re-entry body but a missile that failed, whole or in part: 4 of the 113 flights
    of the documented record whose outcome is known."""
    light_coefficient_min_kg_m2: float = 500.0
    """Then it may tumble: 10 t, half of them fuel, 12 x 1.8 m, with a quarter of the surface at a
    drag coefficient of 1.2 (as for spent stages, ``assess/splash.py``) are 460 kg/m2. It is as
    likely to be as heavy as the lightest re-entry body, each ratio between as likely."""
    trim_ratio_sigma: float = 0.35 / 60.0 / math.sqrt(2.0)
    wind_sigma_m_s: float = 11.0
    """Either component of the wind across the fall. The jet stream over middle latitudes, at 11 km,
    has 23 m/s of it (25 m/s to the east, 15 m/s spread either way); a wind that grows evenly to
    there and fades as far above is 0.47 of that on average over the heights, each counted by its
    density times the height that is left to drift through (scale height 7.2 km)."""
    wind_altitude_m: float = 10_000.0
    """Where it pushes most: density times the height that is left to drift through."""
    lift_ratio_max: float = 2.6
    lift_flat_probability: float = 0.375
    """That a body on a path for gliders uses lift: of what flies low and flat in the documented
    record rather more than half does, but to no more than a part of what it could."""
    lift_steep_probability: float = 0.11
    """The same on a low path as steep as an artillery rocket's: one of nine in the documented
    record (apogee up to 110 km and above 0.28 of the range)."""
    lift_negligible_probability: float = 0.005
    """Below this lift changes nothing in where it falls."""
    lift_flat_ratio: float = 0.20
    """Apogee over range up to which a low path is flat. The cheapest ballistic path has a quarter
    (Bate, Mueller and White 1971, section 6.2.5, for short ranges: 45 degrees)."""
    lift_steep_ratio: float = 0.28
    """And from which it is surely not."""
    lift_begins_m_s2: float = 10.0
    """Lift that carries the weight: half of those that mean to glide have begun by then."""
    lift_sure_below_m: float = 65_000.0
    """An apogee below this lies where control surfaces work the whole way."""
    lift_absent_above_m: float = 110_000.0
    """An apogee above this leaves a ballistic path between two dips into the air."""
    lift_sure_dive_rad: float = math.radians(7.0)
    """A path that enters the air at less than this below the horizon is one for gliders."""
    lift_absent_dive_rad: float = math.radians(13.0)
    """Ballistic flights on their cheapest path enter more steeply: (180 - angle over ground) / 4 is
    15 degrees for 13,000 km (Bate, Mueller and White 1971, section 6.2.5)."""
    powered_probability: float = 0.5
    """From this probability on, something but gravity and thin air moves the object."""
    relit_probability: float = 0.95
    """From this probability on, what flew free is under power again: the next stage."""
    driven_lasting_s: float = 3.0
    """A push in free flight counts from this duration on: a shorter one is noise."""
    coasting_probability: float = 0.05
    """Below this probability of thrust a young track that comes down is one in free flight."""
    semi_major_max_m: float = 500_000.0
    """A 90 % ellipse larger than this says nothing that helps anybody: ``Unknown``."""
    semi_major_lift_max_m: float = 900_000.0
    """The same where it is lift that makes it so: it is long and narrow, where it would fall is
    known, and 900 km are as far as from Korea to beyond Honshu."""
    stale_unit_ratio: float = 3.0
    """Unobserved over observed time at which doubt has widened every sigma by a factor 1.4."""
    stale_max_ratio: float = 12.0
    """Beyond this ratio the forecast has expired: ``Unknown``."""
    lost_after_s: float = 30.0
    """Not observed for less than this is a gap between looks, not a loss."""
    lost_ratio: float = 6.0
    """Unobserved over observed time from which a coasting object counts as lost."""
    ended_hold_s: float = 30.0
    """How long after the latest time that the estimate allows for the impact an event has ended."""
    ended_unsure_hold_s: float = 300.0
    """The same after the expected impact time, where the impact itself is no longer named; and how
    long after its last observation an object in orbit is no event any more."""
    ended_unforeseen_hold_s: float = 1_800.0
    """How long after its last observation an object without a forecast (lost under power) is given
    up: longer than flights over 3,000 km last."""

    @property
    def ballistic_coefficient_kg_m2(self) -> float:
        """The median."""
        return math.sqrt(
            self.ballistic_coefficient_min_kg_m2 * self.ballistic_coefficient_max_kg_m2
        )

    @property
    def ballistic_coefficient_log_sigma(self) -> float:
        """Standard deviation of its logarithm: the width over the root of twelve."""
        ratio = self.ballistic_coefficient_max_kg_m2 / self.ballistic_coefficient_min_kg_m2
        return math.log(ratio) / math.sqrt(12.0)

    @property
    def light_coefficient_kg_m2(self) -> float:
        """The median of one that failed."""
        return math.sqrt(self.light_coefficient_min_kg_m2 * self.ballistic_coefficient_min_kg_m2)

    @property
    def light_coefficient_log_sigma(self) -> float:
        """Standard deviation of its logarithm."""
        ratio = self.ballistic_coefficient_min_kg_m2 / self.light_coefficient_min_kg_m2
        return math.log(ratio) / math.sqrt(12.0)


DEFAULT_SETTINGS = AssessmentSettings()
