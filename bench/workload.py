"""The canonical workload: missiles that rise together, as the packaged sensors report them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.cli.assemble import Federation, first_node, load_areas, load_sensors, public_keys
from signalfire.cli.scenarios import documented_flights, packaged_agreement, packaged_sensors
from signalfire.federation.keys import key_for_replay
from signalfire.formats.native.detections import encode_line
from signalfire.node.inbox import InboxItem, ItemKind
from signalfire.node.node import Node
from signalfire.node.outbox import Outbox
from signalfire.picture.detection import Sensor
from signalfire.picture.scenario import Scenario, ScenarioObject
from signalfire.release.agreement import read_agreement
from signalfire.rim.clock import system_now
from signalfire.rim.files import read_file
from signalfire.sim.record import find_flight
from signalfire.sim.recording import Recording
from signalfire.sim.scenario import fly_scenario, simulate
from signalfire.sim.world import World

REALM = Realm("test:bench")
FLIGHTS = (
    "2006-07-05-scud-c",
    "2014-03-26-nodong",
    "2017-03-05-er-scud",
    "2017-05-21-pukguksong-2",
    "2014-06-29-scud-c",
)
"""Ballistic flights from different places, dealt out in turn."""
APART_S = 2.0
SEED = 1


@dataclass
class Timed(Node):
    """A node that notes how long each of its steps took, by what the inbox began with."""

    taken_s: dict[ItemKind, list[float]] = field(default_factory=dict)
