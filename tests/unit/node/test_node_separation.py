"""What came off what: judged from the way back, of many at once, and without an error ever."""

from dataclasses import replace

import numpy as np
import pytest

from signalfire.basis.identity import NationId, NodeId, TrackId
from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.motion.shaken import CAUTIOUS, move, trail
from signalfire.node import separation
from signalfire.node.events import EventBook
from signalfire.node.separation import Kindred, Kinship, kinship, may_have_met
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.track import Track, TrackStatus
from signalfire.space.geodesy import Geodetic, enu_from_ecef

BURNT_OUT = instant_from_utc("2025-06-01T12:01:00Z")
PARTED = BURNT_OUT.later(1.0)
SEEN = BURNT_OUT.later(40.0)
SURE = np.diag([60.0**2] * 3 + [2.0**2] * 3)


def at_parting(east_m: float = 0.0, push_m_s: float = 0.0) -> StateEstimate:
    """80 km up just after the end of thrust, so far to the east, and pushed upwards."""
    place = Geodetic.from_degrees(40.0, 128.0, 80e3)
    axes = enu_from_ecef(place)
    velocity = axes.T @ np.array([1500.0, 0.0, 1500.0 + push_m_s])
    at = place.ecef_m() + axes.T @ np.array([east_m, 0.0, 0.0])
    return StateEstimate(PARTED, np.concatenate([at, velocity]), SURE)


def seen(
    number: int, first: Instant, east_m: float = 0.0, push_m_s: float = 0.0, at: Instant = SEEN
) -> Track:
    flown = move(at_parting(east_m, push_m_s), at, CAUTIOUS, is_forced=False)
    return Track(
        track=TrackId(f"T-JPN-1-{number}"),
        status=TrackStatus.CONFIRMED,
        state=replace(flown, covariance=SURE.copy()),
        thrust_probability=0.0,
        first_observed_at=first,
        last_observed_at=at,
        observed_s=at.elapsed_s(since=first),
        updates=30,
        paths=frozenset({"one"}),
        ascent=(),
        burnt_out_at=BURNT_OUT,
        free_flight_seen=True,
    )


def parent(number: int = 1, east_m: float = 0.0) -> Track:
    return seen(number, BURNT_OUT.later(-30.0), east_m)


def stage(push_m_s: float = -20.0, east_m: float = 0.0) -> Track:
    return seen(99, BURNT_OUT.later(10.0), east_m, push_m_s)


def test_a_stage_that_parts_slowly_came_off_its_missile() -> None:
    assert kinship(parent(), stage()) is Kinship.OBJECT


@pytest.mark.parametrize("east_m", [15e3, 1e6])
def test_a_missile_beside_another_did_not_come_off_it(east_m: float) -> None:
    assert kinship(parent(), stage(0.0, east_m)) is Kinship.OTHER


@pytest.mark.parametrize(("burning", "found"), [("parent", Kinship.OPEN), ("stage", Kinship.OTHER)])
def test_what_falls_beside_a_missile_that_seems_to_burn_on_is_left_open(
    burning: str, found: Kinship
) -> None:
    """That an engine has stopped shows some seconds late, and its stage may be seen before."""
    thrust = {"thrust_probability": 0.97, "burnt_out_at": None, "free_flight_seen": False}
    missile = replace(parent(), burnt_out_at=None, free_flight_seen=False)
    spent = replace(stage(), observed_s=10.0)
    if burning == "parent":
        missile = replace(missile, **thrust)
    else:
        spent = replace(spent, **thrust)
    assert kinship(missile, spent) is found


def test_what_is_not_yet_well_known_is_left_open() -> None:
    unsure = replace(stage(), observed_s=10.0)
    unsure = replace(unsure, state=replace(unsure.state, covariance=1e3 * SURE))
    assert kinship(parent(), unsure) is Kinship.OPEN


@pytest.mark.parametrize(
    "covariance", [np.zeros((6, 6)), -SURE, np.full((6, 6), np.nan), 1e300 * SURE, 1e-320 * SURE]
)
def test_no_covariance_however_broken_stops_the_judgement(covariance: np.ndarray) -> None:
    broken = replace(stage(), state=replace(stage().state, covariance=covariance))
    assert isinstance(kinship(parent(), broken), Kinship)
    assert isinstance(Kindred().judge([parent(), broken], stage())[1], Kinship)


def test_what_is_told_at_once_of_many_is_what_each_pair_says() -> None:
    """Also where the parent was last seen some seconds before, or is falling through the air."""
    parents = [
        seen(n, BURNT_OUT.later(-30.0), east_m, at=SEEN.later(-before_s))
        for n, (east_m, before_s) in enumerate(
            (east_m, before_s)
            for east_m in (0.0, 5e3, 2e4, 3e4, 6e4, 2e5, 1e6)
            for before_s in (0.0, 2.0, 15.0)
        )
    ]
    parents += [
        replace(
            p, track=TrackId(f"{p.track}999"), state=move(p.state, late, CAUTIOUS, is_forced=False)
        )
        for p in parents
        for late in (SEEN.later(300.0),)
    ]
    for other in (stage(), stage(0.0, 2e4), stage(0.0, 3e4)):
        alone = [kinship(p, other) for p in parents]
        assert Kindred().judge(parents, other) == alone
        near = may_have_met(parents, [other] * len(parents))
        assert all(
            is_near
            for is_near, found in zip(near, alone, strict=True)
            if found is not Kinship.OTHER
        )
    assert not may_have_met([parent(1, 1e6)], [stage()])[0]


def test_a_pair_is_judged_again_only_when_one_of_the_two_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[TrackId] = []

    def counted(one: Track, other: Track) -> Kinship:
        asked.append(one.track)
        return kinship(one, other)

    monkeypatch.setattr(separation, "kinship", counted)
    kindred, other, parents = Kindred(), stage(), [parent(1), parent(2, 5e3)]
    first = kindred.judge(parents, other)
    assert kindred.judge(parents, other) == first and len(asked) == 2
    kindred.judge([replace(parents[0]), parents[1]], other)
    assert asked[2:] == [parents[0].track]
    kindred.forget(set())
    kindred.judge(parents, other)
    assert len(asked) == 5


def test_several_judged_at_once_are_what_each_alone_is() -> None:
    parents = [parent(1), parent(2, 5e3), parent(3, 2e5)]
    others = [
        replace(stage(0.0, gap_m), track=TrackId(f"T-JPN-2-{int(gap_m)}")) for gap_m in (0.0, 2e4)
    ]
    kindred = Kindred()
    kindred.judge_all(parents, others)
    for other in others:
        assert kindred.judge(parents, other) == Kindred().judge(parents, other)
    assert kindred.judge(parents, others[0]) != kindred.judge(parents, others[1])


def test_a_trail_is_where_each_instant_alone_would_have_it() -> None:
    state = parent().state
    instants = [SEEN.later(after_s) for after_s in (-39.0, -20.0, -0.5, 0.0, 1.0, 45.0)]
    means, covariances = trail(state, instants, CAUTIOUS)
    for at, mean, covariance in zip(instants, means, covariances, strict=True):
        alone = move(state, at, CAUTIOUS, is_forced=False)
        assert np.allclose(mean, alone.mean, atol=0.01)
        assert np.allclose(covariance, alone.covariance, rtol=1e-3, atol=1e-3)


BURST = instant_from_utc("2025-06-01T12:00:50Z")
UNSURE = np.diag([120.0**2] * 3 + [40.0**2] * 3)


def driven_at(after_s: float, behind_s: float = 0.0, east_m: float = 0.0) -> np.ndarray:
    """Where a missile is that is pushed by 30 m/s2 along its path, about when others burst."""
    place = Geodetic.from_degrees(40.0, 128.0, 30e3)
    axes = enu_from_ecef(place)
    ahead = np.array([0.6, 0.0, 0.8])
    flown_s = after_s - behind_s
    enu = ahead * (1_200.0 * flown_s + 15.0 * flown_s**2) + np.array([0.0, east_m, 0.0])
    velocity = ahead * (1_200.0 + 30.0 * flown_s)
    return np.concatenate([place.ecef_m() + axes.T @ enu, axes.T @ velocity])


def driven(number: int, first_s: float, until_s: float, **beside: float) -> Track:
    """A track of a missile under thrust, between two moments since the burst of another."""
    arc = tuple(
        StateEstimate(BURST.later(after_s), driven_at(after_s, **beside), UNSURE)
        for after_s in np.arange(first_s + 1.0, until_s + 0.5)
    )
    return replace(
        seen(number, BURST.later(first_s)),
        state=arc[-1],
        last_observed_at=arc[-1].valid_at,
        observed_s=until_s - first_s,
        thrust_probability=0.95,
        ascent=arc,
        burnt_out_at=None,
        free_flight_seen=False,
    )


def fragment(push_m_s: tuple[float, float, float], first_s: float, until_s: float) -> Track:
    """A track of what the burst threw out, falling free, while the filter has it under thrust."""
    mean = driven_at(0.0)
    mean[3:] += np.array(push_m_s)
    thrown = StateEstimate(BURST, mean, UNSURE)
    arc = tuple(
        replace(move(thrown, BURST.later(after_s), CAUTIOUS, is_forced=False), covariance=UNSURE)
        for after_s in np.arange(first_s + 1.0, until_s + 0.5)
    )
    return replace(driven(99, first_s, until_s), state=arc[-1], ascent=arc)


@pytest.mark.parametrize("push_m_s", [(150.0, 0.0, 0.0), (0.0, -90.0, 90.0), (-20.0, 10.0, 0.0)])
def test_what_a_missile_throws_out_that_bursts_under_thrust_came_off_it(
    push_m_s: tuple[float, float, float],
) -> None:
    """Nothing is said before a push would have shown; the missile's own track ends there or not."""
    for last_s in (1.0, 8.0):
        whole = driven(1, -15.0, last_s)
        assert kinship(whole, fragment(push_m_s, 2.0, 10.0)) is Kinship.OPEN
        assert kinship(whole, fragment(push_m_s, 2.0, 28.0)) is Kinship.OBJECT


KNOWN = np.diag([60.0**2] * 3 + [10.0**2] * 3)


def tumbling(first_s: float, until_s: float) -> Track:
    """A light fragment, thrown aside: in 30 km of height the air takes 20 m/s each second."""
    found = fragment((0.0, -90.0, 90.0), first_s, until_s)
    arc = []
    for each in found.ascent:
        mean = each.mean.copy()
        after_s = each.valid_at.elapsed_s(since=BURST)
        ahead = mean[3:] / np.linalg.norm(mean[3:])
        mean[3:] -= ahead * 8.0 * after_s
        mean[:3] -= ahead * 4.0 * after_s**2
        arc.append(StateEstimate(each.valid_at, mean, KNOWN))
    return replace(found, state=arc[-1], ascent=tuple(arc))


@pytest.mark.parametrize("first_s", [12.0, 20.0, 30.0])
def test_fragments_seen_long_after_the_track_of_the_missile_ended_came_off_it(
    first_s: float,
) -> None:
    """Not said before a push would have shown; nor of what is first seen too long afterwards."""
    whole = driven(1, -15.0, 0.0)
    assert kinship(whole, tumbling(first_s, first_s + 10.0)) is Kinship.OPEN
    assert kinship(whole, tumbling(first_s, first_s + 28.0)) is Kinship.OBJECT
    assert kinship(whole, tumbling(62.0, 90.0)) is Kinship.OTHER


def test_the_event_of_a_missile_whose_track_ended_with_the_burst_is_asked() -> None:
    book = EventBook(NationId("JPN"), NodeId("JPN-1"))
    whole = driven(1, -15.0, 0.0)
    event = book.join_own(whole, BURST.later(-60.0), BURST, busy=[])
    assert book.came_off(tumbling(12.0, 40.0), busy=[]) == (event, False)
    assert book.came_off(tumbling(12.0, 20.0), busy=[]) == (None, True)


@pytest.mark.parametrize("behind_s", [1.0, 3.0, 8.0])
def test_a_missile_seen_long_after_another_was_lost_is_known_by_its_thrust(
    behind_s: float,
) -> None:
    lost = driven(1, -15.0, 0.0)
    for first_s in (12.0, 30.0):
        following = driven(2, first_s, first_s + 28.0, behind_s=behind_s, east_m=500.0)
        assert kinship(lost, following) is Kinship.OTHER


def test_a_missile_that_kept_its_energy_is_another_though_nobody_saw_it_pushed() -> None:
    """Lost with the engine about to stop, and one behind it first seen in coast: two missiles."""
    lost = driven(1, -15.0, 0.0)
    for behind_s in (1.0, 3.0):
        coasting = fragment((0.0, 0.0, 0.0), 30.0, 58.0)
        late = tuple(
            replace(each, valid_at=each.valid_at.later(behind_s), covariance=KNOWN)
            for each in coasting.ascent
        )
        found = replace(
            coasting,
            state=late[-1],
            ascent=late,
            first_observed_at=coasting.first_observed_at.later(behind_s),
            last_observed_at=late[-1].valid_at,
        )
        assert kinship(lost, found) is Kinship.OTHER


def test_a_missile_that_follows_another_closely_did_not_come_off_it() -> None:
    """Seen for the first time over the same horizon seconds later, half a kilometre to the side."""
    whole = driven(1, -15.0, 28.0)
    for behind_s in (1.0, 3.0, 8.0):
        for until_s in (10.0, 28.0):
            beside = driven(2, -15.0 + behind_s, until_s, behind_s=behind_s, east_m=500.0)
            assert kinship(whole, beside) is Kinship.OTHER


def test_a_missile_lost_and_found_beside_another_is_known_by_its_thrust() -> None:
    found = driven(2, 2.0, 28.0, behind_s=1.0, east_m=500.0)
    assert kinship(driven(1, -15.0, 28.0), found) is Kinship.OTHER
