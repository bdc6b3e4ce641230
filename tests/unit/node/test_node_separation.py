"""What came off what: judged from the way back, of many at once, and without an error ever."""

from dataclasses import replace

import numpy as np
import pytest

from signalfire.basis.identity import TrackId
from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.motion.shaken import CAUTIOUS, move, trail
from signalfire.node import separation
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
        near = may_have_met(parents, other)
        assert all(
            is_near
            for is_near, found in zip(near, alone, strict=True)
            if found is not Kinship.OTHER
        )
    assert not may_have_met([parent(1, 1e6)], stage())[0]


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


def test_a_trail_is_where_each_instant_alone_would_have_it() -> None:
    state = parent().state
    instants = [SEEN.later(after_s) for after_s in (-39.0, -20.0, -0.5, 0.0, 1.0, 45.0)]
    means, covariances = trail(state, instants, CAUTIOUS)
    for at, mean, covariance in zip(instants, means, covariances, strict=True):
        alone = move(state, at, CAUTIOUS, is_forced=False)
        assert np.allclose(mean, alone.mean, atol=0.01)
        assert np.allclose(covariance, alone.covariance, rtol=1e-3, atol=1e-3)
