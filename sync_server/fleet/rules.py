"""One-time codes as people type them, and how far a kiosk has reported. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from shared.ids import CODE_CHARACTERS, CROCKFORD

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_HALF: Final = CODE_CHARACTERS // 2


def format_enrolment_code(draws: Sequence[int]) -> str:
    """Return a code as it is shown, ``XXXXX-XXXXX``. ``draws``: ten numbers below 32."""
    characters = "".join(CROCKFORD[draw] for draw in draws)
    return f"{characters[:_HALF]}-{characters[_HALF:]}"


@dataclass(frozen=True, slots=True)
class StreamProgress:
    """How far one chain or branch of a kiosk came.

    ``closed``: last position before an approved successor, None while it may grow; ``level_at``: server
    time of the newest session in which all that was announced had been accepted; ``undecided``: its
    lines wait in quarantine, or its opening for approval.
    """

    head: int
    announced: int
    closed: int | None
    level_at: datetime | None
    undecided: bool


def unsent_records(streams: Sequence[StreamProgress]) -> int:
    """Return how many announced records were not received yet. Pure."""
    return sum(max(0, stream.announced - stream.head) for stream in streams)


def next_watermark(streams: Sequence[StreamProgress]) -> datetime | None:
    """Return the instant up to which nothing of a kiosk is missing, None while that cannot be said.

    Law 8: the heads of all chains and branches were accepted and nothing waits undecided. A closed
    chain is done when its last position is in; of those that may still grow, the one that was
    complete longest ago decides.
    """
    open_streams = []
    for stream in streams:
        if stream.undecided:
            return None
        if stream.closed is not None and stream.head >= stream.closed:
            continue
        if stream.closed is not None or stream.level_at is None:
            return None
        open_streams.append(stream.level_at)
    return min(open_streams, default=None)
