"""Making a hall's keys: identity, online keys, badge key, sealing key, and the private CA for TLS.

The identity key has a file of its own, so that it can be carried off to a safe; the running server
never opens it. CA and leaf are valid from 1970 to 2099, because a kiosk whose clock was never set
must still find its server.
"""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shared.errors import RuleViolation
from shared.server_keys import ONLINE_PURPOSES
from shared.signed_line import Purpose, SigningKey, sign_line
from sync_server import keyring

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_VALID_FROM: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VALID_UNTIL: Final = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
_FIRST_BADGE_KEY: Final = 1


def create_keys(folder: Path, hall: str, now_ms: int, *, hosts: Sequence[str] = ("localhost", "127.0.0.1")) -> None:
    """Make all keys of ``hall`` in ``folder``, each file readable by its owner only.

    ``now_ms``: unix ms, the number of the first keys line's second-best witness: it stands in
    ``created`` beside the keys; ``hosts``: names and addresses under which kiosks reach the server.

    Raises:
        RuleViolation: ``keys_exist``: keys are never written over.
    """
    if (folder / keyring.IDENTITY_PUBLIC_FILE).exists():
        raise RuleViolation("keys_exist", folder=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    identity = SigningKey(secrets.token_bytes(32))
    signing = {purpose: SigningKey(secrets.token_bytes(32)) for purpose in sorted(ONLINE_PURPOSES)}
    online = {
        "badge": {"id": _FIRST_BADGE_KEY, "seed": secrets.token_bytes(32).hex()},
        "created": now_ms,
        "hall": hall,
        "sealing": X25519PrivateKey.generate().private_bytes_raw().hex(),
        "signing": {purpose.value: key.seed.hex() for purpose, key in signing.items()},
    }
    _write(folder / keyring.IDENTITY_FILE, identity.seed.hex().encode("ascii") + b"\n")
    _write(folder / keyring.ONLINE_FILE, json.dumps(online, indent=1).encode("ascii") + b"\n")
    _write(folder / keyring.KEYS_LINE_FILE, sign_keys_line(identity, signing, number=1) + b"\n")
    _write_certificates(folder, hall, hosts)
    _write(folder / keyring.IDENTITY_PUBLIC_FILE, identity.public.text.encode("ascii") + b"\n")


def sign_keys_line(identity: SigningKey, signing: dict[Purpose, SigningKey], *, number: int) -> bytes:
    """Return the keys line that names the public halves of ``signing``, without LF."""
    keys = [
        {"id": key.public.key_id(purpose), "key": key.public.text, "purpose": purpose.value}
        for purpose, key in sorted(signing.items())
    ]
    return sign_line(identity, Purpose.KEYS, {"keys": keys, "number": number, "server": identity.public.text, "v": 1})


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _write_certificates(folder: Path, hall: str, hosts: Sequence[str]) -> None:
    ca_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"servicehall {hall} private CA")])
    ca = (
        _builder(ca_name, ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])]), ca_name, leaf_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_alternative_name(host) for host in hosts]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(leaf_key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    _write(folder / keyring.CA_KEY_FILE, _private_pem(ca_key))
    _write(folder / keyring.CA_FILE, ca.public_bytes(Encoding.PEM))
    _write(folder / keyring.LEAF_KEY_FILE, _private_pem(leaf_key))
    _write(folder / keyring.LEAF_FILE, leaf.public_bytes(Encoding.PEM))


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_VALID_FROM)
        .not_valid_after(_VALID_UNTIL)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
