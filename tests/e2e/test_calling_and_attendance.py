"""Calling by keyboard and the live attendance page, in Chromium."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from sync_server.attendance.models import SessionKind
from sync_server.attendance.operations import make_session
from sync_server.staff.models import StaffMember
from tests.support.browser import open_browser
from tests.support.office_hall import HALL, PASSWORD, OfficeHall
from tests.support.projected_records import ProjectedKiosk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

NOW = datetime(2026, 11, 23, 0, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIVE_MS = 15_000
PATHS = (
    "/attendance",
    "/attendance/sessions/new",
    "/queue",
    "/queue/window/1",
    "/queue/services",
    "/queue/tickets",
    "/staff",
    "/staff/import",
    "/posts",
    "/calendar",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    opened = OfficeHall(tmp_path_factory.mktemp("hall"), NOW)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def address(hall: OfficeHall) -> Iterator[str]:
    with hall.serving() as url:
        yield url


@pytest.fixture(scope="module")
def signed_in(browser: Browser, address: str) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{address}/sign-in?lang=en")
    page.fill("#username", "office")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(signed_in: BrowserContext) -> Iterator[Page]:
    opened = signed_in.new_page()
    told: list[str] = []
    opened.on("console", lambda message: told.append(message.text))
    opened.on("pageerror", lambda error: told.append(str(error)))
    yield opened
    opened.close()
    assert told == []


def test_a_clerk_calls_by_keyboard_alone(hall: OfficeHall, page: Page, address: str) -> None:
    kiosk = ProjectedKiosk()
    hall.project([kiosk.ticket(f"D1-{count:03d}", NOW - (9 - count) * MINUTE, "2026-11-23") for count in (1, 2, 3)])
    number = page.locator(".calling-number")
    page.goto(f"{address}/queue/window/24")
    expect(number).to_have_text("Nobody is called to this window")

    page.keyboard.press("n")
    expect(number).to_have_text("D1-001")
    page.keyboard.press("r")
    expect(page.locator(".calling-about")).to_contain_text("called 2 times")
    page.keyboard.press("n")
    expect(number).to_have_text("D1-002")
    page.keyboard.press("x")
    expect(number).to_have_text("Nobody is called to this window")
    page.keyboard.press("n")
    expect(number).to_have_text("D1-003")
    page.keyboard.press("s")
    expect(number).to_have_text("Nobody is called to this window")

    rows = page.locator(".calling table").nth(1).locator("tr")
    expect(rows.nth(0)).to_contain_text("served")
    expect(rows.nth(1)).to_contain_text("not come")
    expect(rows.nth(2)).to_contain_text("served")


def test_a_ticket_drawn_meanwhile_appears_without_a_touch(hall: OfficeHall, page: Page, address: str) -> None:
    page.goto(f"{address}/queue/window/30")
    expect(page.locator(".calling-about")).to_contain_text("0 people wait")

    hall.project([ProjectedKiosk("H1-K02").ticket("E2-001", NOW, "2026-11-23")])

    expect(page.locator(".calling-about")).to_contain_text("1 person waits", timeout=LIVE_MS)


@pytest.mark.regulation("R1.1@office")
def test_a_scan_appears_on_the_live_page_without_a_touch(hall: OfficeHall, page: Page, address: str) -> None:
    with hall.runtime.database.transaction() as session:
        everybody = list(session.scalars(select(StaffMember.id)))
        made = make_session(
            session,
            HALL,
            kind=SessionKind.EVENT,
            title="大会",
            place="大厅",
            begins=NOW + 10 * MINUTE,
            ends=NOW + 60 * MINUTE,
            staff_ids=everybody,
            by="office",
            now=NOW,
        )
        session_id = made.id
    page.goto(f"{address}/attendance/sessions/{session_id}")
    person = page.locator('[data-staff="S0033"]')
    expect(person).to_contain_text("not yet")
    page.locator("#q").fill("half a na")

    hall.project([ProjectedKiosk("H1-K03").scan("S0033", NOW)])

    expect(person).to_have_attribute("data-standing", "arrived", timeout=LIVE_MS)
    expect(person).to_contain_text("08:20")
    expect(page.locator(".figure-value").first).to_have_text("1/80")
    expect(page.locator("#q")).to_have_value("half a na")


@pytest.mark.parametrize("width", [1280, 800])
def test_no_page_is_wider_than_its_window(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in PATHS:
        page.goto(f"{address}{path}")

        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
