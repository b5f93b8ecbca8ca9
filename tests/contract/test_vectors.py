"""The golden vectors are what the code makes, what it reads, and what they were when they were laid down."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from shared.chain import parse_chain_line, verify_opening, verify_run
from shared.evidence import Finding, verify_export
from shared.pack import verify_pack
from shared.records import KNOWN_TYPES, parse_record_data
from shared.sealing import SealedPosition, open_sealed
from shared.server_keys import server_fingerprint
from shared.signed_line import PublicKey, Purpose, verify_line
from shared.strict_json import encode
from tests.contract.make_vectors import FOLDER, WORDS, make
from tests.contract.refused_cases import READERS, code_of
from tests.support.published_sections import published_sections
from tests.support.signed_hall import SignedHall

LAID_DOWN = "96200beaaedb12d6a3b1c810f1bfe225c00371d191370af94da954f8d93b7f0d"
"""SHA-256 over all files by name. It changes only with a new version of the protocol."""

SERVER = SignedHall()


def load(name: str) -> Any:  # noqa: ANN401 - json is what it is
    return json.loads((FOLDER / name).read_bytes())


def test_the_files_are_what_the_code_makes_to_the_byte() -> None:
    made = make()
    assert {path.name for path in FOLDER.iterdir()} == {*made, "README.md"}
    for name, content in made.items():
        assert (FOLDER / name).read_bytes() == content, name
    assert make() == made


def test_the_files_are_what_they_were_when_they_were_laid_down() -> None:
    digest = hashlib.sha256()
    for path in sorted(FOLDER.iterdir()):
        if path.name != "README.md":
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    assert digest.hexdigest() == LAID_DOWN


@pytest.mark.parametrize("case", load("refused.json"), ids=lambda case: f"{case['what']}: {case['error']}")
def test_what_must_be_refused_is_refused_with_its_code(case: dict[str, str]) -> None:
    raw = bytes.fromhex(case["hex"]) if "hex" in case else case["input"].encode()
    assert case["error"]
    assert code_of(case["what"], raw) == case["error"]


def test_every_reader_has_something_to_refuse() -> None:
    assert {case["what"] for case in load("refused.json")} == set(READERS)


def test_lines_are_read_for_their_purpose() -> None:
    lines = load("lines.json")
    assert {line["purpose"] for line in lines} == set(Purpose)
    for line in lines:
        key = PublicKey.from_text(line["key"])
        fields = verify_line(line["line"].encode(), Purpose(line["purpose"]), key)
        assert encode(fields) == line["json"].encode()


def test_chain_is_read_from_its_opening_to_its_head() -> None:
    vectors = load("chain.json")
    opened = verify_opening([line.encode() for line in vectors["opening"]])
    heir = verify_opening([line.encode() for line in vectors["heir_opening"]], opened.key)
    assert (opened.name, heir.name, heir.vouched) == (vectors["chain"], vectors["heir"], True)
    lines = [record["line"].encode() for record in vectors["records"]]
    assert verify_run(opened, lines).hash == vectors["records"][-1]["hash"]
    records = [parse_chain_line(line).record for line in lines]
    kinds = [(record.type, type(parse_record_data(record))) for record in records if record is not None]
    assert dict(kinds) == {**KNOWN_TYPES, "matter_read": type(None)}
    lost = [parse_chain_line(line.encode()).lost for line in vectors["lost"]]
    assert {entry.kind for entry in lost if entry is not None} == {"record", "signature", "blob"}


def test_blob_opens_where_it_belongs() -> None:
    sealed = load("sealed.json")
    position = SealedPosition(sealed["chain"], sealed["seq"], sealed["type"])
    assert open_sealed(bytes.fromhex(sealed["blob"]), position, bytes.fromhex(sealed["private"])) == WORDS


def test_pack_is_read_as_it_was_published() -> None:
    pack = verify_pack((FOLDER / "hall.pack").read_bytes(), SERVER.keys, hall="H1")
    assert pack.sections == published_sections(SERVER)


def test_export_is_verified() -> None:
    fingerprint = load("keys.json")["server_fingerprint"]
    assert fingerprint == server_fingerprint(SERVER.identity.public)
    verdict = verify_export((FOLDER / "export.lines").read_bytes(), fingerprint)
    assert verdict.finding is Finding.VERIFIED
