"""Whatever a sensor sends, a node goes on: nothing is raised, nothing is lost uncounted, and
rubbish is no missile."""

import json
import math
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from signalfire.basis.identity import NationId
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc, utc_text
from signalfire.cli.assemble import Federation, first_node, load_areas, load_sensors, public_keys
from signalfire.cli.scenarios import packaged_agreement, packaged_sensors
from signalfire.federation.keys import key_for_replay
from signalfire.node.inbox import TICK, InboxItem, ItemKind
from signalfire.node.node import Node
from signalfire.node.outbox import Stream
from signalfire.picture.detection import SensorKind
from signalfire.release.agreement import read_agreement
from signalfire.rim.files import read_file

REALM = Realm("test:rubbish")
NOW = instant_from_utc("2025-06-01T12:00:00Z")
USA = NationId("USA")
KEYS = {first_node(USA): key_for_replay(REALM, USA)}


@cache
def federation() -> Federation:
    agreement = read_agreement(read_file(packaged_agreement(), what="agreement"))
    return Federation(REALM, agreement, load_sensors(packaged_sensors()), load_areas(), NOW)


def node() -> Node:
    name = first_node(USA)
    return federation().node(name, KEYS[name], public_keys(KEYS))


@cache
def names(kind: SensorKind) -> tuple[str, ...]:
    return tuple(s.sensor for s in node().setup.sensors if s.kind is kind)


WILD = st.one_of(
    st.floats(),
    st.sampled_from([0.0, -0.0, 1e-300, 5e-324, 1e300, -1e300, math.nan, math.inf, -math.inf]),
)
ANGLES = st.floats(-10.0, 10.0)
SIGMAS = st.one_of(st.sampled_from([1e-300, 1e-12, 1e-3, 1.0, 50.0, 1e12]), WILD)
TIMES_S = st.one_of(
    st.sampled_from([0.0, 0.0, 1.0, 2.0, -1.0, -3600.0, 3600.0, 1e7, -1e7]),
    st.floats(-20.0, 20.0),
)
PLACES = st.lists(
    st.one_of(st.sampled_from([0.0, 6.4e6, -6.4e6, 4.2e7]), WILD), min_size=3, max_size=3
)


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    """A line of a sensor of ours, with numbers and times of any kind; Python writes NaN as such."""
    at = NOW.later(draw(TIMES_S))
    kind = draw(st.sampled_from([SensorKind.RADAR, SensorKind.INFRARED]))
    told: dict[str, Any] = {
        "sensor": draw(st.sampled_from(names(kind))),
        "observed_at": utc_text(at, 9),
        "received_at": utc_text(at.later(draw(st.sampled_from([0.0, 0.1, -5.0, 1e6]))), 9),
    }
    if kind is SensorKind.RADAR:
        told["range_m"] = draw(st.one_of(st.floats(0.0, 5e6), WILD))
        told["azimuth_rad"] = draw(st.one_of(ANGLES, WILD))
        told["elevation_rad"] = draw(st.one_of(ANGLES, WILD))
        sigma = ("range_m", "azimuth_rad", "elevation_rad")
    else:
        told["line_of_sight_ecef"] = draw(
            st.lists(st.one_of(st.floats(-1.0, 1.0), WILD), min_size=3, max_size=3)
        )
        sigma = ("angle_rad",)
    if draw(st.booleans()):
        told["sigma"] = {name: draw(SIGMAS) for name in sigma}
    if draw(st.integers(0, 3)) == 0:
        told["position_ecef_m"] = draw(PLACES)
    return told


def play(told: list[dict[str, Any]], ticks: int = 6) -> tuple[Node, list[Any]]:
    """The node after all lines, shared out over some seconds, and what it wrote."""
    machine, written = node(), []
    bodies = [json.dumps(line).encode() for line in told]
    for second in range(ticks):
        now = NOW.later(float(second))
        items = [
            InboxItem(ItemKind.DETECTION, body, number=number)
            for number, body in enumerate(bodies, start=1)
            if number % ticks == second
        ]
        for inbox in (*((item,) for item in items), (TICK,)):
            written += machine.advance(now, inbox).lines
    return machine, written


@settings(max_examples=25)
@given(told=st.lists(lines(), max_size=12))
def test_a_line_is_used_repeated_or_refused_with_a_reason(told: list[dict[str, Any]]) -> None:
    machine, written = play(told + told[:3])
    refused = [json.loads(row.body) for row in written if row.stream is Stream.REFUSED]
    assert all(row["reason"] for row in refused)
    withheld = [json.loads(row.body) for row in written if row.stream is Stream.WITHHELD]
    heard = sum(
        row["count"] for row in withheld if (row["kind"], row["recipient"]) == ("detection", "KOR")
    )
    assert heard + machine.repeats + len(refused) == len(told) + len(told[:3])
    assert sum(machine._post.tracker.counts.values()) >= heard


@settings(max_examples=25)
@given(told=st.lists(lines(), max_size=24))
def test_rubbish_opens_no_event_and_warns_nobody(told: list[dict[str, Any]]) -> None:
    machine, written = play(told)
    assert not machine._post.book.open_events()
    assert not [row for row in written if row.stream in (Stream.WARNINGS, Stream.PICTURE)]
