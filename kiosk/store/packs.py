"""What is published to this kiosk, in TinyDB, one document a section; never a record.

Laws: a version is in force whole or not at all; a version never goes back; what is read back must
hash to what the server signed. Screens read the object made at activation, never TinyDB at a touch.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from typing import TYPE_CHECKING, Any, Final

import msgspec
from tinydb import TinyDB, where

from kiosk.durable_file import make_private_folder
from kiosk.published import PublishedHall, arrange_pack
from kiosk.store.document_file import DurableStorage
from shared import strict_json
from shared.errors import MalformedInput, OutOfOrder, ServicehallError
from shared.limits import MAX_PACK_BYTES
from shared.pack import Pack, PackHeader, Sections
from shared.signed_line import split_line
from shared.sync_messages import parse_message

if TYPE_CHECKING:
    from pathlib import Path

_HEADER: Final = "header"
_CONFIRMED: Final = "confirmed"
_CONFIRM_EVERY_MS: Final = 15 * 60 * 1000
"""How much of the list's known freshness a restart may forget; the list is called stale after 72 h."""

_log = logging.getLogger(__name__)


class TinyPackStore:
    """The published sections in ``folder``; ``damaged`` tells that a version was there and is not readable."""

    def __init__(self, folder: Path, *, version_floor: int = 0) -> None:
        """Load what is in force. ``version_floor``: the newest version this kiosk ever recorded as active."""
        make_private_folder(folder)
        self._storage = DurableStorage(folder / "published.json")
        self._settings = DurableStorage(folder / "settings.json")
        self._lock = threading.Lock()
        self._version_floor = version_floor
        self._confirmed: tuple[int, int] = (0, 0)
        self._confirmed_durably_ms = 0
        self._active: PublishedHall | None = None
        self.damaged = False
        try:
            self._active = self._load()
        except ServicehallError as error:
            self.damaged = True
            _log.error("published_sections_damaged %s", error)
        self._load_confirmed()

    @property
    def active(self) -> PublishedHall | None:
        """The version in force; None before the first."""
        return self._active

    @property
    def version_floor(self) -> int:
        """No version below this is ever put in force."""
        return max(self._version_floor, self._active.version if self._active is not None else 0)

    @property
    def confirmed_ms(self) -> int | None:
        """Server time at which the version in force was last known to be the newest."""
        version, as_of_ms = self._confirmed
        return as_of_ms if self._active is not None and version == self._active.version else None

    def activate(self, pack: Pack) -> PublishedHall:
        """Put a verified version in force, durable and whole.

        Raises:
            OutOfOrder: ``pack_older``.
            MalformedInput: ``pack_timezone_unknown``.
            Unavailable: it could not be stored; the one before stays in force.
        """
        with self._lock:
            if pack.header.version < self.version_floor:
                raise OutOfOrder("pack_older", version=pack.header.version, held=self.version_floor)
            hall = arrange_pack(pack)
            line = pack.raw.partition(b"\n")[0].decode("utf-8")
            sections: dict[str, Any] = msgspec.to_builtins(pack.sections)
            with self._storage.together(afresh=True):
                database = TinyDB(storage=lambda: self._storage)
                database.table("published").insert_multiple(
                    [{"section": _HEADER, "content": line}]
                    + [{"section": name, "content": content} for name, content in sections.items()]
                )
            self._active = hall
            return hall

    def confirm(self, version: int, as_of_ms: int) -> None:
        """Take note that the server still had ``version`` as its newest at ``as_of_ms``."""
        with self._lock:
            if as_of_ms <= self._confirmed[1] and version <= self._confirmed[0]:
                return
            is_new = version != self._confirmed[0]
            self._confirmed = (version, as_of_ms)
            if is_new or as_of_ms - self._confirmed_durably_ms >= _CONFIRM_EVERY_MS:
                with self._settings.together():
                    TinyDB(storage=lambda: self._settings).table("settings").upsert(
                        {"name": _CONFIRMED, "version": version, "as_of_ms": as_of_ms}, where("name") == _CONFIRMED
                    )
                self._confirmed_durably_ms = as_of_ms

    def _load(self) -> PublishedHall | None:
        found = TinyDB(storage=lambda: self._storage).table("published").all()
        if not found:
            return None
        content = {document["section"]: document["content"] for document in found}
        line = content.pop(_HEADER, "").encode("utf-8")
        header = parse_message(split_line(line).json, PackHeader)
        body = strict_json.encode(content, max_bytes=MAX_PACK_BYTES)
        raw = line + b"\n" + body
        sections = parse_message(body, Sections, max_bytes=MAX_PACK_BYTES)
        pack = Pack(header, sections, raw)
        hall = arrange_pack(pack)
        if hall.sha256 != hashlib.sha256(body).hexdigest():
            raise MalformedInput("pack_malformed", why="body")
        return hall

    def _load_confirmed(self) -> None:
        try:
            found = TinyDB(storage=lambda: self._settings).table("settings").get(where("name") == _CONFIRMED)
        except ServicehallError as error:
            _log.error("settings_damaged %s", error)
            return
        if found is not None:
            self._confirmed = (found["version"], found["as_of_ms"])
            self._confirmed_durably_ms = found["as_of_ms"]
