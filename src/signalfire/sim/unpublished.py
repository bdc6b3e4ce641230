"""What no record tells of a missile, though its flight hangs on it: burn, thrust, drag, wind.

The burn is a value by class and propellant. Thrust at lift-off and drag differ from missile to
missile, the wind from day to day; each flight draws its own, by its id alone, so that the same
flight is always flown alike and nothing is tuned. What the nodes believe of bodies of unknown
make is then tried against many of them, not against one.
"""

import hashlib
import math
from dataclasses import dataclass
from statistics import NormalDist

from signalfire.sim.record import Flight

BURN_S = {
    "SRBM": 70.0,
    "MRBM": 95.0,
    "SLBM": 110.0,
    "IRBM": 150.0,
    "ICBM": 280.0,
    "HGV": 95.0,
    "SLV": 570.0,
}
"""Seconds of thrust, by class; public class values, none of them official. The ICBM is the
liquid-fuelled one (no other is in the record). The SLV counts all stages as one burn of nine and a
half minutes, so that it runs ahead of a real one, which coasts between stages."""
SOLID_SHORT_BURN_S = 55.0
"""Of short-range missiles with solid propellant: a Pershing 1A flew to 740 km on two motors of 40 s
each (UPI, 6 July 1989), and one motor does for less."""
CLASS_RANGE_M = (("SRBM", 1.0e6), ("MRBM", 3.0e6), ("IRBM", 5.5e6))
"""Upper limits of range by class, for flights whose missile is not known."""
FAILED_SPACE_LAUNCH_BURN_S = 120.0
"""A space launch that failed: its first stage alone."""
SOLID_MISSILES = ("KN-", "Hwasong-11", "Rail-mobile", "Pukguksong")
"""How the names of missiles with solid propellant begin, as the states around call them (JMOD,
"Recent missile and nuclear development of North Korea")."""
LIQUID_G = (1.2, 1.8)
"""Thrust over weight at lift-off: what lifts off from the ground has 1.2 to 2.2 (Sutton and
Biblarz, "Rocket Propulsion Elements", 8th edition, section 4.3). Liquid engines are at its lower
end, for their thrust costs weight."""
SOLID_G = (1.6, 2.6)
"""Solid motors, which burn out sooner, are at its upper end and a little above it. Assumed: no
record gives it."""
ORBIT_G = 1.4
"""Of launchers to orbit, and of what failed as one."""
BALLISTIC_KG_M2 = (4_000.0, 20_000.0)
"""Ballistic coefficient after burnout, from blunt bodies to slender ones, each ratio as likely."""
GLIDER_KG_M2 = 8_000.0
"""Of bodies that use lift: the lift that completes their published range is fitted to it."""
JET_EAST_M_S = 25.0
JET_SIGMA_M_S = 15.0
"""Wind at 11 km over middle latitudes, to the east and its spread in either direction: class values
of climatology."""
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Unpublished:
    """What a flight has drawn: thrust over weight at lift-off, drag, and the jet stream."""

    thrust_weight_ratio: float
    ballistic_kg_m2: float
    wind_east_m_s: float
    wind_north_m_s: float


def unpublished(flight: Flight) -> Unpublished:
    """Thrust and drag of a flight, ln-uniform between the bounds of its kind, and a normal wind."""
    thrust_weight_ratio = ORBIT_G
    if not flight.is_space_launch:
        bounds = SOLID_G if _is_solid(flight) else LIQUID_G
        thrust_weight_ratio = _between(bounds, _share(flight, "thrust"))
    ballistic_kg_m2 = GLIDER_KG_M2
    if not flight.is_manoeuvring:
        ballistic_kg_m2 = _between(BALLISTIC_KG_M2, _share(flight, "drag"))
    return Unpublished(
        thrust_weight_ratio,
        ballistic_kg_m2,
        JET_EAST_M_S + JET_SIGMA_M_S * _NORMAL.inv_cdf(_share(flight, "wind east")),
        JET_SIGMA_M_S * _NORMAL.inv_cdf(_share(flight, "wind north")),
    )


def burn_s(flight: Flight) -> float:
    """Seconds of thrust of a flight, by its class and propellant alone."""
    if flight.is_space_launch and flight.outcome != "success":
        return FAILED_SPACE_LAUNCH_BURN_S
    name = _class_name(flight)
    return SOLID_SHORT_BURN_S if name == "SRBM" and _is_solid(flight) else BURN_S[name]


def _class_name(flight: Flight) -> str:
    """The class of the record, or for an unknown missile that of its energy.

    The greatest range that the energy allows counts: on a flat Earth v^2/g = 2 H + R^2/(8 H) for
    apogee H and range R; a low flight counts by its range.
    """
    if flight.missile_class in BURN_S:
        return flight.missile_class
    reach_m = flight.range_m
    if not flight.is_manoeuvring:
        reach_m = 2.0 * flight.apogee_m + flight.range_m**2 / (8.0 * flight.apogee_m)
    return next((name for name, limit_m in CLASS_RANGE_M if reach_m < limit_m), "ICBM")


def _is_solid(flight: Flight) -> bool:
    """By its name; an unknown short-range missile counts as solid, as all new ones are."""
    if flight.missile_class in BURN_S:
        return flight.missile.startswith(SOLID_MISSILES)
    return _class_name(flight) == "SRBM"


def _between(bounds: tuple[float, float], share: float) -> float:
    """Ln-uniform where the share is uniform."""
    return bounds[0] * math.exp(share * math.log(bounds[1] / bounds[0]))


def _share(flight: Flight, what: str) -> float:
    """A number above 0 and below 1 that follows from the id of the flight."""
    digest = hashlib.sha256(f"{flight.flight}\0{what}".encode()).digest()
    return (int.from_bytes(digest[:6], "big") + 0.5) / 2.0**48
