"""Hot things that are no launch, as infrared satellites see them: fires, aircraft, satellites."""

import math

import numpy as np
from numpy.random import Generator

from signalfire.basis.identity import NationId, SensorId
from signalfire.basis.instant import Instant
from signalfire.picture.detection import AngleSigma, Detection, Sensor, SensorKind
from signalfire.sim.sensors import Conduct, Watch, detections
from signalfire.sim.trajectory import Flown, Trajectory
from signalfire.space.geodesy import Geodetic, enu_from_ecef

START = Instant(1_900_000_000 * 10**9)
LASTS_S = 80.0
GRAVITY_M_S2 = 9.81
FASTEST_M_S = 680.0


def satellite_at(longitude_deg: float, name: str) -> Sensor:
    """An infrared satellite over the equator, a look every two seconds."""
    return Sensor(
        sensor=SensorId(name),
        nation=NationId("KOR"),
        kind=SensorKind.INFRARED,
        path=name,
        site_ecef_m=tuple(Geodetic.from_degrees(0.0, longitude_deg, 35_786e3).ecef_m()),
        sigma=AngleSigma(2e-5),
        period_s=2.0,
    )


def seen_by(sensor: Sensor, flown: list[Flown], seed: int) -> list[Detection]:
    """Its sights of them, clouds or not."""
    span = (START, START.later(LASTS_S))
    clear = Conduct(latency_s=2.0, cloud_top_m=-1e3)
    return detections(Watch(sensor, span, conduct=clear), flown, seed=seed)


def flown(name: str, t_s: np.ndarray, places: np.ndarray) -> Flown:
    """A path that is hot all the way."""
    velocity = np.gradient(places, t_s, axis=0)
    return Flown(name, START, Trajectory(t_s, places, velocity, LASTS_S + 1.0, 0.0, None))


def hot_spot(name: str, draw: Generator) -> Flown:
    """A fire or a gas flare that stands still, or a glint that wanders at up to 250 m/s."""
    speed_m_s = float(draw.choice([0.0, 0.0, 5.0, 60.0, 250.0]))
    return _level(name, draw, speed_m_s, height_m=float(draw.uniform(0.0, 3e3)))


def afterburner(name: str, draw: Generator) -> Flown:
    """A fast aircraft: level, gaining speed, turning hard, pulling up or zooming, or diving.

    Under power it gains 3.5 m/s2 along its path; climbs and dives trade height for speed as well.
    It keeps within Mach 2.3.
    """
    kind = name.partition("-")[0]
    if kind == "dash":
        return _level(name, draw, float(draw.choice([600.0, 830.0, 980.0])), height_m=2e4)
    speed_m_s = {"gain": 330.0, "turn": 550.0, "pull": 370.0, "zoom": 600.0, "dive": 450.0}[kind]
    speed_m_s *= float(draw.uniform(0.8, 1.1))
    climb_to = math.radians({"pull": 45.0, "zoom": 60.0, "dive": -40.0}.get(kind, 0.0))
    heading = float(draw.uniform(0.0, math.tau))
    side = float(draw.choice([-1.0, 1.0]))
    begins_s = float(draw.uniform(5.0, 40.0))
    place = np.array([0.0, 0.0, 15e3 if kind == "dive" else 11e3])
    climb, t_s, step_s = 0.0, np.arange(0.0, LASTS_S + 1.0, 0.1), 0.1
    local = np.empty((len(t_s), 3))
    for n, at_s in enumerate(t_s.tolist()):
        local[n] = place
        is_on = at_s > begins_s
        if kind == "turn" and is_on:
            heading += side * 5.0 * GRAVITY_M_S2 / speed_m_s * step_s
        if kind in ("pull", "zoom", "dive") and is_on:
            rate = 4.0 * GRAVITY_M_S2 / speed_m_s * step_s
            climb += max(-rate, min(rate, climb_to - climb))
        if (kind == "dive" and place[2] < 7e3) or (climb_to > 0.0 and speed_m_s < 200.0):
            climb_to = 0.0
        push_m_s2 = 3.5 if kind != "turn" else 0.0
        speed_m_s += (push_m_s2 - GRAVITY_M_S2 * math.sin(climb)) * step_s
        speed_m_s = min(speed_m_s, FASTEST_M_S)
        ahead = speed_m_s * math.cos(climb) * step_s
        place = place + np.array(
            [ahead * math.sin(heading), ahead * math.cos(heading),
             speed_m_s * math.sin(climb) * step_s]
        )  # fmt: skip
    return flown(name, t_s, _ecef(draw, local))


def orbiting(name: str, draw: Generator) -> Flown:
    """A satellite on a circular orbit over the region."""
    t_s = np.arange(0.0, LASTS_S + 1.0, 0.5)
    over = _somewhere(draw).ecef_m()
    up = over / np.linalg.norm(over)
    aside = np.cross(up, draw.normal(size=3))
    aside /= np.linalg.norm(aside)
    radius_m = 6.371e6 + float(draw.uniform(250e3, 1_500e3))
    angle = math.sqrt(3.986004418e14 / radius_m**3) * (t_s - draw.uniform(0.0, LASTS_S))
    inertial = radius_m * (np.cos(angle)[:, None] * up + np.sin(angle)[:, None] * aside)
    turn = -7.292115e-5 * t_s
    x, y = inertial[:, 0], inertial[:, 1]
    places = np.column_stack(
        [np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y, inertial[:, 2]]
    )
    return flown(name, t_s, places)


def _somewhere(draw: Generator) -> Geodetic:
    return Geodetic.from_degrees(float(draw.uniform(30.0, 45.0)), float(draw.uniform(115.0, 140.0)))


def _level(name: str, draw: Generator, speed_m_s: float, *, height_m: float) -> Flown:
    heading = float(draw.uniform(0.0, math.tau))
    t_s = np.arange(0.0, LASTS_S + 1.0, 1.0)
    ahead = speed_m_s * t_s
    local = np.column_stack(
        [ahead * math.sin(heading), ahead * math.cos(heading), np.full(len(t_s), height_m)]
    )
    return flown(name, t_s, _ecef(draw, local))


def _ecef(draw: Generator, local: np.ndarray) -> np.ndarray:
    ground = _somewhere(draw)
    drop_m = (local[:, 0] ** 2 + local[:, 1] ** 2) / (2.0 * 6.371e6)
    level = local - np.column_stack([0.0 * drop_m, 0.0 * drop_m, drop_m])
    places: np.ndarray = ground.ecef_m() + level @ enu_from_ecef(ground)
    return places
