"""Publishes the hall's sections as signed versions, and counts the live state.

Its laws: a version never goes back; equal sections make no new version; two who publish at once make
one after the other, because both first take the hall's row in ``live_state``.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from shared import strict_json
from shared.errors import RuleViolation
from shared.limits import MAX_PACK_BYTES
from shared.pack import BadgeKey, HallSection, Names, PublishedPost, PublishedService, Sections, format_pack
from shared.signed_line import Purpose, encode_base64url
from sync_server.badges.queries import published_badges, published_revocations
from sync_server.posts.models import Post
from sync_server.publishing.models import HallDetails, LiveState, PublishedPack
from sync_server.publishing.queries import newest_pack, newest_version
from sync_server.queue.models import Service
from sync_server.staff.models import Department

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from sync_server.clock import Clock
    from sync_server.keyring import Keyring


def set_hall_details(session: Session, hall: str, *, name_zh: str, name_en: str, timezone: str) -> None:
    """Write down how the hall is called and in which time zone it lies."""
    session.merge(HallDetails(hall=hall, name_zh=name_zh, name_en=name_en, timezone=timezone))
    session.flush()


def bump_state(session: Session, hall: str) -> int:
    """Raise the number of the live state and return it; whoever changes what ``state`` tells calls this.

    The row stays locked to the end of the transaction.
    """
    state = _lock_state(session, hall)
    state.version += 1
    session.flush()
    return state.version


def publish(session: Session, hall: str, keyring: Keyring, clock: Clock) -> int:
    """Publish what the tables say now and return the newest version, the old one if nothing changed.

    Raises:
        RuleViolation: ``hall_details_missing``.
        MalformedInput: larger than a kiosk takes.
    """
    session.flush()
    _lock_state(session, hall)
    sections = build_sections(session, hall, keyring)
    sha256 = hashlib.sha256(strict_json.encode(sections, max_bytes=MAX_PACK_BYTES)).hexdigest()
    held = newest_pack(session, hall)
    if held is not None and held.sha256 == sha256:
        return held.version
    version = newest_version(session, hall) + 1
    issued = clock.now()
    raw = format_pack(sections, version=version, issued=clock.now_ms(), key=keyring.signing(Purpose.PACK))
    session.add(PublishedPack(hall=hall, version=version, raw=raw, issued=issued, sha256=sha256))
    bump_state(session, hall)
    return version


def build_sections(session: Session, hall: str, keyring: Keyring) -> Sections:
    """Return the sections as the tables say, in one order, so that equal tables give equal bytes.

    Raises:
        RuleViolation: ``hall_details_missing``.
    """
    details = session.get(HallDetails, hall)
    if details is None:
        raise RuleViolation("hall_details_missing", hall=hall)
    names = Names(zh=details.name_zh, en=details.name_en)
    return Sections(
        badge_keys=[BadgeKey(id=keyring.badge_key_id, key=keyring.badge_key.public.text, hall=hall, hall_name=names)],
        hall=HallSection(
            id=hall,
            keys=keyring.keys_line.decode("ascii"),
            name=names,
            sealing_key=encode_base64url(keyring.sealing_public),
            timezone=details.timezone,
        ),
        posts=_published_posts(session, hall),
        revocations=sorted(published_revocations(session, hall), key=lambda item: (item.badge, item.serial)),
        services=_published_services(session, hall),
        staff=sorted(published_badges(session, hall), key=lambda item: (item.id, item.badge)),
    )


def _lock_state(session: Session, hall: str) -> LiveState:
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    session.execute(insert(LiveState).values(hall=hall, version=0).on_conflict_do_nothing())
    return session.scalars(
        select(LiveState).where(LiveState.hall == hall).with_for_update().execution_options(populate_existing=True)
    ).one()


def _published_posts(session: Session, hall: str) -> list[PublishedPost]:
    rows = session.execute(
        select(Post, Department)
        .join(Department, Department.id == Post.department_id)
        .where(Post.hall == hall)
        .order_by(Post.code)
    )
    return [
        PublishedPost(
            id=post.code,
            name=Names(zh=post.name_zh, en=post.name_en),
            department=Names(zh=department.name_zh, en=department.name_en),
            window=post.window,
        )
        for post, department in rows
    ]


def _published_services(session: Session, hall: str) -> list[PublishedService]:
    rows = session.scalars(select(Service).where(Service.hall == hall).order_by(Service.letter))
    return [
        PublishedService(letter=row.letter, name=Names(zh=row.name_zh, en=row.name_en), windows=row.windows or None)
        for row in rows
    ]
