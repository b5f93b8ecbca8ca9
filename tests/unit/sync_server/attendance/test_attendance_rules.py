"""What may be concluded about who came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sync_server.attendance.rules import (
    Required,
    Scan,
    Standing,
    conclude_day,
    conclude_person,
    conclude_session,
    count_standings,
    derive_interval,
    kiosks_not_heard,
)

BEGINS = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
SESSION = Required(BEGINS - timedelta(hours=2), BEGINS, BEGINS + timedelta(hours=1))
ALL_HEARD = {"H1-K01": BEGINS + timedelta(days=1), "H1-K02": BEGINS + timedelta(days=1)}
MINUTE = timedelta(minutes=1)


def scan(
    at: datetime, *, staff: int = 1, clock: int = 2, kiosk: str = "H1-K01", received: datetime | None = None
) -> Scan:
    earliest, latest = derive_interval(at, clock=clock, received=received or at + MINUTE, after=None)
    return Scan(staff, kiosk, at, earliest, latest, f"{staff} {at.isoformat()}")


def standing(now: datetime, *scans: Scan, heard: dict[str, datetime | None] | None = None) -> Standing:
    return conclude_person(SESSION, 1, scans, now=now, heard=ALL_HEARD if heard is None else heard).standing


def test_who_scanned_before_it_begins_has_arrived() -> None:
    assert standing(BEGINS, scan(BEGINS - MINUTE)) is Standing.ARRIVED


def test_who_scanned_after_it_began_is_late_by_begun_minutes() -> None:
    concluded = conclude_person(SESSION, 1, [scan(BEGINS + 11.2 * MINUTE)], now=BEGINS + 12 * MINUTE, heard=ALL_HEARD)

    assert (concluded.standing, concluded.late_minutes) == (Standing.LATE, 12)


def test_the_second_scan_makes_nobody_late() -> None:
    assert standing(BEGINS + 20 * MINUTE, scan(BEGINS + 5 * MINUTE), scan(BEGINS - MINUTE)) is Standing.ARRIVED


def test_a_border_inside_the_interval_of_the_clock_is_for_a_person_to_judge() -> None:
    assert standing(BEGINS + MINUTE, scan(BEGINS + timedelta(seconds=5), clock=1)) is Standing.NEEDS_REVIEW
    assert standing(BEGINS + MINUTE, scan(BEGINS - timedelta(seconds=5), clock=1)) is Standing.NEEDS_REVIEW
    assert standing(BEGINS + MINUTE, scan(BEGINS + timedelta(seconds=11), clock=1)) is Standing.LATE


def test_a_clock_that_was_never_set_needs_review_and_never_makes_absent() -> None:
    never_set = scan(datetime(2000, 1, 1, tzinfo=UTC), clock=0, received=BEGINS + 30 * MINUTE)

    assert standing(BEGINS + 40 * MINUTE, never_set) is Standing.NEEDS_REVIEW
    assert standing(BEGINS + timedelta(days=1), never_set) is Standing.NEEDS_REVIEW


def test_a_clock_that_was_never_set_casts_no_doubt_on_who_was_seen_elsewhere() -> None:
    never_set = scan(datetime(2000, 1, 1, tzinfo=UTC), clock=0, kiosk="H1-K02", received=BEGINS - 30 * MINUTE)

    assert standing(BEGINS, never_set, scan(BEGINS - 5 * MINUTE)) is Standing.ARRIVED


def test_a_clock_that_runs_ahead_of_its_own_receipt_is_not_believed() -> None:
    earliest, latest = derive_interval(BEGINS + timedelta(days=400), clock=2, received=BEGINS, after=BEGINS - MINUTE)

    assert (earliest, latest) == (BEGINS - MINUTE, BEGINS)


def test_before_it_begins_nobody_is_missing() -> None:
    assert standing(BEGINS, heard={"H1-K01": None}) is Standing.NOT_YET


def test_while_a_kiosk_may_hold_earlier_records_nobody_is_absent_and_the_kiosk_is_named() -> None:
    heard = {"H1-K01": BEGINS + timedelta(days=1), "H1-K02": BEGINS - MINUTE, "H1-K03": None}

    concluded = conclude_person(SESSION, 1, [], now=BEGINS + timedelta(days=1), heard=heard)

    assert concluded.standing is Standing.NOT_KNOWN
    assert concluded.waiting_for == ("H1-K02", "H1-K03")


def test_a_kiosk_heard_just_to_the_moment_is_not_past_it() -> None:
    assert kiosks_not_heard({"H1-K01": BEGINS}, BEGINS) == ("H1-K01",)
    assert kiosks_not_heard({"H1-K01": BEGINS + timedelta(milliseconds=1)}, BEGINS) == ()


def test_absent_is_said_only_after_the_end_and_with_every_kiosk_heard_past_it() -> None:
    past_beginning: dict[str, datetime | None] = {"H1-K01": SESSION.begins + MINUTE}
    past_end: dict[str, datetime | None] = {"H1-K01": SESSION.ends + MINUTE}

    assert standing(SESSION.begins + 2 * MINUTE, heard=past_beginning) is Standing.MISSING
    assert standing(SESSION.ends + MINUTE, heard=past_beginning) is Standing.NOT_KNOWN
    assert standing(SESSION.ends + 2 * MINUTE, heard=past_end) is Standing.ABSENT


def test_a_hall_without_kiosks_in_service_waits_for_none() -> None:
    assert standing(BEGINS + MINUTE, heard={}) is Standing.MISSING


def test_a_scan_of_the_day_before_is_no_arrival() -> None:
    assert standing(BEGINS, scan(BEGINS - timedelta(hours=10))) is Standing.NOT_YET


def test_a_scan_after_the_end_is_no_arrival() -> None:
    assert standing(SESSION.ends + 5 * MINUTE, scan(SESSION.ends + 2 * MINUTE)) is Standing.ABSENT


def test_an_event_across_midnight_is_one_event() -> None:
    begins = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)
    event = Required(begins - timedelta(minutes=10), begins, begins + timedelta(hours=1))
    before, after = scan(begins - 6 * MINUTE, staff=1), scan(begins - MINUTE, staff=2)

    concluded = conclude_session(event, [1, 2, 3], [before, after], now=begins, heard=ALL_HEARD)

    assert [one.standing for one in concluded] == [Standing.ARRIVED, Standing.ARRIVED, Standing.NOT_YET]


def test_of_one_day_each_session_is_concluded_by_its_own_scans() -> None:
    later = Required(SESSION.opens + timedelta(hours=6), BEGINS + timedelta(hours=6), BEGINS + timedelta(hours=7))

    first, second = conclude_day(
        [(SESSION, [1, 2]), (later, [2])],
        [scan(BEGINS - MINUTE, staff=1), scan(BEGINS + timedelta(hours=6, minutes=3), staff=2)],
        now=BEGINS + timedelta(hours=6, minutes=5),
        heard=ALL_HEARD,
    )

    assert [one.standing for one in first] == [Standing.ARRIVED, Standing.ABSENT]
    assert [one.standing for one in second] == [Standing.LATE]
    assert count_standings(second)[Standing.LATE] == 1


@pytest.mark.parametrize("standing_counted", list(Standing))
def test_every_standing_is_counted_even_if_nobody_stands_so(standing_counted: Standing) -> None:
    assert count_standings([])[standing_counted] == 0


def test_on_the_very_stroke_is_in_time_as_far_as_the_clock_can_tell() -> None:
    second = timedelta(seconds=1)

    assert standing(BEGINS, scan(BEGINS - second)) is Standing.ARRIVED
    assert standing(BEGINS, scan(BEGINS + second)) is Standing.NEEDS_REVIEW
    assert standing(BEGINS + MINUTE, scan(BEGINS + second + timedelta(milliseconds=1))) is Standing.LATE


def test_a_chain_that_is_ahead_of_its_receipt_keeps_its_order() -> None:
    assert derive_interval(BEGINS, clock=0, received=BEGINS, after=BEGINS + MINUTE) == (
        BEGINS + MINUTE,
        BEGINS + MINUTE,
    )
    assert derive_interval(BEGINS, clock=0, received=BEGINS, after=None) == (None, BEGINS)
