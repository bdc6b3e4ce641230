"""Sensors files: what an owner states of its sensors. Never leaves the nation."""

import math
from typing import Annotated, Literal

from msgspec import Meta

from signalfire.basis.errors import BadInput, Malformed
from signalfire.basis.identity import SensorId, nation_id, sensor_id
from signalfire.basis.limits import SENSORS_MAX
from signalfire.basis.tables import Table, read_table
from signalfire.picture.detection import (
    ANGLE_SIGMA_MIN_RAD,
    RANGE_SIGMA_MIN_M,
    AngleSigma,
    RadarSigma,
    Sensor,
    SensorKind,
    Triple,
)
from signalfire.space.geodesy import Geodetic

PLACE_MIN_M = 6_300_000.0
PLACE_MAX_M = 5.0e7
"""A sensor stands between the bottom of the sea and the highest of the early-warning orbits."""

Positive = Annotated[float, Meta(gt=0.0)]
Small = Annotated[float, Meta(gt=0.0, lt=math.pi)]


class _Sigma(Table):
    range_m: Positive | None = None
    azimuth_rad: Small | None = None
    elevation_rad: Small | None = None
    angle_rad: Small | None = None


class _Entry(Table):
    id: str
    nation: str
    kind: str
    sigma: _Sigma
    path: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    lat_deg: Annotated[float, Meta(ge=-90.0, le=90.0)] | None = None
    lon_deg: Annotated[float, Meta(ge=-180.0, le=360.0)] | None = None
    alt_m: Annotated[float, Meta(ge=-500.0, le=100_000.0)] | None = None
    position_ecef_m: Triple | None = None
    range_max_m: Annotated[float, Meta(gt=0.0, le=PLACE_MAX_M)] | None = None
    elevation_min_deg: Annotated[float, Meta(ge=-90.0, le=90.0)] | None = None
    azimuth_deg: (
        tuple[
            Annotated[float, Meta(ge=-360.0, le=360.0)], Annotated[float, Meta(ge=-360.0, le=360.0)]
        ]
        | None
    ) = None
    period_s: Annotated[float, Meta(gt=0.0, le=86_400.0)] | None = None


class _File(Table):
    format: Literal[1]
    sensor: Annotated[list[_Entry], Meta(min_length=1, max_length=SENSORS_MAX)]


def read_sensors(text: str, *, is_json: bool) -> tuple[Sensor, ...]:
    """Read a sensors file, in the order of its entries.

    Raises BadInput, naming entry, field, value and cure, when any part of it cannot be used: a
    sensor that is misread must not watch the sky.
    """
    sensors: list[Sensor] = []
    known: set[SensorId] = set()
    for number, entry in enumerate(read_table(text, _File, is_json=is_json).sensor, start=1):
        sensor = _sensor(entry, f"sensor {number} ({entry.id[:64]})")
        if sensor.sensor in known:
            raise BadInput(f"sensor {number}: id = {entry.id!r} stands twice; make each id unique")
        known.add(sensor.sensor)
        sensors.append(sensor)
    return tuple(sensors)


def _sensor(entry: _Entry, where: str) -> Sensor:
    try:
        kind = SensorKind(entry.kind)
    except ValueError as error:
        raise BadInput(f"{where}: kind = {entry.kind!r}: write radar or infrared") from error
    try:
        identity, nation = sensor_id(entry.id), nation_id(entry.nation)
    except Malformed as error:
        raise BadInput(f"{where}: id or nation: {error}") from error
    if kind is SensorKind.RADAR and entry.range_max_m is None:
        raise BadInput(f"{where}: range_max_m: missing; a radar's owner states its range")
    azimuth_deg = entry.azimuth_deg
    return Sensor(
        sensor=identity,
        nation=nation,
        kind=kind,
        path=entry.path if entry.path is not None else entry.id,
        site_ecef_m=_site(entry, where),
        sigma=_sigma(entry.sigma, kind, where),
        range_max_m=entry.range_max_m,
        elevation_min_rad=(
            None if entry.elevation_min_deg is None else math.radians(entry.elevation_min_deg)
        ),
        azimuth_rad=(
            None
            if azimuth_deg is None
            else (math.radians(azimuth_deg[0]), math.radians(azimuth_deg[1]))
        ),
        period_s=entry.period_s,
    )


def _site(entry: _Entry, where: str) -> Triple | None:
    """The place in Earth-fixed axes; None for a moving platform."""
    on_ground = [entry.lat_deg, entry.lon_deg, entry.alt_m]
    if entry.position_ecef_m is not None:
        if any(value is not None for value in on_ground):
            raise BadInput(f"{where}: give lat_deg, lon_deg, alt_m or position_ecef_m, not both")
        if not PLACE_MIN_M <= math.hypot(*entry.position_ecef_m) <= PLACE_MAX_M:
            raise BadInput(
                f"{where}: position_ecef_m = {list(entry.position_ecef_m)}: inside the Earth or "
                "beyond every orbit of use; write metres in Earth-fixed axes"
            )
        return entry.position_ecef_m
    if entry.lat_deg is None or entry.lon_deg is None:
        if any(value is not None for value in on_ground):
            raise BadInput(
                f"{where}: lat_deg and lon_deg belong together; give both, or neither and no alt_m "
                "for a moving platform"
            )
        return None
    place = Geodetic.from_degrees(entry.lat_deg, entry.lon_deg, entry.alt_m or 0.0)
    x_m, y_m, z_m = (float(value) for value in place.ecef_m())
    return (x_m, y_m, z_m)


def _sigma(sigma: _Sigma, kind: SensorKind, where: str) -> RadarSigma | AngleSigma:
    of_radar = (sigma.range_m, sigma.azimuth_rad, sigma.elevation_rad)
    angles = (sigma.azimuth_rad, sigma.elevation_rad, sigma.angle_rad)
    if (sigma.range_m or 1.0) < RANGE_SIGMA_MIN_M or any(
        (angle or 1.0) < ANGLE_SIGMA_MIN_RAD for angle in angles
    ):
        raise BadInput(
            f"{where}: sigma: less than {RANGE_SIGMA_MIN_M:g} m or {ANGLE_SIGMA_MIN_RAD:g} rad, "
            "better than anything measures; write its standard deviations in m and rad"
        )
    if kind is SensorKind.INFRARED:
        if sigma.angle_rad is None or of_radar != (None, None, None):
            raise BadInput(f"{where}: sigma: an infrared sensor has angle_rad, and nothing else")
        return AngleSigma(sigma.angle_rad)
    range_m, azimuth_rad, elevation_rad = of_radar
    if range_m is None or azimuth_rad is None or elevation_rad is None or sigma.angle_rad:
        raise BadInput(
            f"{where}: sigma: a radar has range_m, azimuth_rad and elevation_rad, and no angle_rad"
        )
    return RadarSigma(range_m, azimuth_rad, elevation_rad)
