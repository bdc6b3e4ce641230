"""The shell of one running node: collect, write down, advance, hand out.

What reaches the node is in the journal and on the disk before the node sees it. So the receipts
that ``advance`` makes acknowledge only what will be there after a crash, and after a crash the same
inboxes give the same node.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from signalfire.basis.errors import NotReleased, Unavailable
from signalfire.basis.instant import Instant
from signalfire.basis.limits import ENVELOPES_AT_ONCE_MAX
from signalfire.federation.bulletin import Bulletin
from signalfire.federation.gate import Gate
from signalfire.node.inbox import InboxItem, ItemKind
from signalfire.node.outbox import Line, Outbox, Receipted, Stream
from signalfire.release.released import Released
from signalfire.rim.clock import monotonic_s
from signalfire.rim.epochs import choose_epoch, store_epoch, stored_epoch
from signalfire.rim.feeds import Feed, Moment
from signalfire.rim.journal import Journal, entries
from signalfire.rim.journal_format import EpochEntry, InboxEntry, OutboxEntry
from signalfire.rim.lanes import Lanes
from signalfire.rim.records import Records

GATE_PERIOD_S = 0.25
JOURNALLED = frozenset(
    {Stream.WARNINGS, Stream.SENT, Stream.WITHHELD, Stream.DECISIONS, Stream.RECEIVED}
)
"""What left is kept beside what came; pictures are made again from the latter."""

log = logging.getLogger(__name__)


class Advances(Protocol):
    """A node: the same inboxes in the same order give the same outboxes."""

    def advance(self, now: Instant, inbox: tuple[InboxItem, ...]) -> Outbox: ...


class Link(Protocol):
    """The way to the partners."""

    async def open(self) -> None: ...

    async def send(self, bulletin: Released[Bulletin]) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class Rig:
    """Everything that a shell holds together; ``lanes`` is where the link puts what arrives."""

    node: Advances
    journal: Journal
    epoch_file: Path
    feed: Feed
    link: Link
    lanes: Lanes
    gate: Gate
    records: Records


@dataclass(frozen=True, slots=True)
class ShellSettings:
    """``settle_s``: how long a second may stay unfinished while partners have not receipted;
    ``linger_s``: how long the shell goes on for their receipts when the feed is over.
    """

    settle_s: float = 0.25
    linger_s: float = 3.0


@dataclass(slots=True)
class Tally:
    """What the shell has done since its start."""

    advanced: int = 0
    envelopes: int = 0
    sent: int = 0
    sent_again: int = 0
    not_sent: int = 0
    replayed: int = 0
    differences: int = 0
    """Outboxes that the replay made otherwise than the journal says: the software has changed."""


class NodeShell:
    """Runs a node until its feed is over or ``stop`` is called.

    ``on_outbox`` sees every outbox of this run, in order, for the picture in the browser.
    """

    def __init__(
        self,
        rig: Rig,
        settings: ShellSettings | None = None,
        *,
        on_outbox: Callable[[Instant, Outbox], None] | None = None,
    ) -> None:
        self.tally = Tally()
        self.now: Instant | None = None
        self.epoch = 0
        self._rig = rig
        self._settings = settings or ShellSettings()
        self._on_outbox = on_outbox
        self._stop = asyncio.Event()
        self._first_items: tuple[InboxItem, ...] = ()
        self._unfinished: Instant | None = None
        self._finish_by_s = 0.0
        self._gate_at_s = 0.0
        self._is_idle = True
        self._is_over = False

    def stop(self) -> None:
        """End in order, soon."""
        self._stop.set()

    async def run(self) -> None:
        """Recover, then run; ends cleanly when the feed is over or ``stop`` was called.

        Raises Unavailable when the journal or a record cannot be written: nothing is acknowledged
        any more, and the supervisor starts the node again.
        """
        rig = self._rig
        self.recover()
        await rig.feed.open()
        link = asyncio.create_task(rig.link.open())
        waits = _Waits(rig.feed, rig.lanes, self._stop)
        try:
            while not self._stop.is_set() and not self._is_over:
                moments = await waits.any(self._pause_s())
                self._is_over = moments == ()
                self._raise_from(link)
                await self._turn(moments or ())
            await self._linger(waits)
        finally:
            waits.cancel()
            link.cancel()
            await rig.feed.close()
            await rig.link.close()
        rig.journal.close()
        rig.records.close()

    def recover(self) -> None:
        """Bring the node to where the journal ends, and choose the epoch of this run."""
        rig = self._rig
        replay = _Replay(rig)
        replay.run()
        self.now, self.tally.replayed = replay.now, replay.inboxes
        self.tally.differences = replay.differences
        stored = stored_epoch(rig.epoch_file)
        self.epoch = choose_epoch(
            stored=stored, journalled=replay.epoch, has_ended_clean=rig.journal.ended_clean
        )
        if self.epoch != stored:
            store_epoch(rig.epoch_file, self.epoch)
        if self.epoch != replay.epoch:
            now_ns = 0 if self.now is None else self.now.tai_ns
            rig.journal.append(EpochEntry(now_ns, self.epoch))
        if self.epoch > max(replay.epoch, 1):
            order = json.dumps({"do": "epoch", "epoch": self.epoch}).encode("ascii")
            self._first_items = (InboxItem(ItemKind.COMMAND, order),)
        rig.gate.on_link_up(monotonic_s())

    @staticmethod
    def _raise_from(task: "asyncio.Task[None]") -> None:
        if task.done():
            task.result()

    def _pause_s(self) -> float:
        pause_s = self._gate_at_s - monotonic_s()
        if self._unfinished is not None:
            pause_s = min(pause_s, self._finish_by_s - monotonic_s())
        return max(pause_s, 0.0)

    async def _turn(self, moments: Iterable[Moment]) -> None:
        """One group: everything that waits, written down with one flush, then acted upon."""
        inboxes = self._gathered(moments)
        if inboxes:
            for inbox in inboxes:
                self._rig.journal.append(inbox)
            self._rig.journal.sync()
        for inbox in inboxes:
            await self._advance(inbox)
        await self._send_again()
        await self._finish_second()

    def _gathered(self, moments: Iterable[Moment]) -> list[InboxEntry]:
        inboxes: list[InboxEntry] = []
        if self.now is not None:
            arrivals = self._rig.lanes.take(ENVELOPES_AT_ONCE_MAX)
            self.tally.envelopes += len(arrivals)
            items = tuple(InboxItem(ItemKind.ENVELOPE, each.envelope) for each in arrivals)
            if items:
                inboxes.append(InboxEntry(self.now.tai_ns, items))
        for moment in moments:
            self.now = moment.now if self.now is None else max(self.now, moment.now)
            inboxes.append(InboxEntry(self.now.tai_ns, moment.items))
            if moment.is_tick:
                self._unfinished = moment.now
                self._finish_by_s = monotonic_s() + self._settings.settle_s
        if inboxes and self._first_items:
            first = inboxes[0]
            inboxes[0] = InboxEntry(first.now_ns, self._first_items + first.items)
            self._first_items = ()
        return inboxes

    async def _advance(self, inbox: InboxEntry) -> None:
        rig, now = self._rig, Instant(inbox.now_ns)
        outbox = rig.node.advance(now, inbox.items)
        self.tally.advanced += 1
        self._is_idle = outbox.is_idle
        rig.records.write(outbox.lines)
        kept = _kept(outbox.lines)
        if kept:
            rig.journal.append(OutboxEntry(inbox.now_ns, kept))
        _let_go(rig.gate, outbox.receipted)
        for bulletin in outbox.bulletins:
            rig.gate.sent(bulletin, monotonic_s())
            self.tally.sent += await self._hand_over(bulletin)
        if self._on_outbox is not None:
            self._on_outbox(now, outbox)

    async def _send_again(self) -> None:
        now_s = monotonic_s()
        if now_s < self._gate_at_s:
            return
        self._gate_at_s = now_s + GATE_PERIOD_S
        for bulletin in self._rig.gate.due(now_s):
            self.tally.sent_again += await self._hand_over(bulletin)

    async def _hand_over(self, bulletin: Released[Bulletin]) -> bool:
        """Whether the broker took it; what must arrive stays with the gate either way."""
        try:
            await self._rig.link.send(bulletin)
        except Unavailable:
            self.tally.not_sent += 1
            return False
        except NotReleased as error:
            self.tally.not_sent += 1
            log.error("kept at home: %s", error)
            return False
        return True

    async def _finish_second(self) -> None:
        """Say that a second is finished when partners have receipted, or have had their time."""
        if self._unfinished is None:
            return
        is_still = self._rig.gate.next_due_s() is None and len(self._rig.lanes) == 0
        if is_still or monotonic_s() >= self._finish_by_s:
            await self._rig.feed.done(self._unfinished, is_idle=self._is_idle)
            self._unfinished = None

    async def _linger(self, waits: "_Waits") -> None:
        """After the last moment, give partners the time to receipt what they were sent."""
        until_s = monotonic_s() + self._settings.linger_s
        while not self._stop.is_set() and monotonic_s() < until_s:
            if self._rig.gate.next_due_s() is None and len(self._rig.lanes) == 0:
                return
            await waits.envelopes(GATE_PERIOD_S)
            await self._turn(())


class _Waits:
    """What the shell waits for, kept from one turn to the next."""

    def __init__(self, feed: Feed, lanes: Lanes, stop: asyncio.Event) -> None:
        self._feed = feed
        self._lanes = lanes
        self._stopped = asyncio.create_task(stop.wait())
        self._filled: asyncio.Task[None] = asyncio.create_task(lanes.ready())
        self._moments: asyncio.Task[tuple[Moment, ...]] = asyncio.create_task(feed.take())

    async def any(self, pause_s: float) -> tuple[Moment, ...] | None:
        """Wait for moments, envelopes, the stop or ``pause_s``: moments if there are any, ``()``
        when the feed is over, else None.
        """
        await self._first({self._moments, self._filled, self._stopped}, pause_s)
        if not self._moments.done():
            return None
        moments = self._moments.result()
        if moments:
            self._moments = asyncio.create_task(self._feed.take())
        return moments

    async def envelopes(self, pause_s: float) -> None:
        """Wait for envelopes, the stop or ``pause_s``."""
        await self._first({self._filled, self._stopped}, pause_s)

    async def _first(self, tasks: "set[asyncio.Task[object]]", pause_s: float) -> None:
        await asyncio.wait(tasks, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
        if self._filled.done():
            self._filled = asyncio.create_task(self._lanes.ready())

    def cancel(self) -> None:
        for task in (self._stopped, self._filled, self._moments):
            task.cancel()


class _Replay:
    """Takes a node through its journal again: lines that are missing are written, nothing is sent,
    and what no partner has receipted goes back to the gate.
    """

    def __init__(self, rig: Rig) -> None:
        self.now: Instant | None = None
        self.epoch = 0
        self.inboxes = 0
        self.differences = 0
        self._rig = rig
        self._made: deque[tuple[tuple[str, bytes], ...]] = deque()

    def run(self) -> None:
        for entry in entries(self._rig.journal.folder):
            if isinstance(entry, InboxEntry):
                self._advance(entry)
            elif isinstance(entry, EpochEntry):
                self.epoch = max(self.epoch, entry.epoch)
            elif isinstance(entry, OutboxEntry):
                self._compare(entry)
        if self.differences:
            log.warning(
                "%d outboxes are made otherwise now than the journal says: the software or the "
                "configuration has changed since",
                self.differences,
            )

    def _advance(self, entry: InboxEntry) -> None:
        rig = self._rig
        self.now = Instant(entry.now_ns)
        self.inboxes += 1
        outbox = rig.node.advance(self.now, entry.items)
        rig.records.rewrite(outbox.lines)
        kept = _kept(outbox.lines)
        if kept:
            self._made.append(kept)
        for bulletin in outbox.bulletins:
            rig.gate.sent(bulletin, monotonic_s())
        _let_go(rig.gate, outbox.receipted)

    def _compare(self, entry: OutboxEntry) -> None:
        made = self._made.popleft() if self._made else ()
        self.differences += made != entry.lines


def _kept(lines: Iterable[Line]) -> tuple[tuple[str, bytes], ...]:
    return tuple((line.stream.value, line.body) for line in lines if line.stream in JOURNALLED)


def _let_go(gate: Gate, receipted: Iterable[Receipted]) -> None:
    for each in receipted:
        gate.receipted(each.recipient, node=each.node, epoch=each.epoch, sequence=each.sequence)
