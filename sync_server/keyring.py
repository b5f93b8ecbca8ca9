"""The server's private keys, read from a folder that only its user may read.

Owns nothing but reading: :mod:`provisioning.keys` makes the folder. The identity key signs the keys
line when the folder is made and is not needed, nor read, by a running server.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from shared.errors import MalformedInput, ServicehallError, Unavailable
from shared.server_keys import verify_keys_line
from shared.signed_line import PublicKey, Purpose, SigningKey, sign_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

IDENTITY_FILE: Final = "identity.key"
IDENTITY_PUBLIC_FILE: Final = "identity.pub"
ONLINE_FILE: Final = "online.json"
KEYS_LINE_FILE: Final = "keys.line"
CA_FILE: Final = "ca.pem"
CA_KEY_FILE: Final = "ca.key"
LEAF_FILE: Final = "server.pem"
LEAF_KEY_FILE: Final = "server.key"
NO_ROOT: Final = hashlib.sha256(b"").digest()
"""SHA-256 of nothing: the first root of the published packs, as long as there is none."""


@dataclass(frozen=True)
class Keyring:
    """Keys of one hall. ``keys_line``: newest line signed by the identity key, without LF.

    ``sealing_private``/``sealing_public``: X25519, 32 bytes; ``ca_sha256``: of the CA certificate in
    DER; ``root_sha256``: of the first root of the published packs; both 32 bytes.
    """

    identity_public: PublicKey
    keys_line: bytes
    badge_key_id: int
    badge_key: SigningKey
    sealing_private: bytes = field(repr=False)
    sealing_public: bytes
    ca_pem: bytes
    ca_sha256: bytes
    leaf_path: Path
    leaf_key_path: Path
    online: Mapping[Purpose, SigningKey] = field(repr=False)
    root_sha256: bytes = NO_ROOT

    def signing(self, purpose: Purpose) -> SigningKey:
        """Return the online key for ``purpose``."""
        return self.online[purpose]

    def key_id(self, purpose: Purpose) -> str:
        """Return the id that a line of ``purpose`` names as its ``key``."""
        return self.online[purpose].public.key_id(purpose)

    def sign(self, purpose: Purpose, fields: object) -> bytes:
        """Return the signed server line of ``fields``, without LF."""
        return sign_line(self.online[purpose], purpose, fields)

    @classmethod
    def load(cls, folder: Path) -> Keyring:
        """Return the keys in ``folder``.

        Raises:
            Unavailable: ``keys_unreadable``: no such folder, or no right to read it.
            MalformedInput: ``keys_malformed``: a file is not what it should be.
        """
        try:
            identity = PublicKey.from_text((folder / IDENTITY_PUBLIC_FILE).read_text("ascii").strip())
            online = json.loads((folder / ONLINE_FILE).read_text("ascii"))
            keys_line = (folder / KEYS_LINE_FILE).read_bytes().rstrip(b"\n")
            ca_pem = (folder / CA_FILE).read_bytes()
        except OSError as error:
            raise Unavailable("keys_unreadable", folder=str(folder)) from error
        except (ValueError, ServicehallError) as error:
            raise MalformedInput("keys_malformed", folder=str(folder)) from error
        try:
            named = {Purpose(name): SigningKey(bytes.fromhex(seed)) for name, seed in online["signing"].items()}
            known = verify_keys_line(keys_line, identity)
            for purpose, key in named.items():
                known.key_for(key.public.key_id(purpose), purpose)
            sealing = X25519PrivateKey.from_private_bytes(bytes.fromhex(online["sealing"]))
            return cls(
                identity_public=identity,
                keys_line=keys_line,
                badge_key_id=int(online["badge"]["id"]),
                badge_key=SigningKey(bytes.fromhex(online["badge"]["seed"])),
                sealing_private=sealing.private_bytes_raw(),
                sealing_public=sealing.public_key().public_bytes_raw(),
                ca_pem=ca_pem,
                ca_sha256=hashlib.sha256(x509.load_pem_x509_certificate(ca_pem).public_bytes(Encoding.DER)).digest(),
                leaf_path=folder / LEAF_FILE,
                leaf_key_path=folder / LEAF_KEY_FILE,
                online=named,
            )
        except (ValueError, KeyError, TypeError, AttributeError, ServicehallError) as error:
            raise MalformedInput("keys_malformed", folder=str(folder)) from error
