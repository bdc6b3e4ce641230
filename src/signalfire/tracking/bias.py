"""What radars are off by, given what their common flights have said of it.

Every radar is as stated, or slightly or well out of register; which ones are, is weighed by Bayes'
rule over sets of radars, with a Gaussian prior on the biases of those in the set. References:
Magill (1965), Optimal adaptive estimation of sampled stochastic processes, IEEE Trans. Automatic
Control 10(4), 434-439 (weights of the hypotheses); Schmidt (1966), Advances in Control Systems 3,
293-340 (biases that are considered in the covariance).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations

import numpy as np

from signalfire.basis.identity import SensorId
from signalfire.basis.kernel import Flags, Floats, Integers
from signalfire.tracking._registration_kernels import WAYS
from signalfire.tracking.settings import RegistrationSettings

_WEIGHT_MIN = 1e-9
_SETS_REMEMBERED = 64
"""Sets of radars compared of which the hypotheses are kept: a nation meets a few in a day."""


@dataclass(frozen=True, slots=True)
class SensorBias:
    """What one radar is held to be off by; zero and sure while it was never compared.

    ``range_noise_ratio`` and its like: its noise over that which it states, or over the least that
    is believed; 1 where it is not far more. A clock that is fast has a positive bias. Sigmas
    include what cannot be told apart from the biases of others.
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
    range_noise_ratio: float = 1.0
    azimuth_noise_ratio: float = 1.0
    elevation_noise_ratio: float = 1.0


@dataclass(frozen=True)
class _Group:
    """Hypotheses of one size: their rows among all (m, 1), their radars (m, size), the places of
    these radars' biases (m, 4 size), the sigmas of them, and logarithms of their priors (m,)."""

    rows: Integers
    radars: Integers
    places: Integers
    sigmas: Floats
    log_priors: Floats

    @cached_property
    def cells(self) -> tuple[Integers, Integers]:
        """Rows and columns of the matrix of all biases that each hypothesis has in doubt."""
        return self.places[:, :, np.newaxis], self.places[:, np.newaxis, :]


@dataclass(frozen=True)
class _Solved:
    """What hypotheses of one size say: inverses of L and means in units of the sigmas."""

    group: _Group
    inverse: Floats
    mean: Floats


@dataclass(frozen=True)
class Posterior:
    """What all biases are held to be, four for each radar in order.

    ``is_out`` has a row for each hypothesis that was weighed and a column for each radar: whether
    it says that this one is out of register. ``weights`` are their probabilities. Mean and
    covariance are reckoned when they are asked for: nearly always the weights alone are.
    """

    is_out: Flags
    weights: Floats
    solved: tuple[_Solved, ...]

    @cached_property
    def mean(self) -> Floats:
        """Of all biases, shape (n,)."""
        mean: Floats = self.weights @ self._means
        return mean

    @cached_property
    def covariance(self) -> Floats:
        """Of all biases, shape (n, n)."""
        gaps = self._means - self.mean
        whole = (gaps * self.weights[:, np.newaxis]).T @ gaps
        for each in self.solved:
            group = each.group
            down, across = group.sigmas[:, :, np.newaxis], group.sigmas[:, np.newaxis, :]
            parts, rows = down * each.inverse * across, group.rows[:, 0].tolist()
            for row, at, part in zip(rows, group.places, parts, strict=True):
                if self.weights[row] > _WEIGHT_MIN:
                    whole[at[:, np.newaxis], at] += self.weights[row] * part
        covariance: Floats = 0.5 * (whole + whole.T)
        return covariance

    @cached_property
    def _means(self) -> Floats:
        """Of each hypothesis, shape (hypotheses, n)."""
        means = np.zeros((len(self.is_out), WAYS * self.is_out.shape[1]))
        for each in self.solved:
            means[each.group.rows, each.group.places] = each.group.sigmas * each.mean
        return means

    def registered_probability(self, radars: Sequence[int]) -> float:
        """Probability that all of these radars are as they state."""
        return float(self.weights[~self.is_out[:, list(radars)].any(axis=1)].sum())


def posterior_of(
    information: Floats, weighted: Floats, compared: Sequence[int], settings: RegistrationSettings
) -> Posterior:
    """Weigh which radars are out of register, and by how much they are.

    ``information`` (n, n) and ``weighted`` (n,) are what flights have said of the biases, four for
    each radar. Only the radars ``compared`` are in doubt: of any other nothing can be told, and
    it is taken as it states. The sets weighed are none, one, two, and all; those of a set are all
    slightly out, or all well out.
    """
    groups, is_out = _groups(tuple(compared), len(weighted) // WAYS, settings)
    # The first hypothesis, that nobody is out, is what the evidence of the others is against.
    logs = np.zeros(len(is_out))
    solved = []
    for group in groups:
        each, evidence = _solve(information, weighted, group)
        logs[group.rows[:, 0]] = evidence + group.log_priors
        solved.append(each)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    return Posterior(is_out, weights, tuple(solved))


@lru_cache(maxsize=_SETS_REMEMBERED)
def _groups(
    compared: tuple[int, ...], among: int, settings: RegistrationSettings
) -> tuple[list[_Group], Flags]:
    """What may be: one, two or all of the radars compared out of register.

    And of each hypothesis, in rows, which radars of all it has out of register (read-only): of the
    first none.
    """
    groups: list[_Group] = []
    first = 1
    for size in sorted({1, 2, len(compared)}):
        if size == 0 or size > len(compared):
            continue
        sets = np.array(list(combinations(compared, size)), dtype=np.int64)
        radars = np.concatenate([sets for _ in settings.tiers])
        sigmas = [
            np.tile(share * np.array(settings.sigmas), (len(sets), size))
            for share, _ in settings.tiers
        ]
        odds = [_odds(size, len(compared), alone, settings) for _, alone in settings.tiers]
        rows = np.arange(first, first + len(radars))[:, np.newaxis]
        log_priors = np.repeat([math.log(each) for each in odds], len(sets))
        groups.append(_Group(rows, radars, _places(radars), np.concatenate(sigmas), log_priors))
        first += len(radars)
    is_out = np.zeros((first, among), dtype=bool)
    for group in groups:
        is_out[group.rows, group.radars] = True
    is_out.setflags(write=False)
    return groups, is_out


def _odds(size: int, among: int, alone: float, settings: RegistrationSettings) -> float:
    """Prior of one set of ``size`` of ``among`` radars against that of none, for one tier.

    Radars are out of register each for itself, or, where a nation's are badly kept, all of them.
    A set of more than two, and less than all, is not weighed: it is within that of all.
    """
    tiers = settings.tiers
    sound = (1.0 - sum(each for _, each in tiers)) ** among * (1.0 - settings.careless_probability)
    few = alone**size * (1.0 - alone) ** (among - size) if size <= 2 else 0.0
    all_of_them = settings.careless_probability / len(tiers) if size == among > 1 else 0.0
    return (few + all_of_them) / sound


def _places(radars: Integers) -> Integers:
    """Places of the biases of sets of radars (m, size) among all, shape (m, 4 size)."""
    ways = np.arange(WAYS, dtype=np.int64)
    places: Integers = (WAYS * radars[:, :, np.newaxis] + ways).reshape(len(radars), -1)
    return places


def _solve(information: Floats, weighted: Floats, group: _Group) -> tuple[_Solved, Floats]:
    """What hypotheses of one size say, and logarithms of their evidence.

    With L = I + D J D and e = D w (D the sigmas, J the information): mean D L^-1 e, covariance
    D L^-1 D, evidence (e' L^-1 e - ln det L) / 2 against biases of zero.
    """
    places, sigmas = group.places, group.sigmas
    chosen = information[group.cells]
    whole = np.eye(places.shape[1]) + sigmas[:, :, np.newaxis] * chosen * sigmas[:, np.newaxis, :]
    inverse: Floats = np.asarray(np.linalg.inv(whole), dtype=np.float64)
    scaled = sigmas * weighted[places]
    mean: Floats = np.einsum("nij,nj->ni", inverse, scaled)
    evidence = 0.5 * ((scaled * mean).sum(axis=1) - np.linalg.slogdet(whole)[1])
    return _Solved(group, inverse, mean), evidence


def explained_distance2(information: Floats, weighted: Floats, sigmas: Floats) -> float:
    """By how much biases of the prior may lower a sum of normalised innovations squared."""
    whole = np.eye(len(sigmas)) + sigmas[:, np.newaxis] * information * sigmas
    scaled = sigmas * weighted
    return float(scaled @ np.linalg.solve(whole, scaled))
