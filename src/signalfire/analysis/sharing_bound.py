"""How well a place of impact can be known at best, moment by moment, by whom.

The posterior Cramer-Rao bound along the true path, carried to the ground. What it takes for
granted: every look is a detection and goes to the right track, sensors have no bias, burn-out is
known when it comes, the air and the ballistic coefficient are known, sharing takes no time, and
nothing but free flight follows. While the motor burns the impact is not known, whatever has been
seen; what has been seen by then counts as far as a thrust nobody knows leaves it (the tracker's own
noise for it).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from signalfire.analysis import _sharing_kernels as k
from signalfire.analysis.bound import slopes_of
from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Flags, Floats
from signalfire.picture.detection import Sensor, SensorKind
from signalfire.sim.sensors import PERIOD_S, Watch, sees
from signalfire.sim.trajectory import Trajectory
from signalfire.space.geodesy import enu_from_ecef, geodetic
from signalfire.tracking.settings import TrackingSettings

STEP_S = 1.0
"""Between moments while it matters: as often as the nodes assess."""
FINE_S = 600.0
"""So long after burn-out; then the moments lie further apart."""
STEP_LATE_S = 5.0
AIR_M = 100_000.0
LEG_AIR_S = 0.25
"""Legs of the transition where the air changes fast; elsewhere ``STEP_S``."""
POSITION_SIGMA_M = 100_000.0
"""Prior of each component of the place at the first look: says nothing beside any look."""


@dataclass(frozen=True, slots=True)
class Motion:
    """How objects are believed to move; the drag is known (its noise is the tracker's alone)."""

    free_m2_s3: float
    along_m2_s3: float
    across_m2_s3: float
    drag_m2_kg: float
    speed_sigma_m_s: float

    @classmethod
    def of_the_tracker(cls) -> "Motion":
        """What the nodes use."""
        settings = TrackingSettings()
        return cls(
            free_m2_s3=settings.free_noise_m2_s3,
            along_m2_s3=settings.forced_along_m2_s3,
            across_m2_s3=settings.forced_across_m2_s3,
            drag_m2_kg=settings.drag_m2_kg,
            speed_sigma_m_s=settings.speed_sigma_m_s,
        )

    def numbers(self) -> Floats:
        """For the kernels."""
        out = np.empty(k.MOTION_LENGTH)
        out[k.FREE] = self.free_m2_s3
        out[k.ALONG], out[k.ACROSS] = self.along_m2_s3, self.across_m2_s3
        return out

    def prior(self) -> Floats:
        """Variances of a state before its first look, shape (6,)."""
        return np.repeat([POSITION_SIGMA_M**2, self.speed_sigma_m_s**2], 3)


@dataclass(frozen=True, eq=False)
class Course:
    """A true flight that comes down, ready to be asked how well it can be known.

    ``t_s`` are the moments from lift-off, (n + 1,), ``state`` the true states (n + 1, 6);
    ``carried`` takes a small change from each moment to the next (n, 6, 6), ``ground`` to the
    impact point east and north (n + 1, 2, 6).
    """

    trajectory: Trajectory
    motion: Motion
    t_s: Floats
    state: Floats
    driven: Flags
    carried: Floats
    ground: Floats

    @classmethod
    def of(cls, trajectory: Trajectory, motion: Motion) -> "Course":
        """Prepare a flight that ends in an impact; its burn-out must be known."""
        assert trajectory.impact is not None and trajectory.burnout_t_s is not None
        burnout_t_s = trajectory.burnout_t_s
        t_s = _moments(float(trajectory.t_s[0]), burnout_t_s, trajectory.end_t_s)
        place = CubicHermiteSpline(
            trajectory.t_s, trajectory.position_ecef_m, trajectory.velocity_ecef_m_s
        )
        speed = place.derivative()
        state = np.hstack([place(t_s), speed(t_s)])
        middle_s, leg_s, first = _legs(t_s, state)
        drag = np.where(middle_s < burnout_t_s, 0.0, motion.drag_m2_kg)
        carried = np.empty((len(t_s) - 1, 6, 6))
        middle = np.hstack([place(middle_s), speed(middle_s)])
        k.transitions(middle, leg_s, drag, first, carried)
        ground = np.empty((len(t_s), 2, 6))
        k.ground_slopes(carried, _where_it_lands(state[-1]), ground)
        driven = t_s[:-1] < burnout_t_s - 1e-9
        return cls(trajectory, motion, t_s, state, driven, carried, ground)

    @property
    def burnout_t_s(self) -> float:
        """When thrust ends."""
        assert self.trajectory.burnout_t_s is not None
        return self.trajectory.burnout_t_s

    def looks(self, sensors: Iterable[Sensor]) -> dict[NationId, Floats]:
        """What each nation's sensors tell of the place at every moment, (n + 1, 3, 3), in 1/m2.

        The looks of a sensor are spread evenly over time: each moment gets the part of a look that
        falls to it, so that no answer hangs on when an antenna comes round.
        """
        share_s = np.diff(self.t_s, append=self.t_s[-1])
        told: dict[NationId, Floats] = {}
        for sensor in sensors:
            if not could_look(sensor):
                continue
            here = told.setdefault(sensor.nation, np.zeros((len(self.t_s), 3, 3)))
            watch = Watch(sensor, (Instant(0), Instant(0)))
            when = sees(watch, self.trajectory, self.t_s)
            looks = share_s[when] / (sensor.period_s or PERIOD_S)
            here[when] += looks[:, None, None] * _information(sensor, self.state[when])
        return told

    def known(self, told: Floats) -> "Knowledge":
        """What can be known of the flight from all that is told, (n + 1, 3, 3)."""
        covariance = np.zeros((len(self.t_s), 6, 6))
        begun = k.know(
            self.carried, np.diff(self.t_s), self.state, self.driven, self.motion.numbers(),
            np.ascontiguousarray(told), self.motion.prior(), covariance,
        )  # fmt: skip
        return Knowledge(self, begun, covariance)


@dataclass(frozen=True, eq=False)
class Knowledge:
    """The least covariance of the state at every moment from ``begun`` on, (n + 1, 6, 6)."""

    course: Course
    begun: int
    covariance: Floats

    @property
    def first_seen_t_s(self) -> float | None:
        """The moment of the first look; None where there is none."""
        return float(self.course.t_s[self.begun]) if self.begun < len(self.course.t_s) else None

    def impact_m2(self) -> Floats:
        """Covariance of the impact point east and north, (n + 1, 2, 2); infinite before begun."""
        out = np.zeros((len(self.course.t_s), 2, 2))
        k.on_the_ground(self.course.ground, self.covariance, self.begun, out)
        out[: self.begun] = np.diag([np.inf, np.inf])
        return out


def could_look(sensor: Sensor) -> bool:
    """Whether a sensor's owner says enough of it: where it stands, and how far a radar sees."""
    return sensor.site_ecef_m is not None and (
        sensor.kind is SensorKind.INFRARED or sensor.range_max_m is not None
    )


def together(parts: Iterable[Floats]) -> Floats:
    """The covariance of independent estimates of one thing put together, any shape (..., n, n).

    P = (sum P_i^-1)^-1 (Bar-Shalom, Li and Kirubarajan 2001, section 8.4); infinite ones are left
    out, moment by moment.
    """
    parts = list(parts)
    size = parts[0].shape[-1]
    total = np.zeros(parts[0].shape)
    for part in parts:
        is_known = np.isfinite(part).all(axis=(-2, -1))
        total[is_known] += np.linalg.inv(part[is_known])
    is_known = np.trace(total, axis1=-2, axis2=-1) > 0.0
    out = np.zeros(total.shape)
    out[...] = np.diag(np.full(size, np.inf))
    out[is_known] = np.linalg.inv(total[is_known])
    return out


def radius_m(impact_m2: Floats, *, probability: float) -> Floats:
    """The radius around the truth that holds an estimate with a probability, (n + 1,).

    For a two-dimensional Gaussian with semi-axes a >= b it is a times a factor of b/a alone.
    """
    ee, en, nn = impact_m2[:, 0, 0], impact_m2[:, 0, 1], impact_m2[:, 1, 1]
    is_known = np.isfinite(ee) & np.isfinite(nn)
    out = np.full(len(impact_m2), np.inf)
    ee, en, nn = ee[is_known], en[is_known], nn[is_known]
    middle, half = 0.5 * (ee + nn), np.hypot(0.5 * (ee - nn), en)
    major, minor = np.maximum(middle + half, 1e-12), np.maximum(middle - half, 0.0)
    ratios, factors = _radius_factors(probability)
    out[is_known] = np.sqrt(major) * np.interp(np.sqrt(minor / major), ratios, factors)
    return out


def known_from_s(t_s: Floats, radius: Floats, threshold_m: float) -> float | None:
    """The first moment from which a radius stays within a threshold; None where it never does."""
    above = np.flatnonzero(~(radius <= threshold_m))
    following = int(above[-1]) + 1 if above.size else 0
    return float(t_s[following]) if following < len(t_s) else None


@cache
def _radius_factors(probability: float) -> tuple[Floats, Floats]:
    """Radius over the larger semi-axis, for ratios of the smaller to it from 0 to 1.

    The share of a Gaussian within k larger sigmas, ratio r, is the mean over directions of
    1 - exp(-k2 / (2 (cos2 + r2 sin2))): the radius of a direction is Rayleigh's.
    """
    ratios = np.linspace(0.0, 1.0, 101)
    turn = (np.arange(2_000) + 0.5) * (0.5 * math.pi / 2_000)
    along = np.cos(turn) ** 2 + np.outer(ratios**2, np.sin(turn) ** 2)
    low, high = np.zeros(len(ratios)), np.full(len(ratios), 10.0)
    for _ in range(40):
        middle = 0.5 * (low + high)
        share = 1.0 - np.exp(-0.5 * middle[:, None] ** 2 / along).mean(axis=1)
        low, high = (
            np.where(share < probability, middle, low),
            np.where(share < probability, high, middle),
        )
    return ratios, 0.5 * (low + high)


def _moments(start_s: float, burnout_t_s: float, end_s: float) -> Floats:
    """Moments from lift-off to the impact, burn-out among them."""
    fine_end_s = min(end_s, burnout_t_s + FINE_S)
    boost = np.linspace(start_s, burnout_t_s, math.ceil((burnout_t_s - start_s) / STEP_S) + 1)
    fine = np.arange(burnout_t_s + STEP_S, fine_end_s, STEP_S)
    late = np.arange(fine_end_s, end_s, STEP_LATE_S)
    return np.concatenate([boost, fine, late, [end_s]])


def _legs(t_s: Floats, state: Floats) -> tuple[Floats, Floats, np.ndarray]:
    """Middle and length of the legs of every step, and where each step's legs begin."""
    height_m = np.linalg.norm(state[:, :3], axis=1) - np.linalg.norm(state[-1, :3])
    steps_s = np.diff(t_s)
    is_low = np.minimum(height_m[:-1], height_m[1:]) < AIR_M
    count = np.ceil(steps_s / np.where(is_low, LEG_AIR_S, STEP_S) - 1e-9).astype(np.int64)
    count = np.maximum(count, 1)
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    leg_s = np.repeat(steps_s / count, count)
    number = np.arange(first[-1]) - np.repeat(first[:-1], count)
    return np.repeat(t_s[:-1], count) + (number + 0.5) * leg_s, leg_s, first


def _where_it_lands(state: Floats) -> Floats:
    """d(impact east, north)/d(state) at the impact: displaced along the path to the ground."""
    axes = enu_from_ecef(geodetic(state[:3]))
    velocity = axes @ state[3:]
    flat = np.zeros((2, 3))
    flat[:, :2] = np.eye(2)
    flat[:, 2] = -velocity[:2] / velocity[2]
    return np.hstack([flat @ axes, np.zeros((2, 3))])


def _information(sensor: Sensor, states: Floats) -> Floats:
    """What one look tells of each place, (n, 3, 3): the inverse of its covariance, 1/m2."""
    by_place, _, variance = slopes_of(sensor, states)
    told: Floats = np.einsum("nai,na,naj->nij", by_place, 1.0 / variance, by_place)
    return told


def summed(told: Mapping[NationId, Floats], nations: Iterable[NationId]) -> Floats:
    """What several nations tell together."""
    total: Floats = np.sum([told[nation] for nation in sorted(nations)], axis=0)
    return total
