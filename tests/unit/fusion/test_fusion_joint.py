"""Shared states with pedigree to one: as one filter would have it, whatever became of messages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.stats import chi2

from signalfire.basis.identity import NationId, TrackId
from signalfire.basis.instant import Instant
from signalfire.fusion import _increment_kernels as kernels
from signalfire.fusion.allowance import Allowances
from signalfire.fusion.combine import Contribution, combine
from signalfire.fusion.joint import JointTrack
from signalfire.motion.shaken import move
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.pedigree import Motion, Pedigree

NOW = Instant(1_500_000_000_000_000_000)
MOTION = Motion(
    drag_m2_kg=1.0 / 8_000.0,
    drag_spread_s=5.0,
    free_m2_s3=1e-5,
    forced_along_m2_s3=6_000.0,
    forced_across_m2_s3=2_000.0,
)
PEDIGREE = Pedigree(is_from_own_sensors=True, motion=MOTION)
NATIONS = [NationId(nation) for nation in ("JPN", "KOR", "USA")]
START = np.array([-3.1e6, 4.1e6, 4.2e6, -1.6e3, -0.8e3, 1.4e3])
"""300 km up, climbing."""


def positive(seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    root = draw.normal(size=(6, 6))
    scale = np.diag([1e3] * 3 + [1e1] * 3)
    made: np.ndarray = scale @ (root @ root.T + 0.1 * np.eye(6)) @ scale
    return made


def told(nation: str, state: StateEstimate, *, thrust: float = 0.0, track: int = 1) -> Contribution:
    return Contribution(
        nation=NationId(nation),
        state=state,
        last_observed_at=state.valid_at,
        thrust_probability=thrust,
        track=TrackId(f"T-{nation}-1-{track}"),
        pedigree=PEDIGREE,
    )


@dataclass
class Filter:
    """A plain Kalman filter with the motion of the house: places seen with one sigma an axis."""

    state: StateEstimate
    is_forced: bool

    def look(self, at: Instant, place: np.ndarray, sigma_m: np.ndarray) -> None:
        moved = move(self.state, at, MOTION, is_forced=self.is_forced)
        pick = np.eye(3, 6)
        innovation = moved.covariance[:3, :3] + np.diag(sigma_m**2)
        gain = np.linalg.solve(innovation, pick @ moved.covariance).T
        mean = moved.mean + gain @ (place - moved.mean[:3])
        rest = np.eye(6) - gain @ pick
        covariance = rest @ moved.covariance @ rest.T + gain @ np.diag(sigma_m**2) @ gain.T
        self.state = StateEstimate(at, mean, 0.5 * (covariance + covariance.T))


@dataclass
class Play:
    """Three nations' filters, one that sees everything, and what each nation tells and when."""

    told: list[list[Contribution]]
    one: list[StateEstimate]


def play(*, is_forced: bool, seconds: int = 25, seed: int = 3) -> Play:
    """Each nation looks once a second, a third of a second apart, and tells after each look."""
    draw = np.random.default_rng(seed)
    vague = StateEstimate(NOW, START, np.diag([500.0**2] * 3 + [100.0**2] * 3))
    sigmas_m = [np.array(s) for s in ([60.0, 300.0, 200.0], [250.0, 50.0, 300.0], [90.0] * 3)]
    nations = [Filter(vague, is_forced) for _ in NATIONS]
    one = Filter(vague, is_forced)
    truth = StateEstimate(NOW, START, 1e-6 * np.eye(6))
    result = Play([], [])
    for second in range(seconds):
        said = []
        for place, nation in enumerate(NATIONS):
            at = NOW.later(1.0 + second + place / 3.0)
            seen = move(truth, at, MOTION, is_forced=False).mean[:3]
            seen = seen + draw.normal(size=3) * sigmas_m[place]
            nations[place].look(at, seen, sigmas_m[place])
            one.look(at, seen, sigmas_m[place])
            said.append(told(nation, nations[place].state, thrust=0.95 if is_forced else 0.02))
        result.told.append(said)
        result.one.append(one.state)
    return result


def fused(messages: Iterable[Sequence[Contribution]]) -> StateEstimate:
    """What a receiver has in the end, that always holds each nation's latest."""
    joint, held, state = JointTrack(), dict[NationId, Contribution](), None
    for batch in messages:
        for each in batch:
            before = held.get(each.nation)
            if before is None or each.state.valid_at >= before.state.valid_at:
                held[each.nation] = each
        if held:
            at = max(each.state.valid_at for each in held.values())
            found = joint.fuse([held[nation] for nation in sorted(held)], at)
            assert found is not None
            state = found.state
    assert state is not None
    return state


def difference(one: StateEstimate, other: StateEstimate) -> float:
    """Distance of two states in units of the first one's sigma."""
    gap = one.mean - move(other, one.valid_at, MOTION, is_forced=True).mean
    return float(np.sqrt(gap @ np.linalg.solve(one.covariance, gap)))


def volume_ratio(one: StateEstimate, other: StateEstimate) -> float:
    """By how much the sigma of one is larger than that of the other, on average of six axes."""
    sizes = [np.linalg.slogdet(state.covariance)[1] for state in (one, other)]
    return float(np.exp((sizes[0] - sizes[1]) / 12.0))


@pytest.mark.parametrize("is_forced", [False, True], ids=["free flight", "under thrust"])
def test_states_that_share_no_look_fuse_to_what_one_filter_makes_of_all_looks(
    is_forced: bool,
) -> None:
    """One filter's 25 s with three sensors, from three filters' states alone.

    The nations' common first guess is forgotten by then under thrust; in free flight it counts
    three times, and is little beside 25 looks.
    """
    played = play(is_forced=is_forced)
    state = fused(played.told)
    assert difference(state, played.one[-1]) < 0.6
    assert 0.9 < volume_ratio(state, played.one[-1]) < 1.05


def test_under_thrust_adding_information_would_claim_too_much() -> None:
    """What the increments are for: the shaking that all share is not counted as knowledge."""
    played = play(is_forced=True)
    added = fused([[replace(each, thrust_probability=0.02) for each in played.told[-1]]])
    assert volume_ratio(added, played.one[-1]) < 0.93
    intersected = combine(
        [
            replace(each, state=move(each.state, added.valid_at, MOTION, is_forced=True))
            for each in played.told[-1]
        ]
    ).state
    assert volume_ratio(intersected, played.one[-1]) > 1.15


@pytest.mark.parametrize("is_forced", [False, True], ids=["free flight", "under thrust"])
def test_repeats_change_nothing(is_forced: bool) -> None:
    played = play(is_forced=is_forced)
    twice = [batch for batch in played.told for _ in range(2)]
    np.testing.assert_array_equal(fused(twice).mean, fused(played.told).mean)
    np.testing.assert_array_equal(fused(twice).covariance, fused(played.told).covariance)


def test_late_states_under_thrust_are_put_into_their_place() -> None:
    """One nation's come 4 s late: when the last has come it is as if all had come in time."""
    played = play(is_forced=True)
    late = [[each for each in batch if each.nation != "KOR"] for batch in played.told]
    for second, batch in enumerate(played.told[:-4]):
        late[second + 4].append(next(each for each in batch if each.nation == "KOR"))
    missing = [next(e for e in batch if e.nation == "KOR") for batch in played.told[-4:]]
    first = played.told[0][1]
    state = fused([[first], *late, *([each] for each in missing)])
    in_time = fused([[first], *played.told])
    assert difference(in_time, state) < 0.05
    assert volume_ratio(state, in_time) == pytest.approx(1.0, abs=0.01)


def test_what_is_lost_is_made_good_by_the_next() -> None:
    played = play(is_forced=True)
    holes = [
        [each for each in batch if each.nation == "JPN" or second % 3 == 0]
        for second, batch in enumerate(played.told)
    ]
    holes[-1] = played.told[-1]
    assert difference(fused(holes), played.one[-1]) < 1.5
    assert 0.95 < volume_ratio(fused(holes), played.one[-1]) < 1.15


def test_without_pedigree_nothing_is_added() -> None:
    played = play(is_forced=False)
    bare = [[replace(each, pedigree=None) for each in batch] for batch in played.told]
    at = max(each.state.valid_at for each in bare[-1])
    moved = [replace(e, state=move(e.state, at, e.motion, is_forced=False)) for e in bare[-1]]
    np.testing.assert_array_equal(fused(bare).mean, combine(moved).state.mean)
    borrowed = Pedigree(is_from_own_sensors=False, motion=MOTION)
    shared = [[replace(each, pedigree=borrowed) for each in batch] for batch in played.told]
    assert volume_ratio(fused(shared), played.one[-1]) > 1.15


def test_a_rounded_state_told_again_and_again_makes_nobody_surer() -> None:
    state = StateEstimate(NOW, START, np.diag([1500.0**2] * 3 + [15.0**2] * 3))
    words = [
        [replace(told("KOR", move(state, NOW.later(float(s)), MOTION, is_forced=False)),
                 pedigree=None)]
        for s in range(30)
    ]  # fmt: skip
    assert volume_ratio(fused(words), words[-1][0].state) == pytest.approx(1.0, abs=1e-6)


def test_a_track_that_was_lost_and_began_anew_is_not_counted_twice() -> None:
    """Under thrust, the same state under another track's id adds nothing."""
    played = play(is_forced=True)
    again = [replace(each, track=TrackId("T-KOR-1-2")) for each in played.told[-1]]
    before, after = fused(played.told), fused([*played.told, again[1:2]])
    assert volume_ratio(after, before) > 0.99


def test_one_that_has_only_begun_to_look_does_not_shake_what_others_know() -> None:
    played = play(is_forced=False)
    young = replace(played.told[-1][2], thrust_probability=0.7)
    state = fused([*played.told, [young]])
    assert volume_ratio(state, fused(played.told)) < 1.1


def three_states(draw: np.random.Generator, sigmas_m: Sequence[float]) -> list[Contribution]:
    """Three nations' independent states of one object in free flight, true to their claims."""
    said = []
    for nation, sigma_m in zip(NATIONS, sigmas_m, strict=True):
        sigma = np.array([sigma_m] * 3 + [0.02 * sigma_m] * 3)
        mean = START + sigma * draw.normal(size=6)
        said.append(told(nation, StateEstimate(NOW, mean, np.diag(sigma**2))))
    return said


def off(each: Contribution, by: Sequence[float]) -> Contribution:
    state = each.state
    mean = state.mean + np.array(by)
    return replace(each, state=StateEstimate(state.valid_at, mean, state.covariance))


def squared(state: StateEstimate) -> float:
    error = state.mean - START
    return float(error @ np.linalg.solve(state.covariance, error))


BIAS = (500.0, -300.0, 200.0, 2.0, 1.0, -1.0)


@pytest.mark.parametrize("biased", [0, 1, 2])
def test_one_out_of_register_among_three_does_not_spoil_what_two_agree_on(biased: int) -> None:
    draw = np.random.default_rng(5)
    squares, errors_m, before_m = [], [], []
    for _ in range(40):
        said = three_states(draw, (40.0, 40.0, 40.0))
        said[biased] = off(said[biased], BIAS)
        state = fused([said])
        squares.append(squared(state))
        errors_m.append(np.linalg.norm(state.mean[:3] - START[:3]))
        middle = np.mean([each.state.mean for each in said], axis=0)
        before_m.append(np.linalg.norm(middle[:3] - START[:3]))
    assert np.mean(squares) / 6.0 < 1.6
    assert np.mean(errors_m) < 0.3 * np.mean(before_m)


def test_of_two_who_disagree_neither_is_believed_alone() -> None:
    draw = np.random.default_rng(6)
    squares = []
    for _ in range(60):
        said = three_states(draw, (40.0, 40.0, 40.0))[:2]
        squares.append(squared(fused([[said[0], off(said[1], BIAS)]])))
    assert np.mean(squares) / 6.0 < 1.3


def test_those_who_agree_are_believed_as_they_claim() -> None:
    """The fused error is as large as claimed, and larger than chance only as often as chance."""
    draw = np.random.default_rng(7)
    squares = [squared(fused([three_states(draw, (30.0, 60.0, 100.0))])) for _ in range(300)]
    low, high = chi2.ppf([0.005, 0.995], 6 * len(squares)) / (6 * len(squares))
    assert low < np.mean(squares) / 6.0 < high


def test_who_was_blamed_wrongly_is_absolved_when_the_others_know_more() -> None:
    """At first two vague ones lean to the sure one's side; later they agree against it."""
    allowances = Allowances()

    def given(offset_m: float, sigma_m: float) -> tuple[np.ndarray, np.ndarray]:
        return np.array([offset_m, 0, 0, 0, 0, 0.0]), np.diag([sigma_m**2] * 3 + [1.0] * 3)

    jpn, kor, usa = NATIONS
    allowances.review({jpn: given(500.0, 60.0), kor: given(0.0, 20.0), usa: given(0.0, 250.0)})
    assert allowances.of(jpn) is not None
    allowances.review({jpn: given(500.0, 20.0), kor: given(0.0, 20.0), usa: given(500.0, 20.0)})
    assert allowances.of(jpn) is None and allowances.of(usa) is None
    assert allowances.of(kor) is not None


def test_one_that_was_out_of_register_for_a_minute_is_believed_again_in_the_end() -> None:
    """The fused error stays within what is claimed throughout; its weight comes back."""
    squares, ratios = [], []
    for seed in range(20):
        draw = np.random.default_rng([8, seed])
        joint = JointTrack()
        for second in range(0, 900, 10):
            said = three_states(draw, (40.0, 40.0, 40.0))
            if second < 60:
                said[1] = off(said[1], BIAS)
            at = NOW.later(float(second))
            said = [
                replace(
                    each,
                    state=StateEstimate(at, each.state.mean, each.state.covariance),
                    last_observed_at=at,
                )
                for each in said
            ]
            found = joint.fuse(said, at)
            assert found is not None
            squares.append((second, squared(found.state)))
            if second in (50, 120, 890):
                ratios.append((second, volume_ratio(found.state, fused([said]))))
    for start in (0, 60, 200, 400, 700):
        part = [square for second, square in squares if start <= second < start + 200]
        assert np.mean(part) / 6.0 < 1.6
    blamed, after, forgiven = (
        np.median([ratio for at, ratio in ratios if at == second]) for second in (50, 120, 890)
    )
    assert blamed > 1.02 and after > 1.02
    assert forgiven == pytest.approx(1.0, abs=1e-6)


# The kernels.


@pytest.mark.parametrize("seed", range(5))
def test_increments_compiled_are_the_written_ones(seed: int) -> None:
    results = []
    for function in (kernels.absorb, kernels.absorb.py_func):
        mean, covariance = np.ones(6), positive(seed)
        before, after = positive(seed + 10), 0.5 * positive(seed + 10)
        assert function(mean, covariance, np.zeros(6), before, np.full(6, 9.0), after)
        results.append(np.concatenate([mean, covariance.ravel()]))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_an_increment_is_the_very_look_that_made_it(seed: int) -> None:
    """Another state takes from before and after what it would have taken from the look itself."""
    draw = np.random.default_rng(seed)
    slope, noise = draw.normal(size=(2, 6)) * [1, 1, 1, 50, 50, 50], np.diag([1e4, 4e4])
    seen = draw.normal(size=2) * 500.0

    def looked(mean: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gain = covariance @ slope.T @ np.linalg.inv(slope @ covariance @ slope.T + noise)
        return mean + gain @ (seen - slope @ mean), covariance - gain @ slope @ covariance

    before, own = positive(seed), positive(seed + 20)
    after_mean, after = looked(np.zeros(6), before)
    mean, covariance = draw.normal(size=6) * 10.0, own.copy()
    expected_mean, expected = looked(mean, own)
    assert kernels.absorb(mean, covariance, np.zeros(6), before, after_mean, after)
    scale = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(mean / scale, expected_mean / scale, atol=1e-5)
    np.testing.assert_allclose(
        covariance / np.outer(scale, scale), expected / np.outer(scale, scale), atol=1e-5
    )


def test_from_one_that_became_less_sure_nothing_is_learned() -> None:
    mean, covariance = np.ones(6), positive(1)
    grown = 2.0 * positive(2)
    assert kernels.absorb(mean, covariance, np.zeros(6), positive(2), np.full(6, 1e3), grown)
    np.testing.assert_array_equal(mean, np.ones(6))
    np.testing.assert_allclose(covariance, positive(1))


@pytest.mark.parametrize("seed", range(5))
def test_axes_and_sums_are_those_of_numpy(seed: int) -> None:
    diagonal, turn = positive(seed) / 1e6, np.zeros((6, 6))
    kernels.diagonalise(diagonal, turn)
    np.testing.assert_allclose(
        np.sort(np.diag(diagonal)), np.linalg.eigvalsh(positive(seed) / 1e6), rtol=1e-8, atol=1e-14
    )
    means, covariances = np.ones((3, 6)), np.array([positive(seed + k) for k in range(3)])
    means[1] *= 2.0
    mean, covariance = np.zeros(6), np.zeros((6, 6))
    for function in (kernels.pool, kernels.pool.py_func):
        size = function(means, covariances, mean, covariance)
        information = [np.linalg.inv(each) for each in covariances]
        expected = np.linalg.inv(sum(information))
        np.testing.assert_allclose(covariance, expected, rtol=1e-6, atol=1e-9)
        vector = sum(i @ m for i, m in zip(information, means, strict=True))
        np.testing.assert_allclose(mean, expected @ vector, rtol=1e-6)
        assert size == pytest.approx(np.linalg.slogdet(expected)[1], rel=1e-9)
