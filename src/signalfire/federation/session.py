"""What was sent to one recipient, and what was received from each node: each message once.

All that a recipient can see is counted for it alone: epoch, sequence and hash chain of ``Outgoing``
are shared with nobody, so that they tell nothing of what others get. Repeats and old messages are
told by (node, epoch, sequence), never by time: a clock must not cost a warning.
"""

from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum

from signalfire.basis.errors import LimitExceeded, NotAuthentic, OutOfOrder
from signalfire.basis.identity import NationId, NodeId
from signalfire.basis.limits import EPOCHS_MAX, GAPS_MAX, NODES_MAX, WINDOW_MAX
from signalfire.basis.realm import Realm
from signalfire.federation.envelope import GENESIS, Envelope, unverified


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The chain of envelopes from one node to one recipient in one epoch.

    A node opens a new epoch whenever it cannot be certain of the last sequence that it used.
    """

    recipient: NationId
    epoch: int
    sequence: int = 0
    """Of the last envelope; 0 before the first."""
    head: str = GENESIS
    """SHA-256 of the last envelope: what the next one names as its previous."""

    @property
    def next_sequence(self) -> int:
        return self.sequence + 1

    def after(self, envelope: bytes) -> "Outgoing":
        """The chain with one more envelope, which must be the next one."""
        opened = unverified(envelope)
        header = opened.header
        assert (header.recipient, header.epoch) == (self.recipient, self.epoch)
        assert (header.sequence, header.previous) == (self.next_sequence, self.head)
        return Outgoing(self.recipient, self.epoch, header.sequence, opened.sha256)


class Arrival(StrEnum):
    """What an authentic envelope, meant for us, is."""

    NEW = "new"
    REPEAT = "repeat"
    """Seen before, the same bytes: not taken in again, but receipted again, for the first receipt
    may have been lost."""


@dataclass(slots=True)
class _Epoch:
    """What has been seen of one node in one epoch.

    ``gaps`` are the ranges not yet seen below ``highest``, oldest first, bounds included. When
    there are too many the oldest is closed, and nothing up to ``forgotten`` is taken in any more.
    """

    highest: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    forgotten: int = 0
    recent: OrderedDict[int, tuple[str, str]] = field(default_factory=OrderedDict)
    """Sequence to (own digest, previous digest) of the last ``WINDOW_MAX`` envelopes."""

    def has_seen(self, sequence: int) -> bool:
        return sequence <= self.highest and self._gap(sequence) is None

    def take(self, sequence: int, digest: str, previous: str) -> None:
        """Enter an envelope that has not been seen."""
        if sequence > self.highest:
            if sequence > self.highest + 1:
                self.gaps.append((self.highest + 1, sequence - 1))
            self.highest = sequence
        else:
            place = self._gap(sequence)
            assert place is not None
            first, last = self.gaps[place]
            left = [(first, sequence - 1)] if first < sequence else []
            right = [(sequence + 1, last)] if sequence < last else []
            self.gaps[place : place + 1] = left + right
        if len(self.gaps) > GAPS_MAX:
            self.forgotten = self.gaps.pop(0)[1]
        self.recent[sequence] = (digest, previous)
        if len(self.recent) > WINDOW_MAX:
            self.recent.popitem(last=False)

    def breaks_chain(self, sequence: int, digest: str, previous: str) -> bool:
        """Whether a neighbour that we have says something else of the chain."""
        before, after = self.recent.get(sequence - 1), self.recent.get(sequence + 1)
        return (before is not None and before[0] != previous) or (
            after is not None and after[1] != digest
        )

    def _gap(self, sequence: int) -> int | None:
        place = bisect_left(self.gaps, sequence, key=lambda gap: gap[1])
        found = place < len(self.gaps) and self.gaps[place][0] <= sequence
        return place if found else None


@dataclass(slots=True)
class _Origin:
    epochs: dict[int, _Epoch] = field(default_factory=dict)
    closed_through: int = -1
    chain_breaks: int = 0


class Incoming:
    """Everything that one node has received, by originating node; bounded, whatever is sent."""

    def __init__(self, own: NationId, realm: Realm) -> None:
        self._own = own
        self._realm = realm
        self._origins: dict[NodeId, _Origin] = {}

    def receive(self, envelope: Envelope) -> Arrival:
        """Say whether a verified envelope is new, and remember it.

        An older epoch after a newer one is taken in where it has not been seen: a late resend may
        come. Raises OutOfOrder for our own words sent back, a closed epoch, and what is too old to
        tell from a repeat; NotAuthentic for another recipient or realm, and for a second envelope
        with the same (node, epoch, sequence); LimitExceeded for more nodes than we listen to.
        """
        header = envelope.header
        self._require_ours(envelope)
        epoch = self._epoch(header.node, header.epoch)
        where = f"{header.node} epoch {header.epoch} sequence {header.sequence}"
        known = epoch.recent.get(header.sequence)
        if known is not None and known[0] != envelope.sha256:
            raise NotAuthentic(f"{where}: the node has signed two messages with this number")
        if known is not None:
            return Arrival.REPEAT
        if epoch.has_seen(header.sequence):
            if header.sequence <= epoch.forgotten:
                raise OutOfOrder(f"{where}: too old to tell whether it is a repeat")
            return Arrival.REPEAT
        if epoch.breaks_chain(header.sequence, envelope.sha256, header.previous):
            self._origins[header.node].chain_breaks += 1
        epoch.take(header.sequence, envelope.sha256, header.previous)
        return Arrival.NEW

    def highest(self, node: NodeId, epoch: int) -> int:
        """The highest sequence seen; 0 where there is none."""
        origin = self._origins.get(node)
        seen = None if origin is None else origin.epochs.get(epoch)
        return 0 if seen is None else seen.highest

    def missing(self, node: NodeId, epoch: int) -> int:
        """How many sequences below the highest have not been seen."""
        origin = self._origins.get(node)
        seen = None if origin is None else origin.epochs.get(epoch)
        return 0 if seen is None else sum(last - first + 1 for first, last in seen.gaps)

    def chain_breaks(self, node: NodeId) -> int:
        """How many envelopes named another previous one than we have: shown, never a refusal."""
        origin = self._origins.get(node)
        return 0 if origin is None else origin.chain_breaks

    def _require_ours(self, envelope: Envelope) -> None:
        header = envelope.header
        if header.realm != self._realm:
            raise NotAuthentic(f"{header.node}: of realm {header.realm.name}, not ours: refused")
        if header.originator == self._own:
            raise OutOfOrder(f"{header.node}: our own words came back: refused")
        if header.recipient != self._own:
            raise NotAuthentic(f"{header.node}: written to {header.recipient}, not to us: refused")

    def _epoch(self, node: NodeId, number: int) -> _Epoch:
        if node not in self._origins and len(self._origins) >= NODES_MAX:
            raise LimitExceeded(f"{node}: more than {NODES_MAX} nodes")
        origin = self._origins.setdefault(node, _Origin())
        if number not in origin.epochs:
            if number <= origin.closed_through:
                raise OutOfOrder(f"{node} epoch {number}: closed")
            origin.epochs[number] = _Epoch()
            if len(origin.epochs) > EPOCHS_MAX:
                oldest = min(origin.epochs)
                del origin.epochs[oldest]
                origin.closed_through = oldest
        epoch = origin.epochs.get(number)
        if epoch is None:
            raise OutOfOrder(f"{node} epoch {number}: older than the {EPOCHS_MAX} kept open")
        return epoch
