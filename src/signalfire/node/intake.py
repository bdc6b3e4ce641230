"""Decode: bytes become detections, partners' reports and commands; what cannot be read is refused.

A refusal is written down and counted; the rest of the inbox goes on.
"""

from dataclasses import dataclass, field, replace
from typing import Annotated

import msgspec

from signalfire.basis.errors import Malformed, NotAuthentic, PeerError
from signalfire.basis.identity import EventId, NationId, minted_by, nation_id, nation_of
from signalfire.basis.instant import Instant
from signalfire.basis.limits import CLOCK_LEAD_MAX_S, REPORT_AGE_MAX_S
from signalfire.federation.envelope import SERIAL_MAX
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
            _command(post, desk, item.body)
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
        refuse(post, desk, nation, opened.header.kind.value, error)


def refuse(post: Post, desk: Desk, nation: NationId, kind: str, error: PeerError) -> None:
    """Count and write down what a partner should not have said."""
    post.health.partners[nation].refused += 1
    refusal = {"partner": nation, "kind": kind, "reason": str(error)}
    desk.write(Stream.REFUSED, line(refusal))


def _by_kind(post: Post, desk: Desk, opened: Opened, intake: Intake) -> None:
    nation, kind = opened.header.originator, opened.header.kind
    if kind is Kind.TRACK:
        for report in reading.read_tracks(opened.payload):
            track = _credible(report, nation, desk.now)
            intake.reports.append(PartnerReport(nation, track.event, track=track))
    elif kind is Kind.EVENT:
        message = reading.read_event(opened.payload)
        told = message.assessment
        if told.author != nation:
            raise NotAuthentic(f"author: {told.author}'s assessment, told by {nation}")
        gave_way_to = () if message.superseded_by is None else (message.superseded_by,)
        members = message.members + gave_way_to
        intake.reports.append(PartnerReport(nation, told.event, assessment=told, members=members))
    elif kind is Kind.WARNING:
        warning = reading.read_warning(opened.payload)
        _require_own(warning.warning, nation)
        if isinstance(warning, Warning):
            if warning.issuer != nation:
                raise NotAuthentic(f"issuer: a warning of {warning.issuer}, told by {nation}")
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


def _require_own(identity: str, nation: NationId) -> None:
    """A nation speaks for itself alone."""
    if nation_of(minted_by(identity)) != nation:
        raise NotAuthentic(f"{identity} is not {nation}'s own")


def _credible(report: TrackReport, nation: NationId, now: Instant) -> TrackReport:
    """A track of the partner's own, of about our time.

    Its state is valid at the last observation; that is what counts as seen, but never later than
    now, whatever a clock that is wrong may say.
    """
    _require_own(report.track, nation)
    valid_at = report.state.valid_at
    age_s = now.elapsed_s(since=valid_at)
    if not -CLOCK_LEAD_MAX_S <= age_s <= REPORT_AGE_MAX_S:
        raise Malformed(f"{report.track}: state.valid_at: {age_s:.0f} s before our time")
    return replace(report, last_observed_at=min(valid_at, now))


class _Epoch(msgspec.Struct, tag_field="do", tag="epoch"):
    epoch: Annotated[int, msgspec.Meta(ge=1, le=SERIAL_MAX)]


class _Withdraw(msgspec.Struct, tag_field="do", tag="withdraw"):
    who: str


class _Rejoin(msgspec.Struct, tag_field="do", tag="rejoin"):
    who: str


_ORDERS = msgspec.json.Decoder(_Epoch | _Withdraw | _Rejoin)


def _command(post: Post, desk: Desk, body: bytes) -> None:
    """An order from the node's own operator or shell, already authenticated by the rim."""
    try:
        order = _ORDERS.decode(body)
        if isinstance(order, _Epoch):
            post.border.begin_epoch(order.epoch)
        else:
            post.border.suspend(nation_id(order.who), is_suspended=isinstance(order, _Withdraw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, PeerError) as error:
        desk.write(Stream.REFUSED, line({"partner": None, "kind": "command", "reason": str(error)}))
