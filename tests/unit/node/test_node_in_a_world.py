"""Recordings and the one-process world: whose line, what time it is, when it ticks and ends."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from signalfire.basis.errors import LimitExceeded
from signalfire.basis.identity import NationId
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.limits import REPLAY_TAIL_MAX_S
from signalfire.basis.utc import instant_from_utc, utc_text
from signalfire.cli.assemble import load_sensors
from signalfire.cli.scenarios import packaged_sensors
from signalfire.node.inbox import TICK, InboxItem, ItemKind
from signalfire.node.outbox import Outbox
from signalfire.release.released import seal
from signalfire.sim.recording import Recording
from signalfire.sim.world import Report, World

JPN, KOR = NationId("JPN"), NationId("KOR")
START = instant_from_utc("2017-09-14T22:00:00.400Z")
SENSORS = {sensor.sensor: sensor for sensor in load_sensors(packaged_sensors())}


@dataclass
class Scripted:
    """Takes whatever comes, answers as told."""

    answer: Callable[[Instant, tuple[InboxItem, ...]], Outbox] = lambda now, inbox: Outbox()
    taken: list[tuple[Instant, tuple[InboxItem, ...]]] = field(default_factory=list)

    def advance(self, now: Instant, inbox: tuple[InboxItem, ...]) -> Outbox:
        self.taken.append((now, inbox))
        return self.answer(now, inbox)

    @property
    def ticks(self) -> list[Instant]:
        return [now for now, inbox in self.taken if inbox == (TICK,)]


def world(**nodes: Scripted) -> World:
    return World({NationId(name): node for name, node in nodes.items()})  # type: ignore[misc]


def reports(*after_s: float, nation: NationId = KOR) -> list[Report]:
    item = InboxItem(ItemKind.DETECTION, b"{}", 1)
    return [Report(START.later(each), nation, item) for each in after_s]


def busy_until(end: Instant) -> Callable[[Instant, Any], Outbox]:
    return lambda now, inbox: Outbox(is_idle=now >= end)


def seconds(ticks: list[Instant]) -> list[float]:
    return [tick.elapsed_s(since=START.whole_second()) for tick in ticks]


def test_while_something_is_open_every_whole_second_ticks() -> None:
    node = Scripted(busy_until(START.later(10.0)))
    for _ in world(KOR=node).play(reports(0.0, 0.1, 3.9, 4.0)):
        pass
    assert seconds(node.ticks) == [float(k) for k in range(1, 12)]
    assert all(tick.is_whole_second() for tick in node.ticks)


def test_a_gap_in_which_nothing_is_open_is_passed_over() -> None:
    node = Scripted()
    for _ in world(KOR=node).play(reports(0.0, 3_600.0)):
        pass
    assert seconds(node.ticks) == [3_600.0]


def test_a_tick_comes_before_the_line_of_its_own_instant() -> None:
    node = Scripted()
    for _ in world(KOR=node).play(reports(0.6)):
        pass
    assert [inbox[0].kind for _, inbox in node.taken] == [ItemKind.TICK, ItemKind.DETECTION]
    assert len({now for now, _ in node.taken}) == 1


def test_the_clock_never_goes_back() -> None:
    node = Scripted()
    for _ in world(KOR=node).play(reports(5.0, 2.0, 4.9, 5.1)):
        pass
    times = [now for now, _ in node.taken]
    assert times == sorted(times)
    assert times[-1] == START.later(5.1)


def test_a_line_reaches_the_node_of_its_nation_alone() -> None:
    japan, korea = Scripted(), Scripted()
    for _ in world(JPN=japan, KOR=korea).play(reports(0.0, 0.2)):
        pass
    assert [len(node.taken) - len(node.ticks) for node in (japan, korea)] == [0, 2]


@dataclass(frozen=True)
class Word:
    """As much of a bulletin as a world looks at."""

    payload: bytes = b"word"


def sealed(recipient: NationId) -> Any:
    return seal(Word(), recipient, "test@1#1")


def test_what_is_released_is_received_at_the_same_time_until_nothing_more_is_sent() -> None:
    def ask(now: Instant, inbox: tuple[InboxItem, ...]) -> Outbox:
        is_first = inbox[0].kind is ItemKind.DETECTION
        return Outbox(bulletins=(sealed(JPN),) if is_first else ())

    def reply(now: Instant, inbox: tuple[InboxItem, ...]) -> Outbox:
        is_word = inbox[0].kind is ItemKind.ENVELOPE
        return Outbox(bulletins=(sealed(KOR),) if is_word else ())

    japan, korea = Scripted(reply), Scripted(ask)
    played = list(world(JPN=japan, KOR=korea).play(reports(0.2)))
    assert [(each.nation, each.inbox[0].kind) for each in played] == [
        (KOR, ItemKind.DETECTION),
        (JPN, ItemKind.ENVELOPE),
        (KOR, ItemKind.ENVELOPE),
    ]
    assert {each.now for each in played} == {START.later(0.2)}


def test_nodes_that_answer_each_other_for_ever_are_stopped() -> None:
    def echo(other: NationId) -> Scripted:
        return Scripted(lambda now, inbox: Outbox(bulletins=(sealed(other),)))

    with pytest.raises(LimitExceeded, match="still answer each other"):
        list(world(JPN=echo(KOR), KOR=echo(JPN)).play(reports(0.0)))


def test_an_event_that_never_ends_is_not_waited_for_for_ever() -> None:
    node = Scripted(lambda now, inbox: Outbox(is_idle=False))
    with pytest.raises(LimitExceeded, match="still open"):
        list(world(KOR=node).play(reports(0.0)))
    assert REPLAY_TAIL_MAX_S <= len(node.ticks) <= REPLAY_TAIL_MAX_S + 2


# Recordings.


def line(at: Instant, sensor: str = "GP-B") -> bytes:
    text = utc_text(at, 3)
    plot = {
        "sensor": sensor, "observed_at": text, "received_at": text,
        "range_m": 1e5, "azimuth_rad": 1.0, "elevation_rad": 0.5,
    }  # fmt: skip
    return json.dumps(plot).encode()


def test_a_line_ahead_of_the_next_is_refused_and_one_before_another_like_it_is_not() -> None:
    ahead = START.later(62.0)
    recording = Recording(SENSORS)
    times = [START, ahead, START.later(1.0), ahead, ahead.later(1.0), START.later(2.5)]
    found = list(recording.reports(line(at) for at in times))
    assert [fault.line for fault in recording.faults] == [2, 5]
    assert [report.item.number for report in found] == [1, 3, 4, 6]
    assert recording.accepted == len(found)


def test_a_line_just_a_minute_ahead_is_taken() -> None:
    recording = Recording(SENSORS)
    found = list(recording.reports([line(START.later(60.0)), line(START)]))
    assert len(found) == 2 and recording.faults == []


def test_numbers_count_blank_lines_too() -> None:
    recording = Recording(SENSORS)
    found = list(recording.reports([b"\n", line(START) + b"\r\n", b"  ", b"{", line(START)]))
    assert [report.item.number for report in found] == [2, 5]
    assert [fault.line for fault in recording.faults] == [4]
    assert found[0].nation == KOR
    assert found[0].received_at.tai_ns % NS_PER_S == 400_000_000
