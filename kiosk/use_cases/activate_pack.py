"""Put published sections in force and record that, so what was shown on which day can be proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.records import PackActivated

if TYPE_CHECKING:
    from kiosk.ports import Journal, PackStore
    from kiosk.published import PublishedHall
    from shared.pack import Pack


@dataclass(frozen=True)
class ActivatePack:
    """``ActivatePack(journal, packs)(pack)`` activates a verified pack, whole or not at all."""

    journal: Journal
    packs: PackStore

    def __call__(self, pack: Pack) -> PublishedHall:
        """Return the hall as it is published now.

        A power cut between the two steps leaves a version in force that is not recorded yet;
        :class:`kiosk.use_cases.start_kiosk.StartKiosk` records it at the next start.

        Raises:
            OutOfOrder: ``pack_older``.
            Unavailable: it could not be stored; the one before stays in force.
        """
        hall = self.packs.activate(pack)
        record_activation(self.journal, hall)
        return hall


def record_activation(journal: Journal, hall: PublishedHall) -> None:
    """Record that ``hall`` is in force, once a version."""
    if journal.recorded_pack != hall.version:
        journal.append(PackActivated(version=hall.version, sha256=hall.sha256))
