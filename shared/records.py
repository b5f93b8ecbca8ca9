"""The facts that kiosks record: envelope, types and their strict parse.

Records are past tense and frozen. ``data`` holds pseudonymous ids, the decision that was shown and
the version of what was published when it was made; names and telephones travel sealed. A type or a
schema that is not known here is no error of the sender: it is stored in its place and listed.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from shared import strict_json
from shared.errors import MalformedInput
from shared.ids import (
    BadgeId,
    BadgeSerial,
    Count,
    Day,
    Hex8,
    Hex64,
    KioskId,
    Position,
    PostId,
    ServiceLetter,
    StaffId,
    UnixMs,
)

RecordType = Annotated[str, Meta(pattern=r"\A[a-z][a-z_]{1,39}\Z")]
Number = Annotated[str, Meta(pattern=r"\A[A-Z][1-9A-HJ-NP-Z]-(?!000)[0-9]{3}\Z")]
PackVersion = Count
"""Version of the published sections in force when the fact was recorded; 0 before the first."""


class RecordData(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of the ``data`` of each known type; ``TYPE`` is the record's ``type``."""

    TYPE: ClassVar[str]


class BadgeScanned(RecordData, frozen=True):
    """A valid badge was shown: the person was told "on duty". R1.1."""

    TYPE: ClassVar[str] = "badge_scanned"
    badge: BadgeId
    serial: BadgeSerial
    staff: StaffId
    post: PostId | None
    pack: PackVersion
    flags: list[Literal["list_stale", "clock_unset", "repeat"]]


class BadgeRefused(RecordData, frozen=True):
    """A code was shown and refused, with the reason that the screen gave. R1.3.

    ``code``: SHA-256 of the text as scanned, 64 hex; absent where the text does not begin as a badge
    does, for a hash of somebody's identity number can be guessed back. ``badge`` and ``serial`` where
    the code could be read.
    """

    TYPE: ClassVar[str] = "badge_refused"
    reason: Literal[
        "malformed",
        "foreign",
        "cut",
        "forged",
        "key_unknown",
        "other_hall",
        "unknown",
        "revoked",
        "superseded",
        "expired",
    ]
    pack: PackVersion
    code: Hex64 | UnsetType = UNSET
    badge: BadgeId | UnsetType = UNSET
    serial: BadgeSerial | UnsetType = UNSET


class TicketIssued(RecordData, frozen=True):
    """A number was given. ``ahead``: people ahead as shown, ``ahead_age_s``: how old that figure was."""

    TYPE: ClassVar[str] = "ticket_issued"
    number: Number
    service: ServiceLetter
    day: Day
    pack: PackVersion
    ahead: Count | None
    ahead_age_s: Count | None


class TicketPrinted(RecordData, frozen=True):
    """The printer took the whole ticket. ``ticket``: seq of its ticket_issued in this chain."""

    TYPE: ClassVar[str] = "ticket_printed"
    ticket: Position
    number: Number


class TicketPrintFailed(RecordData, frozen=True):
    """The number stands, the paper does not; the screen showed the number instead."""

    TYPE: ClassVar[str] = "ticket_print_failed"
    ticket: Position
    number: Number
    reason: Literal["no_paper", "offline", "cover_open", "error"]


class ComplaintFiled(RecordData, frozen=True):
    """A complaint was taken; text, name and telephone are in the sealed blob. R7.9.

    ``reference``: ten Crockford characters by which the visitor follows it up.
    """

    TYPE: ClassVar[str] = "complaint_filed"
    grounds: Annotated[list[Annotated[str, Meta(pattern=r"\A[a-z_]{1,40}\Z")]], Meta(min_length=1, max_length=12)]
    reference: Annotated[str, Meta(pattern=r"\A[0-9A-HJKMNP-TV-Z]{10}\Z")]
    pack: PackVersion


class PackActivated(RecordData, frozen=True):
    """Published sections of this version came into force here; what was shown when can be proved."""

    TYPE: ClassVar[str] = "pack_activated"
    version: Position
    sha256: Hex64


class KioskStarted(RecordData, frozen=True):
    """The program came up. ``previous``: how the one before ended, as far as this disk can tell."""

    TYPE: ClassVar[str] = "kiosk_started"
    program: Annotated[str, Meta(max_length=40)]
    previous: Literal["none", "stopped", "killed"]
    pack: PackVersion


class StorageDamaged(RecordData, frozen=True):
    """Something stored here could not be read any more; ``what`` names it, facts were kept elsewhere or are listed."""

    TYPE: ClassVar[str] = "storage_damaged"
    what: Literal["journal", "pack", "key", "settings"]
    first: Count
    last: Count


KNOWN_TYPES: Final[dict[str, type[RecordData]]] = {
    known.TYPE: known
    for known in (
        BadgeScanned,
        BadgeRefused,
        TicketIssued,
        TicketPrinted,
        TicketPrintFailed,
        ComplaintFiled,
        PackActivated,
        KioskStarted,
        StorageDamaged,
    )
}

SEALED_TYPES: Final = frozenset({ComplaintFiled.TYPE})
"""Types whose record names a blob."""


class ClockTrust:
    """How far a kiosk's wall clock was to be believed when the record was made: the field ``clock``."""

    NEVER_SET: Final = 0
    SET_FROM_SESSION: Final = 1
    DISCIPLINED: Final = 2


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The envelope. ``at``: unix ms of the kiosk's clock; ``mono``: ms since ``boot``; ``prev``: 64 hex."""

    at: UnixMs
    boot: Hex8
    clock: Literal[0, 1, 2]
    data: dict[str, Any]
    epoch: Position
    kiosk: KioskId
    mono: UnixMs
    prev: Hex64
    sealed: Hex64 | UnsetType = UNSET
    seq: Position
    type: RecordType
    v: Literal[1] = 1


def parse_record(json: bytes) -> Record:
    """Return the envelope of a record's json; the data stays a mapping. Pure.

    Raises:
        MalformedInput: not strict json, or ``record_malformed``.
    """
    return convert_record(strict_json.parse(json))


def convert_record(fields: dict[str, Any]) -> Record:
    """Return the envelope of strictly parsed fields. Pure; raises MalformedInput ``record_malformed``."""
    try:
        return msgspec.convert(fields, Record)
    except msgspec.ValidationError as error:
        raise MalformedInput("record_malformed") from error


def parse_record_data(record: Record) -> RecordData | None:
    """Return the typed data, or None where type or schema is not known to this version. Pure."""
    known = KNOWN_TYPES.get(record.type)
    if known is None:
        return None
    try:
        return msgspec.convert(record.data, known)
    except msgspec.ValidationError:
        return None
