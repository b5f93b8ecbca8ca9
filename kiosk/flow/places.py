"""Where a visitor or a member of staff is: what the screens are made from. Frozen.

A badge's answer and an error lie on top of the place they interrupted (``then``) and give it back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kiosk.use_cases.answers import BadgeAnswer, IssuedTicket, PrintOutcome


@dataclass(frozen=True)
class AtFirst:
    """The first screen."""


@dataclass(frozen=True)
class AtServices:
    """Choosing a service. ``page``: from 0; ``asked``: letter of the service whose number is being made."""

    page: int = 0
    asked: str | None = None


@dataclass(frozen=True)
class AtTicket:
    """A number was given. ``outcome`` is None while it prints; ``until_ms``: when the screen leaves."""

    issued: IssuedTicket
    since_ms: int
    until_ms: int
    outcome: PrintOutcome | None = None


@dataclass(frozen=True)
class AtCommitments:
    """Reading the eight commitments."""


@dataclass(frozen=True)
class AtOffline:
    """Reading what the missing network means."""


Underneath: TypeAlias = AtFirst | AtServices | AtTicket | AtCommitments | AtOffline


@dataclass(frozen=True)
class AtBadge:
    """An answer to a badge, the ``count``-th since the start."""

    answer: BadgeAnswer
    count: int
    since_ms: int
    until_ms: int
    then: Underneath


@dataclass(frozen=True)
class AtError:
    """Something could not be done. ``facts``: those of the error."""

    code: str
    since_ms: int
    until_ms: int
    then: Underneath
    facts: Mapping[str, object] = field(default_factory=dict)


Place: TypeAlias = Underneath | AtBadge | AtError


def place_underneath(place: Place) -> Underneath:
    """Return the place that an answer or an error lies on, or the place itself. Pure."""
    return place.then if isinstance(place, AtBadge | AtError) else place
