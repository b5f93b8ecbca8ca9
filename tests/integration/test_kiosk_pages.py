"""A kiosk's place, its one-time code and its approval, by two people at the office's pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shared.chain import Opening, sign_opening
from shared.ids import parse_enrolment_code
from shared.server_keys import enrolment_fingerprint
from shared.signed_line import SigningKey
from shared.strict_json import encode
from shared.sync_messages import EnrolmentRequest
from sync_server.accounts.operations import create_account
from sync_server.accounts.policy import Role
from sync_server.fleet.queries import find_kiosk
from tests.support.office_hall import HALL, PASSWORD, OfficeHall, OfficePerson

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
KEY = SigningKey(bytes(range(32)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hall = OfficeHall(tmp_path_factory.mktemp("made"), NOW, loaded=False)
    with hall.app.app_context(), hall.runtime.database.transaction() as session:
        for role in (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR):
            create_account(
                session,
                hall=HALL,
                username=role.value,
                display_name=role.value,
                role=role,
                password=PASSWORD,
                clock=hall.clock,
            )
    hall.close()
    return hall.folder


@pytest.fixture
def office(made: Path, tmp_path: Path) -> Iterator[OfficeHall]:
    hall = OfficeHall(tmp_path, NOW, like=made)
    yield hall
    hall.close()


def make_place(person: OfficePerson, kiosk: str = "H1-K01") -> str:
    answer = person.post("/kiosks/new", {"kiosk": kiosk, "place": "一楼东门"})
    assert answer.status_code == 200
    found = re.search(r'data-enrolment-code="([^"]+)"', answer.get_data(as_text=True))
    assert found is not None
    return found[1]


def enrol(office: OfficeHall, code: str, kiosk: str = "H1-K01") -> int:
    opening = Opening(epoch=1, origin=None, hall=HALL, key=KEY.public.text, kiosk=kiosk, reason="enrolled")
    request = EnrolmentRequest(code=parse_enrolment_code(code), opening=sign_opening(opening, KEY)[0].decode())
    client = office.app.test_client()
    return client.post("/sync/v1/enrolment", data=encode(request), content_type="application/json").status_code


def state_of(office: OfficeHall, kiosk: str = "H1-K01") -> str | None:
    with office.runtime.database.reading() as session:
        slot = find_kiosk(session, kiosk)
        return None if slot is None else slot.state


def test_a_kiosk_is_enrolled_by_two_people_who_compare_the_fingerprint(office: OfficeHall) -> None:
    maker, approver = office.person("system_administrator"), office.person("security_administrator")
    assert enrol(office, make_place(maker)) == 202
    keyring = office.runtime.keyring
    fingerprint = enrolment_fingerprint(KEY.public, keyring.identity_public, keyring.ca_sha256, keyring.root_sha256)

    page = approver.text("/kiosks/H1-K01/approval")
    answer = approver.post("/kiosks/H1-K01/approval", {"decision": "approve", "fingerprint": fingerprint})

    assert "".join(re.findall(r"<span>([0-9a-f]{4})</span>", page)) == fingerprint
    assert answer.status_code == 303
    assert state_of(office) == "enrolled"


@pytest.mark.fault("T25")
def test_whoever_made_the_place_cannot_approve_it(office: OfficeHall) -> None:
    maker = office.person("system_administrator")
    enrol(office, make_place(maker))
    page = maker.text("/kiosks/H1-K01/approval?lang=zh")
    assert "须由另一人批准" in page
    assert 'value="approve"' not in page

    answer = maker.post("/kiosks/H1-K01/approval", {"decision": "approve", "fingerprint": "x"}, form="/")

    assert answer.status_code == 409
    assert state_of(office) == "pending"


def test_an_approval_of_what_was_not_on_the_page_is_refused(office: OfficeHall) -> None:
    enrol(office, make_place(office.person("system_administrator")))
    approver = office.person("office")

    answer = approver.post("/kiosks/H1-K01/approval", {"decision": "approve", "fingerprint": "0" * 32})

    assert answer.status_code == 409
    assert "请不要批准" in answer.get_data(as_text=True)
    assert state_of(office) == "pending"


def test_a_kiosk_whose_fingerprint_differs_is_turned_away(office: OfficeHall) -> None:
    code = make_place(office.person("system_administrator"))
    enrol(office, code)

    answer = office.person("office").post("/kiosks/H1-K01/approval", {"decision": "refuse", "fingerprint": "x"})

    assert answer.status_code == 303
    assert state_of(office) == "slot"
    assert enrol(office, code) == 403


def test_the_code_is_on_the_page_once_and_never_again(office: OfficeHall) -> None:
    maker = office.person("system_administrator")
    code = make_place(maker)

    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", code)
    for path in ("/kiosks", "/kiosks/rows", "/kiosks/new", "/"):
        assert code not in maker.text(path)


def test_a_new_code_ends_the_one_before(office: OfficeHall) -> None:
    maker = office.person("system_administrator")
    first = make_place(maker)
    page = maker.post("/kiosks/H1-K01/code", {}, form="/kiosks").get_data(as_text=True)
    second = re.search(r'data-enrolment-code="([^"]+)"', page)
    assert second is not None

    assert enrol(office, first) == 403
    assert enrol(office, second[1]) == 202


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"kiosk": "K1", "place": "一楼"}, "一体机名称为"),
        ({"kiosk": "H2-K01", "place": "一楼"}, "名称开头是另一个大厅的编号"),
        ({"kiosk": "H1-K01", "place": " "}, "请填写摆放位置"),
        ({"kiosk": "", "place": "一楼"}, "一体机名称为"),
    ],
)
def test_a_place_that_cannot_be_made_is_told_why(office: OfficeHall, values: dict[str, object], told: str) -> None:
    answer = office.person("system_administrator").post("/kiosks/new", values)

    assert answer.status_code == 409
    assert told in answer.get_data(as_text=True)
    assert state_of(office) is None


def test_the_name_of_an_enrolled_kiosk_is_not_given_to_another(office: OfficeHall) -> None:
    office.hear_kiosk("H1-K01", NOW)
    maker = office.person("system_administrator")

    answer = maker.post("/kiosks/new", {"kiosk": "H1-K01", "place": "别处"})

    assert answer.status_code == 409
    assert 'value="H1-K02"' in maker.text("/kiosks/new")


@pytest.mark.parametrize(
    ("heard", "told"),
    [
        (timedelta(minutes=1), "已联网"),
        (timedelta(minutes=6), "失联"),
        (timedelta(days=90), "90 天前"),
        (None, "已批准，尚未联系"),
    ],
)
def test_the_list_says_which_kiosk_is_silent(office: OfficeHall, heard: timedelta | None, told: str) -> None:
    office.hear_kiosk("H1-K01", None if heard is None else NOW - heard)
    person = office.person("system_administrator")

    assert told in person.text("/kiosks")
    assert ("H1-K01 失联" in person.text("/")) is (told in {"失联", "90 天前"})


def test_an_approval_of_nothing_is_not_found(office: OfficeHall) -> None:
    person = office.person("office")

    assert person.get("/kiosks/H1-K01/approval").status_code == 404
    assert person.get("/kiosks/nothing/approval").status_code == 404
