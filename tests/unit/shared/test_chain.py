from __future__ import annotations

from typing import Any, Literal

import pytest

from shared import strict_json
from shared.chain import (
    ChainLine,
    Head,
    Lost,
    RunVerifier,
    chain_name,
    follow,
    parse_chain_line,
    verify_belongs,
    verify_opening,
    verify_run,
)
from shared.errors import MalformedInput, OutOfOrder, Untrusted
from shared.signed_line import Purpose, hash_json, sign_line, split_line
from tests.support.exported_hall import issued, scanned
from tests.support.signed_hall import KioskChain, derive_key, open_chain


@pytest.fixture
def chain() -> KioskChain:
    chain = open_chain()
    for badge in range(1, 6):
        chain.record(scanned(badge))
    return chain


def rot(line: bytes) -> bytes:
    return (b"A" if line[:1] != b"A" else b"B") + line[1:]


class TestOpening:
    def test_chain_is_named_by_its_openings_json(self, chain: KioskChain) -> None:
        json = split_line(chain.opening_lines[0]).json
        assert chain.name == chain_name(json) == hash_json(Purpose.EPOCH, json)
        assert chain.opened.start == Head(0, chain.name)

    def test_old_keys_signature_vouches(self, chain: KioskChain) -> None:
        heir = open_chain("anew", origin=chain, reason="rotated")
        assert len(heir.opening_lines) == 2
        assert verify_opening(heir.opening_lines, chain.key.public).vouched

    def test_second_signature_waits_until_its_key_is_known(self, chain: KioskChain) -> None:
        heir = open_chain("anew", origin=chain, reason="rotated")
        assert not verify_opening(heir.opening_lines).vouched

    def test_second_signature_of_somebody_else_is_refused(self, chain: KioskChain) -> None:
        heir = open_chain("anew", origin=chain, reason="rotated")
        with pytest.raises(Untrusted, match="signature_invalid"):
            verify_opening(heir.opening_lines, derive_key("stranger").public)

    def test_opening_not_signed_by_the_key_it_names_is_refused(self, chain: KioskChain) -> None:
        fields = strict_json.parse(split_line(chain.opening_lines[0]).json)
        with pytest.raises(Untrusted, match="signature_invalid"):
            verify_opening([sign_line(derive_key("stranger"), Purpose.EPOCH, fields)])

    @pytest.mark.parametrize("count", [0, 3])
    def test_opening_is_one_line_or_two(self, chain: KioskChain, count: int) -> None:
        with pytest.raises(MalformedInput, match="opening_malformed"):
            verify_opening([chain.opening_lines[0]] * count)

    def test_two_lines_are_over_the_same_json(self, chain: KioskChain) -> None:
        heir = open_chain("anew", origin=chain, reason="rotated")
        with pytest.raises(MalformedInput, match="second line"):
            verify_opening([heir.opening_lines[0], chain.opening_lines[0]], chain.key.public)

    def test_first_epoch_has_no_second_line(self, chain: KioskChain) -> None:
        with pytest.raises(MalformedInput, match="second line"):
            verify_opening([*chain.opening_lines, *chain.opening_lines])

    def test_damaged_disk_may_have_forgotten_where_it_came_from(self, chain: KioskChain) -> None:
        assert open_chain("anew", reason="damaged").opened.opening.origin is None
        assert open_chain("anew", origin=chain, reason="damaged").opened.opening.origin is not None

    @pytest.mark.parametrize(
        "changed",
        [
            {"reason": "moved"},
            {"reason": "rotated"},
            {"from": {"chain": "ab" * 32, "hash": "ab" * 32, "seq": 0}},
            {"hall": "H2"},
            {"kiosk": "H1-K1"},
            {"epoch": 0},
            {"key": "A" * 43},
            {"key": "A" * 42},
            {"v": 2},
            {"extra": 1},
        ],
    )
    def test_opening_of_another_form_is_refused(self, chain: KioskChain, changed: dict[str, Any]) -> None:
        fields = {**strict_json.parse(split_line(chain.opening_lines[0]).json), **changed}
        with pytest.raises(MalformedInput):
            verify_opening([sign_line(chain.key, Purpose.EPOCH, fields)])


class TestLine:
    def test_record_covers_its_position(self, chain: KioskChain) -> None:
        line = parse_chain_line(chain.lines[2])
        assert (line.first, line.last, line.prev, line.hash) == (3, 3, chain.heads[2].hash, chain.heads[3].hash)
        assert line.purpose is Purpose.RECORD
        assert line.moves_head

    def test_lost_line_covers_a_range(self, chain: KioskChain) -> None:
        line = parse_chain_line(chain.lost(2, 4))
        assert (line.first, line.last, line.prev, line.hash) == (2, 4, chain.heads[1].hash, chain.heads[4].hash)
        assert line.purpose is Purpose.LOST
        assert line.moves_head

    @pytest.mark.parametrize("kind", ["signature", "blob"])
    def test_lost_signature_or_blob_takes_no_position(
        self, chain: KioskChain, kind: Literal["signature", "blob"]
    ) -> None:
        assert not parse_chain_line(chain.lost(2, 2, kind=kind)).moves_head

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"first": 3, "last": 2}, "range"),
            ({"kind": "blob", "first": 2, "last": 3}, "range"),
            ({"kind": "signature", "first": 2, "last": 3}, "range"),
            ({"first": 0}, "lost_line_malformed"),
            ({"kind": "raw"}, "lost_line_malformed"),
            ({"type": "badge_scanned"}, "lost_line_malformed"),
        ],
    )
    def test_lost_line_of_another_form_is_refused(self, chain: KioskChain, changed: dict[str, Any], why: str) -> None:
        fields = {**strict_json.parse(split_line(chain.lost(2, 2)).json), **changed}
        with pytest.raises(MalformedInput, match=why):
            parse_chain_line(sign_line(chain.key, Purpose.LOST, fields))

    def test_line_of_neither_kind_is_no_line(self) -> None:
        with pytest.raises(MalformedInput, match="record_malformed"):
            parse_chain_line(sign_line(derive_key("kiosk 1"), Purpose.RECORD, {"a": 1}))
        with pytest.raises(MalformedInput, match="line_malformed"):
            _ = ChainLine(b"", b"", b"", "", None, None).first

    @pytest.mark.parametrize(("at", "code"), [(5, "gap"), (1, "behind"), (2, "behind")])
    def test_line_that_does_not_follow_is_refused(self, chain: KioskChain, at: int, code: str) -> None:
        with pytest.raises(OutOfOrder) as refused:
            follow(chain.heads[2], parse_chain_line(chain.lines[at - 1]))
        assert refused.value.code == code

    def test_line_with_another_past_is_refused(self, chain: KioskChain) -> None:
        with pytest.raises(OutOfOrder, match="prev_wrong"):
            follow(Head(2, "ab" * 32), parse_chain_line(chain.lines[2]))

    def test_line_of_another_kiosk_or_epoch_does_not_belong(self, chain: KioskChain) -> None:
        for changed in ({"kiosk": "H1-K02"}, {"epoch": 2}):
            line = sign_line(chain.key, Purpose.RECORD, strict_json.parse(chain.compose(scanned(), **changed)))
            with pytest.raises(Untrusted, match="record_of_another_chain"):
                verify_belongs(parse_chain_line(line), chain.opened)

    def test_lost_line_of_another_chain_does_not_belong(self, chain: KioskChain) -> None:
        other = open_chain("kiosk 2", kiosk="H1-K02")
        with pytest.raises(Untrusted, match="lost_line_of_another_chain"):
            verify_belongs(parse_chain_line(chain.lost(2, 2)), other.opened)


class TestRun:
    def test_whole_chain_is_verified_to_its_head(self, chain: KioskChain) -> None:
        assert verify_run(chain.opened, chain.lines) == chain.head

    def test_run_goes_on_from_a_head(self, chain: KioskChain) -> None:
        assert verify_run(chain.opened, chain.lines[3:], chain.heads[3]) == chain.head

    def test_everything_after_a_hole_still_hangs_on_the_chain(self, chain: KioskChain) -> None:
        lines = [chain.lines[0], chain.lost(2, 4), chain.lines[4]]
        assert verify_run(chain.opened, lines) == chain.head

    @pytest.mark.fault("T40")
    def test_forged_records_before_a_hole_and_a_genuine_last_one_are_found(self, chain: KioskChain) -> None:
        forger = open_chain()
        forger.key = derive_key("forger")
        forger.record(scanned(9))
        genuine = open_chain()
        genuine.append(forger.lines[0])
        genuine.record(scanned(10))
        genuine.record(scanned(11))
        lines = [forger.lines[0], genuine.lost(2, 2), genuine.lines[2]]
        with pytest.raises(Untrusted, match="signature_invalid"):
            verify_run(chain.opened, lines)

    def test_hole_told_by_a_stranger_is_refused(self, chain: KioskChain) -> None:
        lines = [chain.lines[0], chain.lost(2, 4, key=derive_key("stranger")), chain.lines[4]]
        with pytest.raises(Untrusted, match="signature_invalid"):
            verify_run(chain.opened, lines)

    def test_hole_told_by_a_later_epoch_is_taken_and_remembered(self, chain: KioskChain) -> None:
        heir = open_chain("anew", origin=chain, reason="damaged")
        run = RunVerifier(chain.opened, later={"unrelated": derive_key("other").public, heir.name: heir.key.public})
        for line in (chain.lines[0], chain.lost(2, 4, key=heir.key), chain.lines[4]):
            run.take(parse_chain_line(line))
        assert run.head == chain.head
        assert run.relied_on == {heir.name}

    def test_rotten_signature_passes_only_with_its_lost_line_directly_before(self, chain: KioskChain) -> None:
        rotten = rot(chain.lines[1])
        told = chain.lost(2, 2, kind="signature")
        assert verify_run(chain.opened, [chain.lines[0], told, rotten]) == chain.heads[2]
        for lines in (
            [chain.lines[0], rotten],
            [told, chain.lines[0], rotten],
            [chain.lines[0], told, chain.lost(2, 2, kind="blob"), rotten],
            [chain.lines[0], told, chain.lines[1], rot(chain.lines[2])],
        ):
            with pytest.raises(Untrusted, match="signature_invalid"):
                verify_run(chain.opened, lines)

    def test_lost_blob_is_told_without_moving_the_head(self, chain: KioskChain) -> None:
        lines = [*chain.lines[:2], chain.lost(1, 1, kind="blob"), *chain.lines[2:]]
        assert verify_run(chain.opened, lines) == chain.head

    def test_head_stays_where_it_was_after_a_refusal(self, chain: KioskChain) -> None:
        run = RunVerifier(chain.opened)
        run.take(parse_chain_line(chain.lines[0]))
        with pytest.raises(OutOfOrder):
            run.take(parse_chain_line(chain.lines[2]))
        assert run.head == chain.heads[1]

    def test_record_of_another_disk_of_the_chain_does_not_fit(self, chain: KioskChain) -> None:
        clone = chain.fork(3)
        clone.record(issued())
        with pytest.raises(OutOfOrder, match="behind"):
            verify_run(chain.opened, [*chain.lines, clone.lines[-1]])


def test_lost_line_is_spelt_as_the_design_says(chain: KioskChain) -> None:
    json = split_line(chain.lost(2, 4)).json
    assert list(strict_json.parse(json)) == ["chain", "first", "hash", "kind", "last", "prev", "reason", "v"]
    assert Lost.__struct_config__.forbid_unknown_fields
