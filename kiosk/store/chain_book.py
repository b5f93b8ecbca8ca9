"""The chains of a kiosk's disk: their openings, keys, certificates, and the one that is written to.

Laws: a new key is durable before its opening is; an opening says from where it goes on; what a new
journal would need of the old chains is written down beside the keys each time it changes.
"""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, NamedTuple

from kiosk.ports import ChainSummary
from kiosk.store.lineage import KnownChain, save_lineage
from kiosk.store.schema import position_of
from shared.chain import Head, Opening, Origin, Reason, chain_name, sign_opening
from shared.errors import OutOfOrder, Unavailable
from shared.signed_line import KEY_BYTES, SigningKey, split_line

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from kiosk.ports import Clock, Keystore
    from kiosk.store.database import JournalDatabase
    from kiosk.store.salvage import SalvagedRecord


class OpenChain(NamedTuple):
    """The chain that is written to. ``ordinal``: of its row; ``key``: its own."""

    ordinal: int
    name: str
    epoch: int
    key: SigningKey


class ChainBook:
    """The chains in one journal file; ``SqliteJournal`` is a book that is also written in."""

    def __init__(  # noqa: PLR0913 - what an opening is made of
        self,
        database: JournalDatabase,
        clock: Clock,
        keystore: Keystore,
        *,
        kiosk: str,
        hall: str,
        identity: Path,
    ) -> None:
        """Go on in the newest chain, if there is one whose key can be read.

        ``identity``: folder that holds the lineage beside the keys.
        """
        self.database = database
        self._clock = clock
        self._keystore = keystore
        self._kiosk = kiosk
        self._hall = hall
        self._identity = identity
        self._lineage: list[KnownChain] = []
        self._lock = threading.RLock()
        self._open = self._newest_chain()

    @property
    def chain(self) -> str | None:
        """Name of the chain that is written to; None before enrolment or where its key is gone."""
        return self._open.name if self._open is not None else None

    def chains(self) -> list[ChainSummary]:
        """Return every chain on this disk, oldest first."""
        found = self.database.rows(
            "SELECT name, seq, hash, epoch, reason FROM chains JOIN heads ON chain = ordinal ORDER BY ordinal"
        )
        return [ChainSummary(name, Head(seq, digest.hex()), epoch, why) for name, seq, digest, epoch, why in found]

    def open_epoch(self, reason: Reason, *, origin: Head | None = None) -> str:
        """Open the next epoch with a new key and return the chain's name.

        ``origin``: where the chain before is left, if its head row cannot be believed.

        Raises:
            OutOfOrder: ``already_enrolled``.
            Unavailable: the key or the opening could not be stored.
        """
        with self._lock:
            before = self.chains()
            if reason == "enrolled" and before:
                raise OutOfOrder("already_enrolled")
            predecessor = before[-1] if before else None
            left_at = origin or (predecessor.head if predecessor is not None else None)
            key = SigningKey(secrets.token_bytes(KEY_BYTES))
            opening = Opening(
                epoch=predecessor.epoch + 1 if predecessor is not None else 1,
                origin=Origin(chain=predecessor.name, hash=left_at.hash, seq=left_at.seq)
                if predecessor is not None and left_at is not None
                else None,
                hall=self._hall,
                key=key.public.text,
                kiosk=self._kiosk,
                reason=reason,
            )
            old_key = self._keystore.load(predecessor.name) if predecessor is not None else None
            lines = sign_opening(opening, key, old_key)
            name = chain_name(split_line(lines[0]).json)
            self._keystore.store(name, key)
            with self.database.transaction() as connection:
                self._insert_chain(
                    connection,
                    KnownChain(
                        name=name,
                        epoch=opening.epoch,
                        reason=opening.reason,
                        opening=[line.decode("utf-8") for line in lines],
                        certificate=None,
                        accepted_seq=0,
                        accepted_hash=name,
                    ),
                )
            self._open = self._newest_chain()
            self.save_lineage()
            return name

    def remember_chains(self, chains: Sequence[KnownChain], salvaged: Iterable[SalvagedRecord]) -> Head | None:
        """Take back chains whose journal was lost, with what could be salvaged, and return the newest one's head.

        A chain's head is what was accepted or the newest record salvaged, whichever is higher.
        """
        with self._lock, self.database.transaction() as connection:
            heads = {}
            for chain in chains:
                self._insert_chain(connection, chain)
                (ordinal,) = connection.execute("SELECT max(ordinal) FROM chains").fetchone()
                heads[chain.name] = (ordinal, chain.accepted)
            for found in salvaged:
                ordinal, head = heads[found.chain]
                seq = found.record.seq
                connection.execute(
                    "INSERT OR IGNORE INTO records VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        position_of(ordinal, seq),
                        found.record.at,
                        found.json,
                        found.signature,
                        bytes.fromhex(found.hash),
                        bytes.fromhex(found.record.sealed) if isinstance(found.record.sealed, str) else None,
                    ),
                )
                if seq > head.seq:
                    heads[found.chain] = (ordinal, Head(seq, found.hash))
            for ordinal, head in heads.values():
                connection.execute(
                    "UPDATE heads SET seq = ?, hash = ? WHERE chain = ?", (head.seq, bytes.fromhex(head.hash), ordinal)
                )
            return heads[chains[-1].name][1] if chains else None

    def save_lineage(self) -> None:
        """Write down beside the keys what a new journal would need, durable."""
        rows = self.database.rows(
            "SELECT name, epoch, reason, opening, certificate, accepted_seq, accepted_hash, challenge, last,"
            " incarnation FROM chains JOIN progress ON progress.chain = ordinal"
            " JOIN ratchet ON ratchet.chain = ordinal ORDER BY ordinal"
        )
        chains = [
            KnownChain(
                name=name,
                epoch=epoch,
                reason=why,
                opening=opening.decode("utf-8").split("\n"),
                certificate=certificate.decode("ascii") if certificate is not None else None,
                accepted_seq=seq,
                accepted_hash=digest.hex(),
                challenge=challenge,
                last=last,
                incarnation=incarnation,
            )
            for name, epoch, why, opening, certificate, seq, digest, challenge, last, incarnation in rows
        ]
        if chains != self._lineage:
            save_lineage(self._identity, chains)
            self._lineage = chains

    def keep_certificate(self, chain: str, line: bytes) -> None:
        """Keep the certificate of a chain, durable."""
        with self.database.transaction() as connection:
            connection.execute("UPDATE chains SET certificate = ? WHERE name = ?", (line, chain))
        self.save_lineage()

    @property
    def is_certified(self) -> bool:
        """Whether two people ever approved a chain of this disk."""
        (count,) = self.database.row("SELECT count(*) FROM chains WHERE certificate IS NOT NULL")
        return bool(count)

    def opening_lines(self, chain: str) -> tuple[bytes, ...]:
        """Return the lines by which a chain was opened."""
        (opening,) = self.database.row("SELECT opening FROM chains WHERE name = ?", chain)
        return tuple(opening.split(b"\n"))

    def close(self) -> None:
        """Close in order."""
        self.database.close()

    def _newest_chain(self) -> OpenChain | None:
        row = self.database.row("SELECT ordinal, name, epoch FROM chains ORDER BY ordinal DESC LIMIT 1")
        if row is None:
            return None
        key = self._keystore.load(row[1])
        ordinal, name, epoch = row
        return OpenChain(ordinal, name, epoch, key) if key is not None else None

    def _writable(self) -> OpenChain:
        if self._open is None:
            raise Unavailable("not_enrolled")
        return self._open

    def _insert_chain(self, connection: sqlite3.Connection, chain: KnownChain) -> None:
        (ordinal,) = connection.execute("SELECT coalesce(max(ordinal), 0) + 1 FROM chains").fetchone()
        connection.execute(
            "INSERT INTO chains VALUES (?, ?, ?, ?, ?, ?, NULL, ?)",
            (
                ordinal,
                chain.name,
                chain.epoch,
                chain.reason,
                "\n".join(chain.opening).encode("utf-8"),
                chain.certificate.encode("ascii") if chain.certificate is not None else None,
                self._clock.now_ms(),
            ),
        )
        accepted = (ordinal, chain.accepted_seq, bytes.fromhex(chain.accepted_hash))
        connection.execute("INSERT INTO heads VALUES (?, ?, ?)", accepted)
        connection.execute("INSERT INTO progress VALUES (?, ?, ?, NULL, NULL)", accepted)
        connection.execute(
            "INSERT INTO ratchet VALUES (?, ?, ?, ?)", (ordinal, chain.challenge, chain.last, chain.incarnation)
        )
