"""What the first page says at one look: who is on duty, which kiosk is silent, who waits, what needs me.

It reads the domains and owns no table; a part that the role may not open is not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from sync_server.attendance.queries import live_day
from sync_server.badges.queries import counts
from sync_server.fleet.queries import list_pending, list_provisional
from sync_server.fleet.views import read_rows
from sync_server.queue.queries import service_states
from sync_server.web.routing import policy_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from sync_server.accounts.current import SignedInUser
    from sync_server.attendance.queries import LiveSession
    from sync_server.fleet.views import KioskRow
    from sync_server.runtime import Runtime

_ATTENDANCE: Final = "attendance.today"
_KIOSKS: Final = "fleet.list_kiosks"
_BADGES: Final = "badges.list_badges"
_APPROVE: Final = "fleet.approve"


@dataclass(frozen=True)
class Task:
    """Something that waits for the reader. ``tone``: of the pages; ``link``: where it is done."""

    text: str
    link: str
    tone: str
    icon: str


@dataclass(frozen=True)
class Overview:
    """The page's figures. None where the role may not know."""

    sessions: Sequence[LiveSession] | None
    kiosks: Sequence[KioskRow] | None
    waiting: int | None
    tasks: Sequence[Task]

    @property
    def silent(self) -> int:
        """How many kiosks were heard once and are silent now."""
        return sum(row.standing == "silent" for row in self.kiosks or ())

    @property
    def expected(self) -> int:
        """How many people today's sessions expect."""
        return sum(session.expected for session in self.sessions or ())

    @property
    def present(self) -> int:
        """How many of them showed their badge."""
        return sum(session.present for session in self.sessions or ())


def read_overview(session: Session, runtime: Runtime, user: SignedInUser) -> Overview:
    """Return what ``user`` may see of the hall now."""
    policy = policy_of(current_app)
    hall, now = runtime.hall, runtime.clock.now()
    sees_attendance = policy.allows(_ATTENDANCE, user.role)
    sees_kiosks = policy.allows(_KIOSKS, user.role)
    kiosks = read_rows(session, hall, now) if sees_kiosks else None
    return Overview(
        sessions=live_day(session, hall, now) if sees_attendance else None,
        kiosks=kiosks,
        waiting=sum(state.waiting for state in service_states(session, hall, now)) if sees_attendance else None,
        tasks=_tasks(session, hall, user, kiosks or ()),
    )


def _tasks(session: Session, hall: str, user: SignedInUser, kiosks: Sequence[KioskRow]) -> list[Task]:
    policy = policy_of(current_app)
    tasks = []
    if policy.allows(_APPROVE, user.role):
        tasks += [
            Task(
                _("%(kiosk)s waits for approval by a second person", kiosk=item.kiosk),
                url_for(_APPROVE, kiosk=item.kiosk),
                "attention",
                "fingerprint",
            )
            for item in list_pending(session, hall)
            if item.made_by != user.username
        ]
    if kiosks:
        link = url_for(_KIOSKS)
        tasks += [
            Task(
                _("%(kiosk)s is silent: look at its line and power", kiosk=row.slot.kiosk),
                link,
                "attention",
                "wifi-off",
            )
            for row in kiosks
            if row.standing == "silent"
        ]
        tasks += [
            Task(
                _("%(kiosk)s began a new chain by itself; its records wait", kiosk=item.kiosk),
                link,
                "attention",
                "git-fork",
            )
            for item in list_provisional(session, hall)
            if any(row.slot.kiosk == item.kiosk and row.epoch is not None for row in kiosks)
        ]
    if policy.allows("badges.issue", user.role):
        missing = counts(session, hall).missing
        if missing:
            text = ngettext("%(num)d member of staff has no badge", "%(num)d members of staff have no badge", missing)
            tasks.append(Task(text, url_for(_BADGES, standing="missing"), "quiet", "id-badge-off"))
    return tasks
