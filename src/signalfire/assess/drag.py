"""The ballistic coefficient, from what the air has taken of the speed.

Above the air the Jacobi constant stays what it is. Falling through the air a body loses of it
dE/dt = -rho v^3 / (2 beta): the loss over the integral of rho v^3 / 2 along the track is 1/beta.
Only two states count, one from above the air and the present one, so that it does not matter how
the errors of neighbouring states hang together. Reference: Minvielle (2005), "Decades of
improvements in re-entry ballistic vehicle tracking", IEEE Aerospace and Electronic Systems
Magazine 20(8), on drag as the unknown of re-entry tracking.
"""

import math
from dataclasses import dataclass

import numpy as np

from signalfire.assess import _kernels
from signalfire.assess.settings import AssessmentSettings
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import StateEstimate

ENTRY_MIN_M = 60_000.0
"""The state before the air: below this height too much is lost already (1 % of the speed)."""
ENTRY_MAX_M = 150_000.0
GAP_MAX_S = 6.0
"""Between two looks: the density grows by e in three seconds or so."""
TOLD_FRACTION = 0.5
"""A drag known no better than this, as a share of itself, tells nothing."""

AIR_SIGMA = 0.05
"""What is left of doubt when the drag has been seen well: density and drag coefficient further down
are not quite those seen so far. Assumed."""


@dataclass(frozen=True, slots=True)
class Drag:
    """What is believed of 1/beta: its median and the standard deviation of its logarithm.

    With ``light_probability`` it is not that of a re-entry body but of a missile that failed
    (``AssessmentSettings``); 0 once a fall has told it.
    """

    drag_m2_kg: float
    log_sigma: float
    light_probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A fall through the air so far.

    Energy (Jacobi constant as v^2/2 at sea level) and its sigma before the air, and the
    integral of rho v^3 / 2 up to ``at``, when it grew by ``rate``.
    """

    energy_j_kg: float
    energy_sigma_j_kg: float
    passed_kg_m2_m2_s2: float
    rate_w_m2: float
    at: Instant


def entry_after(before: Entry | None, state: StateEstimate) -> Entry | None:
    """The fall as it is at a state; None where it climbs, or was not seen from above the air on."""
    values, sigmas = _shape(state)
    altitude_m, climb_m_s = float(values[0]), float(values[2])
    if climb_m_s >= 0.0 or altitude_m > ENTRY_MAX_M:
        return None
    rate_w_m2 = 0.5 * _kernels.air_density(altitude_m) * float(values[1]) ** 3
    if before is None:
        if altitude_m < ENTRY_MIN_M:
            return None
        energy = 0.5 * float(values[6]) ** 2
        sigma = float(values[6] * sigmas[6])
        return Entry(energy, sigma, 0.0, rate_w_m2, state.valid_at)
    gap_s = state.valid_at.elapsed_s(since=before.at)
    if gap_s <= 0.0:
        return before
    if gap_s > GAP_MAX_S:
        return None
    # Between two looks the integrand grows exponentially.
    ratio = max(rate_w_m2, 1e-12) / max(before.rate_w_m2, 1e-12)
    mean = before.rate_w_m2 * ((ratio - 1.0) / math.log(ratio) if abs(ratio - 1.0) > 1e-6 else 1.0)
    passed = before.passed_kg_m2_m2_s2 + mean * gap_s
    return Entry(before.energy_j_kg, before.energy_sigma_j_kg, passed, rate_w_m2, state.valid_at)


def drag_of(entry: Entry | None, state: StateEstimate, settings: AssessmentSettings) -> Drag:
    """What class and fall together say: the class alone until the air has told something.

    The class is a re-entry body or, improbably, a missile that failed; which, the fall tells by
    Bayes' rule, and in between the two are one ln-normal of the same moments.
    """
    log_sigma = settings.ballistic_coefficient_log_sigma
    light = settings.light_probability
    by_class = Drag(1.0 / settings.ballistic_coefficient_kg_m2, log_sigma, light)
    if entry is None or entry.passed_kg_m2_m2_s2 <= 0.0:
        return by_class
    values, sigmas = _shape(state)
    lost = entry.energy_j_kg - 0.5 * float(values[6]) ** 2
    both = math.hypot(entry.energy_sigma_j_kg, float(values[6] * sigmas[6]))
    seen = lost / entry.passed_kg_m2_m2_s2
    sigma = both / entry.passed_kg_m2_m2_s2
    low = 1.0 / settings.ballistic_coefficient_max_kg_m2
    high = 1.0 / settings.light_coefficient_min_kg_m2
    if sigma > TOLD_FRACTION * max(seen, low):
        return by_class
    seen = min(high, max(low, seen))
    kinds = (
        (1.0 - light, by_class.drag_m2_kg, log_sigma),
        (light, 1.0 / settings.light_coefficient_kg_m2, settings.light_coefficient_log_sigma),
    )
    return _told(math.log(seen), sigma / seen, kinds)


def _told(log_seen: float, log_noise: float, kinds: tuple[tuple[float, float, float], ...]) -> Drag:
    """What is believed of a body of one of some kinds, each of them ln-normal, after a look.

    A kind: its probability, median and sigma of the logarithm. Reference: Gelman et al. (2013),
    Bayesian Data Analysis, sections 2.5 and 22.
    """
    weights, means, variances = [], [], []
    for probability, median, log_sigma in kinds:
        spread2 = log_sigma**2 + log_noise**2
        share = log_sigma**2 / spread2
        off = log_seen - math.log(median)
        weights.append(probability * math.exp(-0.5 * off * off / spread2) / math.sqrt(spread2))
        means.append(math.log(median) + share * off)
        variances.append(log_sigma**2 * (1.0 - share))
    whole = sum(weights)
    mean = sum(w * m for w, m in zip(weights, means, strict=True)) / whole
    variance = sum(
        w * (v + (m - mean) ** 2) for w, m, v in zip(weights, means, variances, strict=True)
    ) / whole  # fmt: skip
    return Drag(math.exp(mean), math.hypot(math.sqrt(variance), AIR_SIGMA))


def _shape(state: StateEstimate) -> tuple[np.ndarray, np.ndarray]:
    values, sigmas = np.empty(_kernels.NUMBERS), np.empty(_kernels.NUMBERS)
    _kernels.shape_spread(state.mean, state.covariance, values, sigmas)
    return values, sigmas
