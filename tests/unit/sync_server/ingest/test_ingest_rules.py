"""Which lines count and how the ratchet is read."""

from __future__ import annotations

import pytest

from shared.chain import Head
from shared.limits import MAX_QUARANTINED_CHAIN_BYTES, MAX_UNVOUCHED_CHAIN_BYTES
from sync_server.ingest.rules import (
    MAIN,
    LineStanding,
    Marks,
    Ratchet,
    RatchetVerdict,
    is_older_disk,
    quarantine_limit,
)


@pytest.mark.parametrize(
    ("marks", "standing", "counting"),
    [
        (Marks(certified=True), "ok", None),
        (Marks(certified=False), "provisional", 0),
        (Marks(certified=True, revoked=True, freeze=4), "revoked", 4),
        (Marks(certified=True, forked=True, freeze=4), "forked", 4),
        (Marks(certified=True, held=True), "held", 0),
        (Marks(certified=True, held=True, revoked=True, freeze=4), "revoked", 0),
        (Marks(certified=True, revoked=True, forked=True, freeze=2), "forked", 2),
        (Marks(certified=False, forked=True, freeze=2), "forked", 0),
    ],
)
def test_each_mark_holds_lines_back_for_itself_and_forked_is_told_first(
    marks: Marks, standing: str, counting: int | None
) -> None:
    assert marks.standing() == standing
    assert marks.counts_up_to(MAIN) == counting
    assert marks.counts_up_to("a" * 64) == 0


def test_line_at_the_frozen_head_counts_and_the_next_does_not() -> None:
    marks = Marks(certified=True, revoked=True, freeze=4)

    assert marks.line_standing(MAIN, 4) is LineStanding.LEDGER
    assert marks.line_standing(MAIN, 5) is LineStanding.QUARANTINE


@pytest.mark.parametrize(
    ("challenge", "last", "same", "verdict"),
    [
        ("new", "current", True, RatchetVerdict.FITS),
        ("current", "old", True, RatchetVerdict.FITS),
        ("current", "whatever", False, RatchetVerdict.FITS),
        ("old", "older", True, RatchetVerdict.LATE_DUPLICATE),
        ("new", "old", True, RatchetVerdict.ANOTHER_DISK),
        ("new", None, True, RatchetVerdict.ANOTHER_DISK),
        ("new", "current", False, RatchetVerdict.ANOTHER_DISK),
    ],
)
def test_ratchet_tells_the_disk_from_a_late_copy_and_from_a_stranger(
    challenge: str,
    last: str | None,
    same: bool,  # noqa: FBT001 - a column of the table above
    verdict: RatchetVerdict,
) -> None:
    assert Ratchet("current", {"current", "old"}).check(challenge, last, same_incarnation=same) is verdict


def test_first_hello_of_a_chain_fits_whatever_it_remembers() -> None:
    assert Ratchet(None, ()).check("new", "anything", same_incarnation=False) is RatchetVerdict.FITS


def test_disk_that_holds_less_or_another_past_is_older() -> None:
    held = Head(5, "b")

    assert is_older_disk(Head(4, "a"), held)
    assert is_older_disk(Head(5, "x"), held)
    assert not is_older_disk(Head(5, "b"), held)
    assert not is_older_disk(Head(9, "z"), held)


def test_quarantine_is_small_for_chains_that_nobody_vouches_for() -> None:
    assert quarantine_limit(certified=False, vouched=False) == MAX_UNVOUCHED_CHAIN_BYTES
    assert quarantine_limit(certified=False, vouched=True) == MAX_QUARANTINED_CHAIN_BYTES
    assert quarantine_limit(certified=True, vouched=False) == MAX_QUARANTINED_CHAIN_BYTES
