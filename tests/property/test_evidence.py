"""Whatever is done to an export or a run of lines by somebody without the keys is found."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.chain import parse_chain_line, verify_run
from shared.errors import ServicehallError
from shared.evidence import ExportedChain, Finding, format_export, verify_export
from shared.server_keys import server_fingerprint
from shared.signed_line import Purpose, sign_line
from shared.strict_json import parse
from tests.support.exported_hall import exported_hall, scanned
from tests.support.signed_hall import NOON, KioskChain, SignedHall, derive_key, open_chain

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject

SIGNATURE_CHARACTERS = 86
HALL = SignedHall()
FINGERPRINT = server_fingerprint(HALL.identity.public)
LINES = exported_hall().lines()
RAW = b"".join(LINES)
GOOD = {Finding.VERIFIED, Finding.ORIGIN_NOT_CHECKED}


@cache
def chain_of_ten() -> KioskChain:
    chain = open_chain()
    for badge in range(1, 11):
        chain.record(scanned(badge))
    return chain


@cache
def small_export() -> bytes:
    chain = open_chain()
    chain.record(scanned(1))
    part = ExportedChain(
        opening_lines=chain.opening_lines, lines=chain.lines, receipt_lines=(HALL.receipt(chain.name, chain.head),)
    )
    return b"".join(format_export(HALL.keys_line, [part], key=HALL.online(Purpose.EXPORT), time=NOON))


def is_accepted(raw: bytes) -> bool:
    return verify_export(raw).finding in GOOD


def test_every_byte_of_an_export_counts() -> None:
    raw = small_export()
    assert is_accepted(raw)
    for place in range(len(raw)):
        flipped = bytes([raw[place] ^ (1 << place % 8)])
        assert not is_accepted(raw[:place] + flipped + raw[place + 1 :]), place


def test_every_bit_of_the_last_characters_of_every_signature_counts() -> None:
    start = 0
    for line in LINES:
        for place in (start + SIGNATURE_CHARACTERS - 2, start + SIGNATURE_CHARACTERS - 1):
            for bit in range(8):
                flipped = bytes([RAW[place] ^ (1 << bit)])
                assert not is_accepted(RAW[:place] + flipped + RAW[place + 1 :]), (place, bit)
        start += len(line)


@given(st.integers(0, len(RAW) - 1), st.integers(0, 7))
def test_any_flipped_bit_of_an_export_is_refused(place: int, bit: int) -> None:
    flipped = bytes([RAW[place] ^ (1 << bit)])
    assert not is_accepted(RAW[:place] + flipped + RAW[place + 1 :])


@given(st.integers(0, len(RAW)), st.integers(0, len(RAW)), st.binary(max_size=40))
def test_anything_cut_out_of_or_put_into_an_export_is_refused(first: int, second: int, put: bytes) -> None:
    start, end = sorted((first, second))
    changed = RAW[:start] + put + RAW[end:]
    assert changed == RAW or not is_accepted(changed)


@given(st.permutations(LINES))
def test_no_other_order_of_the_lines_is_accepted(lines: list[bytes]) -> None:
    assert lines == LINES or not is_accepted(b"".join(lines))


@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=len(LINES)))
def test_no_choice_of_the_lines_is_accepted(lines: list[bytes]) -> None:
    assert lines == LINES or not is_accepted(b"".join(lines))


@given(st.binary(max_size=500))
def test_no_file_is_an_accident(raw: bytes) -> None:
    assert verify_export(raw, FINGERPRINT).finding in {Finding.FAULT, Finding.INCOMPLETE}
    assert verify_export(LINES[0] + raw, FINGERPRINT).finding in {Finding.FAULT, Finding.INCOMPLETE}


@pytest.mark.fault("T40")
@given(st.data())
def test_forged_records_before_a_genuine_last_one_are_not_accepted(data: DataObject) -> None:
    chain = chain_of_ten()
    forged = data.draw(st.sets(st.integers(0, 8), min_size=1))
    forger = derive_key("forger")
    lines = [
        sign_line(forger, Purpose.RECORD, parse(parse_chain_line(line).json)) if index in forged else line
        for index, line in enumerate(chain.lines)
    ]
    with pytest.raises(ServicehallError):
        verify_run(chain.opened, lines)


@given(st.data())
def test_zeroed_or_swapped_signatures_in_the_middle_are_not_accepted(data: DataObject) -> None:
    chain = chain_of_ten()
    index = data.draw(st.integers(0, 8))
    other = data.draw(st.sampled_from([b"A" * SIGNATURE_CHARACTERS, chain.lines[index + 1][:SIGNATURE_CHARACTERS]]))
    lines = list(chain.lines)
    lines[index] = other + lines[index][SIGNATURE_CHARACTERS:]
    with pytest.raises(ServicehallError):
        verify_run(chain.opened, lines)


@given(st.data())
def test_run_with_a_line_dropped_doubled_or_swapped_before_its_end_is_found(data: DataObject) -> None:
    lines = list(chain_of_ten().lines)
    index = data.draw(st.integers(0, 8))
    changed = data.draw(
        st.sampled_from(
            [
                lines[:index] + lines[index + 1 :],
                lines[: index + 1] + lines[index:],
                lines[:index] + lines[index : index + 2][::-1] + lines[index + 2 :],
            ]
        )
    )
    with pytest.raises(ServicehallError):
        verify_run(chain_of_ten().opened, changed)


@given(st.lists(st.integers(1, 9), unique=True).map(sorted))
def test_any_holes_that_the_kiosk_tells_leave_the_rest_verified(borders: list[int]) -> None:
    chain = chain_of_ten()
    lines, position, is_hole = [], 0, False
    for border in [*borders, 10]:
        lines += [chain.lost(position + 1, border)] if is_hole else chain.lines[position:border]
        position, is_hole = border, not is_hole
    assert verify_run(chain.opened, lines) == chain.head
