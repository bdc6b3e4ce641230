"""Builds the object graph: files in, nodes out. The one place where everything is handed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signalfire.assess.areas import AreaTable
from signalfire.basis.errors import BadInput
from signalfire.basis.identity import NationId, NodeId, SensorId, node_id
from signalfire.basis.instant import Instant
from signalfire.basis.realm import Realm
from signalfire.formats.native.sensors import read_sensors
from signalfire.node.node import Node
from signalfire.node.setup import NodeSetup
from signalfire.picture.detection import Sensor
from signalfire.release.agreement import Agreement, read_agreement
from signalfire.release.policy import Policy
from signalfire.release.trust import SignatureReport, verify_signatures
from signalfire.rim.files import read_file
from signalfire.rim.keys import read_trust_file, signature_path
from signalfire.rim.packaged import packaged_text

TRUST_FILE = "trust.toml"


@dataclass(frozen=True)
class SignedAgreement:
    """An agreement, and who has signed it."""

    agreement: Agreement
    signatures: SignatureReport


def load_areas() -> AreaTable:
    """The packaged areas."""
    return AreaTable.read(
        packaged_text("areas", "admin1.geojson"), packaged_text("areas", "areas.csv")
    )


def load_sensors(path: Path) -> tuple[Sensor, ...]:
    """The sensors of a file, TOML or JSON by its ending. Raises BadInput naming the file."""
    content = read_file(path, what="sensors file")
    try:
        return read_sensors(content.decode(), is_json=path.suffix == ".json")
    except UnicodeDecodeError as error:
        raise BadInput(f"sensors file {path}: not UTF-8 text: write it as TOML or JSON") from error
    except BadInput as error:
        raise BadInput(f"sensors file {path}: {error}") from error


def load_agreement(path: Path, realm: Realm, *, judged_at: Instant) -> SignedAgreement:
    """An agreement with its signatures, judged by the trust file beside it.

    Raises BadPolicy when it cannot be used, a signature does not hold, or it is not in force at
    ``judged_at``; BadInput when a file cannot be read.
    """
    content = read_file(path, what="agreement")
    agreement = read_agreement(content)
    trust_path = path.with_name(TRUST_FILE)
    trust = read_trust_file(trust_path) if trust_path.exists() else {}
    beside = {party: signature_path(path, party) for party in agreement.parties}
    found = {
        party: read_file(place, what="signature")
        for party, place in beside.items()
        if place.exists()
    }
    signatures = verify_signatures(content, agreement, found, trust)
    signatures.require(realm)
    agreement.require_valid(judged_at)
    return SignedAgreement(agreement, signatures)


@dataclass(frozen=True)
class Federation:
    """What all nodes of one federation have in common."""

    realm: Realm
    agreement: Agreement
    sensors: tuple[Sensor, ...]
    areas: AreaTable
    judged_at: Instant

    @property
    def nations(self) -> tuple[NationId, ...]:
        """Every nation of the sensors or the agreement, in alphabetical order."""
        owners = {sensor.nation for sensor in self.sensors}
        return tuple(sorted(owners | set(self.agreement.parties)))

    @property
    def outsiders(self) -> tuple[NationId, ...]:
        """Nations that have sensors and are no party: they share and receive nothing."""
        return tuple(n for n in self.nations if n not in self.agreement.parties)

    def sensors_by_id(self) -> dict[SensorId, Sensor]:
        return {sensor.sensor: sensor for sensor in self.sensors}

    def node(
        self, node: NodeId, key: Ed25519PrivateKey, trust: Mapping[NodeId, Ed25519PublicKey]
    ) -> Node:
        """One nation's node, with what is that nation's own."""
        nation = NationId(node[:3])
        policy = Policy.compile(
            self.agreement,
            originator=nation,
            realm=self.realm,
            valid_check=None if self.realm.is_live else self.judged_at,
        )
        own = tuple(sensor for sensor in self.sensors if sensor.nation == nation)
        return Node(NodeSetup(node, self.realm, own, policy, key, trust, self.areas))


def first_node(nation: NationId) -> NodeId:
    """The name of a nation's first node."""
    return node_id(f"{nation}-1")


def public_keys(keys: Mapping[NodeId, Ed25519PrivateKey]) -> dict[NodeId, Ed25519PublicKey]:
    """The public halves."""
    return {node: key.public_key() for node, key in sorted(keys.items())}
