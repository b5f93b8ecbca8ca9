"""The live state that kiosks show with its age, and the bell that wakes those who wait for the next.

One thread a process looks at the state's version while anybody waits; so two hundred kiosks that
wait cost one question a half second, not two hundred.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from shared.instants import from_unix_ms
from shared.signed_line import Purpose
from shared.sync_messages import StateFields
from sync_server.attendance.queries import posts_on_duty
from sync_server.ingest.incarnation import current_incarnation
from sync_server.publishing.queries import newest_version, state_version
from sync_server.queue.queries import service_states

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from sync_server.db import Database
    from sync_server.runtime import Runtime

_LOOK_EVERY_S: Final = 0.5


class StateBell:
    """Wakes whoever waits for a state newer than the one they have."""

    def __init__(self, database: Database, hall: str) -> None:
        """Look at nothing before somebody waits."""
        self._database = database
        self._hall = hall
        self._changed = threading.Condition()
        self._waiting = 0
        self._version = -1
        self._looking = False
        self._closed = False
        self._looker: threading.Thread | None = None

    def wait_for_newer(self, since: int, timeout_s: float) -> None:
        """Return when the state's version is above ``since``, at the latest after the timeout."""
        with self._changed:
            self._waiting += 1
            if not self._looking and not self._closed:
                self._looking = True
                self._version = since
                self._looker = threading.Thread(target=self._look, name="state-bell", daemon=True)
                self._looker.start()
            try:
                self._changed.wait_for(lambda: self._closed or self._version > since, timeout_s)
            finally:
                self._waiting -= 1

    def close(self) -> None:
        """Let everybody go who waits, and look no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._looker is not None:
            self._looker.join()

    def _look(self) -> None:
        while True:
            try:
                with self._database.reading() as session:
                    version = state_version(session, self._hall)
            except Exception:  # noqa: BLE001 - whatever ails the database, those who wait are let go by their timeout
                version = -1
            with self._changed:
                if version not in {-1, self._version}:
                    self._version = version
                    self._changed.notify_all()
                if self._closed or not self._waiting:
                    self._looking = False
                    return
                self._changed.wait(_LOOK_EVERY_S)


def sign_state(runtime: Runtime) -> bytes:
    """Return the state line as of now, with LF."""
    with runtime.database.reading() as session:
        fields = read_state(session, runtime)
    return runtime.keyring.sign(Purpose.STATE, fields) + b"\n"


def read_state(session: Session, runtime: Runtime) -> StateFields:
    """Return what is shown on kiosks and never recorded as a fact."""
    now_ms = runtime.clock.now_ms()
    hall = runtime.hall
    pack = newest_version(session, hall)
    return StateFields(
        as_of=now_ms,
        hall=hall,
        incarnation=current_incarnation(session, hall) or "",
        key=runtime.keyring.key_id(Purpose.STATE),
        on_duty=posts_on_duty(session, hall, from_unix_ms(now_ms)),
        pack=pack,
        revocations=pack,
        services=service_states(session, hall, from_unix_ms(now_ms)),
        version=state_version(session, hall),
    )
