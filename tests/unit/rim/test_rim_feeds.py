"""Feeds: moments in order, bounded, and the clock of each kind of feed."""

import asyncio
import socket

import pytest

from signalfire.basis.errors import Unavailable
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.limits import DATAGRAM_BYTES_MAX
from signalfire.node.inbox import TICK, InboxItem, ItemKind
from signalfire.rim.feeds import Moment, RecordedFeed, UdpFeed

START = Instant(1_500_000_000 * NS_PER_S)


def report(number: int) -> InboxItem:
    return InboxItem(ItemKind.DETECTION, b"{}", number)


def played(reports: list[tuple[Instant, InboxItem]]) -> list[Moment]:
    async def scene() -> list[Moment]:
        feed = RecordedFeed(reports)
        await feed.open()
        moments: list[Moment] = []
        while taken := await feed.take():
            moments += taken
        return moments

    return asyncio.run(scene())


def test_a_recording_ticks_at_every_whole_second_before_what_came_in_it() -> None:
    moments = played([(START.later(0.5), report(1)), (START.later(2.0), report(2))])
    assert moments == [
        Moment(START.later(0.5), (report(1),)),
        Moment(START.later(1.0), (TICK,)),
        Moment(START.later(2.0), (TICK,)),
        Moment(START.later(2.0), (report(2),)),
    ]


def test_the_clock_of_a_recording_never_goes_back() -> None:
    moments = played([(START.later(s), report(1)) for s in (5.0, 3.0, 9.5, 1.0)])
    times = [moment.now for moment in moments]
    assert times == sorted(times)
    assert sum(not moment.is_tick for moment in moments) == 4


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = START.later(0.9)

    def __call__(self) -> Instant:
        return self.at


async def _received(feed: UdpFeed, datagrams: list[bytes]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in datagrams:
            sender.sendto(datagram, ("127.0.0.1", feed.port))
    await asyncio.sleep(0.05)


def test_datagrams_of_several_lines_become_numbered_items_and_seconds_tick() -> None:
    async def scene() -> tuple[Moment, ...]:
        clock = Clock()
        feed = UdpFeed(0, now=clock)
        await feed.open()
        await _received(feed, [b"one\ntwo\n\n"])
        clock.at = START.later(2.1)
        await _received(feed, [b"three"])
        moments = await feed.take()
        await feed.close()
        return moments

    lines = [
        InboxItem(ItemKind.DETECTION, body, number)
        for number, body in enumerate((b"one", b"two", b"three"), start=1)
    ]
    assert asyncio.run(scene()) == (
        Moment(START.later(0.9), tuple(lines[:2])),
        Moment(START.later(1.0), (TICK,)),
        Moment(START.later(2.0), (TICK,)),
        Moment(START.later(2.1), (lines[2],)),
    )


def test_a_flood_of_datagrams_is_bounded_and_counted() -> None:
    async def scene() -> tuple[UdpFeed, int]:
        feed = UdpFeed(0, now=Clock(), waiting_max=5)
        await feed.open()
        await _received(feed, [b"x"] * 12 + [b"y" * (DATAGRAM_BYTES_MAX + 1)])
        taken = len(await feed.take())
        await feed.close()
        return feed, taken

    feed, taken = asyncio.run(scene())
    assert (taken, feed.dropped, feed.refused) == (5, 7, 1)


def test_a_clock_that_jumps_ahead_ticks_once() -> None:
    async def scene() -> tuple[Moment, ...]:
        clock = Clock()
        feed = UdpFeed(0, now=clock)
        await feed.open()
        clock.at = START.later(86_400.0)
        moments = await asyncio.wait_for(feed.take(), 5.0)
        await feed.close()
        return moments

    assert asyncio.run(scene()) == (Moment(START.later(86_400.0), (TICK,)),)


def test_a_taken_udp_port_is_named() -> None:
    async def scene() -> None:
        first = UdpFeed(0)
        await first.open()
        try:
            await UdpFeed(first.port).open()
        finally:
            await first.close()

    with pytest.raises(Unavailable, match="UDP port"):
        asyncio.run(scene())
