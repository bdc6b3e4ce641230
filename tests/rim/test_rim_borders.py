"""Over real brokers, with the generated configuration: who reaches whom, and who cannot."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from signalfire.basis.errors import NotReleased, Unavailable
from signalfire.basis.identity import NationId
from signalfire.picture.marking import Kind
from signalfire.rim.lanes import Arrival, Lanes
from signalfire.rim.nats_config import GATE_USER, SYSTEM_USER
from signalfire.rim.nats_link import NatsLink

JPN, KOR, USA = NationId("JPN"), NationId("KOR"), NationId("USA")
QUIET_S = 0.25

logging.getLogger("nats").setLevel(logging.CRITICAL)


async def taken(lanes: Lanes, count: int, within_s: float = 5.0) -> list[Arrival]:
    found: list[Arrival] = []
    while len(found) < count:
        await asyncio.wait_for(lanes.ready(), within_s)
        found += lanes.take(100)
    return found


async def gate(port: int, nation: str, **more: Any) -> tuple[Client, list[str]]:
    """A client with the gate's rights, and what the broker tells it of its violations."""
    told: list[str] = []

    async def hear(error: Exception) -> None:
        told.append(str(error).lower())

    client = await nats.connect(
        f"nats://127.0.0.1:{port}",
        user=more.get("user", GATE_USER),
        password=more.get("password", f"gate-{nation}"),
        error_cb=hear,
        allow_reconnect=False,
        connect_timeout=2,
    )
    return client, told


def test_a_warning_reaches_its_recipient_and_nobody_else(
    workshop: Any, letter: Callable[..., Any]
) -> None:
    async def scene() -> tuple[list[Arrival], int]:
        async with workshop.running() as brokers:
            lanes = {nation: Lanes() for nation in (JPN, KOR, USA)}
            links = {n: NatsLink(brokers.link_settings(n), lanes[n]) for n in lanes}
            for link in links.values():
                await link.open()
                assert link.state.is_up
            await asyncio.sleep(0.1)
            await links[KOR].send(letter(KOR, JPN, 1).released)
            await links[KOR].send(letter(KOR, JPN, 2, Kind.TRACK).released)
            found = await taken(lanes[JPN], 2)
            await asyncio.sleep(QUIET_S)
            others = len(lanes[USA]) + len(lanes[KOR])
            for link in links.values():
                await link.close()
            return found, others

    found, others = asyncio.run(scene())
    assert others == 0
    assert {(each.partner, each.kind) for each in found} == {(KOR, Kind.WARNING), (KOR, Kind.TRACK)}
    assert found[0].envelope in (
        letter(KOR, JPN, 1).envelope,
        letter(KOR, JPN, 2, Kind.TRACK).envelope,
    )


FORBIDDEN = (
    "sf.test:rim.usa.jpn.warning",  # another's originator token
    "sf.test:rim.jpn.kor.warning",  # the recipient's own
    "sf.live.kor.jpn.warning",  # another realm
    "sf.test:other.kor.jpn.warning",
    "sf.test:rim.kor.jpn.detection",  # a kind that no rule names
    "sf.test:rim.kor.jpn.warning.more",
    "sf.test:rim.kor.*.warning",
    "$JS.API.INFO",
    "$SYS.REQ.SERVER.PING",
)


def test_a_gate_can_publish_nothing_but_its_own_routes(workshop: Any) -> None:
    async def scene() -> tuple[list[str], list[str]]:
        async with workshop.running() as brokers:
            heard: list[str] = []

            async def hear(message: Any) -> None:
                heard.append(message.subject)

            listeners = []
            for nation in (JPN, USA):
                listener, _ = await gate(brokers.ports[nation], nation)
                for route in brokers.routes:
                    if route.recipient == nation:
                        name = f"sf.test:rim.{route.originator}.{nation}.{route.kind}".lower()
                        await listener.subscribe(name, cb=hear)
                await listener.flush()
                listeners.append(listener)
            forger, told = await gate(brokers.ports[KOR], KOR)
            for name in FORBIDDEN:
                await forger.publish(name, b"forged")
            await forger.publish("sf.test:rim.kor.jpn.warning", b"true")
            await forger.flush()
            await asyncio.sleep(QUIET_S)
            for client in (*listeners, forger):
                await client.close()
            return heard, told

    heard, told = asyncio.run(scene())
    assert heard == ["sf.test:rim.kor.jpn.warning"]
    assert sum("permissions violation for publish" in words for words in told) == len(FORBIDDEN)


def test_a_gate_can_listen_to_nothing_but_its_own_routes(workshop: Any) -> None:
    async def scene() -> tuple[int, list[str]]:
        async with workshop.running() as brokers:
            heard = []

            async def hear(message: Any) -> None:
                heard.append(message.subject)

            spy, told = await gate(brokers.ports[USA], USA)
            names = (
                ">",
                "sf.>",
                "sf.test:rim.kor.jpn.warning",
                "sf.test:rim.*.usa.warning",
                "$SYS.>",
            )
            for name in names:
                await spy.subscribe(name, cb=hear)
            await spy.flush()
            sender, _ = await gate(brokers.ports[KOR], KOR)
            await sender.publish("sf.test:rim.kor.jpn.warning", b"for Japan")
            await sender.flush()
            await asyncio.sleep(QUIET_S)
            await spy.close()
            await sender.close()
            assert len(told) == len(names)
            return len(heard), told

    heard, told = asyncio.run(scene())
    assert heard == 0
    assert all("permissions violation for subscription" in words for words in told)


@pytest.mark.parametrize(
    ("user", "password"),
    [("leaf.kor", ""), ("leaf.kor", "gate-KOR"), (SYSTEM_USER, "guess"), (GATE_USER, "gate-KOR")],
)
def test_the_hubs_client_port_takes_nobody_but_its_operator(
    workshop: Any, user: str, password: str
) -> None:
    async def scene() -> None:
        async with workshop.running() as brokers:
            operator, _ = await gate(brokers.ports["hub"], "hub", user=SYSTEM_USER, password="word")
            await operator.close()
            with pytest.raises(NatsError, match="Authorization Violation"):
                await gate(brokers.ports["hub"], "hub", user=user, password=password)

    asyncio.run(scene())


def test_a_leafs_name_alone_opens_nothing_even_without_the_mapping_of_certificates(
    workshop: Any,
) -> None:
    async def scene() -> None:
        brokers = workshop.brokers()
        config = workshop.folder / "hub.conf"
        text = config.read_text()
        config.write_text(text.replace("verify_and_map: true", "verify: true"))
        assert config.read_text() != text
        await brokers.hub.start()
        try:
            with pytest.raises(NatsError, match="Authorization Violation"):
                await gate(brokers.ports["hub"], "hub", user="leaf.kor", password="")
        finally:
            await brokers.hub.stop()

    asyncio.run(scene())


def test_the_link_port_wants_a_certificate_of_its_own_authority(workshop: Any) -> None:
    async def hello(port: int, context: ssl.SSLContext) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        try:
            await writer.start_tls(context)
            writer.write(b'CONNECT {"server_id":"x","name":"x"}\r\nPING\r\n')
            return await asyncio.wait_for(reader.read(200), 2.0)
        except (ssl.SSLError, ConnectionError):
            return b""
        finally:
            writer.close()

    async def scene() -> tuple[bytes, bytes]:
        async with workshop.running() as brokers:
            files = brokers.certificates.leaves[KOR]
            bare = ssl.create_default_context(cafile=str(files.authority))
            bare.check_hostname = False
            own = ssl.create_default_context(cafile=str(files.authority))
            own.check_hostname = False
            own.load_cert_chain(files.certificate, files.private_key)
            port = brokers.ports["link"]
            return await hello(port, bare), await hello(port, own)

    without, with_certificate = asyncio.run(scene())
    assert without == b""
    assert with_certificate != b""


def test_an_envelope_that_contradicts_its_subject_goes_no_further(
    workshop: Any, letter: Callable[..., Any]
) -> None:
    async def scene() -> tuple[NatsLink, list[Arrival]]:
        async with workshop.running() as brokers:
            lanes = Lanes()
            link = NatsLink(brokers.link_settings(JPN), lanes)
            await link.open()
            hostile, _ = await gate(brokers.ports[USA], USA)
            await hostile.publish("sf.test:rim.usa.jpn.warning", letter(KOR, JPN, 1).envelope)
            await hostile.publish("sf.test:rim.usa.jpn.warning", letter(USA, JPN, 5).envelope)
            found = await taken(lanes, 1)
            await asyncio.sleep(QUIET_S)
            await hostile.close()
            await link.close()
            return link, [*found, *lanes.take(10)]

    link, found = asyncio.run(scene())
    assert link.contradicted == 1
    assert [each.envelope for each in found] == [letter(USA, JPN, 5).envelope]


def test_a_link_refuses_what_is_for_nobody_on_it_and_while_its_leaf_is_away(
    workshop: Any, letter: Callable[..., Any]
) -> None:
    async def scene() -> list[bool]:
        states: list[bool] = []
        async with workshop.running() as brokers:
            link = NatsLink(
                brokers.link_settings(KOR), Lanes(), on_state=lambda s: states.append(s.is_up)
            )
            with pytest.raises(Unavailable):
                await link.send(letter(KOR, JPN).released)
            await link.open()
            with pytest.raises(NotReleased, match="no route"):
                await link.send(letter(KOR, JPN, 1, Kind.DETECTION).released)
            await brokers.leaves[KOR].kill()
            while link.state.is_up:
                await asyncio.sleep(0.01)
            with pytest.raises(Unavailable, match="leaf of KOR is not reached"):
                await link.send(letter(KOR, JPN).released)
            await brokers.leaves[KOR].start()
            while not link.state.is_up:
                await asyncio.sleep(0.01)
            await link.close()
        return states

    assert asyncio.run(scene())[:3] == [True, False, True]


def test_even_clients_without_any_limits_reach_and_hear_only_what_is_agreed(workshop: Any) -> None:
    """Exports and imports alone hold, should a leaf's permissions be lost."""

    async def scene() -> dict[NationId, list[str]]:
        async with workshop.running(is_gate_limited=False) as brokers:
            heard: dict[NationId, list[str]] = {JPN: [], USA: []}

            async def hear(nation: NationId, message: Any) -> None:
                heard[nation].append(message.subject)

            clients = []
            for nation in heard:
                client, _ = await gate(brokers.ports[nation], nation)
                await client.subscribe(">", cb=partial(hear, nation))
                await client.flush()
                clients.append(client)
            await asyncio.sleep(QUIET_S)
            forger, _ = await gate(brokers.ports[KOR], KOR)
            for name in (*FORBIDDEN, "nat.secret", "sf.test:rim.kor.jpn.warning"):
                if "*" not in name:
                    await forger.publish(name, b"body")
            await forger.flush()
            await asyncio.sleep(QUIET_S)
            for client in (*clients, forger):
                await client.close()
            return heard

    assert asyncio.run(scene()) == {JPN: ["sf.test:rim.kor.jpn.warning"], USA: []}
