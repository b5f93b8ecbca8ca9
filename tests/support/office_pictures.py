"""Pictures of every page of the office, Chinese and English, of a morning in the demonstration's hall.

Finds the pages by itself: what the routing table has without arguments, and whatever those pages link
to, one address a page, as the first account that may open it. A page that overflows, asks for what is
not there, or says something on the console is named.
"""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from fontTools.ttLib import TTFont
from playwright.sync_api import Error
from pypdfium2 import PdfDocument
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.serving import WSGIRequestHandler, make_server

from assets import asset_path
from assets.theme import load_theme
from sync_server.accounts.policy import Role
from sync_server.web.routing import MACHINE_PREFIX, policy_of
from tests.support.browser import open_browser
from tests.support.hall_at_work import PASSWORD, HallAtWork
from tests.support.hall_morning import MORNING, fill_morning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask
    from playwright.sync_api import Browser, Page

LANGUAGES: Final = ("zh", "en")
WIDTH: Final = 1280
HEIGHT: Final = 800
TABLET: Final = 900
CARD_DPI: Final = 300
BAD_LIST: Final = (
    "工号,姓名,部门,岗位编号\nS0001,陈向东,政务中心办公室,P-001\n"
    "S0001,重复,政务中心办公室,P-002\n,无工号,不存在的部门,P-999\n"
)
ROLES: Final = (Role.OFFICE, Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.CLERK, Role.DEPARTMENT_HEAD)
_NO_PAGES: Final = frozenset({"home.static_file", "home.web_font", "accounts.sign_in"})

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


def render_all(folder: Path, work: Path, kiosk_picture: Path | None = None) -> OfficePictures:
    """Write ``page-NAME-LANGUAGE.png`` of every page into ``folder``; ``work``: an empty folder.

    ``kiosk_picture``: what the demonstration's page shows as the newest picture of its kiosk.
    """
    hall = HallAtWork(work, MORNING, kiosk_picture)
    kiosks = fill_morning(hall)
    made = OfficePictures()
    with serve(hall.app) as address, open_browser() as browser:
        for language in LANGUAGES:
            for part in (
                _picture_every_page(hall.app, browser, address, language, folder),
                _picture_acts(browser, address, language, folder),
            ):
                made.files += part.files
                made.faults += part.faults
        made.files += _picture_papers(browser, address, folder, work / "printed")
    for kiosk in kiosks:
        kiosk.close()
    hall.close()
    return made


class Reader(NamedTuple):
    """Somebody at a browser. ``complaints``: what the console said since it was last cleared."""

    page: Page
    address: str
    language: str
    complaints: list[str]

    def open(self, path: str) -> None:
        """Go to a path and wait until all of it is there."""
        self.page.goto(urljoin(self.address, path), wait_until="networkidle")

    def send(self) -> None:
        """Send the page's form."""
        self.page.click("main form [type=submit]")
        self.page.wait_for_load_state("networkidle")


@contextmanager
def reader(browser: Browser, address: str, language: str, role: Role | None) -> Iterator[Reader]:
    """Open a browser's window for somebody who is signed in, or for a stranger."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale=language)
    page = context.new_page()
    somebody = Reader(page, address, language, _listen(page))
    somebody.open(f"/sign-in?lang={language}")
    if role is not None:
        page.fill("[name=username]", role.value.replace("_", "-"))
        page.fill("[name=password]", PASSWORD)
        somebody.send()
    yield somebody
    context.close()


def _picture_every_page(app: Flask, browser: Browser, address: str, language: str, folder: Path) -> OfficePictures:
    made = OfficePictures()
    seen: set[str] = set()
    for role in ROLES:
        with reader(browser, address, language, role) as somebody:
            waiting = _addresses_without_arguments(app, role)
            while waiting:
                path = waiting.pop(0)
                endpoint = _endpoint_of(app, path)
                if endpoint is None or endpoint in seen or not policy_of(app).allows(endpoint, role):
                    continue
                seen.add(endpoint)
                somebody.complaints.clear()
                if _is_page(somebody.page, urljoin(address, path)):
                    _picture(somebody, folder, endpoint.replace(".", "-").replace("_", "-"), made)
                    waiting += _links_of(somebody.page, address)
    return made


def _picture_acts(browser: Browser, address: str, language: str, folder: Path) -> OfficePictures:
    """Picture what only comes after a form was sent, and what a wrong address gives."""
    made = OfficePictures()
    for role, name, act in ACTS:
        with reader(browser, address, language, role) as somebody:
            act(somebody)
            somebody.complaints.clear()  # a refusal is told on the console too, and is meant here
            _picture(somebody, folder, name, made)
    return made


def _picture_papers(browser: Browser, address: str, folder: Path, printed: Path) -> list[Path]:
    """Picture what a printer would give: a badge card, and the newest ticket."""
    card, ticket = folder / "paper-badge-card.png", folder / "paper-ticket.png"
    with reader(browser, address, "zh", Role.OFFICE) as somebody:
        somebody.open("/badges/staff/1")
        with somebody.page.expect_download() as downloading:
            somebody.page.click("form[action$='card.pdf'] [type=submit]")
        with PdfDocument(downloading.value.path()) as document:
            document[0].render(scale=CARD_DPI / 72).to_pil().save(card)
    shutil.copyfile(max(printed.glob("*.png")), ticket)
    return [card, ticket]


def _refused_at_the_door(somebody: Reader) -> None:
    somebody.page.fill("[name=username]", "office")
    somebody.page.fill("[name=password]", "wrong")
    somebody.send()


def _make_place(somebody: Reader) -> None:
    somebody.open("/kiosks/new")
    somebody.page.fill("[name=place]", "三楼电梯口")
    somebody.send()


def _take_in_bad_list(somebody: Reader) -> None:
    somebody.open("/staff/import")
    somebody.page.set_input_files(
        "[name=file]", {"name": "staff.csv", "mimeType": "text/csv", "buffer": BAD_LIST.encode()}
    )
    somebody.send()


ACTS: Final[tuple[tuple[Role | None, str, Callable[[Reader], None]], ...]] = (
    (None, "sign-in", lambda _: None),
    (None, "sign-in-refused", _refused_at_the_door),
    (Role.SYSTEM_ADMINISTRATOR, "fleet-one-time-code", _make_place),
    (Role.OFFICE, "staff-import-refused", _take_in_bad_list),
    (Role.OFFICE, "badges-holder-revoked", lambda somebody: somebody.open("/badges/staff/7")),
    (Role.OFFICE, "badges-nobody-found", lambda somebody: somebody.open("/badges?words=nobody")),
    (Role.OFFICE, "error-not-found", lambda somebody: somebody.open("/nowhere")),
    (Role.CLERK, "error-not-allowed", lambda somebody: somebody.open("/kiosks/new")),
)


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
    return None if name in _NO_PAGES else name


@cache
def _drawn() -> frozenset[str]:
    """Return every character that the pages' fonts draw."""
    theme = load_theme()
    characters: set[int] = set()
    for name in (theme.font.regular, theme.font.bold, theme.font.icons):
        with TTFont(asset_path(name), lazy=True) as font:
            characters |= set(font.getBestCmap())
    return frozenset(map(chr, characters))


def _picture(somebody: Reader, folder: Path, name: str, made: OfficePictures) -> None:
    page = somebody.page
    file = folder / f"page-{name}-{somebody.language}.png"
    page.evaluate("document.fonts.ready")
    for width in (WIDTH, TABLET):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        made.faults += [f"{file.stem} at {width}: overflow: {found}" for found in page.evaluate(_OVERFLOWING)]
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    missing = set(page.inner_text("body")) - _drawn() - set("\n\t\r")
    made.faults += [f"{file.stem}: no glyph for {character!r}" for character in sorted(missing)]
    made.faults += [f"{file.stem}: {said}" for said in somebody.complaints]
    page.screenshot(path=file, full_page=True)
    made.files.append(file)
