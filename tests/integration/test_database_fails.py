"""A disk that fills while the hall works: kiosks are told to come again, people what to do, nothing is acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from sqlalchemy import text

if TYPE_CHECKING:
    from tests.support.hall_server import HallServer


def allow_pages(server: HallServer, pages: int) -> None:
    """Let the database have that many pages at most, which SQLite tells as it tells a full disk."""
    with server.runtime.database.engine.connect() as connection:
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))


def fill_disk(server: HallServer) -> None:
    """Leave no page to grow into, nor one that was freed."""
    with server.runtime.database.transaction() as session:
        session.execute(text("CREATE TABLE filler (words BLOB)"))
        session.execute(text("INSERT INTO filler VALUES (zeroblob(1000000))"))
    allow_pages(server, 1)


def test_full_disk_acknowledges_nothing_and_all_arrives_once_there_is_room(sqlite_server: HallServer) -> None:
    kiosk = sqlite_server.enrolled_kiosk()
    kiosk.record_many(200)
    talk = kiosk.hello()
    fill_disk(sqlite_server)

    answer = kiosk.post_batch(talk, kiosk.batch(talk, kiosk.chain.lines))

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["kiosk_action"]) == (503, "database_full", "retry")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert sqlite_server.count() == 0
    allow_pages(sqlite_server, 1_000_000)
    assert kiosk.sync().accepted.seq == 200
    assert sqlite_server.count() == 200


@pytest.mark.parametrize(("language", "told"), [("zh", "磁盘已满"), ("en", "the disk may be full")])
def test_people_get_a_page_when_the_database_cannot(sqlite_server: HallServer, language: str, told: str) -> None:
    with sqlite_server.runtime.database.transaction() as session:
        session.execute(text("ALTER TABLE hall_details RENAME TO hall_details_away"))
    with requests.Session() as person:
        person.trust_env = False
        answer = person.get(f"{sqlite_server.office_url}/sign-in?lang={language}", timeout=30)

    assert answer.status_code == 503
    assert told in answer.text
    assert "H1" in answer.text


def test_session_that_cannot_be_looked_up_is_told_too(sqlite_server: HallServer) -> None:
    with sqlite_server.runtime.database.transaction() as session:
        session.execute(text("ALTER TABLE login_session RENAME TO login_session_away"))
    with requests.Session() as person:
        person.trust_env = False
        port = sqlite_server.office_url.rpartition(":")[2]
        person.cookies.set(f"servicehall_{port}", "A" * 43)
        answer = person.get(f"{sqlite_server.office_url}/?lang=en", timeout=30)

    assert answer.status_code == 503
    assert "the disk may be full" in answer.text
