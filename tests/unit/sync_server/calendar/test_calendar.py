"""Workdays, holidays, swapped weekends, and years that nobody knows yet."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from shared.errors import RuleViolation, Unavailable
from sync_server.calendar import operations, queries, rules

if TYPE_CHECKING:
    from sync_server.db import Database

MISSING = date(2027, 1, 4)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 11, 23), True),
        (date(2026, 11, 22), False),
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),
        (date(2026, 2, 14), True),
        (date(2026, 2, 17), False),
    ],
)
def test_holidays_and_swapped_weekends_are_known(day: date, worked: bool) -> None:  # noqa: FBT001 - a table of cases
    assert rules.is_workday(day, {}) is worked


def test_a_year_without_data_is_an_error_that_names_the_year() -> None:
    with pytest.raises(Unavailable) as caught:
        rules.is_workday(MISSING, {})

    assert (caught.value.code, caught.value.facts) == ("calendar_year_missing", {"year": 2027})


def test_what_the_office_set_wins_and_is_taken_back(database: Database) -> None:
    with database.transaction() as session:
        operations.set_override(session, "H1", MISSING, workday=False, reason="放假")
        operations.set_override(session, "H1", MISSING, workday=True, reason="值班")
        operations.set_override(session, "H1", date(2026, 10, 1), workday=True, reason="国庆值班")
    with database.reading() as session:
        assert queries.is_workday(session, "H1", MISSING)
        assert queries.is_workday(session, "H1", date(2026, 10, 1))
        assert [row.reason for row in queries.list_overrides(session, "H1")] == ["国庆值班", "值班"]
        with pytest.raises(Unavailable):
            queries.is_workday(session, "H2", MISSING)

    with database.transaction() as session:
        operations.clear_override(session, "H1", MISSING)
        with pytest.raises(Unavailable):
            queries.is_workday(session, "H1", MISSING)


def test_a_day_is_not_set_without_a_reason(database: Database) -> None:
    with database.transaction() as session, pytest.raises(RuleViolation, match="calendar_reason_missing"):
        operations.set_override(session, "H1", MISSING, workday=True, reason="  ")
