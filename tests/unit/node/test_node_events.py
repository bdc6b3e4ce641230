"""The book of events: one missile one event, whose id survives, who is told which name."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from signalfire.basis.identity import EventId, NationId, NodeId, TrackId
from signalfire.basis.instant import Instant
from signalfire.basis.utc import instant_from_utc
from signalfire.node.change import is_material
from signalfire.node.events import AGREEMENTS_TO_MERGE, Event, EventBook
from signalfire.node.naming import known_nations, names_for
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import Assessment, ClassBelief, MissileClass, Phase, TrackReport
from signalfire.picture.track import Track, TrackStatus
from signalfire.release.agreement import read_agreement
from signalfire.rim.packaged import packaged_text
from signalfire.space.geodesy import Geodetic, enu_from_ecef

JPN, KOR, USA = NationId("JPN"), NationId("KOR"), NationId("USA")
NOW = instant_from_utc("2017-09-14T22:00:00Z")
LAUNCH = NOW.later(-180.0)
HIGH_ENOUGH_M = 300e3


def state(lat_deg: float = 41.0, *, sigma_m: float = 200.0, at: Instant = NOW) -> StateEstimate:
    """A missile 300 km up, flying east; states half a degree apart are 55 km apart."""
    place = Geodetic.from_degrees(lat_deg, 135.0, HIGH_ENOUGH_M)
    velocity = enu_from_ecef(place).T @ np.array([3_500.0, 0.0, 1_500.0])
    covariance = np.diag([sigma_m**2] * 3 + [(0.02 * sigma_m) ** 2] * 3)
    return StateEstimate(at, np.concatenate([place.ecef_m(), velocity]), covariance)


def track(number: int = 1, lat_deg: float = 41.0) -> Track:
    return Track(
        track=TrackId(f"T-JPN-1-{number}"),
        status=TrackStatus.CONFIRMED,
        state=state(lat_deg),
        thrust_probability=0.0,
        first_observed_at=NOW.later(-30.0),
        last_observed_at=NOW,
        observed_s=30.0,
        updates=30,
        paths=frozenset({"jpn-1"}),
        ascent=(),
        burnt_out_at=None,
        free_flight_seen=True,
    )


def report(event: str, lat_deg: float = 41.0) -> TrackReport:
    return TrackReport(
        track=TrackId(event.replace("E-", "T-")),
        event=EventId(event),
        phase=Phase.BALLISTIC,
        state=state(lat_deg),
        thrust_probability=0.0,
        last_observed_at=NOW,
    )


def place(lat_deg: float, lon_deg: float, at: Instant) -> PlaceEstimate:
    covariance = (4e6, 0.0, 4e6)
    return PlaceEstimate(math.radians(lat_deg), math.radians(lon_deg), covariance, at, 5.0)


def assessment(event: str, launched: Instant = LAUNCH, **changes: Any) -> Assessment:
    belief = ClassBelief(tuple(float(kind is MissileClass.IRBM) for kind in MissileClass))
    told = Assessment(
        event=EventId(event),
        author=NationId(event[2:5]),
        phase=Phase.BALLISTIC,
        belief=belief,
        state=None,
        launch=place(39.2, 125.7, launched),
        impact=place(41.3, 169.5, NOW.later(900.0)),
        apogee_m=770e3,
        observed_s=60.0,
        flight_s=1_080.0,
        witnesses=2,
        last_observed_at=NOW,
    )
    return replace(told, **changes)


@pytest.fixture
def book() -> EventBook:
    return EventBook(JPN, NodeId("JPN-1"))


def take(book: EventBook, nation: NationId, event: str, **told: Any) -> Any:
    lat_deg = told.pop("lat_deg", 41.0)
    launched = told.pop("launched", LAUNCH)
    members = tuple(EventId(member) for member in told.pop("members", (event,)))
    return book.take(
        nation,
        report=report(event, lat_deg),
        assessment=assessment(event, launched),
        members=members,
        now=NOW,
    )


def names(book: EventBook) -> list[str]:
    return [event.event for event in book.open_events()]


def test_a_partners_report_of_our_missile_joins_our_event(book: EventBook) -> None:
    book.join_own(track(), LAUNCH, NOW, busy=[])
    event, _ = take(book, KOR, "E-KOR-1-1", launched=LAUNCH.later(5.0))
    assert names(book) == ["E-JPN-1-1"]
    assert event.members == ("E-JPN-1-1", "E-KOR-1-1")
    assert book.find(EventId("E-KOR-1-1")) is event


def test_our_track_of_a_partners_missile_joins_its_event(book: EventBook) -> None:
    take(book, KOR, "E-KOR-1-7")
    event = book.join_own(track(), LAUNCH.later(-60.0), NOW, busy=[])
    assert names(book) == ["E-KOR-1-7"]
    assert event.own_track is not None and event.partners.keys() == {KOR}


def test_the_id_with_the_earlier_launch_survives_and_the_other_is_remembered(
    book: EventBook,
) -> None:
    book.join_own(track(), LAUNCH, NOW, busy=[])
    event, gave_way = take(book, KOR, "E-KOR-1-1", launched=LAUNCH.later(-60.0))
    assert [(gone.old, gone.new) for gone in gave_way] == [("E-JPN-1-1", "E-KOR-1-1")]
    assert gave_way[0].last.event == "E-JPN-1-1"
    assert names(book) == ["E-KOR-1-1"]
    assert event.members == ("E-KOR-1-1", "E-JPN-1-1")
    assert book.find(EventId("E-JPN-1-1")) is event


def test_of_launches_at_one_time_the_nation_first_in_the_alphabet_names_it(
    book: EventBook,
) -> None:
    take(book, USA, "E-USA-1-1")
    take(book, KOR, "E-KOR-1-1")
    [name] = names(book)
    first, second = (book.find(EventId(f"E-{n}-1-1")) for n in (KOR, USA))
    assert first is second
    births = first.births if first is not None else {}
    assert births[EventId("E-KOR-1-1")] == births[EventId("E-USA-1-1")]
    assert name == "E-KOR-1-1"


def test_two_missiles_are_two_events(book: EventBook) -> None:
    book.join_own(track(1), LAUNCH, NOW, busy=[])
    book.join_own(track(2), LAUNCH, NOW, busy=[TrackId("T-JPN-1-1")])
    take(book, KOR, "E-KOR-1-1", lat_deg=44.0, launched=LAUNCH.later(30.0))
    assert names(book) == ["E-JPN-1-1", "E-JPN-1-2", "E-KOR-1-1"]


def test_one_partners_two_events_are_never_joined(book: EventBook) -> None:
    take(book, KOR, "E-KOR-1-1")
    take(book, KOR, "E-KOR-1-2")
    assert names(book) == ["E-KOR-1-1", "E-KOR-1-2"]
    for _ in range(3 * AGREEMENTS_TO_MERGE):
        assert book.merge_agreeing() == ()


def test_events_that_agree_for_long_enough_become_one(book: EventBook) -> None:
    take(book, KOR, "E-KOR-1-1", launched=LAUNCH.later(20.0))
    book.join_own(track(lat_deg=44.0), LAUNCH, NOW, busy=[])
    assert len(names(book)) == 2
    event = book.followed().get(TrackId("T-JPN-1-1"))
    assert event is not None
    event.own_track, event.own_is_alive = track(), True
    for _ in range(AGREEMENTS_TO_MERGE - 1):
        assert book.merge_agreeing() == ()
    [gone] = book.merge_agreeing()
    assert (gone.old, gone.new) == ("E-KOR-1-1", "E-JPN-1-1")
    assert names(book) == ["E-JPN-1-1"]
    assert event.partners.keys() == {KOR}


def test_an_agreement_that_breaks_off_is_counted_from_the_start(book: EventBook) -> None:
    take(book, KOR, "E-KOR-1-1")
    book.join_own(track(lat_deg=44.0), LAUNCH, NOW, busy=[])
    event = book.followed().get(TrackId("T-JPN-1-1"))
    assert event is not None
    for _ in range(4):
        event.own_track = track()
        for _ in range(AGREEMENTS_TO_MERGE - 1):
            assert book.merge_agreeing() == ()
        event.own_track = track(lat_deg=44.0)
        assert book.merge_agreeing() == ()


def test_a_report_of_an_ended_event_opens_nothing(book: EventBook) -> None:
    event, _ = take(book, KOR, "E-KOR-1-1")
    book.close(event, NOW.later(1.0))
    assert take(book, KOR, "E-KOR-1-1") == (None, ())
    assert names(book) == []


def test_a_track_of_an_ended_event_is_retired_until_it_is_seen_again(book: EventBook) -> None:
    event = book.join_own(track(), LAUNCH, NOW, busy=[])
    book.close(event, NOW.later(1.0))
    assert book.is_retired(track())
    assert not book.is_retired(replace(track(), last_observed_at=NOW.later(2.0)))
    assert not book.is_retired(track(2))


# Names for audiences.


def agreement(text: str = "") -> Any:
    packaged = packaged_text("agreements", "trilateral.toml")
    return read_agreement((text or packaged).encode())


def test_under_the_packaged_agreement_everybody_may_know_all_names() -> None:
    for own in (JPN, KOR, USA):
        for partner in {JPN, KOR, USA} - {own}:
            assert known_nations(agreement(), own, partner) == {JPN, KOR, USA}


def test_a_name_of_a_nation_that_shares_nothing_with_them_is_kept_from_them() -> None:
    packaged = packaged_text("agreements", "trilateral.toml")
    apart = agreement(packaged.replace('to = ["JPN", "USA"]', 'to = ["USA"]'))
    assert known_nations(apart, USA, JPN) == {JPN, USA}
    assert known_nations(apart, JPN, USA) == {JPN, KOR, USA}
    own = (EventId("E-USA-1-4"), LAUNCH)
    event = Event(EventId("E-KOR-1-1"), {EventId("E-KOR-1-1"): LAUNCH.later(-9.0)}, NOW)
    event.own_name = own
    known = known_nations(apart, USA, JPN)
    assert names_for(event, known).event == "E-USA-1-4"
    assert names_for(event, known).members == ("E-USA-1-4",)
    everybody = frozenset({JPN, KOR, USA})
    assert names_for(event, everybody).members == ("E-KOR-1-1",)
    event.births[EventId("E-JPN-1-2")] = LAUNCH.later(-3.0)
    assert names_for(event, known).members == ("E-JPN-1-2", "E-USA-1-4")


def test_our_own_ids_count_our_own_tracks_whoever_was_first() -> None:
    """A counter that skipped what partners found first would tell the others of it."""
    minted = []
    for partner_is_first in (False, True):
        book = EventBook(JPN, NodeId("JPN-1"))
        if partner_is_first:
            take(book, KOR, "E-KOR-1-1", launched=LAUNCH.later(-60.0))
        first = book.join_own(track(1), LAUNCH, NOW, busy=[])
        other = book.join_own(track(2, 44.0), LAUNCH, NOW, busy=[TrackId("T-JPN-1-1")])
        minted.append([event.own_name for event in (first, other)])
        assert book.find(EventId("E-JPN-1-1")) is first
    assert minted[0] == minted[1]


# What counts as a change.


def test_the_first_word_is_material_and_the_same_word_is_not() -> None:
    told = assessment("E-KOR-1-1")
    assert is_material(None, told)
    assert not is_material(told, told)
    assert not is_material(told, replace(told, observed_s=61.0, witnesses=9, apogee_m=1.0))


def belief(kind: MissileClass) -> ClassBelief:
    return ClassBelief(tuple(float(each is kind) for each in MissileClass))


@pytest.mark.parametrize(
    "change",
    [
        {"phase": Phase.REENTRY},
        {"belief": belief(MissileClass.ICBM)},
        {"launch": Unknown("lost")},
        {"impact": Unknown("lost")},
        {"impact": place(41.4, 169.5, NOW.later(900.0))},
        {"launch": place(39.1, 125.7, LAUNCH)},
    ],
)
def test_another_phase_class_or_place_is_material(change: dict[str, Any]) -> None:
    told = assessment("E-KOR-1-1")
    assert is_material(told, replace(told, **change))
    assert is_material(replace(told, **change), told)


def test_a_place_that_stays_in_half_of_its_ellipse_has_not_moved() -> None:
    """4.29 km of 90 % semi-axis here: 2 km stay inside half of it, 2.3 km do not."""
    told = assessment("E-KOR-1-1")
    for moved_km, is_moved in ((2.0, False), (2.3, True)):
        there = place(41.3 + moved_km / 111.06, 169.5, NOW.later(900.0))
        assert is_material(told, replace(told, impact=there)) == is_moved


def test_a_partners_word_joins_the_nearest_of_the_events_that_it_may_speak_of(
    book: EventBook,
) -> None:
    """Two missiles 2 km apart: either is within the allowance, one is nearer."""
    book.join_own(track(1, 41.0), LAUNCH, NOW, busy=[])
    book.join_own(track(2, 41.018), LAUNCH, NOW, busy=[TrackId("T-JPN-1-1")])
    event, _ = take(book, KOR, "E-KOR-1-1", lat_deg=41.017)
    assert event.own_track.track == "T-JPN-1-2"
    other, _ = take(book, KOR, "E-KOR-1-2", lat_deg=41.001)
    assert other.own_track.track == "T-JPN-1-1"


def test_own_tracks_that_were_laid_to_each_others_events_find_their_own(book: EventBook) -> None:
    """Young tracks of two missiles were taken for each other; then they draw apart."""
    take(book, KOR, "E-KOR-1-1", lat_deg=41.0)
    take(book, KOR, "E-KOR-1-2", lat_deg=42.0)
    first, second = (book.find(EventId(f"E-KOR-1-{n}")) for n in (1, 2))
    assert first is not None and second is not None
    for event, own in ((first, track(2, 42.0)), (second, track(1, 41.0))):
        event.own_track, event.own_is_alive = own, True
    for _ in range(AGREEMENTS_TO_MERGE - 1):
        book.release_strayed()
    assert first.own_track is not None and second.own_track is not None
    book.release_strayed()
    assert first.own_track is None and second.own_track is None
    assert book.join_own(track(1, 41.0), LAUNCH, NOW, busy=[TrackId("T-JPN-1-2")]) is first
    assert book.join_own(track(2, 42.0), LAUNCH, NOW, busy=[TrackId("T-JPN-1-1")]) is second


def in_air(lat_deg: float, *, at: Instant, altitude_m: float = 25e3) -> StateEstimate:
    """A missile that comes down through the air to the east, shallow and fast, well known."""
    place = Geodetic.from_degrees(lat_deg, 135.0, altitude_m)
    velocity = enu_from_ecef(place).T @ np.array([1_150.0, 0.0, -300.0])
    covariance = np.diag([50.0**2] * 3 + [5.0**2] * 3)
    return StateEstimate(at, np.concatenate([place.ecef_m(), velocity]), covariance)


def told_in_air(book: EventBook, *, seconds_ago: float) -> Event:
    """KOR told of a missile in the air, so long ago; our own track of it is of now, 9 km off."""
    then = NOW.later(-seconds_ago)
    told = replace(
        report("E-KOR-1-1"), state=in_air(41.0, at=then), last_observed_at=then,
        phase=Phase.REENTRY,
    )  # fmt: skip
    event, _ = book.take(KOR, report=told, assessment=None, members=(), now=NOW)
    assert event is not None
    event.own_track = replace(track(1), state=in_air(41.08, at=NOW))
    event.own_is_alive = True
    return event


@pytest.mark.parametrize("seconds_ago", [4.0, 10.0, 180.0])
def test_an_old_word_takes_no_track_away_that_may_have_turned_in_the_air_since(
    book: EventBook, seconds_ago: float
) -> None:
    event = told_in_air(book, seconds_ago=seconds_ago)
    for _ in range(5 * AGREEMENTS_TO_MERGE):
        book.release_strayed()
    assert event.own_track is not None


def test_two_who_see_it_now_in_the_air_know_that_they_see_two(book: EventBook) -> None:
    event = told_in_air(book, seconds_ago=1.0)
    for _ in range(AGREEMENTS_TO_MERGE):
        book.release_strayed()
    assert event.own_track is None


def test_what_was_seen_to_contradict_counts_on_after_a_look_that_says_nothing(
    book: EventBook,
) -> None:
    """A partner that looks less often than once a second is heard as well."""
    event = told_in_air(book, seconds_ago=1.0)
    fresh = event.partners[KOR].report
    assert fresh is not None
    for _ in range(AGREEMENTS_TO_MERGE):
        assert event.own_track is not None
        event.partners[KOR].report = replace(fresh, last_observed_at=NOW.later(-4.0))
        book.release_strayed()
        event.partners[KOR].report = fresh
        book.release_strayed()
    assert event.own_track is None


def test_one_nation_that_sees_it_manoeuvre_is_enough(book: EventBook) -> None:
    event, _ = take(book, KOR, "E-KOR-1-1")
    assert not event.manoeuvre_seen()
    event.partners[KOR].assessment = assessment("E-KOR-1-1", phase=Phase.MANOEUVRING)
    assert event.manoeuvre_seen()


def test_a_track_report_out_of_order_does_not_replace_a_later_one(book: EventBook) -> None:
    take(book, KOR, "E-KOR-1-1")
    early = report("E-KOR-1-1")
    early = replace(early, state=state(41.0, at=NOW.later(-4.0)), last_observed_at=NOW.later(-4.0))
    event, _ = book.take(KOR, report=early, assessment=None, members=(), now=NOW)
    assert event is not None and event.partners[KOR].report is not None
    assert event.partners[KOR].report.state.valid_at == NOW
