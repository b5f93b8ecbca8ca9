"""A number that was given: the number, who is ahead, and how the paper is doing. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.flow.frame import compose_frame, way_out
from kiosk.flow.models import Icon, Leaving, Notice, TicketModel
from kiosk.flow.phrases import format_age, format_moment
from kiosk.flow.services import format_windows

if TYPE_CHECKING:
    from kiosk.flow.places import AtTicket
    from kiosk.flow.scene import Scene
    from kiosk.use_cases.answers import IssuedTicket, PrintOutcome


def compose_ticket(scene: Scene, place: AtTicket) -> TicketModel:
    """Return the screen of a number. What it says ahead is as told at issuing, with its age then."""
    words = scene.words
    issued = place.issued
    paper, follows = _paper(place.outcome, scene)
    noted = place.outcome is not None and not place.outcome.printed
    return TicketModel(
        frame=compose_frame(scene, leave=way_out(scene, "ticket.noted" if noted else "ticket.done")),
        title=words("ticket.title"),
        number=issued.number,
        service=scene.name_of(issued.service.name),
        windows=format_windows(issued.service.windows, words),
        ahead=_ahead(issued, scene),
        ahead_age=""
        if issued.ahead is None or issued.ahead_age_s is None
        else words("ticket.ahead_age", age=format_age(issued.ahead_age_s, words)),
        paper=paper,
        paper_follows=follows,
        at=words("ticket.at", moment=format_moment(issued.at_ms, scene.now_ms, scene.zone, words)),
        leaving=None if place.outcome is None else Leaving(place.since_ms, place.until_ms),
    )


def _ahead(issued: IssuedTicket, scene: Scene) -> str:
    if issued.ahead is None:
        return scene.words("ticket.ahead_unknown")
    return scene.words("ticket.next") if issued.ahead == 0 else scene.words("ticket.ahead", n=issued.ahead)


def _paper(outcome: PrintOutcome | None, scene: Scene) -> tuple[Notice, str]:
    words = scene.words
    if outcome is None:
        return Notice("plain", Icon.PRINTER, words("ticket.printing")), words("ticket.printing_follows")
    if outcome.printed:
        return Notice("done", Icon.DONE, words("ticket.printed")), words("ticket.printed_follows")
    reason = f"ticket.failed_{outcome.reason}"
    follows = words(reason if reason in words else "ticket.failed_error")
    return Notice("attention", Icon.PRINTER_OFF, words("ticket.failed")), follows
