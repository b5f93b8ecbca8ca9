"""The journal's SQLite file: one process, one connection, WAL with synchronous=FULL.

Owns opening, transactions and what a failure means. Laws: a transaction is durable when
:meth:`JournalDatabase.transaction` leaves without an error and otherwise stored nothing; after the
first failed read, write or sync of the medium it never stores again in this run (fail-stop), for a
kernel may forget what it could not write; a full disk is only a pause.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from kiosk.durable_file import make_private_folder, sync_folder, unavailable_from, write_durably
from kiosk.store.schema import SCHEMA, SCHEMA_VERSION
from shared.errors import MalformedInput, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BALLAST_BYTES: Final = 1024 * 1024
"""Held back so that "disk full" can still be logged and the store closed in order."""

RESERVE_BYTES: Final = 2 * BALLAST_BYTES
"""Below this much free space nothing more is recorded: a WAL frame must never be the last block."""

CHECKPOINT_EVERY: Final = 500
"""Transactions between checkpoints; a WAL of some 2,000 pages is read through in milliseconds."""

JOURNAL_NAME: Final = "journal.sqlite3"
DAMAGED_MARK: Final = "damaged"
"""Beside the journal: it was found damaged while in use and is to be set aside at the next start."""

_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_READ_ONLY: Final = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
)
_PRIMARY: Final = 0xFF
_log = logging.getLogger(__name__)


class JournalDatabase:
    """One open journal file in ``folder``."""

    def __init__(self, folder: Path) -> None:
        """Open or make the file.

        Raises:
            Unavailable: ``folder_read_only``, ``disk_full``, ``storage_failed``, ``already_running``.
            MalformedInput: ``journal_damaged``: it is no database any more.
        """
        self.folder = folder
        self.path = folder / JOURNAL_NAME
        self._ballast = folder / "ballast"
        self._lock = threading.RLock()
        self._failure: str | None = None
        self._closed = False
        self._since_checkpoint = 0
        make_private_folder(folder)
        self._take_folder()
        try:
            self._connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            os.close(self._folder_lock)
            raise self._failed(error) from error
        try:
            self._prepare()
            self._make_ballast()
        except sqlite3.Error as error:
            self.close()
            raise self._failed(error) from error
        except BaseException:
            self.close()
            raise

    @property
    def failure(self) -> str | None:
        """Code of the failure that stopped this store for good, None while it works."""
        return self._failure

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose writes become durable together, or not at all.

        Raises:
            Unavailable: ``disk_full``, ``folder_read_only``, ``storage_failed``.
        """
        with self._lock:
            self._check_room()
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise self._failed(error) from error
            self._since_checkpoint += 1
            if self._since_checkpoint >= CHECKPOINT_EVERY:
                self._checkpoint()

    def rows(self, query: str, *values: object) -> list[Any]:
        """Return all rows of a query.

        Raises:
            Unavailable: ``storage_failed``.
        """
        with self._lock:
            if self._closed:
                raise Unavailable("storage_failed", why="closed")
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise self._failed(error) from error

    def row(self, query: str, *values: object) -> Any:  # noqa: ANN401 - a row is what the query says
        """Return the first row of a query, or None."""
        found = self.rows(query, *values)
        return found[0] if found else None

    def close(self) -> None:
        """Close in order; the WAL is worked in."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._connection.close()
                os.close(self._folder_lock)

    def _take_folder(self) -> None:
        try:
            self._folder_lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unavailable_from(error) from error
        try:
            fcntl.flock(self._folder_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._folder_lock)
            raise Unavailable("already_running") from error

    def _prepare(self) -> None:
        connection = self._connection
        if connection.execute("PRAGMA journal_mode=WAL").fetchone() != ("wal",):
            raise Unavailable("storage_failed", why="no WAL on this file system")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("PRAGMA temp_store=MEMORY")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.executescript(f"BEGIN IMMEDIATE;{SCHEMA};PRAGMA user_version={SCHEMA_VERSION};COMMIT")
            self.path.chmod(0o600)
            sync_folder(self.folder)
        elif version != SCHEMA_VERSION:
            raise MalformedInput("journal_of_another_version", version=version, known=SCHEMA_VERSION)

    def _checkpoint(self) -> None:
        self._since_checkpoint = 0
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            # What was committed stands in the WAL, which is synced: only what comes next is refused.
            self._failed(error)

    def _check_room(self) -> None:
        if self._closed:
            raise Unavailable("storage_failed", why="closed")
        if self._failure is not None:
            raise Unavailable(self._failure, why="stopped at the first failure")
        status = os.statvfs(self.folder)
        if status.f_bavail * status.f_frsize < RESERVE_BYTES:
            self._free_ballast()
            raise Unavailable("disk_full")
        if not self._ballast.exists():
            self._make_ballast()

    def _failed(self, error: sqlite3.Error) -> Unavailable | MalformedInput:
        primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        if primary == sqlite3.SQLITE_FULL:
            self._free_ballast()
            return Unavailable("disk_full")
        if primary in _READ_ONLY:
            _log.error("journal folder_read_only %s", name)
            return Unavailable("folder_read_only", why=name)
        if primary in _DAMAGE:
            self._failure = "storage_failed"
            _log.error("journal damaged %s", name)
            self._mark_damaged()
            return MalformedInput("journal_damaged", why=name)
        self._failure = "storage_failed"
        _log.error("journal stopped %s", name)
        return Unavailable("storage_failed", why=name)

    def _mark_damaged(self) -> None:
        try:
            write_durably(self.folder / DAMAGED_MARK, b"")
        except Unavailable:
            _log.exception("damage_not_marked")

    def _make_ballast(self) -> None:
        try:
            descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, BALLAST_BYTES)
            finally:
                os.close(descriptor)
        except OSError as error:
            if unavailable_from(error).code == "folder_read_only":
                raise Unavailable("folder_read_only", why=error.strerror) from error
            self._ballast.unlink(missing_ok=True)

    def _free_ballast(self) -> None:
        self._ballast.unlink(missing_ok=True)
        _log.error("journal disk_full")
