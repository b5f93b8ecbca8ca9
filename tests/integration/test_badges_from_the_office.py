"""A badge's life from the office's page to what kiosks are told and the card that is printed (R1.3)."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import select

from shared.badge_code import verify_badge_code
from shared.errors import RuleViolation
from shared.pack import verify_pack
from shared.server_keys import verify_keys_line
from sync_server.badges.models import Badge, BadgeEvent
from sync_server.badges.operations import issue_badge, issue_badges
from sync_server.badges.queries import published_revocations
from sync_server.publishing.queries import newest_pack, newest_version, state_version
from sync_server.staff.models import StaffMember, StaffState
from tests.support.office_hall import HALL, OfficeHall

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shared.pack import Sections

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hall = OfficeHall(tmp_path_factory.mktemp("made"), NOW)
    hall.close()
    return hall.folder


@pytest.fixture
def office(made: Path, tmp_path: Path) -> Iterator[OfficeHall]:
    hall = OfficeHall(tmp_path, NOW, like=made)
    yield hall
    hall.close()


def published(office: OfficeHall) -> Sections:
    keyring = office.runtime.keyring
    with office.runtime.database.reading() as session:
        pack = newest_pack(session, HALL)
    assert pack is not None
    return verify_pack(pack.raw, verify_keys_line(keyring.keys_line, keyring.identity_public), hall=HALL).sections


def badges(office: OfficeHall) -> list[tuple[int, int, str, str | None]]:
    with office.runtime.database.reading() as session:
        rows = session.scalars(select(Badge).order_by(Badge.badge, Badge.serial))
        return [(row.badge, row.serial, row.state, row.revoked_reason) for row in rows]


@pytest.mark.regulation("R1.3@office")
def test_an_issued_badge_is_on_the_kiosks_list_with_the_next_pack(office: OfficeHall) -> None:
    person = office.person()
    with office.runtime.database.reading() as session:
        before, state_before = newest_version(session, HALL), state_version(session, HALL)

    answer = person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")

    assert answer.status_code == 303
    assert badges(office) == [(1, 1, "issued", None)]
    told = published(office)
    assert [(row.id, row.badge, row.serial) for row in told.staff] == [("S0001", 1, 1)]
    assert told.revocations == []
    with office.runtime.database.reading() as session:
        assert newest_version(session, HALL) == before + 1
        assert state_version(session, HALL) > state_before
        code = session.scalars(select(Badge.code)).one()
    keyring = office.runtime.keyring
    verified = verify_badge_code(code, {keyring.badge_key_id: keyring.badge_key.public})
    assert (verified.badge, verified.serial) == (1, 1)
    assert (verified.issued.isoformat(), verified.expires.isoformat()) == ("2026-11-23", "2029-11-22")


@pytest.mark.regulation("R1.3@office")
def test_a_lost_badge_is_revoked_on_the_list_and_both_days_are_kept(office: OfficeHall) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")

    answer = person.post("/badges/1/revoke", {"reason": "lost", "lost_on": "2026-11-21"}, form="/badges/staff/1")

    assert answer.status_code == 303
    assert [(row.badge, row.serial, row.reason) for row in published(office).revocations] == [(1, 1, "lost")]
    assert published(office).staff == []
    with office.runtime.database.reading() as session:
        badge = session.scalars(select(Badge)).one()
        assert badge.lost_on is not None
        assert (badge.lost_on.isoformat(), badge.revoked_at, badge.revoked_by) == ("2026-11-21", NOW, "office")
    page = person.text("/badges/staff/1?lang=zh")
    assert "撤销第 1 版：遗失" in page
    assert "2026-11-21" in page


@pytest.mark.regulation("R1.3@office")
def test_a_reissued_badge_has_the_next_serial_and_ends_all_before(office: OfficeHall) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")
    for badge_id in (1, 2):
        person.post(f"/badges/{badge_id}/reissue", {"reason": "damaged"}, form="/badges/staff/1")

    assert badges(office) == [
        (1, 1, "revoked", "damaged"),
        (1, 2, "revoked", "damaged"),
        (1, 3, "issued", None),
    ]
    told = published(office)
    assert [(row.badge, row.serial) for row in told.staff] == [(1, 3)]
    assert [(row.badge, row.serial) for row in told.revocations] == [(1, 2)]


@pytest.mark.regulation("R1.3@office")
def test_who_did_what_with_a_badge_and_when_stays_on_its_page(office: OfficeHall) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")
    office.clock.move(3_600_000)
    person = office.person()
    person.post("/badges/1/reissue", {"reason": "altered"}, form="/badges/staff/1")
    person.post("/badges/2/card.pdf", {}, form="/badges/staff/1")

    with office.runtime.database.reading() as session:
        told = [(row.act, row.by, row.reason) for row in session.scalars(select(BadgeEvent).order_by(BadgeEvent.id))]
    assert told == [
        ("issued", "office", None),
        ("revoked", "office", "altered"),
        ("reissued", "office", None),
        ("card_made", "office", None),
    ]
    page = person.text("/badges/staff/1?lang=zh")
    told_in_order = re.findall(r"发放第 1 版|撤销第 1 版：涂改|补发第 2 版|制作胸牌，第 2 版", page)
    assert told_in_order == ["发放第 1 版", "撤销第 1 版：涂改", "补发第 2 版", "制作胸牌，第 2 版"]
    assert "今天 09:00 · 周办公" in page
    assert "今天 10:00 · 周办公" in page


@pytest.mark.regulation("R1.3@office")
def test_after_a_return_the_person_starts_again_with_a_new_number(office: OfficeHall) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")
    person.post("/badges/1/revoke", {"reason": "returned"}, form="/badges/staff/1")

    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")

    assert badges(office) == [(1, 1, "revoked", "returned"), (2, 1, "issued", None)]


@pytest.mark.regulation("R1.3@office")
def test_a_badge_found_lost_on_sunday_is_made_anew_on_monday(office: OfficeHall) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")
    person.post("/badges/1/revoke", {"reason": "lost", "lost_on": "2026-11-22"}, form="/badges/staff/1")

    answer = person.post("/badges/1/reissue", {}, form="/badges/staff/1")

    assert answer.status_code == 303
    assert badges(office) == [(1, 1, "revoked", "lost"), (1, 2, "issued", None)]


@pytest.mark.parametrize(
    ("act", "values", "told"),
    [
        ("revoke", {}, "请选择页面上的一个原因。"),
        ("revoke", {"reason": "because"}, "请选择页面上的一个原因。"),
        ("revoke", {"reason": "lost"}, "请填写遗失日期。未作任何更改。"),
        ("revoke", {"reason": "lost", "lost_on": "yesterday"}, "请填写遗失日期。未作任何更改。"),
        ("revoke", {"reason": "lost", "lost_on": "2026-11-24"}, "遗失日期晚于今天。未作任何更改。"),
        ("reissue", {"reason": "returned"}, "请选择页面上的一个原因。"),
    ],
)
def test_a_form_that_lacks_something_changes_nothing_and_says_what(
    office: OfficeHall, act: str, values: dict[str, object], told: str
) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")

    answer = person.post(f"/badges/1/{act}", values, form="/badges/staff/1")

    assert answer.status_code == 409
    assert told in answer.get_data(as_text=True)
    assert badges(office) == [(1, 1, "issued", None)]


def test_the_same_button_pressed_twice_makes_one_badge(office: OfficeHall) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")

    again = person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")
    person.post("/badges/1/revoke", {"reason": "lent"}, form="/badges/staff/1")
    twice = person.post("/badges/1/revoke", {"reason": "lent"}, form="/badges/staff/1")

    assert (again.status_code, twice.status_code) == (409, 409)
    assert badges(office) == [(1, 1, "revoked", "lent")]


def test_who_left_gets_no_badge_and_is_off_the_list(office: OfficeHall) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")
    with office.runtime.database.transaction() as session:
        for number in ("S0001", "S0002"):
            staff = session.scalars(select(StaffMember).where(StaffMember.number == number)).one()
            staff.state = StaffState.DEPARTED.value

    assert person.post("/badges/staff/2/issue", {}, form="/badges/staff/2").status_code == 409
    assert person.post("/badges/1/reissue", {"reason": "damaged"}, form="/badges/staff/1").status_code == 409
    assert badges(office) == [(1, 1, "issued", None)]


def test_either_all_of_a_row_of_badges_are_made_or_none(office: OfficeHall) -> None:
    with office.runtime.database.transaction() as session:
        staff = list(session.scalars(select(StaffMember).order_by(StaffMember.number).limit(3)))
        issue_badge(session, staff[2], "office", office.clock, office.runtime.keyring)

    with pytest.raises(RuleViolation, match="badge_out_already"), office.runtime.database.transaction() as session:
        issue_badges(session, staff, "office", office.clock, office.runtime.keyring)

    assert badges(office) == [(1, 1, "issued", None)]


def test_serials_end_at_255_and_nothing_is_revoked_by_the_try(office: OfficeHall) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")
    with office.runtime.database.transaction() as session:
        session.scalars(select(Badge)).one().serial = 255

    answer = person.post("/badges/1/reissue", {"reason": "damaged"}, form="/badges/staff/1")

    assert answer.status_code == 409
    assert "255" in answer.get_data(as_text=True)
    assert badges(office) == [(1, 255, "issued", None)]


def test_every_revoked_serial_of_a_number_is_under_its_highest(office: OfficeHall) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")
    person.post("/badges/1/reissue", {"reason": "lost", "lost_on": "2026-11-22"}, form="/badges/staff/1")
    person.post("/badges/2/revoke", {"reason": "lent"}, form="/badges/staff/1")

    with office.runtime.database.reading() as session:
        told = [(row.badge, row.serial, row.reason) for row in published_revocations(session, HALL)]
    assert told == [(1, 2, "lent")]


@pytest.mark.regulation("R1.3@paper")
@pytest.mark.parametrize("staff_id", [1, 38, 45])
def test_the_card_says_who_it_is_and_its_code_is_read_from_the_picture(office: OfficeHall, staff_id: int) -> None:
    person = office.person()
    person.post(f"/badges/staff/{staff_id}/issue", {}, form=f"/badges/staff/{staff_id}")

    answer = person.post("/badges/1/card.pdf", {}, form=f"/badges/staff/{staff_id}")

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert 'filename="badge-0001-1.pdf"' in answer.headers["Content-Disposition"]
    document = pypdfium2.PdfDocument(io.BytesIO(answer.get_data()))
    page = document[0]
    text = page.get_textpage().get_text_range()
    picture = page.render(scale=300 / 72).to_pil()
    assert [round(side * 25.4 / 72, 2) for side in page.get_size()] == [85.6, 53.98]
    document.close()
    with office.runtime.database.reading() as session:
        staff = session.get_one(StaffMember, staff_id)
        code = session.scalars(select(Badge.code)).one()
    assert re.sub(r"\s", "", staff.name) in re.sub(r"\s", "", text)
    assert staff.number in text
    assert "清溪区政务服务中心" in text
    assert "0001-1" in text
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [code]


def test_a_revoked_badge_has_no_card(office: OfficeHall) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")
    person.post("/badges/1/revoke", {"reason": "damaged"}, form="/badges/staff/1")

    assert person.post("/badges/1/card.pdf", {}, form="/badges/staff/1").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("words=S0003", ["S0003"]),
        ("words=3&standing=issued", ["S0003"]),
        ("words=0003", ["S0003"]),
        ("words=周 S0003", ["S0003"]),
        ("words=%25", []),
        ("words=_", []),
        ("words=%5C", []),
        ("words='%3B DROP TABLE badge", []),
        ("words=99999999999999999999", []),
        ("standing=revoked", []),
        ("standing=nonsense&words=S0001", ["S0001"]),
        ("department=999", []),
        ("department=x&words=S0001", ["S0001"]),
        ("page=-3&words=S0001", ["S0001"]),
        ("page=99&words=S0001", ["S0001"]),
        (f"page={'9' * 30}&words=S0001", ["S0001"]),
    ],
)
@pytest.mark.fault("T29")
def test_search_finds_what_was_meant_and_survives_what_was_typed(
    office: OfficeHall, query: str, found: list[str]
) -> None:
    with office.runtime.database.transaction() as session:
        staff = list(session.scalars(select(StaffMember).order_by(StaffMember.number).limit(3)))
        issue_badges(session, staff, "office", office.clock, office.runtime.keyring)

    page = office.person().text(f"/badges?{query}")

    assert re.findall(r'<td class="nowrap">(S\d{4})</td>', page) == found


def test_no_page_knows_a_badge_of_another_hall(office: OfficeHall) -> None:
    person = office.person()
    person.post("/badges/staff/1/issue", {}, form="/badges/staff/1")
    with office.runtime.database.transaction() as session:
        session.scalars(select(Badge)).one().hall = "H2"

    assert person.post("/badges/1/revoke", {"reason": "lent"}, form="/badges/staff/2").status_code == 404
