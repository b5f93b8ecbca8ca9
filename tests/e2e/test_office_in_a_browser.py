"""The office's pages in a real browser: sign in, make a badge, print its card, revoke it; and another site's forms."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import select

from sync_server.badges.models import Badge
from tests.support.browser import open_browser
from tests.support.office_hall import PASSWORD, OfficeHall

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PAGES = ("/", "/badges", "/badges/staff/2", "/kiosks", "/kiosks/new", "/attendance", "/staff", "/posts", "/nowhere")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    hall = OfficeHall(tmp_path_factory.mktemp("office"), NOW)
    yield hall
    hall.close()


@pytest.fixture(scope="module")
def address(office: OfficeHall) -> Iterator[str]:
    with office.serving() as served:
        yield served


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="zh-CN", base_url=address, accept_downloads=True
    )
    yield opened
    opened.close()


def watch(page: Page) -> list[str]:
    """Return the list that gets what the browser complains of: faults of scripts, what the policy stopped."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda line: (
            complaints.append(line.text)
            if line.type in {"error", "warning"} and "Failed to load resource" not in line.text
            else None
        ),
    )
    return complaints


def sign_in(page: Page, username: str = "office", password: str = PASSWORD) -> None:
    page.goto("/sign-in")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


@pytest.mark.regulation("R1.3@office")
@pytest.mark.regulation("R1.3@paper")
def test_a_badge_is_made_printed_and_revoked(context: BrowserContext, office: OfficeHall) -> None:
    page = context.new_page()
    complaints = watch(page)
    sign_in(page, password="not the password")
    assert page.get_by_role("alert").inner_text().strip().endswith("用户名或密码不正确，请重新输入。")
    sign_in(page)
    page.get_by_role("link", name="胸牌", exact=True).click()
    page.get_by_label("搜索").fill("S0012")
    page.get_by_label("搜索").press("Enter")
    page.locator("tbody a").click()
    name = page.get_by_role("heading", level=1).inner_text()

    page.get_by_role("button", name="发放胸牌").click()
    page.get_by_text("已发放，联网的一体机几秒内生效").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="打印用胸牌（PDF）").click()

    document = pypdfium2.PdfDocument(download.value.path())
    text = document[0].get_textpage().get_text_range()
    codes = zxingcpp.read_barcodes(document[0].render(scale=300 / 72).to_pil())
    document.close()
    with office.runtime.database.reading() as session:
        badge = session.scalars(select(Badge)).one()
    assert [code.text for code in codes] == [badge.code]
    assert name in text

    page.reload()
    page.get_by_text("撤销，不再补发").click()
    form = page.locator("form", has=page.get_by_role("button", name="撤销胸牌 0001"))
    form.get_by_label("遗失", exact=True).check()
    form.get_by_label("如系遗失，是哪一天").fill("2026-11-20")
    page.get_by_role("button", name="撤销胸牌 0001").click()
    page.get_by_text("一体机收到通知后即拒绝").wait_for()
    assert page.get_by_text("撤销第 1 版：遗失").is_visible()
    assert complaints == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [1280, 820])
def test_no_page_breaks_the_policy_or_is_wider_than_the_screen(
    context: BrowserContext, language: str, width: int
) -> None:
    page = context.new_page()
    sign_in(page)
    page.set_viewport_size({"width": width, "height": 900})
    for path in PAGES:
        complaints = watch(page)
        page.goto(f"{path}?lang={language}")
        page.evaluate("document.fonts.ready")

        assert complaints == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        assert page.evaluate("document.fonts.check('16px \"Noto Sans SC\"')"), path
        assert page.evaluate("[...document.fonts].some(f => f.family.includes('Tabler') && f.status === 'loaded')"), (
            path
        )


def test_scripts_and_styles_of_a_stranger_do_not_run(context: BrowserContext) -> None:
    page = context.new_page()
    sign_in(page)

    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = true'>");
            document.body.insertAdjacentHTML("beforeend", "<p id=styled style='color: rgb(1, 2, 3)'>x</p>");
        }"""
    )

    assert page.evaluate("window.ran") is None
    assert page.evaluate("getComputedStyle(document.getElementById('styled')).color") != "rgb(1, 2, 3)"


def test_the_overview_renews_itself_and_goes_to_sign_in_when_the_session_ends(
    context: BrowserContext, office: OfficeHall
) -> None:
    page = context.new_page()
    sign_in(page)
    page.get_by_role("heading", name="总览").wait_for()
    assert "H1-K09" not in page.content()
    office.hear_kiosk("H1-K09", NOW)
    renew = "htmx.ajax('GET', document.querySelector('[hx-get]').getAttribute('hx-get'), '[hx-get]')"

    page.evaluate(renew)
    page.get_by_text("H1-K09").first.wait_for()
    context.clear_cookies()
    page.evaluate(renew)

    page.wait_for_url("**/sign-in")


@pytest.mark.fault("T26")
def test_a_form_on_another_site_cannot_act_for_whoever_is_signed_in(
    context: BrowserContext, office: OfficeHall, address: str
) -> None:
    page = context.new_page()
    sign_in(page)
    page.get_by_role("heading", name="总览").wait_for()
    with office.runtime.database.reading() as session:
        before = len(session.scalars(select(Badge)).all())

    with other_site(f'<form method="post" action="{address}/badges/staff/3/issue"><button>win</button></form>') as evil:
        page.goto(evil)
        with page.expect_response("**/badges/staff/3/issue") as answer:
            page.get_by_role("button").click()

    assert answer.value.status == 403
    with office.runtime.database.reading() as session:
        assert len(session.scalars(select(Badge)).all()) == before


@contextmanager
def other_site(html: str) -> Iterator[str]:
    """Serve one page as another site; another port of this machine is another origin."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_words: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
