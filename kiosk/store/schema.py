"""Tables of the journal. Records are never changed; the rest says how far they got and where to go on.

``chain`` is the ordinal of a row of ``chains``; hashes are 32 raw bytes. ``heads`` is the durable head row
that ``prev`` is taken from. ``position`` of a record is its chain times 2^40 plus its seq: one integer, so
that a million records lie three pages deep and the next one goes to the end. ``ticket_days``, ``tickets``
and ``badges_seen`` follow from records and are written in the record's transaction, so that no touch waits
for a search.
"""

from typing import Final

SCHEMA_VERSION: Final = 1
_SEQ_BITS: Final = 40

SCHEMA: Final = """
CREATE TABLE chains (
    ordinal INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    epoch INTEGER NOT NULL,
    reason TEXT NOT NULL,
    opening BLOB NOT NULL,
    certificate BLOB,
    branch TEXT,
    opened_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE heads (
    chain INTEGER PRIMARY KEY REFERENCES chains (ordinal),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TABLE records (
    position INTEGER PRIMARY KEY,
    chain INTEGER NOT NULL GENERATED ALWAYS AS (position >> 40) VIRTUAL,
    seq INTEGER NOT NULL GENERATED ALWAYS AS (position & 1099511627775) VIRTUAL,
    at_ms INTEGER NOT NULL,
    json BLOB NOT NULL,
    signature BLOB NOT NULL,
    hash BLOB NOT NULL,
    sealed BLOB
) STRICT;
CREATE TABLE blobs (
    hash BLOB PRIMARY KEY,
    chain INTEGER NOT NULL REFERENCES chains (ordinal),
    seq INTEGER NOT NULL,
    content BLOB NOT NULL,
    handed_over INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX blobs_waiting ON blobs (chain, seq) WHERE handed_over = 0;
CREATE TABLE ratchet (
    chain INTEGER PRIMARY KEY REFERENCES chains (ordinal),
    challenge TEXT,
    last TEXT,
    incarnation TEXT
) STRICT;
CREATE TABLE progress (
    chain INTEGER PRIMARY KEY REFERENCES chains (ordinal),
    accepted_seq INTEGER NOT NULL,
    accepted_hash BLOB NOT NULL,
    standing TEXT,
    session_ms INTEGER
) STRICT;
CREATE TABLE receipts (
    chain INTEGER NOT NULL REFERENCES chains (ordinal),
    branch TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    number INTEGER NOT NULL,
    accepted_seq INTEGER NOT NULL,
    backed_up_seq INTEGER NOT NULL,
    server_ms INTEGER NOT NULL,
    seen_boot TEXT NOT NULL,
    seen_mono_ms INTEGER NOT NULL,
    line BLOB NOT NULL,
    PRIMARY KEY (chain, branch, incarnation, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE ticket_days (
    day TEXT NOT NULL,
    service TEXT NOT NULL,
    last INTEGER NOT NULL,
    chain INTEGER NOT NULL,
    PRIMARY KEY (day, service)
) STRICT, WITHOUT ROWID;
CREATE TABLE tickets (
    chain INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    day TEXT NOT NULL,
    service TEXT NOT NULL,
    PRIMARY KEY (day, service, chain, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE badges_seen (
    badge INTEGER PRIMARY KEY,
    boot TEXT NOT NULL,
    mono_ms INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    first_at_ms INTEGER NOT NULL
) STRICT;
"""


def position_of(chain: int, seq: int) -> int:
    """Return a record's place among all: its chain's ordinal times 2^40 plus its seq. Pure."""
    return (chain << _SEQ_BITS) + seq
