"""Laws of the alert book, whatever the estimates do."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from signalfire.assess.alert import AlertBook, EventFacts
from signalfire.assess.alert_settings import AlertSettings
from signalfire.assess.areas import AreaThreat
from signalfire.basis.identity import AreaId, EventId, NationId, NodeId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.picture.event import Phase
from signalfire.picture.warning import Texts, Warning, WarningStatus

START = Instant(1_500_000_000 * 10**9)
SETTINGS = AlertSettings(lost_hold_s=120.0)
EVENTS = tuple(EventId(f"E-KOR-1-{n}") for n in (1, 2))
AREAS = tuple(AreaId(f"JP-{n:02d}") for n in range(1, 5))
SAMPLES = 64
CLOSING = {WarningStatus.CANCEL, WarningStatus.ALL_CLEAR}


@dataclass(frozen=True)
class Step:
    """What happens after a while: a review of one event, a tick, or two events becoming one."""

    after_s: float
    event: EventId
    threats: tuple[AreaThreat, ...] | None
    facts: EventFacts | None
    """None: a tick."""
    is_merge: bool = False


@st.composite
def threat_of(draw: st.DrawFn, area: AreaId, now_s: float) -> AreaThreat:
    hits = draw(st.sampled_from((0, 0, 1, 3, 10, 40, 64)))
    shift = draw(st.integers(0, SAMPLES - hits))
    opens_s = now_s + draw(st.sampled_from((-120.0, -20.0, 0.0, 3.0, 30.0, 90.0, 300.0)))
    length_s = draw(st.sampled_from((0.0, 8.0, 40.0, 200.0)))
    return AreaThreat(
        area=area,
        name=Texts(f"{area} ja", f"{area} ko", f"{area} en"),
        hit_probability=draw(st.sampled_from((0.5, hits + 0.5))) / (SAMPLES + 1),
        affected_probability=(hits + 0.5) / (SAMPLES + 1),
        window=(START.later(opens_s), START.later(opens_s + length_s)),
        touched_by=((1 << hits) - 1) << shift,
        samples=SAMPLES,
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[Step, ...]:
    """A few minutes of estimates that come, jump, vanish, are lost, merge or prove false."""
    steps: list[Step] = []
    now_s = 0.0
    for _ in range(draw(st.integers(1, 25))):
        after_s = draw(st.sampled_from((0.0, 0.5, 1.0, 1.0, 1.0, 3.0, 10.0, 70.0)))
        now_s += after_s
        event = draw(st.sampled_from(EVENTS))
        what = draw(st.integers(0, 11))
        if what <= 1:
            steps.append(Step(after_s, event, None, None, is_merge=what == 1))
            continue
        areas = draw(st.sets(st.sampled_from(AREAS)))
        threats = tuple(draw(threat_of(area, now_s)) for area in sorted(areas))
        is_lost = draw(st.integers(0, 5)) == 0
        facts = EventFacts(
            observed_fraction=0.5,
            witnesses=draw(st.integers(0, 4)),
            phase=Phase.LOST if is_lost else Phase.BALLISTIC,
            sources=(NationId("JPN"),),
            lost_since=START.later(draw(st.floats(0.0, now_s))) if is_lost else None,
            is_withdrawn=draw(st.integers(0, 15)) == 0,
        )
        steps.append(Step(after_s, event, None if what == 2 else threats, facts))
    return tuple(steps)


def new_book() -> AlertBook:
    return AlertBook(NationId("JPN"), NodeId("JPN-1"), Realm("exercise:laws"), SETTINGS)


def played(
    book: AlertBook, history: Sequence[Step], *, backwards: bool = False
) -> tuple[list[Warning], Instant]:
    issued: list[Warning] = []
    now = START
    for step in history:
        now = now.later(step.after_s)
        if step.is_merge:
            issued += book.rename(now, EVENTS[1], EVENTS[0])
        elif step.facts is None:
            issued += book.tick(now)
        else:
            threats = step.threats
            if backwards and threats is not None:
                threats = threats[::-1]
            issued += book.review(now, step.event, threats, step.facts)
    return issued, now


def ticked_out(book: AlertBook, now: Instant) -> list[Warning]:
    issued: list[Warning] = []
    for second in range(0, 700, 5):
        issued += book.tick(now.later(float(second)))
    return issued


def chains(issued: Sequence[Warning]) -> list[list[Warning]]:
    """Messages by warning: each joins the chain whose last message it names."""
    found: list[list[Warning]] = []
    for message in issued:
        if message.references is None:
            found.append([message])
        else:
            (chain,) = (c for c in found if c[-1].warning == message.references)
            chain.append(message)
    return found


def is_urgent(before: Warning, message: Warning) -> bool:
    was = {area.area: area.kind for area in before.areas}
    return any(area.area not in was or area.kind is not was[area.area] for area in message.areas)


@given(history=histories())
def test_a_warning_is_initial_then_updates_then_one_end_and_it_does_end(
    history: tuple[Step, ...],
) -> None:
    book = new_book()
    issued, now = played(book, history)
    issued += ticked_out(book, now)
    assert not book.any_open()
    assert [m.warning for m in issued] == [f"W-JPN-1-{n}" for n in range(1, len(issued) + 1)]
    for chain in chains(issued):
        first, *middle, last = chain
        assert first.status is WarningStatus.INITIAL
        assert all(message.status is WarningStatus.UPDATE for message in middle)
        assert last.status in CLOSING


@given(history=histories())
def test_of_one_event_no_two_warnings_stand_at_once(history: tuple[Step, ...]) -> None:
    book = new_book()
    unmerged = [step for step in history if not step.is_merge]
    issued, now = played(book, unmerged)
    issued += ticked_out(book, now)
    for event in EVENTS:
        is_open = False
        for message in (m for m in issued if m.event == event):
            assert is_open is not (message.status is WarningStatus.INITIAL)
            is_open = message.status not in CLOSING
        assert not is_open


@given(history=histories())
def test_nothing_is_announced_whose_time_is_past(history: tuple[Step, ...]) -> None:
    issued, _ = played(new_book(), history)
    for chain in chains(issued):
        told: set[AreaId] = set()
        for message in chain:
            if message.status not in CLOSING:
                fresh = [area for area in message.areas if area.area not in told]
                assert all(area.window[1] > message.at for area in fresh)
                told = {area.area for area in message.areas}


@given(history=histories())
def test_an_update_that_is_not_urgent_waits_its_turn(history: tuple[Step, ...]) -> None:
    issued, _ = played(new_book(), history)
    for chain in chains(issued):
        for before, message in itertools.pairwise(chain):
            if message.status is WarningStatus.UPDATE and not is_urgent(before, message):
                assert message.at.elapsed_s(since=before.at) >= SETTINGS.update_spacing_s


def owed_after(chain: Sequence[Warning]) -> set[AreaId]:
    """Areas that were told and not released by an update since, while no end has come."""
    owed: set[AreaId] = set()
    for message in chain:
        if message.status in CLOSING:
            return set()
        released = {a for a in owed if f"{a} en" in message.reason}
        gone = released - {area.area for area in message.areas}
        owed = (owed - gone) | {area.area for area in message.areas}
    return owed


@given(history=histories())
def test_everybody_who_was_warned_hears_the_end(history: tuple[Step, ...]) -> None:
    """In the last message, or it says that another warning still names them."""
    book = new_book()
    issued, now = played(book, history)
    issued += ticked_out(book, now)
    found = chains(issued)
    for chain in found:
        *before, last = chain
        told = {area.area for area in last.areas}
        kept = owed_after(before) - told
        assert told <= owed_after(before)
        assert all(f"{area} en" in last.reason for area in kept)
        until = issued.index(last)
        elsewhere = [owed_after([m for m in issued[:until] if m in c]) for c in found]
        assert kept <= set().union(
            *(o for o, c in zip(elsewhere, found, strict=True) if c != chain)
        )


@given(history=histories())
def test_no_all_clear_names_an_area_that_another_warning_states_for_later(
    history: tuple[Step, ...],
) -> None:
    book = new_book()
    issued, now = played(book, history)
    issued += ticked_out(book, now)
    found = chains(issued)
    for index, clear in enumerate(issued):
        if clear.status is not WarningStatus.ALL_CLEAR:
            continue
        cleared = {area.area for area in clear.areas}
        for chain in found:
            before = [m for m in chain if m in issued[:index]]
            after = [m for m in chain if m in issued[index + 1 :]]
            if before and after and after[0].at > clear.at:
                ahead = {area.area for area in before[-1].areas if area.window[1] > clear.at}
                assert not cleared & ahead


@given(history=histories())
def test_no_all_clear_comes_before_the_time_that_was_stated(history: tuple[Step, ...]) -> None:
    book = new_book()
    issued, now = played(book, history)
    issued += ticked_out(book, now)
    for message in issued:
        if message.status is WarningStatus.ALL_CLEAR:
            passed = [area for area in message.areas if area.window[1] <= message.at]
            assert passed
            if "the stated hold" not in message.reason:
                allowed_s = [message.at.elapsed_s(since=area.window[1]) for area in passed]
                assert max(allowed_s) >= SETTINGS.clear_after_s


@given(history=histories())
def test_nothing_is_taken_back_once_its_time_has_begun(history: tuple[Step, ...]) -> None:
    issued, _ = played(new_book(), history)
    for message in issued:
        if message.status is WarningStatus.CANCEL and "estimate" in message.reason:
            # An area that fell out earlier may have waited for its turn to be told so; the one
            # that fell out last has its time before it.
            assert any(message.at < area.window[0] for area in message.areas)


@given(history=histories())
def test_a_message_is_whole(history: tuple[Step, ...]) -> None:
    issued, _ = played(new_book(), history)
    for message in issued:
        assert message.areas
        assert message.window == (
            min(area.window[0] for area in message.areas),
            max(area.window[1] for area in message.areas),
        )
        assert all(area.window[0] <= area.window[1] for area in message.areas)
        assert [a.area for a in message.areas] == sorted({a.area for a in message.areas})
        assert 0.0 <= message.confidence <= 0.99
        assert message.reason and "None" not in message.reason
        for text, mark in (
            (message.text.ja, "訓練"),
            (message.text.ko, "훈련"),
            (message.text.en, "EXERCISE"),
        ):
            assert mark in text and str(message.warning) in text and "None" not in text


@given(history=histories())
def test_the_same_history_in_any_order_of_areas_gives_the_same_messages(
    history: tuple[Step, ...],
) -> None:
    forwards, _ = played(new_book(), history)
    backwards, _ = played(new_book(), history, backwards=True)
    assert forwards == backwards


@given(history=histories(), witnesses=st.integers(0, 5))
def test_more_witnesses_never_make_a_warning_less_sure(
    history: tuple[Step, ...], witnesses: int
) -> None:
    def with_witnesses(count: int) -> list[Step]:
        return [
            replace(step, facts=replace(step.facts, witnesses=count)) if step.facts else step
            for step in history
        ]

    fewer, _ = played(new_book(), with_witnesses(witnesses))
    more, _ = played(new_book(), with_witnesses(witnesses + 1))
    for one, other in zip(fewer, more, strict=True):
        assert one.confidence <= other.confidence
