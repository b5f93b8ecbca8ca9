"""Pages of badges: the list with search, one holder with the badge's life, issue, revoke, reissue, the card."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from shared.errors import RuleViolation, ServicehallError
from sync_server.accounts import queries as accounts
from sync_server.accounts.current import current_user
from sync_server.accounts.policy import OFFICE_WORK, WATCHING
from sync_server.badges import operations, queries
from sync_server.badges.card_pdf import CardText, render_card
from sync_server.badges.rules import REISSUABLE, BadgeState, RevocationReason, format_badge, parse_reason
from sync_server.publishing.queries import hall_details
from sync_server.runtime import get_runtime
from sync_server.staff.queries import list_departments
from sync_server.web.paging import ROWS, paging_of
from sync_server.web.routing import Menu, Route, blueprint_of
from sync_server.web.sentences import sentence_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask.typing import ResponseReturnValue
    from flask_babel.speaklater import LazyString
    from sqlalchemy.orm import Session

    from sync_server.badges.models import Badge
    from sync_server.badges.queries import BadgeHolder
    from sync_server.runtime import Runtime

_MAX_WORDS: Final = 80
REASONS: Final[Mapping[RevocationReason, LazyString]] = {
    RevocationReason.LOST: lazy_gettext("Lost"),
    RevocationReason.DAMAGED: lazy_gettext("Damaged"),
    RevocationReason.ALTERED: lazy_gettext("Altered"),
    RevocationReason.LENT: lazy_gettext("Lent to someone else"),
    RevocationReason.DETAILS_CHANGED: lazy_gettext("Name or post changed"),
    RevocationReason.RETURNED: lazy_gettext("Returned"),
}
STANDINGS: Final[Mapping[str, LazyString]] = {
    "": lazy_gettext("Everyone"),
    "issued": lazy_gettext("With a badge"),
    "missing": lazy_gettext("Without a badge"),
    "revoked": lazy_gettext("Had one revoked"),
}


def list_badges() -> ResponseReturnValue:
    """Show the staff with their badges; filters stay in the address."""
    runtime = get_runtime()
    wanted = queries.HolderFilter(
        words=request.args.get("words", "")[:_MAX_WORDS],
        standing=request.args.get("standing", ""),
        department_id=request.args.get("department", type=int),
    )
    with runtime.database.reading() as session:
        total = queries.count_holders(session, runtime.hall, wanted)
        paging = paging_of(total)
        return render_template(
            "badges/badges.html",
            wanted=wanted,
            total=total,
            paging=paging,
            holders=queries.list_holders(session, runtime.hall, wanted, limit=ROWS, offset=paging.offset),
            counts=queries.counts(session, runtime.hall),
            departments=list_departments(session, runtime.hall),
            standings=STANDINGS,
            format_badge=format_badge,
        )


def show_holder(staff_id: int) -> ResponseReturnValue:
    """Show one member of staff, the badge and its life."""
    return _holder_page(staff_id)


def issue(staff_id: int) -> ResponseReturnValue:
    """Give a member of staff a badge."""

    def give(session: Session, runtime: Runtime) -> str:
        staff = _holder(session, staff_id).staff
        badge = operations.issue_badge(session, staff, current_user().username, runtime.clock, runtime.keyring)
        number = format_badge(badge.badge)
        return str(_("Badge %(badge)s is issued. Every connected kiosk knows it within seconds.", badge=number))

    return _change(staff_id, give)


def revoke(badge_id: int) -> ResponseReturnValue:
    """End a badge, with its reason."""

    def end(session: Session, runtime: Runtime) -> str:
        badge = _badge(session, badge_id)
        reason = parse_reason(request.form.get("reason", ""))
        operations.revoke_badge(
            session, badge, reason, current_user().username, runtime.clock, runtime.keyring, lost_on=_lost_on()
        )
        number = format_badge(badge.badge)
        return str(_("Badge %(badge)s is revoked. Kiosks refuse it as soon as they hear of it.", badge=number))

    return _change(_holder_id(badge_id), end)


def reissue(badge_id: int) -> ResponseReturnValue:
    """Give the holder the next serial; the one before ends."""

    def replace(session: Session, runtime: Runtime) -> str:
        badge = _badge(session, badge_id)
        reason = parse_reason(request.form.get("reason") or badge.revoked_reason or "")
        fresh = operations.reissue_badge(
            session, badge, reason, current_user().username, runtime.clock, runtime.keyring, lost_on=_lost_on()
        )
        number, serial = format_badge(fresh.badge), fresh.serial
        return str(
            _("Badge %(badge)s has serial %(serial)d now; the one before is refused.", badge=number, serial=serial)
        )

    return _change(_holder_id(badge_id), replace)


def card(badge_id: int) -> ResponseReturnValue:
    """Make the card of a badge in force as a PDF, and keep that it was made."""
    runtime = get_runtime()
    with runtime.database.reading() as session:
        badge = _badge(session, badge_id)
        if badge.state != BadgeState.ISSUED.value:
            abort(HTTPStatus.NOT_FOUND)
        holder = _holder(session, badge.staff_id)
        text = _card_text(session, badge, holder)
    try:
        pdf = render_card(text)
    except ServicehallError as error:
        return _holder_page(badge.staff_id, sentence_for(error))
    with runtime.database.transaction() as session:
        operations.record_card_made(session, _badge(session, badge_id), current_user().username, runtime.clock)
    name = f"badge-{format_badge(badge.badge)}-{badge.serial}.pdf"
    return Response(pdf, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _card_text(session: Session, badge: Badge, holder: BadgeHolder) -> CardText:
    details = hall_details(session, badge.hall)
    return CardText(
        hall_zh=details.name_zh if details else badge.hall,
        hall_en=details.name_en if details else "",
        name=holder.staff.name,
        department=holder.department.name_zh,
        post=holder.post.name_zh if holder.post else "",
        staff_number=holder.staff.number,
        badge=badge.badge,
        serial=badge.serial,
        expires_on=badge.expires_on,
        code=badge.code,
    )


def _holder(session: Session, staff_id: int) -> BadgeHolder:
    return queries.holder_of(session, get_runtime().hall, staff_id) or abort(HTTPStatus.NOT_FOUND)


def _badge(session: Session, badge_id: int) -> Badge:
    return queries.badge_of(session, get_runtime().hall, badge_id) or abort(HTTPStatus.NOT_FOUND)


def _lost_on() -> date | None:
    try:
        return date.fromisoformat(request.form.get("lost_on", ""))
    except ValueError:
        return None


def _holder_id(badge_id: int) -> int:
    with get_runtime().database.reading() as session:
        return _badge(session, badge_id).staff_id


def _change(staff_id: int, change: Callable[[Session, Runtime], str]) -> ResponseReturnValue:
    """Make one change to a badge and show its holder: with what ``change`` says was done, or why it was refused."""
    runtime = get_runtime()
    try:
        with runtime.database.transaction() as session:
            done = change(session, runtime)
    except RuleViolation as error:
        return _holder_page(staff_id, sentence_for(error))
    flash(done, "done")
    return redirect(url_for("badges.show_holder", staff_id=staff_id), code=HTTPStatus.SEE_OTHER)


def _holder_page(staff_id: int, refusal: str | None = None) -> ResponseReturnValue:
    runtime = get_runtime()
    with runtime.database.reading() as session:
        holder = _holder(session, staff_id)
        badge = holder.badge
        page = render_template(
            "badges/holder.html",
            holder=holder,
            badge=badge,
            life=queries.life_of(session, runtime.hall, badge.badge) if badge else [],
            people=accounts.names_by_username(session, runtime.hall),
            today=operations.today_in_hall(session, runtime.hall, runtime.clock),
            reasons=REASONS,
            reissue_reasons={reason: text for reason, text in REASONS.items() if reason in REISSUABLE},
            may_write=current_user().role in OFFICE_WORK,
            refusal=refusal,
            format_badge=format_badge,
        )
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.OK


ROUTES: Final = (
    Route("/badges", list_badges, WATCHING, menu=Menu(lazy_gettext("Badges"), "id-badge-2", 20)),
    Route("/badges/staff/<int:staff_id>", show_holder, WATCHING),
    Route("/badges/staff/<int:staff_id>/issue", issue, OFFICE_WORK, ("POST",)),
    Route("/badges/<int:badge_id>/revoke", revoke, OFFICE_WORK, ("POST",)),
    Route("/badges/<int:badge_id>/reissue", reissue, OFFICE_WORK, ("POST",)),
    Route("/badges/<int:badge_id>/card.pdf", card, OFFICE_WORK, ("POST",)),
)
blueprint: Final = blueprint_of("badges", __name__, ROUTES)
