"""Inverses of what sensors make singular: right where there is one, none where there is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from signalfire.basis.definite import CONDITION_MAX, inverse, inverses

ANY = st.floats(width=64)


def covariance(size: int, seed: int) -> np.ndarray:
    root = np.random.default_rng(seed).normal(size=(size, size))
    return root @ root.T + 0.1 * np.eye(size)


@given(size=st.integers(2, 12), seed=st.integers(0, 1_000), exponent=st.integers(-8, 8))
def test_a_covariance_times_its_inverse_is_one_whatever_its_units(
    size: int, seed: int, exponent: int
) -> None:
    units = np.where(np.arange(size) % 2 == 0, 1.0, 10.0**exponent)
    matrix = covariance(size, seed) * np.outer(units, units)
    found = inverse(matrix)
    assert found is not None
    both = (matrix @ found) / units[:, np.newaxis] * units
    assert np.allclose(both, np.eye(size), atol=1e-6)


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((3, 3)),
        np.ones((3, 3)),
        np.diag([1.0, 1.0, 0.0]),
        np.diag([1.0, 1.0, -1.0]),
        np.array([[1.0, 2.0], [2.0, 1.0]]),
        np.array([[1.0, 1.0 - 0.1 / CONDITION_MAX], [1.0 - 0.1 / CONDITION_MAX, 1.0]]),
        np.full((6, 6), np.nan),
        np.diag([1.0, np.inf]),
        np.diag([1e-320, 1e-320]),
    ],
)
def test_there_is_no_inverse_of_what_is_singular_indefinite_or_no_number(
    matrix: np.ndarray,
) -> None:
    assert inverse(matrix) is None


@given(matrix=arrays(np.float64, (3, 3), elements=ANY))
def test_of_any_numbers_there_is_a_finite_inverse_or_none(matrix: np.ndarray) -> None:
    found = inverse(matrix)
    assert found is None or np.isfinite(found).all()


@given(matrix=st.integers(1, 12).flatmap(lambda size: arrays(float, (size, size), elements=ANY)))
def test_one_alone_has_the_digits_that_it_has_among_others(matrix: np.ndarray) -> None:
    for symmetric in (np.tril(matrix) + np.tril(matrix, -1).T, covariance(len(matrix), 1)):
        found, (among, is_sound) = inverse(symmetric), inverses(symmetric[np.newaxis])
        assert (found is not None) == is_sound[0]
        if found is not None:
            np.testing.assert_array_equal(found, among[0])


def test_one_that_is_unsound_takes_nothing_from_those_beside_it() -> None:
    sound = covariance(6, 1)
    found, is_sound = inverses(np.array([sound, np.full((6, 6), np.nan), 4.0 * sound]))
    assert is_sound.tolist() == [True, False, True]
    assert not found[1].any()
    assert np.allclose(found[0], 4.0 * found[2])
