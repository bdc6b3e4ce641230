"""Detection lines: read strictly, refused by field, never an exception; written back exactly."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.identity import NationId, SensorId
from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.formats.decoded import Fault
from signalfire.formats.native.detections import decode_line, encode_line
from signalfire.picture.detection import (
    AngleSigma,
    InfraredSight,
    RadarPlot,
    RadarSigma,
    Sensor,
    SensorKind,
)

SITE = (-3.1e6, 4.1e6, 3.8e6)
ORBIT = (4.2e7, 1.0e6, 2.0e5)
RADAR = Sensor(
    SensorId("GP-B"), NationId("KOR"), SensorKind.RADAR, "kor-1", SITE, RadarSigma(50.0, 1e-3, 1e-3)
)
SHIP = Sensor(
    SensorId("SHIP-1"), NationId("JPN"), SensorKind.RADAR, "s", None, RadarSigma(50.0, 1e-3, 1e-3)
)
EYE = Sensor(SensorId("OPIR-B"), NationId("USA"), SensorKind.INFRARED, "o", ORBIT, AngleSigma(2e-5))
SENSORS = {sensor.sensor: sensor for sensor in (RADAR, SHIP, EYE)}

# The two lines of the reference, letter by letter.
PLOT = (
    b'{"sensor":"GP-B","observed_at":"2017-07-28T14:43:10.250Z",'
    b'"received_at":"2017-07-28T14:43:10.400Z","range_m":412345.6,"azimuth_rad":0.43,'
    b'"elevation_rad":0.12,"range_rate_m_s":null,'
    b'"sigma":{"range_m":50,"azimuth_rad":0.001,"elevation_rad":0.001}}'
)
SIGHT = (
    b'{"sensor":"OPIR-B","observed_at":"2017-07-28T14:42:55.000Z",'
    b'"received_at":"2017-07-28T14:42:57.100Z","line_of_sight_ecef":[0.306,-0.946,0.109],'
    b'"intensity":1.0,"sigma":{"angle_rad":2e-5}}'
)


def read(line: bytes) -> Any:
    return decode_line(line, 17, SENSORS)


def changed(line: bytes, **fields: Any) -> bytes:
    """The line with fields set, or taken out where the value is ``...``."""
    known = json.loads(line) | fields
    return json.dumps({key: value for key, value in known.items() if value is not ...}).encode()


def test_the_radar_line_of_the_reference_is_read() -> None:
    assert read(PLOT) == RadarPlot(
        SensorId("GP-B"),
        "kor-1",
        instant_from_utc("2017-07-28T14:43:10.250Z"),
        instant_from_utc("2017-07-28T14:43:10.400Z"),
        SITE,
        412345.6,
        0.43,
        0.12,
        RadarSigma(50.0, 0.001, 0.001),
        None,
    )


def test_the_infrared_line_of_the_reference_is_read_and_its_direction_normalised() -> None:
    sight = read(SIGHT)
    assert isinstance(sight, InfraredSight)
    assert sight.site_ecef_m == ORBIT and sight.intensity == 1.0
    assert sum(part * part for part in sight.line_of_sight_ecef) == pytest.approx(1.0, abs=1e-15)
    assert sight.line_of_sight_ecef[0] / sight.line_of_sight_ecef[1] == pytest.approx(-306 / 946)


def test_the_sensors_own_sigma_stands_where_the_line_has_none() -> None:
    assert read(changed(PLOT, sigma=...)).sigma == RADAR.sigma
    assert read(changed(SIGHT, sigma=None)).sigma == EYE.sigma


def test_a_line_may_carry_remarks_and_signal_strength() -> None:
    line = changed(PLOT, note='he said "GP-B" \\ twice', source="x", snr_db=13.0, intensity=None)
    assert isinstance(read(line), RadarPlot)


def test_an_observation_received_before_it_was_made_stands_as_stated() -> None:
    assert isinstance(read(changed(PLOT, received_at="2017-07-28T14:43:00Z")), RadarPlot)


def test_a_moving_platform_says_where_it_is() -> None:
    line = changed(PLOT, sensor="SHIP-1", position_ecef_m=list(SITE))
    assert read(line).site_ecef_m == SITE
    assert read(changed(PLOT, sensor="SHIP-1")).field == "position_ecef_m"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (changed(PLOT, range_m=True), "range_m"),
        (changed(PLOT, range_m="far"), "range_m"),
        (changed(PLOT, range_m=...), "range_m"),
        (changed(PLOT, range_m=None), "range_m"),
        (changed(PLOT, range_m=0.0), "range_m"),
        (changed(PLOT, range_m=-1.0), "range_m"),
        (changed(PLOT, range_m=1e9), "range_m"),
        (PLOT.replace(b"412345.6", b"1e999"), "range_m"),
        (changed(PLOT, elevation_rad=1.6), "elevation_rad"),
        (changed(PLOT, elevation_rad=-1.6), "elevation_rad"),
        (changed(PLOT, azimuth_rad=7.0), "azimuth_rad"),
        (changed(PLOT, range_rate_m_s=3e4), "range_rate_m_s"),
        (changed(PLOT, sigma={"range_m": 0.0, "azimuth_rad": 1, "elevation_rad": 1}),
         "sigma.range_m"),
        (changed(PLOT, sigma={"range_m": -5, "azimuth_rad": 1, "elevation_rad": 1}),
         "sigma.range_m"),
        (changed(PLOT, sigma={"range_m": 5, "azimuth_rad": 1}), "sigma.elevation_rad"),
        (changed(PLOT, sigma={"range_m": 1e-300, "azimuth_rad": 1, "elevation_rad": 1}),
         "sigma.range_m"),
        (changed(PLOT, sigma={"range_m": 5, "azimuth_rad": 1e-300, "elevation_rad": 1}),
         "sigma.azimuth_rad"),
        (changed(SIGHT, sigma={"angle_rad": 1e-300}), "sigma.angle_rad"),
        (changed(PLOT, sigma={"angle_rad": 1e-5}), "sigma.angle_rad"),
        (changed(PLOT, sigma={"range": 1e-5}), "sigma.range"),
        (changed(PLOT, sensor="GP-X"), "sensor"),
        (changed(PLOT, sensor=7), "sensor"),
        (changed(PLOT, sensor=...), "sensor"),
        (changed(PLOT, observed_at="yesterday"), "observed_at"),
        (changed(PLOT, observed_at="2017-07-28T14:43:10"), "observed_at"),
        (changed(PLOT, observed_at="2017-02-30T14:43:10Z"), "observed_at"),
        (changed(PLOT, observed_at="2017-07-28T14:43:61Z"), "observed_at"),
        (changed(PLOT, observed_at="2017-07-28T14:43:1\u0661Z"), "observed_at"),
        (changed(PLOT, received_at=...), "received_at"),
        (changed(PLOT, position_ecef_m=[1.0, 2.0, 3.0]), "position_ecef_m"),
        (changed(PLOT, position_ecef_m=[1.0, 2.0]), "position_ecef_m"),
        (changed(PLOT, line_of_sight_ecef=[1.0, 0.0, 0.0]), "line_of_sight_ecef"),
        (changed(PLOT, bearing_rad=1.0), "bearing_rad"),
        (changed(SIGHT, range_m=1.0), "range_m"),
        (changed(SIGHT, range_rate_m_s=1.0), "range_rate_m_s"),
        (changed(SIGHT, line_of_sight_ecef=[0.5, 0.5, 0.5]), "line_of_sight_ecef"),
        (changed(SIGHT, line_of_sight_ecef=[1.011, 0.0, 0.0]), "line_of_sight_ecef"),
        (changed(SIGHT, line_of_sight_ecef=...), "line_of_sight_ecef"),
        (changed(SIGHT, sigma={"range_m": 5.0}), "sigma.range_m"),
        (PLOT[:-1] + b',"range_m":5}', "range_m"),
        (PLOT[:-1] + b',"r\\u0061nge_m":5}', "range_m"),
        (PLOT.replace(b'"sigma":{', b'"sigma":{"range_m":1,'), "range_m"),
        (PLOT.replace(b"null", b"NaN"), "range_rate_m_s"),
        (PLOT.replace(b"null", b"-Infinity"), "range_rate_m_s"),
        (PLOT.replace(b":50", b":Infinity"), "sigma.range_m"),
        (PLOT[:-1], None),
        (b"", None),
        (b"[]", None),
        (b"[" * 9_000, None),
        (b"\xef\xbb\xbf" + PLOT, None),
        (PLOT.replace(b"GP-B", b"GP-\xff"), None),
        (PLOT + b" " * 20_000, None),
    ],
)  # fmt: skip
def test_a_bad_line_is_refused_by_its_field(line: bytes, field: str | None) -> None:
    fault = read(line)
    assert isinstance(fault, Fault)
    assert (fault.line, fault.field) == (17, field)


def test_a_refusal_names_the_sensor_where_it_can_be_read_and_never_what_was_sent() -> None:
    fault = read(changed(PLOT, range_m="SECRET-PLACE"))
    assert fault.sensor == "GP-B" and "SECRET" not in fault.reason
    assert read(changed(PLOT, sensor="no such form !")).sensor is None
    assert read(b"nonsense SECRET").sensor is None


def test_what_is_no_number_is_refused_by_its_sensor_and_field() -> None:
    fault = read(changed(PLOT, range_m=float("nan")))
    assert (fault.sensor, fault.field, fault.reason) == ("GP-B", "range_m", "not a finite number")


@given(st.binary(max_size=400))
def test_any_bytes_give_a_detection_or_a_fault(line: bytes) -> None:
    assert isinstance(read(line), Fault | RadarPlot | InfraredSight)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(
    base=st.sampled_from([PLOT, SIGHT]),
    field=st.sampled_from([*json.loads(PLOT), *json.loads(SIGHT), "snr_db", "note", "extra"]),
    value=_json,
)
def test_any_value_in_any_field_gives_a_detection_or_a_fault(
    base: bytes, field: str, value: Any
) -> None:
    assert isinstance(read(changed(base, **{field: value})), Fault | RadarPlot | InfraredSight)


@given(place=st.integers(0, len(PLOT) - 1), byte=st.integers(0, 255))
def test_a_damaged_line_gives_a_detection_or_a_fault(place: int, byte: int) -> None:
    line = PLOT[:place] + bytes([byte]) + PLOT[place + 1 :]
    assert isinstance(read(line), Fault | RadarPlot)


_angle = st.floats(-1.57, 1.57)
_sigma = st.floats(1e-6, 1.0)
_times = st.integers(0, 2**61).map(lambda ns: Instant(63_072_010 * 10**9 + ns))
_plots = st.builds(
    RadarPlot,
    st.just(RADAR.sensor),
    st.just(RADAR.path),
    _times,
    _times,
    st.sampled_from([SITE, (6.4e6, 1.0, 2.0)]),
    st.floats(1e-3, 5e7),
    st.floats(-6.28, 6.28),
    _angle,
    st.builds(RadarSigma, _sigma, _sigma, _sigma),
    st.none() | st.floats(-2e4, 2e4),
)
_sights = st.builds(
    InfraredSight,
    st.just(EYE.sensor),
    st.just(EYE.path),
    _times,
    _times,
    st.just(ORBIT),
    st.sampled_from([(1.0, 0.0, 0.0), (0.0, -0.6, 0.8)]),
    st.builds(AngleSigma, _sigma),
    st.none() | st.floats(-1e6, 1e6),
)


@given(detection=_plots | _sights)
def test_what_is_written_is_read_back_exactly(detection: RadarPlot | InfraredSight) -> None:
    sensor = SENSORS[detection.sensor]
    assert read(encode_line(detection)) == detection
    assert read(encode_line(detection, sensor)) == detection


def test_a_known_place_is_not_written() -> None:
    assert b"position" not in encode_line(read(PLOT), RADAR)
    assert b"position" in encode_line(read(PLOT))


def test_the_reference_line_is_written_back_with_the_same_values() -> None:
    assert json.loads(encode_line(read(PLOT), RADAR)) == json.loads(PLOT)
