"""The conductor and the feeds that follow it, over real loopback connections."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from signalfire.basis.errors import Malformed, Unavailable
from signalfire.basis.identity import NationId
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.node.inbox import TICK, InboxItem, ItemKind
from signalfire.rim.conducted_feed import ConductedFeed
from signalfire.rim.conductor import Conductor, Part, Tempo
from signalfire.rim.cues import Cue, cue, decode_cue, encode
from signalfire.rim.feeds import Moment

START = Instant(1_500_000_000 * NS_PER_S)
KOR, JPN = NationId("KOR"), NationId("JPN")
FULL_SPEED = Tempo(speed_ratio=None, patience_s=0.3)
MALFORMED = bytes(range(256)).replace(b"\n", b"")


def part(at_s: float, nation: NationId | None, body: bytes = b"{}") -> Part:
    return Part(START.later(at_s), nation, InboxItem(ItemKind.DETECTION, body, 1))


class Listener:
    """A node that writes down what it gets and finishes every second at once, if it does."""

    def __init__(self, feed: ConductedFeed, *, is_answering: bool = True) -> None:
        self.moments: list[Moment] = []
        self.busy_until = START
        self._feed = feed
        self._is_answering = is_answering

    async def run(self) -> None:
        await self._feed.open()
        while moments := await self._feed.take():
            self.moments += moments
            for moment in moments:
                if moment.is_tick and self._is_answering:
                    is_idle = moment.now >= self.busy_until
                    await self._feed.done(moment.now, is_idle=is_idle)
        await self._feed.close()

    @property
    def seconds(self) -> list[float]:
        return [m.now.elapsed_s(since=START) for m in self.moments if m.is_tick]


Scene = Callable[[Conductor, dict[NationId, Listener]], Awaitable[None]]


def perform(
    parts: list[Part], tempo: Tempo, scene: Scene, *, silent: NationId | None = None
) -> dict[NationId, Listener]:
    """Play to listeners of both nations, with ``scene`` in the place of the director."""

    async def run() -> dict[NationId, Listener]:
        conductor = Conductor(parts, tempo, "secret")
        await conductor.open(0)
        listeners = {
            nation: Listener(
                ConductedFeed(nation, conductor.port, "secret"), is_answering=nation != silent
            )
            for nation in (KOR, JPN)
        }
        tasks = [asyncio.create_task(listener.run()) for listener in listeners.values()]
        await conductor.wait_for([KOR, JPN], within_s=5.0)
        await scene(conductor, listeners)
        await conductor.close()
        await asyncio.wait_for(asyncio.gather(*tasks), 5.0)
        return listeners

    return asyncio.run(run())


async def just_play(conductor: Conductor, _: dict[NationId, Listener]) -> None:
    await conductor.play()


def test_each_node_gets_its_own_lines_and_all_seconds_byte_for_byte() -> None:
    parts = [part(0.5, KOR, MALFORMED), part(1.0, JPN), part(2.2, KOR)]
    heard = perform(parts, FULL_SPEED, just_play)
    assert heard[KOR].moments == [
        Moment(START.later(0.5), (InboxItem(ItemKind.DETECTION, MALFORMED, 1),)),
        Moment(START.later(1.0), (TICK,)),
        Moment(START.later(2.0), (TICK,)),
        Moment(START.later(2.2), (parts[2].item,)),
        Moment(START.later(3.0), (TICK,)),
    ]
    assert heard[JPN].moments[:2] == [
        Moment(START.later(1.0), (TICK,)),
        Moment(START.later(1.0), (parts[1].item,)),
    ]


def test_seconds_go_on_while_a_node_has_something_open() -> None:
    async def scene(conductor: Conductor, listeners: dict[NationId, Listener]) -> None:
        listeners[JPN].busy_until = START.later(9.0)
        await conductor.play()

    heard = perform([part(0.5, KOR)], FULL_SPEED, scene)
    assert heard[KOR].seconds == [float(second) for second in range(1, 10)]


def test_a_gap_with_nothing_open_is_skipped_at_full_speed() -> None:
    heard = perform([part(0.5, KOR), part(5000.5, KOR)], FULL_SPEED, just_play)
    assert heard[JPN].seconds == [1.0, 5000.0, 5001.0]


def test_a_node_that_never_finishes_is_waited_for_once() -> None:
    async def scene(conductor: Conductor, _: dict[NationId, Listener]) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await conductor.play()
        assert loop.time() - began_s < 1.0

    parts = [part(0.1 * step, KOR) for step in range(1, 60)]
    heard = perform(parts, FULL_SPEED, scene, silent=JPN)
    assert heard[KOR].seconds == heard[JPN].seconds == [float(s) for s in range(1, 7)]


def test_a_stated_speed_is_kept() -> None:
    async def scene(conductor: Conductor, _: dict[NationId, Listener]) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await conductor.play()
        assert 0.35 < loop.time() - began_s < 1.5

    parts = [part(0.0, KOR), part(3.9, KOR)]
    perform(parts, Tempo(speed_ratio=10.0), scene)


def test_a_node_whose_connection_broke_follows_again_from_the_present_second() -> None:
    async def scene(conductor: Conductor, _: dict[NationId, Listener]) -> None:
        play = asyncio.create_task(conductor.play())
        await asyncio.sleep(0.3)
        conductor._players[KOR].writer.transport.abort()
        await play
        await conductor.wait_for([KOR], within_s=1.0)

    heard = perform([part(0.1 * s, KOR) for s in range(120)], Tempo(speed_ratio=10.0), scene)
    assert heard[JPN].seconds == [float(second) for second in range(13)]
    seconds = heard[KOR].seconds
    assert seconds[0] == 0.0 and seconds[-1] == 12.0
    assert 7 <= len(seconds) < 13


def test_a_command_reaches_the_node_it_is_for() -> None:
    order = InboxItem(ItemKind.COMMAND, b'{"do":"withdraw","who":"JPN"}')

    async def scene(conductor: Conductor, _: dict[NationId, Listener]) -> None:
        await conductor.play()
        conductor.command(order, nation=JPN)

    heard = perform([part(0.5, KOR)], FULL_SPEED, scene)
    assert heard[JPN].moments[-1] == Moment(START.later(1.0), (order,))
    assert heard[KOR].moments[-1].items == (TICK,)


def test_the_end_can_be_told_in_the_middle() -> None:
    async def scene(conductor: Conductor, _: dict[NationId, Listener]) -> None:
        play = asyncio.create_task(conductor.play())
        await asyncio.sleep(0.05)
        conductor.end()
        await asyncio.wait_for(play, 2.0)

    heard = perform([part(s, KOR) for s in range(10_000)], Tempo(speed_ratio=10.0), scene)
    assert len(heard[KOR].seconds) < 100


def test_without_the_token_of_the_run_nothing_is_played() -> None:
    async def scene() -> None:
        conductor = Conductor([part(0.0, KOR)], FULL_SPEED, "secret")
        await conductor.open(0)
        feed = ConductedFeed(KOR, conductor.port, "guess")
        await feed.open()
        try:
            await conductor.wait_for([KOR], within_s=0.6)
        finally:
            await feed.close()
            await conductor.close()

    with pytest.raises(Unavailable, match="KOR are not there"):
        asyncio.run(scene())


def test_every_byte_travels_in_a_cue() -> None:
    sent = cue(START, InboxItem(ItemKind.DETECTION, MALFORMED, 5))
    line = encode(sent)
    assert line.count(b"\n") == 1
    assert decode_cue(line).item() == InboxItem(ItemKind.DETECTION, MALFORMED, 5)


@pytest.mark.parametrize("line", [b"", b"{}", b"\xff", b'{"now":"x","kind":"tick"}', b"[1]"])
def test_what_is_no_cue_is_refused(line: bytes) -> None:
    with pytest.raises(Malformed):
        decode_cue(line)


def test_a_conductor_cannot_pass_off_envelopes() -> None:
    with pytest.raises(Malformed, match="does not send"):
        Cue(0, "envelope", "x").item()
