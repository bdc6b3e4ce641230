"""A true path through space, known at every moment from lift-off to the end."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from signalfire.basis.errors import BadInput
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.sim import _kernels
from signalfire.space.geodesy import Geodetic, geodetic

GROUND_M = 1_000.0
"""A path that ends below this height is taken to end in an impact."""
THRUST_SEEN_M_S2 = 2.0
"""Acceleration along the path, gravity taken out, from which thrust is read in given samples."""
THRUST_SPACING_MAX_S = 10.0
"""Samples further apart than this say nothing about when thrust ended."""


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Where one object truly is; times count from lift-off, axes are Earth-fixed (ECEF).

    ``t_s`` has shape (n,) and grows strictly; ``position_ecef_m`` and ``velocity_ecef_m_s`` have
    shape (n, 3). All three are read-only. ``impact`` is None where the object does not come down
    within the path; ``burnout_t_s`` is None where it is not known. ``labels`` say in plain words
    what is assumed.
    """

    t_s: Floats
    position_ecef_m: Floats
    velocity_ecef_m_s: Floats
    burnout_t_s: float | None
    apogee_m: float
    impact: Geodetic | None
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = self.t_s.shape[0]
        assert count >= 2 and np.all(np.diff(self.t_s) > 0.0)
        assert self.position_ecef_m.shape == self.velocity_ecef_m_s.shape == (count, 3)
        for array in (self.t_s, self.position_ecef_m, self.velocity_ecef_m_s):
            array.setflags(write=False)

    @property
    def end_t_s(self) -> float:
        return float(self.t_s[-1])

    @property
    def impact_t_s(self) -> float | None:
        """Flight time; None where the object does not come down."""
        return None if self.impact is None else self.end_t_s

    @property
    def launch(self) -> Geodetic:
        """The first point of the path."""
        return geodetic(self.position_ecef_m[0])

    def at(self, t_s: Floats) -> Floats:
        """Positions at moments within the path, shape (m, 3), by cubic Hermite interpolation.

        Between samples 2 s apart the error is below 1 mm in free flight.
        """
        moments_s = np.atleast_1d(np.asarray(t_s, dtype=float))
        assert moments_s.size == 0 or (
            moments_s.min() >= self.t_s[0] - 1e-9 and moments_s.max() <= self.t_s[-1] + 1e-9
        ), "asked outside the path"
        left = np.clip(np.searchsorted(self.t_s, moments_s, side="right") - 1, 0, len(self.t_s) - 2)
        width_s = (self.t_s[left + 1] - self.t_s[left])[:, None]
        u = (moments_s - self.t_s[left])[:, None] / width_s
        rest = 1.0 - u
        from_left: Floats = self.position_ecef_m[left] * (1.0 + 2.0 * u) * rest * rest
        from_right: Floats = self.position_ecef_m[left + 1] * u * u * (3.0 - 2.0 * u)
        turning: Floats = (
            self.velocity_ecef_m_s[left] * rest - self.velocity_ecef_m_s[left + 1] * u
        ) * (width_s * u * rest)
        return from_left + from_right + turning


@dataclass(frozen=True, eq=False)
class Flown:
    """A named object and when it truly lifted off."""

    name: str
    lift_off: Instant
    trajectory: Trajectory

    @property
    def impact_at(self) -> Instant | None:
        impact_t_s = self.trajectory.impact_t_s
        return None if impact_t_s is None else self.lift_off.later(impact_t_s)

    @property
    def ends_at(self) -> Instant:
        return self.lift_off.later(self.trajectory.end_t_s)


def trajectory_from_samples(
    t_s: Floats, position_ecef_m: Floats, *, burnout_t_s: float | None = None
) -> Trajectory:
    """A path through given positions by a cubic spline (not-a-knot; de Boor 2001, chapter IV).

    ``t_s`` counts from lift-off, shape (n,), ``position_ecef_m`` has shape (n, 3), any spacing.
    Where no burnout is given it is read from the path if the samples are close enough: the last
    moment of the climb at which something but gravity pushes forward. The path ends in an impact
    when it ends near the ground.

    Raises BadInput for fewer than four samples, times that do not grow, and values that are not
    finite.
    """
    t_s, position_ecef_m = np.array(t_s, dtype=float), np.array(position_ecef_m, dtype=float)
    if t_s.ndim != 1 or len(t_s) < 4 or position_ecef_m.shape != (len(t_s), 3):
        raise BadInput("truth: at least four rows of t_s and a position are needed for a curve")
    if not (np.isfinite(t_s).all() and np.isfinite(position_ecef_m).all()):
        raise BadInput("truth: a value is not a finite number; remove the row")
    if not np.all(np.diff(t_s) > 0.0):
        row = int(np.argmin(np.diff(t_s) > 0.0)) + 1
        raise BadInput(f"truth: t_s does not grow at row {row + 1}; sort the rows by time")
    spline = CubicSpline(t_s, position_ecef_m)
    velocity = np.asarray(spline(t_s, 1), dtype=float)
    # Close samples bring the peak within metres; far ones are looked at between them.
    moments_s = np.union1d(t_s, np.linspace(t_s[0], t_s[-1], 2_000))
    heights_m = np.empty(len(moments_s))
    _kernels.heights(np.asarray(spline(moments_s), dtype=float), heights_m)
    end = geodetic(position_ecef_m[-1])
    if burnout_t_s is None:
        burnout_t_s = _thrust_ends_t_s(spline, t_s, float(moments_s[np.argmax(heights_m)]))
    return Trajectory(
        t_s=t_s,
        position_ecef_m=position_ecef_m,
        velocity_ecef_m_s=velocity,
        burnout_t_s=burnout_t_s,
        apogee_m=float(heights_m.max()),
        impact=end if end.altitude_m < GROUND_M else None,
        labels=("truth from given positions",),
    )


def _thrust_ends_t_s(spline: CubicSpline, t_s: Floats, apogee_t_s: float) -> float | None:
    """When the object last pushed itself forward on its way up; None where that cannot be said."""
    climbing_s = t_s[t_s <= apogee_t_s]
    if len(climbing_s) < 4 or float(np.median(np.diff(climbing_s))) > THRUST_SPACING_MAX_S:
        return None
    pull = np.empty(3)
    last_t_s = None
    for moment_s in climbing_s:
        state = np.concatenate([spline(moment_s), spline(moment_s, 1)])
        _kernels.gravity(state, pull)
        speed_m_s = max(float(np.linalg.norm(state[3:])), 1e-3)
        push_m_s2 = float((spline(moment_s, 2) - pull) @ state[3:]) / speed_m_s
        if push_m_s2 > THRUST_SEEN_M_S2:
            last_t_s = float(moment_s)
    return last_t_s
