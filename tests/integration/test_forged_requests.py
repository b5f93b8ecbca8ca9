"""Forms that another site sends in somebody's name (T26), and what every answer carries."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from sync_server.badges.models import Badge
from sync_server.web.guard import CONTENT_POLICY
from sync_server.web.routing import MACHINE_PREFIX
from tests.support.office_hall import OfficeHall

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ISSUE = "/badges/staff/1/issue"
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    hall = OfficeHall(tmp_path_factory.mktemp("office"), NOW)
    yield hall
    hall.close()


def token_of(office: OfficeHall, path: str = "/") -> tuple[object, str]:
    person = office.person()
    found = _TOKEN.search(person.text(path))
    assert found is not None
    return person.client, found[1]


@pytest.mark.fault("T26")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:81"},
    ],
    ids=lambda headers: "=".join(*headers.items()),
)
def test_a_form_from_another_site_is_refused_even_with_the_right_token(
    office: OfficeHall, headers: dict[str, str]
) -> None:
    client, token = token_of(office)

    answer = client.post(ISSUE, data={"form_token": token}, headers=headers)  # type: ignore[attr-defined]

    assert answer.status_code == 403
    with office.runtime.database.reading() as session:
        assert session.scalars(select(Badge)).all() == []


@pytest.mark.fault("T26")
@pytest.mark.parametrize("kind", ["none", "empty", "cut", "of another session", "not ascii"])
def test_a_form_without_its_own_token_is_refused(office: OfficeHall, kind: str) -> None:
    client, token = token_of(office)
    _other, foreign = token_of(office)
    sent = {"none": None, "empty": "", "cut": token[:-1], "of another session": foreign, "not ascii": "令牌"}[kind]

    answer = client.post(ISSUE, data={} if sent is None else {"form_token": sent})  # type: ignore[attr-defined]

    assert answer.status_code == 403
    assert "此表单不是从本系统页面提交的" in answer.get_data(as_text=True)


@pytest.mark.fault("T26")
def test_every_route_that_takes_a_form_asks_for_the_token(office: OfficeHall) -> None:
    person = office.person()
    asked = 0
    for rule in office.app.url_map.iter_rules():
        if rule.rule.startswith(MACHINE_PREFIX) or not (rule.methods or set()) & {"POST", "PUT", "DELETE", "PATCH"}:
            continue
        path = rule.rule
        for argument, converter in rule._converters.items():
            path = path.replace(
                next(part for part in re.findall(r"<[^>]+>", path) if part.rstrip(">").endswith(argument)),
                "1" if "Integer" in type(converter).__name__ else "x",
            )
        assert person.client.post(path).status_code == 403, path
        asked += 1
    assert asked > 8


@pytest.mark.fault("T26")
def test_a_login_form_of_another_site_signs_nobody_in(office: OfficeHall) -> None:
    client = office.app.test_client()

    answer = client.post("/sign-in", data={"username": "office", "password": "anything"})

    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nowhere", "/static/site.css"])
def test_every_answer_forbids_what_is_not_ours(office: OfficeHall, path: str) -> None:
    with office.app.test_client().get(path) as answer:
        assert answer.headers["Content-Security-Policy"] == CONTENT_POLICY
        assert "unsafe" not in CONTENT_POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_pages_are_kept_by_nobody_and_our_files_for_long(office: OfficeHall) -> None:
    assert office.person().get("/").headers["Cache-Control"] == "no-store"
    page = office.person().text("/")
    versioned = re.search(r'href="(/static/site\.css\?v=[0-9a-f]+)"', page)
    assert versioned is not None
    with office.app.test_client().get(versioned[1]) as answer:
        assert "max-age=31536000" in answer.headers["Cache-Control"]
    with office.app.test_client().get("/static/site.css?v=old") as answer:
        assert "max-age=3600" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/assets/fonts/NotoSansSC-Regular.ttf", "/assets/theme.toml", "/assets/../config.py"])
def test_only_the_pages_fonts_leave_the_assets_folder(office: OfficeHall, path: str) -> None:
    assert office.app.test_client().get(path).status_code == 404


@pytest.mark.parametrize("path", ["/static/../views.py", "/static/%2e%2e/views.py", "/static//etc/passwd"])
def test_nothing_beside_the_static_folder_is_sent(office: OfficeHall, path: str) -> None:
    assert office.app.test_client().get(path).status_code in {404, 308}


def test_no_page_has_a_script_or_a_style_of_its_own(office: OfficeHall) -> None:
    person = office.person()
    for path in ("/", "/badges", "/badges/staff/1", "/kiosks", "/kiosks/new", "/attendance", "/staff", "/posts"):
        page = person.text(path)
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page), path


@pytest.mark.fault("T30")
def test_a_name_that_is_a_script_is_shown_as_it_is_written(office: OfficeHall) -> None:
    page = office.person().text("/badges?words=%3Cscript%3Ealert(1)%3C/script%3E")

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_file_that_is_too_large_is_told_so(office: OfficeHall) -> None:
    client, token = token_of(office)

    answer = client.post(  # type: ignore[attr-defined]
        ISSUE, data={"form_token": token, "filler": "x" * (17 * 1024 * 1024)}, query_string={"lang": "zh"}
    )

    assert answer.status_code == 413
    assert "文件太大" in answer.get_data(as_text=True)
