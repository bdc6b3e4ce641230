"""Keys, credentials and signatures: whose word is whose."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signalfire.basis.errors import BadInput, NotAuthentic
from signalfire.basis.identity import NationId, NodeId
from signalfire.rim import keys

KOR, JPN = NationId("KOR"), NationId("JPN")
NODE = NodeId("KOR-1")


def test_a_private_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    keys.new_root(tmp_path, KOR)
    path = tmp_path / "KOR.root.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(BadInput, match="chmod 600"):
        keys.read_private_key(path)


def test_a_key_comes_back_and_is_never_overwritten(tmp_path: Path) -> None:
    root = keys.new_root(tmp_path, KOR)
    read = keys.read_private_key(tmp_path / "KOR.root.pem")
    assert read.public_key() == root.public_key()
    with pytest.raises(BadInput, match="not overwritten"):
        keys.new_root(tmp_path, KOR)


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pem"
    path.write_text("nonsense")
    path.chmod(0o600)
    with pytest.raises(BadInput, match="PKCS #8"):
        keys.read_private_key(path)


def test_a_node_is_believed_because_its_root_says_so(tmp_path: Path) -> None:
    root = keys.new_root(tmp_path, KOR)
    node_key = keys.new_node_key(tmp_path, NODE, root)
    assert keys.read_node_keys(tmp_path, {KOR: root.public_key()}) == {NODE: node_key.public_key()}


def test_a_credential_of_another_root_or_for_another_node_does_not_hold(tmp_path: Path) -> None:
    root, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    credential = keys.issue_credential(NODE, other.public_key(), root)
    with pytest.raises(NotAuthentic, match="did not sign"):
        keys.check_credential(credential, {KOR: other.public_key()})
    with pytest.raises(NotAuthentic, match="no root"):
        keys.check_credential(credential, {JPN: root.public_key()})
    moved = keys.Credential("KOR-2", credential.public_key, credential.signature)
    with pytest.raises(NotAuthentic, match="did not sign"):
        keys.check_credential(moved, {KOR: root.public_key()})


def test_the_trust_file_names_the_roots(tmp_path: Path) -> None:
    roots = {nation: Ed25519PrivateKey.generate().public_key() for nation in (KOR, JPN)}
    keys.write_trust_file(tmp_path / "trust.toml", roots)
    assert keys.read_trust_file(tmp_path / "trust.toml") == roots
    (tmp_path / "trust.toml").write_text("format = 1\n[root]\nKOR = 'x'\n")
    with pytest.raises(BadInput, match=r"trust\.toml"):
        keys.read_trust_file(tmp_path / "trust.toml")


def test_signatures_lie_beside_the_agreement_one_for_each_party(tmp_path: Path) -> None:
    agreement = tmp_path / "trilateral.toml"
    agreement.write_bytes(b"format = 1\n")
    root = Ed25519PrivateKey.generate()
    beside = keys.sign_agreement(agreement, KOR, root)
    assert beside.name == "trilateral.KOR.sig"
    assert keys.read_signatures(agreement).keys() == {KOR}


def test_showing_a_key_shows_its_public_half_only(tmp_path: Path) -> None:
    root = keys.new_root(tmp_path, KOR)
    keys.new_node_key(tmp_path, NODE, root)
    shown = keys.describe_key(tmp_path / "KOR.root.pem")
    assert shown.is_private and shown.public_key == keys.public_text(root.public_key())
    assert not keys.describe_key(tmp_path / "KOR-1.credential").is_private
