"""How far such a missile could fly: class by maximum range at the energy seen.

A lofted long-range missile is a long-range missile: what counts is the speed that its energy gives
at sea level, turned into the longest range on a round Earth, sin(psi/2) = Q / (2 - Q) (Bate,
Mueller and White 1971, section 6.2.5).
"""

import math
from statistics import NormalDist

import numpy as np

from signalfire.assess import _kernels
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.event import ClassBelief, MissileClass
from signalfire.space.earth import GRAVITY_M3_S2, MEAN_RADIUS_M

BOUNDS_M = (1_000e3, 3_000e3, 5_500e3)
"""Between short, medium, intermediate and intercontinental range."""
SPEED_LOG_SIGMA = 0.03
"""What flying lofted or low costs against the best path, as a share of the speed."""
LOW_FLIGHT_RATIO = 0.15
"""Apogee over range: below it a flight is depressed (rule of the documented record)."""
APOGEE_SPREAD_FRACTION = 0.05
KNOWN_UNDER_THRUST = 0.4
"""Belief that the range classes share while the engine burns; the rest is ``unknown``."""
BELIEF_MAX = 0.97
"""No class is ever sure: there is always this much less for ``unknown``."""
FURTHER_STAGE_SHARE = 0.35
"""Probability that what has just ceased to burn will burn again, and the energy seen is not all."""
FURTHER_STAGE_S = 25.0
"""That fades with this time: four webcast ascents pause for 10 or 11 s between stages."""
_NORMAL = NormalDist()
_CLASSES = tuple(MissileClass)
_BY_RANGE = _CLASSES[:4]


def speed_for_range_m_s(range_m: float) -> float:
    """The least sea-level speed that reaches so far: Q = 2 s / (1 + s) with s = sin(psi / 2).

    Reference: Bate, Mueller and White (1971), section 6.2.5, equation of the maximum range angle.
    """
    sine = math.sin(0.5 * min(math.pi, range_m / MEAN_RADIUS_M))
    ratio = 2.0 * sine / (1.0 + sine)
    return math.sqrt(ratio * GRAVITY_M3_S2 / MEAN_RADIUS_M)


def sea_level_speed_m_s(state: StateEstimate) -> tuple[float, float]:
    """The speed that an object's energy gives at sea level, and its standard deviation."""
    values = np.empty(_kernels.NUMBERS)
    sigmas = np.empty(_kernels.NUMBERS)
    _kernels.shape_spread(state.mean, state.covariance, values, sigmas)
    return float(values[6]), float(sigmas[6])


_BOUNDS_M_S = tuple(speed_for_range_m_s(bound_m) for bound_m in BOUNDS_M)


def certain(kind: MissileClass) -> ClassBelief:
    """As sure as we ever are."""
    return _belief({kind: BELIEF_MAX})


def classify_by_energy(state: StateEstimate) -> ClassBelief:
    """A coasting object: probabilities of the four range classes from its energy's uncertainty."""
    within, _ = _below_bounds(state)
    return _belief({kind: p * BELIEF_MAX for kind, p in zip(_BY_RANGE, within, strict=True)})


def classify_under_thrust(state: StateEstimate) -> ClassBelief:
    """A thrusting object: whatever it can reach now, it may reach more; mostly unknown.

    A class is ruled out as its upper bound is passed; the classes still open share what is known.
    """
    _, reached = _below_bounds(state)
    open_classes = [1.0 - passed for passed in reached]
    total = sum(open_classes)
    shares = [KNOWN_UNDER_THRUST * p / total for p in open_classes]
    return _belief(dict(zip(_BY_RANGE, shares, strict=True)))


def open_to_more(finished: ClassBelief, unfinished: ClassBelief, *, quiet_s: float) -> ClassBelief:
    """The belief of an object whose engine stopped so long ago: the stage may not be the last."""
    share = FURTHER_STAGE_SHARE * math.exp(-quiet_s / FURTHER_STAGE_S)
    return ClassBelief(
        tuple(
            (1.0 - share) * p + share * q
            for p, q in zip(finished.probability, unfinished.probability, strict=True)
        )
    )


def low_flight_probability(apogee_m: float, range_m: float, *, range_sigma_m: float) -> float:
    """Probability that apogee over range lies below what a ballistic flight of this range has.

    A ballistic flight over up to 3,000 km climbs to a quarter to a fifth of its range on the
    cheapest path; below 0.15 it is depressed, and lift may carry it further.
    """
    ratio = apogee_m / max(range_m, 1.0)
    sigma = ratio * math.hypot(range_sigma_m / max(range_m, 1.0), APOGEE_SPREAD_FRACTION)
    return _NORMAL.cdf((LOW_FLIGHT_RATIO - ratio) / max(sigma, 1e-6))


def mixed_with_manoeuvring(belief: ClassBelief, probability: float) -> ClassBelief:
    """The belief, if with some probability the flight is of the manoeuvring kind."""
    share = probability * BELIEF_MAX
    known: dict[MissileClass, float] = {
        kind: p * (1.0 - share)
        for kind, p in zip(_CLASSES, belief.probability, strict=True)
        if kind is not MissileClass.UNKNOWN
    }
    known[MissileClass.MANOEUVRING] += share
    return _belief(known)


def _below_bounds(state: StateEstimate) -> tuple[list[float], list[float]]:
    """Probability of each range class, and of having passed each class's upper bound."""
    speed_m_s, state_sigma_m_s = sea_level_speed_m_s(state)
    sigma_m_s = math.hypot(state_sigma_m_s, SPEED_LOG_SIGMA * speed_m_s) + 1e-6
    below = [_NORMAL.cdf((bound - speed_m_s) / sigma_m_s) for bound in _BOUNDS_M_S]
    edges = [0.0, *below, 1.0]
    within = [edges[k + 1] - edges[k] for k in range(4)]
    passed = [1.0 - p for p in below] + [0.0]
    return within, passed


def _belief(known: dict[MissileClass, float]) -> ClassBelief:
    """Fill up with ``unknown``."""
    probability = [known.get(kind, 0.0) for kind in _CLASSES]
    probability[-1] += max(0.0, 1.0 - sum(probability))
    return ClassBelief(tuple(probability))
