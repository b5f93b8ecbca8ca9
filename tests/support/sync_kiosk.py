"""A kiosk for tests of the server: real keys, real chain, the real session machine, real HTTPS.

It keeps everything in memory and does only what it is told, wrong things included.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import requests

from shared.chain import Head, Opening, Origin, chain_name, sign_opening
from shared.errors import OutOfOrder
from shared.limits import MAX_BATCH_LINES
from shared.records import Record
from shared.sealing import SealedPosition, blob_hash, seal
from shared.signed_line import PublicKey, Purpose, SigningKey, hash_json, sign_line, split_line
from shared.sync_session import ChainFacts, OpenedSession, SyncSession, VerifiedReceipt

if TYPE_CHECKING:
    from shared.sync_messages import Receipt, Session

NOON_MS: Final = 1_785_124_800_000
"""2026-07-27 12:00 in Shanghai, a Monday."""


def scanned(badge: int = 7, **changes: object) -> dict[str, Any]:
    return {"badge": badge, "flags": [], "pack": 1, "post": None, "serial": 1, "staff": "S0001", **changes}


def issued(number: str = "A1-001", day: str = "2026-07-27", **changes: object) -> dict[str, Any]:
    return {
        "ahead": None,
        "ahead_age_s": None,
        "day": day,
        "number": number,
        "pack": 1,
        "service": number[0],
        **changes,
    }


@dataclass
class KioskChain:
    """One epoch as the kiosk holds it. ``hashes``: by position; position 0 is the chain's name."""

    key: SigningKey
    opening: Opening
    opening_lines: list[bytes]
    lines: list[bytes] = field(default_factory=list)
    hashes: dict[int, str] = field(default_factory=dict)
    certificate_line: bytes | None = None
    receipt_line: bytes | None = None
    incarnation: str | None = None
    last_challenge: str | None = None
    challenge: str | None = None
    branch: str | None = None

    @property
    def name(self) -> str:
        return chain_name(split_line(self.opening_lines[0]).json)

    @property
    def head(self) -> Head:
        seq = max(self.hashes, default=0)
        return Head(seq, self.hashes.get(seq, self.name))


@dataclass
class Conversation:
    """An open session: its state machine, what the server said, and the token of further requests."""

    machine: SyncSession
    opened: OpenedSession

    @property
    def fields(self) -> Session:
        return self.opened.fields

    @property
    def receipt(self) -> Receipt:
        return self.opened.receipt.fields

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.fields.token}"}


class SyncKiosk:
    """One disk with its chains; :meth:`clone` makes the second disk of an attack."""

    def __init__(self, url: str, ca: Path, identity: PublicKey, *, kiosk: str = "H1-K01") -> None:
        self.url, self.identity, self.kiosk = url, identity, kiosk
        self.hall = kiosk.partition("-")[0]
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(ca)
        self.chains: list[KioskChain] = []
        self.blobs: dict[str, bytes] = {}

    @property
    def chain(self) -> KioskChain:
        return self.chains[-1]

    def close(self) -> None:
        self.http.close()

    def clone(self) -> SyncKiosk:
        """Return another disk with the same content."""
        twin = SyncKiosk(self.url, Path(str(self.http.verify)), self.identity, kiosk=self.kiosk)
        for chain in self.chains:
            copied = KioskChain(**{**vars(chain), "lines": list(chain.lines), "hashes": dict(chain.hashes)})
            twin.chains.append(copied)
        return twin

    def open_chain(self, reason: str = "enrolled", *, vouch: bool = True) -> KioskChain:
        before = self.chains[-1] if self.chains and reason != "enrolled" else None
        key = SigningKey(secrets.token_bytes(32))
        origin = Origin(chain=before.name, hash=before.head.hash, seq=before.head.seq) if before else None
        opening = Opening(
            epoch=len(self.chains) + 1,
            origin=origin,
            hall=self.hall,
            key=key.public.text,
            kiosk=self.kiosk,
            reason=reason,  # type: ignore[arg-type]  # a test may give any
        )
        lines = sign_opening(opening, key, before.key if before and vouch else None)
        chain = KioskChain(key, opening, lines)
        chain.hashes[0] = chain.name
        self.chains.append(chain)
        if before is not None and reason == "forked":
            before.branch = chain.name
        return chain

    def make_line(self, kind: str, data: dict[str, Any], **changes: object) -> bytes:
        """Return the next record line without appending it."""
        chain = self.chain
        fields = {
            "at": NOON_MS + chain.head.seq * 1000,
            "boot": "0badcafe",
            "clock": 2,
            "data": data,
            "epoch": chain.opening.epoch,
            "kiosk": self.kiosk,
            "mono": chain.head.seq * 1000,
            "prev": chain.head.hash,
            "seq": chain.head.seq + 1,
            "type": kind,
            **changes,
        }
        return sign_line(chain.key, Purpose.RECORD, Record(**fields))

    def append(self, line: bytes) -> bytes:
        chain = self.chain
        chain.lines.append(line)
        chain.hashes[chain.head.seq + 1] = hash_json(Purpose.RECORD, split_line(line).json)
        return line

    def record(self, kind: str = "badge_scanned", data: dict[str, Any] | None = None, **changes: object) -> bytes:
        return self.append(self.make_line(kind, scanned() if data is None else data, **changes))

    def record_many(self, count: int) -> None:
        for _ in range(count):
            self.record()

    def record_sealed(self, text: str, sealing_key: bytes) -> str:
        chain = self.chain
        blob = seal({"text": text}, SealedPosition(chain.name, chain.head.seq + 1, "complaint_filed"), sealing_key)
        name = blob_hash(blob)
        self.blobs[name] = blob
        self.record("complaint_filed", {"grounds": ["slow"], "pack": 1, "reference": "0123456789"}, sealed=name)
        return name

    def facts(self, chain: KioskChain) -> ChainFacts:
        return ChainFacts(
            hall=self.hall,
            kiosk=self.kiosk,
            chain=chain.name,
            boot="0badcafe",
            head=chain.head,
            challenge=chain.challenge or "",
            last_challenge=chain.last_challenge,
            incarnation=chain.incarnation,
            hash_at=chain.hashes.get,
            opening_lines=chain.opening_lines,
            receipt_line=chain.receipt_line,
            certificate_line=chain.certificate_line,
            branch=chain.branch,
        )

    def is_told_of_a_fork(self) -> bool:
        """Say hello and tell whether the answer makes a kiosk open its next epoch: the word, or a strange receipt."""
        try:
            return self.hello().fields.standing == "forked"
        except OutOfOrder as error:
            return error.code == "receipt_not_on_chain"

    def begin(self, chain: KioskChain | None = None) -> tuple[SyncSession, bytes]:
        """Draw a challenge, or take the one not answered yet, and return the machine and the hello's body."""
        chain = chain or self.chain
        chain.challenge = chain.challenge or secrets.token_hex(16)
        machine = SyncSession(self.facts(chain), chain.key, self.identity)
        return machine, machine.hello()

    def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> requests.Response:
        return self.http.post(f"{self.url}/sync/v1/{path}", data=body, headers=headers, timeout=30)

    def hello(self, chain: KioskChain | None = None) -> Conversation:
        """Say hello and keep what a kiosk keeps of the answer."""
        chain = chain or self.chain
        machine, body = self.begin(chain)
        reply = self.post("hello", body)
        if reply.status_code == 409 and reply.json()["kiosk_action"] == "hello_again":
            chain.challenge = None
            machine, body = self.begin(chain)
            reply = self.post("hello", body)
        assert reply.status_code == 200, reply.text
        opened = machine.receive_hello_reply(reply.content)
        chain.last_challenge, chain.challenge = chain.challenge, None
        chain.incarnation = opened.fields.incarnation
        chain.receipt_line = opened.receipt.line
        chain.certificate_line = opened.certificate_line or chain.certificate_line
        return Conversation(machine, opened)

    def batch(self, talk: Conversation, lines: list[bytes], head: str | None = None) -> bytes:
        """Return a batch's body; the machine is then waiting for its receipt."""
        return talk.machine.batch(lines, head or hash_json(Purpose.RECORD, split_line(lines[-1]).json))

    def post_batch(self, talk: Conversation, body: bytes, **headers: str) -> requests.Response:
        return self.post("batches", body, {**talk.bearer, **headers})

    def send(self, talk: Conversation, lines: list[bytes], chain: KioskChain | None = None) -> VerifiedReceipt:
        reply = self.post_batch(talk, self.batch(talk, lines))
        assert reply.status_code == 200, reply.text
        receipt = talk.machine.receive_batch_reply(reply.content)
        (chain or self.chain).receipt_line = receipt.line
        return receipt

    def sync(self, chain: KioskChain | None = None) -> Receipt:
        """Hello and everything that the server does not have; return the newest receipt."""
        chain = chain or self.chain
        talk = self.hello(chain)
        receipt = talk.receipt
        while receipt.accepted.seq < chain.head.seq:
            start = receipt.accepted.seq
            receipt = self.send(talk, chain.lines[start : start + MAX_BATCH_LINES], chain).fields
            assert receipt.accepted.seq > start
        return receipt
