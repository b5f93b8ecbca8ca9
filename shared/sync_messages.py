"""Every message of a session between kiosk and server, as frozen structs.

Owns shapes only: what a field means in time, and what answers what, is in
:mod:`shared.sync_session`. Paths are below ``/sync/v1``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from shared import strict_json
from shared.errors import MalformedInput
from shared.ids import (
    Base64Key,
    Count,
    HallId,
    Hex8,
    Hex16,
    Hex32,
    Hex64,
    KioskId,
    Position,
    PostId,
    ServiceLetter,
    UnixMs,
)
from shared.limits import MAX_EXCEPTIONS

BASE_PATH: Final = "/sync/v1"
CARRIED: Final = "carried"
EMPTY_TREE_ROOT: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""RFC 6962, 2.1: the root of a tree without leaves is SHA-256 of nothing."""

Standing = Literal["ok", "provisional", "held", "revoked", "forked", "read_only"]
Incarnation = Hex16
BlobHash = Hex64
Nonce = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
ReceiptNonce = Annotated[str, Meta(pattern=r"\A([0-9a-f]{32}|[0-9a-f]{64})\Z")]
HeaderNonce = Annotated[str, Meta(pattern=r"\A([0-9a-f]{32}|carried)\Z")]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every message: all fields present, none unknown."""


class HeadFields(Message, frozen=True):
    """A position of a chain; at seq 0 the hash is the chain's name."""

    hash: Hex64
    seq: Count


class AuditHead(Message, frozen=True):
    """The newest head of the hall's audit tree that a kiosk holds (RFC 6962)."""

    root: Hex64
    size: Count


class Hello(Message, frozen=True):
    """Kiosk to server: who it is, what it holds, and the ratchet. Signed ``hello`` by ``by``'s key.

    ``challenge``: drawn anew for each hello, durable before it is sent, sent again until a reply is
    verified; then it becomes ``last``. ``receipt``: SHA-256 of the receipt line that follows.
    """

    audit: AuditHead
    boot: Hex8
    branch: Hex64 | None
    by: Hex64
    chain: Hex64
    challenge: Hex32
    hall: HallId
    head: HeadFields
    incarnation: Incarnation | None
    kiosk: KioskId
    last: Hex32 | None
    packs: dict[str, Count]
    receipt: Hex64 | None
    v: Literal[1] = 1


class Limits(Message, frozen=True):
    """What this server takes at once."""

    batch_bytes: Position
    batch_lines: Position
    blob_bytes: Position
    wire_bytes: Position


class Session(Message, frozen=True):
    """Server to kiosk: the answer to one challenge. Signed ``session``.

    ``time``: server's unix ms; ``token``: bearer token of every further request; ``ticket_floor``:
    lowest count a ticket may have today, 0 where the server has seen none.
    """

    challenge: Hex32
    chain: Hex64
    incarnation: Incarnation
    key: Hex16
    limits: Limits
    nonce: Nonce
    order: Literal["rotate"] | None
    standing: Standing
    ticket_floor: Count
    time: UnixMs
    token: Base64Key
    v: Literal[1] = 1


class BatchHeader(Message, frozen=True):
    """First line of a batch, signed ``batch`` by ``by``'s key.

    ``body``: SHA-256 of the bytes after the header's LF; so this one signature covers every byte.
    ``head``: hash of the last position in the body.
    """

    body: Hex64
    branch: Hex64 | None
    by: Hex64
    chain: Hex64
    head: Hex64
    kiosk: KioskId
    nonce: HeaderNonce
    v: Literal[1] = 1


class ReceiptException(Message, frozen=True):
    """A position that ``backed_up`` cannot pass: its signature does not verify, or its blob is missing."""

    code: Literal["signature", "blob_missing"]
    seq: Position


class AuditProof(Message, frozen=True):
    """Head of the audit tree and the proof that it grew from ``proof_from`` leaves (RFC 6962, 2.1.2)."""

    proof: Annotated[list[Base64Key], Meta(max_length=64)]
    proof_from: Count
    root: Hex64
    size: Count


class Receipt(Message, frozen=True):
    """The only acknowledgement there is. Signed ``receipt`` after the transaction is durable."""

    accepted: HeadFields
    audit: AuditProof
    backed_up: HeadFields
    branch: Hex64 | None
    chain: Hex64
    exceptions: Annotated[list[ReceiptException], Meta(max_length=MAX_EXCEPTIONS)]
    incarnation: Incarnation
    key: Hex16
    kiosk: KioskId
    nonce: ReceiptNonce
    number: Position
    time: UnixMs
    v: Literal[1] = 1


class Certificate(Message, frozen=True):
    """Two people approved this chain. Signed ``enrolment``.

    ``ca``: SHA-256 of the CA certificate in DER; ``root``: SHA-256 of the first root of the
    published packs; ``server``: the identity key.
    """

    ca: Hex64
    chain: Hex64
    issued: UnixMs
    key: Hex16
    kiosk: KioskId
    root: Hex64
    server: Base64Key
    v: Literal[1] = 1


class Revocation(Message, frozen=True):
    """A chain is not believed beyond ``seq``, the head accepted when this was made. Signed ``revocation``."""

    chain: Hex64
    hash: Hex64
    issued: UnixMs
    key: Hex16
    kiosk: KioskId
    number: Position
    reason: Annotated[str, Meta(pattern=r"\A[a-z_]{1,40}\Z")]
    seq: Count
    v: Literal[1] = 1


class ServiceState(Message, frozen=True):
    """Who waits: people waiting and the numbers called last, newest first."""

    called: Annotated[list[Annotated[str, Meta(max_length=8)]], Meta(max_length=5)]
    service: ServiceLetter
    waiting: Count


class StateFields(Message, frozen=True):
    """What is shown with its age and never recorded as a fact. Signed ``state``.

    ``on_duty``: posts with someone on duty; ``pack`` and ``revocations``: newest versions;
    ``version``: goes back into ``since=``.
    """

    as_of: UnixMs
    hall: HallId
    incarnation: Incarnation
    key: Hex16
    on_duty: list[PostId]
    pack: Count
    revocations: Count
    services: list[ServiceState]
    version: Count
    v: Literal[1] = 1


class EnrolmentRequest(Message, frozen=True):
    """Kiosk to server, before any trust: the one-time code and its first opening line."""

    code: Annotated[str, Meta(max_length=40)]
    opening: Annotated[str, Meta(max_length=9000)]
    v: Literal[1] = 1


class EnrolmentAnswer(Message, frozen=True):
    """Server to kiosk, before any trust: what the fingerprint on both screens covers.

    ``ca``: the CA certificate in PEM; ``keys``: the keys line; ``root``: SHA-256 of the first root
    of the published packs.
    """

    ca: str
    keys: str
    root: Hex64
    v: Literal[1] = 1


class KioskAction(StrEnum):
    """What a problem document asks of a kiosk; anything else that comes back means retry later."""

    RETRY = "retry"
    RESEND_FROM = "resend_from"
    HALVE = "halve"
    HELLO_AGAIN = "hello_again"
    REENROL = "reenrol"
    ATTEND = "attend"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457 problem document. Never an acknowledgement, never a reason to delete or to re-key."""

    type: str
    title: str
    status: int
    code: str
    kiosk_action: KioskAction = KioskAction.RETRY
    detail: str | None = None


_Message = TypeVar("_Message", bound=msgspec.Struct)


def parse_message(json: bytes, kind: type[_Message], *, max_bytes: int | None = None) -> _Message:
    """Return the message of strict json. Pure.

    Raises:
        MalformedInput: not strict json, or ``message_malformed`` with the kind's name.
    """
    fields = strict_json.parse(json) if max_bytes is None else strict_json.parse(json, max_bytes=max_bytes)
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise MalformedInput("message_malformed", kind=kind.__name__) from error


def parse_problem(body: bytes) -> Problem:
    """Return a problem document, lenient as RFC 9457 asks: unknown members are ignored. Pure.

    Raises:
        MalformedInput: ``problem_malformed``.
    """
    try:
        return msgspec.json.decode(body, type=Problem)
    except (ValueError, msgspec.MsgspecError) as error:
        raise MalformedInput("problem_malformed") from error
