"""What a use case tells the screen after the fact is durable. Frozen; no widget, no wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from shared.pack import Names, PublishedService

PrinterState: TypeAlias = Literal["ready", "no_paper", "offline", "cover_open", "error"]
"""What a printer says of itself; all but the first are also reasons of a print that failed."""

RejectionReason: TypeAlias = Literal[
    "malformed", "foreign", "cut", "forged", "key_unknown", "other_hall", "unknown", "revoked", "superseded", "expired"
]
"""Why a code was refused; the same words stand in the record ``badge_refused``."""

Flag: TypeAlias = Literal["list_stale", "clock_unset", "repeat"]
REPEAT: Final = "repeat"
LIST_STALE: Final = "list_stale"
CLOCK_UNSET: Final = "clock_unset"


@dataclass(frozen=True)
class BadgeAccepted:
    """The scan is recorded. ``at_ms``: when the person was first recorded; see ``repeat``.

    ``flags``: those of the record. ``repeat``: the same badge was here less than a minute ago, and
    ``at_ms`` is that time, so the screen can say "already". ``list_stale``: the list of badges is
    older than 72 hours or older than this badge. ``clock_unset``: no server ever set this clock.
    """

    staff_name: str
    post: Names | None
    window: str | None
    at_ms: int
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True)
class BadgeRejected:
    """The refusal is recorded. ``hall``: the other hall's name, with reason ``other_hall`` only."""

    reason: RejectionReason
    hall: Names | None = None


BadgeAnswer: TypeAlias = BadgeAccepted | BadgeRejected


@dataclass(frozen=True)
class IssuedTicket:
    """The number is durable. ``ahead``: people ahead, None where no server ever told; ``ahead_age_s``: its age.

    ``seq``: position of its record; ``printer``: what the printer said just before; ``language``: of the paper.
    """

    number: str
    service: PublishedService
    ahead: int | None
    ahead_age_s: int | None
    at_ms: int
    seq: int
    printer: PrinterState = "ready"
    language: str = "zh"


@dataclass(frozen=True)
class PrintOutcome:
    """Whether the printer took the whole ticket; ``reason``: a printer state, or None when printed."""

    printed: bool
    reason: PrinterState | None = None


@dataclass(frozen=True)
class FiledComplaint:
    """The complaint is durable and sealed. ``reference``: ten characters to follow it up with."""

    reference: str
    at_ms: int


@dataclass(frozen=True)
class StartReport:
    """How the kiosk came up. ``previous``: how the run before ended; ``damage``: what recovery named."""

    previous: Literal["none", "stopped", "killed"]
    damage: tuple[str, ...] = ()
