"""Records of one made-up kiosk as projections get them: verified, in order, with their instant of receipt."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

from shared.instants import to_unix_ms
from shared.records import BadgeScanned, Record, TicketIssued, TicketPrinted, TicketPrintFailed
from sync_server.ingest.projected import ProjectedRecord

if TYPE_CHECKING:
    from datetime import datetime

    from shared.records import RecordData

CLOCK = Literal[0, 1, 2]


@dataclass
class ProjectedKiosk:
    """Gives out records one after another. ``disk``: another name is another chain of the same kiosk."""

    kiosk: str = "H1-K01"
    disk: str = "first"
    seq: int = field(default=0, init=False)

    @property
    def chain(self) -> str:
        return hashlib.sha256(f"{self.kiosk} {self.disk}".encode()).hexdigest()

    def scan(
        self,
        number: str,
        at: datetime,
        *,
        clock: CLOCK = 2,
        received: datetime | None = None,
    ) -> ProjectedRecord:
        """Return a badge_scanned of the member of staff with that number."""
        badge = int("".join(character for character in number if character.isdigit()) or "1")
        data = BadgeScanned(badge=badge, serial=1, staff=number, post=None, pack=1, flags=[])
        return self.record(data, at, clock=clock, received=received)

    def ticket(
        self,
        number: str,
        at: datetime,
        day: str,
        *,
        clock: CLOCK = 2,
        received: datetime | None = None,
    ) -> ProjectedRecord:
        """Return a ticket_issued."""
        data = TicketIssued(number=number, service=number[0], day=day, pack=1, ahead=None, ahead_age_s=None)
        return self.record(data, at, clock=clock, received=received)

    def printed(self, ticket: ProjectedRecord, at: datetime) -> ProjectedRecord:
        """Return that the paper of a ticket came out."""
        assert isinstance(ticket.data, TicketIssued)
        return self.record(TicketPrinted(ticket=ticket.seq, number=ticket.data.number), at)

    def print_failed(self, ticket: ProjectedRecord, at: datetime) -> ProjectedRecord:
        """Return that the paper of a ticket did not come out."""
        assert isinstance(ticket.data, TicketIssued)
        return self.record(TicketPrintFailed(ticket=ticket.seq, number=ticket.data.number, reason="no_paper"), at)

    def record(
        self, data: RecordData, at: datetime, *, clock: CLOCK = 2, received: datetime | None = None
    ) -> ProjectedRecord:
        """Return the next record of this kiosk."""
        self.seq += 1
        record = Record(
            at=to_unix_ms(at),
            boot="0a0b0c0d",
            clock=clock,
            data=msgspec.to_builtins(data),
            epoch=1,
            kiosk=self.kiosk,
            mono=self.seq * 1000,
            prev="0" * 64,
            seq=self.seq,
            type=data.TYPE,
        )
        return ProjectedRecord(
            hall="H1",
            kiosk=self.kiosk,
            chain=self.chain,
            branch="",
            seq=self.seq,
            hash=hashlib.sha256(f"{self.chain} {self.seq}".encode()).hexdigest(),
            record=record,
            data=data,
            received_at=received or at,
        )
