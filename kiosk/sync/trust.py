"""Whom this kiosk trusts: what its enrolment wrote down, read at each start.

One file, and a copy in the journal lest either rots: the server's identity key, the CA, the root of the
published packs, the certificate line and the keys line that came with it. Newer keys lines come with
each session and live in the journal.
"""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from kiosk.durable_file import read_checked, write_checked, write_durably
from shared.errors import MalformedInput
from shared.ids import Base64Key, Hex64
from shared.server_keys import ServerKeys, verify_keys_line
from shared.signed_line import PublicKey

if TYPE_CHECKING:
    from pathlib import Path

TRUST_NAME: Final = "server.json"
CA_NAME: Final = "ca.pem"


class _TrustFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ca: str
    certificate: str | None
    keys: str
    root: Hex64
    server: Base64Key


@dataclass(frozen=True)
class ServerTrust:
    """``ca_pem``: the private CA; ``root``: SHA-256 of the first root of the packs, hex; lines without LF."""

    identity: PublicKey
    ca_pem: str
    root: str
    keys_line: bytes
    certificate_line: bytes | None

    @property
    def ca_sha256(self) -> bytes:
        """SHA-256 of the CA certificate in DER."""
        return ca_digest(self.ca_pem)

    def keys(self, newer_line: bytes | None = None) -> ServerKeys:
        """Return the server's online keys: of ``newer_line`` where it is newer, else those of the enrolment."""
        held = verify_keys_line(self.keys_line, self.identity)
        if newer_line is None:
            return held
        newer = verify_keys_line(newer_line, self.identity)
        return newer if newer.number >= held.number else held


def ca_digest(pem: str) -> bytes:
    """Return SHA-256 of a certificate in DER. Pure.

    Raises:
        MalformedInput: ``ca_malformed``.
    """
    try:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.strip())).digest()
    except ValueError as error:
        raise MalformedInput("ca_malformed") from error


def load_trust(folder: Path) -> ServerTrust | None:
    """Return what the enrolment wrote into ``folder``, None before it.

    Raises:
        MalformedInput: ``file_damaged``.
        Unavailable: ``storage_failed``.
    """
    content = read_checked(folder / TRUST_NAME)
    return None if content is None else parse_trust(content)


def parse_trust(content: bytes) -> ServerTrust:
    """Return what :func:`format_trust` spelt. Pure; raises MalformedInput ``file_damaged``."""
    try:
        told = msgspec.json.decode(content, type=_TrustFile)
    except (ValueError, msgspec.MsgspecError) as error:
        raise MalformedInput("file_damaged", file=TRUST_NAME) from error
    return ServerTrust(
        identity=PublicKey.from_text(told.server),
        ca_pem=told.ca,
        root=told.root,
        keys_line=told.keys.encode("ascii"),
        certificate_line=told.certificate.encode("ascii") if told.certificate is not None else None,
    )


def format_trust(trust: ServerTrust) -> bytes:
    """Return the trust as it is written down. Pure."""
    return msgspec.json.encode(
        _TrustFile(
            ca=trust.ca_pem,
            certificate=trust.certificate_line.decode("ascii") if trust.certificate_line is not None else None,
            keys=trust.keys_line.decode("ascii"),
            root=trust.root,
            server=trust.identity.text,
        )
    )


def save_trust(folder: Path, trust: ServerTrust) -> Path:
    """Write down whom to trust, durable, and return the file that holds the CA for TLS."""
    ca_file = write_ca(folder, trust)
    write_checked(folder / TRUST_NAME, format_trust(trust))
    return ca_file


def write_ca(folder: Path, trust: ServerTrust) -> Path:
    """Write the CA where TLS reads it, from what is trusted, and return the file."""
    ca_file = folder / CA_NAME
    write_durably(ca_file, trust.ca_pem.encode("ascii"))
    return ca_file
