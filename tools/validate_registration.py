"""Does a tracker whose radars are not in register say so, and still know where the missile is?

Many flights of one kind, by the filter's own laws of motion (whether these are true is asked
elsewhere), seen by three radars of which some are off; the tracker's estimates against the truth
and against the bound of any estimator. Writes ``docs/validation/registration.md``.

    python tools/validate_registration.py --runs 40
"""

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp
from scipy.stats import chi2

from signalfire.basis.identity import NationId, NodeId, SensorId
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.motion import _kernels as motion
from signalfire.picture.detection import RadarPlot, RadarSigma, Sensor, SensorKind
from signalfire.space.geodesy import Geodetic, enu_from_ecef
from signalfire.space.sight import sight
from signalfire.tracking import _kernels as filters
from signalfire.tracking import _registration_kernels as k
from signalfire.tracking.measurement import Gaps, record
from signalfire.tracking.settings import RegistrationSettings, TrackingSettings
from signalfire.tracking.tracker import Tracker

START = Instant(1_800_000_000 * 10**9)
BURN_S = 100.0
END_S = 560
NOISE_M2_S3 = TrackingSettings().free_noise_m2_s3
SIGMA = RadarSigma(50.0, 1e-3, 1e-3)
SITES = {
    "J1": (35.77, 135.22, 100.0, 2e6, 0.0),
    "J2": (38.25, 138.45, 800.0, 2e6, 0.5),
    "K1": (36.60, 127.50, 200.0, 8e5, 0.25),
}
"""Latitude, longitude (deg), height, greatest range (m), phase of the looks (s)."""
REPORTS_S = (130, 150, 170, 200, 250, 300, 350, 400, 450, 500)
OFF = np.array([50.0, 1e-3, 1e-3, 0.3])
"""Range (m), azimuth, elevation (rad) and clock (s) that a radar is off by."""


def radars() -> dict[str, Sensor]:
    """Three radars around the Sea of Japan, of generic performance."""
    return {
        name: Sensor(
            sensor=SensorId(name),
            nation=NationId("JPN"),
            kind=SensorKind.RADAR,
            path=name,
            site_ecef_m=tuple(Geodetic.from_degrees(lat, lon, height).ecef_m().tolist()),
            sigma=SIGMA,
            range_max_m=reach,
            elevation_min_rad=math.radians(1.0),
            period_s=1.0,
        )
        for name, (lat, lon, height, reach, _) in SITES.items()
    }


class Flight:
    """One flight over 1,200 km: 100 s of thrust, then free flight, shaken by little."""

    def __init__(self, draw: np.random.Generator, azimuth_deg: float = 95.0) -> None:
        self._boost = boost(azimuth_deg)
        root = np.sqrt(NOISE_M2_S3) * np.array([[math.sqrt(1.0 / 12.0), 0.5], [0.0, 1.0]])
        state = self._boost(BURN_S)
        self._coast = [state]
        for _ in range(END_S - int(BURN_S) + 2):
            after = np.empty(6)
            motion.propagate(state, 0.0, 1.0, 1.0, after)
            state = after + (root @ draw.normal(size=(2, 3))).ravel()
            self._coast.append(state)

    def at(self, t_s: float) -> Floats:
        """State at seconds after launch."""
        if t_s <= BURN_S:
            return self._boost(t_s)
        second = int(t_s - BURN_S)
        out = np.empty(6)
        motion.propagate(self._coast[second], 0.0, t_s - BURN_S - second, 1.0, out)
        return out


def boost(azimuth_deg: float):
    """States under thrust: upright, pitching over, thrust growing to 55 m/s2."""
    site = Geodetic.from_degrees(38.9, 126.0)
    ecef_from_enu = enu_from_ecef(site).T
    azimuth = math.radians(azimuth_deg)

    def slope(t: float, state: Floats) -> Floats:
        part = min(max((t - 8.0) / (0.6 * BURN_S), 0.0), 1.0)
        elevation = 0.5 * math.pi - math.radians(48.0) * part
        ahead = math.cos(elevation) * np.array([math.sin(azimuth), math.cos(azimuth), 0.0])
        thrust = ecef_from_enu @ (ahead + np.array([0.0, 0.0, math.sin(elevation)]))
        force = np.empty(3)
        motion.acceleration(state, 0.0, force)
        return np.concatenate([state[3:], force + (20.0 + 0.35 * t) * thrust])

    at_rest = np.concatenate([site.ecef_m(), np.zeros(3)])
    path = solve_ivp(
        slope, (0.0, BURN_S), at_rest, max_step=1.0, rtol=1e-10, atol=1e-6, dense_output=True
    )
    return path.sol


Biases = dict[str, Floats]


def plots_of(
    flight: Flight, sensors: dict[str, Sensor], biases: Biases, draw: np.random.Generator,
    launch_s: float = 0.0,
) -> list[RadarPlot]:  # fmt: skip
    """What radars that are off report of a flight, in order of receipt."""
    found = []
    for name, sensor in sensors.items():
        off = biases.get(name, np.zeros(4))
        for second in range(30, END_S):
            t_s = second + SITES[name][4]
            seen = sight(np.array(sensor.site_ecef_m), flight.at(t_s)[:3])
            noise = draw.normal(size=3)
            if seen.elevation_rad < sensor.elevation_min_rad or seen.range_m > sensor.range_max_m:
                continue
            found.append(
                RadarPlot(
                    sensor=sensor.sensor,
                    path=sensor.path,
                    observed_at=START.later(launch_s + t_s + float(off[3])),
                    received_at=START.later(launch_s + t_s + 0.4),
                    site_ecef_m=sensor.site_ecef_m,
                    range_m=seen.range_m + off[0] + noise[0] * SIGMA.range_m,
                    azimuth_rad=seen.azimuth_rad + off[1] + noise[1] * SIGMA.azimuth_rad,
                    elevation_rad=seen.elevation_rad + off[2] + noise[2] * SIGMA.elevation_rad,
                    sigma=SIGMA,
                )
            )
    return sorted(found, key=lambda plot: plot.received_at)


@dataclass
class Outcome:
    """What one run showed, by report: errors (6) and covariances of the missile's only track."""

    errors: dict[int, Floats]
    covariances: dict[int, Floats]
    biases: dict[int, Floats]
    sigmas: dict[int, Floats]
    tracks: int
    used_share: float
    aside_share: float


def play(plots: list[RadarPlot], flight: Flight, sensors: dict[str, Sensor],
         tracker: Tracker | None = None, launch_s: float = 0.0) -> Outcome:  # fmt: skip
    """Run a tracker over the plots of one missile."""
    known = {sensor.sensor: sensor for sensor in sensors.values()}
    tracker = tracker or Tracker(NodeId("JPN-1"), known, TrackingSettings())
    before = tracker.counts
    result = Outcome({}, {}, {}, {}, 0, 0.0, 0.0)
    due = list(REPORTS_S)
    for plot in plots:
        while due and plot.received_at.elapsed_s(since=START) >= launch_s + due[0] + 0.3:
            report_of(tracker, flight, launch_s, due.pop(0), result)
        tracker.take([plot], plot.received_at)
    after = tracker.counts
    gained = {name: count - before.get(name, 0) for name, count in after.items()}
    result.tracks = gained.get("confirmed", 0)
    result.used_share = gained.get("used", 0) / len(plots)
    result.aside_share = gained.get("out of register", 0) / len(plots)
    return result


def report_of(
    tracker: Tracker, flight: Flight, launch_s: float, report_s: int, result: Outcome
) -> None:
    """Note the errors of the latest track and of what is held of the radars."""
    tracks = tracker.tracks()
    if tracks:
        state = tracks[-1].state
        truth = flight.at(state.valid_at.elapsed_s(since=START) - launch_s)
        result.errors[report_s] = state.mean - truth
        result.covariances[report_s] = np.array(state.covariance)
    told = tracker.registration()
    result.biases[report_s] = np.array(
        [
            [b.range_bias_m, b.azimuth_bias_rad, b.elevation_bias_rad, b.clock_bias_s]
            for b in told
        ]
    )  # fmt: skip
    result.sigmas[report_s] = np.array(
        [
            [b.range_sigma_m, b.azimuth_sigma_rad, b.elevation_sigma_rad, b.clock_sigma_s]
            for b in told
        ]
    )  # fmt: skip


def bounds(flight: Flight, sensors: dict[str, Sensor]) -> Iterator[tuple[int, float, float]]:
    """Report, and bounds of the position error: biases known, and unknown with their prior.

    Posterior Cramer-Rao bound along a noise-free flight from burn-out on, every plot used, the
    four biases of each radar as parameters of the state. Reference: Tichavsky, Muravchik and
    Nehorai (1998), IEEE Trans. Signal Processing 46(5), 1386-1396.
    """
    names = list(sensors)
    law = TrackingSettings().law()
    plots = [
        plot
        for plot in plots_of(flight, sensors, {}, np.random.default_rng(0))
        if plot.observed_at.elapsed_s(since=START) > BURN_S
    ]
    plots.sort(key=lambda plot: plot.observed_at)
    priors = np.tile(RegistrationSettings().sigmas, k.RADARS)
    row = np.zeros(k.WIDTH)
    now_s = plots[0].observed_at.elapsed_s(since=START)
    k.begin(row, flight.at(now_s), 1e5, 5e3)
    due = list(REPORTS_S)
    for plot in plots:
        t_s = plot.observed_at.elapsed_s(since=START)
        while due and t_s > due[0] + 0.01:
            yield due.pop(0), *_bound(row, priors)
        k.carry(row, t_s - now_s, law)
        now_s = t_s
        taken = record(plot, sensors[plot.sensor], Gaps(1.0, 5.0))
        k.learn(row, taken, names.index(plot.sensor), np.square(priors))


def _bound(row: Floats, priors: Floats) -> tuple[float, float]:
    covariance, slope = k.covariance_of(row), k.slope_of(row)
    whole = np.diag(priors**-2.0) + k.information_of(row)
    wide = covariance + slope @ np.linalg.inv(whole) @ slope.T
    return math.sqrt(np.trace(covariance[:3, :3])), math.sqrt(np.trace(wide[:3, :3]))
