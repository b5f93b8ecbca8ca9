"""Both languages, the pages of the overview and the demonstration, and what a page says when something is wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from sync_server import create_app
from sync_server.config import Settings
from tests.support.office_hall import HALL, OfficeHall

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    hall = OfficeHall(tmp_path_factory.mktemp("office"), NOW)
    yield hall
    hall.close()


def test_chinese_comes_first_and_a_choice_is_remembered(office: OfficeHall) -> None:
    client = office.app.test_client()
    assert "登录" in client.get("/sign-in").get_data(as_text=True)

    assert "Sign in" in client.get("/sign-in?lang=en").get_data(as_text=True)

    assert "Sign in" in client.get("/sign-in").get_data(as_text=True)
    assert "登录" in client.get("/sign-in?lang=zh").get_data(as_text=True)


def test_a_language_that_nobody_speaks_here_is_chinese(office: OfficeHall) -> None:
    client = office.app.test_client()

    answer = client.get("/sign-in?lang=%3Cscript%3E")

    assert "登录" in answer.get_data(as_text=True)
    assert "language" not in answer.headers.get("Set-Cookie", "")


def test_the_switch_leads_to_the_same_page_with_the_same_filters(office: OfficeHall) -> None:
    page = office.person().text("/badges?words=S0003&standing=issued")

    link = re.search(r'class="language" href="([^"]+)"', page)
    assert link is not None
    english = office.person().text(link[1].replace("&amp;", "&"))
    assert 'value="S0003"' in english
    assert '<option value="issued" selected>With a badge' in english


@pytest.mark.parametrize("path", ["/", "/badges", "/badges/staff/1", "/kiosks", "/kiosks/new", "/nowhere"])
def test_no_page_in_chinese_speaks_english(office: OfficeHall, path: str) -> None:
    page = office.person().get(path).get_data(as_text=True)
    body = page[page.index("<body") :]
    text = re.sub(r"<[^>]+>|&[a-z#0-9]+;", " ", body)
    text = re.sub(r"English|H1(-K\d+)?|-K|PDF|S\d{4}|XLSX|CSV", " ", text)

    assert re.findall(r"[A-Za-z]{3,}", text) == []


@pytest.mark.parametrize("path", ["/", "/badges", "/badges/staff/1", "/kiosks", "/kiosks/new", "/nowhere"])
def test_no_text_of_ours_in_english_is_chinese(office: OfficeHall, path: str) -> None:
    page = office.person().get(f"{path}?lang=en").get_data(as_text=True)
    body = re.sub(
        r"<a class=\"language\".*?</a>|<span class=\"person\".*?</span></span>|<td.*?</td>|<h1>.*?</h1>",
        "",
        page[page.index("<body") :],
        flags=re.DOTALL,
    )
    text = re.sub(r"<[^>]+>", " ", body).replace("周办公", "").replace("…", "")

    assert re.findall(r"[\u4e00-\u9fff]+", text) == []


@pytest.mark.parametrize(
    ("path", "code", "told"),
    [
        ("/nowhere", 404, "没有这个页面"),
        ("/badges/staff/999999", 404, "没有这个页面"),
        ("/sign-out", 405, "此地址不接受"),
    ],
)
def test_a_page_that_is_not_there_says_what_to_do(office: OfficeHall, path: str, code: int, told: str) -> None:
    answer = office.person().get(path)

    assert answer.status_code == code
    assert told in answer.get_data(as_text=True)
    assert 'href="/"' in answer.get_data(as_text=True)


def test_a_role_that_may_not_is_told_whom_to_ask(office: OfficeHall) -> None:
    answer = office.person("clerk").get("/badges")

    assert answer.status_code == 403
    assert "请向安全管理员申请" in answer.get_data(as_text=True)


def test_a_fault_of_ours_says_that_nothing_was_kept_and_shows_nothing_of_it(
    office: OfficeHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setitem(office.app.view_functions, "fleet.list_kiosks", fail)
    monkeypatch.setitem(office.app.config, "PROPAGATE_EXCEPTIONS", value=False)

    answer = office.person().get("/kiosks")

    assert answer.status_code == 500
    assert "服务器出了问题" in answer.get_data(as_text=True)
    assert "secret" not in answer.get_data(as_text=True)


def test_the_demonstrations_page_is_there_only_in_a_demonstration(office: OfficeHall, tmp_path: Path) -> None:
    assert office.app.test_client().get("/demo").status_code == 404
    assert office.app.test_client().get("/demo/kiosk.png").status_code == 404
    picture = tmp_path / "kiosk.png"
    settings = Settings(hall=HALL, data_dir=office.runtime.settings.data_dir, demo_picture=str(picture))
    app = create_app(settings, clock=office.clock)
    client = app.test_client()

    assert "可以试试" in client.get("/demo").get_data(as_text=True)
    assert client.get("/demo/kiosk.png").status_code == 404
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    with client.get("/demo/kiosk.png") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
        assert "no-store" in answer.headers["Cache-Control"] or "no-cache" in answer.headers["Cache-Control"]
    app.extensions["servicehall"].database.close()
