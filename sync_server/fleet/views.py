"""Pages of the hall's kiosks: the list, a place and its one-time code, the approval by a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select

from shared.errors import MalformedInput, RuleViolation
from shared.limits import ENROLMENT_CODE_LIFETIME_S
from shared.records import PackActivated, parse_record, parse_record_data
from sync_server.accounts.current import current_user
from sync_server.accounts.policy import KIOSK_APPROVAL, KIOSKS, WATCHING
from sync_server.fleet import operations, queries
from sync_server.fleet.operations import ENROLLED, PENDING
from sync_server.ingest.models import ChainRow, LineRow, StreamRow
from sync_server.ingest.rules import MAIN
from sync_server.publishing.queries import newest_version
from sync_server.runtime import get_runtime
from sync_server.web.routing import Menu, Route, blueprint_of
from sync_server.web.sentences import sentence_for

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from sync_server.fleet.models import KioskSlot
    from sync_server.fleet.queries import PendingEnrolment

SILENT_AFTER: Final = timedelta(minutes=2)
"""A kiosk says hello every 20 seconds; six misses are no accident of the line."""

_MAX_PLACE: Final = 80
_GROUP: Final = 4


@dataclass(frozen=True)
class KioskRow:
    """One line of the list. ``pack``: version in force there.

    ``standing``: slot, pending, never (approved, not heard yet), speaking or silent.
    """

    slot: KioskSlot
    standing: str
    epoch: int | None
    head: int | None
    pack: int | None


def list_kiosks() -> ResponseReturnValue:
    """Show every kiosk with what the server knows of it."""
    runtime = get_runtime()
    with runtime.database.reading() as session:
        return render_template(
            "fleet/kiosks.html",
            rows=read_rows(session, runtime.hall, runtime.clock.now()),
            waiting=queries.list_pending(session, runtime.hall),
            newest=newest_version(session, runtime.hall),
            may_make=current_user().role in KIOSKS,
            may_approve=current_user().role in KIOSK_APPROVAL,
        )


def kiosk_rows() -> ResponseReturnValue:
    """Return the rows alone, for the list that renews itself."""
    runtime = get_runtime()
    with runtime.database.reading() as session:
        return render_template(
            "fleet/_kiosk_rows.html",
            rows=read_rows(session, runtime.hall, runtime.clock.now()),
            newest=newest_version(session, runtime.hall),
            may_make=current_user().role in KIOSKS,
        )


def make_slot() -> ResponseReturnValue:
    """Show the form for a new place, or make it and show its one-time code, this once."""
    runtime = get_runtime()
    if request.method == "GET":
        with runtime.database.reading() as session:
            return _slot_form(_free_name(session, runtime.hall), "")
    kiosk = request.form.get("kiosk", "").strip().upper()
    place = request.form.get("place", "").strip()[:_MAX_PLACE]
    if not place:
        return _slot_form(kiosk, place, _("Say where it stands, so that people find it."))
    try:
        with runtime.database.transaction() as session:
            _check_free(session, kiosk)
            code = operations.make_slot(session, runtime.hall, kiosk, place, current_user().username, runtime.clock)
    except (MalformedInput, RuleViolation) as error:
        return _slot_form(kiosk, place, sentence_for(error))
    return _code_page(kiosk, place, code)


def renew_code(kiosk: str) -> ResponseReturnValue:
    """Make a new one-time code for a kiosk that has its place, and show it, this once."""
    runtime = get_runtime()
    with runtime.database.transaction() as session:
        slot = queries.find_kiosk(session, kiosk)
        if slot is None or slot.hall != runtime.hall:
            abort(HTTPStatus.NOT_FOUND)
        code = operations.make_slot(session, runtime.hall, kiosk, slot.place, current_user().username, runtime.clock)
        place = slot.place
    return _code_page(kiosk, place, code)


def approve(kiosk: str) -> ResponseReturnValue:
    """Show the fingerprint to compare, or take the second person's decision."""
    runtime = get_runtime()
    user = current_user()
    if request.method == "GET":
        with runtime.database.reading() as session:
            return _approval_page(_pending(session, kiosk))
    try:
        with runtime.database.transaction() as session:
            if request.form.get("decision") == "approve":
                operations.approve_enrolment(
                    session, kiosk, request.form.get("fingerprint", ""), user.username, runtime.clock, runtime.keyring
                )
                text, tone = _("%(kiosk)s is approved. It fetches its certificate by itself.", kiosk=kiosk), "done"
            elif request.form.get("decision") == "refuse":
                operations.refuse_enrolment(session, kiosk, user.username, runtime.clock)
                text, tone = _("%(kiosk)s was turned away. For another try it needs a new code.", kiosk=kiosk), "quiet"
            else:
                abort(HTTPStatus.BAD_REQUEST)
    except RuleViolation as error:
        with runtime.database.reading() as session:
            return _approval_page(_pending(session, kiosk), sentence_for(error))
    flash(text, tone)
    return redirect(url_for("fleet.list_kiosks"), code=HTTPStatus.SEE_OTHER)


def read_rows(session: Session, hall: str, now: datetime) -> list[KioskRow]:
    """Return the hall's kiosks as the list shows them."""
    heads = {
        row.kiosk: (epoch, row.head_seq, row.chain)
        for row, epoch in session.execute(
            select(StreamRow, ChainRow.epoch)
            .join(ChainRow, ChainRow.chain == StreamRow.chain)
            .where(StreamRow.hall == hall, StreamRow.branch == MAIN)
            .order_by(ChainRow.epoch)
        )
    }
    rows = []
    for slot in queries.list_kiosks(session, hall):
        epoch, head, chain = heads.get(slot.kiosk, (None, None, None))
        rows.append(KioskRow(slot, derive_standing(slot, now), epoch, head, _pack_in_force(session, chain)))
    return rows


def derive_standing(slot: KioskSlot, now: datetime) -> str:
    """Return slot, pending, never (enrolled, not heard yet), speaking or silent. Pure."""
    if slot.state != ENROLLED:
        return PENDING if slot.state == PENDING else "slot"
    if slot.last_contact is None:
        return "never"
    return "silent" if now - slot.last_contact > SILENT_AFTER else "speaking"


def _pack_in_force(session: Session, chain: str | None) -> int | None:
    if chain is None:
        return None
    line = session.scalar(
        select(LineRow.json)
        .where(LineRow.chain == chain, LineRow.branch == MAIN, LineRow.kind == PackActivated.TYPE)
        .order_by(LineRow.seq.desc())
        .limit(1)
    )
    data = None if line is None else parse_record_data(parse_record(line))
    return data.version if isinstance(data, PackActivated) else None


def _pending(session: Session, kiosk: str) -> PendingEnrolment:
    waiting = {item.kiosk: item for item in queries.list_pending(session, get_runtime().hall)}
    return waiting[kiosk] if kiosk in waiting else abort(HTTPStatus.NOT_FOUND)


def _approval_page(waiting: PendingEnrolment, refusal: str | None = None) -> ResponseReturnValue:
    groups = [waiting.fingerprint[at : at + _GROUP] for at in range(0, len(waiting.fingerprint), _GROUP)]
    page = render_template(
        "fleet/approve.html",
        waiting=waiting,
        groups=groups,
        refusal=refusal,
        own=waiting.made_by == current_user().username,
    )
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.OK


def _slot_form(kiosk: str, place: str, refusal: str | None = None) -> ResponseReturnValue:
    page = render_template("fleet/make_slot.html", kiosk=kiosk, place=place, refusal=refusal)
    return page, HTTPStatus.CONFLICT if refusal else HTTPStatus.OK


def _code_page(kiosk: str, place: str, code: str) -> ResponseReturnValue:
    minutes = ENROLMENT_CODE_LIFETIME_S // 60
    return render_template("fleet/one_time_code.html", kiosk=kiosk, place=place, code=code, minutes=minutes)


def _check_free(session: Session, kiosk: str) -> None:
    slot = queries.find_kiosk(session, kiosk)
    if slot is not None and slot.state == ENROLLED:
        raise RuleViolation("kiosk_slot_taken", kiosk=kiosk)


def _free_name(session: Session, hall: str) -> str:
    taken = {slot.kiosk for slot in queries.list_kiosks(session, hall)}
    return next(name for number in range(1, 1000) if (name := f"{hall}-K{number:02d}") not in taken)


ROUTES: Final = (
    Route("/kiosks", list_kiosks, KIOSK_APPROVAL | WATCHING, menu=Menu(lazy_gettext("Kiosks"), "device-desktop", 50)),
    Route("/kiosks/rows", kiosk_rows, KIOSK_APPROVAL | WATCHING),
    Route("/kiosks/new", make_slot, KIOSKS, ("GET", "POST")),
    Route("/kiosks/<kiosk>/code", renew_code, KIOSKS, ("POST",)),
    Route("/kiosks/<kiosk>/approval", approve, KIOSK_APPROVAL, ("GET", "POST")),
)
blueprint: Final = blueprint_of("fleet", __name__, ROUTES)
