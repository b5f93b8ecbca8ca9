"""Which life of the database this is, written down twice: inside it and in a file beside it.

A database that was put back from a backup no longer agrees with the file, and takes nothing until a
person has said what happened. Incarnations met in receipts are written to the file too, so that the
same backup put back twice does not meet its own past as a stranger.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from shared.errors import MalformedInput, Unavailable
from sync_server.ingest.models import ServerIncarnation, ServerMark

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from sync_server.clock import Clock
    from sync_server.db import Database

FILE_NAME: Final = "incarnation.json"
_HEX_BYTES: Final = 8
ROLLED_BACK: Final = "rolled_back"
FILE_DIFFERS: Final = "incarnation_file_differs"


def ensure_incarnation(database: Database, folder: Path, hall: str, clock: Clock) -> None:
    """Begin the first incarnation, or go read-only when database and file do not agree."""
    path = folder / FILE_NAME
    with database.transaction() as session:
        held, written = current_incarnation(session, hall), _read(path)
        if held is None and not written["met"]:
            held = secrets.token_hex(_HEX_BYTES)
            session.add(ServerIncarnation(hall=hall, incarnation=held, number=1, since=clock.now()))
            _write(path, {"current": held, "met": [held]})
        elif held is None or written["current"] != held:
            if held is None:
                held = secrets.token_hex(_HEX_BYTES)
                session.add(ServerIncarnation(hall=hall, incarnation=held, number=1, since=clock.now()))
            mark_read_only(session, hall, FILE_DIFFERS, None, clock.now())


def current_incarnation(session: Session, hall: str) -> str | None:
    """Return the incarnation in force, None before the first start."""
    return session.scalar(
        select(ServerIncarnation.incarnation)
        .where(ServerIncarnation.hall == hall)
        .order_by(ServerIncarnation.number.desc())
        .limit(1)
    )


def is_known_incarnation(session: Session, hall: str, incarnation: str) -> bool:
    """Tell whether this database has lived under that incarnation."""
    return session.get(ServerIncarnation, (hall, incarnation)) is not None


def is_read_only(session: Session, hall: str) -> bool:
    """Tell whether anything keeps this server from taking records."""
    return session.scalar(select(ServerMark.reason).where(ServerMark.hall == hall).limit(1)) is not None


def mark_read_only(session: Session, hall: str, reason: str, kiosk: str | None, now: datetime) -> None:
    """Keep the server from taking anything until a person has looked."""
    if session.get(ServerMark, (hall, reason)) is None:
        session.add(ServerMark(hall=hall, reason=reason, kiosk=kiosk, since=now))


def remember_met(folder: Path, incarnation: str) -> None:
    """Write an incarnation met in a receipt to the file beside the database."""
    path = folder / FILE_NAME
    written = _read(path)
    if incarnation not in written["met"]:
        _write(path, {"current": written["current"], "met": [*written["met"], incarnation]})


def _read(path: Path) -> dict[str, Any]:
    try:
        written = json.loads(path.read_text("ascii"))
    except FileNotFoundError:
        return {"current": None, "met": []}
    except OSError as error:
        raise Unavailable("incarnation_file_unreadable", file=str(path)) from error
    except ValueError as error:
        raise MalformedInput("incarnation_file_malformed", file=str(path)) from error
    if not (isinstance(written, dict) and isinstance(written.get("met"), list)):
        raise MalformedInput("incarnation_file_malformed", file=str(path))
    return written


def _write(path: Path, written: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    newer = path.with_suffix(".new")
    with newer.open("w", encoding="ascii") as file:
        json.dump(written, file)
        file.flush()
        os.fsync(file.fileno())
    newer.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
