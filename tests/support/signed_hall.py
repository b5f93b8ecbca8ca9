"""A hall's server keys and a kiosk's chain out of names, so that every run signs the same bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from shared import strict_json
from shared.chain import Head, Lost, OpenedChain, Opening, Origin, parse_chain_line, sign_opening, verify_opening
from shared.records import Record
from shared.server_keys import ONLINE_PURPOSES, KeysFields, NamedKey, ServerKeys, verify_keys_line
from shared.signed_line import Purpose, SigningKey, sign_line
from shared.sync_messages import EMPTY_TREE_ROOT, AuditProof, Certificate, HeadFields, Receipt, Revocation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.records import RecordData

HALL: Final = "H1"
KIOSK: Final = "H1-K01"
BOOT: Final = "0badcafe"
NONCE: Final = "5e" * 16
INCARNATION: Final = "1c" * 8
NOON: Final = 1_790_000_000_000
NO_ROOT: Final = hashlib.sha256(b"").hexdigest()


def derive_key(name: str) -> SigningKey:
    """Return the signing key of that name: its seed is SHA-256(``servicehall vector `` name)."""
    return SigningKey(hashlib.sha256(b"servicehall vector " + name.encode()).digest())


@dataclass(frozen=True)
class SignedHall:
    """A server that signs. ``name``: halls of different names have different keys throughout."""

    name: str = "hall"
    number: int = 1

    @property
    def identity(self) -> SigningKey:
        return derive_key(f"{self.name} identity")

    def online(self, purpose: Purpose) -> SigningKey:
        return derive_key(f"{self.name} {purpose.value} {self.number}")

    def key_id(self, purpose: Purpose) -> str:
        return self.online(purpose).public.key_id(purpose)

    @property
    def keys_line(self) -> bytes:
        named = [
            NamedKey(id=self.key_id(purpose), key=self.online(purpose).public.text, purpose=purpose.value)
            for purpose in sorted(ONLINE_PURPOSES)
        ]
        fields = KeysFields(keys=named, number=self.number, server=self.identity.public.text, v=1)
        return sign_line(self.identity, Purpose.KEYS, fields)

    @property
    def keys(self) -> ServerKeys:
        return verify_keys_line(self.keys_line, self.identity.public)

    def sign(self, purpose: Purpose, fields: object) -> bytes:
        return sign_line(self.online(purpose), purpose, fields)

    def certify(self, chain: str, kiosk: str = KIOSK, **changed: object) -> bytes:
        fields: dict[str, Any] = {
            "ca": hashlib.sha256(b"ca").hexdigest(),
            "chain": chain,
            "issued": NOON,
            "key": self.key_id(Purpose.ENROLMENT),
            "kiosk": kiosk,
            "root": NO_ROOT,
            "server": self.identity.public.text,
        }
        return self.sign(Purpose.ENROLMENT, Certificate(**{**fields, **changed}))

    def receipt(self, chain: str, head: Head, **changed: object) -> bytes:
        fields: dict[str, Any] = {
            "accepted": HeadFields(hash=head.hash, seq=head.seq),
            "audit": AuditProof(proof=[], proof_from=0, root=EMPTY_TREE_ROOT, size=0),
            "backed_up": HeadFields(hash=chain, seq=0),
            "branch": None,
            "chain": chain,
            "exceptions": [],
            "incarnation": INCARNATION,
            "key": self.key_id(Purpose.RECEIPT),
            "kiosk": KIOSK,
            "nonce": NONCE,
            "number": 1,
            "time": NOON,
        }
        return self.sign(Purpose.RECEIPT, Receipt(**{**fields, **changed}))

    def revoke(self, chain: str, head: Head, **changed: object) -> bytes:
        fields: dict[str, Any] = {
            "chain": chain,
            "hash": head.hash,
            "issued": NOON,
            "key": self.key_id(Purpose.REVOCATION),
            "kiosk": KIOSK,
            "number": 1,
            "reason": "stolen",
            "seq": head.seq,
        }
        return self.sign(Purpose.REVOCATION, Revocation(**{**fields, **changed}))


@dataclass
class KioskChain:
    """One epoch of a kiosk, growing. ``heads[n]`` is the head after position n."""

    key: SigningKey
    opened: OpenedChain
    opening_lines: Sequence[bytes]
    lines: list[bytes] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.opened.name

    @property
    def head(self) -> Head:
        return self.heads[-1]

    def hash_at(self, seq: int) -> str | None:
        return self.heads[seq].hash if seq < len(self.heads) else None

    def compose(self, data: RecordData | dict[str, Any], *, kind: str | None = None, **changed: object) -> bytes:
        """Return the json of the next record."""
        mapping = data if isinstance(data, dict) else strict_json.parse(strict_json.encode(data))
        fields: dict[str, Any] = {
            "at": NOON + self.head.seq * 1000,
            "boot": BOOT,
            "clock": 2,
            "data": mapping,
            "epoch": self.opened.opening.epoch,
            "kiosk": self.opened.opening.kiosk,
            "mono": 60_000 + self.head.seq * 1000,
            "prev": self.head.hash,
            "seq": self.head.seq + 1,
            "type": kind or getattr(data, "TYPE", "note_taken"),
        }
        return strict_json.encode(Record(**{**fields, **changed}))

    def record(self, data: RecordData | dict[str, Any], *, kind: str | None = None, **changed: object) -> bytes:
        """Sign the next record, append it, and return its line."""
        fields = strict_json.parse(self.compose(data, kind=kind, **changed))
        return self.append(sign_line(self.key, Purpose.RECORD, fields))

    def append(self, line: bytes) -> bytes:
        parsed = parse_chain_line(line)
        self.lines.append(line)
        if parsed.moves_head:
            self.heads += [Head(parsed.last, parsed.hash)] * (parsed.last - parsed.first + 1)
        return line

    def lost(
        self,
        first: int,
        last: int,
        *,
        kind: Literal["record", "signature", "blob"] = "record",
        key: SigningKey | None = None,
        reason: Literal["unreadable", "dropped", "profile"] = "unreadable",
    ) -> bytes:
        """Return the lost line of positions whose heads are known here."""
        fields = Lost(
            chain=self.name,
            first=first,
            hash=self.heads[last].hash,
            kind=kind,
            last=last,
            prev=self.heads[first - 1].hash,
            reason=reason,
        )
        return sign_line(key or self.key, Purpose.LOST, fields)

    def fork(self, seq: int) -> KioskChain:
        """Return another disk of the same chain that knows only the first ``seq`` positions."""
        return KioskChain(self.key, self.opened, self.opening_lines, self.lines[:seq], self.heads[: seq + 1])


def open_chain(
    name: str = "kiosk 1",
    *,
    kiosk: str = KIOSK,
    origin: KioskChain | None = None,
    reason: Literal["enrolled", "rotated", "damaged", "forked"] = "enrolled",
    is_vouched: bool = True,
) -> KioskChain:
    """Open a chain with the key of that name, after ``origin`` and signed by its key too where vouched."""
    key = derive_key(name)
    epoch = 1 if origin is None else origin.opened.opening.epoch + 1
    came_from = None if origin is None else Origin(chain=origin.name, hash=origin.head.hash, seq=origin.head.seq)
    opening = Opening(epoch=epoch, origin=came_from, hall=HALL, key=key.public.text, kiosk=kiosk, reason=reason)
    predecessor = origin.key if origin is not None and is_vouched else None
    lines = sign_opening(opening, key, predecessor)
    opened = verify_opening(lines, None if predecessor is None else predecessor.public)
    return KioskChain(key, opened, lines, [], [opened.start])
