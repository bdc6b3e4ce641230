"""Nothing lost, nothing twice: brokers that die, and crashes of the node itself."""

import asyncio
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from signalfire.basis.errors import Unavailable
from signalfire.basis.identity import NationId
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.federation.gate import Gate
from signalfire.node.inbox import TICK, InboxItem, ItemKind
from signalfire.rim.feeds import Moment
from signalfire.rim.journal import Journal, entries, verify
from signalfire.rim.journal_format import EpochEntry, InboxEntry, OutboxEntry
from signalfire.rim.lanes import Arrival, Lanes
from signalfire.rim.nats_link import NatsLink
from signalfire.rim.node_process import NodeShell, Rig, ShellSettings
from signalfire.rim.records import Records

JPN, KOR = NationId("JPN"), NationId("KOR")
START = Instant(1_500_000_000 * NS_PER_S)

logging.getLogger("nats").setLevel(logging.CRITICAL)


class Ticking:
    """A feed of so many ticks, so far apart in wall time."""

    def __init__(self, count: int, apart_s: float, *, first: int = 0) -> None:
        self.finished: list[Instant] = []
        self._times = [START.later(first + number) for number in range(count)]
        self._apart_s = apart_s

    async def open(self) -> None:
        pass

    async def take(self) -> tuple[Moment, ...]:
        if not self._times:
            return ()
        await asyncio.sleep(self._apart_s)
        return (Moment(self._times.pop(0), (TICK,)),)

    async def done(self, now: Instant, *, is_idle: bool) -> None:
        self.finished.append(now)

    async def close(self) -> None:
        pass


class Silent(Ticking):
    """A feed that ticks once and then waits for ever."""

    def __init__(self) -> None:
        super().__init__(1, 0.0)

    async def take(self) -> tuple[Moment, ...]:
        return await super().take() or await asyncio.Event().wait() or ()


class NoLink:
    """A link that reaches nobody, or a test that looks at what would have left."""

    def __init__(self, *, is_up: bool = False) -> None:
        self.sent: list[Any] = []
        self.is_up = is_up

    async def open(self) -> None:
        pass

    async def send(self, bulletin: Any) -> None:
        if not self.is_up:
            raise Unavailable("nobody is there")
        self.sent.append(bulletin.content)

    async def close(self) -> None:
        pass


def rig(folder: Path, node: Any, feed: Any, link: Any, lanes: Lanes) -> Rig:
    return Rig(
        node=node,
        journal=Journal.open(folder / "journal"),
        epoch_file=folder / "epoch",
        feed=feed,
        link=link,
        lanes=lanes,
        gate=Gate(),
        records=Records(folder / "records"),
    )


def numbers(folder: Path, stream: str) -> list[int]:
    text = (folder / "records" / f"{stream}.jsonl").read_text()
    return [json.loads(line)["warning"] for line in text.splitlines()]


def test_a_hub_that_is_away_for_seconds_costs_no_warning_and_repeats_none(
    workshop: Any, small_node: Callable[..., Any], tmp_path: Path
) -> None:
    count = 100

    async def scene() -> tuple[Any, Any]:
        async with workshop.running() as brokers:
            links: dict[NationId, tuple[Lanes, NatsLink]] = {}
            for nation in (KOR, JPN):
                lanes = Lanes()
                links[nation] = lanes, NatsLink(brokers.link_settings(nation), lanes)
            settings = ShellSettings(settle_s=0.05, linger_s=15.0)
            korea = rig(
                tmp_path / "KOR", small_node(KOR, (JPN,)), Ticking(count, 0.03), links[KOR][1],
                links[KOR][0],
            )  # fmt: skip
            japan = rig(
                tmp_path / "JPN", small_node(JPN, ()), Silent(), links[JPN][1], links[JPN][0]
            )
            sender, receiver = NodeShell(korea, settings), NodeShell(japan, settings)
            receiving = asyncio.create_task(receiver.run())
            sending = asyncio.create_task(sender.run())
            await asyncio.sleep(1.0)
            await brokers.hub.kill()
            await asyncio.sleep(1.5)
            await brokers.hub.start()
            await asyncio.wait_for(sending, 20.0)
            receiver.stop()
            await asyncio.wait_for(receiving, 5.0)
            return sender, korea.gate

    sender, gate = asyncio.run(scene())
    assert sorted(numbers(tmp_path / "JPN", "received")) == list(range(1, count + 1))
    assert sender.tally.sent_again > 10
    assert gate.unreceipted(JPN) == 0
    for nation in (KOR, JPN):
        report = verify(tmp_path / nation / "journal")
        assert report.is_whole and report.ended_clean


def crashed(folder: Path, to: Path) -> Path:
    """What a power cut would have left of a running node: the files as they are now."""
    shutil.copytree(folder, to)
    return to


def test_a_node_that_crashed_goes_on_without_a_line_twice_or_missing(
    small_node: Callable[..., Any], tmp_path: Path
) -> None:
    async def scene() -> tuple[NodeShell, Rig]:
        first = NodeShell(
            rig(tmp_path / "a", small_node(KOR, (JPN,)), Ticking(5, 0.0), NoLink(), Lanes()),
            ShellSettings(linger_s=5.0),
        )
        running = asyncio.create_task(first.run())
        while first.tally.advanced < 5:
            await asyncio.sleep(0.01)
        left = crashed(tmp_path / "a", tmp_path / "b")
        running.cancel()
        warnings = left / "records" / "warnings.jsonl"
        warnings.write_bytes(warnings.read_bytes()[:-25])
        again = rig(left, small_node(KOR, (JPN,)), Ticking(3, 0.0, first=5), NoLink(), Lanes())
        shell = NodeShell(again, ShellSettings(linger_s=0.0))
        await shell.run()
        return shell, again

    shell, again = asyncio.run(scene())
    assert numbers(tmp_path / "b", "warnings") == list(range(1, 9))
    assert (shell.epoch, shell.tally.replayed, shell.tally.differences) == (2, 5, 0)
    assert again.gate.unreceipted(JPN) == 8
    kept = [entry for entry in entries(tmp_path / "b" / "journal")]
    assert [e.epoch for e in kept if isinstance(e, EpochEntry)] == [1, 2]
    first_inbox = [e for e in kept if isinstance(e, InboxEntry)][5]
    assert [item.kind for item in first_inbox.items] == [ItemKind.COMMAND, ItemKind.TICK]


def test_no_sequence_is_used_twice_after_a_crash(
    small_node: Callable[..., Any], tmp_path: Path
) -> None:
    async def scene() -> list[Any]:
        link = NoLink(is_up=True)
        parts = rig(tmp_path / "a", small_node(KOR, (JPN,)), Ticking(4, 0.0), link, Lanes())
        running = asyncio.create_task(NodeShell(parts, ShellSettings(linger_s=5.0)).run())
        while len(link.sent) < 4:
            await asyncio.sleep(0.01)
        left = crashed(tmp_path / "a", tmp_path / "b")
        running.cancel()
        later = NoLink(is_up=True)
        again = rig(left, small_node(KOR, (JPN,)), Ticking(4, 0.0, first=4), later, Lanes())
        await NodeShell(again, ShellSettings(linger_s=0.0)).run()
        return [*link.sent, *later.sent]

    payloads: dict[tuple[int, int], set[bytes]] = {}
    for content in asyncio.run(scene()):
        payloads.setdefault((content.epoch, content.sequence), set()).add(content.payload)
    assert payloads.keys() == {(epoch, number) for epoch in (1, 2) for number in range(1, 5)}
    assert all(len(found) == 1 for found in payloads.values())


def test_a_clean_end_goes_on_in_its_epoch(small_node: Callable[..., Any], tmp_path: Path) -> None:
    async def run(feed: Ticking) -> NodeShell:
        parts = rig(tmp_path, small_node(KOR, (JPN,)), feed, NoLink(), Lanes())
        shell = NodeShell(parts, ShellSettings(linger_s=0.0))
        await shell.run()
        return shell

    assert asyncio.run(run(Ticking(3, 0.0))).epoch == 1
    assert asyncio.run(run(Ticking(3, 0.0, first=3))).epoch == 1
    assert numbers(tmp_path, "warnings") == [1, 2, 3, 4, 5, 6]


def test_nothing_is_receipted_that_is_not_in_the_journal(
    small_node: Callable[..., Any], letter: Callable[..., Any], tmp_path: Path
) -> None:
    """The disk fails at the flush: the warning that came is neither acted upon nor receipted."""

    class Failing(Journal):
        def sync(self) -> None:
            if any(isinstance(e, InboxEntry) and e.items != (TICK,) for e in entries(self.folder)):
                raise Unavailable("the disk did not confirm")
            super().sync()

    async def scene() -> NoLink:
        link, lanes = NoLink(is_up=True), Lanes()
        parts = rig(tmp_path, small_node(JPN, ()), Silent(), link, lanes)
        parts.journal.close()
        object.__setattr__(parts, "journal", Failing.open(tmp_path / "journal"))
        await lanes.put(Arrival(KOR, "warning", letter(KOR, JPN).envelope))
        with pytest.raises(Unavailable, match="did not confirm"):
            await asyncio.wait_for(NodeShell(parts).run(), 5.0)
        return link

    assert asyncio.run(scene()).sent == []
    assert numbers(tmp_path, "received") == []


def test_a_second_is_finished_when_partners_have_receipted_or_had_their_time(
    small_node: Callable[..., Any], tmp_path: Path
) -> None:
    async def scene(partners: tuple[NationId, ...], folder: Path) -> float:
        feed = Ticking(1, 0.0)
        parts = rig(folder, small_node(KOR, partners), feed, NoLink(), Lanes())
        shell = NodeShell(parts, ShellSettings(settle_s=0.3, linger_s=1.0))
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        running = asyncio.create_task(shell.run())
        while not feed.finished:
            await asyncio.sleep(0.005)
        took_s = loop.time() - began_s
        shell.stop()
        await running
        return took_s

    assert asyncio.run(scene((), tmp_path / "alone")) < 0.2
    assert 0.3 <= asyncio.run(scene((JPN,), tmp_path / "waiting")) < 1.0


def test_what_left_is_kept_beside_what_came(small_node: Callable[..., Any], tmp_path: Path) -> None:
    async def scene() -> None:
        parts = rig(tmp_path, small_node(KOR, (JPN,)), Ticking(2, 0.0), NoLink(), Lanes())
        await NodeShell(parts, ShellSettings(linger_s=0.0)).run()

    asyncio.run(scene())
    outboxes = [e for e in entries(tmp_path / "journal") if isinstance(e, OutboxEntry)]
    assert [entry.lines for entry in outboxes] == [
        (("warnings", b'{"warning": 1}'),),
        (("warnings", b'{"warning": 2}'),),
    ]


def test_a_node_that_behaves_otherwise_than_its_journal_says_is_noticed(
    small_node: Callable[..., Any], tmp_path: Path
) -> None:
    async def run(node: Any) -> NodeShell:
        parts = rig(tmp_path, node, Ticking(2, 0.0), NoLink(), Lanes())
        shell = NodeShell(parts, ShellSettings(linger_s=0.0))
        await shell.run()
        return shell

    class Changed:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def advance(self, now: Instant, inbox: tuple[InboxItem, ...]) -> Any:
            return self._inner.advance(now, (*inbox, TICK))

    asyncio.run(run(small_node(KOR, ())))
    assert asyncio.run(run(Changed(small_node(KOR, ())))).tally.differences > 0
