"""The truth of a kiosk: signed records, each durable before anyone is told.

Order of an append: strict check, signature, one transaction (record, blob, head row), and only then
it returns. ``prev`` is the durable head row's hash and is never made again from stored bytes, which
may have rotted since. Usable from any thread; one lock, no network, no search over records.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from kiosk.ports import BadgeSeen, Recorded, StoredLine, TicketsSoFar
from kiosk.store.chain_book import ChainBook
from kiosk.store.schema import position_of
from shared import strict_json
from shared.chain import Head
from shared.records import PackActivated, Record, RecordData, TicketIssued
from shared.sealing import SealedPosition, blob_hash, seal
from shared.signed_line import Purpose, hash_json
from shared.ticket_number import parse_ticket_number

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping


RUN: Final = "run"
FLOOR: Final = "ticket_floor"
PACK: Final = "pack_recorded"
NAMED: Final = "damage_named"


class SqliteJournal(ChainBook):
    """The journal in one SQLite file; recovery has looked at it before the first append."""

    _heard: Callable[[], None] = staticmethod(lambda: None)

    def tail(self, chain: str, count: int) -> list[StoredLine]:
        """Return the newest ``count`` records of a chain as stored, oldest first."""
        (ordinal,) = self.database.row("SELECT ordinal FROM chains WHERE name = ?", chain)
        rows = self.database.rows(
            "SELECT seq, json, signature, hash, sealed FROM records"
            " WHERE position BETWEEN ? AND ? ORDER BY position DESC LIMIT ?",
            position_of(ordinal, 0),
            position_of(ordinal + 1, 0) - 1,
            count,
        )
        return [stored_line(row) for row in reversed(rows)]

    def is_named(self, chain: str, seq: int) -> bool:
        """Tell whether damage up to this position was recorded already."""
        named_chain, _, named_seq = (self.fact(NAMED) or "").partition(" ")
        return named_chain == chain and seq <= int(named_seq)

    def name_damage(self, chain: str, seq: int) -> None:
        """Take note that damage up to this position is being recorded."""
        self.keep_fact(NAMED, f"{chain} {seq}")

    def on_append(self, hear: Callable[[], None]) -> None:
        """Have ``hear`` called after each record is durable; it must return at once."""
        self._heard = hear

    def append(self, data: RecordData) -> Recorded:
        """Record a fact; see :class:`kiosk.ports.Journal`."""
        with self._appending() as connection:
            return self._write(connection, data)

    def append_scan(
        self, compose: Callable[[BadgeSeen | None, int, int], RecordData], badge: int
    ) -> tuple[Recorded, BadgeSeen]:
        """Record an accepted scan and remember it as the badge's newest.

        ``compose`` is given the badge's last scan, ``at_ms`` and ``mono_ms``. A record flagged
        ``repeat`` goes on with the run of the scan before.
        """
        with self._appending() as connection:
            row = connection.execute(
                "SELECT boot, mono_ms, at_ms, first_at_ms FROM badges_seen WHERE badge = ?", (badge,)
            ).fetchone()
            before = BadgeSeen(*row) if row is not None else None
            at_ms, mono_ms = self._clock.now_ms(), self._clock.mono_ms()
            data = compose(before, at_ms, mono_ms)
            recorded = self._write(connection, data, at_ms=at_ms, mono_ms=mono_ms)
            goes_on = before is not None and "repeat" in getattr(data, "flags", ())
            first = before.first_at_ms if goes_on and before is not None else at_ms
            seen = BadgeSeen(self._clock.boot, mono_ms, at_ms, first)
            connection.execute("INSERT OR REPLACE INTO badges_seen VALUES (?, ?, ?, ?, ?)", (badge, *seen))
            return recorded, seen

    def append_ticket(
        self, service: str, day: str, compose: Callable[[TicketsSoFar], TicketIssued]
    ) -> tuple[Recorded, TicketIssued]:
        """Record a number composed from the day's numbers so far.

        After a loss, numbers of the epoch before may be missing on the day of the new epoch's
        opening; a day is known whole once this chain issued a number on an earlier one.
        """
        with self._appending() as connection:
            chain = self._writable()
            row = connection.execute(
                "SELECT last, chain FROM ticket_days WHERE day = ? AND service = ?", (day, service)
            ).fetchone()
            last, of_chain = row if row is not None else (0, None)
            is_new = (
                chain.epoch > 1 and of_chain != chain.ordinal and not _issued_before(connection, chain.ordinal, day)
            )
            data = compose(TicketsSoFar(last, is_new))
            recorded = self._write(connection, data)
            count = parse_ticket_number(data.number).count
            connection.execute(
                "INSERT OR REPLACE INTO ticket_days VALUES (?, ?, ?, ?)", (day, service, count, chain.ordinal)
            )
            connection.execute("INSERT INTO tickets VALUES (?, ?, ?, ?)", (chain.ordinal, recorded.seq, day, service))
            return recorded, data

    def append_sealed(self, data: RecordData, confided: Mapping[str, object], sealing_key: bytes) -> Recorded:
        """Record a fact with its personal part sealed to ``sealing_key`` (32 bytes X25519)."""
        with self._appending() as connection:
            chain = self._writable()
            head = _head_of(connection, chain.ordinal)
            blob = seal(confided, SealedPosition(chain.name, head.seq + 1, data.TYPE), sealing_key)
            recorded = self._write(connection, data, sealed=blob_hash(blob))
            connection.execute(
                "INSERT INTO blobs (hash, chain, seq, content) VALUES (?, ?, ?, ?)",
                (bytes.fromhex(blob_hash(blob)), chain.ordinal, recorded.seq, blob),
            )
            return recorded

    def tickets_not_in(self, service: str, day: str, as_of_ms: int) -> int:
        """Return how many of the day's own numbers a server state of ``as_of_ms`` cannot contain."""
        (count,) = self.database.row(
            "SELECT count(*) FROM tickets WHERE day = ? AND service = ? AND seq > ("
            " SELECT coalesce(max(accepted_seq), 0) FROM receipts"
            " WHERE receipts.chain = tickets.chain AND server_ms <= ?)",
            day,
            service,
            as_of_ms,
        )
        return int(count)

    @property
    def ticket_floor(self) -> tuple[str, int]:
        """The newest day and ``ticket_floor`` that a session named; ``("", 0)`` before any."""
        told = self.fact(FLOOR)
        if told is None:
            return "", 0
        day, _, floor = told.partition(" ")
        return day, int(floor)

    @property
    def recorded_pack(self) -> int:
        """The newest version that a ``pack_activated`` of this disk names; 0 before the first."""
        return int(self.fact(PACK) or 0)

    def begin_run(self) -> Literal["none", "stopped", "killed"]:
        """Take note that a run began and return how the one before ended.

        Raises:
            Unavailable: ``not_enrolled``: then no run began.
        """
        self._writable()
        before = self.fact(RUN)
        self.keep_fact(RUN, "running")
        if before is None:
            return "none"
        return "stopped" if before == "stopped" else "killed"

    def end_run(self) -> None:
        """Take note that this run ends in order."""
        self.keep_fact(RUN, "stopped")

    def fact(self, name: str) -> str | None:
        """Return what was kept under ``name``."""
        row = self.database.row("SELECT value FROM facts WHERE name = ?", name)
        return row[0] if row is not None else None

    def keep_fact(self, name: str, value: str | None) -> None:
        """Keep ``value`` under ``name``, durable; None forgets it."""
        with self.database.transaction() as connection:
            put_fact(connection, name, value)

    @contextmanager
    def _appending(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            with self.database.transaction() as connection:
                yield connection
            self._heard()

    def _write(
        self,
        connection: sqlite3.Connection,
        data: RecordData,
        *,
        sealed: str | None = None,
        at_ms: int | None = None,
        mono_ms: int | None = None,
    ) -> Recorded:
        chain = self._writable()
        head = _head_of(connection, chain.ordinal)
        record = Record(
            at=self._clock.now_ms() if at_ms is None else at_ms,
            boot=self._clock.boot,
            clock=self._clock.trust,
            data=msgspec.to_builtins(data),
            epoch=chain.epoch,
            kiosk=self._kiosk,
            mono=self._clock.mono_ms() if mono_ms is None else mono_ms,
            prev=head.hash,
            sealed=sealed if sealed is not None else msgspec.UNSET,
            seq=head.seq + 1,
            type=data.TYPE,
        )
        json = strict_json.encode(record)
        digest = bytes.fromhex(hash_json(Purpose.RECORD, json))
        connection.execute(
            "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)",
            (
                position_of(chain.ordinal, record.seq),
                record.at,
                json,
                chain.key.sign(Purpose.RECORD, json),
                digest,
                bytes.fromhex(sealed) if sealed is not None else None,
            ),
        )
        if isinstance(data, PackActivated):
            put_fact(connection, PACK, str(data.version))
        connection.execute("UPDATE heads SET seq = ?, hash = ? WHERE chain = ?", (record.seq, digest, chain.ordinal))
        return Recorded(chain.name, record.seq, record.at, record.mono)


def stored_line(row: tuple[Any, ...]) -> StoredLine:
    """Return a row of seq, json, signature, hash, sealed. Pure."""
    seq, json, signature, digest, sealed = row
    return StoredLine(seq, json, signature, digest.hex(), sealed.hex() if sealed is not None else None)


def put_fact(connection: sqlite3.Connection, name: str, value: str | None) -> None:
    """Keep or forget a fact within a transaction."""
    if value is None:
        connection.execute("DELETE FROM facts WHERE name = ?", (name,))
    else:
        connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def _issued_before(connection: sqlite3.Connection, ordinal: int, day: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM ticket_days WHERE chain = ? AND day < ? LIMIT 1", (ordinal, day)
    ).fetchone()
    return found is not None


def _head_of(connection: sqlite3.Connection, ordinal: int) -> Head:
    seq, digest = connection.execute("SELECT seq, hash FROM heads WHERE chain = ?", (ordinal,)).fetchone()
    return Head(seq, digest.hex())
