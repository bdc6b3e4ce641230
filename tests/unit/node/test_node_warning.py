"""What our people are told of an event, from what the common view has of it."""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np

from signalfire.assess.alert import AlertBook
from signalfire.assess.alert_settings import AlertSettings
from signalfire.assess.areas import AreaTable
from signalfire.assess.assessor import Assessed, assess_state
from signalfire.assess.observed import Observed
from signalfire.assess.threats import last_down
from signalfire.basis.identity import EventId, NationId, NodeId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.node.desk import Desk
from signalfire.node.event import Event
from signalfire.node.warning import warn
from signalfire.node.watching import Changes
from signalfire.picture.estimate import StateEstimate, Unknown
from signalfire.picture.event import Phase
from signalfire.picture.warning import Warning, WarningStatus
from signalfire.space.geodesy import Geodetic, enu_from_ecef

SEEN_AT = instant_from_utc("2017-09-14T22:10:00Z")
JPN = NationId("JPN")
EVENT = EventId("E-JPN-1-1")
HERE = Geodetic.from_degrees(36.0, 139.0, 45e3)


def table() -> AreaTable:
    """One area of six degrees, in which a body from ``HERE`` lands whatever it does at first."""
    ring = [[136, 33], [142, 33], [142, 39], [136, 39], [136, 33]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"code": "J-1"}, "geometry": geometry}
    names = "code,nation,name_ja,name_ko,name_en,lat_deg,lon_deg\nJ-1,JPN,a,b,c,36,139\n"
    return AreaTable.read(json.dumps({"features": [feature]}), names)


def glider(now: Instant) -> Assessed:
    """A body that was seen to glide, last seen 45 km up at 1.5 km/s, as believed at ``now``."""
    east, north, up = 1_450.0, 0.0, -300.0
    velocity = enu_from_ecef(HERE).T @ np.array([east, north, up])
    state = StateEstimate(
        SEEN_AT, np.concatenate([HERE.ecef_m(), velocity]), np.diag([1e4] * 3 + [25.0] * 3)
    )
    observed = Observed(
        event=EVENT, author=JPN, state=state, thrust_probability=0.9, free_flight_seen=True,
        launch=Unknown("not seen"), observed_s=200.0, witnesses=2, last_observed_at=SEEN_AT,
        manoeuvre_seen=True,
    )  # fmt: skip
    return assess_state(observed, now)


def test_no_all_clear_while_a_glider_that_went_out_of_sight_may_still_fly() -> None:
    event = Event(EVENT, {EVENT: SEEN_AT}, SEEN_AT)
    setup = SimpleNamespace(areas=table(), nation=JPN, alert=AlertSettings())
    book = SimpleNamespace(open_events=lambda: [event], find=lambda _: event)
    alerts = AlertBook(JPN, NodeId("JPN-1"), Realm("test:warning"))
    post: Any = SimpleNamespace(setup=setup, book=book, alerts=alerts, own_area_count=1)
    issued: list[Warning] = []
    phases, may_fly_until = set(), SEEN_AT
    for second in range(0, 1_500, 5):
        now = SEEN_AT.later(float(second))
        event.common = glider(now)
        phases.add(event.common.assessment.phase)
        assert event.common.prediction is not None
        footprint = event.common.prediction.footprint()
        if footprint is not None and event.common.assessment.phase is not Phase.ENDED:
            ends = last_down(footprint)
            assert ends is not None
            may_fly_until = ends
        issued += warn(post, Desk(now, is_second=True), Changes(joint={EVENT: True}))
        if not alerts.any_open():
            break
    assert phases >= {Phase.MANOEUVRING, Phase.LOST}
    before, last = issued[-2:]
    assert issued[0].status is WarningStatus.INITIAL
    assert last.status is WarningStatus.ALL_CLEAR
    late_s = last.at.elapsed_s(since=may_fly_until)
    assert 60.0 <= late_s < 70.0
    assert last.at > before.window[1].later(60.0), "the middle of the flights has long come down"
