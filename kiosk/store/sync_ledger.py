"""The journal as the sync agent sees it: what to send, and what the server was heard to say.

Laws: the challenge is durable before it is sent; a receipt is durable before it is used; nothing is
dropped here, for nothing says ``backed_up`` without being believed for 35 days first.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final, Literal

from kiosk.ports import ChainLedger, Clock, StoredLine, Unsent, WaitingBlob
from kiosk.store.journal import FLOOR, SqliteJournal, put_fact, stored_line
from kiosk.store.schema import position_of
from shared.chain import Head
from shared.errors import OutOfOrder

if TYPE_CHECKING:
    import sqlite3

    from shared.sync_session import OpenedSession, VerifiedReceipt

KEYS: Final = "keys_line"
CLOCK: Final = "session_clock"
KEPT_RECEIPTS: Final = 64
"""Newest receipts of a chain that are kept beside the first of each ``backed_up``."""

_CHAINS: Final = """
SELECT name, epoch, opening, certificate, branch, heads.seq, heads.hash, accepted_seq, accepted_hash,
    challenge, last, incarnation,
    (SELECT line FROM receipts WHERE receipts.chain = ordinal AND receipts.branch = coalesce(chains.branch, '')
        AND receipts.incarnation = ratchet.incarnation ORDER BY number DESC LIMIT 1)
FROM chains JOIN heads ON heads.chain = ordinal JOIN progress ON progress.chain = ordinal
    JOIN ratchet ON ratchet.chain = ordinal
"""


class SqliteSyncLedger:
    """The agent's side of the journal's file."""

    def __init__(self, journal: SqliteJournal, clock: Clock) -> None:
        """Share the journal's one connection."""
        self._journal = journal
        self._database = journal.database
        self._clock = clock

    def ledgers(self) -> list[ChainLedger]:
        """Return every chain, oldest first."""
        return [_to_ledger(row) for row in self._database.rows(_CHAINS + "ORDER BY ordinal")]

    def draw_challenge(self, chain: str) -> ChainLedger:
        """Return the chain with its challenge, durable."""
        drawn = secrets.token_hex(16)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE ratchet SET challenge = coalesce(challenge, ?)"
                " WHERE chain = (SELECT ordinal FROM chains WHERE name = ?)",
                (drawn, chain),
            )
        self._journal.save_lineage()
        return _to_ledger(self._database.row(_CHAINS + "WHERE name = ?", chain))

    def draw_anew(self, chain: str) -> None:
        """Forget a challenge that the server called old; what it last verified still stands."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE ratchet SET challenge = NULL WHERE chain = ?", (_ordinal(connection, chain),))

    def keep_session(self, opened: OpenedSession, *, day: str | None, mono_ms: int) -> None:
        """Keep a verified hello reply; ``day``: the hall's day at its ``time``, None where no zone is known."""
        fields = opened.fields
        with self._database.transaction() as connection:
            ordinal = _ordinal(connection, fields.chain)
            connection.execute(
                "UPDATE ratchet SET last = ?, challenge = NULL, incarnation = ? WHERE chain = ?",
                (fields.challenge, fields.incarnation, ordinal),
            )
            connection.execute(
                "UPDATE progress SET standing = ?, session_ms = ? WHERE chain = ?",
                (fields.standing, fields.time, ordinal),
            )
            if opened.certificate_line is not None:
                connection.execute(
                    "UPDATE chains SET certificate = ? WHERE ordinal = ?", (opened.certificate_line, ordinal)
                )
            put_fact(connection, KEYS, opened.keys.line.decode("ascii"))
            put_fact(connection, CLOCK, f"{self._clock.boot} {fields.time - mono_ms}")
            if day is not None:
                put_fact(connection, FLOOR, f"{day} {fields.ticket_floor}")
            self._insert_receipt(connection, ordinal, opened.receipt)
        self._journal.save_lineage()

    def keep_receipt(self, receipt: VerifiedReceipt) -> None:
        """Keep a verified receipt, durable before it is used."""
        with self._database.transaction() as connection:
            self._insert_receipt(connection, _ordinal(connection, receipt.fields.chain), receipt)
        self._journal.save_lineage()

    def stored_lines(self, chain: str, first: int, count: int) -> list[StoredLine]:
        """Return up to ``count`` records from position ``first``."""
        ordinal = self._ordinal_of(chain)
        rows = self._database.rows(
            "SELECT seq, json, signature, hash, sealed FROM records"
            " WHERE position BETWEEN ? AND ? ORDER BY position LIMIT ?",
            position_of(ordinal, first),
            position_of(ordinal + 1, 0) - 1,
            count,
        )
        return [stored_line(row) for row in rows]

    def hash_at(self, chain: str, seq: int) -> str | None:
        """Return the hash of a position, from the record's row or the head row."""
        ordinal = self._ordinal_of(chain)
        row = self._database.row(
            "SELECT hash FROM records WHERE position = ? UNION ALL SELECT hash FROM heads WHERE chain = ? AND seq = ?",
            position_of(ordinal, seq),
            ordinal,
            seq,
        )
        return row[0].hex() if row is not None else None

    def mend_signature(self, chain: str, seq: int, signature: bytes) -> None:
        """Replace a signature that rotted by the same one, made anew."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE records SET signature = ? WHERE position = ?",
                (signature, position_of(_ordinal(connection, chain), seq)),
            )

    def waiting_blobs(self, chain: str, up_to: int) -> list[WaitingBlob]:
        """Return blobs of records up to position ``up_to`` that were not handed over yet."""
        rows = self._database.rows(
            "SELECT seq, hash FROM blobs WHERE handed_over = 0"
            " AND chain = (SELECT ordinal FROM chains WHERE name = ?) AND seq <= ? ORDER BY seq",
            chain,
            up_to,
        )
        return [WaitingBlob(seq, digest.hex()) for seq, digest in rows]

    def blob(self, digest: str) -> bytes | None:
        """Return a blob as stored, None where there is none."""
        row = self._database.row("SELECT content FROM blobs WHERE hash = ?", bytes.fromhex(digest))
        return row[0] if row is not None else None

    def blob_handed_over(self, digest: str, *, handed_over: bool) -> None:
        """Take note that the server took a blob, or asked for it again."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE blobs SET handed_over = ? WHERE hash = ?", (int(handed_over), bytes.fromhex(digest))
            )

    def unsent(self) -> Unsent:
        """Return what no receipt covers yet."""
        (count,) = self._database.row(
            "SELECT coalesce(sum(heads.seq - accepted_seq), 0) FROM heads JOIN progress ON progress.chain = heads.chain"
        )
        if count <= 0:
            return Unsent(0, None)
        (oldest,) = self._database.row(
            "SELECT min((SELECT at_ms FROM records WHERE position > (progress.chain << 40) + accepted_seq"
            " AND position < (progress.chain + 1) << 40 ORDER BY position LIMIT 1)) FROM progress"
        )
        return Unsent(count, oldest)

    @property
    def keys_line(self) -> bytes | None:
        """The newest keys line that was verified."""
        told = self._journal.fact(KEYS)
        return told.encode("ascii") if told is not None else None

    def name_branch(self, chain: str) -> None:
        """Send what is left of an older chain as a branch under the chain that this disk opened next."""
        names = [known.name for known in self._journal.chains()]
        self._set_branch(chain, names[names.index(chain) + 1])

    def branch_off(self, chain: str, reason: Literal["forked", "rotated"]) -> None:
        """Open the next epoch after ``chain``, the newest; ``forked`` names it as the branch of the rest."""
        if self._journal.chain != chain:
            raise OutOfOrder("chain_is_closed")
        opened = self._journal.open_epoch(reason)
        if reason == "forked":
            self._set_branch(chain, opened)

    def _set_branch(self, chain: str, branch: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("UPDATE chains SET branch = ? WHERE name = ?", (branch, chain))
            connection.execute(
                "UPDATE progress SET accepted_seq = 0, accepted_hash = ? WHERE chain = ?",
                (bytes.fromhex(chain), _ordinal(connection, chain)),
            )

    def _ordinal_of(self, chain: str) -> int:
        (ordinal,) = self._database.row("SELECT ordinal FROM chains WHERE name = ?", chain)
        return int(ordinal)

    def _insert_receipt(self, connection: sqlite3.Connection, ordinal: int, receipt: VerifiedReceipt) -> None:
        fields = receipt.fields
        branch = fields.branch or ""
        connection.execute(
            "INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                ordinal,
                branch,
                fields.incarnation,
                fields.number,
                fields.accepted.seq,
                fields.backed_up.seq,
                fields.time,
                self._clock.boot,
                self._clock.mono_ms(),
                receipt.line,
            ),
        )
        connection.execute(
            "DELETE FROM receipts WHERE chain = ?1 AND branch = ?2 AND number <= ?4 - ?5 AND number NOT IN ("
            " SELECT min(number) FROM receipts WHERE chain = ?1 AND branch = ?2 AND incarnation = ?3"
            " GROUP BY backed_up_seq) AND number NOT IN (SELECT number FROM receipts WHERE chain = ?1 AND branch = ?2"
            " ORDER BY number DESC LIMIT ?5)",
            (ordinal, branch, fields.incarnation, fields.number, KEPT_RECEIPTS),
        )
        connection.execute(
            "UPDATE progress SET accepted_seq = ?, accepted_hash = ? WHERE chain = ?",
            (fields.accepted.seq, bytes.fromhex(fields.accepted.hash), ordinal),
        )
        for exception in fields.exceptions:
            if exception.code == "blob_missing":
                connection.execute(
                    "UPDATE blobs SET handed_over = 0 WHERE chain = ? AND seq = ?", (ordinal, exception.seq)
                )


def restore_session_clock(journal: SqliteJournal, clock: Clock) -> None:
    """Give the clock what the last session of this same boot told; a new boot begins unset."""
    told = journal.fact(CLOCK)
    if told is None:
        return
    boot, _, offset_ms = told.partition(" ")
    if boot == clock.boot:
        clock.set_from_session(int(offset_ms), 0)


def _ordinal(connection: sqlite3.Connection, chain: str) -> int:
    (ordinal,) = connection.execute("SELECT ordinal FROM chains WHERE name = ?", (chain,)).fetchone()
    return int(ordinal)


def _to_ledger(row: tuple[Any, ...]) -> ChainLedger:
    name, epoch, opening, certificate, branch, seq, digest, accepted_seq, accepted_hash, *rest = row
    return ChainLedger(
        name,
        epoch,
        tuple(opening.split(b"\n")),
        certificate,
        branch,
        Head(seq, digest.hex()),
        Head(accepted_seq, accepted_hash.hex()),
        *rest,
    )
