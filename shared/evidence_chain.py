"""One chain's part of an export: certificate, lines, branches, receipts, revocations, each held to the others.

Owns the order within the part and what must fit together. Refuses to judge whether a chain was
rightly approved: it tells which later epochs its lost lines rely on, and the whole file decides.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.chain import Head, OpenedChain, RunVerifier, follow, parse_chain_line
from shared.errors import OutOfOrder, Untrusted
from shared.evidence_lines import ExportLine, ExportLines, LineKind
from shared.records import parse_record_data
from shared.signed_line import PublicKey, Purpose
from shared.sync_messages import Certificate, Receipt, Revocation, parse_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.chain import ChainLine
    from shared.server_keys import ServerKeys


class Stage(IntEnum):
    """Order of the lines within a chain's part."""

    CERTIFICATE = 0
    LINES = 1
    RECEIPTS = 2
    REVOCATIONS = 3


_STAGES: Final = {
    LineKind.CERTIFICATE: Stage.CERTIFICATE,
    LineKind.POSITION: Stage.LINES,
    LineKind.RECEIPT: Stage.RECEIPTS,
    LineKind.REVOCATION: Stage.REVOCATIONS,
}


class _Told(NamedTuple):
    """A lost line that takes no position, to be found on the chain in the end."""

    number: int
    head: Head


class _StrangersRun(RunVerifier):
    """Follows a chain that nobody approved: what its own key did not sign is counted, not a fault.

    Else whoever can open a chain on the hall's network could spoil the evidence of all the others.
    """

    unsigned = 0

    def verify_record(self, line: ChainLine) -> None:
        self.unsigned += not self._opened.key.is_signature(Purpose.RECORD, line.signature, line.json)


class _Stream:
    """The main line or a branch: where it runs and the hash of each position it was seen at."""

    def __init__(self, run: RunVerifier) -> None:
        self.run = run
        self.start = run.head
        self.hashes = {run.head.seq: bytes.fromhex(run.head.hash)}
        self.has_receipt = False

    def take(self, line: ChainLine) -> None:
        self.run.take(line)
        if line.moves_head:
            self.hashes[line.last] = bytes.fromhex(line.hash)

    def passes(self, head: Head) -> bool:
        """Tell whether the stream has this very hash there; within a hole no hash is known, and any passes."""
        if not self.start.seq <= head.seq <= self.run.head.seq:
            return False
        known = self.hashes.get(head.seq)
        return known is None or known == bytes.fromhex(head.hash)


class ChainPart:
    """Reads one chain's part, line by line, and keeps what the whole file needs to know of it.

    ``later``: keys of the epochs that descend from this chain, by chain; ``is_approved``: an approved
    predecessor vouches for it, and a certificate in the part approves it too.
    """

    def __init__(
        self, opened: OpenedChain, keys: ServerKeys, later: Mapping[str, PublicKey], *, is_approved: bool
    ) -> None:
        """Begin before the certificate."""
        self.opened = opened
        self.is_approved = is_approved
        self._is_certified = False
        self.relied_on: dict[str, int] = {}
        """Later chains whose keys signed lost lines here, with the number of the first such line."""
        self.records = 0
        self.unknown_records = 0
        self.lost_positions = 0
        self._keys = keys
        self._later = later
        self._main = _Stream(self._run(opened.start))
        self._branches: list[_Stream] = []
        self._receipts: set[str | None] = set()
        self._told: list[_Told] = []
        self._stage = Stage.CERTIFICATE

    @property
    def branches(self) -> int:
        """How many branches were read."""
        return len(self._branches)

    @property
    def unsigned_records(self) -> int:
        """How many records of a chain that nobody approved are not signed by its key."""
        return sum(stream.run.unsigned for stream in self._streams() if isinstance(stream.run, _StrangersRun))

    def _run(self, start: Head) -> RunVerifier:
        verifier = RunVerifier if self.is_approved else _StrangersRun
        return verifier(self.opened, start, self._later)

    def read(self, lines: ExportLines, known: Mapping[str, OpenedChain]) -> bool:
        """Take the lines of this chain and tell whether the file goes on after them.

        Raises:
            MalformedInput, OutOfOrder, Untrusted: what a line is not; ``lines.number`` is the line's.
        """
        while (line := lines.peek()) is not None:
            if not self._is_ours(line, known):
                self._finish(lines)
                return True
            self._take(line)
            lines.take(line)
        return False

    def _is_ours(self, line: ExportLine, known: Mapping[str, OpenedChain]) -> bool:
        if line.kind not in _STAGES:
            return False
        if line.kind is not LineKind.POSITION or "chain" in line.fields:
            return bool(line.fields.get("chain") == self.opened.name)
        prev = line.fields["prev"]
        return prev == self.opened.name or not (isinstance(prev, str) and prev in known)

    def _take(self, line: ExportLine) -> None:
        stage = _STAGES[line.kind]
        if stage < self._stage or (stage is Stage.CERTIFICATE and self._is_certified):
            raise OutOfOrder("line_out_of_place", kind=line.kind.value)
        self._stage = stage
        if stage is Stage.LINES:
            self._take_position(line)
        elif stage is Stage.CERTIFICATE:
            self._verify_certificate(line)
        elif stage is Stage.RECEIPTS:
            self._verify_receipt(line)
        else:
            self._verify_revocation(line)

    def _take_position(self, line: ExportLine) -> None:
        parsed = parse_chain_line(line.raw)
        stream = self._branches[-1] if self._branches else self._main
        if parsed.moves_head and (parsed.first, parsed.prev) != (stream.run.head.seq + 1, stream.run.head.hash):
            stream = self._begin_branch(parsed, stream)
        stream.take(parsed)
        for name in stream.run.relied_on - self.relied_on.keys():
            self.relied_on[name] = line.number
        if parsed.record is not None:
            self.records += 1
            self.unknown_records += parse_record_data(parsed.record) is None
        elif parsed.moves_head:
            self.lost_positions += parsed.last - parsed.first + 1
        else:
            self._told.append(_Told(line.number, Head(parsed.last, parsed.hash)))

    def _begin_branch(self, line: ChainLine, current: _Stream) -> _Stream:
        """Return a new branch that hangs on a position read before, else say why the line does not fit."""
        streams = (self._main, *self._branches)
        start, end = Head(line.first - 1, line.prev), Head(line.last, line.hash)
        if any(stream.hashes.get(end.seq) == bytes.fromhex(end.hash) for stream in streams):
            raise OutOfOrder("line_doubled", seq=line.first)
        if not any(stream.hashes.get(start.seq) == bytes.fromhex(start.hash) for stream in streams):
            follow(current.run.head, line)
        branch = _Stream(self._run(start))
        self._branches.append(branch)
        return branch

    def _verify_certificate(self, line: ExportLine) -> None:
        fields = parse_message(self._keys.verify_server_line(line.raw, Purpose.ENROLMENT).json, Certificate)
        if fields.kiosk != self.opened.opening.kiosk:
            raise Untrusted("certificate_of_another_chain")
        if fields.server != self._keys.identity.text:
            raise Untrusted("certificate_of_another_server")
        self._is_certified = self.is_approved = True
        self._main = _Stream(self._run(self.opened.start))

    def _verify_receipt(self, line: ExportLine) -> None:
        fields = parse_message(self._keys.verify_server_line(line.raw, Purpose.RECEIPT).json, Receipt)
        if fields.kiosk != self.opened.opening.kiosk:
            raise Untrusted("receipt_of_another_chain")
        if fields.branch in self._receipts:
            raise OutOfOrder("line_doubled")
        self._receipts.add(fields.branch)
        accepted, backed_up = (Head(head.seq, head.hash) for head in (fields.accepted, fields.backed_up))
        streams = [self._main] if fields.branch is None else [*self._branches, self._main]
        stream = next((stream for stream in streams if stream.passes(accepted)), None)
        if stream is None:
            is_short = all(accepted.seq > stream.run.head.seq for stream in streams)
            raise OutOfOrder("shorter_than_receipt" if is_short else "receipt_not_on_chain", seq=accepted.seq)
        if backed_up.seq > accepted.seq or not (stream.passes(backed_up) or self._main.passes(backed_up)):
            raise OutOfOrder("receipt_not_on_chain", seq=backed_up.seq)
        stream.has_receipt = True

    def _verify_revocation(self, line: ExportLine) -> None:
        fields = parse_message(self._keys.verify_server_line(line.raw, Purpose.REVOCATION).json, Revocation)
        if fields.kiosk != self.opened.opening.kiosk:
            raise Untrusted("revocation_of_another_chain")
        if not self._main.passes(Head(fields.seq, fields.hash)):
            is_short = fields.seq > self._main.run.head.seq
            raise OutOfOrder("shorter_than_revocation" if is_short else "revocation_not_on_chain", seq=fields.seq)

    def _finish(self, lines: ExportLines) -> None:
        if not all(branch.has_receipt for branch in self._branches):
            raise OutOfOrder("branch_without_receipt")
        for told in self._told:
            if not any(told.head.seq in stream.hashes and stream.passes(told.head) for stream in self._streams()):
                lines.number = told.number
                raise OutOfOrder("lost_line_unplaced", seq=told.head.seq)

    def _streams(self) -> tuple[_Stream, ...]:
        return (self._main, *self._branches)
