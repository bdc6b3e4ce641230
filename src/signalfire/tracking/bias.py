"""What radars are off by, given what their common flights have said of it.

Every radar is either as stated or out of register; which ones are, is weighed by Bayes' rule over
sets of radars, with a Gaussian prior on the biases of those in the set. References: Magill (1965),
Optimal adaptive estimation of sampled stochastic processes, IEEE Trans. Automatic Control 10(4),
434-439 (weights of the hypotheses); Schmidt (1966), Advances in Control Systems 3, 293-340 (biases
that are considered in the covariance).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from signalfire.basis.identity import SensorId
from signalfire.basis.kernel import Flags, Floats
from signalfire.tracking._registration_kernels import WAYS
from signalfire.tracking.settings import RegistrationSettings

_WEIGHT_MIN = 1e-9


@dataclass(frozen=True, slots=True)
class SensorBias:
    """What one radar is held to be off by; zero and sure while it was never compared.

    A clock that is fast has a positive bias. Sigmas include what cannot be told apart from the
    biases of others.
    """

    sensor: SensorId
    out_of_register_probability: float
    range_bias_m: float
    range_sigma_m: float
    azimuth_bias_rad: float
    azimuth_sigma_rad: float
    elevation_bias_rad: float
    elevation_sigma_rad: float
    clock_bias_s: float
    clock_sigma_s: float


@dataclass(frozen=True)
class Posterior:
    """Mean (n,) and covariance (n, n) of all biases, four for each radar in order.

    ``is_out`` has a row for each set of radars that was weighed and a column for each radar;
    ``weights`` are the probabilities of the sets.
    """

    mean: Floats
    covariance: Floats
    is_out: Flags
    weights: Floats

    def registered_probability(self, radars: Sequence[int]) -> float:
        """Probability that all of these radars are as they state."""
        return float(self.weights[~self.is_out[:, list(radars)].any(axis=1)].sum())


def posterior_of(
    information: Floats, weighted: Floats, compared: Sequence[int], settings: RegistrationSettings
) -> Posterior:
    """Weigh which radars are out of register, and by how much they are.

    ``information`` (n, n) and ``weighted`` (n,) are what flights have said of the biases, four for
    each radar. Only the radars ``compared`` are in doubt: of any other nothing can be told, and
    it is taken as it states. The sets weighed are none, one, two, and all.
    """
    count = len(weighted) // WAYS
    sets = hypotheses(compared)
    is_out = np.zeros((len(sets), count), dtype=bool)
    logs = np.zeros(len(sets))
    means = np.zeros((len(sets), count * WAYS))
    covariances: list[tuple[np.ndarray, Floats]] = []
    for n, radars in enumerate(sets):
        is_out[n, list(radars)] = True
        places = np.flatnonzero(np.repeat(is_out[n], WAYS))
        sigmas = np.tile(settings.sigmas, len(radars))
        mean, covariance, evidence = _solve(
            information[np.ix_(places, places)], weighted[places], sigmas
        )
        means[n, places] = mean
        covariances.append((places, covariance))
        logs[n] = evidence + math.log(_prior_probability(len(radars), len(compared), settings))
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    mean = weights @ means
    gaps = means - mean
    covariance = (gaps * weights[:, np.newaxis]).T @ gaps
    for weight, (places, part) in zip(weights, covariances, strict=True):
        if weight > _WEIGHT_MIN:
            covariance[np.ix_(places, places)] += weight * part
    return Posterior(mean, 0.5 * (covariance + covariance.T), is_out, weights)


def hypotheses(compared: Sequence[int]) -> list[tuple[int, ...]]:
    """The sets of radars that may be out of register: none, one, two, all."""
    sets: list[tuple[int, ...]] = []
    for size in (0, 1, 2):
        sets.extend(combinations(compared, size))
    if len(compared) > 2:
        sets.append(tuple(compared))
    return sets


def _prior_probability(size: int, among: int, settings: RegistrationSettings) -> float:
    """Prior of one set of ``size`` of ``among`` radars; that of all has what is left over."""
    out = settings.out_probability
    if size <= 2:
        return out**size * (1.0 - out) ** (among - size)
    return 1.0 - sum(
        math.comb(among, few) * out**few * (1.0 - out) ** (among - few) for few in range(3)
    )


def _solve(information: Floats, weighted: Floats, sigmas: Floats) -> tuple[Floats, Floats, float]:
    """Mean, covariance and logarithm of the evidence, in units of the prior's sigmas inside.

    With L = I + D J D and e = D w (D the sigmas, J the information): mean D L^-1 e, covariance
    D L^-1 D, evidence (e' L^-1 e - ln det L) / 2 against biases of zero.
    """
    if len(sigmas) == 0:
        return np.zeros(0), np.zeros((0, 0)), 0.0
    whole = np.eye(len(sigmas)) + sigmas[:, np.newaxis] * information * sigmas
    inverse = np.linalg.inv(whole)
    scaled = sigmas * weighted
    mean = inverse @ scaled
    evidence = 0.5 * (float(scaled @ mean) - float(np.linalg.slogdet(whole)[1]))
    return sigmas * mean, sigmas[:, np.newaxis] * inverse * sigmas, evidence


def explained_square(information: Floats, weighted: Floats, sigmas: Floats) -> float:
    """By how much biases of the prior may lower a sum of normalised innovations squared."""
    whole = np.eye(len(sigmas)) + sigmas[:, np.newaxis] * information * sigmas
    scaled = sigmas * weighted
    return float(scaled @ np.linalg.solve(whole, scaled))
