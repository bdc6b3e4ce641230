"""``signalfire node``: one nation's node with its page, as one process."""

import asyncio
import json
import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec

from signalfire.basis.errors import BadInput
from signalfire.basis.identity import NationId, NodeId, nation_of, node_id
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.basis.utc import instant_from_utc
from signalfire.cli.assemble import Federation, load_agreement, load_areas, load_sensors
from signalfire.cli.settings import NodeSettings, read_settings
from signalfire.federation.gate import Gate
from signalfire.node.inbox import InboxItem
from signalfire.node.outbox import Outbox, Stream
from signalfire.release.agreement import Agreement
from signalfire.rim.clock import system_now
from signalfire.rim.conducted_feed import ConductedFeed
from signalfire.rim.feeds import Feed, RecordedFeed, UdpFeed
from signalfire.rim.files import read_file
from signalfire.rim.journal import Journal
from signalfire.rim.keys import read_node_keys, read_private_key, read_trust_file
from signalfire.rim.lanes import Lanes
from signalfire.rim.nats_link import LinkSettings, NatsLink
from signalfire.rim.node_process import NodeShell, Rig
from signalfire.rim.records import Records
from signalfire.rim.subjects import Route, routes
from signalfire.sim.recording import Recording
from signalfire.web.app import loopback_hosts, loopback_origins, make_app
from signalfire.web.live import LivePicture
from signalfire.web.serve import serve

LAST_FRAME_S = 0.5
"""Time for open screens to hear that the feed is over."""
NOT_SHOWN = frozenset({Stream.REFUSED, Stream.DECISIONS})


async def run_node(config: Path) -> None:
    """Run a node until its feed ends or it is told to stop.

    Raises BadInput for a configuration that cannot be used, Unavailable when a port, the journal or
    the disk refuses.
    """
    settings = read_settings(config, NodeSettings)
    base = config.parent
    node, realm = node_id(settings.node), Realm(settings.realm)
    judged_at = system_now()
    signed = load_agreement(base / settings.agreement, realm, judged_at=judged_at)
    if signed.signatures.notice:
        logging.warning("%s", signed.signatures.notice)
    sensors = load_sensors(base / settings.sensors)
    federation = Federation(realm, signed.agreement, sensors, load_areas(), judged_at)
    keys = base / settings.keys
    trust = read_node_keys(keys, read_trust_file(keys / "trust.toml"))
    machine = federation.node(node, read_private_key(keys / f"{node}.node.pem"), trust)
    feed = _feed(settings, base, federation, nation_of(node))
    lanes, gate = Lanes(), Gate()
    rig = Rig(
        node=machine,
        journal=Journal.open(base / settings.journal),
        epoch_file=base / f"{node}.epoch",
        feed=feed,
        link=_link(settings, base, node, signed.agreement, lanes),
        lanes=lanes,
        gate=gate,
        records=Records(base / settings.records),
    )
    await _serve_and_run(settings, node, realm, signed.agreement, rig)


async def _serve_and_run(
    settings: NodeSettings, node: NodeId, realm: Realm, agreement: Agreement, rig: Rig
) -> None:
    nation = nation_of(node)
    live = LivePicture(nations=agreement.parties)
    _show_earlier(live, nation, rig.records)
    origins = loopback_origins(settings.page_port)
    page = make_app(
        live,
        nation=nation,
        realm=realm.name,
        allowed_hosts=loopback_hosts(),
        allowed_origins=origins,
    )
    served = await serve(page, "127.0.0.1", settings.page_port)

    def show(now: Instant, outbox: Outbox) -> None:
        for line in outbox.lines:
            if line.stream in NOT_SHOWN:
                continue
            shown = msgspec.json.decode(line.body)
            if line.stream is Stream.LINKS:
                shown["waiting"] = rig.gate.unreceipted(shown["partner"])
            live.publish(now.tai_ns, nation, line.stream.value, shown)
        live.tick(now.tai_ns)

    shell = NodeShell(rig, on_outbox=show)
    stop = asyncio.Event()

    def end() -> None:
        stop.set()
        shell.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    try:
        await shell.run()
        live.end()
        await (stop.wait() if settings.stays else asyncio.sleep(LAST_FRAME_S))
    finally:
        await served.close()


def _show_earlier(live: LivePicture, nation: NationId, records: Records) -> None:
    """After a restart the page still lists the warnings of before."""
    for stream in (Stream.WARNINGS, Stream.RECEIVED):
        path = records.folder / f"{stream.value}.jsonl"
        for body in path.read_bytes().splitlines():
            line = json.loads(body)
            live.publish(instant_from_utc(line["at"]).tai_ns, nation, stream.value, line)


def _feed(settings: NodeSettings, base: Path, federation: Federation, nation: NationId) -> Feed:
    feed = settings.feed
    given = [x for x in (feed.conductor_port, feed.udp_port, feed.recording) if x is not None]
    if len(given) != 1:
        raise BadInput("feed: give exactly one of conductor_port, udp_port and recording")
    if feed.udp_port is not None:
        return UdpFeed(feed.udp_port)
    if feed.conductor_port is not None:
        if feed.token_file is None:
            raise BadInput("feed: token_file: missing; the conductor's token stands in it")
        token = read_file(base / feed.token_file, what="token file").decode().strip()
        return ConductedFeed(nation, feed.conductor_port, token)
    assert feed.recording is not None
    return RecordedFeed(_own_reports(base / feed.recording, federation, nation))


def _own_reports(
    path: Path, federation: Federation, nation: NationId
) -> Iterator[tuple[Instant, InboxItem]]:
    recording = Recording(federation.sensors_by_id())
    lines = read_file(path, what="recording").splitlines()
    for report in recording.reports(lines):
        if report.nation == nation:
            yield report.received_at, report.item


def _link(
    settings: NodeSettings, base: Path, node: NodeId, agreement: Agreement, lanes: Lanes
) -> NatsLink:
    password = read_file(base / settings.password_file, what="password file").decode().strip()
    realm = Realm(settings.realm)
    way = LinkSettings(
        nation_of(node), realm, agreement_routes(agreement), settings.leaf_port, password
    )
    return NatsLink(way, lanes)


def agreement_routes(agreement: Agreement) -> tuple[Route, ...]:
    """Every route that the rules of an agreement need."""
    shares = [
        (share.originator, recipient, kind)
        for share in agreement.shares
        for recipient in share.recipients
        for kind in share.kinds
    ]
    return routes(agreement.parties, shares)
