"""The text of the brokers' configuration: who may send what to whom, written out, no wildcard.

A hub has one account per nation; a nation's leaf has two, NAT for its own clients and BORDER for
the link. A message passes only if the originator's account exports its exact subject to the
recipient's account, that account imports it, and the permissions of both links allow it.

Reference: NATS documentation, "Securing NATS: Accounts" and "Leaf Nodes" (server 2.14 and later).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from signalfire.basis.identity import NationId
from signalfire.basis.limits import BROKER_PAYLOAD_BYTES_MAX
from signalfire.basis.realm import Realm
from signalfire.rim.certificates import CertificateFiles, leaf_name
from signalfire.rim.subjects import Route, subject

GATE_USER = "gate"
"""The one client of a leaf: the nation's own node."""
SYSTEM_USER = "sys"
_COMMON = (
    f"max_payload: {BROKER_PAYLOAD_BYTES_MAX}",
    'write_deadline: "2s"',
    'ping_interval: "5s"',
    "ping_max: 2",
)


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Where the hub listens, all on ``host``, and the password of its operator."""

    client_port: int
    link_port: int
    monitor_port: int
    certificates: CertificateFiles
    system_password: str
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class LeafSettings:
    """Where a nation's leaf listens, which hub it joins, and the password of its node."""

    nation: NationId
    client_port: int
    monitor_port: int
    hub_port: int
    certificates: CertificateFiles
    gate_password: str
    hub_host: str = "127.0.0.1"


def hub_config(realm: Realm, routes: Iterable[Route], settings: HubSettings) -> str:
    """The configuration of the hub for these routes.

    Every nation that is on a route has an account, and nobody else.
    """
    known = tuple(routes)
    nations = sorted({nation for route in known for nation in (route.originator, route.recipient)})
    accounts = "\n".join(_nation_account(realm, nation, known) for nation in nations)
    system = _user(SYSTEM_USER, settings.system_password)
    lines = [
        "server_name: hub",
        f'listen: "{settings.host}:{settings.client_port}"',
        f'http: "127.0.0.1:{settings.monitor_port}"',
        *_COMMON,
        "leafnodes {",
        f'  listen: "{settings.host}:{settings.link_port}"',
        "  compression: off",
        f"  tls {{ {_tls(settings.certificates)}, verify_and_map: true, timeout: 3 }}",
        "}",
        "accounts {",
        accounts,
        f"  SYSTEM {{ users: [ {{ {system} }} ] }}",
        "}",
        "system_account: SYSTEM",
    ]
    return "\n".join(lines) + "\n"


def leaf_config(realm: Realm, routes: Iterable[Route], settings: LeafSettings) -> str:
    """The configuration of one nation's leaf for these routes."""
    nation = settings.nation
    known = tuple(routes)
    out = [subject(realm, route) for route in known if route.originator == nation]
    into = [subject(realm, route) for route in known if route.recipient == nation]
    gate = _user(GATE_USER, settings.gate_password)
    lines = [
        f"server_name: {nation.lower()}",
        f'listen: "127.0.0.1:{settings.client_port}"',
        f'http: "127.0.0.1:{settings.monitor_port}"',
        *_COMMON,
        "leafnodes {",
        '  reconnect: "1s"',
        "  remotes: [ {",
        f'    url: "tls://{settings.hub_host}:{settings.hub_port}"',
        "    account: BORDER",
        "    compression: off",
        f"    tls {{ {_tls(settings.certificates)}, timeout: 3 }}",
        "  } ]",
        "}",
        "accounts {",
        "  NAT {",
        f"    users: [ {{ {gate}, permissions: {_permissions(out, into)} }} ]",
        *_exports((each, "BORDER") for each in out),
        *_imports((each, "BORDER") for each in into),
        "  }",
        "  BORDER {",
        *_exports((each, "NAT") for each in into),
        *_imports((each, "NAT") for each in out),
        "  }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _nation_account(realm: Realm, nation: NationId, routes: tuple[Route, ...]) -> str:
    """One nation at the hub. Its user has no password: the certificate is what counts. It must be a
    leaf link, since without the mapping of certificates an empty password would do for the client
    port (seen with server 2.15.1).
    """
    out = [route for route in routes if route.originator == nation]
    into = [route for route in routes if route.recipient == nation]
    permissions = _permissions(
        [subject(realm, route) for route in out], [subject(realm, route) for route in into]
    )
    user = f'user: {json.dumps(leaf_name(nation))}, allowed_connection_types: ["LEAFNODE"]'
    lines = [
        f"  {nation} {{",
        f"    users: [ {{ {user}, permissions: {permissions} }} ]",
        *_exports((subject(realm, route), route.recipient) for route in out),
        *_imports((subject(realm, route), route.originator) for route in into),
        "  }",
    ]
    return "\n".join(lines)


def _permissions(out: list[str], into: list[str]) -> str:
    return f"{{ publish: {_only(out)}, subscribe: {_only(into)} }}"


def _only(subjects: list[str]) -> str:
    """An allow-list; an empty one would allow everything, so it becomes a denial of everything."""
    if not subjects:
        return '{ deny: [">"] }'
    return f"{{ allow: {json.dumps(sorted(subjects))} }}"


def _exports(pairs: Iterable[tuple[str, str]]) -> list[str]:
    rows = [f'      {{ stream: "{name}", accounts: [{account}] }}' for name, account in pairs]
    return ["    exports: [", ",\n".join(rows), "    ]"] if rows else []


def _imports(pairs: Iterable[tuple[str, str]]) -> list[str]:
    rows = [
        f'      {{ stream: {{ account: {account}, subject: "{name}" }} }}'
        for name, account in pairs
    ]
    return ["    imports: [", ",\n".join(rows), "    ]"] if rows else []


def _user(name: str, password: str) -> str:
    return f"user: {json.dumps(name)}, password: {json.dumps(password)}"


def _tls(files: CertificateFiles) -> str:
    return (
        f"cert_file: {json.dumps(str(files.certificate))}, "
        f"key_file: {json.dumps(str(files.private_key))}, "
        f"ca_file: {json.dumps(str(files.authority))}"
    )
