"""Makes the golden vectors in ``tests/contract/vectors/`` from names alone: every run gives the same bytes.

``python -m tests.contract.make_vectors`` writes them anew. What they are is told in their README; they
change only with a new version of the protocol.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shared.badge_code import format_badge_code
from shared.chain import parse_chain_line
from shared.pack import format_pack
from shared.records import (
    BadgeRefused,
    BadgeScanned,
    ComplaintFiled,
    KioskStarted,
    PackActivated,
    StorageDamaged,
    TicketIssued,
    TicketPrinted,
    TicketPrintFailed,
)
from shared.sealing import blob_hash, sealing_key_id
from shared.server_keys import enrolment_fingerprint, server_fingerprint
from shared.signed_line import Purpose, SignedLine, hash_json
from shared.strict_json import encode
from shared.sync_messages import EnrolmentAnswer, EnrolmentRequest, ServiceState, StateFields
from shared.sync_session import ChainFacts, SyncSession
from shared.ticket_number import TicketNumber, spoken_characters
from tests.contract.refused_cases import list_refused
from tests.support.exported_hall import exported_hall
from tests.support.fixed_sealing import seal_with
from tests.support.published_sections import SEALING_PRIVATE, SEALING_PUBLIC, published_sections
from tests.support.server_double import ServerDouble
from tests.support.signed_hall import BOOT, HALL, INCARNATION, KIOSK, NO_ROOT, NOON, SignedHall, derive_key, open_chain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.signed_hall import KioskChain

FOLDER: Final = Path(__file__).parent / "vectors"
SERVER: Final = SignedHall()
WORDS: Final = {"name": "王芳", "telephone": "13800000000", "text": "三号窗口上午无人。"}
EPHEMERAL: Final = hashlib.sha256(b"servicehall vector ephemeral").digest()
CHALLENGE: Final = "c0" * 16
SERVED_HASH: Final = hashlib.sha256(b"KB1.cut").hexdigest()


def make() -> dict[str, bytes]:
    """Return every file by name."""
    tables = {
        "keys.json": list_keys(),
        "lines.json": list_lines(),
        "chain.json": list_chains(),
        "session.json": list_messages(),
        "enrolment.json": list_enrolment(),
        "sealed.json": list_sealed(),
        "badge_codes.json": list_badge_codes(),
        "ticket_numbers.json": list_ticket_numbers(),
        "refused.json": list_refused(),
    }
    files = {name: json.dumps(table, ensure_ascii=False, indent=1).encode() + b"\n" for name, table in tables.items()}
    key = SERVER.online(Purpose.PACK)
    files["hall.pack"] = format_pack(published_sections(SERVER), version=3, issued=NOON, key=key)
    files["export.lines"] = b"".join(exported_hall().lines())
    return files


def list_keys() -> dict[str, Any]:
    """Return keys with their ids and fingerprints."""
    names = ("hall identity", "hall badge", "hall session 1", "hall receipt 1", "kiosk 1", "kiosk 1 anew")
    signing = []
    for name in names:
        key = derive_key(name)
        ids = {purpose.value: key.public.key_id(purpose) for purpose in Purpose}
        signing.append({"name": name, "seed": key.seed.hex(), "public": key.public.text, "ids": ids})
    return {
        "signing": signing,
        "sealing": {
            "private": SEALING_PRIVATE.hex(),
            "public": SEALING_PUBLIC.hex(),
            "id": sealing_key_id(SEALING_PUBLIC).hex(),
        },
        "keys_line": SERVER.keys_line.decode(),
        "server_fingerprint": server_fingerprint(SERVER.identity.public),
    }


def list_lines() -> list[dict[str, str]]:
    """Return one json signed for each purpose by one key."""
    key = derive_key("kiosk 1")
    spelt = encode({"a": 1, "b": '中𠮷\n\u001f"\\/\u007f', "c": [None, True, {"d": -1}], "sha256": ""})
    return [
        {
            "purpose": purpose.value,
            "key": key.public.text,
            "json": spelt.decode(),
            "hash": hash_json(purpose, spelt),
            "line": SignedLine(key.sign(purpose, spelt), spelt).to_bytes().decode(),
        }
        for purpose in Purpose
    ]


def served_chain() -> KioskChain:
    """Return a chain with one record of every known type."""
    chain = open_chain()
    chain.record(KioskStarted(program="0.1.0", previous="none", pack=0))
    chain.record(PackActivated(version=3, sha256=hashlib.sha256(b"sections").hexdigest()))
    chain.record(BadgeScanned(badge=1, serial=1, staff="S0001", post="P-001", pack=3, flags=["clock_unset", "repeat"]))
    chain.record(BadgeScanned(badge=2, serial=1, staff="S0002", post=None, pack=3, flags=[]))
    chain.record(BadgeRefused(reason="foreign", pack=3))
    chain.record(BadgeRefused(reason="cut", pack=3, code=SERVED_HASH))
    chain.record(BadgeRefused(reason="revoked", pack=3, code=SERVED_HASH, badge=9, serial=1))
    chain.record(TicketIssued(number="A1-001", service="A", day="2026-09-21", pack=3, ahead=None, ahead_age_s=None))
    chain.record(TicketPrinted(ticket=8, number="A1-001"))
    chain.record(TicketIssued(number="A1-002", service="A", day="2026-09-21", pack=3, ahead=12, ahead_age_s=7))
    chain.record(TicketPrintFailed(ticket=10, number="A1-002", reason="no_paper"))
    complaint = ComplaintFiled(grounds=["absent"], reference="7K2M9QX4TD", pack=3)
    chain.record(complaint, sealed=blob_hash(seal_words(chain)))
    chain.record(StorageDamaged(what="pack", first=0, last=0))
    chain.record({"matter": "unknown here"}, kind="matter_read")
    return chain


def seal_words(chain: KioskChain) -> bytes:
    """Return the blob of the twelfth record of a chain."""
    key_id = sealing_key_id(SEALING_PUBLIC)
    info = f"servicehall sealed v1\n{key_id.hex()}\n{chain.name}\n12\ncomplaint_filed".encode()
    return key_id + seal_with(EPHEMERAL, SEALING_PUBLIC, info, encode(WORDS).ljust(256))


def list_chains() -> dict[str, Any]:
    """Return two openings, one record of every type, and a lost line of every kind."""
    chain = served_chain()
    heir = open_chain("kiosk 1 anew", origin=chain, reason="rotated")
    lost = [
        chain.lost(3, 5),
        chain.lost(6, 6, kind="signature"),
        chain.lost(12, 12, kind="blob"),
        chain.lost(1, 2, key=heir.key, reason="dropped"),
    ]
    return {
        "chain": chain.name,
        "opening": _texts(chain.opening_lines),
        "heir": heir.name,
        "heir_opening": _texts(heir.opening_lines),
        "records": [{"hash": parse_chain_line(line).hash, "line": line.decode()} for line in chain.lines],
        "lost": _texts(lost),
    }


def list_messages() -> dict[str, Any]:
    """Return one session: hello, its reply, a batch, its receipt; and the server's other lines."""
    chain, server = served_chain(), ServerDouble()
    facts = ChainFacts(
        hall=HALL,
        kiosk=KIOSK,
        chain=chain.name,
        boot=BOOT,
        head=chain.head,
        challenge=CHALLENGE,
        last_challenge=None,
        incarnation=None,
        hash_at=chain.hash_at,
        opening_lines=chain.opening_lines,
        packs={"hall": 3},
    )
    session = SyncSession(facts, chain.key, SERVER.identity.public)
    hello = session.hello()
    reply = server.answer_hello(hello)
    session.receive_hello_reply(reply)
    batch = session.batch(chain.lines[:3], chain.heads[3].hash)
    state = StateFields(
        as_of=NOON,
        hall=HALL,
        incarnation=INCARNATION,
        key=SERVER.key_id(Purpose.STATE),
        on_duty=["P-001"],
        pack=3,
        revocations=3,
        services=[ServiceState(called=["A1-001"], service="A", waiting=1)],
        version=17,
    )
    return {
        "hello": hello.decode(),
        "hello_reply": reply.decode(),
        "batch": batch.decode(),
        "batch_reply": server.answer_batch(batch).decode(),
        "state": SERVER.sign(Purpose.STATE, state).decode(),
        "revocation": SERVER.revoke(chain.name, chain.heads[3]).decode(),
    }


def list_enrolment() -> dict[str, Any]:
    """Return what goes to and fro before a kiosk is trusted, and the fingerprint on both screens."""
    chain, ca = open_chain(), hashlib.sha256(b"ca").digest()
    request = EnrolmentRequest(code="7K2M9QX4TD", opening=chain.opening_lines[0].decode())
    pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    answer = EnrolmentAnswer(ca=pem, keys=SERVER.keys_line.decode(), root=NO_ROOT)
    root = bytes.fromhex(NO_ROOT)
    return {
        "request": encode(request, max_bytes=16 * 1024).decode(),
        "answer": encode(answer, max_bytes=16 * 1024).decode(),
        "ca_sha256": ca.hex(),
        "root_sha256": NO_ROOT,
        "fingerprint": enrolment_fingerprint(chain.key.public, SERVER.identity.public, ca, root),
        "certificate": SERVER.certify(chain.name).decode(),
    }


def list_sealed() -> dict[str, Any]:
    """Return one blob with everything that opens it."""
    chain = served_chain()
    blob = seal_words(chain)
    return {
        "private": SEALING_PRIVATE.hex(),
        "chain": chain.name,
        "seq": 12,
        "type": "complaint_filed",
        "words": WORDS,
        "blob": blob.hex(),
        "sha256": blob_hash(blob),
    }


def list_badge_codes() -> list[dict[str, Any]]:
    """Return codes with what they say; ``key`` signed them."""
    key = derive_key("hall badge")
    first, last = date(2020, 1, 1), date(2199, 6, 6)
    badges = [
        (1, 1, 1, date(2026, 1, 1), date(2028, 12, 31)),
        (0, 2**53 - 1, 255, first, last),
        (255, 1, 1, first, first),
    ]
    return [
        {
            "key": key.public.text,
            "key_id": key_id,
            "badge": badge,
            "serial": serial,
            "issued": issued.isoformat(),
            "expires": expires.isoformat(),
            "code": format_badge_code(key, key_id=key_id, badge=badge, serial=serial, issued=issued, expires=expires),
        }
        for key_id, badge, serial, issued, expires in badges
    ]


def list_ticket_numbers() -> list[dict[str, Any]]:
    """Return numbers as they are shown and spoken."""
    numbers = (TicketNumber("A", "1", 1), TicketNumber("A", "2", 17), TicketNumber("Z", "Z", 999))
    return [
        {
            "service": number.service,
            "kiosk": number.kiosk,
            "count": number.count,
            "shown": str(number),
            "spoken": spoken_characters(number),
        }
        for number in numbers
    ]


def _texts(lines: Iterable[bytes]) -> list[str]:
    return [line.decode() for line in lines]


def write(folder: Path = FOLDER) -> None:
    """Write every file."""
    folder.mkdir(exist_ok=True)
    for name, content in make().items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    write()
