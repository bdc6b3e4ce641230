"""Laws of covariance intersection and of combining what several nations tell."""

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.identity import NationId
from signalfire.basis.instant import Instant
from signalfire.fusion import _kernels
from signalfire.fusion.combine import Contribution, combine
from signalfire.fusion.match import separation_distance2
from signalfire.picture.estimate import StateEstimate

NOW = Instant(1_500_000_000_000_000_000)
seeds = st.integers(0, 2**32 - 1)
NATIONS = [NationId(nation) for nation in ("JPN", "KOR", "USA")]


def covariance(chance: np.random.Generator) -> np.ndarray:
    root = chance.normal(size=(6, 6))
    scale = np.diag([10.0 ** chance.uniform(1, 4)] * 3 + [10.0 ** chance.uniform(-1, 2)] * 3)
    made: np.ndarray = scale @ (root @ root.T + 0.3 * np.eye(6)) @ scale
    return made


def intersected(a: np.ndarray, b: np.ndarray) -> tuple[float, np.ndarray]:
    out = np.zeros((6, 6))
    weight = _kernels.intersect(np.zeros(6), a, np.zeros(6), b, np.zeros(6), out)
    return weight, out


@given(seeds)
def test_the_weight_lies_between_nothing_and_all(seed: int) -> None:
    chance = np.random.default_rng(seed)
    a, b = covariance(chance), covariance(chance)
    weight, _ = intersected(a, b)
    assert 0.0 <= weight <= 1.0
    mirrored, _ = intersected(b, a)
    assert abs(weight - (1.0 - mirrored)) < 1e-3


@given(seeds)
def test_a_fused_estimate_is_no_larger_than_either(seed: int) -> None:
    chance = np.random.default_rng(seed)
    a, b = covariance(chance), covariance(chance)
    _, fused = intersected(a, b)
    size = np.linalg.slogdet(fused)[1]
    assert size <= min(np.linalg.slogdet(a)[1], np.linalg.slogdet(b)[1]) + 1e-6


@given(seeds, st.floats(-0.99, 0.99))
def test_it_is_never_surer_than_the_truth_whatever_the_errors_share(
    seed: int, shared: float
) -> None:
    """The true error covariance of the fused mean stays below what is claimed, for any correlation.

    Reference: Julier and Uhlmann (1997), Proc. American Control Conference, 2369-2373.
    """
    chance = np.random.default_rng(seed)
    a, b = covariance(chance), covariance(chance)
    weight, claimed = intersected(a, b)
    root_a, root_b = np.linalg.cholesky(a), np.linalg.cholesky(b)
    turn = np.linalg.qr(chance.normal(size=(6, 6)))[0]
    between = shared * root_a @ turn @ root_b.T
    gain_a = weight * claimed @ np.linalg.inv(a)
    gain_b = (1.0 - weight) * claimed @ np.linalg.inv(b)
    cross = gain_a @ between @ gain_b.T
    true = gain_a @ a @ gain_a.T + gain_b @ b @ gain_b.T + cross + cross.T
    scale = np.sqrt(np.diag(claimed))
    excess = np.linalg.eigvalsh((claimed - true) / np.outer(scale, scale))
    assert excess.min() > -1e-6


def contributions(seed: int) -> list[Contribution]:
    """Three nations' words of one object, each with its own error; seen at different times."""
    chance = np.random.default_rng(seed)
    truth = np.array([-3.3e6, 3.9e6, 4.1e6, -2.0e3, -1.0e3, 1.5e3])
    told = []
    for place, nation in enumerate(NATIONS):
        spread = np.diag(
            [10.0 ** chance.uniform(1.5, 3.5)] * 3 + [10.0 ** chance.uniform(0, 1.5)] * 3
        )
        mean = truth + 0.5 * spread @ chance.normal(size=6)
        seen = NOW.later(-float(place) * 0.1)
        told.append(Contribution(nation, StateEstimate(NOW, mean, spread @ spread), seen, 0.0))
    return told


@given(seeds)
def test_the_order_in_which_words_arrive_changes_nothing(seed: int) -> None:
    told = contributions(seed)
    first = combine(told)
    for order in permutations(told):
        other = combine(order)
        assert other.nations == first.nations
        np.testing.assert_array_equal(other.state.mean, first.state.mean)
        np.testing.assert_array_equal(other.state.covariance, first.state.covariance)


@given(seeds)
def test_a_combined_state_lies_among_the_words_and_is_no_less_sure_than_the_first(
    seed: int,
) -> None:
    told = contributions(seed)
    combined = combine(told)
    assert told[0].nation in combined.nations
    size = np.linalg.slogdet(combined.state.covariance)[1]
    assert size <= np.linalg.slogdet(told[0].state.covariance)[1] + 1e-6
    np.testing.assert_allclose(combined.state.covariance, combined.state.covariance.T)
    assert np.linalg.eigvalsh(combined.state.covariance).min() > 0.0


@given(seeds, st.floats(-2e5, 2e5))
def test_a_separation_is_the_same_from_both_sides(seed: int, offset_m: float) -> None:
    told = contributions(seed)
    moved = told[1].state.mean + np.array([offset_m, 0.0, 0.0, 0.0, 0.0, 0.0])
    other = StateEstimate(NOW, moved, told[1].state.covariance.copy())
    there = separation_distance2(told[0].state, other)
    back = separation_distance2(other, told[0].state)
    assert there >= 0.0
    assert np.isclose(there, back, rtol=1e-9)
