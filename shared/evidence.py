"""The export: every signed line of a hall in one file that anybody can verify without its server.

Owns the order of the parts and the verdict on the whole. The keys line; all openings, a predecessor
before its heirs; then, in the order of the openings, each chain's certificate, its lines in order, its
branches, its newest receipts, its revocations; last a line that the server signs over every byte
before it. Nothing is trusted but what the identity key in the keys line signed, and that key itself
only where the reader brought its fingerprint.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import msgspec

from shared.chain import OpenedChain, verify_opening
from shared.errors import MalformedInput, OutOfOrder, ServicehallError, Untrusted
from shared.evidence_chain import ChainPart
from shared.evidence_lines import ExportLines, LineKind
from shared.ids import Count, Hex16, Hex64, UnixMs
from shared.server_keys import ServerKeys, server_fingerprint, verify_keys_line
from shared.signed_line import PublicKey, Purpose, SigningKey, sign_line
from shared.sync_messages import parse_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class ExportEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The json of the last line. ``lines`` and ``sha256`` are of all before it; ``time``: server's unix ms."""

    key: Hex16
    lines: Count
    sha256: Hex64
    time: UnixMs
    v: Literal[1] = 1


@dataclass(frozen=True, kw_only=True)
class ExportedChain:
    """All that an export says of one chain; every line as it was received or signed, without LF.

    ``lines``: by position, a lost line of kind ``signature`` directly before its record; read once,
    when their turn comes. ``branches``: each like ``lines``. ``receipt_lines``: the newest of the
    chain and of each branch; a branch must have one.
    """

    opening_lines: Sequence[bytes]
    certificate_line: bytes | None = None
    lines: Iterable[bytes] = ()
    branches: Sequence[Iterable[bytes]] = ()
    receipt_lines: Sequence[bytes] = ()
    revocation_lines: Sequence[bytes] = ()


def format_export(keys_line: bytes, chains: Iterable[ExportedChain], *, key: SigningKey, time: int) -> Iterator[bytes]:
    """Yield the lines of an export, each with its LF, the signed last line included.

    ``key``: the online key for exports; ``time``: server's unix ms. Holds no more than one line.

    Raises:
        MalformedInput: an opening cannot be read.
    """
    end = hashlib.sha256()
    count = 0
    for count, line in enumerate(_ordered_lines(keys_line, order_by_origin(chains)), start=1):  # noqa: B007 - the last one counts
        end.update(line + b"\n")
        yield line + b"\n"
    fields = ExportEnd(key=key.public.key_id(Purpose.EXPORT), lines=count, sha256=end.hexdigest(), time=time)
    yield sign_line(key, Purpose.EXPORT, fields) + b"\n"


def order_by_origin(chains: Iterable[ExportedChain]) -> list[ExportedChain]:
    """Return the chains by kiosk and epoch, each after the one it came from. Pure.

    Raises:
        MalformedInput, Untrusted: an opening cannot be read, or its own key did not sign it.
    """
    opened_chains = ((verify_opening(chain.opening_lines), chain) for chain in chains)
    known = {opened.name: (opened.opening, chain) for opened, chain in opened_chains}
    placed: dict[str, ExportedChain] = {}
    for name in sorted(known, key=lambda name: (known[name][0].kiosk, known[name][0].epoch, name)):
        line_of_descent: list[str] = []
        ancestor: str | None = name
        while ancestor in known and ancestor not in placed:
            line_of_descent.append(ancestor)
            origin = known[ancestor][0].origin
            ancestor = None if origin is None else origin.chain
        for descendant in reversed(line_of_descent):
            placed[descendant] = known[descendant][1]
    return list(placed.values())


def _ordered_lines(keys_line: bytes, chains: Sequence[ExportedChain]) -> Iterator[bytes]:
    yield keys_line
    for chain in chains:
        yield from chain.opening_lines
    for chain in chains:
        if chain.certificate_line is not None:
            yield chain.certificate_line
        yield from chain.lines
        for branch in chain.branches:
            yield from branch
        yield from chain.receipt_lines
        yield from chain.revocation_lines


class Finding(StrEnum):
    """What can be said of an export."""

    VERIFIED = "verified"
    ORIGIN_NOT_CHECKED = "origin_not_checked"
    INCOMPLETE = "incomplete"
    FAULT = "fault"


@dataclass(kw_only=True)
class Counts:
    """How much was read. ``unapproved``: chains that neither a certificate nor an approved predecessor vouches for.

    ``unknown``: records of a type or schema that this program does not know; their signatures hold.
    ``lost``: positions in holes. ``unsigned``: records of unapproved chains that their key did not sign.
    """

    chains: int = 0
    unapproved: int = 0
    branches: int = 0
    records: int = 0
    unknown: int = 0
    lost: int = 0
    unsigned: int = 0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found. ``line``, ``error``: the first fault; ``fingerprint``: of the identity key in the file."""

    finding: Finding
    counts: Counts
    fingerprint: str | None = None
    line: int | None = None
    error: ServicehallError | None = None


def verify_export(source: bytes | Iterable[bytes], server: str | None = None) -> Verdict:
    """Return the verdict on an export. Pure; never raises for what the bytes are.

    ``source``: the file, or pieces of it of any size; ``server``: fingerprint of the identity key
    that the reader trusts (32 hex), None if the reader has none.
    """
    lines = ExportLines(source)
    reader = _Reader(lines, server)
    try:
        is_whole = reader.read()
    except ServicehallError as error:
        return Verdict(
            finding=Finding.FAULT,
            counts=reader.counts,
            fingerprint=reader.fingerprint,
            line=lines.number,
            error=error,
        )
    finding = Finding.VERIFIED if server is not None else Finding.ORIGIN_NOT_CHECKED
    return Verdict(
        finding=finding if is_whole else Finding.INCOMPLETE, counts=reader.counts, fingerprint=reader.fingerprint
    )


class _Reader:
    """Reads the parts in their order; each ``read`` tells whether the file went on after it."""

    def __init__(self, lines: ExportLines, server: str | None) -> None:
        self.counts = Counts()
        self.fingerprint: str | None = None
        self._lines = lines
        self._server = server
        self._openings: dict[str, OpenedChain] = {}
        self._approved: set[str] = set()
        self._relied_on: dict[str, int] = {}

    def read(self) -> bool:
        keys = self._read_keys()
        if keys is None or not self._read_openings():
            return False
        for opened in self._openings.values():
            origin = opened.opening.origin
            vouched = opened.vouched and origin is not None and origin.chain in self._approved
            part = ChainPart(opened, keys, self._descendants(opened), is_approved=vouched)
            goes_on = part.read(self._lines, self._openings)
            self._count(part)
            if not goes_on:
                return False
        return self._read_end(keys)

    def _read_keys(self) -> ServerKeys | None:
        line = self._lines.peek()
        if line is None:
            return None
        if line.kind is not LineKind.KEYS:
            raise OutOfOrder("line_out_of_place", kind=line.kind.value)
        identity = line.fields.get("server")
        if not isinstance(identity, str):
            raise MalformedInput("keys_line_malformed")
        keys = verify_keys_line(line.raw, PublicKey.from_text(identity))
        self.fingerprint = server_fingerprint(keys.identity)
        if self._server is not None and self._server != self.fingerprint:
            raise Untrusted("export_of_another_server")
        self._lines.take(line)
        return keys

    def _read_openings(self) -> bool:
        keys: set[bytes] = set()
        awaited: set[str] = set()
        while (line := self._lines.peek()) is not None and line.kind is LineKind.OPENING:
            group = [line.raw]
            self._lines.take(line)
            while (following := self._lines.peek()) is not None and following.json == line.json:
                group.append(following.raw)
                self._lines.take(following)
            self._lines.number = line.number
            opened = self._verify_opening(group)
            if opened.name in awaited:
                raise OutOfOrder("opening_out_of_order")
            if opened.key.raw in keys:
                raise OutOfOrder("opening_key_used_twice")
            keys.add(opened.key.raw)
            self._openings[opened.name] = opened
            if opened.opening.origin is not None:
                awaited.add(opened.opening.origin.chain)
        return line is not None

    def _verify_opening(self, group: list[bytes]) -> OpenedChain:
        opened = verify_opening(group)
        origin = opened.opening.origin
        before = None if origin is None else self._openings.get(origin.chain)
        if before is None or before.opening.kiosk != opened.opening.kiosk:
            return opened
        try:
            return verify_opening(group, before.key)
        except Untrusted:  # the second line vouches for nothing; the chain stands as if it were not there
            return opened

    def _descendants(self, opened: OpenedChain) -> Mapping[str, PublicKey]:
        """Return the keys of the kiosk's epochs after this; the openings stand in order, so one pass finds them."""
        found: dict[str, PublicKey] = {}
        for heir in self._openings.values():
            origin = heir.opening.origin
            if origin is None or heir.opening.kiosk != opened.opening.kiosk:
                continue
            if origin.chain == opened.name or origin.chain in found:
                found[heir.name] = heir.key
        return found

    def _count(self, part: ChainPart) -> None:
        if part.is_approved:
            self._approved.add(part.opened.name)
        else:
            self.counts.unapproved += 1
        self._relied_on = {**part.relied_on, **self._relied_on}
        self.counts.chains += 1
        self.counts.branches += part.branches
        self.counts.records += part.records
        self.counts.unknown += part.unknown_records
        self.counts.lost += part.lost_positions
        self.counts.unsigned += part.unsigned_records

    def _read_end(self, keys: ServerKeys) -> bool:
        line = self._lines.peek()
        if line is None or line.kind is not LineKind.END:
            raise OutOfOrder("line_out_of_place", kind="" if line is None else line.kind.value)
        end = parse_message(keys.verify_server_line(line.raw, Purpose.EXPORT).json, ExportEnd)
        if (end.lines, end.sha256) != (line.number - 1, self._lines.digest):
            raise Untrusted("export_altered")
        self._lines.take(line)
        if self._lines.peek() is not None or self._lines.has_rest:
            raise OutOfOrder("line_out_of_place", kind="after the end")
        for name, number in self._relied_on.items():
            if name not in self._approved:
                self._lines.number = number
                raise Untrusted("lost_line_not_approved")
        return True
