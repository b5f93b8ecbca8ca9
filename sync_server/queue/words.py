"""How the standing of a ticket is said and shown: word, tone and icon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from flask_babel import lazy_gettext as _

from sync_server.queue.rules import TicketState

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString


class Saying(NamedTuple):
    """``tone``: one of the tones of the pages; ``icon``: a name of icons.toml."""

    word: LazyString
    tone: str
    icon: str


STATES: Final[dict[TicketState, Saying]] = {
    TicketState.WAITING: Saying(_("waiting"), "quiet", "hourglass"),
    TicketState.CALLED: Saying(_("called"), "quiet", "bell-ringing"),
    TicketState.SERVED: Saying(_("served"), "done", "circle-check"),
    TicketState.NOT_COME: Saying(_("not come"), "attention", "user-x"),
}
