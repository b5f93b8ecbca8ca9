from __future__ import annotations

import dataclasses
from datetime import date
from typing import TYPE_CHECKING

import pytest

from kiosk.use_cases.answers import BadgeAccepted, BadgeAnswer, BadgeRejected
from kiosk.use_cases.scan_badge import REPEAT_WINDOW_MS, ScanBadge
from shared.badge_code import PREFIX, format_badge_code
from shared.errors import Unavailable
from shared.limits import STALE_LIST_HOURS
from shared.pack import BadgeKey, Names, PublishedRevocation
from shared.signed_line import SigningKey
from tests.support.kiosk_stores import KioskStores
from tests.support.small_hall import BADGE_KEY_ID

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.published import PublishedHall

OTHER = SigningKey(b"another hall's badge key".ljust(32, b"."))


@pytest.fixture
def stores(tmp_path: Path) -> KioskStores:
    made = KioskStores(tmp_path)
    made.publish()
    made.packs.confirm(1, made.clock.now_ms())
    return made


def scan(stores: KioskStores, text: str) -> BadgeAnswer:
    return ScanBadge(stores.journal, stores.packs, stores.clock)(text)


def publish(stores: KioskStores, **changed: object) -> None:
    """Put the small hall in force with some of it changed."""
    hall: PublishedHall | None = stores.packs.active
    assert hall is not None
    stores.packs._active = dataclasses.replace(hall, **changed)


def test_a_valid_badge_is_recorded_before_it_is_answered(stores: KioskStores) -> None:
    answer = scan(stores, stores.hall.code(1))
    assert isinstance(answer, BadgeAccepted)
    record = stores.records()[-1]
    assert record.type == "badge_scanned"
    assert record.at == answer.at_ms == stores.clock.now_ms()
    assert record.data["badge"] == 1
    assert record.data["flags"] == list(answer.flags) == []
    assert stores.packs.active is not None
    staff = stores.packs.active.staff_by_badge[1]
    assert answer.staff_name == staff.name
    assert staff.name not in str(record)


@pytest.mark.parametrize("garble", [str.lower, lambda text: f"  {text}\t", lambda text: text.replace("4", "$")])
def test_a_reader_with_the_wrong_caps_lock_is_understood(stores: KioskStores, garble: object) -> None:
    assert callable(garble)
    assert isinstance(scan(stores, garble(stores.hall.code(1))), BadgeAccepted)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "foreign"),
        ("6901234567892", "foreign"),
        ("https://example.invalid/", "foreign"),
        (PREFIX, "cut"),
        (PREFIX + "A" * 60, "cut"),
        (PREFIX + "A" * 125 + "A", "malformed"),
        (PREFIX + "1" * 125, "malformed"),
        (PREFIX + "\udc80" * 125, "malformed"),
    ],
)
def test_what_is_no_badge_code_is_refused_and_recorded(stores: KioskStores, text: str, reason: str) -> None:
    assert scan(stores, text) == BadgeRejected(reason)  # type: ignore[arg-type] # the reasons are the test's
    record = stores.records()[-1]
    assert (record.type, record.data["reason"]) == ("badge_refused", reason)
    assert "badge" not in record.data
    assert ("code" in record.data) is (reason != "foreign")


def test_a_forged_code_is_refused_and_its_numbers_are_not_believed(stores: KioskStores) -> None:
    forged = format_badge_code(
        OTHER, key_id=BADGE_KEY_ID, badge=1, serial=1, issued=date(2026, 1, 1), expires=date(2099, 1, 1)
    )
    assert scan(stores, forged) == BadgeRejected("forged")
    assert "badge" not in stores.records()[-1].data


def test_a_key_nobody_told_of_is_no_forgery(stores: KioskStores) -> None:
    code = format_badge_code(OTHER, key_id=9, badge=1, serial=1, issued=date(2026, 1, 1), expires=date(2099, 1, 1))
    assert scan(stores, code) == BadgeRejected("key_unknown")
    assert stores.records()[-1].data["badge"] == 1


def test_a_badge_of_another_hall_is_refused_by_name(stores: KioskStores) -> None:
    assert stores.packs.active is not None
    name = Names(zh="东城政务中心", en="East Hall")
    keys = {
        **stores.packs.active.badge_keys,
        9: (OTHER.public, BadgeKey(id=9, key=OTHER.public.text, hall="H2", hall_name=name)),
    }
    publish(stores, badge_keys=keys)
    code = format_badge_code(OTHER, key_id=9, badge=1, serial=1, issued=date(2026, 1, 1), expires=date(2099, 1, 1))
    assert scan(stores, code) == BadgeRejected("other_hall", name)


def test_a_badge_nobody_knows_is_refused(stores: KioskStores) -> None:
    assert scan(stores, stores.hall.code(4711)) == BadgeRejected("unknown")


@pytest.mark.parametrize(("revoked", "is_refused"), [(1, True), (2, True), (0, False)])
def test_a_revoked_serial_is_refused_at_any_age_of_the_list(
    stores: KioskStores, revoked: int, *, is_refused: bool
) -> None:
    if revoked:
        publish(stores, revoked_serials={1: PublishedRevocation(badge=1, serial=revoked, reason="lost")})
    stores.clock.pass_ms(400 * 24 * 3_600_000)
    answer = scan(stores, stores.hall.code(1))
    assert (answer == BadgeRejected("revoked")) is is_refused
    if is_refused:
        assert (stores.records()[-1].data["badge"], stores.records()[-1].data["serial"]) == (1, 1)


def test_the_card_before_the_newest_is_refused_as_superseded(stores: KioskStores) -> None:
    assert stores.packs.active is not None
    reissued = {1: _with_serial(stores.packs.active, 2)}
    publish(stores, staff_by_badge=reissued)
    assert scan(stores, stores.hall.code(1, serial=1)) == BadgeRejected("superseded")
    assert isinstance(scan(stores, stores.hall.code(1, serial=2)), BadgeAccepted)


def test_a_card_newer_than_the_list_is_accepted_and_says_that_the_list_is_old(stores: KioskStores) -> None:
    answer = scan(stores, stores.hall.code(1, serial=2))
    assert isinstance(answer, BadgeAccepted)
    assert answer.flags == ("list_stale",)


def test_an_expired_badge_is_refused_from_the_day_after(stores: KioskStores) -> None:
    assert stores.packs.active is not None
    today = stores.packs.active.day_of(stores.clock.now_ms())
    code = format_badge_code(
        stores.hall.badge_key, key_id=BADGE_KEY_ID, badge=1, serial=1, issued=date(2026, 1, 1), expires=today
    )
    assert isinstance(scan(stores, code), BadgeAccepted)
    stores.clock.pass_ms(24 * 3_600_000)
    assert scan(stores, code) == BadgeRejected("expired")


def test_the_same_badge_within_a_minute_is_already_here_and_still_recorded(stores: KioskStores) -> None:
    first = scan(stores, stores.hall.code(1))
    assert isinstance(first, BadgeAccepted)
    for _ in range(3):
        stores.clock.pass_ms(REPEAT_WINDOW_MS - 1)
        again = scan(stores, stores.hall.code(1))
        assert isinstance(again, BadgeAccepted)
        assert (again.flags, again.at_ms) == (("repeat",), first.at_ms)
    other = scan(stores, stores.hall.code(2))
    assert isinstance(other, BadgeAccepted)
    assert other.flags == ()
    stores.clock.pass_ms(REPEAT_WINDOW_MS)
    later = scan(stores, stores.hall.code(1))
    assert isinstance(later, BadgeAccepted)
    assert later.flags == ()
    scanned = [record.data["flags"] for record in stores.records() if record.type == "badge_scanned"]
    assert scanned == [[], ["repeat"], ["repeat"], ["repeat"], [], []]


def test_a_restart_and_a_clock_put_back_do_not_make_a_repeat_of_yesterday(stores: KioskStores) -> None:
    scan(stores, stores.hall.code(1))
    stores.clock.boot = "0000beef"
    stores.clock.pass_ms(-5_000)
    answer = scan(stores, stores.hall.code(1))
    assert isinstance(answer, BadgeAccepted)
    assert "repeat" not in answer.flags


@pytest.mark.fault("T20")
def test_a_list_that_is_known_to_be_newest_is_not_stale_however_old_it_is(stores: KioskStores) -> None:
    limit = STALE_LIST_HOURS * 3_600_000
    stores.clock.pass_ms(limit)
    fresh = scan(stores, stores.hall.code(1))
    assert isinstance(fresh, BadgeAccepted)
    assert fresh.flags == ()
    stores.clock.pass_ms(REPEAT_WINDOW_MS)
    stale = scan(stores, stores.hall.code(1))
    assert isinstance(stale, BadgeAccepted)
    assert stale.flags == ("list_stale",)
    stores.packs.confirm(1, stores.clock.now_ms())
    again = scan(stores, stores.hall.code(2))
    assert isinstance(again, BadgeAccepted)
    assert again.flags == ()


def test_a_clock_that_nobody_set_accepts_and_says_so(stores: KioskStores) -> None:
    stores.clock.trust = 0
    answer = scan(stores, stores.hall.code(1))
    assert isinstance(answer, BadgeAccepted)
    assert answer.flags == ("clock_unset",)


def test_before_anything_is_published_nobody_is_called_a_forger(tmp_path: Path) -> None:
    stores = KioskStores(tmp_path)
    assert scan(stores, stores.hall.code(1)) == BadgeRejected("key_unknown")
    assert stores.records()[-1].data["pack"] == 0


def test_a_scan_that_could_not_be_recorded_is_not_answered(stores: KioskStores) -> None:
    stores.journal.close()
    with pytest.raises(Unavailable, match="storage_failed"):
        scan(stores, stores.hall.code(1))


def _with_serial(hall: PublishedHall, serial: int) -> object:
    fields = {name: getattr(hall.staff_by_badge[1], name) for name in ("id", "name", "post", "badge")}
    return type(hall.staff_by_badge[1])(**fields, serial=serial)
