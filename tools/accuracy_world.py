"""The flights and radars of the accuracy campaign: another integrator, generic sensors.

The flights begin at burn-out, without thrust. Sites and numbers are plausible, not those
of any real sensor; the noise is 50 m and 1 mrad.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.integrate import solve_ivp

from signalfire.analysis.bound import in_view
from signalfire.basis.identity import NationId, SensorId
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats, Integers
from signalfire.picture.detection import RadarPlot, RadarSigma, Sensor, SensorKind
from signalfire.space.geodesy import Geodetic, enu_from_ecef, geodetic

START = Instant(1_800_000_000 * 10**9)
LATENCY_S = 0.15
MU, RADIUS_M, OBLATENESS, TURN = 3.986004418e14, 6378137.0, 1.082626684e-3, 7.292115e-5
SPIN = np.array([0.0, 0.0, TURN])
AIR_TOP_M = 150e3


@dataclass(frozen=True)
class Scenario:
    """One flight from burn-out: place, path angle above the horizon, speed in turning axes."""

    name: str
    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    path_angle_deg: float
    azimuth_deg: float
    speed_m_s: float
    beta_kg_m2: float
    boost_s: float

    def state(self) -> Floats:
        """The state at burn-out, Earth-fixed axes."""
        place = Geodetic.from_degrees(self.latitude_deg, self.longitude_deg, self.altitude_m)
        path, azimuth = math.radians(self.path_angle_deg), math.radians(self.azimuth_deg)
        level = math.cos(path)
        ahead = np.array([level * math.sin(azimuth), level * math.cos(azimuth), math.sin(path)])
        velocity = self.speed_m_s * (enu_from_ecef(place).T @ ahead)
        return np.concatenate([place.ecef_m(), velocity])


SCENARIOS = (
    Scenario("SRBM300", 39.02, 126.12, 30e3, 46.0, 80.03, 1637.0, 4000.0, 60.0),
    Scenario("SRBM600", 39.02, 126.25, 40e3, 45.0, 83.84, 2258.4, 5000.0, 75.0),
    Scenario("MRBM1200", 38.90, 126.50, 70e3, 43.0, 96.62, 3139.6, 6000.0, 100.0),
    Scenario("LOFT", 39.25, 127.3, 450e3, 82.31, 73.15, 6700.0, 8000.0, 280.0),
    Scenario("DEPR", 39.02, 126.25, 38e3, 16.0, 85.0, 2900.0, 6000.0, 75.0),
)


@dataclass(frozen=True)
class Truth:
    """A flight: the state at any second after launch, and where and when it comes down."""

    scenario: Scenario
    path: Callable[[Floats], Floats]
    """States (6, n) in axes that do not turn, at seconds after burn-out."""
    impact_s: float
    impact_ecef_m: Floats
    apogee_m: float

    def at(self, times_s: Floats) -> Floats:
        """States (n, 6) in Earth-fixed axes at seconds after launch."""
        since = np.asarray(times_s) - self.scenario.boost_s
        inertial = self.path(since).T
        c, s = np.cos(TURN * since), np.sin(TURN * since)
        out: Floats = np.empty_like(inertial)
        for first in (0, 3):
            x, y = inertial[:, first], inertial[:, first + 1]
            out[:, first], out[:, first + 1] = c * x + s * y, -s * x + c * y
            out[:, first + 2] = inertial[:, first + 2]
        out[:, 3:] -= np.cross(SPIN, out[:, :3])
        return out


def fly(scenario: Scenario) -> Truth:
    """Newton, J2 and exponential air in axes that do not turn, by an integrator of order eight."""

    def slope(t: float, y: Floats) -> Floats:
        r = y[:3]
        n = math.sqrt(float(r @ r))
        k = 1.5 * OBLATENESS * MU * RADIUS_M**2 / n**5
        s = 5.0 * (r[2] / n) ** 2
        pull = -MU * r / n**3 - k * r * np.array([1 - s, 1 - s, 3 - s])
        if n < RADIUS_M + AIR_TOP_M:
            wind = y[3:] - np.cross(SPIN, r)
            height_m = geodetic(r).altitude_m
            rho = 1.225 * math.exp(-height_m / 7_200.0) if height_m < AIR_TOP_M else 0.0
            pull = pull - 0.5 * rho * np.linalg.norm(wind) * wind / scenario.beta_kg_m2
        return np.concatenate([y[3:], pull])

    def ground(t: float, y: Floats) -> float:
        return float(geodetic(y[:3]).altitude_m)

    ground.terminal, ground.direction = True, -1.0  # type: ignore[attr-defined]
    state = scenario.state()
    start = np.concatenate([state[:3], state[3:] + np.cross(SPIN, state[:3])])
    flown = solve_ivp(slope, (0.0, 7_200.0), start, "DOP853", events=ground, rtol=1e-10, atol=1e-4,
                      max_step=10.0, dense_output=True)  # fmt: skip
    assert flown.sol is not None
    heights = [geodetic(place).altitude_m for place in flown.y[:3].T]
    truth = Truth(scenario, flown.sol, scenario.boost_s + flown.t[-1], np.zeros(3), max(heights))
    end = truth.at(np.array([truth.impact_s]))[0, :3]
    return Truth(scenario, flown.sol, truth.impact_s, end, truth.apogee_m)


@cache
def truth_of(name: str) -> Truth:
    """The flight of a scenario by name, flown once in a process."""
    return fly(next(scenario for scenario in SCENARIOS if scenario.name == name))


def radar(name: str, nation: str, place: Geodetic, range_max_m: float) -> Sensor:
    """A radar that turns once a second, 50 m and 1 mrad, seeing from one degree on."""
    return Sensor(
        sensor=SensorId(name),
        nation=NationId(nation),
        kind=SensorKind.RADAR,
        path=f"path-{name}",
        site_ecef_m=tuple(place.ecef_m().tolist()),
        sigma=RadarSigma(50.0, 1e-3, 1e-3),
        range_max_m=range_max_m,
        elevation_min_rad=math.radians(1.0),
        period_s=1.0,
    )


J1 = radar("J1", "JPN", Geodetic.from_degrees(35.77, 135.22, 100.0), 2e6)
J2 = radar("J2", "JPN", Geodetic.from_degrees(38.25, 138.45, 800.0), 2e6)
K1 = radar("K1", "KOR", Geodetic.from_degrees(36.60, 127.50, 200.0), 8e5)
A1 = radar("A1", "USA", Geodetic.from_degrees(38.70, 132.00, 20.0), 1e6)
SETS: dict[str, tuple[Sensor, ...]] = {
    "J1": (J1,),
    "K1": (K1,),
    "J1+J2": (J1, J2),
    "J1+K1": (J1, K1),
    "J1+J2+K1+A1": (J1, J2, K1, A1),
}
OFFSETS_S = {"J1": 0.0, "J2": 0.5, "K1": 0.25, "A1": 0.75}


@dataclass(frozen=True)
class Schedule:
    """Who sees the flight when: seconds after launch, true states, index of the sensor."""

    times_s: Floats
    states: Floats
    looks: Integers
    sensors: tuple[Sensor, ...]


def schedule(truth: Truth, sensors: Sequence[Sensor]) -> Schedule:
    """Every look that shows the flight, in order of time; each sensor once a second."""
    times, looks = [], []
    for index, sensor in enumerate(sensors):
        first = math.ceil(truth.scenario.boost_s) + OFFSETS_S[sensor.sensor]
        at = np.arange(first, truth.impact_s, sensor.period_s or 1.0)
        at = at[in_view(sensor, truth.at(at)[:, :3])]
        times.append(at)
        looks.append(np.full(len(at), index))
    order = np.argsort(np.concatenate(times), kind="stable")
    times_s = np.concatenate(times)[order]
    states = truth.at(times_s)
    return Schedule(times_s, states, np.concatenate(looks)[order], tuple(sensors))


def sights(plan: Schedule) -> Floats:
    """Range, azimuth and elevation of every look without noise, shape (n, 3)."""
    found = np.empty((len(plan.times_s), 3))
    for index, sensor in enumerate(plan.sensors):
        at = plan.looks == index
        site = np.array(sensor.site_ecef_m)
        enu = (plan.states[at, :3] - site) @ enu_from_ecef(geodetic(site)).T
        range_m = np.linalg.norm(enu, axis=1)
        found[at, 0] = range_m
        found[at, 1] = np.arctan2(enu[:, 0], enu[:, 1]) % (2.0 * math.pi)
        found[at, 2] = np.arcsin(enu[:, 2] / range_m)
    return found


def plot(sensor: Sensor, time_s: float, values: Floats) -> RadarPlot:
    """One report of a radar."""
    assert isinstance(sensor.sigma, RadarSigma) and sensor.site_ecef_m is not None
    return RadarPlot(
        sensor=sensor.sensor,
        path=sensor.path,
        observed_at=START.later(time_s),
        received_at=START.later(time_s + LATENCY_S),
        site_ecef_m=sensor.site_ecef_m,
        range_m=float(values[0]),
        azimuth_rad=float(values[1]),
        elevation_rad=float(values[2]),
        sigma=sensor.sigma,
    )


def plots(plan: Schedule, true: Floats, draw: np.random.Generator) -> list[RadarPlot]:
    """One run: every look of the schedule with noise."""
    sigmas = np.array([50.0, 1e-3, 1e-3])
    values = true + sigmas * draw.standard_normal(true.shape)
    return [
        plot(plan.sensors[index], time_s, row)
        for index, time_s, row in zip(plan.looks, plan.times_s.tolist(), values, strict=True)
    ]
