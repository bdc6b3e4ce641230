"""Real ascents as sensors would report them, played through one nation's node.

The telemetry gives height and speed against time. The path angle follows from both, smoothed over
some seconds, because heights are shown in steps; the speed keeps its edges, which are what shows
when an engine starts and stops. Heading and pad are planned values and not in the data.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from scipy.signal import savgol_filter

from signalfire.basis.identity import NationId, NodeId, SensorId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.cli.assemble import Federation, first_node, load_areas, public_keys
from signalfire.cli.scenarios import packaged_agreement
from signalfire.federation.keys import key_for_replay
from signalfire.formats.native.detections import encode_line
from signalfire.node.node import Node
from signalfire.node.outbox import Stream
from signalfire.node.post import Post
from signalfire.picture.detection import AngleSigma, Detection, RadarSigma, Sensor, SensorKind
from signalfire.release.agreement import read_agreement
from signalfire.sim.recording import Recording
from signalfire.sim.sensors import Watch, detections
from signalfire.sim.trajectory import Flown, Trajectory
from signalfire.sim.world import World
from signalfire.space.geodesy import Geodetic, destination, geodetic

DATA = Path(__file__).resolve().parent.parent / "tests" / "reference" / "data"
LIFT_OFF = instant_from_utc("2017-06-23T19:10:00Z")
OWNER = NationId("USA")
REALM = Realm("test:ascents")
ANGLE_WINDOW_S = 21.0
SPEED_WINDOW_S = 1.0
INFRARED_AT_DEG = ((0.0, -130.0), (0.0, -60.0))
"""Notional places of two satellites over the equator."""


@dataclass(frozen=True)
class Ascent:
    """One recorded ascent: where it flew, and the s after lift-off at which engines stopped.

    ``is_orbital`` where it went on to orbit; ``burns_s`` when engines were at work on the way up.
    """

    name: str
    pad: Geodetic
    azimuth_deg: float
    is_orbital: bool
    events: dict[str, float]
    burns_s: tuple[tuple[float, float], ...]
    flown: Flown

    @property
    def cut_off_s(self) -> float:
        """The recorded main engine cut-off."""
        return self.events["meco"]


_PLANNED = {
    # Pads: Kennedy 39A and Vandenberg 4E. Headings: transfer orbit, north-east, polar, escape.
    "f9_bulgariasat1_stage1": (28.608, -80.604, 95.0, False),
    "f9_nrol76_stage1": (28.608, -80.604, 50.0, False),
    "f9_paz_ascent_polar": (34.632, -120.611, 190.0, True),
    "fh_demo1_ascent": (28.608, -80.604, 90.0, True),
}
NAMES = tuple(_PLANNED)


def read_ascent(name: str) -> Ascent:
    """One of the recorded ascents, by the name of its file."""
    latitude_deg, longitude_deg, azimuth_deg, is_orbital = _PLANNED[name]
    pad = Geodetic.from_degrees(latitude_deg, longitude_deg)
    shown = np.genfromtxt(DATA / f"{name}.csv", delimiter=",", names=True)
    events = json.loads((DATA / f"{name}.events.json").read_text())
    burns_s = _burns_s(events)
    flown = Flown(name, LIFT_OFF, _path(shown, pad, azimuth_deg, burns_s[-1][1]))
    return Ascent(name, pad, azimuth_deg, is_orbital, events, burns_s, flown)


def _burns_s(events: dict[str, float]) -> tuple[tuple[float, float], ...]:
    """When engines are at work on the way up, so that heat is seen."""
    burns = [(0.0, events["meco"])]
    for start, end in (("boostback_start", "boostback_end"), ("ses1", "seco1")):
        if start in events:
            burns.append((events[start], events[end]))
    return tuple(burns)


def _path(shown: Any, pad: Geodetic, azimuth_deg: float, burns_s: float) -> Trajectory:
    """The path at 5 Hz, from height and speed; ends where the recording does or it comes down."""
    kept = np.isfinite(shown["altitude_m"]) & np.isfinite(shown["speed_mps"])
    times, first = np.unique(shown["time_s"][kept], return_index=True)
    t_s = np.arange(0.0, times[-1], 0.2)
    height_m = np.interp(t_s, times, shown["altitude_m"][kept][first])
    speed_m_s = np.interp(t_s, times, shown["speed_mps"][kept][first])
    samples = round(ANGLE_WINDOW_S / 0.2) | 1
    climb_m_s = savgol_filter(height_m, samples, 2, deriv=1, delta=0.2)
    speed_m_s = savgol_filter(speed_m_s, round(SPEED_WINDOW_S / 0.2) | 1, 1)
    sine = np.clip(climb_m_s / np.maximum(speed_m_s, 30.0), -1.0, 1.0)
    angle = savgol_filter(np.arcsin(sine), samples, 2)
    # Upright until it is fast enough for the steps of the height to mean anything.
    angle = np.where(t_s < 15.0, math.pi / 2.0, np.minimum(angle, math.pi / 2.0))
    climb_m_s = speed_m_s * np.sin(angle)
    up_m = np.concatenate([[0.0], np.cumsum(0.1 * (climb_m_s[1:] + climb_m_s[:-1]))])
    drift_m = height_m - up_m
    up_m += savgol_filter(drift_m, 4 * samples + 1, 1)
    up_m -= up_m[0]
    ahead_m_s = speed_m_s * np.cos(angle) * 6.371e6 / (6.371e6 + up_m)
    ahead_m = np.concatenate([[0.0], np.cumsum(0.1 * (ahead_m_s[1:] + ahead_m_s[:-1]))])
    azimuth = math.radians(azimuth_deg)
    along = [destination(pad, azimuth_rad=azimuth, distance_m=float(d)) for d in ahead_m]
    position = np.array(
        [Geodetic(g.latitude_rad, g.longitude_rad, float(h)).ecef_m()
         for g, h in zip(along, up_m, strict=True)]
    )  # fmt: skip
    velocity = np.gradient(position, 0.2, axis=0)
    return Trajectory(t_s, position, velocity, burns_s, float(up_m.max()), None, ())


def sensors_for(
    ascent: Ascent, *, with_radars: bool = True, satellites: tuple[int, ...] = (1, 2)
) -> tuple[Sensor, ...]:
    """Infrared satellites with looks 2 s apart, and two radars at 1 Hz to the side of it."""
    found = [
        Sensor(
            sensor=SensorId(f"IR-{number}"),
            nation=OWNER,
            kind=SensorKind.INFRARED,
            path=f"ir-{number}",
            site_ecef_m=tuple(Geodetic.from_degrees(*place, 35_786e3).ecef_m()),
            sigma=AngleSigma(2e-5),
            period_s=2.0,
        )
        for number, place in enumerate(INFRARED_AT_DEG, start=1)
        if number in satellites
    ]
    for number, (ahead_m, aside_deg) in enumerate(((120e3, 40.0), (350e3, -35.0)), start=1):
        azimuth = math.radians(ascent.azimuth_deg + aside_deg)
        place = destination(ascent.pad, azimuth_rad=azimuth, distance_m=ahead_m)
        site = Geodetic(place.latitude_rad, place.longitude_rad, 50.0)
        radar = Sensor(
            sensor=SensorId(f"RADAR-{number}"),
            nation=OWNER,
            kind=SensorKind.RADAR,
            path=f"radar-{number}",
            site_ecef_m=tuple(site.ecef_m()),
            sigma=RadarSigma(50.0, 1e-3, 1e-3),
            range_max_m=1_500e3,
            elevation_min_rad=0.0175,
            period_s=1.0,
        )
        if with_radars:
            found.append(radar)
    return tuple(found)


@dataclass
class Second:
    """What the node's own view said of the ascent's event at one whole second; s after lift-off."""

    t_s: float
    phase: str
    belief: dict[str, float]
    launch_error_m: float | None
    burnt_out_s: float | None
    thrust_probability: float


@dataclass
class Told:
    """All that one nation's node said of an ascent."""

    seconds: list[Second] = field(default_factory=list)
    events: set[str] = field(default_factory=set)
    warned: int = 0

    @property
    def declared_s(self) -> float | None:
        """When the launch was declared, s after lift-off."""
        return self.seconds[0].t_s if self.seconds else None

    def burnt_out_s(self, until_s: float) -> float | None:
        """The burn-out as it was last told before a moment."""
        told = [s.burnt_out_s for s in self.seconds if s.t_s <= until_s]
        return told[-1] if told else None

    @property
    def changes_of_phase(self) -> list[tuple[float, str]]:
        """Each phase with the second from which on it held."""
        found: list[tuple[float, str]] = []
        for second in self.seconds:
            if not found or found[-1][1] != second.phase:
                found.append((second.t_s, second.phase))
        return found


def play(ascent: Ascent, sensors: Sequence[Sensor], *, seed: int, until_s: float) -> Told:
    """What the owner of the sensors would have said of an ascent, second by second."""
    span = (LIFT_OFF, LIFT_OFF.later(until_s))
    plots: list[Detection] = []
    for sensor in sensors:
        for plot in detections(Watch(sensor, span), (ascent.flown,), seed=seed):
            t_s = plot.observed_at.elapsed_s(since=LIFT_OFF)
            is_hot = any(start <= t_s <= end for start, end in ascent.burns_s)
            if is_hot or sensor.kind is SensorKind.RADAR:
                plots.append(plot)
    plots.sort(key=lambda plot: (plot.received_at, plot.sensor))
    node = _node(tuple(sensors))
    told = Told()
    recording = Recording({sensor.sensor: sensor for sensor in sensors})
    end = LIFT_OFF.later(until_s + 30.0)
    lines: Iterator[bytes] = (encode_line(plot) for plot in plots)
    for advanced in World({OWNER: node}).play(recording.reports(lines)):
        if advanced.now > end:
            break
        for line in advanced.outbox.lines:
            if line.stream is Stream.WARNINGS:
                told.warned += 1
            if line.stream is Stream.PICTURE and advanced.now.is_whole_second():
                _hear(told, msgspec.json.decode(line.body), ascent, node, advanced.now)
    assert not recording.faults
    return told


def _hear(told: Told, line: dict[str, Any], ascent: Ascent, node: "OpenNode", now: Instant) -> None:
    if line["view"] != f"national:{OWNER}":
        return
    told.events.add(line["event"])
    [event] = [e for e in node.post.book.open_events() if e.event == line["event"]]
    track = event.own_track
    assert track is not None
    burnt_out = track.burnt_out_at
    launch = line["launch"]
    error_m = None
    if "lat_deg" in launch:
        place = Geodetic.from_degrees(launch["lat_deg"], launch["lon_deg"])
        error_m = float(np.linalg.norm(place.ecef_m() - ascent.pad.ecef_m()))
    told.seconds.append(
        Second(
            t_s=now.elapsed_s(since=LIFT_OFF),
            phase=line["phase"],
            belief=line["class"],
            launch_error_m=error_m,
            burnt_out_s=None if burnt_out is None else burnt_out.elapsed_s(since=LIFT_OFF),
            thrust_probability=track.thrust_probability,
        )
    )


class OpenNode(Node):
    """A node whose tracks may be looked at."""

    @property
    def post(self) -> Post:
        """Its watch post."""
        return self._post


def _node(sensors: tuple[Sensor, ...]) -> OpenNode:
    agreement = read_agreement(packaged_agreement().read_bytes())
    judged_at = instant_from_utc("2026-01-01T00:00:00Z")
    federation = Federation(REALM, agreement, sensors, load_areas(), judged_at)
    names: list[NodeId] = [first_node(nation) for nation in federation.nations]
    keys = {name: key_for_replay(REALM, NationId(name[:3])) for name in names}
    own = first_node(OWNER)
    return OpenNode(federation.node(own, keys[own], public_keys(keys)).setup)


def height_m(ascent: Ascent, t_s: float) -> float:
    """How high it was."""
    return geodetic(ascent.flown.trajectory.at(np.array([t_s]))[0]).altitude_m
