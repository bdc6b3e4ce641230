"""Runs of the tracker over one flight and one set of radars, and what became of them in numbers."""

import math
from dataclasses import dataclass, fields, replace

import numpy as np

from accuracy_field import impact_m, sway
from accuracy_world import LATENCY_S, SETS, START, Schedule, plots, schedule, sights, truth_of
from signalfire.analysis import bound
from signalfire.assess.impact import NOTHING_KNOWN, Known, lift_available_m_s2, predict_impact
from signalfire.assess.settings import DEFAULT_SETTINGS
from signalfire.basis.identity import NodeId
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.motion._kernels import drag_deceleration
from signalfire.motion.shaken import move
from signalfire.picture.detection import RadarPlot, RadarSigma
from signalfire.picture.estimate import PlaceEstimate, StateEstimate
from signalfire.space.geodesy import Geodetic, enu_from_ecef, geodetic
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.tracker import Tracker

DRAG_SIGMA_FRACTION = DEFAULT_SETTINGS.ballistic_coefficient_log_sigma
"""What an estimator may know of the drag before: as much as the assessment takes for granted."""
ALOFT_M_S2 = 0.01
REPORTS_S = 5.0
REPORTS_MAX = 120
"""Reports come every five seconds, less often where the flight lasts longer than so many."""


@dataclass(frozen=True)
class Cell:
    """One flight and one set of radars."""

    scenario: str
    sensors: str


@dataclass(frozen=True)
class Course:
    """What is the same in every run of a cell: the looks, and at which of them a report is made."""

    plan: Schedule
    """With the states of the flight in a field of J2 alone."""
    reports: Integers
    bound: Floats
    """Of the state at each report, shape (reports, 6, 6), the drag being unknown."""
    is_aloft: Flags
    """Whether air slows the object by less than a hundredth of a metre per second squared."""
    landing_m2: Floats
    """Of the impact, east and north, shape (reports, 2, 2); NaN where it does not come down."""


def course(cell: Cell) -> Course:
    """The looks and the bounds of a cell; the first report is made after five seconds."""
    truth = truth_of(cell.scenario)
    plan = schedule(truth, SETS[cell.sensors])
    lasting_s = plan.times_s[-1] - plan.times_s[0]
    every_s = max(REPORTS_S, lasting_s / REPORTS_MAX)
    wanted = np.arange(plan.times_s[0] + every_s, plan.times_s[-1], every_s)
    reports = np.unique(np.searchsorted(plan.times_s, wanted))
    drag = 1.0 / truth.scenario.beta_kg_m2
    watched = bound.Watched(plan.times_s, plan.states, plan.looks, plan.sensors)
    motion = bound.Motion(drag, drag_sigma_fraction=DRAG_SIGMA_FRACTION)
    least = bound.along(watched, motion=motion)[reports, :6, :6]
    landings = np.full((len(reports), 2, 2), np.nan)
    for i, index in enumerate(reports):
        found = bound.landing(plan.states[index], least[i], drag_m2_kg=drag)
        if found is not None:
            landings[i] = found
    slowing = np.array([drag_deceleration(state, drag) for state in plan.states[reports]])
    return Course(plan, reports, least, slowing < ALOFT_M_S2, landings)


@dataclass(frozen=True)
class Results:
    """What runs gave, one row per run and one column per report; NaN where there was no track."""

    errors: Floats
    """Estimate less truth, shape (runs, reports, 6)."""
    nees: Floats
    nis: Floats
    """Of the report's own look in the estimate before it, three numbers."""
    thrust: Floats
    sigma_m: Floats
    miss_m: Floats
    """Of the predicted impact; infinite where none was named."""
    landing_nees: Floats
    landing_sigma_m: Floats
    tracks: Integers
    """How many tracks there were, shape (runs, reports)."""


def nothing(runs: int, reports: int) -> Results:
    """Rows to be filled: NaN, and no tracks."""
    names = [field.name for field in fields(Results)]
    columns = {name: np.full((runs, reports), np.nan) for name in names}
    columns["errors"] = np.full((runs, reports, 6), np.nan)
    return Results(**{**columns, "tracks": np.zeros((runs, reports), dtype=np.int64)})


def joined(parts: list[Results]) -> Results:
    """The runs of all parts as one."""
    return Results(
        *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Results))
    )


def run_all(cell: Cell, course: Course, seeds: list[int], settings: TrackingSettings) -> Results:
    """One run for each seed."""
    count, reports = len(seeds), len(course.reports)
    results = nothing(count, reports)
    for row, seed in enumerate(seeds):
        draw = np.random.default_rng([seed, *cell.scenario.encode(), *cell.sensors.encode()])
        _run(row, cell, course, draw, settings, results)
    return results


def _run(row: int, cell: Cell, course: Course, draw: np.random.Generator,
         settings: TrackingSettings, results: Results) -> None:  # fmt: skip
    swayed = sway(cell.scenario, draw)
    plan = replace(course.plan, states=course.plan.states + swayed.at(course.plan.times_s))
    looks, impact_ecef_m = plots(plan, sights(plan), draw), impact_m(cell.scenario, swayed)
    sensors, known = plan.sensors, NOTHING_KNOWN
    tracker = Tracker(NodeId("JPN-1"), {s.sensor: s for s in sensors}, settings)
    column_of = {int(index): column for column, index in enumerate(course.reports)}
    ticked_s = -math.inf
    for index, look in enumerate(looks):
        time_s = float(plan.times_s[index])
        if time_s >= ticked_s + 1.0:
            ticked_s = math.floor(time_s)
            tracker.tick(START.later(ticked_s))
        column = column_of.get(index)
        before = tracker.tracks() if column is not None else ()
        tracker.take([look], START.later(time_s + LATENCY_S))
        if column is None:
            continue
        tracks = tracker.tracks()
        results.tracks[row, column] = len(tracks)
        if not tracks:
            continue
        state = plan.states[index]
        track = min(tracks, key=lambda each: float(np.linalg.norm(each.state.mean - state)))
        now = _carried(track.state, look.observed_at, settings)
        error = now.mean - state
        results.errors[row, column] = error
        results.nees[row, column] = error @ np.linalg.solve(now.covariance, error)
        results.thrust[row, column] = track.thrust_probability
        results.sigma_m[row, column] = math.sqrt(float(np.trace(now.covariance[:3, :3])))
        if len(before) == 1:
            results.nis[row, column] = nis(before[0].state, look, settings)
        known = _land(row, column, now, known, impact_ecef_m, results)


def _carried(state: StateEstimate, at: Instant, settings: TrackingSettings) -> StateEstimate:
    """An estimate at an instant: a plot beyond the gate (one of 3,000) has not moved it there."""
    if state.valid_at == at:
        return state
    return move(state, at, settings.motion(), is_forced=False)


def nis(before: StateEstimate, look: RadarPlot, settings: TrackingSettings) -> float:
    """The normalised innovation squared of a plot, after free flight from the estimate before it.

    By difference of azimuth and elevation, another way than the tracker's own.
    """
    ahead = _carried(before, look.observed_at, settings)
    site = np.array(look.site_ecef_m)
    turn = enu_from_ecef(geodetic(site))
    east, north, up = turn @ (ahead.mean[:3] - site)
    level, range_m = math.hypot(east, north), math.sqrt(east**2 + north**2 + up**2)
    slope = np.zeros((3, 6))
    slope[0, :3] = np.array([east, north, up]) / range_m @ turn
    slope[1, :3] = np.array([north, -east, 0.0]) / level**2 @ turn
    down = np.array([-east * up, -north * up, level**2]) / (range_m**2 * level)
    slope[2, :3] = down @ turn
    turned = look.azimuth_rad - math.atan2(east, north)
    residual = np.array(
        [
            look.range_m - range_m,
            math.remainder(turned, 2.0 * math.pi),
            look.elevation_rad - math.atan2(up, level),
        ]
    )
    sigma: RadarSigma = look.sigma
    variances = np.square([sigma.range_m, sigma.azimuth_rad, sigma.elevation_rad])
    spread = slope @ ahead.covariance @ slope.T + np.diag(variances)
    return float(residual @ np.linalg.solve(spread, residual))


def _land(row: int, column: int, state: StateEstimate, known: Known, true_m: Floats,
          results: Results) -> Known:  # fmt: skip
    """Judge the predicted impact; returns what an assessment would remember of the flight."""
    found = predict_impact(state, DEFAULT_SETTINGS, known)
    impact = found.impact
    known = Known(
        apogee_m=found.apogee_m or known.apogee_m,
        steepness_ratio=found.steepness_ratio,
        lift_unused_m_s2=max(known.lift_unused_m_s2, lift_available_m_s2(state, DEFAULT_SETTINGS)),
    )
    if not isinstance(impact, PlaceEstimate):
        results.miss_m[row, column] = math.inf
        return known
    miss_m, distance2, sigma_m = judged(impact, true_m)
    results.miss_m[row, column] = miss_m
    results.landing_nees[row, column] = distance2
    results.landing_sigma_m[row, column] = sigma_m
    return known


def judged(impact: PlaceEstimate, true_m: Floats) -> tuple[float, float, float]:
    """How far an impact is off (m), the same squared in its covariance, and its sigma (m)."""
    place = Geodetic(impact.latitude_rad, impact.longitude_rad)
    offset = (enu_from_ecef(place) @ (true_m - place.ecef_m()))[:2]
    ee, en, nn = impact.covariance_east_north_m2
    covariance = np.array([[ee, en], [en, nn]])
    distance2 = float(offset @ np.linalg.solve(covariance, offset))
    return float(np.linalg.norm(offset)), distance2, math.sqrt(ee + nn)
