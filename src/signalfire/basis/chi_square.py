"""What a sum of squares exceeds by chance, without an import that takes longer than a scan."""

import math

_ROUNDS_MAX = 200
"""Halvings of an interval: more than the numbers of a float."""


def exceeded_probability(distance2: float, numbers: int) -> float:
    """How probably a chi-square variable of so many degrees of freedom is larger.

    Finite sums: Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.4.4, 26.4.5.
    """
    assert numbers >= 1
    half = 0.5 * distance2
    if half <= 0.0:
        return 1.0
    # The terms end at 1 (even) or 1/2 (odd) with the largest power, from which the others follow.
    power = 0.5 * numbers - 1.0
    total = math.erfc(math.sqrt(half)) if numbers % 2 else 0.0
    if power < 0.0:
        return total
    term = math.exp(power * math.log(half) - half - math.lgamma(power + 1.0))
    while power >= 0.0 and term > 0.0:
        total += term
        term *= power / half
        power -= 1.0
    return total


def exceeded_distance2(numbers: int, probability: float) -> float:
    """What a chi-square variable exceeds with a probability below one half."""
    assert 0.0 < probability < 0.5
    low, high = float(numbers - 1), 2.0 * numbers + 10.0
    while exceeded_probability(high, numbers) > probability:
        low, high = high, 2.0 * high
    for _ in range(_ROUNDS_MAX):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        if exceeded_probability(middle, numbers) > probability:
            low = middle
        else:
            high = middle
    return high
