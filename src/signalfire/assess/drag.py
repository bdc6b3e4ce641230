"""The ballistic coefficient, from what the air has taken of the speed.

Above the air the Jacobi constant stays what it is. Falling through the air a body loses of it
dE/dt = -rho v^3 / (2 beta): the loss over the integral of rho v^3 / 2 along the track is 1/beta.
Only two states count, one from above the air and the present one, so that it does not matter how
the errors of neighbouring states hang together. Reference: Minvielle (2005), "Decades of
improvements in re-entry ballistic vehicle tracking", IEEE Aerospace and Electronic Systems
Magazine 20(8), on drag as the unknown of re-entry tracking.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from signalfire.assess import _kernels
from signalfire.assess.settings import AssessmentSettings
from signalfire.assess.splash import SPENT_KG_M2
from signalfire.basis.instant import Instant
from signalfire.basis.kernel import Floats
from signalfire.picture.estimate import StateEstimate

ENTRY_MIN_M = 60_000.0
"""The state before the air: below this height too much is lost already (1 % of the speed)."""
ENTRY_MAX_M = 150_000.0
GAP_MAX_S = 6.0
"""Between two looks: the density grows by e in three seconds or so."""
TOLD_FRACTION = 0.5
"""A drag known no better than this, as a share of itself, tells nothing."""
GRAVITY_SIGMA_M_S2 = 2.8e-4
"""What the field has along the way beyond J2: 29 mGal (Kaula 1966, as the tracker has it)."""
TRACKED_FRACTION = 0.7
"""The tracker follows every body with the drag of the middle of its class, and its noise stands for
one that is wrong by so much; where it is more, the speed lags by as many more of its sigmas. What
is lighter than any re-entry body lags no more than the bluntest: it is told to be driven."""
GRID_STEP = 0.02
"""Of ln drag: less than half of ``AIR_SIGMA``."""
PIECE_PROBABILITY = 0.001
"""That it is anything between the slenderest body and the lightest spent stage. Assumed: small, but
more than nothing, so that no fall is believed to be what it is not."""
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
    integral of rho v^3 / 2 up to ``at``, when it grew by ``rate``; ``path_m`` is the way so far.
    """

    energy_j_kg: float
    energy_sigma_j_kg: float
    passed_kg_m2_m2_s2: float
    rate_w_m2: float
    at: Instant
    path_m: float = 0.0


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
    path_m = before.path_m + float(values[1]) * gap_s
    return replace(
        before, passed_kg_m2_m2_s2=passed, rate_w_m2=rate_w_m2, at=state.valid_at, path_m=path_m
    )


def drag_of(entry: Entry | None, state: StateEstimate, settings: AssessmentSettings) -> Drag:
    """What class and fall together say: the class alone until the air has told something.

    The class is a re-entry body or, improbably, a missile that failed or a piece of one; which, the
    fall tells by Bayes' rule, and in between they are one ln-normal of the same moments.
    """
    log_sigma = settings.ballistic_coefficient_log_sigma
    by_class = Drag(
        1.0 / settings.ballistic_coefficient_kg_m2, log_sigma, settings.light_probability
    )
    if entry is None or entry.passed_kg_m2_m2_s2 <= 0.0:
        return by_class
    values, sigmas = _shape(state)
    lost = entry.energy_j_kg - 0.5 * float(values[6]) ** 2
    left_out = GRAVITY_SIGMA_M_S2 * entry.path_m
    both = math.hypot(entry.energy_sigma_j_kg, float(values[6] * sigmas[6]), left_out)
    seen = lost / entry.passed_kg_m2_m2_s2
    sigma = both / entry.passed_kg_m2_m2_s2
    if not (math.isfinite(seen) and 0.0 < sigma < math.inf):
        return by_class
    if sigma > TOLD_FRACTION * max(seen, 1.0 / settings.ballistic_coefficient_max_kg_m2):
        return by_class
    return _told(seen, sigma, settings)


def _told(seen_m2_kg: float, sigma_m2_kg: float, settings: AssessmentSettings) -> Drag:
    """What is believed after a look: mean and spread of ln drag by Bayes' rule, summed over a grid.

    Each kind lies between bounds, each ratio as likely, so that nothing draws a blunt or a slender
    body towards the middle of its class. A state lags behind a drag that is not the tracker's
    (``TRACKED_FRACTION``), and tells the less of one the further it lies from that. Reference:
    Gelman et al. (2013), Bayesian Data Analysis, section 10.1.
    """
    logs, prior = _kinds(settings)
    drag = np.exp(logs)
    bluntest = 1.0 / settings.ballistic_coefficient_min_kg_m2
    off = np.minimum(drag, bluntest) * settings.ballistic_coefficient_kg_m2 - 1.0
    lag = off / TRACKED_FRACTION
    noise = np.hypot(sigma_m2_kg * np.hypot(1.0, lag), AIR_SIGMA * drag)
    fit = -0.5 * np.square((seen_m2_kg - drag) / noise) - np.log(noise)
    weights = prior * np.exp(fit - fit.max())
    weights /= weights.sum()
    mean = float(weights @ logs)
    variance = float(weights @ np.square(logs - mean))
    return Drag(math.exp(mean), max(math.sqrt(variance), AIR_SIGMA))


@lru_cache(maxsize=8)
def _kinds(settings: AssessmentSettings) -> tuple[Floats, Floats]:
    """ln drag on a grid, and what is believed of it beforehand: whole, failed, or in pieces."""
    heaviest, blunt, tumbling, piece = (
        -math.log(beta)
        for beta in (
            settings.ballistic_coefficient_max_kg_m2,
            settings.ballistic_coefficient_min_kg_m2,
            settings.light_coefficient_min_kg_m2,
            SPENT_KG_M2[0],
        )
    )
    logs = np.arange(heaviest, piece, GRID_STEP) + 0.5 * GRID_STEP
    light = max(settings.light_probability, PIECE_PROBABILITY)
    sound = (1.0 - light) / (blunt - heaviest)
    failed = (light - PIECE_PROBABILITY) / (tumbling - blunt)
    prior = np.where(logs < blunt, sound, np.where(logs < tumbling, failed, 0.0))
    return logs, prior + PIECE_PROBABILITY / (piece - heaviest)


def _shape(state: StateEstimate) -> tuple[np.ndarray, np.ndarray]:
    values, sigmas = np.empty(_kernels.NUMBERS), np.empty(_kernels.NUMBERS)
    _kernels.shape_spread(state.mean, state.covariance, values, sigmas)
    return values, sigmas
