"""Every limit of the protocol beside its reason."""

from __future__ import annotations

from typing import Final

MAX_JSON_BYTES: Final = 8 * 1024
"""One signed json. A record is about 300 bytes; a receipt with 50 exceptions and 64 hashes fits."""

MAX_JSON_DEPTH: Final = 6
"""Deepest nesting in use is 3; parsers of other languages recurse, so a bound is part of the form."""

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""Integers above this lose digits in languages whose numbers are IEEE doubles (RFC 8259, 6)."""

MAX_LINE_BYTES: Final = 86 + 1 + MAX_JSON_BYTES
"""Signature in base64url, a space, the json; the LF is not counted."""

MAX_BATCH_LINES: Final = 500
"""Lines after the header; one transaction of this size holds the write lock for about 20 ms."""

MAX_BATCH_WIRE_BYTES: Final = 1024 * 1024
"""Body of a batch as it travels, after gzip."""

MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
"""Body of a batch inflated; also what a bounded reader stops at."""

MAX_HELLO_BYTES: Final = 64 * 1024
"""Hello, receipt, two opening lines and a certificate line, each at most a line long."""

MAX_BLOB_PLAINTEXT_BYTES: Final = 64 * 1024
"""A complaint of 20,000 Chinese characters."""

MAX_BLOB_BYTES: Final = 8 + 32 + MAX_BLOB_PLAINTEXT_BYTES + 16
"""Key id, encapsulated key, ciphertext with its tag."""

BLOB_PADDING_BYTES: Final = 256
"""Sealed text is padded to a multiple, so that its length tells little."""

MAX_EXCEPTIONS: Final = 50
"""Listed in one receipt, the lowest positions first; the next receipt lists the next."""

MAX_PACK_BYTES: Final = 32 * 1024 * 1024
"""Published sections of one hall, photos apart: 1,500 matters and 2,000 staff are about 4 MiB."""

MAX_BADGE_CODE_CHARACTERS: Final = 129
"""``KB1.`` and 125 characters of base32."""

NONCE_LIFETIME_S: Final = 600
"""A session's nonce is good for this long after its last use."""

ENROLMENT_CODE_LIFETIME_S: Final = 15 * 60
"""A one-time code is typed within a walk from the office to the kiosk."""

ENROLMENT_CODE_TRIES: Final = 5
"""Wrong tries before a code is dead; 32^10 codes make a guess hopeless long before."""

MAX_PROVISIONAL_CHAINS_PER_KIOSK: Final = 3
"""Unvouched chains taken from one kiosk name a day."""

MAX_PROVISIONAL_CHAINS_PER_HALL: Final = 20
"""Unvouched chains taken from a hall's network a day."""

MAX_UNVOUCHED_CHAIN_BYTES: Final = 5 * 1000 * 1000
"""Taken of a chain that neither the old key nor a certificate vouches for: a fortnight of scans."""

MAX_QUARANTINED_CHAIN_BYTES: Final = 50 * 1000 * 1000
"""Taken of any chain in quarantine: 90 days of a busy kiosk."""

MAX_CLOCK_DRIFT_S: Final = 600
"""A server whose clock is further than this from its own running time, or before its last line, answers no kiosk."""

STATE_POLL_S: Final = 25
"""A server answers a long poll after this at the latest; proxies cut idle requests at 30 or 60 s."""

RETENTION_DAYS: Final = 35
"""A kiosk keeps a record this long after a receipt of the current incarnation says backed up."""

CHALLENGES_REMEMBERED: Final = 16
"""Hello challenges a chain by which a late duplicate is told from a clone."""

STALE_LIST_HOURS: Final = 72
"""A revocation list older than this makes a scan accepted and flagged."""
