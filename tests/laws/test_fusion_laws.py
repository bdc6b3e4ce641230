"""Laws of covariance intersection and of combining what several nations tell."""

from dataclasses import replace
from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.identity import NationId, TrackId
from signalfire.basis.instant import Instant
from signalfire.fusion import _kernels
from signalfire.fusion.combine import Contribution, combine
from signalfire.fusion.joint import JointTrack
from signalfire.fusion.match import separation_distance2
from signalfire.motion.shaken import move
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.pedigree import Motion, Pedigree

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


# What becomes of a partner's messages on their way.

MOTION = Motion(
    drag_m2_kg=1.0 / 8_000.0,
    drag_spread_s=5.0,
    free_m2_s3=1e-5,
    forced_along_m2_s3=6_000.0,
    forced_across_m2_s3=2_000.0,
)
TRUTH = StateEstimate(
    NOW, np.array([-3.1e6, 4.1e6, 4.2e6, -1.6e3, -0.8e3, 1.4e3]), 1e-6 * np.eye(6)
)
SECONDS = 12
BOUND_D2 = 38.3
"""Chi-square with 6 degrees of freedom, one in a million."""


def sent(seed: int, *, is_forced: bool) -> list[Contribution]:
    """Each nation's states, one a second, each true to its claim; a nation's errors live on."""
    chance, messages = np.random.default_rng(seed), []
    for place, nation in enumerate(NATIONS):
        sigma = np.array([40.0 + 30.0 * place] * 3 + [1.0 + place] * 3)
        wrong = sigma * chance.normal(size=6)
        first = StateEstimate(NOW, TRUTH.mean + wrong, np.diag(sigma**2))
        for second in range(SECONDS):
            at = NOW.later(float(second))
            messages.append(
                Contribution(
                    nation=nation,
                    state=move(first, at, MOTION, is_forced=is_forced),
                    last_observed_at=at,
                    thrust_probability=0.95 if is_forced else 0.02,
                    track=TrackId(f"T-{nation}-1-1"),
                    pedigree=Pedigree(is_from_own_sensors=True, motion=MOTION),
                )
            )
    return messages


def received(arriving: list[Contribution], *, finally_at: Instant) -> StateEstimate:
    """What a receiver has in the end that holds each nation's latest, as the book of events does.

    It is asked after each message, and at last once more.
    """
    joint, held = JointTrack(), dict[NationId, Contribution]()
    for message in arriving:
        before = held.get(message.nation)
        if before is None or message.state.valid_at >= before.state.valid_at:
            held[message.nation] = message
        at = max(each.state.valid_at for each in held.values())
        joint.fuse([held[nation] for nation in sorted(held)], at)
    found = joint.fuse([held[nation] for nation in sorted(held)], finally_at)
    assert found is not None
    return found.state


def d2_of(state: StateEstimate) -> float:
    error = state.mean - move(TRUTH, state.valid_at, MOTION, is_forced=False).mean
    return float(error @ np.linalg.solve(state.covariance, error))


def on_the_way(messages: list[Contribution], seed: int) -> list[Contribution]:
    """Some lost, some repeated, in any order; each nation's last one comes through."""
    chance = np.random.default_rng(seed)
    last = NOW.later(SECONDS - 1.0)
    kept = [each for each in messages if each.state.valid_at == last or chance.random() > 0.3]
    kept += [each for each in kept if chance.random() < 0.3]
    return [kept[place] for place in chance.permutation(len(kept))]


@given(seeds, seeds)
def test_in_free_flight_order_loss_and_repetition_change_nothing_in_the_end(
    seed: int, way: int
) -> None:
    messages = sent(seed, is_forced=False)
    at = NOW.later(SECONDS - 1.0)
    in_order = received(messages, finally_at=at)
    state = received(on_the_way(messages, way), finally_at=at)
    again = received(on_the_way(messages, way + 1), finally_at=at)
    for other in (state, again):
        np.testing.assert_allclose(other.mean, in_order.mean, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(other.covariance, in_order.covariance, rtol=1e-6, atol=1e-6)


@given(seeds, seeds, st.booleans())
def test_whatever_becomes_of_messages_the_estimate_stays_consistent(
    seed: int, way: int, is_forced: bool
) -> None:
    """Its normalised error stays within chance, as that of the surest nation alone does."""
    messages = sent(seed, is_forced=is_forced)
    at = NOW.later(SECONDS - 1.0)
    alone = [each for each in messages if each.nation == NATIONS[0]]
    state = received(on_the_way(messages, way), finally_at=at)
    assert d2_of(state) < max(BOUND_D2, d2_of(alone[-1].state))
    size, alone_size = (np.linalg.slogdet(s.covariance)[1] for s in (state, alone[-1].state))
    assert np.isfinite(size) and size < alone_size + 1e-6


@given(seeds, seeds)
def test_without_pedigree_too_only_the_latest_words_count(seed: int, way: int) -> None:
    messages = [replace(each, pedigree=None) for each in sent(seed, is_forced=False)]
    at = NOW.later(SECONDS - 1.0)
    in_order = received(messages, finally_at=at)
    state = received(on_the_way(messages, way), finally_at=at)
    np.testing.assert_array_equal(state.mean, in_order.mean)
    np.testing.assert_array_equal(state.covariance, in_order.covariance)
