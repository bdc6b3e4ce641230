"""Content that a partner sent, back to picture values: total, bounded, and physically plausible.

Every function takes the bytes of a verified payload and raises Malformed or LimitExceeded, naming
the field, and nothing else. That a nation speaks only for itself is for the caller to see.
"""

import json
import math
from typing import Any, TypeVar

import msgspec
import numpy as np

from signalfire.basis.canonical import canonical
from signalfire.basis.errors import BadInput, LimitExceeded, Malformed
from signalfire.basis.identity import (
    AreaId,
    EventId,
    NationId,
    TrackId,
    WarningId,
    minted,
    nation_id,
    node_id,
)
from signalfire.basis.instant import Instant
from signalfire.basis.limits import BULLETIN_BYTES_MAX
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.formats.decoded import field_and_reason
from signalfire.formats.native import wire
from signalfire.formats.native.content import EventMessage, Notice, Receipt, Retraction, Status
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import Assessment, ClassBelief, MissileClass, Phase, TrackReport
from signalfire.picture.pedigree import Motion, Pedigree
from signalfire.picture.warning import AreaKind, Texts, WarnedArea, Warning, WarningStatus

POSITION_MIN_M, POSITION_MAX_M = 5.0e6, 5.0e7
"""From the Earth's centre; the lower bound leaves room for a position that was rounded."""
SPEED_MAX_M_S = 2.0e4
"""Faster than anything that stays near the Earth (escape speed is 11.2 km/s)."""
VARIANCE_MIN, VARIANCE_MAX = 1.0e-8, 1.0e16
"""In m2 or m2/s2: nobody knows better than to a tenth of a millimetre, or worse than that."""
TIME_SIGMA_MIN_S = 1.0e-3
EIGENVALUE_MIN = 1.0e-12
"""Least eigenvalue of a correlation matrix that can be inverted without losing every digit."""

Form = TypeVar("Form", bound=msgspec.Struct)
Choice = TypeVar("Choice", Phase, AreaKind, WarningStatus)

_TRACKS = msgspec.json.Decoder(wire.Tracks)
_EVENT = msgspec.json.Decoder(wire.Event)
_WARNING = msgspec.json.Decoder(wire.Warning)
_RETRACTION = msgspec.json.Decoder(wire.Retraction)
_STATUS = msgspec.json.Decoder(wire.Status)
_RECEIPTS = msgspec.json.Decoder(wire.Receipts)
_NOTICE = msgspec.json.Decoder(wire.Notice)


class _Issued(msgspec.Struct):
    """Whether a warning message is whole: only a whole one names its issuer."""

    issuer: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_ISSUED = msgspec.json.Decoder(_Issued)


def read_tracks(body: bytes) -> tuple[TrackReport, ...]:
    """A batch of tracks."""
    form = _decoded(body, _TRACKS)
    return tuple(_track(track, f"tracks[{index}]") for index, track in enumerate(form.tracks))


def read_event(body: bytes) -> EventMessage:
    """One nation's assessment of one event, with the ids that the event has had."""
    form = _decoded(body, _EVENT)
    members = tuple(_event_id(member, "members") for member in form.members)
    event = _event_id(form.event, "event")
    if event not in members:
        raise Malformed("members: the event itself is not among them")
    assessment = Assessment(
        event=event,
        author=_nation(form.author, "author"),
        phase=_choice(form.phase, Phase, "phase"),
        belief=_belief(form.classes),
        state=None if form.state is None else _state(form.state, "state"),
        launch=_place(form.launch, "launch"),
        impact=_place(form.impact, "impact"),
        apogee_m=form.apogee_m,
        observed_s=form.observed_s,
        flight_s=form.flight_s,
        witnesses=form.witnesses,
        last_observed_at=_instant(form.last_observed_at, "last_observed_at"),
    )
    superseded_by = form.superseded_by
    return EventMessage(
        assessment,
        members,
        None if superseded_by is None else _event_id(superseded_by, "superseded_by"),
        form.ended,
    )


def read_warning(body: bytes) -> Warning | Retraction:
    """A warning message, or the bare cancel of one."""
    if _decoded(body, _ISSUED).issuer is msgspec.UNSET:
        return _retraction(_decoded(body, _RETRACTION))
    form = _decoded(body, _WARNING)
    references = form.references
    return Warning(
        warning=_warning_id(form.id, "id"),
        issuer=_nation(form.issuer, "issuer"),
        at=_instant(form.at, "at"),
        status=_choice(form.status, WarningStatus, "status"),
        references=None if references is None else _warning_id(references, "references"),
        event=_event_id(form.event, "event"),
        realm=_realm(form.realm),
        areas=tuple(_area(area, f"areas[{index}]") for index, area in enumerate(form.areas)),
        window=_window(form.window, "window"),
        confidence=form.confidence,
        observed_fraction=form.observed_fraction,
        witnesses=form.witnesses,
        reason=form.reason,
        text=_texts(form.text),
    )


def read_status(body: bytes) -> Status:
    """A heartbeat."""
    form = _decoded(body, _STATUS)
    if form.sensors_available > form.sensors_total:
        raise Malformed("sensors_available: more than sensors_total")
    return Status(
        form.sensors_available,
        form.sensors_total,
        form.epoch,
        form.reliable_count,
        form.journal_head,
    )


def read_receipts(body: bytes) -> tuple[Receipt, ...]:
    """The partner's word for each message that it has."""
    found = []
    for index, (node, epoch, sequence) in enumerate(_decoded(body, _RECEIPTS).received):
        try:
            found.append(Receipt(node_id(node), epoch, sequence))
        except Malformed as error:
            raise Malformed(f"received[{index}]: {error}") from error
    return tuple(found)


def read_notice(body: bytes) -> Notice:
    """Which agreement a partner holds to."""
    form = _decoded(body, _NOTICE)
    nation = _nation(form.nation, "nation")
    return Notice(form.name, form.version, form.sha256, form.action, nation)


def _decoded(body: bytes, decoder: "msgspec.json.Decoder[Form]") -> Form:
    if len(body) > BULLETIN_BYTES_MAX:
        raise LimitExceeded(f"content of {len(body)} bytes: at most {BULLETIN_BYTES_MAX}")
    try:
        form = decoder.decode(body)
        if canonical(form) != body:
            json.loads(body.decode(), object_pairs_hook=_refuse_repeated_keys, strict=False)
        return form
    except msgspec.ValidationError as error:
        field, reason = field_and_reason(str(error))
        kind = LimitExceeded if "of length <=" in reason else Malformed
        raise kind(f"{field or 'content'}: {reason}") from error
    except (ValueError, RecursionError) as error:
        raise Malformed("content: not one JSON object in UTF-8, each key once") from error


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError


def _track(form: wire.Track, where: str) -> TrackReport:
    if not (minted(form.track) and form.track.startswith("T-")):
        raise Malformed(f"{where}.track: not a track's id such as T-KOR-1-4")
    return TrackReport(
        track=TrackId(form.track),
        event=_event_id(form.event, f"{where}.event"),
        phase=_choice(form.phase, Phase, f"{where}.phase"),
        state=_state(form.state, f"{where}.state"),
        thrust_probability=form.thrust_probability,
        last_observed_at=_instant(form.last_observed_at, f"{where}.last_observed_at"),
        pedigree=None if form.pedigree is None else _pedigree(form.pedigree),
    )


def _pedigree(form: wire.Pedigree) -> Pedigree:
    motion = Motion(
        drag_m2_kg=form.drag_m2_kg,
        drag_spread_s=form.drag_spread_s,
        free_m2_s3=form.free_m2_s3,
        forced_along_m2_s3=form.forced_along_m2_s3,
        forced_across_m2_s3=form.forced_across_m2_s3,
    )
    return Pedigree(form.is_from_own_sensors, motion)


def _state(form: wire.State, where: str) -> StateEstimate:
    if not POSITION_MIN_M <= math.hypot(*form.position_ecef_m) <= POSITION_MAX_M:
        raise Malformed(f"{where}.position_ecef_m: inside the Earth or beyond every orbit of use")
    if math.hypot(*form.velocity_ecef_m_s) >= SPEED_MAX_M_S:
        raise Malformed(f"{where}.velocity_ecef_m_s: faster than {SPEED_MAX_M_S:.0f} m/s")
    valid_at = _instant(form.valid_at, f"{where}.valid_at")
    mean = form.position_ecef_m + form.velocity_ecef_m_s
    state = StateEstimate.from_upper(valid_at, mean, form.covariance_upper)
    _require_covariance(state.covariance, f"{where}.covariance_upper")
    return state


def _require_covariance(covariance: np.ndarray[Any, np.dtype[np.float64]], where: str) -> None:
    """A covariance is positive definite, with room for rounding: whoever uses it inverts it."""
    variance = np.diagonal(covariance)
    if not (np.all(variance >= VARIANCE_MIN) and np.all(variance <= VARIANCE_MAX)):
        raise Malformed(
            f"{where}: a variance not between {VARIANCE_MIN:.0e} and {VARIANCE_MAX:.0e}"
        )
    sigma = np.sqrt(variance)
    correlation = covariance / np.outer(sigma, sigma)
    if not np.all(np.abs(correlation) <= 1.0 + EIGENVALUE_MIN):
        raise Malformed(f"{where}: a correlation beyond one")
    if np.linalg.eigvalsh(correlation)[0] < EIGENVALUE_MIN:
        raise Malformed(f"{where}: not a covariance, zero or negative in some direction")


def _place(form: wire.Place, where: str) -> PlaceEstimate | Unknown:
    known = (
        form.latitude_rad,
        form.longitude_rad,
        form.covariance_east_north_m2,
        form.time,
        form.time_sigma_s,
    )
    if isinstance(form.unknown, str):
        if any(value is not msgspec.UNSET for value in known):
            raise Malformed(f"{where}: both unknown and known")
        return Unknown(form.unknown)
    latitude_rad, longitude_rad, covariance_m2, time, time_sigma_s = known
    if (
        isinstance(latitude_rad, msgspec.UnsetType)
        or isinstance(longitude_rad, msgspec.UnsetType)
        or isinstance(covariance_m2, msgspec.UnsetType)
        or isinstance(time, msgspec.UnsetType)
        or isinstance(time_sigma_s, msgspec.UnsetType)
    ):
        raise Malformed(f"{where}: a field of a place is missing")
    ee, en, nn = covariance_m2
    _require_covariance(np.array([[ee, en], [en, nn]]), f"{where}.covariance_east_north_m2")
    if time_sigma_s < TIME_SIGMA_MIN_S:
        raise Malformed(f"{where}.time_sigma_s: less than {TIME_SIGMA_MIN_S} s")
    at = _instant(time, f"{where}.time")
    return PlaceEstimate(latitude_rad, longitude_rad, covariance_m2, at, time_sigma_s)


def _belief(form: wire.Classes) -> ClassBelief:
    probability = tuple(float(getattr(form, kind.value)) for kind in MissileClass)
    if abs(sum(probability) - 1.0) >= 1e-6:
        raise Malformed("class: the probabilities do not sum to 1")
    return ClassBelief(probability)


def _area(form: wire.Area, where: str) -> WarnedArea:
    window = _window(form.window, f"{where}.window")
    kind = _choice(form.kind, AreaKind, f"{where}.kind")
    return WarnedArea(AreaId(form.id), kind, window, _texts(form.name))


def _retraction(form: wire.Retraction) -> Retraction:
    return Retraction(
        _warning_id(form.id, "id"),
        _warning_id(form.references, "references"),
        form.reason,
        _instant(form.at, "at"),
    )


def _texts(form: wire.TextsForm) -> Texts:
    return Texts(form.ja, form.ko, form.en)


def _window(form: tuple[str, str], where: str) -> tuple[Instant, Instant]:
    start, end = _instant(form[0], where), _instant(form[1], where)
    if end < start:
        raise Malformed(f"{where}: ends before it begins")
    return start, end


def _choice(text: str, kind: type[Choice], where: str) -> Choice:
    try:
        return kind(text)
    except ValueError as error:
        raise Malformed(f"{where}: not one of {', '.join(kind)}") from error


def _instant(text: str, where: str) -> Instant:
    try:
        return instant_from_utc(text)
    except Malformed as error:
        raise Malformed(f"{where}: not a UTC time such as 2017-09-14T21:57:00Z") from error


def _nation(text: str, where: str) -> NationId:
    try:
        return nation_id(text)
    except Malformed as error:
        raise Malformed(f"{where}: {error}") from error


def _realm(name: str) -> Realm:
    try:
        return Realm(name)
    except BadInput as error:
        raise Malformed("realm: not live, exercise:<id> or test:<id>") from error


def _event_id(text: str, where: str) -> EventId:
    if not (minted(text) and text.startswith("E-")):
        raise Malformed(f"{where}: not an event's id such as E-KOR-1-17")
    return EventId(text)


def _warning_id(text: str, where: str) -> WarningId:
    if not (minted(text) and text.startswith("W-")):
        raise Malformed(f"{where}: not a warning's id such as W-JPN-1-3")
    return WarningId(text)
