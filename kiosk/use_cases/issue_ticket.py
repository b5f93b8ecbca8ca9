"""Issue a number: ask the printer first, make the number durable, and only then show it.

No two tickets of a hall's day bear the same number: letter, this kiosk's character, a count that
only this disk gives out. The figure of people ahead is the server's, with its age, plus the numbers
given here that the server cannot have counted yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from kiosk.use_cases.answers import IssuedTicket
from shared.errors import RuleViolation, Unavailable
from shared.records import TicketIssued
from shared.ticket_number import TicketNumber, kiosk_character, next_count

if TYPE_CHECKING:
    from kiosk.ports import Clock, Journal, PackStore, Printer, StateBoard, TicketsSoFar


class PeopleAhead(NamedTuple):
    """``people``: how many; ``age_s``: age of the server's figure in it. Both None where none of today is known."""

    people: int | None
    age_s: int | None


@dataclass(frozen=True)
class IssueTicket:
    """``IssueTicket(...)(letter, language)`` records a number and returns it."""

    kiosk: str
    journal: Journal
    packs: PackStore
    board: StateBoard
    printer: Printer
    clock: Clock

    def __call__(self, service_letter: str, language: str = "zh") -> IssuedTicket:
        """Return the new number, after it is durable.

        Raises:
            RuleViolation: ``service_unknown``, ``ticket_numbers_exhausted``, ``kiosk_without_ticket_character``.
            Unavailable: ``nothing_published``, or it could not be recorded: then there is no number.
        """
        hall = self.packs.active
        if hall is None:
            raise Unavailable("nothing_published")
        service = hall.service(service_letter)
        if service is None:
            raise RuleViolation("service_unknown")
        character = kiosk_character(self.kiosk)
        printer = self.printer.state()
        day = hall.day_of(self.clock.now_ms()).isoformat()
        floor_day, floor = self.journal.ticket_floor
        ahead = self.people_ahead(service_letter, day)

        def compose(so_far: TicketsSoFar) -> TicketIssued:
            count = next_count(so_far.last, floor=floor if floor_day == day else 0, epoch_is_new=so_far.epoch_is_new)
            return TicketIssued(
                number=str(TicketNumber(service_letter, character, count)),
                service=service_letter,
                day=day,
                pack=hall.version,
                ahead=ahead.people,
                ahead_age_s=ahead.age_s,
            )

        recorded, issued = self.journal.append_ticket(service_letter, day, compose)
        return IssuedTicket(
            number=issued.number,
            service=service,
            ahead=ahead.people,
            ahead_age_s=ahead.age_s,
            at_ms=recorded.at_ms,
            seq=recorded.seq,
            printer=printer,
            language=language,
        )

    def people_ahead(self, service_letter: str, day: str) -> PeopleAhead:
        """Return how many wait for a service, as far as this kiosk can know."""
        seen = self.board.state
        hall = self.packs.active
        if seen is None or hall is None or hall.day_of(seen.fields.as_of).isoformat() != day:
            return PeopleAhead(None, None)
        waiting = next((told.waiting for told in seen.fields.services if told.service == service_letter), 0)
        own = self.journal.tickets_not_in(service_letter, day, seen.fields.as_of)
        age_ms = max(0, self.clock.mono_ms() - seen.received_mono_ms)
        return PeopleAhead(waiting + own, age_ms // 1000)
