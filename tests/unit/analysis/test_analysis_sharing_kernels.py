"""The kernels of what can be known: compiled equals written, and laws of the recursion."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.analysis import _sharing_kernels as k

STEPS = 6
MOTION = np.array([1e-5, 6_000.0, 2_000.0])
PRIOR = np.array([1e10] * 3 + [1.6e7] * 3)


def path() -> np.ndarray:
    """States of something that flies high, one a second."""
    seconds = np.arange(STEPS + 1.0)[:, None]
    place = np.array([6_600e3, 100e3, 50e3]) + seconds * np.array([500.0, 3_000.0, 1_000.0])
    return np.hstack([place, np.tile([500.0, 3_000.0, 1_000.0], (STEPS + 1, 1))])


def transitions(function: Any = k.transitions) -> np.ndarray:
    f = np.empty((STEPS, 6, 6))
    states = path()
    middle = 0.5 * (states[:-1] + states[1:])
    first = np.arange(STEPS + 1)
    function(middle, np.ones(STEPS), np.full(STEPS, 1.0 / 8_000.0), first, f)
    return f


def seen(weight: float = 1.0) -> np.ndarray:
    told = np.zeros((STEPS + 1, 3, 3))
    told[1:] = weight * np.diag([1 / 50.0**2, 1 / 300.0**2, 0.0])
    return told


def known(told: np.ndarray, *, driven: bool = False, function: Any = k.know) -> Any:
    out = np.zeros((STEPS + 1, 6, 6))
    is_driven = np.full(STEPS, driven)
    begun = function(transitions(), np.ones(STEPS), path(), is_driven, MOTION, told, PRIOR, out)
    return begun, out


def test_compiled_equals_written() -> None:
    f = transitions()
    assert transitions(k.transitions.py_func) == pytest.approx(f, rel=1e-12)
    begun, out = known(seen())
    written_begun, written = known(seen(), function=k.know.py_func)
    assert begun == written_begun == 1
    assert written == pytest.approx(out, rel=1e-9, abs=1e-9)
    at_end = np.hstack([np.eye(2), np.zeros((2, 4))])
    slopes, again = np.empty((STEPS + 1, 2, 6)), np.empty((STEPS + 1, 2, 6))
    k.ground_slopes(f, at_end, slopes)
    k.ground_slopes.py_func(f, at_end, again)
    assert again == pytest.approx(slopes, rel=1e-12)
    on_ground, there = np.zeros((STEPS + 1, 2, 2)), np.zeros((STEPS + 1, 2, 2))
    k.on_the_ground(slopes, out, begun, on_ground)
    k.on_the_ground.py_func(slopes, out, begun, there)
    assert there == pytest.approx(on_ground, rel=1e-9)
    assert np.all(on_ground[0] == 0.0) and np.all(np.linalg.eigvalsh(on_ground[1:]) > 0.0)


@given(st.integers(0, 10_000), st.integers(1, 3))
def test_learning_is_adding_information(seed: int, rank: int) -> None:
    draw = np.random.default_rng(seed)
    root = draw.standard_normal((6, 6))
    covariance = root @ root.T + np.eye(6)
    lines = draw.standard_normal((3, rank))
    told = lines @ lines.T
    information = np.linalg.inv(covariance)
    information[:3, :3] += told
    k.learn(covariance, told, np.empty((3, 3)), np.empty((3, 6)))
    assert covariance == pytest.approx(np.linalg.inv(information), rel=1e-6, abs=1e-8)


def test_nothing_seen_is_nothing_known() -> None:
    begun, out = known(np.zeros((STEPS + 1, 3, 3)))
    assert begun == STEPS + 1
    assert not out.any()


def test_twice_as_much_seen_is_known_better_and_thrust_spoils_it() -> None:
    for some, more in (
        (known(seen())[1], known(seen(2.0))[1]),
        (known(seen(), driven=True)[1], known(seen())[1]),
    ):
        assert np.all(np.linalg.eigvalsh(some[-1] - more[-1]) > -1e-6 * np.trace(some[-1]))
        assert np.trace(more[-1]) < np.trace(some[-1])
