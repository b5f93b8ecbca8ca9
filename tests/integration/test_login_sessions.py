"""Sessions that live on the server: stolen, fixed, left open, ended (T27)."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from sync_server.accounts.models import LoginSession
from sync_server.accounts.operations import close_account, set_password
from sync_server.accounts.queries import account_named
from tests.support.office_hall import PASSWORD, OfficeHall

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
COOKIE = "servicehall_80"
MINUTE = 60_000
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@pytest.fixture(scope="module")
def quiet_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfficeHall]:
    """For tests that leave nothing behind."""
    hall = OfficeHall(tmp_path_factory.mktemp("quiet"), NOW, loaded=False)
    yield hall
    hall.close()


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


def cookie_of(client: FlaskClient, name: str = COOKIE) -> str:
    cookie = client.get_cookie(name)
    assert cookie is not None
    return cookie.value


def holding(office: OfficeHall, cookie: str) -> FlaskClient:
    client = office.app.test_client()
    client.set_cookie(COOKIE, cookie)
    return client


def is_signed_in(client: FlaskClient, **headers: str) -> bool:
    return client.get("/", headers=headers).status_code == 200


@pytest.mark.fault("T27")
def test_an_id_planted_before_sign_in_opens_nothing_after_it(office: OfficeHall) -> None:
    client = office.app.test_client()
    client.get("/sign-in")
    planted = cookie_of(client)
    token = _TOKEN.search(client.get("/sign-in").get_data(as_text=True))
    assert token is not None

    client.post("/sign-in", data={"form_token": token[1], "username": "office", "password": PASSWORD})

    assert cookie_of(client) != planted
    assert is_signed_in(client)
    assert not is_signed_in(holding(office, planted))


@pytest.mark.fault("T27")
def test_signing_in_again_ends_the_session_before(office: OfficeHall) -> None:
    person = office.person()
    first = cookie_of(person.client)
    client = holding(office, first)
    token = _TOKEN.search(client.get("/").get_data(as_text=True))
    assert token is not None

    client.post("/sign-in", data={"form_token": token[1], "username": "clerk", "password": PASSWORD})

    assert not is_signed_in(holding(office, first))
    assert is_signed_in(client)


@pytest.mark.fault("T27")
def test_a_copied_cookie_is_worthless_after_sign_out(office: OfficeHall) -> None:
    person = office.person()
    copied = cookie_of(person.client)
    assert is_signed_in(holding(office, copied))

    person.post("/sign-out", {}, form="/")

    assert not is_signed_in(holding(office, copied))


@pytest.mark.fault("T27")
def test_the_stolen_database_opens_no_session(office: OfficeHall) -> None:
    raw = urlsafe_b64decode(cookie_of(office.person().client) + "=")

    with office.runtime.database.reading() as session:
        row = session.scalars(select(LoginSession)).one()

    assert len(raw) == 32
    assert row.id_hash == hashlib.sha256(raw).digest()
    assert not is_signed_in(holding(office, row.id_hash.hex()[:43]))


@pytest.mark.fault("T27")
def test_a_session_left_alone_ends_after_fifteen_minutes(office: OfficeHall) -> None:
    person = office.person()
    for _ in range(3):
        office.clock.move(14 * MINUTE)
        assert is_signed_in(person.client)

    office.clock.move(15 * MINUTE + 1)

    assert not is_signed_in(person.client)


@pytest.mark.fault("T27")
def test_a_page_that_renews_itself_keeps_no_session_open(office: OfficeHall) -> None:
    person = office.person()
    for _ in range(7):
        office.clock.move(2 * MINUTE)
        assert is_signed_in(person.client, **{"X-Live-Part": "1"})

    office.clock.move(2 * MINUTE)
    answer = person.client.get("/overview/live", headers={"X-Live-Part": "1", "HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")


@pytest.mark.fault("T27")
def test_a_session_in_use_ends_after_a_shift(office: OfficeHall) -> None:
    person = office.person()
    for _ in range(48):
        office.clock.move(10 * MINUTE)
        assert is_signed_in(person.client)

    office.clock.move(1)

    assert not is_signed_in(person.client)


@pytest.mark.fault("T27")
@pytest.mark.parametrize(
    "end", [lambda session, account: set_password(session, account, "a new one of many words"), close_account]
)
def test_a_new_password_or_a_closed_account_ends_every_session(office: OfficeHall, end) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    here, there = office.person(), office.person()
    with office.app.app_context(), office.runtime.database.transaction() as session:
        account = account_named(session, "office")
        assert account is not None
        end(session, account)

    assert not is_signed_in(here.client)
    assert not is_signed_in(there.client)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(quiet_office: OfficeHall) -> None:
    plain = quiet_office.app.test_client().get("/sign-in").headers["Set-Cookie"]
    over_tls = quiet_office.app.test_client().get("/sign-in", base_url="https://office.example").headers["Set-Cookie"]

    for cookie in (plain, over_tls):
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert over_tls.startswith("__Host-servicehall=")
    assert "Secure" in over_tls


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "\u00e9" * 43, "A" * 4000])
def test_a_cookie_of_no_session_is_a_visitor(quiet_office: OfficeHall, cookie: str) -> None:
    assert holding(quiet_office, cookie).get("/sign-in").status_code == 200
    assert not is_signed_in(holding(quiet_office, cookie))


def test_a_flood_of_visitors_writes_nothing(quiet_office: OfficeHall) -> None:
    for _ in range(20):
        quiet_office.app.test_client().get("/sign-in")

    with quiet_office.runtime.database.reading() as session:
        assert session.scalars(select(LoginSession)).all() == []


def test_two_halls_on_one_machine_keep_their_cookies_apart(quiet_office: OfficeHall) -> None:
    one = quiet_office.app.test_client().get("/sign-in", base_url="http://127.0.0.1:8080").headers["Set-Cookie"]
    other = quiet_office.app.test_client().get("/sign-in", base_url="http://127.0.0.1:8081").headers["Set-Cookie"]

    assert one.partition("=")[0] == "servicehall_8080"
    assert other.partition("=")[0] == "servicehall_8081"


def test_old_sessions_are_swept_at_the_next_sign_in(office: OfficeHall) -> None:
    office.person()
    office.clock.move(16 * MINUTE)

    office.person()

    with office.runtime.database.reading() as session:
        assert len(session.scalars(select(LoginSession)).all()) == 1
