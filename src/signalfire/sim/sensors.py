"""What sensors would report of a true flight: geometry first, then noise, misses and delay."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.picture.detection import (
    AngleSigma,
    Detection,
    InfraredSight,
    RadarPlot,
    RadarSigma,
    Sensor,
    SensorKind,
)
from signalfire.sim import _kernels
from signalfire.sim.trajectory import Flown, Trajectory
from signalfire.space.earth import SEMI_MAJOR_M, SEMI_MINOR_M
from signalfire.space.geodesy import enu_from_ecef, geodetic

PERIOD_S = 1.0
"""Between looks of a sensor whose owner states none."""
FALSE_ELEVATION_MAX_RAD = math.radians(60.0)
_NS_PER_MS = 1_000_000
_Span = tuple[Instant, Instant]


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a simulated sensor behaves beyond what its owner states; all values notional.

    ``latency_s`` is the least delay from look to receipt, ``latency_spread_s`` the width of the
    uniform rest. False plots come at a mean rate over the whole coverage. Heat is seen from
    ``cloud_top_m`` on (10 km is a commonly quoted cut-off, not confirmed).
    """

    detection_probability: float = 0.95
    latency_s: float = 0.15
    latency_spread_s: float = 0.05
    false_plots_hz: float = 0.0
    cloud_top_m: float = 10_000.0


RADAR = Conduct()
INFRARED = Conduct(latency_s=2.0, latency_spread_s=0.2)


@dataclass(frozen=True, slots=True)
class Watch:
    """One sensor on duty from ``span[0]`` to ``span[1]``, but not within its ``outages``."""

    sensor: Sensor
    span: _Span
    outages: tuple[_Span, ...] = ()
    conduct: Conduct | None = None

    @property
    def manner(self) -> Conduct:
        """The conduct given, else that of the sensor's kind."""
        if self.conduct is not None:
            return self.conduct
        return RADAR if self.sensor.kind is SensorKind.RADAR else INFRARED


def detections(watch: Watch, objects: Sequence[Flown], *, seed: int) -> list[Detection]:
    """What one sensor reports of the objects, in order of looks and objects.

    Each pair of sensor and object draws from a stream of its own, made from the seed and both
    names: another sensor, object or outage changes nothing in what remains. Looks fall on whole
    milliseconds with a phase fixed by the sensor's id.
    """
    site = watch.sensor.site_ecef_m
    assert site is not None, "a sensor without a place cannot be simulated"
    looks_ns = _looks_ns(watch)
    found: list[Detection] = []
    for flown in objects:
        draw = _stream(seed, watch.sensor.sensor, flown.name)
        t_s = (looks_ns - flown.lift_off.tai_ns) / 1e9
        alive = (t_s >= 0.0) & (t_s <= flown.trajectory.end_t_s)
        found += _of_one(watch, flown.trajectory, looks_ns[alive], t_s[alive], draw)
    if watch.manner.false_plots_hz > 0.0 and watch.sensor.kind is SensorKind.RADAR:
        found += _false_plots(watch, looks_ns, _stream(seed, watch.sensor.sensor, "false plots"))
    return found


def sees(watch: Watch, trajectory: Trajectory, t_s: Floats) -> Flags:
    """Whether a sensor could see an object at moments of its flight, were it to look.

    Geometry and heat alone: no misses, no outages. ``t_s`` counts from lift-off, shape (m,).
    """
    assert watch.sensor.site_ecef_m is not None, "a sensor without a place sees nothing"
    visible, _ = _seen(watch, trajectory, t_s, np.zeros((len(t_s), 3)))
    return visible


def clear_of_the_earth(site_ecef_m: Floats, target_ecef_m: Floats) -> Flags:
    """Whether straight lines from a site to targets, shape (n, 3), miss the WGS 84 ellipsoid.

    The ellipsoid is scaled to the unit sphere, which keeps straight lines straight. A site or
    target on the ground counts as outside (within 3 mm).
    """
    scale_m = np.array([SEMI_MAJOR_M, SEMI_MAJOR_M, SEMI_MINOR_M])
    start, along = site_ecef_m / scale_m, (target_ecef_m - site_ecef_m) / scale_m
    nearest = np.clip(-(along @ start) / np.einsum("ij,ij->i", along, along), 0.0, 1.0)
    point = start + nearest[:, None] * along
    clear: Flags = np.einsum("ij,ij->i", point, point) >= 1.0 - 1e-9
    return clear


def _of_one(
    watch: Watch, trajectory: Trajectory, looks_ns: Integers, t_s: Floats, draw: Generator
) -> list[Detection]:
    """The reports of one object; draws are made for all looks, so masks never shift the stream."""
    noise = draw.standard_normal((len(t_s), 3))
    chance = draw.random((len(t_s), 2))
    if len(t_s) == 0:
        return []
    visible, plots = _seen(watch, trajectory, t_s, noise)
    visible &= chance[:, 0] < watch.manner.detection_probability
    visible &= ~_is_out(watch, looks_ns)
    return [
        _detection(watch, int(looks_ns[i]), float(chance[i, 1]), tuple(map(float, plots[i])))
        for i in np.flatnonzero(visible)
    ]


def _seen(watch: Watch, trajectory: Trajectory, t_s: Floats, noise: Floats) -> tuple[Flags, Floats]:
    """When an object can be seen, and the noisy values of all looks."""
    target_ecef_m = trajectory.at(t_s)
    if watch.sensor.kind is SensorKind.RADAR:
        return _radar(watch, target_ecef_m, noise)
    visible, plots = _infrared(watch, target_ecef_m, noise)
    visible &= t_s <= (trajectory.burnout_t_s or 0.0)
    return visible, plots


def _radar(watch: Watch, target_ecef_m: Floats, noise: Floats) -> tuple[Flags, Floats]:
    """Which targets a radar can see, and noisy range, azimuth, elevation of all."""
    sensor = watch.sensor
    assert isinstance(sensor.sigma, RadarSigma) and sensor.range_max_m is not None
    site_ecef_m = np.array(sensor.site_ecef_m)
    enu_m = (target_ecef_m - site_ecef_m) @ enu_from_ecef(geodetic(site_ecef_m)).T
    range_m = np.linalg.norm(enu_m, axis=1)
    azimuth = np.arctan2(enu_m[:, 0], enu_m[:, 1]) % (2.0 * math.pi)
    elevation = np.arcsin(np.clip(enu_m[:, 2] / np.maximum(range_m, 1e-9), -1.0, 1.0))
    visible: Flags = clear_of_the_earth(site_ecef_m, target_ecef_m)
    visible &= range_m <= sensor.range_max_m
    if sensor.elevation_min_rad is not None:
        visible &= elevation >= sensor.elevation_min_rad
    visible &= _in_sector(azimuth, sensor.azimuth_rad)
    sigma = np.array([sensor.sigma.range_m, sensor.sigma.azimuth_rad, sensor.sigma.elevation_rad])
    plots = np.column_stack([range_m, azimuth, elevation]) + sigma * noise
    plots[:, 1] %= 2.0 * math.pi
    plots[:, 2] = np.clip(plots[:, 2], -0.5 * math.pi, 0.5 * math.pi)
    return visible, plots


def _infrared(watch: Watch, target_ecef_m: Floats, noise: Floats) -> tuple[Flags, Floats]:
    """Which targets shine above the clouds in view, and noisy unit vectors towards all."""
    assert isinstance(watch.sensor.sigma, AngleSigma)
    site_ecef_m = np.array(watch.sensor.site_ecef_m)
    height_m = np.empty(len(target_ecef_m))
    _kernels.heights(target_ecef_m, height_m)
    visible: Flags = clear_of_the_earth(site_ecef_m, target_ecef_m)
    visible &= height_m >= watch.manner.cloud_top_m
    line = target_ecef_m - site_ecef_m
    line /= np.linalg.norm(line, axis=1)[:, None]
    first = np.cross(line, [0.0, 0.0, 1.0])
    first /= np.maximum(np.linalg.norm(first, axis=1), 1e-12)[:, None]
    second = np.cross(line, first)
    offset = noise[:, :1] * first + noise[:, 1:2] * second
    seen = line + watch.sensor.sigma.angle_rad * offset
    return visible, seen / np.linalg.norm(seen, axis=1)[:, None]


def _in_sector(azimuth: Floats, sector: tuple[float, float] | None) -> Flags:
    """Whether azimuths lie within (from, to), clockwise; a full turn is all round."""
    if sector is None or abs(sector[1] - sector[0]) >= 2.0 * math.pi - 1e-9:
        return np.ones(len(azimuth), dtype=bool)
    turn = 2.0 * math.pi
    inside: Flags = (azimuth - sector[0]) % turn <= (sector[1] - sector[0]) % turn
    return inside


def _detection(watch: Watch, look_ns: int, late: float, values: tuple[float, ...]) -> Detection:
    sensor, manner = watch.sensor, watch.manner
    delay_ms = round(1e3 * (manner.latency_s + late * manner.latency_spread_s))
    observed_at = Instant(look_ns)
    received_at = Instant(look_ns + delay_ms * _NS_PER_MS)
    site = sensor.site_ecef_m
    assert site is not None
    if isinstance(sensor.sigma, AngleSigma):
        x, y, z = values
        return InfraredSight(
            sensor=sensor.sensor,
            path=sensor.path,
            observed_at=observed_at,
            received_at=received_at,
            site_ecef_m=site,
            line_of_sight_ecef=(x, y, z),
            sigma=sensor.sigma,
            intensity=1.0,
        )
    range_m, azimuth, elevation = values
    return RadarPlot(
        sensor=sensor.sensor,
        path=sensor.path,
        observed_at=observed_at,
        received_at=received_at,
        site_ecef_m=site,
        range_m=range_m,
        azimuth_rad=azimuth,
        elevation_rad=elevation,
        sigma=sensor.sigma,
    )


def _false_plots(watch: Watch, looks_ns: Integers, draw: Generator) -> list[Detection]:
    """Plots of nothing, spread evenly over looks, range and angle."""
    sensor = watch.sensor
    assert sensor.range_max_m is not None
    since_s = watch.span[1].elapsed_s(since=watch.span[0])
    count = int(draw.poisson(watch.manner.false_plots_hz * since_s)) if len(looks_ns) else 0
    first, last = sensor.azimuth_rad or (0.0, 2.0 * math.pi)
    width = (last - first) % (2.0 * math.pi) or 2.0 * math.pi
    low = sensor.elevation_min_rad or 0.0
    looks = looks_ns[draw.integers(0, max(len(looks_ns), 1), count)] if count else looks_ns[:0]
    chance = draw.random((count, 4))
    kept = ~_is_out(watch, looks)
    return [
        _detection(
            watch,
            int(look_ns),
            float(part[3]),
            (
                float(0.02 + 0.98 * part[0]) * sensor.range_max_m,
                float(first + width * part[1]) % (2.0 * math.pi),
                float(low + (FALSE_ELEVATION_MAX_RAD - low) * part[2]),
            ),
        )
        for look_ns, part in zip(looks[kept], chance[kept], strict=True)
    ]


def _looks_ns(watch: Watch) -> Integers:
    """TAI nanoseconds of every look within the span, on whole milliseconds."""
    period_s = watch.sensor.period_s or PERIOD_S
    phase = _fraction(watch.sensor.sensor) * period_s
    count = int((watch.span[1].elapsed_s(since=watch.span[0]) - phase) / period_s) + 1
    since_ms = np.rint(1e3 * (phase + period_s * np.arange(max(count, 0)))).astype(np.int64)
    start_ms = -(-watch.span[0].tai_ns // _NS_PER_MS)
    looks_ns: Integers = (start_ms + since_ms) * _NS_PER_MS
    return looks_ns


def _is_out(watch: Watch, looks_ns: Integers) -> Flags:
    out: Flags = np.zeros(len(looks_ns), dtype=bool)
    for first, last in watch.outages:
        out |= (looks_ns >= first.tai_ns) & (looks_ns < last.tai_ns)
    return out


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _fraction(text: str) -> float:
    """A number in [0, 1) that depends on the text alone."""
    return (_number(text) >> 11) / 2.0**53


def _stream(seed: int, *names: str) -> Generator:
    return np.random.default_rng([seed, *(_number(name) for name in names)])
