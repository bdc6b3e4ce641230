"""Documented flights, flown: a truth that knows nothing of how the nodes estimate.

A point mass over the rotating WGS 84 Earth: gravity with J2, the US Standard Atmosphere 1976 on
the way up and down, an engine whose acceleration grows linearly and leans over from the vertical.
Burn time comes from class and propellant; thrust at lift-off, drag and wind are drawn by the
flight's id (``unpublished``); growth and lean are solved for so that apogee, range and bearing are
the published ones. Nothing is tuned per flight: the flight time is a prediction.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import brentq, least_squares

from signalfire.basis.errors import BadInput
from signalfire.basis.kernel import Floats
from signalfire.sim import _kernels as k
from signalfire.sim.record import Flight
from signalfire.sim.trajectory import Trajectory
from signalfire.sim.unpublished import burn_s, unpublished
from signalfire.space.earth import GRAVITY_M3_S2, ROTATION_RAD_S
from signalfire.space.geodesy import (
    Geodetic,
    azimuth_rad,
    distance_m,
    enu_from_ecef,
    geodetic,
)

BALLISTIC_KG_M2 = 8_000.0
"""Ballistic coefficient after burnout, where nothing else is said: a slender re-entry body."""
ASCENT_KG_M2 = 20_000.0
"""Ballistic coefficient while thrusting: the whole missile, mostly propellant."""
LIFT_TO_DRAG = 2.5
"""Of manoeuvring bodies; slender cones and gliders reach 2 to 3."""
LIFT_MAX_M_S2 = 80.0
CLIMB_RAD = {"pullup": math.radians(4.0), "glide": math.radians(1.0)}
"""Path angle that the lift works for after the apogee."""
UNLIFTED_SHARE = {"pullup": (0.8, 0.9), "glide": (0.55, 0.75, 0.9)}
"""Part of the published range that thrust alone would reach; the first that lift can complete."""
LEAN_POWER = 1.0
LEAN_POWER_LOW = 0.5
"""A missile that stays low leans over early."""
SPACE_LAUNCH_END_S = 1_500.0
"""How long a space launch is followed: past the horizon of every sensor nearby."""
MISS_MAX_M = 100.0
"""Largest miss of apogee and impact point with which a fit is accepted."""
_TIME_MAX_S = 12_000.0
_ROWS_MAX = 12_000
_NUDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Boost:
    """A made-up boost, and the body that it throws: what a flight of no record needs.

    ``thrust_g`` holds knots, each the part of the burn and the thrust over weight there, straight
    in between; two knots at one time are a step. After ``rise_s`` straight up the thrust leans over
    towards ``azimuth_rad`` as the power ``lean_power_factor`` of time, to ``lean_rad`` from the
    vertical of the launch place after the part ``lean_end_fraction`` of the burn; or, where
    ``is_gravity_turn``, it is tipped by ``lean_rad`` once and follows the velocity. The
    coefficients are ballistic ones; the wind is that of the jet stream, in the axes of the launch
    place.
    """

    burn_s: float
    thrust_g: tuple[tuple[float, float], ...]
    rise_s: float
    lean_rad: float
    azimuth_rad: float
    is_gravity_turn: bool = False
    lean_power_factor: float = LEAN_POWER
    lean_end_fraction: float = 1.0
    ascent_kg_m2: float = ASCENT_KG_M2
    ballistic_kg_m2: float = BALLISTIC_KG_M2
    wind_east_m_s: float = 0.0
    wind_north_m_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Pad:
    """Where a flight starts, and the axes in which it is steered."""

    place: Geodetic
    start_ecef_m: Floats
    axes: Floats

    @classmethod
    def at(cls, place: Geodetic) -> "_Pad":
        start_ecef_m = place.ecef_m()
        up = start_ecef_m / np.linalg.norm(start_ecef_m)
        return cls(place, start_ecef_m, np.vstack([enu_from_ecef(place), up]))

    def fly(self, plan: Floats, until_s: float = _TIME_MAX_S) -> tuple[Floats, float, bool]:
        """The rows of the path, its apogee in metres, and whether it came down."""
        path = np.empty((_ROWS_MAX, 7))
        rows, apogee_m, is_down = k.fly(self.start_ecef_m, self.axes, plan, until_s, path)
        return path[:rows], apogee_m, is_down


def fly(flight: Flight) -> Trajectory:
    """Fly a documented flight so that it has its published apogee, range and bearing.

    Manoeuvring flights go ballistically to their apogee and reach the published range by lift.
    Space launches climb to orbit at their published apogee and have no impact point; one that
    failed falls.

    Raises BadInput when no flight of that class has the published figures.
    """
    pad = _Pad.at(flight.launch)
    if flight.is_space_launch and flight.outcome == "success":
        plan = _ascent_to_orbit(pad, flight)
        path, apogee_m, _ = pad.fly(plan, SPACE_LAUNCH_END_S)
        return _trajectory(path, plan, apogee_m, None, (*flight.labels, "flies to orbit"))
    if flight.is_manoeuvring:
        plan = _manoeuvring(pad, flight)
        labels = (*flight.labels, f"manoeuvring: {_law(flight)} after the apogee, lift assumed")
    else:
        plan = _ballistic(pad, flight, range_m=flight.range_m, azimuth=flight.azimuth_rad)
        labels = flight.labels
    path, apogee_m, _ = pad.fly(plan)
    return _trajectory(path, plan, apogee_m, geodetic(path[-1, 1:4]), labels)


def fly_boost(launch: Geodetic, boost: Boost) -> Trajectory:
    """Fly a made-up boost and its fall, without lift; ``impact`` is None where it stays up."""
    plan = np.zeros(k.PLAN_LENGTH)
    plan[k.BURN] = boost.burn_s
    plan[k.KNOTS] = len(boost.thrust_g)
    plan[k.KNOT : k.KNOT + 2 * len(boost.thrust_g)] = np.array(boost.thrust_g).ravel()
    plan[k.RISE], plan[k.TILT_END] = boost.rise_s, boost.lean_end_fraction
    plan[k.TILT_EAST] = boost.lean_rad * math.sin(boost.azimuth_rad)
    plan[k.TILT_NORTH] = boost.lean_rad * math.cos(boost.azimuth_rad)
    plan[k.TILT_POWER] = boost.lean_power_factor
    plan[k.TIP] = boost.lean_rad if boost.is_gravity_turn else 0.0
    plan[k.DRAG_BOOST] = 1.0 / boost.ascent_kg_m2
    plan[k.DRAG_FREE] = 1.0 / boost.ballistic_kg_m2
    plan[k.WIND_EAST], plan[k.WIND_NORTH] = boost.wind_east_m_s, boost.wind_north_m_s
    path, apogee_m, is_down = _Pad.at(launch).fly(plan)
    impact = geodetic(path[-1, 1:4]) if is_down else None
    return _trajectory(path, plan, apogee_m, impact, ("made up",))


def _law(flight: Flight) -> str:
    return "glide" if flight.manoeuvre == "glide" else "pullup"


def _empty_plan(flight: Flight) -> Floats:
    plan = np.zeros(k.PLAN_LENGTH)
    plan[k.BURN] = burn_s(flight)
    drawn = unpublished(flight)
    plan[k.THRUST_FIRST] = drawn.thrust_weight_ratio
    plan[k.TILT_POWER] = LEAN_POWER_LOW if flight.is_low or flight.is_manoeuvring else LEAN_POWER
    plan[k.DRAG_BOOST] = 1.0 / ASCENT_KG_M2
    plan[k.DRAG_FREE] = 1.0 / drawn.ballistic_kg_m2
    plan[k.WIND_EAST], plan[k.WIND_NORTH] = drawn.wind_east_m_s, drawn.wind_north_m_s
    return plan


def _ballistic(pad: _Pad, flight: Flight, *, range_m: float, azimuth: float) -> Floats:
    """The plan that reaches the published apogee and the given place, without lift.

    Three unknowns (growth of thrust, lean to the east and to the north) against three misses
    (apogee, impact east and north), by Levenberg-Marquardt (MINPACK) from the flat-Earth parabola.
    """
    plan = _empty_plan(flight)
    target = range_m * np.array([math.sin(azimuth), math.cos(azimuth)])

    def miss_m(unknowns: Floats) -> Floats:
        plan[[k.THRUST_GROWTH, k.TILT_EAST, k.TILT_NORTH]] = unknowns
        path, apogee_m, _ = pad.fly(plan)
        end = geodetic(path[-1, 1:4])
        run_m, bearing = distance_m(pad.place, end), azimuth_rad(pad.place, end)
        east_m, north_m = run_m * math.sin(bearing), run_m * math.cos(bearing)
        return np.array([apogee_m - flight.apogee_m, east_m - target[0], north_m - target[1]])

    climb = math.atan2(4.0 * flight.apogee_m, range_m)
    speed_m_s = math.sqrt(2.0 * k.G0 * flight.apogee_m / (1.0 + flight.apogee_m / 6.4e6))
    lost_m_s = 0.8 * k.G0 * plan[k.BURN] * math.sin(climb)
    needed_g = (speed_m_s / math.sin(climb) + lost_m_s) / (k.G0 * plan[k.BURN])
    lean = 0.5 * math.pi - climb
    start = [
        max(0.2, 2.0 * (needed_g - float(plan[k.THRUST_FIRST]))),
        lean * math.sin(azimuth),
        lean * math.cos(azimuth),
    ]
    found = least_squares(miss_m, start, jac=partial(_slopes, miss_m), method="lm", x_scale="jac")
    worst_m = float(np.abs(miss_m(found.x)).max())
    if worst_m > MISS_MAX_M:
        raise BadInput(
            f"flight {flight.flight}: apogee {flight.apogee_m / 1e3:g} km and range "
            f"{range_m / 1e3:g} km do not fit a burn of {plan[k.BURN]:g} s (nearest miss "
            f"{worst_m / 1e3:.1f} km); check the published figures"
        )
    return plan


def _slopes(miss: Callable[[Floats], Floats], unknowns: Floats) -> Floats:
    """The Jacobian by forward differences; all unknowns are of the order of one."""
    here = miss(unknowns)
    nudged = [miss(unknowns + nudge) for nudge in _NUDGE * np.eye(len(unknowns))]
    return (np.column_stack(nudged) - here[:, None]) / _NUDGE


def _manoeuvring(pad: _Pad, flight: Flight) -> Floats:
    """The plan that falls short ballistically and completes the published range by lift."""
    path, _, _ = pad.fly(_lifted(pad, flight, flight.azimuth_rad))
    # The longer way by lift drifts off the bearing a little: aim off by as much.
    drift = azimuth_rad(pad.place, geodetic(path[-1, 1:4])) - flight.azimuth_rad
    return _lifted(pad, flight, flight.azimuth_rad - drift)


def _lifted(pad: _Pad, flight: Flight, azimuth: float) -> Floats:
    """The plan towards an azimuth whose lift, where it ends, completes the published range."""
    law = _law(flight)
    for share in UNLIFTED_SHARE[law]:
        plan = _ballistic(pad, flight, range_m=share * flight.range_m, azimuth=azimuth)
        plan[k.LIFT_TO_DRAG], plan[k.LIFT_MAX] = LIFT_TO_DRAG, LIFT_MAX_M_S2
        plan[k.CLIMB], plan[k.CEILING] = CLIMB_RAD[law], flight.apogee_m

        def miss_m(until_m: float, plan: Floats = plan) -> float:
            plan[k.LIFT_UNTIL] = until_m
            path, _, _ = pad.fly(plan)
            return distance_m(pad.place, geodetic(path[-1, 1:4])) - flight.range_m

        if miss_m(2.0 * flight.range_m) >= 0.0:
            plan[k.LIFT_UNTIL] = brentq(miss_m, 0.0, 2.0 * flight.range_m, xtol=1.0)
            return plan
    raise BadInput(
        f"flight {flight.flight}: lift over drag {LIFT_TO_DRAG} does not reach "
        f"{flight.range_m / 1e3:g} km; check the published figures"
    )


def _ascent_to_orbit(pad: _Pad, flight: Flight) -> Floats:
    """The plan that ends on a circular orbit at the published apogee.

    Unknowns: growth of thrust, lean at the end, power of the lean; misses: height, climb and
    inertial speed at burnout.
    """
    plan = _empty_plan(flight)
    towards = math.sin(flight.azimuth_rad), math.cos(flight.azimuth_rad)
    spin = np.array([0.0, 0.0, ROTATION_RAD_S])

    def miss(unknowns: Floats) -> Floats:
        plan[k.THRUST_GROWTH], lean, plan[k.TILT_POWER] = unknowns
        plan[k.TILT_EAST], plan[k.TILT_NORTH] = lean * towards[0], lean * towards[1]
        path, _, _ = pad.fly(plan, float(plan[k.BURN]))
        place_m, speed_m_s = path[-1, 1:4], path[-1, 4:]
        inertial_m_s = speed_m_s + np.cross(spin, place_m)
        radius_m = float(np.linalg.norm(place_m))
        circular_m_s = math.sqrt(GRAVITY_M3_S2 / radius_m)
        height_m = geodetic(place_m).altitude_m - flight.apogee_m
        over_m_s = float(np.linalg.norm(inertial_m_s)) - circular_m_s
        return np.array([height_m / 1e3, k.radial_speed(path[-1, 1:]), over_m_s])

    start = [1.0, 2.0, 1.0]
    found = least_squares(miss, start, jac=partial(_slopes, miss), method="lm", x_scale="jac")
    if float(np.abs(miss(found.x)).max()) > 0.1:
        raise BadInput(f"flight {flight.flight}: no ascent to orbit at the published apogee")
    return plan


def _trajectory(
    path: Floats, plan: Floats, apogee_m: float, impact: Geodetic | None, labels: tuple[str, ...]
) -> Trajectory:
    return Trajectory(
        t_s=path[:, 0].copy(),
        position_ecef_m=path[:, 1:4].copy(),
        velocity_ecef_m_s=path[:, 4:].copy(),
        burnout_t_s=min(float(plan[k.BURN]), float(path[-1, 0])),
        apogee_m=apogee_m,
        impact=impact,
        labels=labels,
    )
