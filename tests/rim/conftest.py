"""Real brokers on loopback for three nations, and small nodes that talk over them."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signalfire.basis.identity import NationId, NodeId
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.federation.bulletin import Bulletin
from signalfire.federation.envelope import GENESIS, Header, open_envelope, sign
from signalfire.node.inbox import InboxItem, ItemKind
from signalfire.node.outbox import Line, Outbox, Receipted, Stream
from signalfire.picture.marking import RELIABLE, Kind, Marking
from signalfire.release.released import Released, seal
from signalfire.rim import ports
from signalfire.rim.certificates import DemonstrationCertificates, make_demonstration_certificates
from signalfire.rim.nats_config import HubSettings, LeafSettings, hub_config, leaf_config
from signalfire.rim.nats_link import LinkSettings
from signalfire.rim.nats_server import NatsServer, find_server, leaf_links
from signalfire.rim.subjects import Route, routes

JPN, KOR, USA = NationId("JPN"), NationId("KOR"), NationId("USA")
NATIONS = (JPN, KOR, USA)
REALM = Realm("test:rim")
KEYS = {
    nation: Ed25519PrivateKey.from_private_bytes(nation.encode() * 10 + b"--") for nation in NATIONS
}
TRUST = {nation: key.public_key() for nation, key in KEYS.items()}
LOSSY = (Kind.TRACK, Kind.STATUS)
SHARES = [(a, b, kind) for a in NATIONS for b in NATIONS if a != b for kind in LOSSY]


@dataclass(frozen=True)
class Letter:
    """What a test sends: an envelope without its place in a chain."""

    originator: NationId
    recipient: NationId
    sequence: int = 1
    kind: Kind = Kind.WARNING
    epoch: int = 1
    body: bytes = b"{}"

    @property
    def envelope(self) -> bytes:
        header = Header(
            marking=Marking(self.originator, REALM, self.recipient),
            node=NodeId(f"{self.originator}-1"),
            epoch=self.epoch,
            sequence=self.sequence,
            previous=GENESIS,
            kind=self.kind,
            agreement_sha256=GENESIS,
            at=Instant(0),
        )
        return sign(header, self.body, KEYS[self.originator])

    @property
    def released(self) -> Released[Bulletin]:
        return seal(Bulletin.of(self.envelope), self.recipient, "test@1#1")


@dataclass
class Brokers:
    """A hub and one leaf per nation, as one agreement makes them."""

    hub: NatsServer
    leaves: dict[NationId, NatsServer]
    ports: dict[str, int]
    routes: tuple[Route, ...]
    certificates: DemonstrationCertificates

    def link_settings(self, nation: NationId) -> LinkSettings:
        return LinkSettings(nation, REALM, self.routes, self.ports[nation], f"gate-{nation}")

    async def linked(self, within_s: float = 10.0) -> None:
        """Wait until every leaf reaches the hub."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + within_s
        for nation in self.leaves:
            while await leaf_links(self.ports[f"{nation} monitor"]) < 1:
                assert loop.time() < end_s, f"{nation} is not linked"
                await asyncio.sleep(0.02)


@dataclass
class Workshop:
    """Makes brokers in a folder."""

    folder: Path
    names: tuple[str, ...] = field(
        default=("hub", "link", "hub monitor", *NATIONS, *(f"{n} monitor" for n in NATIONS))
    )

    def brokers(self) -> Brokers:
        numbers = {name: ports.free_port() for name in self.names}
        certificates = make_demonstration_certificates(self.folder / "certificates", NATIONS)
        known = routes(NATIONS, SHARES)
        hub = HubSettings(
            numbers["hub"], numbers["link"], numbers["hub monitor"], certificates.hub, "word"
        )
        leaves = {
            nation: LeafSettings(
                nation,
                numbers[nation],
                numbers[f"{nation} monitor"],
                numbers["link"],
                certificates.leaves[nation],
                f"gate-{nation}",
            )
            for nation in NATIONS
        }
        return Brokers(
            self._server("hub", hub_config(REALM, known, hub), numbers["hub monitor"]),
            {
                nation: self._server(
                    nation, leaf_config(REALM, known, settings), settings.monitor_port
                )
                for nation, settings in leaves.items()
            },
            numbers,
            known,
            certificates,
        )

    @staticmethod
    def _lift_limits(file: Path) -> None:
        text = file.read_text()
        lifted = re.sub(r", permissions: .*$", " } ]", text, flags=re.MULTILINE)
        assert lifted != text
        file.write_text(lifted)

    def _server(self, name: str, config: str, monitor_port: int) -> NatsServer:
        file = self.folder / f"{name}.conf"
        file.write_text(config)
        log = self.folder / f"{name}.log"
        return NatsServer(name, find_server(), file, monitor_port=monitor_port, log=log)

    @asynccontextmanager
    async def running(self, *, is_gate_limited: bool = True) -> AsyncIterator[Brokers]:
        """The brokers, started and linked; none is left afterwards."""
        brokers = self.brokers()
        if not is_gate_limited:
            for nation in NATIONS:
                self._lift_limits(self.folder / f"{nation}.conf")
        servers = [brokers.hub, *brokers.leaves.values()]
        try:
            for server in servers:
                await server.start()
            await brokers.linked()
            yield brokers
        finally:
            await asyncio.gather(*(server.stop() for server in servers))


@dataclass
class SmallNode:
    """The smallest node: a warning to each partner per tick, a receipt for each warning.

    A pure function of its inboxes, as the real one is.
    """

    nation: NationId
    partners: tuple[NationId, ...]
    epoch: int = 1
    sequence: dict[NationId, int] = field(default_factory=dict)
    seen: set[tuple[NodeId, int, int]] = field(default_factory=set)
    warnings: int = 0

    def advance(self, now: Instant, inbox: tuple[InboxItem, ...]) -> Outbox:
        bulletins: list[Released[Bulletin]] = []
        lines: list[Line] = []
        confirmed: list[Receipted] = []
        for item in inbox:
            if item.kind is ItemKind.COMMAND:
                self.epoch, self.sequence = json.loads(item.body)["epoch"], {}
            elif item.kind is ItemKind.TICK:
                self.warnings += 1
                body = json.dumps({"warning": self.warnings}).encode()
                lines.append(Line(Stream.WARNINGS, body))
                bulletins += [self._letter(each, Kind.WARNING, body) for each in self.partners]
            elif item.kind is ItemKind.ENVELOPE:
                opened = open_envelope(item.body, TRUST)
                header = opened.header
                assert header.recipient == self.nation
                if header.kind is Kind.RECEIPT:
                    name = json.loads(opened.payload)
                    confirmed.append(Receipted(header.originator, *name))
                if header.kind in RELIABLE:
                    key = (header.node, header.epoch, header.sequence)
                    if key not in self.seen:
                        self.seen.add(key)
                        lines.append(Line(Stream.RECEIVED, opened.payload))
                    receipt = json.dumps(key).encode()
                    bulletins.append(self._letter(header.originator, Kind.RECEIPT, receipt))
        return Outbox(tuple(bulletins), tuple(lines), tuple(confirmed))

    def _letter(self, recipient: NationId, kind: Kind, body: bytes) -> Released[Bulletin]:
        self.sequence[recipient] = self.sequence.get(recipient, 0) + 1
        number = self.sequence[recipient]
        return Letter(self.nation, recipient, number, kind, self.epoch, body).released


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
def letter() -> Callable[..., Letter]:
    return Letter


@pytest.fixture
def small_node() -> Callable[..., SmallNode]:
    return SmallNode
