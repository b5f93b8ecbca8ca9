from __future__ import annotations

from datetime import date

import pytest

from shared.errors import RuleViolation
from sync_server.badges.rules import RevocationReason, check_lost_on, derive_expiry, format_badge, next_serial


@pytest.mark.parametrize(
    ("issued", "expires"),
    [
        (date(2026, 11, 23), date(2029, 11, 22)),
        (date(2027, 1, 1), date(2029, 12, 31)),
        (date(2028, 2, 29), date(2031, 2, 28)),
        (date(2028, 3, 1), date(2031, 2, 28)),
        (date(2025, 3, 1), date(2028, 2, 28)),
    ],
)
def test_a_badge_is_good_to_the_day_before_its_third_anniversary(issued: date, expires: date) -> None:
    assert derive_expiry(issued) == expires


def test_the_serial_after_the_last_is_refused() -> None:
    assert next_serial(0) == 1
    assert next_serial(254) == 255
    with pytest.raises(RuleViolation, match="badge_serials_used_up"):
        next_serial(255)


@pytest.mark.parametrize(("badge", "shown"), [(1, "0001"), (412, "0412"), (12345, "12345")])
def test_a_badge_number_is_spoken_with_four_figures(badge: int, shown: str) -> None:
    assert format_badge(badge) == shown


def test_a_loss_has_a_day_that_is_not_ahead() -> None:
    today = date(2026, 11, 23)
    check_lost_on(today, RevocationReason.LOST, today)
    check_lost_on(None, RevocationReason.DAMAGED, today)

    with pytest.raises(RuleViolation, match="badge_lost_day_missing"):
        check_lost_on(None, RevocationReason.LOST, today)
    with pytest.raises(RuleViolation, match="badge_lost_day_ahead"):
        check_lost_on(date(2026, 11, 24), RevocationReason.LOST, today)
