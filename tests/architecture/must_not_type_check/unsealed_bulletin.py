"""A bulletin that no decision has released is handed to what sends. Read by mypy, never run."""

from signalfire.federation.bulletin import Bulletin
from signalfire.federation.gate import Gate
from signalfire.release.decide import Redacted
from signalfire.release.released import Released
from signalfire.rim.nats_link import NatsLink


async def over_a_link(link: NatsLink, sealed: Released[Bulletin], unsealed: Bulletin) -> None:
    await link.send(sealed)
    await link.send(unsealed)  # refused: arg-type
    await link.send(unsealed.payload)  # refused: arg-type


async def content_instead_of_its_bulletin(link: NatsLink, content: Released[Redacted]) -> None:
    await link.send(content)  # refused: arg-type


def into_the_gate(gate: Gate, sealed: Released[Bulletin], unsealed: Bulletin) -> None:
    gate.sent(sealed, 0.0)
    gate.sent(unsealed, 0.0)  # refused: arg-type
