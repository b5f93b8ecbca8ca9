"""A small hall's export with one of everything: rotation, fork, holes, rotten signature, revocation, newer type."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from shared.evidence import ExportedChain, format_export
from shared.records import BadgeRefused, BadgeScanned, KioskStarted, TicketIssued, TicketPrinted
from shared.signed_line import Purpose
from shared.sync_messages import HeadFields
from tests.support.signed_hall import NOON, KioskChain, SignedHall, derive_key, open_chain

if TYPE_CHECKING:
    from collections.abc import Sequence

SECOND_KIOSK: Final = "H1-K02"


def started() -> KioskStarted:
    return KioskStarted(program="0.1.0", previous="none", pack=0)


def scanned(badge: int = 1) -> BadgeScanned:
    return BadgeScanned(badge=badge, serial=1, staff=f"S{badge:04d}", post="P-001", pack=1, flags=[])


def refused() -> BadgeRefused:
    return BadgeRefused(reason="foreign", pack=1)


def issued(count: int = 1) -> TicketIssued:
    return TicketIssued(number=f"A1-{count:03d}", service="A", day="2026-09-21", pack=1, ahead=count, ahead_age_s=4)


def printed(ticket: int, count: int = 1) -> TicketPrinted:
    return TicketPrinted(ticket=ticket, number=f"A1-{count:03d}")


@dataclass(frozen=True)
class ExportedHall:
    """``rotated`` follows ``first``, whose other disk went on as the branch; ``stranger`` is not approved."""

    hall: SignedHall
    first: KioskChain
    forked: KioskChain
    rotated: KioskChain
    stranger: KioskChain
    chains: Sequence[ExportedChain]

    def lines(self) -> list[bytes]:
        """Return the lines of the export, each with its LF."""
        key = self.hall.online(Purpose.EXPORT)
        return list(format_export(self.hall.keys_line, self.chains, key=key, time=NOON))


@cache
def exported_hall(name: str = "hall") -> ExportedHall:
    """Build the hall; the same name gives the same bytes."""
    hall = SignedHall(name)
    first = open_chain("kiosk 1")
    for data in (started(), scanned(1), scanned(2)):
        first.record(data)
    forked = first.fork(2)
    forked.record(scanned(3))
    forked.record(refused())
    first.record({"matter": "unknown here"}, kind="matter_read")
    first.record(issued())
    first.record(printed(5))
    rotated = open_chain("kiosk 1 anew", origin=first, reason="rotated")
    rotated.record(scanned(4))
    hole = rotated.record(scanned(5))
    rotated.record(issued(100))
    rotated.record(scanned(6))
    stranger = open_chain("kiosk 2", kiosk=SECOND_KIOSK)
    stranger.record(started())
    return ExportedHall(
        hall,
        first,
        forked,
        rotated,
        stranger,
        (
            ExportedChain(
                opening_lines=stranger.opening_lines,
                lines=tuple(stranger.lines),
                receipt_lines=(hall.receipt(stranger.name, stranger.head, kiosk=SECOND_KIOSK, number=9),),
            ),
            ExportedChain(
                opening_lines=rotated.opening_lines,
                certificate_line=hall.certify(rotated.name),
                lines=tuple(rotated.lost(2, 2) if line is hole else line for line in rotated.lines),
                receipt_lines=(hall.receipt(rotated.name, rotated.head, number=8),),
                revocation_lines=(hall.revoke(rotated.name, rotated.heads[3]),),
            ),
            ExportedChain(
                opening_lines=first.opening_lines,
                certificate_line=hall.certify(first.name),
                lines=(
                    *first.lines[:4],
                    first.lost(5, 5, kind="signature", key=derive_key("kiosk 1 anew")),
                    _rot_signature(first.lines[4]),
                    first.lost(5, 5, kind="blob"),
                    first.lines[5],
                ),
                branches=(tuple(forked.lines[2:]),),
                receipt_lines=(
                    hall.receipt(
                        first.name,
                        first.head,
                        backed_up=HeadFields(hash=first.heads[3].hash, seq=3),
                        number=7,
                    ),
                    hall.receipt(first.name, forked.head, branch=rotated.name, number=6),
                ),
            ),
        ),
    )


def _rot_signature(line: bytes) -> bytes:
    return (b"A" if line[:1] != b"A" else b"B") + line[1:]
