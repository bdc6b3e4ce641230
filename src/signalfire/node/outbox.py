"""What a node gives: sealed bulletins for partners, and lines for its own nation's records."""

from dataclasses import dataclass
from enum import StrEnum

from signalfire.basis.identity import NationId, NodeId
from signalfire.federation.bulletin import Bulletin
from signalfire.release.released import Released


class Stream(StrEnum):
    """The records of a nation, one file each."""

    PICTURE = "picture"
    WARNINGS = "warnings"
    RECEIVED = "received"
    SENT = "sent"
    WITHHELD = "withheld"
    REFUSED = "refused"
    DECISIONS = "decisions"
    LINKS = "links"


@dataclass(frozen=True, slots=True)
class Line:
    """One JSON line of one record."""

    stream: Stream
    body: bytes


@dataclass(frozen=True, slots=True)
class Receipted:
    """A partner has confirmed one of our bulletins."""

    recipient: NationId
    node: NodeId
    epoch: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Outbox:
    """Everything that one ``advance`` brought forth, in order."""

    bulletins: tuple[Released[Bulletin], ...] = ()
    lines: tuple[Line, ...] = ()
    receipted: tuple[Receipted, ...] = ()
    is_idle: bool = True
    """No event is open and no warning unclosed: a gap in time may be skipped."""
