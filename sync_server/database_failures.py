"""Which of a database's own failures means what for a person: full, damaged, not reachable, or failed.

Owns the reading of SQLite's codes and PostgreSQL's SQLSTATEs. A constraint or a value that no column takes
is no failure of the database: it stays what it is.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeGuard

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from shared.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL: Final = "database_full"
DAMAGED: Final = "database_damaged"
UNREACHABLE: Final = "database_unreachable"
FAILED: Final = "database_failed"

_PRIMARY_CODE: Final = 0xFF
"""An extended result code of SQLite has its primary code in the lowest byte."""
_SQLITE_CODES: Final = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
_STATES: Final = {"53100": FULL, "XX001": DAMAGED, "XX002": DAMAGED}
_LOST_CONNECTION: Final = ("08", "57P")
_LEAST_FREE_BYTES: Final = 64 * 1024
"""Below this SQLite cannot lengthen its shared memory, and tells that as a failed read or write."""


def is_of_database(error: object) -> TypeGuard[Unavailable]:
    """Tell whether ``error`` is one that :func:`told_as_unavailable` made. Pure."""
    return isinstance(error, Unavailable) and error.code in {FULL, DAMAGED, UNREACHABLE, FAILED}


@contextmanager
def told_as_unavailable(place: str) -> Iterator[None]:
    """Turn a failure of the database inside the block into Unavailable. ``place``: its file, or host and name.

    Raises:
        Unavailable: ``database_full``, ``database_damaged``, ``database_unreachable`` or ``database_failed``,
            with ``place`` and the driver's own words in ``why``.
    """
    try:
        yield
    except (IntegrityError, DataError, ProgrammingError):
        raise
    except DBAPIError as error:
        raise _explain(error.orig or error, place) from error
    except sqlite3.Error as error:
        raise _explain(error, place) from error


def _explain(error: BaseException, place: str) -> Unavailable:
    why = (str(error).splitlines() or [type(error).__name__])[0]
    code = _code_of_sqlite(error, place) if isinstance(error, sqlite3.Error) else _code_of_postgresql(error)
    return Unavailable(code, place=place, why=why)


def _code_of_sqlite(error: sqlite3.Error, file: str) -> str:
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if primary in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN} and _is_disk_full(file):
        return FULL
    return _SQLITE_CODES.get(primary, FAILED)


def _is_disk_full(file: str) -> bool:
    try:
        disk = os.statvfs(os.path.dirname(file) or ".")  # noqa: PTH120 - the folder of a name, nothing more
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _LEAST_FREE_BYTES


def _code_of_postgresql(error: BaseException) -> str:
    state: str | None = getattr(error, "sqlstate", None)
    if state is None or state.startswith(_LOST_CONNECTION):
        return UNREACHABLE
    return _STATES.get(state, FAILED)
