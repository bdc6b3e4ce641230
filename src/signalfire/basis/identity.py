"""Names of nations, nodes and things; ids are minted from (node, counter), never random."""

import re
from typing import NewType

from signalfire.basis.errors import Malformed

NationId = NewType("NationId", str)
"""ISO 3166-1 alpha-3, upper case: ``KOR``."""
NodeId = NewType("NodeId", str)
"""A nation and a number: ``KOR-1``."""
SensorId = NewType("SensorId", str)
TrackId = NewType("TrackId", str)
EventId = NewType("EventId", str)
WarningId = NewType("WarningId", str)
AreaId = NewType("AreaId", str)
"""ISO 3166-2: ``JP-01``."""

_NATION = re.compile(r"[A-Z]{3}", re.ASCII)
_NODE = re.compile(r"([A-Z]{3})-([1-9][0-9]{0,3})", re.ASCII)
_SENSOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}", re.ASCII)
_MINTED = re.compile(r"[ETW]-([A-Z]{3}-[1-9][0-9]{0,3})-([1-9][0-9]{0,11})", re.ASCII)


def nation_id(text: str) -> NationId:
    """Raises Malformed unless ``text`` is three upper-case letters."""
    if _NATION.fullmatch(text) is None:
        raise Malformed("not a nation: three upper-case letters of ISO 3166-1, such as KOR")
    return NationId(text)


def node_id(text: str) -> NodeId:
    """Raises Malformed unless ``text`` is a nation, a hyphen and a number."""
    if _NODE.fullmatch(text) is None:
        raise Malformed("not a node: a nation and a number, such as KOR-1")
    return NodeId(text)


def nation_of(node: NodeId) -> NationId:
    """The nation that a node belongs to."""
    return NationId(node[:3])


def sensor_id(text: str) -> SensorId:
    """Raises Malformed unless ``text`` is 1 to 64 letters, digits or ``_.:-``."""
    if _SENSOR.fullmatch(text) is None:
        raise Malformed("not a sensor id: 1 to 64 letters, digits or _.:- , such as GP-B")
    return SensorId(text)


def minted(text: str) -> bool:
    """Whether ``text`` has the form of an id that some node minted."""
    return _MINTED.fullmatch(text) is not None


def minted_by(identity: str) -> NodeId:
    """The node that minted an event, track or warning id.

    Raises Malformed when it has not the form of one.
    """
    match = _MINTED.fullmatch(identity)
    if match is None:
        raise Malformed("not an id such as E-KOR-1-17")
    return NodeId(match[1])


def event_id(node: NodeId, counter: int) -> EventId:
    return EventId(f"E-{node}-{counter}")


def track_id(node: NodeId, counter: int) -> TrackId:
    return TrackId(f"T-{node}-{counter}")


def warning_id(node: NodeId, counter: int) -> WarningId:
    return WarningId(f"W-{node}-{counter}")
