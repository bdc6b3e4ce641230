"""What makes a track an event: motion that no aircraft, balloon or satellite shows.

An event needs a confirmed track that has been watched for a moment, and motion that is, beyond
reasonable doubt (two sigmas on the near side of each bound):

- faster than level supersonic flight (above 1,100 m/s), at whatever height, or
- above 30 km and faster than 600 m/s: higher than wings carry, too fast for a balloon, or
- climbing or falling harder than 250 m/s at more than 400 m/s, or
- climbing under power, over some fifteen seconds: above 7 km harder than 200 m/s while height and
  the height that the speed is worth together grow by more than 200 m/s, or above 10 km harder than
  300 m/s, or
- in free flight above 12 km and faster than 500 m/s, watched for 15 s: what flies on wings or
  engines does not fall like a stone,

and that surely (three sigmas) comes down again: a perigee below 100 km, and less energy than any
orbit has. What the tracker began from one satellite's sights alone is evidence in itself: it flies
as no aircraft does and boosts from the ground (``tracking/lone.py``).

The bounds stand above the fastest aircraft in level service (SR-71: 26 km, 980 m/s; FAI absolute
records of 1976) and its climbs. A fighter's specific excess power falls from some 300
m/s at sea level to below 200 m/s at 7 km (energy-manoeuvrability charts: Raymer 2012, Aircraft
Design, section 17.6). A zoom climb is steep but gains no energy: what it climbs with it had as
speed, in level flight before. With lines of sight alone the energy is known too badly to show
that; but a launch that is seen above 7 km climbs from its first look on, the slowest launchers at
200 m/s and more. So what was surely (two sigmas) seen to climb less there before, and climbs hard
now, is no launch by that climb alone: it may zoom. By its speed or height it is one as any other.
"""

import math
from dataclasses import dataclass

import numpy as np

from signalfire.assess import _kernels
from signalfire.basis.kernel import Floats
from signalfire.picture.track import Climb, Track, TrackStatus
from signalfire.space.earth import GRAVITY_M3_S2, SEMI_MAJOR_M
from signalfire.space.geodesy import enu_from_ecef, geodetic

SURE_SIGMAS = 2.0
VERY_SURE_SIGMAS = 3.0
WATCHED_MIN_S = 2.0
UPDATES_MIN = 4
FAST_M_S = 1_100.0
HIGH_M = 30_000.0
HIGH_SPEED_M_S = 600.0
STEEP_CLIMB_M_S = 250.0
STEEP_SPEED_M_S = 400.0
POWERED_M = 7_000.0
POWERED_CLIMB_M_S = 200.0
POWER_M_S = 200.0
LASTING_M = 10_000.0
LASTING_CLIMB_M_S = 300.0
LASTING_S = 12.0
FREE_M = 12_000.0
FREE_SPEED_M_S = 500.0
FREE_WATCHED_S = 15.0
FREE_PROBABILITY_MAX = 0.05
PERIGEE_MAX_M = 100_000.0
CLIMBS_HARDER = "climbs harder"
UNDER_POWER = "climbs under power"
BY_CLIMB = frozenset({CLIMBS_HARDER, UNDER_POWER})
"""What speed gained in level flight, or an engine of an aircraft, can give as well for a while."""
ENERGY_MAX_J_KG = -0.5 * GRAVITY_M3_S2 / SEMI_MAJOR_M
"""Of a circular orbit at sea level: a body with more comes from an orbit or from outside."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether a track shows a missile, and on what that rests."""

    is_missile: bool
    reason: str


def evidence(track: Track) -> Evidence:
    """Judge one track by the rule of this module."""
    if track.status is not TrackStatus.CONFIRMED:
        return Evidence(False, f"the track is {track.status.value}")
    if track.observed_s < WATCHED_MIN_S or track.updates < UPDATES_MIN:
        return Evidence(False, "watched too briefly")
    if track.lift_off is not None:
        return Evidence(True, "boosts as no aircraft flies")
    values = np.empty(_kernels.NUMBERS)
    sigmas = np.empty(_kernels.NUMBERS)
    _kernels.shape_spread(track.state.mean, track.state.covariance, values, sigmas)
    if not np.all(np.isfinite(values)) or not np.all(np.isfinite(sigmas)):
        return Evidence(False, "the estimate is not finite")
    at_most = values + VERY_SURE_SIGMAS * sigmas
    if at_most[5] > PERIGEE_MAX_M or at_most[4] > ENERGY_MAX_J_KG:
        return Evidence(False, "may be in orbit, or come from one")
    is_free = (
        track.free_flight_seen
        and track.thrust_probability < FREE_PROBABILITY_MAX
        and track.observed_s >= FREE_WATCHED_S
    )
    found = _beyond_aircraft(values, sigmas, is_free)
    if track.climb is not None and _climbs_under_power(track.climb):
        found = Evidence(True, UNDER_POWER) if not found.is_missile else found
    if found.reason in BY_CLIMB and _flew_level(track):
        return Evidence(False, "zooms out of level flight")
    return found


def _climbs_under_power(climb: Climb) -> bool:
    """Whether it surely climbs, for a while, as no wings take anything that has not flown level."""
    least_m_s = climb.climb_m_s - SURE_SIGMAS * climb.climb_sigma_m_s
    power_m_s = climb.power_m_s - SURE_SIGMAS * climb.power_sigma_m_s
    if climb.altitude_m > POWERED_M and least_m_s > POWERED_CLIMB_M_S and power_m_s > POWER_M_S:
        return True
    is_lasting = climb.span_s >= LASTING_S and climb.altitude_m > LASTING_M
    return is_lasting and least_m_s > LASTING_CLIMB_M_S


def _flew_level(track: Track) -> bool:
    """Whether it was seen, high up, to climb surely less than any launch does there."""
    for state in track.ascent:
        place = geodetic(state.position_ecef_m)
        if place.altitude_m > POWERED_M:
            up = enu_from_ecef(place)[2]
            climb_m_s = float(up @ state.velocity_ecef_m_s)
            sigma_m_s = math.sqrt(max(0.0, float(up @ state.covariance[3:, 3:] @ up)))
            if climb_m_s + SURE_SIGMAS * sigma_m_s < POWERED_CLIMB_M_S:
                return True
    return False


def _beyond_aircraft(values: Floats, sigmas: Floats, is_free: bool) -> Evidence:
    """Whether height, speed and climb together surely lie outside what aircraft and balloons do."""
    altitude_m, speed_m_s = (values - SURE_SIGMAS * sigmas)[:2]
    steep_m_s = abs(values[2]) - SURE_SIGMAS * sigmas[2]
    if speed_m_s > FAST_M_S:
        return Evidence(True, "faster than any aircraft")
    if altitude_m > HIGH_M and speed_m_s > HIGH_SPEED_M_S:
        return Evidence(True, "higher than wings carry, and fast")
    if steep_m_s > STEEP_CLIMB_M_S and speed_m_s > STEEP_SPEED_M_S:
        return Evidence(True, CLIMBS_HARDER if values[2] > 0.0 else "falls harder")
    if is_free and altitude_m > FREE_M and speed_m_s > FREE_SPEED_M_S:
        return Evidence(True, "falls freely, high and fast")
    return Evidence(False, "an aircraft or balloon could move like this")
