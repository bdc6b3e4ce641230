"""The picture that a partner may have: built anew, field by field, from an allow-list.

Nothing is copied through. A field that is not in the list of its kind and form does not exist for
the partner, whatever it is called and however deep it lies; no list has a field for a sensor, a
path or the place of one. Content that lacks a listed field, or has another thing in its place, is
not released at all.
"""

from collections.abc import Callable, Mapping
from typing import Any

from signalfire.basis.limits import (
    AREAS_MAX,
    MEMBERS_MAX,
    RECEIPTS_MAX,
    RELEASED_TRACKS_MAX,
    TEXT_LENGTH_MAX,
)
from signalfire.picture.marking import Kind
from signalfire.release.agreement import Form, Share
from signalfire.release.coarse import coarse_event, coarse_track

NUMBER_MAX = 10**18
"""Nothing that is shared, in SI units, is larger; whole numbers of this size are exact in JSON."""

Rebuild = Callable[[Any], Any]


class Unfit(Exception):
    """Content is not of the form of its kind; ``field`` says where. Caught by ``decide``."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def _text(value: Any) -> str:
    """A text of bounded length that can be written as UTF-8."""
    if not isinstance(value, str) or len(value) > TEXT_LENGTH_MAX:
        raise Unfit("")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Unfit("")
    return value


def _number(value: Any) -> float:
    """A number of sensible size, not NaN; a whole one stays whole."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("")
    if not -NUMBER_MAX <= value <= NUMBER_MAX:
        raise Unfit("")
    return value


def _truth(value: Any) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise Unfit("")
    return value


def _nothing(_value: Any) -> None:
    """A field that is there in the form and stays empty."""


def _optional(rebuild: Rebuild) -> Rebuild:
    """As ``rebuild``, or null."""
    return lambda value: None if value is None else rebuild(value)


def _listed(rebuild: Rebuild, *, at_most: int, at_least: int = 0) -> Rebuild:
    """A list of bounded length."""

    def rebuilt(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple) or not at_least <= len(value) <= at_most:
            raise Unfit("")
        return [_at(f"[{index}]", rebuild, entry) for index, entry in enumerate(value)]

    return rebuilt


def _record(**fields: Rebuild) -> Rebuild:
    """An object with exactly these fields; whatever else it has is left behind."""

    def rebuilt(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or any(name not in value for name in fields):
            raise Unfit("")
        return {name: _at(name, rebuild, value[name]) for name, rebuild in fields.items()}

    return rebuilt


def _known_or_not(rebuild: Rebuild) -> Rebuild:
    """``{"unknown": reason}``, or what is known."""
    unknown = _record(unknown=_text)

    def rebuilt(value: Any) -> Any:
        is_unknown = isinstance(value, Mapping) and "unknown" in value
        return unknown(value) if is_unknown else rebuild(value)

    return rebuilt


def _row(*columns: Rebuild) -> Rebuild:
    """A list with one entry for each column."""

    def rebuilt(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple) or len(value) != len(columns):
            raise Unfit("")
        return [column(entry) for column, entry in zip(columns, value, strict=True)]

    return rebuilt


def _at(step: str, rebuild: Rebuild, value: Any) -> Any:
    try:
        return rebuild(value)
    except Unfit as unfit:
        dot = "." if unfit.field and not unfit.field.startswith("[") else ""
        raise Unfit(f"{step}{dot}{unfit.field}") from None


_TRIPLE = _row(_number, _number, _number)
_WINDOW = _row(_text, _text)
_TEXTS = _record(ja=_text, ko=_text, en=_text)
_STATE = _record(
    valid_at=_text,
    position_ecef_m=_TRIPLE,
    velocity_ecef_m_s=_TRIPLE,
    covariance_upper=_listed(_number, at_least=21, at_most=21),
)
_PLACE = _known_or_not(
    _record(
        latitude_rad=_number,
        longitude_rad=_number,
        covariance_east_north_m2=_TRIPLE,
        time=_text,
        time_sigma_s=_number,
    )
)
_CLASSES = {
    name: _number for name in ("SRBM", "MRBM", "IRBM", "ICBM", "SLV", "manoeuvring", "unknown")
}
_PEDIGREE = _record(
    is_from_own_sensors=_truth,
    drag_m2_kg=_number,
    drag_spread_s=_number,
    free_m2_s3=_number,
    forced_along_m2_s3=_number,
    forced_across_m2_s3=_number,
)
_TRACK = _record(
    track=_text,
    event=_text,
    phase=_text,
    state=_STATE,
    thrust_probability=_number,
    last_observed_at=_text,
    pedigree=_optional(_PEDIGREE),
)
_EVENT_FIELDS: dict[str, Rebuild] = {
    "event": _text,
    "members": _listed(_text, at_most=MEMBERS_MAX),
    "superseded_by": _optional(_text),
    "ended": _truth,
    "author": _text,
    "phase": _text,
    "class": _record(**_CLASSES),
    "state": _optional(_STATE),
    "launch": _PLACE,
    "impact": _PLACE,
    "apogee_m": _optional(_number),
    "observed_s": _number,
    "flight_s": _optional(_number),
    "witnesses": _number,
    "last_observed_at": _text,
}

ALLOWED: Mapping[Kind, Rebuild] = {
    Kind.TRACK: _record(tracks=_listed(_TRACK, at_least=1, at_most=RELEASED_TRACKS_MAX)),
    Kind.EVENT: _record(**_EVENT_FIELDS),
    Kind.WARNING: _record(
        id=_text,
        issuer=_text,
        at=_text,
        status=_text,
        references=_optional(_text),
        event=_text,
        realm=_text,
        areas=_listed(
            _record(id=_text, kind=_text, window=_WINDOW, name=_TEXTS),
            at_most=AREAS_MAX,
        ),
        window=_WINDOW,
        confidence=_number,
        observed_fraction=_number,
        witnesses=_number,
        reason=_text,
        text=_TEXTS,
    ),
    Kind.STATUS: _record(
        sensors_available=_number,
        sensors_total=_number,
        epoch=_number,
        reliable_count=_number,
        journal_head=_text,
    ),
    Kind.RECEIPT: _record(received=_listed(_row(_text, _number, _number), at_most=RECEIPTS_MAX)),
    Kind.AGREEMENT: _record(name=_text, version=_number, sha256=_text, action=_text, nation=_text),
}
"""The whole of what can be shared. Kinds that are not here have no form to cross a border in."""

RETRACTION = _record(id=_text, references=_text, status=_text, at=_text)
"""What is left of a cancel for one who may no longer have the warning (with a reason code)."""

_WITHOUT_STATE = _record(**{**_EVENT_FIELDS, "state": _nothing})


def redact(kind: Kind, content: Mapping[str, Any], share: Share | None) -> dict[str, Any] | None:
    """Rebuild ``content`` in the form that ``share`` allows; None when that form has no such kind.

    ``full``: every listed field. ``coarse``: as ``full``, positions and times rounded as the rule
    says and their covariances widened by what the rounding hides. ``event_only``: no tracks, and
    events without a state; launch, impact and class stay. Warnings and status are one thing in all
    forms: what the public is told is no secret. ``share`` is None for kinds that need no rule.

    Raises Unfit when the content has not the form of its kind.
    """
    rebuild = ALLOWED.get(kind)
    form = Form.FULL if share is None else share.form
    if rebuild is None or (form is Form.EVENT_ONLY and kind is Kind.TRACK):
        return None
    if form is Form.EVENT_ONLY and kind is Kind.EVENT:
        rebuild = _WITHOUT_STATE
    rebuilt: dict[str, Any] = rebuild(content)
    if share is None or form is not Form.COARSE:
        return rebuilt
    if kind is Kind.TRACK:
        return {"tracks": [coarse_track(track, share) for track in rebuilt["tracks"]]}
    return coarse_event(rebuilt, share) if kind is Kind.EVENT else rebuilt
