"""The pages of staff, posts, attendance, calling and calendar, through a test client."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from shared.pack import verify_pack
from shared.server_keys import verify_keys_line
from sync_server.attendance.queries import list_sessions
from sync_server.publishing.queries import newest_pack, newest_version
from sync_server.staff.models import StaffMember
from sync_server.staff.staff_file import MAX_FILE_BYTES
from tests.support.office_hall import HALL, OfficeHall, OfficePerson
from tests.support.projected_records import ProjectedKiosk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MORNING = datetime(2026, 11, 23, 0, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STANDING = re.compile(r'data-staff="(\w+)" data-standing="(\w+)"')
EVENT = {
    "kind": "event",
    "title": "动员大会",
    "place": "一楼大厅",
    "day": "2026-11-23",
    "begins": "08:30",
    "ends": "10:00",
    "who": "all",
}


@pytest.fixture(scope="module")
def hall_at_rest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a hall that is closed, to be copied: making one anew hashes three passwords."""
    folder = tmp_path_factory.mktemp("hall")
    OfficeHall(folder, MORNING).close()
    return folder


@pytest.fixture
def hall(tmp_path: Path, hall_at_rest: Path) -> Iterator[OfficeHall]:
    opened = OfficeHall(tmp_path, MORNING, like=hall_at_rest)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory, hall_at_rest: Path) -> Iterator[OfficeHall]:
    """Give one hall to all tests that change nothing in it."""
    opened = OfficeHall(tmp_path_factory.mktemp("unchanged"), MORNING, like=hall_at_rest)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def office(unchanged: OfficeHall) -> OfficePerson:
    return unchanged.person()


@pytest.fixture(scope="module")
def office_of_empty_hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficePerson]:
    opened = OfficeHall(tmp_path_factory.mktemp("empty"), MORNING, loaded=False)
    yield opened.person()
    opened.close()


def make_session(hall: OfficeHall, **other: object) -> str:
    answer = hall.person().post("/attendance/sessions/new", {**EVENT, **other})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def standings(page: str) -> dict[str, str]:
    return dict(STANDING.findall(page))


@pytest.mark.regulation("R1.1@office")
def test_an_event_shows_who_came_who_is_late_and_who_is_not_known(hall: OfficeHall) -> None:
    address = make_session(hall)
    kiosk = ProjectedKiosk()
    begins = MORNING + 10 * MINUTE
    hall.project([kiosk.scan(f"S{number:04d}", begins - 3 * MINUTE) for number in range(1, 61)])
    hall.hear_kiosk("H1-K01", MORNING + 5 * MINUTE)
    hall.clock.move(5 * 60_000)
    before = standings(hall.person().text(address))

    hall.clock.move(20 * 60_000)
    hall.project([kiosk.scan("S0061", begins + 4.5 * MINUTE)])
    hall.hear_kiosk("H1-K01", hall.clock.now())
    hall.hear_kiosk("H1-K02", begins - MINUTE)
    page = hall.person().text(f"{address}?lang=en")
    during = standings(page)
    hall.hear_kiosk("H1-K02", hall.clock.now())
    heard = standings(hall.person().text(address))
    hall.clock.move(3600_000 * 2)
    for name in ("H1-K01", "H1-K02"):
        hall.hear_kiosk(name, hall.clock.now())
    after = standings(hall.person().text(address))

    assert (len(before), before["S0060"], before["S0061"]) == (80, "arrived", "not_yet")
    assert (during["S0060"], during["S0061"], during["S0062"]) == ("arrived", "late", "not_known")
    assert "H1-K02 may still hold earlier records" in page
    assert "5 minutes" in page
    assert (heard["S0061"], heard["S0062"]) == ("late", "missing")
    assert (after["S0061"], after["S0062"]) == ("late", "absent")


def test_the_overview_says_the_word_of_the_session_page_before_and_after_the_beginning(hall: OfficeHall) -> None:
    make_session(hall)
    for name in ("H1-K01", "H1-K02"):
        hall.hear_kiosk(name, MORNING)
    before = hall.person().text("/")

    hall.clock.move(20 * 60_000)
    for name in ("H1-K01", "H1-K02"):
        hall.hear_kiosk(name, hall.clock.now())
    during = hall.person().text("/")
    hall.clock.move(3600_000 * 2)
    for name in ("H1-K01", "H1-K02"):
        hall.hear_kiosk(name, hall.clock.now())
    after = hall.person().text("/")

    assert ("80 人待签到" in before, "人未到" in before) == (True, False)
    assert ("80 人未到" in during, "人待签到" in during) == (True, False)
    assert "80 人缺席" in after


def test_a_list_larger_than_the_limit_is_told_how_large_it_may_be(office: OfficePerson) -> None:
    answer = office.post("/staff/import", {"file": (io.BytesIO(b"x" * (MAX_FILE_BYTES + 1)), "a.csv")})
    answer.request.environ["wsgi.input"].close()  # the test client leaves the file open in which it kept the form

    assert answer.status_code == 422
    assert "16 MiB" in answer.get_data(as_text=True)


@pytest.mark.regulation("R1.1@office")
def test_a_gathering_of_some_departments_expects_nobody_else(hall: OfficeHall) -> None:
    address = make_session(hall, kind="gathering", title="培训", who="departments", department=["1", "8"])

    page = hall.person().text(address)

    assert len(standings(page)) == 15
    assert "集会" in page


def test_the_live_part_alone_changes_with_the_next_scan(hall: OfficeHall) -> None:
    address = make_session(hall)
    person = hall.person()
    before = person.text(f"{address}/live?standing=arrived")

    hall.project([ProjectedKiosk().scan("S0007", MORNING)])

    assert standings(before) == {}
    assert standings(person.text(f"{address}/live?standing=arrived")) == {"S0007": "arrived"}
    assert "1/80" in person.text("/attendance/live")


def test_filters_in_the_address_narrow_the_list_and_the_files(hall: OfficeHall) -> None:
    address = make_session(hall)
    hall.project([ProjectedKiosk().scan("S0008", MORNING)])
    person = hall.person()

    assert set(standings(person.text(f"{address}?department=2"))) == {f"S{number:04d}" for number in range(8, 20)}
    assert standings(person.text(f"{address}?q=王海燕")) == {"S0008": "arrived"}
    rows = list(csv.reader(io.StringIO(person.get(f"{address}.csv?standing=arrived").get_data().decode("utf-8-sig"))))
    assert [row[:6] for row in rows[1:]] == [["S0008", "王海燕", "市场监督管理局", "企业登记", "1", "已到"]]
    sheet = load_workbook(io.BytesIO(person.get(f"{address}.xlsx").get_data())).worksheets[0]
    assert sheet.max_row == 81


@pytest.mark.fault("T31")
def test_a_name_that_is_a_formula_leaves_as_text(hall: OfficeHall) -> None:
    address = make_session(hall)
    with hall.runtime.database.transaction() as session:
        session.scalars(select(StaffMember).where(StaffMember.number == "S0001")).one().name = "=cmd|'/c calc'!A1"
    person = hall.person()

    written = person.get(f"{address}.csv").get_data().decode("utf-8-sig")
    sheet = load_workbook(io.BytesIO(person.get(f"{address}.xlsx").get_data())).worksheets[0]

    assert ",'=cmd|" in written
    assert sheet["B2"].data_type == "s"
    assert sheet["B2"].value == "'=cmd|'/c calc'!A1"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": " "}, "请填写活动名称"),
        ({"place": ""}, "请填写地点"),
        ({"begins": "25:00"}, "一次活动不超过一天"),
        ({"day": "2026-02-30"}, "一次活动不超过一天"),
        ({"who": "departments"}, "没有应到人员"),
        ({"kind": "shift", "day": "2026-11-22"}, "不是工作日"),
        ({"kind": "shift", "day": "2027-01-04"}, "2027 年的节假日安排"),
    ],
)
def test_a_session_that_cannot_be_says_why_and_keeps_what_was_typed(
    unchanged: OfficeHall, office: OfficePerson, change: dict[str, str], sentence: str
) -> None:
    answer = office.post("/attendance/sessions/new", {**EVENT, **change})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    assert 'value="10:00"' in page
    with unchanged.runtime.database.reading() as session:
        assert list_sessions(session, HALL, limit=5) == []


@pytest.mark.parametrize("day", ["2026-11-22", "2027-01-04"])
def test_an_event_needs_no_workday_and_no_calendar(hall: OfficeHall, day: str) -> None:
    assert make_session(hall, day=day).endswith("/1")


def test_a_day_set_by_hand_makes_a_shift_possible(hall: OfficeHall) -> None:
    person = hall.person()
    person.post("/calendar", {"day": "2027-01-04", "workday": "yes", "reason": "元旦后首个工作日"})

    assert make_session(hall, kind="shift", day="2027-01-04").endswith("/1")
    assert "元旦后首个工作日" in person.text("/calendar")
    person.post("/calendar", {"day": "2027-01-04", "step": "clear"})
    assert "元旦后首个工作日" not in person.text("/calendar")


def test_an_event_from_five_to_midnight_ends_tomorrow(hall: OfficeHall) -> None:
    address = make_session(hall, begins="23:55", ends="00:30")
    hall.clock.move(int(timedelta(hours=15, minutes=50).total_seconds() * 1000))
    hall.project([ProjectedKiosk().scan("S0001", hall.clock.now() - 20 * MINUTE)])

    assert standings(hall.person().text(address))["S0001"] == "arrived"
    assert "动员大会" in hall.person().text("/attendance")


def test_a_window_calls_serves_and_calls_the_next_from_its_page(hall: OfficeHall) -> None:
    kiosk = ProjectedKiosk()
    hall.project([kiosk.ticket(f"A1-{count:03d}", MORNING - MINUTE, "2026-11-23") for count in (1, 2)])
    clerk = hall.person("clerk")
    page, step = "/queue/window/2", "/queue/window/2/step"

    clerk.post(step, {"step": "next"}, form=page)
    first = clerk.text(page)
    ticket = re.search(r'name="ticket" value="([0-9a-f]{64})"', first)
    assert ticket is not None
    clerk.post(step, {"step": ["served", "next"], "ticket": ticket[1]}, form=page)
    second = clerk.text(page)
    clerk.post(step, {"step": ["served", "next"], "ticket": ticket[1]}, form=page)
    pressed_twice = clerk.text(page)

    assert '<p class="calling-number">A1-001</p>' in first
    assert '<p class="calling-number">A1-002</p>' in second
    assert '<p class="calling-number">A1-002</p>' in pressed_twice
    assert "这个号刚才已被处理" in pressed_twice


def test_a_window_that_nobody_waits_for_says_so(hall: OfficeHall) -> None:
    clerk = hall.person("clerk")
    clerk.post("/queue/window/46/step", {"step": "next"}, form="/queue/window/46")

    assert "目前没有人在等候本窗口" in clerk.text("/queue/window/46")
    assert clerk.get("/queue/window/0").status_code == 404


def test_the_numbers_of_a_day_are_listed_narrowed_and_saved(hall: OfficeHall) -> None:
    kiosk, clone = ProjectedKiosk(), ProjectedKiosk(disk="clone")
    first = kiosk.ticket("A1-001", MORNING - 3 * MINUTE, "2026-11-23")
    second = kiosk.ticket("B1-001", MORNING - 2 * MINUTE, "2026-11-23")
    again = clone.ticket("A1-001", MORNING - MINUTE, "2026-11-23")
    hall.project([first, kiosk.printed(first, MORNING), second, kiosk.print_failed(second, MORNING)])
    hall.project([again])
    clerk = hall.person("clerk")
    clerk.post("/queue/window/9/step", {"step": "next"}, form="/queue/window/9")

    page = clerk.text("/queue/tickets")
    waiting = clerk.text("/queue/tickets?state=waiting&service=A")
    rows = list(csv.reader(io.StringIO(clerk.get("/queue/tickets.csv?state=called").get_data().decode("utf-8-sig"))))

    assert "共取号 3 个" in page
    assert page.count("重号") == 2
    assert ("已打印" in page, "未打印" in page) == (True, True)
    assert waiting.count("<strong>A1-001</strong>") == 2
    assert "B1-001" not in waiting
    assert [row[:2] + row[3:5] for row in rows[1:]] == [["B1-001", "H1-K01", "已叫号", "9"]]
    assert "没有符合条件的号" in clerk.text("/queue/tickets?q=Z9")
    assert "还没有取号" in clerk.text("/queue/tickets?day=2026-11-20")
    assert clerk.get("/queue/tickets.xlsx").status_code == 200


def test_a_service_saved_on_the_page_is_published_to_the_kiosks(hall: OfficeHall) -> None:
    runtime = hall.runtime
    with runtime.database.reading() as session:
        held = newest_version(session, HALL)

    hall.person().post(
        "/queue/services", {"letter": "g", "name_zh": "法律援助", "name_en": "Legal aid", "windows": "47"}
    )

    with runtime.database.reading() as session:
        published = newest_pack(session, HALL)
    assert published is not None
    assert published.version == held + 1
    keys = verify_keys_line(runtime.keyring.keys_line, runtime.keyring.identity_public)
    sections = verify_pack(published.raw, keys, hall=HALL, held_version=held).sections
    assert [service.letter for service in sections.services] == list("ABCDEFG")
    assert len(sections.posts) == 60


def test_a_list_is_taken_in_from_the_page_and_refused_with_its_lines(hall: OfficeHall) -> None:
    person = hall.person()

    def bring(text: str) -> object:
        file = io.BytesIO(text.encode("gb18030")), "名单.csv"
        return person.post("/staff/import", {"file": file})

    taken = bring("工号,姓名,部门\r\nT1,诸葛明,新部门")
    refused = bring("工号,姓名,部门\r\nT2,甲,新部门\r\nT1,乙,新部门")
    wrong = bring("这不是名单")

    assert taken.status_code == 303  # type: ignore[attr-defined]
    assert refused.status_code == wrong.status_code == 422  # type: ignore[attr-defined]
    assert "本中心已有此工号" in refused.get_data(as_text=True)  # type: ignore[attr-defined]
    assert "缺少列：工号、姓名、部门" in wrong.get_data(as_text=True)  # type: ignore[attr-defined]
    assert "诸葛明" in person.text("/staff?q=诸葛")
    assert "没有符合条件的人员" in person.text("/staff?q=T2")


def test_four_hundred_staff_are_shown_page_by_page(hall: OfficeHall) -> None:
    person = hall.person()
    rows = "\n".join(f"X{number:04d},某{number},部门{number % 8},岗位{number % 50}" for number in range(320))
    person.post("/staff/import", {"file": (io.BytesIO(f"工号,姓名,部门,岗位\n{rows}".encode()), "a.csv")})

    first, last = person.text("/staff"), person.text("/staff?page=8")
    address = make_session(hall)

    assert "本中心共有工作人员 400 名" in first
    assert first.count("<tr>") == 51
    assert "X0319" in last
    assert person.text("/staff?page=999").count("<tr>") == last.count("<tr>")
    assert len(standings(person.text(address))) == 400


def test_posts_show_their_holders_and_whether_one_is_on_duty(hall: OfficeHall) -> None:
    hall.project([ProjectedKiosk().scan("S0008", MORNING)])
    person = hall.person()

    assert "60 个岗位中，今天 1 个有人在岗" in person.text("/posts")
    found = person.text("/posts?q=王海燕")
    assert "P-006" in found
    assert "在岗" in found
    assert person.text("/posts?q=12").count("<tr>") >= 2
    assert "没有符合条件的岗位" in person.text("/posts?q=zzz")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/staff", "还没有人员"),
        ("/posts", "还没有岗位"),
        ("/attendance", "今天没有须到场的活动"),
        ("/attendance/sessions", "还没有活动"),
        ("/queue", "还没有窗口"),
        ("/queue/services", "还没有业务"),
        ("/calendar", "没有手工设定的日子"),
    ],
)
def test_an_empty_list_says_what_would_be_here(office_of_empty_hall: OfficePerson, path: str, sentence: str) -> None:
    assert sentence in office_of_empty_hall.text(path)


@pytest.mark.parametrize(
    ("username", "opened", "closed"),
    [
        ("clerk", ["/queue"], ["/attendance", "/staff", "/staff/import", "/queue/services", "/calendar"]),
        ("leader", ["/attendance", "/staff", "/posts"], ["/attendance/sessions/new", "/queue", "/calendar"]),
    ],
)
def test_each_role_opens_its_own_pages(
    unchanged: OfficeHall, username: str, opened: list[str], closed: list[str]
) -> None:
    person = unchanged.person(username)

    assert [person.get(path).status_code for path in opened] == [200] * len(opened)
    assert [person.get(path).status_code for path in closed] == [403] * len(closed)


@pytest.mark.parametrize(
    "address",
    ["staff?department={n}", "posts?department={n}", "attendance/sessions/{n}", "badges/staff/{n}"],
)
def test_a_number_that_no_database_holds_is_no_fault_of_the_server(office: OfficePerson, address: str) -> None:
    answer = office.get("/" + address.format(n="9" * 30))

    assert answer.status_code == 400
    assert "无法读取此请求" in answer.get_data(as_text=True)


def test_a_session_of_no_number_is_not_found(office: OfficePerson) -> None:
    assert office.get("/attendance/sessions/77").status_code == 404
    assert office.get("/attendance/sessions/77.csv").status_code == 404


def test_words_of_the_office_are_shown_as_they_are(hall: OfficeHall) -> None:
    address = make_session(hall, title="<script>alert(1)</script>")

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in hall.person().text(address)
