"""The office's mechanisms taken out, one by one: the attack that they stop then works, so its test is no decoration."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from sync_server.accounts import rules, sessions
from sync_server.accounts.policy import PolicyTable
from sync_server.accounts.sessions import DatabaseSessions
from sync_server.badges.models import Badge
from sync_server.web import guard
from tests.support.office_hall import PASSWORD, OfficeHall

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
COOKIE = "servicehall_80"
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hall = OfficeHall(tmp_path_factory.mktemp("made"), NOW)
    hall.close()
    return hall.folder


@pytest.fixture
def office(made: Path, tmp_path: Path) -> Iterator[OfficeHall]:
    hall = OfficeHall(tmp_path, NOW, like=made)
    yield hall
    hall.close()


@pytest.mark.fault("T26")
def test_without_the_check_of_forms_another_site_makes_a_badge(
    office: OfficeHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = office.person()
    monkeypatch.setattr(guard, "is_own_form", lambda: True)

    answer = person.client.post("/badges/staff/1/issue", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 303
    with office.runtime.database.reading() as session:
        assert len(session.scalars(select(Badge)).all()) == 1


@pytest.mark.fault("T27")
def test_without_a_new_id_at_sign_in_a_planted_one_opens_the_session(
    office: OfficeHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions.secrets, "token_bytes", lambda size: b"planted ".ljust(size, b"."))
    victim, attacker = office.app.test_client(), office.app.test_client()
    attacker.get("/sign-in")
    planted = attacker.get_cookie(COOKIE)
    assert planted is not None
    victim.set_cookie(COOKIE, planted.value)
    token = _TOKEN.search(victim.get("/sign-in").get_data(as_text=True))
    assert token is not None

    victim.post("/sign-in", data={"form_token": token[1], "username": "office", "password": PASSWORD})

    assert attacker.get("/").status_code == 200


@pytest.mark.fault("T27")
def test_without_ending_it_on_the_server_a_copied_cookie_outlives_sign_out(
    office: OfficeHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = office.person()
    cookie = person.client.get_cookie(COOKIE)
    assert cookie is not None
    monkeypatch.setattr(DatabaseSessions, "_delete", lambda _self, _raw: None)

    person.post("/sign-out", {}, form="/")

    thief = office.app.test_client()
    thief.set_cookie(COOKIE, cookie.value)
    assert thief.get("/").status_code == 200


@pytest.mark.fault("T28")
def test_without_the_limits_every_guess_is_looked_at(office: OfficeHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "check_try", lambda _failures: True)
    client = office.app.test_client()
    token = _TOKEN.search(client.get("/sign-in").get_data(as_text=True))
    assert token is not None

    codes = [
        client.post(
            "/sign-in", data={"form_token": token[1], "username": "office", "password": f"guess number {n}"}
        ).status_code
        for n in range(rules.TRIES_PER_ACCOUNT_AND_SOURCE + 2)
    ]

    assert set(codes) == {401}


@pytest.mark.fault("T25")
def test_without_the_policy_a_clerk_makes_badges(office: OfficeHall, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk = office.person("clerk")
    monkeypatch.setattr(PolicyTable, "allows", lambda *_given: True)

    answer = clerk.post("/badges/staff/1/issue", {}, form="/")

    assert answer.status_code == 303
