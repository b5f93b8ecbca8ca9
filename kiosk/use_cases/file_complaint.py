"""File a complaint: what the visitor confides is sealed to the server in the record's own transaction. R7.9.

The kiosk keeps no readable copy, not for a moment after this returns, and cannot open what it sealed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.use_cases.answers import FiledComplaint
from shared.errors import Unavailable
from shared.ids import CODE_CHARACTERS, CROCKFORD
from shared.records import ComplaintFiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiosk.ports import Journal, PackStore


@dataclass(frozen=True)
class ComplaintForm:
    """What the visitor wrote. ``grounds``: codes of the boxes ticked; the rest is personal."""

    grounds: Sequence[str]
    text: str
    name: str = ""
    telephone: str = ""


@dataclass(frozen=True)
class FileComplaint:
    """``FileComplaint(journal, packs)(form)`` records a complaint and returns its reference."""

    journal: Journal
    packs: PackStore

    def __call__(self, form: ComplaintForm) -> FiledComplaint:
        """Return the reference, after the sealed complaint is durable.

        Raises:
            Unavailable: ``nothing_published`` (no key to seal to), or it could not be recorded.
            MalformedInput: no ground, or a text beyond 64 KiB.
        """
        hall = self.packs.active
        if hall is None:
            raise Unavailable("nothing_published")
        reference = "".join(secrets.choice(CROCKFORD) for _ in range(CODE_CHARACTERS))
        recorded = self.journal.append_sealed(
            ComplaintFiled(grounds=list(form.grounds), reference=reference, pack=hall.version),
            {"name": form.name, "telephone": form.telephone, "text": form.text},
            hall.sealing_key,
        )
        return FiledComplaint(reference, recorded.at_ms)
