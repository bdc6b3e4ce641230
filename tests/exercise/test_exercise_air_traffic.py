"""What flies every day: hundreds of aircraft and a satellite, seen by two radars, are no event."""

import math
from collections.abc import Callable

import numpy as np

from signalfire.assess.evidence import evidence
from signalfire.basis.identity import NationId, SensorId, node_id
from signalfire.basis.utc import instant_from_utc
from signalfire.picture.detection import Detection, RadarSigma, Sensor, SensorKind
from signalfire.sim.sensors import Conduct, Watch, detections
from signalfire.sim.trajectory import Flown, Trajectory
from signalfire.space.earth import ROTATION_RAD_S
from signalfire.space.geodesy import Geodetic, destination
from signalfire.tracking.settings import TrackingSettings
from signalfire.tracking.tracker import Tracker

START = instant_from_utc("2017-03-05T22:33:30Z")
CENTRE = Geodetic.from_degrees(37.0, 128.0)
LASTS_S = 30.0
Height = Callable[[float], float]


def flown(name: str, times_s: np.ndarray, places: list[np.ndarray]) -> Flown:
    position = np.array(places)
    velocity = np.gradient(position, times_s, axis=0)
    return Flown(name, START, Trajectory(times_s, position, velocity, None, 0.0, None))


def aircraft(name: str, draw: np.random.Generator) -> Flown:
    """Airliners level, climbing or turning; one in ten is supersonic at 15 km, or a fighter that
    pulls up from 400 m/s to 45 degrees and trades its speed for height."""
    kind = int(draw.integers(0, 10))
    speed_m_s = {0: 600.0, 1: 400.0}.get(kind, 250.0)
    height_m = 15_000.0 if kind == 0 else float(draw.uniform(3e3, 11e3))
    climb_m_s = 20.0 if kind in (2, 3, 4) else 0.0
    turn_rad_s = float(draw.choice([-0.03, 0.03])) if kind in (5, 6) else 0.0
    heading = float(draw.uniform(0.0, 2.0 * math.pi))
    start = destination(
        CENTRE, azimuth_rad=float(draw.uniform(0.0, 6.28)), distance_m=float(draw.uniform(2e4, 2e5))
    )
    place, places = start, []
    times_s = np.arange(0.0, LASTS_S + 1.0, 1.0)
    for t_s in times_s:
        places.append(Geodetic(place.latitude_rad, place.longitude_rad, height_m).ecef_m())
        ahead_m_s = speed_m_s
        if kind == 1 and 5.0 <= t_s < 30.0:
            speed_m_s -= 9.8 * math.sin(math.radians(45.0)) * 0.8
            climb_m_s = ahead_m_s = speed_m_s * math.sin(math.radians(45.0))
        elif kind == 1:
            climb_m_s = 0.0
        place = destination(place, azimuth_rad=heading, distance_m=ahead_m_s)
        height_m += climb_m_s
        heading += turn_rad_s
    return flown(name, times_s, places)


def satellite(name: str, height_m: float) -> Flown:
    """A circular orbit over the centre, in axes that turn with the Earth."""
    times_s = np.arange(0.0, LASTS_S + 1.0, 1.0)
    up = CENTRE.ecef_m() / np.linalg.norm(CENTRE.ecef_m())
    north = np.array([0.0, 0.0, 1.0]) - up[2] * up
    north /= np.linalg.norm(north)
    radius_m = float(np.linalg.norm(CENTRE.ecef_m())) + height_m
    rate_rad_s = math.sqrt(3.986004418e14 / radius_m**3)
    places = []
    for t_s in times_s:
        angle = rate_rad_s * (t_s - 0.5 * LASTS_S)
        x, y, z = radius_m * (math.cos(angle) * up + math.sin(angle) * north)
        turn = -ROTATION_RAD_S * t_s
        cosine, sine = math.cos(turn), math.sin(turn)
        places.append(np.array([cosine * x - sine * y, sine * x + cosine * y, z]))
    return flown(name, times_s, places)


def radar(name: str, lat_deg: float, lon_deg: float, range_max_m: float) -> Sensor:
    return Sensor(
        sensor=SensorId(name),
        nation=NationId("KOR"),
        kind=SensorKind.RADAR,
        path=name,
        site_ecef_m=tuple(Geodetic.from_degrees(lat_deg, lon_deg, 200.0).ecef_m()),
        sigma=RadarSigma(50.0, 1e-3, 1e-3),
        range_max_m=range_max_m,
        elevation_min_rad=0.0,
        period_s=2.0,
    )


def test_two_hundred_aircraft_and_two_satellites_raise_no_event() -> None:
    draw = np.random.default_rng(17)
    objects = [aircraft(f"aircraft{n}", draw) for n in range(200)]
    objects += [satellite("low", 500e3), satellite("lower", 250e3)]
    sensors = (radar("R1", 36.6, 127.5, 8e5), radar("R2", 37.5, 129.5, 8e5))
    conduct = Conduct(false_plots_hz=1.0)
    span = (START, START.later(LASTS_S))
    plots: list[Detection] = []
    for sensor in sensors:
        plots += detections(Watch(sensor, span, conduct=conduct), objects, seed=1)
    plots.sort(key=lambda plot: (plot.observed_at, plot.sensor))
    tracker = Tracker(node_id("KOR-1"), {s.sensor: s for s in sensors}, TrackingSettings())
    reasons, seen, place = [], 0, 0
    for second in range(1, int(LASTS_S) + 1):
        now = START.later(float(second))
        batch = [plot for plot in plots[place:] if plot.observed_at <= now]
        place += len(batch)
        tracker.take(batch, now)
        tracker.tick(now)
        tracks = tracker.tracks()
        seen = max(seen, len(tracks))
        reasons += [found.reason for t in tracks if (found := evidence(t)).is_missile]
    assert seen > 150
    assert reasons == []
