"""The chains of this disk in a few lines beside their keys, so that a lost journal does not orphan them.

Not the truth: only what the next opening needs to name where the chain before was left, should the
journal's file be unreadable. ``accepted`` is the newest head that a receipt named; the ratchet is kept too,
or the server would take the next hello for that of a clone.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import msgspec

from kiosk.durable_file import read_checked, write_checked
from shared.chain import Head
from shared.errors import ServicehallError

if TYPE_CHECKING:
    from pathlib import Path

_NAME: Final = "lineage.json"
_log = logging.getLogger(__name__)


class KnownChain(msgspec.Struct, frozen=True, kw_only=True):
    """A chain of this disk. ``opening``: its lines; ``certificate``: its line, if any."""

    name: str
    epoch: int
    reason: str
    opening: list[str]
    certificate: str | None
    accepted_seq: int
    accepted_hash: str
    challenge: str | None = None
    last: str | None = None
    incarnation: str | None = None

    @property
    def accepted(self) -> Head:
        """The newest head that a receipt named."""
        return Head(self.accepted_seq, self.accepted_hash)


def load_lineage(folder: Path) -> list[KnownChain]:
    """Return the chains, oldest first; none where the file is missing or damaged."""
    try:
        content = read_checked(folder / _NAME)
        return msgspec.json.decode(content, type=list[KnownChain]) if content is not None else []
    except (ServicehallError, ValueError, msgspec.MsgspecError) as error:
        _log.error("lineage_unreadable %s", type(error).__name__)
        return []


def save_lineage(folder: Path, chains: list[KnownChain]) -> None:
    """Write the chains, durable before this returns."""
    write_checked(folder / _NAME, msgspec.json.encode(chains))
