"""Fusion kernels: compiled equals written, and numpy's linear algebra as the outside reference."""

import math
from typing import Any

import numpy as np
import pytest

from signalfire.basis.kernel import COMPILED
from signalfire.fusion import _kernels


def positive(seed: int, n: int = 6) -> np.ndarray:
    """A covariance with the units of a state: kilometres beside metres a second."""
    chance = np.random.default_rng(seed)
    root = chance.normal(size=(n, n))
    scale = np.diag([1e3] * 3 + [1e1] * 3)[:n, :n]
    made: np.ndarray = scale @ (root @ root.T + 0.1 * np.eye(n)) @ scale
    return made


def both_ways(name: str, *arguments: Any, outputs: int) -> list[tuple[Any, ...]]:
    """A kernel's result and outputs, as compiled and as written."""
    kernel = getattr(_kernels, name)
    found = []
    for function in (kernel, kernel.py_func):
        out = [np.zeros((6, 6)) if k == outputs - 1 else np.zeros(6) for k in range(outputs)]
        found.append((function(*arguments, *out), *out))
    return found


def test_numba_compiles_the_kernels_here() -> None:
    assert COMPILED


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["cholesky", "invert"])
def test_compiled_factors_are_the_written_ones(name: str, seed: int) -> None:
    compiled, written = both_ways(name, positive(seed), outputs=1)
    for one, other in zip(compiled, written, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("seed", range(5))
def test_a_compiled_intersection_is_the_written_one(seed: int) -> None:
    mean = np.random.default_rng(seed).normal(size=6) * 1e3
    arguments = (np.zeros(6), positive(seed), mean, positive(seed + 100))
    compiled, written = both_ways("intersect", *arguments, outputs=2)
    for one, other in zip(compiled, written, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_factor_inverse_determinant_and_distance_are_those_of_numpy(seed: int) -> None:
    covariance, out = positive(seed), np.zeros((6, 6))
    assert _kernels.cholesky(covariance, out)
    np.testing.assert_allclose(out, np.linalg.cholesky(covariance), rtol=1e-9)
    log_determinant = _kernels.invert(covariance, out)
    assert log_determinant == pytest.approx(np.linalg.slogdet(covariance)[1], rel=1e-10)
    np.testing.assert_allclose(out @ covariance, np.eye(6), atol=1e-7)
    difference = np.random.default_rng(seed).normal(size=6)
    expected = difference @ np.linalg.solve(covariance, difference)
    assert _kernels.quadratic(difference, covariance) == pytest.approx(expected, rel=1e-9)
    assert _kernels.quadratic.py_func(difference, covariance) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_the_weight_is_the_best_of_a_fine_search(seed: int) -> None:
    a, b = positive(seed), positive(seed + 50)
    mean, covariance = np.zeros(6), np.zeros((6, 6))
    weight = _kernels.intersect(np.zeros(6), a, np.zeros(6), b, mean, covariance)
    weights = np.linspace(0.0, 1.0, 2001)
    inverse_a, inverse_b = np.linalg.inv(a), np.linalg.inv(b)
    sizes = [-np.linalg.slogdet(w * inverse_a + (1.0 - w) * inverse_b)[1] for w in weights]
    assert weight == pytest.approx(weights[int(np.argmin(sizes))], abs=2e-3)
    assert np.linalg.slogdet(covariance)[1] <= min(sizes) + 1e-6


@pytest.mark.parametrize(
    "broken",
    [
        np.zeros((6, 6)),
        -np.eye(6),
        np.full((6, 6), math.nan),
        np.diag([1.0, 1.0, 1.0, 1.0, 1.0, -1e-9]),
        np.ones((6, 6)),
    ],
)
def test_what_is_no_covariance_gives_nan_and_no_exception(broken: np.ndarray) -> None:
    good, out, mean = positive(1), np.zeros((6, 6)), np.zeros(6)
    assert not _kernels.cholesky(broken, out) or not np.isfinite(out).all()
    assert math.isnan(_kernels.invert(broken, out))
    assert math.isnan(_kernels.quadratic(np.ones(6), broken))
    for pair in ((broken, good), (good, broken)):
        assert math.isnan(_kernels.intersect(mean, pair[0], mean, pair[1], np.zeros(6), out))
