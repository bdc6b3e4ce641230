"""One nation's node: a deterministic machine, ``advance(now, inbox) -> outbox``."""

from signalfire.basis.identity import SensorId
from signalfire.basis.instant import Instant
from signalfire.node.inbox import InboxItem
from signalfire.node.outbox import Outbox
from signalfire.node.pipeline import run
from signalfire.node.post import Post
from signalfire.node.setup import NodeSetup


class Node:
    """A node is a function of its setup and the inboxes so far: same inboxes, same bytes out.

    It asks nobody the time; ``now`` is handed in and never goes back (a smaller one is held at
    the largest so far).
    """

    def __init__(self, setup: NodeSetup) -> None:
        self._post = Post(setup)

    @property
    def setup(self) -> NodeSetup:
        return self._post.setup

    @property
    def repeats(self) -> int:
        """How many detections came again and were passed over."""
        return self._post.repeats

    @property
    def unheard(self) -> dict[tuple[SensorId, str], int]:
        """How many detections of which own sensor the tracker did not try, by reason."""
        return self._post.tracker.unheard

    def advance(self, now: Instant, inbox: tuple[InboxItem, ...]) -> Outbox:
        """Take the inbox at ``now``; return what leaves. Bad input never raises: it is refused,
        counted and written to the record of refusals.
        """
        self._post.now = max(now, self._post.now)
        return run(self._post, self._post.now, inbox)
