"""How well estimates do: consistency, coverage, and sets of tracks against sets of objects.

Every function is given truth, so none of them is of use in a node.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import beta, chi2

from signalfire.basis.kernel import Floats


def nees(errors: Floats, covariances: Floats) -> Floats:
    """Errors (n, d) squared, each in its own covariance (n, d, d): d on average if honest.

    Reference: Bar-Shalom, Li and Kirubarajan (2001), section 5.4.2.
    """
    solved = np.linalg.solve(covariances, errors[:, :, None])[:, :, 0]
    squares: Floats = np.einsum("ni,ni->n", errors, solved)
    return squares


def nees_band(dimension: int, runs: int, probability: float = 0.95) -> tuple[float, float]:
    """Where the mean of so many independent NEES, each of ``dimension``, lies so often if honest.

    Reference: Bar-Shalom, Li and Kirubarajan (2001), section 5.4.2. For the NIS ``dimension`` is
    the count of numbers in a detection.
    """
    tail = 0.5 * (1.0 - probability)
    degrees = dimension * runs
    return float(chi2.ppf(tail, degrees)) / runs, float(chi2.ppf(1.0 - tail, degrees)) / runs


def rms_m(errors_m: Floats) -> float:
    """Root of the mean squared length of errors, shape (n, d), m."""
    return float(np.sqrt(np.mean(np.sum(np.square(errors_m), axis=1))))


def share_interval(hits: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Where the true share lies, from how many of so many independent trials were hits.

    Exact and never too narrow. Reference: Clopper and Pearson (1934), Biometrika 26(4), 404-413.
    """
    assert 0 <= hits <= trials and trials > 0
    tail = 0.5 * (1.0 - confidence)
    low = float(beta.ppf(tail, hits, trials - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(1.0 - tail, hits + 1, trials - hits)) if hits < trials else 1.0
    return low, high


@dataclass(frozen=True, slots=True)
class Gospa:
    """Distance between two sets of places, and what it is made of, squares of m."""

    distance_m: float
    localisation_m2: float
    missed_count: int
    false_count: int


def gospa(truths_m: Floats, estimates_m: Floats, *, cut_off_m: float) -> Gospa:
    """Generalised optimal sub-pattern assignment of places (n, d) and (m, d); p = alpha = 2.

    Each missed and each false one costs half of the square of ``cut_off_m``. Reference:
    Rahmathullah, Garcia-Fernandez and Svensson (2017), 20th Int. Conf. Information Fusion,
    definition 1 and proposition 1.
    """
    pair_cost = cut_off_m**2
    gaps_m = np.linalg.norm(truths_m[:, None] - estimates_m[None], axis=2)
    costs = np.minimum(gaps_m, cut_off_m) ** 2
    rows, columns = linear_sum_assignment(costs)
    matched = gaps_m[rows, columns] < cut_off_m
    localisation = float(costs[rows, columns][matched].sum())
    pairs = int(np.count_nonzero(matched))
    missed, false = len(truths_m) - pairs, len(estimates_m) - pairs
    total = localisation + 0.5 * pair_cost * (missed + false)
    return Gospa(math.sqrt(total), localisation, missed, false)


@dataclass(frozen=True, slots=True)
class Picture:
    """The measures of a single integrated air picture, over all instants.

    ``completeness_share`` of the objects have a track; ``ambiguity_ratio`` is of tracks to objects
    that have one (1 is best); ``spuriousness_share`` of the tracks have no object.
    """

    completeness_share: float
    ambiguity_ratio: float
    spuriousness_share: float
    longest_share: float
    """Of the time that objects are there, the part that each one's longest single track shows."""


def picture(
    objects: Sequence[set[str]], tracks: Sequence[set[str]], held: Sequence[Mapping[str, str]]
) -> Picture:
    """The measures at a row of instants: the objects there, the tracks there, track to object.

    Reference: Votruba, Nisley, Rothrock and Zombro (2001), Single Integrated Air Picture (SIAP)
    Metrics Implementation, SIAP Task Force, sections on completeness, ambiguity and spuriousness.
    """
    there = sum(len(each) for each in objects)
    shown = sum(len(set(each.values())) for each in held)
    assigned = sum(len(each) for each in held)
    all_tracks = sum(len(each) for each in tracks)
    life: dict[str, int] = {}
    for names in objects:
        for name in names:
            life[name] = life.get(name, 0) + 1
    runs: dict[tuple[str, str], int] = {}
    for each in held:
        for track, name in each.items():
            runs[name, track] = runs.get((name, track), 0) + 1
    longest = sum(
        max((count for (name, _), count in runs.items() if name == who), default=0) for who in life
    )
    return Picture(
        completeness_share=shown / there if there else math.nan,
        ambiguity_ratio=assigned / shown if shown else math.nan,
        spuriousness_share=(all_tracks - assigned) / all_tracks if all_tracks else math.nan,
        longest_share=longest / there if there else math.nan,
    )


def nearest_truth(truths_m: Mapping[str, Floats], tracks_m: Mapping[str, Floats],
                  *, cut_off_m: float) -> dict[str, str]:  # fmt: skip
    """Each track's nearest object, if one is near enough; several tracks may share an object."""
    names = list(truths_m)
    if not names:
        return {}
    places = np.array([truths_m[name] for name in names])
    held = {}
    for track, place in tracks_m.items():
        gaps_m = np.linalg.norm(places - place, axis=1)
        best = int(np.argmin(gaps_m))
        if gaps_m[best] < cut_off_m:
            held[track] = names[best]
    return held
