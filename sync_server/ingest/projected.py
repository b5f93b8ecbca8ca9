"""What a projection is given: records that count, in the order of their chain.

A projection derives tables from records and from nothing else, so that they can be made again from
the records alone. It runs inside the transaction that takes the records in; it gets all records of
that transaction that are of its types at once, so that it can write them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlalchemy.orm import Session

from shared.instants import from_unix_ms

if TYPE_CHECKING:
    from datetime import datetime

    from shared.records import Record, RecordData

_LATEST_MS: Final = 253_402_300_799_999 - 86_400_000
"""A day before the end of year 9999, the last that a datetime can say; a broken clock may say more."""


@dataclass(frozen=True, slots=True)
class ProjectedRecord:
    """One record that counts. ``branch``: "" for the chain itself; ``hash``: 64 hex of its json.

    ``data``: the typed part; records of unknown types or schemas reach no projection.
    """

    hall: str
    kiosk: str
    chain: str
    branch: str
    seq: int
    hash: str
    record: Record
    data: RecordData
    received_at: datetime

    @property
    def recorded_at(self) -> datetime:
        """What the kiosk's clock said, aware UTC; never an error, however wrong the clock was."""
        return from_unix_ms(min(self.record.at, _LATEST_MS))


Projection: TypeAlias = Callable[[Session, Sequence[ProjectedRecord]], None]


def each(project: Callable[[Session, ProjectedRecord], None]) -> Projection:
    """Return a projection that gives its records to ``project`` one by one."""

    def project_each(session: Session, records: Sequence[ProjectedRecord]) -> None:
        for record in records:
            project(session, record)

    return project_each
