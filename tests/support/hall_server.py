"""A whole running server for tests: real files, a real database, real HTTP and TLS on loopback."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import ColumnElement, Select, func, select

from provisioning.keys import create_keys
from shared.strict_json import encode
from sync_server.clock import StandingClock
from sync_server.config import Settings
from sync_server.fleet.operations import approve_enrolment, make_slot
from sync_server.fleet.queries import list_pending
from sync_server.ingest.models import LineRow
from sync_server.serving.running import RunningServer
from tests.support.sync_kiosk import NOON_MS, SyncKiosk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sync_server.runtime import Runtime


class HallServer:
    """One server that can be stopped and started again on the same files."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.clock = StandingClock(NOON_MS)
        self.settings = Settings(
            hall="H1",
            data_dir=str(folder / "server"),
            database_url=database_url,
            office_listen="127.0.0.1:0",
            sync_listen="127.0.0.1:0",
        )
        create_keys(self.settings.keys_path, "H1", NOON_MS)
        self.kiosks: list[SyncKiosk] = []
        self.start()

    def start(self) -> None:
        self.running = RunningServer(self.settings, clock=self.clock)
        self.running.start_sync()
        self._office: threading.Thread | None = None
        for kiosk in self.kiosks:
            kiosk.url = self.sync_url

    def stop(self) -> None:
        self.running.stop()
        if self._office is not None:
            self._office.join()

    def close(self) -> None:
        for kiosk in self.kiosks:
            kiosk.close()
        self.stop()

    @property
    def runtime(self) -> Runtime:
        return self.running.runtime

    @property
    def sync_url(self) -> str:
        return f"https://127.0.0.1:{self.running.sync_port}"

    @property
    def office_url(self) -> str:
        """The pages' address; they are served from when somebody first asks for it."""
        if self._office is None:
            self._office = threading.Thread(target=self.running.run_office, daemon=True)
            self._office.start()
        return f"http://127.0.0.1:{self.running.office_port}"

    def kiosk(self, name: str = "H1-K01") -> SyncKiosk:
        """Return a kiosk that was never enrolled."""
        keyring = self.runtime.keyring
        kiosk = SyncKiosk(self.sync_url, self.settings.keys_path / "ca.pem", keyring.identity_public, kiosk=name)
        self.kiosks.append(kiosk)
        return kiosk

    def make_slot(self, name: str = "H1-K01") -> str:
        with self.runtime.database.transaction() as session:
            return make_slot(session, "H1", name, "hall", "anna", self.clock)

    def approve(self, name: str = "H1-K01") -> None:
        with self.runtime.database.transaction() as session:
            waiting = next(row for row in list_pending(session, "H1") if row.kiosk == name)
            approve_enrolment(session, name, waiting.fingerprint, "berta", self.clock, self.runtime.keyring)

    def enrolled_kiosk(self, name: str = "H1-K01") -> SyncKiosk:
        """Return a kiosk that was enrolled over HTTP by two people."""
        code = self.make_slot(name)
        kiosk = self.kiosk(name)
        chain = kiosk.open_chain()
        body = {"code": code, "opening": chain.opening_lines[0].decode(), "v": 1}
        answer = kiosk.http.post(f"{self.sync_url}/sync/v1/enrolment", data=dumps(body), headers=JSON, timeout=30)
        assert answer.status_code == 202, answer.text
        self.approve(name)
        answer = kiosk.http.get(f"{self.sync_url}/sync/v1/enrolment/{chain.name}", timeout=30)
        assert answer.status_code == 200, answer.text
        chain.certificate_line = answer.content.split(b"\n")[0]
        return kiosk

    def count(self, *conditions: ColumnElement[bool]) -> int:
        with self.runtime.database.reading() as session:
            return int(session.scalar(select(func.count()).select_from(LineRow).where(*conditions)) or 0)

    def scalars(self, statement: Select[Any]) -> list[Any]:
        with self.runtime.database.reading() as session:
            return list(session.scalars(statement).all())


JSON = {"Content-Type": "application/json"}


def dumps(fields: dict[str, Any]) -> bytes:
    return encode(fields, max_bytes=64 * 1024)


@contextmanager
def hall_server_on(folder: Path, database_url: str) -> Iterator[HallServer]:
    server = HallServer(folder, database_url)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def hall_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HallServer]:
    """The same tests on both databases."""
    url = f"sqlite:///{tmp_path / 'server' / 'servicehall.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_cluster").make_hall_database()
    with hall_server_on(tmp_path, url) as server:
        yield server


@pytest.fixture
def sqlite_server(tmp_path: Path) -> Iterator[HallServer]:
    """Where the database makes no difference."""
    with hall_server_on(tmp_path, f"sqlite:///{tmp_path / 'server' / 'servicehall.sqlite3'}") as server:
        yield server
