"""All nations' nodes in one process: no network, no delay, one clock. Deterministic.

What is released at ``now`` is received at the same ``now``, nations in alphabetical order, round
after round until nothing more is sent.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from signalfire.basis.errors import LimitExceeded
from signalfire.basis.identity import NationId
from signalfire.basis.instant import NS_PER_S, Instant
from signalfire.basis.limits import REPLAY_TAIL_MAX_S, ROUNDS_MAX
from signalfire.node.inbox import TICK, InboxItem, ItemKind
from signalfire.node.node import Node
from signalfire.node.outbox import Outbox

Items = dict[NationId, tuple[InboxItem, ...]]


@dataclass(frozen=True, slots=True)
class Advanced:
    """One node took one inbox at one instant, and this left it."""

    nation: NationId
    now: Instant
    inbox: tuple[InboxItem, ...]
    outbox: Outbox


@dataclass(frozen=True, slots=True)
class Report:
    """One detection line on its way to the node of its sensor's owner."""

    received_at: Instant
    nation: NationId
    item: InboxItem


@dataclass
class World:
    """The nodes, and the second that they have ticked."""

    nodes: Mapping[NationId, Node]
    _ticked: Instant | None = None
    _idle: dict[NationId, bool] = field(default_factory=dict)

    def play(self, reports: Iterable[Report]) -> Iterator[Advanced]:
        """Play reports in order of arrival, with ticks at whole seconds, until all is over.

        The clock is the largest ``received_at`` so far. Gaps in which no event is open are
        skipped. Raises LimitExceeded when events do not end within ``REPLAY_TAIL_MAX_S``.
        """
        now: Instant | None = None
        for report in reports:
            now = report.received_at if now is None else max(now, report.received_at)
            yield from self._tick_to(now)
            yield from self.step(now, {report.nation: (report.item,)})
        if now is None or self._ticked is None:
            return
        until = now.later(REPLAY_TAIL_MAX_S)
        while not self.is_idle():
            if self._ticked > until:
                raise LimitExceeded(
                    f"events still open {REPLAY_TAIL_MAX_S:.0f} s after the last line"
                )
            yield from self._tick(Instant(self._ticked.tai_ns + NS_PER_S))

    def is_idle(self) -> bool:
        """Whether no node has an open event or warning."""
        return all(self._idle.get(nation, True) for nation in self.nodes)

    def step(self, now: Instant, items: Items) -> Iterator[Advanced]:
        """Let the named nodes take their items, and carry what they release until all is still."""
        for _ in range(ROUNDS_MAX):
            post: dict[NationId, list[InboxItem]] = {}
            for nation in sorted(items):
                outbox = self.nodes[nation].advance(now, items[nation])
                self._idle[nation] = outbox.is_idle
                yield Advanced(nation, now, items[nation], outbox)
                for bulletin in outbox.bulletins:
                    envelope = InboxItem(ItemKind.ENVELOPE, bulletin.content.payload)
                    post.setdefault(bulletin.recipient, []).append(envelope)
            items = {nation: tuple(found) for nation, found in post.items() if nation in self.nodes}
            if not items:
                return
        raise LimitExceeded(f"nodes still answer each other after {ROUNDS_MAX} rounds")

    def _tick_to(self, now: Instant) -> Iterator[Advanced]:
        """Tick every whole second up to ``now``; while nothing is open only the last one."""
        last = now.whole_second()
        if self._ticked is None:
            self._ticked = last
            if last == now:
                yield from self._tick(last)
            return
        while self._ticked < last:
            following = Instant(self._ticked.tai_ns + NS_PER_S)
            yield from self._tick(last if self.is_idle() else following)

    def _tick(self, second: Instant) -> Iterator[Advanced]:
        self._ticked = second
        yield from self.step(second, {nation: (TICK,) for nation in self.nodes})
