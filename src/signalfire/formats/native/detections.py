"""Detections, one JSON line each: decoding is total, strict and fast.

Clocks differ between sensors and nodes, so a line observed after it was received is no fault:
both times stand as stated, and the tracker judges them. Repeats and lateness are not judged here.
"""

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from signalfire.basis.canonical import plain
from signalfire.basis.errors import Malformed
from signalfire.basis.identity import SensorId, sensor_id
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.limits import LINE_BYTES_MAX
from signalfire.basis.utc import instant_from_utc, utc_text
from signalfire.formats.decoded import Fault, field_and_reason
from signalfire.picture.detection import (
    ANGLE_SIGMA_MIN_RAD,
    RANGE_SIGMA_MIN_M,
    AngleSigma,
    Detection,
    InfraredSight,
    RadarPlot,
    RadarSigma,
    Sensor,
    SensorKind,
    Triple,
)

RANGE_MAX_M = 5.0e7
"""Beyond this no radar sees: further than the highest orbits of use."""
PLACE_MIN_M, PLACE_MAX_M = 6.3e6, 5.0e7
RANGE_RATE_MAX_M_S = 2.0e4
AZIMUTH_MAX_RAD = 2.0 * math.pi
ELEVATION_MAX_RAD = 0.5 * math.pi
LENGTH_TOLERANCE = 0.01
"""A line of sight whose length is further from 1 is refused (contract)."""

_FOREIGN_TO = {
    SensorKind.RADAR: ("line_of_sight_ecef",),
    SensorKind.INFRARED: ("range_m", "azimuth_rad", "elevation_rad", "range_rate_m_s"),
}


class _Sigma(msgspec.Struct, forbid_unknown_fields=True):
    range_m: float | UnsetType | None = UNSET
    azimuth_rad: float | UnsetType | None = UNSET
    elevation_rad: float | UnsetType | None = UNSET
    angle_rad: float | UnsetType | None = UNSET


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    sensor: str
    observed_at: str
    received_at: str
    range_m: float | UnsetType | None = UNSET
    azimuth_rad: float | UnsetType | None = UNSET
    elevation_rad: float | UnsetType | None = UNSET
    line_of_sight_ecef: Triple | UnsetType | None = UNSET
    range_rate_m_s: float | UnsetType | None = UNSET
    intensity: float | UnsetType | None = UNSET
    snr_db: float | UnsetType | None = UNSET
    position_ecef_m: Triple | UnsetType | None = UNSET
    sigma: _Sigma | UnsetType | None = UNSET
    name: str | UnsetType | None = UNSET
    note: str | UnsetType | None = UNSET
    source: str | UnsetType | None = UNSET


class _SensorOnly(msgspec.Struct):
    sensor: str


_LINES = msgspec.json.Decoder(_Line)
_SENSORS = msgspec.json.Decoder(_SensorOnly)
_REMARKS = ("name", "note", "source")
_NO_NUMBER = re.compile(rb"(?<=[:,\[\s])-?(?:NaN|Infinity)(?=[,\]}\s])")


class _Refused(Exception):
    """Carries field and reason to the one place that makes a Fault of them."""

    def __init__(self, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


def decode_line(line: bytes, number: int, sensors: Mapping[SensorId, Sensor]) -> Detection | Fault:
    """Read one line; any bytes give a detection or a fault, never an exception.

    A line of sight is normalised. Where a line carries no sigma the sensor's own stands; where it
    carries a position, that stands before the sensor's own.
    """
    line = line.rstrip(b"\r\n")
    try:
        if len(line) > LINE_BYTES_MAX:
            raise _Refused(None, f"longer than {LINE_BYTES_MAX} bytes")
        return _detection(_fields(line), sensors)
    except _Refused as refused:
        return Fault(number, _sensor_named(line), refused.field, refused.reason)


def _fields(line: bytes) -> _Line:
    try:
        fields = _LINES.decode(line)
    except msgspec.ValidationError as error:
        raise _Refused(*field_and_reason(str(error))) from error
    except RecursionError as error:
        raise _Refused(None, "nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if (plainer := _without_nan(line)) != line:
            return _fields(plainer)
        raise _Refused(None, "not one JSON object in UTF-8") from error
    if b"\\" in line or line.count(b'"') != _quotes(fields):
        _refuse_repeated_keys(line)
    return fields


def _without_nan(line: bytes) -> bytes:
    """The line with a number out of range in the place of each NaN and Infinity.

    Some writers give these, which are no JSON: so read, they are refused by their field.
    """
    return _NO_NUMBER.sub(b"1e999", line)


def _quotes(fields: _Line) -> int:
    """How many quotation marks the line has when no key stands twice and nothing is escaped."""
    quotes = 12
    for name in _Line.__struct_fields__[3:-3]:
        if getattr(fields, name) is not UNSET:
            quotes += 2
    for name in _REMARKS:
        value = getattr(fields, name)
        quotes += 0 if value is UNSET else 2 if value is None else 4
    if isinstance(fields.sigma, _Sigma):
        for name in _Sigma.__struct_fields__:
            if getattr(fields.sigma, name) is not UNSET:
                quotes += 2
    return quotes


def _refuse_repeated_keys(line: bytes) -> None:
    """The decoder keeps the last of two equal keys; two readers must not read two things."""

    def pairs(found: list[tuple[str, Any]]) -> None:
        keys = [key for key, _ in found]
        for key in keys:
            if keys.count(key) > 1:
                raise _Refused(key, "stands twice")

    try:
        json.loads(line.decode(), object_pairs_hook=pairs, strict=False)
    except (ValueError, RecursionError) as error:
        raise _Refused(None, "not one JSON object in UTF-8") from error


def _detection(fields: _Line, sensors: Mapping[SensorId, Sensor]) -> Detection:
    sensor = sensors.get(SensorId(fields.sensor))
    if sensor is None:
        raise _Refused("sensor", "no sensor of the sensors file")
    for name in _FOREIGN_TO[sensor.kind]:
        value = getattr(fields, name)
        if value is not UNSET and value is not None:
            raise _Refused(name, f"no field of an {sensor.kind} sensor".replace("an r", "a r"))
    observed_at = _instant(fields.observed_at, "observed_at")
    received_at = _instant(fields.received_at, "received_at")
    site_ecef_m = _site(fields, sensor)
    if sensor.kind is SensorKind.RADAR:
        return RadarPlot(
            sensor.sensor,
            sensor.path,
            observed_at,
            received_at,
            site_ecef_m,
            _within(fields.range_m, "range_m", above=0.0, to=RANGE_MAX_M),
            _within(fields.azimuth_rad, "azimuth_rad", to=AZIMUTH_MAX_RAD),
            _within(fields.elevation_rad, "elevation_rad", to=ELEVATION_MAX_RAD),
            _radar_sigma(fields.sigma, sensor),
            _optional(fields.range_rate_m_s, "range_rate_m_s", to=RANGE_RATE_MAX_M_S),
        )
    return InfraredSight(
        sensor.sensor,
        sensor.path,
        observed_at,
        received_at,
        site_ecef_m,
        _direction(fields.line_of_sight_ecef),
        _angle_sigma(fields.sigma, sensor),
        _optional(fields.intensity, "intensity", to=math.inf),
    )


def _within(
    value: float | UnsetType | None,
    field: str,
    *,
    above: float | None = None,
    least: float | None = None,
    to: float,
) -> float:
    if value is None or value is UNSET:
        raise _Refused(field, "missing")
    lowest = above if above is not None else least if least is not None else -to
    if not lowest <= value <= to or value == above:
        raise _Refused(field, f"not between {lowest:.9g} and {to:.9g}")
    return value


def _optional(value: float | UnsetType | None, field: str, *, to: float) -> float | None:
    if value is None or value is UNSET:
        return None
    return _within(value, field, to=to)


def _direction(vector: Triple | UnsetType | None) -> Triple:
    if vector is None or vector is UNSET:
        raise _Refused("line_of_sight_ecef", "missing")
    x, y, z = vector
    length = math.hypot(x, y, z)
    if not abs(length - 1.0) <= LENGTH_TOLERANCE:
        raise _Refused("line_of_sight_ecef", "its length is not within 1 % of 1")
    if abs(length - 1.0) <= 4e-16:
        return vector
    return (x / length, y / length, z / length)


def _site(fields: _Line, sensor: Sensor) -> Triple:
    given = fields.position_ecef_m
    if given is None or given is UNSET:
        if sensor.site_ecef_m is None:
            raise _Refused("position_ecef_m", "missing: the sensor moves, so each line says where")
        return sensor.site_ecef_m
    if not PLACE_MIN_M <= math.hypot(*given) <= PLACE_MAX_M:
        raise _Refused("position_ecef_m", "inside the Earth or beyond every orbit of use")
    return given


def _radar_sigma(given: _Sigma | UnsetType | None, sensor: Sensor) -> RadarSigma:
    assert isinstance(sensor.sigma, RadarSigma)
    if not isinstance(given, _Sigma):
        return sensor.sigma
    if given.angle_rad is not UNSET and given.angle_rad is not None:
        raise _Refused("sigma.angle_rad", "no field of a radar sensor")
    return RadarSigma(
        _within(given.range_m, "sigma.range_m", least=RANGE_SIGMA_MIN_M, to=RANGE_MAX_M),
        _within(given.azimuth_rad, "sigma.azimuth_rad", least=ANGLE_SIGMA_MIN_RAD, to=math.pi),
        _within(given.elevation_rad, "sigma.elevation_rad", least=ANGLE_SIGMA_MIN_RAD, to=math.pi),
        sensor.sigma.range_rate_m_s,
    )


def _angle_sigma(given: _Sigma | UnsetType | None, sensor: Sensor) -> AngleSigma:
    assert isinstance(sensor.sigma, AngleSigma)
    if not isinstance(given, _Sigma):
        return sensor.sigma
    for name in ("range_m", "azimuth_rad", "elevation_rad"):
        if getattr(given, name) not in (None, UNSET):
            raise _Refused(f"sigma.{name}", "no field of an infrared sensor")
    return AngleSigma(
        _within(given.angle_rad, "sigma.angle_rad", least=ANGLE_SIGMA_MIN_RAD, to=math.pi)
    )


def _instant(text: str, field: str) -> Instant:
    """Read a time; the minute is remembered, since neighbours share it."""
    try:
        if len(text) < 20 or text[-1] != "Z" or text[16] != ":" or text[17] == "6":
            return instant_from_utc(text)
        whole, _, fraction = text[17:-1].partition(".")
        if len(whole) != 2 or not (whole.isascii() and whole.isdigit()) or len(fraction) > 9:
            return instant_from_utc(text)
        if len(text) > 20 and not (fraction.isascii() and fraction.isdigit()):
            return instant_from_utc(text)
        fraction_ns = int(fraction.ljust(9, "0")) if fraction else 0
        return Instant(_minute_tai_ns(text[:16]) + int(whole) * NS_PER_S + fraction_ns)
    except Malformed as error:
        raise _Refused(field, "not a UTC time such as 2017-09-14T21:57:00Z") from error


@lru_cache(maxsize=64)
def _minute_tai_ns(minute: str) -> int:
    return instant_from_utc(f"{minute}:00Z").tai_ns


def _sensor_named(line: bytes) -> str | None:
    """The sensor of a refused line, if it can be read and has the form of a sensor's id."""
    if len(line) > LINE_BYTES_MAX:
        return None
    try:
        return sensor_id(_SENSORS.decode(_without_nan(line)).sensor)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Malformed):
        return None


def encode_line(detection: Detection, sensor: Sensor | None = None) -> bytes:
    """Write a detection as a line, without the line's end: the inverse of ``decode_line``.

    The place is left out when it is that of ``sensor``, which a reader knows. The spread of range
    rates, which the format does not carry, is not written.
    """
    fields: dict[str, Any] = {
        "sensor": detection.sensor,
        "observed_at": _utc(detection.observed_at),
        "received_at": _utc(detection.received_at),
    }
    sigma = detection.sigma
    if isinstance(detection, RadarPlot):
        fields |= {
            "range_m": detection.range_m,
            "azimuth_rad": detection.azimuth_rad,
            "elevation_rad": detection.elevation_rad,
            "range_rate_m_s": detection.range_rate_m_s,
        }
    else:
        fields |= {
            "line_of_sight_ecef": detection.line_of_sight_ecef,
            "intensity": detection.intensity,
        }
    if sensor is None or sensor.site_ecef_m != detection.site_ecef_m:
        fields["position_ecef_m"] = detection.site_ecef_m
    if isinstance(sigma, RadarSigma):
        fields["sigma"] = {
            "range_m": sigma.range_m,
            "azimuth_rad": sigma.azimuth_rad,
            "elevation_rad": sigma.elevation_rad,
        }
    else:
        fields["sigma"] = {"angle_rad": sigma.angle_rad}
    return msgspec.json.encode(fields, enc_hook=plain)


def _utc(instant: Instant) -> str:
    """Milliseconds where they say it all, else nanoseconds."""
    return utc_text(instant, 3 if instant.tai_ns % 1_000_000 == 0 else 9)
