"""Everything that one node is given at its start: who it is, what it owns, what it may share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signalfire.assess.alert_settings import AlertSettings
from signalfire.assess.areas import AreaTable
from signalfire.basis.errors import WrongRealm
from signalfire.basis.identity import NationId, NodeId, nation_of
from signalfire.basis.realm import Realm
from signalfire.picture.detection import Sensor
from signalfire.release.policy import Policy
from signalfire.tracking.settings import TrackingSettings


@dataclass(frozen=True)
class NodeSetup:
    """One node's configuration, as values. ``trust`` says whose key is whose.

    Raises WrongRealm when the policy was compiled for another realm.
    """

    node: NodeId
    realm: Realm
    sensors: tuple[Sensor, ...]
    policy: Policy
    key: Ed25519PrivateKey
    trust: Mapping[NodeId, Ed25519PublicKey]
    areas: AreaTable
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    alert: AlertSettings = field(default_factory=AlertSettings)

    def __post_init__(self) -> None:
        if self.policy.realm != self.realm:
            raise WrongRealm(
                f"{self.node} runs in realm {self.realm.name}, its policy was made for "
                f"{self.policy.realm.name}: compile the agreement for the node's realm"
            )

    @property
    def nation(self) -> NationId:
        return nation_of(self.node)

    @property
    def partners(self) -> tuple[NationId, ...]:
        """The other parties of the agreement, in alphabetical order; none for an outsider."""
        parties = self.policy.agreement.parties
        if self.nation not in parties:
            return ()
        return tuple(sorted(nation for nation in parties if nation != self.nation))
