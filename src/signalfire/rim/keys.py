"""Keys of nations and nodes, who trusts whose, and signatures beside agreements.

A nation has one root key (kept off line in real use); the root signs a credential for each of its
nodes' keys; ``trust.toml`` names the root of every nation that is trusted::

    format = 1
    [root]
    KOR = "mD2...="      # raw Ed25519 public key, base64

Ed25519: RFC 8032. Private keys lie in PEM files (PKCS #8, RFC 5958), for their owner alone.
"""

import base64
import binascii
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signalfire.basis.errors import BadInput, Malformed, NotAuthentic
from signalfire.basis.identity import NationId, NodeId, nation_id, nation_of, node_id
from signalfire.rim.files import ensure_folder, read_file, write_whole

_PUBLIC_BYTES = 32
_SIGNATURE_BYTES = 64
_CREDENTIAL_LABEL = b"signalfire node credential 1\n"


class SignatureState(StrEnum):
    """What lies beside an agreement for one party."""

    SIGNED = "signed"
    MISSING = "missing"
    WRONG = "wrong"
    """There is a signature, and it does not hold for these bytes and that nation's root."""
    UNTRUSTED = "untrusted"
    """The trust file names no root of that nation."""


class Credential(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A nation's word that a key is that of one of its nodes."""

    node: str
    public_key: str
    signature: str


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """What ``signalfire keys show`` says of a key file; never the private part."""

    path: Path
    public_key: str
    fingerprint: str
    is_private: bool


class _TrustFile(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    root: dict[str, str]
    name: str = ""
    note: str = ""
    source: str = ""


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as the base64 of its 32 raw bytes."""
    return base64.b64encode(key.public_bytes_raw()).decode("ascii")


def fingerprint(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the raw key, for reading out loud."""
    return sha256(key.public_bytes_raw()).hexdigest()[:16]


def write_private_key(path: Path, key: Ed25519PrivateKey) -> None:
    """Write a private key that only its owner can read.

    Raises BadInput when the file is already there: keys are never overwritten.
    """
    ensure_folder(path.parent, what="key folder")
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadInput(
            f"key {path}: is already there and is not overwritten; move it away first"
        ) from error
    with open(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(descriptor)


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key.

    Raises BadInput when others than the owner may read the file, or it is no Ed25519 key in PEM.
    """
    pem = read_file(path, what="private key")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BadInput(f"private key {path}: others may read it; run: chmod 600 {path}")
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise BadInput(f"private key {path}: not an unencrypted PKCS #8 PEM file") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(f"private key {path}: not an Ed25519 key; make one with signalfire keys new")
    return key


def new_root(folder: Path, nation: NationId) -> Ed25519PrivateKey:
    """Make the root key of a nation in ``<nation>.root.pem``."""
    key = Ed25519PrivateKey.generate()
    write_private_key(folder / f"{nation}.root.pem", key)
    return key


def new_node_key(folder: Path, node: NodeId, root: Ed25519PrivateKey) -> Ed25519PrivateKey:
    """Make a node's key in ``<node>.node.pem`` and its credential in ``<node>.credential``."""
    key = Ed25519PrivateKey.generate()
    write_private_key(folder / f"{node}.node.pem", key)
    credential = issue_credential(node, key.public_key(), root)
    write_whole(folder / f"{node}.credential", msgspec.json.encode(credential) + b"\n")
    return key


def issue_credential(
    node: NodeId, public_key: Ed25519PublicKey, root: Ed25519PrivateKey
) -> Credential:
    """The signed word of a nation's root that ``public_key`` is the key of ``node``."""
    signature = root.sign(_credential_bytes(node, public_key.public_bytes_raw()))
    return Credential(
        str(node), public_text(public_key), base64.b64encode(signature).decode("ascii")
    )


def check_credential(
    credential: Credential, roots: Mapping[NationId, bytes]
) -> tuple[NodeId, bytes]:
    """The node and its raw public key.

    Raises NotAuthentic when the node's nation is not trusted or its root did not sign this.
    """
    try:
        node = node_id(credential.node)
        public_key = _decoded(credential.public_key, _PUBLIC_BYTES)
        signature = _decoded(credential.signature, _SIGNATURE_BYTES)
    except Malformed as error:
        raise NotAuthentic(f"credential of {credential.node!r}: {error}") from error
    root = roots.get(nation_of(node))
    if root is None:
        raise NotAuthentic(
            f"credential of {node}: {nation_of(node)} has no root in the trust file; add it there"
        )
    if not _holds(root, signature, _credential_bytes(node, public_key)):
        raise NotAuthentic(f"credential of {node}: the root of {nation_of(node)} did not sign it")
    return node, public_key


def read_node_keys(folder: Path, roots: Mapping[NationId, bytes]) -> dict[NodeId, bytes]:
    """The raw public keys of all nodes with a ``*.credential`` in ``folder``, each one checked.

    Raises BadInput for a file that cannot be read, NotAuthentic for one that does not hold.
    """
    keys: dict[NodeId, bytes] = {}
    for path in sorted(folder.glob("*.credential")):
        content = read_file(path, what="node credential")
        try:
            credential = msgspec.json.decode(content, type=Credential)
        except msgspec.MsgspecError as error:
            raise BadInput(f"node credential {path}: {error}; issue it again") from error
        node, public_key = check_credential(credential, roots)
        keys[node] = public_key
    return keys


def write_trust(path: Path, roots: Mapping[NationId, Ed25519PublicKey]) -> None:
    """Write a trust file: whose root key is whose."""
    lines = ["format = 1", "[root]"]
    lines += [f'{nation} = "{public_text(roots[nation])}"' for nation in sorted(roots)]
    write_whole(path, ("\n".join(lines) + "\n").encode("ascii"))


def read_trust(path: Path) -> dict[NationId, bytes]:
    """Nation to raw root public key, in alphabetical order.

    Raises BadInput, naming the field and the cure, for anything but a trust file.
    """
    content = read_file(path, what="trust file")
    try:
        trust = msgspec.toml.decode(content, type=_TrustFile)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput(f"trust file {path}: {error}; write format = 1 and a table [root]") from error
    if trust.format != 1:
        raise BadInput(f"trust file {path}: format {trust.format} is not known; write format = 1")
    roots: dict[NationId, bytes] = {}
    for name in sorted(trust.root):
        try:
            roots[nation_id(name)] = _decoded(trust.root[name], _PUBLIC_BYTES)
        except Malformed as error:
            raise BadInput(f"trust file {path}: root of {name!r}: {error}") from error
    if len(set(roots.values())) != len(roots):
        raise BadInput(f"trust file {path}: two nations have the same root; each has its own")
    return roots


def signature_path(agreement: Path, nation: NationId) -> Path:
    """``trilateral.KOR.sig`` beside ``trilateral.toml``."""
    return agreement.with_name(f"{agreement.stem}.{nation}.sig")


def sign_agreement(agreement: Path, nation: NationId, root: Ed25519PrivateKey) -> Path:
    """Sign the bytes of an agreement for ``nation``; returns the file with the signature."""
    signature = root.sign(read_file(agreement, what="agreement"))
    beside = signature_path(agreement, nation)
    write_whole(beside, base64.b64encode(signature) + b"\n")
    return beside


def signature_states(
    agreement: Path, parties: Iterable[NationId], roots: Mapping[NationId, bytes]
) -> dict[NationId, SignatureState]:
    """What lies beside an agreement for each of its parties.

    Raises BadInput when the agreement or a signature cannot be read.
    """
    content = read_file(agreement, what="agreement")
    return {party: _state(agreement, content, party, roots) for party in sorted(parties)}


def _state(
    agreement: Path, content: bytes, party: NationId, roots: Mapping[NationId, bytes]
) -> SignatureState:
    beside = signature_path(agreement, party)
    if not beside.exists():
        return SignatureState.MISSING
    if party not in roots:
        return SignatureState.UNTRUSTED
    text = read_file(beside, what="signature").decode("ascii", errors="replace").strip()
    try:
        signature = _decoded(text, _SIGNATURE_BYTES)
    except Malformed:
        return SignatureState.WRONG
    is_good = _holds(roots[party], signature, content)
    return SignatureState.SIGNED if is_good else SignatureState.WRONG


def describe_key(path: Path) -> KeyDescription:
    """What can be shown of a private key file or a credential.

    Raises BadInput when it is neither.
    """
    if path.suffix == ".credential":
        content = read_file(path, what="node credential")
        try:
            text = msgspec.json.decode(content, type=Credential).public_key
            raw = _decoded(text, _PUBLIC_BYTES)
        except (msgspec.MsgspecError, Malformed) as error:
            raise BadInput(f"node credential {path}: {error}; issue it again") from error
        return KeyDescription(path, text, sha256(raw).hexdigest()[:16], is_private=False)
    public_key = read_private_key(path).public_key()
    return KeyDescription(path, public_text(public_key), fingerprint(public_key), is_private=True)


def _credential_bytes(node: NodeId, public_key: bytes) -> bytes:
    return _CREDENTIAL_LABEL + node.encode("ascii") + b"\n" + public_key


def _decoded(text: str, size: int) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("not base64") from error
    if len(raw) != size:
        raise Malformed(f"{len(raw)} bytes in base64 where {size} are expected")
    return raw


def _holds(public_key: bytes, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True
