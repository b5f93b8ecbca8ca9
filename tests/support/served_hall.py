"""A real hall for a real kiosk: the server's program behind TLS on loopback, and kiosks built as in a hall.

The TLS front is the meddling proxy, so that any test can lose, cut, double or replace what passes.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from waitress.server import create_server

from kiosk.bootstrap import Kiosk, build_kiosk, enrol
from kiosk.config import KioskConfig, parse_config
from provisioning.demo.made_up_hall import load_demo_hall
from provisioning.keys import create_keys
from sync_server import create_app
from sync_server.badges.models import Badge
from sync_server.badges.operations import issue_badges
from sync_server.clock import SystemClock
from sync_server.config import Settings
from sync_server.fleet.operations import approve_enrolment, make_slot
from sync_server.ingest.models import LineRow
from sync_server.keyring import LEAF_FILE, LEAF_KEY_FILE
from sync_server.runtime import EXTENSION, Runtime
from sync_server.staff.models import StaffMember
from tests.support.http_proxy import HttpProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HALL: Final = "H1"
TIMEZONE: Final = "Asia/Shanghai"
PATIENCE: Final = timedelta(seconds=30)
"""How long a test waits for what must come; never how long something may take."""


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Return once ``is_so``; fail with ``what`` when patience is at its end."""
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while not is_so():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.02)


@dataclass
class ServedHall:
    """The server of a new hall in ``folder``, running; ``proxy``: its TLS front."""

    folder: Path
    runtime: Runtime = field(init=False)
    proxy: HttpProxy = field(init=False)

    def __post_init__(self) -> None:
        """Make the hall from nothing and serve it."""
        self.settings = Settings(hall=HALL, data_dir=str(self.folder / "server"), timezone=TIMEZONE)
        keys = self.settings.keys_path
        create_keys(keys, HALL, SystemClock(0).now_ms())
        self.app = create_app(self.settings)
        self.runtime = self.app.extensions[EXTENSION]
        with self.app.app_context(), self.runtime.database.transaction() as session:
            load_demo_hall(session, HALL, timezone=TIMEZONE)
            session.flush()
            everybody = list(session.scalars(select(StaffMember).order_by(StaffMember.number)))
            issue_badges(session, everybody, "office", self.runtime.clock, self.runtime.keyring)
        self._plain = create_server(self.app, host="127.0.0.1", port=0, threads=8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self.proxy = HttpProxy(
            self._plain.effective_port,
            certificate=keys / LEAF_FILE,
            private_key=keys / LEAF_KEY_FILE,
            upstream_tls=False,
        )

    def config(self, name: str = f"{HALL}-K01") -> KioskConfig:
        """Return a kiosk's settings, its data in the hall's folder."""
        return parse_config(
            (
                f'kiosk = "{name}"\nhall = "{HALL}"\nserver_url = "https://127.0.0.1:{self.proxy.port}"\n'
                f'data_dir = "{self.folder / name}"\n'
            ).encode()
        )

    def enrol(self, config: KioskConfig) -> str:
        """Enrol a kiosk by two people and return the fingerprint that both saw."""
        runtime = self.runtime
        with runtime.database.transaction() as session:
            code = make_slot(session, HALL, config.kiosk, "门厅", "system-administrator", runtime.clock)
        seen: list[str] = []

        def approve() -> None:
            with runtime.database.transaction() as session:
                approve_enrolment(
                    session, config.kiosk, seen[-1], "security-administrator", runtime.clock, runtime.keyring
                )

        enrol(config, code, seen.append, approve)
        return seen[-1]

    @contextmanager
    def kiosk(self, config: KioskConfig) -> Iterator[Kiosk]:
        """Run a kiosk without its window; it is ended in order."""
        running = build_kiosk(config)
        running.start()
        try:
            yield running
        finally:
            running.close()

    def badge_codes(self) -> list[str]:
        """Return the codes of all badges in force, by staff number."""
        with self.runtime.database.reading() as session:
            return list(
                session.scalars(
                    select(Badge.code)
                    .join(StaffMember, Badge.staff_id == StaffMember.id)
                    .where(Badge.state == "issued")
                    .order_by(StaffMember.number)
                )
            )

    def held(self, kind: str | None = None) -> list[tuple[str, int]]:
        """Return chain and position of every record the server holds, in order; ``kind``: of this type only."""
        with self.runtime.database.reading() as session:
            query = select(LineRow.chain, LineRow.seq).order_by(LineRow.chain, LineRow.seq)
            if kind is not None:
                query = query.where(LineRow.kind == kind)
            return [(row.chain, row.seq) for row in session.execute(query)]

    def close(self) -> None:
        """Stop serving."""
        self.proxy.close()
        self._plain.close()
        self._thread.join(0.3)
        self.runtime.database.close()

    def _serve(self) -> None:
        self._plain.run()
