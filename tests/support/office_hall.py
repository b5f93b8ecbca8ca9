"""The demonstration's hall behind its real pages, with time that stands, for tests of the office's domains."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Final

from waitress.server import create_server

from provisioning.demo.made_up_hall import load_demo_hall
from provisioning.keys import create_keys
from sync_server import create_app
from sync_server.accounts.operations import create_account
from sync_server.accounts.policy import Role
from sync_server.clock import StandingClock
from sync_server.config import Settings
from sync_server.fleet.models import KioskSlot
from sync_server.projections import PROJECTIONS
from sync_server.publishing.operations import publish
from sync_server.runtime import EXTENSION, Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from sync_server.ingest.projected import ProjectedRecord

HALL: Final = "H1"
PASSWORD: Final = "paper lantern on the river 7"
_TOKEN: Final = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class OfficeHall:
    """A hall in ``folder`` at ``now`` (aware), with accounts for office, clerk and leader.

    ``loaded``: with the demonstration's content; ``like``: folder of a closed hall to start as a copy of.
    """

    folder: Path
    now: datetime
    loaded: bool = True
    like: Path | None = None
    clock: StandingClock = field(init=False)
    app: Flask = field(init=False)
    runtime: Runtime = field(init=False)

    def __post_init__(self) -> None:
        """Make keys, database, accounts and content, or take them from the hall it is like."""
        self.clock = StandingClock(int(self.now.timestamp() * 1000))
        settings = Settings(hall=HALL, data_dir=str(self.folder / "server"))
        if self.like is not None:
            shutil.copytree(self.like, self.folder, dirs_exist_ok=True)
        else:
            create_keys(settings.keys_path, HALL, self.clock.now_ms())
        self.app = create_app(settings, clock=self.clock)
        self.runtime = self.app.extensions[EXTENSION]
        if self.like is None:
            self._fill()

    def _fill(self) -> None:
        with self.app.app_context(), self.runtime.database.transaction() as session:
            for role, name in ((Role.OFFICE, "周办公"), (Role.CLERK, "林窗口"), (Role.LEADER, "高领导")):
                create_account(
                    session,
                    hall=HALL,
                    username=role.value,
                    display_name=name,
                    role=role,
                    password=PASSWORD,
                    clock=self.clock,
                )
            if self.loaded:
                load_demo_hall(session, HALL, timezone="Asia/Shanghai")
                publish(session, HALL, self.runtime.keyring, self.clock)

    def close(self) -> None:
        """Close the database."""
        self.runtime.database.close()

    def project(self, records: Sequence[ProjectedRecord]) -> None:
        """Give records to the projections as ingest does: in one transaction, by projection, in order."""
        with self.runtime.database.transaction() as session:
            project_records(session, records)

    def hear_kiosk(self, kiosk: str, until: datetime | None) -> None:
        """Put an enrolled kiosk into the hall that was heard up to an instant, or not at all."""
        with self.runtime.database.transaction() as session:
            session.merge(
                KioskSlot(
                    hall=HALL,
                    kiosk=kiosk,
                    place="一楼大厅",
                    state="enrolled",
                    made_by="system_administrator",
                    made_at=self.now,
                    approved_by="security_administrator",
                    approved_at=self.now,
                    watermark=until,
                    last_contact=until,
                )
            )

    def person(self, username: str = "office") -> OfficePerson:
        """Return somebody signed in."""
        return OfficePerson(self.app.test_client(), username)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve the pages on loopback; give the address."""
        server = create_server(self.app, host="127.0.0.1", port=0, threads=4)
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.effective_port}"
        finally:
            server.close()
            thread.join(10)


def project_records(session: Session, records: Sequence[ProjectedRecord]) -> None:
    """Run every projection over its records, each once, as ingest does."""
    by_projection: dict[int, list[ProjectedRecord]] = {}
    known = {id(projection): projection for projections in PROJECTIONS.values() for projection in projections}
    for record in records:
        for projection in PROJECTIONS.get(record.data.TYPE, ()):
            by_projection.setdefault(id(projection), []).append(record)
    for key, given in by_projection.items():
        known[key](session, given)


@dataclass
class OfficePerson:
    """Somebody at the pages, without a browser."""

    client: FlaskClient
    username: str

    def __post_init__(self) -> None:
        """Sign in."""
        answer = self.post("/sign-in", {"username": self.username, "password": PASSWORD})
        assert answer.status_code == 303, answer.status_code

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path)

    def text(self, path: str) -> str:
        """Return a page that must open."""
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.get_data(as_text=True)

    def post(self, path: str, values: dict[str, object], *, form: str | None = None) -> TestResponse:
        """Send the form of a page, with its token."""
        page = self.client.get(form or path).get_data(as_text=True)
        found = _TOKEN.search(page)
        assert found is not None, form or path
        return self.client.post(path, data={"form_token": found[1], **values})
