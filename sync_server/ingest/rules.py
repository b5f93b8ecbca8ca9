"""Which lines count, what a kiosk is told of its chain, and how the ratchet of hellos is read.

Pure. The marks of a chain are independent: revoked, forked, provisional and held each hold lines
back for themselves; forked alone makes a kiosk branch off.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from shared.limits import MAX_QUARANTINED_CHAIN_BYTES, MAX_UNVOUCHED_CHAIN_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection

    from shared.chain import Head
    from shared.sync_messages import Standing

MAIN: Final = ""
"""Branch of the chain itself."""


class LineStanding(StrEnum):
    """Where a line stands. It moves only from quarantine to one of the others."""

    LEDGER = "ledger"
    QUARANTINE = "quarantine"
    IMPORTED = "imported"


class SignatureState(StrEnum):
    """What is known of a record's own signature; ``vouched``: a lost line stands for it."""

    UNCHECKED = "unchecked"
    GOOD = "good"
    BAD = "bad"
    VOUCHED = "vouched"


class BlobState(StrEnum):
    """What is known of a sealed text; ``lost``: the kiosk told that it is gone."""

    AWAITED = "awaited"
    STORED = "stored"
    LOST = "lost"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Marks:
    """The independent marks of a chain. ``freeze``: last position that counts, if any holds it back."""

    certified: bool
    revoked: bool = False
    forked: bool = False
    held: bool = False
    freeze: int | None = None

    def standing(self) -> Standing:
        """Return the one word that a session line says; forked first, for it alone asks for an act."""
        if self.forked:
            return "forked"
        if self.revoked:
            return "revoked"
        if self.held:
            return "held"
        return "ok" if self.certified else "provisional"

    def counts_up_to(self, branch: str) -> int | None:
        """Return the last position of ``branch`` whose lines count, None for all of them."""
        if branch != MAIN or self.held or not self.certified:
            return 0
        return self.freeze

    def line_standing(self, branch: str, seq: int) -> LineStanding:
        """Return where a line at that position stands when it is received."""
        limit = self.counts_up_to(branch)
        return LineStanding.LEDGER if limit is None or seq <= limit else LineStanding.QUARANTINE


class RatchetVerdict(StrEnum):
    """What a hello's challenge and ``last`` say about the disk that sent it."""

    FITS = "fits"
    LATE_DUPLICATE = "late_duplicate"
    ANOTHER_DISK = "another_disk"


@dataclass(frozen=True, slots=True)
class Ratchet:
    """What the server keeps of a chain's hellos. ``current``: the newest challenge it answered."""

    current: str | None
    remembered: Collection[str]

    def check(self, challenge: str, last: str | None, *, same_incarnation: bool) -> RatchetVerdict:
        """Return whether a hello goes on from the newest one, repeats it, is an old copy, or is a stranger's.

        ``same_incarnation``: the kiosk holds ``last`` from this incarnation, or from none.
        """
        if challenge == self.current:
            return RatchetVerdict.FITS
        if challenge in self.remembered:
            return RatchetVerdict.LATE_DUPLICATE
        if self.current is None or (same_incarnation and last == self.current):
            return RatchetVerdict.FITS
        return RatchetVerdict.ANOTHER_DISK


def is_older_disk(announced: Head, held: Head) -> bool:
    """Tell whether a kiosk that announces its head holds less, or another past, than was received. Pure."""
    return announced.seq < held.seq or (announced.seq == held.seq and announced.hash != held.hash)


def quarantine_limit(*, certified: bool, vouched: bool) -> int:
    """Return how many bytes of a stream are taken into quarantine before somebody has to look. Pure."""
    return MAX_QUARANTINED_CHAIN_BYTES if certified or vouched else MAX_UNVOUCHED_CHAIN_BYTES
