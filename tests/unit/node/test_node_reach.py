"""What a body that nobody sees for a while can have become, and what it cannot."""

import math
from dataclasses import replace

import numpy as np
import pytest

from signalfire.basis.identity import NationId, NodeId, track_id
from signalfire.basis.instant import Instant
from signalfire.node.events import EventBook
from signalfire.node.reach import Found, found_again
from signalfire.node.watching import possible_launches
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import Assessment, ClassBelief, MissileClass, Phase
from signalfire.picture.track import Track, TrackStatus
from signalfire.space.geodesy import Geodetic, enu_from_ecef

START = Instant(1_800_000_000 * 10**9)
STEP_S = 0.1


def glide(
    until_s: float, *, bank_deg: float = 0.0, height_m: float = 35e3, lift_drag: float = 2.5
) -> np.ndarray:
    """Places and velocities every 0.1 s of a glider of 8,000 kg/m2: 2,800 m/s eastwards, level.

    Gravity of a sphere that does not turn; the lift carries the weight where there is enough.
    """
    place = Geodetic.from_degrees(39.0, 130.0, height_m)
    state = np.concatenate([place.ecef_m(), enu_from_ecef(place).T @ np.array([2_800.0, 0.0, 0.0])])
    rows, bank = [state], math.radians(bank_deg)
    for _ in range(round(until_s / STEP_S)):
        here, velocity = state[:3], state[3:]
        radius_m, speed_m_s = np.linalg.norm(here), np.linalg.norm(velocity)
        up, ahead = here / radius_m, velocity / speed_m_s
        lifted = up - (up @ ahead) * ahead
        lifted /= np.linalg.norm(lifted)
        density = 1.225 * math.exp(-(radius_m - np.linalg.norm(place.ecef_m()) + height_m) / 7_200)
        drag_m_s2 = 0.5 * density * speed_m_s**2 / 8_000.0
        turned = math.cos(bank) * lifted + math.sin(bank) * np.cross(ahead, lifted)
        lift_m_s2 = min(lift_drag * drag_m_s2, 9.8 / max(math.cos(bank), 0.3))
        acceleration = -3.986e14 / radius_m**2 * up - drag_m_s2 * ahead + lift_m_s2 * turned
        state = state + STEP_S * np.concatenate(
            [velocity + 0.5 * STEP_S * acceleration, acceleration]
        )
        rows.append(state)
    return np.array(rows)


def at(path: np.ndarray, t_s: float, *, seen_s: float | None = None) -> StateEstimate:
    """What is known of a place on a path, at its own time or another."""
    covariance = np.diag([150.0**2] * 3 + [8.0**2] * 3)
    return StateEstimate(
        START.later(t_s if seen_s is None else seen_s), path[round(t_s / STEP_S)], covariance
    )


def track(first: StateEstimate, last: StateEstimate) -> Track:
    observed_s = last.valid_at.elapsed_s(since=first.valid_at)
    return Track(
        track=track_id(NodeId("JPN-1"), 1),
        status=TrackStatus.CONFIRMED,
        state=last,
        thrust_probability=0.9,
        first_observed_at=first.valid_at,
        last_observed_at=last.valid_at,
        observed_s=observed_s,
        updates=int(observed_s) + 1,
        paths=frozenset({"jpn-1"}),
        ascent=(first, last),
        burnt_out_at=None,
        free_flight_seen=False,
    )


@pytest.mark.parametrize("bank_deg", [0.0, 45.0, -70.0])
@pytest.mark.parametrize("unseen_s", [20.0, 90.0, 200.0])
def test_a_glider_is_found_again_wherever_it_turned(bank_deg: float, unseen_s: float) -> None:
    path = glide(unseen_s + 11.0, bank_deg=bank_deg)
    seen = track(at(path, unseen_s), at(path, unseen_s + 10.0))
    judged, share = found_again(at(path, 0.0), seen)
    assert judged is Found.SAME and share < 1.0


@pytest.mark.parametrize("behind_s", [15.0, 60.0])
def test_what_flies_the_same_way_later_is_another(behind_s: float) -> None:
    """As fast as before it cannot have come less far: that is the next missile of a salvo."""
    path = glide(130.0, height_m=45e3)
    seen = track(at(path, 90.0, seen_s=90.0 + behind_s), at(path, 100.0, seen_s=100.0 + behind_s))
    assert found_again(at(path, 0.0), seen)[0] is Found.OTHER


def test_what_comes_from_elsewhere_is_another() -> None:
    path = glide(111.0)
    turned = path.copy()
    east = enu_from_ecef(Geodetic.from_degrees(39.0, 132.0))[0]
    turned[:, 3:] -= 2.0 * np.outer(path[:, 3:] @ east, east)
    seen = track(at(turned, 100.0), at(turned, 110.0))
    assert found_again(at(path, 0.0), seen)[0] is Found.OTHER


def test_what_gains_energy_is_a_missile_of_its_own() -> None:
    """Climbing from low height where the lost one may have turned to, it is driven: a launch."""
    path = glide(200.0)
    rising = path.copy()
    heights_m = np.linspace(0.0, 1.0, len(path))
    up = path[:, :3] / np.linalg.norm(path[:, :3], axis=1)[:, np.newaxis]
    ahead = path[:, 3:] / np.linalg.norm(path[:, 3:], axis=1)[:, np.newaxis]
    speed_m_s = 100.0 + 2_000.0 * heights_m
    rising[:, 3:] = speed_m_s[:, np.newaxis] * (0.6 * up + 0.8 * ahead)
    low_m = np.linalg.norm(Geodetic.from_degrees(39.0, 130.0, 5e3).ecef_m())
    rising[:, :3] = up * (low_m + 20e3 * heights_m)[:, np.newaxis]
    seen = track(at(rising, 60.0), at(rising, 65.0))
    judged, share = found_again(at(path, 0.0), seen)
    assert judged is Found.OTHER and share == math.inf


def test_what_is_hardly_known_yet_is_left_open_and_then_is_not() -> None:
    path = glide(111.0)
    wide = np.diag([3_000.0**2] * 3 + [600.0**2] * 3)
    vague = track(*(replace(at(path, t_s), covariance=wide) for t_s in (100.0, 102.0)))
    assert found_again(at(path, 0.0), vague)[0] is Found.OPEN
    assert found_again(at(path, 0.0), replace(vague, observed_s=12.0))[0] is not Found.OPEN


def test_above_the_air_nothing_turns() -> None:
    """What is lost up there comes down where it would have: its path is compared elsewhere."""
    path = glide(61.0)
    high = at(path, 0.0)
    mean = high.mean.copy()
    mean[:3] *= 1.0 + 200e3 / np.linalg.norm(mean[:3])
    lost = replace(high, mean=mean)
    assert found_again(lost, track(at(path, 50.0), at(path, 60.0)))[0] is Found.OTHER


def test_the_event_goes_on_under_its_name_with_the_arc_that_tells_its_launch() -> None:
    path = glide(111.0)
    book = EventBook(NationId("JPN"), NodeId("JPN-1"))
    early = at(path, 0.0, seen_s=-200.0)
    lost = replace(track(early, at(path, 0.0)), free_flight_seen=True)
    event = book.join_own(lost, START.later(-300.0), START, busy=[])
    assert event is not None
    found = replace(track(at(path, 100.0), at(path, 110.0)), track=track_id(NodeId("JPN-1"), 2))
    assert book.join_own(found, START.later(90.0), found.last_observed_at, busy=[]) is event
    assert [each.event for each in book.open_events()] == [event.event]
    assert event.own_track is not None
    assert event.own_track.state == found.state
    assert event.own_track.ascent == lost.ascent


def test_while_its_track_lives_the_event_is_not_gone_on_with() -> None:
    path = glide(111.0)
    book = EventBook(NationId("JPN"), NodeId("JPN-1"))
    alive = replace(track(at(path, 0.0, seen_s=-200.0), at(path, 0.0)), free_flight_seen=True)
    event = book.join_own(alive, START.later(-300.0), START, busy=[])
    found = replace(track(at(path, 100.0), at(path, 110.0)), track=track_id(NodeId("JPN-1"), 2))
    other = book.join_own(found, START.later(90.0), found.last_observed_at, busy=[alive.track])
    assert other is not None and other is not event


def test_a_launch_after_it_was_seen_to_fly_is_not_that_of_the_missile() -> None:
    path = glide(1.0)
    book = EventBook(NationId("JPN"), NodeId("JPN-1"))
    event = book.join_own(track(at(path, 0.0), at(path, 1.0)), START, START, busy=[])
    assert event is not None

    def told(after_s: float) -> Assessment:
        launch = PlaceEstimate(0.68, 2.2, (1e6, 0.0, 1e6), START.later(after_s), 10.0)
        return Assessment(
            event=event.event, author=NationId("JPN"), phase=Phase.MANOEUVRING,
            belief=ClassBelief(tuple(float(kind is MissileClass.MRBM) for kind in MissileClass)),
            state=None, launch=launch, impact=Unknown("not foreseen"), apogee_m=None,
            observed_s=60.0, flight_s=None, witnesses=1, last_observed_at=START,
        )  # fmt: skip

    early, late = told(-200.0), told(400.0)
    assert possible_launches(event, [early, late]) == [early.launch]
    assert possible_launches(event, [late]) == [late.launch]
