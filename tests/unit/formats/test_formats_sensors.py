"""Sensors files: the reference's own example, and errors that name entry, field, value and cure."""

import json
import math
import tomllib

import pytest

from signalfire.basis.errors import BadInput
from signalfire.formats.native.sensors import read_sensors
from signalfire.picture.detection import AngleSigma, RadarSigma, SensorKind
from signalfire.space.geodesy import Geodetic

FILE = """\
format = 1
[[sensor]]
id = "GP-B"                 # unique
nation = "KOR"
kind = "radar"
path = "kor-1"
lat_deg = 36.7
lon_deg = 127.2
alt_m = 200.0
range_max_m = 800000.0
elevation_min_deg = 1.0
azimuth_deg = [300.0, 80.0]
period_s = 1.0
sigma = { range_m = 50.0, azimuth_rad = 0.001, elevation_rad = 0.001 }
note = "public, approximate; position about 10 km"

[[sensor]]
id = "OPIR-B"
nation = "USA"
kind = "infrared"
position_ecef_m = [42164000.0, 0, 0]
sigma = { angle_rad = 2e-5 }

[[sensor]]
id = "SHIP-1"
nation = "JPN"
kind = "radar"
range_max_m = 1e6
sigma = { range_m = 50.0, azimuth_rad = 0.001, elevation_rad = 0.001, note = "notional" }
"""


def test_the_example_of_the_reference_is_read() -> None:
    radar, eye, ship = read_sensors(FILE, is_json=False)
    assert (radar.sensor, radar.nation, radar.path) == ("GP-B", "KOR", "kor-1")
    assert radar.site_ecef_m == pytest.approx(Geodetic.from_degrees(36.7, 127.2, 200.0).ecef_m())
    assert radar.sigma == RadarSigma(50.0, 0.001, 0.001)
    assert radar.elevation_min_rad == pytest.approx(math.radians(1.0))
    assert radar.azimuth_rad == pytest.approx((math.radians(300.0), math.radians(80.0)))
    assert (eye.kind, eye.sigma) == (SensorKind.INFRARED, AngleSigma(2e-5))
    assert eye.site_ecef_m == (42164000.0, 0.0, 0.0)
    assert ship.site_ecef_m is None and ship.path == "SHIP-1"


def test_json_says_the_same_as_toml() -> None:
    text = json.dumps(tomllib.loads(FILE))
    assert read_sensors(text, is_json=True) == read_sensors(FILE, is_json=False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lat_deg = 36.7", 'lat_deg = "x"', r"line 7: sensor 1 \(GP-B\): lat_deg = 'x': .*float"),
        ("lat_deg = 36.7", "lat_deg = nan", r"sensor 1 \(GP-B\): lat_deg = nan: write a finite"),
        ("lat_deg = 36.7", "lat_deg = true", r"lat_deg = True"),
        ("lat_deg = 36.7", "lat_deg = 91", r"lat_deg = 91: expected float <= 90"),
        ("lat_deg = 36.7\n", "", r"lat_deg and lon_deg belong together"),
        ("period_s", "periods", r"line 13: sensor 1 \(GP-B\): periods: unknown key; remove it"),
        ("range_m = 50.0", "range_m = 0", r"sigma.range_m = 0: expected float > 0"),
        ("range_m = 50.0", "range_m = -1", r"sigma.range_m = -1"),
        ("range_m = 50.0", "range_m = 1e-300", r"sensor 1 \(GP-B\): sigma: less than 1e-06 m"),
        ("range_max_m = 800000.0", "", r"sensor 1 \(GP-B\): range_max_m: missing"),
        ('kind = "radar"', 'kind = "sonar"', r"kind = 'sonar': write radar or infrared"),
        ("[42164000.0, 0, 0]", "[1.0, 2.0, 3.0]", r"sensor 2 \(OPIR-B\): position_ecef_m"),
        ("[42164000.0, 0, 0]", "[1.0, 2.0]", r"position_ecef_m = \[1.0, 2.0\]"),
        ('"KOR"', '"Korea"', r"sensor 1 \(GP-B\): id or nation: not a nation"),
        ('"OPIR-B"', '"GP-B"', r"sensor 2: id = 'GP-B' stands twice; make each id unique"),
        ("alt_m = 200.0", "alt_m = 200.0\nalt_m = 3.0", r"not TOML: .*line 10"),
        ("alt_m = 200.0", "position_ecef_m = [42164000.0, 0, 0]", r"not both"),
        ("{ angle_rad = 2e-5 }", "{ range_m = 5.0 }", r"an infrared sensor has angle_rad"),
        ("azimuth_rad = 0.001, ", "", r"a radar has range_m, azimuth_rad and elevation_rad"),
        ("format = 1", "format = 2", r"line 1: format = 2: this version reads format = 1"),
        ("format = 1\n", "", r"format: missing; add it"),
        ('id = "GP-B"   ', 'identity = "GP-B"', r"identity: unknown key"),
    ],
)
def test_an_error_names_entry_field_value_and_cure(old: str, new: str, said: str) -> None:
    assert old in FILE
    with pytest.raises(BadInput, match=said):
        read_sensors(FILE.replace(old, new, 1), is_json=False)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[" * 100_000, '{"format":1,"format":1}', '{"format":1,"sensor":[]}', "1e999"],
)
def test_json_that_is_no_sensors_file_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_sensors(text, is_json=True)


def test_toml_nested_without_end_is_refused() -> None:
    with pytest.raises(BadInput):
        read_sensors("a = " + "[" * 100_000, is_json=False)
