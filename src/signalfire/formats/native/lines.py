"""The lines of a nation's records, exactly as the reference has them: degrees, UTC, names.

Keys stand in the order of the reference. Probabilities are written to six decimals, by largest
remainder, so that they still sum to 1; all other numbers as they are.
"""

import math
from dataclasses import dataclass
from typing import Any

import msgspec

from signalfire.basis.canonical import plain, sha256_hex
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.utc import utc_text
from signalfire.formats.decoded import Fault
from signalfire.formats.native.content import Retraction
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import ClassBelief, EventView
from signalfire.picture.marking import Kind
from signalfire.picture.warning import Texts, WarnedArea, Warning

FORMAT = 1
MILLIONTHS = 1_000_000


def line(fields: dict[str, Any]) -> bytes:
    """One JSON object as UTF-8, without the line's end, keys in the order given."""
    return msgspec.json.encode(fields, enc_hook=plain)


def picture_line(view: EventView, *, now: Instant, nation: NationId) -> bytes:
    """One event as one view of ``nation`` has it at ``now``."""
    assessment = view.assessment
    parts = [_state_fields(state) for state in view.objects]
    debris = [_place_fields(place) for place in view.debris]
    return line(
        {
            "format": FORMAT,
            "at": utc_text(now),
            "nation": nation,
            "event": view.event,
            "members": view.members,
            "superseded_by": view.superseded_by,
            "view": view.view,
            "from": view.sources,
            "phase": assessment.phase.value,
            "class": class_fields(assessment.belief),
            "state": _state_fields(assessment.state),
            "launch": _place_fields(assessment.launch),
            "impact": _place_fields(assessment.impact),
            "apogee_m": assessment.apogee_m,
            "observed_fraction": _six_digits(assessment.observed_fraction),
            "witnesses": assessment.witnesses,
            **({"objects": parts} if parts else {}),
            **({"debris": debris} if debris else {}),
        }
    )


def class_fields(belief: ClassBelief) -> dict[str, float]:
    """All seven classes with probabilities in whole millionths that sum to 1."""
    total = sum(belief.probability)
    exact = [probability / total * MILLIONTHS for probability in belief.probability]
    whole = [math.floor(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
    for index in by_remainder[: max(0, MILLIONTHS - sum(whole))]:
        whole[index] += 1
    named = zip(belief.by_name(), whole, strict=True)
    return {name: millionths / MILLIONTHS for name, millionths in named}


def _state_fields(state: StateEstimate | None) -> dict[str, Any]:
    if state is None:
        return {"unknown": "no state was shared or estimated"}
    mean = state.mean.tolist()
    return {
        "valid_at": utc_text(state.valid_at),
        "position_ecef_m": mean[:3],
        "velocity_ecef_m_s": mean[3:],
        "covariance_upper": state.covariance_upper,
    }


def _place_fields(place: PlaceEstimate | Unknown) -> dict[str, Any]:
    if isinstance(place, Unknown):
        return {"unknown": place.reason}
    ellipse = place.ellipse_p90
    return {
        "lat_deg": math.degrees(place.latitude_rad),
        "lon_deg": math.degrees(place.longitude_rad),
        "time": utc_text(place.time),
        "time_sigma_s": place.time_sigma_s,
        "ellipse_p90": {
            "semi_major_m": ellipse.semi_major_m,
            "semi_minor_m": ellipse.semi_minor_m,
            "azimuth_deg": math.degrees(ellipse.azimuth_rad),
        },
    }


def warning_line(warning: Warning) -> bytes:
    """One warning message, as issued or as received from a partner."""
    return line(
        {
            "format": FORMAT,
            "at": utc_text(warning.at),
            "id": warning.warning,
            "status": warning.status.value,
            "references": warning.references,
            "event": warning.event,
            "realm": warning.realm.name,
            "areas": [_area_fields(area) for area in warning.areas],
            "window": _window(warning.window),
            "confidence": _six_digits(warning.confidence),
            "observed_fraction": _six_digits(warning.observed_fraction),
            "witnesses": warning.witnesses,
            "reason": warning.reason,
            "text": _texts(warning.text),
        }
    )


def _area_fields(area: WarnedArea) -> dict[str, Any]:
    return {
        "id": area.area,
        "kind": area.kind.value,
        "window": _window(area.window),
        "name": _texts(area.name),
    }


def _window(window: tuple[Instant, Instant]) -> list[str]:
    return [utc_text(window[0]), utc_text(window[1])]


def _texts(texts: Texts) -> dict[str, str]:
    return {"ja": texts.ja, "ko": texts.ko, "en": texts.en}


def _six_digits(probability: float) -> float:
    return round(probability, 6)


@dataclass(frozen=True, slots=True)
class Sent:
    """One thing that this nation released; ``body`` are the canonical bytes of its content."""

    at: Instant
    recipient: NationId
    kind: Kind
    sequence: int
    rule: str
    body: bytes


def sent_line(sent: Sent) -> bytes:
    """What was released to whom under which rule; the content is shown as the very bytes hashed."""
    return line(
        {
            "at": utc_text(sent.at),
            "recipient": sent.recipient,
            "kind": sent.kind.value,
            "sequence": sent.sequence,
            "rule": sent.rule,
            "sha256": sha256_hex(sent.body),
            "content": msgspec.Raw(sent.body),
        }
    )


@dataclass(frozen=True, slots=True)
class WithheldCount:
    """How often in one second something of one kind was withheld from one nation, and why."""

    at: Instant
    recipient: NationId
    kind: Kind
    reason: str
    rule: str | None
    count: int


def withheld_line(withheld: WithheldCount) -> bytes:
    """What was not released to whom, and why; counts only, no content."""
    return line(
        {
            "at": utc_text(withheld.at),
            "recipient": withheld.recipient,
            "kind": withheld.kind.value,
            "reason": withheld.reason,
            "rule": withheld.rule,
            "count": withheld.count,
        }
    )


def refused_line(fault: Fault) -> bytes:
    """One refused input line."""
    return line(
        {
            "line": fault.line,
            "sensor": fault.sensor,
            "field": fault.field,
            "reason": fault.reason,
        }
    )


def retraction_line(retraction: Retraction) -> bytes:
    """A cancel of which we may have no more than this."""
    return line(
        {
            "format": FORMAT,
            "at": utc_text(retraction.at),
            "id": retraction.warning,
            "status": "cancel",
            "references": retraction.references,
            "reason": retraction.reason,
        }
    )
