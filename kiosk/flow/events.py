"""What can happen to a screen. Frozen; instants come from the flow's clock, not with the event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kiosk.flow.models import Action
    from kiosk.use_cases.answers import IssuedTicket, PrintOutcome


@dataclass(frozen=True)
class Ticked:
    """Time has passed; also how news of the network and the hall reaches the screen."""


@dataclass(frozen=True)
class Touched:
    """A finger came down on something that offers ``action`` with ``value``, or on nothing."""

    action: Action
    value: str = ""


@dataclass(frozen=True)
class BadgeShown:
    """A whole code came from a scanner, as typed."""

    text: str


@dataclass(frozen=True)
class ScanLost:
    """A scanner typed something that can be no code."""

    reason: Literal["too_long", "cut"]


@dataclass(frozen=True)
class NumberGiven:
    """The number that was asked for is durable."""

    issued: IssuedTicket


@dataclass(frozen=True)
class NumberDenied:
    """There is no number, and nothing was recorded. ``code``, ``facts``: those of the error."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class PrintFinished:
    """The printer is done with the ticket whose record is ``seq``, well or badly."""

    seq: int
    outcome: PrintOutcome


@dataclass(frozen=True)
class Failed:
    """Something broke outside of the flow. ``code``: key of the sentences that tell it."""

    code: str = "unexpected"


Event: TypeAlias = Ticked | Touched | BadgeShown | ScanLost | NumberGiven | NumberDenied | PrintFinished | Failed
