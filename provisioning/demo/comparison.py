"""Holds three things against each other: what the screen showed, what the server keeps, what the office sees.

The screen is read from its witness, the server from its database file, the office's pages from a real
browser. A number is called at its window in that browser, so that "on the page" means a clerk could.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from playwright.sync_api import ViewportSize, sync_playwright
from rich.table import Table

from provisioning.demo.made_up_hall import SERVICES
from provisioning.demo.set_up import TIMEZONE
from shared.errors import Unavailable
from shared.instants import from_unix_ms
from sync_server.accounts.policy import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page
    from rich.console import Console

    from provisioning.demo.ledger import Ledger
    from provisioning.demo.office import OfficePerson
    from provisioning.demo.running import RunningHall
    from provisioning.demo.screen import ScreenSeen
    from provisioning.demo.set_up import DemoHall

_BROWSER: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WIDE: Final[ViewportSize] = {"width": 1280, "height": 900}


@dataclass(frozen=True)
class Row:
    """One line of the table: the same thing seen in three places. ``page`` is None where no page shows it."""

    what: str
    screen: Counter[str]
    server: Counter[str]
    page: Counter[str] | None

    @property
    def agrees(self) -> bool:
        """Whether all three are equal, each thing as often."""
        return self.screen == self.server and (self.page is None or self.page == self.screen)

    def differences(self) -> list[str]:
        """Return what is not everywhere as often."""
        seen = [self.screen, self.server] + ([] if self.page is None else [self.page])
        return sorted(key for key in set().union(*seen) if len({place[key] for place in seen}) > 1)


def compare(hall: DemoHall, running: RunningHall, screen: ScreenSeen, ledger: Ledger, console: Console) -> bool:
    """Print the three views side by side, keep the pictures, and return whether they agree."""
    answers = screen.badge_answers()
    office = running.sign_in(Role.OFFICE)
    with _browser(office) as page:
        people, arrived = _read_attendance(page, hall)
        listed = _read_numbers(page, screen.tickets())
        _keep_pages(page, hall)
    with _browser(running.sign_in(Role.CLERK)) as page:
        called = _call_everybody(page, hall)
    shutil.copy(hall.picture, hall.folder / "kiosk-screen.png")
    on_screen = Counter(f"{answer.name} {answer.time}" for answer in answers if answer.accepted)
    on_server = Counter(
        f"{people[staff]} {_clock(at)}" for (staff, at), times in ledger.scans().items() for _ in range(times)
    )
    rows = [
        Row("已到岗的扫描 · scans shown as recorded", on_screen, on_server, arrived),
        Row(
            "被拒的扫描 · scans refused",
            Counter(refused=sum(not answer.accepted for answer in answers)),
            Counter(refused=ledger.refusals().total()),
            None,
        ),
        Row("排队号 · ticket numbers", screen.tickets(), ledger.tickets(), listed),
        Row("叫到的号 · numbers called", _numbers(screen.tickets()), _numbers(ledger.tickets()), called),
    ]
    _print(rows, console)
    return all(row.agrees for row in rows)


def _numbers(tickets: Counter[str]) -> Counter[str]:
    """Return the numbers without their days; over midnight the same one may be drawn twice. Pure."""
    return Counter(ticket.split(" ")[1] for ticket in tickets.elements())


def _read_numbers(page: Page, drawn: Counter[str]) -> Counter[str]:
    """Return the numbers that the office's page lists for each day on which one was drawn."""
    listed: Counter[str] = Counter()
    for day in {ticket.split(" ")[0] for ticket in drawn}:
        page.goto(f"/queue/tickets?day={day}")
        for cell in page.query_selector_all("td strong"):
            listed[f"{day} {cell.inner_text().strip()}"] += 1
    return listed


def _clock(unix_ms: int) -> str:
    return f"{from_unix_ms(unix_ms).astimezone(ZoneInfo(TIMEZONE)):%H:%M}"


@contextmanager
def _browser(person: OfficePerson) -> Iterator[Page]:
    program = shutil.which("chromium") or os.environ.get("CHROMIUM", "")
    if not program:
        raise Unavailable("demo_browser_missing")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_BROWSER))
        try:
            context = browser.new_context(base_url=person.address, viewport=_WIDE, locale="zh-CN")
            context.add_cookies(
                [{"name": name, "value": value, "url": person.address} for name, value in person.cookies()]
            )
            yield context.new_page()
        finally:
            browser.close()


def _read_attendance(page: Page, hall: DemoHall) -> tuple[dict[str, str], Counter[str]]:
    """Return names by staff number, and who the attendance page says has arrived, with the time."""
    page.goto("/attendance/sessions/1")
    page.wait_for_selector("tr[data-staff]")
    page.screenshot(path=hall.folder / "office-attendance.png", full_page=True)
    people: dict[str, str] = {}
    arrived: Counter[str] = Counter()
    for row in page.query_selector_all("tr[data-staff]"):
        cells = [cell.inner_text().strip() for cell in row.query_selector_all("td")]
        people[row.get_attribute("data-staff") or ""] = cells[1]
        if row.get_attribute("data-standing") in {"arrived", "late"}:
            arrived[f"{cells[1]} {cells[5]}"] += 1
    return people, arrived


def _call_everybody(page: Page, hall: DemoHall) -> Counter[str]:
    """Call every number that waits, at the first window of its service; return the numbers called."""
    called: Counter[str] = Counter()
    for service in SERVICES:
        page.goto(f"/queue/window/{service.windows.split('-')[0]}")
        while True:
            page.locator("button[aria-keyshortcuts=N]").click()
            page.wait_for_load_state()
            number = page.locator(".calling-number:not(.nobody)")
            if number.count() == 0:
                break
            called[number.inner_text().strip()] += 1
            page.screenshot(path=hall.folder / "office-calling.png")
    return called


def _keep_pages(page: Page, hall: DemoHall) -> None:
    for name, path in (("badges", "/badges"), ("kiosks", "/kiosks"), ("overview", "/")):
        page.goto(path)
        page.screenshot(path=hall.folder / f"office-{name}.png", full_page=True)


def _print(rows: list[Row], console: Console) -> None:
    table = Table(title="屏幕、服务器、办公室页面 · screen, server, office page")
    for title in ("", "屏幕 screen", "服务器 server", "页面 page", ""):
        table.add_column(title, justify="left" if not title else "right")
    for row in rows:
        page = "—" if row.page is None else str(row.page.total())
        word = "[green]一致 agree[/green]" if row.agrees else "[red]不一致 differ[/red]"
        table.add_row(row.what, str(row.screen.total()), str(row.server.total()), page, word)
    console.print(table)
    for row in rows:
        for difference in row.differences():
            console.print(f"[red]{row.what}: {difference}[/red]")
