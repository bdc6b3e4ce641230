"""A little world of its own for the tracker: another integrator, another way to look at it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from signalfire.basis.identity import NationId, NodeId, SensorId
from signalfire.basis.instant import Instant
from signalfire.picture.detection import (
    AngleSigma,
    Detection,
    InfraredSight,
    RadarPlot,
    RadarSigma,
    Sensor,
    SensorKind,
)
from signalfire.space.geodesy import Geodetic, enu_from_ecef
from signalfire.space.sight import sight
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.tracker import Tracker

START = Instant(1_800_000_000 * 10**9)
Truth = Callable[[float], np.ndarray]


def free_acceleration(place: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """Gravity with J2 and the turning Earth, from constants written down here."""
    mu, radius, oblateness, turn = 3.986004418e14, 6378137.0, 1.08262668e-3, 7.292115e-5
    x, y, z = place
    r = np.linalg.norm(place)
    k = 1.5 * oblateness * mu * radius**2 / r**5
    s = 5.0 * z * z / r**2
    gravity = -mu * place / r**3 - k * np.array([x * (1 - s), y * (1 - s), z * (3 - s)])
    spin = np.array([0.0, 0.0, turn])
    return gravity - 2.0 * np.cross(spin, velocity) - np.cross(spin, np.cross(spin, place))


def launched(azimuth_deg: float = 95.0, burn_s: float = 100.0, end_s: float = 660.0) -> Truth:
    """A missile from 38.9 N 126.0 E: upright, pitching over, thrust growing to 55 m/s2, coast."""
    site = Geodetic.from_degrees(38.9, 126.0)
    ecef_from_enu = enu_from_ecef(site).T
    azimuth = np.radians(azimuth_deg)

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        elevation = np.pi / 2 - np.radians(48.0) * np.clip((t - 8.0) / (0.6 * burn_s), 0.0, 1.0)
        ahead = np.cos(elevation) * np.array([np.sin(azimuth), np.cos(azimuth), 0.0])
        thrust = ecef_from_enu @ (ahead + np.array([0.0, 0.0, np.sin(elevation)]))
        size = 20.0 + 35.0 * t / burn_s if t <= burn_s else 0.0
        return np.concatenate([y[3:], free_acceleration(y[:3], y[3:]) + size * thrust])

    at_rest = np.concatenate([site.ecef_m(), np.zeros(3)])
    tight = {"rtol": 1e-10, "atol": 1e-6, "dense_output": True}
    boost = solve_ivp(slope, (0.0, burn_s), at_rest, max_step=1.0, **tight)
    after = np.nextafter(burn_s, np.inf)
    coast = solve_ivp(slope, (after, end_s), boost.y[:, -1], **tight)
    return lambda t: boost.sol(t) if t <= burn_s else coast.sol(t)


def radar(name: str, lat_deg: float, lon_deg: float, period_s: float = 1.0) -> Sensor:
    return Sensor(
        sensor=SensorId(name),
        nation=NationId("JPN"),
        kind=SensorKind.RADAR,
        path=f"path-{name}",
        site_ecef_m=tuple(Geodetic.from_degrees(lat_deg, lon_deg, 100.0).ecef_m()),
        sigma=RadarSigma(50.0, 1e-3, 1e-3),
        range_max_m=2e6,
        elevation_min_rad=0.017,
        period_s=period_s,
    )


def satellite(name: str, lon_deg: float) -> Sensor:
    return Sensor(
        sensor=SensorId(name),
        nation=NationId("USA"),
        kind=SensorKind.INFRARED,
        path=f"path-{name}",
        site_ecef_m=tuple(Geodetic.from_degrees(0.0, lon_deg, 35_786_000.0).ecef_m()),
        sigma=AngleSigma(2e-5),
        period_s=2.0,
    )


def look(
    sensor: Sensor, t: float, state: np.ndarray, draw: np.random.Generator, delay_s: float = 0.15
) -> Detection | None:
    """What a sensor reports of a state, with noise; None where it cannot see it."""
    site = np.array(sensor.site_ecef_m)
    times = {"observed_at": START.later(t), "received_at": START.later(t + delay_s)}
    who = {"sensor": sensor.sensor, "path": sensor.path, "site_ecef_m": sensor.site_ecef_m}
    if isinstance(sensor.sigma, AngleSigma):
        line = (state[:3] - site) / np.linalg.norm(state[:3] - site)
        line = line + draw.normal(size=3) * sensor.sigma.angle_rad
        unit = tuple(float(v) for v in line / np.linalg.norm(line))
        return InfraredSight(**who, **times, line_of_sight_ecef=unit, sigma=sensor.sigma)
    seen = sight(site, state[:3])
    if seen.elevation_rad < sensor.elevation_min_rad or seen.range_m > sensor.range_max_m:
        return None
    return RadarPlot(
        **who,
        **times,
        range_m=seen.range_m + draw.normal() * sensor.sigma.range_m,
        azimuth_rad=seen.azimuth_rad + draw.normal() * sensor.sigma.azimuth_rad,
        elevation_rad=seen.elevation_rad + draw.normal() * sensor.sigma.elevation_rad,
        sigma=sensor.sigma,
    )


@dataclass(frozen=True)
class World:
    """What the tests of the tracker share."""

    truth: Truth
    west: Sensor
    east: Sensor
    burnt_out_s: float = 100.0

    start = START
    look = staticmethod(look)
    radar = staticmethod(radar)
    satellite = staticmethod(satellite)
    launched = staticmethod(launched)
    free_acceleration = staticmethod(free_acceleration)
    changed = staticmethod(replace)

    def tracker(self, *sensors: Sensor, settings: TrackingSettings | None = None) -> Tracker:
        known = {sensor.sensor: sensor for sensor in sensors}
        return Tracker(NodeId("JPN-1"), known, settings or TrackingSettings())

    def plots(
        self, sensor: Sensor, times_s: Iterable[float], draw: np.random.Generator
    ) -> list[Detection]:
        """One sensor's reports of the one missile, as they would come in order."""
        found = (look(sensor, float(t), self.truth(float(t)), draw) for t in times_s)
        return [detection for detection in found if detection is not None]

    def play(self, tracker: Tracker, detections: Iterable[Detection]) -> None:
        """Hand over one detection after the other at its receipt, with a tick each second."""
        last = None
        for detection in detections:
            now = detection.received_at
            if last is not None and now.whole_second() > last.whole_second():
                tracker.tick(now.whole_second())
            tracker.take([detection], now)
            last = now if last is None else max(last, now)


@pytest.fixture(scope="session")
def world() -> World:
    return World(launched(), radar("K1", 36.6, 127.5), radar("J1", 35.77, 135.22))
