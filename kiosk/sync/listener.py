"""The ear: what the hall tells its kiosks, by a long poll in its own thread, and the packs it names.

What is heard is shown with its age and is never a fact. A newer pack is fetched as soon as a signed state
names it, so a lost badge is refused here within seconds of its revocation.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from kiosk.ports import Clock, PackStore, SeenState, StateBoard
from kiosk.sync.transport import LONG_POLL_S, MAX_PACK_REPLY_BYTES, MAX_REPLY_BYTES, READ_S, Reply
from kiosk.sync.uploader import LINES_TYPE
from shared.errors import OutOfOrder, ServicehallError, Unavailable, Untrusted
from shared.pack import Pack, verify_pack
from shared.signed_line import Purpose, split_body
from shared.sync_messages import StateFields, parse_message

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from kiosk.sync.backoff import Backoff
    from kiosk.sync.session_slot import LiveSession, SessionSlot

_OK: Final = 200
_NOT_MODIFIED: Final = 304
_REFUSED: Final = frozenset({401, 403})
_WAIT_FOR_SESSION_S: Final = 1.0
_log = logging.getLogger(__name__)


class Asking(Protocol):
    """What the listener needs of the transport."""

    def get(
        self, path: str, *, token: str | None = None, read_s: float = READ_S, limit: int = MAX_REPLY_BYTES
    ) -> Reply:
        """Ask for a path and return the whole answer, or raise Unavailable."""

    def close(self) -> None:
        """Drop the connection."""


class PackSource(Protocol):
    """Where newer published sections come from."""

    def fetch(self, live: LiveSession, have: int) -> Pack | None:
        """Return a verified pack newer than version ``have``, or None; raises ServicehallError."""


@dataclass(frozen=True)
class SignedFileSource:
    """The hall's sections as one signed file from the session's server."""

    wire: Asking
    hall: str

    def fetch(self, live: LiveSession, have: int) -> Pack | None:
        """Return the newest file, if it is newer.

        Raises:
            Unavailable: nothing that counts came back.
            MalformedInput, Untrusted, OutOfOrder: as :func:`shared.pack.verify_pack`.
        """
        reply = self.wire.get(f"/packs/hall?have={have}", token=live.token, limit=MAX_PACK_REPLY_BYTES)
        if reply.status == _NOT_MODIFIED:
            return None
        if reply.status != _OK:
            raise Unavailable("pack_not_given", status=reply.status)
        pack = verify_pack(reply.body, live.keys, hall=self.hall, held_version=have)
        return pack if pack.header.version > have else None


@dataclass
class HallListener:
    """``activate``: the use case that puts a pack in force. ``run`` returns when ``stop`` is set."""

    wire: Asking
    source: PackSource
    slot: SessionSlot
    packs: PackStore
    board: StateBoard
    clock: Clock
    activate: Callable[[Pack], object]
    backoff: Backoff
    stop: threading.Event
    hall: str
    _since: int | None = None
    _incarnation: str | None = None

    def run(self) -> None:
        """Listen until ``stop``; no failure ends it."""
        while not self.stop.is_set():
            live = self.slot.wait(_WAIT_FOR_SESSION_S)
            if live is None:
                continue
            try:
                self.listen_once(live)
            except ServicehallError as error:
                _log.info("listening_failed %s", error)
                self.stop.wait(self.backoff.next_wait_s())
            else:
                self.backoff.succeeded()
        self.wire.close()

    def listen_once(self, live: LiveSession) -> None:
        """Hear one state, show it, and fetch the pack that it names.

        Raises:
            ServicehallError: nothing that counts was heard.
        """
        if live.incarnation != self._incarnation:
            self._incarnation, self._since = live.incarnation, None
        path = "/state" if self._since is None else f"/state?since={self._since}"
        reply = self.wire.get(path, token=live.token, read_s=LONG_POLL_S)
        if reply.status in _REFUSED:
            self.slot.take_out(live)
        if reply.status != _OK or reply.content_type != LINES_TYPE:
            raise Unavailable("no_state", status=reply.status)
        fields = self._verify(reply.body, live)
        self.board.publish_state(SeenState(fields, self.clock.mono_ms()))
        self._since = fields.version
        if fields.pack > self._have:
            self._fetch(live, self._have)
        if fields.pack == self._have and fields.pack:
            self.packs.confirm(fields.pack, fields.as_of)

    @property
    def _have(self) -> int:
        return self.packs.active.version if self.packs.active is not None else 0

    def _fetch(self, live: LiveSession, have: int) -> None:
        pack = self.source.fetch(live, have)
        if pack is not None:
            self.activate(pack)

    def _verify(self, body: bytes, live: LiveSession) -> StateFields:
        lines = split_body(body)
        if len(lines) != 1:
            raise Unavailable("no_state", why="lines")
        fields = parse_message(live.keys.verify_server_line(lines[0], Purpose.STATE).json, StateFields)
        if fields.hall != self.hall or fields.incarnation != live.incarnation:
            raise Untrusted("state_of_another_hall")
        seen = self.board.state
        if seen is not None and seen.fields.incarnation == fields.incarnation and fields.as_of < seen.fields.as_of:
            raise OutOfOrder("state_older")
        return fields
