"""Following the lines of one batch along a chain: which are taken, which were known, where it breaks.

Pure but for two questions asked about what is held. The header's signature has been checked before:
it covers every byte of the body, so a line needs no check of its own where the chain's own key
headed it. Where another chain's key did, what is taken ends at a line whose own signature verifies.

A break gives the prefix before it. A record that conflicts with a held one proves a fork only if
its own signature verifies; else it is malformed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from shared.chain import ChainLine, Head, OpenedChain, follow, parse_chain_line, verify_belongs
from shared.errors import OutOfOrder, ServicehallError, Untrusted
from shared.signed_line import PublicKey, Purpose
from sync_server.ingest.rules import MAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class HeldLine(NamedTuple):
    """What is held at a position. ``signature``: 64 bytes, None in a hole; ``settled``: it verified."""

    hash: str
    signature: bytes | None
    settled: bool


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a batch goes.

    ``opened``: the chain; ``head``: accepted head, None for a branch of which nothing was received;
    ``closed``: last position before a successor; ``speaker``: the key that headed the batch;
    ``held_at``: what is held at a position of this chain or branch; ``chain_hash_at``: hash at a
    position of the chain itself, from which a branch may start.
    """

    opened: OpenedChain
    branch: str
    head: Head | None
    closed: int | None
    speaker: PublicKey
    held_at: Callable[[int], HeldLine | None]
    chain_hash_at: Callable[[int], str | None]

    @property
    def headed_by_another(self) -> bool:
        """Whether another chain's key headed the batch."""
        return self.speaker != self.opened.key


@dataclass
class Walk:
    """What a batch came to.

    ``taken``: lines that move the head, in order; ``told``: lost signatures and blobs; ``renewed``:
    records held with a signature that did not verify, now with one that does; ``vouched``: hashes of
    records directly after a lost line that stands for their signature (``vouching``: one that waits for
    its record); ``known``: how many were held before; ``break_``: why the rest was left, and from which
    line; ``proof``: the record that proves a fork.
    """

    head: Head | None
    taken: list[ChainLine] = field(default_factory=list)
    told: list[ChainLine] = field(default_factory=list)
    renewed: list[ChainLine] = field(default_factory=list)
    vouched: set[str] = field(default_factory=set)
    vouching: ChainLine | None = None
    known: int = 0
    break_: ServicehallError | None = None
    broken_at: int | None = None
    proof: ChainLine | None = None


def walk_lines(lines: Sequence[bytes], place: Place) -> Walk:
    """Return what ``lines`` come to at ``place``; nothing is raised for what is wrong with them."""
    walk = Walk(place.head)
    for number, raw in enumerate(lines):
        try:
            _step(walk, parse_chain_line(raw), place)
        except ServicehallError as error:
            walk.break_, walk.broken_at = error, number
            break
    if place.headed_by_another:
        _end_at_verified(walk, place)
        reached = walk.head.seq if walk.head is not None else 0
        walk.told = [line for line in walk.told if line.last <= reached]
    return walk


def _step(walk: Walk, line: ChainLine, place: Place) -> None:
    verify_belongs(line, place.opened)
    vouching, walk.vouching = walk.vouching, None
    if line.lost is not None:
        place.speaker.verify(Purpose.LOST, line.signature, line.json)
        if not line.moves_head:
            _tell(walk, line, place)
            return
    if vouching is not None:
        if vouching.hash != line.hash:
            raise OutOfOrder("lost_line_unplaced", seq=vouching.first)
        walk.vouched.add(line.hash)
        walk.told.append(vouching)
    if walk.head is None:
        _begin_branch(walk, line, place)
    elif line.last <= walk.head.seq:
        _meet_held(walk, line, place)
        return
    _take(walk, line, place)


def _tell(walk: Walk, line: ChainLine, place: Place) -> None:
    """Keep a lost signature or blob of a record that is held, or of the record that must come next."""
    taken = next((other.hash for other in walk.taken if other.last == line.first), None)
    held = place.held_at(line.first) if taken is None else None
    if (taken if held is None else held.hash) == line.hash:
        walk.told.append(line)
    elif line.lost is not None and line.lost.kind == "signature" and taken is None and held is None:
        walk.vouching = line
    else:
        raise OutOfOrder("lost_line_unplaced", seq=line.first)


def _take(walk: Walk, line: ChainLine, place: Place) -> None:
    if walk.head is None:
        raise OutOfOrder("gap", first=line.first)
    head = follow(walk.head, line)
    if place.branch == MAIN and place.closed is not None and head.seq > place.closed:
        if _is_own(line, place):
            walk.proof = line
        raise OutOfOrder("beyond_successor", seq=line.last)
    walk.head = head
    walk.taken.append(line)


def _begin_branch(walk: Walk, line: ChainLine, place: Place) -> None:
    """Let a branch start from any position of the chain that is held, or from a hole that says what was before."""
    held = place.opened.name if line.first == 1 else place.chain_hash_at(line.first - 1)
    if held != line.prev and line.lost is None:
        raise OutOfOrder("gap", first=line.first)
    walk.head = Head(line.first - 1, line.prev)


def _meet_held(walk: Walk, line: ChainLine, place: Place) -> None:
    """Recognise what was received before, or find that it is another past."""
    held = place.held_at(line.last)
    if held is not None and held.hash == line.hash:
        walk.known += 1
        other = line.record is not None and not held.settled and held.signature not in {None, line.signature}
        if other and place.opened.key.is_signature(Purpose.RECORD, line.signature, line.json):
            walk.renewed.append(line)
        return
    if line.lost is not None:
        walk.known += 1
        return
    if held is not None and place.branch == MAIN and _is_own(line, place):
        walk.proof = line
    raise OutOfOrder("conflict", seq=line.first)


def _is_own(line: ChainLine, place: Place) -> bool:
    return line.record is not None and place.opened.key.is_signature(Purpose.RECORD, line.signature, line.json)


def _end_at_verified(walk: Walk, place: Place) -> None:
    """Drop from the end what no own signature covers; what stays before is covered by its links."""
    while walk.taken:
        last = walk.taken[-1]
        if last.lost is not None or last.hash in walk.vouched or _is_own(last, place):
            return
        walk.taken.pop()
        walk.head = Head(last.first - 1, last.prev) if walk.taken else place.head
        if walk.break_ is None:
            walk.break_ = Untrusted("signature_invalid", purpose=Purpose.RECORD.value)
