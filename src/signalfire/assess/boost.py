"""A family of generic boosts: how long ago, and how far back, a climbing body lifted off.

The family is an ensemble of 4,000 boosts over a round Earth without rotation, none of them any
real missile's, drawn as follows (ln-uniform where a range spans a factor of more than three):

- burn 45 to 320 s;
- thrust over weight at lift-off 1.3 + 0.6 exp(-(burn - 45 s) / 60 s), spread by 30 % (ln), at
  least 1.12: short burns are brisk;
- in one half thrust acceleration grows linearly to 1.5-7 times of that; in the other, one to three
  stages of unequal length (one below 90 s) each grow as their mass falls to 0.15-0.55 of it, the
  next beginning at 0.9-1.9 times where the one before began;
- vertical rise of up to 14 s, then in one half a tilt of the thrust as a power (0.5-1.6) of time
  until 35 to 100 % of the burn, to an elevation of 15 to 88 degrees; in the other a tip of 0.5 to 8
  degrees and a gravity turn, the thrust along the velocity;
- drag 3e-5 to 2e-4 m2/kg in exponential air;
- kept: those that climb all the way, gain speed to the end, reach 12 to 600 km and 0.7 to 7.7
  km/s, and stay under 16 g.

Points at heights ln-uniform from 4 km to burnout were fitted by least squares. What they leave is
the spread, and it is larger where a path is flat. Over 1,500 more members, at heights from 6 to
120 km, 90 % of the residuals lie within 1.645 times the following parts of age and run: from the
state 0.10 and 0.14 above 45 degrees, 0.14 and 0.165 from 25 to 45, 0.19 and 0.21 below; from the
motion 0.08 and 0.075, 0.09 and 0.09, 0.12 and 0.11. Real engines throttle: four real ascents by
webcast telemetry differ by 0.11 of the age (rms), so that no age is trusted more than to 0.12.
"""

import math
from dataclasses import dataclass

import numpy as np

from signalfire.basis.kernel import Floats


@dataclass(frozen=True)
class Family:
    """Quadratic fits of ln(t v / h) and ln(d v / (h u)) and what they leave.

    ``features`` is how many there are: path angle, ln(v^2 / (9.81 h)), ln(h / 30 km), and with five
    ln(v' h / v^2) and the scaled turning of the path. Coefficients: 1, x_i, x_i x_j (i <= j).
    """

    features: int
    age: Floats
    run: Floats
    age_sigma_fraction: float
    run_sigma_fraction: float
    age_flat_fraction: float
    run_flat_fraction: float

    def sigma_fractions(self, path_angle_rad: float) -> tuple[float, float]:
        """Sigmas of age and run as parts of each: more the flatter a path is below 45 degrees."""
        flat = max(0.0, 1.0 - path_angle_rad / (0.25 * math.pi))
        return (
            self.age_sigma_fraction + flat * self.age_flat_fraction,
            self.run_sigma_fraction + flat * self.run_flat_fraction,
        )


BY_STATE = Family(
    features=3,
    age=np.array(
        [2.0222, -1.5546, 0.032196, 0.011767, 0.54964, -0.060496, 0.020514, 0.03574,
         0.001233, -0.0064698]
    ),
    run=np.array(
        [1.2345, -2.23, -0.10894, 0.045849, 0.80013, 0.025678, 0.025869, 0.052077, -0.0203,
         -0.0041056]
    ),
    age_sigma_fraction=0.12,
    run_sigma_fraction=0.145,
    age_flat_fraction=0.12,
    run_flat_fraction=0.10,
)  # fmt: skip
"""From height, climb and ground speed alone."""

BY_MOTION = Family(
    features=5,
    age=np.array(
        [2.3217, -1.4126, -0.092753, -0.04995, 0.1084, 1.7824, 0.34593, 0.043532, 0.032336,
         0.10752, -0.89887, 0.018839, 0.011773, -0.044393, -0.028063, -0.0023235, -0.037897,
         0.010364, 0.09042, -0.64807, 1.3289]
    ),
    run=np.array(
        [-0.045829, 0.2331, 0.026542, -0.049464, -0.83396, 0.29813, -0.28883, 0.0010369,
         0.048734, 0.47095, 1.1662, 0.018636, -0.0094615, 0.04987, 0.41472, -0.0060036,
         -0.019638, -0.068567, -0.024562, -1.0595, 2.4357]
    ),
    age_sigma_fraction=0.12,
    run_sigma_fraction=0.075,
    age_flat_fraction=0.05,
    run_flat_fraction=0.055,
)  # fmt: skip
"""And from how speed and path angle change."""

THRUST_LAW = np.array([2.101, 0.441, 0.643, 0.053])
"""ln of the thrust acceleration (m/s2) along the velocity: 1, path angle g (rad), ln(v^2 / (9.81
h)), ln(h / 30 km). Least squares at eighteen heights from 3 to 200 km that 1,500 members of the
family climb through, one point a height."""
THRUST_SIGMA_FRACTION = 0.19
"""What that leaves (rms of the ln)."""
THRUST_ASIDE_FRACTION = 0.12
"""Thrust across the velocity, up or down, against that along it (rms at the same points)."""
SPEED_LAW = np.array([7.028, 0.653, 0.27])
"""ln v (m/s) at the same points: at 30 km, its slope with ln(h / 30 km), and the rms that is left.
"""
DIRECTION_SIGMA = 3.0**-0.5
"""Sigma of the east, and of the north, part of the velocity's direction where every direction
upwards is as likely. The family's own is 0.2 to 0.36, as it has fewer flat boosts than steep ones;
how many of either there are to come is nobody's knowledge."""
PATH_ANGLE_MIN_RAD = 0.21
"""One in a hundred of the family is flatter, at any height from 10 to 200 km."""
AZIMUTH_SPREAD_RAD = 0.02
"""A boost does not keep to one vertical plane: steering, wind, the turning Earth (2 omega v t/2 is
0.7 degrees after 100 s)."""
BURN_BASE_S = 20.0
BURN_S_PER_M_S = 0.030
"""Burn time against the speed that the energy gives at sea level: 80 s at 2 km/s, 125 s at 3.5
km/s, 230 s at 7 km/s; public class values are 60-80 s for short range, 95-110 s for medium, 150 s
for intermediate, 200 (solid) to 290 s (liquid) for long range."""
BURN_LOG_SIGMA = 0.3
"""Spread of that: solid and liquid engines of one class differ by a factor of 1.4."""
