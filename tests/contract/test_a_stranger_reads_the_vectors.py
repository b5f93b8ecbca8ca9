"""PROTOCOL.md is enough: these tests read the vectors by the document and import no code of ours."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.support.fixed_sealing import open_with

FOLDER = Path(__file__).parent / "vectors"


def load(name: str) -> Any:  # noqa: ANN401 - json is what it is
    return json.loads((FOLDER / name).read_bytes())


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def prefix(purpose: str) -> bytes:
    return f"servicehall {purpose} v1\n".encode()


def read(line: str, purpose: str, public: str) -> dict[str, Any]:
    """Section 2: check a line and return its fields."""
    signature, spelt = line.split(" ", 1)
    assert re.fullmatch(r"[A-Za-z0-9_-]{86}", signature)
    Ed25519PublicKey.from_public_bytes(unbase64(public)).verify(unbase64(signature), prefix(purpose) + spelt.encode())
    fields: dict[str, Any] = json.loads(spelt)
    assert json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")) == spelt
    return fields


def hash_of(line: str, purpose: str) -> str:
    return sha256(prefix(purpose) + line.split(" ", 1)[1].encode())


def online_keys() -> dict[tuple[str, str], str]:
    """Section 4: the keys that the identity key vouches for, by purpose and id."""
    line = load("keys.json")["keys_line"]
    fields = json.loads(line.split(" ", 1)[1])
    assert read(line, "keys", fields["server"]) == fields
    assert load("keys.json")["server_fingerprint"] == sha256(unbase64(fields["server"]))[:32]
    for named in fields["keys"]:
        told = f"servicehall key v1\n{named['purpose']}\n".encode() + unbase64(named["key"])
        assert sha256(told)[:16] == named["id"]
    return {(named["purpose"], named["id"]): named["key"] for named in fields["keys"]}


def read_server_line(line: str, purpose: str) -> dict[str, Any]:
    named = json.loads(line.split(" ", 1)[1])["key"]
    return read(line, purpose, online_keys()[purpose, named])


def test_keys_come_from_their_seeds() -> None:
    for key in load("keys.json")["signing"]:
        seed = bytes.fromhex(key["seed"])
        assert seed == hashlib.sha256(b"servicehall vector " + key["name"].encode()).digest()
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        assert public == unbase64(key["public"])
        for purpose, key_id in key["ids"].items():
            assert key_id == sha256(f"servicehall key v1\n{purpose}\n".encode() + public)[:16]


def test_each_purpose_has_its_own_signature_over_one_json() -> None:
    lines = load("lines.json")
    for line in lines:
        spelt = line["json"].encode()
        signature, after = line["line"].split(" ", 1)
        assert after == line["json"]
        assert line["hash"] == sha256(prefix(line["purpose"]) + spelt)
        public = Ed25519PublicKey.from_public_bytes(unbase64(line["key"]))
        public.verify(unbase64(signature), prefix(line["purpose"]) + spelt)
        with pytest.raises(InvalidSignature):
            public.verify(unbase64(signature), prefix("another") + spelt)


def test_chain_hangs_together_from_its_opening() -> None:
    vectors = load("chain.json")
    opening = read(vectors["opening"][0], "epoch", json.loads(vectors["opening"][0].split(" ", 1)[1])["key"])
    assert vectors["chain"] == hash_of(vectors["opening"][0], "epoch")
    before = vectors["chain"]
    for seq, record in enumerate(vectors["records"], start=1):
        fields = read(record["line"], "record", opening["key"])
        assert (fields["seq"], fields["prev"]) == (seq, before)
        assert (fields["kiosk"], fields["epoch"]) == (opening["kiosk"], opening["epoch"])
        before = hash_of(record["line"], "record")
        assert before == record["hash"]
    heir = json.loads(vectors["heir_opening"][0].split(" ", 1)[1])
    assert read(vectors["heir_opening"][0], "epoch", heir["key"]) == heir
    assert read(vectors["heir_opening"][1], "epoch", opening["key"]) == heir
    assert heir["from"] == {"chain": vectors["chain"], "hash": before, "seq": len(vectors["records"])}
    for line, key in zip(vectors["lost"], [opening["key"]] * 3 + [heir["key"]], strict=True):
        lost = read(line, "lost", key)
        assert lost["hash"] == vectors["records"][lost["last"] - 1]["hash"]
        assert lost["prev"] == (
            vectors["records"][lost["first"] - 2]["hash"] if lost["first"] > 1 else vectors["chain"]
        )


def test_session_is_followed_from_hello_to_receipt() -> None:
    session = load("session.json")
    hello_line, opening_line = session["hello"].splitlines()
    opening = json.loads(opening_line.split(" ", 1)[1])
    hello = read(hello_line, "hello", opening["key"])
    assert hello["chain"] == hash_of(opening_line, "epoch")
    session_line, keys_line, receipt_line, certificate_line = session["hello_reply"].splitlines()
    assert keys_line == load("keys.json")["keys_line"]
    opened = read_server_line(session_line, "session")
    assert (opened["challenge"], opened["chain"]) == (hello["challenge"], hello["chain"])
    first = read_server_line(receipt_line, "receipt")
    assert first["accepted"] == {"hash": hello["chain"], "seq": 0}
    assert read_server_line(certificate_line, "enrolment")["chain"] == hello["chain"]
    header_line, body = session["batch"].split("\n", 1)
    header = read(header_line, "batch", opening["key"])
    assert header["body"] == sha256(body.encode())
    assert header["nonce"] == opened["nonce"]
    receipt = read_server_line(session["batch_reply"].rstrip("\n"), "receipt")
    assert receipt["nonce"] == opened["nonce"]
    assert receipt["accepted"] == {"hash": header["head"], "seq": 3}
    assert receipt["accepted"]["hash"] == hash_of(body.splitlines()[-1], "record")
    assert read_server_line(session["state"], "state")["version"] == 17
    assert read_server_line(session["revocation"], "revocation")["seq"] == 3


def test_fingerprint_covers_what_a_man_in_the_middle_would_change() -> None:
    enrolment = load("enrolment.json")
    request, answer = json.loads(enrolment["request"]), json.loads(enrolment["answer"])
    kiosk = unbase64(json.loads(request["opening"].split(" ", 1)[1])["key"])
    server = unbase64(json.loads(answer["keys"].split(" ", 1)[1])["server"])
    hashes = bytes.fromhex(enrolment["ca_sha256"]) + bytes.fromhex(answer["root"])
    assert enrolment["fingerprint"] == sha256(b"servicehall fingerprint v1\n" + kiosk + server + hashes)[:32]
    certificate = read_server_line(enrolment["certificate"], "enrolment")
    assert certificate["ca"] == enrolment["ca_sha256"]


def test_blob_opens_with_the_private_key() -> None:
    sealed = load("sealed.json")
    blob, private = bytes.fromhex(sealed["blob"]), bytes.fromhex(sealed["private"])
    public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    assert blob[:8] == hashlib.sha256(b"servicehall key v1\nsealed\n" + public).digest()[:8]
    info = f"servicehall sealed v1\n{blob[:8].hex()}\n{sealed['chain']}\n{sealed['seq']}\n{sealed['type']}".encode()
    padded = open_with(private, info, blob[8:])
    assert len(padded) % 256 == 0
    assert json.loads(padded) == sealed["words"]
    assert sealed["sha256"] == sha256(blob)


def test_badge_code_is_fourteen_bytes_and_a_signature() -> None:
    for badge in load("badge_codes.json"):
        assert badge["code"].startswith("KB1.")
        raw = base64.b32decode(badge["code"][4:] + "===")
        assert len(raw) == 78
        Ed25519PublicKey.from_public_bytes(unbase64(badge["key"])).verify(raw[14:], prefix("badge") + raw[:14])
        days = [date(2020, 1, 1) + timedelta(days=int.from_bytes(raw[at : at + 2], "big")) for at in (10, 12)]
        assert (raw[0], int.from_bytes(raw[1:9], "big"), raw[9]) == (badge["key_id"], badge["badge"], badge["serial"])
        assert [day.isoformat() for day in days] == [badge["issued"], badge["expires"]]


def test_ticket_number_is_shown_and_spoken() -> None:
    for number in load("ticket_numbers.json"):
        assert number["shown"] == f"{number['service']}{number['kiosk']}-{number['count']:03d}"
        assert number["spoken"] == [letter for letter in number["shown"] if letter != "-"]


def test_pack_is_a_signed_header_and_its_sections() -> None:
    header_line, body = (FOLDER / "hall.pack").read_bytes().split(b"\n", 1)
    header = read_server_line(header_line.decode(), "pack")
    assert (header["size"], header["sha256"]) == (len(body), sha256(body))
    assert json.loads(body)["hall"]["keys"] == load("keys.json")["keys_line"]


def test_export_ends_in_a_line_over_every_byte_before_it() -> None:
    raw = (FOLDER / "export.lines").read_bytes()
    lines = raw.decode().splitlines()
    assert raw.endswith(b"\n")
    assert lines[0] == load("keys.json")["keys_line"]
    end = read_server_line(lines[-1], "export")
    assert end["lines"] == len(lines) - 1
    assert end["sha256"] == sha256(raw[: -len(lines[-1]) - 1])
