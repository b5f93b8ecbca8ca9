"""A kiosk's stores on real files, with a clock that is wound: what tests of journal, packs and sync begin with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kiosk.devices.keystore import FileKeystore
from kiosk.store.packs import TinyPackStore
from kiosk.store.recovery import JournalPlace, open_journal
from kiosk.store.sync_ledger import SqliteSyncLedger
from kiosk.use_cases.activate_pack import ActivatePack
from shared.chain import Head, verify_opening, verify_run
from shared.records import BadgeRefused, Record, parse_record
from shared.signed_line import SignedLine
from tests.support.kiosk_stand_ins import PlainBoard, WoundClock
from tests.support.small_hall import HALL, KIOSK, SmallHall

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.store.journal import SqliteJournal
    from shared.records import StorageDamaged

_opened: list[SqliteJournal] = []


def close_all_stores() -> None:
    """Close every journal that was opened since the last call; closing one twice does nothing."""
    while _opened:
        _opened.pop().close()


@dataclass
class KioskStores:
    """Journal and packs of an enrolled kiosk in ``folder``."""

    folder: Path
    clock: WoundClock = field(default_factory=WoundClock)
    hall: SmallHall = field(default_factory=SmallHall)
    board: PlainBoard = field(default_factory=PlainBoard)
    damage: tuple[StorageDamaged, ...] = ()
    journal: SqliteJournal = field(init=False)
    packs: TinyPackStore = field(init=False)

    def __post_init__(self) -> None:
        """Open, and enrol where that is new."""
        self.open()
        if self.journal.chain is None:
            self.journal.open_epoch("enrolled")

    @property
    def place(self) -> JournalPlace:
        """Where the journal lies."""
        identity = self.folder / "identity"
        return JournalPlace(self.folder / "journal", identity, self.clock, FileKeystore(identity), KIOSK, HALL)

    @property
    def ledger(self) -> SqliteSyncLedger:
        """The agent's side of the journal."""
        return SqliteSyncLedger(self.journal, self.clock)

    def open(self) -> None:
        """Open the stores, recovering what needs it."""
        opened = open_journal(self.place)
        self.journal, self.damage = opened
        _opened.append(self.journal)
        self.packs = TinyPackStore(self.folder / "packs", version_floor=self.journal.recorded_pack)

    def reopen(self) -> None:
        """Close and open again, as a new start would."""
        self.journal.close()
        self.open()

    def publish(self, version: int = 1) -> None:
        """Activate the small hall."""
        ActivatePack(self.journal, self.packs)(self.hall.pack(version))

    def record(self, count: int = 1) -> None:
        """Record some facts."""
        for number in range(count):
            self.journal.append(BadgeRefused(reason="cut", code=f"{number:064x}", pack=0))

    def records(self) -> list[Record]:
        """Return all records of the newest chain."""
        return [parse_record(line.json) for line in self.journal.tail(self.journal.chains()[-1].name, 1_000_000)]

    def verify(self) -> Head:
        """Return the newest chain's head once every line of it is verified."""
        newest = self.journal.chains()[-1]
        opened = verify_opening(self.journal.opening_lines(newest.name)[:1])
        lines = [SignedLine(line.signature, line.json).to_bytes() for line in self.journal.tail(newest.name, 1_000_000)]
        head = verify_run(opened, lines)
        assert head == newest.head
        return head
