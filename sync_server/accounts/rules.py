"""When a try to sign in has to wait. Pure.

Nobody is locked out: a limit binds the pair of account and source, the source, and strangers as a
whole; whoever signed in from a place before is no stranger there. Names that exist and names that
do not are treated alike, so that the answer tells nothing.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=15)
"""Failures older than this are forgotten."""

TRIES_PER_ACCOUNT_AND_SOURCE: Final = 5
"""A person who forgot a password tries three or four; a guesser gets 480 a day."""

TRIES_PER_SOURCE: Final = 40
"""A hall's offices may share one address: a shift that mistypes passes, a list of names does not."""

TRIES_OF_STRANGERS: Final = 300
"""Failures from everywhere in one window, above which only known places may try."""

KNOWN_FOR: Final = timedelta(days=30)
"""A place stays known for an account this long after a good sign-in."""

IDLE: Final = timedelta(minutes=15)
"""A session ends this long after its last use by a person; live parts of a page are no use."""

ABSOLUTE: Final = timedelta(hours=8)
"""A session ends this long after sign-in, whatever is done: one shift."""


@dataclass(frozen=True)
class Failures:
    """Failed tries within the window. ``known``: this account signed in from this source lately."""

    of_pair: int
    of_source: int
    of_everyone: int
    known: bool


def check_try(failures: Failures) -> bool:
    """Tell whether a password may be looked at now. Pure."""
    if failures.of_pair >= TRIES_PER_ACCOUNT_AND_SOURCE or failures.of_source >= TRIES_PER_SOURCE:
        return False
    return failures.known or failures.of_everyone < TRIES_OF_STRANGERS


def derive_source(address: str | None) -> str:
    """Return what counts as one place: an IPv4 address or an IPv6 network of 64 bits. Pure."""
    if not address:
        return "unknown"
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
