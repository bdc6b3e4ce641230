"""Chi-square's tail and quantiles, against scipy's."""

import pytest
from scipy.special import chdtrc, chdtri

from signalfire.basis.chi_square import exceeded_distance2, exceeded_probability


@pytest.mark.parametrize("numbers", [1, 2, 3, 4, 6, 7, 24, 99, 512, 2_047])
@pytest.mark.parametrize("probability", [0.3, 0.01, 3e-4, 1e-6])
def test_what_is_exceeded_distance2_is_what_scipy_says(numbers: int, probability: float) -> None:
    assert exceeded_distance2(numbers, probability) == pytest.approx(
        chdtri(numbers, probability), rel=1e-11
    )


@pytest.mark.parametrize("numbers", [1, 2, 5, 40, 1_001])
@pytest.mark.parametrize("ratio", [0.0, 0.7, 1.0, 1.5, 4.0])
def test_the_tail_is_what_scipy_says(numbers: int, ratio: float) -> None:
    expected = chdtrc(numbers, ratio * numbers)
    assert exceeded_probability(ratio * numbers, numbers) == pytest.approx(
        expected, rel=1e-10, abs=1e-300
    )
