"""Keys of nations and nodes, who trusts whose, and signatures beside agreements.

A nation has one root key (kept off line in real use); the root signs a credential for each of its
nodes' keys; ``trust.toml`` names the root of every nation that is trusted (``release.trust``).

Ed25519: RFC 8032. Private keys lie in PEM files (PKCS #8, RFC 5958), for their owner alone.
"""

import base64
import binascii
import glob
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signalfire.basis.errors import BadInput, Malformed, NotAuthentic
from signalfire.basis.identity import NationId, NodeId, nation_id, nation_of, node_id
from signalfire.release.trust import KEY_BYTES, SIGNATURE_BYTES, read_trust, trust_text
from signalfire.rim.files import ensure_folder, read_file, write_whole

_CREDENTIAL_LABEL = b"signalfire node credential 1\n"


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
    credential: Credential, roots: Mapping[NationId, Ed25519PublicKey]
) -> tuple[NodeId, Ed25519PublicKey]:
    """The node and its public key.

    Raises NotAuthentic when the node's nation is not trusted or its root did not sign this.
    """
    try:
        node = node_id(credential.node)
        raw = _decoded(credential.public_key, KEY_BYTES)
        signature = _decoded(credential.signature, SIGNATURE_BYTES)
    except Malformed as error:
        raise NotAuthentic(f"credential of {credential.node!r}: {error}") from error
    root = roots.get(nation_of(node))
    if root is None:
        raise NotAuthentic(
            f"credential of {node}: {nation_of(node)} has no root in the trust file; add it there"
        )
    try:
        root.verify(signature, _credential_bytes(node, raw))
    except InvalidSignature as error:
        raise NotAuthentic(
            f"credential of {node}: the root of {nation_of(node)} did not sign it; issue it again"
        ) from error
    return node, Ed25519PublicKey.from_public_bytes(raw)


def read_node_keys(
    folder: Path, roots: Mapping[NationId, Ed25519PublicKey]
) -> dict[NodeId, Ed25519PublicKey]:
    """The public keys of all nodes with a ``*.credential`` in ``folder``, each one checked.

    Raises BadInput for a file that cannot be read, NotAuthentic for one that does not hold.
    """
    keys: dict[NodeId, Ed25519PublicKey] = {}
    for path in sorted(folder.glob("*.credential")):
        content = read_file(path, what="node credential")
        try:
            credential = msgspec.json.decode(content, type=Credential)
        except msgspec.MsgspecError as error:
            raise BadInput(f"node credential {path}: {error}; issue it again") from error
        node, public_key = check_credential(credential, roots)
        keys[node] = public_key
    return keys


def write_trust_file(path: Path, roots: Mapping[NationId, Ed25519PublicKey]) -> None:
    """Write a trust file: whose root key is whose."""
    write_whole(path, trust_text(roots).encode("ascii"))


def read_trust_file(path: Path) -> dict[NationId, Ed25519PublicKey]:
    """Whose root key is whose.

    Raises BadInput, naming the file and the cure, for anything but a trust file.
    """
    text = read_file(path, what="trust file").decode("utf-8", errors="replace")
    try:
        return read_trust(text)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error


def signature_path(agreement: Path, nation: NationId) -> Path:
    """``trilateral.KOR.sig`` beside ``trilateral.toml``."""
    return agreement.with_name(f"{agreement.stem}.{nation}.sig")


def sign_agreement(agreement: Path, nation: NationId, root: Ed25519PrivateKey) -> Path:
    """Sign the bytes of an agreement for ``nation``; returns the file with the signature."""
    signature = root.sign(read_file(agreement, what="agreement"))
    beside = signature_path(agreement, nation)
    write_whole(beside, base64.b64encode(signature) + b"\n")
    return beside


def read_signatures(agreement: Path) -> dict[NationId, bytes]:
    """Every signature that lies beside an agreement, as its file has it, checked by nobody yet.

    Raises BadInput when one cannot be read.
    """
    found: dict[NationId, bytes] = {}
    for path in sorted(agreement.parent.glob(f"{glob.escape(agreement.stem)}.*.sig")):
        try:
            nation = nation_id(path.name.removeprefix(f"{agreement.stem}.").removesuffix(".sig"))
        except Malformed as error:
            raise BadInput(
                f"signature {path}: {error}; name it as in trilateral.KOR.sig"
            ) from error
        found[nation] = read_file(path, what="signature")
    return found


def describe_key(path: Path) -> KeyDescription:
    """What can be shown of a private key file or a credential.

    Raises BadInput when it is neither.
    """
    if path.suffix == ".credential":
        content = read_file(path, what="node credential")
        try:
            text = msgspec.json.decode(content, type=Credential).public_key
            raw = _decoded(text, KEY_BYTES)
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
