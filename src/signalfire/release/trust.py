"""Trust and signatures: whose root key is whose, and who has signed an agreement.

A trust file is TOML: ``format = 1`` and a table ``[root]`` of nation and key, the key being the 32
raw bytes of an Ed25519 public key (RFC 8032, section 5.1.5) in base64 (RFC 4648, section 4)::

    format = 1
    [root]
    JPN = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

A signature is Ed25519 over the bytes of the agreement file, in base64; white space is ignored.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta

from signalfire.basis.errors import BadInput, BadPolicy, Malformed
from signalfire.basis.identity import NationId, nation_id
from signalfire.basis.limits import PARTIES_MAX
from signalfire.basis.realm import Realm
from signalfire.basis.tables import Table, read_table
from signalfire.release.agreement import Agreement

KEY_BYTES = 32
SIGNATURE_BYTES = 64

Trust = Mapping[NationId, Ed25519PublicKey]


class _File(Table):
    format: Literal[1]
    root: Annotated[dict[str, str], Meta(max_length=PARTIES_MAX)]


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """Who has signed an agreement: each party is in one of the first two, a bad one in ``bad`` too.

    ``missing`` are parties without a signature that a key of the trust file confirms; ``bad`` are
    nations whose signature does not hold, or who are no party.
    """

    label: str
    valid: tuple[NationId, ...]
    missing: tuple[NationId, ...]
    bad: tuple[NationId, ...]

    def require(self, realm: Realm) -> None:
        """Raise BadPolicy for a bad signature anywhere, and for a missing one in the live realm."""
        if self.bad:
            raise BadPolicy(
                f"{self.label}: the signature of {', '.join(self.bad)} does not hold: the file was "
                "changed after signing, or the trust file has another key"
            )
        if realm.is_live and self.missing:
            raise BadPolicy(
                f"{self.label}: not signed by {', '.join(self.missing)}: the live realm takes an "
                "agreement only with every party's signature"
            )

    @property
    def notice(self) -> str | None:
        """What every command says that uses an agreement not signed by all; None when it is."""
        if not self.missing:
            return None
        return f"{self.label} is not signed by {', '.join(self.missing)}: usable outside live only"


def verify_signatures(
    file: bytes,
    agreement: Agreement,
    signatures: Mapping[NationId, bytes],
    trust: Trust,
) -> SignatureReport:
    """Who has signed the agreement that was read from ``file``; call ``require`` on the answer.

    A signature of a party that the trust file does not know confirms nothing: it counts as missing.
    """
    valid, bad = [], [nation for nation in sorted(signatures) if nation not in agreement.parties]
    for nation in agreement.parties:
        key, signature = trust.get(nation), signatures.get(nation)
        if key is None or signature is None:
            continue
        if _holds(key, signature, file):
            valid.append(nation)
        else:
            bad.append(nation)
    missing = tuple(nation for nation in agreement.parties if nation not in valid)
    return SignatureReport(agreement.label, tuple(valid), missing, tuple(bad))


def _holds(key: Ed25519PublicKey, signature: bytes, file: bytes) -> bool:
    try:
        raw = base64.b64decode(b"".join(signature.split()), validate=True)
        key.verify(raw, file)
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return len(raw) == SIGNATURE_BYTES


def read_trust(text: str) -> dict[NationId, Ed25519PublicKey]:
    """Read a trust file.

    Raises BadInput, naming the nation and the cure, when any part of it cannot be used.
    """
    try:
        form = read_table(text, _File)
    except BadInput as error:
        raise BadInput(f"trust: {error}") from error
    return {_nation(name): _key(name, key) for name, key in form.root.items()}


def trust_text(trust: Trust) -> str:
    """Write a trust file, nations in alphabetical order."""
    lines = [
        f'{nation} = "{base64.b64encode(trust[nation].public_bytes_raw()).decode()}"'
        for nation in sorted(trust)
    ]
    return "\n".join(["format = 1", "[root]", *lines, ""])


def _nation(name: str) -> NationId:
    try:
        return nation_id(name)
    except Malformed as error:
        raise BadInput(f"trust: root.{name[:16]}: {error}") from error


def _key(name: str, text: str) -> Ed25519PublicKey:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"trust: root.{name}: not base64: write the 32 raw bytes so") from error
    if len(raw) != KEY_BYTES:
        raise BadInput(f"trust: root.{name}: {len(raw)} bytes: an Ed25519 public key has 32")
    return Ed25519PublicKey.from_public_bytes(raw)
