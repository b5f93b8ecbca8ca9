"""Pictures of every page of the office, Chinese and English, of a morning in the demonstration's hall.

Finds the pages by itself: what the routing table has without arguments, and whatever those pages link
to, one address a page, as the first account that may open it. A page that overflows, asks for what is
not there, or says something on the console is named.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from playwright.sync_api import Error
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.serving import WSGIRequestHandler, make_server

from kiosk.devices.printer import VirtualPrinter
from kiosk.sync.board import SharedStateBoard
from kiosk.use_cases.issue_ticket import IssueTicket
from sync_server.accounts.policy import Role
from sync_server.attendance.models import SessionKind
from sync_server.attendance.operations import make_session
from sync_server.badges.models import Badge
from sync_server.badges.operations import revoke_badge
from sync_server.badges.rules import RevocationReason
from sync_server.fleet.operations import make_slot
from sync_server.queue.operations import call_next
from sync_server.staff.models import StaffMember
from sync_server.web.routing import MACHINE_PREFIX, policy_of
from tests.support.browser import open_browser
from tests.support.hall_at_work import HALL, PASSWORD, TIMEZONE, HallAtWork, KioskAtWork

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from playwright.sync_api import Browser, Page

MORNING: Final = datetime(2026, 11, 23, 8, 20, tzinfo=ZoneInfo(TIMEZONE))
LANGUAGES: Final = ("zh", "en")
WIDTH: Final = 1280
HEIGHT: Final = 800
ROLES: Final = (Role.OFFICE, Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.CLERK, Role.DEPARTMENT_HEAD)
_FILES: Final = frozenset({"home.static_file", "home.web_font"})

_OVERFLOWING: Final = """
() => {
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  const found = wide ? ["the page itself"] : [];
  for (const part of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(part);
    const clips = style.overflowX === "hidden" || style.overflowX === "clip";
    const hidden = part.clientWidth <= 1 || style.visibility === "hidden" || part.closest("svg");
    if (!hidden && clips && style.textOverflow !== "ellipsis" && part.scrollWidth > part.clientWidth + 1) {
      found.push(part.tagName + "." + part.className + ": " + part.textContent.trim().slice(0, 40));
    }
  }
  return found;
}
"""


@dataclass
class OfficePictures:
    """What was made. ``faults``: page and what is wrong with it."""

    files: list[Path] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def fill_morning(hall: HallAtWork) -> list[KioskAtWork]:
    """Let a morning happen: people arrive, some late, visitors take numbers, windows call."""
    printer = VirtualPrinter(hall.folder / "printed", 576)
    kiosks = [KioskAtWork(hall, "H1-K01", "一楼大厅东门"), KioskAtWork(hall, "H1-K02", "二楼服务台")]
    first, second = kiosks
    codes = list(hall.badge_codes().values())
    _require_everybody(hall)
    with hall.runtime.database.transaction() as session:
        for badge in session.scalars(select(Badge).where(Badge.badge.in_([7, 31]))):
            reason = RevocationReason.LOST
            lost_on = MORNING.date()
            revoke_badge(session, badge, reason, "office", hall.clock, hall.runtime.keyring, lost_on=lost_on)
        make_slot(session, HALL, "H1-K03", "三楼不动产登记厅", "system-administrator", hall.clock)
    for place, code in enumerate(codes[:58]):
        hall.pass_minutes(0.7)
        (second if place % 3 == 2 else first).scan(code)
    first.scan("KB1.NOT-A-BADGE")
    first.sync()
    take = IssueTicket(first.name, first.journal, first.packs, SharedStateBoard(), printer, first.clock)
    for letter in "AABACABBDEAFBAC":
        hall.pass_minutes(0.4)
        take(letter, "zh")
    first.sync()
    _call(hall)
    hall.pass_minutes(3)
    first.sync()
    return kiosks


def _require_everybody(hall: HallAtWork) -> None:
    with hall.runtime.database.transaction() as session:
        everybody = list(session.scalars(select(StaffMember.id)))
        make_session(
            session,
            HALL,
            kind=SessionKind.EVENT,
            title="政务服务中心开放日",
            place="一楼大厅",
            begins=MORNING.replace(hour=9, minute=0),
            ends=MORNING.replace(hour=11, minute=0),
            staff_ids=everybody,
            by="office",
            now=hall.clock.now(),
        )


def _call(hall: HallAtWork) -> None:
    with hall.runtime.database.transaction() as session:
        for window in (1, 2, 9):
            call_next(session, HALL, window=window, by="clerk", now=hall.clock.now())


class _QuietHandler(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """Serve the pages on a free port of loopback and yield the address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def render_all(folder: Path, work: Path) -> OfficePictures:
    """Write ``page-NAME-LANGUAGE.png`` of every page into ``folder``; ``work``: an empty folder."""
    hall = HallAtWork(work, MORNING)
    kiosks = fill_morning(hall)
    made = OfficePictures()
    with serve(hall.app) as address, open_browser() as browser:
        for language in LANGUAGES:
            _picture_language(hall.app, browser, address, language, folder, made)
    for kiosk in kiosks:
        kiosk.close()
    hall.close()
    return made


def _picture_language(  # noqa: PLR0913, PLR0917 - one loop of render_all
    app: Flask, browser: Browser, address: str, language: str, folder: Path, made: OfficePictures
) -> None:
    seen: set[str] = set()
    for role in ROLES:
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale=language)
        page = context.new_page()
        complaints = _listen(page)
        page.goto(f"{address}/sign-in?lang={language}", wait_until="networkidle")
        if "accounts.sign_in" not in seen:
            seen.add("accounts.sign_in")
            _picture(page, folder / f"page-sign-in-{language}.png", made, complaints)
        page.fill("[name=username]", role.value.replace("_", "-"))
        page.fill("[name=password]", PASSWORD)
        page.click("main [type=submit]")
        page.wait_for_load_state("networkidle")
        waiting = _addresses_without_arguments(app, role)
        while waiting:
            path = waiting.pop(0)
            endpoint = _endpoint_of(app, path)
            if endpoint is None or endpoint in seen or not policy_of(app).allows(endpoint, role):
                continue
            complaints.clear()
            seen.add(endpoint)
            if not _is_page(page, urljoin(address, path)):
                continue
            name = endpoint.replace(".", "-").replace("_", "-")
            _picture(page, folder / f"page-{name}-{language}.png", made, complaints)
            waiting += _links_of(page, address)
        context.close()


def _listen(page: Page) -> list[str]:
    """Return a list that takes whatever the page says on its console or fails to load."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"not loaded: {request.url}"))
    return complaints


def _is_page(page: Page, url: str) -> bool:
    """Open an address; tell whether it is a page and no file, piece of a page or error."""
    try:
        answer = page.goto(url, wait_until="networkidle")
    except Error:  # a download
        return False
    if answer is None or "text/html" not in answer.headers.get("content-type", ""):
        return False
    return answer.ok and page.query_selector("main") is not None


def _addresses_without_arguments(app: Flask, role: Role) -> list[str]:
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and not rule.rule.startswith(MACHINE_PREFIX)
    ]
    return [
        rule.rule for rule in sorted(rules, key=lambda rule: rule.rule) if policy_of(app).allows(rule.endpoint, role)
    ]


def _links_of(page: Page, address: str) -> list[str]:
    links: list[str] = page.eval_on_selector_all("main a[href]", "all => all.map(a => a.href)")
    return [
        urlsplit(link).path + (f"?{urlsplit(link).query}" if urlsplit(link).query else "")
        for link in links
        if link.startswith(address)
    ]


def _endpoint_of(app: Flask, path: str) -> str | None:
    try:
        endpoint, _ = app.url_map.bind("127.0.0.1").match(urlsplit(path).path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    name = str(endpoint)
    return None if name in _FILES else name


def _picture(page: Page, file: Path, made: OfficePictures, complaints: list[str]) -> None:
    page.evaluate("document.fonts.ready")
    for width in (WIDTH, 900):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        made.faults += [f"{file.stem} at {width}: overflow: {found}" for found in page.evaluate(_OVERFLOWING)]
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    made.faults += [f"{file.stem}: {said}" for said in complaints]
    complaints.clear()
    page.screenshot(path=file, full_page=True)
    made.files.append(file)
