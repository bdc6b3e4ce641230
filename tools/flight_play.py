"""Play one documented flight through every nation's node, in this process, and judge it."""

import hashlib
import math
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import signalfire
from signalfire.assess.areas import AreaTable
from signalfire.basis.realm import Realm
from signalfire.cli.assemble import Federation, first_node, load_areas, public_keys
from signalfire.cli.scenarios import (
    Performance,
    packaged_agreement,
    packaged_sensors,
    perform,
)
from signalfire.federation.keys import key_for_replay
from signalfire.formats.native.detections import encode_line
from signalfire.node.outbox import Stream
from signalfire.picture.detection import Detection
from signalfire.release.agreement import read_agreement
from signalfire.rim.clock import system_now
from signalfire.rim.files import read_file
from signalfire.sim.record import Flight
from signalfire.sim.recording import Recording
from signalfire.sim.scenario import scenario_for_flight
from signalfire.sim.score import Row, score
from signalfire.sim.score_lines import PictureLine, SaidPlace, read_picture, read_warnings
from signalfire.sim.trajectory import Flown
from signalfire.sim.world import World
from signalfire.space.earth import GRAVITY_M3_S2, MEAN_RADIUS_M
from signalfire.space.geodesy import Geodetic

VIEW = "common"
_COMMON = b'"view":"common"'
CLASS_BOUNDS_KM = ((1_000.0, "SRBM"), (3_000.0, "MRBM"), (5_500.0, "IRBM"), (math.inf, "ICBM"))
BORDERLINE_FRACTION = 0.1
"""A range so near to a bound between classes lets either class count as right."""
_CHI2_P90 = 4.605170185988092
"""The 90 % point of the chi-square distribution with two degrees of freedom, -2 ln 0.1."""


@dataclass(frozen=True)
class Said:
    """What one whole-second line says of one place, against the truth.

    ``content_probability`` is the content of the stated distribution's ellipse through the truth.
    """

    t_s: float
    error_km: float
    content_probability: float
    time_error_s: float
    time_sigma_s: float
    semi_major_km: float
    is_held: bool


@dataclass(frozen=True)
class Believed:
    """The likeliest class from one moment on."""

    t_s: float
    name: str
    probability: float


@dataclass(frozen=True)
class Warned:
    """One message of a nation to its people."""

    t_s: float
    status: str
    areas: tuple[str, ...]


@dataclass(frozen=True)
class EventStory:
    """One event as one nation's common view told it, with every estimate of its whole seconds."""

    event: str
    is_true: bool
    superseded_by: str | None
    away_km: float | None
    first_line_s: float
    last_line_s: float
    launch: tuple[Said, ...]
    impact: tuple[Said, ...]
    beliefs: tuple[Believed, ...]
    phases: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class NationStory:
    """All that one nation believed and told its people."""

    nation: str
    events: tuple[EventStory, ...]
    warnings: tuple[Warned, ...]
    flown_over: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    over_warned: tuple[str, ...] = ()
    lead_s: tuple[tuple[str, float], ...] = ()

    @property
    def told(self) -> EventStory | None:
        """The event that stood for the flight longest, whichever name it ended with."""
        true = [event for event in self.events if event.is_true]
        return max(true, key=lambda event: event.last_line_s - event.first_line_s, default=None)


@dataclass(frozen=True)
class Outcome:
    """One flight, played and judged; ``crash`` holds the traceback where it could not be."""

    inputs: str
    flight: str
    record_id: str
    missile: str
    recorded_class: str
    true_classes: tuple[str, ...]
    labels: tuple[str, ...]
    apogee_km: float
    range_km: float
    flight_s: float = 0.0
    burnout_s: float | None = None
    detections: int = 0
    first_plot_s: float | None = None
    wall_s: float = 0.0
    nations: tuple[NationStory, ...] = ()
    crash: str = ""


@dataclass
class Stage:
    """What every flight is played with."""

    seed: int
    areas: AreaTable = field(default_factory=load_areas)

    def inputs_of(self, flight: Flight) -> str:
        """A digest of all that the outcome follows from: flight, seed, program and its data."""
        return hashlib.sha256(f"{self._program}\0{self.seed}\0{flight!r}".encode()).hexdigest()

    def __post_init__(self) -> None:
        root = Path(signalfire.__file__).parent
        total = hashlib.sha256(Path(__file__).read_bytes())
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".toml", ".csv", ".geojson") and path.is_file():
                total.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
        self._program = total.hexdigest()


def play(stage: Stage, flight: Flight) -> Outcome:
    """Play and judge one flight; never raises for a fault of the program, but says it."""
    began_s = time.monotonic()
    outcome = Outcome(
        inputs=stage.inputs_of(flight),
        flight=flight.flight,
        record_id=flight.record_id,
        missile=flight.missile,
        recorded_class=flight.missile_class,
        true_classes=(),
        labels=flight.labels,
        apogee_km=flight.apogee_m / 1e3,
        range_km=flight.range_m / 1e3,
    )
    try:
        outcome = _played(stage, flight, outcome)
    except Exception:
        outcome = replace(outcome, crash=traceback.format_exc())
    return replace(outcome, wall_s=time.monotonic() - began_s)


def _played(stage: Stage, flight: Flight, outcome: Outcome) -> Outcome:
    scenario = scenario_for_flight(flight, sensors=str(packaged_sensors()))
    performance = perform(scenario, packaged_sensors().parent, seed=stage.seed)
    flown, plots = performance.objects[0], performance.simulation.detections
    trajectory = flown.trajectory
    outcome = replace(
        outcome,
        true_classes=_true_classes(flight, flown),
        labels=trajectory.labels,
        flight_s=trajectory.end_t_s,
        burnout_s=trajectory.burnout_t_s,
        detections=len(plots),
        first_plot_s=_first_s(plots, flown),
    )
    pictures, warnings = _lines(stage, performance, (encode_line(plot) for plot in plots))
    rows = score(pictures, warnings, (flown,), table=stage.areas, view=VIEW).rows
    nations = sorted({str(row.nation) for row in rows})
    return replace(
        outcome,
        nations=tuple(_nation(name, flown, rows, pictures, warnings) for name in nations),
    )


def _first_s(plots: Sequence[Detection], flown: Flown) -> float | None:
    """When the first report reached anybody."""
    return plots[0].received_at.elapsed_s(since=flown.lift_off) if plots else None


def _lines(
    stage: Stage, performance: Performance, lines: Iterable[bytes]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What all nations show in their common views, and what they tell their people."""
    realm = Realm("test:flights")
    agreement = read_agreement(read_file(packaged_agreement(), what="agreement"))
    federation = Federation(realm, agreement, performance.sensors, stage.areas, system_now())
    keys = {first_node(n): key_for_replay(realm, n) for n in federation.nations}
    trust = public_keys(keys)
    nodes = {
        n: federation.node(first_node(n), keys[first_node(n)], trust) for n in federation.nations
    }
    pictures: list[dict[str, Any]] = []
    warnings: list[dict[str, Any]] = []
    recording = Recording(federation.sensors_by_id())
    for advanced in World(nodes).play(recording.reports(lines)):
        for line in advanced.outbox.lines:
            if line.stream is Stream.PICTURE and _COMMON in line.body:
                pictures.append(msgspec.json.decode(line.body))
            elif line.stream is Stream.WARNINGS:
                warnings.append(msgspec.json.decode(line.body))
    return pictures, warnings


def _true_classes(flight: Flight, flown: Flown) -> tuple[str, ...]:
    """The class by the rule of the formats reference; two where a bound is near.

    Range at the energy of burnout: v0^2 = v^2 + 2 mu (1/R - 1/r), Q = v0^2 R / mu,
    sin(psi/2) = Q / (2 - Q) (Bate, Mueller and White 1971, section 6.2.5).
    """
    trajectory = flown.trajectory
    if flight.is_space_launch and flight.outcome == "success":
        return ("SLV",)
    if flight.is_manoeuvring or flight.is_low:
        return ("manoeuvring",)
    end = int(np.searchsorted(trajectory.t_s, trajectory.burnout_t_s or 0.0))
    radius_m = float(np.linalg.norm(trajectory.position_ecef_m[end]))
    speed2 = float(np.sum(trajectory.velocity_ecef_m_s[end] ** 2))
    speed2 += 2.0 * GRAVITY_M3_S2 * (1.0 / MEAN_RADIUS_M - 1.0 / radius_m)
    ratio = speed2 * MEAN_RADIUS_M / GRAVITY_M3_S2
    sine = min(1.0, ratio / (2.0 - ratio)) if ratio < 1.0 else 1.0
    range_km = 2.0 * math.asin(sine) * MEAN_RADIUS_M / 1e3
    near = (1.0 - BORDERLINE_FRACTION, 1.0, 1.0 + BORDERLINE_FRACTION)
    found = [next(n for bound, n in CLASS_BOUNDS_KM if range_km * f < bound) for f in near]
    return tuple(dict.fromkeys([found[1], *found]))


def _nation(
    name: str,
    flown: Flown,
    rows: Sequence[Row],
    pictures: Sequence[dict[str, Any]],
    warnings: Sequence[dict[str, Any]],
) -> NationStory:
    events = []
    areas = None
    for row in rows:
        if row.nation != name:
            continue
        lines = [p for p in pictures if p["nation"] == name and p["event"] == row.event]
        events.append(_event(row, lines, flown))
        areas = row.areas or areas
    told = tuple(
        Warned(line.at.elapsed_s(since=flown.lift_off), line.status, line.areas)
        for line in read_warnings(warnings)
        if line.nation == name
    )
    story = NationStory(name, tuple(events), told)
    if areas is None:
        return story
    return replace(
        story,
        flown_over=areas.flown_over,
        missed=areas.missed,
        over_warned=areas.over_warned,
        lead_s=areas.lead_s,
    )


def _event(row: Row, raw: Sequence[dict[str, Any]], flown: Flown) -> EventStory:
    lines = list(read_picture(raw))
    times_s = [line.at.elapsed_s(since=flown.lift_off) for line in lines]
    seconds = [
        (t_s, line)
        for t_s, line in zip(times_s, lines, strict=True)
        if line.at.is_whole_second() and 0.0 <= t_s <= flown.trajectory.end_t_s
    ]
    beliefs = [
        Believed(t_s, *max(line["class"].items(), key=_probability))
        for t_s, line in zip(times_s, raw, strict=True)
        if t_s <= flown.trajectory.end_t_s
    ]
    phases = [(t_s, str(line["phase"])) for t_s, line in zip(times_s, raw, strict=True)]
    return EventStory(
        event=row.event,
        is_true=row.name is not None,
        superseded_by=row.superseded_by,
        away_km=None if row.match_m is None else row.match_m / 1e3,
        first_line_s=times_s[0],
        last_line_s=times_s[-1],
        launch=tuple(_launches(seconds, flown)),
        impact=tuple(_impacts(seconds, flown)),
        beliefs=tuple(next(run) for _, run in groupby(beliefs, key=lambda b: b.name)),
        phases=tuple(next(run) for _, run in groupby(phases, key=lambda p: p[1])),
    )


def _launches(seconds: Iterable[tuple[float, PictureLine]], flown: Flown) -> Iterator[Said]:
    truth = flown.trajectory.launch
    for t_s, line in seconds:
        if line.launch is not None:
            yield _said(t_s, line.launch, truth, line.launch.time.elapsed_s(since=flown.lift_off))


def _impacts(seconds: Iterable[tuple[float, PictureLine]], flown: Flown) -> Iterator[Said]:
    truth, at = flown.trajectory.impact, flown.impact_at
    for t_s, line in seconds:
        if line.impact is not None and truth is not None and at is not None:
            yield _said(t_s, line.impact, truth, line.impact.time.elapsed_s(since=at))


def _said(t_s: float, place: SaidPlace, truth: Geodetic, time_error_s: float) -> Said:
    rim_distance2 = place.rim_distance2(truth)
    return Said(
        t_s=round(t_s, 3),
        error_km=round(place.error_m(truth) / 1e3, 4),
        content_probability=round(1.0 - math.exp(-0.5 * _CHI2_P90 * rim_distance2), 5),
        time_error_s=round(time_error_s, 3),
        time_sigma_s=round(place.time_sigma_s, 3),
        semi_major_km=round(place.ellipse_p90.semi_major_m / 1e3, 4),
        is_held=rim_distance2 <= 1.0,
    )


def _probability(entry: tuple[str, float]) -> float:
    return entry[1]
