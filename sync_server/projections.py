"""The one table from record type to what is derived from it.

A projection named under several types gets the records of all of them in one call, in the order of
their chain; projections do not depend on one another. ``PROJECTED_TABLES`` are made of records alone:
``servicehall server rebuild`` empties them and makes them again. What the office does lies in other
tables.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from shared.records import BadgeScanned, TicketIssued, TicketPrinted, TicketPrintFailed
from sync_server.attendance.models import AttendanceScan
from sync_server.attendance.operations import project_badge_scanned
from sync_server.queue.models import QueueTicket
from sync_server.queue.operations import project_tickets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sync_server.db import Base
    from sync_server.ingest.projected import Projection

PROJECTIONS: Final[Mapping[str, tuple[Projection, ...]]] = MappingProxyType(
    {
        BadgeScanned.TYPE: (project_badge_scanned,),
        TicketIssued.TYPE: (project_tickets,),
        TicketPrinted.TYPE: (project_tickets,),
        TicketPrintFailed.TYPE: (project_tickets,),
    }
)

PROJECTED_TABLES: Final[tuple[type[Base], ...]] = (AttendanceScan, QueueTicket)
"""In the order in which they are emptied: children before parents."""
