"""Signing in against passwords that are guessed, from one place, from many, and for names that do not exist (T28)."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import requests
from sqlalchemy import func, select

from sync_server.accounts.models import LoginTry
from sync_server.accounts.operations import begin_try
from sync_server.accounts.rules import TRIES_OF_STRANGERS, TRIES_PER_ACCOUNT_AND_SOURCE, TRIES_PER_SOURCE
from tests.support.domain_database import either_database
from tests.support.office_hall import PASSWORD, OfficeHall

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from sync_server.db import Database
    from tests.support.hall_server import HallServer

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HERE, THERE = "192.0.2.10", "198.51.100.7"
__all__ = ["either_database"]
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hall = OfficeHall(tmp_path_factory.mktemp("made"), NOW, loaded=False)
    hall.close()
    return hall.folder


@pytest.fixture
def office(made: Path, tmp_path: Path) -> Iterator[OfficeHall]:
    hall = OfficeHall(tmp_path, NOW, like=made)
    yield hall
    hall.close()


def sign_in(office: OfficeHall, name: str, password: str, place: str = HERE, lang: str = "en") -> TestResponse:
    client: FlaskClient = office.app.test_client()
    page = client.get(f"/sign-in?lang={lang}").get_data(as_text=True)
    token = _TOKEN.search(page)
    assert token is not None
    return client.post(
        "/sign-in",
        data={"form_token": token[1], "username": name, "password": password},
        environ_base={"REMOTE_ADDR": place},
    )


def tries(office: OfficeHall) -> int:
    with office.runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(LoginTry)) or 0


@pytest.mark.fault("T28")
def test_a_login_tried_a_hundred_times_is_told_to_wait_and_the_owner_gets_in_from_another_place(
    office: OfficeHall,
) -> None:
    answers = [sign_in(office, "office", f"guess number {n}") for n in range(100)]

    assert [answer.status_code for answer in answers[:TRIES_PER_ACCOUNT_AND_SOURCE]] == [401] * 5
    assert {answer.status_code for answer in answers[TRIES_PER_ACCOUNT_AND_SOURCE:]} == {429}
    assert tries(office) == TRIES_PER_ACCOUNT_AND_SOURCE
    assert "Too many tries from this place" in answers[-1].get_data(as_text=True)
    assert answers[-1].headers["Retry-After"] == "900"
    assert "此处尝试次数过多" in sign_in(office, "office", "x", lang="zh").get_data(as_text=True)
    assert sign_in(office, "office", PASSWORD).status_code == 429
    assert sign_in(office, "office", PASSWORD, THERE).status_code == 303


@pytest.mark.fault("T28")
def test_waiting_ends_by_itself(office: OfficeHall) -> None:
    for n in range(6):
        sign_in(office, "office", f"guess number {n}")

    office.clock.move(15 * 60_000)

    assert sign_in(office, "office", PASSWORD).status_code == 303


@pytest.mark.fault("T28")
def test_a_name_that_does_not_exist_is_answered_like_one_that_does(office: OfficeHall) -> None:
    def answers(name: str, place: str) -> list[tuple[int, str]]:
        found = [sign_in(office, name, "not the password", place) for _ in range(6)]
        hidden = [_TOKEN.sub("", answer.get_data(as_text=True)).replace(name, "") for answer in found]
        return [(answer.status_code, text) for answer, text in zip(found, hidden, strict=True)]

    assert answers("office", HERE) == answers("nobody", THERE)


@pytest.mark.fault("T28")
def test_one_password_sprayed_over_many_names_is_stopped_at_its_source(office: OfficeHall) -> None:
    before = TRIES_PER_SOURCE - 3
    with office.runtime.database.transaction() as session:
        session.add_all(LoginTry(hall="H1", subject=f"{n:032}", source=HERE, at=NOW) for n in range(before))

    answers = [sign_in(office, f"name{n}", "spring in the hall 1").status_code for n in range(6)]

    assert answers == [401] * 3 + [429] * 3
    assert sign_in(office, "office", PASSWORD, THERE).status_code == 303


@pytest.mark.fault("T28")
def test_guesses_from_a_thousand_places_stop_strangers_and_nobody_at_a_known_place(office: OfficeHall) -> None:
    assert sign_in(office, "office", PASSWORD, HERE).status_code == 303
    with office.runtime.database.transaction() as session:
        session.add_all(
            LoginTry(hall="H1", subject=f"{n:032}", source=f"203.0.113.{n % 250}", at=NOW)
            for n in range(TRIES_OF_STRANGERS)
        )

    assert sign_in(office, "office", PASSWORD, THERE).status_code == 429
    assert sign_in(office, "office", PASSWORD, HERE).status_code == 303


@pytest.mark.fault("T28")
def test_tries_at_the_same_moment_do_not_all_pass_the_same_count(either_database: Database) -> None:
    begun: list[bool] = []
    start = threading.Barrier(12)

    def guess() -> None:
        start.wait()
        with either_database.transaction() as session:
            begun.append(begin_try(session, hall="H1", subject="a", source=HERE, now=NOW) is not None)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(begun) == TRIES_PER_ACCOUNT_AND_SOURCE


def test_the_table_of_tries_is_no_list_of_names(office: OfficeHall) -> None:
    sign_in(office, "office", "not the password")

    with office.runtime.database.reading() as session:
        assert "office" not in session.scalars(select(LoginTry.subject)).one()


def test_ten_thousand_characters_of_password_are_a_wrong_password(office: OfficeHall) -> None:
    assert sign_in(office, "office", PASSWORD + "x" * 10_000).status_code == 401
    assert sign_in(office, "o" * 10_000, PASSWORD).status_code == 401


@pytest.mark.parametrize("name", ["office", " OFFICE ", "Office"])
def test_a_name_is_found_however_it_is_typed(office: OfficeHall, name: str) -> None:
    assert sign_in(office, name, PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/badges?words=a", "/badges?words=a"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
    ],
)
def test_after_sign_in_nobody_is_led_to_another_site(office: OfficeHall, target: str, leads_to: str) -> None:
    client = office.app.test_client()
    token = _TOKEN.search(client.get("/sign-in").get_data(as_text=True))
    assert token is not None

    answer = client.post(
        "/sign-in",
        query_string={"next": target},
        data={"form_token": token[1], "username": "office", "password": PASSWORD},
    )

    assert (answer.status_code, answer.location) == (303, leads_to)


@pytest.mark.fault("T28")
def test_behind_nginx_tries_count_for_the_browser_and_the_cookie_is_for_tls(sqlite_server: HallServer) -> None:
    forwarded = {"X-Forwarded-For": THERE, "X-Forwarded-Proto": "https"}
    browser = requests.Session()
    browser.trust_env = False
    page = browser.get(f"{sqlite_server.office_url}/sign-in", headers=forwarded, timeout=30)
    token = _TOKEN.search(page.text)
    assert token is not None
    cookie = page.headers["Set-Cookie"].partition(";")[0]

    answer = browser.post(
        f"{sqlite_server.office_url}/sign-in",
        data={"form_token": token[1], "username": "office", "password": "not the password"},
        headers={**forwarded, "Cookie": cookie, "Origin": sqlite_server.office_url.replace("http:", "https:")},
        timeout=30,
    )

    assert cookie.startswith("__Host-servicehall=")
    assert answer.status_code == 401
    assert sqlite_server.scalars(select(LoginTry.source)) == [THERE]
