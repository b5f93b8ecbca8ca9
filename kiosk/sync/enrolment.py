"""Enrolment, the kiosk's part: an opening and a one-time code go out, two people compare a fingerprint.

The one place that speaks to a server it cannot check yet. What it hears there is trusted only when a
certificate line comes back that covers it all: this chain, this CA, this root, this identity key. Whoever
stands in the middle makes both screens show different fingerprints.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
import requests
from urllib3.exceptions import InsecureRequestWarning

from kiosk.sync.transport import CONNECT_S, MAX_REPLY_BYTES, READ_S, HttpsTransport
from kiosk.sync.trust import ServerTrust, ca_digest, save_trust
from shared.errors import MalformedInput, RuleViolation, ServicehallError, Unavailable, Untrusted
from shared.ids import parse_enrolment_code
from shared.server_keys import enrolment_fingerprint, verify_keys_line
from shared.signed_line import PublicKey, Purpose, split_body, split_line
from shared.strict_json import parse
from shared.sync_messages import (
    BASE_PATH,
    Certificate,
    EnrolmentAnswer,
    EnrolmentRequest,
    Problem,
    parse_message,
    parse_problem,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shared.chain import OpenedChain

_PENDING: Final = 202
_APPROVED: Final = 200
_REFUSED: Final = 403
_LINES: Final = 2
"""Certificate and keys."""


class EnrolmentJournal(Protocol):
    """What enrolment needs of the journal."""

    def keep_certificate(self, chain: str, line: bytes) -> None:
        """Keep the certificate beside the chain's opening, durable."""


@dataclass(frozen=True)
class PendingEnrolment:
    """The server answered. ``fingerprint``: 32 hex that both screens must show alike."""

    trust: ServerTrust
    fingerprint: str
    ca_file: Path


@dataclass(frozen=True)
class Enrolment:
    """One kiosk's enrolment at ``server_url``; ``folder``: where trust is written down."""

    server_url: str
    folder: Path
    kiosk: str
    opened: OpenedChain
    opening_line: bytes
    journal: EnrolmentJournal

    def ask(self, code: str) -> PendingEnrolment:
        """Send the opening and the code; return what both screens must show.

        Raises:
            MalformedInput: ``enrolment_code_malformed``, or an answer that is none.
            RuleViolation: ``enrolment_refused``, with the server's ``reason``.
            Unavailable: ``server_unreachable``.
        """
        request = EnrolmentRequest(code=parse_enrolment_code(code), opening=self.opening_line.decode("ascii"))
        answer = _parse_answer(self._post_unchecked(msgspec.json.encode(request)))
        keys_line = answer.keys.encode("ascii")
        told = parse(split_line(keys_line).json).get("server")
        if not isinstance(told, str):
            raise MalformedInput("keys_line_malformed")
        identity = PublicKey.from_text(told)
        verify_keys_line(keys_line, identity)
        trust = ServerTrust(identity, answer.ca, answer.root, keys_line, None)
        fingerprint = enrolment_fingerprint(self.opened.key, identity, ca_digest(answer.ca), bytes.fromhex(answer.root))
        return PendingEnrolment(trust, fingerprint, save_trust(self.folder, trust))

    def collect(self, pending: PendingEnrolment) -> bool:
        """Ask once whether two people approved; True once the certificate is durable here.

        Raises:
            RuleViolation: ``enrolment_refused``.
            Untrusted: a certificate that does not cover what the fingerprint covered.
            Unavailable: ``server_unreachable``; ask again.
        """
        transport = HttpsTransport(self.server_url, pending.ca_file)
        try:
            reply = transport.get(f"/enrolment/{self.opened.name}")
        finally:
            transport.close()
        if reply.status == _PENDING:
            return False
        if reply.status == _REFUSED:
            raise RuleViolation("enrolment_refused", reason=_reason(reply.body))
        if reply.status != _APPROVED:
            raise Unavailable("server_unreachable", status=reply.status)
        lines = split_body(reply.body)
        if len(lines) != _LINES:
            raise MalformedInput("reply_malformed")
        certificate_line, keys_line = lines
        trust = replace(pending.trust, keys_line=keys_line, certificate_line=certificate_line)
        self._verify(trust, certificate_line)
        self.journal.keep_certificate(self.opened.name, certificate_line)
        save_trust(self.folder, trust)
        return True

    def _verify(self, trust: ServerTrust, certificate_line: bytes) -> None:
        parts = trust.keys().verify_server_line(certificate_line, Purpose.ENROLMENT)
        certificate = parse_message(parts.json, Certificate)
        covered = (certificate.chain, certificate.kiosk, certificate.ca, certificate.root, certificate.server)
        if covered != (self.opened.name, self.kiosk, trust.ca_sha256.hex(), trust.root, trust.identity.text):
            raise Untrusted("certificate_of_another_chain")

    def _post_unchecked(self, body: bytes) -> bytes:
        with requests.Session() as session, warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureRequestWarning)
            session.trust_env = False
            try:
                with session.post(
                    self.server_url.rstrip("/") + BASE_PATH + "/enrolment",
                    data=body,
                    headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
                    timeout=(CONNECT_S, READ_S),
                    allow_redirects=False,
                    verify=False,
                    stream=True,
                ) as response:
                    answer: bytes = response.raw.read(MAX_REPLY_BYTES + 1, decode_content=False)
            except (requests.RequestException, OSError) as error:
                raise Unavailable("server_unreachable", why=type(error).__name__) from error
        if response.status_code != _PENDING:
            raise RuleViolation("enrolment_refused", reason=_reason(answer), status=response.status_code)
        return answer


def wait_for_approval(enrolment: Enrolment, pending: PendingEnrolment, pause: Callable[[], None]) -> None:
    """Ask until two people approved; ``pause`` waits between two tries and may raise to give up.

    Raises:
        RuleViolation: ``enrolment_refused``.
        Untrusted: see :meth:`Enrolment.collect`.
    """
    while True:
        try:
            if enrolment.collect(pending):
                return
        except Unavailable as error:
            if error.code != "server_unreachable":
                raise
        pause()


def _parse_answer(body: bytes) -> EnrolmentAnswer:
    try:
        return msgspec.json.decode(body, type=EnrolmentAnswer)
    except (ValueError, msgspec.MsgspecError) as error:
        raise MalformedInput("reply_malformed") from error


def _reason(body: bytes) -> str:
    try:
        problem: Problem = parse_problem(body)
    except ServicehallError:
        return "unknown"
    return problem.code
