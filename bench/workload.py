"""The canonical workload: missiles that rise together, as the packaged sensors report them."""

from dataclasses import dataclass

from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.cli.assemble import Federation, first_node, load_areas, load_sensors, public_keys
from signalfire.cli.scenarios import documented_flights, packaged_agreement, packaged_sensors
from signalfire.federation.keys import key_for_replay
from signalfire.formats.native.detections import encode_line
from signalfire.node.node import Node
from signalfire.picture.detection import Detection
from signalfire.release.agreement import read_agreement
from signalfire.rim.clock import system_now
from signalfire.rim.files import read_file
from signalfire.sim.flight import fly
from signalfire.sim.record import find_flight
from signalfire.sim.sensors import Watch, detections
from signalfire.sim.trajectory import Flown

REALM = Realm("test:bench")
FLIGHTS = (
    "2006-07-05-scud-c",
    "2017-05-21-pukguksong-2",
    "2017-03-05-er-scud",
    "2014-03-26-nodong",
    "2016-06-21-musudan",
)
"""Ballistic flights of the record, dealt out in turn."""
APART_S = 1.0
"""Between two lift-offs."""
SEED = 1


@dataclass(frozen=True)
class Volley:
    """Detection lines in order of receipt, and when the last object lifted off."""

    lines: tuple[bytes, ...]
    last_lift_off: Instant


def federation() -> Federation:
    """The three nations with the packaged sensors and agreement."""
    agreement = read_agreement(read_file(packaged_agreement(), what="agreement"))
    sensors = load_sensors(packaged_sensors())
    return Federation(REALM, agreement, sensors, load_areas(), system_now())


def nodes_of(nations: Federation) -> dict[NationId, Node]:
    """A fresh node for every nation."""
    keys = {first_node(n): key_for_replay(REALM, n) for n in nations.nations}
    trust = public_keys(keys)
    return {n: nations.node(first_node(n), keys[first_node(n)], trust) for n in nations.nations}


def volley(nations: Federation, objects: int, *, until_s: float) -> Volley:
    """So many missiles, one lift-off a second; reports until so long after the last lift-off."""
    record = documented_flights()
    flights = [find_flight(record, name) for name in FLIGHTS]
    paths = [fly(flight) for flight in flights]
    start = flights[0].lift_off
    flown = tuple(
        Flown(f"{number}", start.later(number * APART_S), paths[number % len(paths)])
        for number in range(objects)
    )
    last = flown[-1].lift_off
    found: list[Detection] = []
    for sensor in nations.sensors:
        found += detections(Watch(sensor, (start, last.later(until_s)), ()), flown, seed=SEED)
    found.sort(key=lambda plot: (plot.received_at, plot.sensor, plot.observed_at))
    return Volley(tuple(encode_line(plot) for plot in found), last)
