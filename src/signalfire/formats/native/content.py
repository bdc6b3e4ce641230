"""Picture values to content, as it crosses a border: plain dicts, whole; release cuts them down.

The inverse is ``reading``; the forms are in ``wire``. Every instant is written to the nanosecond,
every float exactly, so that a reader has the same value as the writer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from signalfire.basis.canonical import plain
from signalfire.basis.identity import EventId, NationId, NodeId, WarningId
from signalfire.basis.instant import Instant
from signalfire.basis.limits import RECEIPTS_MAX, RELEASED_TRACKS_MAX
from signalfire.basis.utc import utc_text
from signalfire.formats.native import wire
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import Assessment, ClassBelief, TrackReport
from signalfire.picture.pedigree import Pedigree
from signalfire.picture.warning import Texts, WarnedArea, Warning

Content = dict[str, Any]


@dataclass(frozen=True)
class EventMessage:
    """What one nation tells of one event: its own assessment, and the ids the event has had."""

    assessment: Assessment
    members: tuple[EventId, ...]
    superseded_by: EventId | None
    has_ended: bool


@dataclass(frozen=True, slots=True)
class Retraction:
    """A cancel of a warning of which the receiver may no longer have more than this."""

    warning: WarningId
    references: WarningId
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Status:
    """A heartbeat: sensors as numbers only; ``journal_head`` and ``reliable_count`` are those
    of the chain for this one recipient, so that it can tell that something is missing.
    """

    sensors_available: int
    sensors_total: int
    epoch: int
    reliable_count: int
    journal_head: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message, by the node that sent it; sequences count per recipient."""

    node: NodeId
    epoch: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Which agreement a nation holds to; ``action`` is in_force, withdrawn or rejoined."""

    name: str
    version: int
    sha256: str
    action: str
    nation: NationId


def track_contents(reports: Sequence[TrackReport]) -> tuple[Content, ...]:
    """Batches of at most ``RELEASED_TRACKS_MAX`` tracks."""
    tracks = [_track(report) for report in reports]
    starts = range(0, len(tracks), RELEASED_TRACKS_MAX)
    return tuple(
        _plain(wire.Tracks(tracks[start : start + RELEASED_TRACKS_MAX])) for start in starts
    )


def event_content(message: EventMessage) -> Content:
    """An assessment; only a nation's own has an author and may cross a border."""
    assessment = message.assessment
    assert assessment.author is not None, "the common view is never shared"
    return _plain(
        wire.Event(
            event=assessment.event,
            members=list(message.members),
            superseded_by=message.superseded_by,
            ended=message.has_ended,
            author=assessment.author,
            phase=assessment.phase.value,
            classes=_classes(assessment.belief),
            state=None if assessment.state is None else _state(assessment.state),
            launch=_place(assessment.launch),
            impact=_place(assessment.impact),
            apogee_m=assessment.apogee_m,
            observed_s=assessment.observed_s,
            flight_s=assessment.flight_s,
            witnesses=assessment.witnesses,
            last_observed_at=_time(assessment.last_observed_at),
        )
    )


def warning_content(warning: Warning) -> Content:
    """A warning message, whole."""
    return _plain(
        wire.Warning(
            id=warning.warning,
            issuer=warning.issuer,
            at=_time(warning.at),
            status=warning.status.value,
            references=warning.references,
            event=warning.event,
            realm=warning.realm.name,
            areas=[_area(area) for area in warning.areas],
            window=_window(warning.window),
            confidence=warning.confidence,
            observed_fraction=warning.observed_fraction,
            witnesses=warning.witnesses,
            reason=warning.reason,
            text=_texts(warning.text),
        )
    )


def status_content(status: Status) -> Content:
    """A heartbeat."""
    return _plain(
        wire.Status(
            status.sensors_available,
            status.sensors_total,
            status.epoch,
            status.reliable_count,
            status.journal_head,
        )
    )


def receipt_contents(receipts: Sequence[Receipt]) -> tuple[Content, ...]:
    """Batches of at most ``RECEIPTS_MAX`` receipts."""
    rows: list[tuple[str, int, int]] = [
        (receipt.node, receipt.epoch, receipt.sequence) for receipt in receipts
    ]
    starts = range(0, len(rows), RECEIPTS_MAX)
    return tuple(_plain(wire.Receipts(rows[start : start + RECEIPTS_MAX])) for start in starts)


def notice_content(notice: Notice) -> Content:
    """An agreement notice."""
    form = wire.Notice(
        name=notice.name,
        version=notice.version,
        sha256=notice.sha256,
        action=notice.action,  # type: ignore[arg-type]
        nation=notice.nation,
    )
    return _plain(form)


def _plain(form: wire.Message) -> Content:
    content: Content = msgspec.to_builtins(form, enc_hook=plain)
    return content


def _time(instant: Instant) -> str:
    return utc_text(instant, 9)


def _window(window: tuple[Instant, Instant]) -> tuple[str, str]:
    return (_time(window[0]), _time(window[1]))


def _track(report: TrackReport) -> wire.Track:
    return wire.Track(
        track=report.track,
        event=report.event,
        phase=report.phase.value,
        state=_state(report.state),
        thrust_probability=report.thrust_probability,
        last_observed_at=_time(report.last_observed_at),
        pedigree=None if report.pedigree is None else _pedigree(report.pedigree),
    )


def _pedigree(pedigree: Pedigree) -> wire.Pedigree:
    motion = pedigree.motion
    return wire.Pedigree(
        is_from_own_sensors=pedigree.is_from_own_sensors,
        drag_m2_kg=motion.drag_m2_kg,
        drag_spread_s=motion.drag_spread_s,
        free_m2_s3=motion.free_m2_s3,
        forced_along_m2_s3=motion.forced_along_m2_s3,
        forced_across_m2_s3=motion.forced_across_m2_s3,
    )


def _state(state: StateEstimate) -> wire.State:
    x, y, z, vx, vy, vz = state.mean.tolist()
    return wire.State(_time(state.valid_at), (x, y, z), (vx, vy, vz), state.covariance_upper)


def _place(place: PlaceEstimate | Unknown) -> wire.Place:
    if isinstance(place, Unknown):
        return wire.Place(unknown=place.reason)
    return wire.Place(
        latitude_rad=place.latitude_rad,
        longitude_rad=place.longitude_rad,
        covariance_east_north_m2=place.covariance_east_north_m2,
        time=_time(place.time),
        time_sigma_s=place.time_sigma_s,
    )


def _classes(belief: ClassBelief) -> wire.Classes:
    return wire.Classes(*belief.probability)


def _area(area: WarnedArea) -> wire.Area:
    return wire.Area(area.area, area.kind.value, _window(area.window), _texts(area.name))


def _texts(texts: Texts) -> wire.TextsForm:
    return wire.TextsForm(texts.ja, texts.ko, texts.en)
