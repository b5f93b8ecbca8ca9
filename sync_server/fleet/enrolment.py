"""Enrolment as a kiosk sees it: opening and code, waiting, certificate.

The code alone gives nothing but a place in the queue for a second person. It is refused before
anything slow is computed: wrong form, no such place, too old, tried too often.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from shared.chain import verify_opening
from shared.errors import MalformedInput, RuleViolation
from shared.ids import parse_enrolment_code
from shared.signed_line import join_body
from shared.sync_messages import EnrolmentAnswer, EnrolmentRequest, parse_message
from sync_server.fleet.models import EnrolmentCode
from sync_server.fleet.operations import APPROVED, count_try, is_code, open_enrolment
from sync_server.ingest.models import ChainRow

if TYPE_CHECKING:
    from sync_server.runtime import Runtime

MAX_REQUEST_BYTES = 16 * 1024


class EnrolmentState(StrEnum):
    """What a kiosk that asks is told."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True)
class EnrolmentStatus:
    """``certificate_line``: only where approved."""

    state: EnrolmentState
    certificate_line: bytes | None = None


def receive_enrolment(runtime: Runtime, body: bytes) -> EnrolmentAnswer:
    """Return what the fingerprint on both screens covers, if the code is right; the kiosk then waits.

    Raises:
        MalformedInput: the request, its code or its opening is not of the agreed form.
        Untrusted: the opening is not signed by its own key.
        RuleViolation: ``enrolment_refused``, whatever the reason; ``chain_key_reused``.
    """
    request = parse_message(body, EnrolmentRequest, max_bytes=MAX_REQUEST_BYTES)
    typed = parse_enrolment_code(request.code)
    line = _opening_line(request.opening)
    opened = verify_opening([line])
    opening = opened.opening
    if opening.hall != runtime.hall or opening.origin is not None or opening.reason != "enrolled":
        raise RuleViolation("enrolment_refused")
    with runtime.database.transaction() as session:
        tried = count_try(session, opening.kiosk, opened.name, runtime.clock.now())
    if tried is not None:
        if not is_code(tried, typed):
            raise RuleViolation("enrolment_refused", kiosk=opening.kiosk)
        with runtime.database.transaction() as session:
            met = session.scalar(select(ChainRow.chain).where(ChainRow.key == opening.key))
            if met is not None:
                raise RuleViolation("chain_key_reused", kiosk=opening.kiosk)
            open_enrolment(session, tried, opened, join_body([line]), runtime.keyring)
    keyring = runtime.keyring
    return EnrolmentAnswer(
        ca=keyring.ca_pem.decode("ascii"), keys=keyring.keys_line.decode("utf-8"), root=keyring.root_sha256.hex()
    )


def enrolment_status(runtime: Runtime, chain: str) -> EnrolmentStatus:
    """Return how the enrolment of a chain stands.

    Raises:
        RuleViolation: ``enrolment_unknown``.
    """
    with runtime.database.reading() as session:
        row = session.get(ChainRow, chain)
        if row is not None and row.certificate is not None:
            return EnrolmentStatus(EnrolmentState.APPROVED, row.certificate)
        code = session.scalar(select(EnrolmentCode).where(EnrolmentCode.chain == chain))
        if code is None or code.opening is None:
            raise RuleViolation("enrolment_unknown")
        if code.decision is None:
            return EnrolmentStatus(EnrolmentState.PENDING)
        return EnrolmentStatus(EnrolmentState.PENDING if code.decision == APPROVED else EnrolmentState.REFUSED)


def _opening_line(text: str) -> bytes:
    """Return the opening line as bytes; the request's json is strict, so it is UTF-8 already."""
    line = text.encode("utf-8")
    if b"\n" in line:
        raise MalformedInput("opening_malformed", why="line")
    return line
