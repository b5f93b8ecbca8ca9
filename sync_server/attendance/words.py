"""How a standing and a kind of session are said and shown: word, tone and icon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from flask_babel import lazy_gettext as _

from sync_server.attendance.models import SessionKind
from sync_server.attendance.rules import Standing

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString


class Saying(NamedTuple):
    """``tone``: one of the tones of the pages; ``icon``: a name of icons.toml."""

    word: LazyString
    tone: str
    icon: str


STANDINGS: Final[dict[Standing, Saying]] = {
    Standing.ARRIVED: Saying(_("arrived"), "done", "circle-check"),
    Standing.LATE: Saying(_("late"), "attention", "clock-exclamation"),
    Standing.NEEDS_REVIEW: Saying(_("needs review"), "attention", "clock-question"),
    Standing.NOT_YET: Saying(_("not yet"), "quiet", "hourglass"),
    Standing.MISSING: Saying(_("not here"), "refused", "circle-dashed"),
    Standing.ABSENT: Saying(_("absent"), "refused", "circle-x"),
    Standing.NOT_KNOWN: Saying(_("not known"), "attention", "help-circle"),
}

KINDS: Final[dict[SessionKind, LazyString]] = {
    SessionKind.EVENT: _("Major event"),
    SessionKind.GATHERING: _("Gathering"),
    SessionKind.SHIFT: _("Workday shift"),
}
