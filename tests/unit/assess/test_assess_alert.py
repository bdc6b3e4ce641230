"""The alert book: when people are told, when they are told again, and when it is over."""

from dataclasses import replace

import pytest

from signalfire.assess.alert import AlertBook, EventFacts, witness_cap_probability
from signalfire.assess.alert_settings import AlertSettings
from signalfire.assess.areas import AreaThreat
from signalfire.basis.errors import BadInput
from signalfire.basis.identity import AreaId, EventId, NationId, NodeId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.picture.event import Phase
from signalfire.picture.warning import AreaKind, Texts, Warning, WarningStatus

START = Instant(1_500_000_000 * 10**9)
EVENT, OTHER = EventId("E-KOR-1-17"), EventId("E-JPN-1-4")
SEEN = EventFacts(0.42, 3, Phase.BALLISTIC, (NationId("JPN"), NationId("KOR")))
LOST = replace(SEEN, phase=Phase.LOST, lost_since=START.later(10.0))
SAMPLES = 64


def book(settings: AlertSettings | None = None) -> AlertBook:
    return AlertBook(NationId("JPN"), NodeId("JPN-1"), Realm("test:alert"), settings)


def at(second: float) -> Instant:
    return START.later(second)


def threat(
    area: str = "JP-01",
    probability: float = 0.5,
    window_s: tuple[float, float] = (300.0, 400.0),
    hit_probability: float = 0.01,
) -> AreaThreat:
    hits = round(probability * SAMPLES)
    return AreaThreat(
        AreaId(area),
        Texts(f"{area}ja", f"{area}ko", area),
        hit_probability,
        probability,
        (at(window_s[0]), at(window_s[1])),
        (1 << hits) - 1,
        SAMPLES,
    )


def only(messages: tuple[Warning, ...]) -> Warning:
    (message,) = messages
    return message


def codes(message: Warning) -> list[str]:
    return [area.area for area in message.areas]


def test_an_area_above_the_threshold_is_warned_and_one_below_is_not() -> None:
    first = only(book().review(at(0), EVENT, (threat(), threat("JP-02", 0.09)), SEEN))
    assert first.status is WarningStatus.INITIAL
    assert first.references is None
    assert first.warning == "W-JPN-1-1"
    assert codes(first) == ["JP-01"]
    assert first.window == first.areas[0].window == (at(300), at(400))
    assert first.event == EVENT and first.issuer == "JPN" and first.at == at(0)
    assert first.reason == "Predicted to pass over JP-01."


def test_no_area_no_warning() -> None:
    alerts = book()
    assert alerts.review(at(0), EVENT, (), SEEN) == ()
    assert alerts.review(at(1), EVENT, None, SEEN) == ()
    assert alerts.review(at(2), EVENT, (threat(probability=0.0999),), SEEN) == ()
    assert not alerts.any_open()


def test_a_warning_overtaken_by_its_own_time_is_not_sent_as_new() -> None:
    assert book().review(at(400), EVENT, (threat(),), SEEN) == ()
    assert len(book().review(at(399.9), EVENT, (threat(),), SEEN)) == 1


def test_an_area_overtaken_by_its_own_time_is_not_added() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    past = threat("JP-02", window_s=(0.0, 9.0))
    assert alerts.review(at(9), EVENT, (threat(), past), SEEN) == ()


def test_an_unchanged_estimate_says_nothing_twice() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    assert all(alerts.review(at(s), EVENT, (threat(),), SEEN) == () for s in range(1, 300))


def test_an_added_area_is_told_at_once() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    update = only(alerts.review(at(0.5), EVENT, (threat(), threat("JP-02")), SEEN))
    assert update.status is WarningStatus.UPDATE
    assert update.references == "W-JPN-1-1" and update.warning == "W-JPN-1-2"
    assert codes(update) == ["JP-01", "JP-02"]
    assert update.reason == "Areas added: JP-02."


def test_a_hovering_area_stays_until_it_is_clearly_out() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(), threat("JP-02")), SEEN)
    for second in range(1, 60):
        hovering = threat("JP-02", 0.021 if second % 2 else 0.15)
        assert alerts.review(at(second), EVENT, (threat(), hovering), SEEN) == ()


def test_an_area_that_the_estimate_leaves_for_good_is_taken_out_and_named() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(), threat("JP-02")), SEEN)
    issued = [alerts.review(at(s), EVENT, (threat(),), SEEN) for s in range(1, 60)]
    update = only(tuple(m for messages in issued for m in messages))
    assert update.at == at(31), "when it has lasted half a minute"
    assert codes(update) == ["JP-01"]
    assert update.reason == "The estimate no longer touches JP-02."


def test_an_area_at_the_edge_of_a_swinging_estimate_stays_named() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(), threat("JP-02", 0.11)), SEEN)
    for second in range(1, 240):
        is_in = second % 30 == 0
        edge = (threat("JP-02", 0.11),) if is_in else (threat("JP-02", 0.0077),)
        assert alerts.review(at(second), EVENT, (threat(), *edge), SEEN) == ()


def test_a_warning_that_came_back_after_a_cancel_is_not_cancelled_as_soon_again() -> None:
    alerts = book()
    issued = []
    for second in range(0, 240):
        near = (threat(),) if second % 20 < 10 else ()
        issued += alerts.review(at(second), EVENT, near, SEEN)
    assert [message.status.value for message in issued] == ["initial", "cancel", "initial"]
    gone = [m for s in range(240, 290) for m in alerts.review(at(s), EVENT, (), SEEN)]
    assert only(tuple(gone)).status is WarningStatus.CANCEL


def test_one_odd_estimate_withdraws_nothing() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    assert alerts.review(at(10), EVENT, (), SEEN) == ()
    assert alerts.review(at(11), EVENT, (threat(),), SEEN) == ()
    assert alerts.review(at(12), EVENT, (), SEEN) == ()
    assert alerts.is_open(EVENT)


def test_a_warning_is_cancelled_within_two_seconds_when_the_estimate_leads_elsewhere() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    assert alerts.review(at(10), EVENT, (), SEEN) == ()
    assert alerts.review(at(11), EVENT, (), SEEN) == ()
    cancel = only(alerts.review(at(12), EVENT, (), SEEN))
    assert cancel.status is WarningStatus.CANCEL
    assert cancel.references == "W-JPN-1-1"
    assert codes(cancel) == ["JP-01"]
    assert cancel.reason == "The estimate no longer touches the named areas."
    assert cancel.confidence < 0.02
    assert not alerts.is_open(EVENT)


def test_a_moved_window_is_told_but_not_more_often_than_allowed() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    drifting = [
        alerts.review(at(s), EVENT, (threat(window_s=(300.0 + 8 * s, 400.0 + 8 * s)),), SEEN)
        for s in range(1, 31)
    ]
    times = [m.at.elapsed_s(since=START) for messages in drifting for m in messages]
    assert times and all(
        late - soon >= 5.0 for soon, late in zip([0.0, *times], times, strict=False)
    )
    last = [m for messages in drifting for m in messages][-1]
    assert last.reason == "The expected time has moved."


@pytest.mark.parametrize(
    ("shift_s", "length_s", "is_told"),
    [(15.0, 30.0, False), (16.0, 30.0, True), (16.0, 100.0, False), (26.0, 100.0, True)],
)
def test_how_far_a_window_may_move_unsaid(shift_s: float, length_s: float, is_told: bool) -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(window_s=(300.0, 300.0 + length_s)),), SEEN)
    moved = threat(window_s=(300.0 + shift_s, 300.0 + length_s + shift_s))
    assert bool(alerts.review(at(20), EVENT, (moved,), SEEN)) is is_told


def test_a_window_that_has_begun_keeps_its_stated_start() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    assert alerts.review(at(390), EVENT, (threat(window_s=(390.0, 401.0)),), SEEN) == ()
    update = only(alerts.review(at(395), EVENT, (threat(window_s=(395.0, 440.0)),), SEEN))
    assert update.areas[0].window == (at(300), at(440))


def test_an_area_now_to_be_hit_is_told_at_once_and_stays_so() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    update = only(alerts.review(at(1), EVENT, (threat(hit_probability=0.12),), SEEN))
    assert update.areas[0].kind is AreaKind.IMPACT
    assert update.reason == "The predicted threat changed for JP-01."
    assert alerts.review(at(20), EVENT, (threat(hit_probability=0.05),), SEEN) == ()


def test_what_is_likelier_hit_than_passed_is_an_impact() -> None:
    rare = threat(probability=0.12, hit_probability=0.07)
    assert only(book().review(at(0), EVENT, (rare,), SEEN)).areas[0].kind is AreaKind.IMPACT


def test_all_clear_comes_a_minute_after_the_last_window() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(), threat("JP-02", window_s=(350.0, 450.0))), SEEN)
    assert alerts.review(at(380), EVENT, (threat("JP-02", window_s=(380.0, 450.0)),), SEEN) == ()
    ended = replace(SEEN, phase=Phase.ENDED)
    quiet = [alerts.review(at(s), EVENT, (), ended) for s in range(400, 510)]
    assert not any(quiet)
    clear = only(alerts.review(at(510), EVENT, (), ended))
    assert clear.status is WarningStatus.ALL_CLEAR
    assert codes(clear) == ["JP-01", "JP-02"]
    assert clear.reason == "The expected time has passed."


def test_ticks_alone_bring_the_all_clear() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    assert alerts.tick(at(459)) == ()
    assert only(alerts.tick(at(460))).status is WarningStatus.ALL_CLEAR
    assert alerts.tick(at(461)) == ()
    assert not alerts.any_open()


def test_an_area_whose_window_has_passed_leaves_updates_silently() -> None:
    alerts = book()
    near, far = threat(), threat("JP-02", window_s=(500.0, 520.0))
    alerts.review(at(0), EVENT, (near, far), SEEN)
    assert alerts.review(at(410), EVENT, (far,), SEEN) == ()
    moved = threat("JP-02", window_s=(560.0, 580.0))
    update = only(alerts.review(at(420), EVENT, (moved,), SEEN))
    assert codes(update) == ["JP-02"]
    assert update.reason == "The expected time has moved."
    clear = only(alerts.tick(at(640)))
    assert codes(clear) == ["JP-01", "JP-02"]


def test_an_area_dropped_after_another_has_passed_gets_its_word_in_the_all_clear() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(), threat("JP-02", window_s=(800.0, 900.0))), SEEN)
    issued = [m for s in range(410, 480) for m in alerts.review(at(s), EVENT, (), SEEN)]
    clear = only(tuple(issued))
    assert clear.status is WarningStatus.ALL_CLEAR
    assert codes(clear) == ["JP-01", "JP-02"]


def test_what_is_lost_is_not_harmless() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    for second in range(11, 300):
        assert alerts.review(at(second), EVENT, (), LOST) == ()
    assert only(alerts.tick(at(460))).status is WarningStatus.ALL_CLEAR


def test_no_estimate_is_not_no_threat() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    assert not any(alerts.review(at(s), EVENT, None, SEEN) for s in range(1, 460))
    assert only(alerts.review(at(460), EVENT, None, SEEN)).status is WarningStatus.ALL_CLEAR


def test_a_forecast_that_runs_away_after_loss_is_not_followed_for_ever() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    issued = []
    for second in range(20, 1500, 5):
        later = threat(window_s=(second + 100.0, second + 200.0))
        issued += alerts.review(at(second), EVENT, (later,), LOST)
    last = issued[-1]
    assert last.status is WarningStatus.ALL_CLEAR
    assert last.reason == "The missile was lost and the stated hold has passed."
    assert last.at >= issued[-2].window[1], "not before the time that was last stated"
    assert last.at.elapsed_s(since=START) < 610.0 + 210.0
    assert not alerts.any_open()


def test_a_long_lost_object_raises_no_new_warning() -> None:
    future = threat(window_s=(2_000.0, 2_100.0))
    assert book().review(at(700), EVENT, (future,), LOST) == ()
    assert len(book().review(at(100), EVENT, (future,), LOST)) == 1


def test_a_withdrawn_event_is_cancelled_at_once_and_not_warned_again() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    false = replace(SEEN, is_withdrawn=True)
    cancel = only(alerts.review(at(1), EVENT, (threat(),), false))
    assert cancel.status is WarningStatus.CANCEL
    assert cancel.reason == "The reports behind the warning were withdrawn."
    assert alerts.review(at(2), EVENT, (threat(),), false) == ()


def test_after_a_cancel_a_new_threat_begins_a_new_warning() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    alerts.review(at(10), EVENT, (), SEEN)
    alerts.review(at(12), EVENT, (), SEEN)
    again = only(alerts.review(at(20), EVENT, (threat(),), SEEN))
    assert again.status is WarningStatus.INITIAL
    assert again.references is None
    assert again.warning == "W-JPN-1-3"


def test_a_warning_goes_on_under_the_name_that_survives() -> None:
    alerts = book()
    alerts.review(at(0), OTHER, (threat(),), SEEN)
    assert alerts.rename(at(1), OTHER, EVENT) == ()
    assert alerts.is_open(EVENT) and not alerts.is_open(OTHER)
    update = only(alerts.review(at(2), EVENT, (threat(), threat("JP-02")), SEEN))
    assert update.status is WarningStatus.UPDATE
    assert update.references == "W-JPN-1-1" and update.event == EVENT


def test_of_two_warnings_of_one_missile_one_gives_way_and_names_the_other() -> None:
    alerts = book()
    alerts.review(at(0), OTHER, (threat(),), SEEN)
    alerts.review(at(1), EVENT, (threat("JP-02"),), SEEN)
    cancel = only(alerts.rename(at(2), OTHER, EVENT))
    assert cancel.status is WarningStatus.CANCEL
    assert cancel.event == OTHER and cancel.references == "W-JPN-1-1"
    assert "W-JPN-1-2" in cancel.reason and "W-JPN-1-2" in cancel.text.ja
    assert alerts.is_open(EVENT) and not alerts.is_open(OTHER)


def test_renaming_what_was_not_warned_of_says_nothing() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    assert alerts.rename(at(1), OTHER, EVENT) == ()
    assert alerts.rename(at(1), EVENT, EVENT) == ()
    assert alerts.is_open(EVENT)


@pytest.mark.parametrize(
    ("witnesses", "cap"), [(0, 0.90), (1, 0.90), (2, 0.97), (3, 0.99), (9, 0.99)]
)
def test_confidence_is_capped_by_the_witnesses(witnesses: int, cap: float) -> None:
    assert witness_cap_probability(witnesses) == cap
    sure = threat(probability=1.0)
    facts = replace(SEEN, witnesses=witnesses)
    assert only(book().review(at(0), EVENT, (sure,), facts)).confidence <= cap


def test_confidence_is_that_any_named_area_is_affected() -> None:
    apart = replace(threat("JP-02", 0.25), touched_by=((1 << 16) - 1) << 40)
    first = only(book().review(at(0), EVENT, (threat(probability=0.25), apart), SEEN))
    assert first.confidence == pytest.approx(32.5 / 65)


def test_a_further_cap_holds_too() -> None:
    facts = replace(SEEN, confidence_cap_probability=0.4)
    assert only(book().review(at(0), EVENT, (threat(probability=0.8),), facts)).confidence == 0.4


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold_probability": 1.0},
        {"drop_probability": 0.2},
        {"clear_after_s": -1.0},
        {"update_spacing_s": float("nan")},
    ],
)
def test_settings_that_contradict_each_other_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput, match="write 0"):
        AlertSettings(**wrong)


def test_an_area_stays_until_the_latest_end_that_was_estimated() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    assert alerts.review(at(399), EVENT, (threat(window_s=(399.0, 410.0)),), SEEN) == ()
    assert alerts.tick(at(469)) == ()
    assert only(alerts.tick(at(470))).status is WarningStatus.ALL_CLEAR


def test_an_area_threatened_anew_after_its_time_is_added_anew() -> None:
    alerts = book()
    far = threat("JP-02", window_s=(800.0, 820.0))
    alerts.review(at(0), EVENT, (threat(), far), SEEN)
    assert alerts.review(at(410), EVENT, (far,), SEEN) == ()
    again = threat(window_s=(500.0, 520.0))
    update = only(alerts.review(at(411), EVENT, (again, far), SEEN))
    assert update.reason == "Areas added: JP-01."
    assert update.areas[0].window == again.window


def test_confidence_keeps_what_a_lost_object_threatened_before() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(probability=0.8),), SEEN)
    update = only(alerts.review(at(11), EVENT, (threat("JP-02", 0.2),), LOST))
    assert codes(update) == ["JP-01", "JP-02"]
    assert update.confidence == 0.8
    assert "not being seen now" in update.text.en


def test_what_surely_passed_over_is_said_to_have_passed() -> None:
    for probability, is_lost, words in (
        (0.9, False, "It appears to have passed over the named areas."),
        (0.9, True, "The expected time has passed."),
        (0.5, False, "The expected time has passed."),
    ):
        alerts = book()
        alerts.review(at(0), EVENT, (threat(probability=probability),), SEEN)
        facts = replace(SEEN, phase=Phase.LOST) if is_lost else SEEN
        alerts.review(at(399), EVENT, None, facts)
        assert only(alerts.tick(at(460))).reason == words


def test_where_only_parts_fall_the_warning_is_of_debris() -> None:
    part = replace(threat(hit_probability=0.5), is_debris=True)
    first = only(book().review(at(0), EVENT, (part,), SEEN))
    assert first.areas[0].kind is AreaKind.DEBRIS
    assert first.reason == "Parts are predicted to fall on JP-01."
    assert "Parts may fall on: JP-01." in first.text.en
    assert "Take shelter at once" in first.text.en


def test_a_window_that_swings_is_told_once() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(window_s=(300.0, 320.0)),), SEEN)
    issued = []
    for second in range(1, 200):
        end_s = 410.0 if second % 25 == 0 else 320.0
        swinging = threat(window_s=(300.0, end_s))
        issued += alerts.review(at(second), EVENT, (swinging,), SEEN)
    assert only(tuple(issued)).window == (at(300), at(410))
    assert issued[0].at == at(25), "the later end, when it is first estimated"


def test_a_window_that_stays_narrower_is_told_so() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(window_s=(300.0, 420.0)),), SEEN)
    narrow = threat(window_s=(310.0, 330.0))
    update = only(
        tuple(m for s in range(1, 100) for m in alerts.review(at(s), EVENT, (narrow,), SEEN))
    )
    assert update.window == (at(310), at(330))
    assert 30.0 <= update.at.elapsed_s(since=START) <= 61.0
    assert only(alerts.tick(at(390))).status is WarningStatus.ALL_CLEAR


def test_an_earlier_start_does_not_wait() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    sooner = threat(window_s=(270.0, 400.0))
    assert only(alerts.review(at(5), EVENT, (sooner,), SEEN)).window == (at(270), at(400))


def test_a_lesser_kind_waits_until_it_has_lasted() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(hit_probability=0.5),), SEEN)
    for second in range(1, 31):
        assert alerts.review(at(second), EVENT, (threat(),), SEEN) == ()
    update = only(alerts.review(at(31), EVENT, (threat(),), SEEN))
    assert update.areas[0].kind is AreaKind.OVERFLIGHT


def test_no_all_clear_for_an_area_that_another_warning_names() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(), threat("JP-02")), SEEN)
    alerts.review(at(0), OTHER, (threat("JP-02", window_s=(300.0, 700.0)),), SEEN)
    clear = only(alerts.tick(at(460)))
    assert clear.event == EVENT and codes(clear) == ["JP-01"]
    assert clear.reason == (
        "The expected time has passed. Another warning still stands for JP-02: stay in shelter "
        "there."
    )
    assert all("JP-02" in text for text in (clear.text.ja, clear.text.ko, clear.text.en))
    last = only(alerts.tick(at(760)))
    assert last.event == OTHER and codes(last) == ["JP-02"]
    assert "Another warning" not in last.reason


def test_an_all_clear_that_would_free_no_area_waits() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    alerts.review(at(0), OTHER, (threat(window_s=(300.0, 700.0)),), SEEN)
    assert not any(alerts.tick(at(s)) for s in range(400, 760))
    both = alerts.tick(at(760))
    assert [m.status for m in both] == [WarningStatus.ALL_CLEAR] * 2
    assert [codes(m) for m in both] == [["JP-01"], ["JP-01"]]
    assert not alerts.any_open()


def test_a_cancel_says_that_another_warning_stands() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    stands = only(alerts.review(at(0), OTHER, (threat(),), SEEN))
    cancel = only(alerts.review(at(1), EVENT, (), replace(SEEN, is_withdrawn=True)))
    assert "Another warning still stands for JP-01" in cancel.reason
    assert f"Keep following notice {stands.warning}." in cancel.text.en
    assert "no need to take shelter" not in cancel.text.en


@pytest.mark.parametrize("phase", [Phase.MANOEUVRING, Phase.LOST])
def test_no_all_clear_while_what_cannot_be_foreseen_may_still_fly(phase: Phase) -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    unsure = replace(SEEN, phase=phase, down_by=at(900))
    alerts.review(at(390), EVENT, (threat(),), unsure)
    assert not any(alerts.tick(at(s)) for s in range(400, 960))
    alerts.review(at(930), EVENT, None, replace(SEEN, phase=Phase.ENDED))
    assert alerts.tick(at(959)) == ()
    assert only(alerts.tick(at(960))).status is WarningStatus.ALL_CLEAR


def test_what_falls_free_again_is_cleared_by_its_window() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    alerts.review(at(10), EVENT, (threat(),), replace(SEEN, phase=Phase.LOST, down_by=at(900)))
    alerts.review(at(20), EVENT, (threat(),), SEEN)
    assert only(alerts.tick(at(460))).status is WarningStatus.ALL_CLEAR


def test_parts_below_the_threshold_do_not_prolong_a_warning_of_the_missile() -> None:
    alerts = book()
    alerts.review(at(0), EVENT, (threat(),), SEEN)
    few = replace(threat(probability=0.05, window_s=(310.0, 900.0)), is_debris=True)
    assert not any(alerts.review(at(s), EVENT, (few,), SEEN) for s in range(380, 460))
    assert only(alerts.tick(at(460))).status is WarningStatus.ALL_CLEAR
