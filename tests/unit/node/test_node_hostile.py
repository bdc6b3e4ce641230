"""What a partner with a valid key may say, and what it must not be able to do with it."""

import json
import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalfire.basis.canonical import canonical
from signalfire.basis.identity import NationId, NodeId
from signalfire.basis.instant import Instant
from signalfire.basis.limits import EVENTS_PER_PARTNER_MAX, MEMBERS_MAX
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc, utc_text
from signalfire.cli.assemble import Federation, first_node, load_areas, public_keys
from signalfire.federation.envelope import GENESIS, Header, sign, unverified
from signalfire.federation.keys import key_for_replay
from signalfire.fusion.combine import Contribution, combine
from signalfire.node.inbox import TICK, InboxItem, ItemKind
from signalfire.node.node import Node
from signalfire.node.outbox import Outbox, Stream
from signalfire.picture.estimate import StateEstimate
from signalfire.picture.marking import Kind, Marking
from signalfire.release.agreement import read_agreement
from signalfire.rim.packaged import packaged_text
from signalfire.space.geodesy import Geodetic, enu_from_ecef

REALM = Realm("test:hostile")
NOW = instant_from_utc("2025-06-01T12:00:00Z")
JPN, KOR, USA = NationId("JPN"), NationId("KOR"), NationId("USA")
OUTSIDER = NationId("QQQ")
KEYS = {first_node(n): key_for_replay(REALM, n) for n in (JPN, KOR, USA, OUTSIDER)}

Content = dict[str, Any]


@cache
def federation() -> Federation:
    agreement = read_agreement(packaged_text("agreements", "trilateral.toml").encode())
    return Federation(REALM, agreement, (), load_areas(), NOW)


def japan() -> Node:
    node = first_node(JPN)
    return federation().node(node, KEYS[node], public_keys(KEYS))


class Partner:
    """Signs whatever it is given, as one nation's first node."""

    def __init__(self, nation: NationId) -> None:
        self._nation = nation
        self._sequence = 0
        self._head = GENESIS

    def says(self, kind: Kind, content: Content | bytes) -> InboxItem:
        node = first_node(self._nation)
        self._sequence += 1
        header = Header(
            marking=Marking(self._nation, REALM, JPN),
            node=NodeId(node),
            epoch=1,
            sequence=self._sequence,
            previous=self._head,
            kind=kind,
            agreement_sha256=federation().agreement.sha256,
            at=NOW,
        )
        body = content if isinstance(content, bytes) else canonical(content)
        envelope = sign(header, body, KEYS[node])
        self._head = unverified(envelope).sha256
        return InboxItem(ItemKind.ENVELOPE, envelope)


def state(at: Instant = NOW, lat_deg: float = 39.5, **changes: Any) -> Content:
    """A body that climbs over the Sea of Japan."""
    place = Geodetic.from_degrees(lat_deg, 130.0, 200e3)
    velocity = enu_from_ecef(place).T @ np.array([3000.0, 200.0, 2500.0])
    covariance = np.diag([300.0**2] * 3 + [5.0**2] * 3)
    return {
        "valid_at": utc_text(at, 9),
        "position_ecef_m": [float(v) for v in place.ecef_m()],
        "velocity_ecef_m_s": velocity.tolist(),
        "covariance_upper": covariance[np.triu_indices(6)].tolist(),
        **changes,
    }


def track(event: str, told: Content, number: str = "T-KOR-1-1", seen: Instant = NOW) -> Content:
    return {
        "tracks": [
            {
                "track": number,
                "event": event,
                "phase": "ballistic",
                "state": told,
                "thrust_probability": 0.0,
                "last_observed_at": utc_text(seen, 9),
            }
        ]
    }


def place(lat_deg: float, lon_deg: float, at: Instant, **changes: Any) -> Content:
    return {
        "latitude_rad": math.radians(lat_deg),
        "longitude_rad": math.radians(lon_deg),
        "covariance_east_north_m2": [1e8, 0.0, 1e8],
        "time": utc_text(at, 9),
        "time_sigma_s": 3.0,
        **changes,
    }


def event(identity: str, author: str = "KOR", seen: Instant = NOW, **changes: Any) -> Content:
    classes = dict.fromkeys(["SRBM", "IRBM", "ICBM", "SLV", "manoeuvring", "unknown"], 0.0)
    return {
        "event": identity,
        "members": [identity],
        "superseded_by": None,
        "ended": False,
        "author": author,
        "phase": "ballistic",
        "class": {**classes, "MRBM": 1.0},
        "state": None,
        "launch": place(39.0, 126.0, NOW.later(-200)),
        "impact": place(41.0, 145.0, NOW.later(500)),
        "apogee_m": 5e5,
        "observed_s": 100.0,
        "flight_s": 700.0,
        "witnesses": 1,
        "last_observed_at": utc_text(seen, 9),
        **changes,
    }


def lines(outbox: Outbox, stream: Stream) -> list[Content]:
    return [json.loads(each.body) for each in outbox.lines if each.stream is stream]


def reasons(outbox: Outbox) -> list[str]:
    return [each["reason"] for each in lines(outbox, Stream.REFUSED)]


def events_shown(outbox: Outbox) -> set[str]:
    return {each["event"] for each in lines(outbox, Stream.PICTURE)}


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[]", b"{}", b"[" * 100_000, b'{"do":"epoch"}', b'{"do":"epoch","epoch":"x"}',
     b'{"do":"epoch","epoch":99999999999999999999}', b'{"do":"withdraw"}',
     b'{"do":"withdraw","who":[]}', b'{"do":"withdraw","who":"Korea"}'],
)  # fmt: skip
def test_an_order_that_cannot_be_read_is_refused_and_written_down(body: bytes) -> None:
    outbox = japan().advance(NOW, (InboxItem(ItemKind.COMMAND, body),))
    assert len(reasons(outbox)) == 1


@given(st.sampled_from(list(ItemKind)), st.binary(max_size=200))
def test_no_bytes_of_any_kind_stop_a_node(kind: ItemKind, body: bytes) -> None:
    japan().advance(NOW, (InboxItem(kind, body), TICK))


@given(st.sampled_from(list(Kind)), st.binary(max_size=200) | st.just(b"[" * 50_000))
def test_no_signed_bytes_stop_a_node(kind: Kind, body: bytes) -> None:
    japan().advance(NOW, (Partner(KOR).says(kind, body), TICK))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (state(instant_from_utc("1972-01-01T00:00:00Z")), "before our time"),
        (state(instant_from_utc("9999-01-01T00:00:00Z")), "before our time"),
        (state(position_ecef_m=[0.0, 0.0, 0.0]), "inside the Earth"),
        (state(covariance_upper=[1.0] * 21), "zero or negative"),
        (state(covariance_upper=[1e-300] * 21), "a variance"),
    ],
)
def test_a_state_that_cannot_be_of_a_flight_of_today_is_refused(told: Content, said: str) -> None:
    node = japan()
    outbox = node.advance(NOW, (Partner(KOR).says(Kind.TRACK, track("E-KOR-1-1", told)), TICK))
    assert said in reasons(outbox)[0]
    assert not events_shown(node.advance(NOW.later(1), (TICK,)))


@pytest.mark.parametrize(
    "launch",
    [
        place(39.0, 126.0, NOW, covariance_east_north_m2=[1.0, 1.0, 1.0]),
        place(39.0, 126.0, NOW, time_sigma_s=0.0),
    ],
)
def test_a_launch_surer_than_anything_can_be_is_refused_and_stops_nobody(launch: Content) -> None:
    korea = Partner(KOR)
    heard = (
        korea.says(Kind.TRACK, track("E-KOR-1-1", state())),
        korea.says(Kind.EVENT, event("E-KOR-1-1", launch=launch)),
        TICK,
    )
    assert len(reasons(japan().advance(NOW, heard))) == 1


def test_a_huge_covariance_stops_nobody() -> None:
    told = state(covariance_upper=np.diag([1e16] * 6)[np.triu_indices(6)].tolist())
    node, korea = japan(), Partner(KOR)
    node.advance(NOW, (korea.says(Kind.TRACK, track("E-KOR-1-1", told)), TICK))
    node.advance(NOW.later(1), (korea.says(Kind.EVENT, event("E-KOR-1-1")), TICK))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (Kind.EVENT, event("E-USA-1-1", author="USA")),
        (Kind.TRACK, track("E-USA-1-1", state(), number="T-USA-1-1")),
    ],
)
def test_a_partner_speaks_for_itself_only(kind: Kind, content: Content) -> None:
    outbox = japan().advance(NOW, (Partner(KOR).says(kind, content), TICK))
    assert "USA" in reasons(outbox)[0]
    assert not lines(outbox, Stream.PICTURE)


def test_a_nation_outside_the_agreement_is_not_heard_though_its_key_is_known() -> None:
    heard = Partner(OUTSIDER).says(Kind.EVENT, event("E-QQQ-1-1", author="QQQ"))
    assert "no party" in reasons(japan().advance(NOW, (heard, TICK)))[0]


def test_a_clock_far_ahead_does_not_keep_an_event_under_observation() -> None:
    node = japan()
    ahead = track("E-KOR-1-1", state(), seen=instant_from_utc("9000-01-01T00:00:00Z"))
    node.advance(NOW, (Partner(KOR).says(Kind.TRACK, ahead), TICK))
    shown = [
        lines(node.advance(NOW.later(second), (TICK,)), Stream.PICTURE)
        for second in range(1, 300, 10)
    ]
    fractions = [each["observed_fraction"] for second in shown for each in second]
    assert fractions[-1] <= 2.0 * fractions[0]


def test_ids_that_another_nation_has_yet_to_use_cannot_be_taken() -> None:
    """Else a partner could let the events of another vanish together with a false one."""
    node, korea, states = japan(), Partner(KOR), Partner(USA)
    claimed = [f"E-USA-1-{number}" for number in range(1, MEMBERS_MAX)]
    node.advance(
        NOW,
        (
            korea.says(Kind.EVENT, event("E-KOR-1-1", members=["E-KOR-1-1", *claimed])),
            korea.says(Kind.TRACK, track("E-KOR-1-1", state(lat_deg=20.0))),
            TICK,
        ),
    )
    told = track("E-USA-1-7", state(), number="T-USA-1-1")
    own = event("E-USA-1-7", author="USA")
    node.advance(NOW, (states.says(Kind.EVENT, own), states.says(Kind.TRACK, told)))
    assert {"E-KOR-1-1", "E-USA-1-7"} <= events_shown(node.advance(NOW.later(1), (TICK,)))


def test_a_word_alone_does_not_make_two_flights_one() -> None:
    node, korea, states = japan(), Partner(KOR), Partner(USA)
    node.advance(
        NOW,
        (
            states.says(Kind.EVENT, event("E-USA-1-1", author="USA")),
            states.says(Kind.TRACK, track("E-USA-1-1", state(), number="T-USA-1-1")),
            korea.says(Kind.TRACK, track("E-KOR-1-1", state(lat_deg=20.0))),
        ),
    )
    both = event("E-KOR-1-1", members=["E-KOR-1-1", "E-USA-1-1"])
    node.advance(NOW, (korea.says(Kind.EVENT, both),))
    assert events_shown(node.advance(NOW.later(1), (TICK,))) == {"E-USA-1-1", "E-KOR-1-1"}


def test_the_events_of_one_partners_word_are_bounded() -> None:
    node, korea = japan(), Partner(KOR)
    over = 3
    for number in range(1, EVENTS_PER_PARTNER_MAX + over + 1):
        far = state(lat_deg=-80.0 + 0.3 * number)
        outbox = node.advance(NOW, (korea.says(Kind.TRACK, track(f"E-KOR-1-{number}", far)),))
        assert bool(reasons(outbox)) == (number > EVENTS_PER_PARTNER_MAX)


def test_an_event_told_without_any_track_ends_when_its_partner_says_so() -> None:
    """As agreements of the form event_only have it."""
    node, korea = japan(), Partner(KOR)
    first = node.advance(NOW, (korea.says(Kind.EVENT, event("E-KOR-1-1")), TICK))
    over = korea.says(Kind.EVENT, event("E-KOR-1-1", phase="ended", ended=True))
    last = node.advance(NOW.later(600), (over, TICK))
    assert not first.is_idle and last.is_idle


def test_an_event_that_nobody_speaks_of_any_more_ends() -> None:
    node = japan()
    node.advance(NOW, (Partner(KOR).says(Kind.EVENT, event("E-KOR-1-1")), TICK))
    assert not node.advance(NOW.later(3_000), (TICK,)).is_idle
    assert node.advance(NOW.later(5_000), (TICK,)).is_idle


def test_what_is_seen_after_its_event_was_closed_is_an_event_again() -> None:
    node, korea = japan(), Partner(KOR)
    over = event("E-KOR-1-1", phase="ended", ended=True)
    assert node.advance(NOW, (korea.says(Kind.EVENT, over), TICK)).is_idle
    later = NOW.later(100)
    again = korea.says(Kind.TRACK, track("E-KOR-1-1", state(later), seen=later))
    assert not node.advance(later, (again, TICK)).is_idle


def test_an_impact_named_for_long_ago_does_not_send_a_state_back_through_the_ages() -> None:
    node, korea = japan(), Partner(KOR)
    long_ago = place(41.0, 145.0, instant_from_utc("0001-01-01T00:00:00Z"))
    told = (
        korea.says(Kind.TRACK, track("E-KOR-1-1", state())),
        korea.says(Kind.EVENT, event("E-KOR-1-1", impact=long_ago)),
    )
    node.advance(NOW, told)
    views = lines(node.advance(NOW.later(1), (TICK,)), Stream.PICTURE)
    heights_m = [np.linalg.norm(each["state"]["position_ecef_m"]) - 6.37e6 for each in views]
    assert all(190e3 < height_m < 210e3 for height_m in heights_m)


def test_what_our_own_sensors_see_now_stands_against_the_word_of_a_partner() -> None:
    """However fresh and however sure the partner says that it is."""

    def seen_by(nation: NationId, lat_deg: float, seen: Instant, sigma_m: float) -> Contribution:
        told = state(lat_deg=lat_deg)
        mean = np.array(told["position_ecef_m"] + told["velocity_ecef_m_s"])
        covariance = np.diag([sigma_m**2] * 3 + [1.0] * 3)
        return Contribution(nation, StateEstimate(NOW, mean, covariance), seen, 0.0, nation == JPN)

    ours = seen_by(JPN, 39.5, NOW.later(-2), 500.0)
    combined = combine([seen_by(KOR, 20.0, NOW, 1.0), ours])
    assert combined.nations == (JPN,)
    assert np.array_equal(combined.state.mean, ours.state.mean)


def test_a_state_that_has_long_flown_into_the_ground_stops_nobody() -> None:
    """One partner's falling body, last seen minutes ago, beside another's fresh state."""
    node, korea, states = japan(), Partner(KOR), Partner(USA)
    falling = state(NOW.later(-500), velocity_ecef_m_s=[0.0, 0.0, -9000.0])
    node.advance(
        NOW,
        (
            korea.says(Kind.TRACK, track("E-KOR-1-1", falling)),
            states.says(Kind.TRACK, track("E-KOR-1-1", state(), number="T-USA-1-1")),
        ),
    )
    views = lines(node.advance(NOW.later(1), (TICK,)), Stream.PICTURE)
    assert [each["from"] for each in views if each["view"] == "common"] == [["USA"]]


def test_the_word_that_an_id_gave_way_to_another_is_heard() -> None:
    """A partner says of one event what it had said of two."""
    node, korea = japan(), Partner(KOR)
    node.advance(NOW, (korea.says(Kind.EVENT, event("E-KOR-1-1")),))
    gone = event("E-KOR-1-2", superseded_by="E-KOR-1-1")
    node.advance(NOW.later(1), (korea.says(Kind.EVENT, gone), TICK))
    views = lines(node.advance(NOW.later(2), (TICK,)), Stream.PICTURE)
    alive = {each["event"] for each in views if each["superseded_by"] is None}
    assert len(alive) == 1
    assert {"E-KOR-1-1", "E-KOR-1-2"} <= {m for each in views for m in each["members"]}


# Events told without a state.


HOKKAIDO = (43.2, 142.8)
SMALL = [25e6, 0.0, 25e6]


def impact(at: tuple[float, float], after_s: float = 300.0, **changes: Any) -> dict[str, Any]:
    return place(*at, NOW.later(after_s), covariance_east_north_m2=SMALL, **changes)


def ticked(node: Node, start: Instant, seconds: int) -> list[dict[str, Any]]:
    warned = []
    for second in range(1, seconds + 1):
        warned += lines(node.advance(start.later(float(second)), (TICK,)), Stream.WARNINGS)
    return warned


def test_an_impact_told_in_our_country_is_warned_of_until_the_all_clear() -> None:
    node = japan()
    told = event("E-KOR-1-1", impact=impact(HOKKAIDO))
    first = node.advance(NOW, (Partner(KOR).says(Kind.EVENT, told), TICK))
    [warning] = lines(first, Stream.WARNINGS)
    assert warning["status"] == "initial" and warning["witnesses"] == 1
    assert [(area["id"], area["kind"]) for area in warning["areas"]] == [("JP-01", "impact")]
    [common] = [line for line in lines(first, Stream.PICTURE) if line["view"] == "common"]
    assert common["from"] == ["KOR"] and "unknown" in common["state"]
    later = ticked(node, NOW, 400)
    assert later[-1]["status"] == "all_clear"
    assert "cancel" not in {line["status"] for line in later}


def test_a_told_impact_that_is_taken_elsewhere_takes_the_warning_back() -> None:
    node, korea = japan(), Partner(KOR)
    node.advance(NOW, (korea.says(Kind.EVENT, event("E-KOR-1-1", impact=impact(HOKKAIDO))), TICK))
    away = event("E-KOR-1-1", impact=impact((41.0, 155.0)), seen=NOW.later(5))
    node.advance(NOW.later(5), (korea.says(Kind.EVENT, away), TICK))
    [cancel] = ticked(node, NOW.later(5), 10)
    assert cancel["status"] == "cancel"


def test_a_word_that_the_impact_is_not_known_any_more_takes_nothing_back() -> None:
    node, korea = japan(), Partner(KOR)
    node.advance(NOW, (korea.says(Kind.EVENT, event("E-KOR-1-1", impact=impact(HOKKAIDO))), TICK))
    lost = event("E-KOR-1-1", impact={"unknown": "lost"}, phase="lost")
    node.advance(NOW.later(5), (korea.says(Kind.EVENT, lost), TICK))
    assert ticked(node, NOW.later(5), 100) == []


def test_an_impact_told_beyond_our_country_warns_nobody() -> None:
    node = japan()
    told = event("E-KOR-1-1", impact=impact((41.0, 155.0)))
    node.advance(NOW, (Partner(KOR).says(Kind.EVENT, told), TICK))
    assert ticked(node, NOW, 30) == []


def test_two_nations_words_of_one_missile_become_one_event() -> None:
    """Each told of its launch first, which alone says nothing of which missile it is."""
    node, korea, states = japan(), Partner(KOR), Partner(USA)
    for partner, name in ((korea, "KOR"), (states, "USA")):
        young = event(f"E-{name}-1-1", name, impact={"unknown": "boost"}, phase="boost")
        node.advance(NOW, (partner.says(Kind.EVENT, young), TICK))
    for partner, name in ((korea, "KOR"), (states, "USA")):
        told = event(f"E-{name}-1-1", name, impact=impact(HOKKAIDO))
        node.advance(NOW.later(1), (partner.says(Kind.EVENT, told),))
    ticked(node, NOW.later(1), 4)
    shown = lines(node.advance(NOW.later(6), (TICK,)), Stream.PICTURE)
    common = [line for line in shown if line["view"] == "common"]
    assert [line["from"] for line in common] == [["KOR", "USA"]]
    assert common[0]["witnesses"] == 2


def test_of_a_salvo_told_without_states_each_stays_its_own() -> None:
    """Two missiles of one place at two targets are two, as both nations have it."""
    node, korea, states = japan(), Partner(KOR), Partner(USA)
    targets = (HOKKAIDO, (41.0, 155.0))
    for partner, name in ((korea, "KOR"), (states, "USA")):
        for number, target in enumerate(targets, start=1):
            told = event(f"E-{name}-1-{number}", name, impact=impact(target))
            node.advance(NOW, (partner.says(Kind.EVENT, told), TICK))
    ticked(node, NOW, 4)
    shown = lines(node.advance(NOW.later(5), (TICK,)), Stream.PICTURE)
    common = [line for line in shown if line["view"] == "common"]
    assert len(common) == 2 and all(line["from"] == ["KOR", "USA"] for line in common)


def test_a_state_that_one_nation_shares_and_what_another_tells_are_one_event() -> None:
    """The word is found by the forecast of the state, which stands while it is fresh."""
    node, korea, states = japan(), Partner(KOR), Partner(USA)
    node.advance(NOW, (states.says(Kind.TRACK, track("E-USA-1-1", state(), "T-USA-1-1")), TICK))
    both = (states.says(Kind.EVENT, event("E-USA-1-1", "USA")), TICK)
    views = lines(node.advance(NOW.later(1), both), Stream.PICTURE)
    [falls] = [line["impact"] for line in views if line["view"] == "common"]
    where = place(falls["lat_deg"], falls["lon_deg"], instant_from_utc(falls["time"]))
    told = event("E-KOR-1-1", impact=where)
    node.advance(NOW.later(2), (korea.says(Kind.EVENT, told), TICK))
    ticked(node, NOW.later(2), 3)
    shown = lines(node.advance(NOW.later(6), (TICK,)), Stream.PICTURE)
    common = [line for line in shown if line["view"] == "common"]
    assert len(common) == 1 and {"E-USA-1-1", "E-KOR-1-1"} == set(common[0]["members"])
    assert "unknown" not in common[0]["state"]


def test_words_of_any_time_and_size_stop_nobody() -> None:
    node, korea = japan(), Partner(KOR)
    for number, changes in enumerate(
        (
            {"covariance_east_north_m2": [1e17, 0.0, 1e17]},
            {"time_sigma_s": 1e17},
            {"time": utc_text(NOW.later(1e9), 9)},
            {"latitude_rad": 1.5707},
        ),
        start=1,
    ):
        told = event(f"E-KOR-1-{number}", impact=impact(HOKKAIDO) | changes, observed_s=1e17)
        node.advance(NOW.later(float(number)), (korea.says(Kind.EVENT, told), TICK))
    assert ticked(node, NOW.later(5), 3) == []
