"""Start: record that the program came up, how the run before ended, and what was found damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.use_cases.activate_pack import record_activation
from kiosk.use_cases.answers import StartReport
from shared.records import KioskStarted, StorageDamaged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiosk.ports import Journal, PackStore


@dataclass(frozen=True)
class StartKiosk:
    """``StartKiosk(...)()`` is called once a run, before the first touch. ``program``: name and version."""

    journal: Journal
    packs: PackStore
    program: str

    def __call__(self, damage: Sequence[StorageDamaged] = ()) -> StartReport:
        """Record the start and each damage that recovery named; return both.

        Raises:
            Unavailable: nothing can be recorded: the kiosk shows why and records nothing.
        """
        previous = self.journal.begin_run()
        named = list(damage)
        if self.packs.damaged:
            named.append(StorageDamaged(what="pack", first=0, last=0))
        for one in named:
            self.journal.append(one)
        hall = self.packs.active
        self.journal.append(
            KioskStarted(program=self.program, previous=previous, pack=hall.version if hall is not None else 0)
        )
        if hall is not None:
            record_activation(self.journal, hall)
        return StartReport(previous, tuple(one.what for one in named))
