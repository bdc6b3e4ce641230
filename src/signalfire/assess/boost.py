"""A family of generic boosts: how long ago, and how far back, a climbing body lifted off.

The family is an ensemble of 4,000 boosts over a round Earth without rotation, none of them any
real missile's, drawn as follows (ln-uniform where a range spans a factor of more than three):

- burn 45 to 320 s;
- thrust over weight at lift-off 1.3 + 0.9 exp(-(burn - 45 s) / 60 s), spread by 30 % (ln), at
  least 1.12: short burns are brisk;
- in one half thrust acceleration grows linearly to 1.5-7 times of that; in the other, one to three
  stages of unequal length (one below 90 s) each grow as their mass falls to 0.15-0.55 of it, the
  next beginning at 0.9-1.9 times where the one before began;
- vertical rise of up to 12 s, then a tilt of the thrust as a power (0.5-1.6) of time until 35 to
  100 % of the burn, to an elevation of 15 to 88 degrees;
- drag 3e-5 to 2e-4 m2/kg in exponential air;
- kept: those that climb all the way, gain speed to the end, reach 12 to 600 km and 0.7 to 7.7
  km/s, and stay under 16 g.

Points at heights ln-uniform from 4 km to burnout were fitted by least squares; the residuals are
the family's spread.
"""

from dataclasses import dataclass

import numpy as np

from signalfire.basis.kernel import Floats


@dataclass(frozen=True)
class Family:
    """Quadratic fits of ln(t v / h) and ln(d v / (h u)) and the rms of what they leave.

    ``features`` is how many there are: path angle, ln(v^2 / (9.81 h)), ln(h / 30 km), and with five
    ln(v' h / v^2) and the scaled turning of the path. Coefficients: 1, x_i, x_i x_j (i <= j).
    """

    features: int
    age: Floats
    run: Floats
    age_sigma_fraction: float
    run_sigma_fraction: float


BY_STATE = Family(
    features=3,
    age=np.array(
        [2.2317, -1.8961, -0.0033044, 0.02317, 0.70639, -0.041289, 0.016599, 0.026439,
         0.01116, -0.0092092]
    ),
    run=np.array(
        [1.1248, -2.0173, 0.0089021, -0.034343, 0.72802, -0.10051, 0.094329, 0.030971,
         0.0057308, -0.0076306]
    ),
    age_sigma_fraction=0.13,
    run_sigma_fraction=0.17,
)  # fmt: skip
"""From height, climb and ground speed alone."""

BY_MOTION = Family(
    features=5,
    age=np.array(
        [2.3422, -1.4726, -0.10181, -0.03907, 0.097715, 1.7571, 0.39179, 0.051165, 0.025595,
         0.12231, -0.88604, 0.010531, 0.014893, -0.058344, 0.026072, -0.0026705, -0.042186,
         -0.030391, 0.082239, -0.48842, 1.3686]
    ),
    run=np.array(
        [0.067381, 0.22239, 0.026715, -0.078423, -0.71808, 1.306, -0.30777, -0.053184,
         0.081291, 0.45071, 0.42837, 0.011658, -0.00064305, 0.032409, 0.11447, -0.0049011,
         -0.03022, -0.013894, -0.0045902, -0.80531, 2.0162]
    ),
    age_sigma_fraction=0.10,
    run_sigma_fraction=0.095,
)  # fmt: skip
"""And from how speed and path angle change."""

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
