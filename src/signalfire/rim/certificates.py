"""Certificates for the links of a demonstration: an authority, the hub, and one leaf per nation.

Good on this machine and for some days; a real site brings its own authority. The broker takes the
DNS name of a leaf's certificate, ``leaf.kor``, for the name of its user: the key is the identity.
"""

import datetime
import ipaddress
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signalfire.basis.errors import BadInput
from signalfire.basis.identity import NationId
from signalfire.rim.files import ensure_folder

_BACKDATED = datetime.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where a certificate, its private key and the authority that vouches for both lie."""

    certificate: Path
    private_key: Path
    authority: Path


@dataclass(frozen=True, slots=True)
class DemonstrationCertificates:
    """Everything that the hub and the leaves of one run need."""

    hub: CertificateFiles
    leaves: dict[NationId, CertificateFiles]


def leaf_name(nation: NationId) -> str:
    """The DNS name in a nation's leaf certificate, and its user name at the hub: ``leaf.kor``."""
    return f"leaf.{nation.lower()}"


def make_demonstration_certificates(
    folder: Path, nations: Iterable[NationId], *, valid_days: int = 7
) -> DemonstrationCertificates:
    """Make an authority and what it vouches for in ``folder``; the authority's key is not kept.

    Raises BadInput when a file of the same name is there: make them in a fresh folder.
    """
    ensure_folder(folder, what="certificate folder")
    authority = _Authority(valid_days)
    authority_file = folder / "ca.pem"
    _write(authority_file, authority.certificate.public_bytes(serialization.Encoding.PEM))
    return DemonstrationCertificates(
        hub=authority.vouch(folder, "hub", ["hub", "localhost"]),
        leaves={
            nation: authority.vouch(folder, leaf_name(nation), [leaf_name(nation)])
            for nation in sorted(nations)
        },
    )


class _Authority:
    """A certificate authority that lives as long as this object."""

    def __init__(self, valid_days: int) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _common_name("signalfire demonstration authority")
        now = datetime.datetime.now(datetime.UTC)
        self._from, self._until = now - _BACKDATED, now + datetime.timedelta(days=valid_days)
        self.certificate = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(is_authority=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def vouch(self, folder: Path, name: str, dns_names: list[str]) -> CertificateFiles:
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives: list[x509.GeneralName] = [x509.DNSName(each) for each in dns_names]
        if name == "hub":
            alternatives.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        certificate = (
            self._builder(_common_name(name), key.public_key())
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(is_authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        files = CertificateFiles(folder / f"{name}.crt", folder / f"{name}.key", folder / "ca.pem")
        _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        _write(files.private_key, pem)
        return files

    def _builder(
        self, subject: x509.Name, public_key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._from)
            .not_valid_after(self._until)
        )


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadInput(f"certificate {path}: is already there; use a fresh run folder") from error
    with open(descriptor, "wb") as file:
        file.write(content)
