"""Where what came off a missile falls: spent stages, tumbling.

A stage parts from the missile after its engine has stopped, somewhat slower or faster, at a moment
that is not seen, and falls without a plan. Flights to the ground are drawn over all that is not
known of it: the state, the moment, the push, the ballistic coefficient, the wind of the last
kilometres; the point, time and 90 % ellipse are those of their falls.

A tumbling cylinder shows a quarter of its surface on average (Cauchy's theorem) at a drag
coefficient of about 1.2 (Hoerner 1965, "Fluid-Dynamic Drag", chapter 16). That gives 60 kg/m2 for a
light second stage of 950 kg, 6.0 x 2.4 m, and 150 kg/m2 for a first stage of 22 t, 42 x 3.7 m (both
as their makers publish them); steel cases of solid motors have a few hundred, and what settles to
fall end first 1,500 and more.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from signalfire.assess import _flight_kernels, _kernels
from signalfire.assess.points import even_points, normal_points
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import Impact, PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.footprint import Footprint
from signalfire.space.geodesy import Geodetic, enu_from_ecef

SPENT_KG_M2 = (60.0, 1_500.0)
"""Ballistic coefficient of a spent stage, each ratio between as likely."""
PUSH_SIGMA_M_S = 10.0
"""What parting gives a stage along each axis: separation systems and what is left of thrust."""
NOTICED_S = 10.0
"""The end of thrust is noticed so late: a stage may have parted that much before."""
WIND_SIGMA_M_S = 15.0
"""Mean wind along each axis over the lower twelve kilometres: half a jet stream of 25 m/s and its
spread (class values of climatology)."""
AIR_M = 8_500.0
"""Scale height of the lower air (US Standard Atmosphere 1976)."""
WINDY_M = 12_000.0
SEA_LEVEL_KG_M3 = 1.225
GRAVITY_M_S2 = 9.81
FALL_MAX_S = 3.0 * 3_600.0
LANDED_MIN_FRACTION = 0.9
SEMI_MAJOR_MAX_M = 500_000.0
"""A 90 % ellipse larger than this says nothing that helps anybody."""
_SAMPLES = 128
_EVEN = even_points(_SAMPLES, 13)
_NORMAL = normal_points(_EVEN)
_NO_ROWS = np.zeros((_SAMPLES, 0, 4))
_NO_PUSH = np.zeros((2, 3))
_HIGH_STEP_S = 20.0
_BACK_STEP_S = 2.0
_MOMENTS = 4


@dataclass(frozen=True)
class Spent:
    """A stage that parted between ``earliest`` and ``latest``, if one did.

    ``state`` is that of the missile in free flight, at ``latest`` or after it; or, where
    ``is_seen``, that of the stage itself.
    """

    state: StateEstimate
    earliest: Instant
    latest: Instant
    is_seen: bool = False

    @cached_property
    def impact(self) -> Impact:
        """Where and when it comes down."""
        ends, after_s = self._falls
        if len(ends) < LANDED_MIN_FRACTION * _SAMPLES:
            return Unknown("may not come down at all")
        middle_m = ends.mean(axis=0)
        latitude_rad, longitude_rad, _ = _kernels.ground_of(*(float(v) for v in middle_m))
        axes = enu_from_ecef(Geodetic(latitude_rad, longitude_rad))
        ground_m = (ends - middle_m) @ axes[:2].T
        covariance_m2 = ground_m.T @ ground_m / len(ground_m)
        place = PlaceEstimate(
            latitude_rad,
            longitude_rad,
            (float(covariance_m2[0, 0]), float(covariance_m2[0, 1]), float(covariance_m2[1, 1])),
            self.state.valid_at.later(float(after_s.mean())),
            max(1.0, float(after_s.std())),
        )
        if place.ellipse_p90.semi_major_m > SEMI_MAJOR_MAX_M:
            return Unknown("too uncertain to say where: more observation is needed")
        return place

    @cached_property
    def footprint(self) -> Footprint | None:
        """The points of half its falls, as flights of one point; None where too few come down.

        Not every burn leaves a stage: of one that was not seen every other flight is none.
        """
        ends, after_s = self._falls
        if len(ends) < _SAMPLES:
            return None
        chosen = np.arange(0, _SAMPLES, 2)
        places = np.array([_kernels.ground_of(*(float(v) for v in end)) for end in ends[chosen]])
        landed = np.ones(len(chosen), dtype=bool)
        landed[1::2] = self.is_seen
        places[~landed] = math.nan
        return Footprint(
            start=self.state.valid_at,
            time_s=after_s[chosen][:, None].copy(),
            latitude_rad=places[:, :1].copy(),
            longitude_rad=places[:, 1:2].copy(),
            altitude_m=np.zeros((len(chosen), 1)),
            count=np.ones(len(chosen), dtype=np.int64),
            landed=landed,
        )

    @cached_property
    def _falls(self) -> tuple[Floats, Floats]:
        """Where its falls end (Earth-fixed, m), and how long after ``state``: those that do."""
        starts, late_s = self._starts()
        low, high = SPENT_KG_M2
        coefficient_kg_m2 = low * (high / low) ** _EVEN[:, 6]
        points = np.zeros((_SAMPLES, _kernels.SPREAD))
        points[:, :6] = starts
        points[:, 6] = -np.log(coefficient_kg_m2)
        ends = np.full((_SAMPLES, 4), np.nan)
        _flight_kernels.fly_blocks(
            np.zeros(6), np.eye(6), np.array([1.0, 1.0, 0.0]), _NO_PUSH, points, _HIGH_STEP_S,
            FALL_MAX_S, math.inf, ends, _NO_ROWS, np.empty(_SAMPLES, dtype=np.int64),
        )  # fmt: skip
        landed = np.isfinite(ends).all(axis=1)
        if not landed.any():
            return np.empty((0, 3)), np.empty(0)
        middle = _kernels.ground_of(*(float(v) for v in ends[landed, 1:].mean(axis=0)))
        axes = enu_from_ecef(Geodetic(middle[0], middle[1]))
        drift_m = _drift_m(coefficient_kg_m2)[:, None] * _NORMAL[:, 11:13]
        blown = ends[:, 1:] + drift_m @ axes[:2]
        return blown[landed], (ends[:, 0] + late_s)[landed]

    def _starts(self) -> tuple[Floats, Floats]:
        """States of the stage after it has parted, and when that was (s after ``state``)."""
        state = self.state
        root = np.empty((6, 6))
        if self.is_seen:
            _kernels.root_of(state.covariance, root)
            return state.mean + _NORMAL[:, :6] @ root.T, np.zeros(_SAMPLES)
        least_s = max(0.0, state.valid_at.elapsed_s(since=self.latest))
        most_s = max(least_s, state.valid_at.elapsed_s(since=self.earliest))
        # Carried back for each of a few moments; what comes off is then pushed.
        moments_s = least_s + (most_s - least_s) * (np.arange(_MOMENTS) + 0.5) / _MOMENTS
        which = np.minimum((_EVEN[:, 10] * _MOMENTS).astype(np.int64), _MOMENTS - 1)
        starts = np.empty((_SAMPLES, 6))
        mean, covariance = np.empty(6), np.empty((6, 6))
        for index, moment_s in enumerate(moments_s):
            chosen = which == index
            _kernels.carry_back(
                state.mean, state.covariance, moment_s, _BACK_STEP_S, mean, covariance
            )
            _kernels.root_of(covariance, root)
            starts[chosen] = mean + _NORMAL[chosen, :6] @ root.T
        starts[:, 3:] += PUSH_SIGMA_M_S * _NORMAL[:, 7:10]
        return starts, -moments_s[which]


def _drift_m(coefficient_kg_m2: Floats) -> Floats:
    """Sigma of the drift with the wind over the last kilometres, at terminal speed.

    t = integral of sqrt(rho / (2 beta g)) dz in an exponential air.
    """
    shrink = 1.0 - math.exp(-0.5 * WINDY_M / AIR_M)
    slow = np.sqrt(SEA_LEVEL_KG_M3 / (2.0 * coefficient_kg_m2 * GRAVITY_M_S2))
    drift_m: Floats = WIND_SIGMA_M_S * 2.0 * AIR_M * shrink * slow
    return drift_m
