"""One author's view through a whole flight: phase, launch, class, impact, and what loss does."""

import math
from dataclasses import replace

import numpy as np
import pytest

from signalfire.assess.assessor import assess_state, observed_by
from signalfire.assess.launch import estimate_launch
from signalfire.assess.observed import Observed, Remembered
from signalfire.assess.settings import DEFAULT_SETTINGS
from signalfire.basis.identity import NationId, NodeId, event_id, track_id
from signalfire.basis.instant import Instant
from signalfire.picture.estimate import PlaceEstimate, StateEstimate, Unknown
from signalfire.picture.event import ClassBelief, MissileClass, Phase
from signalfire.picture.track import Track, TrackStatus
from signalfire.space.geodesy import Geodetic, enu_from_ecef

START = Instant(1_800_000_000 * 10**9)
EVENT = event_id(NodeId("KOR-1"), 7)
KOR = NationId("KOR")


def state(altitude_m: float, speed_m_s: float, path_angle_deg: float) -> StateEstimate:
    place = Geodetic.from_degrees(39.0, 127.0, altitude_m)
    angle = math.radians(path_angle_deg)
    ahead = np.array([math.cos(angle), 0.0, math.sin(angle)]) * speed_m_s
    mean = np.concatenate([place.ecef_m(), enu_from_ecef(place).T @ ahead])
    return StateEstimate(START, mean, np.diag([100.0**2] * 3 + [3.0**2] * 3))


LAUNCH = PlaceEstimate(
    math.radians(39.0), math.radians(126.5), (4e6, 0.0, 4e6), START.later(-95.0), 5.0
)
COASTING = Observed(
    event=EVENT,
    author=KOR,
    state=state(70e3, 3_100.0, 43.0),
    thrust_probability=0.001,
    free_flight_seen=True,
    launch=LAUNCH,
    observed_s=60.0,
    witnesses=2,
    last_observed_at=START,
)


def test_a_coasting_missile_is_assessed_whole() -> None:
    result = assess_state(COASTING, START)
    found = result.assessment
    assert found.phase is Phase.BALLISTIC
    assert found.belief.likeliest is MissileClass.MRBM
    assert isinstance(found.impact, PlaceEstimate)
    assert found.flight_s == pytest.approx(found.impact.time.elapsed_s(since=LAUNCH.time))
    assert found.flight_s is not None
    assert found.observed_fraction == pytest.approx(60.0 / found.flight_s)
    assert found.state is COASTING.state and found.launch is LAUNCH
    assert found.witnesses == 2 and found.author == KOR and found.event == EVENT
    assert result.prediction is not None and found.apogee_m == result.prediction.apogee_m


def test_the_common_view_has_no_author() -> None:
    assert assess_state(replace(COASTING, author=None), START).assessment.author is None


def test_under_power_no_impact_is_named() -> None:
    burning = replace(COASTING, thrust_probability=0.99, free_flight_seen=False)
    result = assess_state(burning, START)
    assert result.assessment.phase is Phase.BOOST
    assert isinstance(result.assessment.impact, Unknown)
    assert "power" in result.assessment.impact.reason
    assert result.prediction is None and result.assessment.flight_s is None
    assert result.assessment.belief.likeliest is MissileClass.UNKNOWN


@pytest.mark.parametrize("thrust_probability", [0.02, 0.1, 0.3, 0.49])
def test_a_slow_boost_that_looks_like_free_flight_is_not_flown_forward(
    thrust_probability: float,
) -> None:
    young = replace(COASTING, thrust_probability=thrust_probability, free_flight_seen=False)
    assert isinstance(assess_state(young, START).assessment.impact, Unknown)


def test_thrust_again_high_up_is_the_next_stage() -> None:
    staged = replace(COASTING, state=state(150e3, 3_500.0, 40.0), thrust_probability=0.9)
    found = assess_state(staged, START).assessment
    assert found.phase is Phase.BOOST and isinstance(found.impact, Unknown)


PULLING = replace(COASTING, state=state(28e3, 1_600.0, -5.0), thrust_probability=0.95)


def watched(*looks: Observed) -> list[Phase]:
    """The phases of looks a second apart, each assessed with what the one before handed on."""
    phases: list[Phase] = []
    before: Remembered | None = None
    for k, look in enumerate(looks):
        at = START.later(float(k))
        seen = replace(look.state, valid_at=at)
        result = assess_state(replace(look, state=seen, last_observed_at=at, before=before), at)
        before = result.remembered
        phases.append(result.assessment.phase)
    return phases


def test_a_push_in_the_air_after_free_flight_is_a_manoeuvre() -> None:
    found = assess_state(PULLING, START).assessment
    assert found.phase is Phase.MANOEUVRING
    assert found.belief.likeliest is MissileClass.MANOEUVRING
    ballistic = assess_state(replace(PULLING, thrust_probability=0.0), START).assessment
    if isinstance(found.impact, PlaceEstimate):
        assert isinstance(ballistic.impact, PlaceEstimate)
        wide, narrow = found.impact.ellipse_p90, ballistic.impact.ellipse_p90
        assert wide.semi_major_m >= narrow.semi_major_m


def test_one_odd_look_makes_no_manoeuvre_and_no_boost() -> None:
    falling = replace(PULLING, thrust_probability=0.0)
    assert watched(falling, PULLING, falling, PULLING, PULLING, falling) == [Phase.REENTRY] * 6
    coasting = replace(COASTING, state=state(150e3, 3_500.0, 40.0))
    blip = replace(coasting, thrust_probability=0.97)
    assert watched(coasting, blip, blip, coasting) == [Phase.BALLISTIC] * 4


def test_what_manoeuvres_for_a_while_stays_manoeuvring() -> None:
    falling = replace(PULLING, thrust_probability=0.0)
    phases = watched(falling, *[PULLING] * 4, falling, PULLING, *[falling] * 20)
    assert phases[:4] == [Phase.REENTRY] * 4
    assert set(phases[4:]) == {Phase.MANOEUVRING}


def test_what_somebody_saw_to_use_lift_manoeuvres_in_the_common_view_until_it_leaves_the_air() -> (
    None
):
    falling = replace(PULLING, thrust_probability=0.0)
    told = replace(falling, manoeuvre_seen=True)
    assert watched(falling, told, falling) == [Phase.REENTRY] + [Phase.MANOEUVRING] * 2
    assert assess_state(told, START).assessment.belief.likeliest is MissileClass.MANOEUVRING
    skipping = replace(COASTING, state=state(80e3, 2_500.0, 10.0), manoeuvre_seen=True)
    assert watched(told, skipping)[-1] is Phase.BALLISTIC


def test_what_climbs_out_of_the_air_after_a_manoeuvre_flies_free_again() -> None:
    skipping = replace(COASTING, state=state(80e3, 2_500.0, 10.0))
    assert watched(*[PULLING] * 5, skipping)[-1] is Phase.BALLISTIC


def test_a_low_flight_over_its_top_does_not_climb_again() -> None:
    over, under = (replace(COASTING, state=state(45e3, 900.0, a)) for a in (0.1, -0.1))
    assert watched(over, under, over, under) == [Phase.BALLISTIC] + [Phase.REENTRY] * 3


def test_an_engine_that_burns_again_for_a_while_is_the_next_stage() -> None:
    coasting = replace(COASTING, state=state(150e3, 3_500.0, 40.0))
    relit = replace(coasting, thrust_probability=0.97)
    phases = watched(coasting, *[relit] * 5)
    assert phases[-1] is Phase.BOOST
    doubtful = replace(coasting, thrust_probability=0.8)
    assert set(watched(coasting, *[doubtful] * 10)) == {Phase.BALLISTIC}


def test_a_slow_boost_that_looks_like_free_flight_now_and_then_is_one_boost() -> None:
    looks = [
        replace(COASTING, free_flight_seen=False, thrust_probability=probability)
        for probability in (0.9, 0.3, 0.02, 0.6, 0.04, 0.01, 0.8, 0.2)
    ]
    assert set(watched(*looks)) == {Phase.BOOST}


def test_free_flight_once_established_is_not_forgotten_with_a_partners_word() -> None:
    unsaid = replace(COASTING, free_flight_seen=False, thrust_probability=0.2)
    assert watched(COASTING, unsaid, COASTING, unsaid) == [Phase.BALLISTIC] * 4


def test_a_low_fast_flight_may_glide_and_its_impact_is_not_named() -> None:
    low = replace(COASTING, state=state(40e3, 2_600.0, 8.0))
    result = assess_state(low, START)
    impact = result.assessment.impact
    assert isinstance(impact, Unknown) and "may glide" in impact.reason
    assert result.assessment.belief.likeliest is MissileClass.MANOEUVRING
    assert result.prediction is not None and result.prediction.footprint() is not None


def test_a_glider_that_is_not_seen_any_more_has_not_ended_while_it_may_still_glide() -> None:
    gliding = replace(
        PULLING,
        state=state(25e3, 2_000.0, 0.0),
        before=Remembered(Phase.MANOEUVRING, ClassBelief((0.0,) * 6 + (1.0,)), START, 60e3),
    )
    prediction = assess_state(gliding, START).prediction
    assert prediction is not None
    fall_s = float(prediction.path[-1, 0])
    assert assess_state(gliding, START.later(fall_s + 60.0)).assessment.phase is Phase.LOST
    after = START.later(prediction.fall_max_s + 300.0)
    assert assess_state(gliding, after).assessment.phase is Phase.ENDED


def test_what_was_lost_under_power_is_given_up_in_the_end() -> None:
    burning = replace(COASTING, thrust_probability=0.99, free_flight_seen=False)
    hold_s = DEFAULT_SETTINGS.ended_unforeseen_hold_s
    assert assess_state(burning, START.later(hold_s - 1.0)).assessment.phase is Phase.LOST
    assert assess_state(burning, START.later(hold_s)).assessment.phase is Phase.ENDED


def test_a_glider_never_seen_in_free_flight_is_no_boost() -> None:
    gliding = replace(
        COASTING,
        state=state(40e3, 2_500.0, -1.0),
        thrust_probability=0.9,
        free_flight_seen=False,
    )
    assert assess_state(gliding, START).assessment.phase is Phase.MANOEUVRING


def test_a_depressed_flight_is_of_the_manoeuvring_kind() -> None:
    low = replace(COASTING, state=state(30e3, 2_000.0, 12.0))
    assert assess_state(low, START).assessment.belief.likeliest is MissileClass.MANOEUVRING


def test_what_is_in_orbit_is_a_space_launch_and_does_not_come_down() -> None:
    place = Geodetic.from_degrees(39.0, 127.0, 500e3)
    velocity = enu_from_ecef(place).T @ np.array([7_300.0, 0.0, 0.0])
    mean = np.concatenate([place.ecef_m(), velocity])
    orbiting = StateEstimate(START, mean, np.diag([100.0**2] * 3 + [1.0] * 3))
    found = assess_state(replace(COASTING, state=orbiting), START).assessment
    assert found.belief.likeliest is MissileClass.SLV
    assert isinstance(found.impact, Unknown) and "orbit" in found.impact.reason
    later = START.later(DEFAULT_SETTINGS.ended_unsure_hold_s)
    unseen = assess_state(replace(COASTING, state=orbiting), later).assessment
    assert unseen.phase is Phase.ENDED


def test_burning_longer_than_any_missile_means_a_space_launch() -> None:
    burning = replace(
        COASTING,
        state=state(250e3, 4_500.0, 10.0),
        thrust_probability=0.99,
        free_flight_seen=False,
        launch=replace(LAUNCH, time=START.later(-400.0), time_sigma_s=15.0),
    )
    assert assess_state(burning, START).assessment.belief.likeliest is MissileClass.SLV
    remembered = assess_state(burning, START).remembered
    doubtful = replace(burning, thrust_probability=0.3, before=remembered)
    assert assess_state(doubtful, START).assessment.belief.likeliest is MissileClass.SLV
    shorter = replace(burning, launch=replace(LAUNCH, time=START.later(-280.0)))
    assert assess_state(shorter, START).assessment.belief.likeliest is MissileClass.UNKNOWN


def test_a_flight_that_is_not_seen_again_ends_when_nothing_of_it_can_be_left() -> None:
    impact = assess_state(COASTING, START).assessment.impact
    assert isinstance(impact, PlaceEstimate)
    fall_s = impact.time.elapsed_s(since=START)
    assert assess_state(COASTING, START.later(fall_s)).assessment.phase is not Phase.ENDED
    assert assess_state(COASTING, START.later(2.0 * fall_s)).assessment.phase is Phase.ENDED


def test_a_well_watched_missile_is_followed_to_its_end_without_being_seen() -> None:
    watched = replace(COASTING, observed_s=300.0)
    impact = assess_state(watched, START).assessment.impact
    assert isinstance(impact, PlaceEstimate)
    fall_s = impact.time.elapsed_s(since=START)
    before_end = assess_state(watched, START.later(fall_s - 20.0)).assessment
    assert before_end.phase is Phase.REENTRY
    assert isinstance(before_end.impact, PlaceEstimate)


def test_a_track_lost_early_widens_and_then_says_nothing() -> None:
    brief = replace(COASTING, observed_s=6.0, state=state(300e3, 5_500.0, 40.0))
    sizes = []
    for after_s in (0.0, 30.0, 60.0, 90.0):
        impact = assess_state(brief, START.later(after_s)).assessment.impact
        assert isinstance(impact, PlaceEstimate)
        sizes.append(impact.ellipse_p90.semi_major_m)
    assert sizes == sorted(sizes) and sizes[-1] > 1.5 * sizes[0]
    late = assess_state(brief, START.later(300.0)).assessment
    assert late.phase is Phase.LOST
    assert isinstance(late.impact, Unknown)


def test_lost_under_power_is_lost_at_once() -> None:
    burning = replace(COASTING, thrust_probability=0.99, free_flight_seen=False, observed_s=300.0)
    assert assess_state(burning, START.later(20.0)).assessment.phase is Phase.BOOST
    assert assess_state(burning, START.later(40.0)).assessment.phase is Phase.LOST


def test_the_class_is_kept_when_the_air_has_taken_the_energy() -> None:
    before = assess_state(COASTING, START).assessment.belief
    slowed = replace(COASTING, state=state(15e3, 1_000.0, -60.0), launch=Unknown("not seen"))
    assert assess_state(slowed, START).assessment.belief.likeliest is MissileClass.SRBM
    kept = replace(slowed, before=Remembered(Phase.REENTRY, before, None, 300e3))
    assert assess_state(kept, START).assessment.belief == before


def test_a_track_is_assessed_with_its_own_launch() -> None:
    seen = state(70e3, 3_100.0, 43.0)
    track = Track(
        track=track_id(NodeId("KOR-1"), 3),
        status=TrackStatus.CONFIRMED,
        state=seen,
        thrust_probability=0.0,
        first_observed_at=START.later(-30.0),
        last_observed_at=START,
        observed_s=30.0,
        updates=30,
        paths=frozenset({"kor-1", "kor-2"}),
        ascent=(seen,),
        burnt_out_at=None,
        free_flight_seen=True,
    )
    seen_by = observed_by(EVENT, KOR, track, estimate_launch(track))
    found = assess_state(seen_by, START).assessment
    assert isinstance(found.launch, PlaceEstimate)
    assert found.launch.time < START
    assert found.witnesses == 2 and found.observed_s == 30.0
