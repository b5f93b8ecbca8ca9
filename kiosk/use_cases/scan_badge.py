"""Scan a badge: decide by what is published here, record it, and only then say so. R1.1, R1.3.

Every code shown is a record, accepted or refused. Law 2: a strange scan is a finding, never lost.
A revoked serial is refused at any age of the list; an old list never refuses anyone by its age.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import UNSET

from kiosk.use_cases.answers import (
    CLOCK_UNSET,
    LIST_STALE,
    REPEAT,
    BadgeAccepted,
    BadgeAnswer,
    BadgeRejected,
    Flag,
    RejectionReason,
)
from shared.badge_code import BadgeCode, fold_scanned_text, parse_badge_code
from shared.errors import MalformedInput
from shared.limits import STALE_LIST_HOURS
from shared.records import BadgeRefused, BadgeScanned, ClockTrust
from shared.signed_line import Purpose

if TYPE_CHECKING:
    from kiosk.ports import BadgeSeen, Clock, Journal, PackStore
    from kiosk.published import PublishedHall
    from shared.pack import Names, PublishedStaff

REPEAT_WINDOW_MS: Final = 60_000
"""A badge held before the reader is read again and again; people count it as one arrival."""

_STALE_MS: Final = STALE_LIST_HOURS * 3_600_000
_REASON_OF_CODE: Final[dict[str, RejectionReason]] = {
    "badge_code_foreign": "foreign",
    "badge_code_cut": "cut",
    "badge_code_malformed": "malformed",
}


class _Refused(NamedTuple):
    reason: RejectionReason
    code: BadgeCode | None = None
    hall: Names | None = None


@dataclass(frozen=True)
class ScanBadge:
    """``ScanBadge(journal, packs, clock)(text)`` records the scan and returns what to show."""

    journal: Journal
    packs: PackStore
    clock: Clock

    def __call__(self, text: str) -> BadgeAnswer:
        """Return the answer to a scanned text, after it is durable.

        Raises:
            Unavailable: it could not be recorded; nothing may be shown as recorded.
        """
        hall = self.packs.active
        verdict = self._judge(fold_scanned_text(text), hall)
        if isinstance(verdict, _Refused):
            return self._refuse(text, verdict, hall)
        code, staff = verdict
        return self._accept(code, staff, hall)

    def _judge(self, text: str, hall: PublishedHall | None) -> _Refused | tuple[BadgeCode, PublishedStaff]:
        try:
            code = parse_badge_code(text)
        except MalformedInput as error:
            return _Refused(_REASON_OF_CODE.get(error.code, "malformed"))
        known = hall.badge_keys.get(code.key_id) if hall is not None else None
        if known is None or hall is None:
            return _Refused("key_unknown", code)
        key, published = known
        if not key.is_signature(Purpose.BADGE, code.signature, code.signed):
            return _Refused("forged")
        if published.hall != hall.hall.id:
            return _Refused("other_hall", code, published.hall_name)
        return self._judge_own(code, hall)

    def _judge_own(self, code: BadgeCode, hall: PublishedHall) -> _Refused | tuple[BadgeCode, PublishedStaff]:
        revocation = hall.revoked_serials.get(code.badge)
        if revocation is not None and code.serial <= revocation.serial:
            return _Refused("revoked", code)
        staff = hall.staff_by_badge.get(code.badge)
        if staff is None:
            return _Refused("unknown", code)
        if code.serial < staff.serial:
            return _Refused("superseded", code)
        if code.expires < hall.day_of(self.clock.now_ms()):
            return _Refused("expired", code)
        return code, staff

    def _refuse(self, text: str, refused: _Refused, hall: PublishedHall | None) -> BadgeRejected:
        code = refused.code
        # What is no badge may be somebody's identity number: a hash of it could be guessed back.
        is_foreign = refused.reason == "foreign"
        self.journal.append(
            BadgeRefused(
                reason=refused.reason,
                code=UNSET if is_foreign else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
                pack=hall.version if hall is not None else 0,
                badge=code.badge if code is not None else UNSET,
                serial=code.serial if code is not None else UNSET,
            )
        )
        return BadgeRejected(refused.reason, refused.hall)

    def _accept(self, code: BadgeCode, staff: PublishedStaff, hall: PublishedHall | None) -> BadgeAccepted:
        assert hall is not None  # noqa: S101 - nobody is known without a pack
        flags: list[Flag] = []
        # A serial above the published one proves that the list is older than the badge.
        if code.serial > staff.serial or self._list_is_stale(hall):
            flags.append(LIST_STALE)
        if self.clock.trust == ClockTrust.NEVER_SET:
            flags.append(CLOCK_UNSET)

        def compose(before: BadgeSeen | None, at_ms: int, mono_ms: int) -> BadgeScanned:
            if before is not None and self._is_repeat(before, at_ms, mono_ms):
                flags.append(REPEAT)
            return BadgeScanned(
                badge=code.badge,
                serial=code.serial,
                staff=staff.id,
                post=staff.post,
                pack=hall.version,
                flags=flags,
            )

        _, seen = self.journal.append_scan(compose, code.badge)
        post = hall.posts.get(staff.post) if staff.post is not None else None
        return BadgeAccepted(
            staff_name=staff.name,
            post=post.name if post is not None else None,
            window=post.window if post is not None else None,
            at_ms=seen.first_at_ms,
            flags=tuple(flags),
        )

    def _list_is_stale(self, hall: PublishedHall) -> bool:
        confirmed = max(hall.issued_ms, self.packs.confirmed_ms or 0)
        return self.clock.now_ms() - confirmed > _STALE_MS

    def _is_repeat(self, before: BadgeSeen, at_ms: int, mono_ms: int) -> bool:
        if before.boot == self.clock.boot:
            return 0 <= mono_ms - before.mono_ms < REPEAT_WINDOW_MS
        return 0 <= at_ms - before.at_ms < REPEAT_WINDOW_MS
