"""The demo's hall at work: its server and its kiosk as real processes, and the enrolment between them.

Owns what runs and nothing of what is shown; each process ends when this does.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import requests

from provisioning.demo.office import OfficePerson
from provisioning.demo.processes import Child, undisturbed, wait_for
from provisioning.demo.set_up import KIOSK, DemoHall
from shared.errors import Unavailable
from sync_server.accounts.policy import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMAND: Final = str(Path(sys.executable).with_name("servicehall"))
START_S: Final = 120.0
_CODE: Final = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b")
_FINGERPRINT: Final = re.compile(r"\b[0-9a-f]{4}(?:[ -]?[0-9a-f]{4}){7}\b")
_GROUP: Final = re.compile(r"<span>([0-9a-f]{4})</span>")


class RunningHall:
    """The processes of one demo. Use as a context manager; leaving it ends what it started."""

    def __init__(self, hall: DemoHall, *, display: str | None) -> None:
        """Prepare the commands. ``display``: X display of the kiosk's window, None draws offscreen."""
        self.hall = hall
        self.server = Child(
            "server",
            [COMMAND, "server", "run", "--config", str(hall.server_settings)],
            hall.folder / "server.log",
            {"DATABASE_URL": ""},
        )
        self.kiosk = Child(
            "kiosk",
            [sys.executable, "-m", "kiosk", "--config", str(hall.kiosk_settings)],
            hall.folder / "kiosk.log",
            _window_environment(display),
        )
        self._enrolling = Child(
            "enrolment",
            [COMMAND, "enrol", "kiosk", "--config", str(hall.kiosk_settings), "--code"],
            hall.folder / "enrolment.log",
        )

    def __enter__(self) -> Self:
        """Return itself; nothing runs yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what was started, the kiosk first."""
        with undisturbed():
            for child in (self.kiosk, self._enrolling, self.server):
                child.stop()

    def start_server(self) -> None:
        """Start the server and return when its office page answers."""
        self.server.start()
        wait_for("server", self._office_answers, limit_s=START_S, child=self.server)

    def start_kiosk(self) -> None:
        """Start the kiosk and return when its first screen was drawn."""
        before = self._screens_drawn()
        self.kiosk.start()
        wait_for("kiosk", lambda: self._screens_drawn() > before, limit_s=START_S, child=self.kiosk)

    def enrol(self) -> str:
        """Join the kiosk to the hall by two people at the office page; return the fingerprint both saw."""
        first = self.sign_in(Role.SYSTEM_ADMINISTRATOR)
        page = first.submit("/kiosks/new", {"kiosk": KIOSK, "place": "一楼大厅"}, where="/kiosks/new")
        code = _CODE.search(page.text)
        if code is None:
            raise Unavailable("demo_enrolment_failed", why="code")
        self._enrolling.command.append(code[0])
        self._enrolling.start()
        wait_for("enrolment", lambda: self._fingerprint() is not None, limit_s=START_S, child=self._enrolling)
        fingerprint = self._fingerprint() or ""
        second = self.sign_in(Role.SECURITY_ADMINISTRATOR)
        approval = f"/kiosks/{KIOSK}/approval"
        told = _FINGERPRINT.search(" ".join(_GROUP.findall(second.get(approval).text)))
        if told is None or _characters(told[0]) != _characters(fingerprint):
            raise Unavailable("demo_enrolment_failed", why="fingerprint")
        second.submit(approval, {"decision": "approve"}, where="approval")
        wait_for("enrolment", lambda: self._enrolling.ended, limit_s=START_S)
        return fingerprint

    def sign_in(self, role: Role) -> OfficePerson:
        """Sign in at the office page as the user of that role."""
        user = self.hall.user(role)
        return OfficePerson(self.hall.office, user.username, user.password)

    def _office_answers(self) -> bool:
        try:
            session = requests.Session()
            session.trust_env = False
            return session.get(self.hall.office + "/sign-in", timeout=5).ok
        except requests.RequestException:
            return False

    def _screens_drawn(self) -> int:
        try:
            return self.hall.screen_log.read_bytes().count(b"\n")
        except FileNotFoundError:
            return 0

    def _fingerprint(self) -> str | None:
        found = _FINGERPRINT.search(self._enrolling.log.read_text("utf-8") if self._enrolling.log.exists() else "")
        return None if found is None else found[0]


def _characters(fingerprint: str) -> str:
    return re.sub(r"[^0-9a-f]", "", fingerprint)


def _window_environment(display: str | None) -> Mapping[str, str]:
    if display is not None:
        return {"DISPLAY": display, "SDL_VIDEODRIVER": "x11", "SDL_AUDIODRIVER": "dummy"}
    if os.environ.get("DISPLAY"):
        return {}
    return {"SDL_VIDEODRIVER": "offscreen", "SDL_AUDIODRIVER": "dummy"}
