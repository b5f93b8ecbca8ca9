"""Writes of badges. Each takes the hall's lock first, writes who did it, and publishes in the same transaction.

Laws: a member of staff has one badge in force; a number is never given to another person; the next
serial of a number revokes all before it; nothing is deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from shared.badge_code import format_badge_code
from shared.errors import RuleViolation
from shared.instants import hall_day
from sync_server.badges import queries, rules
from sync_server.badges.models import Badge, BadgeEvent
from sync_server.badges.rules import BadgeAct, BadgeState, RevocationReason
from sync_server.publishing.operations import bump_state, publish
from sync_server.publishing.queries import hall_details
from sync_server.staff.models import StaffMember, StaffState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from sync_server.clock import Clock
    from sync_server.keyring import Keyring


class _Act(NamedTuple):
    """Who does it, and when."""

    by: str
    clock: Clock


def issue_badge(session: Session, staff: StaffMember, by: str, clock: Clock, keyring: Keyring) -> Badge:
    """Give ``staff`` a badge with a new number and publish it. ``by``: user name of who does it.

    Raises:
        RuleViolation: ``badge_out_already``, ``staff_departed``, ``hall_details_missing``.
    """
    return issue_badges(session, [staff], by, clock, keyring)[0]


def issue_badges(
    session: Session, staff: Sequence[StaffMember], by: str, clock: Clock, keyring: Keyring
) -> list[Badge]:
    """Give each of ``staff`` a badge and publish once. All are of one hall; all get one or none does.

    Raises:
        RuleViolation: see :func:`issue_badge`.
    """
    if not staff:
        return []
    hall, act = staff[0].hall, _Act(by, clock)
    bump_state(session, hall)
    number = queries.newest_number(session, hall)
    badges = []
    for member in staff:
        if member.state != StaffState.ACTIVE.value:
            raise RuleViolation("staff_departed")
        if queries.badge_in_force(session, member) is not None:
            raise RuleViolation("badge_out_already")
        number += 1
        badge = _make(session, member, (number, 1), act, keyring)
        _tell(session, badge, BadgeAct.ISSUED, act)
        badges.append(badge)
    publish(session, hall, keyring, clock)
    return badges


def revoke_badge(  # noqa: PLR0913, PLR0917  # what, why, and who, when, by which keys
    session: Session,
    badge: Badge,
    reason: RevocationReason,
    by: str,
    clock: Clock,
    keyring: Keyring,
    *,
    lost_on: date | None = None,
) -> None:
    """End ``badge`` and publish that. ``lost_on``: hall day of the loss, as told.

    Raises:
        RuleViolation: ``badge_revoked_already``, ``badge_lost_day_missing``, ``badge_lost_day_ahead``.
    """
    bump_state(session, badge.hall)
    _revoke(session, badge, reason, _Act(by, clock), lost_on)
    publish(session, badge.hall, keyring, clock)


def reissue_badge(  # noqa: PLR0913, PLR0917  # the same
    session: Session,
    badge: Badge,
    reason: RevocationReason,
    by: str,
    clock: Clock,
    keyring: Keyring,
    *,
    lost_on: date | None = None,
) -> Badge:
    """Give the holder of ``badge`` its next serial; the one before is revoked with ``reason``.

    A badge that was revoked already (found lost on a Sunday, made anew on Monday) keeps its own reason.

    Raises:
        RuleViolation: ``badge_serials_used_up``, ``badge_out_already`` (another badge is in force),
            ``badge_reason_unknown`` (after a return nothing is reissued), ``staff_departed``.
    """
    act = _Act(by, clock)
    bump_state(session, badge.hall)
    session.refresh(badge)
    staff = session.get_one(StaffMember, badge.staff_id)
    if staff.state != StaffState.ACTIVE.value:
        raise RuleViolation("staff_departed")
    serial = rules.next_serial(queries.newest_serial(session, badge.hall, badge.badge))
    if badge.state == BadgeState.ISSUED.value:
        if reason not in rules.REISSUABLE:
            raise RuleViolation("badge_reason_unknown")
        _revoke(session, badge, reason, act, lost_on)
        session.flush()
    if queries.badge_in_force(session, staff) is not None:
        raise RuleViolation("badge_out_already")
    fresh = _make(session, staff, (badge.badge, serial), act, keyring)
    _tell(session, fresh, BadgeAct.REISSUED, act)
    publish(session, badge.hall, keyring, clock)
    return fresh


def record_card_made(session: Session, badge: Badge, by: str, clock: Clock) -> None:
    """Write down that a card of ``badge`` was made: each card is a copy that could be handed on."""
    _tell(session, badge, BadgeAct.CARD_MADE, _Act(by, clock))


def today_in_hall(session: Session, hall: str, clock: Clock) -> date:
    """Return the hall's day.

    Raises:
        RuleViolation: ``hall_details_missing``.
    """
    details = hall_details(session, hall)
    if details is None:
        raise RuleViolation("hall_details_missing", hall=hall)
    return hall_day(clock.now_ms(), ZoneInfo(details.timezone))


def _make(
    session: Session, staff: StaffMember, number_and_serial: tuple[int, int], act: _Act, keyring: Keyring
) -> Badge:
    number, serial = number_and_serial
    issued_on = today_in_hall(session, staff.hall, act.clock)
    expires_on = rules.derive_expiry(issued_on)
    badge = Badge(
        hall=staff.hall,
        badge=number,
        serial=serial,
        staff_id=staff.id,
        state=BadgeState.ISSUED.value,
        issued_on=issued_on,
        expires_on=expires_on,
        code=format_badge_code(
            keyring.badge_key,
            key_id=keyring.badge_key_id,
            badge=number,
            serial=serial,
            issued=issued_on,
            expires=expires_on,
        ),
        issued_at=act.clock.now(),
        issued_by=act.by,
    )
    session.add(badge)
    session.flush()
    return badge


def _revoke(session: Session, badge: Badge, reason: RevocationReason, act: _Act, lost_on: date | None) -> None:
    session.refresh(badge)
    if badge.state == BadgeState.REVOKED.value:
        raise RuleViolation("badge_revoked_already")
    rules.check_lost_on(lost_on, reason, today_in_hall(session, badge.hall, act.clock))
    badge.state = BadgeState.REVOKED.value
    badge.revoked_at = act.clock.now()
    badge.revoked_by = act.by
    badge.revoked_reason = reason.value
    badge.lost_on = lost_on
    _tell(session, badge, BadgeAct.REVOKED, act, reason.value)


def _tell(session: Session, badge: Badge, done: BadgeAct, act: _Act, reason: str | None = None) -> None:
    session.add(
        BadgeEvent(hall=badge.hall, badge_id=badge.id, act=done.value, at=act.clock.now(), by=act.by, reason=reason)
    )
