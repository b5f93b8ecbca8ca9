"""A kiosk's chain: its opening, its links, its holes, and the verdict on a run of lines.

A chain is named by the hash of its opening's json. ``prev`` of a record is the hash of the json
before it; positions have no gaps. What cannot be sent any more stands as a signed *lost line* that
names the hash of its last position, so that everything after a hole still hangs on the chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec
from msgspec import field

from shared import strict_json
from shared.errors import MalformedInput, OutOfOrder, Untrusted
from shared.ids import Base64Key, Count, HallId, Hex64, KioskId, Position, parse_kiosk_id
from shared.records import Record, convert_record
from shared.signed_line import PublicKey, Purpose, SigningKey, hash_json, sign_line, split_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Head(NamedTuple):
    """A position of a chain. ``seq`` 0 is the opening; ``hash``: 64 hex, at seq 0 the chain's name."""

    seq: int
    hash: str


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the chain before this one was left."""

    chain: Hex64
    hash: Hex64
    seq: Count


_OPENING_LINES: Final = (1, 2)
"""One line a key: the new one's, and the old one's where it can be read."""

Reason = Literal["enrolled", "rotated", "damaged", "forked"]


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The json of an opening. ``epoch`` is a label for people; the chain's name is its identity.

    ``from`` is null for ``enrolled``, named for ``rotated`` and ``forked``, and either for
    ``damaged``: a disk may have lost even the name of its chain.
    """

    epoch: Position
    origin: Origin | None = field(name="from")
    hall: HallId
    key: Base64Key
    kiosk: KioskId
    reason: Reason
    v: Literal[1] = 1


class OpenedChain(NamedTuple):
    """A verified opening. ``vouched``: the key before it signed too (False where that is not known)."""

    name: str
    opening: Opening
    key: PublicKey
    vouched: bool

    @property
    def start(self) -> Head:
        """The head before the first record."""
        return Head(0, self.name)


class Lost(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The json of a lost line: positions ``first`` to ``last`` cannot be sent as they were.

    ``hash`` is that of ``last`` and ``prev`` that of ``first`` - 1. Kind ``record`` takes the place of
    the lines; ``signature`` stands directly before a record whose own signature rotted; ``blob`` says
    that the sealed text of a record is gone.
    """

    chain: Hex64
    first: Position
    hash: Hex64
    kind: Literal["record", "signature", "blob"]
    last: Position
    prev: Hex64
    reason: Literal["unreadable", "dropped", "profile"]
    v: Literal[1] = 1


class ChainLine(NamedTuple):
    """One line of a batch or an export, parsed; its own signature is not verified.

    ``hash``: 64 hex of the last position it covers; exactly one of ``record`` and ``lost`` is set.
    """

    line: bytes
    signature: bytes
    json: bytes
    hash: str
    record: Record | None
    lost: Lost | None

    @property
    def first(self) -> int:
        """First position that the line covers."""
        return self.record.seq if self.record is not None else self._lost.first

    @property
    def last(self) -> int:
        """Last position that the line covers."""
        return self.record.seq if self.record is not None else self._lost.last

    @property
    def prev(self) -> str:
        """Hash of the position before ``first``."""
        return self.record.prev if self.record is not None else self._lost.prev

    @property
    def purpose(self) -> Purpose:
        """What its own signature is for."""
        return Purpose.RECORD if self.record is not None else Purpose.LOST

    @property
    def moves_head(self) -> bool:
        """Whether it takes positions; lost signatures and blobs only tell about a record."""
        return self.lost is None or self.lost.kind == "record"

    @property
    def _lost(self) -> Lost:
        if self.lost is None:
            raise MalformedInput("line_malformed")
        return self.lost


def chain_name(opening_json: bytes) -> str:
    """Return the chain's name: SHA-256(``servicehall epoch v1`` LF json), 64 hex. Pure."""
    return hash_json(Purpose.EPOCH, opening_json)


def sign_opening(opening: Opening, key: SigningKey, predecessor: SigningKey | None = None) -> list[bytes]:
    """Return the opening lines: the new key's first, the old key's second where it can be read."""
    lines = [sign_line(key, Purpose.EPOCH, opening)]
    if predecessor is not None:
        lines.append(sign_line(predecessor, Purpose.EPOCH, opening))
    return lines


def verify_opening(lines: Sequence[bytes], predecessor: PublicKey | None = None) -> OpenedChain:
    """Return the chain that one or two opening lines open.

    ``predecessor``: key of the chain named by ``from``, where the caller knows it; without it a
    second signature cannot be checked and does not vouch.

    Raises:
        MalformedInput: ``opening_malformed``, or a weak key.
        Untrusted: ``signature_invalid``: the new key's, or the old key's where that is known.
    """
    if len(lines) not in _OPENING_LINES:
        raise MalformedInput("opening_malformed", why="lines")
    parts = [split_line(line) for line in lines]
    json = parts[0].json
    try:
        opening = msgspec.convert(strict_json.parse(json), Opening)
    except msgspec.ValidationError as error:
        raise MalformedInput("opening_malformed") from error
    if parse_kiosk_id(opening.kiosk)[0] != opening.hall:
        raise MalformedInput("opening_malformed", why="hall")
    if opening.reason != "damaged" and (opening.origin is None) != (opening.reason == "enrolled"):
        raise MalformedInput("opening_malformed", why="from")
    key = PublicKey.from_text(opening.key)
    key.verify(Purpose.EPOCH, parts[0].signature, json)
    vouched = False
    if len(parts) > 1:
        if parts[1].json != json or opening.origin is None:
            raise MalformedInput("opening_malformed", why="second line")
        if predecessor is not None:
            predecessor.verify(Purpose.EPOCH, parts[1].signature, json)
            vouched = True
    return OpenedChain(chain_name(json), opening, key, vouched)


def parse_chain_line(line: bytes) -> ChainLine:
    """Return the parts of a record or lost line; its signature is not verified. Pure.

    Raises:
        MalformedInput: neither a record nor a lost line of the agreed form.
    """
    parts = split_line(line)
    fields = strict_json.parse(parts.json)
    if "kind" not in fields:
        record = convert_record(fields)
        return ChainLine(line, parts.signature, parts.json, hash_json(Purpose.RECORD, parts.json), record, None)
    try:
        lost = msgspec.convert(fields, Lost)
    except msgspec.ValidationError as error:
        raise MalformedInput("lost_line_malformed") from error
    if lost.last < lost.first or (lost.kind != "record" and lost.first != lost.last):
        raise MalformedInput("lost_line_malformed", why="range")
    return ChainLine(line, parts.signature, parts.json, lost.hash, None, lost)


def follow(head: Head, line: ChainLine) -> Head:
    """Return the head after ``line``, one that moves the head and hangs directly on it. Pure.

    Raises:
        OutOfOrder: ``gap`` (positions left out), ``behind`` (positions already taken) or
            ``prev_wrong`` (right position, another past).
    """
    if line.first > head.seq + 1:
        raise OutOfOrder("gap", head=head.seq, first=line.first)
    if line.first <= head.seq:
        raise OutOfOrder("behind", head=head.seq, first=line.first)
    if line.prev != head.hash:
        raise OutOfOrder("prev_wrong", seq=line.first)
    return Head(line.last, line.hash)


def verify_belongs(line: ChainLine, opened: OpenedChain) -> None:
    """Raise Untrusted unless the line names the chain it stands in. Pure.

    Raises:
        Untrusted: ``record_of_another_chain`` (its kiosk or epoch), ``lost_line_of_another_chain``.
    """
    if line.record is not None:
        if (line.record.kiosk, line.record.epoch) != (opened.opening.kiosk, opened.opening.epoch):
            raise Untrusted("record_of_another_chain", seq=line.first)
    elif line._lost.chain != opened.name:  # noqa: SLF001 - this module's own
        raise Untrusted("lost_line_of_another_chain", seq=line.first)


class RunVerifier:
    """Follows a run of lines of one chain, each linked and its own signature verified.

    ``later``: keys of later epochs of the same disk by chain, which may sign lost lines when the
    chain's own key is gone. A record whose signature rotted passes only directly after a lost line of
    kind ``signature`` that names its hash.
    """

    def __init__(
        self, opened: OpenedChain, start: Head | None = None, later: Mapping[str, PublicKey] | None = None
    ) -> None:
        """Begin at ``start``, by default before the first record."""
        self.head = opened.start if start is None else start
        self.relied_on: set[str] = set()
        """Later chains whose keys signed lost lines here; they must be approved."""
        self._opened = opened
        self._signers = {opened.name: opened.key, **(later or {})}
        self._vouched_hash: str | None = None

    def take(self, line: ChainLine) -> None:
        """Move the head over ``line``; after an error the head is where it was.

        Raises:
            OutOfOrder: as :func:`follow` does.
            Untrusted: ``signature_invalid``, or as :func:`verify_belongs` does.
        """
        verify_belongs(line, self._opened)
        vouched_hash, self._vouched_hash = self._vouched_hash, None
        if line.lost is not None:
            self._verify_lost(line)
            if line.lost.kind == "signature":
                self._vouched_hash = line.hash
        elif line.hash != vouched_hash:
            self.verify_record(line)
        if line.moves_head:
            self.head = follow(self.head, line)

    def verify_record(self, line: ChainLine) -> None:
        """Raise Untrusted ``signature_invalid`` unless the chain's key signed the record."""
        self._opened.key.verify(Purpose.RECORD, line.signature, line.json)

    def _verify_lost(self, line: ChainLine) -> None:
        for name, key in self._signers.items():
            if key.is_signature(Purpose.LOST, line.signature, line.json):
                if name != self._opened.name:
                    self.relied_on.add(name)
                return
        raise Untrusted("signature_invalid", purpose=Purpose.LOST.value)


def verify_run(
    opened: OpenedChain, lines: Iterable[bytes], start: Head | None = None, later: Mapping[str, PublicKey] | None = None
) -> Head:
    """Return the head after a run of lines; see :class:`RunVerifier`.

    Raises:
        MalformedInput, OutOfOrder, Untrusted: as :func:`parse_chain_line` and :meth:`RunVerifier.take` do.
    """
    run = RunVerifier(opened, start, later)
    for line in lines:
        run.take(parse_chain_line(line))
    return run.head
