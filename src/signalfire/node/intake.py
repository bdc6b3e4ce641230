"""Decode: bytes become detections, partners' reports and commands; what cannot be read is refused.

A refusal is written down and counted; the rest of the inbox goes on.
"""

import json
from dataclasses import dataclass, field

from signalfire.basis.errors import NotAuthentic, PeerError
from signalfire.basis.identity import EventId, NationId
from signalfire.formats.decoded import Fault
from signalfire.formats.native import reading
from signalfire.formats.native.detections import decode_line
from signalfire.formats.native.lines import line, refused_line, retraction_line, warning_line
from signalfire.node.border import Opened
from signalfire.node.desk import Desk
from signalfire.node.inbox import InboxItem, ItemKind
from signalfire.node.outbox import Receipted, Stream
from signalfire.node.post import Post
from signalfire.picture.detection import Detection, RadarPlot
from signalfire.picture.event import Assessment, TrackReport
from signalfire.picture.marking import Kind
from signalfire.picture.warning import Warning


@dataclass(frozen=True)
class PartnerReport:
    """What one partner said of one event: a track of it, its assessment, or both."""

    nation: NationId
    event: EventId
    track: TrackReport | None = None
    assessment: Assessment | None = None
    members: tuple[EventId, ...] = ()


@dataclass
class Intake:
    """An inbox, read."""

    detections: list[Detection] = field(default_factory=list)
    reports: list[PartnerReport] = field(default_factory=list)


def decode(post: Post, desk: Desk, inbox: tuple[InboxItem, ...]) -> Intake:
    """Read every item; detections that came before are passed over, bad ones refused by number."""
    intake = Intake()
    for item in inbox:
        if item.kind is ItemKind.DETECTION:
            _detection(post, desk, item, intake)
        elif item.kind is ItemKind.ENVELOPE:
            opened = post.border.open(item.body, desk)
            if opened is not None:
                _message(post, desk, opened, intake)
        elif item.kind is ItemKind.COMMAND:
            _command(post, item.body)
    return intake


def _detection(post: Post, desk: Desk, item: InboxItem, intake: Intake) -> None:
    read = decode_line(item.body, item.number, post.sensors)
    if isinstance(read, Fault):
        desk.write(Stream.REFUSED, refused_line(read))
    elif not post.is_repeat(_fingerprint(read)):
        post.heard(read)
        intake.detections.append(read)


def _fingerprint(detection: Detection) -> tuple[object, ...]:
    """What makes a report the same report, however often it is delivered."""
    if isinstance(detection, RadarPlot):
        measured: tuple[object, ...] = (
            detection.range_m, detection.azimuth_rad, detection.elevation_rad,
            detection.range_rate_m_s,
        )  # fmt: skip
    else:
        measured = detection.line_of_sight_ecef
    return (detection.sensor, detection.observed_at.tai_ns, *measured)


def _message(post: Post, desk: Desk, opened: Opened, intake: Intake) -> None:
    """Enter one authentic message; a content that cannot be read is refused and told so."""
    nation = opened.header.originator
    post.health.heard_partner(nation, desk.now, is_status=opened.header.kind is Kind.STATUS)
    try:
        _by_kind(post, desk, opened, intake)
    except PeerError as error:
        post.health.partners[nation].refused += 1
        refusal = {"partner": nation, "kind": opened.header.kind.value, "reason": str(error)}
        desk.write(Stream.REFUSED, line(refusal))


def _by_kind(post: Post, desk: Desk, opened: Opened, intake: Intake) -> None:
    nation, kind = opened.header.originator, opened.header.kind
    if kind is Kind.TRACK:
        for report in reading.read_tracks(opened.payload):
            intake.reports.append(PartnerReport(nation, report.event, track=report))
    elif kind is Kind.EVENT:
        message = reading.read_event(opened.payload)
        told = message.assessment
        intake.reports.append(
            PartnerReport(nation, told.event, assessment=told, members=message.members)
        )
    elif kind is Kind.WARNING:
        warning = reading.read_warning(opened.payload)
        if isinstance(warning, Warning):
            if warning.realm != post.setup.realm:
                raise NotAuthentic(f"a warning of realm {warning.realm.name}, not ours")
            desk.write(Stream.RECEIVED, warning_line(warning))
        else:
            desk.write(Stream.RECEIVED, retraction_line(warning))
    elif kind is Kind.RECEIPT:
        for receipt in reading.read_receipts(opened.payload):
            desk.confirm(Receipted(nation, receipt.node, receipt.epoch, receipt.sequence))
    elif kind is Kind.STATUS:
        reading.read_status(opened.payload)


def _command(post: Post, body: bytes) -> None:
    """An order from the node's own operator or shell, already authenticated by the rim."""
    order = json.loads(body)
    if order["do"] == "epoch":
        post.border.begin_epoch(int(order["epoch"]))
    elif order["do"] in ("withdraw", "rejoin"):
        post.border.suspend(NationId(order["who"]), is_suspended=order["do"] == "withdraw")
