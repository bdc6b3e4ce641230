"""Compare what nations make of each other's shared tracks with one tracker given all plots.

    python tools/validate_fusion.py                       # 100 runs of each flight, then the page
    python tools/validate_fusion.py --runs 5 --flights SRBM600 --print

Each flight is flown by ``sim/flight.py``; three radars of three nations look at it once a second.
Every nation tracks with its own plots, the receiver fuses the states that it got by ``JointTrack``;
a fourth tracker gets all plots. Fixed seeds: the same page each time.
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np

from fusion_page import Measured, page
from signalfire.basis.canonical import canonical
from signalfire.basis.identity import EventId, NationId, NodeId, SensorId
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.cli.scenarios import documented_flights
from signalfire.formats.native.content import track_contents
from signalfire.formats.native.reading import read_tracks
from signalfire.fusion.combine import Contribution
from signalfire.fusion.joint import JointTrack
from signalfire.motion.shaken import move
from signalfire.picture.detection import Detection, RadarPlot, RadarSigma, Sensor, SensorKind
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.event import Phase, TrackReport
from signalfire.picture.marking import Kind
from signalfire.picture.pedigree import Pedigree
from signalfire.picture.track import Track
from signalfire.release.agreement import Form, Share
from signalfire.release.redact import redact
from signalfire.sim.flight import fly
from signalfire.sim.sensors import Conduct, Watch, detections
from signalfire.sim.trajectory import Flown, Trajectory
from signalfire.space.geodesy import Geodetic
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.tracker import Tracker

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "validation" / "fusion.md"
START = Instant(1_800_000_000 * 10**9)
JPN, USA, KOR = NationId("JPN"), NationId("USA"), NationId("KOR")
NATIONS = (JPN, USA, KOR)
SETTINGS = TrackingSettings()
PEDIGREE = Pedigree(is_from_own_sensors=True, motion=SETTINGS.motion())
COARSE = Share("page#1", KOR, (JPN,), (Kind.TRACK,), Form.COARSE, 5_000.0, 5.0)
EVERY_S = 4
"""A report is judged so often: the errors of neighbours are much the same."""


@dataclass(frozen=True)
class Case:
    """A flight, the three radars (latitude, longitude in degrees, height and reach in metres)."""

    missile_class: str
    range_m: float
    apogee_m: float
    azimuth_deg: float
    radars: tuple[tuple[float, float, float, float], ...]
    until_s: float = math.inf


FAR = (
    (35.77, 135.22, 100.0, 2e6),
    (38.25, 138.45, 800.0, 2e6),
    (36.60, 127.50, 200.0, 8e5),
)
NEAR = ((38.3, 128.3, 100.0, 2e6), (37.4, 126.6, 100.0, 2e6), (37.97, 124.65, 100.0, 2e6))
CASES = {
    "SRBM300": Case("SRBM", 305e3, 101.4e3, 80.0, FAR),
    "SRBM600": Case("SRBM", 604e3, 181.7e3, 83.8, FAR),
    "MRBM1200": Case("MRBM", 1_240e3, 350e3, 96.6, FAR),
    "boost": Case("MRBM", 1_240e3, 350e3, 96.6, NEAR, until_s=160.0),
}
BIAS_RANGE_M, BIAS_AZIMUTH_RAD, BIAS_CLOCK_S = 50.0, 1e-3, 0.3
"""How far the radar that is out of register errs beyond what it claims."""
Told = list[tuple[Track, ...]]
"""One nation's tracks at each whole second."""


@cache
def trajectory(name: str) -> Trajectory:
    """The true flight of a case."""
    case = CASES[name]
    flight = replace(
        documented_flights()[0],
        flight=name,
        missile_class=case.missile_class,
        manoeuvre="",
        launch=Geodetic.from_degrees(39.0, 126.0),
        apogee_m=case.apogee_m,
        range_m=case.range_m,
        azimuth_rad=math.radians(case.azimuth_deg),
    )
    return fly(flight)


def radars(name: str) -> list[Sensor]:
    """One radar a nation: 50 m, 1 mrad, 1 mrad at 1 Hz, each with its own phase."""
    return [
        Sensor(
            sensor=SensorId(f"R-{nation}"),
            nation=nation,
            kind=SensorKind.RADAR,
            path=nation,
            site_ecef_m=tuple(Geodetic.from_degrees(lat_deg, lon_deg, height_m).ecef_m()),
            sigma=RadarSigma(50.0, 1e-3, 1e-3),
            range_max_m=reach_m,
            elevation_min_rad=math.radians(1.0),
            period_s=1.0,
        )
        for nation, (lat_deg, lon_deg, height_m, reach_m) in zip(
            NATIONS, CASES[name].radars, strict=True
        )
    ]


def looks(name: str, seed: int, biased: NationId | None) -> list[list[Detection]]:
    """What each nation's radar reports of one run."""
    path = trajectory(name)
    flown, span = Flown(name, START, path), (START, START.later(path.end_t_s))
    found = []
    for sensor in radars(name):
        watch = Watch(sensor, span, conduct=Conduct(detection_probability=1.0))
        plots = detections(watch, [flown], seed=seed)
        found.append([_biased(p) for p in plots] if sensor.nation == biased else plots)
    return found


def _biased(plot: Detection) -> Detection:
    assert isinstance(plot, RadarPlot)
    return replace(
        plot,
        range_m=plot.range_m + BIAS_RANGE_M,
        azimuth_rad=plot.azimuth_rad + BIAS_AZIMUTH_RAD,
        observed_at=plot.observed_at.later(BIAS_CLOCK_S),
        received_at=plot.received_at.later(BIAS_CLOCK_S),
    )


def tracked(sensors: Sequence[Sensor], plots: Sequence[Detection], until_s: float) -> Told:
    """The tracks at each whole second."""
    tracker = Tracker(NodeId("JPN-1"), {s.sensor: s for s in sensors}, SETTINGS)
    waiting = sorted(plots, key=lambda plot: plot.received_at)
    told, next_plot = [], 0
    for second in range(int(until_s) + 1):
        now = START.later(float(second))
        while next_plot < len(waiting) and waiting[next_plot].received_at <= now:
            tracker.take([waiting[next_plot]], waiting[next_plot].received_at)
            next_plot += 1
        tracker.tick(now)
        told.append(tracker.tracks())
    return told


def contribution(nation: NationId, track: Track, pedigree: Pedigree | None) -> Contribution:
    """A nation's track as the receiver has it."""
    return Contribution(
        nation=nation,
        state=track.state,
        last_observed_at=track.last_observed_at,
        thrust_probability=track.thrust_probability,
        track=track.track,
        pedigree=pedigree,
    )


def _rounded(nation: NationId, track: Track, number: int) -> Contribution:
    """As it comes over a border that lets only the coarse form pass."""
    is_forced = track.thrust_probability > 0.5
    report = TrackReport(
        track=track.track,
        event=EventId("E-KOR-1-1"),
        phase=Phase.BOOST if is_forced else Phase.BALLISTIC,
        state=track.state,
        thrust_probability=track.thrust_probability,
        last_observed_at=track.last_observed_at,
        pedigree=PEDIGREE,
    )
    content = redact(Kind.TRACK, track_contents([report])[0], COARSE)
    (read,) = read_tracks(canonical(content))
    return Contribution(
        nation=nation,
        state=read.state,
        last_observed_at=read.state.valid_at,
        thrust_probability=read.thrust_probability,
        track=read.track,
        pedigree=read.pedigree,
    )


Row = tuple[str, str, int, tuple[float, float, float], tuple[float, float, float]]
Post = Callable[[int, Contribution, np.random.Generator], list[tuple[int, Contribution]]]
"""When a message that was sent at a second arrives, if it does."""


@dataclass(frozen=True)
class Link:
    """What becomes of the partners' messages on their way."""

    label: str
    post: Post
    form: Callable[[NationId, Track, int], Contribution] = lambda nation, track, _: contribution(
        nation, track, PEDIGREE
    )
    biased: NationId | None = None


def _at_once(second: int, told: Contribution, _draw: object) -> list[tuple[int, Contribution]]:
    return [(second, told)]


def _lossy(
    second: int, told: Contribution, draw: np.random.Generator
) -> list[tuple[int, Contribution]]:
    return [(second, told)] if draw.random() >= 0.3 else []


def _late(second: int, told: Contribution, _draw: object) -> list[tuple[int, Contribution]]:
    return [(second + 5, told)]


def _shuffled(
    second: int, told: Contribution, draw: np.random.Generator
) -> list[tuple[int, Contribution]]:
    return [(second + int(draw.integers(0, 4)), told) for _ in range(2)]


LINKS = (
    Link("as shared", _at_once),
    Link("30 % lost", _lossy),
    Link("5 s late", _late),
    Link("twice, up to 3 s late, out of order", _shuffled),
    Link(
        "without pedigree",
        _at_once,
        lambda nation, track, _: contribution(nation, track, PEDIGREE if nation == JPN else None),
    ),
    Link("coarse (5 km, 5 s)", _at_once, _rounded),
    Link("events only", lambda *_: []),
    Link("KOR out of register", _at_once, biased=KOR),
    Link("USA out of register", _at_once, biased=USA),
)


def arrivals(link: Link, told: Sequence[Told], seed: int) -> list[list[Contribution]]:
    """What comes to the first nation at each second: its own tracks at once, others' by the link.

    A partner tells its longest known track.
    """
    draw = np.random.default_rng(seed)
    seconds = len(told[0])
    came: list[list[Contribution]] = [[] for _ in range(seconds)]
    for second in range(seconds):
        for place, nation in enumerate(NATIONS):
            for track in told[place][second][:1]:
                if place == 0:
                    own = contribution(nation, track, PEDIGREE)
                    came[second].append(replace(own, is_witnessed=True))
                    continue
                for at, message in link.post(second, link.form(nation, track, second), draw):
                    if at < seconds:
                        came[at].append(message)
    return came


def fused(came: Sequence[Sequence[Contribution]]) -> Iterator[tuple[int, StateEstimate]]:
    """The receiver's joint state at each second at which it has one."""
    joint, held = JointTrack(), dict[NationId, Contribution]()
    for second, messages in enumerate(came):
        for message in messages:
            before = held.get(message.nation)
            if before is None or before.state.valid_at <= message.state.valid_at:
                held[message.nation] = message
        if held:
            at = max(each.state.valid_at for each in held.values())
            found = joint.fuse([held[nation] for nation in sorted(held)], at)
            if found is not None:
                yield second, found.state


def judged(state: StateEstimate, path: Trajectory) -> tuple[float, float, float]:
    """Squared errors of place and velocity, and the normalised square of both."""
    t_s = state.valid_at.elapsed_s(since=START)
    places = path.at(np.array([t_s - 0.05, t_s, t_s + 0.05]))
    truth = np.concatenate([places[1], (places[2] - places[0]) / 0.1])
    error: Floats = state.mean - truth
    normalised = float(error @ np.linalg.solve(state.covariance, error))
    return float(error[:3] @ error[:3]), float(error[3:] @ error[3:]), normalised


def run(task: tuple[str, int]) -> list[Row]:
    """One run of a flight under all links: flight, link, second, joint and one-tracker errors."""
    name, seed = task
    path = trajectory(name)
    until_s = min(CASES[name].until_s, path.end_t_s - 5.0)
    rows: list[Row] = []
    known: dict[NationId | None, tuple[list[Told], Told]] = {}
    for link in LINKS:
        if link.biased not in known:
            plots = looks(name, seed, link.biased)
            each = [tracked([s], p, until_s) for s, p in zip(radars(name), plots, strict=True)]
            known[link.biased] = each, tracked(radars(name), list(chain(*plots)), until_s)
        told, all_plots = known[link.biased]
        for second, state in fused(arrivals(link, told, seed)):
            if second % EVERY_S or not all_plots[second]:
                continue
            best = all_plots[second][0]
            is_forced = best.thrust_probability > 0.5
            reference = move(best.state, state.valid_at, PEDIGREE.motion, is_forced=is_forced)
            if state.valid_at.elapsed_s(since=START) > path.end_t_s - 1.0:
                continue
            rows.append((name, link.label, second, judged(state, path), judged(reference, path)))
    return rows


def measure(names: Sequence[str], runs: int, jobs: int) -> list[Measured]:
    """Root mean squares over all runs, second by second."""
    tasks = [(name, seed) for name in names for seed in range(runs)]
    gathered: dict[tuple[str, str, int], list[tuple[tuple[float, ...], tuple[float, ...]]]] = {}
    with ProcessPoolExecutor(jobs) as pool:
        for rows in pool.map(run, tasks, chunksize=4):
            for name, label, second, joint, one in rows:
                gathered.setdefault((name, label, second), []).append((joint, one))
    found = []
    for (name, label, second), pairs in sorted(gathered.items()):
        # Where one run has a track and most have none yet, there is nothing to compare.
        if len(pairs) >= 0.9 * runs:
            joint, one = (np.mean([pair[side] for pair in pairs], axis=0) for side in (0, 1))
            burnout_s = trajectory(name).burnout_t_s or 0.0
            until_impact_s = trajectory(name).end_t_s - second
            found.append(
                Measured(name, label, second, second - burnout_s, until_impact_s,
                         tuple(map(float, joint)), tuple(map(float, one)))
            )  # fmt: skip
    return found


def main(arguments: Sequence[str]) -> int:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=100, metavar="N", help="of each flight (100)")
    parser.add_argument("--flights", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (1)")
    parser.add_argument("--print", action="store_true", help="write no page, print it")
    asked = parser.parse_args(arguments)
    found = measure(asked.flights, asked.runs, asked.jobs)
    text = page(found, [link.label for link in LINKS], runs=asked.runs)
    if asked.print:
        sys.stdout.write(text)
    else:
        PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
