"""Keys for a replay in one process: anybody can make them, so they prove nothing outside it.

A replay must write the same bytes every time, signatures too; its keys are therefore derived from
the names of realm and nation. They are not secret. Nodes on a network have keys of their own, made
at random; the live realm refuses these.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signalfire.basis.errors import WrongRealm
from signalfire.basis.identity import NationId
from signalfire.basis.realm import Realm

_DOMAIN = "signalfire: key for replay in one process, not secret, version 1"


def key_for_replay(realm: Realm, nation: NationId) -> Ed25519PrivateKey:
    """The signing key of ``nation`` in a replay.

    Raises WrongRealm in the live realm: make real keys with ``signalfire keys``.
    """
    if realm.is_live:
        raise WrongRealm("live: keys for replay are known to all; make keys: signalfire keys")
    text = "\n".join((_DOMAIN, realm.name, nation))
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(text.encode()).digest())
