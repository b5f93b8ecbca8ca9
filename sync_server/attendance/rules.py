"""What may be concluded about who came, from scans and from how far each kiosk has been heard.

Pure: no clock, no database, no other domain. Its laws: a conclusion about absence needs every kiosk
to have been heard past the moment in question (design law 8); a border of lateness that lies inside
a scan's interval is for a person to judge; the earliest scan of a session counts, and a second one
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CLOCK_MARGIN: Final = {1: timedelta(seconds=10), 2: timedelta(seconds=1)}
"""How far a kiosk's clock may be off: set from a session (its round trip, at most its timeout), kept by NTP."""


class Standing(StrEnum):
    """What may be said of one expected person at one moment."""

    ARRIVED = "arrived"
    LATE = "late"
    NEEDS_REVIEW = "needs_review"
    NOT_YET = "not_yet"
    MISSING = "missing"
    ABSENT = "absent"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True)
class Scan:
    """One badge scan. ``at``: as the kiosk told it; the true instant lies in ``earliest`` to ``latest``.

    ``earliest`` is None where the clock was never set and nothing before it in the chain bounds it.
    """

    staff_id: int
    kiosk: str
    at: datetime
    earliest: datetime | None
    latest: datetime
    hash: str

    @property
    def is_timed(self) -> bool:
        """Whether ``at`` is close to the truth, so that a page may show it as the time."""
        return self.earliest is not None and self.latest - self.earliest <= 2 * max(CLOCK_MARGIN.values())


@dataclass(frozen=True)
class Required:
    """A session that staff must attend: scans count from ``opens`` to ``ends``; after ``begins`` they are late."""

    opens: datetime
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Conclusion:
    """``late_minutes``: begun minutes after the beginning, 0 unless late; ``waiting_for``: kiosks not heard yet."""

    staff_id: int
    standing: Standing
    scan: Scan | None = None
    late_minutes: int = 0
    waiting_for: tuple[str, ...] = ()


def derive_interval(
    at: datetime, *, clock: int, received: datetime, after: datetime | None
) -> tuple[datetime | None, datetime]:
    """Return the earliest and the latest true instant of a record. Pure.

    ``clock``: 0 never set, 1 set from a session, 2 kept by NTP; ``received``: when the server took
    it, which no record can be later than, so that a clock that says so is believed no more than one
    that was never set; ``after``: the newest trusted instant before it in its chain.
    """
    margin = CLOCK_MARGIN.get(clock)
    if margin is None or at - margin > received:
        return after, max(received, after) if after else received
    return at - margin, at + margin


def derive_scan_of(session: Required, scans: Iterable[Scan]) -> Scan | None:
    """Return the scan that counts for one person, the earliest that may lie in the session. Pure.

    One that certainly lies in it goes before one that only may: a clock that was never set does not
    cast doubt on somebody who was seen in time by another kiosk.
    """
    within = [scan for scan in scans if _may_lie_in(session, scan)]
    certain = [scan for scan in within if _lies_after_opening(session, scan)]
    return min(certain or within, key=lambda scan: (scan.latest, scan.hash), default=None)


def conclude_person(
    session: Required, staff_id: int, scans: Iterable[Scan], *, now: datetime, heard: Mapping[str, datetime | None]
) -> Conclusion:
    """Return what may be said at ``now`` of one expected person. Pure.

    ``scans``: theirs; ``heard``: for each kiosk in service the instant up to which nothing of it can
    be outstanding, None if it was never heard.
    """
    scan = derive_scan_of(session, scans)
    if scan is not None:
        return _conclude_from_scan(session, staff_id, scan)
    if now <= session.begins:
        return Conclusion(staff_id, Standing.NOT_YET)
    over = now > session.ends
    behind = kiosks_not_heard(heard, session.ends if over else session.begins)
    if behind:
        return Conclusion(staff_id, Standing.NOT_KNOWN, waiting_for=behind)
    return Conclusion(staff_id, Standing.ABSENT if over else Standing.MISSING)


def conclude_session(
    session: Required,
    expected: Sequence[int],
    scans: Iterable[Scan],
    *,
    now: datetime,
    heard: Mapping[str, datetime | None],
) -> list[Conclusion]:
    """Return one conclusion for each expected person, in the order given. Pure."""
    by_person: dict[int, list[Scan]] = {}
    for scan in scans:
        by_person.setdefault(scan.staff_id, []).append(scan)
    return [
        conclude_person(session, staff_id, by_person.get(staff_id, ()), now=now, heard=heard) for staff_id in expected
    ]


def conclude_day(
    sessions: Sequence[tuple[Required, Sequence[int]]],
    scans: Sequence[Scan],
    *,
    now: datetime,
    heard: Mapping[str, datetime | None],
) -> list[list[Conclusion]]:
    """Return the conclusions of each session of a day, in the order given. Pure."""
    return [conclude_session(session, expected, scans, now=now, heard=heard) for session, expected in sessions]


def kiosks_not_heard(heard: Mapping[str, datetime | None], moment: datetime) -> tuple[str, ...]:
    """Return the kiosks that may still hold records of ``moment`` or before, by name. Pure; law 8."""
    return tuple(sorted(kiosk for kiosk, until in heard.items() if until is None or until <= moment))


def count_standings(conclusions: Iterable[Conclusion]) -> dict[Standing, int]:
    """Return how many persons stand how, every standing present. Pure."""
    counts = dict.fromkeys(Standing, 0)
    for conclusion in conclusions:
        counts[conclusion.standing] += 1
    return counts


def _conclude_from_scan(session: Required, staff_id: int, scan: Scan) -> Conclusion:
    if not _lies_after_opening(session, scan):
        return Conclusion(staff_id, Standing.NEEDS_REVIEW, scan)
    if scan.latest <= session.begins:
        return Conclusion(staff_id, Standing.ARRIVED, scan)
    if scan.earliest is None or scan.earliest <= session.begins:
        return Conclusion(staff_id, Standing.NEEDS_REVIEW, scan)
    return Conclusion(staff_id, Standing.LATE, scan, late_minutes=-((session.begins - scan.at) // timedelta(minutes=1)))


def _may_lie_in(session: Required, scan: Scan) -> bool:
    return scan.latest >= session.opens and (scan.earliest is None or scan.earliest <= session.ends)


def _lies_after_opening(session: Required, scan: Scan) -> bool:
    return scan.earliest is not None and scan.earliest >= session.opens - max(CLOCK_MARGIN.values())
