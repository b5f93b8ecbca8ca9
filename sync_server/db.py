"""The database: one declarative base, one way to write, one way to read, on SQLite and PostgreSQL.

SQLite has one writer connection and a lock before it, WAL with ``synchronous=FULL``, and a write
begins with BEGIN IMMEDIATE, so that two writers never find each other out halfway. WAL is switched
on here, before any other connection exists. PostgreSQL is left to its own row locks. The file is its
owner's alone, because it holds what passwords are checked against.

What the database itself fails at is told as Unavailable (:mod:`sync_server.database_failures`).

Instants are stored as unix milliseconds and are aware UTC in Python, the same on both databases.
"""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    create_engine,
    event,
    inspect,
    literal,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Dialect, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool

from shared.errors import MalformedInput
from shared.instants import from_unix_ms, to_unix_ms
from sync_server.database_failures import told_as_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.sql.elements import BindParameter

_BUSY_TIMEOUT_MS: Final = 30_000
_SQLITE_PRAGMAS: Final = (
    "foreign_keys = ON",
    f"busy_timeout = {_BUSY_TIMEOUT_MS}",
    "synchronous = FULL",
    "cache_size = -32768",
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, stored as unix milliseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return what is stored; a naive instant is a fault of the caller and raises TypeError."""
        return None if value is None else to_unix_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return the aware instant."""
        return None if value is None else from_unix_ms(value)


Whole = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit integer that SQLite takes as a row id too."""


class Base(DeclarativeBase):
    """Base of every table; constraints have names, so that a migration can find them again."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant, int: Whole, str: Text, bytes: LargeBinary}


class Database:
    """One database of one program. ``url``: ``sqlite:///FILE`` or ``postgresql://…``."""

    def __init__(self, url: str) -> None:
        """Prepare the connections.

        Raises:
            MalformedInput: ``database_url_unsupported``.
            Unavailable: the file cannot be opened; see :func:`told_as_unavailable`.
        """
        parsed = _parse_url(url)
        self._writing = threading.Lock()
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if not parsed.database or parsed.database == ":memory:":
                raise MalformedInput("database_url_unsupported", expected="sqlite:///FILE")
            self._place = parsed.database
            _create_for_owner(Path(parsed.database))
            self.engine = _sqlite_writer(url)
            with told_as_unavailable(self._place), self.engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
            self._reader = _sqlite_reader(url)
        elif parsed.get_backend_name() == "postgresql":
            self._place = f"{parsed.host or 'localhost'}/{parsed.database or ''}"
            self.engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"), pool_size=10, max_overflow=20, hide_parameters=True
            )
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            raise MalformedInput("database_url_unsupported", expected="sqlite:///FILE, postgresql://HOST/NAME")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session whose changes are durable when the block ends, or gone when it raises.

        Raises:
            Unavailable: the database could not; see :func:`told_as_unavailable`. Nothing was kept.
        """
        with (
            told_as_unavailable(self._place),
            self._turn_to_write(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one state of the database and changes nothing.

        Raises:
            Unavailable: the database could not; see :func:`told_as_unavailable`.
        """
        with told_as_unavailable(self._place), Session(self._reader, expire_on_commit=False) as session:
            yield session

    def _turn_to_write(self) -> AbstractContextManager[object]:
        return self._writing if self.is_sqlite else nullcontext()

    def close(self) -> None:
        """Close every connection."""
        self._reader.dispose()
        self.engine.dispose()


def constant(value: str) -> BindParameter[str]:
    """Return a value that stands in the statement itself, so that an index with a condition on it can be used."""
    return literal(value, literal_execute=True)


def insert_many(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *, skip_known: bool = False
) -> None:
    """Insert ``rows``, all with the same columns, with none of the ORM's work for each of them.

    ``skip_known``: leave out rows that a unique constraint already knows.
    """
    connection = session.connection()
    spelt = _spell_insert(connection.dialect, table, tuple(rows[0]), skip_known)
    plain = [_with_plain_instants(row, spelt.instants) for row in rows] if spelt.instants else rows
    if spelt.positions is None:
        connection.exec_driver_sql(spelt.statement, list(map(dict, plain)))
    else:
        connection.exec_driver_sql(spelt.statement, list(map(itemgetter(*spelt.positions), plain)))


class _SpeltInsert(NamedTuple):
    """An insert as the driver takes it. ``positions``: columns by place, None where they go by name."""

    statement: str
    positions: tuple[str, ...] | None
    instants: tuple[str, ...]


@lru_cache(maxsize=64)
def _spell_insert(dialect: Dialect, table: type[Base], names: tuple[str, ...], skip_known: bool) -> _SpeltInsert:  # noqa: FBT001 - part of the cache's key
    make = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    statement = make(table).on_conflict_do_nothing() if skip_known else make(table)
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    columns = inspect(table).columns
    instants = tuple(name for name in names if isinstance(columns[name].type, Instant))
    positions = None if compiled.positiontup is None else tuple(compiled.positiontup)
    return _SpeltInsert(str(compiled), positions, instants)


def _with_plain_instants(row: Mapping[str, Any], instants: Sequence[str]) -> dict[str, Any]:
    """Return the row with its instants as they are stored."""
    stored = dict(row)
    for name in instants:
        if stored[name] is not None:
            stored[name] = to_unix_ms(stored[name])
    return stored


def _parse_url(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        raise MalformedInput("database_url_unsupported", expected="sqlite:///FILE, postgresql://HOST/NAME") from error


def _create_for_owner(file: Path) -> None:
    """Create the file with rights for its owner only, before SQLite would with everybody's; -wal and -shm take its."""
    file.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _sqlite_writer(url: str) -> Engine:
    engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _open(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", *_SQLITE_PRAGMAS):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _sqlite_reader(url: str) -> Engine:
    engine = create_engine(
        url, pool_size=8, max_overflow=24, connect_args={"check_same_thread": False}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _open(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
        connection.isolation_level = None
        for pragma in (*_SQLITE_PRAGMAS, "query_only = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine
