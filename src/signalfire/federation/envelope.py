"""The one envelope in which everything crosses a border: COSE_Sign1, Ed25519.

::

    18([ protected: bstr, {}, payload: bstr, signature: bstr .size 64 ])

``protected`` holds the whole header, so that all of it is under the signature. The signature is
over the exact bytes received; nothing is ever serialised again to verify. Every label below is
required, and no other is known: there is nothing optional to negotiate.

Reference: RFC 9052 (COSE), sections 2, 3.1, 4.2 and 4.4; RFC 9053, section 2.2 (EdDSA, -8); labels
below -65536 are for private use (RFC 9052, section 11.1 and the registry made by it).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signalfire.basis.canonical import sha256_hex
from signalfire.basis.errors import BadInput, LimitExceeded, Malformed, NotAuthentic
from signalfire.basis.identity import NationId, NodeId, nation_id, nation_of, node_id
from signalfire.basis.instant import Instant
from signalfire.basis.limits import BULLETIN_BYTES_MAX
from signalfire.basis.realm import Realm
from signalfire.federation.strict_cbor import read_item
from signalfire.picture.marking import Kind, Marking

PROTOCOL_VERSION = 1
GENESIS = "0" * 64
"""The previous hash of the first envelope to a recipient in an epoch."""
SERIAL_MAX = 2**53
"""Epochs and sequences stay exact in every JSON reader."""
CAVEATS_MAX = 16
LABEL_LENGTH_MAX = 64

_ALGORITHM, _KEY_ID = 1, 4
_EDDSA = -8
_SIGNATURE_BYTES = 64
_START, _UNPROTECTED, _SIGNATURE_HEAD = b"\xd2\x84", b"\xa0", b"\x58\x40"
_FIELDS = (
    "version",
    "originator",
    "epoch",
    "sequence",
    "previous",
    "recipient",
    "realm",
    "kind",
    "classification",
    "caveats",
    "agreement",
    "tai_ns",
    "uncertainty_ns",
)
_LABELS = {name: -65_537 - place for place, name in enumerate(_FIELDS)}
_REQUIRED = frozenset({_ALGORITHM, _KEY_ID, *_LABELS.values()})


@dataclass(frozen=True, slots=True)
class Header:
    """All that is said of a message outside its content; every field is under the signature.

    ``node`` is the key's id too. ``previous`` is the SHA-256, in hexadecimal, of the envelope
    before this one to the same recipient. ``uncertainty_ns`` is one standard deviation of ``at``.
    """

    marking: Marking
    node: NodeId
    epoch: int
    sequence: int
    previous: str
    kind: Kind
    agreement_sha256: str
    at: Instant
    uncertainty_ns: int = 0
    version: int = PROTOCOL_VERSION

    @property
    def originator(self) -> NationId:
        return self.marking.originator

    @property
    def recipient(self) -> NationId:
        return self.marking.releasable_to

    @property
    def realm(self) -> Realm:
        return self.marking.realm


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened envelope; ``sha256`` is that of all its bytes, in hexadecimal."""

    header: Header
    payload: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class _Parts:
    header: Header
    protected: bytes
    payload: bytes
    signature: bytes


def sign(header: Header, payload: bytes, key: Ed25519PrivateKey) -> bytes:
    """Put ``payload`` into an envelope and sign it. Deterministic, as Ed25519 is (RFC 8032).

    Raises LimitExceeded when the envelope would be longer than ``BULLETIN_BYTES_MAX``.
    """
    protected = cbor2.dumps(_labelled(header), canonical=True)
    signature = key.sign(_to_be_signed(protected, payload))
    body = cbor2.dumps(protected) + _UNPROTECTED + cbor2.dumps(payload)
    envelope: bytes = _START + body + _SIGNATURE_HEAD + signature
    if len(envelope) > BULLETIN_BYTES_MAX:
        raise LimitExceeded(
            f"envelope of {len(envelope)} bytes: at most {BULLETIN_BYTES_MAX}; send less in one"
        )
    return envelope


def open_envelope(data: bytes, trust: Mapping[Any, Ed25519PublicKey]) -> Envelope:
    """Open an envelope whose signature holds; ``trust`` maps nodes, or whole nations, to keys.

    Any bytes give an Envelope, or raise: LimitExceeded when too long, Malformed when not exactly an
    envelope, NotAuthentic when the node has no key or the signature does not hold. Whether it is
    new, ours to read and of our realm is for ``session`` to say.
    """
    parts = _parts(data)
    node = parts.header.node
    key = trust.get(node) or trust.get(nation_of(node))
    if key is None:
        raise NotAuthentic(f"no key of {node} in the trust file")
    try:
        key.verify(parts.signature, _to_be_signed(parts.protected, parts.payload))
    except InvalidSignature as error:
        raise NotAuthentic(f"the signature of {node} does not hold") from error
    return Envelope(parts.header, parts.payload, sha256_hex(data))


def unverified(data: bytes) -> Envelope:
    """What an envelope says, its signature not looked at: for our own envelopes, and to show.

    Raises LimitExceeded or Malformed.
    """
    parts = _parts(data)
    return Envelope(parts.header, parts.payload, sha256_hex(data))


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """The Sig_structure of RFC 9052, section 4.4."""
    structure: bytes = cbor2.dumps(["Signature1", protected, b"", payload])
    return structure


@lru_cache(maxsize=16)
def _parts(data: bytes) -> _Parts:
    """Take an envelope apart; an own one is looked at several times while it is being sealed."""
    if len(data) > BULLETIN_BYTES_MAX:
        raise LimitExceeded(f"envelope of {len(data)} bytes: at most {BULLETIN_BYTES_MAX}")
    if not data.startswith(_START):
        raise Malformed("envelope: not a tagged COSE_Sign1")
    protected, at = read_item(data, len(_START))
    if data[at : at + 1] != _UNPROTECTED:
        raise Malformed("envelope: an unprotected header that is not empty")
    payload, at = read_item(data, at + 1)
    if not isinstance(protected, bytes) or not isinstance(payload, bytes):
        raise Malformed("envelope: header or payload is no byte string")
    rest = data[at:]
    if not rest.startswith(_SIGNATURE_HEAD) or len(rest) != 2 + _SIGNATURE_BYTES:
        raise Malformed("envelope: no 64 bytes of signature at its end")
    return _Parts(_header(protected), protected, payload, rest[2:])


def _labelled(header: Header) -> dict[int, Any]:
    marking = header.marking
    values = (
        header.version,
        marking.originator,
        header.epoch,
        header.sequence,
        bytes.fromhex(header.previous),
        marking.releasable_to,
        marking.realm.name,
        header.kind.value,
        marking.classification,
        list(marking.caveats),
        bytes.fromhex(header.agreement_sha256),
        header.at.tai_ns,
        header.uncertainty_ns,
    )
    labelled: dict[int, Any] = dict(zip(_LABELS.values(), values, strict=True))
    return {_ALGORITHM: _EDDSA, _KEY_ID: header.node.encode(), **labelled}


def _header(protected: bytes) -> Header:
    labelled, end = read_item(protected, 0)
    if not isinstance(labelled, dict) or end != len(protected):
        raise Malformed("envelope: the protected header is not one map")
    if labelled.keys() != _REQUIRED:
        raise Malformed("envelope: a label of the header is missing or not known")
    fields = _Fields({name: labelled[label] for name, label in _LABELS.items()})
    if labelled[_ALGORITHM] != _EDDSA:
        raise NotAuthentic("envelope: another algorithm than EdDSA")
    if fields.whole("version") != PROTOCOL_VERSION:
        raise Malformed(f"envelope: version: this node speaks {PROTOCOL_VERSION}")
    node = fields.node(labelled[_KEY_ID])
    marking = fields.marking()
    if nation_of(node) != marking.originator:
        raise NotAuthentic("envelope: originator: not the nation of the node that signed")
    return Header(
        marking=marking,
        node=node,
        epoch=fields.whole("epoch"),
        sequence=fields.whole("sequence", at_least=1),
        previous=fields.digest("previous"),
        kind=fields.kind(),
        agreement_sha256=fields.digest("agreement"),
        at=Instant(fields.whole("tai_ns", at_least=-(2**63), at_most=2**63)),
        uncertainty_ns=fields.whole("uncertainty_ns"),
    )


@dataclass(frozen=True, slots=True)
class _Fields:
    """The header's values by name, each taken as what it must be; Malformed names the field."""

    values: Mapping[str, Any]

    def whole(self, name: str, *, at_least: int = 0, at_most: int = SERIAL_MAX) -> int:
        value = self.values[name]
        if not isinstance(value, int) or not at_least <= value <= at_most:
            raise Malformed(f"envelope: {name}: no whole number in its range")
        return value

    def digest(self, name: str) -> str:
        value = self.values[name]
        if not isinstance(value, bytes) or len(value) != 32:
            raise Malformed(f"envelope: {name}: not 32 bytes")
        return value.hex()

    def text(self, name: str) -> str:
        value = self.values[name]
        if not isinstance(value, str):
            raise Malformed(f"envelope: {name}: no text")
        return value

    def label(self, value: Any, name: str) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= LABEL_LENGTH_MAX:
            raise Malformed(f"envelope: {name}: no text of 1 to {LABEL_LENGTH_MAX} characters")
        return value

    def node(self, value: Any) -> NodeId:
        if not isinstance(value, bytes) or not value.isascii():
            raise Malformed("envelope: key id: not the name of a node")
        return node_id(value.decode())

    def kind(self) -> Kind:
        try:
            return Kind(self.values["kind"])
        except ValueError as error:
            raise Malformed("envelope: kind: not known") from error

    def marking(self) -> Marking:
        caveats = self.values["caveats"]
        if not isinstance(caveats, list) or len(caveats) > CAVEATS_MAX:
            raise Malformed(f"envelope: caveats: no list of at most {CAVEATS_MAX}")
        try:
            return Marking(
                originator=nation_id(self.text("originator")),
                realm=Realm(self.text("realm")),
                releasable_to=nation_id(self.text("recipient")),
                classification=self.label(self.text("classification"), "classification"),
                caveats=tuple(self.label(caveat, "caveats") for caveat in caveats),
            )
        except BadInput as error:
            raise Malformed("envelope: realm: not live, exercise:<id> or test:<id>") from error
