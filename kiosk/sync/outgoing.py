"""What of a chain goes out next: its own lines verified first, holes named, nothing invented.

A line whose json still hashes to what was signed is sent; a rotted signature is made anew, for Ed25519
gives the same bytes again. What cannot be read any more becomes a signed *lost line*, so that the
rest of the chain still hangs together (T39).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from shared.chain import Head, Lost
from shared.errors import MalformedInput
from shared.records import parse_record
from shared.sealing import blob_hash
from shared.signed_line import PublicKey, Purpose, SignedLine, SigningKey, hash_json, sign_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiosk.ports import ChainLedger, StoredLine, SyncLedger


class Outgoing(NamedTuple):
    """Lines for one batch and the head they lead to; no lines where there is nothing to send."""

    lines: tuple[bytes, ...]
    head: Head


class _Sound(NamedTuple):
    stored: StoredLine
    signature: bytes | None
    """None where it rotted and the key to make it anew is gone."""


@dataclass(frozen=True)
class OutgoingLines:
    """Composes batches of one chain. ``own``: the chain's key, if readable; ``speaker``: who heads the batch."""

    ledger: SyncLedger
    chain: ChainLedger
    public: PublicKey
    own: SigningKey | None
    speaker: SigningKey

    def after(self, accepted: Head, *, max_lines: int, max_bytes: int) -> Outgoing:
        """Return what follows ``accepted``, within the limits."""
        head = self.chain.head
        if accepted.seq >= head.seq:
            return Outgoing((), accepted)
        stored = self.ledger.stored_lines(self.chain.name, accepted.seq + 1, max_lines)
        sound = [checked for checked in (self._check(line) for line in stored if line.seq <= head.seq) if checked]
        lines: list[bytes] = []
        at = accepted
        size = 0
        for checked in sound:
            following = self._with_hole(at, checked)
            size += sum(len(line) + 1 for line in following)
            if lines and (size > max_bytes or len(lines) + len(following) > max_lines):
                return Outgoing(tuple(lines), at)
            lines += following
            at = Head(checked.stored.seq, checked.stored.hash)
        if not lines:
            end = self._end_of_hole(stored[-1].seq if len(stored) == max_lines else head.seq)
            return Outgoing((self._hole(at, end),), end)
        return Outgoing(tuple(lines), at)

    def again(self, unsigned: Sequence[int], without_blob: Sequence[int]) -> Outgoing:
        """Return lines that mend or explain what the server could not check at these positions.

        ``unsigned``: the record's signature did not verify there; ``without_blob``: its sealed text is
        missing there; nothing is said of one that can still be handed over.
        """
        lines: list[bytes] = []
        head = Head(0, self.chain.name)
        for seq in unsigned:
            found = self.ledger.stored_lines(self.chain.name, seq, 1)
            checked = self._check(found[0]) if found and found[0].seq == seq else None
            if checked is not None:
                lines += self._spoken_for(checked)
                head = Head(seq, checked.stored.hash)
        for seq in without_blob:
            lost = None if self._has_blob(seq) else self._about(seq, "blob")
            if lost is not None:
                lines.append(lost)
                head = Head(seq, self.ledger.hash_at(self.chain.name, seq) or head.hash)
        return Outgoing(tuple(lines), head)

    def _has_blob(self, seq: int) -> bool:
        found = self.ledger.stored_lines(self.chain.name, seq, 1)
        sealed = found[0].sealed if found and found[0].seq == seq else None
        content = self.ledger.blob(sealed) if sealed is not None else None
        return content is not None and blob_hash(content) == sealed

    def _check(self, stored: StoredLine) -> _Sound | None:
        if hash_json(Purpose.RECORD, stored.json) != stored.hash:
            return None
        try:
            parse_record(stored.json)
        except MalformedInput:
            return None
        if self.public.is_signature(Purpose.RECORD, stored.signature, stored.json):
            return _Sound(stored, stored.signature)
        if self.own is None:
            return _Sound(stored, None)
        signature = self.own.sign(Purpose.RECORD, stored.json)
        self.ledger.mend_signature(self.chain.name, stored.seq, signature)
        return _Sound(stored, signature)

    def _with_hole(self, at: Head, checked: _Sound) -> list[bytes]:
        lines = []
        if checked.stored.seq > at.seq + 1:
            lines.append(self._hole(at, Head(checked.stored.seq - 1, parse_record(checked.stored.json).prev)))
        return lines + self._spoken_for(checked)

    def _spoken_for(self, checked: _Sound) -> list[bytes]:
        stored = checked.stored
        if checked.signature is not None:
            return [SignedLine(checked.signature, stored.json).to_bytes()]
        vouched = self._about(stored.seq, "signature")
        line = SignedLine(stored.signature, stored.json).to_bytes()
        return [vouched, line] if vouched is not None else [line]

    def _hole(self, at: Head, end: Head) -> bytes:
        lost = Lost(
            chain=self.chain.name,
            first=at.seq + 1,
            hash=end.hash,
            kind="record",
            last=end.seq,
            prev=at.hash,
            reason="unreadable",
        )
        return sign_line(self.speaker, Purpose.LOST, lost)

    def _end_of_hole(self, last: int) -> Head:
        """Return the newest position of a hole that reaches ``last``, with the hash that fixes it."""
        while last < self.chain.head.seq:
            following = self.ledger.stored_lines(self.chain.name, last + 1, 1)
            if following and following[0].seq == last + 1 and self._check(following[0]) is not None:
                return Head(last, parse_record(following[0].json).prev)
            last += 1
        return self.chain.head

    def _about(self, seq: int, kind: str) -> bytes | None:
        digest = self.ledger.hash_at(self.chain.name, seq)
        prev = self.chain.name if seq == 1 else self.ledger.hash_at(self.chain.name, seq - 1)
        if digest is None or prev is None:
            return None
        lost = Lost(
            chain=self.chain.name,
            first=seq,
            hash=digest,
            kind="blob" if kind == "blob" else "signature",
            last=seq,
            prev=prev,
            reason="unreadable",
        )
        return sign_line(self.speaker, Purpose.LOST, lost)
