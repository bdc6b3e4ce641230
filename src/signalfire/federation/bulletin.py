"""A signed envelope as bytes, ready to travel to one nation."""

from dataclasses import dataclass

from signalfire.basis.errors import Malformed
from signalfire.basis.identity import NationId, NodeId
from signalfire.basis.limits import BULLETIN_BYTES_MAX
from signalfire.federation.envelope import Header, unverified
from signalfire.picture.marking import RELIABLE, Kind


@dataclass(frozen=True, slots=True)
class Bulletin:
    """``payload`` is the whole envelope; the rest says what its header says, for those who route.

    Make one with ``Bulletin.of``.
    """

    kind: Kind
    recipient: NationId
    node: NodeId
    epoch: int
    sequence: int
    payload: bytes

    def __post_init__(self) -> None:
        assert len(self.payload) <= BULLETIN_BYTES_MAX

    @classmethod
    def of(cls, envelope: bytes) -> "Bulletin":
        """The bulletin of one of our own envelopes. Raises Malformed when it is none."""
        return cls(*_routing(unverified(envelope).header), envelope)

    @property
    def is_reliable(self) -> bool:
        """Whether it is sent again until its receipt comes."""
        return self.kind in RELIABLE

    @property
    def carried(self) -> bytes:
        """The content's bytes, as they stand under the signature.

        Raises Malformed when the envelope is none, or says something else than this bulletin.
        """
        opened = unverified(self.payload)
        said = (self.kind, self.recipient, self.node, self.epoch, self.sequence)
        if _routing(opened.header) != said:
            raise Malformed("the envelope's header says something else than the bulletin")
        return opened.payload


def _routing(header: Header) -> tuple[Kind, NationId, NodeId, int, int]:
    return header.kind, header.recipient, header.node, header.epoch, header.sequence
