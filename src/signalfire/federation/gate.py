"""The gate: keeps what must arrive until the recipient's own word that it has it.

No clock and no wire of its own: it is handed monotonic seconds and says what to send again. Kinds
of which the latest wins pass by and are not kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from signalfire.basis.identity import NationId, NodeId
from signalfire.basis.limits import UNRECEIPTED_MAX
from signalfire.federation.bulletin import Bulletin
from signalfire.picture.marking import Kind
from signalfire.release.released import Released

FIRST_RESEND_S = 1.0
RESEND_MAX_S = 5.0
"""The wait doubles from the first to this."""

_Key = tuple[NodeId, int, int]


@dataclass(slots=True)
class _Waiting:
    bulletin: Released[Bulletin]
    due_at_s: float
    wait_s: float = FIRST_RESEND_S


@dataclass(slots=True)
class _Queue:
    """What one recipient has not receipted, in the order in which it was sent."""

    waiting: dict[_Key, _Waiting] = field(default_factory=dict)
    shed: int = 0


class Gate:
    """One node's unreceipted bulletins, a queue for each recipient, each bounded for itself.

    A full queue sheds its oldest bulletin that is no warning. Warnings are never shed: a queue of
    nothing but warnings grows beyond the bound.
    """

    def __init__(self) -> None:
        self._queues: dict[NationId, _Queue] = {}

    def sent(self, bulletin: Released[Bulletin], at_s: float) -> None:
        """Remember that ``bulletin`` went out at ``at_s``; the latest-wins kinds pass by."""
        content = bulletin.content
        if not content.is_reliable:
            return
        queue = self._queues.setdefault(bulletin.recipient, _Queue())
        queue.waiting[_key(content)] = _Waiting(bulletin, at_s + FIRST_RESEND_S)
        if len(queue.waiting) > UNRECEIPTED_MAX:
            self._shed_oldest(queue)

    def receipted(self, recipient: NationId, *, node: NodeId, epoch: int, sequence: int) -> bool:
        """Let go of what ``recipient`` has; False when it was not waited for (a second receipt)."""
        queue = self._queues.get(recipient)
        return queue is not None and queue.waiting.pop((node, epoch, sequence), None) is not None

    def due(self, at_s: float) -> tuple[Released[Bulletin], ...]:
        """What is to be sent again now, warnings first, then as first sent; counts as sent."""
        found = []
        for waiting in self._all():
            if waiting.due_at_s <= at_s:
                waiting.wait_s = min(2.0 * waiting.wait_s, RESEND_MAX_S)
                waiting.due_at_s = at_s + waiting.wait_s
                found.append(waiting.bulletin)
        return tuple(sorted(found, key=lambda each: each.content.kind is not Kind.WARNING))

    def on_link_up(self, at_s: float, recipient: NationId | None = None) -> None:
        """Make everything due at once, for one recipient or for all, and start the waits anew."""
        for waiting in self._all(recipient):
            waiting.due_at_s, waiting.wait_s = at_s, 0.5 * FIRST_RESEND_S

    def next_due_s(self) -> float | None:
        """When there will be something to send again; None while nothing waits."""
        return min((waiting.due_at_s for waiting in self._all()), default=None)

    def unreceipted(self, recipient: NationId) -> int:
        """How many bulletins the recipient has not receipted."""
        queue = self._queues.get(recipient)
        return 0 if queue is None else len(queue.waiting)

    def shed(self, recipient: NationId) -> int:
        """How many bulletins were given up because the queue was full."""
        queue = self._queues.get(recipient)
        return 0 if queue is None else queue.shed

    def drop(self, recipient: NationId) -> tuple[Released[Bulletin], ...]:
        """Empty the queue of a recipient that has withdrawn; what was in it is decided anew."""
        queue = self._queues.get(recipient)
        if queue is None:
            return ()
        dropped = tuple(waiting.bulletin for waiting in queue.waiting.values())
        queue.waiting.clear()
        return dropped

    def _all(self, recipient: NationId | None = None) -> Iterator[_Waiting]:
        for nation in sorted(self._queues):
            if recipient in (None, nation):
                yield from self._queues[nation].waiting.values()

    @staticmethod
    def _shed_oldest(queue: _Queue) -> None:
        for key, waiting in queue.waiting.items():
            if waiting.bulletin.content.kind is not Kind.WARNING:
                del queue.waiting[key]
                queue.shed += 1
                return


def _key(bulletin: Bulletin) -> _Key:
    return bulletin.node, bulletin.epoch, bulletin.sequence
