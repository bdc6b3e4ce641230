"""Play some launches through the real nodes and set what they knew beside the bound.

    python tools/validate_sharing.py --seeds 3
    python tools/validate_sharing.py --launches 0 2 --seeds 5

For each launch, nation and threshold: from when on the stated impact stayed within 20, 10, 5 and
1 km of the true one, in the nation's own view and in its common view, the median over the seeds of
the sensors' noise; and the same by ``signalfire analyse sharing``'s reckoning, at which half of the
stated places are that near, and at which nine of ten are. Prints a table in Markdown.
"""

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from statistics import median

import msgspec
from rich.console import Console

from signalfire.analysis.launches import KINDS, Launch, areas_of_the_record
from signalfire.analysis.sharing_bound import Course, Motion, known_from_s, radius_m, summed
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.cli.assemble import Federation, first_node, load_areas, load_sensors, public_keys
from signalfire.cli.scenarios import documented_flights, packaged_agreement, packaged_sensors
from signalfire.federation.keys import key_for_replay
from signalfire.formats.native.detections import encode_line
from signalfire.node.outbox import Stream
from signalfire.picture.detection import Sensor
from signalfire.picture.scenario import Scenario
from signalfire.release.agreement import read_agreement
from signalfire.rim.clock import system_now
from signalfire.rim.files import read_file
from signalfire.sim.recording import Recording
from signalfire.sim.scenario import LEAD_S, simulate
from signalfire.sim.score import KNOWN_TO_KM, score
from signalfire.sim.trajectory import Flown, Trajectory
from signalfire.sim.world import World

LIFT_OFF = instant_from_utc("2024-06-01T00:00:00Z")
PLAYED_S = 150.0
"""After burn-out: what is known by then is what is asked for."""
CHOSEN = (
    ("Sohae Satellite Launching Station", "SRBM 300 km", 120.0),
    ("Pyongyang International Airport", "SRBM 600 km", 90.0),
    ("Pyongyang International Airport", "MRBM 1,200 km", 105.0),
    ("Pyongyang International Airport", "IRBM 3,700 km", 75.0),
)
"""Launch area, kind of flight, azimuth in degrees."""
Known = dict[tuple[NationId, str, int], float | None]


def main(arguments: Sequence[str]) -> int:
    """Print the table; 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--launches", type=int, nargs="+", default=list(range(len(CHOSEN))))
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="plays of each (3)")
    asked = parser.parse_args(arguments)
    sensors = load_sensors(packaged_sensors())
    console = Console(stderr=True, highlight=False)
    print("| launch | nation | view | " + " | ".join(f"{km} km" for km in KNOWN_TO_KM) + " |")
    print("|---|---|---|" + "--:|" * len(KNOWN_TO_KM))
    for number in asked.launches:
        launch = _launch(*CHOSEN[number])
        trajectory = launch.fly()
        played = []
        for seed in range(1, asked.seeds + 1):
            console.print(f"{launch.kind.name} from {launch.area.name}, seed {seed}")
            played.append(_played(trajectory, sensors, seed))
        for line in _lines(launch, played, _bounds(trajectory, sensors)):
            print(line)
    return 0


def _launch(area: str, kind: str, azimuth_deg: float) -> Launch:
    areas = {each.name: each for each in areas_of_the_record(documented_flights())}
    kinds = {each.name: each for each in KINDS}
    return Launch(areas[area], kinds[kind], math.radians(azimuth_deg))


def _played(trajectory: Trajectory, sensors: tuple[Sensor, ...], seed: int) -> Known:
    """When each nation knew, in its own view and in the common one."""
    flown = Flown("launch", LIFT_OFF, trajectory)
    scenario = Scenario(
        realm=Realm("test:sharing"), start=LIFT_OFF.later(-LEAD_S), sensors="", objects=()
    )
    plots = simulate(scenario, sensors, (flown,), seed=seed).detections
    assert trajectory.burnout_t_s is not None
    until = LIFT_OFF.later(trajectory.burnout_t_s + PLAYED_S)
    lines = [encode_line(plot) for plot in plots if plot.received_at <= until]
    pictures, nations = _pictures(lines, sensors, until)
    known: Known = {}
    for nation in nations:
        for view in (f"national:{nation}", "common"):
            report = score(pictures, [], (flown,), view=view)
            rows = [
                row
                for row in report.rows
                if row.nation == nation and row.name == flown.name and row.superseded_by is None
            ]
            within = dict(rows[0].impact_within_s) if rows else {}
            for km in KNOWN_TO_KM:
                known[nation, view.partition(":")[0], km] = within.get(km)
    return known


def _pictures(
    lines: Sequence[bytes], sensors: tuple[Sensor, ...], until: Instant
) -> tuple[list[dict[str, object]], tuple[NationId, ...]]:
    """The lines of every nation's picture."""
    agreement = read_agreement(read_file(packaged_agreement(), what="agreement"))
    realm = Realm("test:sharing")
    federation = Federation(realm, agreement, sensors, load_areas(), system_now())
    keys = {first_node(n): key_for_replay(realm, n) for n in federation.nations}
    trust = public_keys(keys)
    nodes = {
        n: federation.node(first_node(n), keys[first_node(n)], trust) for n in federation.nations
    }
    recording = Recording(federation.sensors_by_id())
    pictures: list[dict[str, object]] = []
    for advanced in World(nodes).play(recording.reports(iter(lines))):
        if advanced.now > until:
            break
        pictures += [
            msgspec.json.decode(line.body)
            for line in advanced.outbox.lines
            if line.stream is Stream.PICTURE
        ]
    return pictures, federation.nations


def _bounds(
    trajectory: Trajectory, sensors: tuple[Sensor, ...]
) -> dict[tuple[NationId | None, float, int], float | None]:
    """When each nation alone, and all (None), could know, by the share of places that near."""
    course = Course.of(trajectory, Motion.of_the_tracker())
    told = course.looks(sensors)
    found: dict[tuple[NationId | None, float, int], float | None] = {}
    for nation in (*told, None):
        impact_m2 = course.known(summed(told, told if nation is None else (nation,))).impact_m2()
        for share in (0.5, 0.9):
            radius = radius_m(impact_m2, probability=share)
            for km in KNOWN_TO_KM:
                known_s = known_from_s(course.t_s, radius, 1e3 * km)
                burnout_s = course.burnout_t_s
                found[nation, share, km] = None if known_s is None else max(known_s, burnout_s)
    return found


def _lines(
    launch: Launch,
    played: Sequence[Known],
    bounds: dict[tuple[NationId | None, float, int], float | None],
) -> Iterator[str]:
    """The rows of one launch: the nodes' median, then the bound's half and nine tenths."""
    name = f"{launch.kind.name}, {launch.area.name.split()[0]}, "
    name += f"{math.degrees(launch.azimuth_rad):.0f} deg"
    nations = sorted({nation for nation, _, _ in played[0]})
    for view in ("national", "common"):
        for nation in nations:
            whose = nation if view == "national" else None
            cells = []
            for km in KNOWN_TO_KM:
                each = [known[nation, view, km] for known in played]
                low, high = bounds[whose, 0.5, km], bounds[whose, 0.9, km]
                cells.append(f"{_median(each)} ({_shown(low)}-{_shown(high)})")
            print_view = "alone" if view == "national" else "common"
            yield f"| {name} | {nation} | {print_view} | " + " | ".join(cells) + " |"


def _median(values: Sequence[float | None]) -> str:
    """The median, never counting as later than everything."""
    middle = median(math.inf if value is None else value for value in values)
    return _shown(middle if math.isfinite(middle) else None)


def _shown(value_s: float | None) -> str:
    return "never" if value_s is None else f"{value_s:.0f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
