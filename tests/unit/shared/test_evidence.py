from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from shared.errors import Untrusted
from shared.evidence import (
    Counts,
    ExportedChain,
    ExportEnd,
    Finding,
    Verdict,
    format_export,
    order_by_origin,
    verify_export,
)
from shared.limits import MAX_LINE_BYTES
from shared.server_keys import server_fingerprint
from shared.signed_line import Purpose, sign_line
from shared.sync_messages import HeadFields
from tests.support.exported_hall import SECOND_KIOSK, exported_hall, issued, scanned
from tests.support.signed_hall import NOON, KioskChain, SignedHall, derive_key, open_chain

if TYPE_CHECKING:
    from collections.abc import Iterator

HALL = SignedHall()
FINGERPRINT = server_fingerprint(HALL.identity.public)
EXPORTED = exported_hall()


def export(*chains: ExportedChain, hall: SignedHall = HALL) -> bytes:
    return b"".join(format_export(hall.keys_line, chains, key=hall.online(Purpose.EXPORT), time=NOON))


def ended(exported: list[bytes], hall: SignedHall = HALL, **changed: object) -> bytes:
    """Return these lines with a last line that the server signs, as if it had exported them so."""
    body = b"".join(exported)
    fields: dict[str, Any] = {
        "key": hall.key_id(Purpose.EXPORT),
        "lines": len(exported),
        "sha256": hashlib.sha256(body).hexdigest(),
        "time": NOON,
    }
    return body + hall.sign(Purpose.EXPORT, ExportEnd(**{**fields, **changed})) + b"\n"


def whole(chain: KioskChain, **changed: object) -> ExportedChain:
    fields: dict[str, Any] = {
        "opening_lines": chain.opening_lines,
        "certificate_line": HALL.certify(chain.name),
        "lines": tuple(chain.lines),
        "receipt_lines": (HALL.receipt(chain.name, chain.head),),
    }
    return ExportedChain(**{**fields, **changed})


@pytest.fixture
def chain() -> KioskChain:
    chain = open_chain()
    for badge in range(1, 6):
        chain.record(scanned(badge))
    return chain


def fault_of(verdict: Verdict) -> tuple[str, int]:
    assert verdict.finding is Finding.FAULT, verdict
    assert verdict.error is not None
    assert verdict.line is not None
    return verdict.error.code, verdict.line


def test_whole_export_is_verified_with_the_fingerprint_of_its_server() -> None:
    verdict = verify_export(b"".join(EXPORTED.lines()), FINGERPRINT)
    assert verdict.finding is Finding.VERIFIED
    assert verdict.counts == Counts(chains=3, unapproved=1, branches=1, records=12, unknown=1, lost=1)


def test_without_the_fingerprint_its_origin_is_not_checked() -> None:
    verdict = verify_export(b"".join(EXPORTED.lines()))
    assert verdict.finding is Finding.ORIGIN_NOT_CHECKED
    assert verdict.fingerprint == FINGERPRINT


def test_export_signed_by_another_server_passes_only_without_the_fingerprint() -> None:
    resigned = b"".join(exported_hall("impostor").lines())
    assert verify_export(resigned).finding is Finding.ORIGIN_NOT_CHECKED
    assert fault_of(verify_export(resigned, FINGERPRINT)) == ("export_of_another_server", 1)


def test_export_without_chains_is_an_export() -> None:
    assert verify_export(export(), FINGERPRINT).finding is Finding.VERIFIED


@pytest.mark.parametrize("size", [1, 7, 86, 65_536])
def test_verdict_does_not_depend_on_how_the_bytes_come(size: int) -> None:
    raw = b"".join(EXPORTED.lines())
    pieces = (raw[start : start + size] for start in range(0, len(raw), size))
    assert verify_export(pieces, FINGERPRINT) == verify_export(raw, FINGERPRINT)


def test_export_cut_at_any_line_is_incomplete_and_never_passes() -> None:
    lines = EXPORTED.lines()
    for count in range(len(lines)):
        assert verify_export(b"".join(lines[:count]), FINGERPRINT).finding is Finding.INCOMPLETE, count


def test_export_cut_within_its_last_line_is_incomplete() -> None:
    raw = b"".join(EXPORTED.lines())
    for cut in (1, 2, 50, 200):
        assert verify_export(raw[:-cut], FINGERPRINT).finding is Finding.INCOMPLETE


def test_every_line_left_out_doubled_or_swapped_is_found_even_by_a_server_that_signs_it() -> None:
    lines = EXPORTED.lines()[:-1]
    harmless = set()
    for index, line in enumerate(lines):
        changes = {
            "left out": lines[:index] + lines[index + 1 :],
            "doubled": lines[: index + 1] + lines[index:],
            "swapped": lines[:index] + lines[index : index + 2][::-1] + lines[index + 2 :],
        }
        for change, changed in changes.items():
            if changed == lines:
                continue
            assert fault_of(verify_export(b"".join([*changed, EXPORTED.lines()[-1]]), FINGERPRINT))
            if verify_export(ended(changed), FINGERPRINT).finding is not Finding.FAULT:
                harmless.add((_kind(line), change))
    # All that a server could do to its own export: say less of what stands beside the positions, or say it twice.
    assert harmless == {
        ("second opening", "left out"),
        ("certificate", "left out"),
        ("lost signature", "doubled"),
        ("lost blob", "left out"),
        ("lost blob", "doubled"),
        ("lost blob", "swapped"),
        ("receipt", "left out"),
        ("receipt", "swapped"),
        ("revocation", "left out"),
        ("revocation", "doubled"),
    }


def _kind(line: bytes) -> str:
    for mark, kind in (
        (b'"from":{', "second opening"),
        (b'"from":', "opening"),
        (b'"ca":', "certificate"),
        (b'"kind":"blob"', "lost blob"),
        (b'"kind":"signature"', "lost signature"),
        (b'"prev":', "position"),
        (b'"accepted":', "receipt"),
        (b'"reason":', "revocation"),
    ):
        if mark in line:
            return kind
    return "keys"


def test_forged_record_in_the_middle_is_found(chain: KioskChain) -> None:
    forger = open_chain()
    forger.key = derive_key("forger")
    lines = [*chain.lines[:2], *chain.fork(2).lines]
    forged = replace(forger, opened=chain.opened, lines=[], heads=chain.heads[:3])
    forged.record(issued())
    lines = [*chain.lines[:2], forged.lines[0], *chain.lines[3:]]
    assert fault_of(verify_export(export(whole(chain, lines=lines)), FINGERPRINT)) == ("signature_invalid", 6)


def test_record_of_another_kiosk_in_a_good_chain_is_found(chain: KioskChain) -> None:
    chain.record(scanned(9), kiosk=SECOND_KIOSK)
    assert fault_of(verify_export(export(whole(chain)), FINGERPRINT)) == ("record_of_another_chain", 9)


def test_chain_shorter_than_its_receipt_is_a_fault(chain: KioskChain) -> None:
    verdict = verify_export(export(whole(chain, lines=chain.lines[:-1])), FINGERPRINT)
    assert fault_of(verdict) == ("shorter_than_receipt", 8)


def test_chain_longer_than_its_receipt_is_none(chain: KioskChain) -> None:
    receipt = HALL.receipt(chain.name, chain.heads[2])
    assert verify_export(export(whole(chain, receipt_lines=(receipt,))), FINGERPRINT).finding is Finding.VERIFIED


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"accepted": HeadFields(hash="ab" * 32, seq=5)}, "receipt_not_on_chain"),
        ({"accepted": HeadFields(hash="ab" * 32, seq=0)}, "receipt_not_on_chain"),
        ({"backed_up": HeadFields(hash="ab" * 32, seq=2)}, "receipt_not_on_chain"),
        ({"backed_up": HeadFields(hash="ab" * 32, seq=6)}, "receipt_not_on_chain"),
        ({"branch": "ab" * 32, "accepted": HeadFields(hash="ab" * 32, seq=6)}, "shorter_than_receipt"),
        ({"kiosk": SECOND_KIOSK}, "receipt_of_another_chain"),
        ({"key": HALL.key_id(Purpose.STATE)}, "key_purpose_wrong"),
    ],
)
def test_receipt_that_contradicts_the_chain_is_a_fault(chain: KioskChain, changed: dict[str, Any], code: str) -> None:
    receipt = HALL.receipt(chain.name, chain.head, **changed)
    assert fault_of(verify_export(export(whole(chain, receipt_lines=(receipt,))), FINGERPRINT))[0] == code


def test_second_receipt_of_one_stream_is_a_fault(chain: KioskChain) -> None:
    receipts = (HALL.receipt(chain.name, chain.head), HALL.receipt(chain.name, chain.heads[2], number=2))
    assert fault_of(verify_export(export(whole(chain, receipt_lines=receipts)), FINGERPRINT)) == ("line_doubled", 10)


def test_receipt_of_a_branch_that_holds_nothing_of_its_own_is_none(chain: KioskChain) -> None:
    receipts = (HALL.receipt(chain.name, chain.head), HALL.receipt(chain.name, chain.heads[2], branch="ab" * 32))
    assert verify_export(export(whole(chain, receipt_lines=receipts)), FINGERPRINT).finding is Finding.VERIFIED


def test_receipt_may_name_a_position_within_a_hole(chain: KioskChain) -> None:
    lines = [chain.lines[0], chain.lost(2, 4), chain.lines[4]]
    receipt = HALL.receipt(chain.name, chain.head, backed_up=HeadFields(hash=chain.heads[3].hash, seq=3))
    verdict = verify_export(export(whole(chain, lines=lines, receipt_lines=(receipt,))), FINGERPRINT)
    assert verdict.finding is Finding.VERIFIED
    assert verdict.counts.lost == 3


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"kiosk": SECOND_KIOSK}, "certificate_of_another_chain"),
        ({"server": derive_key("x").public.text}, "certificate_of_another_server"),
        ({"key": HALL.key_id(Purpose.SESSION)}, "key_purpose_wrong"),
    ],
)
def test_certificate_for_somebody_else_is_a_fault(chain: KioskChain, changed: dict[str, str], code: str) -> None:
    certificate = HALL.certify(chain.name, **changed)
    assert fault_of(verify_export(export(whole(chain, certificate_line=certificate)), FINGERPRINT)) == (code, 3)


@pytest.mark.parametrize(
    ("at", "changed", "code"),
    [
        (2, {"kiosk": SECOND_KIOSK}, "revocation_of_another_chain"),
        (2, {"hash": "ab" * 32}, "revocation_not_on_chain"),
        (2, {"seq": 6}, "shorter_than_revocation"),
    ],
)
def test_revocation_that_contradicts_the_chain_is_a_fault(
    chain: KioskChain, at: int, changed: dict[str, Any], code: str
) -> None:
    revocation = HALL.revoke(chain.name, chain.heads[at], **changed)
    assert fault_of(verify_export(export(whole(chain, revocation_lines=(revocation,))), FINGERPRINT)) == (code, 10)


def test_branch_that_no_receipt_names_is_a_fault(chain: KioskChain) -> None:
    clone = chain.fork(2)
    clone.record(issued())
    verdict = verify_export(export(whole(chain, branches=(clone.lines[2:],))), FINGERPRINT)
    assert fault_of(verdict)[0] == "branch_without_receipt"


def test_branches_may_leave_from_the_opening_and_from_each_other(chain: KioskChain) -> None:
    first = chain.fork(0)
    first.record(scanned(6))
    first.record(scanned(7))
    second = first.fork(1)
    second.record(scanned(8))
    receipts = (
        HALL.receipt(chain.name, chain.head),
        HALL.receipt(chain.name, first.head, branch="ab" * 32),
        HALL.receipt(chain.name, second.head, branch="cd" * 32),
    )
    branches = (first.lines, second.lines[1:])
    verdict = verify_export(export(whole(chain, branches=branches, receipt_lines=receipts)), FINGERPRINT)
    assert verdict.finding is Finding.VERIFIED
    assert verdict.counts.branches == 2


def test_lost_line_that_names_nothing_on_the_chain_is_a_fault(chain: KioskChain) -> None:
    clone = chain.fork(2)
    clone.record(issued())
    for lines in ([*chain.lines, clone.lost(3, 3, kind="blob")], [clone.lost(3, 3, kind="signature"), *chain.lines]):
        verdict = verify_export(export(whole(chain, lines=lines)), FINGERPRINT)
        assert fault_of(verdict) == ("lost_line_unplaced", 4 + lines.index(next(x for x in lines if b'"kind"' in x)))


def test_hole_told_by_an_epoch_that_nobody_approved_is_a_fault(chain: KioskChain) -> None:
    heir = open_chain("anew", origin=chain, reason="damaged", is_vouched=False)
    heir.record(scanned(9))
    lines = [chain.lines[0], chain.lost(2, 4, key=heir.key), chain.lines[4]]
    first = whole(chain, lines=lines)
    verdict = verify_export(export(first, whole(heir, certificate_line=None)), FINGERPRINT)
    assert fault_of(verdict) == ("lost_line_not_approved", 6)
    assert verify_export(export(first, whole(heir)), FINGERPRINT).finding is Finding.VERIFIED


def test_hole_told_by_the_heir_of_an_heir_is_taken(chain: KioskChain) -> None:
    heir = open_chain("anew", origin=chain, reason="rotated")
    second = open_chain("anew again", origin=heir, reason="rotated")
    lines = [chain.lines[0], chain.lost(2, 4, key=second.key), chain.lines[4]]
    parts = (whole(chain, lines=lines), *(whole(heir, certificate_line=None) for heir in (heir, second)))
    verdict = verify_export(export(*parts), FINGERPRINT)
    assert verdict.finding is Finding.VERIFIED
    assert verdict.counts.unapproved == 0


def test_openings_are_ordered_by_where_they_came_from_however_they_are_given(chain: KioskChain) -> None:
    heir = open_chain("anew", origin=chain, reason="rotated")
    second = open_chain("anew again", origin=heir, reason="forked")
    other = open_chain("kiosk 0", kiosk="H1-K00")
    given = [whole(entry) for entry in (second, heir, chain, other)]
    ordered = [part.opening_lines for part in order_by_origin(given)]
    assert ordered == [entry.opening_lines for entry in (other, chain, heir, second)]


def test_long_lineage_is_ordered() -> None:
    entry = open_chain("epoch 0")
    entries = [entry]
    for number in range(1, 300):
        entry = open_chain(f"epoch {number}", origin=entry, reason="damaged", is_vouched=False)
        entries.append(entry)
    parts = [ExportedChain(opening_lines=entry.opening_lines) for entry in reversed(entries)]
    assert [part.opening_lines for part in order_by_origin(parts)] == [entry.opening_lines for entry in entries]


def test_chain_whose_predecessor_is_not_here_stands_alone(chain: KioskChain) -> None:
    heir = open_chain("anew", origin=chain, reason="rotated")
    heir.record(scanned(9))
    verdict = verify_export(export(whole(heir)), FINGERPRINT)
    assert verdict.finding is Finding.VERIFIED


def openings_of(chain: KioskChain) -> list[bytes]:
    return [line + b"\n" for line in chain.opening_lines]


def test_opening_before_its_predecessor_is_a_fault(chain: KioskChain) -> None:
    heir = open_chain("anew", origin=chain, reason="rotated")
    raw = ended([HALL.keys_line + b"\n", *openings_of(heir), *openings_of(chain)])
    assert fault_of(verify_export(raw, FINGERPRINT)) == ("opening_out_of_order", 4)


def test_two_chains_of_one_key_are_a_fault(chain: KioskChain) -> None:
    twin = open_chain(reason="damaged")
    raw = ended([HALL.keys_line + b"\n", *openings_of(chain), *openings_of(twin)])
    assert fault_of(verify_export(raw, FINGERPRINT)) == ("opening_key_used_twice", 3)


def test_signature_that_is_not_the_old_keys_vouches_for_nothing(chain: KioskChain) -> None:
    heir = open_chain("anew", origin=chain, reason="rotated")
    forged = [heir.opening_lines[0], sign_line(derive_key("x"), Purpose.EPOCH, heir.opened.opening)]
    verdict = verify_export(export(whole(chain), whole(heir, opening_lines=forged, certificate_line=None)), FINGERPRINT)
    assert verdict.finding is Finding.VERIFIED
    assert verdict.counts.unapproved == 1


def test_opening_whose_own_signature_is_wrong_is_a_fault(chain: KioskChain) -> None:
    forged = sign_line(derive_key("x"), Purpose.EPOCH, chain.opened.opening)
    raw = ended([HALL.keys_line + b"\n", forged + b"\n"])
    assert fault_of(verify_export(raw, FINGERPRINT)) == ("signature_invalid", 2)


def test_stranger_who_signs_nothing_spoils_the_evidence_of_nobody_else(chain: KioskChain) -> None:
    stranger = open_chain("stranger", kiosk=SECOND_KIOSK)
    stranger.key = derive_key("not the stranger")
    stranger.record(scanned(1))
    stranger.record(scanned(2))
    receipt = HALL.receipt(stranger.name, stranger.head, kiosk=SECOND_KIOSK)
    part = whole(stranger, certificate_line=None, receipt_lines=(receipt,))
    verdict = verify_export(export(whole(chain), part), FINGERPRINT)
    assert verdict.finding is Finding.VERIFIED
    assert (verdict.counts.unapproved, verdict.counts.unsigned) == (1, 2)
    certificate = HALL.certify(stranger.name, SECOND_KIOSK)
    approved = whole(stranger, certificate_line=certificate, receipt_lines=(receipt,))
    assert fault_of(verify_export(export(whole(chain), approved), FINGERPRINT))[0] == "signature_invalid"


def test_epoch_of_another_kiosk_neither_inherits_nor_speaks_for_a_chain(chain: KioskChain) -> None:
    other = open_chain("other", kiosk=SECOND_KIOSK, origin=chain, reason="rotated")
    certified = whole(
        other,
        certificate_line=HALL.certify(other.name, SECOND_KIOSK),
        receipt_lines=(HALL.receipt(other.name, other.head, kiosk=SECOND_KIOSK),),
    )
    lines = [chain.lines[0], chain.lost(2, 4, key=other.key), chain.lines[4]]
    verdict = verify_export(export(whole(chain, lines=lines), certified), FINGERPRINT)
    assert fault_of(verdict)[0] == "signature_invalid"
    verdict = verify_export(export(whole(chain), replace(certified, certificate_line=None)), FINGERPRINT)
    assert verdict.counts.unapproved == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"lines": 99}, "export_altered"),
        ({"sha256": "ab" * 32}, "export_altered"),
        ({"key": HALL.key_id(Purpose.STATE)}, "key_purpose_wrong"),
    ],
)
def test_last_line_that_covers_something_else_is_a_fault(changed: dict[str, Any], code: str) -> None:
    lines = EXPORTED.lines()[:-1]
    assert fault_of(verify_export(ended(lines, **changed), FINGERPRINT)) == (code, len(lines) + 1)


@pytest.mark.parametrize("more", [b"\0", b"x" * 1000, EXPORTED.lines()[-1][:-1]])
def test_bytes_after_the_end_are_a_fault(more: bytes) -> None:
    assert fault_of(verify_export(b"".join(EXPORTED.lines()) + more, FINGERPRINT))[0] == "line_out_of_place"


def test_line_after_the_end_is_a_fault() -> None:
    lines = EXPORTED.lines()
    assert fault_of(verify_export(b"".join([*lines, lines[-1]]), FINGERPRINT)) == ("line_out_of_place", len(lines) + 1)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "line_malformed"),
        (b"x" * (MAX_LINE_BYTES + 1), "line_too_long"),
        (b"x" * (MAX_LINE_BYTES + 1) + b"\n", "line_too_long"),
        (b"\n", "line_malformed"),
        (sign_line(derive_key("x"), Purpose.RECORD, {"a": 1}) + b"\n", "line_of_no_kind"),
        (sign_line(derive_key("x"), Purpose.KEYS, {"keys": 1}) + b"\n", "keys_line_malformed"),
        (sign_line(derive_key("x"), Purpose.KEYS, {"keys": 1, "server": "A" * 43}) + b"\n", "public_key_weak"),
        (EXPORTED.lines()[1], "line_out_of_place"),
    ],
    ids=["picture", "endless line", "long line", "empty line", "no kind", "keys without server", "weak key", "no keys"],
)
def test_another_file_altogether_is_a_fault_in_its_first_line(raw: bytes, code: str) -> None:
    assert fault_of(verify_export(raw, FINGERPRINT)) == (code, 1)


def test_nothing_at_all_is_incomplete() -> None:
    assert verify_export(b"").finding is Finding.INCOMPLETE


@pytest.mark.parametrize(
    "fields",
    [
        {"prev": ["ab"]},
        {"prev": {}},
        {"prev": None, "chain": None},
        {"ca": 1},
        {"accepted": 1, "chain": []},
        {"reason": "x", "chain": "ab"},
        {"keys": []},
        {"from": None},
    ],
)
def test_line_of_strange_fields_is_a_fault_and_no_accident(chain: KioskChain, fields: dict[str, Any]) -> None:
    lines = EXPORTED.lines()
    strange = sign_line(chain.key, Purpose.RECORD, fields) + b"\n"
    for index in range(1, len(lines)):
        assert fault_of(verify_export(b"".join([*lines[:index], strange, *lines[index:]]), FINGERPRINT))


def test_verdict_on_a_fault_still_says_whose_file_it_is(chain: KioskChain) -> None:
    verdict = verify_export(export(whole(chain, lines=chain.lines[1:])))
    assert fault_of(verdict) == ("gap", 4)
    assert verdict.fingerprint == FINGERPRINT
    assert not isinstance(verdict.error, Untrusted)


def test_lines_are_read_once_and_when_their_turn_comes(chain: KioskChain) -> None:
    taken: list[int] = []

    def lines() -> Iterator[bytes]:
        for number, line in enumerate(chain.lines):
            taken.append(number)
            yield line

    exported = format_export(HALL.keys_line, [whole(chain, lines=lines())], key=HALL.online(Purpose.EXPORT), time=NOON)
    for _ in range(4):
        next(exported)
    assert taken == [0]
    assert verify_export(export(whole(chain))).finding is Finding.ORIGIN_NOT_CHECKED
