"""Opening the journal at a start: what can be believed is gone on with, what cannot is named and left.

Laws: no record is made on a head that two places of the disk do not agree on; what is damaged is set
aside, never deleted; the next epoch says from where it goes on, and damage is recorded as its first
fact. A kiosk does this by itself, also offline, and keeps serving.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from kiosk.durable_file import sync_folder
from kiosk.store.database import DAMAGED_MARK, JOURNAL_NAME, JournalDatabase
from kiosk.store.journal import SqliteJournal
from kiosk.store.lineage import KnownChain, load_lineage
from kiosk.store.salvage import salvage_records
from shared.chain import Head
from shared.errors import MalformedInput
from shared.records import StorageDamaged
from shared.signed_line import Purpose, hash_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kiosk.ports import Clock, Keystore, StoredLine

TAIL: Final = 256
"""Newest records that are looked at before a start; the scrub and the sending look at all."""

_log = logging.getLogger(__name__)


class OpenedJournal(NamedTuple):
    """A journal to go on with, and what was found damaged, to be recorded as its next facts."""

    journal: SqliteJournal
    damage: tuple[StorageDamaged, ...]


@dataclass(frozen=True)
class JournalPlace:
    """Where a kiosk's journal lies and who writes it. ``identity``: folder of the keys and the lineage."""

    folder: Path
    identity: Path
    clock: Clock
    keystore: Keystore
    kiosk: str
    hall: str

    def open(self) -> SqliteJournal:
        """Open the journal as it is. Raises as :class:`kiosk.store.database.JournalDatabase`."""
        database = JournalDatabase(self.folder)
        try:
            return SqliteJournal(
                database, self.clock, self.keystore, kiosk=self.kiosk, hall=self.hall, identity=self.identity
            )
        except BaseException:
            database.close()
            raise


def open_journal(place: JournalPlace) -> OpenedJournal:
    """Return the journal, recovered where that was needed.

    Raises:
        Unavailable: ``folder_read_only``, ``disk_full``, ``storage_failed``, ``already_running``.
    """
    damage: list[StorageDamaged] = []
    journal = _open_whole(place, damage) if not (place.folder / DAMAGED_MARK).exists() else None
    if journal is None:
        aside = set_aside(place.folder, place.clock.now_ms())
        journal = place.open()
        damage.append(_begin_anew(journal, aside, load_lineage(place.identity)))
    if journal.chain is None and journal.chains():
        damage.append(StorageDamaged(what="key", first=0, last=0))
        journal.open_epoch("damaged")
    return OpenedJournal(journal, tuple(damage))


def _open_whole(place: JournalPlace, damage: list[StorageDamaged]) -> SqliteJournal | None:
    """Return the journal with its tail looked at, or None where it is no database any more."""
    journal: SqliteJournal | None = None
    try:
        journal = place.open()
        damage += _look_at_tail(journal)
    except MalformedInput as error:
        if journal is not None:
            journal.close()
        if error.code != "journal_damaged":
            raise
        _log.error("journal_set_aside %s", error)
        return None
    return journal


def set_aside(folder: Path, now_ms: int) -> Path:
    """Move the journal's files into a folder of their own, whole, and return it."""
    aside = folder / f"damaged-{now_ms}"
    aside.mkdir(mode=0o700)
    for suffix in ("-wal", "-shm", ""):
        file = folder / (JOURNAL_NAME + suffix)
        if file.exists():
            file.replace(aside / file.name)
    sync_folder(aside)
    (folder / DAMAGED_MARK).unlink(missing_ok=True)
    sync_folder(folder)
    return aside


def _begin_anew(journal: SqliteJournal, aside: Path, known: Sequence[KnownChain]) -> StorageDamaged:
    """Take back what can be proved of the journal set aside, and go on in the next epoch."""
    files = [aside / (JOURNAL_NAME + suffix) for suffix in ("", "-wal")]
    left_at = journal.remember_chains(known, salvage_records(files, known))
    if left_at is None:
        return StorageDamaged(what="journal", first=0, last=0)
    journal.open_epoch("damaged", origin=left_at)
    return StorageDamaged(what="journal", first=0, last=left_at.seq)


def _look_at_tail(journal: SqliteJournal) -> list[StorageDamaged]:
    chains = journal.chains()
    if not chains:
        return []
    newest = chains[-1]
    tail = journal.tail(newest.name, TAIL)
    rotten = [line.seq for line in tail if hash_json(Purpose.RECORD, line.json) != line.hash]
    damage: list[StorageDamaged] = []
    unnamed = [seq for seq in rotten if not journal.is_named(newest.name, seq)]
    if unnamed:
        damage.append(StorageDamaged(what="journal", first=unnamed[0], last=unnamed[-1]))
    if not _is_agreed(newest.head, tail):
        believed = _believed_head(newest.head, tail)
        damage = [StorageDamaged(what="journal", first=min(believed.seq, newest.head.seq), last=newest.head.seq)]
        journal.open_epoch("damaged", origin=believed)
    elif unnamed:
        journal.name_damage(newest.name, unnamed[-1])
    return damage


def _is_agreed(head: Head, tail: Sequence[StoredLine]) -> bool:
    """Tell whether head row and newest record name the same position and hash."""
    if head.seq == 0:
        return not tail
    return bool(tail) and (tail[-1].seq, tail[-1].hash) == head


def _believed_head(head: Head, tail: Sequence[StoredLine]) -> Head:
    """Return the best word for where the chain was left, where head row and records differ."""
    if not tail or head.seq > tail[-1].seq:
        return head
    newest = tail[-1]
    is_whole = hash_json(Purpose.RECORD, newest.json) == newest.hash
    return Head(newest.seq, newest.hash) if is_whole else head
