"""The border: what leaves is decided, rebuilt, sequenced and signed; what comes is verified first.

Everything that a partner can see is counted for that partner alone: sequence, hash chain, head.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from signalfire.basis.errors import NotAuthentic, PeerError
from signalfire.basis.identity import NationId
from signalfire.federation.bulletin import Bulletin
from signalfire.federation.envelope import Header, open_envelope, sign
from signalfire.federation.session import Arrival, Incoming, Outgoing
from signalfire.formats.native.content import Receipt
from signalfire.formats.native.lines import Sent, WithheldCount, line, sent_line, withheld_line
from signalfire.node.desk import Desk
from signalfire.node.outbox import Stream
from signalfire.node.setup import NodeSetup
from signalfire.picture.marking import RELIABLE, Kind, Marking
from signalfire.release.decide import Redacted, decide, seal_bulletin
from signalfire.release.released import Released, Withheld


@dataclass(frozen=True, slots=True)
class Opened:
    """A partner's message whose signature, recipient, realm and place in its chain hold."""

    header: Header
    payload: bytes


class Border:
    """One node's border with every partner of its agreement."""

    def __init__(self, setup: NodeSetup) -> None:
        self._setup = setup
        self._policy = setup.policy
        self._outgoing = {nation: Outgoing(nation, epoch=1) for nation in setup.partners}
        self._reliable = Counter[NationId]()
        self._incoming = Incoming(setup.nation, setup.realm)
        self._owed: dict[NationId, list[Receipt]] = {}
        self._withheld: Counter[tuple[NationId, Kind, str, str | None]] = Counter()

    # What comes.

    def open(self, body: bytes, desk: Desk) -> Opened | None:
        """Verify an envelope; None when it is refused, which is written down, or a repeat.

        A reliable message earns a receipt, a repeat of it too: the first may have been lost.
        """
        try:
            envelope = open_envelope(body, self._setup.trust)
            self._require_partner(envelope.header.originator)
            arrival = self._incoming.receive(envelope)
        except PeerError as error:
            refusal = {"partner": None, "kind": "envelope", "reason": str(error)}
            desk.write(Stream.REFUSED, line(refusal))
            return None
        header = envelope.header
        if header.kind in RELIABLE:
            receipt = Receipt(header.node, header.epoch, header.sequence)
            self._owed.setdefault(header.originator, []).append(receipt)
        return Opened(header, envelope.payload) if arrival is Arrival.NEW else None

    def _require_partner(self, nation: NationId) -> None:
        """A key that we know is not enough: only parties are heard. Our own words are no less
        refused, by the session.
        """
        if nation != self._setup.nation and nation not in self._outgoing:
            label = self._policy.agreement.label
            raise NotAuthentic(f"{nation} is no party to {label}: refused")

    def receipts_owed(self) -> list[tuple[NationId, list[Receipt]]]:
        """Whom we owe receipts, and for what; they are owed no longer."""
        owed, self._owed = sorted(self._owed.items()), {}
        return owed

    # What leaves.

    def offer(self, kind: Kind, content: Mapping[str, Any], desk: Desk) -> None:
        """Offer content of our own to every partner; each gets what the agreement lets it have."""
        for partner in self._setup.partners:
            self.offer_to(partner, kind, content, desk)

    def offer_to(
        self, partner: NationId, kind: Kind, content: Mapping[str, Any], desk: Desk
    ) -> None:
        """Decide for one partner: what is released is signed and posted, what is not is counted."""
        decision = decide(kind, content, partner, self._policy, desk.now)
        if isinstance(decision, Withheld):
            self._withheld[(partner, kind, decision.reason, decision.rule)] += 1
        else:
            self._send(decision, desk)

    def withhold_detections(self, count: int, desk: Desk) -> None:
        """Account for own detections, which no partner gets unless an agreement names them.

        There is no form in which a detection crosses a border, so the answer is always no; the
        record says so partner by partner.
        """
        for partner in self._setup.partners:
            decision = decide(Kind.DETECTION, {}, partner, self._policy, desk.now)
            if isinstance(decision, Withheld):
                key = (partner, Kind.DETECTION, decision.reason, decision.rule)
                self._withheld[key] += count

    def write_withheld(self, desk: Desk) -> None:
        """Write what was withheld since the last second, as counts."""
        for (partner, kind, reason, rule), count in self._withheld.items():
            row = WithheldCount(desk.now, partner, kind, reason, rule, count)
            desk.write(Stream.WITHHELD, withheld_line(row))
        self._withheld.clear()

    def outgoing(self, partner: NationId) -> Outgoing:
        """The chain towards one partner."""
        return self._outgoing[partner]

    def reliable_count(self, partner: NationId) -> int:
        """How many messages that must arrive went to one partner in this epoch."""
        return self._reliable[partner]

    # What the operator, or the shell after an unclean end, orders.

    def begin_epoch(self, epoch: int) -> None:
        """Open a new epoch towards everybody: no sequence of the last one is used again."""
        for partner, chain in self._outgoing.items():
            if epoch > chain.epoch:
                self._outgoing[partner] = Outgoing(partner, epoch)
                self._reliable[partner] = 0

    def suspend(self, nation: NationId, *, is_suspended: bool) -> None:
        """Let a nation, our own too, withdraw from sharing, or take part again."""
        policy = self._policy
        self._policy = policy.withdrawn(nation) if is_suspended else policy.rejoined(nation)

    def is_suspended(self, nation: NationId) -> bool:
        """Whether a nation, or our own, takes no part at present."""
        return nation in self._policy.suspended or self._setup.nation in self._policy.suspended

    def _send(self, released: Released[Redacted], desk: Desk) -> None:
        chain, content = self._outgoing[released.recipient], released.content
        header = Header(
            marking=Marking(self._setup.nation, self._setup.realm, released.recipient),
            node=self._setup.node,
            epoch=chain.epoch,
            sequence=chain.next_sequence,
            previous=chain.head,
            kind=content.kind,
            agreement_sha256=self._policy.agreement.sha256,
            at=desk.now,
        )
        envelope = sign(header, content.body, self._setup.key)
        self._outgoing[released.recipient] = chain.after(envelope)
        self._reliable[released.recipient] += content.kind in RELIABLE
        desk.post(seal_bulletin(released, Bulletin.of(envelope)))
        row = Sent(
            desk.now, released.recipient, content.kind, header.sequence, released.rule, content.body
        )
        desk.write(Stream.SENT, sent_line(row))
