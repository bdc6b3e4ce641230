"""One made-up flight before sensors drawn for it: tracked, assessed, and judged at set moments."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.random import Generator

from signalfire.assess.assessor import Assessed, assess_state, observed_by
from signalfire.assess.evidence import evidence
from signalfire.assess.launch import estimate_launch
from signalfire.basis.identity import EventId, NationId, NodeId, event_id
from signalfire.basis.instant import Instant
from signalfire.picture.detection import Detection, Sensor, SensorKind
from signalfire.picture.estimate import Launch, PlaceEstimate
from signalfire.picture.track import Track, TrackStatus
from signalfire.sim.flight import Boost, fly_boost
from signalfire.sim.sensors import Watch, detections
from signalfire.sim.trajectory import Flown, Trajectory
from signalfire.space.geodesy import Geodetic, azimuth_rad, distance_m
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.tracker import Tracker

LIFT_OFF = Instant(1_900_000_000 * 10**9)
NODE, NATION = NodeId("KOR-1"), NationId("KOR")
EVENT: EventId = event_id(NODE, 1)
RANGE_M = (200e3, 5_000e3)
SHAPES = ("ordinary", "lofted", "depressed")
LOFTED_RATIO, DEPRESSED_RATIO = 0.45, 0.15
"""Apogee over range of the cheapest path is a quarter for short ranges and less for long ones;
above the first a flight is lofted, below the second (rule of the documented record) depressed."""
SIGHTS = ("radar", "infrared", "both")
MOMENTS = ("first", "burnout+10", "burnout+30", "burnout+60", "impact-60")
GROUND_KG_M2 = (4_000.0, 20_000.0)
"""Ballistic coefficients of re-entry bodies, ln-uniform between blunt and slender ones."""
JET_MEAN_M_S, JET_SIGMA_M_S = 25.0, 15.0
"""Wind at 11 km over middle latitudes, to the east and its spread: class values of climatology."""
RADARS_MAX = 4
TRIES_MAX = 4_000


@dataclass(frozen=True)
class Judged:
    """One estimate of one place against the truth; ``size_m`` is the semi-major axis.

    ``distance2`` is the squared error in units of the covariance, ``late_sigmas`` the time error in
    stated sigmas.
    """

    distance2: float
    late_sigmas: float
    error_m: float
    late_s: float
    size_m: float


@dataclass(frozen=True)
class Told:
    """What was said at one moment; None where nothing was named."""

    moment: str
    launch: Judged | None
    impact: Judged | None
    phase: str


@dataclass(frozen=True)
class Flight:
    """One flight of the run, and what was said of it."""

    number: int
    shape: str
    sight: str
    range_km: float
    apogee_km: float
    burn_s: float
    told: tuple[Told, ...]


def draw_boost(draw: Generator) -> Boost:
    """A member of the family that ``assess/boost.py`` states, with a body of its own."""

    def between(low: float, high: float) -> float:
        return math.exp(draw.uniform(math.log(low), math.log(high)))

    burn_s = between(45.0, 320.0)
    first_g = (1.3 + 0.6 * math.exp(-(burn_s - 45.0) / 60.0)) * math.exp(0.3 * draw.normal())
    first_g = max(1.12, first_g)
    thrust_g: tuple[tuple[float, float], ...]
    if draw.random() < 0.5:
        thrust_g = ((0.0, first_g), (1.0, first_g * between(1.5, 7.0)))
    else:
        thrust_g = _stages(draw, burn_s, first_g)
    is_gravity_turn = bool(draw.random() < 0.5)
    return Boost(
        burn_s=burn_s,
        thrust_g=thrust_g,
        rise_s=draw.uniform(2.0, 14.0),
        lean_rad=math.radians(draw.uniform(0.5, 8.0) if is_gravity_turn else draw.uniform(2, 75)),
        azimuth_rad=draw.uniform(0.0, 2.0 * math.pi),
        is_gravity_turn=is_gravity_turn,
        lean_power_factor=draw.uniform(0.5, 1.6),
        lean_end_fraction=draw.uniform(0.35, 1.0),
        ascent_kg_m2=between(5_000.0, 33_000.0),
        ballistic_kg_m2=between(*GROUND_KG_M2),
        wind_east_m_s=JET_MEAN_M_S + JET_SIGMA_M_S * draw.normal(),
        wind_north_m_s=JET_SIGMA_M_S * draw.normal(),
    )


def _stages(draw: Generator, burn_s: float, first_g: float) -> tuple[tuple[float, float], ...]:
    """One to three stages, each a curve 1 / (1 - burnt part of its mass) by four knots."""
    count = 1 if burn_s < 90.0 else int(draw.integers(1, 4))
    ends = np.cumsum(draw.uniform(0.6, 1.4, count))
    ends /= ends[-1]
    begins_g, begin, knots = first_g, 0.0, []
    for end in ends:
        left = draw.uniform(0.15, 0.55)
        for part in (0.0, 0.5, 0.8, 1.0):
            push_g = begins_g / (1.0 - (1.0 - left) * part)
            knots.append((begin + float(end - begin) * part, push_g))
        begin, begins_g = float(end), begins_g * draw.uniform(0.9, 1.9)
    return tuple(knots)


def shape_of(range_m: float, apogee_m: float) -> str:
    """Ordinary, lofted or depressed, by apogee over range."""
    ratio = apogee_m / range_m
    if ratio < DEPRESSED_RATIO:
        # On the cheapest path a long flight is as flat: tan of (180 deg - angle) / 4, halved.
        cheapest = 0.5 * math.tan(0.25 * (math.pi - range_m / 6.371e6)) * 0.5
        return "depressed" if ratio < 0.75 * cheapest else "ordinary"
    return "lofted" if ratio > LOFTED_RATIO else "ordinary"


def draw_flight(draw: Generator, shape: str) -> tuple[Boost, Trajectory]:
    """A flight of the wanted shape within the bounds of the family, from a place in the region."""
    for _ in range(TRIES_MAX):
        boost = draw_boost(draw)
        pad = Geodetic.from_degrees(draw.uniform(37.0, 42.0), draw.uniform(124.5, 130.0))
        if max(push_g for _, push_g in boost.thrust_g) > 16.0:
            continue
        path = fly_boost(pad, boost)
        if path.impact is None or not RANGE_M[0] < distance_m(pad, path.impact) < RANGE_M[1]:
            continue
        height_m = np.linalg.norm(path.position_ecef_m, axis=1)
        at_end = int(np.searchsorted(path.t_s, path.burnout_t_s or 0.0))
        is_climbing = bool(np.all(np.diff(height_m[: at_end + 1]) > -1.0))
        if is_climbing and shape_of(distance_m(pad, path.impact), path.apogee_m) == shape:
            return boost, path
    raise AssertionError(f"no {shape} flight in {TRIES_MAX} draws")


def draw_sensors(draw: Generator, sensors: Sequence[Sensor], sight: str) -> list[Sensor]:
    """One to four radars, two or more satellites, or both."""
    radars = [s for s in sensors if s.kind is SensorKind.RADAR]
    heats = [s for s in sensors if s.kind is SensorKind.INFRARED]
    chosen: list[Sensor] = []
    if sight != "infrared":
        count = int(draw.integers(1, RADARS_MAX + 1))
        chosen += [radars[i] for i in draw.choice(len(radars), count, replace=False)]
    if sight != "radar":
        count = int(draw.integers(2, len(heats) + 1))
        chosen += [heats[i] for i in draw.choice(len(heats), count, replace=False)]
    return chosen


def play(number: int, sensors: Sequence[Sensor], *, seed: int, spacing_s: float) -> Flight:
    """Draw flight and sensors by number and seed, watch, and judge."""
    draw = np.random.default_rng([seed, number])
    shape, sight = SHAPES[number % 3], SIGHTS[number // 3 % 3]
    boost, path = draw_flight(draw, shape)
    flown = Flown(f"made-up-{number}", LIFT_OFF, path)
    chosen = draw_sensors(draw, sensors, sight)
    plots = [
        plot
        for sensor in chosen
        for plot in detections(Watch(sensor, (LIFT_OFF, flown.ends_at)), [flown], seed=seed)
    ]
    assert path.impact is not None
    return Flight(
        number=number,
        shape=shape,
        sight=sight,
        range_km=distance_m(path.launch, path.impact) / 1e3,
        apogee_km=path.apogee_m / 1e3,
        burn_s=boost.burn_s,
        told=tuple(_watch(plots, chosen, path, spacing_s)),
    )


def _watch(
    plots: list[Detection], sensors: Sequence[Sensor], path: Trajectory, spacing_s: float
) -> Iterator[Told]:
    """Assess at whole seconds, and judge at the moments."""
    plots.sort(key=lambda plot: (plot.received_at, plot.sensor, plot.observed_at))
    tracker = Tracker(NODE, {s.sensor: s for s in sensors}, TrackingSettings())
    waiting = groupby(plots, key=lambda plot: plot.received_at)
    at, batch = next(waiting, (None, iter(())))
    moments = _moments(path)
    assessed: Assessed | None = None
    launch: tuple[tuple[object, ...], Launch] | None = None
    is_first = True
    for second in np.arange(spacing_s, path.end_t_s, spacing_s):
        now = LIFT_OFF.later(float(second))
        while at is not None and at <= now:
            tracker.take(list(batch), at)
            at, batch = next(waiting, (None, iter(())))
        tracker.tick(now)
        track = _told_track(tracker)
        if track is not None and (assessed is not None or evidence(track).is_missile):
            mark = (track.track, len(track.ascent), track.burnt_out_at, track.free_flight_seen,
                    round(track.thrust_probability, 1))  # fmt: skip
            if launch is None or launch[0] != mark:
                launch = (mark, estimate_launch(track))
            before = assessed.remembered if assessed is not None else None
            assessed = assess_state(observed_by(EVENT, NATION, track, launch[1], before), now)
            if is_first and isinstance(assessed.assessment.launch, PlaceEstimate):
                is_first = False
                yield _judge("first", assessed, path)
        while moments and second >= moments[0][0]:
            if assessed is not None:
                yield _judge(moments[0][1], assessed, path)
            moments.pop(0)


def _moments(path: Trajectory) -> list[tuple[float, str]]:
    burnout_s = path.burnout_t_s or 0.0
    after = [(burnout_s + float(name[8:]), name) for name in MOMENTS if name.startswith("burnout+")]
    return sorted([*after, (path.end_t_s - 60.0, "impact-60")])


def _told_track(tracker: Tracker) -> Track | None:
    """The track that an event would go by: the confirmed one seen longest, else a lost one."""
    tracks = tracker.tracks()
    return max(
        tracks, key=lambda t: (t.status is TrackStatus.CONFIRMED, t.observed_s), default=None
    )


def _judge(moment: str, assessed: Assessed, path: Trajectory) -> Told:
    found = assessed.assessment
    assert path.impact is not None and found.state is not None
    return Told(
        moment,
        _against(found.launch, path.launch, 0.0),
        _against(found.impact, path.impact, path.end_t_s),
        found.phase.value,
    )


def _against(estimate: object, truth: Geodetic, truth_t_s: float) -> Judged | None:
    if not isinstance(estimate, PlaceEstimate):
        return None
    gap_m = distance_m(estimate.place, truth)
    azimuth = azimuth_rad(estimate.place, truth)
    gap = gap_m * np.array([math.sin(azimuth), math.cos(azimuth)])
    ee, en, nn = estimate.covariance_east_north_m2
    late_s = estimate.time.elapsed_s(since=LIFT_OFF.later(truth_t_s))
    return Judged(
        distance2=float(gap @ np.linalg.solve(np.array([[ee, en], [en, nn]]), gap)),
        late_sigmas=late_s / estimate.time_sigma_s,
        error_m=gap_m,
        late_s=late_s,
        size_m=estimate.ellipse_p90.semi_major_m,
    )
