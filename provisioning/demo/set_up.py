"""Sets up the demo's hall: keys, settings, people, posts, badges, accounts and an event.

What an administrator would do on the first day, through the same operations; the folder is made anew
each time, so that two runs begin alike.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from provisioning.demo.made_up_hall import load_demo_hall
from provisioning.demo.processes import free_port
from provisioning.keys import create_keys
from shared.errors import MalformedInput
from sync_server import create_app
from sync_server.accounts.operations import create_account
from sync_server.accounts.policy import Role
from sync_server.attendance.models import SessionKind
from sync_server.attendance.operations import make_session
from sync_server.badges.operations import issue_badges
from sync_server.clock import SystemClock
from sync_server.config import load_settings
from sync_server.runtime import EXTENSION, Runtime
from sync_server.staff.models import StaffMember

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

HALL: Final = "H1"
KIOSK: Final = "H1-K01"
TIMEZONE: Final = "Asia/Shanghai"
EVENT_IN: Final = timedelta(minutes=10)
EVENT_LASTS: Final = timedelta(hours=2)


@dataclass(frozen=True)
class DemoUser:
    """Someone who may sign in at the office page of this demo."""

    username: str
    password: str
    role: str
    display_name: str


@dataclass(frozen=True)
class DemoHall:
    """A hall that is set up and not yet running. ``clock_offset_ms``: added to the system clock."""

    folder: Path
    server_settings: Path
    kiosk_settings: Path
    office: str
    sync_port: int
    users: tuple[DemoUser, ...]
    clock_offset_ms: int
    event_begins: datetime

    def user(self, role: Role) -> DemoUser:
        """Return the user of that role."""
        return next(user for user in self.users if user.role == role.value)

    @property
    def screen_log(self) -> Path:
        """Where the kiosk's witness writes what the screen showed."""
        return self.folder / "kiosk" / "screen.jsonl"

    @property
    def picture(self) -> Path:
        """The newest picture of the kiosk's screen."""
        return self.folder / "kiosk" / "screen.png"

    @property
    def database(self) -> Path:
        """The server's database file."""
        return self.folder / "server" / "servicehall.sqlite3"

    @property
    def keys(self) -> Path:
        """The server's keys."""
        return self.folder / "server" / "keys"


def parse_now(text: str, clock: SystemClock) -> int:
    """Return the offset in ms by which the demo's clock is shifted to show ``text`` now.

    ``text``: ``2027-01-04``, ``2027-01-04 08:50`` or ``23:55``, in the hall's time zone; without a
    time 08:50, without a day today.

    Raises:
        MalformedInput: ``demo_now_malformed``.
    """
    zone = ZoneInfo(TIMEZONE)
    here = clock.now().astimezone(zone)
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%H:%M"):
        try:
            given = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the hall's, put in below
        except ValueError:
            continue
        if form == "%H:%M":
            given = given.replace(year=here.year, month=here.month, day=here.day)
        if form == "%Y-%m-%d":
            given = given.replace(hour=8, minute=50)
        return (given.replace(tzinfo=zone) - here) // timedelta(milliseconds=1)
    raise MalformedInput("demo_now_malformed", given=text)


def set_up_hall(folder: Path, *, clock_offset_ms: int) -> DemoHall:
    """Make the hall's folder anew and everything in it; return where it is. Nothing runs yet."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "server").mkdir(parents=True)
    (folder / "kiosk").mkdir()
    office_port, sync_port = free_port(), free_port()
    clock = SystemClock(clock_offset_ms)
    begins = (clock.now() + EVENT_IN).replace(second=0, microsecond=0)
    hall = DemoHall(
        folder=folder,
        server_settings=folder / "server" / "server.toml",
        kiosk_settings=folder / "kiosk" / "kiosk.toml",
        office=f"http://127.0.0.1:{office_port}",
        sync_port=sync_port,
        users=_make_users(),
        clock_offset_ms=clock_offset_ms,
        event_begins=begins,
    )
    create_keys(hall.keys, HALL, clock.now_ms())
    _write_settings(hall, office_port)
    _fill(hall, clock)
    _keep_users(hall)
    return hall


def _make_users() -> tuple[DemoUser, ...]:
    named = (
        ("admin", Role.SYSTEM_ADMINISTRATOR, "沈系统"),
        ("security", Role.SECURITY_ADMINISTRATOR, "顾安全"),
        ("office", Role.OFFICE, "周办公"),
        ("clerk", Role.CLERK, "林窗口"),
    )
    return tuple(DemoUser(name, secrets.token_urlsafe(9), role.value, shown) for name, role, shown in named)


def _write_settings(hall: DemoHall, office_port: int) -> None:
    hall.server_settings.write_text(
        f'hall = "{HALL}"\n'
        'data_dir = "."\n'
        f'timezone = "{TIMEZONE}"\n'
        f"clock_offset_ms = {hall.clock_offset_ms}\n"
        f'office_listen = "127.0.0.1:{office_port}"\n'
        f'sync_listen = "127.0.0.1:{hall.sync_port}"\n'
        'demo_picture = "../kiosk/screen.png"\n',
        encoding="utf-8",
    )
    hall.kiosk_settings.write_text(
        f'kiosk = "{KIOSK}"\n'
        f'hall = "{HALL}"\n'
        f'server_url = "https://127.0.0.1:{hall.sync_port}"\n'
        'data_dir = "."\n'
        'language = "zh"\n'
        f"clock_offset_ms = {hall.clock_offset_ms}\n\n"
        "[screen]\nwidth = 1080\nheight = 1920\nfullscreen = false\n\n"
        '[printer]\nkind = "virtual"\nfolder = "printed"\n\n'
        '[witness]\nscreen_log = "screen.jsonl"\npicture = "screen.png"\n',
        encoding="utf-8",
    )


def _fill(hall: DemoHall, clock: SystemClock) -> None:
    app = create_app(load_settings(hall.server_settings), clock=clock)
    runtime: Runtime = app.extensions[EXTENSION]
    try:
        with app.app_context(), runtime.database.transaction() as session:
            for user in hall.users:
                create_account(
                    session,
                    hall=HALL,
                    username=user.username,
                    display_name=user.display_name,
                    role=Role(user.role),
                    password=user.password,
                    clock=clock,
                )
            load_demo_hall(session, HALL, timezone=TIMEZONE)
            session.flush()
            everybody = _everybody(session)
            issue_badges(session, everybody, "office", clock, runtime.keyring)
            make_session(
                session,
                HALL,
                kind=SessionKind.EVENT,
                title="政务服务中心开放日",
                place="一楼大厅",
                begins=hall.event_begins,
                ends=hall.event_begins + EVENT_LASTS,
                staff_ids=[member.id for member in everybody],
                by="office",
                now=clock.now(),
            )
    finally:
        runtime.database.close()


def _everybody(session: Session) -> list[StaffMember]:
    return list(session.scalars(select(StaffMember).where(StaffMember.hall == HALL).order_by(StaffMember.number)))


def _keep_users(hall: DemoHall) -> None:
    handle = os.open(hall.folder / "users.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump([vars(user) for user in hall.users], file, ensure_ascii=False, indent=1)
