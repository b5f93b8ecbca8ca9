"""Law 8: nothing is concluded while a kiosk may hold earlier records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.ids import parse_enrolment_code
from sync_server.fleet.rules import StreamProgress, format_enrolment_code, next_watermark, unsent_records

NOON = datetime(2026, 7, 27, 12, tzinfo=UTC)


def progress(**changes: object) -> StreamProgress:
    facts: dict[str, Any] = {"head": 5, "announced": 5, "closed": None, "level_at": NOON, "undecided": False}
    return StreamProgress(**(facts | changes))


def test_watermark_is_the_session_in_which_the_one_chain_was_level() -> None:
    assert next_watermark([progress()]) == NOON


def test_kiosk_that_was_never_heard_has_none() -> None:
    assert next_watermark([]) is None
    assert next_watermark([progress(level_at=None)]) is None


def test_chain_that_waits_for_approval_or_in_quarantine_holds_it_back() -> None:
    assert next_watermark([progress(), progress(undecided=True)]) is None


def test_closed_chain_is_done_when_its_last_position_is_in() -> None:
    assert next_watermark([progress(closed=5, level_at=None), progress()]) == NOON
    assert next_watermark([progress(closed=6), progress()]) is None


def test_of_chains_that_may_still_grow_the_one_level_longest_ago_decides() -> None:
    earlier = NOON - timedelta(hours=3)

    assert next_watermark([progress(), progress(level_at=earlier)]) == earlier


def test_unsent_records_are_what_was_announced_and_is_not_there() -> None:
    assert unsent_records([progress(announced=9), progress(head=7, announced=5)]) == 4


def test_code_is_shown_in_two_halves_and_read_back() -> None:
    code = format_enrolment_code(range(10))

    assert code == "01234-56789"
    assert parse_enrolment_code(code) == "0123456789"
