"""A whole federation on this machine: keys, trust, signatures, certificates, brokers, settings.

Everything is made anew for each run in the run's own folder; nothing of it is of use elsewhere.
"""

import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from signalfire.basis.identity import NationId
from signalfire.basis.realm import Realm
from signalfire.cli.assemble import first_node
from signalfire.cli.node import agreement_routes
from signalfire.picture.detection import Sensor
from signalfire.release.agreement import Agreement, read_agreement
from signalfire.rim.certificates import make_demonstration_certificates
from signalfire.rim.files import ensure_folder, read_file, write_whole
from signalfire.rim.keys import new_node_key, new_root, sign_agreement, write_trust_file
from signalfire.rim.nats_config import HubSettings, LeafSettings, hub_config, leaf_config
from signalfire.rim.nats_server import ServerBinary, check_config, is_healthy
from signalfire.rim.ports import free_port, require_free
from signalfire.rim.supervisor import ChildPlan

WORKINGS = "federation"
"""Folder of keys, settings and logs beside the nations' records."""


@dataclass(frozen=True)
class Ports:
    """Every port of a loopback federation."""

    director: int
    pages: dict[NationId, int]
    hub_client: int
    hub_link: int
    hub_monitor: int
    leaf_client: dict[NationId, int]
    leaf_monitor: dict[NationId, int]
    conductor: int


@dataclass(frozen=True)
class Plan:
    """What will run, and where."""

    folder: Path
    realm: Realm
    agreement: Agreement
    nations: tuple[NationId, ...]
    ports: Ports
    token: str
    children: tuple[ChildPlan, ...]


def choose_ports(nations: tuple[NationId, ...], first: int | None) -> Ports:
    """Pages from ``first`` on (any free ones where it is None), everything else where free.

    Raises BadInput naming every page's port that is taken.
    """
    if first is None:
        director, pages = free_port(), {nation: free_port() for nation in nations}
    else:
        director = first
        pages = {nation: first + 1 + place for place, nation in enumerate(nations)}
        wanted = [("director's page", director)]
        wanted += [(f"page of {nation}", port) for nation, port in pages.items()]
        require_free(wanted, cure="end that program, or choose others with --port")
    return Ports(
        director=director,
        pages=pages,
        hub_client=free_port(),
        hub_link=free_port(),
        hub_monitor=free_port(),
        leaf_client={nation: free_port() for nation in nations},
        leaf_monitor={nation: free_port() for nation in nations},
        conductor=free_port(),
    )


@dataclass(frozen=True)
class Wanted:
    """What a loopback federation is made from."""

    realm: Realm
    agreement: Path
    sensors: Path
    owned: tuple[Sensor, ...]
    server: ServerBinary
    stays: bool


def prepare(folder: Path, wanted: Wanted, ports: Ports) -> Plan:
    """Make a run folder ready: records of an earlier run in it are replaced.

    Raises BadInput or Unavailable when the folder or the disk refuses.
    """
    ensure_folder(folder, what="output folder")
    workings = folder / WORKINGS
    shutil.rmtree(workings, ignore_errors=True)
    for name in ("keys", "agreement", "tls", "logs", "broker", "settings"):
        ensure_folder(workings / name, what="run folder")
    agreement_path = workings / "agreement" / wanted.agreement.name
    write_whole(agreement_path, read_file(wanted.agreement, what="agreement"))
    agreement = read_agreement(read_file(agreement_path, what="agreement"))
    nations = tuple(sorted({s.nation for s in wanted.owned} | set(agreement.parties)))
    for nation in nations:
        shutil.rmtree(folder / nation, ignore_errors=True)
    _make_keys(workings, agreement_path, agreement, nations)
    _make_brokers(workings, wanted.realm, agreement, ports)
    write_whole(
        workings / "settings" / "sensors.toml", read_file(wanted.sensors, what="sensors file")
    )
    token = secrets.token_hex(16)
    write_whole(workings / "keys" / "conductor.token", token.encode(), mode=0o600)
    for nation in nations:
        text = _node_settings(nation, agreement_path.name, wanted, ports)
        write_whole(workings / "settings" / f"{nation}.toml", text.encode())
    children = _children(workings, agreement, nations, wanted, ports)
    return Plan(folder, wanted.realm, agreement, nations, ports, token, children)


def _make_keys(
    workings: Path, agreement_path: Path, agreement: Agreement, nations: tuple[NationId, ...]
) -> None:
    """Root and node keys, trust, and every party's signature under the agreement."""
    keys = workings / "keys"
    roots = {nation: new_root(keys, nation) for nation in nations}
    for nation, root in roots.items():
        new_node_key(keys, first_node(nation), root)
        if nation in agreement.parties:
            sign_agreement(agreement_path, nation, root)
    public = {nation: root.public_key() for nation, root in roots.items()}
    write_trust_file(keys / "trust.toml", public)
    write_trust_file(agreement_path.with_name("trust.toml"), public)


def _make_brokers(workings: Path, realm: Realm, agreement: Agreement, ports: Ports) -> None:
    """Certificates, passwords and configurations of the hub and of every party's leaf."""
    certificates = make_demonstration_certificates(workings / "tls", agreement.parties)
    routes = agreement_routes(agreement)
    hub = HubSettings(
        client_port=ports.hub_client,
        link_port=ports.hub_link,
        monitor_port=ports.hub_monitor,
        certificates=certificates.hub,
        system_password=secrets.token_hex(16),
    )
    broker = workings / "broker"
    write_whole(broker / "hub.conf", hub_config(realm, routes, hub).encode(), mode=0o600)
    for nation in agreement.parties:
        password = secrets.token_hex(16)
        leaf = LeafSettings(
            nation=nation,
            client_port=ports.leaf_client[nation],
            monitor_port=ports.leaf_monitor[nation],
            hub_port=ports.hub_link,
            certificates=certificates.leaves[nation],
            gate_password=password,
        )
        text = leaf_config(realm, routes, leaf)
        write_whole(broker / f"{nation}.conf", text.encode(), mode=0o600)
        write_whole(broker / f"{nation}.password", password.encode(), mode=0o600)


def _node_settings(nation: NationId, agreement: str, wanted: Wanted, ports: Ports) -> str:
    return "\n".join(
        [
            "format = 1",
            f'node = "{first_node(nation)}"',
            f'realm = "{wanted.realm.name}"',
            f'agreement = "../agreement/{agreement}"',
            'keys = "../keys"',
            'sensors = "sensors.toml"',
            f'records = "../../{nation}"',
            f'journal = "../../{nation}/journal"',
            f"leaf_port = {ports.leaf_client[nation]}",
            f'password_file = "../broker/{nation}.password"',
            f"page_port = {ports.pages[nation]}",
            f"stays = {str(wanted.stays).lower()}",
            "[feed]",
            f"conductor_port = {ports.conductor}",
            'token_file = "../keys/conductor.token"',
            "",
        ]
    )


def _children(
    workings: Path,
    agreement: Agreement,
    nations: tuple[NationId, ...],
    wanted: Wanted,
    ports: Ports,
) -> tuple[ChildPlan, ...]:
    """Hub, leaves, nodes: each starts when the one before is ready."""

    def broker(name: str, config: Path, monitor_port: int) -> ChildPlan:
        check_config(wanted.server, config)

        async def ready() -> bool:
            return await is_healthy(monitor_port)

        command = (str(wanted.server.path), "-c", str(config))
        return ChildPlan(name, command, workings / "logs" / f"{name}.log", ready)

    def node(nation: NationId) -> ChildPlan:
        settings = workings / "settings" / f"{nation}.toml"
        command = (
            sys.executable, "-m", "signalfire.cli.main", "node", "--config", str(settings),
        )  # fmt: skip
        log = workings / "logs" / f"node-{nation}.log"
        return ChildPlan(f"node-{nation}", command, log, may_end=True)

    config = workings / "broker"
    return (
        broker("hub", config / "hub.conf", ports.hub_monitor),
        *(
            broker(f"leaf-{nation}", config / f"{nation}.conf", ports.leaf_monitor[nation])
            for nation in agreement.parties
        ),
        *(node(nation) for nation in nations),
    )
