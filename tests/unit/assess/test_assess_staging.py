"""When a stage is taken to have come off, and whom its fall threatens."""

import json
from dataclasses import replace

import numpy as np

from signalfire.assess.areas import AreaTable, AreaThreat
from signalfire.assess.observed import Observed, Remembered
from signalfire.assess.splash import Spent
from signalfire.assess.staging import BURN_MIN_S, FOLLOWED_S, STAGES_MAX, spent_after
from signalfire.assess.threats import threats, with_debris
from signalfire.basis.identity import EventId, NationId
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import ClassBelief, MissileClass, Phase
from signalfire.space.geodesy import Geodetic, enu_from_ecef

START = Instant(1_500_000_000 * 10**9)
UNKNOWN = ClassBelief(tuple(1.0 * (kind is MissileClass.UNKNOWN) for kind in MissileClass))
JAPAN = NationId("JPN")


def state(at: Instant, climb_m_s: float = 1_500.0, level_m_s: float = 1_500.0) -> StateEstimate:
    """Over the sea west of Honshu at 80 km, on its way east."""
    place = Geodetic.from_degrees(38.0, 134.0, 80e3)
    velocity = enu_from_ecef(place).T @ np.array([level_m_s, 0.0, climb_m_s])
    mean = np.concatenate([place.ecef_m(), velocity])
    return StateEstimate(at, mean, np.diag([100.0**2] * 3 + [5.0**2] * 3))


def observed(at_s: float, before: Remembered | None) -> Observed:
    at = START.later(at_s)
    return Observed(
        event=EventId("E-JPN-1-1"),
        author=None,
        state=state(at),
        thrust_probability=0.0,
        free_flight_seen=True,
        launch=Unknown("not estimated"),
        observed_s=at_s,
        witnesses=1,
        last_observed_at=at,
        before=before,
    )


def boosting(*, since_s: float, driven_s: float, spent: tuple[Spent, ...] = ()) -> Remembered:
    return Remembered(
        motion=Phase.BOOST,
        belief=UNKNOWN,
        driven_since=None,
        apogee_m=None,
        driven_at=START.later(driven_s),
        boosting_since=START.later(since_s),
        spent=spent,
    )


def coasting(spent: tuple[Spent, ...]) -> Remembered:
    return replace(boosting(since_s=0.0, driven_s=0.0, spent=spent), motion=Phase.BALLISTIC)


def test_a_burn_that_ends_leaves_a_stage_and_one_that_was_not_seen_leaves_none() -> None:
    assert spent_after(observed(5.0, None), Phase.BALLISTIC) == ()
    assert spent_after(observed(5.0, coasting(())), Phase.BALLISTIC) == ()
    before = boosting(since_s=-60.0, driven_s=0.0)
    assert spent_after(observed(5.0, before), Phase.BOOST) == ()
    [spent] = spent_after(observed(5.0, before), Phase.BALLISTIC)
    assert spent.earliest < START and spent.latest == START.later(5.0)
    assert isinstance(spent.impact, PlaceEstimate)


def test_the_next_stage_is_another_one_but_a_short_push_is_not() -> None:
    [first] = spent_after(observed(5.0, boosting(since_s=-60.0, driven_s=0.0)), Phase.BALLISTIC)
    push = boosting(since_s=20.0, driven_s=20.0 + 0.5 * BURN_MIN_S, spent=(first,))
    assert len(spent_after(observed(40.0, push), Phase.BALLISTIC)) == 1
    burn = boosting(since_s=20.0, driven_s=20.0 + 2.0 * BURN_MIN_S, spent=(first,))
    both = spent_after(observed(60.0, burn), Phase.BALLISTIC)
    assert len(both) == 2 and both[0] is first
    many = boosting(since_s=20.0, driven_s=90.0, spent=(first,) * STAGES_MAX)
    assert len(spent_after(observed(95.0, many), Phase.BALLISTIC)) == STAGES_MAX


def test_a_stage_is_followed_for_a_minute_by_the_missile_and_then_left() -> None:
    stages = spent_after(observed(5.0, boosting(since_s=-60.0, driven_s=0.0)), Phase.BALLISTIC)
    kept = spent_after(observed(8.0, coasting(stages)), Phase.BALLISTIC)
    assert kept is stages
    [later] = spent_after(observed(30.0, coasting(stages)), Phase.BALLISTIC)
    assert later.state.valid_at == START.later(30.0)
    assert (later.earliest, later.latest) == (stages[0].earliest, stages[0].latest)
    assert spent_after(observed(10.0 + FOLLOWED_S, coasting(stages)), Phase.BALLISTIC) is stages


def test_what_stays_in_orbit_has_no_place_to_fall() -> None:
    fast = state(START, climb_m_s=0.0, level_m_s=9_000.0)
    assert isinstance(Spent(fast, START, START).impact, Unknown)
    assert Spent(fast, START, START).footprint is None


def table_around(place: PlaceEstimate) -> AreaTable:
    """One area, a degree to each side of a place."""
    lat, lon = place.place.lat_deg, place.place.lon_deg
    ring = [[lon + x, lat + y] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    feature = {
        "type": "Feature",
        "properties": {"code": "J-1"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    return AreaTable.read(
        json.dumps({"features": [feature]}),
        f"code,nation,name_ja,name_ko,name_en,lat_deg,lon_deg\nJ-1,JPN,a,b,c,{lat},{lon}\n",
    )


def test_a_stage_that_was_seen_threatens_what_lies_under_it_and_one_assumed_half_as_much() -> None:
    probability = {}
    for is_seen in (True, False):
        spent = Spent(state(START), START, START, is_seen=is_seen)
        assert isinstance(spent.impact, PlaceEstimate) and spent.footprint is not None
        [threat] = threats(spent.footprint, table_around(spent.impact), JAPAN)
        probability[is_seen] = threat.hit_probability
        assert threat.window[0] < spent.impact.time < threat.window[1]
    assert probability[True] > 0.95
    assert abs(probability[False] - 0.5 * probability[True]) < 0.05


def test_parts_are_named_only_where_the_missile_is_no_threat() -> None:
    spent = Spent(state(START), START, START, is_seen=True)
    assert isinstance(spent.impact, PlaceEstimate) and spent.footprint is not None
    [part] = threats(spent.footprint, table_around(spent.impact), JAPAN)
    part = replace(part, is_debris=True)
    missile: AreaThreat = replace(part, is_debris=False, affected_probability=0.3)
    assert with_debris((missile,), (part,), least_probability=0.02) == (missile,)
    grazing = replace(missile, affected_probability=0.008)
    assert with_debris((grazing,), (part,), least_probability=0.02) == (part,)
    less = replace(part, affected_probability=0.2)
    assert with_debris((), (part, less), least_probability=0.02) == (part,)
