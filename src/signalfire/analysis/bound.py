"""The least covariance that any unbiased estimator can have along a flight.

The posterior Cramer-Rao bound, by the recursion of Tichavsky, Muravchik and Nehorai (1998), IEEE
Trans. Signal Processing 46(5), 1386-1396, taken along one flight (their section IV; for a flight
that nothing shakes it is Taylor's bound, 1979, IEEE Trans. Automatic Control 24(2), 343-344). The
constant errors of sensors may be carried as further unknowns: the bound then is that of an
estimator that finds them as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from signalfire.analysis import _kernels
from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.motion.free_flight import DRAG_NOMINAL_M2_KG, descend
from signalfire.picture.detection import AngleSigma, RadarSigma, Sensor
from signalfire.picture.estimate import Unknown
from signalfire.space.geodesy import enu_from_ecef, geodetic

UNSEEN = -1
"""In place of a sensor's index: nothing is seen then, but the bound is wanted."""
_NUMBERS_MAX = 3
_LANDING_STEPS = (50.0, 50.0, 50.0, 0.5, 0.5, 0.5)
"""Steps of the differences, m and m/s: small beside the flight, large beside rounding."""
LIMB_M = 6_356_000.0
"""Lines of sight that pass nearer to the centre of the Earth end on the ground."""


@dataclass(frozen=True, slots=True)
class Register:
    """How far a sensor may constantly be off, as sigmas of its register; 0 is known exactly.

    The angles of a line of sight from space are those about the Earth's axis and towards it.
    """

    range_sigma_m: float = 0.0
    azimuth_sigma_rad: float = 0.0
    elevation_sigma_rad: float = 0.0
    clock_sigma_s: float = 0.0

    @property
    def sigmas(self) -> tuple[float, float, float, float]:
        """All four, in the order in which they stand."""
        return (
            self.range_sigma_m,
            self.azimuth_sigma_rad,
            self.elevation_sigma_rad,
            self.clock_sigma_s,
        )


IN_REGISTER = Register()


@dataclass(frozen=True)
class Watched:
    """A flight and who looks at it when, in order of time.

    ``times_s`` (n,) and ``states`` (n, 6), Earth-fixed axes, SI; ``looks`` (n,) has the index in
    ``sensors`` of who looks then, or ``UNSEEN``. ``registers`` are those of the sensors, all in
    register where there are none.
    """

    times_s: Floats
    states: Floats
    looks: Integers
    sensors: Sequence[Sensor]
    registers: Sequence[Register] = ()

    def __post_init__(self) -> None:
        count = len(self.times_s)
        assert self.states.shape == (count, 6) and self.looks.shape == (count,)
        assert bool(np.all(np.diff(self.times_s) >= 0.0)), "looks stand in order of time"
        assert len(self.registers) in (0, len(self.sensors))


@dataclass(frozen=True, slots=True)
class Motion:
    """What the flight is known to obey, as the estimator has it."""

    drag_m2_kg: float = DRAG_NOMINAL_M2_KG
    noise_m2_s3: float = 0.0
    """White acceleration that shakes the true flight."""
    drag_spread_s: float = 0.0
    """Along the path in air, times the square of the drag deceleration."""
    drag_sigma_fraction: float = 0.0
    """By what share the drag may differ, one constant for the flight; 0 is known exactly."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known before the first look: sigmas of each component of place and velocity."""

    place_sigma_m: float = 1e6
    speed_sigma_m_s: float = 5e3


def along(watched: Watched, *, motion: Motion | None = None, prior: Prior | None = None) -> Floats:
    """The bound of the covariance after each look, shape (n, 6 + m, 6 + m).

    The first six rows are place and velocity, the other m the errors in register that are not
    known exactly, in the order of sensors and of ``Register``, and last the share by which the
    drag differs, where ``motion`` has a sigma for it. A look of a radar gives range and
    two angles, one from space two angles.
    """
    motion, prior = motion or Motion(), prior or Prior()
    registers = watched.registers or [IN_REGISTER] * len(watched.sensors)
    columns, sigmas = _columns(registers)
    is_drag_unknown = motion.drag_sigma_fraction > 0.0
    if is_drag_unknown:
        sigmas.append(motion.drag_sigma_fraction)
    size = 6 + len(sigmas)
    count = len(watched.times_s)
    slopes = np.zeros((count, _NUMBERS_MAX, size))
    variances = np.ones((count, _NUMBERS_MAX))
    counts = np.zeros(count, dtype=np.int64)
    for index, sensor in enumerate(watched.sensors):
        at = np.flatnonzero(watched.looks == index)
        by_state, by_register, variance = slopes_of(sensor, watched.states[at])
        numbers = variance.shape[1]
        counts[at] = numbers
        slopes[at, :numbers, :3] = by_state
        variances[at, :numbers] = variance
        for place, column in columns[index]:
            slopes[at, :numbers, column] = by_register[:, :, place]
    start = [prior.place_sigma_m] * 3 + [prior.speed_sigma_m_s] * 3 + sigmas
    covariance = np.diag(np.square(np.array(start)))
    shaking = [motion.noise_m2_s3, motion.drag_spread_s]
    law = np.array([motion.drag_m2_kg, *shaking, float(is_drag_unknown)])
    out = np.empty((count, size, size))
    _kernels.bound(
        np.asarray(watched.times_s, dtype=np.float64), np.ascontiguousarray(watched.states),
        counts, slopes, variances, law, covariance, out,
    )  # fmt: skip
    return out


def _columns(registers: Sequence[Register]) -> tuple[list[list[tuple[int, int]]], list[float]]:
    """For each sensor (kind of error, column), and the sigmas of all columns."""
    columns: list[list[tuple[int, int]]] = []
    sigmas: list[float] = []
    for register in registers:
        columns.append([])
        for place, sigma in enumerate(register.sigmas):
            if sigma > 0.0:
                columns[-1].append((place, 6 + len(sigmas)))
                sigmas.append(sigma)
    return columns, sigmas


def slopes_of(sensor: Sensor, states: Floats) -> tuple[Floats, Floats, Floats]:
    """What a sensor's numbers say of states (n, 6): derivatives and variances.

    By place (n, numbers, 3), by the four errors of ``Register`` (n, numbers, 4), and variances
    (n, numbers). The numbers are range (a radar's alone) and the two angles across the line of
    sight: sideways, which is azimuth times the cosine of the elevation, and upwards.
    """
    assert sensor.site_ecef_m is not None, "a sensor without a place has no bound"
    site = np.array(sensor.site_ecef_m)
    is_radar = isinstance(sensor.sigma, RadarSigma)
    up = enu_from_ecef(geodetic(site))[2] if is_radar else np.array([0.0, 0.0, 1.0])
    offset = states[:, :3] - site
    range_m = np.linalg.norm(offset, axis=1)
    ahead = offset / range_m[:, None]
    aside = np.cross(ahead, up)
    level = np.maximum(np.linalg.norm(aside, axis=1), 1e-9)
    aside /= level[:, None]
    above = np.cross(aside, ahead)
    axes = np.stack([ahead, aside, above], axis=1)
    by_place = axes / np.stack([np.ones_like(range_m), range_m, range_m], axis=1)[:, :, None]
    by_register = np.zeros((len(states), 3, 4))
    by_register[:, 0, 0] = 1.0
    by_register[:, 1, 1] = level
    by_register[:, 2, 2] = 1.0
    # A clock that is fast stamps what was seen too late: the object stood further back.
    by_register[:, :, 3] = -np.einsum("nai,ni->na", by_place, states[:, 3:])
    variance = np.empty((len(states), 3))
    if isinstance(sensor.sigma, RadarSigma):
        variance[:, 0] = sensor.sigma.range_m**2
        # As the tracker has it: near the zenith azimuth says nothing.
        variance[:, 1] = np.square(
            sensor.sigma.azimuth_rad * np.hypot(level, sensor.sigma.elevation_rad)
        )
        variance[:, 2] = sensor.sigma.elevation_rad**2
        return by_place, by_register, variance
    assert isinstance(sensor.sigma, AngleSigma)
    variance[:, 1:] = sensor.sigma.angle_rad**2
    return by_place[:, 1:], by_register[:, 1:], variance[:, 1:]


def one_step(
    covariance: Floats, *, transition: Floats, noise: Floats, slopes: Floats, variances: Floats
) -> Floats:
    """One step of the recursion for any motion and any look, all matrices given.

    ``transition`` and ``noise`` (n, n) carry the bound to the look, whose numbers have the
    derivatives ``slopes`` (k, n) and the variances ``variances`` (k,), independent of each other.
    """
    after: Floats = transition @ covariance @ transition.T + noise
    ph, gain = np.empty(len(after)), np.empty(len(after))
    for slope, variance in zip(np.ascontiguousarray(slopes), variances.tolist(), strict=True):
        _kernels.inform(after, slope, variance, ph, gain)
    return after


def in_view(sensor: Sensor, places_ecef_m: Floats) -> Flags:
    """Whether a sensor can see places, shape (n, 3): range, elevation, sector; as its owner states.

    Elevation is geometric; where no least elevation is stated it is the local horizon of a radar
    and the Earth's limb of a sensor in space (a sphere inside the ellipsoid).
    """
    assert sensor.site_ecef_m is not None
    site = np.array(sensor.site_ecef_m)
    offset = places_ecef_m - site
    range_m = np.linalg.norm(offset, axis=1)
    if isinstance(sensor.sigma, AngleSigma):
        ahead = offset / range_m[:, None]
        nearest = np.clip(-(ahead @ site), 0.0, range_m)
        clear: Flags = np.linalg.norm(site + nearest[:, None] * ahead, axis=1) > LIMB_M
        return clear
    enu = offset @ enu_from_ecef(geodetic(site)).T
    least_rad = sensor.elevation_min_rad or 0.0
    seen: Flags = np.arcsin(np.clip(enu[:, 2] / range_m, -1.0, 1.0)) >= least_rad
    if sensor.range_max_m is not None:
        seen &= range_m <= sensor.range_max_m
    if sensor.azimuth_rad is not None:
        first, last = sensor.azimuth_rad
        width = (last - first) % (2.0 * np.pi) or 2.0 * np.pi
        seen &= (np.arctan2(enu[:, 0], enu[:, 1]) - first) % (2.0 * np.pi) <= width
    return seen


def landing(state: Floats, covariance: Floats, *, drag_m2_kg: float) -> Floats | None:
    """What a bound of the state (6, 6) makes of the place of impact: (2, 2), east and north, m2.

    To first order, by central differences of the fall; None where it does not come down. Drag and
    ground are taken as known.
    """
    middle = descend(state, drag_m2_kg=drag_m2_kg)
    if isinstance(middle, Unknown):
        return None
    level = enu_from_ecef(geodetic(middle.path[-1, 1:4]))[:2]
    slope = np.empty((2, 6))
    for i, step in enumerate(_LANDING_STEPS):
        ends = []
        for side in (step, -step):
            moved = state.copy()
            moved[i] += side
            fallen = descend(moved, drag_m2_kg=drag_m2_kg)
            if isinstance(fallen, Unknown):
                return None
            ends.append(level @ fallen.path[-1, 1:4])
        slope[:, i] = (ends[0] - ends[1]) / (2.0 * step)
    spread: Floats = slope @ covariance[:6, :6] @ slope.T
    return spread
